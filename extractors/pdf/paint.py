"""Which glyphs of a PDF page nobody sees: drawn invisibly, white or pale on white paper, covered, struck through; and
figures drawn over other figures, of which nobody can tell which one counts.

Coordinates are points of the displayed page, as in `lines`.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from extractors.lines import Glyph
from extractors.ruling import Stroke

if TYPE_CHECKING:
    from collections.abc import Callable

_PALE = 165  # of 255: each channel of a colour that only a watermark is drawn in
_WHITE = 245
_FAINT = 128
_SQUARE = 32.0  # points
_OVER = 0.4
_STRUCK = (0.12, 0.6)  # of the font size above the baseline: where a line through a figure runs
_BEYOND = 1.0
_MOST_PALE = 0.3
_SMALLEST = 1.5  # points; nobody reads less
_A4_WIDE = 595.0
UNREADABLE = "\ufffd"

Box = tuple[float, float, float, float]


class Paint(NamedTuple):
    """How a glyph is drawn; `address` is that of the text object it belongs to."""

    invisible: bool
    pale: bool
    address: int

    def is_like(self, other: Paint) -> bool:
        """Whether both are seen alike, as the characters of one line are."""
        return (self.invisible, self.pale) == (other.invisible, other.pale)


class Ground(NamedTuple):
    """A filled shape or a picture, in the order of drawing."""

    box: Box
    order: int
    white: bool


class Written(NamedTuple):
    """A text object: its box, its place in the order of drawing, and whether it can be seen on white."""

    box: Box
    order: int
    seen: bool


def paint_of(text_page: Any, index: int) -> Paint:
    """How character `index` of a PDFium text page is drawn."""
    import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

    shape = pdfium.FPDFText_GetTextObject(text_page, index)
    mode = pdfium.FPDFTextObj_GetTextRenderMode(shape) if shape else pdfium.FPDF_TEXTRENDERMODE_FILL
    address = ctypes.addressof(shape.contents) if shape else 0
    if mode in (pdfium.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium.FPDF_TEXTRENDERMODE_CLIP):
        return Paint(True, False, address)
    red, green, blue, alpha = (ctypes.c_uint(0) for _ in range(4))
    filled = mode != pdfium.FPDF_TEXTRENDERMODE_STROKE
    pale = bool(
        filled
        and pdfium.FPDFText_GetFillColor(text_page, index, red, green, blue, alpha)
        and (min(red.value, green.value, blue.value) >= _PALE or alpha.value < _FAINT)
    )
    return Paint(False, pale, address)


def is_seen(shape: Any) -> bool:
    """Whether a text object is drawn in ink that shows on white."""
    import pypdfium2.raw as pdfium

    mode = pdfium.FPDFTextObj_GetTextRenderMode(shape)
    if mode in (pdfium.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium.FPDF_TEXTRENDERMODE_CLIP):
        return False
    red, green, blue, alpha = (ctypes.c_uint(0) for _ in range(4))
    if mode == pdfium.FPDF_TEXTRENDERMODE_STROKE:
        return True
    if not pdfium.FPDFPageObj_GetFillColor(shape, red, green, blue, alpha):
        return True
    return min(red.value, green.value, blue.value) < _PALE and alpha.value >= _FAINT


def is_white(shape: Any) -> bool | None:
    """Whether a path is filled in opaque white; None where its fill is no plain colour or lets the ground through."""
    import pypdfium2.raw as pdfium

    red, green, blue, alpha = (ctypes.c_uint(0) for _ in range(4))
    if not pdfium.FPDFPageObj_GetFillColor(shape, red, green, blue, alpha) or alpha.value < 255:
        return None
    return min(red.value, green.value, blue.value) >= _WHITE


def drawn_on(
    shapes: Iterable[tuple[Any, tuple[float, float, float, float, float, float]]],
) -> tuple[list[Ground], dict[int, Written]]:
    """The page's fills and pictures, and its text objects by address, each with its place in the order of drawing.
    `shapes` are PDFium's objects, each with the matrix from its bounds to the displayed page."""
    import pypdfium2.raw as pdfium

    grounds: list[Ground] = []
    texts: dict[int, Written] = {}
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    for order, (shape, (a, b, c, d, e, f)) in enumerate(shapes):
        kind = pdfium.FPDFPageObj_GetType(shape)
        sides = [ctypes.c_float() for _ in range(4)]
        if kind == pdfium.FPDF_PAGEOBJ_FORM or not pdfium.FPDFPageObj_GetBounds(shape, *sides):
            continue
        left, low, right, high = (side.value for side in sides)
        xs = [a * x + c * y + e for x in (left, right) for y in (low, high)]
        ys = [b * x + d * y + f for x in (left, right) for y in (low, high)]
        if not all(map(math.isfinite, xs + ys)):
            continue
        box = min(xs), min(ys), max(xs), max(ys)
        if kind == pdfium.FPDF_PAGEOBJ_TEXT:
            texts[ctypes.addressof(shape.contents)] = Written(box, order, is_seen(shape))
        elif kind == pdfium.FPDF_PAGEOBJ_PATH:
            pdfium.FPDFPath_GetDrawMode(shape, fill, stroke)
            if fill.value:
                grounds.append(Ground(box, order, bool(is_white(shape))))
        else:
            grounds.append(Ground(box, order, False))
    return grounds, texts


