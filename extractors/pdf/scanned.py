"""Which pages of a PDF are read from their picture rather than from their text layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extractors.lines import Glyph
from extractors.pdf.page import Page

if TYPE_CHECKING:
    import pypdfium2  # type: ignore[import-untyped]

NO_TEXT, OUTLINES, HIDDEN, MEANINGLESS = (
    "no text layer",
    "text drawn as outlines",
    "hidden text",
    "text without meaning",
)

_SCAN_SHARE = 0.5
_SCAN_CHARACTERS = 60
_WHOLE_PAGE = 0.75
_OUTLINES = 100
_OUTLINED_CHARACTERS = 10
_MEANINGLESS_SHARE = 0.3
_FOREIGN_SHARE = 0.5
_ENOUGH = 40


def why_unread(raw: pypdfium2.PdfPage, page: Page) -> str | None:
    """Why a page's text layer cannot be taken for its text; None where it can.

    A picture over the whole page with text under it or drawn invisibly is a scan that somebody else's recognition went
    through: its letters are not trusted with numbers, and its rulings stand in the picture alone.
    """
    inked = [glyph for glyph in page.glyphs if glyph.text.strip()]
    if page.picture_share >= _SCAN_SHARE and len(inked) < _SCAN_CHARACTERS:
        return NO_TEXT
    if len(inked) < _OUTLINED_CHARACTERS and len(page.across) + len(page.down) < _OUTLINES < _objects(raw):
        return OUTLINES
    if page.picture_share >= _WHOLE_PAGE and _is_hidden(raw):
        return HIDDEN
    if len(inked) >= _ENOUGH and (page.broken > _MEANINGLESS_SHARE * len(inked) or _is_mojibake(inked)):
        return MEANINGLESS
    return None


def _objects(raw: Any) -> int:
    import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

    return int(pdfium.FPDFPage_CountObjects(raw.raw))


def _is_hidden(raw: pypdfium2.PdfPage) -> bool:
    """Whether most of the page's text is drawn invisibly, or before the picture that then covers it."""
    import pypdfium2.raw as pdfium

    hidden = shown = 0
    for index in range(_objects(raw)):
        shape = pdfium.FPDFPage_GetObject(raw.raw, index)
        kind = pdfium.FPDFPageObj_GetType(shape)
        if kind == pdfium.FPDF_PAGEOBJ_TEXT:
            if pdfium.FPDFTextObj_GetTextRenderMode(shape) == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE:
                hidden += 1
            else:
                shown += 1
        elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            hidden, shown = hidden + shown, 0
    return hidden > 2 * shown


def _is_mojibake(inked: list[Glyph]) -> bool:
    """Whether most characters are none that Chinese reports are written in (GB 2312 and ASCII): text of a font whose
    codes were taken for another's."""
    text = "".join(glyph.text for glyph in inked)
    common = len(text.encode("gb2312", "ignore").decode("gb2312"))
    ascii_only = sum(character.isascii() for character in text)
    return common < _FOREIGN_SHARE * len(text) or (common == ascii_only and _is_noise(text))


def _is_noise(text: str) -> bool:
    """Whether a page without one Chinese character is no Latin text either: fewer letters than signs."""
    return sum(character.isalnum() for character in text) < _FOREIGN_SHARE * len(text)
