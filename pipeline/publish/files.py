"""The files of the published tables, written in the order of report_id: new reports, and between them the rows that
stand in the version before (`taken_over`). What is written is the same, byte for byte, as if all were made anew.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

from pipeline.publish.chunk import Chunk, order_of
from pipeline.publish.csv_file import CsvLines
from pipeline.publish.parquet_file import Frame, RowGroups
from pipeline.publish.schema import PART, Table
from pipeline.publish.taken_over import Before, CsvBefore, RowsBefore, link, runs_of

if TYPE_CHECKING:
    import pyarrow as pa

Known = dict[Path, str | None]
"""What is known of files without looking at them: the sha256 of one that was written, None for one taken over whole."""


class FileOfTable(Protocol):
    """What is written of a table: it takes chunks in order, and is closed; `abandon` lets go of it at any time."""

    def add(self, chunk: Chunk) -> None: ...

    def close(self) -> Known: ...

    def abandon(self) -> None: ...


def files_of(table: Table, folder: Path, before: Before | None) -> Iterator[FileOfTable]:
    """The files of a table, begun in `folder`."""
    if table.csv:
        yield CsvOfTable(table, folder, before)
    yield ParquetOfParts(table, folder, before) if table.partition else ParquetOfTable(table, folder, before)


class CsvOfTable:
    """The CSV file of a table."""

    def __init__(self, table: Table, folder: Path, before: Before | None) -> None:
        self.path = folder / f"{table.name}.csv"
        self._name = table.name
        self._header = CsvLines(table).header.encode()
        self._old = CsvBefore(table, before, len(self._header)) if before else None
        self._file: IO[bytes] | None = None
        self._digest = hashlib.sha256()
        if self._old is None or self._old.is_touched:
            self._open()

    def add(self, chunk: Chunk) -> None:
        data, lengths = chunk.lines[self._name], chunk.extents[self._name]
        if self._old is None:
            self._write(data)
            return
        start = 0
        for report_id, length in zip(chunk.ids, lengths, strict=True):
            if length:
                self._copy(report_id)
                self._write(data[start : start + length])
                start += length

    def close(self) -> Known:
        if self._file is None:
            assert self._old is not None
            link(self._old.path, self.path)
            return {self.path: None}
        self._copy(None)
        self._file.close()
        return {self.path: self._digest.hexdigest()}

    def abandon(self) -> None:
        if self._file is not None:
            self._file.close()
        if self._old is not None:
            self._old.close()

    def _open(self) -> None:
        self._file = self.path.open("wb")
        self._write(self._header)

    def _write(self, data: bytes) -> None:
        if self._file is None:
            self._open()
        assert self._file is not None
        self._digest.update(data)
        self._file.write(data)

    def _copy(self, until: str | None) -> None:
        """Take over what stands before a report."""
        for piece in self._old.before(until) if self._old else ():
            self._write(piece)


class ParquetOfTable:
    """The one Parquet file of a table."""

    def __init__(self, table: Table, folder: Path, before: Before | None) -> None:
        self.path = folder / f"{table.name}.parquet"
        self._table, self._frame = table, Frame(table)
        self._old_path = before.folder / self.path.name if before else None
        self._before = before
        self._merge: _Merge | None = None
        if before is None or before.touches(table):
            self._open()

    def add(self, chunk: Chunk) -> None:
        import pyarrow as pa

        data = chunk.batches.get(self._table.name)
        if data is None:
            return
        if self._merge is None:
            self._open()
        assert self._merge is not None
        self._merge.add(pa.ipc.read_record_batch(data, self._frame.schema))

    def close(self) -> Known:
        if self._merge is not None:
            self._merge.close()
            return {}
        assert self._old_path is not None
        link(self._old_path, self.path)
        return {self.path: None}

    def abandon(self) -> None:
        if self._merge is not None:
            self._merge.abandon()

    def _open(self) -> None:
        self._merge = _Merge(self._table, self._frame, self.path, self._before, self._old_path)


class ParquetOfParts:
    """The partitions of a table: a folder for each value of its column `partition`, with one file in it.

    Reports come by their id, and stand otherwise in the files: each is spooled to a temporary file, and they are
    written partition by partition at the end, so that what is held is one row group, however many there are.
    """

    def __init__(self, table: Table, folder: Path, before: Before | None) -> None:
        import tempfile

        self._table, self._folder, self._before = table, folder / table.name, before
        self._frame = Frame(table)
        self._spool: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self._spooled: dict[Any, list[_Spooled]] = {}
        self._end = 0
        self._folder.mkdir()

    def add(self, chunk: Chunk) -> None:
        for block in filter(None, chunk.blocks[self._table.name]):
            self._spool.write(block.data)
            spooled = _Spooled(block.order, self._end, len(block.data), block.size)
            self._spooled.setdefault(block.partition, []).append(spooled)
            self._end += len(block.data)

    def close(self) -> Known:
        """Write all partitions."""
        known: Known = {}
        with self._spool:
            touched = frozenset(self._spooled) | (self._before.years_touched() if self._before else frozenset())
            standing = self._standing()
            for value in sorted(touched | standing.keys()):
                name, old = f"{self._table.partition}={value}", standing.get(value)
                if value in touched:
                    self._write(name, sorted(self._spooled.get(value, ()), key=lambda block: block.order), old)
                elif old is not None:
                    (self._folder / name).mkdir()
                    link(old, self._folder / name / PART)
                    known[self._folder / name / PART] = None
        return known

    def abandon(self) -> None:
        self._spool.close()

    def _standing(self) -> dict[Any, Path]:
        """The partitions of the version before."""
        if self._before is None:
            return {}
        folder = self._before.folder / self._table.name
        years = {year for year in self._before.years if year is not None}
        return {year: folder / f"{self._table.partition}={year}" / PART for year in years}

    def _write(self, name: str, blocks: Sequence[_Spooled], old: Path | None) -> None:
        folder = self._folder / name
        folder.mkdir()
        merge = _Merge(self._table, self._frame, folder / PART, self._before, old)
        for block in blocks:
            merge.add(self._read(block))
        merge.close()
        if not merge.rows:  # the last report of its year is gone
            shutil.rmtree(folder)

    def _read(self, block: _Spooled) -> pa.RecordBatch:
        import pyarrow as pa

        self._spool.seek(block.start)
        raw = pa.decompress(self._spool.read(block.length), decompressed_size=block.size, codec="zstd")
        return pa.ipc.read_record_batch(raw, self._frame.schema)


@dataclass(frozen=True, slots=True)
class _Spooled:
    """A report's rows in the spool: where their bytes lie, and how many they are when they are unpacked."""

    order: tuple[str, ...]
    start: int
    length: int
    size: int


class _Merge:
    """A Parquet file made of batches whose reports rise, and of the rows of an old one between them."""

    def __init__(self, table: Table, frame: Frame, path: Path, before: Before | None, old: Path | None) -> None:
        self._groups = RowGroups(table, frame.schema, path)
        self._order = order_of(table)
        self._old = RowsBefore(old, frame, self._order, before) if old and before else None

    @property
    def rows(self) -> int:
        return self._groups.total

    def add(self, batch: pa.RecordBatch) -> None:
        if self._old is None:
            self._groups.add(batch)
            return
        runs = runs_of(batch, self._order)
        for i, (key, start) in enumerate(runs):
            for kept in self._old.before(key):
                self._groups.add(kept)
            end = runs[i + 1][1] if i + 1 < len(runs) else batch.num_rows
            self._groups.add(batch.slice(start, end - start))

    def close(self) -> None:
        for kept in self._old.before(None) if self._old else ():
            self._groups.add(kept)
        self._groups.close()

    def abandon(self) -> None:
        self._groups.abandon()