def seen_on(
    glyphs: Sequence[Glyph],
    paints: Sequence[Paint],
    size: tuple[float, float],
    drawn: Callable[[], tuple[list[Ground], dict[int, Written]]],
) -> tuple[list[Glyph], list[Glyph]]:
    """The glyphs that are seen, and those with ink that are not. `size` is the page's; `drawn` gives the page's
    grounds, and its text objects by address; it is asked only where it matters. What a picture covers, or shows
    through, is not told here (see `ink`)."""
    inked = [index for index, glyph in enumerate(glyphs) if glyph.text.strip()]
    invisible = {index for index in inked if paints[index].invisible or _is_out_of_sight(glyphs[index], size)}
    pale = {index for index in inked if paints[index].pale} - invisible
    over = [pair for pair in _overlaid(glyphs) if not invisible.intersection(pair)]
    if not (invisible or pale or over):
        return list(glyphs), []
    grounds, texts = drawn()
    unseen = set(invisible)
    lit = _Squares([ground for ground in grounds if not ground.white])
    unlit = {index for index in pale if not lit.at(glyphs[index])}
    if len(unlit) <= _MOST_PALE * len(inked):
        unseen |= unlit
    white = _Squares([ground for ground in grounds if ground.white])
    for index in sorted({index for pair in over for index in pair}):
        text = texts.get(paints[index].address)
        if text is not None and any(ground.order > text.order for ground in white.at(glyphs[index])):
            unseen.add(index)
    unseen -= _deputies(glyphs, paints, unseen, texts)
    seen = [glyph for index, glyph in enumerate(glyphs) if index not in unseen]
    return seen, [glyphs[index] for index in sorted(unseen)]


def _is_out_of_sight(glyph: Glyph, size: tuple[float, float]) -> bool:
    """Whether a glyph is too small to be read, or stands beside the page."""
    x, y = (glyph.x0 + glyph.x1) / 2, (glyph.top + glyph.bottom) / 2
    smallest = _SMALLEST * min(min(size) / _A4_WIDE, 1.0)  # a page may be drawn at a fraction of its size
    return 0 < glyph.size < smallest or not (0 <= x <= size[0] and 0 <= y <= size[1])


def _deputies(
    glyphs: Sequence[Glyph], paints: Sequence[Paint], unseen: set[int], texts: dict[int, Written]
) -> set[int]:
    """Those unseen glyphs that stand for a seen one: of a character drawn twice PDFium tells the first alone. The
    other's text object is there, and no glyph of it."""
    written = {address: text for address, text in texts.items() if text.seen}
    objects = _Squares([Ground(text.box, address, False) for address, text in written.items()])
    others = [
        (glyph, paint) for index, (glyph, paint) in enumerate(zip(glyphs, paints, strict=True)) if index not in unseen
    ]
    shown = _Squares(
        [Ground((glyph.x0, glyph.top, glyph.x1, glyph.bottom), paint.address, False) for glyph, paint in others]
    )
    found = set()
    for index in unseen:
        at = {one.order for one in objects.at(glyphs[index])} - {paints[index].address}
        own = texts.get(paints[index].address)
        if own is not None:  # what is drawn later lies above a cover
            at = {address for address in at if not own.seen or written[address].order > own.order}
        if at - {one.order for one in shown.at(glyphs[index])}:
            found.add(index)
    return found


