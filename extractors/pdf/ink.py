"""What the picture of a PDF page shows, held against its text layer: which of the text leaves ink, and how much writing
the layer does not account for.

The page is drawn small, with its text and without: what differs is the text that is seen, however it may be hidden (by
its mode, its colour, a clip, a picture over it). What remains without it is what OCR alone can read.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from extractors.lines import Glyph
from extractors.pdf.calls import Handle, pdfium
from extractors.pdf.objects import Box, colour_of, objects_of

if TYPE_CHECKING:
    import numpy as np
    import pypdfium2  # type: ignore[import-untyped]

    Grey = np.ndarray[Any, np.dtype[np.uint8]]

_DPI = 100.0
_LONGEST = 3_500  # pixels
_FEWEST = 14  # pixels from a character's top to its bottom
_CORE, _RIM = 0.2, 0.05  # of a character's width and height at each side, where its neighbours may leave ink too
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


def leave_ink(
    page: pypdfium2.PdfPage, texts: Sequence[Handle], glyphs: Sequence[Glyph], parts: Sequence[Box]
) -> list[tuple[bool, bool]]:
    """For each of these glyphs whether it leaves ink, within its own width, and whether it does within a part of the
    page. `texts` are the text objects that they belong to; all do where the page cannot be drawn."""
    import pypdfium2

    smallest = max(min((glyph.bottom - glyph.top for glyph in glyphs), default=0.0), 0.1)
    scale = min(max(_DPI / 72.0, _FEWEST / smallest), _LONGEST / max(*page.get_size(), 1.0))
    try:
        with _picture(page, scale) as (whole, stride), unwritten(texts), _picture(page, scale) as (bare, _):
            cores = [_core(glyph) for glyph in glyphs]
            inner = [_common(core, part) for core, part in zip(cores, parts, strict=True)]
            boxes = zip(cores, inner, strict=True)
            return [
                (_differs(whole, bare, stride, core, scale), _differs(whole, bare, stride, part, scale))
                for core, part in boxes
            ]
    except (pypdfium2.PdfiumError, MemoryError):
        return [(True, True)] * len(glyphs)


@contextmanager
def _picture(page: pypdfium2.PdfPage, scale: float) -> Iterator[tuple[memoryview, int]]:
    """The grey levels of a page, row by row, and the bytes of a row."""
    bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=False)
    try:
        yield memoryview(bitmap.buffer).cast("B"), bitmap.stride
    finally:
        bitmap.close()


def _core(glyph: Glyph) -> Box:
    wide, high = _CORE * (glyph.x1 - glyph.x0), _RIM * (glyph.bottom - glyph.top)
    return glyph.x0 + wide, glyph.top + high, glyph.x1 - wide, glyph.bottom - high


def _common(one: Box, other: Box) -> Box:
    return max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])


def _differs(whole: memoryview, bare: memoryview, stride: int, box: Box, scale: float) -> bool:
    x0, x1 = math.ceil(box[0] * scale), math.floor(box[2] * scale)
    top, bottom = math.ceil(box[1] * scale), math.floor(box[3] * scale)
    x0, x1 = max(0, x0), min(max(x1, x0 + 1), stride)
    for row in range(max(0, top), min(max(bottom, top + 1), len(whole) // stride)):
        here, there = whole[row * stride + x0 : row * stride + x1], bare[row * stride + x0 : row * stride + x1]
        if here != there and any(abs(one - other) >= _SEEN for one, other in zip(here, there, strict=True)):
            return True
    return False


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
