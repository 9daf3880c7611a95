"""Files → cached reports: which are unchanged, which are new, and the reading of those that must be read.

Reading is incremental: a file is extracted once for each version of the extractors, and its bytes are looked at again
only when its stamp (size, times, inode) changed. Results are kept as they come, so an interrupted run loses nothing.

A file may lie at a URL (`remote.files`), and a worker on another machine: then that one opens the bytes, and what is
kept beside the ledger serves the machine of the ledger alone.
"""

from __future__ import annotations

import hashlib
import json
import platform
import time
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import extractors
import pipeline
from extractors import limits
from extractors.document import CannotRead, Document
from extractors.wanted import Wanted
from pipeline import codec
from pipeline.aside import set_aside
from pipeline.beside import Beside, Taken, is_as_it_was
from pipeline.discover import Source, Stamp, stamp_of
from pipeline.ids import report_id
from pipeline.ledger import Ledger, cached_document
from pipeline.model import Report
from pipeline.pictured import read_again, wants_pictures
from pipeline.remote import files
from pipeline.remote.files import Unreachable, is_url
from pipeline.shelf import FOLDER, Kept
from pipeline.version import document_fingerprint, report_fingerprint
from pipeline.workers import Lost, Map

HASHED_BYTES = 10 * limits.MAX_BYTES
"""Files larger than this are set aside unhashed: nobody waits for a disk image that lies among the reports."""

PASSING = ("time_limit", "memory_limit", "died", "fault", "needs_libreoffice")
"""The ways to be set aside that another run may fare better with."""

TRIED_AGAIN = 40
"""Of these, as many are tried again in a run that tries what is due: each may cost minutes, and the rest can wait."""

_AT_A_TIME = 16  # files at URLs that are looked at, or fetched, at once
_COMMIT_SECONDS = 2.0
_TRACES = 5

