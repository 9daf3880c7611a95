"""A line of text on a page → its pictures, as the recogniser is given them: as it is, and other looks at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extractors.scan.inkcells import Strip
from extractors.scan.pagegrid import Sheet

if TYPE_CHECKING:
    from extractors.scan.ocr import Picture

_THICKENED, _SOFT = 0.015, 0.01  # inches


def cut(sheet: Sheet, strip: Strip) -> Picture:
    """The picture of a line."""
    x0, top, x1, bottom = strip.box
    picture: Picture = sheet.grey[top:bottom, x0:x1]
    return picture


def cut_clean(sheet: Sheet, strip: Strip) -> Picture:
    """The picture of a line's ink without its specks, in more contrast and with more white around it: another look."""
    import cv2
    import numpy as np

    x0, top, x1, bottom = strip.box
    picture = sheet.grey[top:bottom, x0:x1].copy()
    near = cv2.dilate(sheet.ink[top:bottom, x0:x1], np.ones((7, 7), np.uint8))
    picture[near == 0] = 250  # a watermark, and what the lamp left
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


def cut_thick(sheet: Sheet, strip: Strip) -> Picture:
    """The picture of a line with its strokes thickened: what a copier broke grows together."""
    import cv2
    import numpy as np

    picture = cut_clean(sheet, strip)
    size = max(2, round(_THICKENED * sheet.dpi))
    thick = cv2.erode(picture, np.ones((size, size), np.uint8))
    return np.asarray(cv2.GaussianBlur(thick, (0, 0), 0.7), np.uint8)


def cut_soft(sheet: Sheet, strip: Strip) -> Picture:
    """The picture of a line as from afar: breaks and specks melt away."""
    import cv2
    import numpy as np

    soft = cv2.GaussianBlur(cut_clean(sheet, strip), (0, 0), _SOFT * sheet.dpi)
    return np.asarray(cv2.convertScaleAbs(soft, alpha=1.6, beta=-150), np.uint8)
