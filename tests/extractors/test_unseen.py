"""What a reader does not see is no text: struck, hidden, white, tiny; and a note's mark is no digit of a number."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

import extractors
from extractors.document import Document, Paragraph
from extractors.raised import Pieces
from tests.extractors import forge
from tests.extractors.forge import Printer


def html(cell: str, head: str = "", attributes: str = "") -> Document:
    table = f"<table><tr><td>项目<td>数<tr><td>甲<td {attributes}>{cell}</table>"
    return extractors.extract(f"<!DOCTYPE html><html><head>{head}</head><body>{table}</body></html>".encode())


def shown(document: Document) -> str | None:
    return forge.slots_of(document)[-1][-1]


def test_raised_figures_touching_a_number_stand_in_brackets() -> None:
    def line(*pieces: tuple[str, bool]) -> str:
        written = Pieces()
        for text, raised in pieces:
            written.add(text, raised)
        return str(written)

    assert line(("52", False), ("3", True)) == "52[3]"
    assert line(("3", True), ("52", False)) == "[3]52"
    assert line(("52", False), ("1", True), ("2", True)) == "52[1][2]"
    assert line(("5", True), ("2", True)) == "52"  # a number raised as a whole
    assert line(("m", False), ("2", True)) == "m2"
    assert line(("52", False), (" ", False), ("3", True)) == "52 [3]"


@pytest.mark.parametrize(
    "cell",
    [
        "52<sup>3</sup>",
        "52<sub>3</sub>",
        '52<span class="MsoEndnoteReference">3</span>',
        '52<a href="#_edn3"><span>3</span></a>',
        '52<a href="#_ftn3">3</a>',
        '52<span style="vertical-align:super">3</span>',
        '52<span style="position:relative; top:-4px; font-size:8px">3</span>',
        '52<span class="ref">3</span>',
    ],
)
def test_html_raises(cell: str) -> None:
    assert shown(html(cell, "<style>span.ref{vertical-align:super}</style>")) == "52[3]"


@pytest.mark.parametrize(
    "cell",
    [
        "<del>4</del>52",
        "<s>4</s>52",
        "52<strike>4</strike>",
        '<span style="text-decoration: underline line-through">4</span>52',
        '52<span style="visibility:hidden">4</span>',
        '52<span style="font-size:0px">4</span>',
        '52<span style="font-size:0.5pt">4</span>',
        '52<span style="color:#FFF">4</span>',
        '52<span style="color: rgb(255, 255, 255)">4</span>',
        '52<font color="white">4</font>',
        '52<span style="color:transparent">4</span>',
        '52<span style="opacity:0">4</span>',
        '52<i class="gone">4</i>',
        '52<i id="far">4</i>',
        '52<i class="a gone2 b">4</i>',
        '52<i class="pale">4</i>',
    ],
)
def test_html_hides(cell: str) -> None:
    sheet = "<style><!-- /* x */ @page{margin:0} .gone{ DISPLAY : none } #far,i.gone2{display:none!important}"
    sheet += "@media print{span{display:none}} .pale{color:white} --></style>"
    assert shown(html(cell, sheet)) == "52"


@pytest.mark.parametrize(
    ("cell", "attributes"),
    [
        ('<span style="visibility:hidden">4<b style="visibility:visible">52</b></span>', ""),
        ('<span style="font-size:0"><b style="font-size:14px">52</b></span>', ""),
        ('<span style="color:#fff">52</span>', 'style="background:#036"'),
        ('<span style="color:#fff">52</span>', 'bgcolor="blue"'),
        ('<span class="gone" style="display:inline">52</span>', ""),
        ('<span class="gone shown">52</span>', ""),
        ('<span style="text-decoration:underline">5</span>2', ""),
        ('<input name="x" value="52">', ""),
        ("<textarea>52</textarea>", ""),
        ('52<input value="4"><input type="hidden" value="7">', ""),
    ],
)
def test_html_shows(cell: str, attributes: str) -> None:
    sheet = "<style>.gone{display:none}.gone.shown{display:inline}</style>"
    assert shown(html(cell, sheet, attributes)) == "52"


def test_a_hidden_cell_keeps_its_place_and_is_told() -> None:
    document = extractors.extract(
        "<html><body><table><tr><td>甲<td style='visibility:hidden'>4<td>5<tr><td>a<td>b<td>c</table></html>".encode()
    )
    assert forge.slots_of(document)[0] == ["甲", "", "5"]
    assert document.notes == ("struck or invisible text was left out: 4",)


def test_a_page_hidden_until_its_script_runs_is_read() -> None:
    table = "<table><tr><td>甲<td>5<tr><td>乙<td>6</table>"
    head = "<style>#tab{display:none}</style>"
    page = f"<html><head>{head}</head><body><p>标题</p><div id=tab>{table}</div></body></html>"
    assert forge.slots_of(extractors.extract(page.encode())) == [["甲", "5"], ["乙", "6"]]


@pytest.mark.parametrize(
    "sheet", ["{" * 200_000, "a{" * 100_000, "}" * 200_000, "/*" * 100_000, ".x," * 60_000 + "{color:red}"]
)
def test_hostile_sheets_cost_little(sheet: str) -> None:
    start = time.monotonic()
    assert shown(html("52", f"<style>{sheet}</style>")) == "52"
    assert time.monotonic() - start < 2


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("52<sup>3</sup>", "52[3]"),
        ("**52**<sub>3</sub>", "52[3]"),
        ("<sup>3</sup>52", "[3]52"),
        ("~~4~~52", "52"),
        ("<del>4</del>52", "52"),
        ('52<span style="display:none">4</span>', "52"),
        ('52<a href="#_ftn3">3</a>', "52[3]"),
        ("CO<sub>2</sub>", "CO2"),
    ],
)
def test_markdown(cell: str, text: str) -> None:
    document = extractors.extract(f"前文\n\n|项目|数|\n|---|---|\n|甲|{cell}|\n".encode())
    assert shown(document) == text


@pytest.mark.parametrize("litter", ["<sup", "<sup>", "<del>1", "~~1", "<a href", "<span style="])
def test_hostile_lines_cost_little(litter: str) -> None:
    start = time.monotonic()
    extractors.extract(("一、总体情况\n" + litter * 30_000).encode())
    assert time.monotonic() - start < 3


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def field(kind: str) -> str:
    return f"<w:r><w:fldChar w:fldCharType='{kind}'/></w:r>"


def word(inner: str, **parts: str) -> str:
    block = extractors.extract(forge.docx(f"<w:p>{inner}</w:p>", **parts)).blocks[0]
    assert isinstance(block, Paragraph)
    return block.text


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        (run("4", "<w:strike/>") + run("52"), "52"),
        (run("52") + run("4", "<w:dstrike w:val='true'/>"), "52"),
        (run("52", "<w:strike w:val='0'/>"), "52"),
        (run("52") + run("4", "<w:color w:val='ffffff'/>"), "52"),
        (run("52", "<w:color w:val='FFFFFF'/><w:shd w:val='clear' w:fill='336699'/>"), "52"),
        (run("52") + run("4", "<w:sz w:val='2'/>"), "52"),
        (run("52") + run("3", "<w:vertAlign w:val='subscript'/>"), "52[3]"),
        (run("52") + run("3", "<w:position w:val='6'/>"), "52[3]"),
        (run("52") + "<w:r><w:sym w:font='Webdings' w:char='0033'/></w:r>", "52[3]"),
        (field("begin") + run("4") + field("separate") + run("52") + field("end"), "52"),
        (field("begin") + run("4") + field("end") + run("52"), "52"),
        (
            field("begin") + run("4") + field("begin") + run("7") + field("separate") + run("8") + field("end")
            + field("separate") + run("52") + field("end"),
            "52",
        ),
        (field("begin") + run("52"), "52"),  # never ended: no field
    ],
)  # fmt: skip
def test_word(inner: str, text: str) -> None:
    assert word(inner) == text


def test_a_style_strikes_and_a_run_takes_it_back() -> None:
    styles = "<w:styles><w:style w:type='character' w:styleId='D'><w:rPr><w:strike/></w:rPr></w:style></w:styles>"
    assert word(run("4", "<w:rStyle w:val='D'/>") + run("52"), styles=styles) == "52"
    assert word(run("52", "<w:rStyle w:val='D'/><w:strike w:val='0'/>"), styles=styles) == "52"


def test_white_text_on_a_coloured_cell_of_word() -> None:
    white = run("52", "<w:color w:val='FFFFFF'/>")
    cells = "".join(
        f"<w:tc><w:tcPr><w:shd w:val='clear' w:fill='{fill}'/></w:tcPr><w:p>{white}</w:p></w:tc>"
        for fill in ("336699", "auto")
    )
    row = f"<w:tr>{cells}</w:tr>"
    document = extractors.extract(forge.docx(f"<w:tbl>{row}{row}</w:tbl>" + forge.paragraph("文")))
    assert forge.slots_of(document) == [["52", ""], ["52", ""]]


def printed(extra: Callable[[Printer, float, float], None], number: str = "52") -> Document:
    """A ruled table with one number, 60 points from its cell's left edge, and what `extra` draws there."""
    printer = Printer()
    for k in range(3):
        printer.line(56, 100 + 24 * k, 456, 100 + 24 * k)
        printer.line(56 + 200 * k, 100, 56 + 200 * k, 148)
    for x, top, text in ((60, 105, "项目"), (260, 105, "数量"), (60, 130, "甲类")):
        printer.text(x, top, text, 9)
    for k in range(12):
        printer.text(60, 200 + 20 * k, "本页其余文字用于说明情况", 9)
    if number:
        printer.text(316, 130, number, 9)
    extra(printer, 316.0, 130.0)
    return extractors.extract(printer.done())


