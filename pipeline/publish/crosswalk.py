"""What each cell of the official formats is, and whether the other format has the same quantity: `indicators` and
`crosswalk`, the published tables that follow from the vocabulary alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from pipeline import vocabulary
from pipeline.publish.columns import read
from pipeline.publish.wide import Quantity, quantities

Row = tuple[Any, ...]
Key = tuple[str, str, str, str]  # template, table_id, row_id, column_id

_SAME = (
    "the same cell of the same table, with the same meaning, in both formats",
    "两种格式中为同一表格的同一单元格，含义相同",
)


def indicator_rows() -> list[Row]:
    """The rows of the table `indicators`: every cell of every form, sorted by its key."""
    rows = []
    for template, table_id, row_id, column_id in _cells():
        form = vocabulary.form(template, table_id)
        row, col = form.label("row", row_id), form.label("column", column_id)
        label, parent = row.text, row.parent
        while parent is not None:
            group = form.label("group", parent)
            label, parent = f"{group.text} / {label}", group.parent
        key = (template, table_id, row_id, column_id)
        rows.append((*key, form.unit(column_id), label, col.text, row.gloss, col.gloss))
    return sorted(rows)


def crosswalk_rows() -> list[Row]:
    """The rows of the table `crosswalk`: every cell of every form, sorted by its key.

    Two formats have the same quantity where they have the same key (the law of the vocabulary); of every other cell
    crosswalk.csv says what there is instead, and why. Raises ValueError for a cell that it is silent about.
    """
    series = {}
    for quantity in sorted(quantities(), key=_is_one_cell):  # a cell's own quantity goes before a sum that it is in
        for template, cells in quantity.cells.items():
            series.update({(template, *cell): quantity.series_id for cell in cells})
    declared, every = _declared(), set(_cells())
    rows = []
    for key in sorted(every):
        template, *cell = key
        others = [other for other in vocabulary.TEMPLATES if other != template]
        if all((other, *cell) in every for other in others):
            found: Row = ("same", f"{cell[1]}.{cell[2]}", *_SAME)
        elif key in declared:
            found = declared[key]
        else:
            raise ValueError(f"crosswalk.csv says nothing of {'.'.join(key)}, which only one format has")
        relation, counterpart, *reasons = found
        rows.append((*key, relation, counterpart, series.get(key), *reasons))
    return rows


def _is_one_cell(quantity: Quantity) -> bool:
    return all(len(cells) == 1 for cells in quantity.cells.values())


def _cells() -> list[Key]:
    return [
        (template, table_id, *cell)
        for template in vocabulary.TEMPLATES
        for table_id in vocabulary.TABLES
        for cell in vocabulary.form(template, table_id).cells()
    ]


def _declared() -> Mapping[Key, Row]:
    found: dict[Key, Row] = {}
    for line in read("crosswalk.csv"):
        for key in _cells():
            if key[:2] == (line["template"], line["table_id"]) and _fits(key, line):
                counterpart = ";".join(
                    each if "." in each else f"{each}.{key[3]}" for each in line["counterpart"].split()
                )
                found[key] = (line["relation"], counterpart or None, line["reason"], line["reason_zh"])
    return found


def _fits(key: Key, line: Mapping[str, str]) -> bool:
    _, _, row_id, column_id = key
    return row_id in line["rows"].split() and any(fnmatchcase(column_id, c) for c in line["columns"].split())
