"""One PDF page as glyphs and strokes, from either engine, in the frame of `lines` and `ruling`.

PDFium reads a page ten times faster than pdfplumber (pdfminer), equally well, and bears broken files; pdfplumber reads
the pages whose fonts PDFium finds no meaning or no shape in.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import repeat
from typing import TYPE_CHECKING, Any

from extractors import limits
from extractors.lines import SLANTED, Glyph
from extractors.pdf.calls import Handle, Room, each, handle_of, pdfium
from extractors.pdf.cover import covered, late_grounds
from extractors.pdf.fonts import character
from extractors.pdf.objects import Box, Matrix, Shape, display_of, matrices_of, objects_of, shapeless, times
from extractors.pdf.paint import UNREADABLE, Paint, drawn_on, overlaid, paints_of, seen_on
from extractors.pdf.strokes import FARTHEST, Rulings, drawn_by, is_placed
from extractors.ruling import Stroke

if TYPE_CHECKING:
    import pdfplumber.page
    import pypdfium2  # type: ignore[import-untyped]

_SAME_PLACE = 0.7
_SKEW = 0.06  # of a quarter turn; text on a crooked page is turned by less
_BROKEN = re.compile("[\ufffd\ue000-\uf8ff]")

_Style = tuple[int, Paint]


@dataclass(frozen=True, slots=True)
class Page:
    """A page as displayed: the glyphs that are seen, in the file's order, rulings and pictures.

    Rulings are strokes, and fills as thin as a line; never other filled shapes, which are cards and shading. A page
    with more of them than tables can have (a map, a chart) gives none.
    """

    width: float
    height: float
    glyphs: list[Glyph]
    across: list[Stroke]
    down: list[Stroke]
    pictures: list[Box] = field(default_factory=list)
    """Where the pictures stand, as far as they are on the page."""
    lost: list[tuple[float, float, float]] = field(default_factory=list)
    """Origin (x, y) and size of characters that PDFium passed over, as it does where it has no shape for them."""
    buried: list[Glyph] = field(default_factory=list)
    """Text that is drawn but not seen: invisible, tiny, beside the page, white or pale on white paper, covered."""
    overlaid: bool = True
    """Whether figures may stand over one another: False where it is known that none do."""

    @property
    def picture_share(self) -> float:
        """The share of the page's area that pictures cover (0–1); where they overlap it counts twice."""
        area = sum((x1 - x0) * (bottom - top) for x0, top, x1, bottom in self.pictures)
        return min(area / max(self.width * self.height, 1.0), 1.0)

    @property
    def broken(self) -> int:
        """Characters without meaning: those of no known code, and those of private codes."""
        if _BROKEN.search("".join([glyph.text for glyph in self.glyphs])) is None:
            return 0
        return sum(_is_broken(glyph.text) for glyph in self.glyphs)


def read_by_pdfium(page: pypdfium2.PdfPage) -> Page:
    width, height = page.get_size()
    display = display_of(page)
    shapes = list(objects_of(page))
    pictures = _pictures([shape for shape in shapes if shape.kind == pdfium.FPDF_PAGEOBJ_IMAGE], display)
    across, down, areas = drawn_by([shape for shape in shapes if shape.kind == pdfium.FPDF_PAGEOBJ_PATH], display)
    lost = _lost([shape for shape in shapes if shape.kind == pdfium.FPDF_PAGEOBJ_TEXT], display)
    glyphs, paints = _glyphs(page, display)
    over = overlaid(glyphs)
    grounds = late_grounds(shapes, areas, display, (width, height))
    hidden: set[int] = set()
    if grounds:
        hidden, cut = covered(page, shapes, grounds, glyphs, [paint.address for paint in paints])
        for index in cut:
            if glyphs[index].text.isdecimal():
                glyphs[index] = glyphs[index]._replace(text=UNREADABLE)
    seen, buried = seen_on(glyphs, paints, over, (width, height), lambda: drawn_on(shapes, display), hidden)
    on_page = [box for x0, top, x1, bottom in pictures if _is_box(box := _clipped(x0, top, x1, bottom, width, height))]
    return Page(width, height, seen, across, down, on_page, lost, buried, bool(over))


