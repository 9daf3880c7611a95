"""A published dataset read back from its own tables: facts, arithmetic flags and claims, report by report.

Nothing of what the program keeps for itself is looked at: a copy of the published files will do, made on another
machine years ago. CSV is read, where a decimal stands as published; Parquet where the CSV file is gone.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from itertools import groupby
from pathlib import Path

from pipeline import vocabulary
from pipeline.model import Claim, Fact, Flag, Identity, Report
from pipeline.publish import printed
from pipeline.publish.schema import CLAIMS, FACTS, FLAGS, NO_YEAR, REPORTS, STATUSES, Table

Row = dict[str, str]
Key = tuple[str, str, str]  # table_id, row_id, column_id
Place = tuple[str | None, str | None, str | None]


class NoDataset(Exception):
    """The folder holds no dataset that this program published; says what is missing."""


@dataclass(frozen=True, slots=True)
class Published:
    """A report as it is published, of its flags the arithmetic ones. `kinds` is what `facts.flags` says of each cell;
    `faults` are the places whose rows cannot be what was published, each with the reason. `replaced` says that its
    government has put another file in its place."""

    report: Report
    kinds: Mapping[Key, frozenset[str]]
    faults: tuple[tuple[Place, str], ...] = ()
    replaced: bool = False


def published(folder: Path) -> Iterator[Published]:
    """Every report of the dataset in `folder` that has facts, in their order, then those for which other rows speak of
    some. Facts are streamed.

    Raises NoDataset, and OSError, ValueError or csv.Error for files that are damaged.
    """
    reports = {row["report_id"]: row for row in _rows(folder, REPORTS)}
    flags = _by_report(folder)
    claims: dict[str, list[Claim]] = {}
    for row in _rows(folder, CLAIMS):
        claims.setdefault(row["report_id"], []).append(_claim(row))
    unknown = dict.fromkeys(REPORTS.names, "")
    for report_id, rows in groupby(_rows(folder, FACTS), key=lambda row: row["report_id"]):
        about = reports.pop(report_id, unknown | {"report_id": report_id})
        yield _report(about, list(rows), flags.pop(report_id, []), claims.pop(report_id, []))
    left = {report_id for report_id, about in reports.items() if about["n_facts"] != "0"}
    for report_id in sorted(left | flags.keys() | claims.keys()):
        about = reports.get(report_id, unknown | {"report_id": report_id})
        yield _report(about, [], flags.get(report_id, []), claims.get(report_id, []))


def arithmetic_kinds() -> frozenset[str]:
    """The kinds of flag that numbers raise against each other."""
    return frozenset(kind.kind for kind in vocabulary.flag_kinds().values() if kind.group == "arithmetic")


def _by_report(folder: Path) -> dict[str, list[Flag]]:
    wanted = arithmetic_kinds()
    found: dict[str, list[Flag]] = {}
    for row in _rows(folder, FLAGS):
        if row["kind"] in wanted:
            place = (row["table_id"] or None, row["row_id"] or None, row["column_id"] or None)
            flag = Flag(row["kind"], row["severity"], row["message"], *place)
            flag = replace(flag, observed=row["observed"] or None, expected=row["expected"] or None)
            found.setdefault(row["report_id"], []).append(flag)
    return found


def _report(about: Row, rows: list[Row], flags: list[Flag], claims: list[Claim]) -> Published:
    facts: dict[Key, Fact] = {}
    kinds: dict[Key, frozenset[str]] = {}
    faults: list[tuple[Place, str]] = []
    if about["n_facts"] != str(len(rows)):
        said = about["n_facts"] or "no number of"
        faults.append(((None, None, None), f"reports says {said} facts, there are {len(rows)}"))
    for row in rows:
        key = (row["table_id"], row["row_id"], row["column_id"])
        if key in facts:
            faults.append((key, "the cell stands more than once"))
            continue
        fact, fault = _fact(row)
        facts[key] = fact
        kinds[key] = frozenset(filter(None, row["flags"].split(";")))
        if fault:
            faults.append((key, fault))
    year = about["year"]
    identity = Identity(
        about["document_type"],
        jurisdiction_code=about["jurisdiction_code"] or None,
        jurisdiction_name=about["jurisdiction_name"] or None,
        year=int(year) if year.isdecimal() and int(year) != NO_YEAR else None,
        publisher=about["publisher"] or None,
        publisher_kind=about["publisher_kind"] or None,
        published_date=about["published_date"] or None,
    )
    report = Report(
        about["report_id"],
        about["sha256"],
        about["format"] or None,
        None,
        identity,
        about["disposition"],
        None,
        about["template"] or None,
        tuple(facts.values()),
        tuple(flags),
        claims=tuple(claims),
    )
    return Published(report, kinds, tuple(faults), about.get("replaced") == "true")


def _fact(row: Row) -> tuple[Fact, str | None]:
    """The fact of a row; what is wrong with the row makes it unreadable."""
    where = (row["template"], row["table_id"], row["row_id"], row["column_id"])
    try:
        value, reconciled, corrected = map(_number, (row["value"], row["value_reconciled"], row["corrected"]))
        known = vocabulary.form(row["template"], row["table_id"]).rows
        fault = None
        if row["column_id"] not in known.get(row["row_id"], ()):
            fault = "no official form has this cell"
        elif row["status"] not in STATUSES:
            fault = f"there is no status {row['status'] or 'null'}"
        elif (value is not None) != (row["status"] == "reported"):
            fault = f"the status is {row['status']}, the value {row['value'] or 'null'}"
    except InvalidOperation:
        value = reconciled = corrected = None
        fault = f"one of {row['value']}, {row['value_reconciled']} and {row['corrected']} is no number"
    except KeyError:
        value = reconciled = corrected = None
        fault = f"the form {row['template']} of {row['table_id']} is unknown"
    status = "unreadable" if fault else row["status"]
    verified = row["verified"].lower() == "true"
    number = None if fault else value
    fact = Fact(*where, row["unit"], status, number, row["value_raw"], reconciled, verified, corrected=corrected)
    return fact, fault


def _claim(row: Row) -> Claim:
    try:
        value = Decimal(row["value"])
    except InvalidOperation:
        raise ValueError(f"a claim of {row['report_id']} has the value {row['value']!r}") from None
    return Claim(
        None,
        None,
        row["sentence"],
        row["quantity"],
        value,
        row["unit"],
        row["table_id"] or None,
        row["row_id"] or None,
        row["column_id"] or None,
        row["verdict"],
        row["convention"] or None,
    )


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _rows(folder: Path, table: Table) -> Iterator[Row]:
    """The rows of a published table, its values as CSV prints them."""
    path = folder / f"{table.name}.csv"
    if not path.is_file():
        yield from _parquet_rows(folder, table)
        return
    csv.field_size_limit(sys.maxsize)  # a hostile cell may hold a megabyte
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file)
        names = next(lines, [])
        _require(table, names, path)
        for line in lines:
            yield dict(zip(names, line + [""] * (len(names) - len(line)), strict=False))


def _parquet_rows(folder: Path, table: Table) -> Iterator[Row]:
    import pyarrow.parquet as pq

    parts = sorted((folder / table.name).glob("*=*/*.parquet")) if table.partition else []
    whole = folder / f"{table.name}.parquet"
    if not table.partition and whole.is_file():
        parts = [whole]
    if not parts and not (table.partition and (folder / table.name).is_dir()):
        raise NoDataset(f"{folder} holds neither {table.name}.csv nor {table.name} as Parquet")
    for part in parts:
        partition = {table.partition: part.parent.name.partition("=")[2]} if table.partition else {}
        with pq.ParquetFile(part) as file:
            _require(table, [*file.schema_arrow.names, *partition], part)
            for batch in file.iter_batches():
                for row in batch.to_pylist():
                    yield {name: _text(value) for name, value in row.items()} | partition


def _require(table: Table, names: list[str], path: Path) -> None:
    missing = [name for name in table.names if name not in names]
    if missing:
        raise NoDataset(f"{path} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}")


def _text(value: object) -> str:
    if isinstance(value, float):
        return printed(Decimal(repr(value)))
    return printed(value) if isinstance(value, bool) or value is None else str(value)
