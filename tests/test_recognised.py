"""The truth of text that was really OCR'd: what was printed where, and what the verdict on a line is."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from benchmarks import recognised, trust
from benchmarks.pictures import Picture
from benchmarks.recognised import Box, Line, Printed, Tally, Verdict, flagged_lines, judge, tally

PICTURE = Picture(
    SimpleNamespace(), 200.0, ("会议纪要.doc", "127 KB", "关于公布行政许可事项目录的公告", "公开栏"), "folder, tiny"
)


def printed(text: str, top: float = 100.0) -> Printed:
    """A line of characters ten points wide, from the left, and a picture further down."""
    characters = tuple((Box(0, 10.0 * n, top, 10.0 * n + 10, top + 12), c) for n, c in enumerate(text))
    return Printed(characters, ((Box(0, 0, 300, 200, 400), PICTURE),))


def verdict(seen: str, text: str, last: int | None = None) -> Verdict:
    """Of a line read where `text`, or its first `last` characters, was printed."""
    return judge(Box(0, 0, 101, 10.0 * (last or len(text)), 111), seen, printed(text)).verdict


@pytest.mark.parametrize(
    ("seen", "text", "wanted"),
    [
        ("全县公开信息12条。", "全县公开信息１２条。", Verdict.RIGHT),
        ("全县公开信息 12条", "全县公开信息12条。", Verdict.RIGHT),  # marks and spaces do not count
        ("全县公并信息12条。", "全县公开信息12条。", Verdict.SLIP),
        ("全县公并信思12条。", "全县公开信息12条。", Verdict.NOISE),
        (
            "全县公开信思2条，制作图文解读篇，回应留言",
            "全县公开信息12条，制作图文解读篇，回应留言",
            Verdict.SLIP,
        ),  # two of twenty
        ("公升", "公开", Verdict.SLIP),
        ("128", "123", Verdict.FIGURE),
        ("11", "其他", Verdict.FIGURE),
        ("il", "12", Verdict.FIGURE),
        ("污点", "", Verdict.NOISE),
    ],
)
def test_a_line_is_judged_by_what_was_printed_in_its_place(seen: str, text: str, wanted: Verdict) -> None:
    assert verdict(seen, text, last=max(len(text), 1)) is wanted


def test_a_box_may_hold_a_part_of_a_line() -> None:
    assert verdict("全县公开", "全县公开信息12条。", last=4) is Verdict.RIGHT
    assert verdict("全县公开信", "全县公开信息12条。", last=4) is Verdict.RIGHT  # where a box ends is not exact


@pytest.mark.parametrize(
    ("seen", "wanted"),
    [
        ("会议纪要.doc", Verdict.PICTURE),
        ("公开栏", Verdict.PICTURE),
        ("公开栏 127 KB", Verdict.PICTURE),
        ("公布行政许可事项目录", Verdict.PICTURE),
        ("关于公布行政许可事理目录的公告", Verdict.SLIP),
        ("关于公有行攻许可事理目录的公告", Verdict.NOISE),
        ("会义记要.dor", Verdict.NOISE),
        ("公", Verdict.NOISE),  # a shred
        ("12", Verdict.FIGURE),
        ("·", Verdict.SLIP),
    ],
)
def test_a_picture_is_read_right_or_left_in_shreds(seen: str, wanted: Verdict) -> None:
    line = judge(Box(0, 20, 300, 60, 312), seen, printed("全县"))
    assert (line.verdict, line.picture) == (wanted, "folder, tiny")


def test_a_flag_on_a_pasted_document_reaches_over_its_lines() -> None:
    page = ["山城县人民政府", "首页", "政务公开", "政务服务", "·招聘公告", "2021-07-26", "·财政预算公开", "2021-11-04"]
    lines = [
        "临沂市兰山区人民政府2021年政府信息公开工作年度报告",
        "一、总体情况",
        "全区公开信息12条，成效明显。",
        *page,
    ]
    lines += ["二、主动公开政府信息情况", "三、收到和处理政府信息公开申请情况"]
    assert flagged_lines(lines) == set(range(5, 12))


def test_what_was_flagged_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        Line("甲", "甲", Verdict.RIGHT),
        Line("乙", "丙", Verdict.NOISE),
        Line("丁", "戊", Verdict.NOISE),
        Line("己", "庚", Verdict.SLIP),
        Line("公开栏", "", Verdict.PICTURE, "folder, tiny"),
    ]
    monkeypatch.setattr(recognised, "flagged_lines", lambda texts: {1, 2, 4, 5})
    found = Tally()
    found.add(lines)
    assert found == Tally(reports=1, noise=2, found=1, flagged=4, right=3, slips=1, slips_found=1)


def test_no_report_is_begun_when_the_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(recognised, "read_report", lambda seed: read.append(seed) or [])
    assert tally(3, "7", 60.0) == Tally(reports=3)
    assert read == ["7.0", "7.1", "7.2"]
    assert tally(3, "7", -1.0) == Tally(reports=1, cut=True)


def test_the_table_says_why_nothing_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognised, "missing", lambda: "install the OCR extra")
    (line,) = trust._recognised(3, "1", 1.0)
    assert "install the OCR extra" in line.measure
    assert line.met is None
    assert not list(trust._recognised(0, "1", 1.0))


@pytest.mark.slow
def test_a_report_with_pictures_is_really_read() -> None:
    """Most of a good scan is read right, and what is not is hardly ever flagged wrongly."""
    if reason := recognised.missing():
        pytest.skip(reason)
    found = tally(2, "1.recognised", 600.0)
    lines = [line for number in range(2) for line in recognised.read_report(f"1.recognised.{number}")]
    right = sum(line.verdict is Verdict.RIGHT for line in lines)
    assert right > 0.3 * len(lines)
    assert any(line.picture for line in lines)
    assert found.right >= 0.9 * found.flagged
