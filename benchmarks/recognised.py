"""Reports that were really OCR'd: drawn, printed with pictures among the prose, scanned, and read by rapidocr.

What stands in each line of the text that comes out is judged against what was printed in its place. Spaces, marks and
the width of characters do not count. A line is

- NOISE where two characters of it and a fifth of all are not those printed in its place, whether on the page or within
  a picture; or where it is a shred of a picture's text, or nothing was printed at all;
- a SLIP where fewer are wrong: a single character misread is mostly beyond any rule, and nothing is asked here;
- a FIGURE where only digits were printed, or were read, and not the right ones: no text tells, the tables' sums do;
- PICTURE where a picture's text was read right: it is not garbage, nor is it the report's own text;
- RIGHT otherwise.

A flag is right on any line but a RIGHT one; one on a pasted document counts for each of its lines.
"""

from __future__ import annotations

import os
import re
import time
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

from benchmarks.pictures import Picture, draw_picture
from extractors.scan.ocr import INSTALL, is_available
from extractors.text import extract
from pipeline.identify import identify
from pipeline.noise import noise
from tests.corpus.blocks import Block, Heading, Para
from tests.corpus.compose import compose
from tests.corpus.render import Renderer
from tests.corpus.render_pdf import MARGIN, PrintHabits
from tests.corpus.render_scan import LATIN, TypedPress, draw_conditions, fonts, scan
from tests.corpus.wreck import Shape

if TYPE_CHECKING:
    import numpy as np

PAGES = 2  # of each report: its prose, with the pictures, and the first table
_MARK = "\ue000"  # before the number of a picture, in the place of a paragraph
_SPOILED = 0.2
_SHRED = 8  # characters of a picture's text that are no shred, though a box has cut it
_FIGURE = re.compile(r"[\d.,\s]+")
_REACH = re.compile(r" to line (\d+)$")
_COUNTS = re.compile("[^0-9A-Za-z\u3400-\u9fff]")


class Verdict(Enum):
    """What the OCR made of a line; see the module."""

    RIGHT = "right"
    SLIP = "slip"
    FIGURE = "figure"
    PICTURE = "picture"
    NOISE = "noise"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the OCR'd text, what was printed in its place, and the verdict; the picture it stands in, if any."""

    text: str
    printed: str
    verdict: Verdict
    picture: str | None = None


@dataclass(frozen=True, slots=True)
class Box:
    """A place on a page (from 0), in points from its top left corner."""

    page: int
    x0: float
    top: float
    x1: float
    bottom: float

    def holds(self, other: Box) -> bool:
        x, y = (other.x0 + other.x1) / 2, (other.top + other.bottom) / 2
        return self.page == other.page and self.x0 - 4 <= x <= self.x1 + 4 and self.top - 4 <= y <= self.bottom + 4


@dataclass(frozen=True, slots=True)
class Printed:
    """What stands where: each character, and each picture."""

    characters: tuple[tuple[Box, str], ...]
    pictures: tuple[tuple[Box, Picture], ...]


@dataclass(slots=True)
class Tally:
    """What was flagged of the lines of `reports`; `cut` when the time was up before all were read."""

    reports: int = 0
    noise: int = 0
    found: int = 0
    flagged: int = 0
    right: int = 0
    slips: int = 0
    slips_found: int = 0
    cut: bool = False

    def add(self, lines: Sequence[Line]) -> None:
        self.reports += 1
        marked = flagged_lines([line.text for line in lines])
        for number, line in enumerate(lines, 1):
            flagged = number in marked
            self.noise += line.verdict is Verdict.NOISE
            self.found += flagged and line.verdict is Verdict.NOISE
            self.slips += line.verdict is Verdict.SLIP
            self.slips_found += flagged and line.verdict is Verdict.SLIP
            self.flagged += flagged
            self.right += flagged and line.verdict is not Verdict.RIGHT


def tally(count: int, seed: str, seconds: float) -> Tally:
    """`count` reports read and flagged, as many of them as are begun within `seconds` of the clock."""
    found, start = Tally(), time.monotonic()
    for number in range(count):
        if number and time.monotonic() - start > seconds:
            found.cut = True
            break
        found.add(read_report(f"{seed}.{number}"))
    return found


