"""What a published table and its columns are, and the reader of `tables.csv` and `columns.csv` that declare them.

Those two files lie here and not in vocabulary/: they say how things are published, and a word changed in them must not
have 100,000 reports read again.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `type` is string, integer, number, boolean or date; what it means is told in English and Chinese.

    `unit` is the unit of all its numbers, or where to look for it (`see unit`). `enum` are the values there are;
    `minimum` and `maximum` bound a number.
    """

    name: str
    type: str
    title_zh: str
    meaning: str
    meaning_zh: str
    required: bool = False
    enum: tuple[str, ...] = ()
    pattern: str | None = None
    unit: str | None = None
    minimum: int | None = None
    maximum: int | None = None

    @property
    def title(self) -> str:
        """The name for people: `jurisdiction code`; of a cell of a wide table `received: total`."""
        return self.name.replace("__", ": ").replace("_", " ")


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key: the values of `fields` are found in the fields `to` of `table`, or the first of them is null."""

    fields: tuple[str, ...]
    table: str
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A published table. `key` is unique; rows are sorted by it, in Parquet by `order`. `partition` is the column that
    Parquet files are parted by, if any; `csv` says whether a CSV file is published beside the Parquet."""

    name: str
    title: str
    title_zh: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    csv: bool = True
    partition: str | None = None
    order: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def reports(self) -> bool:
        """Whether report_id refers to the table of reports."""
        return any(reference.fields == ("report_id",) for reference in self.references)

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


def declared(name: str) -> Table:
    """The table of this name as tables.csv and columns.csv declare it. KeyError for one that they do not."""
    line = _lines("tables.csv")[name,]
    key = tuple(line["key"].split())
    return Table(
        name,
        line["title"],
        line["title_zh"],
        key,
        tuple(column(name, each) for each in line["columns"].split()),
        csv=bool(line["csv"]),
        partition=line["partition"] or None,
        order=tuple(line["order"].split()) or key,
        references=tuple(_reference(text) for text in line["references"].split(";") if text),
    )


def column(table: str, name: str) -> Column:
    """A declared column: the table's own, or the one that all tables share. KeyError where there is neither."""
    lines = _lines("columns.csv")
    line = lines.get((table, name)) or lines["*", name]
    low, _, high = line["bounds"].partition(":")
    return Column(
        name,
        line["type"],
        line["title_zh"],
        line["meaning"],
        line["meaning_zh"],
        required=bool(line["required"]),
        enum=tuple(line["enum"].split()),
        pattern=line["pattern"] or None,
        unit=line["unit"] or None,
        minimum=int(low) if low else None,
        maximum=int(high) if high else None,
    )


def read(name: str) -> list[dict[str, str]]:
    """The rows of a file of this folder, as printed."""
    with (_FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def _lines(name: str) -> dict[tuple[str, ...], dict[str, str]]:
    key = ("table", "column") if name == "columns.csv" else ("table",)
    return {tuple(line[part] for part in key): line for line in read(name)}


def _reference(text: str) -> Reference:
    """`report_id > reports`, or `superseded_by > reports report_id` where the names differ."""
    fields, _, target = text.partition(">")
    table, *to = target.split()
    names = tuple(fields.split())
    return Reference(names, table, tuple(to) or names)