def _clipped(x0: float, top: float, x1: float, bottom: float, width: float, height: float) -> Box:
    return max(x0, 0.0), max(top, 0.0), min(x1, width), min(bottom, height)


def _is_box(box: Box) -> bool:
    return box[0] < box[2] and box[1] < box[3]


# PDFium


def _pictures(shapes: Sequence[Shape], display: Matrix) -> list[Box]:
    """The boxes of pictures, each of which is the unit square under its matrix."""
    boxes = []
    for shape, own in zip(shapes, matrices_of([shape.handle for shape in shapes]), strict=True):
        a, b, c, d, e, f = times(times(own, shape.around), display)
        xs, ys = (e, e + a, e + c, e + a + c), (f, f + b, f + d, f + b + d)
        boxes.append((min(xs), min(ys), max(xs), max(ys)))
    return [box for box in boxes if is_placed(*box)]


def _lost(texts: Sequence[Shape], display: Matrix) -> list[tuple[float, float, float]]:
    """Origin (x, y) and size of each text without shape."""
    lost = shapeless(texts)
    sizes = Room(ctypes.c_float, len(lost))
    each(pdfium.FPDFTextObj_GetFontSize, [text.handle for text in lost], sizes.places)
    places = []
    for text, own, size in zip(lost, matrices_of([text.handle for text in lost]), sizes.read(), strict=True):
        _, _, c, d, x, y = times(times(own, text.around), display)
        places.append((x, y, size * math.hypot(c, d)))
    return [place for place in places if is_placed(*place)]


