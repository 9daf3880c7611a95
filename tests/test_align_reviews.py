"""Reviews and lawsuits that stand twice, or in another order than the form's: the report's own numbers, or a warning.

The tables are drawn here as `Document`s or lines of text; the figures are made up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from extractors.document import Block, Cell, Document, Paragraph, Table
from extractors.text import extract
from pipeline.align import align
from pipeline.model import TableReading

LINES = {
    "reconsideration": "行政复议",
    "litigation_direct": "未经复议直接起诉",
    "litigation_after_reconsideration": "复议后起诉",
}
RESULTS = {
    "upheld": "结果维持",
    "corrected": "结果纠正",
    "other": "其他结果",
    "pending": "尚未审结",
    "total": "总计",
}
OWN = {(line, result): str(10 * i + k + 1) for i, line in enumerate(LINES) for k, result in enumerate(RESULTS)}
ANOTHERS = {key: str(int(value) + 40) for key, value in OWN.items()}
TITLE = "四、政府信息公开行政复议、行政诉讼情况"

Figures = dict[tuple[str, str], str]
Rows = list[list[str]]


def one_row(figures: Figures, lines: Sequence[str], results: Sequence[str]) -> list[Rows]:
    names = [LINES[line] if k == 0 else "" for line in lines for k in range(len(results))]
    return [
        [
            names,
            [RESULTS[result] for _ in lines for result in results],
            [figures[line, result] for line in lines for result in results],
        ]
    ]


def two_tables(figures: Figures, lines: Sequence[str], results: Sequence[str]) -> list[Rows]:
    one_first = lines[0] == "reconsideration" or lines[2] != "reconsideration"
    parts = (lines[:1], lines[1:]) if one_first else (lines[:2], lines[2:])
    return [table for part in parts for table in one_row(figures, part, results)]


def three_rows(figures: Figures, lines: Sequence[str], results: Sequence[str]) -> list[Rows]:
    head = ["", *(RESULTS[result] for result in results)]
    return [[head, *([LINES[line], *(figures[line, result] for result in results)] for line in lines)]]


def grid(tables: list[Rows], caption: str = "") -> list[Block]:
    """The tables with their columns stated, no header cell merged."""
    blocks: list[Block] = [Paragraph(caption)] if caption else []
    for rows in tables:
        cells = tuple(Cell(r, c, text) for r, row in enumerate(rows) for c, text in enumerate(row))
        blocks.append(Table(cells, len(rows), len(rows[0]), gridded=True))
    return blocks


def document(*blocks: Block, title: str = TITLE) -> Document:
    return Document("html", (Paragraph(title, level=2), *blocks, Paragraph("五、存在的主要问题及改进情况", level=2)))


def as_grid(tables: list[Rows]) -> Document:
    return document(*grid(tables))


def as_pipes(tables: list[Rows]) -> Document:
    return _text("\n\n".join("\n".join(f"| {' | '.join(row)} |" for row in rows) for rows in tables))


def as_lines(tables: list[Rows]) -> Document:
    return _text("\n\n".join("\n".join(" ".join(filter(None, row)) for row in rows) for rows in tables))


def _text(body: str) -> Document:
    return extract(f"{TITLE}\n\n{body}\n\n五、存在的主要问题及改进情况")


def read(source: Document, table_id: str = "review_litigation") -> TableReading:
    return next(table for table in align(source, 2023) if table.table_id == table_id)


def texts(reading: TableReading) -> dict[tuple[str, str], str | None]:
    return {key: cell.text for key, cell in reading.cells.items()}


def warned(reading: TableReading) -> set[str]:
    """The kinds of the warnings on the whole table, but that nothing else in these short documents tells its form."""
    flags = [flag for flag in reading.flags if flag.severity != "info" and flag.row_id is None]
    return {flag.kind for flag in flags if "no label tells the form" not in flag.message}


@pytest.mark.parametrize("caption", ["", "区教育局", "2022", "二〇二二年度"])
@pytest.mark.parametrize("layout", [one_row, three_rows, two_tables])
def test_reviews_that_stand_twice_are_doubted(layout: Callable[..., list[Rows]], caption: str) -> None:
    others, own = (layout(figures, list(LINES), list(RESULTS)) for figures in (ANOTHERS, OWN))
    reading = read(document(*grid(others, caption), *grid(own)))
    assert texts(reading) == OWN or "duplicate_table" in warned(reading)


@pytest.mark.parametrize("caption", ["上年度", "（2022年度）", "去年", "2022年："])
@pytest.mark.parametrize("first", [True, False])
def test_a_line_that_names_another_year_speaks_against_the_table_under_it(caption: str, first: bool) -> None:
    others, own = (one_row(figures, list(LINES), list(RESULTS)) for figures in (ANOTHERS, OWN))
    pair = (*grid(others, caption), *grid(own, "本年度"))
    reading = read(document(*pair) if first else document(*pair[2:], *pair[:2]))
    assert texts(reading) == OWN
    assert "duplicate_table" in warned(reading)


def test_a_row_of_results_with_a_figure_lost_is_another_table_all_the_same() -> None:
    full, torn = (one_row(figures, list(LINES), list(RESULTS))[0] for figures in (ANOTHERS, OWN))
    torn[-1] = torn[-1][:-1]
    assert "duplicate_table" in warned(read(as_lines([full, torn])))


def test_five_rows_of_results_that_stand_twice_are_doubted_for_every_line() -> None:
    rows = [
        [["", *LINES.values()], *([RESULTS[k], *(figures[line, k] for line in LINES)] for k in RESULTS)]
        for figures in (ANOTHERS, OWN)
    ]
    reading = read(as_lines(rows))
    doubted = {flag.row_id for flag in reading.flags if flag.kind == "duplicate_row" and flag.severity == "warning"}
    assert doubted == set(LINES)


REVIEWS_FIRST = ("reconsideration", "litigation_after_reconsideration", "litigation_direct")
LAWSUITS_FIRST = ("litigation_direct", "litigation_after_reconsideration", "reconsideration")
PENDING_EARLY = ("upheld", "corrected", "pending", "other", "total")
TOTAL_FIRST = ("total", "upheld", "corrected", "other", "pending")


@pytest.mark.parametrize("show", [as_grid, as_pipes, as_lines])
@pytest.mark.parametrize("layout", [one_row, three_rows, two_tables])
@pytest.mark.parametrize("lines", [tuple(LINES), REVIEWS_FIRST, LAWSUITS_FIRST])
@pytest.mark.parametrize("results", [tuple(RESULTS), PENDING_EARLY, TOTAL_FIRST])
def test_the_printed_names_order_the_results(
    show: Callable[..., Document], layout: Callable[..., list[Rows]], lines: tuple[str, ...], results: tuple[str, ...]
) -> None:
    reading = read(show(layout(OWN, lines, results)))
    assert texts(reading) == OWN
    moved = results != tuple(RESULTS) or (lines != tuple(LINES) and layout is not three_rows)
    assert warned(reading) == ({"unknown_label"} if moved else set())


@pytest.mark.parametrize("show", [as_pipes, as_lines])
def test_names_in_another_order_that_are_not_all_there_are_doubted(show: Callable[..., Document]) -> None:
    tables = one_row(OWN, list(LINES), PENDING_EARLY)
    tables[0][1][7] = "囗囗囗囗"
    assert "unknown_label" in warned(read(show(tables)))


@pytest.mark.parametrize("show", [as_grid, as_pipes])
@pytest.mark.parametrize("lost", [range(15, 16), range(5), range(3, 9), range(0, 15, 2)])
def test_a_header_that_only_lacks_names_is_the_forms(show: Callable[..., Document], lost: range) -> None:
    tables = one_row(OWN, list(LINES), list(RESULTS))
    tables[0][1] = ["囗囗" if place in lost else name for place, name in enumerate(tables[0][1])]
    reading = read(show(tables))
    assert texts(reading) == OWN
    assert warned(reading) == set()


def test_a_header_in_storeys_names_the_first_results_twice() -> None:
    (rows,) = one_row(OWN, list(LINES), list(RESULTS))
    names = rows[1]
    rows[0] = ["行政复议", *[""] * 4, "行政诉讼", *[""] * 9]
    rows.insert(1, [*names[:5], "未经复议直接起诉", *[""] * 4, "复议后起诉", *[""] * 4])
    reading = read(as_pipes([rows]))
    assert texts(reading) == OWN
    assert warned(reading) == set()


@pytest.mark.parametrize("results", [tuple(RESULTS), PENDING_EARLY])
@pytest.mark.parametrize("total", [0, 1, 2])
def test_names_that_wrap_in_lines_of_text_still_tell_their_order(results: tuple[str, ...], total: int) -> None:
    """Each name in two lines, 总计 beside the upper halves, on a line between them, or beside the lower halves."""
    (rows,) = one_row(OWN, list(LINES), results)
    halves: Rows = [[], [], []]
    for name in rows[1]:
        if name == "总计":
            halves[total].append(name)
        else:
            halves[0].append(name[:2])
            halves[2].append(name[2:])
    reading = read(as_lines([[rows[0], *filter(None, halves), rows[2]]]))
    said = [flag for flag in reading.flags if "another order than the form" in flag.message]
    assert bool(said) == (results != tuple(RESULTS))
    assert texts(reading) == OWN or said


def test_lawsuits_printed_before_reviews_in_storeys_are_doubted() -> None:
    (rows,) = one_row(OWN, LAWSUITS_FIRST, list(RESULTS))
    rows[0] = ["行政诉讼", "行政复议"]
    rows.insert(1, ["未经复议直接起诉", "复议后起诉"])
    assert "unknown_label" in warned(read(as_lines([rows])))


@pytest.mark.parametrize("note", ["（与去年同期对比）", "及与上年比较"])
def test_the_first_table_under_its_sections_heading_is_not_dropped_in_silence(note: str) -> None:
    own, others = (three_rows(figures, list(LINES), list(RESULTS)) for figures in (OWN, ANOTHERS))
    reading = read(document(*grid(own), *grid(others, "各部门："), title=TITLE + note))
    assert "duplicate_table" in warned(reading)
