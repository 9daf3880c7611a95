"""Scans by OCR: one small page by default, scanners and stamps among the slow tests."""

from __future__ import annotations

import io
import socket
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

import extractors
import pipeline
from extractors.document import CannotRead, Cell, Document, Paragraph, Table
from extractors.scan import ocr
from tests.corpus.score import score

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PAGE = HERE / "scanned_page.png"  # page 2 of compose_scan("page 6", "clean", …), 1 bit a pixel, turned by 1.1 degrees
needs_ocr = pytest.mark.skipif(not ocr.is_available(), reason="the extra gongkai[ocr] is not installed")


def scans() -> object:
    module = pytest.importorskip("tests.corpus.render_scan")
    if not module.fonts():
        pytest.skip("no Chinese font to print with (Debian: fonts-arphic-uming, fonts-wqy-zenhei)")
    return module


@pytest.fixture(scope="module")
def page() -> Document:
    if not ocr.is_available():
        pytest.skip("the extra gongkai[ocr] is not installed")
    return extractors.extract(PAGE.read_bytes())


def test_without_the_extra_a_picture_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "is_available", lambda: False)
    with pytest.raises(CannotRead, match=r"pip install \"gongkai\[ocr\]\"") as caught:
        extractors.extract(PAGE.read_bytes())
    assert caught.value.code == "needs_ocr"


def test_a_scanned_table_is_read_cell_by_cell(page: Document) -> None:
    rows = [line.split(",") for line in (HERE / "scanned_page.csv").read_text(encoding="utf-8").split()]
    (table,) = [block for block in page.blocks if isinstance(block, Table)]
    found = []
    for slots in table.slots():
        texts = [cell.text for cell in slots if cell is not None]
        numbers = [text for text in texts if text.isdigit()]
        found.extend([numbers] if len(numbers) >= 5 else [])
    assert found == rows
    assert page.format == "scan"
    assert page.pages == 1


def test_every_cell_keeps_its_confidence_and_its_box(page: Document) -> None:
    (table,) = [block for block in page.blocks if isinstance(block, Table)]
    for cell in table.cells:
        assert cell.bbox is not None
        assert cell.bbox[0] < cell.bbox[2] <= 600
        assert cell.bbox[1] < cell.bbox[3] <= 845
        assert cell.confidence is not None
        assert 0 <= cell.confidence <= 1
    assert Document.from_json(page.to_json()) == page


def test_other_readings_survive_the_cache() -> None:
    cell = Cell(0, 0, "7", confidence=0.5, bbox=(0.0, 0.0, 1.0, 1.0), alternatives=("1", "7."))
    document = Document("scan", (Table((cell,), 1, 1),), 1)
    assert Document.from_json(document.to_json()) == document


@needs_ocr
def test_what_is_no_picture_is_damaged() -> None:
    for data in (b"\x89PNG\r\n\x1a\n....", PAGE.read_bytes()[:2000]):
        with pytest.raises(CannotRead) as caught:
            extractors.extract(data)
        assert caught.value.code == "damaged"


@pytest.mark.slow
@needs_ocr
def test_recognition_is_quiet_and_needs_no_network() -> None:
    program = (
        "import socket\n"
        "def refuse(*a, **k): raise RuntimeError('network')\n"
        "socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse\n"
        "import numpy, extractors.scan.ocr as ocr\n"
        "print(ocr.recognise([numpy.full((40, 90), 250, numpy.uint8)])[0].text)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=HERE.parents[1]
    )
    assert done.stdout.strip() == ""
    assert done.stderr == ""
    assert socket.socket.connect  # this process's own is untouched