def _glyphs(page: pypdfium2.PdfPage, display: Matrix) -> tuple[list[Glyph], list[Paint]]:
    """The page's characters in the file's order, and how each is drawn."""
    text_page = page.get_textpage()
    try:
        raw, count = handle_of(text_page.raw), min(text_page.count_chars(), limits.MAX_PAGE_GLYPHS)
        owners = each(pdfium.FPDFText_GetTextObject, repeat(raw), range(count))
        # blanks and line ends that PDFium makes up between words belong to no text object
        drawn = [index for index, owner in enumerate(owners) if owner or not _is_made_up(raw, index)]
        codes = each(pdfium.FPDFText_GetUnicode, repeat(raw), drawn)
        boxes, origins = Room(ctypes.c_float, 4 * len(drawn)), Room(ctypes.c_double, 2 * len(drawn))
        boxed = each(pdfium.FPDFText_GetLooseCharBox, repeat(raw), drawn, boxes.places[::4])
        each(pdfium.FPDFText_GetCharOrigin, repeat(raw), drawn, origins.places[::2], origins.places[1::2])
        styles = _styles(raw, owners, drawn, page.get_rotation() // 90)
        left_out = {
            place
            for place, (index, code) in enumerate(zip(drawn, codes, strict=True))
            if not boxed[place] or (code <= 0x20 and _is_made_up(raw, index))
        }
    finally:
        text_page.close()
    return _as_displayed(codes, boxes.read(), origins.read(), styles, left_out, display)


def _is_made_up(text_page: Handle, index: int) -> bool:
    return bool(pdfium.FPDFText_IsGenerated(text_page, index) == 1)


def _styles(text_page: Handle, owners: Sequence[Handle | None], drawn: Sequence[int], rotation: int) -> list[_Style]:
    """For each character its turn and how it is drawn, both of which are those of its text object."""
    # a character of no text object stands for itself
    places = {owners[index] or -index - 1: index for index in reversed(drawn)}
    firsts = list(places.values())
    angles = each(pdfium.FPDFText_GetCharAngle, repeat(text_page), firsts)
    paints = paints_of(text_page, [(index, owners[index]) for index in firsts])
    turns = {angle: _quarter_turns(angle, rotation) for angle in set(angles)}
    known = dict(zip(places, zip(map(turns.__getitem__, angles), paints, strict=True), strict=True))
    return [known[owners[index] or -index - 1] for index in drawn]


def _as_displayed(
    codes: Sequence[int],
    boxes: Sequence[float],
    origins: Sequence[float],
    styles: Sequence[_Style],
    left_out: set[int],
    display: Matrix,
) -> tuple[list[Glyph], list[Paint]]:
    """Characters as glyphs in points of the displayed page, but for those `left_out`. `boxes` holds left, high, right
    and low of each, `origins` x and y."""
    a, b, c, d, e, f = display
    texts = {code: _character(code) for code in set(codes)}
    rows: list[list[Any]] = []
    paints: list[Paint] = []
    beyond: set[int] = set()
    last: list[Any] | None = None
    sides = zip(boxes[::4], boxes[1::4], boxes[2::4], boxes[3::4], origins[::2], origins[1::2], strict=True)
    for place, (code, (left, high, right, low, x, y), (turn, paint)) in enumerate(
        zip(codes, sides, styles, strict=True)
    ):
        if place in left_out:
            continue
        x0, top = a * left + c * high + e, b * left + d * high + f
        x1, bottom = a * right + c * low + e, b * right + d * low + f
        if x1 < x0:
            x0, x1 = x1, x0
        if bottom < top:
            top, bottom = bottom, top
        origin_x, origin_y = a * x + c * y + e, b * x + d * y + f
        size = x1 - x0 if turn % 2 else bottom - top
        if (
            last is not None
            and turn == 0
            and last[1] < origin_x < last[3]
            and abs(last[6] - origin_y) < 0.01
            and (paints[-1] is paint or paints[-1].is_like(paint))
        ):
            # a substituted font is wider than the file's own; the next origin tells where the glyph ends
            last[3] = origin_x
        last = [texts[code], x0, top, x1, bottom, origin_x, origin_y, size, turn]
        if not (
            x0 > -FARTHEST
            and x1 < FARTHEST
            and top > -FARTHEST
            and bottom < FARTHEST
            and -FARTHEST < origin_x < FARTHEST
            and -FARTHEST < origin_y < FARTHEST
            and size < FARTHEST
        ):
            beyond.add(len(rows))
        rows.append(last)
        paints.append(paint)
    if beyond:
        rows = [row for index, row in enumerate(rows) if index not in beyond]
        paints = [paint for index, paint in enumerate(paints) if index not in beyond]
    return list(map(Glyph._make, rows)), paints


def _character(code: int) -> str:
    """A character by its code; none (U+FFFD) where the font gives no meaning to it."""
    if code in (0x02, 0xFFFE):  # PDFium's signs for a hyphen at the end of a line
        return "-"
    if code < 0x20 or code == 0xFFFF or 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
        return " " if code in (0x09, 0x0A, 0x0D) else "\ufffd"
    return chr(code)


def completed(first: Page, second: Page | None) -> Page:
    """PDFium's reading of a page with the characters that it passed over, from pdfplumber's reading of it.

    A place that neither can read holds U+FFFD, so that no number loses its sign unseen.
    """
    seen = _Places(first.glyphs)
    others = second.glyphs if second is not None else []
    known = _Places(others)
    lost = _Places([Glyph("", x, y, x, y, x, y, size) for x, y, size in first.lost])
    glyphs = list(first.glyphs)
    for x, y, size in first.lost:
        if seen.near(x, y):
            continue
        found = known.near(x, y)
        if not found:
            glyphs.append(Glyph("\ufffd", x, y - 0.9 * size, x + size / 2, y + 0.1 * size, x, y, size))
        for index in found[:1]:
            glyphs.append(others[index])
            # text drawn up or down has no width however long it is: the rest of its line goes with it
            while index + 1 < len(others) and _follows(others[index], others[index + 1]):
                index += 1
                place = others[index].origin_x, others[index].origin_y
                if seen.near(*place) or lost.near(*place):
                    break
                glyphs.append(others[index])
    return replace(first, glyphs=glyphs, lost=[], overlaid=True)


def _follows(last: Glyph, glyph: Glyph) -> bool:
    apart = math.hypot(glyph.origin_x - last.origin_x, glyph.origin_y - last.origin_y)
    return glyph.turn == last.turn and apart <= 1.6 * last.size


class _Places:
    """Glyphs by their origins."""

    def __init__(self, glyphs: list[Glyph]) -> None:
        self._glyphs = glyphs
        self._squares: dict[tuple[int, int], list[int]] = {}
        for index, glyph in enumerate(glyphs):
            self._squares.setdefault((int(glyph.origin_x // 2), int(glyph.origin_y // 2)), []).append(index)

    def near(self, x: float, y: float) -> list[int]:
        """The indexes of the glyphs that begin there."""
        column, row = int(x // 2), int(y // 2)
        return [
            index
            for c in (column - 1, column, column + 1)
            for r in (row - 1, row, row + 1)
            for index in self._squares.get((c, r), ())
            if abs(self._glyphs[index].origin_x - x) <= _SAME_PLACE
            and abs(self._glyphs[index].origin_y - y) <= _SAME_PLACE
        ]


def _is_broken(text: str) -> bool:
    return text == "\ufffd" or "\ue000" <= text <= "\uf8ff"


# pdfplumber


def read_by_pdfplumber(page: pdfplumber.page.Page, display: Matrix) -> Page:
    """The page by pdfplumber, in the frame of `display`.

    The layout's own objects are read, not pdfplumber's dictionaries of them, which cost a third of the time.
    """
    layout = page.layout
    left, low, right, high = page.page_obj.mediabox
    corners = {0: (left, high), 90: (left, low), 180: (right, low), 270: (right, high)}
    x, y = corners[page.rotation % 360]  # where pdfminer's frame begins
    a, b, c, d, e, f = display
    dx, dy = a * x + c * y + e, b * x + d * y + f + layout.y1
    glyphs: list[Glyph] = []
    rulings = Rulings()
    for item in _leaves(layout):
        text = getattr(item, "_text", None)
        if text is not None and len(glyphs) < limits.MAX_PAGE_GLYPHS:
            glyphs.append(_glyph(item, text, dx, dy))
        elif getattr(item, "pts", None) and not rulings.is_full:
            corners_of_item = [(px + dx, dy - py) for px, py in item.pts]
            if type(item).__name__ == "LTRect":  # its points do not come back to the first one
                x0, top, x1, bottom = item.x0 + dx, dy - item.y1, item.x1 + dx, dy - item.y0
                corners_of_item = [(x0, top), (x1, top), (x1, bottom), (x0, bottom), (x0, top)]
            if item.stroke or item.fill:
                rulings.add(corners_of_item, bool(item.stroke))
    return Page(layout.x1, layout.y1, [glyph for glyph in glyphs if is_placed(*glyph[1:8])], *rulings.found())


def _leaves(layout: Any) -> Iterator[Any]:
    """pdfminer's characters and shapes, those inside figures too, in drawing order."""
    levels = [iter(layout)]
    while levels:
        item = next(levels[-1], None)
        if item is None:
            levels.pop()
        elif hasattr(item, "_objs"):
            levels.append(iter(item))
        else:
            yield item


def _glyph(char: Any, text: str, dx: float, dy: float) -> Glyph:
    a, b, _, _, origin_x, origin_y = char.matrix
    turn = _quarter_turns(-math.atan2(b, a))
    x0, top, x1, bottom = char.x0 + dx, dy - char.y1, char.x1 + dx, dy - char.y0
    size = x1 - x0 if turn % 2 else bottom - top
    return Glyph(character(text), x0, top, x1, bottom, origin_x + dx, dy - origin_y, size, turn)


def _quarter_turns(angle: float, rotation: int = 0) -> int:
    """A clockwise angle (radians) in quarter turns, on a page rotated by some more; `SLANTED` for one between them."""
    turns = angle / (math.pi / 2)
    if abs(turns - round(turns)) > _SKEW:
        return SLANTED
    return (round(turns) + rotation) % 4
