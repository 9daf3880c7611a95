"""Glyphs and rulings of one PDF page → its tables, and the glyphs that stand outside them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import pairwise
from operator import itemgetter
from statistics import median

from extractors import limits
from extractors.document import Block, Paragraph, Table
from extractors.grid import Draft, settle, without_slivers
from extractors.lines import Glyph, Line, lines_of, text_of
from extractors.ruling import Grid, Stroke, grids_of

_NARROW_COLUMN = 8.0  # points; no column of text is narrower, but borders dragged by hand miss each other by less
_LOW_ROW = 4.0
_CROSSED = 0.15
_BAND = 4.0  # points
_STACKED = 3
_PADDING = 11.0  # points that Word leaves in a cell, to both sides together
_OUTSIZED = 2.2
_NUMBERS = re.compile(r"[\d.,，+\-—－–/%]+")
_NUMBERS_AND_BLANKS = re.compile(r"[\d.,，+\-—－–/%\s]*")

Placed = tuple[float, Block]
Bound = list[tuple[Glyph, int]]
"""Glyphs that stand in a grid, each with the number of its cell."""


def tables_on(
    glyphs: Sequence[Glyph], across: Iterable[Stroke], down: Iterable[Stroke], page: int
) -> tuple[list[Placed], list[Glyph], list[str]]:
    """Blocks with their tops for all grids of two columns and more, the glyphs outside them, and notes.

    A frame around prose, a stack of cards or a box around a title is no table: its glyphs come back as free ones.
    """
    across, down = list(across), list(down)
    grids = [_Filled(grid, glyphs) for grid in _grids(across, down)]
    omitted = [stroke for one in grids for stroke in _omitted_rulings(one)]
    if omitted:
        grids = [_Filled(grid, glyphs) for grid in _grids(across + omitted, down)]
    placed: list[Placed] = []
    notes: list[str] = []
    free = glyphs
    for one in sorted(grids, key=lambda one: one.grid.area):  # a table within a cell of another is read first
        one = one.among(free)
        blocks, left, more = _table(one, page)
        if any(isinstance(block, Table) for _, block in blocks):
            placed.extend(blocks)
            notes.extend(more)
            free = [*one.outside, *left]
    return placed, list(free), notes


class _Filled:
    """A grid with those glyphs whose middle stands in it, and those `outside`. What costs something is found out when
    it is first wanted."""

    def __init__(self, grid: Grid, glyphs: Sequence[Glyph]) -> None:
        self.grid = grid
        self._glyphs = glyphs
        cells = grid.boxes_at([((x0 + x1) / 2, (top + bottom) / 2) for _, x0, top, x1, bottom, *_ in glyphs])
        pairs = _with_overruns(list(zip(glyphs, cells, strict=True)), grid)
        self.bound: Bound = [(glyph, cell) for glyph, cell in pairs if cell is not None]
        self.outside = [glyph for glyph, cell in pairs if cell is None]
        self._lines: dict[int, list[Line]] = {}

    def among(self, glyphs: Sequence[Glyph]) -> _Filled:
        """The grid with these glyphs instead; what is known of its cells is kept where it holds the same."""
        if glyphs is self._glyphs:
            return self
        other = _Filled(self.grid, glyphs)
        if other.bound != self.bound:
            return other
        self._glyphs, self.outside = glyphs, other.outside
        return self

    @cached_property
    def contents(self) -> list[list[Glyph]]:
        return _contents(self.grid, self.bound)

    @cached_property
    def stacks(self) -> dict[int, list[list[Line]]]:
        return _stacks(self)

    def lines(self, cell: int) -> list[Line]:
        if cell not in self._lines:
            self._lines[cell] = lines_of(self.contents[cell])
        return self._lines[cell]

    def text(self, cell: int) -> str:
        return text_of(self.contents[cell], self.lines(cell)) if self.contents[cell] else ""


def _grids(across: list[Stroke], down: list[Stroke]) -> list[Grid]:
    grids = grids_of(across, down, max_slots=limits.MAX_SLOTS)
    return [grid for grid in grids if len(grid.boxes) > 1 and not _is_hatching(grid)]


def _is_hatching(grid: Grid) -> bool:
    """Whether the lines stand closer than text could between them: a chart, a map, a shaded area."""
    wide = (grid.xs[-1] - grid.xs[0]) / (len(grid.xs) - 1)
    high = (grid.ys[-1] - grid.ys[0]) / (len(grid.ys) - 1)
    return wide < _NARROW_COLUMN or high < _LOW_ROW


def _table(filled: _Filled, page: int) -> tuple[list[Placed], list[Glyph], list[str]]:
    """The grid's blocks with their tops, the glyphs that it could not bind to a row, and notes."""
    grid = filled.grid
    most = _OUTSIZED * median([glyph.size for glyph, _ in filled.bound]) if filled.bound else 0.0
    # characters far larger than the table's own are a watermark or a stamp behind it
    left = [glyph for glyph, _ in filled.bound if glyph.size > most]
    if left:
        filled = _Filled(grid, [glyph for glyph, _ in filled.bound if glyph.size <= most])
    unparted = {row for row, stacks in filled.stacks.items() if stacks}
    parts: dict[int, list[Draft]] = {}
    for index, box in enumerate(grid.boxes):
        if box.row in unparted:
            left.extend(filled.contents[index])
            continue
        text = filled.text(index)
        if box.is_open and not text:
            continue
        x0, top, x1, bottom = grid.bounds(box)
        bbox = round(x0, 1), round(top, 1), round(x1, 1), round(bottom, 1)
        blocks = (Paragraph(text, page=page),) if text else ()
        part = sum(row < box.row for row in unparted) if unparted else 0
        parts.setdefault(part, []).append(Draft(box.row, box.col, blocks, box.row_span, box.col_span, bbox=bbox))
    placed: list[Placed] = []
    notes: list[str] = []
    for part in sorted(parts):
        drafts = without_slivers(parts[part], grid.xs, grid.ys, _NARROW_COLUMN, _LOW_ROW)
        settled, more = settle(drafts, page=page)
        top = min((draft.bbox[1] for draft in parts[part] if draft.bbox), default=0.0)
        # the blocks of one grid share its top: sorting is stable and keeps them in order
        placed.extend((top, block) for block in settled)
        notes.extend(more)
    return placed, left, notes


