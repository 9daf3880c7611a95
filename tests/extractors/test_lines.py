"""Glyphs → lines → paragraphs, without any page."""

from __future__ import annotations

import pytest

from extractors.lines import Glyph, Line, lines_of, paragraphs_of, right_margin, text_of, without_doubles

SIZE = 10.0


def glyphs(text: str, x: float = 0.0, baseline: float = 100.0, pitch: float = SIZE, size: float = SIZE) -> list[Glyph]:
    """Characters side by side; those of ASCII half as wide."""
    drawn = []
    for character in text:
        width = size / 2 if character.isascii() else size
        drawn.append(Glyph(character, x, baseline - 0.88 * size, x + width, baseline + 0.12 * size, x, baseline, size))
        x += width if pitch == SIZE else pitch
    return drawn


def texts(*drawn: list[Glyph]) -> list[str]:
    return [line.text for line in lines_of([glyph for part in drawn for glyph in part])]


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ([("规章", 0), ("12", 23)], "规章 12"),  # a narrow gap
        ([("规章", 0), ("12", 40)], "规章\t12"),  # a column
        ([("商业企", 0), ("科研机", 38), ("社会公", 76)], "商业企\t科研机\t社会公"),  # columns close by
        ([("通", 0), ("知", 18)], "通 知"),  # a spaced title
        ([("通 知", 0)], "通 知"),
        ([("1", 0), ("2", 13), ("345", 27)], "1\t2\t345"),
        ([("甲　乙", 0)], "甲　乙"),
    ],
)
def test_gaps_between_words(parts: list[tuple[str, float]], text: str) -> None:
    assert texts(*(glyphs(word, x) for word, x in parts)) == [text]


def test_lines_are_told_by_their_baselines() -> None:
    assert texts(glyphs("规范性", 0, 100), glyphs("文件", 0, 112), glyphs("24", 60, 106)) == ["规范性", "24", "文件"]
    assert texts(glyphs("数量", 0, 100), glyphs("24", 60, 101)) == ["数量\t24"]


def test_raised_marks_go_behind_what_they_mark() -> None:
    assert texts(glyphs("22"), glyphs("1", 10, 96, size=5)) == ["22[1]"]
    assert texts(glyphs("说明"), glyphs("①", 20, 96, size=5)) == ["说明①"]


def test_doubles_go_and_neighbours_stay() -> None:
    bold = glyphs("1100") + glyphs("1100", 0.4) + glyphs("1100", 0, 100.3)
    assert "".join(glyph.text for glyph in without_doubles(bold)) == "1100"


def test_columns_of_vertical_writing() -> None:
    def column(text: str, x: float) -> list[Glyph]:
        return [glyph for i, one in enumerate(text) for glyph in glyphs(one, x, 100 + i * 10.5)]

    assert text_of(column("办理结果", 20) + column("及说明", 4)) == "办理结果\n及说明"
    horizontal = glyphs("三、", 0, 100) + glyphs("本年", 0, 112) + glyphs("度办", 0, 124)
    assert text_of(horizontal) == "三、\n本年\n度办"


def line(text: str, top: float, x0: float = 50.0, x1: float = 450.0) -> Line:
    return Line(text, x0, top, x1, top + 10, 10.0)


def joined(*lines: Line) -> list[str]:
    return [text for text, _ in paragraphs_of(lines, right_margin(lines))]


def test_full_lines_run_on_and_others_do_not() -> None:
    assert joined(
        line("第一段开头到行末", 100, 70),
        line("接着写满一行再", 115),
        line("写完。", 130, 50, 90),
        line("第二段另起一行到行末", 145, 70),
        line("写完。", 160, 50, 90),
    ) == ["第一段开头到行末接着写满一行再写完。", "第二段另起一行到行末写完。"]


@pytest.mark.parametrize(
    "following",
    [
        line("二、下一节", 115),
        line("- 3 -", 115, 50, 90),
        line("远处的一行", 150),
        line("规章\t0\t0", 115),
        line("规章 0 12 345", 115),
        Line("大字标题", 50, 115, 450, 131, 16.0),
    ],
)
def test_what_never_runs_on(following: Line) -> None:
    assert len(joined(line("一行写满的正文", 85), line("又一行写满的正文", 100), following)) == 2


def test_short_lines_have_no_margin_to_reach() -> None:
    assert right_margin([line("短", 100, 50, 90), line("短", 115, 50, 90)]) is None
