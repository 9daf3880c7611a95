"""PDF pages that are scans, or not: each is read from its text layer or its picture, whichever is the page's text."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

import extractors
import pipeline
from extractors import limits
from extractors.document import CannotRead, Document, Paragraph, Table
from extractors.lines import Glyph
from extractors.pdf import boxfont, scanned
from extractors.pdf.page import read_by_pdfium
from extractors.scan import ocr
from extractors.wanted import Wanted
from tests.extractors import forge
from tests.extractors.scanned import HIGH, LEFT_OVER, SCANS, WIDE, both, lines, page, printed, rows, rows_of, scan

needs_ocr = pytest.mark.skipif(not ocr.is_available(), reason="the extra gongkai[ocr] is not installed")
TEXT = "本页的文字层完好无损，照原样读取即可，共计十二行。"


def why(data: bytes) -> str | None:
    """Why the first page of a PDF is read by OCR."""
    import pypdfium2

    boxfont.install()
    document = pypdfium2.PdfDocument(data)
    raw = document[0]
    try:
        return scanned.judge(raw, read_by_pdfium(raw)).why
    finally:
        raw.close()
        document.close()


@needs_ocr
def test_a_faded_scan_is_one_too() -> None:
    assert why(printed(scan(page().point(lambda level: 225 + level // 12)))) == scanned.NO_TEXT
    assert why(printed(scan(grain(250, 0.5)))) is None  # an empty sheet


def text_of(document: Document) -> str:
    return "\n".join(block.text for block in document.blocks if isinstance(block, Paragraph))


@needs_ocr
@pytest.mark.parametrize("name", list(SCANS))
def test_a_scan_is_known_whatever_lies_over_it(name: str) -> None:
    assert why(SCANS[name]()) in (scanned.NO_TEXT, scanned.HIDDEN, scanned.BESIDE)


@needs_ocr
@pytest.mark.slow
@pytest.mark.parametrize("name", list(SCANS))
def test_a_scan_is_read_whatever_lies_over_it(name: str) -> None:
    document = extractors.extract(SCANS[name]())
    assert rows_of(document) == rows()
    assert LEFT_OVER[-4:] not in text_of(document)
    assert document.format == "scan"
    assert document.metadata["pages_by_ocr"].startswith("1 (")


def grain(light: float, depth: float) -> Any:
    import numpy as np
    from PIL import Image

    noise = np.random.default_rng(1).normal(light, depth, (400, 300)).clip(0, 255)
    return Image.fromarray(noise.astype(np.uint8)).resize((1200, 1600))


@needs_ocr
@pytest.mark.parametrize(
    "draw",
    [
        both(lines(TEXT, 30)),
        both(scan(grain(240, 5)), lines(TEXT, 30)),  # paper with a texture
        both(scan(page().crop((100, 100, 500, 300)), 60, 790, 80, 40), lines(TEXT, 30)),  # a letterhead
        both(lines(TEXT, 30), lines("草稿", 1, 100, 400, 200, grey=0.9)),
    ],
)
def test_text_is_not_taken_for_a_scan(draw: Callable[[Any], None]) -> None:
    document = extractors.extract(printed(draw))
    assert document.format == "pdf"
    assert "pages_by_ocr" not in document.metadata
    assert text_of(document).count(TEXT[:10]) == 30


@needs_ocr
@pytest.mark.slow
def test_text_beside_a_photograph_is_kept() -> None:
    """The grain of a photograph looks like writing at first; recognition finds none in it."""
    document = extractors.extract(printed(both(scan(grain(128, 60), 60, 60, 475, 300), lines(TEXT, 14))))
    assert text_of(document).count(TEXT[:10]) == 14
    assert "pages_by_ocr" not in document.metadata


@pytest.mark.slow
@needs_ocr
def test_only_the_pages_without_a_sound_layer_are_read_by_ocr() -> None:
    strip = page().crop((0, 0, 1655, 960))
    small = scan(strip, 0, HIGH - 345, WIDE, 345)  # two fifths of the page
    document = extractors.extract(printed(lines(TEXT, 30), both(small, lines(mode=3)), lines(TEXT, 30)))
    assert document.format == "pdf"
    assert document.metadata["pages_by_ocr"] == "2 (hidden text)"
    assert rows_of(document) == rows()[:5]
    assert {block.page for block in document.blocks if isinstance(block, Table)} == {2}
    assert text_of(document).count(TEXT[:10]) == 60
    assert LEFT_OVER[-4:] not in text_of(document)
    report = pipeline.read_document(document, "0" * 64)
    assert [(flag.severity, flag.observed) for flag in report.flags if flag.kind == "read_by_ocr"] == [
        ("info", "2 (hidden text)")
    ]


def test_without_ocr_hidden_text_is_read_in_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "is_available", lambda: False)

    def hidden(canvas: Any) -> None:
        for k in range(8):
            canvas.line(60, 500 + 20 * k, 360, 500 + 20 * k)
            lines("四七一一 4711", 1, 65, 505 + 20 * k, mode=3)(canvas)
            lines("4711", 1, 215, 505 + 20 * k, mode=3)(canvas)
        for x in (60, 210, 360):
            canvas.line(x, 500, x, 640)

    document = extractors.extract(printed(both(scan(), hidden)))
    cells = [cell for block in document.blocks if isinstance(block, Table) for cell in block.cells]
    assert cells
    assert {cell.confidence for cell in cells} == {0.5}
    (note,) = document.notes
    assert "hidden text" in note
    assert 'pip install "gongkai[ocr]"' in note
    with pytest.raises(CannotRead, match="OCR extra") as caught:
        extractors.extract(printed(scan()))
    assert caught.value.code == "needs_ocr"


@needs_ocr
def test_a_page_that_takes_too_long_costs_itself_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        while True:
            pass

    monkeypatch.setattr(limits, "MAX_PAGE_SECONDS", 0.2)
    monkeypatch.setattr("extractors.pdf.page_by_ocr", never)
    document = extractors.extract(printed(lines(TEXT, 30), scan()))
    assert text_of(document).count(TEXT[:10]) == 30
    assert document.notes == ("pages left out: 2 (recognising them takes too long)",)
    with pytest.raises(CannotRead, match="too long") as caught:
        extractors.extract(printed(scan()))
    assert caught.value.code == "time_limit"


@needs_ocr
def test_scans_beyond_the_bound_are_left_out_with_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_SCANNED_PAGES", 0)
    document = extractors.extract(printed(lines(TEXT, 30), scan()))
    assert document.notes == ("pages left out: 2 (no text layer; only 0 scanned pages are read)",)


def typed(text: str, box: tuple[float, float, float, float]) -> Callable[[Any], None]:
    """Text in a font that the file does not carry, at a cell's place on the page."""
    return lines(text, 1, box[0] + 4, HIGH - box[3] + 6, 9)


