"""The rows of figures of one statutory table, whatever its layout, each with the label text around it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import regex

from pipeline.align.labels import bare, column_key, matcher, resembles_label, row_key
from pipeline.align.rows import Row, Slot
from pipeline.align.segments import Segment
from pipeline.numerals import is_value
from pipeline.vocabulary import form

_COUNTED = frozenset(("件", "条", "项", "个", "次", "宗", "份", "件次", "项次"))
_BROKEN_FIGURE = regex.compile(
    r"(?=\P{Nd}*\p{Nd})(?![(（]?\p{Nd}{1,2}[)）.．、]$)[^\p{Han}]{1,20}|\p{Nd}[\p{Nd},，.]*\s*[(（].{1,20}"
)
_NUMBERED = regex.compile(
    r"\s*(?:[(（]\s*[一二三四五六七八九十]{1,2}\s*[)）]|[一二三四五六七八九十\d]{1,2}\s*[.．、,，])"
)


@dataclass(slots=True)
class Item:
    """One row of figures: its values, the bare label of its own row, and the bare text since the figures before."""

    row: Row
    values: list[Slot]
    own: str
    leaf: str
    printed: str  # the label as printed, for flags
    before: str = ""
    after: str = ""
    alone: bool = False  # its values stand one to a line
    label_line: int | None = None  # the line of the label before them
    key: str | None = None
    how: str = ""  # own | near | torn | like | sequence | order

    @property
    def filled(self) -> int:
        return len([1 for slot in self.values if slot.text.strip()])


def items_of(rows: Sequence[Row], segment: Segment, template: str, width: int) -> list[Item]:
    """The rows of figures of a segment, in order."""
    items: list[Item] = []
    pending = _Pending()
    for row in rows[segment.start : segment.end]:
        if row.prose:
            continue
        for labels, values in _parts(row, template, segment.table_id):
            own = bare("".join(slot.text for slot in labels))
            leaf = bare(labels[-1].text) if labels else ""
            if not values or _is_label_only(row, values, leaf, own, template, segment.table_id):
                named = [_names_column(slot.text, template, segment.table_id) for slot in labels]
                pending.take(labels, named, row.line, any(item.filled for item in items))
                continue
            if _alone(row, values) and not pending.text and items and _joins(items[-1], row, values, width):
                continue
            label = "".join(slot.text for slot in labels) or pending.printed
            before, line = pending.text + own, pending.line
            items.append(Item(row, values, own, leaf, label, before, alone=_alone(row, values), label_line=line))
            pending = _Pending()
    items, rest = _without_empty(items, template, segment.table_id)
    items = _rejoined(items, template, segment.table_id)
    for item, following in pairwise(items):
        item.after = following.before
    if items:
        items[-1].after = rest + pending.text
    printed = {row.line for row in rows[segment.start : segment.end] if row.line is not None and row.text.strip()}
    _count_lines(items, width, printed)
    return [part for item in items for part in _cut_runs(item, width)]


@dataclass(slots=True)
class _Pending:
    """The label text met since the last figures."""

    text: str = ""
    printed: str = ""
    line: int | None = None
    heads: bool = False  # the last labels named columns

    def take(self, labels: Sequence[Slot], named: Sequence[bool], line: int | None, begun: bool) -> None:
        """Add labels, less those of the columns: `named` says which are, `begun` whether figures came before."""
        header = any(named) and (not begun or len(labels) > 1 or self.heads)
        kept = [slot.text for slot, column in zip(labels, named, strict=True) if not (column and header)]
        self.text += bare("".join(kept))
        self.printed += "".join(kept)
        self.heads, self.line = any(named), line


def _without_empty(items: list[Item], template: str, table_id: str) -> tuple[list[Item], str]:
    """The items without those of empty cells beside no row's label, whose text goes to the item after; and the rest."""
    kept: list[Item] = []
    text = ""
    for item in items:
        if item.row.layout == "text" and not item.filled and not row_key(item.before, template, table_id):
            text += item.before
            continue
        item.before = text + item.before
        text = ""
        kept.append(item)
    return kept, text


