"""The picture of a page → an upright, evenly lit page, and the ruling lines on it.

Units of everything that leaves this module are pixels of the upright page, except where points are named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from extractors.ruling import Grid, Stroke

if TYPE_CHECKING:
    import numpy as np

    from extractors.scan.ocr import Picture

_PAPER_SIDE = 400  # pixels of the small picture that tells the light of the paper
_SKEW_SIDE = 900
_MAX_SKEW = 4.0  # degrees
_SHORTEST_ACROSS = 0.3  # inches of a ruling line; the strokes of ordinary characters are shorter
_SHORTEST_DOWN = 0.2
_THICKEST = 0.06
_SOLID = 0.9
_BENT = 0.005
_BESIDE = 0.015
_EDGE = 0.6
_WALL, _FLOOR = 0.8, 0.92  # text between two rulings covers half the height, and nearly the width, of its cell
_STRAIGHT = 0.8  # inches; the arcs of a stamp are straight for less


@dataclass(frozen=True, slots=True)
class Sheet:
    """An upright page: grey levels with the paper white, its ink (255 where there is any), its resolution, and the
    angle in degrees that it was turned by."""

    grey: Picture
    ink: Picture
    dpi: float
    skew: float = 0.0

    @property
    def points(self) -> float:
        """Points a pixel."""
        return 72.0 / self.dpi


def upright(picture: np.ndarray[Any, Any], dpi: float) -> Sheet:
    """The page of a picture (grey, or red-green-blue), turned by less than `_MAX_SKEW` degrees."""
    grey = _evenly_lit(_without_stamps(picture))
    skew = _skew(grey)
    if abs(skew) >= 0.03:
        grey = _turned(grey, skew)
    return Sheet(grey, _ink(grey), dpi, skew)


def _without_stamps(picture: np.ndarray[Any, Any]) -> Picture:
    """Grey levels; where a colour page is red (a stamp), those of its red part, in which the stamp is as light as the
    paper and the text under it still black."""
    import cv2
    import numpy as np

    if picture.ndim == 2:
        return picture
    grey: Picture = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
    red, others = picture[..., 0], np.maximum(picture[..., 1], picture[..., 2])
    redness = cv2.subtract(red, others)
    stamped = redness > 25
    if stamped.any():
        spread = cv2.dilate(stamped.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        pure = red[redness > 70] if (redness > 70).any() else red[stamped]
        light = max(float(np.percentile(pure, 40)), 130.0)  # how light the stamp's own ink is in its red part
        cleared = np.clip(red[spread].astype(np.float32) * (250.0 / light), 0, 255).astype(np.uint8)
        grey[spread] = np.maximum(grey[spread], cleared)
    return grey


def _evenly_lit(grey: Picture) -> Picture:
    """The page divided by the light of its paper, so that the paper is white wherever the lamp was dimmer."""
    import cv2
    import numpy as np

    factor = _PAPER_SIDE / max(grey.shape)
    small = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    paper = cv2.GaussianBlur(cv2.medianBlur(paper, 21), (0, 0), 5)
    paper = cv2.resize(paper, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.divide(grey, np.maximum(paper, 40), scale=250), np.uint8)


def _skew(grey: Picture) -> float:
    """The angle in degrees at which the page's lines lie: rows of ink are most unlike each other when upright."""
    import cv2
    import numpy as np

    factor = min(1.0, _SKEW_SIDE / max(grey.shape))
    small = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    dark = np.clip(255 - small.astype(np.float32) - 60, 0, None)
    height, width = dark.shape
    middle = (width / 2, height / 2)

    def contrast(angle: float) -> float:
        turned = cv2.warpAffine(dark, cv2.getRotationMatrix2D(middle, angle, 1.0), (width, height))
        profile = turned.sum(axis=1)
        return float(((profile[1:] - profile[:-1]) ** 2).sum())

    best = 0.0
    for step, reach in ((0.5, _MAX_SKEW), (0.1, 0.4), (0.02, 0.08)):
        angles = [best + step * k for k in range(-round(reach / step), round(reach / step) + 1)]
        best = max(angles, key=lambda angle: (contrast(angle), -abs(angle)))
    return round(best, 3)


def _turned(grey: Picture, angle: float) -> Picture:
    import cv2
    import numpy as np

    height, width = grey.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    turned = cv2.warpAffine(grey, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=255)
    return np.asarray(turned, np.uint8)


def _ink(grey: Picture) -> Picture:
    """255 where there is ink. The threshold lies between paper and print, wherever most of the print is."""
    import cv2
    import numpy as np

    level, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    level = float(np.clip(level, 110, 200))
    _, ink = cv2.threshold(grey, level, 255, cv2.THRESH_BINARY_INV)
    return np.asarray(ink, np.uint8)


def rulings(sheet: Sheet) -> tuple[list[Stroke], list[Stroke]]:
    """The horizontal and the vertical ruling lines of a page, in pixels; other long strokes are among them."""
    across = [Stroke(y + h / 2, float(x), float(x + w)) for x, y, w, h in _bars(sheet, horizontal=True)]
    down = [Stroke(x + w / 2, float(y), float(y + h)) for x, y, w, h in _bars(sheet, horizontal=False)]
    return across, down


