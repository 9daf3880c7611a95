"""A PDF page, or a part of it, as the picture that recognition reads."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Collection
from typing import TYPE_CHECKING

from extractors import limits
from extractors.pdf.calls import Handle, Room, pdfium
from extractors.pdf.objects import Box, bounds_of, display_of, matrices_of, objects_of, placed, times
from extractors.scan.raster import DPI, Raster, plain

if TYPE_CHECKING:
    import pypdfium2  # type: ignore[import-untyped]

_A4_WIDE = 595.0  # points
_WIDEST, _NARROWEST = 900.0, 300.0  # points of the shorter side of a page that is taken for what it says: A3 has 842
_COARSE = 110.0  # pixels an inch, at its stated size, of a picture whose page states no size of paper
_FINE = 800  # pixels along the shorter side of a page that is more than a stamp


def shrunk(page: pypdfium2.PdfPage) -> float:
    """What the page's stated points are to be multiplied by: other than 1 where the file counts a pixel as a point, as
    telephones and some scanners do, or draws a sheet as a stamp."""
    width, height = page.get_size()
    shorter = min(width, height)
    if _NARROWEST <= shorter <= _WIDEST:
        return 1.0
    resolution = _resolution(page)
    if resolution is None:
        return 1.0
    believable = resolution >= _COARSE if shorter > _WIDEST else resolution * shorter / 72.0 < _FINE
    return 1.0 if believable else _A4_WIDE / shorter


def raster_of(page: pypdfium2.PdfPage, part: Box | None = None) -> Raster:
    """The page as displayed, or the part of it within a box in points, at the resolution of recognition; a poster at a
    lower one, that it may not fill the memory.

    A page that is displayed turned is drawn as it lies and turned then: PDFium draws turned pictures coarsely.
    """
    import numpy as np

    width, height = page.get_size()
    believed = shrunk(page)
    scale = believed * DPI / 72.0
    scale = min(scale, (limits.MAX_PAGE_PIXELS / max(width * height, 1.0)) ** 0.5)
    turns = page.get_rotation() // 90
    bitmap = page.render(
        scale=scale, rotation=(-90 * turns) % 360, rev_byteorder=True, prefer_bgrx=False, may_draw_forms=False
    )
    try:
        drawn = bitmap.to_numpy()
        pixels = np.array(drawn[..., :3] if bitmap.n_channels > 1 else drawn.reshape(drawn.shape[:2]))
    finally:
        bitmap.close()
    pixels = np.ascontiguousarray(np.rot90(pixels, -turns))
    if part is not None:
        x0, top, x1, bottom = (round(side * scale) for side in part)
        pixels = pixels[max(0, top) : max(bottom, top + 1), max(0, x0) : max(x1, x0 + 1)]
    return Raster(plain(pixels), scale * 72.0 / believed)


def boxes_of(page: pypdfium2.PdfPage, wanted: Collection[Handle]) -> list[Box]:
    """Where these objects of a page stand, in points of the displayed page."""
    display, wanted = display_of(page), set(wanted)
    shapes = [shape for shape in objects_of(page) if shape.handle in wanted]
    bounds = bounds_of([shape.handle for shape in shapes])
    return [
        placed(sides, times(shape.around, display))
        for shape, sides in zip(shapes, bounds, strict=True)
        if sides is not None
    ]


def _resolution(page: pypdfium2.PdfPage) -> float | None:
    """The pixels that stand to an inch of the page's largest picture; None where it has none."""
    pixels = Room(ctypes.c_uint, 2)
    largest, resolution = 0.0, None
    for picture, kind, around in objects_of(page):
        if kind != pdfium.FPDF_PAGEOBJ_IMAGE:
            continue
        a, b, c, d, _, _ = times(matrices_of([picture])[0], around)
        area = abs(a * d - b * c)
        if area > largest and pdfium.FPDFImageObj_GetImagePixelSize(picture, *pixels.places):
            largest, resolution = area, 72.0 * pixels.read()[0] / max(math.hypot(a, b), 1e-6)
    return resolution
