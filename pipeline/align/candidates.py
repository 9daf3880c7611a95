"""Where a document holds a statutory table more than once: which place speaks, and what the others say of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from pipeline.align.rows import Row
from pipeline.align.segments import Segment, parted
from pipeline.model import Flag, TableReading
from pipeline.numerals import is_value

_YEAR = regex.compile(r"(20[012]\d)\s*年")
_IS_CAPTION = regex.compile(r"情况|表|数据")
_ANOTHER_YEAR = regex.compile(r"\s*[(（]?\s*(?:(20[012]\d)\s*年度?|上一?年度?|去年)\s*[)）]?\s*[:：]?\s*")
_NUMBERED = regex.compile(r"\s*#*\s*[一二三四五六七八九十]{1,2}\s*[、.．]")
_COMPARISON = regex.compile(r"上年度?|去年|上一年度?|供.{0,12}(?:对比|对照|比较|参考)|同期")
_CAPTIONS = {
    "proactive": regex.compile(r"主动公开"),
    "requests": regex.compile(r"公开.{0,4}申请|申请公开"),
    "review_litigation": regex.compile(r"复议|诉讼"),
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One place of a document read as a statutory table. `rank` is what its captions say for it."""

    rank: int
    segment: Segment
    reading: TableReading

    @property
    def fullness(self) -> int:
        return sum(1 for cell in self.reading.cells.values() if cell.text is not None)


def caption_rank(stream: Sequence[Row], segment: Segment, year: int | None) -> int:
    """How well the captions right above a table speak for it: 1 for its own, -2 where they name another year, -1 where
    a line of nothing but another year does."""
    lines = [row for row in _lines_above(stream, segment) if not row.prose]
    captions = [row.text for row in lines if _IS_CAPTION.search(row.text)]
    years = [int(found) for text in captions for found in _YEAR.findall(text)[:1]]
    if any(_COMPARISON.search(text) for text in captions) or (years and year is not None and years[0] != year):
        return -2
    alone = _ANOTHER_YEAR.fullmatch(lines[0].text) if lines else None
    if alone and (alone[1] is None or (year is not None and int(alone[1]) != year)):
        return -1
    return int(any(_CAPTIONS[segment.table_id].search(text) for text in captions))


def _lines_above(stream: Sequence[Row], segment: Segment) -> list[Row]:
    """The lines of text right above a table, the nearest first."""
    found: list[Row] = []
    above = [row for row in stream[max(0, segment.start - 40) : segment.start] if row.text.strip()]
    for row in reversed(above[-8:]):
        if row.layout != "text" or any(is_value(slot.text) for slot in row.slots):
            break
        found.append(row)
    return found


def _opens_section(stream: Sequence[Row], segment: Segment) -> bool:
    """Whether a table stands first under the heading of its own section: 三、收到和处理政府信息公开申请情况."""
    caption = _CAPTIONS[segment.table_id]
    lines = [row for row in _lines_above(stream, segment) if not row.prose and caption.search(row.text)]
    return any(row.heading or _NUMBERED.match(row.text) for row in lines)


def choose(stream: Sequence[Row], candidates: list[Candidate], flag: Flag | None) -> TableReading:
    """The fullest of the tables found for one form, the better captioned of equals; pieces that complete it are joined.

    Another table with other figures for the same rows is a doubt about it, and so is a row that stands apart from it.
    """
    flags = [flag] if flag else []
    table_id = candidates[0].reading.table_id
    dropped: list[Candidate] = []
    if any(candidate.rank >= 0 for candidate in candidates):
        dropped = [candidate for candidate in candidates if candidate.rank == -2]
        candidates = [candidate for candidate in candidates if candidate.rank > -2]
    else:
        message = "the only table of its kind stands under a caption of another year, or of a comparison"
        flags.append(Flag("duplicate_table", "warning", message, table_id))
    most = max(candidate.fullness for candidate in candidates)
    rivals = [candidate for candidate in candidates if candidate.fullness * 5 >= most * 4]
    best = max(rivals, key=lambda rival: (rival.rank, rival.fullness))
    flags = [*best.reading.flags, *flags]
    cells = dict(best.reading.cells)
    for other in candidates:
        if other is best:
            continue
        mine = {row_id for (row_id, _), cell in cells.items() if cell.text is not None}
        theirs = {row_id for (row_id, _), cell in other.reading.cells.items() if cell.text is not None}
        if not mine & theirs:
            cells.update({key: cell for key, cell in other.reading.cells.items() if key[0] in theirs})
            flags = [f for f in flags if not (f.kind == "missing_row" and f.row_id in theirs)]
            flags.extend(f for f in other.reading.flags if f.row_id in theirs)
            flags.extend(_joined(stream, best, other, sorted(theirs)))
        elif other.fullness * 2 >= best.fullness and _differs(best.reading, other.reading):
            message = "the table stands more than once, with different figures"
            flags.append(Flag("duplicate_table", "warning", message, table_id))
            flags.extend(f for f in other.reading.flags if f.kind == "duplicate_table")
    if any(_may_be_own(stream, best, other) for other in dropped):
        message = "another table stands first under the section's heading, which names a comparison or another year"
        flags.append(Flag("duplicate_table", "warning", message, table_id))
    return TableReading(table_id, best.reading.template, cells, tuple(dict.fromkeys(flags)))


def _may_be_own(stream: Sequence[Row], best: Candidate, other: Candidate) -> bool:
    """Whether a table that its captions speak against may be the report's own all the same: the section opens with it,
    and its heading may speak of both (…情况（与去年同期对比）)."""
    return (
        other.segment.start < best.segment.start
        and other.fullness * 2 >= best.fullness
        and _differs(best.reading, other.reading)
        and _opens_section(stream, other.segment)
    )


def _joined(stream: Sequence[Row], best: Candidate, other: Candidate, row_ids: list[str]) -> list[Flag]:
    """That rows were taken from another place: they are the table's own only where nothing stands between."""
    table_id = best.reading.table_id
    first, second = sorted((best.segment, other.segment), key=lambda segment: segment.start)
    if not parted(stream, first.end, second.start):
        return [Flag("split_table", "info", "the table stands in pieces", table_id)]
    message = "the row stands in another table, with other text between it and the rest"
    return [Flag("split_table", "warning", message, table_id, row_id) for row_id in row_ids]


def _differs(one: TableReading, other: TableReading) -> bool:
    return any(
        cell.text is not None
        and other.cells[key].text is not None
        and cell.text.strip() != other.cells[key].text.strip()  # type: ignore[union-attr]
        for key, cell in one.cells.items()
        if key in other.cells
    )