def invisible(text: str, x: float) -> Callable[[Printer, float, float], None]:
    def draw(printer: Printer, _: float, top: float) -> None:
        drawn = printer.canvas.beginText(x, printer.HEIGHT - top - 9 * 0.88)
        drawn.setFont(printer.FONT, 9)
        drawn.setTextRenderMode(3)
        drawn.textOut(text)
        drawn.setTextRenderMode(0)
        printer.canvas.drawText(drawn)

    return draw


def grey(text: str, level: float, dx: float, size: float = 9) -> Callable[[Printer, float, float], None]:
    def draw(printer: Printer, x: float, top: float) -> None:
        printer.canvas.setFillGray(level)
        printer.text(x + dx, top, text, size)
        printer.canvas.setFillGray(0)

    return draw


@pytest.mark.parametrize(
    "extra",
    [
        invisible("4", 325.5),
        invisible("52", 316),
        invisible("42", 316.5),
        grey("4", 1, -5),
        grey("4", 1, 6),
        grey("2019", 0.8, -8, 18),
    ],
)
def test_unseen_figures_of_a_pdf(extra: Callable[[Printer, float, float], None]) -> None:
    assert shown(printed(extra)) == "52"


def test_an_invisible_twin_drawn_first_does_not_take_the_number_with_it() -> None:
    def both(printer: Printer, x: float, top: float) -> None:
        invisible("52", x)(printer, x, top)
        printer.text(x, top, "52", 9)

    assert shown(printed(both, number="")) == "52"


