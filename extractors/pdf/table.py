"""Glyphs and rulings of one PDF page → its tables, and the glyphs that stand outside them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median

from extractors import limits
from extractors.document import Block, Paragraph, Table
from extractors.grid import Draft, settle, without_slivers
from extractors.lines import Glyph, Line, lines_of, text_of
from extractors.ruling import Grid, Stroke, grids_of

_NARROW_COLUMN = 8.0  # points; no column of text is narrower, but borders dragged by hand miss each other by less
_LOW_ROW = 4.0
_CROSSED = 0.15
_STACKED = 3
_OUTSIZED = 2.2
_NUMBERS = re.compile(r"[\d.,，+\-—－–/%]+")

Placed = tuple[float, Block]


def tables_on(
    glyphs: Sequence[Glyph], across: Iterable[Stroke], down: Iterable[Stroke], page: int
) -> tuple[list[Placed], list[Glyph], list[str]]:
    """Blocks with their tops for all grids of two columns and more, the glyphs outside them, and notes.

    A frame around prose, a stack of cards or a box around a title is no table: its glyphs come back as free ones.
    """
    across, down = list(across), list(down)
    grids = _grids(across, down)
    omitted = [stroke for grid in grids for stroke in _omitted_rulings(grid, _contents(grid, _inside(grid, glyphs)))]
    if omitted:
        grids = _grids(across + omitted, down)
    placed: list[Placed] = []
    notes: list[str] = []
    free = list(glyphs)
    for grid in sorted(grids, key=lambda one: one.area):  # a table within a cell of another is read first
        blocks, left, more = _table(grid, _inside(grid, free), page)
        if any(isinstance(block, Table) for _, block in blocks):
            placed.extend(blocks)
            notes.extend(more)
            free = [glyph for glyph in free if grid.box_at(*_centre(glyph)) is None] + left
    return placed, free, notes


def _grids(across: list[Stroke], down: list[Stroke]) -> list[Grid]:
    grids = grids_of(across, down, max_slots=limits.MAX_SLOTS)
    return [grid for grid in grids if len(grid.boxes) > 1 and not _is_hatching(grid)]


def _is_hatching(grid: Grid) -> bool:
    """Whether the lines stand closer than text could between them: a chart, a map, a shaded area."""
    wide = (grid.xs[-1] - grid.xs[0]) / (len(grid.xs) - 1)
    high = (grid.ys[-1] - grid.ys[0]) / (len(grid.ys) - 1)
    return wide < _NARROW_COLUMN or high < _LOW_ROW


def _inside(grid: Grid, glyphs: Iterable[Glyph]) -> list[Glyph]:
    return [glyph for glyph in glyphs if grid.box_at(*_centre(glyph)) is not None]


def _centre(glyph: Glyph) -> tuple[float, float]:
    return (glyph.x0 + glyph.x1) / 2, (glyph.top + glyph.bottom) / 2


def _table(grid: Grid, glyphs: Sequence[Glyph], page: int) -> tuple[list[Placed], list[Glyph], list[str]]:
    """The grid's blocks with their tops, the glyphs that it could not bind to a row, and notes."""
    usual = median(glyph.size for glyph in glyphs) if glyphs else 0.0
    # characters far larger than the table's own are a watermark or a stamp behind it
    left = [glyph for glyph in glyphs if glyph.size > _OUTSIZED * usual]
    contents = _contents(grid, [glyph for glyph in glyphs if glyph.size <= _OUTSIZED * usual])
    unparted = {row for row, stacks in _stacks(grid, contents).items() if stacks}
    parts: dict[int, list[Draft]] = {}
    for index, box in enumerate(grid.boxes):
        if box.row in unparted:
            left.extend(contents[index])
            continue
        text = text_of(contents[index])
        if box.is_open and not text:
            continue
        x0, top, x1, bottom = (round(value, 1) for value in grid.bounds(box))
        blocks = (Paragraph(text, page=page),) if text else ()
        part = sum(row < box.row for row in unparted)
        parts.setdefault(part, []).append(
            Draft(box.row, box.col, blocks, box.row_span, box.col_span, bbox=(x0, top, x1, bottom))
        )
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


