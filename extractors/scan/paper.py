"""The picture of a page → its grey levels as if it were white paper, lit evenly and lying straight.

Units are pixels of the picture, and grey levels of 0 (black) to 255.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from extractors.scan.ocr import Picture

_PAPER_SIDE = 400  # pixels of the small picture that tells the light of the paper
_DARK, _RIM = 110, 0.2  # grey level; share of the page's side that black along its edge fills
_RED, _PURE_RED, _SOLID_RED = 25, 70, 0.6  # grey levels of red above green and blue; share of the stamp's own
_IMPURE = 0.2  # redness of black ink for each grey level that it lacks of white, next to a stamp in a JPEG
_BANDS, _NEARLY_ALL, _STREAK = 24, 0.8, 6.0  # parts of a page, their share, and grey levels that show a streak
_EDGE, _LINED, _BESIDE = 0.015, 0.3, 5  # share of a page's height; of a row that a line fills; pixels
_SKEW_SIDE = 900
MAX_SKEW = 4.0  # degrees


def grey_of(picture: np.ndarray[Any, Any]) -> Picture:
    import cv2
    import numpy as np

    return picture if picture.ndim == 2 else np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def _redness(picture: np.ndarray[Any, Any]) -> Picture:
    import cv2
    import numpy as np

    return np.asarray(cv2.subtract(picture[..., 0], np.maximum(picture[..., 1], picture[..., 2])), np.uint8)


def stamp_of(picture: np.ndarray[Any, Any]) -> Picture | None:
    """Where a colour page is red (255), as a stamp is; None where it is nowhere."""
    import cv2
    import numpy as np

    red = (_redness(picture) > _RED).astype(np.uint8) * 255
    return np.asarray(cv2.dilate(red, np.ones((5, 5), np.uint8)), np.uint8) if red.any() else None


def without_stamp(picture: np.ndarray[Any, Any], stamp: Picture) -> Picture:
    """Grey levels; where the page is red those of its red part, in which a stamp is as light as the paper and the text
    under it still black.

    A JPEG keeps colour in half the pixels only, so that thin black lines under a stamp are red as well: within the
    solid parts of one they are told by being darker than it.
    """
    import cv2
    import numpy as np

    grey, red, redness = grey_of(picture), picture[..., 0], _redness(picture)
    pure = redness > (_PURE_RED if (redness > _PURE_RED).any() else _RED)
    light = min(max(float(np.percentile(red[pure], 40)), 130.0), 250.0)  # of the stamp's own ink, in its red part
    share = np.clip(redness / np.float32(np.median(redness[pure])), 0.0, 1.0)  # of that ink in a pixel
    cleared = np.maximum(grey, red + (250.0 - light) * share)
    # thin strokes of a stamp have lost half their colour, but have more of it than black for what they lack of white
    purity = redness / np.maximum(255.0 - np.minimum(picture[..., 1], picture[..., 2]), 30.0)
    cleared += (255.0 - cleared) * np.clip((purity - _IMPURE) / _IMPURE, 0.0, 1.0)
    solid = cv2.erode((share > _SOLID_RED).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if solid.any():
        cleared[solid] = grey[solid] * (250.0 / max(float(np.percentile(grey[solid], 60)), 30.0))
    return np.where(stamp > 0, cleared.clip(0, 255), grey).astype(np.uint8)


def evenly_lit(grey: Picture) -> Picture:
    """The page divided by the light of its paper, so that the paper is white wherever the lamp was dimmer."""
    import cv2
    import numpy as np

    factor = _PAPER_SIDE / max(grey.shape)
    small = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    paper = cv2.GaussianBlur(cv2.medianBlur(paper, 21), (0, 0), 5)
    paper = cv2.resize(paper, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.divide(grey, np.maximum(paper, 40), scale=250), np.uint8)


def without_rim(grey: Picture) -> Picture:
    """The page without the black that a scanner's lid or the table under a photograph leaves along its edges: it is
    upright however the page lies."""
    import cv2
    import numpy as np

    small = cv2.resize(grey, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    dark = cv2.morphologyEx((small < _DARK).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, names, boxes, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    high, wide = dark.shape
    rims = [
        name
        for name, (x, y, w, h, _) in enumerate(boxes[1:count].tolist(), 1)
        if (x <= 1 or y <= 1 or x + w >= wide - 1 or y + h >= high - 1) and max(w / wide, h / high) >= _RIM
    ]
    if not rims:
        return grey
    rim = cv2.dilate(np.isin(names, rims).astype(np.uint8), np.ones((3, 3), np.uint8))
    whole = cv2.resize(rim, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_NEAREST)
    return np.where(whole > 0, np.uint8(250), grey)


def without_streaks(grey: Picture) -> tuple[Picture, Picture | None]:
    """The page without the thin lines that dust under a scanner's lamp draws from one of its edges to the other, and
    where those were (255): a stroke of a digit may have lain under one. None where there was none."""
    import numpy as np

    down, across = _streaks(grey), _streaks(np.ascontiguousarray(grey.T))
    if not down.any() and not across.any():
        return grey, None
    mended = _mended(_mended(grey, down).T, across).T
    return np.ascontiguousarray(mended), np.asarray((down[None, :] | across[:, None]) * 255, np.uint8)


def _streaks(grey: Picture) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """The columns of pixels that are darker than those beside them in nearly all parts of the page, its edges too; none
    where a line runs along those: a table without a margin."""
    import cv2
    import numpy as np

    high, wide = grey.shape
    edge = max(2, round(_EDGE * high))
    bands = cv2.resize(grey, (wide, _BANDS), interpolation=cv2.INTER_AREA).astype(np.float32)
    ends = np.stack([grey[:edge].mean(axis=0), grey[-edge:].mean(axis=0)])
    lined = max(float((grey[rows] < _DARK).mean(axis=1).max()) for rows in (slice(0, edge), slice(high - edge, high)))
    if lined > _LINED:
        return np.zeros(wide, bool)

    def darker(part: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        beside = np.minimum(np.roll(part, _BESIDE, axis=1), np.roll(part, -_BESIDE, axis=1))
        return np.asarray(beside - part >= _STREAK)

    found = darker(ends).all(axis=0) & (darker(bands).mean(axis=0) >= _NEARLY_ALL)
    found[: 2 * _BESIDE] = found[-2 * _BESIDE :] = False
    return np.asarray(cv2.dilate(found.astype(np.uint8)[None, :], np.ones((1, 3), np.uint8))[0] > 0)


def _mended(grey: Picture, columns: np.ndarray[Any, np.dtype[np.bool_]]) -> Picture:
    """The page with these columns of pixels put in from those beside them."""
    import numpy as np

    places = np.arange(grey.shape[1])
    whole = places[~columns]
    left = whole[np.clip(np.searchsorted(whole, places, "right") - 1, 0, len(whole) - 1)]
    right = whole[np.clip(np.searchsorted(whole, places), 0, len(whole) - 1)]
    return np.where(columns[None, :], np.minimum(grey[:, left], grey[:, right]), grey)


def skew_of(grey: Picture) -> float:
    """The angle in degrees at which the page's lines lie: rows of ink are most unlike each other when upright.

    Found on a small picture, and then in all pixels: on a small one a page that lies askew by a tenth of a degree is
    sharper as it is than turned.
    """
    import cv2
    import numpy as np

    factor = min(1.0, _SKEW_SIDE / max(grey.shape))
    small = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    best = 0.0
    for picture, least, step, reach in (
        (small, 195, 0.25, MAX_SKEW),
        (grey, 135, 0.1, 0.4),
        (grey, 135, 0.02, 0.1),
    ):
        contrast = _contrast(np.asarray(cv2.subtract(np.full_like(picture, least), picture), np.uint8))
        angles = [best + step * k for k in range(-round(reach / step), round(reach / step) + 1)]
        best = max(angles, key=lambda angle: (contrast(angle), -abs(angle)))
    return round(best, 3)


def _contrast(dark: Picture) -> Callable[[float], float]:
    """How unlike each other the rows of a picture of ink are once it is turned by an angle in degrees; turned is only
    its profile."""
    import numpy as np

    ys, xs = np.nonzero(dark)
    weight = dark[ys, xs].astype(np.float64)
    high, wide = dark.shape
    reach = int(wide / 2 * np.tan(np.radians(1.2 * MAX_SKEW))) + 2
    shift = (xs - wide / 2).astype(np.float32)

    def contrast(angle: float) -> float:
        place = ys - shift * np.float32(np.tan(np.radians(angle))) + reach
        row = place.astype(np.int32)
        below = weight * (place - row)
        size = high + 2 * reach + 2
        profile = np.bincount(row, weight - below, size) + np.bincount(row + 1, below, size)
        smooth = np.convolve(profile, [0.25, 0.5, 0.25], "same")
        return float((np.diff(smooth) ** 2).sum())

    return contrast


def turned(grey: Picture, angle: float, border: int = 255) -> Picture:
    import cv2
    import numpy as np

    height, width = grey.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    turned = cv2.warpAffine(grey, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=border)
    return np.asarray(turned, np.uint8)
