"""A cell of a scanned table → the pictures of its lines of text.

What is ink of the cell's own is told by connected shapes: rulings at its borders are none, nor are specks, nor what
runs in from beyond (a stamp, a pen), which makes the whole cell doubtful.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from extractors.ruling import Grid
from extractors.scan.pagegrid import Sheet

if TYPE_CHECKING:
    from extractors.scan.ocr import Picture

_INSET = 0.012  # inches of a cell's edge that its ruling may fill
_LINE = 0.03  # inches; no ruling's rest is thicker
_SPECK = 0.32  # of the text's height; lone ink smaller than this both ways is dirt
_PIECE = 0.55
_STROKE, _STROKE_PIECES = 0.25, 4  # digits side by side are 0.6 of the text's height thick at least
_LEVEL = 0.2
_CRUMB = 0.12
_STEEP, _STEEPEST = 0.24, 0.3  # sideways for each upwards; a slanted 1 has 0.27 at most, a slash 0.32 to 1
_TOUCH = 0.3
_SMALL, _SMALL_GAP = 0.2, 0.4
_BESIDE = 0.15
_SIGN = 0.14
_SLIVER = 0.015  # inches
_WHOLE = 0.7
_MARGIN_X = 0.35
_MARGIN_Y = 0.22
_LEAST_LINE = 1.15

DASH, SLASH = "—", "/"

Box = tuple[int, int, int, int]  # x0, top, x1, bottom in pixels of the page


@dataclass(frozen=True, slots=True)
class Strip:
    """One line of text in a cell: the box of its picture on the page, and the specks in it. `foreign` when ink from
    beyond the cell runs into it, `covered` when there is no other; `mark`: what it is when it is nothing but one
    straight stroke, a dash or a slash; `leaning` when the slash stands steep enough to be a slanted 1."""

    box: Box
    specks: tuple[Box, ...] = ()
    foreign: bool = False
    covered: bool = False
    mark: str = ""
    leaning: bool = False


def text_height(sheet: Sheet) -> float:
    """The usual height of a page's characters in pixels; digits and Chinese characters are about 0.7 and 0.9 em."""
    import cv2
    import numpy as np

    count, _, boxes, _ = cv2.connectedComponentsWithStats(sheet.ink, connectivity=8)
    heights, widths = boxes[1:count, 3], boxes[1:count, 2]
    low, high = 0.06 * sheet.dpi, 0.3 * sheet.dpi
    usual = heights[(heights >= low) & (heights <= high) & (widths <= 1.5 * high)]
    return float(np.percentile(usual, 70)) if len(usual) else 0.13 * sheet.dpi


def inked_bands(ink: Picture, height: float) -> list[tuple[int, int]]:
    """The stretches of a page (top, bottom) that hold ink as large as letters, with wide empty ones between them."""
    import cv2

    count, _, boxes, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    bands: list[list[int]] = []
    for _, y, w, h, _ in sorted(boxes[1:count].tolist(), key=lambda box: box[1]):
        if max(w, h) < 0.5 * height:
            continue
        top, bottom = max(0, round(y - 2 * height)), min(len(ink), round(y + h + 2 * height))
        if bands and top <= bands[-1][1]:
            bands[-1][1] = max(bands[-1][1], bottom)
        else:
            bands.append([top, bottom])
    return [(top, bottom) for top, bottom in bands]


def strips(sheet: Sheet, grid: Grid, height: float) -> list[list[Strip]]:
    """For each cell of a grid (in pixels) its lines of text, top to bottom; none for a blank cell."""
    return [_strips(sheet, _inside(sheet, grid.bounds(box)), height) for box in grid.boxes]


def cut(sheet: Sheet, strip: Strip) -> Picture:
    """The picture of a line."""
    x0, top, x1, bottom = strip.box
    picture: Picture = sheet.grey[top:bottom, x0:x1]
    return picture


