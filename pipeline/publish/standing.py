"""How a published dataset stands, report by report, told from its Parquet files alone; and whether its rows rise.

For comparing two versions of it. Files are streamed: what is held is one small record a report, and while values are
compared, the keys and values of one year.
"""

from __future__ import annotations

import filecmp
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.publish.published import NoDataset
from pipeline.publish.schema import FACTS, FLAGS, REPORTS, TABLES, TASKS, Table

if TYPE_CHECKING:
    import pyarrow as pa

_SHOWN = 10  # faults that are listed
_ABOUT = (
    "report_id",
    "source_path",
    "format",
    "document_type",
    "disposition",
    "reason",
    "jurisdiction_code",
    "year",
    "publisher",
    "n_facts",
    "quality_arithmetic",
)


@dataclass(frozen=True, slots=True)
class Standing:
    """One published report: what it says of itself, and how much of it was read.

    `reported` and `verified` count its facts, `tasks` its rows of a work plan; `errors` are its flags' kinds of the
    severity error; `arithmetic` is the share of its sums that hold, None for one set aside.
    """

    report_id: str
    source_path: str
    format: str | None
    document_type: str
    disposition: str
    reason: str | None
    jurisdiction_code: str | None
    year: int | None
    publisher: str | None
    facts: int
    arithmetic: float | None
    reported: int = 0
    verified: int = 0
    tasks: int = 0
    errors: frozenset[str] = frozenset()

    @property
    def has_data(self) -> bool:
        return bool(self.facts or self.tasks)

    @property
    def subject(self) -> tuple[str, ...]:
        """Whose report of which year it is; one that says neither stands for itself."""
        if self.publisher is None or self.year is None:
            return (self.report_id,)
        return (self.document_type, self.jurisdiction_code or "", self.publisher, str(self.year))

    @property
    def name(self) -> str:
        """What people call it."""
        if self.publisher is None and self.year is None:
            return self.source_path
        year = "of a year not recognised" if self.year is None else str(self.year)
        return f"{self.publisher or self.source_path} {year}"


def standing(folder: Path) -> dict[str, Standing]:
    """Every report of the dataset in `folder` by its report_id. Raises NoDataset, ValueError or OSError."""
    reported, verified, tasks = Counter[str](), Counter[str](), Counter[str]()
    errors: dict[str, set[str]] = {}
    for batch in _batches(folder, FACTS, ("report_id", "status", "verified")):
        _count(reported, batch, "status", "reported")
        _count(verified, batch, "verified", True)
    for batch in _batches(folder, TASKS, ("report_id",)):
        _count(tasks, batch)
    for batch in _batches(folder, FLAGS, ("report_id", "severity", "kind")):
        for row in batch.filter(_equal(batch, "severity", "error")).to_pylist():
            errors.setdefault(row["report_id"], set()).add(row["kind"])
    found = {}
    for batch in _batches(folder, REPORTS, _ABOUT):
        for row in batch.to_pylist():
            i = row["report_id"]
            about: list[Any] = [row[name] for name in _ABOUT]
            found[i] = replace(
                Standing(*about),
                reported=reported[i],
                verified=verified[i],
                tasks=tasks[i],
                errors=frozenset(errors.get(i, ())),
            )
    return found


def altered(old: Path, new: Path) -> dict[str, int]:
    """How many numbers of each report, by its report_id, are read in both versions and are not the same number.

    A year whose file is the same in both is not looked at, nor is a report whose year changed.
    """
    import pyarrow.compute as pc

    found: dict[str, int] = {}
    parts = {part.relative_to(new): part for part in _parts(new, FACTS)}
    for before in _parts(old, FACTS):
        after = parts.get(before.relative_to(old))
        if after is None or before.samefile(after) or filecmp.cmp(before, after, shallow=False):
            continue
        both = _numbers(before).join(_numbers(after), list(FACTS.key), join_type="inner", right_suffix="_now")
        differ = both.filter(pc.not_equal(both["value"], both["value_now"]))
        for entry in pc.value_counts(differ["report_id"]).to_pylist():
            found[entry["values"]] = entry["counts"]
    return dict(sorted(found.items()))


def _numbers(part: Path) -> pa.Table:
    """The facts of a file that have a number, with their keys."""
    import pyarrow as pa

    batches = [
        batch.filter(_equal(batch, "status", "reported")) for batch in _read(part, (*FACTS.key, "value", "status"))
    ]
    return pa.Table.from_batches(batches).drop_columns(["status"])


