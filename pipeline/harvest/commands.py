"""What the verbs `gongkai sources` and `gongkai harvest` do and say."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from pipeline.harvest import Harvested, Manners, Progress, RawStore, harvest
from pipeline.harvest.importing import Imported
from pipeline.harvest.sources import load, read

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.settings import Settings

_SHOWN = 20


class NoContact(Exception):
    """Nobody is named whom a site could write to."""


@dataclass(frozen=True, slots=True)
class Call:
    """What the command line said beside the settings; None and empty mean that it said nothing."""

    sources: Path | None = None
    store: Path | None = None
    years: tuple[int, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    refetch: bool = False
    contact: str | None = None
    allow: tuple[str, ...] = ()


def check(path: Path | None) -> tuple[list[str], int]:
    """What is wrong with a file of sources, line by line, and how many of its lines are right. Raises OSError."""
    from pipeline.settings import load as load_settings

    path = path or load_settings().sources
    sources, problems = read(path)
    return [f"{path.name} {problem}" for problem in problems], len(sources)


def manners_of(settings: Settings, call: Call) -> Manners:
    """How to behave, as the settings and the command line say. Raises NoContact."""
    given = replace(settings.manners, allow=(*settings.manners.allow, *call.allow))
    if call.contact is not None:
        from pipeline.version import program_version

        return replace(given, user_agent=Manners.agent(call.contact, program_version()))
    if "@" not in given.user_agent and "://" not in given.user_agent:
        raise NoContact(
            "sites must be able to write to whoever fetches from them: "
            "give --contact name@example.org, or set GONGKAI_CONTACT"
        )
    return given


def run_harvest(call: Call, progress: Progress | None) -> tuple[Harvested, Path]:
    """Harvest as the settings and the command line say; what it brought, and the folder of the store.

    Raises NoContact, `settings.BadSettings`, `sources.BadSources`, and what `harvest` raises.
    """
    from pipeline.settings import load as load_settings

    settings = load_settings()
    store = RawStore(call.store or settings.store)
    harvested = harvest(
        load(call.sources or settings.sources),
        store,
        manners_of(settings, call),
        progress=progress,
        refetch=call.refetch,
        years=call.years or None,
        jurisdictions=call.jurisdictions or None,
    )
    return harvested, store.root


def show_harvested(harvested: Harvested, store: Path, console: Console) -> None:
    """What a harvest brought, as a table."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold")
    table.add_column(justify="right")
    table.add_column(overflow="fold")
    h = harvested
    table.add_row("sources", str(len(h.sources)))
    table.add_row("requests", str(h.requests), f"{h.fetched} answered with content, {h.not_modified} not modified")
    for name, count, gloss in (
        ("new", h.new, ""),
        ("replaced", h.replaced, "other content at an address known before; the one before is kept"),
        ("unchanged", h.unchanged, ""),
        ("vanished", h.vanished, "no longer at their source; kept, and marked"),
        ("waiting", h.waiting, "failed before and not due again yet"),
        ("failed", h.n_failed, ""),
    ):
        table.add_row(name, str(count), gloss if count else "")
    reasons = [(count, host, reason) for host, of in h.failed.items() for reason, count in of.items()]
    for count, host, reason in sorted(reasons, key=lambda row: (-row[0], *row[1:]))[:_SHOWN]:
        table.add_row("", str(count), escape(f"{host}: {reason} ({h.examples[reason]})"), style="dim")
    if len(reasons) > _SHOWN:
        table.add_row("", "", f"and {len(reasons) - _SHOWN} hosts and reasons more", style="dim")
    console.print(table)
    if not h.sources:
        console.print("no source was asked: none is active, or none fits; see sources.csv", style="yellow")
    for source in [source for source in h.sources if source.note is not None][:_SHOWN]:
        console.print(escape(f"{source.publisher} {source.url}: {source.note}"), style="yellow")
    if h.ended is not None:
        console.print(escape(f"ended early: {h.ended}; {h.left} are left and come first in the next harvest"))
    console.print(escape(f"{store}: {_size(h.bytes)} received in {h.seconds:.0f} s"))


def tell_alarms(alarms: Iterable[str]) -> None:
    """What a person must hear of, on stderr."""
    for sentence in alarms:
        print(f"gongkai: {sentence}", file=sys.stderr)


def tell_imported(imported: Imported) -> None:
    """What was made of the links, on stderr: the lines themselves go to stdout."""
    left_out = (
        f"{imported.left_out} other links left out (--match '' takes all)" if imported.left_out else "none left out"
    )
    print(f"gongkai: {imported.lines} lines, {left_out}", file=sys.stderr)
    if imported.nameless:
        print(
            f"gongkai: {imported.nameless} lines lack a publisher: fill it in, `gongkai sources check` names them",
            file=sys.stderr,
        )


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.1f} kB"


def import_lines(
    where: str,
    match: str | None,
    follow: str | None,
    publisher: str | None,
    jurisdiction: str | None,
    base: str | None,
    contact: str | None,
    allow: Iterable[str],
) -> Imported:
    """Lines for sources.csv from a sitemap or a list page. Raises NoContact, importing.NoImport, ValueError for a
    pattern that is none, OSError."""
    import regex

    from pipeline.harvest.importing import LIKELY, Wish, import_sources
    from pipeline.settings import load as load_settings

    call = Call(contact=contact, allow=tuple(allow))
    manners = load_settings().manners
    if where.lower().startswith(("http://", "https://")):
        manners = manners_of(load_settings(), call)
    wish = Wish(LIKELY if match is None else match, follow, publisher, jurisdiction, base)
    try:
        return import_sources(where, wish, manners)
    except regex.error as error:
        raise ValueError(f"--match {match!r} is no regular expression ({error})") from error


def print_manifest(path: Path | None, file: TextIO) -> None:
    """The manifest of a store as CSV. Raises FileNotFoundError where there is none."""
    from pipeline.harvest.store import is_store
    from pipeline.settings import load as load_settings

    root = path or load_settings().store
    if not is_store(root):
        raise FileNotFoundError(f"{root} is no raw store; `gongkai harvest --store {root}` makes one")
    RawStore(root).export(file)
