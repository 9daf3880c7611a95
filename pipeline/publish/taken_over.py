"""The files of a standing version, as far as the version after takes them over.

Of a file everything is taken over but the rows of the reports that are `gone` from it: those that are new, made
otherwise, or no longer there. Its bytes are copied (CSV), its rows are not made again (Parquet), and a file of which
nothing changes is linked.
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
from typing import IO, TYPE_CHECKING, Any

from pipeline.publish.arrow_array import array
from pipeline.publish.parquet_file import Frame
from pipeline.publish.schema import Table

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


class CsvBefore:
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


class RowsBefore:
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
            self._runs, self._at = runs_of(self._batch, self._order), 0
        return True

    def _slice(self, start: int, end: int) -> Iterator[pa.RecordBatch]:
        if start < end and self._batch is not None:
            first = self._runs[start][1]
            last = self._runs[end][1] if end < len(self._runs) else self._batch.num_rows
            yield self._batch.slice(first, last - first)


def runs_of(batch: pa.RecordBatch, order: tuple[str, ...]) -> list[tuple[tuple[str, ...], int]]:
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
