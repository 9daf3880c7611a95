"""A cell of a scanned table → the pictures of its lines of text.

What is ink of the cell's own is told by connected shapes: rulings at its borders are none, nor are specks, nor what
runs in from beyond (a stamp, a pen), which makes the whole cell doubtful.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from extractors.ruling import Grid
from extractors.scan.insides import Box, insides
from extractors.scan.pagegrid import Sheet

if TYPE_CHECKING:
    import numpy as np

    from extractors.scan.ocr import Picture

_LINE = 0.03  # inches; no ruling's rest is thicker
_SPECK = 0.32  # of the text's height; lone ink smaller than this both ways is dirt
_PIECE = 0.55
_STROKE, _STROKE_PIECES = 0.25, 4  # digits side by side are 0.6 of the text's height thick at least
_LEVEL = 0.2
_CRUMB = 0.12
_POINT_TALL = 0.45
_PALE = 18  # grey levels darker than the paper
_RUN, _RUN_GAP = 6, 0.7
_DUST, _CRUMBS_APART, _POINT_HIGH = 0.08, 0.25, 0.75
_STEEP, _STEEPEST = 0.24, 0.3  # sideways for each upwards; a slanted 1 has 0.27 at most, a slash 0.32 to 1
_TOUCH = 0.3
_SMALL, _SMALL_GAP = 0.2, 0.4
_BESIDE = 0.15
_SIGN = 0.14
_SLIVER = 0.015  # inches
_WHOLE = 0.7
_APART = 0.8
_MARGIN_X = 0.35
_MARGIN_Y = 0.22
_LEAST_LINE = 1.15


DASH, SLASH = "—", "/"


@dataclass(frozen=True, slots=True)
class Strip:
    """One line of text in a cell: the box of its picture on the page, the specks in it, and the shapes of its
    characters or of parts of them. `foreign` when ink from
    beyond the cell runs into it, `covered` when there is no other; `mark`: what it is when it is nothing but one
    straight stroke, a dash or a slash; `leaning` when the slash stands steep enough to be a slanted 1. `frayed` when
    crumbs of ink stand by its characters: one of them may have lost a stroke. `points`: how many points and commas
    stand between its characters."""

    box: Box
    specks: tuple[Box, ...] = ()
    foreign: bool = False
    covered: bool = False
    mark: str = ""
    leaning: bool = False
    shapes: tuple[Box, ...] = ()
    frayed: bool = False
    points: int = 0


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
    found = []
    for inside, leans in insides(sheet, grid):
        lines = _strips(sheet, inside, height)
        found.append([replace(line, foreign=True) for line in lines] if leans else lines)
    return found


def may_hold(sheet: Sheet, bounds: tuple[float, float, float, float], height: float) -> bool:
    """Whether a cell without ink may hold a figure all the same: red ink as large as a character was taken off it, and
    stood within it alone (a figure printed in red, which a stamp's is taken for), a streak was, or print paler than ink
    shows in it."""
    import cv2
    import numpy as np

    inset = round(_LINE * sheet.dpi)
    x0, top, x1, bottom = (round(value) for value in bounds)
    if x1 - x0 <= 3 * inset or bottom - top <= 3 * inset:
        return False
    if sheet.stamp is not None and _has_letter(sheet.stamp[top:bottom, x0:x1] > 127, height):
        return True
    if _is_struck(sheet, (x0 + inset, top + inset, x1 - inset, bottom - inset)):
        return True
    part = cv2.GaussianBlur(sheet.grey[top + inset : bottom - inset, x0 + inset : x1 - inset], (0, 0), 1.0)
    return _has_letter(part < float(np.median(part)) - _PALE, height)


def _has_letter(mask: np.ndarray[Any, np.dtype[np.bool_]], height: float) -> bool:
    """Whether a shape as large as a letter stands within a cell, away from its edges."""
    import cv2

    if not mask.any():
        return False
    high, wide = mask.shape
    count, _, boxes, _ = cv2.connectedComponentsWithStats(mask.astype("uint8"), connectivity=8)
    return any(
        x > 0 and y > 0 and x + w < wide and y + h < high and 0.5 * height <= h <= 2 * height and w <= 2 * height
        for x, y, w, h, _ in boxes[1:count].tolist()
    )


def _strips(sheet: Sheet, cell: Box, height: float) -> list[Strip]:
    shapes, foreign = _own_ink(sheet, cell, height)
    if not shapes:  # a stamp over it may hide what it holds
        return [Strip(cell, foreign=True, covered=True)] if foreign else []
    found = []
    letters = _letters(shapes, height)
    for top, bottom in _bands(letters, height):
        row = [shape for shape in shapes if top <= (shape[1] + shape[3]) / 2 <= bottom]
        main = [shape for shape in row if shape in letters]
        main += [shape for shape in row if shape not in main and _is_sign(shape, main, height)]
        main = _with_small(_near(main, foreign, height), row, height)
        if main:
            box = _framed(main, cell, height)
            alien = any(_overlap(shape, box) for shape in foreign) or _is_struck(sheet, box)
            whole = not alien and not any(_is_piece(shape, main, height) for shape in shapes if shape not in main)
            mark, leaning = _mark(sheet, main, height) if whole else ("", False)
            specks, frayed = _specks(shapes, main, box), _is_frayed(shapes, main, height)
            found.append(
                Strip(box, specks, alien, False, mark, leaning, tuple(main), frayed, _points(shapes, main, height))
            )
    return found


def _is_struck(sheet: Sheet, box: Box) -> bool:
    """Whether a streak that was taken off the page ran through a place."""
    x0, top, x1, bottom = box
    return sheet.streaks is not None and bool((sheet.streaks[top:bottom, x0:x1] > 127).any())


def _near(main: list[Box], foreign: Sequence[Box], height: float) -> list[Box]:
    """The shapes of a line without those that run in from beyond the cell and stand well apart from the others."""
    own = [shape for shape in main if shape not in foreign]
    x0, x1 = min((s[0] for s in own), default=0), max((s[2] for s in own), default=0)
    reach = _APART * height
    return own + [s for s in main if s in foreign and (not own or (s[0] <= x1 + reach and s[2] >= x0 - reach))]


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


def _is_frayed(shapes: Sequence[Box], main: Sequence[Box], height: float) -> bool:
    """Whether crumbs too small for a character stand right by one, higher than a point or a comma would."""
    reach = _CRUMBS_APART * height
    return any(
        s not in main
        and _size(s) >= _DUST * height
        and any(
            s[0] < m[2] + reach
            and s[2] > m[0] - reach
            and m[1] <= (s[1] + s[3]) / 2 <= m[1] + _POINT_HIGH * (m[3] - m[1])
            for m in main
        )
        for s in shapes
    )


def _points(shapes: Sequence[Box], main: Sequence[Box], height: float) -> int:
    """How many low shapes stand at the foot of a line between its characters."""
    tall = [m for m in main if m[3] - m[1] > _POINT_TALL * height]
    if len(tall) < 2:
        return 0
    x0, x1 = min(m[2] for m in tall), max(m[0] for m in tall)
    foot = max(m[3] for m in tall)
    return sum(
        _size(s) >= _DUST * height
        and s[3] - s[1] <= _POINT_TALL * height
        and x0 <= (s[0] + s[2]) / 2 <= x1
        and foot - _POINT_TALL * height <= (s[1] + s[3]) / 2
        and not any(m[0] < (s[0] + s[2]) / 2 < m[2] for m in tall)
        for s in shapes
    )


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
    count, names, boxes, _ = cv2.connectedComponentsWithStats(sheet.ink[top:bottom, x0:x1], connectivity=8)
    thin, sliver = max(3.0, _LINE * sheet.dpi), max(2.0, _SLIVER * sheet.dpi)
    wide, high = x1 - x0, bottom - top
    own: list[Box] = []
    foreign: list[Box] = []
    slivers: list[Box] = []
    rim = round(thin)
    for name, (x, y, w, h, area) in enumerate(boxes[1:count].tolist(), 1):
        shape = (x0 + x, top + y, x0 + x + w, top + y + h)
        at_side, at_end = x <= 0 or x + w >= wide, y <= 0 or y + h >= high
        if not (at_side or at_end):
            own.append(shape)
        elif (at_side and w <= thin and h >= _WHOLE * high) or (at_end and h <= thin and w >= _WHOLE * wide):
            continue  # what is left of a ruling
        elif (w >= _WHOLE * wide or h >= _WHOLE * high) and not (names[rim:-rim, rim:-rim] == name).any():
            continue  # of several that meet
        elif at_end and h <= thin and w >= max(3 * h, 0.5 * height):
            continue  # a piece of one that does not run straight
        elif (at_side and w <= sliver) or (at_end and h <= sliver):
            if at_side and h >= _PIECE * height:  # or of a digit that touches it
                slivers.append(shape)
        elif max(w, h) > 1.5 * height and area < 0.5 * w * h:
            foreign.append(shape)
        else:
            own.append(shape)
            foreign.append(shape)
    if not _letters(own, height):
        own = []
    foreign += [s for s in slivers if any(_is_beside(s, shape, _TOUCH * height) for shape in own)]
    return own, foreign


def _is_beside(sliver: Box, shape: Box, reach: float) -> bool:
    apart = max(shape[0] - sliver[2], sliver[0] - shape[2])
    return apart <= reach and min(shape[3], sliver[3]) > max(shape[1], sliver[1])


def _letters(shapes: Sequence[Box], height: float) -> list[Box]:
    """The shapes that are large enough for characters or parts of them, and the longest row of those that are not, if
    it is as long as chance does not make it: print too small to read is not nothing."""
    large = [shape for shape in shapes if _size(shape) >= _SPECK * height]
    small = sorted(shape for shape in shapes if shape not in large and _size(shape) >= _DUST * height)
    longest: list[Box] = []
    for first in small:
        level = (first[1] + first[3]) / 2
        run = [first]
        for shape in small:
            if (
                abs((shape[1] + shape[3]) / 2 - level) <= _LEVEL * height
                and shape[0] - run[-1][0] >= 0
                and shape != first
            ):
                if shape[0] - run[-1][2] > _RUN_GAP * height:
                    break
                run.append(shape)
        longest = max(longest, run, key=len)
    return large + (longest if len(longest) >= _RUN else [])


def _bands(letters: Sequence[Box], height: float) -> list[tuple[int, int]]:
    """The lines of text as (top, bottom): what overlaps is one line, and so are the parts of flat characters (二)."""
    bands: list[list[int]] = []
    for top, bottom in sorted((s[1], s[3]) for s in letters):
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
            together = lower[1] - upper[0]  # both halves of a broken digit are no higher than one
            if (least < _PIECE * full and together <= max(1.2 * full, 1.2 * height)) or together <= height:
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
