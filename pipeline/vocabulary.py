"""The vocabulary of the reports as data: the only reader of the CSV files in `vocabulary/`.

Everything here is loaded once, at first use, and is immutable. Keys are those of the published dataset:
`template` (2019, 2021), `table_id`, `row_id`, `column_id`. Sources: 国办公开办函〔2019〕60号 (template 2019) and
国办公开办函〔2021〕30号 (template 2021).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("vocabulary")
TEMPLATES = ("2019", "2021")
TABLES = ("proactive", "requests", "review_litigation")


@dataclass(frozen=True, slots=True)
class Label:
    """A canonical label of one template: of a row, a column, or a group of rows."""

    template: str
    table_id: str
    axis: str  # row | column | group
    key: str
    text: str
    aliases: tuple[str, ...]
    parent: str | None  # the group that a row or group stands in
    unit: str | None
    gloss: str


@dataclass(frozen=True, slots=True)
class Form:
    """One statutory table of one template: its rows in print order, each with its columns in print order."""

    template: str
    table_id: str
    rows: dict[str, tuple[str, ...]]
    labels: tuple[Label, ...]

    def label(self, axis: str, key: str) -> Label:
        return next(label for label in self.labels if label.axis == axis and label.key == key)

    def cells(self) -> Iterator[tuple[str, str]]:
        """Every (row_id, column_id) of the table, in print order."""
        for row_id, columns in self.rows.items():
            for column_id in columns:
                yield row_id, column_id

    def unit(self, column_id: str) -> str:
        """The published unit of a column: `count` or `CNY_10k`."""
        unit = self.label("column", column_id).unit
        assert unit is not None, column_id
        return unit


Key = tuple[str, str]  # (row_id, column_id)


@dataclass(frozen=True, slots=True)
class Equation:
    """One identity over one row or column: the sum of the left cells equals the sum of the right ones."""

    kind: str  # row_sum | column_sum | balance | review_sum
    along: str  # the row_id or column_id that it runs along
    left: tuple[Key, ...]
    right: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class FlagKind:
    kind: str
    group: str
    severity: str
    gloss_zh: str
    gloss: str


def read(name: str) -> list[dict[str, str]]:
    """The rows of `vocabulary/<name>`, as printed. Raises FileNotFoundError for a file that does not ship, ValueError
    for a row that has not as many cells as the header."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows)
        return [dict(zip(header, row, strict=True)) for row in rows if row]


@cache
def form(template: str, table_id: str) -> Form:
    """The form of a statutory table; KeyError for a template or table that the vocabulary does not know."""
    rows: dict[str, tuple[str, ...]] = {}
    for line in read("forms.csv"):
        if line["template"] == template and line["table_id"] == table_id:
            for row_id in line["rows"].split():
                rows[row_id] = tuple(line["columns"].split())
    if not rows:
        raise KeyError((template, table_id))
    columns = {column for row in rows.values() for column in row}
    aliases: dict[tuple[str, str], list[str]] = {}
    for line in read("aliases.csv"):
        if line["table_id"] == table_id and line["template"] in ("", template):
            aliases.setdefault((line["axis"], line["key"]), []).append(line["alias"])
    labels = tuple(
        Label(
            template,
            table_id,
            line["axis"],
            line["key"],
            text,
            tuple(aliases.get((line["axis"], line["key"]), ())),
            line["parent"] or None,
            line["unit"] or None,
            line["gloss"],
        )
        for line in read("labels.csv")
        if line["table_id"] == table_id
        and (text := line[f"label_{template}"])
        and (line["axis"] == "group" or line["key"] in (rows if line["axis"] == "row" else columns))
    )
    return Form(template, table_id, rows, labels)


@cache
def units(template: str, table_id: str) -> dict[str, str]:
    """The published unit of each column of a table: `count` or `CNY_10k`."""
    known = form(template, table_id)
    return {column_id: known.unit(column_id) for columns in known.rows.values() for column_id in columns}


@cache
def equations(template: str, table_id: str) -> tuple[Equation, ...]:
    """Every identity that a table of this template promises, instantiated over its rows and columns."""
    rows = form(template, table_id).rows
    found = []
    for line in read("identities.csv"):
        if line["table_id"] != table_id:
            continue
        left, right = line["left"].split(), line["right"].split()
        if line["along"] == "row":
            for row_id in rows:
                found.append(
                    Equation(line["kind"], row_id, tuple((row_id, c) for c in left), tuple((row_id, c) for c in right))
                )
        else:
            matching = [r for r in rows if any(fnmatchcase(r, pattern) for pattern in left)]
            for column_id in next(iter(rows.values())):
                found.append(
                    Equation(
                        line["kind"],
                        column_id,
                        tuple((r, column_id) for r in matching),
                        tuple((r, column_id) for r in right),
                    )
                )
    return tuple(found)


@cache
def flag_kinds() -> dict[str, FlagKind]:
    """Every kind of flag by its name, with its usual severity."""
    return {line["kind"]: FlagKind(**line) for line in read("flags.csv")}
