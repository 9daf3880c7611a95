"""PDF pages that are pictures of one scanned page (`scanned_page.png`), with whatever lies over or under it."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from extractors.document import Document, Table

HERE = Path(__file__).parent
WIDE, HIGH = 595, 842
LEFT_OVER = "别处识别的文字，与图片不符 4711"  # what somebody's recognition saw
Draw = Callable[[Any], None]


@cache
def page() -> Any:
    from PIL import Image

    return Image.open(HERE / "scanned_page.png").convert("L")


def rows() -> list[list[str]]:
    """The rows of figures that the page shows."""
    return [line.split(",") for line in (HERE / "scanned_page.csv").read_text(encoding="utf-8").split()]


def rows_of(document: Document) -> list[list[str]]:
    found = []
    for block in document.blocks:
        for slots in block.slots() if isinstance(block, Table) else ():
            numbers = [cell.text for cell in slots if cell is not None and cell.text.isdigit()]
            found.extend([numbers] if len(numbers) >= 5 else [])
    return found


def printed(*pages: Draw, size: tuple[float, float] = (WIDE, HIGH)) -> bytes:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=size, pageCompression=0, invariant=1)
    for draw in pages:
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def scan(picture: Any = None, x: float = 0, y: float = 0, wide: float = WIDE, high: float = HIGH) -> Draw:
    def draw(canvas: Any) -> None:
        from reportlab.lib.utils import ImageReader

        canvas.drawImage(ImageReader(page() if picture is None else picture), x, y, wide, high)

    return draw


def lines(
    text: str = LEFT_OVER,
    count: int = 12,
    x: float = 60,
    y: float = 780,
    size: float = 12,
    mode: int = 0,
    grey: float = 0,
) -> Draw:
    def draw(canvas: Any) -> None:
        written = canvas.beginText(x, y)
        written.setFont("STSong-Light", size)
        written.setTextRenderMode(mode)
        written.setFillGray(grey)
        for _ in range(count):
            written.textLine(text)
        canvas.drawText(written)

    return draw


def both(*draws: Draw) -> Draw:
    def draw(canvas: Any) -> None:
        for one in draws:
            one(canvas)

    return draw


def in_form(*draws: Draw) -> Draw:
    """The same within a form, as OCR programs lay their text."""

    def draw(canvas: Any) -> None:
        name = f"form{id(draws)}"
        canvas.beginForm(name)
        for one in draws:
            one(canvas)
        canvas.endForm()
        canvas.doForm(name)

    return draw


def transparent(canvas: Any) -> None:
    canvas.setFillAlpha(0)
    lines()(canvas)


def clipped(canvas: Any) -> None:
    canvas.saveState()
    path = canvas.beginPath()
    path.rect(0, 0, 1, 1)
    canvas.clipPath(path, stroke=0, fill=0)
    lines()(canvas)
    canvas.restoreState()


def watermark(canvas: Any) -> None:
    canvas.saveState()
    canvas.translate(300, 400)
    canvas.rotate(45)
    canvas.setFillGray(0.8)
    canvas.setFont("STSong-Light", 20)
    for k in range(10):
        canvas.drawString(-300, k * 40 - 200, "内部资料注意保存 仅供查阅")
    canvas.restoreState()


def strips(canvas: Any, count: int = 8) -> None:
    for k in range(count):
        top, bottom = page().height * k // count, page().height * (k + 1) // count
        strip = page().crop((0, top, page().width, bottom))
        scan(strip, 0, HIGH - (k + 1) * HIGH / count, WIDE, HIGH / count)(canvas)


def turned(degrees: int) -> bytes:
    """The page lying on its side in the file, and displayed upright."""
    data = printed(scan(page().rotate(degrees, expand=True), 0, 0, HIGH, WIDE), size=(HIGH, WIDE))
    return data.replace(b"/Rotate 0", b"/Rotate %d" % degrees)


SCANS: dict[str, Callable[[], bytes]] = {
    "nothing else": lambda: printed(scan()),
    "a page number": lambda: printed(both(scan(), lines("- 3 -", 1, 290, 20))),
    "invisible text over it": lambda: printed(both(scan(), lines(mode=3))),
    "text under it": lambda: printed(both(lines(), scan())),
    "invisible text in a form": lambda: printed(both(scan(), in_form(lines(mode=3)))),
    "text in a form under it": lambda: printed(both(in_form(lines()), scan())),
    "in a form, over text": lambda: printed(both(lines(), in_form(scan()))),
    "white text": lambda: printed(both(scan(), lines(grey=1))),
    "transparent text": lambda: printed(both(scan(), transparent)),
    "tiny text": lambda: printed(both(scan(), lines(count=40, size=0.4))),
    "text beside the page": lambda: printed(both(scan(), lines(x=700))),
    "text clipped away": lambda: printed(both(scan(), clipped)),
    "a watermark": lambda: printed(both(scan(), watermark)),
    "an upright watermark": lambda: printed(both(scan(), lines("内部资料注意保存 仅供查阅", 10, grey=0.75))),
    "a printed head": lambda: printed(
        both(scan(), lines("第 3 页 打印时间 2022-01-31 10:22:33 打印人 张三", 2, y=830, size=9))
    ),
    "in strips, invisible text": lambda: printed(both(strips, lines(mode=3))),
    "turned right": lambda: turned(90),
    "turned left": lambda: turned(270),
    "a pixel a point": lambda: printed(scan(wide=1654, high=2339), size=(1654, 2339)),
    "metres wide": lambda: printed(scan(wide=10186, high=14400), size=(10186, 14400)),
    "as large as a stamp": lambda: printed(scan(wide=119, high=168), size=(119, 168)),
}