@needs_ocr
@pytest.mark.slow
def test_text_typed_into_a_scanned_form_fills_its_cells() -> None:
    from PIL import Image, ImageDraw

    strip = page().crop((0, 0, 1655, 760)).copy()
    plain = Image.new("L", (1655, 2339), 255)
    plain.paste(strip)
    before = extractors.extract(printed(scan(plain)))
    (table,) = [block for block in before.blocks if isinstance(block, Table)]
    cell = next(cell for cell in table.cells if cell.text == rows()[0][0])
    assert cell.bbox is not None
    x0, top, x1, bottom = cell.bbox
    ImageDraw.Draw(plain).rectangle([side * 200 / 72 for side in (x0 + 8, top + 5, x1 - 8, bottom - 5)], fill=255)
    after = extractors.extract(printed(both(scan(plain), typed("58", cell.bbox), typed("某某", (300, 0, 340, 700)))))
    (table,) = [block for block in after.blocks if isinstance(block, Table)]
    assert "58" in [cell.text for cell in table.cells]
    assert rows_of(after)[0] == ["58", *rows()[0][1:]]
    assert "某某" in text_of(after)


def test_what_people_filled_into_a_form_is_text() -> None:
    def form(canvas: Any) -> None:
        lines(TEXT, 5)(canvas)
        canvas.acroForm.textfield(name="a", value="4711", x=150, y=500, width=80, height=20)

    assert "4711" in text_of(extractors.extract(printed(form)))


