"""Word documents: merged cells, wrappers of every kind, numbers that Word adds, and text that it does not show."""

from __future__ import annotations

import io

import pytest

import extractors
from extractors.document import CannotRead, Document, Paragraph, Table
from extractors.docx.numbering import spell
from tests.extractors import forge
from tests.extractors.forge import docx, docx_table, paragraph


def read(body: str, **parts: str) -> Document:
    return extractors.extract(docx(body, **parts))


def lines(document: Document) -> list[str]:
    return [block.text for block in document.blocks if isinstance(block, Paragraph)]


def cell(inner: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{inner}</w:tc>"


def table(*rows: str) -> str:
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in rows) + "</w:tbl>"


def words(*texts: str) -> str:
    return "".join(cell(paragraph(text)) for text in texts)


FORM = docx_table(forge.form())
SMALL = table(words("规章", "0"), words("规范性文件", "12"))


def test_form_comes_back() -> None:
    document = read(paragraph("前文") + FORM + paragraph("后文"))
    assert [type(block).__name__ for block in document.blocks] == ["Paragraph", "Table", "Paragraph"]
    assert forge.slots_of(document) == forge.expanded(forge.form())
    merged = [cell for cell in forge.tables_of(document)[0].cells if cell.text == "三、办理结果"]
    assert [(one.row_span, one.col_span) for one in merged] == [(21, 1)]


def test_a_document_written_by_python_docx() -> None:
    from docx import Document as Writer

    writer = Writer()
    writer.core_properties.title = "某区年报"
    writer.add_heading("一、总体情况", 1)
    drawn = writer.add_table(3, 3)
    for r in range(3):
        for c in range(3):
            drawn.rows[r].cells[c].text = f"{r}{c}"
    drawn.rows[0].cells[0].merge(drawn.rows[1].cells[1]).text = "并"
    buffer = io.BytesIO()
    writer.save(buffer)
    document = extractors.extract(buffer.getvalue())
    assert document.metadata["title"] == "某区年报"
    assert document.blocks[0] == Paragraph("一、总体情况", level=1)
    assert forge.slots_of(document) == [["并", "并", "02"], ["并", "并", "12"], ["20", "21", "22"]]


@pytest.mark.parametrize(
    "wrapped",
    [
        f"<w:sdt><w:sdtPr/><w:sdtContent>{SMALL}</w:sdtContent></w:sdt>",
        f"<w:ins>{SMALL}</w:ins>",
        f"<w:customXml>{SMALL}</w:customXml>",
        f"<w:p><w:r><w:pict><v:textbox><w:txbxContent>{SMALL}</w:txbxContent></v:textbox></w:pict></w:r></w:p>",
        "<w:p><w:r><mc:AlternateContent><mc:Choice><w:drawing><wps:txbx><w:txbxContent>" + SMALL + "</w:txbxContent>"
        "</wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox><w:txbxContent>"
        + SMALL
        + "</w:txbxContent>"
        "</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>",
        SMALL.replace("<w:tr>", "<w:sdt><w:sdtContent><w:tr>").replace("</w:tr>", "</w:tr></w:sdtContent></w:sdt>"),
        SMALL.replace("<w:tc>", "<w:sdt><w:sdtContent><w:tc>").replace("</w:tc>", "</w:tc></w:sdtContent></w:sdt>"),
        SMALL.replace("<w:r>", "<w:sdt><w:sdtContent><w:r>").replace("</w:r>", "</w:r></w:sdtContent></w:sdt>"),
        table(cell(SMALL + "<w:p/>")),
        table(cell("<w:p/>") + cell(table(cell(SMALL)) + "<w:p/>")),
    ],
)
def test_tables_are_found_once_wherever_they_stand(wrapped: str) -> None:
    document = read(paragraph("前") + wrapped + paragraph("后"))
    assert [forge.texts(one) for one in forge.tables_of(document)] == [[["规章", "0"], ["规范性文件", "12"]]]
    assert lines(document) == ["前", "后"]


def test_a_table_in_a_data_cell_follows_its_table() -> None:
    outer = table(
        *(words(f"第{i}项很长的指标名称及说明", str(i)) for i in range(4)),
        cell(paragraph("备注")) + cell(SMALL + "<w:p/>"),
    )
    first, second = forge.tables_of(read(outer))
    assert forge.texts(first)[-1] == ["备注", ""]
    assert forge.texts(second) == [["规章", "0"], ["规范性文件", "12"]]


