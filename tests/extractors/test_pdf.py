"""Text-layer PDFs as printers, office programs and hand-made tables leave them."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

import extractors
from extractors import limits
from extractors.document import CannotRead, Document, Paragraph
from tests.extractors import forge
from tests.extractors.forge import Printer, Spot

GRID = [
    Spot(0, 0, "指标"), Spot(0, 1, "数量"), Spot(0, 2, "总计"),
    Spot(1, 0, "甲类"), Spot(1, 1, "12"), Spot(1, 2, "3"),
    Spot(2, 0, "乙类"), Spot(2, 1, "0"), Spot(2, 2, "450"),
]  # fmt: skip
ROWS = [["指标", "数量", "总计"], ["甲类", "12", "3"], ["乙类", "0", "450"]]
WIDTHS = (100.0, 80.0, 80.0)
Skip = Callable[[str, Spot], bool]


def draw(
    printer: Printer,
    spots: list[Spot] = GRID,
    skip: Skip = lambda side, spot: False,
    widths: tuple[float, ...] = WIDTHS,
    height: float = 24.0,
) -> None:
    """A grid drawn edge by edge, without those to `skip`; texts stand at the left of their cells."""
    xs = [printer.MARGIN + sum(widths[:i]) for i in range(len(widths) + 1)]
    for spot in spots:
        x0, x1 = xs[spot.col], xs[spot.col + spot.col_span]
        top, bottom = printer.y + spot.row * height, printer.y + (spot.row + spot.row_span) * height
        edges = {
            "top": (x0, top, x1, top),
            "bottom": (x0, bottom, x1, bottom),
            "left": (x0, top, x0, bottom),
            "right": (x1, top, x1, bottom),
        }
        for side, edge in edges.items():
            if not skip(side, spot):
                printer.line(*edge)
        printer.text(x0 + 10, (top + bottom) / 2 - 5, spot.text, 9)
    printer.y += height * forge.extent(spots)[0] + 20


def read(drawn: Callable[[Printer], None]) -> Document:
    printer = Printer()
    drawn(printer)
    return extractors.extract(printer.done())


def lines(document: Document) -> list[str]:
    return [block.text for block in document.blocks if isinstance(block, Paragraph)]


@pytest.mark.parametrize("style", ["strokes", "bars", "rects"])
def test_six_pages_come_back(style: str) -> None:
    data, truth = forge.six_pages(style)
    document = extractors.extract(data)
    assert document.pages == 6
    assert document.notes == ()
    assert forge.slots_of(document) == truth
    # one table for each page that a form runs over; its merged cells are cut with it
    assert [(table.page, table.n_rows) for table in forge.tables_of(document)] == [(2, 3), (2, 8), (3, 19), (4, 23)]
    texts = lines(document)
    assert texts[0] == "某某区人民政府某年度工作报告"
    assert [text for text in texts if text.startswith("- ")] == [f"- {page} -" for page in range(1, 7)]
    prose = [text for text in texts if text.startswith("本单位")]
    assert max(map(len, prose)) > 300  # lines are joined to their paragraph


BORDERS: dict[str, Skip] = {
    "all": lambda side, spot: False,
    "open sides": lambda side, spot: (side, spot.col) in (("left", 0), ("right", 2)),
    "cut below": lambda side, spot: (side, spot.row) == ("bottom", 2),
    "cut above": lambda side, spot: (side, spot.row) == ("top", 0),
    "rows not parted": lambda side, spot: (side, spot.row) in (("bottom", 1), ("top", 2)),
}


@pytest.mark.parametrize("borders", list(BORDERS))
def test_borders_left_out(borders: str) -> None:
    spots = GRID if borders != "rows not parted" else [*GRID, *(Spot(3, c, str(c)) for c in range(3))]
    skip = BORDERS[borders]
    if borders == "rows not parted":
        spots = [spot for spot in spots if spot.row] + [Spot(0, c, str(c + 7)) for c in range(3)]
        spots = [Spot(spot.row, spot.col, spot.text if spot.text[:1].isdigit() else "5") for spot in spots]

        def skip(side: str, spot: Spot) -> bool:
            return (side == "bottom" and spot.row < 3) or (side == "top" and spot.row > 0)

    document = read(lambda printer: draw(printer, spots, skip))
    assert forge.slots_of(document) == forge.expanded(spots)


def test_rows_of_numbers_without_any_line_stand_with_tabs() -> None:
    document = read(lambda printer: draw(printer, GRID, lambda side, spot: True))
    assert forge.tables_of(document) == []
    assert lines(document)[:3] == ["\t".join(row) for row in ROWS]
    document = read(lambda printer: draw(printer, GRID, lambda side, spot: side in ("left", "right")))
    assert lines(document)[:3] == ["\t".join(row) for row in ROWS]


def test_a_wrapped_label_keeps_its_order_beside_its_numbers() -> None:
    def wrapped(printer: Printer) -> None:
        printer.text(60, 100, "2.其他法律行政", 9)
        printer.text(60, 111, "法规禁止公开", 9)
        for i in range(7):
            printer.text(200 + i * 40, 105.5, str(i * 11), 9)

    assert lines(read(wrapped))[:3] == ["2.其他法律行政", "0\t11\t22\t33\t44\t55\t66", "法规禁止公开"]


def test_numbers_stacked_beside_an_unsettled_label_are_never_bound_to_it() -> None:
    def stacked(printer: Printer) -> None:
        spots = [Spot(r, c, str(r * 4 + c)) for r in range(5) for c in range(4)]
        draw(
            printer,
            spots,
            lambda s, p: (s == "bottom" and 0 < p.row < 4) or (s == "top" and p.row > 1),
            (90, 80, 80, 80),
        )
        printer.text(printer.MARGIN + 10, printer.y - 20 - 56, "x", 9)

    document = read(stacked)
    assert forge.slots_of(document) == [["0", "1", "2", "3"]]
    assert "4\t5\t6\t7" in lines(document)


def test_digits_stacked_in_cells_without_room_for_another_stay_in_their_cells() -> None:
    """They may be one number, wrapped."""

    def stacked(width: float) -> list[list[str]]:
        spots = [Spot(r, c, str((r * 4 + c) % 10)) for r in range(5) for c in range(4)]

        def drawn(printer: Printer) -> None:
            draw(
                printer,
                spots,
                lambda s, p: (s == "bottom" and 0 < p.row < 4) or (s == "top" and p.row > 1),
                (width,) * 4,
            )

        return [[cell.text for cell in forge.tables_of(read(drawn))[0].cells if cell.row == r] for r in range(5)]

    wrapped = [["0", "1", "2", "3"], ["4\n8\n2\n6", "5\n9\n3\n7", "6\n0\n4\n8", "7\n1\n5\n9"], [], [], []]
    assert stacked(15.0) == wrapped
    assert stacked(60.0) == [[str((r * 4 + c) % 10) for c in range(4)] for r in range(5)]


def test_cards_and_shading_are_prose() -> None:
    def cards(printer: Printer) -> None:
        printer.canvas.setFillGray(0.9)
        printer.canvas.rect(50, 500, 400, 100, stroke=0, fill=1)
        printer.canvas.setFillGray(0)
        for bottom in (380, 280):
            printer.canvas.rect(50, bottom, 400, 100, stroke=1, fill=0)
        for top, text in ((260, "底纹里的文字"), (380, "卡片里的文字"), (480, "第二张卡片")):
            printer.text(60, top, text, 12)

    document = read(cards)
    assert forge.tables_of(document) == []
    assert lines(document)[:3] == ["底纹里的文字", "卡片里的文字", "第二张卡片"]


def test_a_frame_around_the_page_holds_text_and_table() -> None:
    def framed(printer: Printer) -> None:
        printer.canvas.rect(40, 40, 515, 760, stroke=1, fill=0)
        printer.text(60, 45, "框内的标题", 12)
        printer.y = 80
        draw(printer)

    document = read(framed)
    assert lines(document)[0] == "框内的标题"
    assert forge.slots_of(document) == ROWS


def test_fake_bold_is_read_once_and_equal_digits_are_not() -> None:
    def bold(printer: Printer) -> None:
        for shift in (0.0, 0.3, 0.6):
            printer.text(60 + shift, 300, "加粗标题1100", 16)
            printer.y = 56
            draw(printer)

    document = read(bold)
    assert forge.slots_of(document) == ROWS
    assert lines(document)[0] == "加粗标题1100"


def test_a_number_wider_than_its_cell_stays_whole() -> None:
    spots = [
        Spot(0, 0, "甲"),
        Spot(0, 1, "212550012"),
        Spot(0, 2, "3"),
        Spot(1, 0, "1"),
        Spot(1, 1, "2"),
        Spot(1, 2, "3"),
    ]
    document = read(lambda printer: draw(printer, spots, widths=(100, 42, 60)))
    assert forge.slots_of(document) == [["甲", "212550012", "3"], ["1", "2", "3"]]


def test_upright_columns_and_turned_text_in_cells() -> None:
    def turned(printer: Printer) -> None:
        spots = [Spot(0, 0, "", 3), Spot(0, 1, "1"), Spot(1, 1, "2"), Spot(2, 1, "3"), Spot(0, 2, "", 3)]
        draw(printer, spots, widths=(40, 60, 40))
        for x, column in ((22, "办理结果"), (6, "及说明")):
            for i, character in enumerate(column):
                printer.text(printer.MARGIN + x, 60 + i * 11, character, 10)
        canvas = printer.canvas
        canvas.saveState()
        canvas.translate(printer.MARGIN + 120, printer.HEIGHT - 120)
        canvas.rotate(90)
        canvas.setFont(printer.FONT, 9)
        canvas.drawString(0, 0, "旋转标签")
        canvas.restoreState()

    document = read(turned)
    assert forge.slots_of(document) == [["办理结果及说明", str(i), "旋转标签"] for i in (1, 2, 3)]


def sideways(printer: Printer) -> None:
    canvas = printer.canvas
    canvas.saveState()
    canvas.translate(printer.WIDTH, 0)
    canvas.rotate(90)
    printer.HEIGHT = printer.WIDTH
    draw(printer)
    printer.text(60, 200, "横排的说明文字", 10)
    canvas.restoreState()
    printer.next_page = canvas.showPage  # type: ignore[method-assign]


def rotated(printer: Printer) -> None:
    printer.canvas.setPageRotation(90)
    sideways(printer)


def upside_down(printer: Printer) -> None:
    printer.canvas.setPageRotation(180)
    draw(printer)
    printer.text(60, 200, "横排的说明文字", 10)
    printer.next_page = printer.canvas.showPage  # type: ignore[method-assign]


@pytest.mark.parametrize("turn", [sideways, rotated, upside_down])
def test_pages_set_sideways(turn: Callable[[Printer], None]) -> None:
    document = read(turn)
    assert forge.slots_of(document) == ROWS
    assert lines(document) == ["横排的说明文字"]


def test_borders_dragged_by_hand_make_no_columns() -> None:
    def dragged(printer: Printer) -> None:
        for row, widths in enumerate([(100.0, 80.0, 80.0), (104.0, 79.0, 77.0), (97.0, 81.0, 82.0)]):
            printer.y = 56 + row * 24
            draw(printer, [Spot(0, c, ROWS[row][c]) for c in range(3)], widths=widths)

    assert forge.slots_of(read(dragged)) == ROWS


def test_raised_notes_watermarks_and_underlines_change_no_number() -> None:
    def noted(printer: Printer) -> None:
        draw(printer)
        printer.text(printer.MARGIN + 110 + 8.6, 56 + 30, "1", 5)  # a footnote mark at 12
        printer.line(printer.MARGIN + 108, 56 + 41, printer.MARGIN + 125, 56 + 41)
        canvas = printer.canvas
        canvas.saveState()
        canvas.translate(printer.MARGIN, printer.HEIGHT - 140)
        canvas.rotate(45)
        canvas.setFont(printer.FONT, 30)
        canvas.drawString(0, 0, "样本2021")
        canvas.restoreState()

    document = read(noted)
    assert forge.slots_of(document) == [ROWS[0], ["甲类", "12[1]", "3"], ROWS[2]]
    assert "样本2021" in document.notes[0]


def test_an_uneven_outline_has_no_cell_in_its_corner() -> None:
    spots = [Spot(0, 0, "a"), Spot(0, 1, "b"), Spot(1, 0, "c"), Spot(1, 1, "d"), Spot(1, 2, "e")]
    assert forge.slots_of(read(lambda printer: draw(printer, spots))) == [["a", "b", None], ["c", "d", "e"]]


def test_both_engines_see_the_same_page() -> None:
    import pdfplumber
    import pypdfium2

    from extractors.pdf import page as pdfpage

    printer = Printer()
    Printer.FONT, font = "Helvetica", Printer.FONT
    try:
        draw(printer, [Spot(r, c, f"{r * 37}.{c}") for r in range(5) for c in range(3)])
    finally:
        Printer.FONT = font
    printer.canvas.showPage()
    printer.canvas.save()
    data = printer._buffer.getvalue()
    page = pypdfium2.PdfDocument(data)[0]
    one = pdfpage.read_by_pdfium(page)
    other = pdfpage.read_by_pdfplumber(pdfplumber.open(io.BytesIO(data)).pages[0], pdfpage.display_of(page))
    assert not one.lost
    for mine, theirs in ((one.across, other.across), (one.down, other.down)):
        assert mine
        for stroke, twin in zip(sorted(mine), sorted(theirs), strict=True):
            assert tuple(stroke) == pytest.approx(tuple(twin), abs=0.01)
    for a, b in zip(one.glyphs, other.glyphs, strict=True):
        assert a.text == b.text
        assert (a.origin_x, a.origin_y) == pytest.approx((b.origin_x, b.origin_y), abs=0.05)


def test_a_scan_needs_ocr_and_a_scanned_page_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import Image

    from extractors.scan import ocr

    monkeypatch.setattr(ocr, "is_available", lambda: False)

    picture = Image.new("L", (100, 140), 255)
    printer = Printer()
    printer.canvas.drawInlineImage(picture, 0, 0, printer.WIDTH, printer.HEIGHT)
    with pytest.raises(CannotRead, match=r"gongkai\[ocr\]") as caught:
        extractors.extract(printer.done())
    assert caught.value.code == "needs_ocr"

    printer = Printer()
    printer.prose("本页有文字，" * 40)
    printer.next_page()
    printer.canvas.drawInlineImage(picture, 0, 0, printer.WIDTH, printer.HEIGHT)
    document = extractors.extract(printer.done())
    assert document.notes == (f"pages left out: 2 (no text layer; {ocr.INSTALL})",)


def test_locked_torn_and_endless(monkeypatch: pytest.MonkeyPatch) -> None:
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen import canvas

    buffer = io.BytesIO()
    locked = canvas.Canvas(buffer, encrypt=StandardEncryption("secret"))
    locked.drawString(100, 100, "x")
    locked.save()
    whole, _ = forge.six_pages("rects")
    for data, code in (
        (buffer.getvalue(), "encrypted"),
        (whole[: len(whole) // 2], "damaged"),
        (b"%PDF-1.7", "damaged"),
    ):
        with pytest.raises(CannotRead) as caught:
            extractors.extract(data)
        assert caught.value.code == code
    monkeypatch.setattr(limits, "MAX_PAGES", 5)
    with pytest.raises(CannotRead, match="6 pages"):
        extractors.extract(whole)


def test_junk_before_the_header() -> None:
    data, truth = forge.six_pages("rects")
    assert forge.slots_of(extractors.extract(b"\r\n\0junk from a mail gateway\n" + data)) == truth


def test_what_the_file_says_of_itself() -> None:
    printer = Printer()
    printer.canvas.setTitle("某区年报")
    printer.prose("正文")
    assert extractors.extract(printer.done()).metadata["title"] == "某区年报"
