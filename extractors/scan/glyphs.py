"""A second witness of a page's figures: each printed digit against the others of its own page.

A report is printed in one face, so the digits that were recognised beyond doubt show how every other should look. One
that is unlike its namesakes, or liker to those of another name, is doubtful however sure the recogniser was of it: that
has been seen to take a 4 with a stroke lost in the copier for a 1, with confidence. Nothing is known here but the page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from extractors.scan.inkcells import Strip
from extractors.scan.insides import Box
from extractors.scan.pagegrid import Sheet

if TYPE_CHECKING:
    import numpy as np

    Shape = np.ndarray[Any, np.dtype[np.float32]]
    """A digit's picture, brought to one height, with mean 0 and length 1: the product of two is their likeness."""

_NUMBER = re.compile(r"([-+−–]?)([\d.,]+)(\D*)")
_SIDE = 24  # pixels of the square that a digit is brought to
_SAME_GLYPH = 0.3  # of the narrower one's width that pieces of one digit share
_DIGIT_HIGH = 0.6  # of the highest shape; points, commas and dashes are lower
_PLUS_HIGH = 0.85
_FEWEST, _MOST = 3, 40  # namesakes that make a witness, and that are asked
_NEAREST = 3
_GUESSED = 0.75  # the likeness that makes a digit of what was read as none
_ALIKE = 0.9  # digits of different names are not liker than this
_SHORT = 3
_DIGITS = "0123456789"


@dataclass(frozen=True, slots=True)
class Witness:
    """What a page's digits say of a number that was read as `subject`.

    `likeness` of its digits to their namesakes, and `lead` over those of any other name, both of the digit for which it
    is least (−1 to 1). `text`: the number that they would read instead, empty where it is the same. `is_whole`: whether
    all its digits have namesakes.
    """

    subject: str
    likeness: float
    lead: float
    text: str = ""
    is_whole: bool = True


def witnesses(sheet: Sheet, lines: Sequence[Strip], texts: Sequence[str], sure: Sequence[bool]) -> list[Witness | None]:
    """For each line, read as a number or as something short, what the other digits of the page say of it; None where
    they cannot tell. `sure` marks the lines whose digits serve as namesakes."""
    import numpy as np

    glyphs = [_glyphs(sheet, line, text) for line, text in zip(lines, texts, strict=True)]
    owners = np.array([index for index, pairs in enumerate(glyphs) for _ in pairs], int)
    names = [name for pairs in glyphs for name, _ in pairs]
    if not names:
        return [None] * len(lines)
    shapes = np.stack([shape for pairs in glyphs for _, shape in pairs])
    likes = _likes(shapes, owners, names, [sure[owner] for owner in owners])
    heard: list[Witness | None] = []
    start = 0
    for pairs, text in zip(glyphs, texts, strict=True):
        heard.append(_heard(text, names[start : start + len(pairs)], likes[start : start + len(pairs)]))
        start += len(pairs)
    return heard


def _likes(
    shapes: np.ndarray[Any, Any], owners: np.ndarray[Any, Any], names: Sequence[str], sure: Sequence[bool]
) -> list[dict[str, float]]:
    """For each shape how like it is to the likest few digits of each name that stand in other lines."""
    import numpy as np

    found: list[dict[str, float]] = [{} for _ in names]
    for digit in _DIGITS:
        namesakes = (i for i, name in enumerate(names) if name == digit and sure[i])
        known = list(islice(namesakes, _MOST))
        if len(known) < _FEWEST:
            continue
        likes = shapes @ shapes[known].T
        likes[owners[:, None] == owners[known][None, :]] = -2.0
        best = np.sort(likes, axis=1)[:, -_NEAREST:]
        for i in np.flatnonzero(best[:, 0] > -2.0).tolist():
            found[i][digit] = float(best[i].mean())
    return found


def _heard(text: str, names: Sequence[str], likes: Sequence[dict[str, float]]) -> Witness | None:
    if not names:
        return None
    likeness = lead = 1.0
    is_whole, read = True, []
    for name, like in zip(names, likes, strict=True):
        rival = max((other for other in like if other != name), key=lambda other: like[other], default=None)
        own = like.get(name)
        if own is not None:
            likeness = min(likeness, own)
        if rival is not None:
            lead = min(lead, (_ALIKE if own is None else own) - like[rival])
        is_whole = is_whole and own is not None
        beaten = rival is not None and like[rival] > (own if own is not None else _GUESSED)
        read.append(rival if rival is not None and beaten else name)
    if not all(read):
        return None
    instead = iter(read)
    is_number = _NUMBER.fullmatch(text) is not None
    changed = "".join(next(instead) if one.isdigit() else one for one in text) if is_number else "".join(read)
    return Witness(text, likeness, lead, "" if changed == text else changed, is_whole)


def _glyphs(sheet: Sheet, line: Strip, text: str) -> list[tuple[str, Shape]]:
    """The digits of a number with their shapes; none where the shapes on paper are not as many (they touch, or one is
    broken in two). Those of a short line that was read as no number have no name."""
    parts = _NUMBER.fullmatch(text)
    if not line.shapes or (parts is None and len(text) > _SHORT):
        return []
    groups = _side_by_side(line.shapes)
    high = max(bottom - top for _, top, _, bottom in groups)
    large = [group for group in groups if group[3] - group[1] >= _DIGIT_HIGH * high]
    if parts is None:
        return [("", _shape(sheet, box)) for box in large] if len(large) <= _SHORT else []
    sign, body, unit = parts.groups()
    if sign == "+" and len(large) > 1 and large[0][3] - large[0][1] < _PLUS_HIGH * (large[1][3] - large[1][1]):
        large = large[1:]
    digits = [character for character in body if character.isdigit()]
    if len(large) < len(digits) or (len(large) > len(digits) and not unit):
        return []
    return [(digit, _shape(sheet, box)) for digit, box in zip(digits, large, strict=False)]


def _side_by_side(shapes: Sequence[Box]) -> list[Box]:
    """Shapes above each other as one, left to right."""
    groups: list[Box] = []
    for shape in sorted(shapes):
        if groups:
            last = groups[-1]
            shared = min(last[2], shape[2]) - max(last[0], shape[0])
            if shared > _SAME_GLYPH * min(last[2] - last[0], shape[2] - shape[0]):
                groups[-1] = (
                    min(last[0], shape[0]),
                    min(last[1], shape[1]),
                    max(last[2], shape[2]),
                    max(last[3], shape[3]),
                )
                continue
        groups.append(shape)
    return groups


def _shape(sheet: Sheet, box: Box) -> Shape:
    import cv2
    import numpy as np

    x0, top, x1, bottom = box
    ink = 255 - sheet.grey[max(0, top - 1) : bottom + 1, max(0, x0 - 1) : x1 + 1].astype(np.float32)
    scale = _SIDE / ink.shape[0]
    wide = max(1, min(_SIDE, round(ink.shape[1] * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    square = np.zeros((_SIDE, _SIDE), np.float32)
    left = (_SIDE - wide) // 2
    square[:, left : left + wide] = cv2.resize(ink, (wide, _SIDE), interpolation=way)
    flat = cv2.GaussianBlur(square, (0, 0), 0.8).ravel()
    flat -= flat.mean()
    return np.asarray(flat / max(float(np.linalg.norm(flat)), 1e-6), np.float32)
