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
from extractors.grid import UNREADABLE, Draft, Unread, settle
from extractors.html import style
from extractors.html.paragraphs import Flow
from extractors.html.style import BLOCK, Look, Styles

if TYPE_CHECKING:
    from lxml.etree import _Element

_GROUPS = frozenset(("thead", "tbody", "tfoot"))
_UNSEEN_INPUT_NAMES = "hidden button submit reset image checkbox radio password file color range"
_UNSEEN_INPUTS = frozenset(_UNSEEN_INPUT_NAMES.split())
_BUTTONS = frozenset(("button", "submit", "reset"))
_SHOWING = frozenset(("br", "img", "input"))
_MAX_UNSEEN = 5
_LEADING_NUMBER = re.compile(r"\s*\+?(\d{1,9})")
_FIGURES = re.compile(r"\d+")
_SPECK = 3  # CSS pixels of what holds cells open, and shows nothing
_SIZE = re.compile(r"(?:^|;)\s*(?:width|height)\s*:\s*(\d{1,6})(?:\.\d*)?\s*px", re.IGNORECASE)
_SPECK_DATA = "R0lGODlhAQAB"  # a GIF of one pixel


@dataclass(slots=True)
class _Cell:
    row_span: int
    col_span: int
    flow: Flow
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

    outer: Flow
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
        self._flows = [Flow()]
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
        flow = Flow()
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
