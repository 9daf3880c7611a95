"""PDF → Document: each page from its text layer, or from its picture where it has no text that can be trusted.

PDFium reads every page; pdfplumber those again whose text PDFium finds no meaning or no shape in. Ruled cells become
tables, one for each page that a table runs over. Everything else is paragraphs: lines joined where the geometry proves
that they run on, and a tab for each wide gap where columns stand without rulings.
"""

from __future__ import annotations

import hashlib
import io
import logging
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from extractors import limits
from extractors.document import Block, CannotRead, Document, Paragraph, Picture
from extractors.lines import SLANTED, Glyph, lines_of, paragraphs_of, right_margin, turned_box, upright, without_doubles
from extractors.pdf import boxfont
from extractors.pdf.cover import without_scribbled
from extractors.pdf.fonts import complete_fonts
from extractors.pdf.guard import refuse_bombs
from extractors.pdf.objects import Matrix, display_of, page_and_lines
from extractors.pdf.page import Page, completed, read_by_pdfium, read_by_pdfplumber
from extractors.pdf.paint import UNREADABLE, without_collisions, without_struck
from extractors.pdf.recognised import outweighs, page_by_ocr, picture_by_ocr, pictures_on
from extractors.pdf.scanned import BESIDE, HIDDEN, LEFT_OUT, MEANINGLESS, SLOW, judge
from extractors.pdf.table import Placed, tables_on
from extractors.ruling import Stroke
from extractors.scan import ocr
from extractors.scan.facsimile import keep_on
from extractors.wanted import PLAIN, Wanted

Recognised = tuple[str, list[Block], float | None]
"""A page that was read by OCR: why, its blocks, and where its full lines end."""

if TYPE_CHECKING:
    import pdfplumber.pdf
    import pypdfium2  # type: ignore[import-untyped]

