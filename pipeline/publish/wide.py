"""The wide tables: one row a report. As printed, one table for each statutory table (`requests`, `proactive`,
`review_litigation`); over the formats, the quantities that both have (`series`).

A cell's column is named `row_id__column_id`. Its number is `value`, as published; null says that there is none, and the
facts say why. What is in doubt is named in the column `doubts`, what was proven or decided to be another number stands
in `reconciled`: a wide table has no room for a status beside each number, but must not hide a doubt either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from pipeline import vocabulary
from pipeline.model import Fact
from pipeline.publish.columns import Column, Reference, Table, column, read
from pipeline.publish.csv_file import printed

Row = tuple[Any, ...]
Cell = tuple[str, str, str]  # table_id, row_id, column_id

_WHOSE = ("report_id", "jurisdiction_code", "jurisdiction_name", "year", "publisher", "publisher_kind", "template")
_TITLES = {
    "requests": ("依申请公开", "requests for information"),
    "proactive": ("主动公开", "what is published unasked"),
    "review_litigation": ("行政复议、行政诉讼", "reviews and lawsuits"),
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A harmonised quantity: a cell of each format, or the cells whose sum it is."""

    series_id: str
    table_id: str
    title: str
    title_zh: str
    unit: str
    cells: Mapping[str, tuple[Cell, ...]]  # by template


def _columns(name: str, cells: Iterable[Column], *last: str) -> tuple[Column, ...]:
    after = (*last, "doubts", "reconciled")
    return (*(column(name, each) for each in _WHOSE), *cells, *(column(name, each) for each in after))


def _of_table(table_id: str) -> Table:
    title_zh, title = _TITLES[table_id]
    columns = (_cell_column(cell) for cell in wide_cells(table_id))
    return Table(
        table_id,
        f"One row is one report's table of {title}, as printed",
        f"每份报告的{title_zh}表，一行一份",
        ("report_id",),
        _columns(table_id, columns, "superseded_by"),
        order=("report_id",),
        references=(Reference(("report_id",), "reports", ("report_id",)),),
    )


def _of_series() -> Table:
    columns = (Column(q.series_id, "number", q.title_zh, *_series_meaning(q), unit=q.unit) for q in quantities())
    return Table(
        "series",
        "One row is one body's year: the quantities that are the same in all formats, from the report that stands",
        "每一机关每一年度一行：各格式中相同的指标，取自现行有效的报告",
        ("report_id",),
        _columns("series", columns),
        order=("report_id",),
        references=(Reference(("report_id",), "reports", ("report_id",)),),
    )


@cache
def wide_cells(table_id: str) -> tuple[Cell, ...]:
    """Every cell that a statutory table has in any format, in print order, the older format first."""
    found: dict[Cell, None] = {}
    for template in vocabulary.TEMPLATES:
        found.update(((table_id, *cell), None) for cell in vocabulary.form(template, table_id).cells())
    return tuple(found)


def _cell_column(cell: Cell) -> Column:
    table_id, row_id, column_id = cell
    forms = {template: vocabulary.form(template, table_id) for template in vocabulary.TEMPLATES}
    having = {template: form for template, form in forms.items() if column_id in form.rows.get(row_id, ())}
    form = list(having.values())[-1]
    row, col = form.label("row", row_id), form.label("column", column_id)
    only = f"; format of {next(iter(having))} only" if len(having) < len(forms) else ""
    only_zh = f"（仅{next(iter(having))}格式）" if only else ""
    title_zh = f"{row.text} / {col.text}"
    meaning = f"{row.gloss}: {col.gloss}{only}"
    return Column(f"{row_id}__{column_id}", "number", title_zh, meaning, title_zh + only_zh, unit=form.unit(column_id))


