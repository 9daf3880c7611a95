"""The picture of a page → an upright, evenly lit page, and the ruling lines on it.

Units of everything that leaves this module are pixels of the upright page, except where points are named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from extractors.ruling import Grid, Stroke
from extractors.scan.paper import (
    evenly_lit,
    grey_of,
    skew_of,
    stamp_of,
    turned,
    without_rim,
    without_stamp,
    without_streaks,
)

if TYPE_CHECKING:
    import numpy as np

    from extractors.scan.ocr import Picture

_SHORTEST_ACROSS = 0.3  # inches of a ruling line; the strokes of ordinary characters are shorter
_SHORTEST_DOWN = 0.2
_THICKEST = 0.06
_SOLID = 0.9
_BENT = 0.005
_BESIDE = 0.015
_EDGE = 0.6
_WALL, _FLOOR = 0.8, 0.92  # text between two rulings covers half the height, and nearly the width, of its cell
_WIDEST_GAP, _HIDDEN = 0.6, 0.7  # inches that a stamp parts a ruling by, and the share of them that is under it
_ALONG, _BROADEST = 0.06, 0.05  # inches
_FAINTEST, _FAINT_SHARE = 12.0, 0.33  # grey levels; of the darkness of the page's other rulings
_SHORTEST_FAINT, _EVEN = 0.35, 0.4  # inches; of the usual darkness along a line
_CROSSED = 0.25  # of its length that a line may have ink right beside it
_STRAIGHT = 0.8  # inches; the arcs of a stamp are straight for less

Bar = tuple[int, int, int, int]  # x, y, width and height in pixels


@dataclass(frozen=True, slots=True)
class Sheet:
    """An upright page: grey levels with the paper white, its ink (255 where there is any), its resolution, the angle in
    degrees that it was turned by, and where red ink and where a scanner's streaks were taken off it (255), if
    anywhere."""

    grey: Picture
    ink: Picture
    dpi: float
    skew: float = 0.0
    stamp: Picture | None = None
    streaks: Picture | None = None

    @property
    def points(self) -> float:
        """Points a pixel."""
        return 72.0 / self.dpi


def upright(picture: np.ndarray[Any, Any], dpi: float) -> Sheet:
    """The page of a picture (grey, or red-green-blue), turned by less than `paper.MAX_SKEW` degrees."""
    stamp = stamp_of(picture) if picture.ndim == 3 else None
    grey = evenly_lit(grey_of(picture) if stamp is None else without_stamp(picture, stamp))
    grey, streaks = without_streaks(without_rim(grey))
    skew = skew_of(grey)
    if abs(skew) >= 0.03:
        grey = turned(grey, skew)
        stamp, streaks = (None if mask is None else turned(mask, skew, border=0) for mask in (stamp, streaks))
    return Sheet(grey, _ink(grey), dpi, skew, stamp, streaks)


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
    import numpy as np

    across = [Stroke(y + h / 2, float(x), float(x + w)) for x, y, w, h in _lines(sheet, horizontal=True)]
    down = [Stroke(x + w / 2, float(y), float(y + h)) for x, y, w, h in _lines(sheet, horizontal=False)]
    if sheet.stamp is not None:
        return _bridged(across, sheet.stamp, sheet.dpi), _bridged(down, np.ascontiguousarray(sheet.stamp.T), sheet.dpi)
    return across, down


def _lines(sheet: Sheet, horizontal: bool) -> list[Bar]:
    """The bars of ink, and those paler than ink: a hairline, which the lens has spread or the scanner half lost. These
    are a third as dark as the others at least, where there are others: what shows through from the back is paler."""
    import numpy as np

    inked = _bars(sheet.ink, sheet.dpi, horizontal)
    ridges = _ridges(sheet, horizontal)
    usual = [_darkness(ridges, bar, horizontal) for bar in inked if max(bar[2:]) >= sheet.dpi]
    least = max(_FAINTEST, _FAINT_SHARE * float(np.median(usual)) if usual else 0.0)
    mask = np.asarray((ridges > least) * 255, np.uint8)
    faint = (bar for bar in _bars(mask, sheet.dpi, horizontal) if max(bar[2:]) >= _SHORTEST_FAINT * sheet.dpi)
    return inked + [
        bar for bar in faint if _darkness(ridges, bar, horizontal) >= least and _is_even(sheet, bar, horizontal)
    ]


def _ridges(sheet: Sheet, horizontal: bool) -> Picture:
    """How much darker than the paper beside it each pixel is, taken together with its neighbours along a line."""
    import cv2
    import numpy as np

    along, beside = max(3, round(_ALONG * sheet.dpi)), max(5, round(_BROADEST * sheet.dpi))
    dark = cv2.subtract(np.full_like(sheet.grey, 250), sheet.grey)
    smooth = cv2.blur(dark, (along, 1) if horizontal else (1, along))
    kernel = np.ones((beside, 1) if horizontal else (1, beside), np.uint8)
    return np.asarray(cv2.morphologyEx(smooth, cv2.MORPH_TOPHAT, kernel), np.uint8)


def _is_even(sheet: Sheet, bar: Bar, horizontal: bool) -> bool:
    """Whether a bar is about as dark all along, with paper on both its sides: a line of text, smoothed, is not."""
    import numpy as np

    x, y, w, h = bar if horizontal else (bar[1], bar[0], bar[3], bar[2])
    grey = sheet.grey if horizontal else sheet.grey.T
    dark = 250.0 - grey[y : y + h, x : x + w].min(axis=0)
    usual = float(np.median(dark))
    if float(np.percentile(dark, 10)) < _EVEN * usual:
        return False
    reach = max(3, round(_BESIDE * sheet.dpi))
    sides = (grey[max(0, y - reach) : max(1, y - reach + 1)], grey[y + h + reach - 1 : y + h + reach])
    return all(float((250.0 - side[:, x : x + w] > usual / 2).mean()) <= _CROSSED for side in sides if side.size)


def _darkness(ridges: Picture, bar: Bar, horizontal: bool) -> float:
    import numpy as np

    x, y, w, h = bar
    return float(np.median(ridges[y : y + h, x : x + w].max(axis=0 if horizontal else 1)))


def _bridged(strokes: Sequence[Stroke], stamp: Picture, dpi: float) -> list[Stroke]:
    """The strokes with those pieces of one line joined that a stamp parts; `stamp` with the lines lying across."""
    joined: list[Stroke] = []
    for stroke in sorted(strokes, key=lambda one: (one.start, one.at)):
        for index, left in enumerate(joined):
            gap = stroke.start - left.end
            if abs(left.at - stroke.at) > _BESIDE * dpi or not 0 < gap <= _WIDEST_GAP * dpi:
                continue
            row = round((left.at + stroke.at) / 2)
            hidden = stamp[max(0, row - 2) : row + 3, round(left.end) : round(stroke.start) + 1]
            if hidden.size and (hidden > 0).any(axis=0).mean() >= _HIDDEN:
                at = left.at if left.end - left.start > stroke.end - stroke.start else stroke.at
                joined[index] = Stroke(at, left.start, stroke.end)
                break
        else:
            joined.append(stroke)
    return joined


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


def _bars(ink: Picture, dpi: float, horizontal: bool) -> list[Bar]:
    """The boxes of runs of ink at least as long as a ruling and no thicker."""
    import cv2
    import numpy as np

    length = round((_SHORTEST_ACROSS if horizontal else _SHORTEST_DOWN) * dpi)
    thickest = max(4, round(_THICKEST * dpi))

    def kernel(size: int) -> np.ndarray[Any, Any]:
        return np.ones((1, size) if horizontal else (size, 1), np.uint8)

    # a pixel beside the line bridges what skew and noise take from it
    thick = cv2.dilate(ink, np.ones((3, 1) if horizontal else (1, 3), np.uint8))
    closed = cv2.morphologyEx(thick, cv2.MORPH_CLOSE, kernel(3))
    opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, kernel(length))
    count, names, boxes, _ = cv2.connectedComponentsWithStats(opened, connectivity=8)
    found = []
    for name, (x, y, w, h, _area) in enumerate(boxes[1:count].tolist(), 1):
        long, thin = (w, h) if horizontal else (h, w)
        part = names[y : y + h, x : x + w] == name
        straight = long > 1.5 * dpi or _bend(part, horizontal) <= _BENT * dpi + 0.002 * long
        if straight and thin <= thickest + 2 + long * 0.004:
            found.append((x, y, w, h))
        else:  # perhaps a line that a stamp or a stroke of the pen runs into
            found.extend(_runs(part, x, y, round(_STRAIGHT * dpi), horizontal))
    return [box for box in found if _is_solid(ink, box, horizontal)]


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


def _runs(part: np.ndarray[Any, Any], x: int, y: int, length: int, horizontal: bool) -> list[Bar]:
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


def _is_solid(ink: Picture, box: Bar, horizontal: bool) -> bool:
    """Whether a bar is drawn all along: a line of text, its characters joined, is not."""
    x, y, w, h = box
    return bool(ink[y : y + h, x : x + w].any(axis=0 if horizontal else 1).mean() >= _SOLID)
