"""Two numbers of one cell are never one, and what shows without being text is never a certain blank."""

from __future__ import annotations

import time

import pytest

import extractors
from extractors.document import Paragraph, Table
from extractors.html import extract, tables_of

UNREADABLE = "\ufffd"


def table_of(cell: str, head: str = "") -> Table:
    page = (
        f"<html><head>{head}</head><body><table><tr><th>项目</th><th>件数</th></tr><tr><td>甲</td><td>{cell}</td></tr>"
        "<tr><td>乙</td><td>6</td></tr></table><p>文</p></body></html>"
    )
    (table,) = (block for block in extract(page.encode()).blocks if isinstance(block, Table))
    return table


def shown(cell: str, head: str = "") -> str:
    return table_of(cell, head).cells[3].text


@pytest.mark.parametrize(
    "cell",
    [
        "5</br>3",
        "5</BR >3",
        "<b>5</br></b>3",
        "5</p>3",
        "<span>5</p> <b>3</b></span>",
        '<span style="display:block">5</span><span style="display:block">3</span>',
        '<span style="display:block"><span style="display:block">5</span><i style="display:block">3</i></span>',
        '5<span style="display:table-cell">3</span>',
        "5<i class=line>3</i>",
    ],
)
def test_figures_on_two_lines_are_two_numbers(cell: str) -> None:
    assert shown(cell, "<style>.line{display:list-item}</style>").split() == ["5", "3"]
    assert "\n" in shown(cell, "<style>.line{display:list-item}</style>")


@pytest.mark.parametrize(
    "cell",
    [
        '<span style="display:inline-block;width:40px">5</span><span style="display:inline-block;width:40px">3</span>',
        '<span style="float:left">5</span><span style="float:right">3</span>',
        '<span style="margin-right:3em">5</span><span>3</span>',
        '5<span style="margin:0 0 0 12px">3</span>',
        '5<span style="padding:2px 6px">3</span>',
    ],
)
def test_figures_set_apart_do_not_touch(cell: str) -> None:
    assert shown(cell) == "5 3"


@pytest.mark.parametrize(
    "cell",
    [
        '5<span style="display:inline-block">3</span>',
        '5<span style="margin:12px 1px">3</span>',
        '<span style="display:block">53</span>',
        '<span style="float:left">53</span>',
        "5<span style='display:inline'>3</span>",
        "<p>53</p></p>",
        "<span style='margin-right:3em'></span>53",
    ],
)
def test_figures_that_touch_are_one_number(cell: str) -> None:
    assert shown(cell) == "53"


def test_a_break_after_a_line_of_its_own_adds_no_empty_line() -> None:
    page = '<html><body><p><span style="display:block">甲</span><br>乙<br></br>丙</p></body></html>'
    assert extract(page.encode()).blocks == (Paragraph("甲\n乙\n丙"),)


def test_mended_breaks_keep_the_lines_of_the_source() -> None:
    blocks = tables_of(
        "<table><tr><td>甲</td>\n<td>5</br>\n3</td></tr>\n<tr><td>乙</td><td>6</td></tr></table>", line=7
    )
    (table,) = (block for block in blocks if isinstance(block, Table))
    assert [(cell.text, cell.line) for cell in table.cells] == [("甲", 7), ("5\n3", 8), ("乙", 10), ("6", 10)]


def test_a_line_of_its_own_within_markdown() -> None:
    document = extractors.extract("前文\n\n<table><tr><td>甲</td><td>5</br>3</td></tr></table>\n".encode())
    (table,) = (block for block in document.blocks if isinstance(block, Table))
    assert table.cells[1].text == "5\n3"


@pytest.mark.parametrize(
    "cell",
    [
        "<select><option>9</option><option selected>57</option></select>",
        '<input type="button" value="57">',
        "<svg><text>57</text></svg>",
        "<p><img src='x.png' alt='57'></p>",
        "<canvas></canvas>",
        "<object data='x'></object>",
        "<meter value='57'>9</meter>",
        "<progress value='57'></progress>",
        "<ol start='57'><li></li></ol>",
        "<math><mfrac><mn>57</mn><mn>2</mn></mfrac></math>",
    ],
)
def test_a_cell_that_shows_something_else_than_text_is_unreadable(cell: str) -> None:
    assert shown(cell) == UNREADABLE


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("79<svg width=8><text>5</text></svg>", f"79{UNREADABLE}"),
        ("<b>7</b><img src='9.png'>5", f"7{UNREADABLE}5"),
        ("<img src='9.png'>5", f"{UNREADABLE}5"),
        ("<math><msup><mn>57</mn><mn>2</mn></msup></math>", UNREADABLE),
        ("<math><mn>57</mn></math>", "57"),
        ('<bdo dir="rtl">57</bdo>', UNREADABLE),
        ('<span style="unicode-bidi:bidi-override;direction:rtl">57</span>', UNREADABLE),
        ('<span style="display:inline-flex;flex-direction:row-reverse"><i>7</i><i>5</i></span>', UNREADABLE * 2),
        ('<span dir="rtl">57</span>', "57"),
        ('<input value="57">件', "57件"),
        ('57件<input value="9">', "57件"),
    ],
)
def test_what_is_no_plain_text_within_a_number(cell: str, expected: str) -> None:
    assert shown(cell) == expected


