"""One PDF page as glyphs and strokes, from either engine, in the frame of `lines` and `ruling`.

PDFium reads a page ten times faster than pdfplumber (pdfminer), equally well, and bears broken files; pdfplumber reads
the pages whose fonts PDFium finds no meaning or no shape in.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from extractors import limits
from extractors.lines import SLANTED, Glyph
from extractors.pdf.fonts import character
from extractors.pdf.objects import Matrix, display_of, is_shapeless, matrix_of, objects_of, times
from extractors.pdf.paint import Box, Paint, drawn_on, paint_of, seen_on
from extractors.ruling import Stroke

if TYPE_CHECKING:
    import pdfplumber.page
    import pypdfium2  # type: ignore[import-untyped]

_THIN = 3.0  # points; a filled bar up to this thick is a ruling, a thicker one is shading
_SHORTEST = 2.0
_SLANT = 1.0
_SAME_PLACE = 0.7
_SKEW = 0.06  # of a quarter turn; text on a crooked page is turned by less
_FARTHEST = 20_000.0  # points; the format's own limit is 14,400


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

    @property
    def picture_share(self) -> float:
        """The share of the page's area that pictures cover (0–1); where they overlap it counts twice."""
        area = sum((x1 - x0) * (bottom - top) for x0, top, x1, bottom in self.pictures)
        return min(area / max(self.width * self.height, 1.0), 1.0)

    @property
    def broken(self) -> int:
        """Characters without meaning: those of no known code, and those of private codes."""
        return sum(_is_broken(glyph.text) for glyph in self.glyphs)


def read_by_pdfium(page: pypdfium2.PdfPage) -> Page:
    width, height = page.get_size()
    display = display_of(page)
    rulings = _Rulings()
    pictures, lost = _draw(page.raw, display, rulings)
    across, down = rulings.found()
    glyphs, paints = _glyphs(page, display)
    seen, buried = seen_on(
        glyphs,
        paints,
        (width, height),
        lambda: drawn_on((shape, times(m, display)) for shape, m in objects_of(page.raw)),
    )
    on_page = [box for x0, top, x1, bottom in pictures if _is_box(box := _clipped(x0, top, x1, bottom, width, height))]
    return Page(width, height, seen, across, down, on_page, lost, buried)


def _clipped(x0: float, top: float, x1: float, bottom: float, width: float, height: float) -> Box:
    return max(x0, 0.0), max(top, 0.0), min(x1, width), min(bottom, height)


def _is_box(box: Box) -> bool:
    return box[0] < box[2] and box[1] < box[3]


class _Rulings:
    """Collects the lines that drawn shapes show."""

    def __init__(self) -> None:
        self._across: list[Stroke] = []
        self._down: list[Stroke] = []

    def add(self, corners: list[tuple[float, float]], stroked: bool) -> None:
        """A path of straight pieces, in points of the displayed page."""
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        x0, x1, top, bottom = min(xs), max(xs), min(ys), max(ys)
        wide, high = x1 - x0, bottom - top
        if high <= _THIN or wide <= _THIN:
            if wide >= high:
                self._add(x0, (top + bottom) / 2, x1, (top + bottom) / 2)
            else:
                self._add((x0 + x1) / 2, top, (x0 + x1) / 2, bottom)
        elif stroked:
            for (ax, ay), (bx, by) in pairwise(corners):
                self._add(min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))

    def _add(self, x0: float, top: float, x1: float, bottom: float) -> None:
        if not _is_placed(x0, top, x1, bottom):
            return
        if bottom - top <= _SLANT and x1 - x0 >= _SHORTEST:
            self._across.append(Stroke((top + bottom) / 2, x0, x1))
        elif x1 - x0 <= _SLANT and bottom - top >= _SHORTEST:
            self._down.append(Stroke((x0 + x1) / 2, top, bottom))

    @property
    def is_full(self) -> bool:
        return len(self._across) + len(self._down) > limits.MAX_PAGE_STROKES

    def found(self) -> tuple[list[Stroke], list[Stroke]]:
        return ([], []) if self.is_full else (self._across, self._down)


# PDFium