Progress = Callable[[str, int, int], None]
"""Called with a stage (looking, reading, publishing), how many of its items are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class Reader:
    """The two halves of reading, and the versions that their results are cached under. It can be pickled.

    One that `lends` hands `extract` what it may want beside the bytes (`extractors.wanted.Wanted`), and has it read
    the pictures within a text that lacks a table.
    """

    extract: Callable[..., Document]
    read: Callable[[Document, str], Report]
    document_version: str
    report_version: str
    lends: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """A source and the sha256 of what it holds; or, without one, the reason why it cannot be read."""

    source: Source
    sha256: str | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A file to read: its bytes at `path`; `ledger` is the path of the ledger that holds its Document as this version
    of the extractors read it, if one does. (Its path, since the Documents of a whole country do not fit in memory.)
    `kept` is the folder of the shelves, if there are any. Both lie on the machine `host`, and no other opens them:
    SQLite's files are not to be shared over a network."""

    path: str
    sha256: str
    ledger: str | None = None
    kept: str | None = None
    host: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a worker made of a job, ready to be kept: the report, and the Document if it was extracted now.

    `fault` is one of `PASSING` or None. `disposition` and `reason` are the report's. `beside` are the files beside a
    page that its Document follows from. `changed` says instead why the file was not what had been hashed,
    `unreachable` why the run must end: its store cannot be reached, or the machine is of another version.
    """

    report: bytes = b""
    document: bytes | None = None
    fault: str | None = None
    disposition: str | None = None
    reason: str | None = None
    beside: tuple[Taken, ...] = ()
    changed: str | None = None
    unreachable: str | None = None


def this_reader() -> Reader:
    """The reader that this version of the program is."""
    return Reader(extractors.extract, pipeline.read_document, document_fingerprint(), report_fingerprint(), lends=True)


def look(sources: Sequence[Source], ledger: Ledger, tell: Progress) -> list[Seen]:
    """What each source holds: from the ledger where its stamp is unchanged, else by reading and hashing it."""
    known = ledger.known_files()
    trusted: dict[str, Seen] = {}
    unknown = []
    for source in sources:
        stamp, sha256 = known.pop(source.path, (None, None))
        if source.stamp is None:
            trusted[source.path] = Seen(source, None, source.reason)
        elif source.stamp == stamp:
            trusted[source.path] = Seen(source, sha256)
        else:
            unknown.append(source)
    hashed = _hashed(unknown)
    seen, fresh = [], []
    for done, source in enumerate(sources, 1):
        if source.path in trusted:
            seen.append(trusted[source.path])
        else:
            found, now = next(hashed)
            seen.append(found)
            if found.sha256 is not None and now is not None:
                fresh.append((source.path, now, found.sha256))
        tell("looking", done, len(sources))
    ledger.remember_files(fresh)
    ledger.forget_files(known)
    _forget_changed(seen, ledger)
    return seen


def _forget_changed(seen: Sequence[Seen], ledger: Ledger) -> None:
    """Forget what was read of pages whose pictures beside them are no longer what they were."""
    taken = ledger.beside()
    if not taken:
        return
    first: dict[str, str] = {}
    for one in seen:
        if one.sha256 in taken:
            first.setdefault(one.sha256, one.source.path)
    known = {one.source.path: one.sha256 for one in seen if one.sha256 is not None}
    ledger.forget(sha256 for sha256, path in first.items() if not is_as_it_was(path, taken[sha256], known))


def jobs(
    seen: Sequence[Seen],
    ledger: Ledger,
    reader: Reader,
    published: Collection[str] = (),
    retry: bool = False,
    retry_due: bool = False,
    reread: Collection[str] = (),
) -> list[Job]:
    """The reading that is due: each content once that has no cached report to trust, in the order of `seen`.

    What is cached of the reports `published` (by their ids) is looked at only when they are made anew.
    `retry` adds every content that one of `PASSING` set aside, `retry_due` those of them whose next try is due,
    `reread` the contents with these sha256, whatever is known of them.
    """
    paths: dict[str, str] = {}
    for one in seen:
        if one.sha256 is not None:
            paths.setdefault(one.sha256, one.source.path)
    chosen, again = set(tries_due(seen, ledger, reader)) if retry_due else set(), set()
    kept = ledger.kept(reader.report_version)
    standing = [(sha256, kept[sha256]) for sha256 in paths if sha256 in kept and report_id(sha256) in published]
    others = [sha256 for sha256 in paths if sha256 not in kept or report_id(sha256) not in published]
    checked = ((sha256, fault) for sha256, _, fault in ledger.reports(others, reader.report_version))
    for sha256, fault in (*standing, *checked):
        if sha256 in reread or (fault and (retry or sha256 in chosen)):
            again.add(sha256)
        else:
            del paths[sha256]
    cached = ledger.documents(reader.document_version) - again if paths else set()
    shelves, host = str(ledger.path.parent / FOLDER), platform.node()
    return [Job(path, sha, str(ledger.path) if sha in cached else None, shelves, host) for sha, path in paths.items()]


def tries_due(seen: Iterable[Seen], ledger: Ledger, reader: Reader) -> list[str]:
    """The sha256 of the contents that one of `PASSING` set aside and that are now to be tried again (`ledger.due`)."""
    there = {one.sha256 for one in seen}
    return [sha256 for sha256 in ledger.due(reader.report_version) if sha256 in there][:TRIED_AGAIN]


def read(
    due: Sequence[Job], over: Map, reader: Reader, ledger: Ledger, tell: Progress
) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Read what is due and keep each result in the ledger as it comes.

    Returns the reasons of those that were no longer what had been hashed, by sha256, and the first traces of the
    program's own faults, each once, as (path, trace).
    """
    changed: dict[str, str] = {}
    traces: dict[str, str] = {}
    kept = time.monotonic()
    for done, (job, result) in enumerate(over(partial(read_job, reader), due), 1):
        outcome = result if isinstance(result, Outcome) else _lost(job, result)
        if outcome.unreachable is not None:
            ledger.commit()
            raise Unreachable(outcome.unreachable)
        if isinstance(result, Lost) and result.trace:
            traces.setdefault(result.trace, job.path)
        if outcome.changed is not None:
            changed[job.sha256] = outcome.changed
        else:
            if outcome.document is not None:
                ledger.keep_document(job.sha256, reader.document_version, outcome.document)
                ledger.keep_beside(job.sha256, outcome.beside)
            ledger.keep_report(
                job.sha256,
                reader.report_version,
                outcome.report,
                outcome.fault,
                outcome.disposition,
                outcome.reason,
            )
        if time.monotonic() - kept > _COMMIT_SECONDS:
            ledger.commit()
            kept = time.monotonic()
        tell("reading", done, len(due))
    ledger.commit()
    return changed, [(path, trace) for trace, path in list(traces.items())[:_TRACES]]


def read_job(reader: Reader, job: Job) -> Outcome:
    """Read one file, in a worker process. An exception that leaves it is a fault of the program."""
    elsewhere = job.host not in (None, platform.node())
    if elsewhere and reader.lends and reader.report_version != report_fingerprint():
        words = "reads with another version of this program: install the same there, and start its workers anew"
        return Outcome(unreachable=f"{platform.node()} {words}")
    try:
        return _read(reader, job)
    except Unreachable as error:
        return Outcome(unreachable=str(error))