def _rejoined(items: list[Item], template: str, table_id: str) -> list[Item]:
    """A row that a page break divides, its label before the break and its figures after it, made one again."""
    kept: list[Item] = []
    for item in items:
        above = kept[-1] if kept else None
        if above is not None and not above.filled and item.filled and _divided(above, item, template, table_id):
            kept.pop()
            own, before = above.own + item.leaf, above.before + item.leaf
            item = replace(item, own=own, leaf=above.leaf + item.leaf, before=before, printed=above.printed)
        kept.append(item)
    return kept


def _divided(above: Item, below: Item, template: str, table_id: str) -> bool:
    if above.row.layout == "text" or below.row.layout == "text" or above.row.block == below.row.block:
        return False
    if not row_key(above.leaf + below.leaf, template, table_id):
        return False
    return row_key(below.leaf, template, table_id) is None


def _alone(row: Row, values: Sequence[Slot]) -> bool:
    return row.layout == "text" and len(values) == 1 and len(row.slots) == 1


def _parts(row: Row, template: str, table_id: str) -> list[tuple[list[Slot], list[Slot]]]:
    """The row cut into (label cells, value cells), anew wherever a label follows figures."""
    parts: list[tuple[list[Slot], list[Slot]]] = [([], [])]
    slots = row.slots
    for i, slot in enumerate(slots):
        labels, values = parts[-1]
        text = slot.text.strip()
        if not text and row.layout != "text":
            values.append(slot)
            continue
        if text in _COUNTED:
            continue  # a column that says 件 beside each figure
        if not text or (_is_figure(slot) and not _enumerates(slots, i, row, template, table_id)):
            values.append(slot)
        elif labels and _BROKEN_FIGURE.fullmatch(text):
            values.append(slot)  # 8B: a figure misread, never a part of the label
        elif labels and row.layout != "text" and _is_unreadable(slots, i, labels, template, table_id):
            values.append(slot)
        elif not any(not v.blank for v in values):
            labels.append(slot)
            values.clear()
        elif _is_label(slot.text, row, template, table_id):
            parts.append(([slot], []))
        else:
            values.append(slot)
    return parts


def _is_figure(slot: Slot) -> bool:
    """Whether a cell stands where a number does: it is one, another reading of it is one, or nothing of it is legible
    (U+FFFD), which is no label either."""
    text = slot.text.strip()
    return is_value(text) or (bool(text) and not text.strip("\ufffd")) or any(map(is_value, slot.alternatives))


def _is_unreadable(slots: Sequence[Slot], i: int, labels: Sequence[Slot], template: str, table_id: str) -> bool:
    """Whether words behind a row's whole label stand for its first figure (共57件, 同上), and neither are more of it
    nor a column of their own: what is no number must not pass for a cell left blank."""
    keys = filter(None, (row_key(bare(label.text), template, table_id) for label in labels))
    key = next(keys, None)
    if key is None or sum(map(_is_figure, slots[i + 1 :])) >= len(form(template, table_id).rows.get(key, ())):
        return False  # as many figures follow as the row has: a column of units, or of who counted
    name = bare(slots[i].text)
    return not name or any(c.isdigit() for c in slots[i].text) or not resembles_label(name, template, table_id)


def _enumerates(slots: Sequence[Slot], i: int, row: Row, template: str, table_id: str) -> bool:
    """Whether a lone small number in a line of text is the number of the label that follows it (1 属于国家秘密)."""
    if row.layout != "text" or len(slots[i].text) != 1 or slots[i].text not in "12345678" or i + 1 >= len(slots):
        return False
    key = row_key(bare(slots[i + 1].text), template, table_id)
    if key is None:
        return False
    label = next(text for k, text in _row_texts(template, table_id) if k == key)
    return label.startswith(slots[i].text)


