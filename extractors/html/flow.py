"""The walk over an HTML tree: text flows into paragraphs, table elements into grids.

Spans follow the HTML standard (section 4.9.12, forming a table), bounded. The walk keeps a stack of its own instead of
recursing: Word and broken editors nest elements by the thousand.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from extractors import limits
from extractors.document import Block, Paragraph
from extractors.grid import UNREAD, UNREADABLE, Draft, Unread, settle
from extractors.html import style
from extractors.html.style import BLOCK, Look, Styles
from extractors.raised import Pieces

if TYPE_CHECKING:
    from lxml.etree import _Element

_GROUPS = frozenset(("thead", "tbody", "tfoot"))
_UNSEEN_INPUT_NAMES = "hidden button submit reset image checkbox radio password file color range"
_UNSEEN_INPUTS = frozenset(_UNSEEN_INPUT_NAMES.split())
_BUTTONS = frozenset(("button", "submit", "reset"))
_SHOWING = frozenset(("br", "img", "input"))
_MAX_UNSEEN = 5
_SPACE = re.compile(r"[ \t\n\r\f]+")
_INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufeff\u00ad]")
_INDENT = re.compile(r"(?:\u3000|\xa0{2}|[\xa0 ]{4})")
_LEADING_NUMBER = re.compile(r"\s*\+?(\d{1,9})")
_UNREAD, _APART = "\x1e", "\x1f"  # stand in a line until it is whole; space to what reads its pieces
_MARKS, _SOFT_BREAK = 1, 2  # what a run holds besides text
_MARKED = re.compile(r"(\d?)([\x1e\x1f]+)(?=(\d?))")
_FIGURES = re.compile(r"\d+")
_SPECK = 3  # CSS pixels of what holds cells open, and shows nothing
_SIZE = re.compile(r"(?:^|;)\s*(?:width|height)\s*:\s*(\d{1,6})(?:\.\d*)?\s*px", re.IGNORECASE)
_SPECK_DATA = "R0lGODlhAQAB"  # a GIF of one pixel


class _Flow:
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


@dataclass(slots=True)
class _Cell:
    row_span: int
    col_span: int
    flow: _Flow
    line: int | None
    typed: list[str] = field(default_factory=list)
    """The values of the input fields in it."""

    def end(self) -> None:
        """A cell without text shows what stands in its fields; so does one whose text holds no figure (`件`)."""
        if not self.typed:
            return
        blocks, typed = self.flow.blocks, " ".join(self.typed)
        texts = [at for at, block in enumerate(blocks) if isinstance(block, Paragraph) and block.text]
        if not texts:
            self.flow.add(typed)
            self.flow.end_paragraph()
        elif _FIGURES.search(typed) and len(texts) == len(blocks):
            first = blocks[texts[0]]
            if isinstance(first, Paragraph) and not any(_FIGURES.search(getattr(one, "text", "")) for one in blocks):
                blocks[texts[0]] = replace(first, text=f"{typed}{first.text}")


@dataclass(slots=True)
class _Row:
    group: int
    foot: bool
    cells: list[_Cell] = field(default_factory=list)


@dataclass(slots=True)
class _Grid:
    """A table element while it is read; `outer` takes what stands inside it but in no cell, as browsers do."""

    outer: _Flow
    line: int | None
    rows: list[_Row] = field(default_factory=list)
    group: int = 0
    foot: bool = False
    row_open: bool = False

    def begin_row(self) -> None:
        self.rows.append(_Row(self.group, self.foot))
        self.row_open = True


class Walk:
    """One pass over a tree; `line` is the source line of its first line, None where lines mean nothing. `picture` tells
    the place that an <img> takes among the blocks."""

    def __init__(self, line: int | None, picture: Callable[[_Element], list[Block]] | None = None) -> None:
        self.notes: list[str] = []
        self._picture = picture
        self._line = line
        self._flows = [_Flow()]
        self._open: list[tuple[_Element, _Grid | None]] = []  # open tables and, with None, open cells
        self._cells: list[_Cell] = []  # those open
        self._preformatted = 0
        self._look = Look()
        self._plain = True  # shown as it is written
        self._looks: list[tuple[_Element, Look, int]] = []  # elements that change the look, that around, how parted
        self._unseen: list[str] = []

    def blocks_of(self, root: _Element, sheets: bool = True) -> list[Block]:
        """The tree's blocks; with `sheets`, without what the page's own style sheets hide."""
        from lxml import etree

        styles = Styles(root, sheets)
        events = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
        dropped: _Element | None = None
        for event, element in events:
            if event == "start":
                look = styles.look(element, self._look)
                if look is None:
                    dropped = element
                    if element.tag == "textarea":
                        self._typed(element.text)
                    elif element.tag in style.UNREAD and styles.takes_place(element):
                        self._unread(element)
                    events.skip_subtree()
                    continue
                self._start(element, look)
            elif event == "end" and dropped is None:
                self._end(element)
            if event != "start":
                dropped = None
                if element.tail and element is not root:
                    self._text(element.tail)
            elif element.text:
                self._text(element.text)
        self._flows[0].end_paragraph()
        if self._unseen:
            self.notes.append(f"struck or invisible text was left out: {', '.join(self._unseen)}")
        return [block for block in self._flows[0].blocks if not isinstance(block, Unread)]

    @property
    def _grid(self) -> _Grid | None:
        """The table whose rows are being read, None inside a cell and outside tables."""
        return self._open[-1][1] if self._open else None

    def _text(self, text: str) -> None:
        if self._grid is not None and not text.strip():
            return
        if self._plain:
            self._flows[-1].add(text, self._preformatted > 0, self._look.raised)
        elif self._look.is_shown:
            self._flows[-1].add(_FIGURES.sub(UNREADABLE, text), self._preformatted > 0, self._look.raised)
        elif len(self._unseen) < _MAX_UNSEEN and any(character.isdigit() for character in text):
            self._unseen.append(" ".join(text.split())[:20])

    def _typed(self, value: str | None) -> None:
        if self._cells and self._look.is_shown and (value or "").strip():
            self._cells[-1].typed.append((value or "").strip())

    def _unread(self, element: _Element) -> None:
        """What shows in a cell and is no text: a number may stand in it."""
        if self._cells and self._grid is None and self._look.is_shown and not _is_speck(element):
            self._flows[-1].unread()

    def _inline(self, element: _Element) -> None:
        """An element of a line that shows something besides its text."""
        tag = element.tag
        if tag == "br":
            self._flows[-1].line_break()
        elif tag == "img":
            self._unread(element)
            if self._picture is not None and not self._look.hidden:
                self._flows[-1].picture(self._picture(element))
        elif tag == "input":
            kind, value = (element.get("type") or "").lower(), element.get("value")
            if kind not in _UNSEEN_INPUTS:
                self._typed(value)
            elif kind in ("image", "range") or (kind in _BUTTONS and _FIGURES.search(value or "")):
                self._unread(element)

    def _start(self, element: _Element, look: Look) -> None:
        tag = element.tag
        grid = self._grid
        if look is not self._look and look != self._look:
            self._looks.append((element, self._look, look.parted))
            if look.parted:
                self._flows[-1].part(look.parted)
                look = look._replace(parted=0)
            self._look, self._plain = look, look.is_shown and not look.turned
        if tag not in BLOCK:
            if tag in _SHOWING:
                self._inline(element)
            return
        if grid is not None and tag in ("td", "th"):
            self._begin_cell(element, grid)
            return
        self._flows[-1].end_paragraph()
        if tag == "table" and len(self._open) < 2 * limits.MAX_DEPTH:
            self._open.append((element, _Grid(self._flows[-1], self._line_of(element))))
        elif grid is not None and tag in _GROUPS:
            grid.group += 1
            grid.foot, grid.row_open = tag == "tfoot", False
        elif grid is not None and tag == "tr":
            grid.begin_row()
        elif tag == "pre":
            self._preformatted += 1
        elif len(tag) == 2 and tag[0] == "h" and tag[1] in "123456":
            self._flows[-1].level = int(tag[1])

    def _end(self, element: _Element) -> None:
        tag = element.tag
        if self._looks and self._looks[-1][0] is element:
            _, self._look, parted = self._looks.pop()
            self._plain = self._look.is_shown and not self._look.turned
            if parted:
                self._flows[-1].part(parted)
        if tag not in BLOCK:
            return
        self._flows[-1].end_paragraph()
        opened, grid = self._open[-1] if self._open else (None, None)
        if opened is element:
            self._open.pop()
            if grid is None:
                self._cells.pop().end()
                self._flows.pop()
            else:
                self._end_table(grid)
        elif grid is not None and tag in _GROUPS:
            grid.group += 1
            grid.foot, grid.row_open = False, False
        elif grid is not None and tag == "tr":
            grid.row_open = False
        elif tag == "pre":
            self._preformatted -= 1
        elif len(tag) == 2 and tag[0] == "h" and tag[1] in "123456":
            self._flows[-1].level = None
        elif tag == "li" and not element.text and not len(element) and _is_numbered(element):
            self._unread(element)
            self._flows[-1].end_paragraph()

    def _begin_cell(self, element: _Element, grid: _Grid) -> None:
        if not grid.row_open:
            grid.begin_row()
        flow = _Flow()
        row_span, col_span = _span(element.get("rowspan"), zero=0), _span(element.get("colspan"), zero=1)
        self._cells.append(_Cell(row_span, col_span, flow, self._line_of(element)))
        grid.rows[-1].cells.append(self._cells[-1])
        self._flows.append(flow)
        self._open.append((element, None))

    def _end_table(self, grid: _Grid) -> None:
        rows = sorted(grid.rows, key=lambda row: row.foot)  # a browser shows the foot last, wherever it stands
        blocks, notes = settle(place(rows), line=grid.line)
        grid.outer.blocks.extend(blocks)
        self.notes.extend(notes)

    def _line_of(self, element: _Element) -> int | None:
        if self._line is None:
            return None
        at: Any = element.sourceline
        return None if at is None else self._line + int(at) - 1


def _is_speck(element: _Element) -> bool:
    """Whether an element states that it is too small to show anything."""
    stated = [element.get("width"), element.get("height"), *_SIZE.findall(element.get("style") or "")]
    if any(match and int(match[1]) <= _SPECK for match in (_LEADING_NUMBER.match(size or "") for size in stated)):
        return True
    source = (element.get("src") or "").strip() if element.tag == "img" else ""
    return source.startswith("data:") and _SPECK_DATA in source[:60]


def _is_numbered(item: _Element) -> bool:
    parent = item.getparent()
    return parent is not None and parent.tag == "ol"


def place(rows: list[_Row]) -> list[Draft]:
    """Rows of cells with their spans → cells at their slots."""
    ends: dict[int, int] = {}
    for index, row in enumerate(rows):
        ends[row.group] = index + 1
    drafts: list[Draft] = []
    group, taken_until = -1, [0] * (limits.MAX_COLUMNS + 1)
    for index, row in enumerate(rows):
        if row.group != group:
            group, taken_until = row.group, [0] * (limits.MAX_COLUMNS + 1)
        col = 0
        for cell in row.cells:
            while col < limits.MAX_COLUMNS and taken_until[col] > index:
                col += 1
            if col >= limits.MAX_COLUMNS:
                break
            end = col + 1
            while end < min(col + cell.col_span, limits.MAX_COLUMNS) and taken_until[end] <= index:
                end += 1
            row_span = min(cell.row_span or len(rows), ends[group] - index)
            for slot in range(col, end):
                taken_until[slot] = index + row_span
            drafts.append(Draft(index, col, tuple(cell.flow.blocks), row_span, end - col, cell.line))
            col += cell.col_span
    return drafts


def _span(attribute: str | None, zero: int) -> int:
    """A span attribute as browsers read it: its leading digits, 1 where there are none."""
    if attribute is None:
        return 1
    match = _LEADING_NUMBER.match(attribute)
    number = int(match[1]) if match else 1
    return min(number, limits.MAX_COLUMNS if zero else limits.MAX_SLOTS) or zero