def flagged_lines(texts: Sequence[str]) -> set[int]:
    """The lines (from 1) that bear a noise flag when the texts are a file of text, or that lie in its reach."""
    if not texts:
        return set()
    document = extract("\n".join(text.replace("\n", " ") for text in texts))
    found: set[int] = set()
    for flag in noise(document, identify(document)):
        if flag.line is not None:
            reach = _REACH.search(flag.observed or "")
            found.update(range(flag.line, int(reach[1]) + 1 if reach else flag.line + 1))
    return found


def missing() -> str | None:
    """Why nothing can be read here: the OCR extra or a font is not installed; None where all is."""
    if not is_available():
        return INSTALL
    return None if fonts() else "no Chinese font to print with: apt install fonts-arphic-uming fonts-wqy-zenhei"


def read_report(seed: str) -> list[Line]:
    """The first pages of the report of this seed as OCR leaves them, line by line."""
    rng = Random(f"{seed}/recognised")
    data, printed = _print(seed, rng)
    office = draw_conditions(rng, rng.choice((120, 150, 200)), "office")
    conditions = replace(
        office, skew=0.0, seal=False, stamps=0, container="tiff"
    )  # what is printed where must be known
    pages = scan(_first_pages(data), conditions, Random(f"{seed}/scanner"))
    return [judge(box, text, printed) for box, text in _recognise(pages, 72 / conditions.dpi)]


class _Press(TypedPress):
    """A press that sets pictures too, and keeps what it printed where."""

    def __init__(self, rng: Random, title: str, font: str, latin: str | None, pictures: Sequence[Picture]) -> None:
        self.written: list[tuple[Box, str]] = []
        self.placed: list[tuple[Box, Picture]] = []
        self._pictures = pictures
        super().__init__(rng, title, PrintHabits(size=rng.choice((9.0, 10.5, 12.0))), font, latin)

    def _write(self, x: float, y: float, text: str, size: float, doubled: bool = False) -> None:
        super()._write(x, y, text, size, doubled)
        top = self.height - y - 0.85 * size
        for character in text:
            width = self._measure(character, size)
            self.written.append((Box(self.number - 1, x, top, x + width, top + 1.05 * size), character))
            x += width

    def _paragraph(self, text: str, size: float, align: str, doubled: bool = False) -> None:
        if text.startswith(_MARK):
            self._set(self._pictures[int(text[1:])])
        else:
            super()._paragraph(text, size, align, doubled)

    def _set(self, picture: Picture) -> None:
        from reportlab.lib.utils import ImageReader  # type: ignore[import-untyped]

        shape = picture.image.height / picture.image.width
        width = min(picture.width, self.width - 2 * MARGIN, (self.height - 3 * MARGIN) / shape)
        height = width * shape
        if self.y - height - 14 < MARGIN:
            self._turn()
        self.y -= height + 8
        x, top = (self.width - width) / 2, self.height - self.y - height
        self.canvas.drawImage(ImageReader(picture.image), x, self.y, width, height)
        self.placed.append((Box(self.number - 1, x, top, x + width, top + height), picture))
        self.y -= 6


def _print(seed: str, rng: Random) -> tuple[bytes, Printed]:
    """The report of the seed as PDF, one to three pictures among its prose, and what is printed where."""
    font, latin = rng.choice(fonts()), rng.choice(LATIN)
    pictures = [draw_picture(rng) for _ in range(rng.randint(1, 3))]
    presses: list[_Press] = []

    def render(drawn: Random, blocks: list[Block], title: str) -> bytes:
        press = _Press(drawn, title.replace("\n", ""), font, latin, pictures)
        presses.append(press)
        return press.run(_with_pictures(rng, blocks, len(pictures)))

    shape = Shape(loses_cells=False, keeps_empty=True, keeps_space=True, keeps_lines=True)
    piece = compose(seed, "pdf", "clean", renderer=Renderer(shape, ".pdf", render))
    return piece.data, Printed(tuple(presses[0].written), tuple(presses[0].placed))


def _with_pictures(rng: Random, blocks: Sequence[Block], count: int) -> list[Block]:
    """The blocks with places for pictures after paragraphs of the first section."""
    first = next((n for n, b in enumerate(blocks) if isinstance(b, Heading) and "总体情况" in b.text), 0)
    last = next((n for n, b in enumerate(blocks) if isinstance(b, Heading) and n > first), len(blocks))
    found = list(blocks)
    for number in range(count):
        found.insert(rng.randint(first + 2, last + number), Para(f"{_MARK}{number}"))
    return found