def strays(folder: Path) -> list[str]:
    """What is wrong with the rows of the dataset in `folder`: keys that are not unique or not in order, a report parted
    between two years, rows of a report that is not there, another number of facts or flags than the report says.

    Raises NoDataset, ValueError or OSError.
    """
    found: list[str] = []
    counts: dict[str, Counter[str]] = {}
    for table in TABLES:
        counts[table.name] = Counter()
        for part in _parts(folder, table):
            found.extend(_disorder(part, table))
            if "report_id" in table.names:
                here = Counter[str]()
                for batch in _read(part, ("report_id",)):
                    _count(here, batch)
                if twice := sorted(here.keys() & counts[table.name].keys()):
                    found.append(f"the rows of report {twice[0]} in {table.name} lie in two years' files")
                counts[table.name].update(here)
    known = counts[REPORTS.name]
    for table in TABLES:
        if table.reports and (unknown := sorted(counts[table.name].keys() - known.keys())):
            found.append(f"{table.name} has rows of {len(unknown)} reports that are not in reports, {unknown[0]} first")
    for batch in _batches(folder, REPORTS, ("report_id", "n_facts", "n_flags")):
        for row in batch.to_pylist():
            for table in (FACTS, FLAGS):
                said, there = row[f"n_{table.name}"], counts[table.name][row["report_id"]]
                if said != there:
                    found.append(f"report {row['report_id']} has {there} rows in {table.name}, reports says {said}")
    return found[:_SHOWN] + ([f"and {len(found) - _SHOWN} faults more of this kind"] if len(found) > _SHOWN else [])


def _disorder(part: Path, table: Table) -> Iterator[str]:
    """The first two neighbours of a file whose rows do not rise by the table's order, in which null comes first."""
    import pyarrow as pa

    before: pa.RecordBatch | None = None
    for batch in _read(part, table.order):
        rows = pa.Table.from_batches([batch] if before is None else [before, batch]).combine_chunks()
        first, second = rows.slice(0, rows.num_rows - 1), rows.slice(1)
        columns = ([_filled(part[name]) for name in table.order] for part in (first, second))
        at = _first_fall(*columns)
        if at is not None:
            keys = rows.select(list(table.key))
            low, high = (" ".join(str(v) for v in keys.slice(i, 1).to_pylist()[0].values()) for i in (at, at + 1))
            where = f"{part.parent.name}/{part.name}" if table.partition else part.name
            wrong = f"the key {low} stands more than once" if low == high else f"the key {high} stands after {low}"
            yield f"{where}: {wrong}"
            return
        before = batch.slice(batch.num_rows - 1)


def _filled(column: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.fill_null(column, "") if pa.types.is_string(column.type) else column


def _first_fall(first: Sequence[Any], second: Sequence[Any]) -> int | None:
    """The first place where the columns `first`, read as one key, are not below those of `second`."""
    import pyarrow.compute as pc

    below, same = pc.less(first[0], second[0]), pc.equal(first[0], second[0])
    for a, b in zip(first[1:], second[1:], strict=True):
        below = pc.or_(below, pc.and_(same, pc.less(a, b)))
        same = pc.and_(same, pc.equal(a, b))
    at = pc.index(pc.fill_null(below, False), False).as_py()
    return None if at < 0 else int(at)


def _count(counter: Counter[str], batch: pa.RecordBatch, column: str | None = None, value: Any = None) -> None:
    """Count the rows of each report, those alone whose `column` has `value` if one is given."""
    import pyarrow.compute as pc

    rows = batch if column is None else batch.filter(_equal(batch, column, value))
    for entry in pc.value_counts(rows["report_id"]).to_pylist():
        counter[entry["values"]] += entry["counts"]


def _equal(batch: pa.RecordBatch, column: str, value: Any) -> Any:
    import pyarrow.compute as pc

    return pc.fill_null(pc.equal(batch[column], value), False)


def _batches(folder: Path, table: Table, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    for part in _parts(folder, table):
        yield from _read(part, columns)


def _read(part: Path, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(part) as file:
        lacking = [name for name in columns if name not in file.schema_arrow.names]
        if lacking:
            raise NoDataset(f"{part} lacks the column{'s' if len(lacking) > 1 else ''} {', '.join(lacking)}")
        for batch in file.iter_batches(columns=list(columns)):
            yield batch.select(list(columns))


def _parts(folder: Path, table: Table) -> list[Path]:
    """The Parquet files of a table, in order."""
    if table.partition:
        if not (folder / table.name).is_dir():
            raise NoDataset(f"{folder} lacks the folder {table.name}")
        return sorted((folder / table.name).glob(f"{table.partition}=*/*.parquet"))
    path = folder / f"{table.name}.parquet"
    if not path.is_file():
        raise NoDataset(f"{folder} lacks {path.name}")
    return [path]
