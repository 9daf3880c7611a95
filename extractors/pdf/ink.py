"""What the picture of a PDF page shows, held against its text layer: which of the text leaves ink, and how much writing
the layer does not account for.

The page is drawn small, with its text and without: what differs is the text that is seen, however it may be hidden (by
its mode, its colour, a clip, a picture over it). What remains without it is what OCR alone can read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from extractors.lines import Glyph
from extractors.pdf.calls import Handle, pdfium
from extractors.pdf.objects import colour_of, objects_of

if TYPE_CHECKING:
    import numpy as np
    import pypdfium2  # type: ignore[import-untyped]

    Grey = np.ndarray[Any, np.dtype[np.uint8]]

_DPI = 100.0
_LONGEST = 3_500  # pixels
_SEEN = 40  # grey levels by which text changes the page
_DARKER, _FAINT = 25, 8  # grey levels by which writing is darker than what surrounds it
_NEAR = 31  # pixels
_LOW, _HIGH, _WIDE, _LEAST = 4, 40, 60, 6  # pixels of a mark that may be a character, and its area


class Ink(NamedTuple):
    """`marks`: how many marks the size of characters stand on the page without its text layer, one for each character
    of a scan, roughly; `faint`: the same of marks that are hardly darker than the paper, dirt among them. `shown`: for
    each glyph whether it leaves ink."""

    marks: int
    faint: int
    shown: list[bool]


def ink_of(page: pypdfium2.PdfPage, glyphs: Sequence[Glyph], shrunk: float) -> Ink | None:
    """The ink of a page; None where it cannot be drawn. `shrunk`: the inches of paper for each 72 of the page's points.
    Needs OpenCV, which comes with the OCR extra."""
    import cv2
    import numpy as np
    import pypdfium2

    texts = texts_of(page)
    scale = min(shrunk * _DPI / 72.0, _LONGEST / max(*page.get_size(), 1.0))
    try:
        whole = _drawn(page, scale)
        with unwritten(texts):
            bare = _drawn(page, scale) if texts else whole
    except (pypdfium2.PdfiumError, MemoryError):
        return None
    changed = np.asarray(cv2.absdiff(whole, bare), np.uint8)
    return Ink(_marks(bare, _DARKER), _marks(bare, _FAINT), [_is_inked(changed, glyph, scale) for glyph in glyphs])


def texts_of(page: pypdfium2.PdfPage) -> list[Handle]:
    """The page's text objects, those within forms too."""
    return [shape.handle for shape in objects_of(page) if shape.kind == pdfium.FPDF_PAGEOBJ_TEXT]


@contextmanager
def unwritten(texts: Iterable[Handle]) -> Iterator[None]:
    """A stretch in which these text objects of a page are not drawn."""
    modes = [(text, pdfium.FPDFTextObj_GetTextRenderMode(text)) for text in texts]
    for text, _ in modes:
        pdfium.FPDFTextObj_SetTextRenderMode(text, pdfium.FPDF_TEXTRENDERMODE_INVISIBLE)
    try:
        yield
    finally:
        for text, mode in modes:
            pdfium.FPDFTextObj_SetTextRenderMode(text, mode)


def is_pale(text: Handle) -> bool:
    """Whether a text object is drawn in a colour, or so transparently, that only a watermark is."""
    colour = colour_of(text)
    return colour is not None and (min(colour[:3]) >= 128 or colour[3] < 200)


def _drawn(page: pypdfium2.PdfPage, scale: float) -> Grey:
    import numpy as np

    bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=False)
    try:
        pixels = np.array(bitmap.to_numpy(), np.uint8)
    finally:
        bitmap.close()
    return pixels.reshape(pixels.shape[:2])


def _marks(page: Grey, darker: int) -> int:
    import cv2

    ink = cv2.adaptiveThreshold(page, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, _NEAR, darker)
    _, _, boxes, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    wide, high, area = boxes[1:, 2], boxes[1:, 3], boxes[1:, 4]
    return int(((high >= _LOW) & (high <= _HIGH) & (wide <= _WIDE) & (area >= _LEAST)).sum())


def _is_inked(changed: Grey, glyph: Glyph, scale: float) -> bool:
    x0, top = max(0, round(glyph.x0 * scale)), max(0, round(glyph.top * scale))
    box = changed[top : max(round(glyph.bottom * scale), top + 1), x0 : max(round(glyph.x1 * scale), x0 + 1)]
    return box.size > 0 and int(box.max()) >= _SEEN
