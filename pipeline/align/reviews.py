"""The table of reviews and lawsuits, which is printed in more ways than the other two.

The form has one row of fifteen results. In the wild they also stand in three rows of five, in five rows of three,
one to a row, or in two tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.align.fill import TableInMaking, settle
from pipeline.align.headers import flat_order, results_order, review_keys, review_names
from pipeline.align.items import Item
from pipeline.align.labels import bare, column_key, label_hits, matcher, row_key
from pipeline.align.placement import Geometry, place
from pipeline.align.rows import Row
from pipeline.align.segments import Segment
from pipeline.vocabulary import Form, Key

_MANY = 10  # figures in a row that make it one of all results, some perhaps lost


def stands_in_lines(items: Sequence[Item], template: str) -> bool:
    """Whether reviews and lawsuits stand in labelled rows of five results each, as the rows of any other table do."""
    rows = [item for item in items if item.filled]
    named = [item for item in rows if row_key(item.leaf, template, "review_litigation") or item.before]
    if any(_result(item, template) for item in rows):
        return False
    return len(rows) in (2, 3) and len(named) >= 2 and all(item.filled <= 6 for item in rows)


def order_results(table: TableInMaking, stream: Sequence[Row], segment: Segment, items: Sequence[Item]) -> None:
    """Give the table's form the order of results that the header over its lines prints."""
    form = table.form
    rows = stream[segment.start : max((_place(stream, segment, item) for item in items), default=segment.start)]
    columns, wrong = results_order(review_names(rows, form.template), next(iter(form.rows.values())))
    if wrong:
        table.flag("unknown_label", wrong)
        table.form = replace(form, rows=dict.fromkeys(form.rows, columns))


def read_reviews(table: TableInMaking, stream: Sequence[Row], segment: Segment, items: list[Item]) -> None:
    """Fill the table from its rows, in whichever of the ways they stand."""
    results = [item for item in items if item.filled and _result(item, table.form.template)]
    if len(results) >= 4:
        _read_by_result(table, stream, segment, items)
    else:
        _read_flat(table, stream, segment, _as_one(stream, segment, items, table.form.template))


def _result(item: Item, template: str) -> str | None:
    return column_key(item.leaf, template, "review_litigation")


def _as_one(stream: Sequence[Row], segment: Segment, items: list[Item], template: str) -> list[Item]:
    """The rows of reviews and of lawsuits, printed as two tables, as the one row that the form has."""
    filled = [item for item in items if item.filled]
    sizes = [len(item.values) for item in filled]
    if len(filled) != 2 or sorted(sizes) != [5, 10]:
        return items
    first, second = filled
    named = review_names(stream[segment.start : _place(stream, segment, second)], template).lines
    if sizes == [10, 5] and len(named) < 3:
        return items  # in which table the lone line stands is not told
    row = replace(second.row, layout="text")  # the columns of two tables are no columns of one
    return [replace(second, row=row, values=[*first.values, *second.values], before=first.before)]


def _place(stream: Sequence[Row], segment: Segment, item: Item) -> int:
    """The index of the row that an item begins in."""
    rows = range(segment.start, segment.end)
    return next((i for i in rows if stream[i].slots is item.row.slots), segment.end)


def _read_by_result(table: TableInMaking, stream: Sequence[Row], segment: Segment, items: list[Item]) -> None:
    """Five rows of results for the three lines of the form, or fifteen rows with one result each."""
    form = table.form
    lines = list(form.rows)
    heads = _lines_named(stream, segment, items, form)
    line: str | None = None
    for item in items:
        result = _result(item, form.template)
        said = label_hits(item.before, matcher(form.template, "review_litigation", "row").longest_first)
        if said:
            line = said[-1][2]
        if result is None or not item.filled:
            continue
        filled = [i for i, slot in enumerate(item.values) if not slot.blank]
        if len(filled) == len(lines) and sorted(heads) == sorted(lines):
            keys: list[Key] = [(head, result) for head in heads]
        elif len(filled) == 1 and line is not None:
            keys = [(line, result)]
        else:
            table.flag(
                "unknown_label",
                "a row of results whose place is not settled was left out",
                page=item.row.page,
                line=item.row.line,
                excerpt=" ".join(s.text for s in item.values),
            )
            continue
        if any(key in table.cells for key in keys):
            told = {flag.row_id for flag in table.flags if flag.kind == "duplicate_row"}
            for row_id in [row_id for row_id, _ in keys if row_id not in told]:
                table.flag("duplicate_row", "a result stands twice", row_id, page=item.row.page, line=item.row.line)
            continue
        settle(table, [(item, keys, place(item.row, item.values, len(keys), None, False))])


def _lines_named(stream: Sequence[Row], segment: Segment, items: Sequence[Item], form: Form) -> list[str]:
    """The lines of the form (reviews, the two kinds of lawsuit) in the order in which the header prints them; none
    where it puts lawsuits first in a way that leaves their columns open."""
    first = next((_place(stream, segment, item) for item in items if item.filled), segment.end)
    names = review_names(stream[segment.start : first], form.template)
    if names.turned and list(names.lines) == list(form.rows):
        return []
    if len(names.lines) == len(form.rows):
        return list(names.lines)
    found: list[str] = []
    for row in stream[segment.start : segment.end]:
        for slot in row.slots:
            key = row_key(bare(slot.text), form.template, "review_litigation")
            if key and key not in found:
                found.append(key)
    return found


def _read_flat(table: TableInMaking, stream: Sequence[Row], segment: Segment, items: list[Item]) -> None:
    """The table of reviews and lawsuits printed as one row of fifteen results."""
    form = table.form
    keys = list(form.cells())
    columns = next(iter(form.rows.values()))
    best = max(items, key=lambda item: (item.filled, -items.index(item)), default=None)
    if best is None or len(best.values) < 5:
        return
    texts = [[s.text.strip() for s in item.values if not s.blank] for item in items if item.filled >= _MANY]
    if any(text != texts[0] for text in texts[1:]):
        table.flag("duplicate_table", "several rows of results stand in the table; the first full one was read")
    named = review_keys(stream, segment, form.template, best.row.block, columns)
    starts = [slot.start for slot in best.values]
    if best.row.layout == "grid" and len(named) == len(keys) and set(named) <= set(starts):
        ordered = sorted(named)
        if [named[s] for s in ordered] != keys:
            table.flag("unknown_label", "the header names the results in another order than the form")
        keys = [named[s] for s in ordered]
        geometry: Geometry | None = Geometry(tuple(ordered), True)
    else:
        geometry = None
        keys, wrong = flat_order(review_names(_rows_over(stream, segment, items, best), form.template), form.rows)
        if wrong:
            table.flag("unknown_label", wrong)
        if not any(hit.axis == "column" for hit in segment.hits):
            table.flag("unknown_label", "the header of the results is lost; the form's order was taken")
    settle(table, [(best, keys, place(best.row, best.values, len(keys), geometry, False))])


def _rows_over(stream: Sequence[Row], segment: Segment, items: Sequence[Item], best: Item) -> Sequence[Row]:
    """The rows between a row of results and the one before it: its header."""
    end = _place(stream, segment, best)
    before = [_place(stream, segment, item) for item in items if item.filled >= _MANY]
    start = max((place + 1 for place in before if place < end), default=segment.start)
    return stream[start:end]