def _draw(page: Any, display: Matrix, rulings: _Rulings) -> tuple[list[Box], list[tuple[float, float, float]]]:
    """Hand the page's straight paths to `rulings`; returns the boxes of its pictures, and origin and size of each text
    without shape."""
    import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

    pictures: list[Box] = []
    lost = []
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    for shape, matrix in objects_of(page):
        kind = pdfium.FPDFPageObj_GetType(shape)
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            # a picture is the unit square under its matrix
            a, b, c, d, e, f = times(times(matrix_of(shape), matrix), display)
            xs, ys = (e, e + a, e + c, e + a + c), (f, f + b, f + d, f + b + d)
            pictures.append((min(xs), min(ys), max(xs), max(ys)))
        elif kind == pdfium.FPDF_PAGEOBJ_PATH and not rulings.is_full:
            pdfium.FPDFPath_GetDrawMode(shape, fill, stroke)
            if fill.value or stroke.value:
                for corners in _subpaths(shape, times(times(matrix_of(shape), matrix), display)):
                    rulings.add(corners, bool(stroke.value))
        elif kind == pdfium.FPDF_PAGEOBJ_TEXT and is_shapeless(shape):
            _, _, c, d, x, y = times(times(matrix_of(shape), matrix), display)
            size = ctypes.c_float()
            pdfium.FPDFTextObj_GetFontSize(shape, size)
            lost.append((x, y, size.value * math.hypot(c, d)))
    return [box for box in pictures if _is_placed(*box)], [place for place in lost if _is_placed(*place)]


def _subpaths(shape: Any, matrix: Matrix) -> Iterator[list[tuple[float, float]]]:
    """The straight runs of a path, in points of the displayed page; curves part them."""
    import pypdfium2.raw as pdfium

    a, b, c, d, e, f = matrix
    x, y = ctypes.c_float(), ctypes.c_float()
    run: list[tuple[float, float]] = []
    for index in range(min(pdfium.FPDFPath_CountSegments(shape), limits.MAX_PAGE_OBJECTS)):
        segment = pdfium.FPDFPath_GetPathSegment(shape, index)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        point = (a * x.value + c * y.value + e, b * x.value + d * y.value + f)
        if kind != pdfium.FPDF_SEGMENT_LINETO:
            if len(run) > 1:
                yield run
            run = []
        run.append(point)
        if pdfium.FPDFPathSegment_GetClose(segment) and len(run) > 1:
            run.append(run[0])
    if len(run) > 1:
        yield run


def _glyphs(page: pypdfium2.PdfPage, display: Matrix) -> tuple[list[Glyph], list[Paint]]:
    import pypdfium2.raw as pdfium

    text_page = page.get_textpage()
    try:
        raw, rotation = text_page.raw, page.get_rotation() // 90
        a, b, c, d, e, f = display
        box, x, y = pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
        glyphs: list[Glyph] = []
        paints: list[Paint] = []
        for index in range(min(text_page.count_chars(), limits.MAX_PAGE_GLYPHS)):
            if pdfium.FPDFText_IsGenerated(raw, index) == 1:
                continue
            if not pdfium.FPDFText_GetLooseCharBox(raw, index, box):
                continue
            pdfium.FPDFText_GetCharOrigin(raw, index, x, y)
            text = _character(pdfium.FPDFText_GetUnicode(raw, index))
            turn = _quarter_turns(pdfium.FPDFText_GetCharAngle(raw, index), rotation)
            left, low, right, high = box.left, box.bottom, box.right, box.top
            ax, ay = a * left + c * high + e, b * left + d * high + f
            bx, by = a * right + c * low + e, b * right + d * low + f
            x0, x1, top, bottom = min(ax, bx), max(ax, bx), min(ay, by), max(ay, by)
            origin_x, origin_y = a * x.value + c * y.value + e, b * x.value + d * y.value + f
            size = x1 - x0 if turn % 2 else bottom - top
            paint = paint_of(raw, index)
            last = glyphs[-1] if glyphs and paints[-1].is_like(paint) else None
            if last is not None and turn == 0 and abs(last.origin_y - origin_y) < 0.01 and last.x0 < origin_x < last.x1:
                # a substituted font is wider than the file's own; the next origin tells where the glyph ends
                glyphs[-1] = last._replace(x1=origin_x)
            glyphs.append(Glyph(text, x0, top, x1, bottom, origin_x, origin_y, size, turn))
            paints.append(paint)
        placed = [index for index, glyph in enumerate(glyphs) if _is_placed(*glyph[1:8])]
        return [glyphs[index] for index in placed], [paints[index] for index in placed]
    finally:
        text_page.close()


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
    return replace(first, glyphs=glyphs, lost=[])


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


def _is_placed(*lengths: float) -> bool:
    """Whether coordinates and sizes are such as a page can have: broken files hold infinite ones, and none at all."""
    return all(abs(length) < _FARTHEST for length in lengths)


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
    rulings = _Rulings()
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
    return Page(layout.x1, layout.y1, [glyph for glyph in glyphs if _is_placed(*glyph[1:8])], *rulings.found())


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
