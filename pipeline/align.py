"""Document → the statutory tables it holds, each cell bound by label and header, never by count.

The way: rows (one stream, whatever the layout) → segments (where each table stands, which form) → items (rows of
figures, bound to rows of the form) → placements (values bound to columns) → readings. What the witnesses do not settle
is left unsettled and flagged.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import regex

from extractors.document import Document
from pipeline import vocabulary
from pipeline.binding import Judge, bind
from pipeline.fill import TableInMaking, read_flat, read_rows
from pipeline.headers import headers_of
from pipeline.items import Item, items_of
from pipeline.labels import row_key
from pipeline.model import Flag, Reading, TableReading
from pipeline.numerals import is_value, read_numeral
from pipeline.rows import Row, rows
from pipeline.segments import Segment, find_segments, template_of
from pipeline.vocabulary import Form

_MOST_CANDIDATES = 4  # places in one document that are read for one table
_YEAR = regex.compile(r"(20[012]\d)\s*年")
_IS_CAPTION = regex.compile(r"情况|表|数据")
_COMPARISON = regex.compile(r"上年度?|去年|上一年度?|供.{0,12}(?:对比|对照|比较|参考)|同期")
_CAPTIONS = {
    "proactive": regex.compile(r"主动公开"),
    "requests": regex.compile(r"公开.{0,4}申请|申请公开"),
    "review_litigation": regex.compile(r"复议|诉讼"),
}


def align(document: Document, year: int | None = None) -> list[TableReading]:
    """The statutory tables of a document, in the form's order; a table that is not there is not in the list.

    `year` (the year reported on) decides between the forms only where no label of the document does.
    """
    stream = rows(document)
    segments = find_segments(stream)
    templates = _templates(segments, stream, year)
    found = []
    for table_id in vocabulary.TABLES:
        template, flag = templates[table_id]
        readings = []
        for segment in segments[table_id][:_MOST_CANDIDATES]:
            reading = _read(stream, segment, template)
            if reading is not None:
                readings.append((_rank(stream, segment, year), reading))
        if readings:
            found.append(_choose(readings, flag))
    return found


def _rank(stream: Sequence[Row], segment: Segment, year: int | None) -> int:
    """How well the captions right above a table speak for it: 1 for its own, -2 where they name another year."""
    captions: list[str] = []
    above = [row for row in stream[max(0, segment.start - 40) : segment.start] if row.text.strip()]
    for row in reversed(above[-8:]):
        if row.layout != "text" or any(is_value(slot.text) for slot in row.slots):
            break
        captions.extend([row.text] if not row.prose and _IS_CAPTION.search(row.text) else [])
    years = [int(found) for text in captions for found in _YEAR.findall(text)[:1]]
    if any(_COMPARISON.search(text) for text in captions) or (years and year is not None and years[0] != year):
        return -2
    return int(any(_CAPTIONS[segment.table_id].search(text) for text in captions))


def _templates(
    segments: dict[str, list[Segment]], stream: list[Row], year: int | None
) -> dict[str, tuple[str, Flag | None]]:
    """The form of each table: by its own labels, else by the other tables', else by the year, with a flag."""
    own = {table_id: template_of(found[0], stream) for table_id, found in segments.items() if found}
    votes = sorted(((lead, template) for template, lead in own.values() if template), reverse=True)
    result: dict[str, tuple[str, Flag | None]] = {}
    for table_id in vocabulary.TABLES:
        template = own.get(table_id, (None, 0))[0]
        flag = None
        if template is None and votes:
            template = votes[0][1]
        if template is None:
            template = "2021" if year is None or year >= 2021 else "2019"
            flag = Flag(
                "unknown_label", "warning", f"no label tells the form; read as the form of {template}", table_id
            )
        result[table_id] = (template, flag)
    return result


def _read(stream: Sequence[Row], segment: Segment, template: str) -> TableReading | None:
    """One segment read as a table of a form; None where no row of it could be bound."""
    form = vocabulary.form(template, segment.table_id)
    table = TableInMaking(form)
    headers = headers_of(stream, segment, template)
    width = {"requests": 7, "review_litigation": 15, "proactive": 3}[segment.table_id]
    items = items_of(stream, segment, template, width)
    if segment.table_id == "review_litigation" and not _in_lines(items, template):
        read_flat(table, stream, segment, items)
    else:
        bind(items, template, segment.table_id, list(form.rows), _judge(form, items))
        read_rows(table, stream, headers, items)
    if not table.cells:
        return None
    _say_structure(table, stream, segment, items)
    for key in form.cells():
        table.cells.setdefault(key, Reading(None))
    return TableReading(segment.table_id, template, table.cells, tuple(table.flags))


