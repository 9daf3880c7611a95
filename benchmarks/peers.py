"""The peers: other ways from a file to its tables, each as its own documentation or common use has it.

A peer runs in a process of its own (benchmarks.worker), perhaps under another interpreter: this module imports nothing
but the standard library before a peer is loaded. What a peer finds goes to the label matcher, the same for all.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.markup import Content, Grid, html_tables, text_content

Reader = Callable[[Path], Any]  # to the tables and lines that it finds, a `Content`

TEXTS = ("pipes", "tabs", "cells", "flat", "markdown_html")


@dataclass(frozen=True, slots=True)
class Peer:
    """One way to read some formats. `counts`: it fills the form by counting numbers, and asks no label.

    `load` imports what it needs and returns the reader; `distributions` are those whose versions are stated.
    """

    name: str
    formats: tuple[str, ...]
    distributions: tuple[str, ...]
    settings: str
    load: Callable[[], Reader]
    counts: bool = False


def _gongkai() -> Reader:
    import pipeline
    from pipeline import read  # noqa: F401  the stages are loaded at start, as the pool's processes do

    return lambda path: pipeline.read_report(path.read_bytes())


def _gongkai_tables() -> Reader:
    from extractors import extract
    from extractors.document import Table

    def read(path: Path) -> Content:
        content: Content = []
        for block in extract(path.read_bytes()).blocks:
            if isinstance(block, Table):
                grid: Grid = [[None] * block.n_cols for _ in range(block.n_rows)]
                for r, row in enumerate(block.slots()):
                    for c, cell in enumerate(row):
                        grid[r][c] = "" if cell is None else cell.text if (cell.row, cell.col) == (r, c) else None
                content.append(grid)
            else:
                content += block.text.splitlines()
        return content

    return read


def _pdfplumber() -> Reader:
    import logging

    import pdfplumber

    logging.getLogger("pdfminer").setLevel(logging.ERROR)

    def read(path: Path) -> Content:
        with pdfplumber.open(path) as pdf:
            return [table for page in pdf.pages for table in page.extract_tables()]

    return read


def _camelot() -> Reader:
    import camelot

    def read(path: Path) -> Content:
        tables = camelot.read_pdf(str(path), pages="all", flavor="lattice", copy_text=["h", "v"])
        return [table.df.values.tolist() for table in tables]

    return read


def _pymupdf() -> Reader:
    import pymupdf

    def read(path: Path) -> Content:
        with pymupdf.open(path) as document:
            return [table.extract() for page in document for table in page.find_tables().tables]

    return read


def _img2table() -> Reader:
    from img2table.document import PDF

    return lambda path: _pictured(PDF(str(path)).extract_tables())


def _img2table_ocr() -> Reader:
    from img2table.document import PDF
    from img2table.ocr import RapidOCR
    from rapidocr import LangRec

    ocr = RapidOCR(params={"Rec.lang_type": LangRec.CH, "Global.use_cls": False})
    return lambda path: _pictured(PDF(str(path), pdf_text_extraction=False).extract_tables(ocr=ocr))


def _pictured(pages: dict[int, list[Any]]) -> Content:
    """img2table's tables; it gives a spanning cell as one object in all of its slots."""
    content: Content = []
    for number in sorted(pages):
        for table in pages[number]:
            seen: set[tuple[int, int, int, int]] = set()
            grid: Grid = []
            for row in table.content.values():
                grid.append([])
                for cell in row:
                    box = cell.bbox.x1, cell.bbox.y1, cell.bbox.x2, cell.bbox.y2
                    grid[-1].append(None if box in seen else cell.value or "")
                    seen.add(box)
            content.append(grid)
    return content


def _markitdown() -> Reader:
    import logging

    from markitdown import MarkItDown

    logging.getLogger("pdfminer").setLevel(logging.ERROR)
    converter = MarkItDown(enable_plugins=False)
    return lambda path: text_content(converter.convert(str(path)).text_content)


def _docvortex() -> Reader:
    import docvortex

    return lambda path: [item for text in _texts(docvortex.parse(str(path)).to_dict()) for item in text_content(text)]


