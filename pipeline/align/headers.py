"""The header rows of a statutory table: which column of the print is which column of the form.

Where the source states its columns (spans, rulings), the chain of headers over a column names it. Where columns are
only counted, the header tells their order, no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import regex

from pipeline.align.labels import bare, column_key, label_hits, matcher, row_key
from pipeline.align.rows import Row
from pipeline.align.segments import Segment
from pipeline.numerals import is_value
from pipeline.vocabulary import Key

ORGANISATIONS = regex.compile(r"法人.{0,2}其他组织")  # the header over the applicants that are no persons
_SPACE = regex.compile(r"\s+")
_UNIT = regex.compile(r"单?位[:：]?(百万元|千万元|万元|亿元|千元|元)|[(（](百万元|千万元|万元|亿元|千元|元)[)）]")


@dataclass(frozen=True, slots=True)
class Header:
    """The columns that a header row (or a run of header lines) names: (start, end, column_id) in print order."""

    row: int
    block: int
    columns: tuple[tuple[int, int, str], ...]
    unit: str | None = None  # the unit that it names for amounts of money

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(key for _, _, key in self.columns)


def headers_of(rows: Sequence[Row], segment: Segment, template: str) -> list[Header]:
    """Every header of a segment: a table row without figures, or a run of text lines, that names columns."""
    found = []
    run: list[int] = []
    for index in range(segment.start, segment.end + 1):
        row = rows[index] if index < segment.end else None
        if row is not None and row.layout == "text" and not row.prose and not any(_figure(s.text) for s in row.slots):
            run.append(index)
            continue
        if run:
            header = _text_header([rows[i] for i in run], run[0], template, segment.table_id)
            found.extend([header] if header.columns else [])
            run = []
        if row is None or row.prose or row.layout == "text" or any(_figure(slot.text) for slot in row.slots):
            continue
        columns = tuple(
            (slot.start, slot.end, key)
            for slot in row.slots
            if (key := column_key(bare(slot.text), template, segment.table_id))
        )
        if columns:
            found.append(Header(index, row.block, columns, unit_named(row.text)))
    return found


def _text_header(lines: Sequence[Row], first: int, template: str, table_id: str) -> Header:
    """The columns that a run of text lines names, however the words are broken over the lines."""
    text = ORGANISATIONS.sub("", bare("".join(line.text for line in lines)))
    hits = label_hits(text, _columns_and_rows(template, table_id, short=False))
    if table_id == "requests" and len({key for _, _, key in hits if key}) >= 3:  # among others, 其他 is a column too
        hits = label_hits(text, _columns_and_rows(template, table_id, short=True))
    columns = tuple((start, end, key) for start, end, key in hits if key)
    return Header(first, lines[0].block, columns, unit_named("".join(line.text for line in lines)))


@cache
def _columns_and_rows(template: str, table_id: str, short: bool) -> tuple[tuple[str, str], ...]:
    """The labels of the columns, and those of the rows with an empty key, longest first; 其他 only where `short`."""
    columns = matcher(template, table_id, "column").longest_first
    labels = [pair for pair in columns if len(pair[0]) >= 3 or (short and pair[0] == "其他")]
    rows = [(label, "") for label, _ in matcher(template, table_id, "row").longest_first if len(label) >= 4]
    return tuple(sorted({*labels, *rows}, key=lambda p: (-len(p[0]), p)))


def unit_named(text: str) -> str | None:
    """The unit of money that a header names: 本年收费金额（单位：万元） → 万元."""
    found = _UNIT.search(_SPACE.sub("", text))
    return (found[1] or found[2]) if found else None


def _figure(text: str) -> bool:
    return bool(text.strip()) and is_value(text) and any(c.isdigit() for c in text)


def requests_order(
    headers: Sequence[Header], rows: Sequence[Row], canonical: Sequence[str]
) -> tuple[tuple[str | None, ...], str | None]:
    """The order of the applicant columns that the header prints, and what is wrong with the header, if anything.

    None stands for a column that a header out of the form's order does not name: its cells cannot be bound.
    """
    printed: list[str] = []
    for header in headers:
        printed.extend(key for key in header.keys if key not in printed)
    if not printed:
        return tuple(canonical), "the header with the applicants is lost"
    lost = [key for key in canonical if key not in printed]
    middle = [key for key in printed if key not in (canonical[0], canonical[-1])]
    expected = [key for key in canonical[1:-1] if key in middle]
    places = _middle_of(headers, rows, canonical)
    moved = any(key is not None and key != due for key, due in zip(places, canonical[1:-1], strict=True))
    if middle != expected or moved:
        wrong = "the header names the applicants in another order than the form"
        if len(middle) == len(canonical) - 2:
            return (canonical[0], *middle, canonical[-1]), wrong
        return (canonical[0], *places, canonical[-1]), f"{wrong}, and not all of them"
    if any(len(set(header.keys)) != len(header.keys) for header in headers):
        return tuple(canonical), "the header names an applicant twice"
    if any(key not in canonical[-2:] for key in lost):  # 其他 and 总计 name other things too and are not always told
        return tuple(canonical), "the header lacks applicants"
    return tuple(canonical), None


def _middle_of(headers: Sequence[Header], rows: Sequence[Row], canonical: Sequence[str]) -> list[str | None]:
    """The five columns of organisations as the header row with most of them prints them; None for one unnamed."""
    width = len(canonical) - 2
    inner = set(canonical[1:-1])
    best = max(headers, key=lambda header: len(inner & set(header.keys)))
    row = rows[best.row]
    named = {start: key for start, _, key in best.columns}
    printed = [
        named.get(slot.start) for slot in row.slots if not slot.blank and named.get(slot.start) not in canonical[::6]
    ]
    return printed if row.layout != "text" and len(printed) == width else [None] * width


def starts_of(
    headers: Sequence[Header], rows: Sequence[Row], block: int, keys: Sequence[str]
) -> tuple[int, ...] | None:
    """Where the header of a block says that each key's column starts; None if it does not name all, or not surely."""
    starts: dict[str, int] = {}
    for header in headers:
        if header.block == block:
            for start, _, key in header.columns:
                starts.setdefault(key, start)
    if any(key not in starts for key in keys):
        return None
    found = tuple(starts[key] for key in keys)
    # Counted columns are believed only where the header's own words stand side by side in the right order.
    counted = any(header.block == block and rows[header.row].layout != "grid" for header in headers)
    return found if not counted or all(b - a == 1 for a, b in pairwise(found)) else None


def review_keys(
    rows: Sequence[Row], segment: Segment, template: str, block: int, columns: Sequence[str]
) -> dict[int, Key]:
    """For a grid whose one row holds all results: column start → (row_id, column_id), by the chain of headers."""
    lines: list[tuple[int, int, str]] = []
    results: list[tuple[int, str]] = []
    for row in rows[segment.start : segment.end]:
        if row.block != block or row.layout != "grid":
            continue
        for slot in row.slots:
            name = bare(slot.text)
            line = row_key(name, template, segment.table_id)
            column = column_key(name, template, segment.table_id)
            if line:
                lines.append((slot.start, slot.end, line))
            elif column in columns and column:
                results.append((slot.start, column))
    found = {}
    for start, column in results:
        over = [line for begin, end, line in lines if begin <= start < end]
        if len(over) == 1:
            found[start] = (over[0], column)
    return found
