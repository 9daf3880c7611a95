"""The objects that a PDF page draws, as PDFium knows them, and the matrices that place them on the displayed page."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise, repeat
from typing import TYPE_CHECKING, NamedTuple

from extractors import limits
from extractors.pdf.calls import Handle, Room, each, handle_of, pdfium

if TYPE_CHECKING:
    import pypdfium2  # type: ignore[import-untyped]

_UNITS = 10_000  # device units along each side of a page: all that PDFium takes are whole numbers
_MAX_FORMS = 8
_MAX_ANNOTATIONS = 2_000
_MAX_LINES = 20_000
_WIDTHLESS = 0.05
_DRAWN = ("STAMP", "SQUARE", "CIRCLE", "STRIKEOUT", "LINE", "INK", "REDACT", "POLYGON", "POLYLINE")
_REMARKS = ("TEXT", "POPUP", "HIGHLIGHT", "UNDERLINE", "SQUIGGLY", "CARET", "FILEATTACHMENT", "SOUND", "MOVIE")

Box = tuple[float, float, float, float]
Colour = tuple[int, int, int, int]
"""Red, green, blue and opacity, 0 to 255."""
Matrix = tuple[float, float, float, float, float, float]
Segment = tuple[tuple[float, float], tuple[float, float]]
_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


class Shape(NamedTuple):
    """An object that a page draws: its address, its kind (FPDF_PAGEOBJ_…), and the matrix of the forms around it."""

    handle: Handle
    kind: int
    around: Matrix


def display_of(page: pypdfium2.PdfPage) -> Matrix:
    """The matrix from PDF user space to the displayed page: rotation, crop and inherited boxes as PDFium sees them."""
    width, height = page.get_size()
    raw, room = handle_of(page.raw), Room(ctypes.c_double, 2)
    corners = []
    for across, down in ((0, 0), (_UNITS, 0), (0, _UNITS)):
        pdfium.FPDF_DeviceToPage(raw, 0, 0, _UNITS, _UNITS, 0, across, down, *room.places)
        corners.append(room.read())
    (left, top), (right, right_y), (bottom_x, bottom) = corners
    ux, uy, vx, vy = right - left, right_y - top, bottom_x - left, bottom - top
    u, v = max(ux * ux + uy * uy, 1e-9) / width, max(vx * vx + vy * vy, 1e-9) / height
    a, c, b, d = ux / u, uy / u, vx / v, vy / v
    return a, b, c, d, -(a * left + c * top), -(b * left + d * top)


def shapeless(texts: Sequence[Shape]) -> list[Shape]:
    """Those text objects that PDFium passes over: of no width, as a single character of a font that is neither embedded
    nor on this machine has none (a blank of an embedded font has none either, and may go)."""
    found = []
    for text, sides in zip(texts, bounds_of([text.handle for text in texts]), strict=True):
        if sides is None or not sides[2] - sides[0] >= _WIDTHLESS:
            font = pdfium.FPDFTextObj_GetFont(text.handle)
            if not font or pdfium.FPDFFont_GetIsEmbedded(font) != 1:
                found.append(text)
    return found


def objects_of(page: pypdfium2.PdfPage) -> Iterator[Shape]:
    """The page's objects and those inside its forms, up to a bound."""
    raw = handle_of(page.raw)
    get, get_inner, form = pdfium.FPDFPage_GetObject, pdfium.FPDFFormObj_GetObject, pdfium.FPDF_PAGEOBJ_FORM
    budget = limits.MAX_PAGE_OBJECTS
    count = min(pdfium.FPDFPage_CountObjects(raw), budget)
    levels = [(_with_kinds(each(get, repeat(raw), range(count))), _IDENTITY)]
    while levels and budget > 0:
        handles, around = levels[-1]
        for handle, kind in handles:
            budget -= 1
            if kind == form and len(levels) < _MAX_FORMS:
                count = min(pdfium.FPDFFormObj_CountObjects(handle), budget)
                inner = each(get_inner, repeat(handle), range(count))
                levels.append((_with_kinds(inner), times(matrices_of([handle])[0], around)))
            yield Shape(handle, kind, around)
            if levels[-1][0] is not handles or budget <= 0:
                break
        else:
            levels.pop()


def _with_kinds(handles: list[Handle]) -> Iterator[tuple[Handle, int]]:
    return zip(handles, map(pdfium.FPDFPageObj_GetType, handles), strict=True)


def matrices_of(handles: Sequence[Handle]) -> list[Matrix]:
    """The objects' own matrices."""
    room = Room(ctypes.c_float, 6 * len(handles))
    told = each(pdfium.FPDFPageObj_GetMatrix, handles, room.places[::6])
    numbers = iter(room.read())
    rows = zip(numbers, numbers, numbers, numbers, numbers, numbers, strict=True)
    return [matrix if found else _IDENTITY for matrix, found in zip(rows, told, strict=True)]


def bounds_of(handles: Sequence[Handle]) -> list[Box | None]:
    """The sides of each object (left, low, right, high) in the space of the form around it; None where it has none."""
    room = Room(ctypes.c_float, 4 * len(handles))
    told = each(pdfium.FPDFPageObj_GetBounds, handles, *(room.places[side::4] for side in range(4)))
    numbers = iter(room.read())
    rows = zip(numbers, numbers, numbers, numbers, strict=True)
    return [sides if found else None for sides, found in zip(rows, told, strict=True)]