def _texts(node: Any) -> Iterator[str]:
    """Every text of docvortex's document, in order; its tables are HTML."""
    if isinstance(node, list):
        for part in node:
            yield from _texts(part)
    elif isinstance(node, dict):
        for name, part in node.items():
            if name == "content" and isinstance(part, str):
                yield part
            elif name in ("pages", "blocks", "content"):
                yield from _texts(part)


def _docling() -> Reader:
    from io import BytesIO

    from docling.backend.html_backend import HTMLDocumentBackend
    from docling.backend.msword_backend import MsWordDocumentBackend
    from docling.datamodel.base_models import InputFormat
    from docling.datamodel.document import InputDocument

    def read(path: Path) -> Content:
        data = path.read_bytes()
        word = data.startswith(b"PK")
        backend: Any = MsWordDocumentBackend if word else HTMLDocumentBackend
        kind = InputFormat.DOCX if word else InputFormat.HTML
        source = InputDocument(path_or_stream=BytesIO(data), format=kind, backend=backend, filename=path.name)
        document = source._backend.convert()  # its DocumentConverter imports torch before it looks at the file
        return [_docling_grid(table.data) for table in document.tables]

    return read


def _docling_grid(data: Any) -> Grid:
    grid: Grid = [[""] * data.num_cols for _ in range(data.num_rows)]
    for r, row in enumerate(data.grid):
        for c, cell in enumerate(row):
            first = (cell.start_row_offset_idx, cell.start_col_offset_idx) == (r, c)
            grid[r][c] = cell.text if first else None
    return grid


def _python_docx() -> Reader:
    import docx

    def read(path: Path) -> Content:
        return [[[cell.text for cell in row.cells] for row in table.rows] for table in docx.Document(str(path)).tables]

    return read


def _read_html() -> Reader:
    from io import StringIO

    import pandas

    def read(path: Path) -> Content:
        source: Any = path if path.suffix in (".html", ".htm") else StringIO(_decoded(path.read_bytes()))
        return [_frame(table) for table in pandas.read_html(source, keep_default_na=False)]

    return read


def _frame(table: Any) -> Grid:
    """A DataFrame as a grid, with the header rows that pandas takes out of a table with <th> or <thead>."""
    levels = [table.columns.get_level_values(level) for level in range(table.columns.nlevels)]
    headers = [[str(name) for name in level] for level in levels if level.dtype.kind != "i"]
    return headers + [[str(value) for value in row] for row in table.itertuples(index=False)]


def _office_docx() -> Reader:
    plain = _python_docx()
    return lambda path: _converted(path, "docx", plain)


def _converted(path: Path, suffix: str, read: Reader) -> Content:
    with tempfile.TemporaryDirectory() as folder:
        command = ["soffice", "--headless", f"-env:UserInstallation=file://{folder}/profile", "--convert-to", suffix]
        subprocess.run([*command, "--outdir", folder, str(path)], check=True, capture_output=True, timeout=120)
        content: Content = read(Path(folder, path.stem + "." + suffix))
        return content


def _rapidocr_lines() -> Reader:
    import pypdfium2
    from rapidocr import RapidOCR

    engine = RapidOCR(params={"Global.use_cls": False, "Global.log_level": "error"})

    def read(path: Path) -> Content:
        lines: Content = []
        pdf = pypdfium2.PdfDocument(path)
        for page in pdf:
            found = engine(page.render(scale=200 / 72).to_numpy())
            lines += _by_place(found.boxes, found.txts) if found.txts else []
        pdf.close()
        return lines

    return read


def _by_place(boxes: Any, texts: Any) -> list[str]:
    """Texts as lines: those of about one height on the page, from left to right."""
    pairs = zip(boxes, texts, strict=True)
    placed = sorted((float(box[:, 1].mean()), float(box[:, 0].min()), text) for box, text in pairs)
    lines: list[list[tuple[float, float, str]]] = []
    for one in placed:
        if lines and one[0] - lines[-1][-1][0] < 12:
            lines[-1].append(one)
        else:
            lines.append([one])
    return ["\t".join(text for _, _, text in sorted(line, key=lambda one: one[1])) for line in lines]