def test_tracked_changes_and_hidden_text() -> None:
    document = read(
        "<w:p><w:r><w:t>受理</w:t></w:r><w:del><w:r><w:delText>10</w:delText><w:t>11</w:t></w:r></w:del>"
        "<w:ins><w:r><w:t>12</w:t></w:r></w:ins><w:r><w:rPr><w:vanish/></w:rPr><w:t>13</w:t></w:r>"
        "<w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:t>件</w:t></w:r>"
        "<w:r><w:tab/><w:t>答复</w:t><w:br/><w:t>完</w:t></w:r></w:p>"
        + table("<w:trPr><w:del/></w:trPr>" + words("旧", "1"), words("新", "2"))
    )
    assert lines(document) == ["受理12件\t答复\n完"]
    assert forge.slots_of(document) == [["新", "2"]]


def test_cells_before_the_grid_and_old_merges_across() -> None:
    document = read(
        table(
            words("甲", "乙", "丙"),
            "<w:trPr><w:gridBefore w:val='1'/></w:trPr>" + words("1", "2"),
            cell(paragraph("并"), "<w:hMerge w:val='restart'/>") + cell("<w:p/>", "<w:hMerge/>") + words("3"),
        )
    )
    assert forge.slots_of(document) == [["甲", "乙", "丙"], [None, "1", "2"], ["并", "并", "3"]]


def test_borders_that_miss_each_other_make_no_column() -> None:
    two = "<w:gridSpan w:val='2'/>"
    rows = [words("甲") + cell(paragraph("乙"), two), cell(paragraph("1"), two) + words("2"), words("3", "", "4")]
    grid = "<w:tblGrid><w:gridCol w:w='2000'/><w:gridCol w:w='{}'/><w:gridCol w:w='1900'/></w:tblGrid>"
    narrow = read(table(*rows).replace("<w:tr>", grid.format(80) + "<w:tr>", 1))
    assert forge.slots_of(narrow) == [["甲", "乙"], ["1", "2"], ["3", "4"]]
    wide = read(table(*rows).replace("<w:tr>", grid.format(800) + "<w:tr>", 1))
    assert forge.slots_of(wide) == [["甲", "乙", "乙"], ["1", "1", "2"], ["3", "", "4"]]


def test_text_beneath_a_merged_cell_is_left_out_with_a_note() -> None:
    document = read(
        table(
            cell(paragraph("上"), "<w:vMerge w:val='restart'/>") + words("1"),
            cell(paragraph("9"), "<w:vMerge/>") + words("2"),
            cell(paragraph("自"), "") + words("3"),
            cell(paragraph("孤"), "<w:vMerge/>") + words("4"),
        )
    )
    assert forge.slots_of(document) == [["上", "1"], ["上", "2"], ["自", "3"], ["孤", "4"]]
    assert "9" in document.notes[0]


NUMBERING = (
    "<w:numbering><w:abstractNum w:abstractNumId='0'>"
    "<w:lvl w:ilvl='0'><w:start w:val='1'/><w:numFmt w:val='chineseCounting'/><w:suff w:val='nothing'/>"
    "<w:lvlText w:val='（%1）'/></w:lvl>"
    "<w:lvl w:ilvl='1'><w:start w:val='1'/><w:numFmt w:val='decimal'/><w:lvlText w:val='%2.'/></w:lvl>"
    "</w:abstractNum><w:abstractNum w:abstractNumId='1'><w:lvl w:ilvl='0'><w:numFmt w:val='bullet'/>"
    "<w:lvlText w:val='•'/></w:lvl></w:abstractNum><w:num w:numId='5'><w:abstractNumId w:val='0'/></w:num>"
    "<w:num w:numId='6'><w:abstractNumId w:val='1'/></w:num>"
    "</w:numbering>"
)


def numbered(text: str, level: int, list_id: int = 5) -> str:
    numbers = f"<w:pPr><w:numPr><w:ilvl w:val='{level}'/><w:numId w:val='{list_id}'/></w:numPr></w:pPr>"
    return paragraph(text).replace("<w:p>", f"<w:p>{numbers}", 1)


