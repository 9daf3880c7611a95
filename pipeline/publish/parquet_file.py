"""Parquet as published: zstd, in row groups of equal size, sorted by the table's order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.publish.arrow_array import array
from pipeline.publish.columns import Table

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

Row = tuple[Any, ...]

BATCH = 65_536
"""Rows of one row group: at 20 million facts, fewer cost DuckDB time, and more cost those who look for one body."""

_HELD = 100_000  # cells held as Python objects before they become Arrow's
_GROUP = 2_000_000  # cells of one row group: a wide table has fewer rows in one


class ParquetFile:
    """One Parquet file of a table, written row by row."""

    def __init__(self, table: Table, path: Path) -> None:
        self._frame = Frame(table)
        self._file = RowGroups(table, self._frame.schema, path)
        self._rows: list[Row] = []
        self._most = max(1, _HELD // len(table.columns))

    def add(self, rows: Sequence[Row]) -> None:
        self._rows.extend(rows)
        if len(self._rows) >= self._most:
            self._convert()

    def _convert(self) -> None:
        self._file.add(self._frame.batch(self._rows))
        self._rows = []

    def close(self) -> None:
        if self._rows:
            self._convert()
        self._file.close()


class Frame:
    """Rows of a table → Arrow, in the columns of its Parquet files."""

    def __init__(self, table: Table) -> None:
        self.schema = arrow_schema(table)
        self._columns = [(table.names.index(field.name), field.type) for field in self.schema]
        self._numbers = {i for i, column in enumerate(table.columns) if column.type == "number"}

    def batch(self, rows: Sequence[Row]) -> pa.RecordBatch:
        import pyarrow as pa

        columns = list(zip(*rows, strict=True))
        arrays = []
        for i, kind in self._columns:
            values: Any = columns[i]
            if i in self._numbers:
                values = [None if v is None else float(v) for v in values]
            arrays.append(array(values, kind))
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)


class RowGroups:
    """A Parquet file, written batch by batch in row groups of equal size, whatever the size of the batches."""

    def __init__(self, table: Table, schema: pa.Schema, path: Path) -> None:
        import pyarrow.parquet as pq

        order = [(name, "ascending") for name in table.order]
        sorting = pq.SortingColumn.from_ordering(schema, order, null_placement="at_start")
        self._writer: pq.ParquetWriter = pq.ParquetWriter(path, schema, compression="zstd", sorting_columns=sorting)
        self._held: list[pa.RecordBatch] = []
        self._rows = 0
        self.total = 0
        self._most = max(1, min(BATCH, _GROUP // len(table.columns)))

    def add(self, batch: pa.RecordBatch) -> None:
        self.total += batch.num_rows
        while self._rows + batch.num_rows >= self._most:
            room = self._most - self._rows
            self._held.append(batch.slice(0, room))
            self._write()
            batch = batch.slice(room)
        if batch.num_rows:
            self._held.append(batch)
            self._rows += batch.num_rows

    def _write(self) -> None:
        import pyarrow as pa

        # In one piece, or the pages of the file would depend on the sizes of the batches.
        self._writer.write_table(pa.Table.from_batches(self._held).combine_chunks(), row_group_size=self._most)
        self._held, self._rows = [], 0

    def close(self) -> None:
        if self._rows:
            self._write()
        self._writer.close()

    def abandon(self) -> None:
        """Let go of the file, which may not be complete."""
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
