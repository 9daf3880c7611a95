"""What an editor of PDFs draws over a number, strikes out or adds to it is read as a viewer shows it; and a number that
runs over the edge of its table stays whole."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

import extractors
from extractors.document import Document, Paragraph
from extractors.lines import Glyph, without_doubles
from extractors.pdf.cover import without_scribbled
from tests.extractors import forge
from tests.extractors.forge import Printer

Draw = Callable[[Printer, float, float], None]


def table(draw: Draw, annotations: str = "") -> Document:
    """A ruled table of two columns, its one number drawn by `draw` at (316, 130) in a cell from 256 to 456, with
    annotations as the PDF writes them."""
    printer = Printer()
    for k in range(3):
        printer.line(56, 100 + 24 * k, 456, 100 + 24 * k)
        printer.line(56 + 200 * k, 100, 56 + 200 * k, 148)
    for x, top, text in ((60, 105, "项目"), (260, 105, "数量"), (60, 130, "甲类")):
        printer.text(x, top, text, 9)
    for k in range(12):
        printer.text(60, 200 + 20 * k, "本页其余文字用于说明情况", 9)
    draw(printer, 316.0, 130.0)
    data = printer.done()
    return extractors.extract(with_annotations(data, annotations) if annotations else data)


def with_annotations(data: bytes, annotations: str) -> bytes:
    """The file with annotations added to its page, and a table of its objects that is searched for anew."""
    added = re.sub(rb"/Type /Page\n", b"/Type /Page /Annots [" + annotations.encode() + b"]\n", data, count=1)
    assert added != data
    return added.replace(b"startxref", b"startxref\n0 %")


def annotation(kind: str, box: tuple[float, float, float, float], more: str = "", flags: int = 4) -> str:
    x0, top, x1, bottom = box
    rect = f"{x0} {Printer.HEIGHT - bottom} {x1} {Printer.HEIGHT - top}"
    return f"<</Type/Annot/Subtype/{kind}/Rect[{rect}]/F {flags} {more}>>"


def quads(x0: float, top: float, x1: float, bottom: float) -> str:
    upper, lower = Printer.HEIGHT - top, Printer.HEIGHT - bottom
    return f"/QuadPoints[{x0} {upper} {x1} {upper} {x0} {lower} {x1} {lower}]/C[1 0 0]"


def plain(text: str) -> Draw:
    return lambda printer, x, top: printer.text(x, top, text, 9)


def shown(document: Document) -> str | None:
    return forge.slots_of(document)[-1][-1]


def box_over(fill: float, alpha: float = 1.0, rounded: bool = False) -> Draw:
    """A box over the last two of four figures, which are each 4.5 points wide."""

    def draw(printer: Printer, x: float, top: float) -> None:
        printer.text(x, top, "6746", 9)
        canvas = printer.canvas
        canvas.saveState()
        canvas.setFillGray(fill, alpha)
        place = x + 8.3, printer.HEIGHT - top - 11, 11, 12
        if rounded:
            canvas.roundRect(*place, 1.5, stroke=0, fill=1)
        else:
            canvas.rect(*place, stroke=0, fill=1)
        canvas.restoreState()

    return draw


def picture_over(printer: Printer, x: float, top: float) -> None:
    from PIL import Image
    from reportlab.lib.utils import ImageReader

    printer.text(x, top, "6746", 9)
    white = ImageReader(Image.new("L", (8, 8), 255))
    printer.canvas.drawImage(white, x + 9, printer.HEIGHT - top - 11, 10, 12)


@pytest.mark.parametrize("draw", [box_over(1), box_over(0.9), box_over(1, rounded=True), picture_over])
def test_what_is_drawn_over_is_not_read(draw: Draw) -> None:
    document = table(draw)
    assert shown(document) == "67"
    assert document.notes == ("struck or invisible text was left out on pages 1: 46",)


def test_what_shows_through_is_read() -> None:
    assert shown(table(box_over(1, alpha=0.3))) == "6746"
    assert shown(table(box_over(0.8, alpha=0.5))) == "6746"


def test_a_ground_drawn_before_its_text_hides_none() -> None:
    def draw(printer: Printer, x: float, top: float) -> None:
        printer.canvas.setFillGray(0.9)
        printer.canvas.rect(257, printer.HEIGHT - 147, 198, 22, stroke=0, fill=1)
        printer.canvas.setFillGray(0)
        printer.text(x, top, "6746", 9)

    document = table(draw)
    assert shown(document) == "6746"
    assert document.notes == ()


@pytest.mark.parametrize("dx", [0.0, 0.9, 2.3, 4.5])
@pytest.mark.parametrize("old", ["67446", "67", "901", "671"])
def test_a_number_written_anew_over_a_white_box(old: str, dx: float) -> None:
    def draw(printer: Printer, x: float, top: float) -> None:
        printer.text(x, top, old, 9)
        printer.canvas.setFillGray(1)
        printer.canvas.rect(x - 1, printer.HEIGHT - top - 11, 30, 12, stroke=0, fill=1)
        printer.canvas.setFillGray(0)
        printer.text(x + dx, top, "674", 9)

    assert shown(table(draw)) == "674"


def test_a_stroke_out_annotation_takes_its_figures_away() -> None:
    struck = annotation("StrikeOut", (325, 130, 334, 141), quads(325, 130, 334, 141))
    assert shown(table(plain("6746"), struck)) == "67"


def test_a_white_square_annotation_covers() -> None:
    square = annotation("Square", (324.6, 129, 335, 142), "/IC[1 1 1]/BS<</W 0>>")
    assert shown(table(plain("6746"), square)) == "67"


@pytest.mark.parametrize(
    "remark",
    [
        annotation("Highlight", (316, 130, 334, 141), quads(316, 130, 334, 141)),
        annotation("Underline", (316, 130, 334, 141), quads(316, 130, 334, 141)),
        annotation("Text", (325, 128, 345, 148), "/Contents(look)"),
        annotation("Square", (310, 126, 345, 146), "/C[1 0 0]"),
        annotation("Circle", (305, 124, 350, 147), "/C[1 0 0]"),
        annotation("Square", (324.6, 129, 335, 142), "/IC[1 1 1]/BS<</W 0>>", flags=2),
        annotation("Line", (300, 140, 350, 144), f"/L[310 {Printer.HEIGHT - 142} 345 {Printer.HEIGHT - 142}]"),
    ],
)
def test_remarks_change_no_number(remark: str) -> None:
    assert shown(table(plain("6746"), remark)) == "6746"


@pytest.mark.parametrize(
    "scribble",
    [
        annotation("Line", (320, 130, 340, 141), f"/C[1 0 0]/L[325 {Printer.HEIGHT - 140} 334 {Printer.HEIGHT - 131}]"),
        annotation(
            "Ink", (320, 130, 340, 141), f"/C[1 0 0]/InkList[[325 {842 - 139} 334 {842 - 132} 325 {842 - 132}]]"
        ),
    ],
)
def test_a_number_with_a_line_through_it_is_in_doubt(scribble: str) -> None:
    text = shown(table(plain("6746"), scribble))
    assert text is not None
    assert text.startswith("67")
    assert "\ufffd" in text


def test_many_lines_over_many_figures_cost_little() -> None:
    figures = [Glyph("5", x, 0, x + 5, 10, x, 8, 10) for x in range(0, 50_000, 5)]
    lines = [((0.0, 5.0), (0.0, 6.0))] * 20_000
    assert all(glyph.text == "\ufffd" for glyph in without_scribbled(figures, lines, (1, 0, 0, 1, 0, 0)))


@pytest.mark.parametrize(("x", "text"), [(442.5, "4052"), (445.8, "4052")])
def test_a_number_over_the_edge_of_its_table_stays_whole(x: float, text: str) -> None:
    assert shown(table(lambda printer, _, top: printer.text(x, top, "4052", 9))) == text


def test_a_number_mostly_beside_its_table_is_in_doubt() -> None:
    assert shown(table(lambda printer, _, top: printer.text(450, top, "4052", 9))) == "\ufffd"


def test_text_beside_a_table_stays_there() -> None:
    def draw(printer: Printer, x: float, top: float) -> None:
        printer.text(x, top, "40", 9)
        printer.text(462, top, "52", 9)

    assert shown(table(draw)) == "40"


def test_a_figure_half_covered_is_in_doubt() -> None:
    def draw(printer: Printer, x: float, top: float) -> None:
        printer.text(x, top, "78", 40)
        printer.canvas.setFillGray(1)
        printer.canvas.rect(x + 17, printer.HEIGHT - top - 42, 14, 42, stroke=0, fill=1)
        printer.canvas.setFillGray(0)

    document = table(lambda printer, x, _: draw(printer, x, 420))
    lines = [block.text for block in document.blocks if isinstance(block, Paragraph)]
    assert "7\ufffd" in lines


def test_figures_of_a_shrunken_page_are_no_fake_bold() -> None:
    pair = [Glyph("7", x, 10, x + 0.3, 10.7, x, 10.6, 0.7) for x in (5.0, 5.35)]
    assert len(without_doubles(pair)) == 2
    assert len(without_doubles([pair[0], pair[0]._replace(x0=5.05)])) == 1