@pytest.mark.slow
@needs_ocr
def test_a_mixed_pdf_is_read_page_by_page() -> None:
    """One page with a sound text layer, one that is a picture, one with hidden text under its picture."""
    from PIL import Image
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(595, 842))
    canvas.setFont("STSong-Light", 12)
    for line in range(10):
        canvas.drawString(60, 780 - 20 * line, "本页的文字层完好无损，照原样读取即可。")
    canvas.showPage()
    strip = Image.open(PAGE).convert("L").crop((0, 0, 1655, 420))
    for hidden in (False, True):
        if hidden:
            text = canvas.beginText(60, 700)
            text.setFont("STSong-Light", 12)
            text.setTextRenderMode(3)
            for _ in range(12):
                text.textLine("别处识别的文字，与图片不符。")
            canvas.drawText(text)
        sheet = Image.new("L", (1655, 2339), 255)
        sheet.paste(strip, (0, 200))
        canvas.drawInlineImage(sheet, 0, 0, 595, 842)
        canvas.showPage()
    canvas.save()
    document = extractors.extract(buffer.getvalue())
    assert document.format == "pdf"
    assert document.metadata["pages_by_ocr"] == "3 (hidden text); 2 (no text layer)"
    texts = [block.text for block in document.blocks if isinstance(block, Paragraph)]
    assert any("本页的文字层完好无损" in text for text in texts)
    assert not any("别处识别" in text for text in texts)
    assert {block.page for block in document.blocks if isinstance(block, Table)} == {2, 3}
    assert document.notes == ()


@needs_ocr
@pytest.mark.slow
@pytest.mark.parametrize("dpi", [150, 200, 300])
def test_a_scan_gives_the_facts_of_its_print(dpi: int) -> None:
    module = scans()
    for number in range(2):
        conditions = module.draw_conditions(Random(f"{dpi} {number}"), dpi)  # type: ignore[attr-defined]
        seed = f"scan {dpi} {number}"
        text = pipeline.read_report(module.compose_scan(seed, "clean", None).data)  # type: ignore[attr-defined]
        piece = module.compose_scan(seed, "clean", conditions)  # type: ignore[attr-defined]
        report = pipeline.read_report(piece.data)
        found = score(piece.truth, report)
        assert not found.silent
        assert found.code
        assert found.year
        assert found.exact >= 0.95 * len(found.cells)
        assert (report.identity.publisher, report.template) == (text.identity.publisher, text.template)


@needs_ocr
@pytest.mark.slow
@pytest.mark.parametrize("container", ["png", "jpeg", "tiff"])
def test_picture_files(container: str) -> None:
    module = scans()
    conditions = module.Conditions(200, container=container, mode="grey")  # type: ignore[attr-defined]
    piece = module.compose_scan("picture", "clean", conditions)  # type: ignore[attr-defined]
    report = pipeline.read_report(piece.data)
    assert report.format == "scan"
    assert report.identity.year == piece.truth.year
    if container == "tiff":  # the others hold the first page only
        found = score(piece.truth, report)
        assert found.exact == len(found.cells)


@needs_ocr
@pytest.mark.slow
def test_stamps_over_figures_are_never_silent() -> None:
    module = scans()
    for number in range(3):
        conditions = module.draw_conditions(Random(f"harsh {number}"), 200, "harsh")  # type: ignore[attr-defined]
        piece = module.compose_scan(f"harsh {number}", "clean", conditions)  # type: ignore[attr-defined]
        assert not score(piece.truth, pipeline.read_report(piece.data)).silent


@pytest.mark.slow
def test_a_reviewer_sees_the_ink_of_a_cell(page: Document) -> None:
    from PIL import Image

    from extractors.scan import facsimile

    (table,) = [block for block in page.blocks if isinstance(block, Table)]
    cell = next(cell for cell in table.cells if len(cell.text) >= 5 and cell.text.isdigit())
    shown = Image.open(io.BytesIO(facsimile.crop(PAGE.read_bytes(), 1, cell.bbox)))
    assert cell.bbox is not None
    assert shown.width == pytest.approx((cell.bbox[2] - cell.bbox[0] + 12) / 72 * 200, abs=3)
    import numpy as np

    assert ocr.recognise([np.asarray(shown)[25:-25, 25:-25]])[0].text == cell.text
    with pytest.raises(CannotRead):
        facsimile.crop(PAGE.read_bytes(), 2)
