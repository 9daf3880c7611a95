"""PDF → Document: each page from its text layer, or from its picture where it has no text that can be trusted.

PDFium reads every page; pdfplumber those again whose text PDFium finds no meaning or no shape in. Ruled cells become
tables, one for each page that a table runs over. Everything else is paragraphs: lines joined where the geometry proves
that they run on, and a tab for each wide gap where columns stand without rulings.
"""

from __future__ import annotations

import io
import logging
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from extractors import limits
from extractors.document import Block, CannotRead, Document, Paragraph
from extractors.lines import SLANTED, Glyph, lines_of, paragraphs_of, right_margin, turned_box, upright, without_doubles
from extractors.pdf import boxfont
from extractors.pdf.fonts import complete_fonts
from extractors.pdf.guard import refuse_bombs
from extractors.pdf.page import Matrix, Page, completed, display_of, read_by_pdfium, read_by_pdfplumber
from extractors.pdf.paint import without_collisions, without_struck
from extractors.pdf.scanned import NO_TEXT, OUTLINES, why_unread
from extractors.pdf.table import tables_on
from extractors.ruling import Stroke
from extractors.scan import ocr

if TYPE_CHECKING:
    import pdfplumber.pdf
    import pypdfium2  # type: ignore[import-untyped]

# pdfminer reports every odd font box and unknown operator: hundreds of lines for one file made by a browser
for _name in ("pdfminer", "pdfplumber"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

_ONE_THREAD = threading.Lock()  # PDFium crashes the process when two threads use it
_SCAN_CHARACTERS = 60
_BROKEN_SHARE = 0.02
_UNREADABLE_SHARE = 0.8
_TURNED_SHARE = 0.6
_METADATA = (
    ("Title", "title"),
    ("Author", "author"),
    ("Subject", "subject"),
    ("CreationDate", "created"),
    ("ModDate", "modified"),
    ("Producer", "producer"),
)


def extract(data: bytes) -> Document:
    """The document's text and ruled tables, page by page.

    Raises `CannotRead`: `encrypted` (needs a password), `damaged`, `too_large` (pages, decompressed bytes), `needs_ocr`
    (no text layer, or one without meaning).
    """
    data = data[max(data.find(b"%PDF-"), 0) :]
    refuse_bombs(data)
    with _ONE_THREAD:
        document = _opened(data)
        try:
            reader = _Reader(document, data)
            blocks = reader.blocks()
            metadata = _metadata(document) | reader.recognised()
            return Document(reader.format, tuple(blocks), len(document), metadata, tuple(reader.notes))
        except MemoryError:
            raise CannotRead("too_large", "the PDF needs more memory than there is; print it to a new PDF") from None
        finally:
            document.close()


def _opened(data: bytes) -> pypdfium2.PdfDocument:
    import pypdfium2

    boxfont.install()
    try:
        document = pypdfium2.PdfDocument(data)
        pages = len(document)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise CannotRead(
                "encrypted", "the PDF is locked by a password; print it to a new PDF without one"
            ) from error
        raise CannotRead("damaged", "the PDF is torn or no PDF inside; fetch it again or print it anew") from error
    if pages == 0:
        raise CannotRead("damaged", "the PDF has no pages (cut off while copying?); fetch it again")
    if pages > limits.MAX_PAGES:
        document.close()
        raise CannotRead(
            "too_large", f"the PDF has {pages} pages; the bound is {limits.MAX_PAGES}: give the report alone"
        )
    return document


def _metadata(document: pypdfium2.PdfDocument) -> dict[str, str]:
    found = {}
    for name, key in sorted(_METADATA, key=lambda pair: pair[1]):
        value = " ".join(document.get_metadata_value(name).replace("\0", "").split())
        if value:
            found[key] = value[: limits.MAX_METADATA_CHARACTERS]
    return found


class _Reader:
    """Reads the pages in order; keeps the tally on which the verdict about the text layer rests."""

    def __init__(self, document: pypdfium2.PdfDocument, data: bytes) -> None:
        self.notes: list[str] = []
        self._document = document
        self._data = data
        self._plumber: pdfplumber.pdf.PDF | None = None
        self._plumber_failed = False
        self._margin: float | None = None
        self._scans: list[int] = []
        self._recognised: dict[str, list[int]] = {}  # why a page was read by OCR → pages
        self._slanted: dict[str, list[int]] = {}
        self._unseen: dict[str, list[int]] = {}
        self._inked = self._broken = 0

    def blocks(self) -> list[Block]:
        blocks: list[Block] = []
        try:
            for number in range(1, len(self._document) + 1):
                blocks.extend(self._page(number))
        finally:
            if self._plumber is not None:
                with suppress(Exception):  # it walks the broken pages once more
                    self._plumber.close()
        self._judge(bool(blocks))
        return blocks

    def _page(self, number: int) -> list[Block]:
        import pypdfium2

        try:
            raw = self._document[number - 1]
            try:
                page = read_by_pdfium(raw)
                if page.lost or page.broken > _BROKEN_SHARE * len(page.glyphs):
                    page = self._second_reading(page, number, display_of(raw))
                why = why_unread(raw, page)
                if why is not None and ocr.is_available() and self._pages_by_ocr < limits.MAX_SCANNED_PAGES:
                    return self._by_ocr(raw, number, why)
            finally:
                raw.close()
        except pypdfium2.PdfiumError:
            self.notes.append(f"page {number} is damaged and was left out")
            return []
        self._inked += sum(bool(glyph.text.strip()) for glyph in page.glyphs)
        self._broken += page.broken
        if why in (NO_TEXT, OUTLINES):
            self._scans.append(number)
        return self._composed(page, number)

    @property
    def _pages_by_ocr(self) -> int:
        return sum(map(len, self._recognised.values()))

    @property
    def format(self) -> str:
        """`scan` where every page was read by OCR, else `pdf`."""
        return "scan" if self._pages_by_ocr == len(self._document) else "pdf"

    def recognised(self) -> dict[str, str]:
        """Which pages were read by OCR, and why, as metadata."""
        told = [f"{_spans(pages)} ({why})" for why, pages in sorted(self._recognised.items())]
        return {"pages_by_ocr": "; ".join(told)} if told else {}

    def _by_ocr(self, raw: pypdfium2.PdfPage, number: int, why: str) -> list[Block]:
        from extractors.scan import page_blocks
        from extractors.scan.raster import render

        self._recognised.setdefault(why, []).append(number)
        blocks, self._margin = page_blocks(render(raw), number, self._margin)
        return blocks

    def _second_reading(self, page: Page, number: int, display: Matrix) -> Page:
        """The page with what pdfplumber sees beyond PDFium."""
        second = self._by_pdfplumber(number, display)
        if second is not None and second.broken < page.broken:
            return replace(second, picture_share=page.picture_share)
        return completed(page, second)

    def _by_pdfplumber(self, number: int, display: Matrix) -> Page | None:
        """None when pdfplumber fails on the file, now or before."""
        if self._plumber_failed:
            return None

        def read() -> Page:
            import pdfplumber

            if self._plumber is None:
                self._plumber = pdfplumber.open(io.BytesIO(self._data))
                self._plumber.rsrcmgr = complete_fonts()
            page = self._plumber.pages[number - 1]
            try:
                return read_by_pdfplumber(page, display)
            finally:
                page.close()

        try:
            with limits.memory_within(limits.MAX_SECOND_READING_BYTES):
                return limits.within(limits.MAX_SECOND_READING_SECONDS, read)
        except (CannotRead, MemoryError):
            self._plumber_failed = True
            return None
        except Exception:  # pdfminer fails on broken files with whatever its parser happens to meet
            return None

    def _composed(self, page: Page, number: int) -> list[Block]:
        """The page's tables and paragraphs from top to bottom."""
        glyphs, across, down = [glyph for glyph in page.glyphs if glyph.turn != SLANTED], page.across, page.down
        if len(glyphs) < len(page.glyphs):
            slanted = "".join(glyph.text for glyph in page.glyphs if glyph.turn == SLANTED)
            self._slanted.setdefault(slanted[:40], []).append(number)
        turn = _common_turn(glyphs)
        if turn:
            glyphs = upright(glyphs, turn, page.width, page.height)
            across, down = _strokes_turned(across, down, turn, (page.width, page.height))
        glyphs, struck = without_struck(without_doubles(glyphs), across)
        for text in (page.unseen, struck):
            if any(character.isdecimal() for character in text):
                self._unseen.setdefault(text[:40], []).append(number)
        placed, free, notes = tables_on(without_collisions(glyphs), across, down, number)
        self.notes.extend(f"page {number}: {note}" for note in notes)
        lines = lines_of(free)
        self._margin = right_margin(lines) or self._margin
        for text, top in paragraphs_of(lines, self._margin):
            placed.append((top, Paragraph(text, page=number)))
        return [block for _, block in sorted(placed, key=lambda pair: pair[0])]

    def _judge(self, has_blocks: bool) -> None:
        """Note what the text layer lacks; raise when it lacks too much for the document to be read."""
        if self._recognised and not has_blocks:
            raise CannotRead("empty", "a scan in which no text was recognised; scan it anew, or give its text")
        bare = not self._recognised and self._inked < _SCAN_CHARACTERS
        if len(self._scans) == len(self._document) or (self._scans and bare) or not has_blocks:
            raise CannotRead(
                "needs_ocr", f"a scan without text layer (or text drawn as outlines); to read it, {ocr.INSTALL}"
            )
        if self._broken > _UNREADABLE_SHARE * self._inked:
            raise CannotRead(
                "needs_ocr",
                f"the PDF's fonts have no Unicode tables, its text layer is without meaning; to read it, {ocr.INSTALL}",
            )
        if self._scans:
            self.notes.append(
                f"pages without text layer, left out (pictures; {ocr.INSTALL}): {_listed(self._scans)}"
                if not ocr.is_available()
                else f"only {limits.MAX_SCANNED_PAGES} scanned pages were read; left out: {_listed(self._scans)}"
            )
        for text, pages in self._slanted.items():
            self.notes.append(f"slanted text (a watermark, a stamp?) left out on pages {_listed(pages)}: {text}")
        for text, pages in self._unseen.items():
            self.notes.append(f"struck or invisible text was left out on pages {_listed(pages)}: {text}")
        if self._broken > _BROKEN_SHARE * self._inked:
            self.notes.append(
                f"{self._broken} of {self._inked} characters of the text layer have no meaning (a font "
                "without Unicode table)"
            )


def _listed(pages: list[int]) -> str:
    return ", ".join(map(str, pages[:20])) + (", …" if len(pages) > 20 else "")


def _spans(pages: list[int]) -> str:
    """Page numbers with runs of them joined: 1-3, 5."""
    spans: list[list[int]] = []
    for page in pages:
        if spans and page == spans[-1][1] + 1:
            spans[-1][1] = page
        else:
            spans.append([page, page])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)


def _common_turn(glyphs: list[Glyph]) -> int:
    """The quarter turns that most of the page's text shares: a wide table set sideways turns the whole page."""
    turns = Counter(glyph.turn for glyph in glyphs if glyph.text.strip())
    if not turns:
        return 0
    turn, count = turns.most_common(1)[0]
    return turn if count > _TURNED_SHARE * sum(turns.values()) else 0


def _strokes_turned(
    across: list[Stroke], down: list[Stroke], turn: int, size: tuple[float, float]
) -> tuple[list[Stroke], list[Stroke]]:
    boxes = [turned_box((s.start, s.at, s.end, s.at), turn, *size) for s in across]
    boxes += [turned_box((s.at, s.start, s.at, s.end), turn, *size) for s in down]
    return (
        [Stroke(top, x0, x1) for x0, top, x1, bottom in boxes if x1 - x0 > bottom - top],
        [Stroke(x0, top, bottom) for x0, top, x1, bottom in boxes if x1 - x0 <= bottom - top],
    )
