"""Which glyphs of a PDF page nobody sees: drawn invisibly, white or pale on white paper, covered, struck through; and
figures drawn over other figures, of which nobody can tell which one counts.

Coordinates are points of the displayed page, as in `lines`.
"""

from __future__ import annotations

import ctypes
import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple

from extractors.lines import Glyph
from extractors.pdf.calls import Handle, Room, each, pdfium
from extractors.pdf.objects import Box, Matrix, Shape, bounds_of, colour_of, placed, times
from extractors.ruling import Stroke

if TYPE_CHECKING:
    from collections.abc import Callable

_PALE = 165  # of 255: each channel of a colour that only a watermark is drawn in
_WHITE = 245
_FAINT = 128
_SQUARE = 32.0  # points
_CLOSEST = 50  # figures over one another that are looked at: no text is set so close
_OVER = 0.4
_STRUCK = (0.12, 0.6)  # of the font size above the baseline: where a line through a figure runs
_BEYOND = 1.0
_MOST_PALE = 0.3
_SMALLEST = 1.5  # points; nobody reads less
_A4_WIDE = 595.0
UNREADABLE = "\ufffd"


_Figure = tuple[float, int, float, float, float]
"""A figure's left side, number, upper, right and lower side."""


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


def paints_of(text_page: Handle, characters: Sequence[tuple[int, Handle | None]]) -> list[Paint]:
    """How characters of a PDFium text page are drawn, each given by its index and the text object it belongs to."""
    indexes = [index for index, _ in characters]
    room = Room(ctypes.c_uint, 4 * len(characters))
    told = each(pdfium.FPDFText_GetFillColor, repeat(text_page), indexes, *(room.places[at::4] for at in range(4)))
    numbers = iter(room.read())
    colours = zip(numbers, numbers, numbers, numbers, strict=True)
    paints = []
    ways: dict[tuple[int, int, tuple[int, ...]], tuple[bool, bool]] = {}  # mode, colour → invisible, pale
    for (_, shape), found, colour in zip(characters, told, colours, strict=True):
        mode = pdfium.FPDFTextObj_GetTextRenderMode(shape) if shape else pdfium.FPDF_TEXTRENDERMODE_FILL
        way = ways.get((mode, found, colour))
        if way is None:
            invisible = mode in (pdfium.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium.FPDF_TEXTRENDERMODE_CLIP)
            filled = not invisible and mode != pdfium.FPDF_TEXTRENDERMODE_STROKE
            way = ways[mode, found, colour] = invisible, bool(filled and found and _is_pale(colour))
        paints.append(Paint(*way, shape or 0))
    return paints


def is_seen(shape: Handle) -> bool:
    """Whether a text object is drawn in ink that shows on white."""
    mode = pdfium.FPDFTextObj_GetTextRenderMode(shape)
    if mode in (pdfium.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium.FPDF_TEXTRENDERMODE_CLIP):
        return False
    if mode == pdfium.FPDF_TEXTRENDERMODE_STROKE:
        return True
    colour = colour_of(shape)
    return colour is None or not _is_pale(colour)


def is_white(shape: Handle) -> bool | None:
    """Whether a path is filled in opaque white; None where its fill is no plain colour or lets the ground through."""
    colour = colour_of(shape)
    if colour is None or colour[3] < 255:
        return None
    return min(colour[:3]) >= _WHITE


def _is_pale(colour: Sequence[int]) -> bool:
    return min(colour[:3]) >= _PALE or colour[3] < _FAINT


def drawn_on(shapes: Iterable[Shape], display: Matrix) -> tuple[list[Ground], dict[Handle, Written]]:
    """The page's fills and pictures, and its text objects by address, each with its place in the order of drawing."""
    grounds: list[Ground] = []
    texts: dict[Handle, Written] = {}
    modes = Room(ctypes.c_int, 2)
    shapes = list(shapes)
    bounds = bounds_of([shape.handle for shape in shapes])
    for order, ((shape, kind, around), sides) in enumerate(zip(shapes, bounds, strict=True)):
        if sides is None or kind == pdfium.FPDF_PAGEOBJ_FORM:
            continue
        box = placed(sides, times(around, display))
        if not all(map(math.isfinite, box)):
            continue
        if kind == pdfium.FPDF_PAGEOBJ_TEXT:
            texts[shape] = Written(box, order, is_seen(shape))
        elif kind == pdfium.FPDF_PAGEOBJ_PATH:
            pdfium.FPDFPath_GetDrawMode(shape, *modes.places)
            if modes.read()[0]:
                grounds.append(Ground(box, order, bool(is_white(shape))))
        else:
            grounds.append(Ground(box, order, False))
    return grounds, texts


