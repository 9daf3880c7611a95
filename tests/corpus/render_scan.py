"""Blocks → what a scanner or a telephone makes of the printed report: pages that are pictures, with known truth.

The page is printed by render_pdf's press in an embedded font, rendered by PDFium, and then spoiled as paper, stamp,
lamp, scanner and JPEG spoil it. The same seed printed without `Conditions` is the same report with its text layer.
Chinese fonts are the system's (Debian: fonts-arphic-uming, fonts-wqy-zenhei); `fonts()` is empty where none is.
"""

from __future__ import annotations

import io
import re
import time
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from tests.corpus.blocks import Block
from tests.corpus.characters import SUPPLEMENT
from tests.corpus.compose import Piece, compose
from tests.corpus.render import Renderer
from tests.corpus.render_pdf import Press, PrintHabits
from tests.corpus.wreck import Shape

if TYPE_CHECKING:
    import numpy as np

FOLDER = Path("/usr/share/fonts/truetype")
FONT_FILES = ("arphic/uming.ttc", "wqy/wqy-zenhei.ttc", "arphic/ukai.ttc", "wqy/wqy-microhei.ttc")
LATIN = (None, "Times-Roman", "Helvetica")  # None: digits in the Chinese font, as 宋体 has its own
_RADICAL = re.compile("[\u2e80-\u2fdf]")  # on paper they are the ordinary characters, and hardly a font has them
_ON_PAPER = str.maketrans({radical: character for character, radical in SUPPLEMENT.items()} | {"−": "–"})
SUFFIXES = {"pdf": ".pdf", "png": ".png", "jpeg": ".jpg", "tiff": ".tif"}


@dataclass(frozen=True, slots=True)
class Conditions:
    """How a report was scanned. `skew` in degrees; `blur` and `grain` in pixels and grey levels; `speckle` in dots a
    million pixels; `quality` of JPEG; `light`: how much darker the darkest corner is. `seal`: one over the imprint, as
    it is due; `stamps`: so many more on each second page, wherever they fall. `strokes`: thinner (-1) or thicker (1) by
    the copier; `streaks` of dust under the lamp, from edge to edge; `rim`: the lid's black along two edges."""

    dpi: int = 200
    skew: float = 0.0
    blur: float = 0.0
    grain: float = 0.0
    speckle: float = 0.0
    quality: int = 90
    light: float = 0.0
    seal: bool = False
    stamps: int = 0
    strokes: int = 0
    streaks: int = 0
    rim: bool = False
    mode: str = "colour"  # colour | grey | bitonal
    container: str = "pdf"  # pdf | png | jpeg | tiff


def draw_conditions(rng: Random, dpi: int, kind: str = "office") -> Conditions:
    """What happens to one report: `clean` (little), `office` (an office scanner, stamps as they are due; in colour also
    over figures), `harsh` (stamps over figures in black, which hide some of them for good) or `worn` (a copy of a copy,
    on a scanner that wants cleaning)."""
    mode = rng.choice(["colour", "colour", "grey", "bitonal"])
    if kind == "clean":
        return Conditions(dpi, mode="grey" if mode == "bitonal" else mode)
    return Conditions(
        dpi,
        skew=rng.uniform(-2.0, 2.0),
        blur=rng.choice([0.0, 0.4, 0.7, 1.0]) * dpi / 200,
        grain=rng.choice([0.0, 3.0, 6.0, 10.0]),
        speckle=rng.choice([0.0, 0.0, 20.0, 80.0]),
        quality=rng.choice([40, 55, 75, 90]),
        light=rng.choice([0.0, 0.15, 0.35]),
        seal=rng.random() < 0.7,
        stamps=rng.choice([0, 1, 2]) if kind == "harsh" or mode == "colour" else 0,
        mode=mode,
        strokes=rng.choice([-1, 0, 1]) if kind == "worn" else 0,
        streaks=rng.choice([0, 1, 3]) if kind == "worn" else 0,
        rim=kind == "worn" and rng.random() < 0.4,
    )


@cache
def fonts() -> tuple[str, ...]:
    """The names of the Chinese fonts of this machine, registered with reportlab."""
    from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
    from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]

    found = []
    for file in FONT_FILES:
        path = FOLDER / file
        if path.exists():
            pdfmetrics.registerFont(TTFont(path.stem, str(path), subfontIndex=0))
            found.append(path.stem)
    return tuple(found)


@cache
def _glyphs(font: str) -> frozenset[int]:
    """The characters that a font has a picture for; some fonts map those they lack to an empty one."""
    from reportlab.pdfbase import pdfmetrics

    return frozenset(code for code, glyph in pdfmetrics.getFont(font).face.charToGlyph.items() if glyph > 0)