def cut_clean(sheet: Sheet, strip: Strip) -> Picture:
    """The picture of a line without its specks, in more contrast and with more white around it: another look at it."""
    import cv2
    import numpy as np

    x0, top, x1, bottom = strip.box
    picture = sheet.grey[top:bottom, x0:x1].copy()
    for sx0, stop, sx1, sbottom in strip.specks:
        picture[max(0, stop - top - 1) : sbottom - top + 1, max(0, sx0 - x0 - 1) : sx1 - x0 + 1] = 250
    darkest = float(np.percentile(picture, 2))
    spread = (picture.astype(np.float32) - darkest) * (250 / max(250 - darkest, 60))
    high = len(picture)
    pad_y, pad_x = max(2, high // 10), max(3, high // 6)
    framed = cv2.copyMakeBorder(
        np.clip(spread, 0, 250).astype(np.uint8), pad_y, pad_y, pad_x, pad_x, cv2.BORDER_CONSTANT, value=250
    )
    return np.asarray(framed, np.uint8)


def cut_black(sheet: Sheet, strip: Strip) -> Picture:
    """The picture of a line in smoothed black and white: a third look."""
    import cv2
    import numpy as np

    picture = cut_clean(sheet, strip)
    large = cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    _, black = cv2.threshold(large, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return np.asarray(cv2.GaussianBlur(black, (0, 0), 1.0), np.uint8)


def _inside(sheet: Sheet, bounds: tuple[float, float, float, float]) -> Box:
    x0, top, x1, bottom = bounds
    inset = max(2, round(_INSET * sheet.dpi))
    return round(x0) + inset, round(top) + inset, round(x1) - inset, round(bottom) - inset


def _strips(sheet: Sheet, cell: Box, height: float) -> list[Strip]:
    shapes, foreign = _own_ink(sheet, cell, height)
    if not shapes:  # a stamp over it may hide what it holds
        return [Strip(cell, foreign=True, covered=True)] if foreign else []
    found = []
    for top, bottom in _bands(shapes, height):
        row = [shape for shape in shapes if top <= (shape[1] + shape[3]) / 2 <= bottom]
        main = [shape for shape in row if _size(shape) >= _SPECK * height]
        main += [shape for shape in row if shape not in main and _is_sign(shape, main, height)]
        main = _with_small(main, row, height)
        if main:
            box = _framed(main, cell, height)
            alien = any(_overlap(shape, box) for shape in foreign)
            whole = not alien and not any(_is_piece(shape, main, height) for shape in shapes if shape not in main)
            mark, leaning = _mark(sheet, main, height) if whole else ("", False)
            found.append(Strip(box, _specks(shapes, main, box), alien, mark=mark, leaning=leaning))
    return found


def _specks(shapes: Sequence[Box], main: Sequence[Box], box: Box) -> tuple[Box, ...]:
    """The small shapes in a line's picture that are no part of its text: those above, below and well beside it. What
    stands within it or right beside it may be a point, or a stroke of a digit that the print has lost touch with."""
    x0, x1 = min(s[0] for s in main), max(s[2] for s in main)
    top, bottom = min(s[1] for s in main), max(s[3] for s in main)
    near = _BESIDE * (bottom - top)
    small = [s for s in shapes if s not in main and s[0] < box[2] and s[2] > box[0] and s[1] < box[3] and s[3] > box[1]]
    return tuple(s for s in small if s[2] < x0 - near or s[0] > x1 + near or s[3] <= top or s[1] >= bottom + near)


def _with_small(main: list[Box], row: Sequence[Box], height: float) -> list[Box]:
    """The line with the small characters that go on from it: a number set smaller to fit its cell."""
    waiting = [shape for shape in row if shape not in main and _size(shape) >= _SMALL * height]
    while joining := [s for s in waiting if any(_is_beside(s, m, _SMALL_GAP * height) for m in main)]:
        main = main + joining
        waiting = [shape for shape in waiting if shape not in joining]
    return main


def _is_sign(shape: Box, main: Sequence[Box], height: float) -> bool:
    """Whether a small flat shape stands before a digit, at half its height: a minus."""
    x0, top, x1, bottom = shape
    if x1 - x0 < _SIGN * height or x1 - x0 < 1.5 * (bottom - top):
        return False
    middle = (top + bottom) / 2
    return any(
        -0.1 * height <= m[0] - x1 <= 0.8 * height
        and m[1] + 0.25 * (m[3] - m[1]) <= middle <= m[3] - 0.15 * (m[3] - m[1])
        for m in main
    )


def _is_piece(shape: Box, main: Sequence[Box], height: float) -> bool:
    """Whether a small shape stands where the rest of a broken digit would, above or below its flat stroke."""
    if _size(shape) < _CRUMB * height:
        return False
    return any(shape[0] < m[2] and shape[2] > m[0] and abs(shape[1] - m[1]) <= height for m in main)


def _mark(sheet: Sheet, main: Sequence[Box], height: float) -> tuple[str, bool]:
    """Which mark for nothing a line is, if it is one straight stroke and no more, and whether it is a steep slash.

    The recogniser has no eye for it: a lone dash is 一 to it and a slash 1, both with confidence.
    """
    import numpy as np

    if len(main) > _STROKE_PIECES:
        return "", False
    x0, x1 = min(s[0] for s in main), max(s[2] for s in main)
    top, bottom = min(s[1] for s in main), max(s[3] for s in main)
    ys, xs = np.nonzero(sheet.ink[top:bottom, x0:x1])
    if len(xs) < 6 or max(x1 - x0, bottom - top) < _SPECK * height:
        return "", False
    across, along = np.linalg.eigh(np.cov(np.stack([xs, ys]).astype(float)))
    thick, long = 12**0.5 * across[0] ** 0.5, 12**0.5 * across[1] ** 0.5
    if thick > _STROKE * height or long < 2.5 * thick:
        return "", False
    dx, dy = along[:, 1]
    if dx < 0:
        dx, dy = -dx, -dy
    if abs(dy) <= _LEVEL * abs(dx):
        return DASH, False
    if dy < 0 and dx >= _STEEP * -dy:
        return SLASH, dx < _STEEPEST * -dy
    return "", False


def _size(shape: Box) -> int:
    return max(shape[2] - shape[0], shape[3] - shape[1])


def _own_ink(sheet: Sheet, cell: Box, height: float) -> tuple[list[Box], list[Box]]:
    """The shapes of the cell's text, in pixels of the page, and the shapes that run in from beyond the cell."""
    import cv2

    x0, top, x1, bottom = cell
    if x1 - x0 < 3 or bottom - top < 3:
        return [], []
    count, _, boxes, _ = cv2.connectedComponentsWithStats(sheet.ink[top:bottom, x0:x1], connectivity=8)
    thin, sliver = max(3.0, _LINE * sheet.dpi), max(2.0, _SLIVER * sheet.dpi)
    wide, high = x1 - x0, bottom - top
    own: list[Box] = []
    foreign: list[Box] = []
    slivers: list[Box] = []
    for x, y, w, h, area in boxes[1:count].tolist():
        shape = (x0 + x, top + y, x0 + x + w, top + y + h)
        at_side, at_end = x <= 0 or x + w >= wide, y <= 0 or y + h >= high
        if not (at_side or at_end):
            own.append(shape)
        elif (at_side and w <= thin and h >= _WHOLE * high) or (at_end and h <= thin and w >= _WHOLE * wide):
            continue  # what is left of a ruling
        elif (at_side and w <= sliver) or (at_end and h <= sliver):
            if at_side and h >= _PIECE * height:  # or of a digit that touches it
                slivers.append(shape)
        elif max(w, h) > 1.5 * height and area < 0.5 * w * h:
            foreign.append(shape)
        else:
            own.append(shape)
            foreign.append(shape)
    if not any(_size(shape) >= _SPECK * height for shape in own):
        own = []
    foreign += [s for s in slivers if any(_is_beside(s, shape, _TOUCH * height) for shape in own)]
    return own, foreign


def _is_beside(sliver: Box, shape: Box, reach: float) -> bool:
    apart = max(shape[0] - sliver[2], sliver[0] - shape[2])
    return apart <= reach and min(shape[3], sliver[3]) > max(shape[1], sliver[1])


def _bands(shapes: Sequence[Box], height: float) -> list[tuple[int, int]]:
    """The lines of text as (top, bottom): what overlaps is one line, and so are the parts of flat characters (二)."""
    main = [shape for shape in shapes if _size(shape) >= _SPECK * height]
    bands: list[list[int]] = []
    for top, bottom in sorted((s[1], s[3]) for s in main):
        if bands and top <= bands[-1][1]:
            bands[-1][1] = max(bands[-1][1], bottom)
        else:
            bands.append([top, bottom])
    full = max((b - t for t, b in bands), default=0)
    merging = True
    while merging and len(bands) > 1:
        merging = False
        gaps = sorted((lower[0] - upper[1], index) for index, (upper, lower) in enumerate(pairwise(bands)))
        for _gap, index in gaps:
            upper, lower = bands[index], bands[index + 1]
            least = min(upper[1] - upper[0], lower[1] - lower[0])
            if least < _PIECE * full and lower[1] - upper[0] <= max(1.2 * full, 1.2 * height):
                bands[index : index + 2] = [[upper[0], lower[1]]]
                merging = True
                break
    return [(top, bottom) for top, bottom in bands]


def _framed(row: Sequence[Box], cell: Box, height: float) -> Box:
    """The box of a line's picture: its ink with a margin, at least as high as a line of text, within the cell."""
    x0, x1 = min(s[0] for s in row), max(s[2] for s in row)
    top, bottom = min(s[1] for s in row), max(s[3] for s in row)
    size = max(bottom - top, 0.8 * height)
    middle = (top + bottom) / 2
    half = max((bottom - top) / 2 + _MARGIN_Y * size, _LEAST_LINE * height / 2)
    x_margin = max(3, round(_MARGIN_X * size))
    return (
        max(cell[0], x0 - x_margin),
        max(cell[1], round(middle - half)),
        min(cell[2], x1 + x_margin),
        min(cell[3], round(middle + half)),
    )


def _overlap(shape: Box, box: Box) -> bool:
    return shape[0] < box[2] and shape[2] > box[0] and shape[1] < box[3] and shape[3] > box[1]
