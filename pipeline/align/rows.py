"""A document as one stream of rows, whatever its layout: the rows of its tables and the lines of its text, in order.

Every row is a list of cells with their texts and places. A line of text is cut into tokens; numbers, signs and units
that belong together stay together. Nothing is bound to a meaning here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import regex

from extractors.document import Cell, Document, Paragraph, Table
from pipeline import vocabulary
from pipeline.align.labels import bare, row_key
from pipeline.numerals import is_value

_UNREADABLE = "\ufffd"
_HAN = regex.compile(r"\p{Han}")
_SENTENCE = regex.compile(r"[。；！？]")
_CLAUSE = regex.compile(r"(?<!\p{Nd})[，,、；](?!\p{Nd})")
_SIGN = regex.compile(r"^(?:增加了?|减少了?|新增|增长|下降|增|减|\+)$")
_LOOSE_NUMBER = regex.compile(r"(?<!\d)(\d)\s+(?=[.．、]\s*\p{Han})")  # the number of a label: 1 .属于国家秘密
_POINTS = (",", "，", ".", "．")
_OPEN_NUMBER = regex.compile(r"^[-+]?\p{Nd}[\p{Nd},，]*[,，.．]$")
_DIGITS = regex.compile(r"^\p{Nd}")
_MEASURE = regex.compile(r"^(?:[百千]?万元|亿元|千元|元|项|件|条|个|次|宗|起|份|家|人)$")
_NUMBERED = regex.compile(r"(?=(?<!\d)\d{1,2}\s*[.．、])|(?=[(（]\s*[一二三四五六七八九十]\s*[)）])")
_PAGE_NUMBER = regex.compile(
    r"^\s*(?:[-—–－_·•~]+\s*\d{1,4}\s*[-—–－_·•~]+|第\s*\d{1,4}\s*页.*|\d{1,4}\s*/\s*\d{1,4})\s*$"
)


@dataclass(frozen=True, slots=True)
class Slot:
    """One cell of a row: its verbatim text, its columns [start, end) and its place in the source."""

    text: str
    start: int
    end: int
    line: int | None = None
    confidence: float | None = None
    bbox: tuple[float, float, float, float] | None = None
    alternatives: tuple[str, ...] = ()

    @property
    def blank(self) -> bool:
        return not self.text.strip()


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table, or a line of text. `layout` is grid (columns known), ragged (columns counted) or text."""

    slots: tuple[Slot, ...]
    layout: str
    block: int  # index of the block in the document
    page: int | None
    line: int | None
    width: int = 0  # columns of the table
    prose: bool = False
    heading: bool = False

    @property
    def text(self) -> str:
        return "".join(slot.text for slot in self.slots)


def rows(document: Document) -> list[Row]:
    """All rows of a document, in reading order, without page numbers that stand alone and running heads."""
    found: list[Row] = []
    furniture = _furniture(document)
    for index, block in enumerate(document.blocks):
        if isinstance(block, Table):
            found.extend(_table_rows(block, index))
        elif index not in furniture:
            found.append(_text_row(block, index))
    return found


def _furniture(document: Document) -> set[int]:
    """The blocks that belong to the page and not to the text, which would part a table that a page break cuts:
    page numbers, and lines that open or close two pages or more."""
    numbers = {i for i, b in enumerate(document.blocks) if isinstance(b, Paragraph) and _PAGE_NUMBER.match(b.text)}
    edges: dict[str, set[int]] = {}
    for i, block in _edges(document, numbers):
        number = block.text.strip()
        if number.isascii() and number.isdigit() and abs(int(number[:4]) - (block.page or 0)) <= 2:
            numbers.add(i)
    for _, block in _edges(document, numbers):
        if not is_value(block.text):
            edges.setdefault(block.text, set()).add(block.page or 0)
    heads = {text for text, pages in edges.items() if len(pages) > 1}
    return numbers | {i for i, b in enumerate(document.blocks) if isinstance(b, Paragraph) and b.text in heads}


def _edges(document: Document, without: set[int]) -> Iterator[tuple[int, Paragraph]]:
    """The first and last paragraphs of each page, where the format has pages."""
    blocks = [(i, block) for i, block in enumerate(document.blocks) if i not in without]
    for place, (i, block) in enumerate(blocks):
        if isinstance(block, Paragraph) and block.page is not None:
            first = place == 0 or blocks[place - 1][1].page != block.page
            last = place + 1 == len(blocks) or blocks[place + 1][1].page != block.page
            if first or last:
                yield i, block


