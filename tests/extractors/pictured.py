"""Reports whose tables are pictures: the same text, and in the place of each table a picture of it as printed."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from extractors.document import Document, Paragraph
from tests.corpus.truth import Truth
from tests.extractors import forge

DRAWING = (
    '<w:p><w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing">'
    '<wp:extent cx="{cx}" cy="{cy}"/><a:blip xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:embed="rId{number}"/>'
    "</wp:inline></w:drawing></w:r></w:p>"
)
EMU = 914_400


@dataclass(frozen=True)
class Shot:
    """A picture of a table: PNG, and its size on paper in inches."""

    png: bytes
    wide: float
    high: float


@dataclass(frozen=True)
class Pictured:
    """A report in pieces, in order: lines of its text, and pictures in place of its tables."""

    pieces: tuple[str | Shot, ...]
    truth: Truth

    @property
    def shots(self) -> list[Shot]:
        return [piece for piece in self.pieces if isinstance(piece, Shot)]


def pictured(seed: int | str, dpi: int = 150) -> Pictured:
    """The report of this seed, cleanly printed and cut up. Needs a Chinese font (see `render_scan`)."""
    import pypdfium2
    from PIL import Image

    import extractors
    from tests.corpus.render_scan import compose_scan

    piece = compose_scan(seed, "clean", None)
    document: Document = extractors.extract(piece.data)
    printed = pypdfium2.PdfDocument(piece.data)
    pages = [one.render(scale=dpi / 72).to_pil() for one in printed]
    printed.close()
    pieces: list[str | Shot] = []
    for block in document.blocks:
        if isinstance(block, Paragraph):
            pieces.append(block.text)
            continue
        boxes = [cell.bbox for cell in block.cells if cell.bbox]
        x0, top = min(box[0] for box in boxes) - 5, min(box[1] for box in boxes) - 5
        x1, bottom = max(box[2] for box in boxes) + 5, max(box[3] for box in boxes) + 5
        page: Image.Image = pages[(block.page or 1) - 1]
        shown = page.crop(tuple(round(side * dpi / 72) for side in (x0, top, x1, bottom)))
        pieces.append(Shot(png(shown), (x1 - x0) / 72, (bottom - top) / 72))
    return Pictured(tuple(pieces), piece.truth)


def png(picture: Any) -> bytes:
    buffer = io.BytesIO()
    picture.convert("L").save(buffer, "PNG")
    return buffer.getvalue()


def as_docx(pieces: Sequence[str | Shot]) -> bytes:
    body, media = [], []
    for piece in pieces:
        if isinstance(piece, str):
            body.append(forge.paragraph(piece))
        else:
            media.append(piece.png)
            cx, cy = round(piece.wide * EMU), round(piece.high * EMU)
            body.append(DRAWING.format(cx=cx, cy=cy, number=len(media)))
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="t/image" Target="media/image{n}.png"/>' for n in range(1, len(media) + 1)
    )
    buffer = io.BytesIO(forge.docx("".join(body)))
    with zipfile.ZipFile(buffer, "a") as package:
        package.writestr("word/_rels/document.xml.rels", f"<Relationships>{relations}</Relationships>")
        for number, data in enumerate(media, 1):
            package.writestr(f"word/media/image{number}.png", data)
    return buffer.getvalue()


def as_html(pieces: Sequence[str | Shot], folder: str | None = None) -> bytes:
    """A page with the pictures in it, or, with `folder`, beside it as `folder`/1.png and so on."""
    body, number = [], 0
    for piece in pieces:
        if isinstance(piece, str):
            body.append(f"<p>{piece}</p>")
            continue
        number += 1
        address = f"{folder}/{number}.png"
        if folder is None:
            address = f"data:image/png;base64,{base64.b64encode(piece.png).decode()}"
        body.append(f'<p><img src="{address}"></p>')
    return f"<!DOCTYPE html><html><head><meta charset=utf-8></head><body>{''.join(body)}</body></html>".encode()


def as_pdf(pieces: Sequence[str | Shot]) -> bytes:
    """Pages of text with a text layer, and the pictures between its paragraphs."""
    from reportlab.lib.utils import ImageReader

    printer = forge.Printer()
    for piece in pieces:
        if isinstance(piece, str):
            printer.prose(piece)
            continue
        high = piece.high * 72
        if printer.y + high > printer.HEIGHT - printer.MARGIN:
            printer.next_page()
        bottom = printer.HEIGHT - printer.y - high
        printer.canvas.drawImage(ImageReader(io.BytesIO(piece.png)), printer.MARGIN, bottom, piece.wide * 72, high)
        printer.y += high + 12
    return printer.done()
