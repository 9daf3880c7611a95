"""The report's own prose as passages: sentences that a page break, a wrapped line or a picture cut are whole again."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from extractors.document import Document
from pipeline.noise.broken import without_pictures
from pipeline.noise.embedded import Span, pasted_in
from pipeline.prose import (
    HAN,
    Line,
    ends_open,
    is_figures,
    is_heading,
    is_page_number,
    is_prose,
    is_statutory_section,
    opens_paragraph,
    ordinary_lines,
)

_SPACE = re.compile(r"(?<!\d)[\s\u3000\u200b\ufeff*_#]+|[\s\u3000\u200b\ufeff*_#]+(?!\d)")  # not between two numbers
_WIDE = str.maketrans("０１２３４５６７８９％．＋－", "0123456789%.+-")
_HAN = re.compile(f"[{HAN}]")
_TWO_HAN = re.compile(f"[{HAN}][^{HAN}]*[{HAN}]")
_TITLE = re.compile("《[^》]{0,80}》")
_OF_A_TABLE = re.compile("主动公开政府信息|收到和处理|行政复议")
_PROSE_HAN = 10  # Chinese characters of a line that may begin a passage
_COUNTS = re.compile(r"[、：]|\d[件条份起]")
_PROSE_CELL = 60  # characters: a cell this long with a full stop is prose set in a frame


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph without spaces, digits of one width, titles in 《》 blanked; and where each part of it stands."""

    text: str
    printed: str  # the same with its titles, place for place
    heading: str  # the section's title and the nearest title above, for what the passage is about
    starts: tuple[int, ...]
    lines: tuple[Line, ...]

    def line_at(self, position: int) -> Line:
        return self.lines[bisect_right(self.starts, position) - 1]


def passages(document: Document) -> list[Passage]:
    """The passages of the report's own prose, in order; tables, pasted documents and page numbers left out."""
    return list(_passages(ordinary_lines(document), pasted_in(document)))


def _passages(found: Sequence[Line], strange: Sequence[Span]) -> Iterator[Passage]:
    foreign = {place for span in strange for place in range(span.first, span.last + 1)}
    section = heading = ""
    parts: list[Line] = []
    for place, line in enumerate(found):
        if place in foreign or is_page_number(line) or _TWO_HAN.search(line.text, 0, 200) is None:
            continue
        if is_statutory_section(line) or is_heading(line):
            yield from _join(parts, section, heading)
            parts = []
            if is_statutory_section(line):
                section, heading = line.text, ""
            else:
                heading = line.text
            continue
        if line.row:
            if len(line.text) < _PROSE_CELL or "。" not in line.text:
                continue
            yield from _join(parts, section, heading)
            parts = [line]
            continue
        if is_figures(line):
            yield from _join(parts, section, heading)
            parts = []
            continue
        if parts and _goes_on(parts[-1], line):
            parts.append(line)
            continue
        yield from _join(parts, section, heading)
        parts = [line] if is_prose(line) or _begins(line) else []
    yield from _join(parts, section, heading)


def _begins(line: Line) -> bool:
    """Whether a line that a page break may have cut short begins a passage: it enumerates or counts."""
    return len(_HAN.findall(line.text)) >= _PROSE_HAN and _COUNTS.search(line.text) is not None


def _goes_on(before: Line, line: Line) -> bool:
    return ends_open(without_pictures(before.text)) and not opens_paragraph(line.text) and not before.row


def _join(parts: Sequence[Line], section: str, heading: str) -> Iterator[Passage]:
    if not parts:
        return
    starts, texts, length = [], [], 0
    for part in parts:
        starts.append(length)
        text = _SPACE.sub("", without_pictures(part.text)).translate(_WIDE)
        texts.append(text)
        length += len(text)
    printed = "".join(texts)
    if _OF_A_TABLE.search(section) and "。" not in printed:
        return  # under a table's title what is no sentence is a part of the table
    text = _TITLE.sub(lambda title: "《" + "□" * (len(title.group()) - 2) + "》", printed)
    yield Passage(text, printed, section + heading, tuple(starts), tuple(parts))
