"""The cells of a grid → what of each lies within its rulings, wherever those were really drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extractors.ruling import Grid
from extractors.scan.pagegrid import Sheet

if TYPE_CHECKING:
    from extractors.scan.ocr import Picture

_INSET = 0.012  # inches of a cell's edge that its ruling may fill
_BESIDE_LINE, _ASTRAY = 0.02, 0.05  # inches between where a ruling should run and where it does
_CORNER_TO_CORNER = 0.9
_BULGE = 0.008  # inches that a ruling may be thicker along one cell than along others
_RULED, _FRAYED = 0.4, 0.2  # how much of a line of pixels along a cell's edge is ink where its ruling runs, and frays
_LINE = 0.03  # inches; no ruling is thicker

Box = tuple[int, int, int, int]  # x0, top, x1, bottom in pixels of the page


def insides(sheet: Sheet, grid: Grid) -> list[tuple[Box, bool]]:
    """The part of each cell within its rulings, wherever those were really drawn, and whether ink leans on one of them:
    its ruling seems thicker there than along other cells."""
    import numpy as np

    least = max(2, round(_INSET * sheet.dpi))
    seen = [_ruled_edges(sheet, grid.bounds(box)) for box in grid.boxes]
    lines = [
        (("x", box.col), ("y", box.row), ("x", box.col + box.col_span), ("y", box.row + box.row_span))
        for box in grid.boxes
    ]
    along: dict[tuple[str, int, int], list[int]] = {}
    for places, edges in zip(lines, seen, strict=True):
        for side, (place, edge) in enumerate(zip(places, edges, strict=True)):
            along.setdefault((*place, side // 2), []).append(edge)
    usual = {line: float(np.median(edges)) + _BULGE * sheet.dpi for line, edges in along.items()}
    found = []
    for box, places, edges in zip(grid.boxes, lines, seen, strict=True):
        most = [round(usual[*place, side // 2]) for side, place in enumerate(places)]
        left, over, right, under = (max(least, min(edge, bound)) for edge, bound in zip(edges, most, strict=True))
        x0, top, x1, bottom = (round(value) for value in grid.bounds(box))
        leans = any(edge > bound for edge, bound in zip(edges, most, strict=True))
        found.append(((x0 + left, top + over, x1 - right, bottom - under), leans))
    return found


def _ruled_edges(sheet: Sheet, bounds: tuple[float, float, float, float]) -> tuple[int, int, int, int]:
    """How many pixels of a cell's left, upper, right and lower edge its rulings fill."""
    x0, top, x1, bottom = (round(value) for value in bounds)
    reach = max(4, round(_LINE * sheet.dpi))
    if x1 - x0 <= 4 * reach or bottom - top <= 4 * reach:
        return 0, 0, 0, 0
    high = sheet.ink[top + reach : bottom - reach, x0:x1].T
    wide = sheet.ink[top:bottom, x0 + reach : x1 - reach]
    whole_high, whole_wide = sheet.ink[top:bottom, x0:x1].T, sheet.ink[top:bottom, x0:x1]
    start, far = max(3, round(_BESIDE_LINE * sheet.dpi)), round(_ASTRAY * sheet.dpi)
    return (
        _ruled(high, whole_high, start, far),
        _ruled(wide, whole_wide, start, far),
        _ruled(high[::-1], whole_high[::-1], start, far),
        _ruled(wide[::-1], whole_wide[::-1], start, far),
    )


def _ruled(edge: Picture, whole: Picture, start: int, far: int) -> int:
    """How many lines of pixels its ruling fills, given a cell from the outermost line on, without and with its corners.

    A ruling runs within `start` pixels of where it should; as far as `far` if it runs from corner to corner, as no
    character does: where tables of slightly different columns stand under each other, one line is put for both.
    """
    import numpy as np

    filled = (edge[:far] > 0).mean(axis=1)
    ruled = np.flatnonzero(filled[:start] >= _RULED)
    if not len(ruled):
        ruled = np.flatnonzero((whole[:far] > 0).mean(axis=1) >= _CORNER_TO_CORNER)
    if not len(ruled):
        return 0
    end = int(ruled[0]) + 1
    while end < len(filled) and filled[end] >= _FRAYED:
        end += 1
    return end + 1
