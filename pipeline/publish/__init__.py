"""The only writer of OUT: entries → CSV, Parquet and datapackage.json, staged beside and switched in one step.

Entries are streamed: rows of one batch are all that is held, whatever the number of reports. The same entries give the
same bytes, whatever the order they were read in, because they are written in the order of `report_id` and no time,
path or count of processes is in them.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.publish.datapackage import FileFacts, describe
from pipeline.publish.schema import INDICATORS, PACKAGE, PART, TABLES, Table
from pipeline.publish.tabulate import Entry, Row, indicator_rows, rows_of

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

BATCH = 65_536
"""Rows held for one file before they are written, and of one row group in Parquet."""


def write_tables(entries: Iterable[Entry], folder: Path) -> dict[str, FileFacts]:
    """Write all published files below `folder`, which is empty, and return them by name with their facts.

    `entries` come sorted by report_id, each id once. Raises OSError for a full disk and the like.
    """
    with ExitStack() as stack:
        writers = {table.name: stack.enter_context(_TableWriter(table, folder)) for table in TABLES}
        writers[INDICATORS.name].add(indicator_rows())
        for entry in entries:
            for name, rows in rows_of(entry).items():
                writers[name].add(rows)
    files = {path.relative_to(folder).as_posix(): facts_of(path) for path in sorted(_files(folder))}
    package = folder / PACKAGE
    package.write_text(describe(files), encoding="utf-8", newline="\n")
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


class _TableWriter:
    """The files of one published table: a CSV, and one Parquet file or one a partition."""

    def __init__(self, table: Table, folder: Path) -> None:
        self.table = table
        self._csv = _CsvWriter(table, folder / f"{table.name}.csv") if table.csv else None
        self._folder = folder
        self._parts: dict[Any, _ParquetWriter] = {}
        self._by = table.names.index(table.partition) if table.partition else None
        if self._by is None:
            self._parts[None] = _ParquetWriter(table, folder / f"{table.name}.parquet")
        else:
            (folder / table.name).mkdir()

    def __enter__(self) -> _TableWriter:
        return self

    def __exit__(self, *_: object) -> None:
        for writer in (self._csv, *self._parts.values()):
            if writer is not None:
                writer.close()

    def add(self, rows: list[Row]) -> None:
        if not rows:
            return
        if self._csv is not None:
            self._csv.add(rows)
        if self._by is None:
            self._parts[None].add(rows)
            return
        for value in sorted({row[self._by] for row in rows}):
            self._part(value).add([row for row in rows if row[self._by] == value])

    def _part(self, value: Any) -> _ParquetWriter:
        if value not in self._parts:
            folder = self._folder / self.table.name / f"{self.table.partition}={value}"
            folder.mkdir()
            self._parts[value] = _ParquetWriter(self.table, folder / PART)
        return self._parts[value]


class _CsvWriter:
    """UTF-8, header, comma, `\\n`; quoted where needed; null is empty, booleans are true and false, dates ISO."""

    def __init__(self, table: Table, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._lines: list[str] = []
        # With \r\n as its line end the module quotes fields that hold either; a bare \r unquoted would break a line.
        sink: Any = self
        self._writer = csv.writer(sink, lineterminator="\r\n")
        self._plain = [i for i, c in enumerate(table.columns) if c.type in ("number", "boolean")]
        self._writer.writerow(table.names)

    def write(self, line: str) -> None:
        self._lines.append(line[:-2] + "\n")
        if len(self._lines) >= BATCH:
            self._flush()

    def add(self, rows: list[Row]) -> None:
        if not self._plain:
            self._writer.writerows(rows)
            return
        for row in rows:
            cells = list(row)
            for i in self._plain:
                cells[i] = printed(cells[i])
            self._writer.writerow(cells)

    def _flush(self) -> None:
        self._file.write("".join(self._lines))
        self._lines.clear()

    def close(self) -> None:
        self._flush()
        self._file.close()


class _ParquetWriter:
    """One Parquet file, zstd, in row groups of `BATCH` rows."""

    def __init__(self, table: Table, path: Path) -> None:
        import pyarrow.parquet as pq

        self._schema = arrow_schema(table)
        self._columns = [table.names.index(name) for name in self._schema.names]
        self._writer: pq.ParquetWriter = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._rows: list[Row] = []

    def add(self, rows: list[Row]) -> None:
        self._rows.extend(rows)
        while len(self._rows) >= BATCH:
            self._write(self._rows[:BATCH])
            self._rows = self._rows[BATCH:]

    def _write(self, rows: list[Row]) -> None:
        import pyarrow as pa

        columns = list(zip(*rows, strict=True))
        arrays = []
        for i, field in zip(self._columns, self._schema, strict=True):
            values: Any = columns[i]
            if pa.types.is_floating(field.type):
                values = [None if v is None else float(v) for v in values]
            arrays.append(pa.array(values, field.type))
        self._writer.write_batch(pa.record_batch(arrays, schema=self._schema))

    def close(self) -> None:
        if self._rows:
            self._write(self._rows)
        self._writer.close()


def arrow_schema(table: Table) -> pa.Schema:
    """The Parquet schema of a published table. The partition column is not in it: the folder's name holds it.

    Numbers are doubles, which is what pandas and plotting want of them; the decimals of the source have at most 15
    digits, which a double gives back exactly, and CSV prints them as they were. The pandas note makes whole numbers
    with nulls come back as whole numbers (Int64), not as floats.
    """
    import pyarrow as pa

    types = {
        "string": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
    }
    columns = [column for column in table.columns if column.name != table.partition]
    note = {
        "index_columns": [],
        "column_indexes": [],
        "columns": [
            {"name": c.name, "field_name": c.name, "pandas_type": "int64", "numpy_type": "Int64", "metadata": None}
            for c in columns
            if c.type == "integer"
        ],
        "pandas_version": "2.2.0",
    }
    fields = [pa.field(c.name, types[c.type], nullable=not c.required) for c in columns]
    return pa.schema(fields, metadata={"pandas": json.dumps(note)})


def printed(value: Any) -> str:
    """A number or boolean as CSV has it: 67328, 184249.5, -38, true; no exponent, no trailing zeros; null is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
