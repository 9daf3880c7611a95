"""The whole job: files below INPUT → the published dataset in OUT. `run` holds the order of its steps.

What differs between a plain run, a flow and a cluster is the `Map` handed in. Reading is incremental (`intake`), and so
is building (`build`): the tables are those that would be made of all reports anew, so the order of a backfill cannot
matter, and a run that changes nothing writes nothing.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pipeline import corrections
from pipeline.build import build
from pipeline.corrections import Corrections
from pipeline.discover import discover
from pipeline.gate import Bounds, examine
from pipeline.harvest.sources import FILE as SOURCES
from pipeline.intake import Progress, Reader, Seen, jobs, look, read, settle, this_reader, tries_due
from pipeline.items import Damaged, Source, items
from pipeline.ledger import Ledger
from pipeline.publish import index, load_libraries
from pipeline.publish.held import drop, held, hold
from pipeline.publish.schema import PACKAGE
from pipeline.publish.switch import Out, Unusable, Version
from pipeline.shelf import FOLDER, trim
from pipeline.summary import Summary, summarise
from pipeline.version import publishing_fingerprint
from pipeline.workers import Map, cores, in_processes

__all__ = ["Summary", "run"]


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
    builders: int | None = None,
) -> Summary:
    """Read every file below `inputs` and publish what they hold to `out`.

    `corrected_by` is a file of human corrections; without one, each INPUT folder's corrections.csv is, if it is there.
    It is read first (`corrections.BadCorrections` says what is wrong with it), and never as a report.

    `over` is how the reading of many files is spread (by default over processes, one a core); the tables of many are
    built by `builders` processes. `retry` reads again the
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
    names = {os.path.basename(path) for path in ours}

    def is_ours(path: str) -> bool:
        may_be = os.path.basename(path) in names or os.path.islink(path)  # told first, since it is cheap
        return place.owns(path) or (may_be and os.path.realpath(path) in ours)

    sources = discover(inputs, is_ours)
    with place, Ledger(place.hidden / "ledger.sqlite") as ledger:
        _tidy(place)
        seen = look(sources, ledger, tell)
        inputs_are = _digest(seen, ledger, reader, human)
        standing = _standing(place, inputs_are, gate)
        if standing is not None:
            again = standing.passing if retry else retry_due and tries_due(seen, ledger, reader)
            if not again and not reread:
                return standing
        # Publishing's libraries take as long to load as a small report to read: load them meanwhile.
        threading.Thread(target=load_libraries, daemon=True).start()
        before = index.kept(place, _maker(reader)) if place.intact() else None
        work = _Work(place, ledger, reader, human, before, builders or cores(), gate, tell)
        return _read_and_publish(seen, work, over, retry, retry_due, reread)


def _read_and_publish(
    seen: Sequence[Seen], work: _Work, over: Map, retry: bool, retry_due: bool, reread: Collection[str]
) -> Summary:
    ledger, reader = work.ledger, work.reader
    published = work.before.report_ids() if work.before else frozenset()
    is_second = False
    while True:
        due = jobs(seen, ledger, reader, published, retry, retry_due, reread)
        changed, traces = read(due, over, reader, ledger, work.tell)
        if due:
            trim(work.place.hidden / FOLDER)
        try:
            summary = work.publish(settle(seen, changed), {job.sha256 for job in due})
            return replace(summary, read=len(due) - len(changed), traces=traces)
        except Damaged as damaged:
            ledger.forget(damaged.shas)
            ledger.commit()
            if is_second:
                raise RuntimeError(str(damaged)) from damaged
            is_second = True


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


@dataclass(frozen=True, slots=True)
class _Work:
    """What publishing works with: `before` is the index of the published version if that stands whole."""

    place: Out
    ledger: Ledger
    reader: Reader
    human: Corrections
    before: index.Index | None
    builders: int
    gate: Bounds | None
    tell: Progress

    def publish(self, seen: Sequence[Seen], fresh: Collection[str]) -> Summary:
        """Build the tables of the cached reports, and switch to them if they differ from what is published and the gate
        lets them through. `fresh` are the sha256 of what was just read. Raises items.Damaged where the ledger is."""
        place, gate = self.place, self.gate
        inputs = _digest(seen, self.ledger, self.reader, self.human)
        version = self.reader.report_version
        wanted = items(seen, self.ledger, version, self.human)
        self.ledger.commit()  # other processes read it now
        source = Source(os.fspath(self.ledger.path), version)
        lost = self.human.lost({item.sha256 for item in wanted})
        staged = place.staging()
        try:
            built = build(wanted, source, staged, place, self.before, fresh, self.builders, self.tell)
            summary = summarise(built.tallies, len(seen), lost)
            new = Version(inputs, built.files, asdict(summary))
            index.keep(built.index, place, new.id, _maker(self.reader))
            if gate is not None and (reasons := _objections(place, staged, new, gate)):
                hold(place, staged, new, reasons, asdict(gate))
                _tidy(place)
                return replace(summary, held=reasons, held_version=new.id)
            changed = place.switch(staged, new)
        except BaseException:
            place.discard(staged)
            _tidy(place)
            raise
        drop(place)
        _tidy(place)
        return replace(summary, changed=changed)


def _tidy(place: Out) -> None:
    """Keep the indices of the published version and of the one that is held back; a killed run may leave others."""
    versions = (place.version, kept.version if (kept := held(place)) else None)
    index.forget_others(place, [version.id for version in versions if version is not None])


def _objections(place: Out, staged: Path, version: Version, gate: Bounds) -> tuple[str, ...]:
    """Why the gate holds what is staged. The version that is published may always be mended."""
    if place.version is not None and place.version.id == version.id:
        return ()
    is_published = (place.folder / PACKAGE).exists()  # though its record may be lost
    return examine(place.folder if is_published else None, staged, gate).reasons


def _maker(reader: Reader) -> str:
    """The code that a version is made by: the rows of another one's are not taken over."""
    return f"{reader.report_version} {publishing_fingerprint()}"


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
