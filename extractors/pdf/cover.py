"""Which glyphs of a PDF page are drawn over later on, by a white box or a picture, and not seen any more.

Coordinates are points of the displayed page, as in `lines`.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from extractors.lines import SLANTED, Glyph
from extractors.pdf.calls import Handle, pdfium
from extractors.pdf.ink import leave_ink
from extractors.pdf.objects import Box, Matrix, Segment, Shape, bounds_of, placed, times
from extractors.pdf.paint import UNREADABLE

if TYPE_CHECKING:
    import pypdfium2  # type: ignore[import-untyped]

_SCAN_SHARE = 0.5  # of the page, from which on pictures are scans, and of the text under them `scanned` judges
_CORE = 0.25  # of a character's width and height at each side, where a line does not strike it
_MAX_LOOKS = 2_000_000


class Ground(NamedTuple):
    """What is filled, and its place in the order of drawing."""

    box: Box
    order: int


def late_grounds(
    shapes: Sequence[Shape], areas: Collection[Handle], display: Matrix, size: tuple[float, float]
) -> list[Ground]:
    """The fills and pictures that a page draws after some text. `shapes` are the page's in the order of drawing,
    `areas` the addresses of those that are filled, and no rulings; `size` is the page's."""
    path, text = pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_TEXT
    kinds = [kind for _, kind, _ in shapes]
    others = (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_SHADING)
    if text not in kinds or not (areas or any(kind in kinds for kind in others)):
        return []
    first = kinds.index(text)
    late = [
        order
        for order, (handle, kind, _) in enumerate(islice(shapes, first, None), first)
        if kind in others or (kind == path and handle in areas)
    ]
    found = []
    for order, sides in zip(late, bounds_of([shapes[order].handle for order in late]), strict=True):
        if sides is not None:
            box = placed(sides, times(shapes[order].around, display))
            if all(map(math.isfinite, box)):
                found.append(Ground(box, order))
    pictures = [box for box, order in found if kinds[order] != path]
    if sum((x1 - x0) * (bottom - top) for x0, top, x1, bottom in pictures) >= _SCAN_SHARE * size[0] * size[1]:
        return [ground for ground in found if kinds[ground.order] == path]
    return found


def covered(
    page: pypdfium2.PdfPage,
    shapes: Sequence[Shape],
    grounds: Sequence[Ground],
    glyphs: Sequence[Glyph],
    owners: Sequence[Handle],
) -> tuple[set[int], set[int]]:
    """The numbers of the glyphs that the `late_grounds` leave nothing to be seen of, and of those that they hide a part
    of. `owners` are the addresses of the glyphs' text objects.

    The page is drawn to tell it, but only where such a ground lies over a glyph: it may be transparent, or be clipped,
    or belong to a layer that is off.
    """
    orders = {handle: order for order, (handle, kind, _) in enumerate(shapes) if kind == pdfium.FPDF_PAGEOBJ_TEXT}
    found = _under(grounds, glyphs, owners, orders)
    under = [index for index in sorted(found) if owners[index] in orders]
    if not under:
        return set(), set()
    texts = sorted({owners[index] for index in under})
    inked = leave_ink(page, texts, [glyphs[index] for index in under], [found[index] for index in under])
    told = list(zip(under, inked, strict=True))
    return {index for index, (whole, _) in told if not whole}, {index for index, (whole, part) in told if whole > part}


def _under(
    grounds: Sequence[Ground], glyphs: Sequence[Glyph], owners: Sequence[Handle], orders: Mapping[Handle, int]
) -> dict[int, Box]:
    """The numbers of the glyphs whose middle a later ground holds, and the last such ground. `orders` are the places of
    the `owners` in the order of drawing. All that are inked where there is too much to look through."""
    upper, lower = min(box[1] for box, _ in grounds), max(box[3] for box, _ in grounds)
    inked = sorted(
        [
            ((glyph.top + glyph.bottom) / 2, index)
            for index, glyph in enumerate(glyphs)
            if glyph.bottom > upper and glyph.top < lower and glyph.text.strip() and glyph.turn != SLANTED
        ]
    )
    middles = [middle for middle, _ in inked]
    found: dict[int, Box] = {}
    looks = 0
    for (x0, top, x1, bottom), order in grounds:
        first, end = bisect_left(middles, top), bisect_right(middles, bottom)
        looks += end - first
        if looks > _MAX_LOOKS:
            return {index: glyphs[index][1:5] for _, index in inked}
        for _, index in inked[first:end]:
            glyph = glyphs[index]
            if x0 <= (glyph.x0 + glyph.x1) / 2 <= x1 and orders.get(owners[index], order) < order:
                found[index] = x0, top, x1, bottom
    return found


def without_scribbled(glyphs: Sequence[Glyph], lines: Iterable[Segment], display: Matrix) -> list[Glyph]:
    """The glyphs, those figures as U+FFFD that somebody drew a line through. `lines` are in PDF user space."""
    a, b, c, d, e, f = display
    figures = sorted((glyph.top, index) for index, glyph in enumerate(glyphs) if glyph.text.isdecimal())
    tops = [top for top, _ in figures]
    highest = max((glyphs[index].bottom - glyphs[index].top for _, index in figures), default=0.0)
    lost: set[int] = set()
    looks = 0
    for ends in lines:
        (x0, y0), (x1, y1) = ((a * x + c * y + e, b * x + d * y + f) for x, y in ends)
        first, end = bisect_left(tops, min(y0, y1) - highest), bisect_right(tops, max(y0, y1))
        looks += end - first
        if looks > _MAX_LOOKS:
            lost.update(index for _, index in figures)
            break
        lost.update(index for _, index in figures[first:end] if _crosses((x0, y0, x1, y1), glyphs[index]))
    if not lost:
        return list(glyphs)
    return [glyph._replace(text=UNREADABLE) if index in lost else glyph for index, glyph in enumerate(glyphs)]


def _crosses(line: Box, glyph: Glyph) -> bool:
    """Whether a line (from x, y to x, y) runs through the core of a character."""
    x0, y0, x1, y1 = line
    wide, high = _CORE * (glyph.x1 - glyph.x0), _CORE * (glyph.bottom - glyph.top)
    enters, leaves = 0.0, 1.0
    for start, way, least, most in (
        (x0, x1 - x0, glyph.x0 + wide, glyph.x1 - wide),
        (y0, y1 - y0, glyph.top + high, glyph.bottom - high),
    ):
        if way == 0:
            if not least <= start <= most:
                return False
            continue
        near, far = sorted(((least - start) / way, (most - start) / way))
        enters, leaves = max(enters, near), min(leaves, far)
    return enters <= leaves