@cache
def quantities() -> tuple[Quantity, ...]:
    """The harmonised quantities that series.csv declares, with their cells in each format."""
    found = []
    for line in read("series.csv"):
        table_id = line["table_id"]
        cells = {}
        units = set()
        for template in vocabulary.TEMPLATES:
            form = vocabulary.form(template, table_id)
            rows, _, column_id = line[f"cells_{template}"].partition(".")
            matching = [row_id for row_id, columns in form.rows.items() if fnmatchcase(row_id, rows)]
            cells[template] = tuple((table_id, row_id, column_id) for row_id in matching)
            units.add(form.unit(column_id))
        (unit,) = units
        found.append(Quantity(line["series_id"], table_id, line["title"], line["title_zh"], unit, cells))
    return tuple(found)


def _series_meaning(quantity: Quantity) -> tuple[str, str]:
    texts = []
    for template, cells in quantity.cells.items():
        names = " + ".join(f"{row_id}.{column_id}" for _, row_id, column_id in cells)
        texts.append((names, template))
    if len({names for names, _ in texts}) == 1:
        return f"{quantity.title} ({texts[0][0]})", f"{quantity.title_zh}（{texts[0][0]}）"
    of_each = "; ".join(f"{template}: {names}" for names, template in texts)
    return f"{quantity.title} ({of_each})", f"{quantity.title_zh}（{of_each}）"


class WideRows:
    """The rows that one report adds to the wide tables. `doubted` are its cells that bear a warning or an error."""

    def __init__(self, whose: Row, facts: Sequence[Fact], doubted: frozenset[Cell], superseded_by: str | None) -> None:
        self._whose = whose  # in the order of the first columns, without the template
        self._facts = {fact.key: fact for fact in facts}
        self._templates = {fact.table_id: fact.template for fact in facts}  # a report may have tables of two formats
        self._doubted = doubted
        self._superseded_by = superseded_by

    def of(self, table_id: str) -> list[Row]:
        """The row of one statutory table; none for a report that lacks the table."""
        if table_id not in self._templates:
            return []
        values: list[Decimal | None] = []
        reconciled = []
        for name, cell in _named(table_id):
            fact = self._facts.get(cell)
            values.append(fact.value if fact else None)
            if fact and fact.value_reconciled is not None and fact.value_reconciled != fact.value:
                reconciled.append(f"{name}={printed(fact.value_reconciled)}")
        doubts = [name for name, cell in _named(table_id) if cell in self._doubted] if self._doubted else ()
        whose = (*self._whose, self._templates[table_id])
        return [(*whose, *values, self._superseded_by, ";".join(doubts), ";".join(reconciled))]

    def of_series(self) -> list[Row]:
        """The row of the harmonised quantities; none for a report without a year, or that a newer one supersedes."""
        if self._superseded_by is not None or self._whose[3] is None or not self._facts:
            return []
        values: list[Decimal | None] = []
        doubts, reconciled = [], []
        for quantity in quantities():
            template = self._templates.get(quantity.table_id)
            cells = quantity.cells[template] if template else ()
            facts = [self._facts.get(cell) for cell in cells]
            value, proven = _sum(facts, "value"), _sum(facts, "value_reconciled")
            values.append(value)
            if proven is not None and proven != value:
                reconciled.append(f"{quantity.series_id}={printed(proven)}")
            if self._doubted and not self._doubted.isdisjoint(cells):
                doubts.append(quantity.series_id)
        whose = (*self._whose, min(self._templates.values()))
        return [(*whose, *values, ";".join(doubts), ";".join(reconciled))]


def _sum(facts: Sequence[Fact | None], which: str) -> Decimal | None:
    """The sum of the cells' numbers: a blank summand counts as 0 (the contract's rule), but nothing can be said where
    all are blank, or one is missing or unreadable."""
    if len(facts) == 1:
        return getattr(facts[0], which) if facts[0] else None
    total = None
    for fact in facts:
        value = getattr(fact, which) if fact else None
        if value is not None:
            total = value if total is None else total + value
        elif fact is None or fact.status != "blank":
            return None
    return total


@cache
def _named(table_id: str) -> tuple[tuple[str, Cell], ...]:
    return tuple((f"{cell[1]}__{cell[2]}", cell) for cell in wide_cells(table_id))


WIDE = tuple(_of_table(table_id) for table_id in ("requests", "proactive", "review_litigation"))
SERIES = _of_series()