def _read(reader: Reader, job: Job) -> Outcome:
    payload = _cached_payload(reader, job)
    content = _cached(payload) if payload is not None else None
    data = None
    try:
        if content is None:
            data = _bytes(job)
            content = _extracted(reader, job, data)
        if isinstance(content, CannotRead):
            fault = content.code if content.code in PASSING else None
            return _outcome(set_aside(job.sha256, content), _to_cache(content) if data is not None else None, fault)
        report = reader.read(content, job.sha256)
        if not reader.lends or not wants_pictures(content, report):
            return _outcome(report, _to_cache(content) if data is not None else None)
        data = _bytes(job) if data is None else data
    except Unreachable:
        raise
    except OSError as error:
        return Outcome(changed=f"could not be read: {_why(error)}")
    except _Changed:
        return Outcome(changed="changed while it was read: run again")
    beside = Beside(job.path)
    wanted = Wanted(beside=beside, shelf=_shelf(job))
    content, report = read_again(content, report, partial(reader.extract, data), reader.read, wanted)
    return _outcome(report, _to_cache(content), beside=beside.taken)


def _cached_payload(reader: Reader, job: Job) -> bytes | None:
    if job.ledger is None or job.host not in (None, platform.node()):
        return None
    return cached_document(job.ledger, job.sha256, reader.document_version)


class _Changed(Exception):
    """The file holds other bytes than those that were hashed."""


def _extracted(reader: Reader, job: Job, data: bytes) -> Document | CannotRead:
    try:
        return reader.extract(data, Wanted(shelf=_shelf(job))) if reader.lends else reader.extract(data)
    except CannotRead as error:
        return error


def _shelf(job: Job) -> Kept | None:
    return Kept(job.kept, job.sha256) if job.kept is not None and job.host in (None, platform.node()) else None


def _outcome(
    report: Report, fresh: bytes | None = None, fault: str | None = None, beside: tuple[Taken, ...] = ()
) -> Outcome:
    return Outcome(codec.dumps(report), fresh, fault, report.disposition, report.reason, beside)


def _bytes(job: Job) -> bytes:
    """The bytes of the file, or as many as tell the extractors that it is too large. Raises _Changed, OSError."""
    if is_url(job.path):
        data = files.read(job.path, limits.MAX_BYTES + 1)
    else:
        with open(job.path, "rb") as file:
            data = file.read(limits.MAX_BYTES + 1)
    if len(data) > limits.MAX_BYTES:
        return data
    if hashlib.sha256(data).hexdigest() != job.sha256:
        raise _Changed
    return data


def _hashed(sources: Sequence[Source]) -> Iterator[tuple[Seen, Stamp | None]]:
    """`_hash` of each, in their order; of files at URLs several at a time, since most of it is waiting."""
    if not any(is_url(source.path) for source in sources):
        yield from map(_hash, sources)
        return
    pool = ThreadPoolExecutor(_AT_A_TIME, "look")
    try:
        for at in range(0, len(sources), _AT_A_TIME * 8):
            yield from pool.map(_hash, sources[at : at + _AT_A_TIME * 8])
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _hash(source: Source) -> tuple[Seen, Stamp | None]:
    """The sha256 of a file as it is now, and its stamp if it stood still meanwhile. Raises Unreachable."""
    assert source.stamp is not None
    if source.stamp.size > HASHED_BYTES:
        return Seen(source, None, f"the file has {source.stamp.size // 1_000_000} MB and is no report"), None
    try:
        if is_url(source.path):  # were it written anew since it was listed, the next listing says so
            return Seen(source, files.sha256_of(source.path)), source.stamp
        before = stamp_of(source.path)
        with open(source.path, "rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        after = stamp_of(source.path)
    except Unreachable:
        raise
    except OSError as error:
        return Seen(source, None, f"cannot be opened: {_why(error)}"), None
    return Seen(source, sha256), (after if before == after else None)


def _why(error: OSError) -> str:
    """The system's own words without the path, which would carry the machine into published reasons."""
    return (error.strerror or type(error).__name__).lower()


def _lost(job: Job, lost: Lost) -> Outcome:
    """A job without result is a report too: the file, and why nothing came of it."""
    return _outcome(set_aside(job.sha256, CannotRead(lost.code, lost.reason)), fault=lost.code)


def _to_cache(content: Document | CannotRead) -> bytes:
    if isinstance(content, CannotRead):
        text = json.dumps({"cannot": [content.code, content.reason]}, ensure_ascii=False)
    else:
        text = content.to_json()
    return zlib.compress(text.encode("utf-8", "surrogatepass"), 6)


def _cached(payload: bytes) -> Document | CannotRead | None:
    """What `_to_cache` kept; None if it is none of that, so that the file is extracted again."""
    try:
        text = zlib.decompress(payload).decode("utf-8", "surrogatepass")
        if text.startswith('{"cannot":'):
            return CannotRead(*json.loads(text)["cannot"])
        return Document.from_json(text)
    except (zlib.error, ValueError, KeyError, TypeError):
        return None


def settle(seen: Iterable[Seen], changed: dict[str, str]) -> list[Seen]:
    """`seen`, with the files that were no longer what had been hashed turned into unread ones."""
    return [replace(one, sha256=None, reason=changed[one.sha256]) if one.sha256 in changed else one for one in seen]
