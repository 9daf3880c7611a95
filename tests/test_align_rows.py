"""Rows of a table as they are printed: numbers wrapped in narrow cells, several rows in one, words behind a label."""

from __future__ import annotations

import pytest

from extractors.document import Cell, Document, Paragraph, Table
from extractors.text import extract
from pipeline.align import align
from pipeline.align.rows import rows

HEADER = ("内容", "上一年项目数量", "本年增/减", "本年处理决定数量")


def table(*lines: tuple[str, ...], pages: tuple[int, ...] = (1,)) -> Document:
    """A table of these lines; with several pages, one table a page with as many of the lines each."""
    share = -(-len(lines) // len(pages))
    blocks = []
    for n, page in enumerate(pages):
        part = lines[n * share : (n + 1) * share]
        cells = tuple(Cell(r, c, text) for r, row in enumerate(part) for c, text in enumerate(row))
        blocks.append(Table(cells, len(part), max(map(len, part)), page=page, gridded=True))
    return Document("pdf", (Paragraph("二、主动公开政府信息情况", page=pages[0], level=1), *blocks))


def texts(document: Document) -> list[list[str]]:
    return [[slot.text for slot in row.slots] for row in rows(document) if not row.heading]


def test_digits_wrapped_in_narrow_cells_are_no_rows() -> None:
    wrapped = ("5\n6", "1\n2", "1\n7", "2\n2", "3\n9")
    assert texts(table(wrapped)) == [list(wrapped)]
    assert texts(table(("（一）予以\n公开", *wrapped))) == [["（一）予以\n公开", *wrapped]]


@pytest.mark.parametrize("label", ["（一）予以公开\n（二）部分公开", "1.属于国家秘密\n2.其他法律行政法规禁止公开"])
def test_rows_in_one_are_parted_by_their_labels(label: str) -> None:
    first, second = label.split("\n")
    assert texts(table((label, "5\n6", "1\n2", "\n7", "2\n2", "3\n9"))) == [
        [first, "5", "1", "", "2", "3"],
        [second, "6", "2", "7", "2", "9"],
    ]


def test_a_number_that_may_be_of_either_row_is_not_readable() -> None:
    found = texts(table(("规章\n行政规范性文件", "5\n6", "1\n2", "4", "2\n2", "3\n9")))
    assert [row[3] for row in found] == ["\ufffd", "\ufffd"]


@pytest.mark.parametrize("words", ["共57件", "同上", "S", "见附件", "57."])
def test_words_behind_a_whole_label_are_no_blank_cell(words: str) -> None:
    lines = (
        ("第二十条第（五）项", "", "", ""),
        HEADER,
        ("行政许可", words, "", ""),
        ("其他对外管理服务事项", "1", "0", "2"),
        ("第二十条第（六）项", "", "", ""),
        HEADER,
        ("行政处罚", "1", "0", "1"),
    )
    (reading,) = align(table(*lines), 2020)
    assert words in [cell.text for (row, _), cell in reading.cells.items() if row == "licensing"]


def test_a_column_of_units_behind_the_labels_is_none_of_figures() -> None:
    header = ("信息内容", "单位", *HEADER[1:])
    lines = (
        ("第二十条第（五）项", "", "", "", ""),
        header,
        ("行政许可", "项/件", "3", "1", "5"),
        ("其他对外管理服务事项", "项/件", "7", "2", "9"),
        ("第二十条第（六）项", "", "", "", ""),
        header,
        ("行政处罚", "项/件", "11", "4", "6"),
    )
    (reading,) = align(table(*lines), 2020)
    assert [cell.text for (row, _), cell in reading.cells.items() if row == "licensing"] == ["3", "1", "5"]


def test_a_row_that_begins_a_page_may_lack_the_digits_that_ended_the_one_before() -> None:
    head = (("第二十条第（八）项", "", ""), ("信息内容", "上一年项目数量", "本年增/减"))
    rest = (("行政事业性收费", "74", "0"), ("", "", ""))
    document = table(*head, ("", "48", ""), *rest, ("", "", ""), pages=(1, 2))
    (reading,) = align(document, 2020)
    assert ("lost_cell", "fees") in [(flag.kind, flag.row_id) for flag in reading.flags]


def test_a_line_that_cannot_be_read_is_no_empty_cell() -> None:
    """One cell a line: rows span as many lines as the form has columns, and one of each is no number."""
    head = "信息内容\n上一年项目数量\n本年增/减\n处理决定数量\n"
    sections = {"五": ("行政许可", "其他对外管理服务事项"), "六": ("行政处罚", "行政强制")}
    text = "二、主动公开政府信息情况\n\n"
    for number, labels in sections.items():
        text += f"第二十条第（{number}）项\n\n{head}\n" + "".join(f"{label}\n93\n(-58)\n17\n\n" for label in labels)
    (reading,) = align(extract(text), 2020)
    changes = [cell.text for (row, column), cell in reading.cells.items() if column == "change" and row != "fees"]
    assert changes == ["\ufffd"] * 4