def glyphs(text: str, per_line: int = 20) -> list[Glyph]:
    made = []
    for place, character in enumerate(text):
        x, y = 60.0 + 10 * (place % per_line), 100.0 + 16 * (place // per_line)
        made.append(Glyph(character, x, y - 9, x + 10, y + 1, x, y, 10.0))
    return made


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("政府信息公开工作年度报告" * 20, False),
        ("0 12 345 6 78 9 " * 20, False),
        ("Annual report on open government information " * 6, False),
        ("政府信息公开工作·±×§—……“”①Ⅱ〇㎡" * 10, False),
        ("政府信息公开\ufffd工作年度报告" * 10, True),
        ("ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóò" * 5 + "0 0 0 12 3 " * 20, True),
        ("!#$&*<=>?@[]^_`{|}~" * 10, True),
        ("\ue001\ue002\ue003政府信息公开工作年度报告" * 10, True),
    ],
)
def test_whether_a_layer_has_meaning(text: str, expected: bool) -> None:
    assert (scanned.oddness(glyphs(text)) > 0.06) is expected


def test_bullets_of_a_symbol_font_are_no_loss_of_meaning() -> None:
    assert not scanned.oddness(glyphs("\uf06c 政府信息公开工作年度报告内容之一" * 12, 18))


def fonts() -> Any:
    module = pytest.importorskip("tests.corpus.render_scan")
    if not module.fonts():
        pytest.skip("no Chinese font to print with (Debian: fonts-arphic-uming, fonts-wqy-zenhei)")
    return module


@needs_ocr
@pytest.mark.slow
def test_a_report_whose_fonts_lost_their_unicode_tables_gives_the_same_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    from reportlab import rl_config  # type: ignore[import-untyped]

    from tests.corpus.score import score

    monkeypatch.setattr(rl_config, "pageCompression", 0)
    piece = fonts().compose_scan("without meaning", "clean", None)
    assert b"/ToUnicode" in piece.data
    report = pipeline.read_report(piece.data.replace(b"/ToUnicode", b"/ToUnicodX"))
    found = score(piece.truth, report)
    assert report.format == "scan"
    assert not found.silent
    assert found.exact >= 0.98 * len(found.cells)
    assert "text without meaning" in report.metadata["pages_by_ocr"]


@pytest.mark.slow
@needs_ocr
def test_a_picture_on_a_page_of_text_is_listed_and_read_if_wanted() -> None:
    strip = page().crop((60, 120, 1600, 760))
    draw = both(lines(TEXT, 14, y=800), scan(strip, 50, 60, 495, 206), lines("页脚以上", 3, y=320))
    data = printed(draw)
    document = extractors.extract(data)
    assert [(picture.page, picture.blocks) for picture in document.pictures] == [(1, None)]
    assert not [block for block in document.blocks if isinstance(block, Table)]
    closer = extractors.extract(data, Wanted(pictures=True))
    assert closer.blocks == document.blocks
    (picture,) = closer.pictures
    (table,) = [block for block in picture.blocks or () if isinstance(block, Table)]
    assert table.page == 1
    numbers = [cell for cell in table.cells if cell.text == rows()[0][-1]]
    assert len(numbers) == 1
    assert numbers[0].bbox is not None
    assert numbers[0].bbox[1] > HIGH - 60 - 206  # where it stands on the page
    whole = closer.with_pictures()
    assert whole.blocks[picture.after : picture.after + len(picture.blocks or ())] == picture.blocks
    assert Document.from_json(closer.to_json()) == closer


def test_boxes_of_a_table_set_sideways_stand_where_the_page_shows_it() -> None:
    printer = forge.Printer()
    canvas = printer.canvas
    canvas.saveState()
    canvas.translate(WIDE, 0)
    canvas.rotate(90)
    for k in range(3):
        canvas.line(100, 300 - 40 * k, 500, 300 - 40 * k)
        canvas.line(100 + 200 * k, 300, 100 + 200 * k, 220)
    for x, y, text in ((110, 280, "项目名称列"), (310, 280, "数量合计列"), (110, 240, "甲类的事项"), (310, 240, "52")):
        canvas.setFont(printer.FONT, 12)
        canvas.drawString(x, y, text)
    canvas.restoreState()
    buffer = io.BytesIO(printer.done())
    (table,) = [block for block in extractors.extract(buffer.getvalue()).blocks if isinstance(block, Table)]
    cell = next(cell for cell in table.cells if cell.text == "52")
    assert cell.bbox == pytest.approx((WIDE - 260, HIGH - 500, WIDE - 220, HIGH - 300), abs=1)