def _contents(grid: Grid, bound: Bound) -> list[list[Glyph]]:
    """The glyphs of each cell. A run of glyphs drawn across a ruling (a number too wide for its cell) stays whole and
    goes where most of it stands; one that a ruling parts neatly belongs to two cells."""
    contents: list[list[Glyph]] = [[] for _ in grid.boxes]
    across = any(one[1] != other[1] and _runs_on(one[0], other[0]) for one, other in pairwise(bound))
    for run in _runs(bound) if across else [bound]:
        owners = Counter(cell for _, cell in run) if across else {}
        if len(owners) > 1 and any(_is_crossed(glyph, cell, grid) for glyph, cell in run):
            most = max(owners.values())
            whole = next(cell for _, cell in run if owners[cell] == most)
            contents[whole].extend(glyph for glyph, _ in run)
            continue
        for glyph, cell in run:
            contents[cell].append(glyph)
    return contents


def _runs(bound: Bound) -> list[Bound]:
    """Glyphs drawn one after the other without a gap."""
    runs: list[Bound] = []
    for one in bound:
        if runs and _runs_on(runs[-1][-1][0], one[0]):
            runs[-1].append(one)
        else:
            runs.append([one])
    return runs


def _runs_on(last: Glyph, glyph: Glyph) -> bool:
    return bool(
        glyph.turn == last.turn == 0
        and abs(glyph.origin_y - last.origin_y) <= 0.1 * last.size
        and -0.2 * last.size <= glyph.x0 - last.x1 <= 0.15 * last.size
        and glyph.text.strip()
        and last.text.strip()
    )