def test_numbers_that_word_adds() -> None:
    body = numbered("予以公开", 0) + numbered("部分公开", 0) + numbered("国家秘密", 1) + numbered("三安全", 1)
    body += (
        numbered("不予公开", 0) + numbered("重新", 1) + numbered("点", 0, 6) + table(cell(numbered("", 1)) + words("x"))
    )
    document = read(body, numbering=NUMBERING)
    assert lines(document) == [
        "（一）予以公开",
        "（二）部分公开",
        "1. 国家秘密",
        "2. 三安全",
        "（三）不予公开",
        "1. 重新",
        "点",
    ]
    assert forge.slots_of(document) == [["2.", "x"]]


@pytest.mark.parametrize(
    ("count", "form", "printed"),
    [
        (12, "chineseCounting", "十二"),
        (20, "chineseCountingThousand", "二十"),
        (105, "chineseCounting", "一百〇五"),
        (3, "chineseLegalSimplified", "叁"),
        (2, "ideographTraditional", "乙"),
        (14, "decimalEnclosedCircle", "⑭"),
        (4, "upperRoman", "IV"),
        (28, "lowerLetter", "bb"),
        (7, "decimalFullWidth", "７"),
        (7, "somethingElse", "7"),
    ],
)
def test_number_forms(count: int, form: str, printed: str) -> None:
    assert spell(count, form) == printed


def test_headings_by_outline_and_by_style() -> None:
    styles = (
        "<w:styles><w:style w:type='paragraph' w:styleId='a1'><w:name w:val='heading 2'/></w:style>"
        "<w:style w:type='paragraph' w:styleId='a2'><w:basedOn w:val='a1'/></w:style></w:styles>"
    )
    body = paragraph("甲").replace("<w:p>", "<w:p><w:pPr><w:outlineLvl w:val='0'/></w:pPr>")
    body += paragraph("乙").replace("<w:p>", "<w:p><w:pPr><w:pStyle w:val='a2'/></w:pPr>")
    assert [block.level for block in read(body, styles=styles).blocks if isinstance(block, Paragraph)] == [1, 2]


def test_raised_figures_and_symbols() -> None:
    body = (
        "<w:p><w:r><w:t>22</w:t></w:r><w:r><w:rPr><w:vertAlign w:val='superscript'/></w:rPr><w:t>1</w:t></w:r>"
        "<w:r><w:sym w:font='Wingdings' w:char='2460'/></w:r></w:p>"
    )
    assert lines(read(body)) == ["22[1]①"]


STYLED = (
    # what a character style says, what the run itself says, how its 7 behind a 39 is read
    ("<w:color w:val='FFFFFF'/>", "", "39"),
    ("<w:color w:val='FEFEFE'/>", "", "39"),
    ("<w:sz w:val='1'/>", "", "39"),
    ("<w:vanish/>", "", "39"),
    ("<w:vertAlign w:val='superscript'/>", "", "39[7]"),
    ("<w:position w:val='6'/>", "", "39[7]"),
    ("<w:color w:val='FFFFFF'/>", "<w:color w:val='auto'/>", "397"),
    ("<w:color w:val='FFFFFF'/>", "<w:shd w:val='clear' w:fill='000000'/>", "397"),
    ("<w:sz w:val='1'/>", "<w:sz w:val='21'/>", "397"),
    ("<w:vertAlign w:val='superscript'/>", "<w:vertAlign w:val='baseline'/>", "397"),
    ("<w:color w:val='FF0000'/><w:sz w:val='21'/>", "", "397"),
)


@pytest.mark.parametrize(("said", "own", "read_as"), STYLED)
@pytest.mark.parametrize("kind", ["character", "paragraph"])
def test_a_style_may_hide_or_raise_a_digit(said: str, own: str, read_as: str, kind: str) -> None:
    styles = (
        f"<w:styles><w:style w:type='{kind}' w:styleId='s1'><w:rPr>{said}</w:rPr></w:style>"
        f"<w:style w:type='{kind}' w:styleId='s2'><w:basedOn w:val='s1'/></w:style></w:styles>"
    )
    if kind == "character":
        runs = f"<w:r><w:t>39</w:t></w:r><w:r><w:rPr><w:rStyle w:val='s2'/>{own}</w:rPr><w:t>7</w:t></w:r>"
    else:
        runs = f"<w:pPr><w:pStyle w:val='s2'/></w:pPr><w:r><w:rPr>{own}</w:rPr><w:t>7</w:t></w:r>"
        read_as = read_as.removeprefix("39").strip("[]")
    assert lines(read(paragraph("甲") + f"<w:p>{runs}</w:p>", styles=styles)) == ["甲", read_as][: 1 + bool(read_as)]


