"""Scans and photographs → Document, by OCR: image-only PDFs, and PNG, JPEG, TIFF and other pictures.

The way of a page: upright and evenly lit (pagegrid) → rulings → cells (ruling) → lines of text in each cell
(inkcells) → text (ocr, looks); what stands outside tables is found and read line by line. Every cell keeps its box and
its confidence, and a doubtful number all its readings: which of them is right is not decided here, since only the
pipeline knows what the form promises of its numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from extractors import limits
from extractors.document import Block, CannotRead, Document, Paragraph
from extractors.grid import Draft, settle, without_slivers
from extractors.lines import Line, paragraphs_of, right_margin
from extractors.ruling import Grid, grids_of
from extractors.scan import ocr
from extractors.scan.facsimile import Keep, keep_on
from extractors.scan.inkcells import inked_bands, may_hold, strips, text_height
from extractors.scan.looks import CellText, read_cells
from extractors.scan.pagegrid import Sheet, lost_rulings, rulings, upright
from extractors.scan.raster import Raster, pictures_of, quarter_turned
from extractors.wanted import PLAIN, Wanted

if TYPE_CHECKING:
    from extractors.scan.ocr import Picture

_SNAP = 3.0  # points
_LEAST_WIDE, _LEAST_HIGH = 72.0, 10.0  # points of a table
_NARROW_COLUMN, _LOW_ROW = 8.0, 6.0
_SAME_LINE = 0.5
_WIDE_GAP = 1.2
_SPACE = 0.25
_READABLE = 0.5
_HARDLY_BLANK = 0.6  # the confidence that a cell is blank which shows pale print, or was red
_LOST, _ENOUGH = 0.93, 20  # upright pages reach 0.98, those on their side 0.92
_WORDS = re.compile(r"[\u3400-\u9fff]")
_OTHER_QUARTERS = (1, 3, 2)

Placed = tuple[float, Block]


def extract(data: bytes, wanted: Wanted = PLAIN) -> Document:
    """The document that a picture file holds, page by page.

    Raises `CannotRead`: `needs_ocr` (the extra is not installed), `damaged`, `too_large`.
    """
    ocr.require("a picture, a scan without text layer")
    blocks: list[Block] = []
    notes: list[str] = []
    number, margin = 0, None
    for number, raster in enumerate(pictures_of(data), 1):
        if number > limits.MAX_SCANNED_PAGES:
            notes.append(f"only the first {limits.MAX_SCANNED_PAGES} scanned pages were read")
            break
        found, margin = page_blocks(raster, number, margin, keep_on(wanted.shelf))
        blocks.extend(found)
    if not blocks:
        raise CannotRead("empty", "a picture in which no text was recognised")
    return Document("scan", tuple(blocks), number, notes=tuple(notes))


def page_blocks(
    raster: Raster, number: int, margin: float | None = None, keep: Keep | None = None
) -> tuple[list[Block], float | None]:
    """The tables and paragraphs of one page as a picture, from top to bottom; and where its full lines of prose end, in
    points, or where those of the page before did (`margin`). `keep` is handed the upright page."""
    limits.grant(limits.SCANNED_PAGE_SECONDS, limits.MAX_SCAN_SECONDS)
    page = _read(raster, number, margin)
    if page.is_lost:  # it may lie on its side, or on its head
        turned = [
            _read(Raster(quarter_turned(raster.pixels, turns), raster.dpi), number, margin) for turns in _OTHER_QUARTERS
        ]
        page = max((page, *turned), key=lambda one: sum(one.sure))
    if keep is not None and page.sheet is not None:
        keep(number, page.sheet)
    return [block for _, block in sorted(page.placed, key=lambda pair: pair[0])], page.margin


@dataclass(slots=True)
class _Page:
    """What is found on one page: blocks with their tops, the right margin, and the probability (0–1) of each Chinese
    character: marks and digits look the same on their side."""

    placed: list[Placed] = field(default_factory=list)
    margin: float | None = None
    sure: list[float] = field(default_factory=list)
    sheet: Sheet | None = None

    @property
    def sureness(self) -> float:
        return sum(self.sure) / len(self.sure) if self.sure else 0.0

    @property
    def is_lost(self) -> bool:
        return len(self.sure) >= _ENOUGH and self.sureness < _LOST


def _read(raster: Raster, number: int, margin: float | None) -> _Page:
    sheet = upright(raster.pixels, raster.dpi)
    height = text_height(sheet)
    grids = _tables(sheet)
    page = _Page(sheet=sheet)
    cells = [strips(sheet, grid, height) for grid in grids]
    texts = iter(read_cells(sheet, [cell for table in cells for cell in table]))  # the digits of a page are of one face
    for grid, table in zip(grids, cells, strict=True):
        page.placed.extend(_table(sheet, grid, [next(texts) for _ in table], height, number, page.sure))
    lines = _lines(sheet, grids, height, page.sure)
    page.margin = right_margin(lines) or margin
    page.placed.extend((top, Paragraph(text, page=number)) for text, top in paragraphs_of(lines, page.margin))
    return page


def _tables(sheet: Sheet) -> list[Grid]:
    """The grids of a page that can be tables, in pixels; one within another's cell is left to that cell."""
    across, down = rulings(sheet)
    snap = _SNAP / sheet.points
    found: list[Grid] = []
    walls, floors = lost_rulings(sheet, [g for g in grids_of(across, down, snap, limits.MAX_SLOTS) if len(g.boxes) > 3])
    for grid in grids_of(across + floors, down + walls, snap, limits.MAX_SLOTS):
        wide, high = (grid.xs[-1] - grid.xs[0]) * sheet.points, (grid.ys[-1] - grid.ys[0]) * sheet.points
        if wide < _LEAST_WIDE or high < _LEAST_HIGH or len(grid.boxes) < 2:
            continue
        if wide / len(grid.xs) < _NARROW_COLUMN or high / len(grid.ys) < _LOW_ROW:
            continue  # a chart, a barcode, a page of ruled paper
        found.append(grid)
    return found