def _contents(grid: Grid, glyphs: Sequence[Glyph]) -> list[list[Glyph]]:
    """The glyphs of each cell. A run of glyphs drawn across a ruling (a number too wide for its cell) stays whole and
    goes where most of it stands; one that a ruling parts neatly belongs to two cells."""
    contents: list[list[Glyph]] = [[] for _ in grid.boxes]
    for run in _runs(glyphs):
        boxes = [grid.box_at(*_centre(glyph)) for glyph in run]
        owners = Counter(index for index in boxes if index is not None)
        if len(owners) > 1 and any(_is_crossed(glyph, grid) for glyph in run):
            most = max(owners.values())
            whole = next(index for index in boxes if index is not None and owners[index] == most)
            contents[whole].extend(run)
            continue
        for glyph, index in zip(run, boxes, strict=True):
            if index is not None:
                contents[index].append(glyph)
    return contents


def _runs(glyphs: Sequence[Glyph]) -> list[list[Glyph]]:
    """Glyphs drawn one after the other without a gap."""
    runs: list[list[Glyph]] = []
    for glyph in glyphs:
        last = runs[-1][-1] if runs else None
        if (
            last is not None
            and glyph.turn == last.turn == 0
            and abs(glyph.origin_y - last.origin_y) <= 0.1 * last.size
            and -0.2 * last.size <= glyph.x0 - last.x1 <= 0.15 * last.size
            and glyph.text.strip()
            and last.text.strip()
        ):
            runs[-1].append(glyph)
        else:
            runs.append([glyph])
    return runs


def _is_crossed(glyph: Glyph, grid: Grid) -> bool:
    """Whether a vertical ruling beside the glyph's cell runs through the glyph itself."""
    slack = _CROSSED * (glyph.x1 - glyph.x0)
    index = grid.box_at(*_centre(glyph))
    if index is None:
        return False
    x0, _, x1, _ = grid.bounds(grid.boxes[index])
    return glyph.x0 < x0 - slack or glyph.x1 > x1 + slack


def _stacks(grid: Grid, contents: Sequence[Sequence[Glyph]]) -> dict[int, list[list[Line]]]:
    """Rows between two rulings that hold several rows of numbers, one above the other in each cell: no ruling parts
    them. Row index → the lines of all its cells with text."""
    bands: dict[int, list[int]] = {}
    for index, box in enumerate(grid.boxes):
        if box.row_span == 1:
            bands.setdefault(box.row, []).append(index)
    found: dict[int, list[list[Line]]] = {}
    for row, indexes in bands.items():
        if sum(grid.boxes[index].col_span for index in indexes) < len(grid.xs) - 1:
            continue
        if sum(len(contents[index]) >= _STACKED for index in indexes) < _STACKED:
            continue
        cells = [lines for index in indexes if (lines := lines_of(contents[index]))]
        numbers = [lines for lines in cells if all(_NUMBERS.fullmatch(line.text) for line in lines)]
        alike = [lines for lines in numbers if len(lines) >= _STACKED and _aligned(lines, numbers[0])]
        if len(alike) >= _STACKED:
            found[row] = cells
    return found


def _aligned(lines: Sequence[Line], others: Sequence[Line]) -> bool:
    return len(lines) == len(others) and all(
        abs(line.top - other.top) <= 0.5 * line.size for line, other in zip(lines, others, strict=True)
    )


def _omitted_rulings(grid: Grid, contents: Sequence[Sequence[Glyph]]) -> list[Stroke]:
    """The horizontal rulings that a table leaves out between its rows, where every cell shows the same rows."""
    rulings = []
    for cells in _stacks(grid, contents).values():
        model = max(cells, key=len)
        if all(_aligned(lines, model) for lines in cells):
            for upper, lower in pairwise(model):
                rulings.append(Stroke((upper.bottom + lower.top) / 2, grid.xs[0], grid.xs[-1]))
    return rulings