def seen_on(
    glyphs: Sequence[Glyph],
    paints: Sequence[Paint],
    over: Sequence[tuple[int, int]],
    size: tuple[float, float],
    drawn: Callable[[], tuple[list[Ground], dict[Handle, Written]]],
    hidden: Iterable[int] = (),
) -> tuple[list[Glyph], list[Glyph]]:
    """The glyphs that are seen, and those with ink that are not. `over` are the pairs that are `overlaid`; `size` is
    the page's; `drawn` gives the page's grounds, and its text objects by address; it is asked only where it matters.
    `hidden` are the numbers of those that are known to be drawn over (see `cover`)."""
    inked = [index for index, glyph in enumerate(glyphs) if glyph.text.strip()]
    invisible = _out_of_sight(glyphs, inked, size).union(index for index in inked if paints[index].invisible)
    invisible.update(hidden)
    pale = {index for index in inked if paints[index].pale} - invisible
    over = [pair for pair in over if not invisible.intersection(pair)]
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


def _out_of_sight(glyphs: Sequence[Glyph], inked: Sequence[int], size: tuple[float, float]) -> set[int]:
    """Those glyphs that are too small to be read, or stand beside the page."""
    width, height = size
    smallest = _SMALLEST * min(min(size) / _A4_WIDE, 1.0)  # a page may be drawn at a fraction of its size
    found = set()
    for index in inked:
        _, x0, top, x1, bottom, _, _, high, _ = glyphs[index]
        if 0 < high < smallest or not (0 <= (x0 + x1) / 2 <= width and 0 <= (top + bottom) / 2 <= height):
            found.add(index)
    return found


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
    lost = {index for pair in overlaid(glyphs) for index in pair}
    if not lost:
        return list(glyphs)
    return [glyph._replace(text=UNREADABLE) if index in lost else glyph for index, glyph in enumerate(glyphs)]


def overlaid(glyphs: Sequence[Glyph]) -> list[tuple[int, int]]:
    """Pairs of different figures of which one covers much of the other."""
    bands: dict[int, list[_Figure]] = {}  # by the square that a figure begins in
    for index, (text, left, top, right, low, _, _, _, _) in enumerate(glyphs):
        if text.isdecimal():
            bands.setdefault(int(top // _SQUARE), []).append((left, index, top, right, low))
    found: list[tuple[int, int]] = []
    for row, band in bands.items():
        above = set(bands.get(row - 1, ()))
        near: list[_Figure] = []  # those further left that reach as far as here
        for figure in sorted([*band, *above]):
            left, index, top, _, low = figure
            if near:
                square = left // _SQUARE - 1
                near = [one for one in near if one[3] > left and one[0] // _SQUARE >= square][-_CLOSEST:]
                for one in near:
                    level = one[2] < low and top < one[4] and not (one in above and figure in above)
                    if level and _covers(glyphs[one[1]], glyphs[index]):
                        found.append((one[1], index))
            near.append(figure)
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
    upright = sorted(
        [(glyph.origin_y, index) for index, glyph in enumerate(glyphs) if glyph.turn == 0 and glyph.text.strip()]
    )
    baselines, order = [y for y, _ in upright], [index for _, index in upright]
    largest = max((glyphs[index].size for index in order), default=0.0)
    struck: set[int] = set()
    for stroke in across:
        if stroke.end - stroke.start > 20 * _SQUARE:
            continue
        square = int(stroke.at // _SQUARE)
        first = bisect_left(baselines, max(stroke.at, square * _SQUARE))
        until = bisect_left(baselines, min(stroke.at + largest + _BEYOND, (square + 2) * _SQUARE))
        hit = [index for index in order[first:until] if _runs_through(stroke, glyphs[index])]
        if not hit:
            continue
        size = max(glyphs[index].size for index in hit)
        x0, x1 = min(glyphs[index].x0 for index in hit), max(glyphs[index].x1 for index in hit)
        if stroke.start >= x0 - _BEYOND * size and stroke.end <= x1 + _BEYOND * size:
            struck.update(hit)
    if not struck:
        return list(glyphs), ""
    text = "".join(glyphs[index].text for index in sorted(struck))
    return [glyph for index, glyph in enumerate(glyphs) if index not in struck], text


def _runs_through(stroke: Stroke, glyph: Glyph) -> bool:
    return (
        _STRUCK[0] * glyph.size <= glyph.origin_y - stroke.at <= _STRUCK[1] * glyph.size
        and stroke.start <= (glyph.x0 + glyph.x1) / 2 <= stroke.end
    )
