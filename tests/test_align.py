"""Alignment on drawn request tables in every layout, clean and torn: the same number for each key, or a flagged one.

The documents are made as `Document`s, without a file format between, so that hundreds run in a second.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from extractors.document import Cell, Document, Paragraph, Table
from extractors.text import extract
from pipeline import vocabulary
from pipeline.align import align
from pipeline.checks import check, suspects
from pipeline.measure import measure
from pipeline.vocabulary import Key
from tests.corpus.figures import draw_figures

HEADER = ["自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "总计"]
COLUMNS = ("natural_person", "business", "research", "public_interest", "legal_service", "other_organisation", "total")


class Line:
    """One row of the form as printed: its key, its label and its values."""

    def __init__(self, key: str, label: str, group: str | None, values: list[str]) -> None:
        self.key, self.label, self.group, self.values = key, label, group, values


def drawn(rng: random.Random, template: str) -> tuple[list[Line], dict[Key, int]]:
    form = vocabulary.form(template, "requests")
    figures = {key[1:]: int(value) for key, value in draw_figures(rng, template).items() if key[0] == "requests"}
    groups = {label.key: label.text for label in form.labels if label.axis == "group" and label.key != "results"}
    lines = []
    for row_id, columns in form.rows.items():
        label = form.label("row", row_id)
        values = [str(figures[row_id, column]) for column in columns]
        lines.append(Line(row_id, label.text, groups.get(label.parent or ""), values))
    return lines, figures


def grid(lines: list[Line], rng: random.Random) -> Document:
    cells = [Cell(0, 0, "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）", 3, 3)]
    cells += [
        Cell(0, 3, "申请人情况", 1, 7),
        Cell(1, 3, "自然人", 2),
        Cell(1, 4, "法人或其他组织", 1, 5),
        Cell(1, 9, "总计", 2),
    ]
    cells += [Cell(2, 4 + k, text) for k, text in enumerate(HEADER[1:6])]
    for r, line in enumerate(lines, 3):
        if line.group:
            first = r == 3 or lines[r - 4].group != line.group
            cells += ([Cell(r, 1, line.group)] if first else []) + [Cell(r, 2, line.label)]
        else:
            cells.append(Cell(r, 0, line.label, 1, 3))
        cells += [Cell(r, 3 + k, value) for k, value in enumerate(line.values)]
    width = max(cell.col + cell.col_span for cell in cells)
    return Document(
        "docx", (Paragraph("三、收到和处理政府信息公开申请情况"), Table(tuple(cells), len(lines) + 3, width))
    )


def text(body: list[str]) -> Document:
    head = ["三、收到和处理政府信息公开申请情况", "申请人情况", "自然人 法人或其他组织 总计"]
    return extract("\n".join([*head, " ".join(HEADER[1:6]), *body, "", "四、政府信息公开行政复议、行政诉讼情况"]))


def flat(lines: list[Line], rng: random.Random) -> Document:
    return text([" ".join([line.label, *line.values]).strip() for line in lines])


def cells(lines: list[Line], rng: random.Random) -> Document:
    return text(
        [part for line in lines for part in ("", f"\t{line.label}", *(f"\t{v}" for v in line.values)) if part != "\t"]
    )


def tabs(lines: list[Line], rng: random.Random) -> Document:
    return text(["\t" * (2 if line.group else 1) + line.label + "\t" + "\t".join(line.values) for line in lines])


def torn(lines: list[Line], rng: random.Random) -> Document:
    body = []
    for line in lines:
        cut = rng.randrange(4, max(5, len(line.label) - 1)) if len(line.label) > 6 else len(line.label)
        body += [part for part in (line.label[:cut], " ".join(line.values), line.label[cut:]) if part]
    return text(body)


def below(lines: list[Line], rng: random.Random) -> Document:
    return text([part for line in lines for part in (" ".join(line.values), line.label)])


def two_above(lines: list[Line], rng: random.Random) -> Document:
    body = []
    for i in range(0, len(lines), 2):
        body += [line.label for line in lines[i : i + 2]] + [" ".join(line.values) for line in lines[i : i + 2]]
    return text(body)


LAYOUTS = (grid, flat, cells, tabs, torn, below, two_above)


def drop_row(lines: list[Line], rng: random.Random) -> None:
    del lines[rng.randrange(len(lines))]


def drop_label(lines: list[Line], rng: random.Random) -> None:
    rng.choice(lines).label = ""


def drop_cell(lines: list[Line], rng: random.Random) -> None:
    values = rng.choice(lines).values
    del values[rng.randrange(len(values))]


def double_cell(lines: list[Line], rng: random.Random) -> None:
    values = rng.choice(lines).values
    place = rng.randrange(len(values))
    values.insert(place, values[place])


def shift_left(lines: list[Line], rng: random.Random) -> None:
    line = rng.choice(lines)
    line.values = [*line.values[1:], ""]


def shift_right(lines: list[Line], rng: random.Random) -> None:
    line = rng.choice(lines)
    line.values = ["", *line.values[:-1]]


def swap_rows(lines: list[Line], rng: random.Random) -> None:
    one, other = rng.sample(range(len(lines)), 2)
    lines[one], lines[other] = lines[other], lines[one]


def shuffle(lines: list[Line], rng: random.Random) -> None:
    rng.shuffle(lines)


def misread(lines: list[Line], rng: random.Random) -> None:
    line = rng.choice(lines)
    place = rng.randrange(len(line.label))
    line.label = line.label[:place] + rng.choice("囗未已曰丙") + line.label[place + 1 :]


DAMAGES = (drop_row, drop_label, drop_cell, double_cell, shift_left, shift_right, swap_rows, shuffle, misread)


def verdicts(document: Document, truth: dict[Key, int]) -> tuple[int, int, int, int]:
    """(right, absent, wrong with a warning, wrong without) over the cells of the truth."""
    tables = [table for table in align(document) if table.table_id == "requests"]
    facts, flags = measure(tables)
    facts, broken = check(facts)
    warned = {
        (flag.row_id, flag.column_id)
        for flag in [*(f for table in tables for f in table.flags), *flags, *broken, *suspects(facts)]
        if flag.severity != "info"
    }
    right = absent = told = silent = 0
    for fact in facts:
        key = (fact.row_id, fact.column_id)
        if key not in truth or fact.status != "reported":
            absent += key in truth
        elif fact.value == truth[key]:
            right += 1
        elif {key, (key[0], None), (None, key[1]), (None, None)} & warned:
            told += 1
        else:
            silent += 1
    return right, absent, told, silent


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("template", vocabulary.TEMPLATES)
def test_a_clean_table_comes_back_whole(layout: Callable[..., Document], template: str) -> None:
    for seed in range(8):
        rng = random.Random(f"{layout.__name__}-{template}-{seed}")
        lines, truth = drawn(rng, template)
        right, absent, told, silent = verdicts(layout(lines, rng), truth)
        assert (right, absent, told, silent) == (len(truth), 0, 0, 0), seed


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_torn_table_gives_no_wrong_number_without_a_warning(
    layout: Callable[..., Document], damage: Callable[..., None]
) -> None:
    for seed in range(6):
        rng = random.Random(f"{layout.__name__}-{damage.__name__}-{seed}")
        lines, truth = drawn(rng, rng.choice(vocabulary.TEMPLATES))
        damage(lines, rng)
        assert verdicts(layout(lines, rng), truth)[3] == 0, seed


@pytest.mark.parametrize("damage", [drop_row, drop_label, drop_cell, double_cell, swap_rows, misread])
@pytest.mark.parametrize("layout", [grid, tabs, flat, cells])
def test_damage_costs_only_what_it_touches(layout: Callable[..., Document], damage: Callable[..., None]) -> None:
    for seed in range(6):
        rng = random.Random(f"{layout.__name__}-{damage.__name__}-{seed}")
        lines, truth = drawn(rng, rng.choice(vocabulary.TEMPLATES))
        damage(lines, rng)
        right, _, told, silent = verdicts(layout(lines, rng), truth)
        assert (told, silent) == (0, 0), seed
        assert right >= len(truth) - 7, seed


def test_labels_bind_rows_in_any_order() -> None:
    rng = random.Random(3)
    lines, truth = drawn(rng, "2021")
    rng.shuffle(lines)
    assert verdicts(grid(lines, rng), truth)[0] == len(truth)


def test_a_table_that_is_not_there_is_not_found() -> None:
    assert align(extract("关于做好年度报告编制工作的通知\n请各单位于1月31日前报送。\n规章 3 4 5")) == []


REVIEWS = {
    "reconsideration": (6, 11, 4, 0, 21),
    "litigation_direct": (2, 3, 2, 3, 10),
    "litigation_after_reconsideration": (8, 0, 0, 1, 9),
}
RESULTS = ("结果维持", "结果纠正", "其他结果", "尚未审结", "总计")
LINES = ("行政复议", "未经复议直接起诉", "复议后起诉")


def rows_of_five(body: list[str]) -> Document:
    return extract("\n".join(["四、政府信息公开行政复议、行政诉讼情况", "", *body, "", "五、存在的主要问题及改进情况"]))


def five_by_three() -> list[str]:
    figures = zip(*REVIEWS.values(), strict=True)
    head = ["| | 行政复议 | 行政诉讼 | |", "| | | 未经复议直接起诉 | 复议后起诉 |"]
    return head + [f"| {name} | {' | '.join(map(str, row))} |" for name, row in zip(RESULTS, figures, strict=True)]


def one_to_a_row() -> list[str]:
    body = []
    for line, row in zip(LINES, REVIEWS.values(), strict=True):
        for k, (name, value) in enumerate(zip(RESULTS, row, strict=True)):
            body.append(f"| {line if k == 0 else ''} | {name} | {value} |")
    return body


def three_rows() -> list[str]:
    head = "| | " + " | ".join(RESULTS) + " |"
    return [head] + [
        f"| {line} | {' | '.join(map(str, row))} |" for line, row in zip(LINES, REVIEWS.values(), strict=True)
    ]


def two_tables() -> list[str]:
    first, second, third = REVIEWS.values()
    names = " | ".join(RESULTS)
    return [
        *("| 行政复议 | | | | |", f"| {names} |", f"| {' | '.join(map(str, first))} |", ""),
        *("| 未经复议直接起诉 | | | | | 复议后起诉 | | | | |", f"| {names} | {names} |"),
        f"| {' | '.join(map(str, (*second, *third)))} |",
    ]


@pytest.mark.parametrize("layout", [five_by_three, one_to_a_row, three_rows, two_tables])
def test_reviews_and_lawsuits_are_read_however_they_stand(layout: Callable[[], list[str]]) -> None:
    tables = [table for table in align(rows_of_five(layout()), 2022) if table.table_id == "review_litigation"]
    read = {
        row_id: tuple(
            tables[0].cells[row_id, column].text for column in ("upheld", "corrected", "other", "pending", "total")
        )
        for row_id in REVIEWS
    }
    assert read == {row_id: tuple(map(str, values)) for row_id, values in REVIEWS.items()}


def test_a_blank_row_after_figures_that_found_no_place_is_doubted() -> None:
    """A page break parts 其他 and its figures from the rest of the label, which stands alone over blanks."""
    header = ["内容", "上一年项目数量", "本年增/减", "本年处理决定数量"]
    rows = [
        ["第二十条第（五）项", "", "", ""],
        header,
        ["行政许可", "3", "0", "5"],
        ["其他", "0", "0", "21"],
        ["对外管理服务事项", "", "", ""],
        ["第二十条第（六）项", "", "", ""],
        header,
        ["行政处罚", "1", "0", "1"],
    ]
    cells = tuple(Cell(r, c, text) for r, row in enumerate(rows) for c, text in enumerate(row))
    document = Document(
        "docx", (Paragraph("二、主动公开政府信息情况", level=1), Table(cells, len(rows), 4, gridded=True))
    )
    (reading,) = align(document, 2020)
    texts = [cell.text for (row, _), cell in reading.cells.items() if row == "other_services"]
    assert texts == ["", "", ""]
    doubted = [flag for flag in reading.flags if flag.row_id == "other_services" and flag.kind == "lost_cell"]
    assert [flag.severity for flag in doubted] == ["warning"]