def _text_row(paragraph: Paragraph, index: int) -> Row:
    text = paragraph.text
    prose = is_prose(text)
    if prose:
        slots: tuple[Slot, ...] = (Slot(text, 0, 1, paragraph.line),)
    else:
        slots = tuple(Slot(token, i, i + 1, paragraph.line) for i, token in enumerate(_tokens(text)))
    return Row(slots, "text", index, paragraph.page, paragraph.line, len(slots), prose, paragraph.level is not None)


def is_prose(text: str) -> bool:
    """Whether a paragraph is running text rather than a label, a heading or a line of figures."""
    if len(text) < 30:
        return bool(_SENTENCE.search(text)) and len(_HAN.findall(text)) > 8
    if _SENTENCE.search(text):
        return True
    return len(_CLAUSE.findall(text)) >= 4 and len(regex.findall(r"\s\d+(?=\s|$)", text)) < 5


def _tokens(text: str) -> list[str]:
    """The words of a line; a sign stays with its number, a number with its unit. A lone tab is an empty cell."""
    words = _LOOSE_NUMBER.sub(lambda match: match[1], text).split()
    if not words:
        return [""]
    merged: list[str] = []
    for word in words:
        last = merged[-1] if merged else ""
        if word[0].isdigit():
            parted = last[-1:] in _POINTS and _OPEN_NUMBER.match(last) and _DIGITS.match(word)  # 81, 934
            belongs = _SIGN.match(last) or parted
        else:
            belongs = None
        if belongs or (last[-1:].isdigit() and _MEASURE.match(word)):
            merged[-1] += " " + word
        else:
            merged.append(word)
    return merged


def _table_rows(table: Table, index: int) -> Iterator[Row]:
    layout = "grid" if table.gridded else "ragged"
    by_row: dict[int, list[Cell]] = {}
    for cell in table.cells:
        by_row.setdefault(cell.row, []).append(cell)
    for r in range(table.n_rows):
        cells = sorted(by_row.get(r, ()), key=lambda cell: cell.col)
        line = next((cell.line for cell in cells if cell.line is not None), table.line)
        for part in _unfused(cells):
            yield Row(tuple(part), layout, index, table.page, line, table.n_cols)


def _slot(cell: Cell, text: str, alternatives: tuple[str, ...]) -> Slot:
    return Slot(text, cell.col, cell.col + max(cell.col_span, 1), cell.line, cell.confidence, cell.bbox, alternatives)


def _unfused(cells: list[Cell]) -> Iterator[list[Slot]]:
    """The rows that one table row holds: several where its value cells hold equally many lines of numbers each, and one
    of its other cells as many labels. Without these the lines are the digits of numbers wrapped in narrow cells."""
    lines = [[line for line in cell.text.split("\n") if line.strip()] for cell in cells]
    numbers = [all(map(is_value, its)) and bool(its) for its in lines]
    counts = [len(its) for its, are in zip(lines, numbers, strict=True) if are and len(its) >= 2]
    labels = [cell.text for cell, are in zip(cells, numbers, strict=True) if not are]
    if len(counts) < 4 or len(set(counts)) != 1 or not any(_labels_of(text, counts[0]) for text in labels):
        yield [_slot(cell, cell.text, cell.alternatives) for cell in cells]
        return
    count = counts[0]
    columns = [_parts_of(cell.text, count, are) for cell, are in zip(cells, numbers, strict=True)]
    for i in range(count):
        yield [
            _slot(cell, parts[i], cell.alternatives if parts[i] == cell.text else ())
            for cell, parts in zip(cells, columns, strict=True)
        ]


def _parts_of(text: str, count: int, is_number: bool) -> list[str]:
    """A cell of fused rows cut into `count` rows: by its labels or its lines. A number that is none of as many could
    be that of any row; any other text stands in the first."""
    parts = _labels_of(text, count) or text.split("\n")
    if len(parts) != count:
        parts = [part for part in parts if part.strip()]
    if len(parts) == count:
        return parts
    return [_UNREADABLE] * count if is_number else [text] + [""] * (count - 1)


def _labels_of(text: str, count: int) -> list[str]:
    """The labels that a cell holds, if they are `count`: each with a number of its own, or naming a row of its own."""
    numbered = [part.strip() for part in _NUMBERED.split(text) if part.strip()]
    if len(numbered) == count and all(_NUMBERED.match(part) and _HAN.search(part) for part in numbered):
        return numbered
    parts = [part for part in text.split("\n") if part.strip()]
    if len(parts) == count and any(
        len({row_key(bare(part), template, table_id) or "" for part in parts} - {""}) == count
        for template in vocabulary.TEMPLATES
        for table_id in vocabulary.TABLES
    ):
        return parts
    return []
