"""The only writer of OUT: entries → CSV, Parquet and datapackage.json, staged beside and switched in one step.

Entries are streamed: what is held is the rows of one batch, whatever the number of reports. The same entries give the
same bytes, whatever the order they were read in, because they are written in the order of `report_id` and no time,
path or count of processes is in them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from pipeline.publish.crosswalk import crosswalk_rows, indicator_rows
from pipeline.publish.csv_file import CsvFile, printed
from pipeline.publish.datapackage import FileFacts, content_digest, describe
from pipeline.publish.parquet_file import ParquetFile, ParquetParts
from pipeline.publish.schema import CROSSWALK, INDICATORS, PACKAGE, PART, TABLES, Table
from pipeline.publish.tabulate import Entry, Row, rows_of

__all__ = ["FileFacts", "facts_of", "load_libraries", "printed", "write_tables"]


def write_tables(entries: Iterable[Entry], folder: Path) -> dict[str, FileFacts]:
    """Write all published files below `folder`, which is empty, and return them by name with their facts.

    `entries` come sorted by report_id, each id once. Raises OSError for a full disk and the like.
    """
    with ExitStack() as stack:
        writers = {table.name: stack.enter_context(_TableFiles(table, folder)) for table in TABLES}
        writers[INDICATORS.name].add(indicator_rows())
        writers[CROSSWALK.name].add(crosswalk_rows())
        for entry in entries:
            for name, rows in rows_of(entry).items():
                writers[name].add(rows)
    files = {path.relative_to(folder).as_posix(): facts_of(path) for path in sorted(_files(folder))}
    content = content_digest({name: one.rows or files[f"{name}.csv"].sha256 for name, one in writers.items()})
    package = folder / PACKAGE
    package.write_text(describe(files, content), encoding="utf-8", newline="\n")
    return files | {PACKAGE: facts_of(package)}


def load_libraries() -> None:
    """Load what writing needs, ahead of its use."""
    import pyarrow.parquet

    pyarrow.array([], pyarrow.int64())  # which looks for pandas, and loads it


def facts_of(path: Path) -> FileFacts:
    """Length, sha256 and time of a file. Raises OSError."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    found = path.stat()
    return FileFacts(found.st_size, digest, found.st_mtime_ns)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


class _TableFiles:
    """The files of one published table: a CSV, and one Parquet file or one a partition."""

    rows: str | None = None
    """The digest of the rows, of a table that has no CSV file to tell it from; known once all is written."""

    def __init__(self, table: Table, folder: Path) -> None:
        self._files: list[CsvFile | ParquetFile | ParquetParts] = []
        self._digest = None if table.csv else hashlib.sha256()
        if table.csv:
            self._files.append(CsvFile(table, folder / f"{table.name}.csv"))
        if table.partition:
            self._files.append(ParquetParts(table, folder / table.name, PART))
        else:
            self._files.append(ParquetFile(table, folder / f"{table.name}.parquet"))

    def __enter__(self) -> _TableFiles:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files:
            file.close()
        if self._digest is not None:
            self.rows = self._digest.hexdigest()

    def add(self, rows: Sequence[Row]) -> None:
        if self._digest is not None:
            self._digest.update(repr(rows).encode("utf-8", "surrogatepass"))
        if rows:
            for file in self._files:
                file.add(rows)
