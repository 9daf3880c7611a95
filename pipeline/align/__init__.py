"""Document → the statutory tables it holds, each cell bound by label and header, never by count.

The way: rows (one stream, whatever the layout) → segments (where each table stands, which form) → items (rows of
figures, bound to rows of the form) → placements (values bound to columns) → readings. What the witnesses do not settle
is left unsettled and flagged.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from extractors.document import Document
from pipeline import vocabulary
from pipeline.align.binding import Judge, bind
from pipeline.align.candidates import Candidate, caption_rank, choose
from pipeline.align.fill import MISSING, TableInMaking, read_rows
from pipeline.align.headers import headers_of
from pipeline.align.items import Item, items_of
from pipeline.align.reviews import order_results, read_reviews, stands_in_lines
from pipeline.align.rows import Row, rows
from pipeline.align.segments import Segment, chunks, find_segments, template_of
from pipeline.model import Flag, TableReading
from pipeline.numerals import is_value, read_numeral
from pipeline.vocabulary import Form

_MOST_CANDIDATES = 4  # places in one document that are read for one table


def align(document: Document, year: int | None = None) -> list[TableReading]:
    """The statutory tables of a document, in the form's order; a table that is not there is not in the list.

    `year` (the year reported on) decides between the forms only where no label of the document does.
    """
    stream = rows(document)
    labels = [chunks(row) for row in stream]
    segments = find_segments(stream, labels)
    own = {table_id: template_of(found[0], stream, labels) for table_id, found in segments.items() if found}
    templates = _templates(own, year)
    found = []
    blanks = any(_leaves_blanks(stream, segment) for segment in segments["requests"][:1])
    for table_id in vocabulary.TABLES:
        template, flag = templates[table_id]
        candidates = []
        for segment in segments[table_id][:_MOST_CANDIDATES]:
            reading = _read(stream, segment, template, blanks)
            if reading is not None:
                candidates.append(Candidate(caption_rank(stream, segment, year), segment, reading))
        if candidates:
            found.append(choose(stream, candidates, flag))
    return found


def _templates(own: dict[str, tuple[str | None, int]], year: int | None) -> dict[str, tuple[str, Flag | None]]:
    """The form of each table: by its own labels (`own`: the form, and their lead), else by the other tables', else by
    the year, with a flag."""
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


def _leaves_blanks(stream: Sequence[Row], segment: Segment) -> bool:
    """Whether a table of requests leaves cells blank for 0: three rows or more hold blanks between their figures."""
    count = 0
    for row in stream[segment.start : segment.end]:
        if row.layout == "text":
            continue
        texts = [slot.text.strip() for slot in row.slots]
        if "" in texts:
            filled = [i for i, text in enumerate(texts) if text and is_value(row.slots[i].text)]
            count += len(filled) >= 2 and "" in texts[filled[0] : filled[-1]]
    return count >= 3


def _read(stream: Sequence[Row], segment: Segment, template: str, blanks: bool) -> TableReading | None:
    """One segment read as a table of a form; None where no row of it could be bound."""
    form = vocabulary.form(template, segment.table_id)
    table = TableInMaking(form, blanks)
    headers = headers_of(stream, segment, template)
    width = {"requests": 7, "review_litigation": 15, "proactive": 3}[segment.table_id]
    items = items_of(stream, segment, template, width)
    if segment.table_id == "review_litigation" and not stands_in_lines(items, template):
        read_reviews(table, stream, segment, items)
    else:
        if segment.table_id == "review_litigation":
            order_results(table, stream, segment, items)
        bind(items, template, segment.table_id, list(form.rows), _judge(form, items))
        read_rows(table, stream, headers, items)
    if not table.cells:
        return None
    _say_structure(table, stream, segment, items)
    for key in form.cells():
        if key not in table.cells:
            table.cells[key] = MISSING
    return TableReading(segment.table_id, template, table.cells, tuple(table.flags))


def _judge(form: Form, items: Sequence[Item]) -> Judge | None:
    """Counts the identities that break when items stand for given rows; only rows with all their values speak."""
    equations = vocabulary.equations(form.template, form.table_id)
    columns = next(iter(form.rows.values()))
    if not equations or form.table_id != "requests":
        return None

    def numbers(item: Item) -> list[Decimal | None]:
        if len(item.values) != len(columns):
            return []
        read = (read_numeral(slot.text) for slot in item.values)
        return [Decimal(0) if numeral.status == "blank" else numeral.value for numeral in read]

    def broken(binding: dict[int, str]) -> int:
        cells = {
            (key, column): value
            for i, key in binding.items()
            for column, value in zip(columns, numbers(items[i]), strict=False)
            if value is not None
        }
        return sum(
            1
            for e in equations
            if all(k in cells for k in (*e.left, *e.right))
            and sum(cells[k] for k in e.left) != sum(cells[k] for k in e.right)
        )

    return broken


def _say_structure(table: TableInMaking, stream: Sequence[Row], segment: Segment, items: Sequence[Item]) -> None:
    """Flags about the table as a whole: rows that are missing, rows of figures left over, pieces."""
    form = table.form
    bound = {row_id for row_id, _ in table.cells}
    for row_id in form.rows:
        if row_id not in bound:
            table.flag("missing_row", "the table lacks the row, or its label could not be told", row_id)
    _say_leftovers(table, items)
    blocks = sorted({item.row.block for item in items if item.key and item.row.layout != "text"})
    if len(blocks) > 1:
        pages = {item.row.page for item in items if item.key}
        table.flag(
            "split_table",
            f"the table stands in {len(blocks)} pieces",
            severity="info",
            observed=f"{len(pages)} pages" if len(pages) > 1 else None,
        )


def _say_leftovers(table: TableInMaking, items: Sequence[Item]) -> None:
    """Figures that no row of the form could take: a doubt about the row they stand under, or about the table.

    A figure alone is taken for a page number where identities guard the rows, and for the rest of the row above where
    none do.
    """
    bound = {row_id for row_id, _ in table.cells}
    guarded = table.form.table_id == "requests"
    above: str | None = None
    if not any(item.key for item in items):
        return  # one row of all results has no label of the form's
    for place, item in enumerate(items):
        if item.key is not None or not item.filled:
            above = item.key or above
            continue
        if guarded and item.filled == 1:
            continue
        below = next((other for other in items[place + 1 :] if other.key is not None or other.filled), None)
        if below is not None and below.key is not None and not below.filled:
            message = "the row is blank, and a row of figures before it was left out, which may be its own"
            table.flag("lost_cell", message, below.key, page=below.row.page, line=below.row.line)
        elif below is not None and below.key is not None and below.row.page != item.row.page:
            message = "the row begins a page, and figures at the foot of the page before were left out"
            table.flag("lost_cell", message, below.key, page=below.row.page, line=below.row.line)
        raw = " ".join(slot.text.strip() for slot in item.values if not slot.blank)
        lacking = len(bound) < len(table.form.rows)
        table.flag(
            "unknown_label",
            "a row of figures whose place is not settled was left out",
            None if guarded else above,
            page=item.row.page,
            line=item.row.line,
            excerpt=raw,
            observed=item.printed or None,
            severity="warning" if lacking or not guarded else "info",
        )