def _table(
    sheet: Sheet, grid: Grid, texts: Sequence[CellText], height: float, number: int, sure: list[float]
) -> list[Placed]:
    """A grid's blocks with their tops in points. A stack of frames around prose comes back as its prose."""
    for text in texts:
        sure.extend([text.mean] * len(_WORDS.findall(text.text)))
    scale = sheet.points
    drafts = []
    for box, text in zip(grid.boxes, texts, strict=True):
        if box.is_open and not text.text:
            continue
        if not text.text and may_hold(sheet, grid.bounds(box), height):
            text = CellText("", _HARDLY_BLANK)
        x0, top, x1, bottom = (round(value * scale, 1) for value in grid.bounds(box))
        drafts.append(_draft(box.row, box.col, box.row_span, box.col_span, text, (x0, top, x1, bottom), number))
    xs, ys = [x * scale for x in grid.xs], [y * scale for y in grid.ys]
    blocks, _ = settle(without_slivers(drafts, xs, ys, _NARROW_COLUMN, _LOW_ROW), page=number)
    return [(grid.ys[0] * scale, block) for block in blocks]


def _draft(
    row: int,
    col: int,
    row_span: int,
    col_span: int,
    text: CellText,
    bbox: tuple[float, float, float, float],
    number: int,
) -> Draft:
    blocks = (Paragraph(text.text, page=number),) if text.text else ()
    return Draft(row, col, blocks, row_span, col_span, None, bbox, text.confidence, text.alternatives)


def _lines(sheet: Sheet, grids: Sequence[Grid], height: float, sure: list[float]) -> list[Line]:
    """The lines of text outside the tables; columns without rulings stand apart by tabs."""
    page, ink = sheet.grey.copy(), sheet.ink.copy()
    pad = round(_SNAP / sheet.points)
    for grid in grids:
        rows = slice(max(0, round(grid.ys[0]) - pad), round(grid.ys[-1]) + pad)
        columns = slice(max(0, round(grid.xs[0]) - pad), round(grid.xs[-1]) + pad)
        page[rows, columns], ink[rows, columns] = 250, 0
    boxes = [
        (x0, y0 + top, x1, y1 + top)
        for top, bottom in inked_bands(ink, height)
        for x0, y0, x1, y1 in ocr.detect(page[top:bottom])
    ]
    scale = sheet.points
    reads = ocr.recognise([_cut(page, box) for box in boxes])
    for read in reads:
        sure.extend([read.mean] * len(_WORDS.findall(read.text)))
    words = [
        Line(read.text.strip(), x0 * scale, top * scale, x1 * scale, bottom * scale, 0.8 * (bottom - top) * scale)
        for (x0, top, x1, bottom), read in zip(boxes, reads, strict=True)
        if read.text.strip() and read.mean >= _READABLE
    ]
    return _joined(words)


def _cut(page: Picture, box: tuple[float, float, float, float]) -> Picture:
    x0, top, x1, bottom = (round(value) for value in box)
    picture: Picture = page[max(0, top) : max(bottom, top + 4), max(0, x0) : max(x1, x0 + 4)]
    return picture


def _joined(words: Sequence[Line]) -> list[Line]:
    """Pieces that stand beside each other as one line, top to bottom."""
    rows: list[list[Line]] = []
    for word in sorted(words, key=lambda one: ((one.top + one.bottom) / 2, one.x0)):
        middle = (word.top + word.bottom) / 2
        last = rows[-1][0] if rows else None
        if last is not None and abs(middle - (last.top + last.bottom) / 2) <= _SAME_LINE * min(word.size, last.size):
            rows[-1].append(word)
        else:
            rows.append([word])
    return [_line(sorted(row, key=lambda one: one.x0)) for row in rows]


def _line(row: Sequence[Line]) -> Line:
    text = row[0].text
    for left, right in pairwise(row):
        gap = (right.x0 - left.x1) / max(left.size, right.size)
        text += ("\t" if gap >= _WIDE_GAP else " " if gap >= _SPACE else "") + right.text
    return Line(
        text,
        row[0].x0,
        min(one.top for one in row),
        max(one.x1 for one in row),
        max(one.bottom for one in row),
        max(one.size for one in row),
    )