def lost_rulings(sheet: Sheet, grids: Sequence[Grid]) -> tuple[list[Stroke], list[Stroke]]:
    """Vertical and horizontal rulings that `rulings` missed, where ink runs all along a line of the grid: within cells
    that seem merged (a stamp or a touching letter hid it), and at a border that seems open (a faint one, in pieces)."""
    walls, floors = [], []
    for grid in grids:
        last_row, last_col = len(grid.ys) - 1, len(grid.xs) - 1
        for box in grid.boxes:
            x0, top, x1, bottom = grid.bounds(box)
            right, below = box.col + box.col_span, box.row + box.row_span
            inner = [(x, _WALL) for x in grid.xs[box.col + 1 : right]]
            edges = [(x, _EDGE) for x, at in ((x0, box.col == 0), (x1, right == last_col)) if at and box.is_open]
            walls += [Stroke(x, top, bottom) for x, least in inner + edges if _runs_down(sheet, x, top, bottom, least)]
            inner = [(y, _FLOOR) for y in grid.ys[box.row + 1 : below]]
            edges = [(y, _EDGE) for y, at in ((top, box.row == 0), (bottom, below == last_row)) if at and box.is_open]
            floors += [Stroke(y, x0, x1) for y, least in inner + edges if _runs_across(sheet, y, x0, x1, least)]
    return walls, floors


def _runs_down(sheet: Sheet, x: float, top: float, bottom: float, least: float) -> bool:
    reach = max(2, round(_BESIDE * sheet.dpi))
    rows = slice(round(top) + reach, round(bottom) - reach)
    part = sheet.ink[rows, max(0, round(x) - reach) : round(x) + reach + 1]
    return bool(part.size and part.any(axis=1).mean() >= least)


def _runs_across(sheet: Sheet, y: float, x0: float, x1: float, least: float) -> bool:
    reach = max(2, round(_BESIDE * sheet.dpi))
    columns = slice(round(x0) + reach, round(x1) - reach)
    part = sheet.ink[max(0, round(y) - reach + 1) : round(y) + reach, columns]
    return bool(part.size and part.any(axis=0).mean() >= least)


def _bars(sheet: Sheet, horizontal: bool) -> list[tuple[int, int, int, int]]:
    """The boxes of runs of ink at least as long as a ruling and no thicker."""
    import cv2
    import numpy as np

    length = round((_SHORTEST_ACROSS if horizontal else _SHORTEST_DOWN) * sheet.dpi)
    thickest = max(4, round(_THICKEST * sheet.dpi))

    def kernel(size: int) -> np.ndarray[Any, Any]:
        return np.ones((1, size) if horizontal else (size, 1), np.uint8)

    # a pixel beside the line bridges what skew and noise take from it
    thick = cv2.dilate(sheet.ink, np.ones((3, 1) if horizontal else (1, 3), np.uint8))
    closed = cv2.morphologyEx(thick, cv2.MORPH_CLOSE, kernel(3))
    opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, kernel(length))
    count, names, boxes, _ = cv2.connectedComponentsWithStats(opened, connectivity=8)
    found = []
    for name, (x, y, w, h, _area) in enumerate(boxes[1:count].tolist(), 1):
        long, thin = (w, h) if horizontal else (h, w)
        part = names[y : y + h, x : x + w] == name
        straight = long > 1.5 * sheet.dpi or _bend(part, horizontal) <= _BENT * sheet.dpi + 0.002 * long
        if straight and thin <= thickest + 2 + long * 0.004:
            found.append((x, y, w, h))
        else:  # perhaps a line that a stamp or a stroke of the pen runs into
            found.extend(_runs(part, x, y, round(_STRAIGHT * sheet.dpi), horizontal))
    return [box for box in found if _is_solid(sheet.ink, box, horizontal)]


def _bend(part: np.ndarray[Any, Any], horizontal: bool) -> float:
    """How far the middle of a bar lies from the straight line between its ends, in pixels: an arc of a stamp bends."""
    import numpy as np

    bar = part if horizontal else part.T
    places = np.flatnonzero(bar.any(axis=0))
    middles = (bar[:, places] * np.arange(len(bar))[:, None]).sum(axis=0) / bar[:, places].sum(axis=0)
    if len(places) < 8:
        return 0.0
    half = (places[-1] - places[0]) / 2
    return float(abs(np.polyfit((places - places.mean()) / half, middles, 2)[0]))


def _runs(part: np.ndarray[Any, Any], x: int, y: int, length: int, horizontal: bool) -> list[tuple[int, int, int, int]]:
    """The straight runs of a shape, one for each row (or column) of pixels that holds one of that length."""
    import numpy as np

    found = []
    for place, row in enumerate(part if horizontal else part.T):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], row.astype(np.int8), [0]))))
        for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            if end - start >= length:
                box = (x + start, y + place, end - start, 1) if horizontal else (x + place, y + start, 1, end - start)
                found.append(box)
    return found


def _is_solid(ink: Picture, box: tuple[int, int, int, int], horizontal: bool) -> bool:
    """Whether a bar is drawn all along: a line of text, its characters joined, is not."""
    x, y, w, h = box
    return bool(ink[y : y + h, x : x + w].any(axis=0 if horizontal else 1).mean() >= _SOLID)
