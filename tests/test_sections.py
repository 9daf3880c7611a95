"""The sections of a report's text: headings of every kind, and what is text and what is not."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from extractors.document import Cell, Document, Paragraph, Table
from extractors.text import extract
from pipeline.model import Section
from pipeline.sections import sections

SEEDS = Path(__file__).resolve().parents[2] / "shared" / "seeds"


def headings(document: Document) -> list[tuple[str | None, int]]:
    return [(section.heading, section.level) for section in sections(document)]


def of_text(text: str) -> list[tuple[str | None, str]]:
    return [(section.heading, section.text) for section in sections(extract(text))]


def test_numbered_captions_of_a_text() -> None:
    text = "某县2031年度报告\n\n一、总体情况\n\n全年平稳。\n（一）主动公开\n公开信息。\n\n更新栏目。\n二、其他\n无"
    found = sections(extract(text))
    assert found == [
        Section(None, 1, "某县2031年度报告", None, 1),
        Section("一、总体情况", 1, "全年平稳。", None, 3),
        Section("（一）主动公开", 2, "公开信息。\n更新栏目。", None, 6),
        Section("二、其他", 1, "无", None, 10),
    ]


def test_levels_follow_the_numbering_and_else_the_mark() -> None:
    lines = ["# 某县年度报告", "### 一、总体情况", "#### 专题栏目", "## 二、申请情况", "# （一）受理"]
    assert headings(extract("\n".join([*lines, "第二部分 附录", "附件1", "表格说明"]))) == [
        ("某县年度报告", 1),
        ("一、总体情况", 1),
        ("专题栏目", 4),
        ("二、申请情况", 1),
        ("（一）受理", 2),
        ("第二部分 附录", 1),
        ("附件1", 1),
    ]


def test_marked_headings_of_word_and_the_web() -> None:
    head = (Paragraph("封面", 1), Paragraph("总体\n情况", 1, level=2))
    assert sections(Document("docx", (*head, Paragraph("正文。", 2), Paragraph("长" * 130, 2, level=1)))) == [
        Section(None, 1, "封面", 1),
        Section("总体 情况", 2, "正文。\n" + "长" * 130, 1),
    ]


def test_a_caption_that_opens_its_paragraph() -> None:
    first, second = "全年组织解读材料三十余篇，同步发布。", "每周例会研究热点问题，及时答复来信。"
    assert of_text(f"（一）政策解读。{first}\n（二）回应关切：{second}") == [
        ("（一）政策解读", first),
        ("（二）回应关切", second),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "（一）全年共收到申请45件。其中网上申请三十件，信函申请十五件。",
        "一、本年新收政府信息公开申请数量",
        "三、本年度办理结果",
        "（一）予以公开",
        "（三）不予公开",
        "二、上年结转政府信息公开申",
        "1.加强组织领导",
        "一是加强领导，落实责任。",
    ],
)
def test_lines_that_are_no_headings(line: str) -> None:
    assert headings(extract("一、总体情况\n" + line)) == [("一、总体情况", 1)]


def test_tables_figures_and_page_numbers_are_no_text() -> None:
    table = Table((Cell(0, 0, "申请"), Cell(0, 1, "12")), 1, 2)
    lines = ("二、申请情况", "如下表。", "— 3 —", "申请总数 1 2 3 4 5 6 21", "46", "说明完毕。")
    blocks = (*(Paragraph(line) for line in lines[:3]), table, *(Paragraph(line) for line in lines[3:]))
    assert sections(Document("pdf", blocks)) == [Section("二、申请情况", 1, "如下表。\n说明完毕。")]


def test_cells_alone_on_their_lines_are_no_text() -> None:
    text = "二、申请情况\n\t项目名称\n续行\n\t12\n\n\t一、本年新收\n\n以上数据属实。"
    assert of_text(text) == [("二、申请情况", "以上数据属实。")]


def test_a_sentence_cut_by_a_break_is_joined() -> None:
    first, rest = "今年以来，全县各单位把信息公开作为重点任务，持续更新栏目内容，全面梳", "理各类目录，及时更新。"
    assert of_text(f"一、总体情况\n{first}\n\n- 2 -\n\n{rest}") == [("一、总体情况", first + rest)]
    blocks = (Paragraph(first, 1), Paragraph(rest, 2))
    assert [(s.text, s.page) for s in sections(Document("pdf", blocks))] == [(first + rest, 1)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("某县人民政府办公室", "各乡镇人民政府，县直各部门。"),  # short
        ("关于召开全县政务公开工作现场推进会议有关事项的通知", "各乡镇，各部门要按时参会。"),  # no clause
        ("今年以来，全县各单位把信息公开作为重点任务，持续更新栏目内容。", "理各类目录，及时更新。"),  # ended
        ("今年以来，全县各单位把信息公开作为重点任务，持续更新栏目内容，全面梳", "一是更新目录，及时公开。"),  # opens
    ],
)
def test_paragraphs_that_stay_apart(first: str, second: str) -> None:
    assert of_text(first + "\n" + second) == [(None, first + "\n" + second)]


def test_a_caption_too_long_for_its_line() -> None:
    heading = "三、收到和处理政府信息公开申请"
    assert of_text(heading + "\n情况\n无申请。") == [(heading + "情况", "无申请。")]
    assert of_text("六、其他需要报告的有关重要事项\n无") == [("六、其他需要报告的有关重要事项", "无")]


def test_an_empty_document_has_no_sections() -> None:
    assert sections(Document("text", ())) == []
    assert sections(extract("一、总体情况")) == [Section("一、总体情况", 1, "", None, 1)]


def test_forty_kilobytes_in_no_time() -> None:
    lines = ["一、总体情况", "全年平稳，公开有序。" * 21, "（一）主动公开", "1 2 3 4 5 6 7", "\t46"] * 60
    document = extract("\n".join(lines))
    assert sum(len(line.encode()) for line in lines) > 40_000
    times = []
    for _ in range(5):
        start = time.perf_counter()
        sections(document)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.02  # about 0.5 ms on a free machine


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the seed reports are not beside this checkout")
@pytest.mark.parametrize("prefix", ["000", "001", "003", "004"])
def test_the_main_sections_of_the_seeds_stand_in_order(prefix: str) -> None:
    (path,) = SEEDS.glob(f"{prefix}_*.txt")
    found = [s.heading or "" for s in sections(extract(path.read_text(encoding="utf-8")))]
    words = ["总体情况", "主动公开政府信息情况", "收到和处理政府信息公开申请情况", "行政诉讼情况", "存在的主要问题"]
    places = [next(i for i, heading in enumerate(found) if word in heading and "、" in heading) for word in words]
    assert places == sorted(places)
    assert not any("予以公开" in heading or "结转" in heading for heading in found)
