"""What is to be published, before any of it is looked at: one item a report, with all that its rows follow from besides
what was read of its content and what other reports say of it.

An item is small and can be compared with that of another run: a report whose item is the same need not be made again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from extractors.document import CannotRead
from pipeline import codec, corrections
from pipeline.aside import set_aside
from pipeline.beside import pictures_of_pages
from pipeline.corrections import Correction, Corrections
from pipeline.ids import report_id, unread_id
from pipeline.intake import Seen
from pipeline.ledger import Ledger, kept_reports
from pipeline.model import Report


@dataclass(frozen=True, slots=True)
class Item:
    """A report to publish. `sha256` is that of its content, empty for a file that could not be opened; `reason` says
    why it is set aside whatever was read of it, if it is. `paths` are those of its files, the first its name;
    `lost` is how a limit, a crash or a fault took it, if one did; `beside` names the files a page was read with."""

    report_id: str
    sha256: str
    paths: tuple[str, ...]
    url: str | None = None
    replaced: bool = False
    lost: str = ""
    beside: str = ""
    reason: str | None = None
    corrections: tuple[Correction, ...] = ()

    @property
    def digest(self) -> str:
        return hashlib.blake2b(repr(self).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


@dataclass(frozen=True, slots=True)
class Source:
    """Where the reports of items lie: the path of the ledger, and the version of the program that read them."""

    ledger: str
    version: str


class Damaged(Exception):
    """The ledger does not hold what it should; `shas` are the contents that must be read again."""

    def __init__(self, shas: Sequence[str]) -> None:
        super().__init__("the ledger was damaged while it was read; run again and it is rebuilt")
        self.shas = tuple(shas)

    def __reduce__(self) -> tuple[type[Damaged], tuple[tuple[str, ...]]]:
        return type(self), (self.shas,)


def items(seen: Iterable[Seen], ledger: Ledger, version: str, human: Corrections) -> list[Item]:
    """An item for each content and for each file that could not be opened, sorted by report_id."""
    found: dict[str, Item] = {}
    unread: list[Item] = []
    lost, beside, decided = ledger.lost(version), ledger.beside(), dict(human.by_source)
    paths: dict[str, list[str]] = {}
    for one in seen:  # sorted by source_path, so the first path of each content comes first
        source = one.source
        if one.sha256 is None:
            item = Item(unread_id(source.source_path), "", (source.source_path,), reason=one.reason or "cannot be read")
            unread.append(item)
            continue
        sha256 = one.sha256
        paths.setdefault(sha256, []).append(source.source_path)
        old = found.get(sha256)
        if old is None:
            old = Item(report_id(sha256), sha256, (), replaced=True, lost=lost.get(sha256, ""))
            how = repr(beside[sha256]) if sha256 in beside else ""
            old = replace(old, beside=how, corrections=decided.get(sha256, ()))
        url = source.source_url if old.url is None else old.url
        found[sha256] = replace(old, url=url, replaced=old.replaced and source.replaced)
    shown: dict[str, bool] = {}
    for picture, (page, path) in pictures_of_pages(beside, paths).items():
        if picture in found:
            if page not in shown:
                shown[page] = _is_shown(ledger, page, version)
            if shown[page]:
                found[picture] = replace(found[picture], reason=f"a picture of the page {path}, read with it")
    complete = [replace(item, paths=tuple(paths[sha256])) for sha256, item in found.items()]
    return sorted([*complete, *unread], key=lambda item: item.report_id)


def _is_shown(ledger: Ledger, sha256: str, version: str) -> bool:
    """Whether facts of a content are published."""
    return any(
        codec.loads(Report, payload).disposition != "set_aside" for _, payload, _ in ledger.reports([sha256], version)
    )


def reports(wanted: Sequence[Item], source: Source) -> Iterator[tuple[Item, Report, str | None]]:
    """Each item with its report as it is published, and how that was lost, if it was. Raises Damaged."""
    due = [item.sha256 for item in wanted if item.sha256]
    kept = {sha256: (payload, fault) for sha256, payload, fault in kept_reports(source.ledger, due, source.version)}
    if missing := [sha256 for sha256 in due if sha256 not in kept]:
        raise Damaged(missing)
    for item in wanted:
        if not item.sha256:
            report = set_aside("", CannotRead("unreadable", item.reason or ""))
            yield item, replace(report, report_id=item.report_id), None
            continue
        payload, fault = kept.pop(item.sha256)
        report = codec.loads(Report, payload)
        if item.url is not None:  # where it was fetched from, whatever it says of itself
            report = replace(report, identity=replace(report.identity, source_url=item.url))
        if item.reason is not None:
            report = set_aside(item.sha256, CannotRead("part", item.reason))
        if item.corrections:
            report = corrections.correct(report, item.corrections)
        yield item, report, fault
