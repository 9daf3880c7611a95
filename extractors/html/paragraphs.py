"""Text on its way into paragraphs: what browsers make of white space, breaks, and things that are no text."""

from __future__ import annotations

import re

from extractors.document import Block, Paragraph
from extractors.grid import UNREAD, UNREADABLE
from extractors.html import style
from extractors.raised import Pieces

_SPACE = re.compile(r"[ \t\n\r\f]+")
_INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufeff\u00ad]")
_INDENT = re.compile(r"(?:\u3000|\xa0{2}|[\xa0 ]{4})")
_UNREAD, _APART = "\x1e", "\x1f"  # stand in a line until it is whole; space to what reads its pieces
_MARKS, _SOFT_BREAK = 1, 2  # what a run holds besides text
_MARKED = re.compile(r"(\d?)([\x1e\x1f]+)(?=(\d?))")


class Flow:
    """Text on its way into paragraphs: a run of lines (parted by <br>) until a block element ends it."""

    __slots__ = ("_after_space", "_empty", "_lines", "_marked", "_pictures", "blocks", "level")

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.level: int | None = None
        self._lines = [Pieces()]
        self._empty = True  # nothing has come since the last paragraph
        self._after_space = True
        self._pictures: list[Block] = []
        self._marked = 0

    def picture(self, places: list[Block]) -> None:
        """A picture, which stands after the text that it stands in."""
        self._pictures.extend(places)
        self._empty = False

    def add(self, text: str, preformatted: bool = False, raised: bool = False) -> None:
        self._empty = False
        if text.isalnum() and not preformatted:  # most cells: no space to fold, no sign to leave out
            self._lines[-1].add(text, raised)
            self._after_space = False
            return
        text = _INVISIBLE.sub("", text)
        if preformatted:
            first, *others = text.splitlines() or [""]
            self._lines[-1].add(first, raised)
            for other in others:
                self._lines.append(Pieces())
                self._lines[-1].add(other, raised)
            self._after_space = False
            return
        text = _SPACE.sub(" ", text)
        if self._after_space and text.startswith(" "):
            text = text[1:]
        if text:
            self._lines[-1].add(text, raised)
            self._after_space = text.endswith(" ")

    def part(self, how: int) -> None:
        """The text that follows stands apart from that before it, or on a line of its own."""
        line = self._lines[-1]
        if how == style.APART:
            line.add(_APART)
            self._marked |= _MARKS
        elif str(line).strip():
            self._lines.append(Pieces())
            self._after_space = True
            self._marked |= _SOFT_BREAK

    def unread(self) -> None:
        """Something that shows stands here, and is no text."""
        self._lines[-1].add(_UNREAD)
        self._marked |= _MARKS
        self._empty = False

    def line_break(self) -> None:
        if self._marked & _SOFT_BREAK:
            self._marked &= ~_SOFT_BREAK
            if not str(self._lines[-1]).strip():
                return
        self._lines.append(Pieces())
        self._after_space, self._empty = True, False

    def end_paragraph(self) -> None:
        """Close the run: one paragraph, or several where an empty line or an indent shows that they are several."""
        if self._empty:
            return
        lines = [str(pieces) for pieces in self._lines]
        self._lines, self._after_space, self._empty = [Pieces()], True, True
        lost = False
        if self._marked:
            lost = any(_UNREAD in line for line in lines)
            lines = [_without_marks(line) for line in lines]
            self._marked = 0
        if len(lines) == 1:
            shown = lines[0].replace("\xa0", " ").strip()
            if shown:
                self._emit([shown])
        else:
            self._emit_parts(lines)
        if lost:
            self.blocks.append(UNREAD)
        if self._pictures:
            self.blocks.extend(self._pictures)
            self._pictures = []

    def _emit_parts(self, lines: list[str]) -> None:
        paragraph: list[str] = []
        for line in lines:
            shown = line.replace("\xa0", " ").strip()
            if paragraph and (not shown or _INDENT.match(line)):
                self._emit(paragraph)
                paragraph = []
            if shown:
                paragraph.append(shown)
        if paragraph:
            self._emit(paragraph)

    def _emit(self, lines: list[str]) -> None:
        self.blocks.append(Paragraph("\n".join(lines), level=self.level))


def _without_marks(line: str) -> str:
    """A line with what its marks mean for it: a figure beside something unread is part of a number unknown."""
    return _MARKED.sub(_meaning, line)


def _meaning(marks: re.Match[str]) -> str:
    before, between, after = marks.groups()
    if _UNREAD in between:
        return f"{before}{UNREADABLE}" if before or after else ""
    return f"{before} " if before and after else before