class _Squares:
    """Grounds by the squares of the page that they touch."""

    def __init__(self, grounds: Iterable[Ground]) -> None:
        self._wide: list[Ground] = []
        self._small: dict[tuple[int, int], list[Ground]] = {}
        for ground in grounds:
            x0, top, x1, bottom = (int(max(min(side, 20_000.0), -20_000.0) // _SQUARE) for side in ground.box)
            if (x1 - x0 + 1) * (bottom - top + 1) > 400:
                self._wide.append(ground)
                continue
            for x in range(x0, x1 + 1):
                for y in range(top, bottom + 1):
                    self._small.setdefault((x, y), []).append(ground)

    def at(self, glyph: Glyph) -> list[Ground]:
        """The grounds that a glyph's middle stands on."""
        x, y = (glyph.x0 + glyph.x1) / 2, (glyph.top + glyph.bottom) / 2
        near = [*self._wide, *self._small.get((int(x // _SQUARE), int(y // _SQUARE)), ())]
        return [one for one in near if one.box[0] <= x <= one.box[2] and one.box[1] <= y <= one.box[3]]


def without_collisions(glyphs: Sequence[Glyph]) -> list[Glyph]:
    """The glyphs, those of figures drawn over other figures as U+FFFD: a number of which nobody can tell."""
    lost = {index for pair in _overlaid(glyphs) for index in pair}
    if not lost:
        return list(glyphs)
    return [glyph._replace(text=UNREADABLE) if index in lost else glyph for index, glyph in enumerate(glyphs)]


def _overlaid(glyphs: Sequence[Glyph]) -> list[tuple[int, int]]:
    """Pairs of different figures of which one covers much of the other."""
    places: dict[tuple[int, int], list[int]] = {}
    found: list[tuple[int, int]] = []
    for index, glyph in enumerate(glyphs):
        if not glyph.text.isdecimal():
            continue
        column, row = int(glyph.x0 // _SQUARE), int(glyph.top // _SQUARE)
        for x in (column - 1, column, column + 1):
            for y in (row - 1, row, row + 1):
                near = places.get((x, y), ())
                found.extend((other, index) for other in near if _covers(glyphs[other], glyph))
        places.setdefault((column, row), []).append(index)
        if len(places[column, row]) > 200:  # no text is set so close
            places[column, row] = places[column, row][-50:]
    return found


def _covers(one: Glyph, other: Glyph) -> bool:
    if one.text == other.text or one.turn != other.turn:
        return False
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    narrow = min(one.x1 - one.x0, other.x1 - other.x0)
    low = min(one.bottom - one.top, other.bottom - other.top)
    if one.turn % 2:
        across, down, narrow, low = down, across, low, narrow
    # the boxes of neighbouring lines may overlap, their figures do not
    return across >= _OVER * narrow > 0 and down >= 0.6 * low > 0


def without_struck(glyphs: Sequence[Glyph], across: Iterable[Stroke]) -> tuple[list[Glyph], str]:
    """The upright glyphs without those that a short line runs through, and the text of these."""
    rows: dict[int, list[int]] = {}
    for index, glyph in enumerate(glyphs):
        if glyph.turn == 0 and glyph.text.strip():
            rows.setdefault(int(glyph.origin_y // _SQUARE), []).append(index)
    struck: set[int] = set()
    for stroke in across:
        if stroke.end - stroke.start > 20 * _SQUARE:
            continue
        at = int(stroke.at // _SQUARE)
        hit = [
            index
            for row in (at, at + 1)
            for index in rows.get(row, ())
            if stroke.start <= (glyphs[index].x0 + glyphs[index].x1) / 2 <= stroke.end
            and _STRUCK[0] * glyphs[index].size <= glyphs[index].origin_y - stroke.at <= _STRUCK[1] * glyphs[index].size
        ]
        if not hit:
            continue
        size = max(glyphs[index].size for index in hit)
        x0, x1 = min(glyphs[index].x0 for index in hit), max(glyphs[index].x1 for index in hit)
        if stroke.start >= x0 - _BEYOND * size and stroke.end <= x1 + _BEYOND * size:
            struck.update(hit)
    text = "".join(glyphs[index].text for index in sorted(struck))
    return [glyph for index, glyph in enumerate(glyphs) if index not in struck], text