class TypedPress(Press):
    """A press with an embedded Chinese font, and perhaps another for digits and Latin letters."""

    def __init__(self, rng: Random, title: str, habits: PrintHabits, font: str, latin: str | None) -> None:
        self._font, self._latin = font, latin
        super().__init__(rng, title, habits)

    def _runs(self, text: str) -> Iterator[tuple[str, str]]:
        text = _RADICAL.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text.translate(_ON_PAPER))
        for font, run in groupby(text, key=self._font_of):
            yield font, "".join(run)

    def _font_of(self, character: str) -> str:
        """The font that prints a character: a font without it would print nothing, and the truth would be another."""
        if self._latin is not None and character.isascii():
            return self._latin
        for font in (self._font, *fonts()):
            if character.isspace() or ord(character) in _glyphs(font):
                return font
        raise ValueError(f"no font of this machine prints {character!r}")

    def _measure(self, text: str, size: float) -> float:
        from reportlab.pdfbase.pdfmetrics import stringWidth

        return float(sum(stringWidth(run, font, size) for font, run in self._runs(text)))

    def _write(self, x: float, y: float, text: str, size: float, doubled: bool = False) -> None:
        for shift in (0.0, 0.35) if doubled else (0.0,):
            left = x + shift
            for font, run in self._runs(text):
                self.canvas.setFont(font, size)
                self.canvas.drawString(left, y, run)
                left += self._measure(run, size)


def compose_scan(
    seed: int | str, difficulty: str, conditions: Conditions | None, damage: tuple[str, ...] = ()
) -> Piece:
    """The report of this seed as its scan; without `conditions` the print itself, a PDF with a text layer."""
    rng = Random(f"{seed}/scan habits/{difficulty}")
    habits, font, latin = _habits(rng, difficulty), rng.choice(fonts()), rng.choice(LATIN)
    shape = Shape(loses_cells=False, keeps_empty=True, keeps_space=True, keeps_lines=True)

    def render(rng: Random, blocks: list[Block], title: str) -> bytes:
        press = TypedPress(rng, title.replace("\n", ""), habits, font, latin)
        printed = press.run(blocks)
        if conditions is None:
            return printed
        imprint = (press.number - 1, press.width - 130.0, press.height - press.y - 24.0)
        return scan(printed, conditions, Random(f"{seed}/scanner"), imprint)

    suffix = ".pdf" if conditions is None else SUFFIXES[conditions.container]
    piece = compose(seed, "pdf", difficulty, damage, renderer=Renderer(shape, suffix, render))
    return replace(piece, format="pdf" if conditions is None else "scan")


def _habits(rng: Random, difficulty: str) -> PrintHabits:
    varied = difficulty != "clean"
    return PrintHabits(
        rules=rng.choice(["strokes", "bars", "boxes"]),
        repeat_header=rng.random() < 0.4,
        cut=rng.choice(["first", "shares"]),
        break_rows=varied and rng.random() < 0.2,
        size=rng.choice([9.0, 10.5, 10.5, 12.0]),
        pad=rng.choice([3.0, 5.0, 8.0]),
        centred=rng.random() < 0.8,
        shaded=rng.random() < 0.2,
        footer=rng.choice(["- {} -", "— {} —", "{}", ""]),
        landscape=rng.random() < 0.08,
    )


def scan(pdf: bytes, conditions: Conditions, rng: Random, imprint: tuple[int, float, float] | None = None) -> bytes:
    """The pages of a PDF as a scanner would leave them, in the container of `conditions`. `imprint`: the page (from 0)
    and the place (in points from its top left corner) of the seal."""
    import numpy as np
    from PIL import Image

    pages = []
    for number, page in enumerate(_rendered(pdf, conditions.dpi)):
        scale = conditions.dpi / 72
        seals = (
            [(imprint[1] * scale, imprint[2] * scale)] if imprint and conditions.seal and imprint[0] == number else []
        )
        pages.append(_page(page, conditions, rng, number, seals))
    modes = {"colour": "RGB", "grey": "L", "bitonal": "1"}
    pictures = [Image.fromarray(np.asarray(page)).convert(modes[conditions.mode]) for page in pages]
    buffer = io.BytesIO()
    first, rest = pictures[0], pictures[1:]
    resolution = {"dpi": (conditions.dpi, conditions.dpi)}
    if conditions.container == "pdf":
        packing = {} if conditions.mode == "bitonal" else {"quality": conditions.quality}
        dates = {"creationDate": time.gmtime(0), "modDate": time.gmtime(0)}
        first.save(buffer, "PDF", save_all=True, append_images=rest, resolution=conditions.dpi, **packing, **dates)
    elif conditions.container == "tiff":
        how = "group4" if conditions.mode == "bitonal" else "tiff_deflate"
        first.save(buffer, "TIFF", save_all=True, append_images=rest, compression=how, **resolution)
    elif conditions.container == "jpeg":
        first.convert("RGB" if conditions.mode == "colour" else "L").save(
            buffer, "JPEG", quality=conditions.quality, **resolution
        )
    else:
        first.save(buffer, "PNG", **resolution)
    return buffer.getvalue()


