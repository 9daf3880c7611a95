"""The whole job: files below INPUT → the published dataset in OUT. `run` holds the order of its steps.

What differs between a plain run, a flow and a cluster is the `Map` handed in. Reading is incremental (`intake`),
building is total: the tables are made anew from all reports, so the order of a backfill cannot matter, and a run that
changes nothing writes nothing.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from extractors.document import CannotRead
from pipeline import codec, corrections
from pipeline.aside import set_aside
from pipeline.beside import pictures_of_pages
from pipeline.compare import Compared, compare, located
from pipeline.corrections import Corrections
from pipeline.discover import discover
from pipeline.gate import Bounds, examine
from pipeline.harvest.sources import FILE as SOURCES
from pipeline.ids import report_id, unread_id
from pipeline.intake import Progress, Reader, Seen, jobs, look, read, settle, this_reader, tries_due
from pipeline.ledger import Ledger
from pipeline.model import Report
from pipeline.publish import load_libraries, write_tables
from pipeline.publish.held import drop, held, hold
from pipeline.publish.schema import PACKAGE
from pipeline.publish.switch import Out, Unusable, Version
from pipeline.publish.tabulate import Entry
from pipeline.shelf import FOLDER, trim
from pipeline.version import publishing_fingerprint
from pipeline.workers import Map, in_processes

_SHOWN = 20  # reasons and faults that a summary lists


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run found, and what it did.

    `found` files hold `extracted + partial + set_aside` reports, since `copies` of them hold the bytes of another.
    `aside` is (reason, how many, an example), the most frequent first. The program `failed` on so many files; `faults`
    is (source_path, reason) of the first. `passing` counts the reports that `retry` would read again. `read` reports
    were read in this run, which changed the published files `changed`; `traces` is (path, trace) of its first faults.
    `corrected` cells have a human correction; `uncorrected` says of each correction that failed where and why.
    `held` says why the gate held back the new version, which is `held_version`; the one published before stands then,
    and all figures are those of the new one.
    """

    found: int = 0
    copies: int = 0
    extracted: int = 0
    partial: int = 0
    set_aside: int = 0
    facts: int = 0
    flags: Mapping[str, int] = field(default_factory=dict)
    aside: Sequence[tuple[str, int, str]] = ()
    failed: int = 0
    faults: Sequence[tuple[str, str]] = ()
    passing: int = 0
    read: int = 0
    changed: Sequence[str] = ()
    traces: Sequence[tuple[str, str]] = ()
    corrected: int = 0
    uncorrected: Sequence[str] = ()
    held: Sequence[str] = ()
    held_version: str = ""

    @property
    def exit_status(self) -> int:
        """0 when every file was extracted or set aside with a reason; 1 when the program failed on one; 4 when the gate
        held the new version back; 3 when all is published but for a human correction that no longer finds what it
        corrects."""
        return 1 if self.failed else 4 if self.held else 3 if self.uncorrected else 0