def _first_pages(data: bytes) -> bytes:
    import io

    import pypdfium2

    whole, cut = pypdfium2.PdfDocument(data), pypdfium2.PdfDocument.new()
    try:
        cut.import_pages(whole, list(range(min(PAGES, len(whole)))))
        buffer = io.BytesIO()
        cut.save(buffer)
        return buffer.getvalue()
    finally:
        cut.close()
        whole.close()


def _recognise(tiff: bytes, scale: float) -> Iterator[tuple[Box, str]]:
    """What rapidocr's own call reads on each page, one line a box, in its order; `scale` brings pixels to points."""
    import io

    import numpy as np
    from PIL import Image, ImageSequence

    with Image.open(io.BytesIO(tiff)) as pages:
        for number, page in enumerate(ImageSequence.Iterator(pages)):
            pixels: np.ndarray[Any, Any] = np.ascontiguousarray(np.asarray(page.convert("RGB"))[:, :, ::-1])
            found = _engine()(pixels)
            if found.boxes is None:
                continue
            for corners, text in zip(found.boxes, found.txts, strict=True):
                xs, ys = np.asarray(corners)[:, 0] * scale, np.asarray(corners)[:, 1] * scale
                yield Box(number, float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max())), text


@cache
def _engine() -> Any:
    import logging

    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
    from rapidocr import RapidOCR

    threads = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
    return RapidOCR(params={"Global.use_cls": False, "Global.log_level": "critical", **threads})


def judge(box: Box, text: str, printed: Printed) -> Line:
    """What became of a line that was read at this place."""
    for frame, picture in printed.pictures:
        if frame.holds(box):
            verdict = _of_a_picture(_plain(text), picture)
            figure = verdict is Verdict.NOISE and _FIGURE.fullmatch(text) is not None
            return Line(text, "", Verdict.FIGURE if figure else verdict, picture.what)
    inside, around = (_plain(_under(box, printed, slack)) for slack in (1.0, 14.0))
    seen = _plain(text)
    wrong = _distance(seen, inside)
    if not wrong or (seen and seen in around and len(seen) >= len(inside) - 1):
        return Line(text, inside, Verdict.RIGHT)
    if inside.isdigit() or _FIGURE.fullmatch(text):
        return Line(text, inside, Verdict.FIGURE)
    return Line(text, inside, Verdict.NOISE if not inside or _is_spoiled(wrong, len(inside)) else Verdict.SLIP)


def _under(box: Box, printed: Printed, slack: float) -> str:
    """The characters printed in the line of a box, from left to right."""
    middle = (box.top + box.bottom) / 2
    found = [
        (place.x0, character)
        for place, character in printed.characters
        if place.page == box.page
        and place.top - 3 <= middle <= place.bottom + 3
        and box.x0 - slack <= (place.x0 + place.x1) / 2 <= box.x1 + slack
    ]
    return "".join(character for _, character in sorted(found))


def _of_a_picture(seen: str, picture: Picture) -> Verdict:
    """A box may hold a part of a text, or several of them beside each other."""
    texts = [_plain(text) for text in picture.texts]
    if not seen:
        return Verdict.SLIP  # marks alone
    if seen in texts or (len(seen) >= _SHRED and any(seen in text for text in texts)):
        return Verdict.PICTURE
    rest = seen
    for text in sorted(texts, key=lambda one: -len(one)):
        rest = rest.replace(text, "", 1)
    if not rest:
        return Verdict.PICTURE
    whole = [text for text in texts if len(seen) >= min(_SHRED, 0.8 * len(text))]
    wrong = min((_infix_distance(seen, text) for text in whole), default=len(seen) + 1)
    return Verdict.NOISE if _is_spoiled(wrong, len(seen)) else Verdict.SLIP


def _is_spoiled(wrong: int, of: int) -> bool:
    return wrong >= max(2, _SPOILED * of)


def _plain(text: str) -> str:
    return _COUNTS.sub("", unicodedata.normalize("NFKC", text)).lower()


def _distance(one: str, other: str) -> int:
    from rapidfuzz.distance import Levenshtein

    return int(Levenshtein.distance(one, other))


def _infix_distance(seen: str, text: str) -> int:
    """The least edits that make `seen` of some part of `text`."""
    row = [0] * (len(text) + 1)
    for number, character in enumerate(seen, 1):
        before, row[0] = row[0], number
        for place, other in enumerate(text, 1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (character != other))
    return min(row)