def _rendered(pdf: bytes, dpi: int) -> Iterator[Any]:
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf)
    try:
        for page in document:
            yield page.render(scale=dpi / 72, rev_byteorder=True).to_pil().convert("RGB")
    finally:
        document.close()


def _page(
    picture: Any, conditions: Conditions, rng: Random, number: int, seals: Sequence[tuple[float, float]]
) -> np.ndarray[Any, Any]:
    """One page spoiled; the order is that of the world: stamp, copier, paper askew, lens, lamp, sensor, JPEG."""
    import numpy as np
    from PIL import Image, ImageFilter

    for _ in range(conditions.stamps if number % 2 == 0 else 0):
        seals = [*seals, (rng.uniform(0.1, 0.9) * picture.width, rng.uniform(0.1, 0.9) * picture.height)]
    for x, y in seals:
        picture = _stamped(picture, conditions.dpi, rng, x, y)
    if conditions.strokes:
        copied = picture.filter(ImageFilter.MinFilter(3) if conditions.strokes > 0 else ImageFilter.MaxFilter(3))
        picture = Image.blend(picture, copied, 0.5)
    if conditions.skew:
        angle = conditions.skew + rng.uniform(-0.2, 0.2)
        picture = picture.rotate(angle, Image.Resampling.BICUBIC, fillcolor=(250, 250, 248))
    if conditions.blur:
        picture = picture.filter(ImageFilter.GaussianBlur(conditions.blur))
    noise = np.random.default_rng(rng.getrandbits(32))
    pixels = np.asarray(picture).astype(np.float32)
    height, width = pixels.shape[:2]
    if conditions.light:
        x = np.linspace(0, 1, width, dtype=np.float32)
        y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
        corner = rng.choice([x + y, x + 1 - y, 1 - x + y, 2 - x - y]) / 2
        pixels *= (1 - conditions.light * corner**1.5)[..., None]
    if conditions.grain:
        pixels += noise.normal(0, conditions.grain, (height, width, 1)).astype(np.float32)
    dots = int(conditions.speckle * height * width / 1e6)
    for _ in range(dots):
        y0, x0, size = rng.randrange(height), rng.randrange(width), rng.choice([1, 1, 2, 2, 3])
        pixels[y0 : y0 + size, x0 : x0 + size] = rng.choice([20.0, 90.0])
    for _ in range(conditions.streaks):
        x0 = rng.randrange(width)
        pixels[:, x0 : x0 + rng.choice([1, 2])] -= rng.choice([60.0, 150.0])
    if conditions.rim:
        broad = rng.randint(conditions.dpi // 20, conditions.dpi // 6)
        pixels[:broad] = pixels[:, -broad:] = 20.0
    pixels = pixels.clip(0, 255)
    if conditions.mode == "bitonal":  # a fixed threshold, as office scanners have it
        return np.asarray((pixels.mean(axis=2) > 150) * 255, np.uint8)
    return pixels.astype(np.uint8)


def _stamped(picture: Any, dpi: int, rng: Random, x: float, y: float) -> Any:
    """A round red seal around a place, as ink that darkens what lies under it."""
    from PIL import Image, ImageChops, ImageDraw, ImageFont

    radius = int(dpi * 21 / 25.4)
    layer = Image.new("RGB", picture.size, (255, 255, 255))
    draw = ImageDraw.Draw(layer)
    red = (rng.randint(190, 225), rng.randint(30, 80), rng.randint(40, 80))
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=red, width=max(2, dpi // 50))
    draw.polygon(_star(x, y, radius * 0.35), fill=red)
    face = ImageFont.truetype(str(FOLDER / FONT_FILES[[Path(f).stem for f in FONT_FILES].index(fonts()[0])]), dpi // 7)
    draw.text((x, y + radius * 0.6), "信息公开专用章", fill=red, font=face, anchor="mm")
    return ImageChops.multiply(picture, layer)


def _star(x: float, y: float, radius: float) -> Sequence[tuple[float, float]]:
    import math

    points = []
    for k in range(10):
        reach = radius if k % 2 == 0 else radius * 0.4
        angle = math.pi * k / 5 - math.pi / 2
        points.append((x + reach * math.cos(angle), y + reach * math.sin(angle)))
    return points