def run(
    inputs: Iterable[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    over: Map | None = None,
    reader: Reader | None = None,
    retry: bool = False,
    retry_due: bool = False,
    reread: Collection[str] = (),
    progress: Progress | None = None,
    corrected_by: str | os.PathLike[str] | None = None,
    gate: Bounds | None = None,
) -> Summary:
    """Read every file below `inputs` and publish what they hold to `out`.

    `corrected_by` is a file of human corrections; without one, each INPUT folder's corrections.csv is, if it is there.
    It is read first (`corrections.BadCorrections` says what is wrong with it), and never as a report.

    `over` is how the reading of many files is spread (by default over processes, one a core). `retry` reads again the
    files that a limit, a crash or a fault had set aside; `retry_due` those of them whose next try is due (`ledger`);
    `reread` the contents with these sha256.
    `gate` are the bounds that a new version must keep to be published where another one is; without any it always is.

    Raises FileNotFoundError for an INPUT that is not there, `switch.Busy` and `switch.Unusable` for OUT, OSError for a
    full disk; the dataset published before stands then.
    """
    over, reader, tell = over or in_processes(), reader or this_reader(), progress or _silent
    place, inputs = Out(out), list(inputs)
    human = corrections.load([Path(corrected_by)] if corrected_by is not None else corrections.beside(inputs))
    for path in inputs:
        if place.owns(os.path.abspath(path)):
            raise Unusable(f"{os.fspath(path)} is what this command writes, it cannot be its INPUT too")
    ours = {*human.paths, *(os.path.realpath(Path(path) / SOURCES) for path in inputs)}
    sources = discover(inputs, lambda path: place.owns(path) or os.path.realpath(path) in ours)
    with place, Ledger(place.hidden / "ledger.sqlite") as ledger:
        seen = look(sources, ledger, tell)
        standing = _standing(place, _digest(seen, ledger, reader, human), gate)
        if standing is not None:
            again = standing.passing if retry else retry_due and tries_due(seen, ledger, reader)
            if not again and not reread:
                return standing
        # Publishing's libraries take as long to load as a small report to read: load them meanwhile.
        threading.Thread(target=load_libraries, daemon=True).start()
        due = jobs(seen, ledger, reader, retry, retry_due, reread)
        changed, traces = read(due, over, reader, ledger, tell)
        if due:
            trim(place.hidden / FOLDER)
        seen = settle(seen, changed)
        inputs_are = _digest(seen, ledger, reader, human)
        summary = _publish(_Reports(seen, ledger, reader, human), inputs_are, len(seen), place, gate, tell)
        return replace(summary, read=len(due) - len(changed), traces=traces)


def _standing(place: Out, inputs: str, gate: Bounds | None) -> Summary | None:
    """What was found when this very input was last made into a version, if that stands whole: published, or held back
    by the same bounds. None where there is something to do."""
    published = place.version
    if published is not None and published.inputs == inputs and place.intact():
        drop(place)
        return _known(published.summary)
    kept = held(place)
    if gate is None or kept is None or kept.version.inputs != inputs or kept.bounds != asdict(gate):
        return None
    if published is not None and not place.intact():
        return None
    return replace(_known(kept.version.summary), held=kept.reasons, held_version=kept.version.id)


def _publish(reports: _Reports, inputs: str, found: int, place: Out, gate: Bounds | None, tell: Progress) -> Summary:
    """Build all tables from the cached reports, and switch to them if they differ from what is published and the gate
    lets them through.

    `inputs` is the digest of what they follow from, `found` the number of files.
    """
    compared = compare((report for report, _, _ in reports), reports.replaced)
    count = _Count(found, reports.lost_corrections)

    def entries() -> Iterator[Entry]:
        for done, (report, paths, fault) in enumerate(reports, 1):
            others = compared.get(report.report_id, Compared())
            flags = located(others.flags, report)
            entry = Entry(
                report, paths[0], tuple(paths[1:]), flags, others.superseded_by, report.report_id in reports.replaced
            )
            count.add(entry, fault)
            tell("publishing", done, len(reports))
            yield entry

    staged = place.staging()
    try:
        files = write_tables(entries(), staged)
        summary = count.summary()
        version = Version(inputs, files, asdict(summary))
        if gate is not None and (reasons := _objections(place, staged, version, gate)):
            hold(place, staged, version, reasons, asdict(gate))
            return replace(summary, held=reasons, held_version=version.id)
        changed = place.switch(staged, version)
    except BaseException:
        place.discard(staged)
        raise
    drop(place)
    return replace(summary, changed=changed)


def _objections(place: Out, staged: Path, version: Version, gate: Bounds) -> tuple[str, ...]:
    """Why the gate holds what is staged. The version that is published may always be mended."""
    if place.version is not None and place.version.id == version.id:
        return ()
    is_published = (place.folder / PACKAGE).exists()  # though its record may be lost
    return examine(place.folder if is_published else None, staged, gate).reasons


class _Reports:
    """Every report, corrected, with the paths of its files and how it was lost, if it was, sorted by report_id.

    Decoded anew at each pass, so that they are never all held.
    """

    def __init__(self, seen: Iterable[Seen], ledger: Ledger, reader: Reader, human: Corrections) -> None:
        self._ledger, self._version = ledger, reader.report_version
        self._corrections = dict(human.by_source)
        self._paths: dict[str, list[str]] = {}
        self._unread: dict[str, tuple[Report, str]] = {}
        self._urls: dict[str, str] = {}
        shown: dict[str, bool] = {}
        for one in seen:  # sorted by source_path, so the first path of each content comes first
            path = one.source.source_path
            if one.sha256 is not None and one.source.source_url is not None:
                self._urls.setdefault(one.sha256, one.source.source_url)
            if one.sha256 is not None:
                shown[one.sha256] = shown.get(one.sha256, False) or not one.source.replaced
            if one.sha256 is not None:
                self._paths.setdefault(one.sha256, []).append(path)
            else:
                unread = unread_id(path)
                report = set_aside("", CannotRead("unreadable", one.reason or "cannot be read"))
                self._unread[unread] = replace(report, report_id=unread), path

        self.replaced = frozenset(report_id(sha256) for sha256, is_shown in shown.items() if not is_shown)
        self._pictures = pictures_of_pages(ledger.beside(), self._paths)
        self.lost_corrections = human.lost(self._paths)

    def __len__(self) -> int:
        return len(self._paths) + len(self._unread)

    def _is_shown(self, sha256: str) -> bool:
        """Whether facts of a content are published."""
        payloads = [payload for _, payload, _ in self._ledger.reports([sha256], self._version)]
        return any(codec.loads(Report, payload).disposition != "set_aside" for payload in payloads)

    def __iter__(self) -> Iterator[tuple[Report, list[str], str | None]]:
        found = 0
        for sha256, payload, fault in self._ledger.reports(sorted(self._paths), self._version):
            found += 1
            report = codec.loads(Report, payload)
            if sha256 in self._urls:  # where it was fetched from, whatever it says of itself
                report = replace(report, identity=replace(report.identity, source_url=self._urls[sha256]))
            if sha256 in self._pictures and self._is_shown(self._pictures[sha256][0]):
                reason = f"a picture of the page {self._pictures[sha256][1]}, read with it"
                report = set_aside(sha256, CannotRead("part", reason))
            if sha256 in self._corrections:
                report = corrections.correct(report, self._corrections[sha256])
            yield report, self._paths[sha256], fault
        if found != len(self._paths):
            raise RuntimeError("the ledger was damaged while it was read; run again and it is rebuilt")
        for unread in sorted(self._unread):  # after the others: their ids begin with u
            report, path = self._unread[unread]
            yield report, [path], None


class _Count:
    """The numbers of a summary, gathered while the entries pass by."""

    def __init__(self, found: int, lost_corrections: Sequence[str]) -> None:
        self._found = found
        self._uncorrected = list(lost_corrections)
        self._dispositions: Counter[str] = Counter()
        self._flags: Counter[str] = Counter()
        self._aside: dict[str, list[str]] = {}
        self._faults: list[tuple[str, str]] = []
        self._copies = self._facts = self._passing = self._corrected = 0

    def add(self, entry: Entry, fault: str | None) -> None:
        report = entry.report
        self._dispositions[report.disposition] += 1
        self._copies += len(entry.also_at)
        self._facts += len(report.facts)
        flags = entry.flags()
        self._flags.update(flag.kind for flag in flags)
        self._corrected += sum(fact.corrected is not None for fact in report.facts)
        failed = (flag.message for flag in flags if flag.kind == "correction_failed")
        self._uncorrected.extend(f"{message} ({entry.source_path})" for message in failed)
        if report.disposition == "set_aside":
            self._aside.setdefault(report.reason or "no reason given", []).append(entry.source_path)
        self._passing += fault is not None
        if fault == "fault":
            self._faults.append((entry.source_path, report.reason or ""))

    def summary(self) -> Summary:
        reasons = sorted(self._aside.items(), key=lambda item: (-len(item[1]), item[0]))
        return Summary(
            found=self._found,
            copies=self._copies,
            extracted=self._dispositions["extracted"],
            partial=self._dispositions["partial"],
            set_aside=self._dispositions["set_aside"],
            facts=self._facts,
            flags=dict(sorted(self._flags.items())),
            aside=[(reason, len(paths), min(paths)) for reason, paths in reasons[:_SHOWN]],
            failed=len(self._faults),
            faults=sorted(self._faults)[:_SHOWN],
            passing=self._passing,
            corrected=self._corrected,
            uncorrected=sorted(self._uncorrected),
        )


def _known(summary: Mapping[str, Any]) -> Summary:
    """The summary of the version that stands, for a run that found nothing to do."""
    return Summary(**{**summary, "read": 0, "changed": (), "traces": ()})


def _digest(seen: Iterable[Seen], ledger: Ledger, reader: Reader, human: Corrections) -> str:
    """What a published version follows from: the files, what they hold, which of them a limit, a crash or a fault took
    from us, what people decided, and the code. Equal digests, equal bytes."""
    total = hashlib.sha256(f"{reader.report_version} {publishing_fingerprint()} {human.digest}".encode())
    lost, beside = ledger.lost(reader.report_version), ledger.beside()
    for one in seen:
        why = one.reason or lost.get(one.sha256 or "", "")
        source = one.source
        line = "\0".join((source.source_path, one.sha256 or "", why, source.source_url or "", "r" * source.replaced))
        total.update(line.encode("utf-8", "surrogatepass") + b"\0\0")
        total.update(repr(beside.get(one.sha256 or "", "")).encode("utf-8", "surrogatepass"))
    return total.hexdigest()


def _silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""
