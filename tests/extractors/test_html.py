"""Pages as governments' web sites leave them."""

from __future__ import annotations

import pytest

import extractors
from extractors.document import CannotRead, Document, Paragraph, Table
from tests.extractors import forge


def page(body: str, head: str = "", encoding: str = "utf-8") -> Document:
    text = f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"
    return extractors.extract(text.encode(encoding))


def lines(document: Document) -> list[str]:
    return [block.text for block in document.blocks if isinstance(block, Paragraph)]


@pytest.mark.parametrize("claim", ["utf-8", "gb2312", "big5", "iso-8859-1"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_form_comes_back_whatever_the_page_claims(encoding: str, claim: str) -> None:
    document = page(forge.html_table(forge.form()), f'<meta charset="{claim}">', encoding)
    assert forge.slots_of(document) == forge.expanded(forge.form())
    assert all(table.gridded for table in forge.tables_of(document))


def test_litter_that_word_pastes() -> None:
    cell = (
        "<td width=64 style='mso-border-alt:solid'><!--[if gte mso 9]><xml><w:X>9</w:X></xml><![endif]-->"
        "<p class=MsoNormal><span lang=EN-US style='mso-spacerun:yes'>&nbsp;</span><span>1<o:p></o:p></span>"
        "<span style='display:none;mso-hide:all'>7</span><![if !supportEmptyParas]>&nbsp;<![endif]></p></td>"
    )
    document = page(f"<table><tr><td>规\n  章</td>{cell}</tr><tr style='DISPLAY: none'><td>x</td></tr></table>")
    assert [forge.texts(table) for table in forge.tables_of(document)] == [[["规 章", "1"]]]


def test_spans_out_of_all_bounds() -> None:
    document = page(
        "<table><tr><td rowspan=0>a<td colspan=10000>b<tr><td colspan=abc>c<td rowspan=-2 colspan='2.7'>d"
        "<tr><td colspan=0>e</table>"
    )
    assert [forge.texts(table) for table in forge.tables_of(document)] == [
        [["a", "b", "b"], ["a", "c", "d"], ["a", "e", None]]
    ]


def test_row_spans_end_with_their_row_group_and_the_foot_comes_last() -> None:
    document = page(
        "<table><tfoot><tr><td>总计<td>3</tfoot><tbody><tr><td rowspan=9>甲<td>1</tbody>"
        "<tbody><tr><td>乙<td>2</tbody></table>"
    )
    assert forge.slots_of(document) == [["甲", "1"], ["乙", "2"], ["总计", "3"]]


def test_layout_tables_are_unfolded_and_navigation_stays() -> None:
    form = forge.html_table(forge.form())
    body = (
        "<table><tr><td>首页</td><td>索引号：</td><td>000/2021</td></tr></table>"
        "<table><tr><td colspan=2><h1>标题</h1></td></tr>"
        f"<tr><td width=10></td><td><p>正文一</p>{form}<p>正文二</p></td></tr></table>"
    )
    document = page(body)
    kinds = [type(block).__name__ for block in document.blocks]
    assert kinds == ["Table", "Paragraph", "Paragraph", "Table", "Paragraph"]
    assert forge.texts(forge.tables_of(document)[1]) == forge.expanded(forge.form())
    heading = document.blocks[1]
    assert isinstance(heading, Paragraph)
    assert (heading.text, heading.level) == ("标题", 1)


def test_a_small_table_in_a_data_cell_follows_its_table() -> None:
    rows = "".join(f"<tr><td>指标{i}的很长很长的名称</td><td>{i}</td></tr>" for i in range(6))
    document = page(f"<table>{rows}<tr><td>备注</td><td>见<table><tr><td>a<td>1</table></td></tr></table>")
    first, second = forge.tables_of(document)
    assert forge.texts(first)[-1] == ["备注", "见"]
    assert forge.texts(second) == [["a", "1"]]


def test_one_column_is_prose() -> None:
    document = page("<table><tr><td><p>甲段</p><p>乙段</p></td></tr><tr><td>丙段</td></tr></table>")
    assert forge.tables_of(document) == []
    assert lines(document) == ["甲段", "乙段", "丙段"]


def test_a_report_within_one_frame_of_a_table() -> None:
    prose = "本年度认真做好各项工作，" * 20
    form = forge.html_table(forge.form()).removeprefix("<table>").removesuffix("</table>")
    document = page(
        f"<table><tr><td colspan=10><p>{prose}</p></td></tr>{form}<tr><td colspan=10>{prose}</td></tr></table>"
    )
    assert [type(block).__name__ for block in document.blocks] == ["Paragraph", "Table", "Paragraph"]
    assert forge.slots_of(document) == forge.expanded(forge.form())


def test_line_breaks_and_paragraphs_made_of_them() -> None:
    document = page(
        "<div>一、总体情况<br>　　第一段<br/>　　第二段<br><br>第三段<br>续</div><table><tr><td>a<br>b<td>c</table>"
    )
    assert lines(document) == ["一、总体情况", "第一段", "第二段", "第三段\n续"]
    assert forge.tables_of(document)[0].cells[0].text == "a\nb"


def test_scripts_styles_and_hidden_parts_are_no_text() -> None:
    scripts = "<script>var a='<td>9</td>'</script><style>p{}</style>"
    hidden = "<p hidden>x</p><select><option>y</select>"
    assert lines(page(f"{scripts}{hidden}<p>正文<noscript>z</noscript></p>")) == ["正文"]


def test_what_the_page_says_of_itself() -> None:
    head = (
        '<title> 某区2020年年报 - 某区政府 </title><meta name="ArticleTitle" content="某区2020年年报">'
        '<META NAME="PubDate" CONTENT="2021-01-29 10:00"><meta name="ContentSource" content="某区政府办">'
        '<meta name="SiteName" content="某区人民政府"><link rel="canonical" href="http://www.x.gov.cn/1.html">'
    )
    assert page("<p>x</p>", head).metadata == {
        "page_title": "某区2020年年报 - 某区政府",
        "published": "2021-01-29 10:00",
        "site": "某区人民政府",
        "source": "某区政府办",
        "title": "某区2020年年报",
        "url": "http://www.x.gov.cn/1.html",
    }


def test_a_raised_figure_is_no_digit() -> None:
    document = page("<table><tr><td>规章<td>22<sup>1</sup><tr><td>m<sup>2</sup><td>3<sup>[2]</sup></table>")
    assert forge.slots_of(document) == [["规章", "22[1]"], ["m2", "3[2]"]]


def test_thousands_of_unclosed_elements_lose_nothing() -> None:
    document = page("<font>" * 5000 + "前文" + forge.html_table(forge.form()))
    assert forge.slots_of(document) == forge.expanded(forge.form())
    assert document.notes == ()


def test_a_page_without_text() -> None:
    with pytest.raises(CannotRead, match="script") as caught:
        page("<div id=app></div><script>render()</script>")
    assert caught.value.code == "empty"


def test_cells_outside_rows_and_text_outside_cells() -> None:
    document = page("<table>说明<td>a<td>b<tr><td>c<td>d</table>")
    assert lines(document) == ["说明"]
    assert forge.slots_of(document) == [["a", "b"], ["c", "d"]]


def test_table_type_is_table() -> None:
    assert isinstance(page("<table><tr><td>1<td>2</table>").blocks[0], Table)


@pytest.mark.parametrize(
    "end", ["</body></html>", "</BODY >\n</HTML>", "</html>", "</body>", "</body></html><html><body>"]
)
def test_what_stands_behind_the_end_of_the_page_is_read(end: str) -> None:
    page = f"<html><body><p>one</p>{end}<p>two</p><table><tr><td>3</td><td>4</td></tr></table>{end}<p>five</p>"
    document = extractors.extract(page.encode())
    texts = [block.text for block in document.blocks if isinstance(block, Paragraph)]
    assert texts == ["one", "two", "five"]
    (table,) = [block for block in document.blocks if isinstance(block, Table)]
    assert [cell.text for cell in table.cells] == ["3", "4"]


def test_a_page_is_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from extractors import encoding

    calls: list[int] = []

    def counted(data: bytes) -> encoding.Decoded:
        calls.append(len(data))
        return encoding.decode(data)

    monkeypatch.setattr("extractors.decode", counted)
    monkeypatch.setattr("extractors.html.decode", counted)
    extractors.extract("<html><body><p>主动公开12件</p></body></html>".encode("gb18030"))
    assert len(calls) == 1
