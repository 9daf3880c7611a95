"""The files of the published tables, written in the order of report_id: new reports, and between them the rows that
stand in the version before.

Of that version's file everything is taken over but the rows of the reports that are `gone` from it: those that are new,
made otherwise, or no longer there. Its bytes are copied (CSV), its rows are not made again (Parquet), and a file of
which nothing changes is linked. What is written is the same, byte for byte, as if all of it were made anew.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

from pipeline.publish.arrow_array import array
from pipeline.publish.chunk import Chunk, order_of
from pipeline.publish.csv_file import CsvLines
from pipeline.publish.parquet_file import Frame, RowGroups
from pipeline.publish.schema import PART, Table

if TYPE_CHECKING:
    import pyarrow as pa

_COPIED = 1 << 22  # bytes at once


@dataclass(frozen=True, slots=True)
class Before:
    """The version that stands: its `folder`, the `ids` of its reports in order, and by a table's name how much of it
    each report has (as `Chunk.extents`), and the partition of its facts. `gone` are the reports whose rows are not
    taken over. `sha256` is that of each file: one of other bytes is not taken over, and raises ValueError."""

    folder: Path
    ids: Sequence[str]
    extents: dict[str, Sequence[int]]
    years: Sequence[Any]
    gone: frozenset[str]
    sha256: Mapping[str, str]

    def touches(self, table: Table) -> bool:
        """Whether any row of a table goes."""
        return any(n and i in self.gone for i, n in zip(self.ids, self.extents[table.name], strict=True))

    def years_touched(self) -> frozenset[Any]:
        """The partitions that rows go from."""
        return frozenset(y for i, y in zip(self.ids, self.years, strict=True) if y is not None and i in self.gone)


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
        self._old = _CsvBefore(table, before, len(self._header)) if before else None
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


class _CsvBefore:
    """The lines of a standing CSV file, but for those of the reports that are gone."""

    def __init__(self, table: Table, before: Before, header: int) -> None:
        self.path = before.folder / f"{table.name}.csv"
        lengths = before.extents[table.name]
        self._ids = before.ids
        self._ends = list(accumulate(lengths, initial=header))  # where each report begins; the end of the last
        self._gone = [
            i for i, (name, n) in enumerate(zip(before.ids, lengths, strict=True)) if n and name in before.gone
        ]
        self.is_touched = bool(self._gone)
        self._at, self._skipped = 0, 0
        self._digest, self._sha256 = hashlib.sha256(), before.sha256[self.path.name]
        self._hashed = 0
        self._file: IO[bytes] | None = None
        found = self.path.stat().st_size
        if found != self._ends[-1]:
            raise ValueError(f"{self.path} has {found} bytes, not the {self._ends[-1]} of its reports")

    def before(self, until: str | None) -> Iterator[bytes]:
        """What stands before the report `until`, all that is left without one."""
        end = len(self._ids) if until is None else bisect_left(self._ids, until, lo=self._at)
        while self._at < end:
            gone = self._gone[self._skipped] if self._skipped < len(self._gone) else end
            stop = min(gone, end)
            yield from self._bytes(self._ends[stop])
            self._at = stop
            if stop == gone < end:
                self._at, self._skipped = gone + 1, self._skipped + 1
                for _ in self._bytes(self._ends[self._at]):  # hashed too
                    pass
        if until is None and self._digest.hexdigest() != self._sha256:
            raise ValueError(f"{self.path} holds other bytes than were published")

    def _bytes(self, end: int) -> Iterator[bytes]:
        """The bytes from where it was left to `end`; the header is hashed and left out."""
        if self._file is None:
            self._file = self.path.open("rb", buffering=0)
            self._digest.update(self._file.read(self._ends[0]))
            self._hashed = self._ends[0]
        while self._hashed < end:
            piece = self._file.read(min(_COPIED, end - self._hashed))
            if not piece:
                raise ValueError(f"{self.path} ends within its rows")
            self._hashed += len(piece)
            self._digest.update(piece)
            yield piece

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


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
        self._old = _RowsBefore(old, frame, self._order, before) if old and before else None

    @property
    def rows(self) -> int:
        return self._groups.total

    def add(self, batch: pa.RecordBatch) -> None:
        if self._old is None:
            self._groups.add(batch)
            return
        runs = _runs(batch, self._order)
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


class _RowsBefore:
    """The rows of a standing Parquet file, but for those of the reports that are gone."""

    def __init__(self, path: Path, frame: Frame, order: tuple[str, ...], before: Before) -> None:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != before.sha256[path.relative_to(before.folder).as_posix()]:
            raise ValueError(f"{path} holds other bytes than were published")
        self._batches = self._read(path, frame)
        self._order, self._gone = order, before.gone
        self._batch: pa.RecordBatch | None = None
        self._runs: list[tuple[tuple[str, ...], int]] = []
        self._at = 0

    @staticmethod
    def _read(path: Path, frame: Frame) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches():
                yield pa.RecordBatch.from_arrays(batch.columns, schema=frame.schema)

    def before(self, key: tuple[str, ...] | None) -> Iterator[pa.RecordBatch]:
        """The rows of the reports that stand before `key`, of all that are left without one."""
        while self._next():
            assert self._batch is not None
            runs = self._runs
            end = len(runs) if key is None else bisect_left(runs, (key, -1), lo=self._at)
            start = self._at
            for i in range(start, end):
                if runs[i][0][-1] in self._gone:
                    yield from self._slice(start, i)
                    start = i + 1
            yield from self._slice(start, end)
            self._at = end
            if end < len(runs):
                return

    def _next(self) -> bool:
        """Whether there are rows left; the next batch is taken up when one is used up."""
        while self._batch is None or self._at == len(self._runs):
            self._batch = next(self._batches, None)
            if self._batch is None:
                return False
            self._runs, self._at = _runs(self._batch, self._order), 0
        return True

    def _slice(self, start: int, end: int) -> Iterator[pa.RecordBatch]:
        if start < end and self._batch is not None:
            first = self._runs[start][1]
            last = self._runs[end][1] if end < len(self._runs) else self._batch.num_rows
            yield self._batch.slice(first, last - first)


def _runs(batch: pa.RecordBatch, order: tuple[str, ...]) -> list[tuple[tuple[str, ...], int]]:
    """Where each report of a batch begins: what its rows are ordered by, which ends in its id, and the first row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not batch.num_rows:
        return []
    ends = pc.run_end_encode(batch["report_id"]).run_ends.to_pylist()
    starts = [0, *ends[:-1]]
    taken = [batch[name].take(array(starts, pa.int64())).to_pylist() for name in order]
    return [(tuple(part or "" for part in key), start) for *key, start in zip(*taken, starts, strict=True)]


def link(source: Path, target: Path) -> None:
    """The same file under a second name; a copy where the file system knows no such thing."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