def _judge(form: Form, items: Sequence[Item]) -> Judge | None:
    """Counts the identities that break when items stand for given rows; only rows with all their values speak."""
    equations = vocabulary.equations(form.template, form.table_id)
    columns = next(iter(form.rows.values()))
    if not equations or form.table_id != "requests":
        return None
    numbers = {
        i: [Decimal(0) if n.status == "blank" else n.value for n in (read_numeral(s.text) for s in item.values)]
        for i, item in enumerate(items)
        if len(item.values) == len(columns)
    }

    def broken(binding: dict[int, str]) -> int:
        cells = {
            (key, column): value
            for i, key in binding.items()
            for column, value in zip(columns, numbers.get(i, ()), strict=False)
            if value is not None
        }
        return sum(
            1
            for e in equations
            if all(k in cells for k in (*e.left, *e.right))
            and sum(cells[k] for k in e.left) != sum(cells[k] for k in e.right)
        )

    return broken


def _in_lines(items: Sequence[Item], template: str) -> bool:
    """Whether reviews and lawsuits stand in labelled rows of five results each rather than in one row of fifteen."""
    rows = [item for item in items if item.filled]
    named = [item for item in rows if row_key(item.leaf, template, "review_litigation") or item.before]
    return len(rows) in (2, 3) and len(named) >= 2 and all(item.filled <= 6 for item in rows)


def _say_structure(table: TableInMaking, stream: Sequence[Row], segment: Segment, items: Sequence[Item]) -> None:
    """Flags about the table as a whole: rows that are missing, rows of figures left over, pieces."""
    form = table.form
    bound = {row_id for row_id, _ in table.cells}
    for row_id in form.rows:
        if row_id not in bound:
            table.flag("missing_row", "the table lacks the row, or its label could not be told", row_id)
    if segment.table_id == "requests":
        for item in items:
            if item.key is None and item.filled > 1:
                raw = " ".join(slot.text.strip() for slot in item.values if not slot.blank)
                table.flag(
                    "unknown_label",
                    "a row of figures whose place is not settled was left out",
                    page=item.row.page,
                    line=item.row.line,
                    excerpt=raw,
                    observed=item.printed or None,
                    severity="warning" if len(bound) < len(form.rows) else "info",
                )
    blocks = sorted({item.row.block for item in items if item.key and item.row.layout != "text"})
    if len(blocks) > 1:
        pages = {item.row.page for item in items if item.key}
        table.flag(
            "split_table",
            f"the table stands in {len(blocks)} pieces",
            severity="info",
            observed=f"{len(pages)} pages" if len(pages) > 1 else None,
        )


def _choose(readings: list[tuple[int, TableReading]], flag: Flag | None) -> TableReading:
    """The fullest of the tables found for one form, the better captioned of equals; pieces that complete it are joined.

    Another table with other figures for the same rows is a doubt about it.
    """
    flags = [flag] if flag else []
    if any(rank >= 0 for rank, _ in readings):
        readings = [(rank, reading) for rank, reading in readings if rank >= 0]
    else:
        message = "the only table of its kind stands under a caption of another year, or of a comparison"
        flags.append(Flag("duplicate_table", "warning", message, readings[0][1].table_id))
    most = max(_fullness(reading) for _, reading in readings)
    rivals = [(rank, reading) for rank, reading in readings if _fullness(reading) * 5 >= most * 4]
    best = max(rivals, key=lambda rival: (rival[0], _fullness(rival[1])))[1]
    flags = [*best.flags, *flags]
    cells = dict(best.cells)
    for _, other in readings:
        if other is best:
            continue
        mine = {row_id for (row_id, _), cell in cells.items() if cell.text is not None}
        theirs = {row_id for (row_id, _), cell in other.cells.items() if cell.text is not None}
        if not mine & theirs:
            cells.update({key: cell for key, cell in other.cells.items() if key[0] in theirs})
            flags = [f for f in flags if not (f.kind == "missing_row" and f.row_id in theirs)]
            flags.extend(f for f in other.flags if f.row_id in theirs)
            flags.append(
                Flag("split_table", "info", "the table stands in pieces, apart from each other", best.table_id)
            )
        elif _fullness(other) * 2 >= _fullness(best) and _differs(best, other):
            message = "the table stands more than once, with different figures"
            flags.append(Flag("duplicate_table", "warning", message, best.table_id))
    return TableReading(best.table_id, best.template, cells, tuple(dict.fromkeys(flags)))


def _fullness(reading: TableReading) -> int:
    return sum(1 for cell in reading.cells.values() if cell.text is not None and not cell.unsettled)


def _differs(one: TableReading, other: TableReading) -> bool:
    return any(
        cell.text is not None
        and other.cells[key].text is not None
        and cell.text.strip() != other.cells[key].text.strip()  # type: ignore[union-attr]
        for key, cell in one.cells.items()
        if key in other.cells
    )
