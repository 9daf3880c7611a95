"""The only writer of OUT: entries → CSV, Parquet and datapackage.json, staged beside and switched in one step.

Reports are made into chunks (`chunk`), and those put into the files (`files`) in the order of report_id, between the
rows of reports that stand as they were. What is held is a few chunks, whatever the number of reports. The same reports
give the same bytes, whatever the order they were read in and whatever stood before: no time, path or count of
processes is in them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pipeline.publish.chunk import REPORTED, Chunk, chunk_of
from pipeline.publish.crosswalk import crosswalk_rows, indicator_rows
from pipeline.publish.csv_file import CsvFile, printed
from pipeline.publish.datapackage import FileFacts, content_digest, describe
from pipeline.publish.files import FileOfTable, Known, files_of
from pipeline.publish.parquet_file import ParquetFile
from pipeline.publish.schema import CROSSWALK, INDICATORS, PACKAGE, Table
from pipeline.publish.tabulate import Entry, Row
from pipeline.publish.taken_over import Before

__all__ = ["Before", "FileFacts", "Standing", "facts_of", "load_libraries", "printed", "write_chunks", "write_tables"]

_CHUNK = 64  # reports


@dataclass(frozen=True, slots=True)
class Standing:
    """What is taken over of the version before: its rows (`before`), the facts of its files, and the digests of the
    contents that stay, by report_id."""

    before: Before
    files: Mapping[str, FileFacts]
    contents: Mapping[str, str]


def write_tables(entries: Iterable[Entry], folder: Path) -> dict[str, FileFacts]:
    """Write all published files below `folder`, which is empty, and return them by name with their facts.

    `entries` come sorted by report_id, each id once. Raises OSError for a full disk and the like.
    """
    coming = iter(entries)
    return write_chunks(map(chunk_of, iter(lambda: list(islice(coming, _CHUNK)), [])), folder)


def write_chunks(
    chunks: Iterable[Chunk], folder: Path, standing: Standing | None = None, threads: int = 1
) -> dict[str, FileFacts]:
    """Write all published files below `folder`, which is empty, and return them by name with their facts.

    `chunks` come in the order of report_id; reports that `standing` leaves are put between theirs. With several
    `threads` all chunks are held, and so many files are written at a time. Raises OSError for a full disk and the like,
    ValueError where a file is not what `standing` says.
    """
    contents = dict(standing.contents) if standing else {}

    def passing() -> Iterator[Chunk]:
        for chunk in chunks:
            contents.update(zip(chunk.ids, chunk.contents, strict=True))
            yield chunk

    known = _write_files(passing(), folder, standing, threads)
    for table, rows in ((INDICATORS, indicator_rows()), (CROSSWALK, crosswalk_rows())):
        _write_small(table, rows, folder)
    names = (path.relative_to(folder).as_posix() for path in sorted(_files(folder)))
    files = {name: known.get(name) or facts_of(folder / name) for name in names}
    digests = {name.removesuffix(".csv"): facts.sha256 for name, facts in files.items() if name.endswith(".csv")}
    digest = hashlib.sha256("".join(f"{i} {contents[i]}\n" for i in sorted(contents)).encode()).hexdigest()
    package = folder / PACKAGE
    package.write_text(describe(files, content_digest(digests | {"others": digest})), encoding="utf-8", newline="\n")
    return files | {PACKAGE: facts_of(package)}


def _write_files(
    chunks: Iterable[Chunk], folder: Path, standing: Standing | None, threads: int
) -> dict[str, FileFacts]:
    """Write the files of the tables that are made of reports; the facts of those that need not be looked at."""
    before = standing.before if standing else None
    found: dict[str, FileFacts] = {}
    with ExitStack() as stack:
        files: list[FileOfTable] = []
        for table in REPORTED:
            for file in files_of(table, folder, before):
                stack.callback(file.abandon)
                files.append(file)
        if threads > 1:  # hashing, compressing and writing are done outside of Python's lock
            held = list(chunks)
            pool = stack.enter_context(ThreadPoolExecutor(threads))
            closed = list(pool.map(lambda file: _filled(file, held), files))
        else:
            for chunk in chunks:
                for file in files:
                    file.add(chunk)
            closed = [file.close() for file in files]
    for known in closed:
        for path, sha256 in known.items():
            name = path.relative_to(folder).as_posix()
            if sha256 is not None:
                found[name] = _facts(path, sha256)
            elif standing is not None:
                found[name] = standing.files[name]
    return found


def _filled(file: FileOfTable, chunks: Iterable[Chunk]) -> Known:
    for chunk in chunks:
        file.add(chunk)
    return file.close()


def load_libraries() -> None:
    """Load what writing needs, ahead of its use."""
    import pyarrow.parquet  # noqa: F401


def facts_of(path: Path) -> FileFacts:
    """Length, sha256 and time of a file. Raises OSError."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return _facts(path, digest)


def _facts(path: Path, sha256: str) -> FileFacts:
    found = path.stat()
    return FileFacts(found.st_size, sha256, found.st_mtime_ns)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _write_small(table: Table, rows: list[Row], folder: Path) -> None:
    for file in (CsvFile(table, folder / f"{table.name}.csv"), ParquetFile(table, folder / f"{table.name}.parquet")):
        file.add(rows)
        file.close()
