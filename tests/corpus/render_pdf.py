"""Blocks → PDF with a text layer, drawn by hand so that every way of ruling and breaking a table is at our command.

The font is one of the character collections that every PDF reader must know (STSong-Light, Adobe-GB1): nothing is
installed, and pdfplumber and pypdfium2 both read it back as drawn.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.corpus.blocks import Block, Heading, PageEnd, Para, Sheet
from tests.corpus.grids import Grid, Spot
from tests.corpus.pdf_table import Band, bands_of, page_rows, shares, wrap
from tests.corpus.render import Renderer
from tests.corpus.wreck import Shape

FONT = "STSong-Light"
MARGIN = 62.0


@dataclass(frozen=True, slots=True)
class PrintHabits:
    """`rules`: strokes, thin filled bars, boxes (one stroked rectangle a cell), or none. `cut`: where the text of a
    merged cell stands that a page break divides (first part, shares, or each). `numbers_low`: the numbers of a row
    that a page break divides stand in its lower half. `pieces`: text is drawn character by character."""

    rules: str = "strokes"
    repeat_header: bool = False
    cut: str = "first"
    break_rows: bool = False
    numbers_low: bool = False
    size: float = 10.5
    pad: float = 4.0
    centred: bool = True
    pieces: bool = False
    doubled: bool = False
    shuffled: bool = False
    shaded: bool = False
    watermark: bool = False
    footer: str = "- {} -"
    running_head: bool = False
    landscape: bool = False


def choose_pdf(rng: Random, difficulty: str) -> Renderer:
    plain = difficulty == "clean"
    habits = PrintHabits(
        rules=rng.choice(["strokes", "bars", "boxes"] if plain else ["strokes", "bars", "boxes", "none"]),
        repeat_header=rng.random() < 0.4,
        cut=rng.choice(["first", "shares", "each"]),
        break_rows=not plain and rng.random() < 0.4,
        numbers_low=rng.random() < 0.5,
        size=rng.choice([9.0, 10.5, 12.0]),
        pad=rng.choice([3.0, 5.0, 8.0]),
        centred=rng.random() < 0.8,
        pieces=not plain and rng.random() < 0.2,
        doubled=not plain and rng.random() < 0.2,
        shuffled=not plain and rng.random() < 0.3,
        shaded=rng.random() < 0.3,
        watermark=not plain and rng.random() < 0.06,
        footer=rng.choice(["- {} -", "— {} —", "{}", "第{}页", ""]),
        running_head=rng.random() < 0.2,
        landscape=rng.random() < 0.08,
    )
    ruled = habits.rules != "none"
    shape = Shape(loses_cells=False, keeps_empty=ruled, keeps_space=ruled, keeps_lines=ruled)

    def render(rng: Random, blocks: list[Block], title: str) -> bytes:
        return Press(rng, title.replace("\n", ""), habits).run(blocks)

    return Renderer(shape, ".pdf", render)


class Press:
    """One document being drawn: the canvas, the page it is on and the place on the page (points from the bottom)."""

    def __init__(self, rng: Random, title: str, habits: PrintHabits) -> None:
        from reportlab.lib.pagesizes import A4, landscape  # type: ignore[import-untyped]
        from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
        from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # type: ignore[import-untyped]
        from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

        if FONT not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(UnicodeCIDFont(FONT))
        self.rng, self.habits, self.title = rng, habits, title
        self.buffer = io.BytesIO()
        size = landscape(A4) if habits.landscape else A4
        self.canvas: Any = Canvas(self.buffer, pagesize=size, invariant=1, pageCompression=1)
        self.canvas.setTitle(title)
        self.width, self.height = size
        self.number = 0
        self.y = 0.0
        self._open_page()

    def run(self, blocks: Sequence[Block]) -> bytes:
        for block in blocks:
            if isinstance(block, Sheet):
                self._table(block.grid)
            elif isinstance(block, Heading):
                size = 18.0 if block.level == 1 else 14.0
                for part in block.text.split("\n"):
                    self._paragraph(part, size, "center" if block.level == 1 else "left", doubled=self.habits.doubled)
            elif isinstance(block, Para):
                self._paragraph(block.text, 12.0, block.align)
            elif isinstance(block, PageEnd):
                self._turn()
        self._close_page()
        self.canvas.save()
        return self.buffer.getvalue()

    def _open_page(self) -> None:
        self.number += 1
        self.y = self.height - MARGIN
        if self.habits.watermark:
            self.canvas.saveState()
            self.canvas.setFillGray(0.9)
            self.canvas.setFont(FONT, 60)
            self.canvas.translate(self.width / 2, self.height / 2)
            self.canvas.rotate(45)
            self.canvas.drawCentredString(0, 0, "政府信息公开")
            self.canvas.restoreState()
        if self.habits.running_head:
            self._write(MARGIN, self.height - MARGIN / 2, self.title[:40], 8.0)

    def _close_page(self) -> None:
        if self.habits.footer:
            text = self.habits.footer.format(self.number)
            self._write(self.width / 2 - 10, MARGIN / 2, text, 10.0)
        self.canvas.showPage()

    def _turn(self) -> None:
        self._close_page()
        self._open_page()

    def _measure(self, text: str, size: float) -> float:
        from reportlab.pdfbase.pdfmetrics import stringWidth  # type: ignore[import-untyped]

        return float(stringWidth(text, FONT, size))

    def _write(self, x: float, y: float, text: str, size: float, doubled: bool = False) -> None:
        self.canvas.setFont(FONT, size)
        for shift in (0.0, 0.35) if doubled else (0.0,):
            if self.habits.pieces:
                left = x
                for character in text:
                    self.canvas.drawString(left + shift, y, character)
                    left += self._measure(character, size)
            else:
                self.canvas.drawString(x + shift, y, text)

    def _paragraph(self, text: str, size: float, align: str, doubled: bool = False) -> None:
        indent = "　　" if align == "left" and size == 12.0 else ""
        for line in wrap(indent + text, self.width - 2 * MARGIN, size, self._measure):
            if self.y - size * 1.6 < MARGIN:
                self._turn()
            self.y -= size * 1.6
            slack = self.width - 2 * MARGIN - self._measure(line, size)
            x = MARGIN + {"left": 0.0, "center": slack / 2, "right": slack}[align]
            self._write(x, self.y, line, size, doubled)
        self.y -= 4

    def _table(self, grid: Grid) -> None:
        scale = (self.width - 2 * MARGIN) / sum(grid.widths)
        edges = [MARGIN]
        for width in grid.widths:
            edges.append(edges[-1] + width * scale)
        fits = {spot: self._fit(spot, edges[min(spot.right, grid.n_cols)] - edges[spot.col]) for spot in grid.spots}
        leading = self.habits.size * 1.25
        bands = bands_of(grid, {spot: len(lines) for spot, (lines, _) in fits.items()}, leading, self.habits.pad)
        header = [band for band in bands if band.row < grid.head_rows] if self.habits.repeat_header else []
        first, fresh = True, False
        self.y -= 4
        if sum(band.height for band in bands if band.row < grid.head_rows) + leading > self.y - MARGIN:
            self._turn()  # a header in two parts would tell neither
        while bands:
            room = self.y - MARGIN
            above = header if not first else []
            taken, bands = page_rows(bands, room - sum(b.height for b in above), leading, self.habits)
            if not taken and fresh:  # no page holds the header and a row: first the header goes, then the bounds
                taken, bands = (bands[:1], bands[1:]) if not header else ([], bands)
                header = above = []
            if taken:
                self._draw([*above, *taken], grid, edges, fits)
            if bands and (taken or not fresh):
                self._turn()
            fresh = bool(bands)
            first = first and not taken
        self.y -= 8

    def _fit(self, spot: Spot, width: float) -> tuple[list[str], float]:
        """The spot's lines, and the size at which its longest number fits."""
        room = width - 4
        size = self.habits.size
        if spot.role == "value" or spot.text.isascii():
            longest = max((self._measure(line, size) for line in spot.text.split("\n")), default=0.0)
            size = min(size, size * room / longest) if longest > room else size
            return spot.text.split("\n"), size
        return wrap(spot.text, room, size, self._measure), size

    def _draw(
        self, bands: list[Band], grid: Grid, edges: list[float], fits: dict[Spot, tuple[list[str], float]]
    ) -> None:
        tops: list[float] = []
        for band in bands:
            tops.append(self.y)
            self.y -= band.height
        bottoms = [top - band.height for top, band in zip(tops, bands, strict=True)]
        leading = self.habits.size * 1.25
        spots = [s for s in grid.spots if any(s.row <= band.row < s.bottom for band in bands)]
        if self.habits.shuffled:
            self.rng.shuffle(spots)
        for spot in spots:
            for run in _runs([i for i, band in enumerate(bands) if spot.row <= band.row < spot.bottom]):
                left, right = edges[spot.col], edges[min(spot.right, grid.n_cols)]
                box = (left, bottoms[run[-1]], right, tops[run[0]])
                self._frame(box, spot)
                lines, size = fits[spot]
                self._fill(box, spot, shares(spot, lines, [bands[i] for i in run], leading, self.habits), size)

    def _frame(self, box: tuple[float, float, float, float], spot: Spot) -> None:
        left, bottom, right, top = box
        if self.habits.shaded and spot.role == "head":
            self.canvas.setFillGray(0.88)
            self.canvas.rect(left, bottom, right - left, top - bottom, stroke=0, fill=1)
            self.canvas.setFillGray(0)
        self.canvas.setLineWidth(0.5)
        if self.habits.rules == "boxes":
            self.canvas.rect(left, bottom, right - left, top - bottom, stroke=1, fill=0)
        elif self.habits.rules == "strokes":
            for line in ((left, bottom, right, bottom), (left, top, right, top)):
                self.canvas.line(*line)
            for line in ((left, bottom, left, top), (right, bottom, right, top)):
                self.canvas.line(*line)
        elif self.habits.rules == "bars":
            for x, y, w, h in (
                (left, top - 0.25, right - left, 0.5),
                (left, bottom - 0.25, right - left, 0.5),
                (left - 0.25, bottom, 0.5, top - bottom),
                (right - 0.25, bottom, 0.5, top - bottom),
            ):
                self.canvas.rect(x, y, w, h, stroke=0, fill=1)

    def _fill(self, box: tuple[float, float, float, float], spot: Spot, lines: list[str], size: float) -> None:
        left, bottom, right, top = box
        leading = self.habits.size * 1.25
        slack = (top - bottom - leading * len(lines)) / 2
        y = top - (slack if self.habits.centred else min(slack, self.habits.pad))
        for line in lines:
            y -= leading
            width = self._measure(line, size)
            middle = spot.role != "label" and self.habits.centred
            x = left + ((right - left - width) / 2 if middle else 2)
            self._write(x, y + leading * 0.25, line, size, self.habits.doubled and spot.role == "head")


def _runs(indices: list[int]) -> list[list[int]]:
    """Neighbouring bands together: a header repeated above is not joined to what follows."""
    runs: list[list[int]] = []
    for i in indices:
        if runs and runs[-1][-1] == i - 1:
            runs[-1].append(i)
        else:
            runs.append([i])
    return runs
