"""One page of a PDF drawn as it was read: as OCR had it, or as displayed where its text layer was taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extractors.document import CannotRead
from extractors.pdf.objects import page_of
from extractors.pdf.page import read_by_pdfium
from extractors.pdf.picture import raster_of
from extractors.pdf.recognised import page_by_ocr
from extractors.pdf.scanned import judge

if TYPE_CHECKING:
    from extractors.scan.pagegrid import Sheet


def sheet_of(data: bytes, number: int) -> Sheet:
    """The page (from 1) with its resolution. Raises `CannotRead` where there is none."""
    import cv2
    import numpy as np

    from extractors.pdf import opened
    from extractors.scan.pagegrid import Sheet

    kept: list[Sheet] = []
    with opened(data) as document:
        if not 0 < number <= len(document):
            raise CannotRead("no_page", f"the file has no page {number}")
        raw = page_of(document, number)
        try:
            why, shown = judge(raw, read_by_pdfium(raw))
            if why is not None:
                page_by_ocr(raw, shown, number, None, lambda _, sheet: kept.append(sheet))
            if not kept:
                raster = raster_of(raw)
                colours = raster.pixels
                grey = cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY) if colours.ndim == 3 else colours
                # the boxes of a page of text are in its own points, whatever these are on paper
                dpi = 72.0 * grey.shape[1] / raw.get_width()
                kept.append(Sheet(np.asarray(grey, np.uint8), np.zeros((1, 1), np.uint8), dpi))
        finally:
            raw.close()
    return kept[0]