def test_the_strict_variant_of_the_format(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forge, "W", "http://purl.oclc.org/ooxml/wordprocessingml/main")
    assert forge.slots_of(read(FORM)) == forge.expanded(forge.form())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (docx(FORM)[:-300], "damaged"),
        (docx(""), "empty"),
        (docx("<w:p>&broken;</w:p>"), "damaged"),
        (docx(FORM).replace(b"word/document.xml", b"word/documemt.xml"), "damaged"),
    ],
)
def test_what_cannot_be_read(data: bytes, code: str) -> None:
    with pytest.raises(CannotRead) as caught:
        extractors.extract(data)
    assert caught.value.code == code


def test_tables_are_gridded() -> None:
    assert all(isinstance(one, Table) and one.gridded for one in read(FORM).blocks)


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def form_field(data: str) -> str:
    begin = f"<w:r><w:fldChar w:fldCharType='begin'><w:ffData>{data}</w:ffData></w:fldChar></w:r>"
    return begin + "<w:r><w:instrText> FORM </w:instrText></w:r><w:r><w:fldChar w:fldCharType='end'/></w:r>"


def equation(inner: str) -> str:
    space = "http://schemas.openxmlformats.org/officeDocument/2006/math"
    return f"<m:oMath xmlns:m='{space}'>{inner}</m:oMath>"


def math(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


def alternative(requires: str) -> str:
    space = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    known = "http://schemas.microsoft.com/office/word/2010/wordml"
    return (
        f"<mc:AlternateContent xmlns:mc='{space}' xmlns:w14='{known}'><mc:Choice Requires='{requires}'>{run('9')}"
        f"</mc:Choice><mc:Fallback>{run('52')}</mc:Fallback></mc:AlternateContent>"
    )


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        (equation(math("52")), "52"),
        (equation(f"<m:sSup><m:e>{math('52')}</m:e><m:sup>{math('2')}</m:sup></m:sSup>"), "52[2]"),
        (equation(f"<m:f><m:num>{math('52')}</m:num><m:den>{math('2')}</m:den></m:f>"), "\ufffd"),
        (run("52") + "<w:r><w:br w:type='page'/></w:r>" + run("3"), "52\n3"),
        (run("52") + "<w:r><w:br w:type='column'/></w:r>" + run("3"), "52\n3"),
        ("<w:r><w:br w:type='page'/></w:r>" + run("52"), "52"),
        (alternative("w14"), "9"),
        (alternative("zzz"), "52"),
        (run("52") + run("3", "<w:color w:themeColor='background1'/>"), "52"),
        (run("52") + run("3", "<w:color w:val='auto' w:themeColor='text1'/>"), "523"),
        (run("52") + run("3", "<w:w w:val='1'/>"), "52"),
        (run("52") + run("3", "<w:w w:val='90'/>"), "523"),
        (run("52") + run("3", "<w:color w:val='000000'/><w:shd w:val='clear' w:fill='000000'/>"), "52"),
        (run("52") + run("3", "<w:color w:val='000000'/><w:highlight w:val='yellow'/>"), "523"),
        (run("52") + run("3", "<w:highlight w:val='black'/>"), "52\ufffd"),
        (f"<w:bdo w:val='rtl'>{run('52')}</w:bdo>", "\ufffd"),
        (f"<w:bdo w:val='ltr'>{run('52')}</w:bdo>", "52"),
        (form_field("<w:ddList><w:result w:val='1'/><w:listEntry w:val='52'/></w:ddList>"), "\ufffd"),
        (form_field("<w:textInput/>"), "\ufffd"),
        (form_field("<w:checkBox/>") + run("52"), "52"),
    ],
)
def test_what_word_shows_of_a_number(inner: str, text: str) -> None:
    assert lines(read(f"<w:p>{inner}</w:p>")) == [text]


def test_a_small_table_in_a_cell_without_text_may_be_its_number() -> None:
    inner = table(words("5", "3")) + "<w:p/>"
    document = read(table(words("本年制发件数", "6"), words("本年废止件数") + cell(inner)))
    assert forge.tables_of(document)[0].cells[3].text == "\ufffd"