def _plain_text() -> Reader:
    """The text of a file as the usual library for its format gives it, cell after cell."""

    def read(path: Path) -> Content:
        suffix = path.suffix
        if suffix == ".pdf":
            import pypdfium2

            pdf = pypdfium2.PdfDocument(path)
            lines = [line for page in pdf for line in page.get_textpage().get_text_bounded().splitlines()]
            pdf.close()
            return [*lines]
        if suffix == ".docx":
            import docx

            body = docx.Document(str(path)).element.body
            paragraphs = ("".join(t.text or "" for t in p.iter("{*}t")) for p in body.iter("{*}p"))
            return [line for line in paragraphs if line]
        if suffix in (".html", ".htm"):
            from lxml import html

            return [text.strip() for text in html.parse(str(path)).getroot().itertext() if text.strip()]
        return [cell for line in _decoded(path.read_bytes()).splitlines() for cell in line.split("|")]

    return read


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")


def _markup_text() -> Reader:
    """What a person would write for text: decode, find the tables that are marked up, split the rest into lines."""
    return lambda path: text_content(_decoded(path.read_bytes()))


GONGKAI = Peer(
    "gongkai",
    ("pdf", "docx", "html", *TEXTS, "doc", "scan"),
    ("gongkai",),
    "the whole way: file → facts, flags, claims, sections",
    _gongkai,
)
PEERS = (
    Peer(
        "gongkai tables",
        GONGKAI.formats,
        ("gongkai",),
        "this project's extractors alone, then the matcher: what the rest of the way adds",
        _gongkai_tables,
    ),
    Peer("pdfplumber", ("pdf",), ("pdfplumber",), "page.extract_tables(), defaults", _pdfplumber),
    Peer("camelot", ("pdf",), ("camelot-py",), "flavor='lattice', copy_text=['h', 'v']", _camelot),
    Peer("PyMuPDF", ("pdf",), ("PyMuPDF",), "page.find_tables(), defaults", _pymupdf),
    Peer("img2table", ("pdf",), ("img2table",), "PDF.extract_tables(), the file's own text", _img2table),
    Peer(
        "img2table + rapidocr",
        ("scan",),
        ("img2table", "rapidocr"),
        "PDF.extract_tables(ocr), Chinese recogniser, no direction classifier",
        _img2table_ocr,
    ),
    Peer("markitdown", ("pdf", "docx", "html"), ("markitdown",), "convert(), no plugins", _markitdown),
    Peer("docvortex", ("pdf", "docx", "html", "doc"), ("docvortex",), "parse(), defaults", _docvortex),
    Peer("docling", ("docx", "html"), ("docling-slim",), "the Word and HTML backends", _docling),
    Peer("python-docx", ("docx",), ("python-docx",), "document.tables, row.cells", _python_docx),
    Peer("pandas.read_html", ("html", "markdown_html"), ("pandas", "lxml"), "keep_default_na=False", _read_html),
    Peer("plain text", TEXTS, (), "decoded, split at tabs, pipes, spaces and table tags", _markup_text),
    Peer("LibreOffice + python-docx", ("doc",), ("python-docx",), "soffice --convert-to docx", _office_docx),
    Peer(
        "rapidocr lines",
        ("scan",),
        ("rapidocr", "pypdfium2"),
        "pages at 200 dpi, no direction classifier, texts joined to lines",
        _rapidocr_lines,
    ),
    Peer(
        "counting",
        ("pdf", "docx", "html", *TEXTS),
        (),
        "the file's plain text; numbers fill the form in its order, as public parsers of these reports do",
        _plain_text,
        counts=True,
    ),
)
BY_NAME = {peer.name: peer for peer in (GONGKAI, *PEERS)}

NOT_RUN = {
    "docling on PDF and scans": "its layout and table models are fetched from a hub, and its PDF pipeline needs torch",
    "docling's DocumentConverter": "imports torch at once; its Word and HTML backends are called directly instead",
    "docvortex on scans": "recognises no text; it points to another program for that",
    "camelot, PyMuPDF, pdfplumber, markitdown on scans": "find no text in pictures without an engine of the system",
    "paddleocr, table-transformer, easyocr, surya, docTR": "their models are fetched from a hub at first use",
    "antiword, catdoc": "known to lose the rows of tables in .doc files",
}
"""What could not be run here, and why."""

__all__ = ["BY_NAME", "GONGKAI", "NOT_RUN", "PEERS", "TEXTS", "Peer", "html_tables"]
