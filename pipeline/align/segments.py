"""Where in a document each statutory table stands, and of which form: told by the tables' own labels.

Decoys (catalogues, staff lists, screenshots, tables of other years) hold some of the words too; a table is taken for
statutory when enough different labels of its form stand close together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

import regex

from pipeline import vocabulary
from pipeline.align.labels import bare, column_key, matcher, row_key
from pipeline.align.rows import Row
from pipeline.numerals import is_value

# What tells the forms apart; labels that both forms share say nothing.
_GAP_TEXT, _GAP_TABLE = 45, 14
_TRAIL = 90
_WEAK = {"其他", "总计", "合计", "企业", "公民", "上年结转", "规章", "行政复议"}
_HAN = regex.compile(r"\p{Han}")
_SECTION = regex.compile(r"情况\s*$|^\s*[一二三四五六七八九十]{1,2}\s*[、.．]\s*\p{Han}{2,}")
_CAPTION = regex.compile(r"\s*#*\s*[一二三四五六七八九十]{1,2}\s*[、.．]|.*情况\s*$")


@dataclass(frozen=True, slots=True)
class Hit:
    row: int  # index into the rows
    axis: str  # row | column
    key: str
    template: str | None  # where the label belongs to one form only
    weak: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """The rows [start, end) that hold one statutory table, with the labels found there."""

    table_id: str
    start: int
    end: int
    hits: tuple[Hit, ...]

    def labels(self, axis: str) -> set[str]:
        return {hit.key for hit in self.hits if hit.axis == axis}

    @property
    def strength(self) -> int:
        return len({(hit.axis, hit.key) for hit in self.hits if not hit.weak})


def chunks(row: Row) -> list[str]:
    """The bare label texts of a row: each cell that is no value; in a line, each run of words between values."""
    if row.prose:
        return []
    if row.layout != "text":
        return [text for slot in row.slots if not is_value(slot.text) and (text := bare(slot.text))]
    found, run = [], ""
    for slot in row.slots:
        if is_value(slot.text):
            found.append(run)
            run = ""
        else:
            run += slot.text
    found.append(run)
    texts = [text for chunk in found if (text := bare(chunk))]
    if len(row.slots) > len(found):  # a header's words stand side by side in a line
        texts += [text for slot in row.slots if not is_value(slot.text) and (text := bare(slot.text)) not in texts]
    return [text for text in texts if text]


@cache
def _characters(table_id: str) -> frozenset[str]:
    """Every character of the labels of a table, over all forms."""
    return frozenset().union(
        *(
            matcher(template, table_id, axis).characters
            for template in vocabulary.TEMPLATES
            for axis in ("row", "column")
        )
    )


def _named(text: str, table_id: str) -> tuple[tuple[str, str, str | None, bool], ...]:
    """What a bare text names in a table: (axis, key, template if of one form only, weak)."""
    characters = _characters(table_id)
    if sum(1 for c in text if c in characters) < 0.6 * len(text):
        return ()
    found = []
    for axis, key_of in (("row", row_key), ("column", column_key)):
        keys = {template: key_of(text, template, table_id) for template in vocabulary.TEMPLATES}
        named = {key for key in keys.values() if key}
        for key in sorted(named):
            templates = [template for template, k in keys.items() if k == key]
            only = templates[0] if len(templates) == 1 else None
            found.append((axis, key, only, len(text) < 3 or text in _WEAK))
    return tuple(found)


@lru_cache(maxsize=20_000)
def _named_anywhere(text: str) -> tuple[tuple[str, str, str, str | None, bool], ...]:
    """What a bare text names in any table: (table_id, axis, key, template if of one form only, weak)."""
    if len(text) > 60:
        return ()
    return tuple((table_id, *named) for table_id in vocabulary.TABLES for named in _named(text, table_id))


def find_segments(rows: list[Row], labels: Sequence[list[str]]) -> dict[str, list[Segment]]:
    """All places that may hold each statutory table, best first; `labels` are the `chunks` of each row. Every table_id
    is a key."""
    hits: dict[str, list[Hit]] = {table_id: [] for table_id in vocabulary.TABLES}
    for index, (row, texts) in enumerate(zip(rows, labels, strict=True)):
        if not texts or len(texts) > 40:
            continue
        for text in texts:
            for table_id, axis, key, only, weak in _named_anywhere(text):
                hits[table_id].append(Hit(index, axis, key, only, weak))
        if len(texts) > 1 and row.layout != "text":
            for table_id, axis, key, only, weak in _named_anywhere("".join(texts)):
                if axis == "row":
                    hits[table_id].append(Hit(index, axis, key, only, weak))
    strong = {
        table_id: {hit.row for hit in found if not hit.weak and (hit.axis == "column" or table_id != "proactive")}
        for table_id, found in hits.items()
    }
    result = {}
    for table_id, found in hits.items():
        others = set().union(*(rows_ for other, rows_ in strong.items() if other != table_id)) - strong[table_id]
        grouped = [s for s in _grouped(table_id, found, rows, others) if _is_statutory(s, rows)]
        segments: list[Segment] = []
        for i, segment in enumerate(grouped):
            low = grouped[i - 1].end if i else 0
            high = grouped[i + 1].start if i + 1 < len(grouped) else len(rows)
            wide = _extended(segment, rows, others)
            start = max(wide.start, low)
            if segments:
                start = _after_figures(rows, start, min(segments[-1].end, segment.start), table_id)
            segments.append(replace(wide, start=start, end=min(wide.end, high)))
        result[table_id] = sorted(segments, key=lambda s: (-s.strength, s.start))
    return result


def _grouped(table_id: str, hits: list[Hit], rows: list[Row], others: set[int]) -> list[Segment]:
    """Hits that stand close to each other, cut where the table begins anew."""
    groups: list[list[Hit]] = []
    for hit in hits:
        if hit.weak and hit.row in others:
            continue
        if groups and not _breaks(groups[-1], hit, rows, others, table_id):
            groups[-1].append(hit)
        else:
            opening: list[Hit] = []
            while groups and groups[-1] and _opens(groups[-1][-1], hit, rows):
                opening.insert(0, groups[-1].pop())
            groups.append([*opening, hit])
    segments = []
    for group in groups:
        edges = [hit.row for hit in group if not hit.weak]
        if edges:
            low, high = _block_of(rows, edges[0]), _block_of(rows, edges[-1])
            inner = tuple(hit for hit in group if low <= _block_of(rows, hit.row) <= high)
            inner = tuple(hit for hit in inner if rows[hit.row].layout != "text" or edges[0] <= hit.row <= edges[-1])
            segments.append(Segment(table_id, inner[0].row, inner[-1].row + 1, inner))
    return segments


def _block_of(rows: list[Row], index: int) -> int:
    return rows[index].block


def _opens(earlier: Hit, hit: Hit, rows: list[Row]) -> bool:
    """Whether an earlier hit is of the header of the table that a hit begins: in its block, or the names of columns
    between two tables of text."""
    if rows[hit.row].layout != "text":
        return rows[earlier.row].block == rows[hit.row].block
    return earlier.axis == "column" and rows[earlier.row].layout == "text" and hit.row - earlier.row <= 12


def _breaks(group: list[Hit], hit: Hit, rows: list[Row], others: set[int], table_id: str) -> bool:
    last = group[-1].row
    if hit.row == last:
        return False
    between = range(last + 1, hit.row)
    tabular = rows[last].layout != "text" and rows[hit.row].layout != "text"
    if len(between) > (_GAP_TABLE if tabular else _GAP_TEXT):
        return True
    # Prose or a caption between two tables parts them; a table cut by a page goes on right after it.
    parts = sum(1 for i in between if rows[i].prose) + any(_is_caption(rows[i]) for i in between)
    if parts >= (1 if tabular else 2) or any(i in others for i in between):
        return True
    return _begins_anew(group, hit, rows, table_id)


def _begins_anew(group: list[Hit], hit: Hit, rows: list[Row], table_id: str) -> bool:
    """Whether a row's label opens the table a second time: one of its first rows again, after most of them."""
    if hit.axis != "row":
        return False
    order = list(vocabulary.form("2021", table_id).rows)
    seen = {h.key for h in group if h.axis == "row"}
    if hit.key not in seen or hit.key not in order[: max(1, len(order) // 2)]:
        return False
    if table_id == "review_litigation":  # its one row of results has no label: a new block is the only sign
        return (
            hit.key == order[0]
            and rows[hit.row].layout != "text"
            and all(rows[h.row].block != rows[hit.row].block for h in group if h.key == hit.key)
        )
    return len(seen) >= 0.6 * len(order)


def parted(rows: Sequence[Row], start: int, end: int) -> bool:
    """Whether text stands between two pieces of a table that belongs to neither: prose, a caption, another title."""
    between = rows[start:end]
    return any(row.prose or _is_caption(row) or (row.layout == "text" and bare(row.text)) for row in between)


def _is_caption(row: Row) -> bool:
    return row.heading or (row.layout == "text" and bool(_SECTION.search(row.text)))


def _is_statutory(segment: Segment, rows: list[Row]) -> bool:
    row_keys = {hit.key for hit in segment.hits if hit.axis == "row"}
    strong_rows = {hit.key for hit in segment.hits if hit.axis == "row" and not hit.weak}
    columns = {hit.key for hit in segment.hits if hit.axis == "column" and not hit.weak}
    if segment.table_id == "requests":
        return len(strong_rows) >= 4 or (len(columns) >= 4 and len(strong_rows) >= 1)
    if segment.table_id == "review_litigation":
        return ("litigation_direct" in row_keys or "litigation_after_reconsideration" in row_keys) or len(columns) >= 3
    valued = sum(1 for hit in segment.hits if hit.axis == "row" and any(is_value(s.text) for s in rows[hit.row].slots))
    return (len(columns) >= 1 and len(row_keys) >= 1) or (len(row_keys) >= 5 and valued >= 4)


def _extended(segment: Segment, rows: list[Row], others: set[int]) -> Segment:
    """The segment with the rows of figures right before its first and after its last label."""
    end = segment.end
    while end < len(rows) and end - segment.end < _TRAIL and end not in others:
        if not _continues(rows[end], segment.table_id) and not _resumes(rows, end, rows[segment.end - 1]):
            break
        end += 1
    start = segment.start
    figures = 0
    while start > 0 and segment.start - start < 16 and (start - 1) not in others:
        above = rows[start - 1]
        if above.layout != "text" and above.block != rows[segment.start].block:
            break  # the figures of another table
        if _figures(above) and figures < 4:
            figures += 1
        elif not _heads(above, rows[segment.start], segment.table_id):
            break
        start -= 1
    return Segment(segment.table_id, start, end, segment.hits)


def _after_figures(rows: Sequence[Row], start: int, end: int, table_id: str) -> int:
    """Where a segment may start that the one before it, which reaches to `end`, leaves its own figures: those of a
    table, and all of the reviews, whose results stand below their header. Lines of text may stand above their label."""
    for index in range(end - 1, start - 1, -1):
        if _figures(rows[index]) and (rows[index].layout != "text" or table_id == "review_litigation"):
            return index + 1
    return start


def _heads(row: Row, first: Row, table_id: str) -> bool:
    """Whether a row is one of the header rows above the first labelled row of the same table."""
    if any(is_value(s.text) for s in row.slots):
        return False
    if row.layout != "text":
        return row.block == first.block
    # In lines of text a header's first words may be torn beyond recognition; captions of sections end the table.
    return (
        first.layout == "text"
        and not row.prose
        and not row.heading
        and 0 <= len(_HAN.findall(row.text)) <= 12
        and (not _CAPTION.match(row.text) or _begins_label(bare(row.text), table_id))
    )


@lru_cache(maxsize=2_000)
def _begins_label(text: str, table_id: str) -> bool:
    return bool(text) and any(
        label.startswith(text) for label, _ in matcher("2021", table_id, "row").longest_first if label != text
    )


def _resumes(rows: list[Row], index: int, last: Row) -> bool:
    """Whether a line only interrupts the table: right after it a table of the same width goes on with figures."""
    for row in rows[index + 1 : index + 3]:
        if row.layout != "text":
            return last.layout == row.layout and row.width == last.width and _figures(row)
    return False


def _figures(row: Row) -> bool:
    return not row.prose and not row.heading and all(s.blank or is_value(s.text) for s in row.slots)


def _continues(row: Row, table_id: str) -> bool:
    if row.prose or row.heading:
        return False
    if _figures(row):
        return True
    text, name = row.text, bare(row.text)
    if name and all(c in _characters(table_id) for c in name):
        return True
    # The rest of a torn label is short and is no caption of a section.
    return (
        len(_HAN.findall(text)) <= 24
        and not regex.match(r"\s*[一二三四五六七八九十]{1,2}\s*[、.．]", text)
        and (any(is_value(s.text) and not s.blank for s in row.slots) or len(text.strip()) <= 24)
    )


def template_of(segment: Segment, rows: list[Row], labels: Sequence[list[str]]) -> tuple[str | None, int]:
    """The form that the labels of a segment speak for, and by how many labels it leads; (None, 0) if neither does."""
    text = "".join(name for names in labels[segment.start : segment.end] for name in names)
    votes = dict.fromkeys(vocabulary.TEMPLATES, 0)
    for template in vocabulary.TEMPLATES:
        votes[template] = sum(1 for label in _exclusive(template, segment.table_id) if label in text)
        votes[template] += len({h.key for h in segment.hits if h.template == template and not h.weak})
    figures = sum(1 for row in rows[segment.start : segment.end] if sum(is_value(s.text) for s in row.slots) >= 5)
    if segment.table_id == "proactive":  # which rows stand there tells the form more surely than one header does
        keys = segment.labels("row")
        votes["2019" if keys & {"other_services", "procurement"} else "2021"] += 4 if len(keys) >= 4 else 0
    if segment.table_id == "requests" and not votes["2021"] and len(segment.labels("row")) >= 12 and figures < 25:
        votes["2019"] += 1  # the form of 2019 is the other without 其他处理's three rows: it has no label of its own
    ranked = sorted(votes.items(), key=lambda item: -item[1])
    lead = ranked[0][1] - ranked[1][1]
    return (ranked[0][0], lead) if lead else (None, 0)


@cache
def _exclusive(template: str, table_id: str) -> tuple[str, ...]:
    """The bare labels that only this form has, and no label of another form contains."""
    others = "\n".join(
        bare(label.text)
        for other in vocabulary.TEMPLATES
        if other != template
        for label in vocabulary.form(other, table_id).labels
    )
    labels = vocabulary.form(template, table_id).labels
    return tuple(text for label in labels if len(text := bare(label.text)) >= 5 and text not in others)