def test_white_figures_on_a_dark_ground_are_read() -> None:
    def extra(printer: Printer, x: float, top: float) -> None:
        printer.canvas.rect(x - 20, printer.HEIGHT - top - 14, 60, 18, stroke=0, fill=1)
        grey("52", 1, 0)(printer, x, top)

    assert shown(printed(extra, number="")) == "52"


def test_a_covered_figure_is_not_read() -> None:
    def extra(printer: Printer, x: float, top: float) -> None:
        printer.canvas.setFillGray(1)
        printer.canvas.rect(x - 4, printer.HEIGHT - top - 11, 24, 12, stroke=0, fill=1)
        printer.canvas.setFillGray(0)
        printer.text(x, top, "68", 9)

    assert shown(printed(extra)) == "68"


def test_figures_over_figures_are_no_number() -> None:
    text = shown(printed(lambda printer, x, top: printer.text(x + 1, top, "68", 9)))
    assert text is not None
    assert "\ufffd" in text


def test_a_struck_figure_of_a_pdf() -> None:
    def extra(printer: Printer, x: float, top: float) -> None:
        printer.text(x - 5, top, "4", 9)
        printer.line(x - 6, top + 5, x - 0.5, top + 5)

    document = printed(extra)
    assert shown(document) == "52"
    assert document.notes == ("struck or invisible text was left out on pages 1: 4",)


def test_an_underlined_figure_of_a_pdf() -> None:
    assert shown(printed(lambda printer, x, top: printer.line(x, top + 9, x + 10, top + 9))) == "52"
