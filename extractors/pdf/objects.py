"""The objects that a PDF page draws, as PDFium knows them, and the matrices that place them on the displayed page."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from extractors import limits

if TYPE_CHECKING:
    import pypdfium2  # type: ignore[import-untyped]

_UNITS = 10_000  # device units along each side of a page: all that PDFium takes are whole numbers
_MAX_FORMS = 8
_MAX_ANNOTATIONS = 2_000
_WIDTHLESS = 0.05

Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def display_of(page: pypdfium2.PdfPage) -> Matrix:
    """The matrix from PDF user space to the displayed page: rotation, crop and inherited boxes as PDFium sees them."""
    import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

    width, height = page.get_size()
    x, y = ctypes.c_double(), ctypes.c_double()
    corners = []
    for across, down in ((0, 0), (_UNITS, 0), (0, _UNITS)):
        pdfium.FPDF_DeviceToPage(page.raw, 0, 0, _UNITS, _UNITS, 0, across, down, x, y)
        corners.append((x.value, y.value))
    (left, top), (right, right_y), (bottom_x, bottom) = corners
    ux, uy, vx, vy = right - left, right_y - top, bottom_x - left, bottom - top
    u, v = max(ux * ux + uy * uy, 1e-9) / width, max(vx * vx + vy * vy, 1e-9) / height
    a, c, b, d = ux / u, uy / u, vx / v, vy / v
    return a, b, c, d, -(a * left + c * top), -(b * left + d * top)


def is_shapeless(text: Any) -> bool:
    """Whether PDFium passes over a text object: one of no width, as a single character of a font that is neither
    embedded nor on this machine has none (a blank of an embedded font has none either, and may go)."""
    import pypdfium2.raw as pdfium

    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    if pdfium.FPDFPageObj_GetBounds(text, left, bottom, right, top) and right.value - left.value >= _WIDTHLESS:
        return False
    font = pdfium.FPDFTextObj_GetFont(text)
    return not font or pdfium.FPDFFont_GetIsEmbedded(font) != 1


def objects_of(page: Any) -> Iterator[tuple[Any, Matrix]]:
    """The page's objects and those inside its forms, each with the matrix of the form around it, up to a bound."""
    import pypdfium2.raw as pdfium

    budget = limits.MAX_PAGE_OBJECTS
    count = min(pdfium.FPDFPage_CountObjects(page), budget)
    levels = [(iter([pdfium.FPDFPage_GetObject(page, index) for index in range(count)]), _IDENTITY)]
    while levels and budget > 0:
        shapes, matrix = levels[-1]
        shape = next(shapes, None)
        if shape is None:
            levels.pop()
            continue
        budget -= 1
        if pdfium.FPDFPageObj_GetType(shape) == pdfium.FPDF_PAGEOBJ_FORM and len(levels) < _MAX_FORMS:
            count = min(pdfium.FPDFFormObj_CountObjects(shape), budget)
            inner = [pdfium.FPDFFormObj_GetObject(shape, index) for index in range(count)]
            levels.append((iter(inner), times(matrix_of(shape), matrix)))
        yield shape, matrix


def matrix_of(shape: Any) -> Matrix:
    import pypdfium2.raw as pdfium

    raw = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(shape, raw):
        return _IDENTITY
    return raw.a, raw.b, raw.c, raw.d, raw.e, raw.f


def times(first: Matrix, second: Matrix) -> Matrix:
    """The matrix of applying `first`, then `second`."""
    if first == _IDENTITY:
        return second
    a, b, c, d, e, f = first
    k, l, m, n, o, p = second  # noqa: E741
    return a * k + b * m, a * l + b * n, c * k + d * m, c * l + d * n, e * k + f * m + o, e * l + f * n + p


def page_of(document: pypdfium2.PdfDocument, number: int) -> pypdfium2.PdfPage:
    """A page (from 1) with what people filled into its form, and wrote on it, as part of its content."""
    import pypdfium2.raw as pdfium

    page = document[number - 1]
    kinds = set()
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page.raw), _MAX_ANNOTATIONS)):
        annotation = pdfium.FPDFPage_GetAnnot(page.raw, index)
        if annotation:
            kinds.add(pdfium.FPDFAnnot_GetSubtype(annotation))
            pdfium.FPDFPage_CloseAnnot(annotation)
    if not kinds & {pdfium.FPDF_ANNOT_WIDGET, pdfium.FPDF_ANNOT_FREETEXT}:
        return page
    pdfium.FPDFPage_Flatten(page.raw, pdfium.FLAT_NORMALDISPLAY)
    page.close()
    return document[number - 1]
