"""Consecutive reports, made ready for the published files: their rows as lines of CSV and as Arrow.

It is the costly half of publishing, and needs nothing but the reports: chunks may be made in other processes, in any
order. Putting them into the files, in the order of report_id, is the other half (`files`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pipeline.publish.csv_file import CsvLines
from pipeline.publish.parquet_file import Frame
from pipeline.publish.schema import TABLES, Table
from pipeline.publish.tabulate import Entry, Row, rows_of

REPORTED = tuple(table for table in TABLES if table.reports or table.name == "reports")
"""The tables whose rows are made of reports; the others follow from the vocabulary alone."""


@dataclass(frozen=True, slots=True)
class Block:
    """A report's rows of a partitioned table: the partition, their place in it, and they themselves as Arrow IPC,
    compressed; `size` is that of the bytes within."""

    partition: Any
    order: tuple[str, ...]
    data: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive reports. By the name of a table: `lines`, its CSV; `extents`, how much of it each report has, in
    bytes of CSV, or in rows where it has none; `batches`, its Arrow IPC; `blocks`, those of a partitioned table, one
    or none a report. `contents` are digests of each report's rows in the tables that have no CSV."""

    ids: tuple[str, ...]
    lines: Mapping[str, bytes]
    extents: Mapping[str, tuple[int, ...]]
    batches: Mapping[str, bytes]
    blocks: Mapping[str, tuple[Block | None, ...]]
    contents: tuple[str, ...]


def chunk_of(entries: Iterable[Entry]) -> Chunk:
    """The chunk of some entries, sorted by report_id."""
    ids: list[str] = []
    rows: dict[str, list[list[Row]]] = {table.name: [] for table in REPORTED}
    for entry in entries:
        ids.append(entry.report.report_id)
        for name, its in rows_of(entry).items():
            rows[name].append(its)
    lines: dict[str, bytes] = {}
    extents: dict[str, tuple[int, ...]] = {}
    batches: dict[str, bytes] = {}
    blocks: dict[str, tuple[Block | None, ...]] = {}
    for table in REPORTED:
        its_rows = rows[table.name]
        if table.csv:
            texts = [_lines(table.name).of(each).encode() if each else b"" for each in its_rows]
            lines[table.name] = b"".join(texts)
            extents[table.name] = tuple(map(len, texts))
        else:
            extents[table.name] = tuple(map(len, its_rows))
        if table.partition:
            blocks[table.name] = tuple(_block(table, each) if each else None for each in its_rows)
        elif every := [row for each in its_rows for row in each]:
            batches[table.name] = _frame(table.name).batch(every).serialize().to_pybytes()
    return Chunk(tuple(ids), lines, extents, batches, blocks, _contents(rows, len(ids)))


def order_of(table: Table) -> tuple[str, ...]:
    """The columns that say where a report's rows stand in a Parquet file of the table."""
    return table.order[: table.order.index("report_id") + 1]


def _block(table: Table, rows: list[Row]) -> Block:
    import pyarrow as pa

    raw = _frame(table.name).batch(rows).serialize()
    first = rows[0]
    order = tuple(first[table.names.index(name)] or "" for name in order_of(table))
    return Block(first[table.names.index(table.partition)], order, pa.compress(raw, "zstd", asbytes=True), raw.size)


def _contents(rows: Mapping[str, list[list[Row]]], count: int) -> tuple[str, ...]:
    found = []
    for i in range(count):
        digest = hashlib.blake2b(digest_size=16)
        for table in REPORTED:
            if not table.csv:
                digest.update(repr(rows[table.name][i]).encode("utf-8", "surrogatepass"))
        found.append(digest.hexdigest())
    return tuple(found)


@cache
def _lines(name: str) -> CsvLines:
    return CsvLines(_table(name))


@cache
def _frame(name: str) -> Frame:
    return Frame(_table(name))


def _table(name: str) -> Table:
    return next(table for table in REPORTED if table.name == name)