@pytest.mark.parametrize(
    "cell",
    [
        "57<img src='spacer.gif' width='1' height='12'>",
        "<img src='data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'>57",
        "57<img src='x.gif' style='display:none'>",
        "57<svg style='width:0px'><text>3</text></svg>",
        "57<meter hidden>3</meter>",
        "57<noframes>3</noframes><noembed>3</noembed><b popover>3</b>",
        "57<input type='checkbox' value='3'>",
    ],
)
def test_what_shows_nothing_spoils_no_number(cell: str) -> None:
    assert shown(cell) == "57"


def test_pictures_beside_labels_and_in_layouts_leave_no_trace() -> None:
    page = (
        "<html><body><table><tr><td><img src='logo.png'></td><td>首页</td></tr></table>"
        "<table><tr><td><img src='corner.png'></td><td>件数</td></tr><tr><td><img src='dot.png'>甲</td><td></td></tr>"
        "<tr><td>乙</td><td>6</td></tr></table></body></html>"
    )
    assert UNREADABLE not in repr(extract(page.encode()).blocks)


MEDIA = ("screen,print", "only screen", "(min-width:1px)", "screen and (min-width: 48em)", "(max-width:1920px)", "all")


@pytest.mark.parametrize(
    "rule", [*(f"@media {condition}" for condition in MEDIA), "@supports (display:block)", "@layer a", "@scope (td)"]
)
def test_rules_for_a_screen_hide(rule: str) -> None:
    assert shown("57<i class=x>3</i>", f"<style>{rule}{{.x{{display:none}}}}</style>") == "57"


@pytest.mark.parametrize(
    "condition", ["print", "(max-width:600px)", "not all", "(hover:none)", "screen and (orientation)"]
)
def test_rules_for_other_media_do_not(condition: str) -> None:
    assert shown("5<i class=x>7</i>", f"<style>@media {condition}{{.x{{display:none}}}}</style>") == "57"
    assert shown("5<i class=x>7</i>", f"<style media='{condition}'>.x{{display:none}}</style>") == "57"


def test_a_rule_under_an_unknown_condition_hides_no_block_and_yields_to_others() -> None:
    sheet = "<style>@supports (x:y){p{display:none} .x{display:none}} i{display:inline}</style>"
    assert shown("<p>5<i class=x>7</i></p>", sheet) == "57"


@pytest.mark.parametrize(
    "style",
    [
        "display:/**/none",
        r"d\isplay:none",
        "display:none;display:bogus",
        "-webkit-text-fill-color:transparent",
        "display:inline-block;transform:translateX(-9999px)",
        "color:rgb(0 0 0 / 0%)",
        "color:rgba(0,0,0,.01)",
        "color:hsl(0,0%,100%)",
        "color:snow",
        "color:ghostwhite",
        "position:relative;left:-9999px",
        "position:absolute;margin-left:-9999px",
        "position:absolute;clip-path:circle(0)",
        "float:left;width:0;overflow:hidden",
        "display:inline-block;width:0;overflow-x:hidden;overflow-y:hidden",
        "opacity:0.01",
        "filter:opacity(0)",
        "display:inline-block;scale:0",
        "font-size:calc(0px)",
    ],
)
def test_styles_that_hide(style: str) -> None:
    assert shown(f'57<span style="{style}">3</span>') == "57"


@pytest.mark.parametrize(
    "style",
    [
        "display:nonexistent",
        "background:url(a;display:none)",
        "background:url('data:image/png;base64,AAAA;display:none')",
        "display:none;display:inline",
        "color:rgb(0 0 0 / 50%)",
        "color:hsl(0,0%,40%)",
        "opacity:0.5",
        "display:inline-block;transform:translateX(-2px)",
        "background:linear-gradient(red,blue);-webkit-text-fill-color:transparent",
    ],
)
def test_styles_that_do_not(style: str) -> None:
    assert shown(f'5<span style="{style}">7</span>') == "57"


@pytest.mark.parametrize(
    "litter",
    ["</p>", "</p> ", "</p><b>", "</br>", "5</p>", "<svg>", "<span style=display:block>", "<img>", "</p>&nbsp;"],
)
def test_litter_costs_little(litter: str) -> None:
    start = time.process_time()
    extract(f"<html><body><table><tr><td>甲<td>{litter * 20_000}</table>文</body></html>".encode())
    assert time.process_time() - start < 4