def colour_of(handle: Handle) -> Colour | None:
    """What an object is filled with; None where that is no plain colour."""
    room = Room(ctypes.c_uint, 4)
    if not pdfium.FPDFPageObj_GetFillColor(handle, *room.places):
        return None
    red, green, blue, alpha = room.read()
    return red, green, blue, alpha


def placed(sides: Box, matrix: Matrix) -> Box:
    """The box (x0, top, x1, bottom) that a box under a matrix fills."""
    a, b, c, d, e, f = matrix
    left, low, right, high = sides
    xs = [a * x + c * y + e for x in (left, right) for y in (low, high)]
    ys = [b * x + d * y + f for x in (left, right) for y in (low, high)]
    return min(xs), min(ys), max(xs), max(ys)


def times(first: Matrix, second: Matrix) -> Matrix:
    """The matrix of applying `first`, then `second`."""
    if first == _IDENTITY:
        return second
    a, b, c, d, e, f = first
    k, l, m, n, o, p = second  # noqa: E741
    return a * k + b * m, a * l + b * n, c * k + d * m, c * l + d * n, e * k + f * m + o, e * l + f * n + p


def page_of(document: pypdfium2.PdfDocument, number: int) -> pypdfium2.PdfPage:
    """A page (from 1) with what people filled into its form, wrote on it, drew over it and struck out, as part of its
    content. What they highlighted or remarked beside it is left out."""
    return page_and_lines(document, number)[0]


def page_and_lines(document: pypdfium2.PdfDocument, number: int) -> tuple[pypdfium2.PdfPage, list[Segment]]:
    """The same, and the lines that people drew on it by hand, in PDF user space."""
    page = document[number - 1]
    raw = handle_of(page.raw)
    kinds, lines = _annotations(raw)
    filled = {pdfium.FPDF_ANNOT_WIDGET, pdfium.FPDF_ANNOT_FREETEXT}
    drawn = {getattr(pdfium, f"FPDF_ANNOT_{name}") for name in _DRAWN}
    if not any(kind in filled or (kind in drawn and is_seen) for kind, is_seen in kinds):
        return page, lines
    remarks = {getattr(pdfium, f"FPDF_ANNOT_{name}") for name in _REMARKS}
    for index in reversed(range(len(kinds))):
        if kinds[index][0] in remarks:
            pdfium.FPDFPage_RemoveAnnot(raw, index)
    if any(kind in drawn for kind, _ in kinds):  # PDFium makes up the missing looks of annotations as it draws them
        page.render(scale=1 / max(*page.get_size(), 1.0), may_draw_forms=False).close()
    pdfium.FPDFPage_Flatten(raw, pdfium.FLAT_NORMALDISPLAY)
    page.close()
    return document[number - 1], lines


def _annotations(raw: Handle) -> tuple[list[tuple[int, bool]], list[Segment]]:
    """The kind of each annotation of a page, and whether it is displayed, and the lines of those drawn by hand. No kind
    (-1) for one that is broken; what merely frames something is taken for a highlight of it."""
    found = []
    lines: list[Segment] = []
    frames = (pdfium.FPDF_ANNOT_SQUARE, pdfium.FPDF_ANNOT_CIRCLE, pdfium.FPDF_ANNOT_POLYGON)
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(raw), _MAX_ANNOTATIONS)):
        annotation = pdfium.FPDFPage_GetAnnot(raw, index)
        if not annotation:
            found.append((-1, False))
            continue
        kind, flags = pdfium.FPDFAnnot_GetSubtype(annotation), pdfium.FPDFAnnot_GetFlags(annotation)
        is_seen = not flags & (pdfium.FPDF_ANNOT_FLAG_HIDDEN | pdfium.FPDF_ANNOT_FLAG_NOVIEW)
        if kind in frames and pdfium.FPDFAnnot_HasKey(annotation, b"C"):
            is_filled = pdfium.FPDFAnnot_HasKey(annotation, b"IC")
            found.append((kind if is_filled else pdfium.FPDF_ANNOT_HIGHLIGHT, is_seen))
        else:
            found.append((kind, is_seen))
        if is_seen and len(lines) < _MAX_LINES:
            lines += _lines_of(annotation, kind)[:_MAX_LINES]
        pdfium.FPDFPage_CloseAnnot(annotation)
    return found, lines


def _lines_of(annotation: Handle, kind: int) -> list[Segment]:
    """The straight pieces of what an annotation draws by hand: none of one that is no line."""
    if kind == pdfium.FPDF_ANNOT_LINE:
        ends = Room(ctypes.c_float, 4)
        if not pdfium.FPDFAnnot_GetLine(annotation, ends.places[0], ends.places[2]):
            return []
        x0, y0, x1, y1 = ends.read()
        return [((x0, y0), (x1, y1))]
    strokes = []
    if kind == pdfium.FPDF_ANNOT_INK:
        count = min(pdfium.FPDFAnnot_GetInkListCount(annotation), _MAX_LINES)
        strokes = [partial(pdfium.FPDFAnnot_GetInkListPath, annotation, index) for index in range(count)]
    elif kind == pdfium.FPDF_ANNOT_POLYLINE:
        strokes = [partial(pdfium.FPDFAnnot_GetVertices, annotation)]
    found = []
    for points_of in strokes:
        count = points_of(None, 0)
        if not 1 < count <= _MAX_LINES:
            continue
        room = Room(ctypes.c_float, 2 * count)
        points_of(room.places[0], count)
        numbers = room.read()
        found += list(pairwise(zip(numbers[::2], numbers[1::2], strict=True)))
    return found