def _row_texts(template: str, table_id: str) -> list[tuple[str, str]]:
    return [(label.key, label.text) for label in form(template, table_id).labels if label.axis == "row"]


def _is_label(text: str, row: Row, template: str, table_id: str) -> bool:
    """Whether words behind figures begin a new row rather than being an unreadable figure."""
    name = bare(text)
    if row_key(name, template, table_id) is not None:
        return True
    return row.layout == "text" and len(name) >= 2 and resembles_label(name, template, table_id)


def _is_label_only(row: Row, values: Sequence[Slot], leaf: str, own: str, template: str, table_id: str) -> bool:
    """Whether a row without figures is a label torn off its figures, a header or a caption, not a row left blank."""
    if any(not slot.blank for slot in values):
        return False
    if row.layout == "text":
        return bool(own) or not values
    if not own:
        return True
    return (row_key(leaf, template, table_id) or row_key(own, template, table_id)) is None or _is_header(
        row, template, table_id
    )


def _is_header(row: Row, template: str, table_id: str) -> bool:
    return sum(1 for slot in row.slots if column_key(bare(slot.text), template, table_id)) >= 2


def _names_column(text: str, template: str, table_id: str) -> bool:
    """Whether a label is a column's, as printed without the numbering that a row of the same name has (（七）总计)."""
    name = bare(text)
    return name in matcher(template, table_id, "column").keys and not _NUMBERED.match(text)


def _joins(above: Item, row: Row, values: list[Slot], width: int) -> bool:
    """One cell a line: whether a value standing alone belongs to the row above, which then takes it.

    An empty cell behind an empty line stands before the next row's label: it is taken for nothing.
    """
    if above.row.layout != "text" or not (above.alone or (above.filled < width and len(above.values) <= 1)):
        return False
    line, last = values[0].line, above.values[-1].line
    if values[0].blank and line is not None and last is not None and line - last > 1:
        return True
    above.values.extend(values)
    above.alone = True
    return True


def _count_lines(items: Sequence[Item], width: int, printed: Collection[int]) -> None:
    """One cell a line: where rows span as many lines as the form has columns, their empty lines are their empty cells.
    Lines that are `printed` and hold no figure are cells that cannot be read.

    One row alone proves nothing (an empty line may also part its label from its figures): three must agree, and every
    full row must begin right under its label.
    """
    single = [item for item in items if item.alone and item.label_line is not None]
    gapped = []
    for item in single:
        by_line = {slot.line: slot for slot in item.values if slot.line is not None}
        first = (item.label_line or 0) + 1
        if len(by_line) == len(item.values) < width and max(by_line) == first + width - 1:
            gapped.append((item, by_line, first))
        elif len(item.values) == width and item.values[0].line != first:
            return
    if len(gapped) >= 3:
        for item, by_line, first in gapped:
            others = [Slot("\ufffd" if first + i in printed else "", i, i + 1, first + i) for i in range(width)]
            item.values = [by_line.get(first + i, other) for i, other in enumerate(others)]


def _cut_runs(item: Item, width: int) -> list[Item]:
    """A run of values one to a line, cut into rows at its empty lines, or by the width, when that comes out even."""
    if not item.alone or item.filled <= width + 2 or width == 0:
        return [item]
    pieces: list[list[Slot]] = [[item.values[0]]]
    for previous, slot in pairwise(item.values):
        if previous.line is not None and slot.line is not None and slot.line - previous.line > 1:
            pieces.append([])
        pieces[-1].append(slot)
    if len(pieces) < 2 or any(len(piece) != width for piece in pieces):
        if len(item.values) % width:
            return [item]
        pieces = [item.values[i : i + width] for i in range(0, len(item.values), width)]
    first = replace(item, values=pieces[0], after="")
    rest = [replace(item, values=piece, own="", leaf="", printed="", before="", after="") for piece in pieces[1:]]
    rest[-1].after = item.after
    return [first, *rest]
