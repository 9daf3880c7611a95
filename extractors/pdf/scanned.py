"""Which pages of a PDF are read from their picture rather than from their text layer, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from extractors.lines import SLANTED, Glyph
from extractors.pdf.calls import pdfium
from extractors.pdf.ink import ink_of
from extractors.pdf.objects import objects_of
from extractors.pdf.page import Page
from extractors.pdf.picture import shrunk
from extractors.scan import ocr

if TYPE_CHECKING:
    import pypdfium2  # type: ignore[import-untyped]

NO_TEXT, OUTLINES, HIDDEN, BESIDE, MEANINGLESS = (
    "no text layer",
    "text drawn as outlines",
    "hidden text",
    "text beside the picture only",
    "text without meaning",
)
SLOW = "recognising them takes too long"
LEFT_OUT = (NO_TEXT, OUTLINES, MEANINGLESS, SLOW)
"""Why a page that OCR does not read is not read at all."""

_PICTURED = 0.05  # of the page: a seal or a coat of arms covers less
_SCAN_SHARE = 0.5
_WHOLE_PAGE = 0.75
_SCANT = 60  # characters; a page with fewer may be a scan with a page number
_OUTLINES = 100
_OUTLINED_CHARACTERS = 10
_WRITTEN = 20  # marks of a picture that are taken for writing
_ENOUGH = 40
_ODD_SHARE, _HOPELESS_SHARE = 0.06, 0.3  # from which on a layer is not trusted, and says nothing at all
_LEAST_ODD = 6
_NOISE_SHARE = 0.25
_LINE_START = 1.5


class Verdict(NamedTuple):
    """Why a page's text layer cannot be taken for its text (None: it can), and the glyphs of it that are seen."""

    why: str | None
    glyphs: list[Glyph]


def judge(raw: pypdfium2.PdfPage, page: Page) -> Verdict:
    """How a page is to be read.

    A layer that does not show, or is drawn under a picture, is what somebody's recognition saw: its letters are not
    trusted with numbers, and its rulings stand in the picture alone. A layer that shows is the page's text unless most
    of the page's writing is none of it.
    """
    inked = [glyph for glyph in page.glyphs if glyph.text.strip()]
    odd = oddness(page.glyphs)
    if odd > (_ODD_SHARE if ocr.is_available() else _HOPELESS_SHARE):
        return Verdict(MEANINGLESS, page.glyphs)
    usual = len(inked) >= _SCANT and len(inked) > 2 * len(page.buried) and page.picture_share < _PICTURED
    if usual or not _draws(raw):
        return Verdict(None, page.glyphs)
    ink = ink_of(raw, page.glyphs, shrunk(raw)) if ocr.is_available() else None
    if ink is None:
        return Verdict(_by_tally(raw, page, len(inked)), page.glyphs)
    is_bare = page.picture_share >= _SCAN_SHARE and len(inked) < _SCANT  # it may be a faded scan
    marks = max(ink.marks, ink.faint) if is_bare else ink.marks
    if marks < _WRITTEN:
        return Verdict(None, page.glyphs)
    shown = [g for g, seen in zip(page.glyphs, ink.shown, strict=True) if seen or not g.text.strip()]
    visible = sum(1 for glyph in shown if glyph.text.strip())
    # a watermark speaks for no page, however often it stands on it
    own = sum(1 for glyph in shown if glyph.text.strip() and glyph.turn != SLANTED)
    if own >= marks / 2 and own >= min(_SCANT, marks):
        return Verdict(None, shown)
    if page.picture_share < _PICTURED:
        return Verdict(OUTLINES, shown)
    written = len(inked) + len(page.buried)
    if written < _SCANT:
        return Verdict(NO_TEXT, shown)
    return Verdict(HIDDEN if visible < written / 2 else BESIDE, shown)


def _by_tally(raw: pypdfium2.PdfPage, page: Page, inked: int) -> str | None:
    """The same without a look at the page's picture: by what its objects say of themselves."""
    shapes = [(shape.handle, shape.kind) for shape in objects_of(raw)]
    if page.picture_share >= _SCAN_SHARE and inked + len(page.buried) < _SCANT:
        return NO_TEXT
    if inked < _OUTLINED_CHARACTERS and len(page.across) + len(page.down) < _OUTLINES < len(shapes):
        return OUTLINES
    pictures = [place for place, (_, kind) in enumerate(shapes) if kind == pdfium.FPDF_PAGEOBJ_IMAGE]
    after = shapes[pictures[-1] :] if pictures and page.picture_share >= _WHOLE_PAGE else shapes
    texts = [shape for shape, kind in after if kind == pdfium.FPDF_PAGEOBJ_TEXT]
    shown = sum(pdfium.FPDFTextObj_GetTextRenderMode(text) != pdfium.FPDF_TEXTRENDERMODE_INVISIBLE for text in texts)
    is_hidden = 3 * shown < sum(kind == pdfium.FPDF_PAGEOBJ_TEXT for _, kind in shapes)
    return HIDDEN if is_hidden and (pictures or len(page.buried) > inked) else None


def _draws(raw: pypdfium2.PdfPage) -> bool:
    """Whether a page draws anything but text."""
    drawn = (pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_SHADING)
    return any(shape.kind in drawn for shape in objects_of(raw))


def oddness(glyphs: Sequence[Glyph]) -> float:
    """How far the codes of a page's fonts were taken for another's: the share (0–1, of what is no figure) of characters
    without meaning, or of none that Chinese reports are written in, in the midst of lines (before a line they may be
    bullets); 1 for signs in place of words. 0 for too few to tell."""
    inked = [glyph for glyph in glyphs if glyph.text.strip() and glyph.turn != SLANTED]
    text = "".join(glyph.text for glyph in inked)
    strange = {glyph_text for glyph_text in {glyph.text for glyph in inked} if _is_odd(glyph_text)}
    if not strange and not text.isascii():
        return 0.0
    before = [None, *inked]
    odd = sum(glyph.text in strange and not _begins(glyph, before[place]) for place, glyph in enumerate(inked))
    words = sum(not character.isdecimal() for character in text)
    if odd >= _LEAST_ODD:
        return odd / max(words, 1)
    if len(inked) < _ENOUGH or not text.isascii() or words < _ENOUGH / 2:
        return 0.0
    signs = sum(not character.isalnum() and character not in ".,-+/%():;" for character in text)
    return 1.0 if signs > _NOISE_SHARE * words else 0.0


def _begins(glyph: Glyph, before: Glyph | None) -> bool:
    """Whether a glyph opens a line."""
    return (
        before is None
        or abs(glyph.origin_y - before.origin_y) > 0.5 * before.size
        or (glyph.x0 - before.x1 > _LINE_START * before.size)
    )


def _is_odd(text: str) -> bool:
    """Whether a character is none of Chinese print: neither ASCII nor Chinese, nor one of GB 2312, nor a sign or form
    that Unicode keeps for Chinese print."""
    if text.isascii() or not text:
        return False
    if any("\u2000" <= one <= "\u2bff" or "\u2e80" <= one <= "\u9fff" or one >= "\uf900" for one in text):
        return text == "\ufffd"
    return not text.encode("gb2312", "ignore")