def _with_overruns(pairs: list[tuple[Glyph, int | None]], grid: Grid) -> list[tuple[Glyph, int | None]]:
    """The glyphs with their cells, where a run that leaves the grid stays whole: in its cell, if most of it stands
    there. Of a number that has most of it outside the cell holds U+FFFD: nobody can tell whose it is."""
    low, high = grid.ys[0], grid.ys[-1]
    beside = [
        (glyph, index)
        for index, (glyph, cell) in enumerate(pairs)
        if cell is None and low <= glyph.bottom and glyph.top <= high and glyph.turn == 0 and glyph.text.strip()
    ]
    left, right = grid.xs[0], grid.xs[-1]
    if not any(glyph.x1 > left - glyph.size and glyph.x0 < right + glyph.size for glyph, _ in beside):
        return pairs
    bands = {int(glyph.origin_y // _BAND) + step for glyph, _ in beside for step in (-1, 0, 1)}
    level = [
        (glyph.x0, index)
        for index, (glyph, cell) in enumerate(pairs)
        if cell is not None and int(glyph.origin_y // _BAND) in bands
    ]
    found = pairs
    for run in _touching(sorted([*level, *((glyph.x0, index) for glyph, index in beside)]), pairs):
        owners = Counter(pairs[index][1] for index in run)
        outside = owners.pop(None, 0)
        if not outside or not owners:
            continue
        found = list(found) if found is pairs else found
        cell, _ = max(owners.items(), key=itemgetter(1))
        for index in run:
            glyph, own = pairs[index]
            if own is None and 2 * outside <= len(run):
                found[index] = glyph, cell
            elif own is not None and 2 * outside > len(run) and glyph.text.isdecimal():
                found[index] = glyph._replace(text="\ufffd"), own
    return found


def _touching(places: Iterable[tuple[float, int]], pairs: Sequence[tuple[Glyph, int | None]]) -> list[list[int]]:
    """Glyphs, by their left sides and numbers, in runs without a gap, from left to right."""
    runs: list[list[int]] = []
    last: dict[int, list[int]] = {}  # by the band of its baseline
    for _, index in places:
        glyph = pairs[index][0]
        band = int(glyph.origin_y // _BAND)
        near = (last[one] for one in (band, band - 1, band + 1) if one in last)
        run = next((run for run in near if _runs_on(pairs[run[-1]][0], glyph)), None)
        if run is None:
            run = []
            runs.append(run)
        run.append(index)
        last[band] = run
    return runs


def _is_crossed(glyph: Glyph, cell: int, grid: Grid) -> bool:
    """Whether a vertical ruling beside the glyph's cell runs through the glyph itself."""
    slack = _CROSSED * (glyph.x1 - glyph.x0)
    x0, _, x1, _ = grid.bounds(grid.boxes[cell])
    return glyph.x0 < x0 - slack or glyph.x1 > x1 + slack


def _stacks(filled: _Filled) -> dict[int, list[list[Line]]]:
    """Rows between two rulings that hold several rows of numbers, one above the other in each cell: no ruling parts
    them. Where a cell is so narrow that they may be the digits of one number, it is none. Row index → the lines of all
    its cells with text."""
    grid, contents = filled.grid, filled.contents
    bands: dict[int, list[int]] = {}
    for index, box in enumerate(grid.boxes):
        if box.row_span == 1:
            bands.setdefault(box.row, []).append(index)
    found: dict[int, list[list[Line]]] = {}
    for row, indexes in bands.items():
        if sum(_may_stack(contents[index]) for index in indexes) < _STACKED:
            continue
        if sum(grid.boxes[index].col_span for index in indexes) < len(grid.xs) - 1:
            continue
        cells = [lines for index in indexes if (lines := filled.lines(index))]
        numbers = [lines for lines in cells if all(_NUMBERS.fullmatch(line.text) for line in lines)]
        alike = [lines for lines in numbers if len(lines) >= _STACKED and _aligned(lines, numbers[0])]
        if len(alike) >= _STACKED and not any(_may_be_wrapped(filled, index) for index in indexes):
            found[row] = cells
    return found


def _may_be_wrapped(filled: _Filled, cell: int) -> bool:
    """Whether a line of digits in a cell may run on in the next one: where not one digit more had found room."""
    lines = filled.lines(cell)
    if len(lines) < _STACKED or not all(_NUMBERS.fullmatch(line.text) for line in lines):
        return False
    x0, _, x1, _ = filled.grid.bounds(filled.grid.boxes[cell])
    room = x1 - x0 - _PADDING
    return all(upper.x1 - upper.x0 + (lower.x1 - lower.x0) / len(lower.text) > room for upper, lower in pairwise(lines))


def _may_stack(glyphs: Sequence[Glyph]) -> bool:
    """Whether a cell can hold several lines of numbers, and nothing else: told before its lines are put together."""
    if len({glyph.origin_y for glyph in glyphs}) < _STACKED and not any(glyph.turn for glyph in glyphs):
        return False
    return _NUMBERS_AND_BLANKS.fullmatch("".join([glyph.text for glyph in glyphs])) is not None


def _aligned(lines: Sequence[Line], others: Sequence[Line]) -> bool:
    return len(lines) == len(others) and all(
        abs(line.top - other.top) <= 0.5 * line.size for line, other in zip(lines, others, strict=True)
    )


def _omitted_rulings(filled: _Filled) -> list[Stroke]:
    """The horizontal rulings that a table leaves out between its rows, where every cell shows the same rows."""
    rulings = []
    for cells in filled.stacks.values():
        model = max(cells, key=len)
        if all(_aligned(lines, model) for lines in cells):
            for upper, lower in pairwise(model):
                rulings.append(Stroke((upper.bottom + lower.top) / 2, filled.grid.xs[0], filled.grid.xs[-1]))
    return rulings
