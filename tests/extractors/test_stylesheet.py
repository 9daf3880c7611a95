"""styles.xml cut at its styles: the same as parsed whole, or parsed whole where its shape leaves a doubt."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import docx
import pytest

import extractors
from extractors import limits
from extractors.docx import ooxml, stylesheet
from extractors.docx.stylesheet import Stylesheet, styles_of
from tests.extractors import forge

NAMESPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
NORMAL = '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
GONE = '<w:style w:type="character" w:styleId="Gone"><w:rPr><w:vanish/></w:rPr></w:style>'
EMPTY = '<w:style w:type="character" w:styleId="Empty"/>'


def sheet(*styles: str, before: str = "<w:docDefaults/>", after: str = "") -> bytes:
    return f'<?xml version="1.0"?>\n<w:styles {NAMESPACE}>{before}{"".join(styles)}{after}</w:styles>\n'.encode()


def word_template() -> bytes:
    package = io.BytesIO()
    docx.Document().save(package)
    return zipfile.ZipFile(package).read("word/styles.xml")


def whole(source: bytes) -> Stylesheet:
    return Stylesheet([one for one in ooxml.parse(source, "") if ooxml.local(one) == "style"])


def told(element: Any) -> Any:
    return None if element is None else (element.tag, element.items(), element.text, [told(one) for one in element])


def written(sheet: Stylesheet) -> dict[str, Any]:
    return {name: told(sheet.element(name)) for name in sheet._places}


@pytest.mark.parametrize("source", [sheet(NORMAL, GONE, EMPTY), sheet(NORMAL, " \n", GONE, GONE), word_template()])
def test_a_sheet_of_the_usual_shape_is_cut_and_tells_the_same(source: bytes) -> None:
    assert stylesheet._cut(source) is not None
    assert written(styles_of(source)) == written(whole(source))
    assert styles_of(source).default == whole(source).default == "Normal"


@pytest.mark.parametrize(
    "source",
    [
        sheet(NORMAL, "<!-- </w:style> -->", GONE),
        sheet(NORMAL, f"<?remark {GONE}?>"),
        sheet(NORMAL, f"<?remark {GONE}?>").partition(b"\n")[2],
        sheet(NORMAL, f"<w:wrap>{GONE}</w:wrap>"),
        sheet(NORMAL, before=f"<w:docDefaults>{GONE}</w:docDefaults>"),
        sheet(NORMAL, GONE.replace('"character"', "'character'")),
        sheet(NORMAL, GONE.replace("Gone", "a>b")),
        sheet(NORMAL, GONE.replace("<w:rPr>", f"{EMPTY}<w:rPr>")),
        sheet(NORMAL, GONE, after="<w:other/>"),
        sheet(NORMAL, GONE).replace(b"w:", b"v:").replace(b"xmlns:w", b"xmlns:v"),
        sheet(NORMAL, GONE).decode().replace("?>", ' encoding="utf-16"?>').encode("utf-16"),
        sheet(),
    ],
    ids=[
        "comment",
        "instruction",
        "undeclared",
        "wrapped",
        "within",
        "quotes",
        "bracket",
        "nested",
        "after",
        "prefix",
        "utf-16",
        "none",
    ],
)
def test_a_sheet_of_any_other_shape_is_parsed_whole(source: bytes) -> None:
    assert stylesheet._cut(source) is None
    assert written(styles_of(source)) == written(whole(source))
    assert styles_of(source).default == whole(source).default


def test_a_torn_sheet_or_one_beyond_the_bounds_has_no_styles(monkeypatch: pytest.MonkeyPatch) -> None:
    assert written(styles_of(None)) == {}
    assert written(styles_of(sheet(NORMAL, GONE)[:-30])) == {}
    monkeypatch.setattr(limits, "MAX_TAGS", 3)
    assert written(styles_of(sheet(NORMAL, GONE))) == {}


def test_one_torn_style_costs_no_other() -> None:
    styles = styles_of(sheet(NORMAL, EMPTY.replace("/>", "><w:a></w:b></w:style>"), GONE))
    assert styles.element("Empty") is None
    assert styles.element("Gone") is not None
    assert styles.element("nowhere") is None


def test_what_a_style_hides_is_hidden_however_the_sheet_is_read() -> None:
    run = '<w:p><w:r><w:t>1</w:t></w:r><w:r><w:rPr><w:rStyle w:val="Gone"/></w:rPr><w:t>2</w:t></w:r></w:p>'
    for remark in ("", "<!-- -->"):
        document = extractors.extract(forge.docx(run, styles=f"<w:styles>{NORMAL}{remark}{GONE}</w:styles>"))
        assert [block.text for block in document.blocks if hasattr(block, "text")] == ["1"]


def test_only_the_parts_and_styles_that_a_document_uses_are_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    package = io.BytesIO()
    document = docx.Document()
    document.add_heading("年度报告", 1)
    document.add_paragraph("主动公开政府信息12件。")
    document.save(package)
    parsed: list[tuple[str, int]] = []
    parse = ooxml.parse
    for module in ("extractors.docx", "extractors.docx.stylesheet", "extractors.docx.media"):
        monkeypatch.setattr(
            f"{module}.parse", lambda source, name: parsed.append((name, len(source))) or parse(source, name)
        )
    extractors.extract(package.getvalue())
    names = [name for name, _ in parsed]
    assert "word/numbering.xml" not in names
    assert "word/_rels/document.xml.rels" not in names
    assert sum(size for name, size in parsed if name == "styles.xml") < 0.5 * len(word_template())
