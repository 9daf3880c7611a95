"""Files → cached reports: which are unchanged, which are new, and the reading of those that must be read.

Reading is incremental: a file is extracted once for each version of the extractors, and its bytes are looked at again
only when its stamp (size, times, inode) changed. Results are kept as they come, so an interrupted run loses nothing.
"""

from __future__ import annotations

import hashlib
import json
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import extractors
import pipeline
from extractors import limits
from extractors.document import CannotRead, Document
from pipeline import codec
from pipeline.aside import set_aside
from pipeline.discover import Source, Stamp, stamp_of
from pipeline.ledger import Ledger
from pipeline.model import Report
from pipeline.version import document_fingerprint, report_fingerprint
from pipeline.workers import Lost, Map

HASHED_BYTES = 10 * limits.MAX_BYTES
"""Files larger than this are set aside unhashed: nobody waits for a disk image that lies among the reports."""

PASSING = ("time_limit", "memory_limit", "died", "fault", "needs_libreoffice")
"""The ways to be set aside that another run may fare better with."""

_COMMIT_SECONDS = 2.0
_TRACES = 5

Progress = Callable[[str, int, int], None]
"""Called with a stage (looking, reading, publishing), how many of its items are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class Reader:
    """The two halves of reading, and the versions that their results are cached under. It can be pickled."""

    extract: Callable[[bytes], Document]
    read: Callable[[Document, str], Report]
    document_version: str
    report_version: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A source and the sha256 of what it holds; or, without one, the reason why it cannot be read."""

    source: Source
    sha256: str | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A file to read: its bytes at `path`, or the cached Document if the extractors have not changed since."""

    path: str
    sha256: str
    document: bytes | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a worker made of a job, ready to be kept: the report, and the Document if it was extracted now.

    `fault` is one of `PASSING` or None. `changed` says instead why the file was not what had been hashed.
    """

    report: bytes = b""
    document: bytes | None = None
    fault: str | None = None
    changed: str | None = None


def this_reader() -> Reader:
    """The reader that this version of the program is."""
    return Reader(extractors.extract, pipeline.read_document, document_fingerprint(), report_fingerprint())


def look(sources: Sequence[Source], ledger: Ledger, tell: Progress) -> list[Seen]:
    """What each source holds: from the ledger where its stamp is unchanged, else by reading and hashing it."""
    known = ledger.known_files()
    seen, fresh = [], []
    for done, source in enumerate(sources, 1):
        stamp, sha256 = known.pop(source.path, (None, None))
        if source.stamp is None:
            seen.append(Seen(source, None, source.reason))
        elif source.stamp == stamp:
            seen.append(Seen(source, sha256))
        else:
            found, now = _hash(source)
            seen.append(found)
            if found.sha256 is not None and now is not None:
                fresh.append((source.path, now, found.sha256))
        tell("looking", done, len(sources))
    ledger.remember_files(fresh)
    ledger.forget_files(known)
    return seen


def jobs(seen: Iterable[Seen], ledger: Ledger, reader: Reader, retry: bool = False) -> list[Job]:
    """The reading that is due: each content once that has no cached report to trust, in the order of `seen`."""
    paths: dict[str, str] = {}
    for one in seen:
        if one.sha256 is not None:
            paths.setdefault(one.sha256, one.source.path)
    again = set()
    for sha256, _, fault in list(ledger.reports(list(paths), reader.report_version)):
        if retry and fault:
            again.add(sha256)
        else:
            del paths[sha256]
    cached = {sha: ledger.document(sha, reader.document_version) for sha in paths if sha not in again}
    return [Job(path, sha, cached.get(sha)) for sha, path in paths.items()]


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
        if isinstance(result, Lost) and result.trace:
            traces.setdefault(result.trace, job.path)
        if outcome.changed is not None:
            changed[job.sha256] = outcome.changed
        else:
            if outcome.document is not None:
                ledger.keep_document(job.sha256, reader.document_version, outcome.document)
            ledger.keep_report(job.sha256, reader.report_version, outcome.report, outcome.fault)
        if time.monotonic() - kept > _COMMIT_SECONDS:
            ledger.commit()
            kept = time.monotonic()
        tell("reading", done, len(due))
    ledger.commit()
    return changed, [(path, trace) for trace, path in list(traces.items())[:_TRACES]]


def read_job(reader: Reader, job: Job) -> Outcome:
    """Read one file, in a worker process. An exception that leaves it is a fault of the program."""
    content = _cached(job.document) if job.document is not None else None
    fresh = None
    if content is None:
        try:
            data = _bytes(job)
        except OSError as error:
            return Outcome(changed=f"could not be read: {(error.strerror or type(error).__name__).lower()}")
        if data is None:
            return Outcome(changed="changed while it was read: run again")
        try:
            content = reader.extract(data)
        except CannotRead as error:
            content = error
        fresh = _to_cache(content)
    if isinstance(content, CannotRead):
        fault = content.code if content.code in PASSING else None
        return Outcome(codec.dumps(set_aside(job.sha256, content)), fresh, fault)
    return Outcome(codec.dumps(reader.read(content, job.sha256)), fresh)


def _bytes(job: Job) -> bytes | None:
    """The bytes of the file, or as many as tell the extractors that it is too large; None if they are other ones."""
    with open(job.path, "rb") as file:
        data = file.read(limits.MAX_BYTES + 1)
        if len(data) > limits.MAX_BYTES:
            return data
    return data if hashlib.sha256(data).hexdigest() == job.sha256 else None


def _hash(source: Source) -> tuple[Seen, Stamp | None]:
    """The sha256 of a file as it is now, and its stamp if it stood still meanwhile."""
    assert source.stamp is not None
    if source.stamp.size > HASHED_BYTES:
        return Seen(source, None, f"the file has {source.stamp.size // 1_000_000} MB and is no report"), None
    try:
        before = stamp_of(source.path)
        with open(source.path, "rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        after = stamp_of(source.path)
    except OSError as error:
        return Seen(source, None, f"cannot be opened: {(error.strerror or type(error).__name__).lower()}"), None
    return Seen(source, sha256), (after if before == after else None)


def _lost(job: Job, lost: Lost) -> Outcome:
    """A job without result is a report too: the file, and why nothing came of it."""
    return Outcome(codec.dumps(set_aside(job.sha256, CannotRead(lost.code, lost.reason))), fault=lost.code)


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