# pdfminer reports every odd font box and unknown operator: hundreds of lines for one file made by a browser
for _name in ("pdfminer", "pdfplumber"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

_ONE_THREAD = threading.Lock()  # PDFium crashes the process when two threads use it
_last_read: dict[bytes, dict[int, Recognised]] = {}
"""The pages of the last scan by OCR, by the sha256 of the file: whoever wants its pictures too need not wait for them
again."""
_SCAN_CHARACTERS = 60
_BROKEN_SHARE = 0.02
_TURNED_SHARE = 0.6
_DOUBTED = 0.5  # the confidence in text that somebody else's recognition laid under a picture
_METADATA = (
    ("Title", "title"),
    ("Author", "author"),
    ("Subject", "subject"),
    ("CreationDate", "created"),
    ("ModDate", "modified"),
    ("Producer", "producer"),
)


def extract(data: bytes, wanted: Wanted = PLAIN) -> Document:
    """The document's text and ruled tables, page by page, and the pictures on pages of text.

    Raises `CannotRead`: `encrypted` (needs a password), `damaged`, `too_large` (pages, decompressed bytes), `needs_ocr`
    (no text layer, or one without meaning).
    """
    with opened(data) as document:
        reader = _Reader(document, data, wanted)
        blocks = tuple(reader.blocks())
        metadata = _metadata(document) | reader.recognised()
        notes, pictures = tuple(reader.notes), tuple(reader.pictures)
        return Document(reader.format, blocks, len(document), metadata, notes, pictures)


@contextmanager
def opened(data: bytes) -> Iterator[pypdfium2.PdfDocument]:
    """The file as PDFium has it, for one thread at a time; `CannotRead` as in `extract`."""
    data = data[max(data.find(b"%PDF-"), 0) :]
    refuse_bombs(data)
    with _ONE_THREAD:
        document = _opened(data)
        try:
            yield document
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

    def __init__(self, document: pypdfium2.PdfDocument, data: bytes, wanted: Wanted = PLAIN) -> None:
        self.notes: list[str] = []
        self.pictures: list[Picture] = []
        self._document = document
        self._data = data[max(data.find(b"%PDF-"), 0) :]
        self._wanted = wanted
        self._keep = keep_on(wanted.shelf)
        self._plumber: pdfplumber.pdf.PDF | None = None
        self._plumber_failed = False
        self._margin: float | None = None
        self._unread: dict[str, list[int]] = {}  # why the text layer is none, of pages that OCR would have read → pages
        self._recognised: dict[str, list[int]] = {}  # why a page was read by OCR → pages
        self._before: dict[int, Recognised] | None = None
        self._pictures_read = 0
        self._slanted: dict[str, list[int]] = {}
        self._unseen: dict[str, list[int]] = {}
        self._inked = self._broken = 0

    def blocks(self) -> list[Block]:
        blocks: list[Block] = []
        try:
            for number in range(1, len(self._document) + 1):
                found, pictures = self._page(number)
                self.pictures.extend(replace(picture, after=len(blocks) + picture.after) for picture in pictures)
                blocks.extend(found)
        finally:
            if self._plumber is not None:
                with suppress(Exception):  # it walks the broken pages once more
                    self._plumber.close()
        self._judge(bool(blocks or self.pictures))
        return blocks

    def _page(self, number: int) -> tuple[list[Block], list[Picture]]:
        """The page's blocks, and the pictures between them, as if the page stood alone."""
        import pypdfium2

        try:
            raw, lines = page_and_lines(self._document, number)
            try:
                page = read_by_pdfium(raw)
                if page.lost or page.broken > _BROKEN_SHARE * len(page.glyphs):
                    page = self._second_reading(page, number, display_of(raw))
                if lines:
                    page = replace(page, glyphs=without_scribbled(page.glyphs, lines, display_of(raw)))
                why, shown = judge(raw, page)
                if why is not None and self._has_room:
                    found = self._by_ocr(raw, why, shown, number)
                    if found is not None and (why in (HIDDEN, MEANINGLESS) or outweighs(found[0], shown)):
                        self._recognised.setdefault(why, []).append(number)
                        self._margin = found[1]
                        return found[0], []
                    why = SLOW if found is None and why != BESIDE else None
                if why is not None:
                    self._unread.setdefault(why, []).append(number)
                if why in LEFT_OUT:
                    return [], []
                if shown is not page.glyphs:
                    kept = set(shown)
                    gone = [glyph for glyph in page.glyphs if glyph not in kept]
                    page = replace(page, glyphs=shown, buried=[*page.buried, *gone])
                placed = self._composed(page, number, doubted=why == HIDDEN)
                return [block for _, block in placed], self._pictures(raw, page, number, placed)
            finally:
                raw.close()
        except pypdfium2.PdfiumError:
            self.notes.append(f"page {number} is damaged and was left out")
            return [], []

    def _by_ocr(
        self, raw: pypdfium2.PdfPage, why: str, shown: Sequence[Glyph], number: int
    ) -> tuple[list[Block], float | None] | None:
        """The page's blocks by OCR, and where its full lines end; None where that takes too long."""
        if self._before is None:
            digest = hashlib.sha256(self._data).digest()
            if digest not in _last_read:
                _last_read.clear()
            self._before = _last_read.setdefault(digest, {})
        known = self._before.get(number)
        if known is None or known[0] != why:
            limits.grant(limits.SCANNED_PAGE_SECONDS, limits.MAX_SCAN_SECONDS)
            read = partial(page_by_ocr, raw, shown, number, self._margin, self._keep)
            try:
                known = self._before[number] = why, *limits.within(limits.MAX_PAGE_SECONDS, read)
            except CannotRead as error:
                if error.code != "time_limit":
                    raise
                return None
        return known[1], known[2]

    @property
    def _has_room(self) -> bool:
        return ocr.is_available() and self._pages_by_ocr + self._pictures_read < limits.MAX_SCANNED_PAGES

    def _pictures(self, raw: pypdfium2.PdfPage, page: Page, number: int, placed: Sequence[Placed]) -> list[Picture]:
        """The pictures on a page of text; read where that is wanted."""
        found = []
        for box in pictures_on(page):
            after = sum(top < box[1] for top, _ in placed)
            blocks = None
            if self._wanted.pictures and self._has_room:
                self._pictures_read += 1
                blocks = picture_by_ocr(raw, box, number, self._wanted.ruled)
            found.append(Picture(after, number, blocks))
        return found

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

    def _second_reading(self, page: Page, number: int, display: Matrix) -> Page:
        """The page with what pdfplumber sees beyond PDFium."""
        second = self._by_pdfplumber(number, display)
        if second is not None and second.broken < page.broken:
            return replace(second, pictures=page.pictures)
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

    def _composed(self, page: Page, number: int, doubted: bool = False) -> list[Placed]:
        """The page's tables and paragraphs from top to bottom. `doubted`: those of a hidden text layer, for want of a
        better reading."""
        if doubted:
            page = replace(page, glyphs=[*page.glyphs, *page.buried], buried=[], overlaid=True)
        self._inked += sum(bool(glyph.text.strip()) for glyph in page.glyphs)
        self._broken += page.broken
        glyphs, across, down = [glyph for glyph in page.glyphs if glyph.turn != SLANTED], page.across, page.down
        if len(glyphs) < len(page.glyphs):
            slanted = "".join(glyph.text for glyph in page.glyphs if glyph.turn == SLANTED)
            self._slanted.setdefault(slanted[:40], []).append(number)
        turn = _common_turn(glyphs)
        if turn:
            glyphs = upright(glyphs, turn, page.width, page.height)
            across, down = _strokes_turned(across, down, turn, (page.width, page.height))
        glyphs, struck = without_struck(without_doubles(glyphs), across)
        for text in ("".join(glyph.text for glyph in page.buried), struck):
            if any(character.isdecimal() or character == UNREADABLE for character in text):
                self._unseen.setdefault(text[:40], []).append(number)
        if page.overlaid or turn:
            glyphs = without_collisions(glyphs)
        placed, free, notes = tables_on(glyphs, across, down, number)
        self.notes.extend(f"page {number}: {note}" for note in notes)
        lines = lines_of(free)
        self._margin = right_margin(lines) or self._margin
        for text, top in paragraphs_of(lines, self._margin):
            placed.append((top, Paragraph(text, page=number)))
        placed.sort(key=lambda pair: pair[0])
        if turn:
            placed = [(top, _turned_back(block, turn, page.width, page.height)) for top, block in placed]
        return [(top, _doubted(block)) for top, block in placed] if doubted else placed

    def _judge(self, has_blocks: bool) -> None:
        """Note what the text layer lacks; raise when it lacks too much for the document to be read."""
        if self._recognised and not has_blocks:
            raise CannotRead("empty", "a scan in which no text was recognised; scan it anew, or give its text")
        left_out = {why: pages for why, pages in self._unread.items() if why in LEFT_OUT}
        bare = not self._recognised and self._inked < _SCAN_CHARACTERS
        if not has_blocks or (left_out and bare):
            if MEANINGLESS in left_out:
                what = "the PDF's fonts have no Unicode tables, its text layer is without meaning"
            elif SLOW in left_out:
                raise CannotRead("time_limit", f"{SLOW}; scan the report anew, or give its text")
            elif left_out:
                what = "a scan without text layer (or text drawn as outlines)"
            else:
                raise CannotRead("empty", "the PDF's pages are blank; fetch it again")
            raise CannotRead("needs_ocr", f"{what}; to read it, {ocr.INSTALL}")
        for why, pages in sorted(left_out.items()):
            bound = f"only {limits.MAX_SCANNED_PAGES} scanned pages are read" if ocr.is_available() else ocr.INSTALL
            reason = SLOW if why == SLOW else f"{why}; {bound}"
            self.notes.append(f"pages left out: {_listed(pages)} ({reason})")
        if HIDDEN in self._unread:
            self.notes.append(
                "hidden text, which somebody's recognition laid under the picture, was read as it is on pages "
                f"{_listed(self._unread[HIDDEN])}; {ocr.INSTALL}"
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


def _turned_back(block: Block, turn: int, width: float, height: float) -> Block:
    """A block that was read from the page turned upright, with its boxes where they stand on the page."""
    if isinstance(block, Paragraph):
        return block
    sides = (height, width) if turn % 2 else (width, height)
    cells = (
        cell if cell.bbox is None else replace(cell, bbox=turned_box(cell.bbox, 4 - turn, *sides))
        for cell in block.cells
    )
    return replace(block, cells=tuple(cells))


def _doubted(block: Block) -> Block:
    """The block with every cell's text in doubt."""
    if isinstance(block, Paragraph):
        return block
    return replace(block, cells=tuple(replace(cell, confidence=_DOUBTED) for cell in block.cells))


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
    if not any(glyph.turn for glyph in glyphs):
        return 0
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
