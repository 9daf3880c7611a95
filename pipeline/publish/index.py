"""What a published version was made of, report by report: what the next one takes over from it, and what it must make
anew. One Parquet file in OUT's hidden folder for each version that may be followed; nothing depends on it.

A row is one report. Beside what its maker wants to know again (`NOTES`) it says which partition its facts lie in, the
digest of its rows that stand in no CSV file, and how much of each table it has (`chunk.Chunk`).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.publish import Standing
from pipeline.publish.arrow_array import array
from pipeline.publish.chunk import REPORTED, Chunk
from pipeline.publish.schema import FACTS
from pipeline.publish.switch import Out
from pipeline.publish.taken_over import Before

if TYPE_CHECKING:
    import pyarrow as pa

NOTES = ("inputs", "entry", "tally", "ties", "card")
"""Text that the maker of a version keeps for each report; its own affair."""

_PREFIX, _SUFFIX = "index-", ".parquet"
_EXTENT = "extent_"
_GROUP = 4_096  # rows


@dataclass(frozen=True, slots=True)
class Index:
    """The reports of a version in the order of their ids."""

    table: pa.Table

    def report_ids(self) -> frozenset[str]:
        return frozenset(self.table["report_id"].to_pylist())

    def notes(self, *names: str) -> dict[str, tuple[Any, ...]]:
        """Of each report, by its id, the notes with these names."""
        columns = [self.table[name].to_pylist() for name in names]
        return dict(zip(self.table["report_id"].to_pylist(), zip(*columns, strict=True), strict=True))

    def note_of(self, name: str, ids: Collection[str]) -> dict[str, Any]:
        """One note of some reports, by their ids."""
        import pyarrow as pa
        import pyarrow.compute as pc

        chosen = self.table.select(["report_id", name])
        chosen = chosen.filter(pc.is_in(chosen["report_id"], array(sorted(ids), pa.string())))
        return dict(zip(chosen["report_id"].to_pylist(), chosen[name].to_pylist(), strict=True))

    def standing(self, place: Out, gone: frozenset[str]) -> Standing:
        """What is taken over of the version published at `place`, which this is the index of, without `gone`."""
        assert place.version is not None
        ids = self.table["report_id"].to_pylist()
        extents = {table.name: self.table[f"{_EXTENT}{table.name}"].to_pylist() for table in REPORTED}
        sha256 = {name: facts.sha256 for name, facts in place.version.files.items()}
        before = Before(place.folder, ids, extents, self.table["partition"].to_pylist(), gone, sha256)
        contents = {i: text for i, (text,) in self.notes("content").items() if i not in gone}
        return Standing(before, place.version.files, contents)


class Growing:
    """The index of a version that is being made: what is kept of the one before, and the chunks as they pass."""

    def __init__(self, kept: Index | None, gone: Collection[str]) -> None:
        self._kept, self._gone = kept, gone
        self._batches: list[pa.RecordBatch] = []

    def add(self, chunk: Chunk, notes: Sequence[Mapping[str, str | None]]) -> None:
        """A chunk, and the notes on each of its reports."""
        import pyarrow as pa

        columns: dict[str, Sequence[Any]] = {
            "report_id": chunk.ids,
            "content": chunk.contents,
            "partition": [block and block.partition for block in chunk.blocks[FACTS.name]],
            **{name: [each[name] for each in notes] for name in NOTES},
            **{f"{_EXTENT}{table.name}": chunk.extents[table.name] for table in REPORTED},
        }
        schema = _schema()
        arrays = [array(columns[field.name], field.type) for field in schema]
        self._batches.append(pa.RecordBatch.from_arrays(arrays, schema=schema))

    def complete(self) -> Index:
        import pyarrow as pa

        new = pa.Table.from_batches(self._batches, _schema())
        old = [self._kept.table] if self._kept is not None else []
        kept = sum(table.num_rows for table in old)
        both = pa.concat_tables([*old, new])
        ids = both["report_id"].to_pylist()
        stays = (row for row in range(len(ids)) if row >= kept or ids[row] not in self._gone)
        order = sorted(stays, key=ids.__getitem__)
        # Rows are taken once, from where they lie: each copy of a country's index is some gigabytes.
        return Index(both.take(array(order, pa.int64())))


def keep(index: Index, place: Out, version_id: str, maker: str) -> None:
    """Write the index of a version down. `maker` is the code it was made by: another one's does not serve."""
    import pyarrow.parquet as pq

    table = index.table.replace_schema_metadata({"version": version_id, "maker": maker, **_libraries()})
    path = place.hidden / f"{_PREFIX}{version_id}{_SUFFIX}"
    pq.write_table(table, path, compression="zstd", row_group_size=_GROUP, write_page_checksum=True)


def kept(place: Out, maker: str) -> Index | None:
    """The index of the version that is published at `place`; None where there is none to rely on."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if place.version is None:
        return None
    path = place.hidden / f"{_PREFIX}{place.version.id}{_SUFFIX}"
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:  # read_table would load pandas
            table = file.read()
    except (OSError, pa.ArrowException, ValueError):
        return None
    wanted = {"version": place.version.id, "maker": maker, **_libraries()}
    said = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    if not wanted.items() <= said.items() or table.schema.remove_metadata() != _schema():
        return None
    return Index(table)


def forget_others(place: Out, ids: Iterable[str]) -> None:
    """Remove the indices of all versions but these."""
    names = {f"{_PREFIX}{i}{_SUFFIX}" for i in ids}
    for name in _indices(place.hidden):
        if name not in names:
            with contextlib.suppress(FileNotFoundError):
                (place.hidden / name).unlink()


def _indices(folder: Path) -> Iterator[str]:
    return (name for name in os.listdir(folder) if name.startswith(_PREFIX) and name.endswith(_SUFFIX))


def _libraries() -> dict[str, str]:
    import pyarrow as pa

    return {"pyarrow": pa.__version__}


def _names() -> tuple[str, ...]:
    return ("report_id", "content", "partition", *NOTES, *(f"{_EXTENT}{table.name}" for table in REPORTED))


def _schema() -> pa.Schema:
    import pyarrow as pa

    numbers = {"partition", *(f"{_EXTENT}{table.name}" for table in REPORTED)}
    return pa.schema([(name, pa.int64() if name in numbers else pa.string()) for name in _names()])
