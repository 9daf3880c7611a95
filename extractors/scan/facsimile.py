"""The picture that a page was recognised from, for a reviewer to hold a number against.

Nothing is stored: a page is drawn again from its file, turned and lit as `scan` had it, so that the boxes of its cells
(`Cell.bbox`, in points of the upright page) fall on the same letters.
"""

from __future__ import annotations

import io
from itertools import islice

from extractors import sniff
from extractors.document import CannotRead
from extractors.scan import ocr
from extractors.scan.pagegrid import upright
from extractors.scan.raster import Raster, pictures_of, render

Box = tuple[float, float, float, float]

_MARGIN = 6.0  # points around a crop


def crop(data: bytes, page: int, box: Box | None = None) -> bytes:
    """A page (from 1) of a scanned file as PNG, or the part of it that `box` (x0, top, x1, bottom in points) shows with
    a little around it. Raises `CannotRead` where the file has no such page, or no picture of it."""
    from PIL import Image

    ocr.require("a scan")
    raster = _raster(data, page)
    sheet = upright(raster.pixels, raster.dpi)
    picture = Image.fromarray(sheet.grey)
    if box is not None:
        x0, top, x1, bottom = (value / sheet.points for value in box)
        margin = _MARGIN / sheet.points
        picture = picture.crop(
            (
                max(0, round(x0 - margin)),
                max(0, round(top - margin)),
                min(picture.width, round(x1 + margin)),
                min(picture.height, round(bottom + margin)),
            )
        )
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", dpi=(sheet.dpi, sheet.dpi))
    return buffer.getvalue()


def _raster(data: bytes, page: int) -> Raster:
    missing = CannotRead("no_page", f"the file has no page {page}")
    if sniff(data) != "pdf":
        raster = next(islice(pictures_of(data), page - 1, None), None) if page > 0 else None
        if raster is None:
            raise missing
        return raster
    import pypdfium2  # type: ignore[import-untyped]

    document = pypdfium2.PdfDocument(data[max(data.find(b"%PDF-"), 0) :])
    try:
        if not 0 < page <= len(document):
            raise missing
        return render(document[page - 1])
    finally:
        document.close()
