"""The days that a report covers: its statistics period as printed, and whether it reports on part of a year only.

The Regulations ask for a report on each calendar year. Reports on a quarter or a half year use the same tables, and
their numbers are no annual ones. A period that ends on a quarter's last day is one of these; any other odd period is
taken for a slip of the pen in an annual report, and flagged (see `years.date`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.identify.texts import YEAR, Text, number_of
from pipeline.identify.titles import SUBJECT, Title

_TO = r"(?:至|到|[-—–~―－])+"
_PERIOD = re.compile(
    rf"({YEAR})年(\d{{1,2}})(?:月(?:(\d{{1,2}})日)?(?:起|开始)?)?{_TO}(?:({YEAR})年)?(\d{{1,2}})月(?:(\d{{1,2}})日|底|末)?"
)
_LABELLED = re.compile(r"(?:统计|所列数据|数据)[^。;]{0,24}$")
_MONTH = r"(?:\d{1,2}|[一二三四五六七八九十]{1,2})"
_PART = (
    r"(?:[上下]?半年|(?:第?[一二三四1-4]|前[一二三])?个?季度|季报|月报|月度"
    rf"|(?<![\d十至到—–~-]){_MONTH}月份?(?={SUBJECT})"
    rf"|(?<![\d十])(?:1|一)月?(?:\d{{1,2}}日)?{_TO}(?!1[12]月|十[一二]月){_MONTH}月"
    rf"|(?<![\d十])(?!(?:1|一)(?![\d十])){_MONTH}月?(?:\d{{1,2}}日)?{_TO}{_MONTH}月)"
)
_IN_TITLE = re.compile(_PART)
_BESIDE_TITLE = re.compile(rf"^\(?(?:{YEAR}年?度?)?{_PART}度?\)?$")
# Titles that are told by nothing but this: …政府信息公开工作报告（2022年1-6月）.
_UNTITLED = re.compile(rf"{SUBJECT}[^,。;]{{0,12}}?(?:报告|年报)\([^()]{{0,12}}?{_PART}\)$")
_INTRODUCED = re.compile(rf"现将[^,。;]{{0,25}}?{_PART}[^,。;]{{0,30}}?(?:报告|公布|通报)如下")
_QUARTERS = ((3, 31), (6, 30), (9, 30))


@dataclass(frozen=True, slots=True)
class Span:
    """A period as printed: years, months and days; `labelled` when the text calls it that of the statistics."""

    first: tuple[int, int, int]
    last: tuple[int, int, int]
    labelled: bool

    @property
    def is_annual(self) -> bool:
        """One calendar year; its end may be a few days short (12月30日), and that of 2008 starts with the Regulations.

        A body founded in the year says so by a later first day.
        """
        (year, month, day), (end, end_month, end_day) = self.first, self.last
        whole = month == day == 1 or (year == 2008 and month == 5) or self.labelled
        return year == end and end_month == 12 and 20 <= end_day <= 31 and whole

    @property
    def is_part(self) -> bool:
        """Whole quarters of one year, without the last."""
        year, month, day = self.first
        return year == self.last[0] and day == 1 and month in (1, 4, 7, 10) and self.last[1:] in _QUARTERS

    def __str__(self) -> str:
        return f"{iso(self.first)}–{iso(self.last)}"


def iso(day: tuple[int, int, int]) -> str:
    return f"{day[0]:04}-{day[1]:02}-{day[2]:02}"


def spans(text: Text) -> Iterator[Span]:
    """Every period printed with its days, or with its months where the text calls it the statistics'."""
    compact = text.compact
    for match in _PERIOD.finditer(compact):
        labelled = _LABELLED.search(compact[max(0, match.start() - 40) : match.start()]) is not None
        if not labelled and not (match[3] and match[6]):
            continue
        year, end = (number_of(found) for found in (match[1], match[4] or match[1]))
        months = int(match[2]), int(match[5])
        if not all(1 <= month <= 12 for month in months):
            continue
        span = Span(
            (year, months[0], int(match[3] or 1)), (end, months[1], int(match[6] or _last_day(months[1]))), labelled
        )
        if 1 <= span.first[2] <= 31 and 1 <= span.last[2] <= 31:
            yield span


def _last_day(month: int) -> int:
    return 28 if month == 2 else 30 if month in (4, 6, 9, 11) else 31


def part_of_year(text: Text, own: Title | None) -> str | None:
    """Why the report covers but a part of a year, as its title, introduction or period says, or None.

    A second half is told by its period where the title does not call the report an annual one.
    """
    title = own.text if own else ""
    said = [title] if _IN_TITLE.search(title) else []
    if own is None or re.search(YEAR, title) is None:
        said += [line.compact for line in text.head if _UNTITLED.search(line.compact)]
    if own and own.first >= 0:
        beside = [*text.lines[max(0, own.first - 1) : own.first], *text.lines[own.last + 1 : own.last + 2]]
        said += [line.compact for line in beside if _BESIDE_TITLE.match(line.compact)]
    said += [match[0] for match in [_INTRODUCED.search(text.opening)] if match]
    if said:
        return f"a report on a part of a year, not an annual report: {said[0]}"
    found = [span for span in spans(text) if span.labelled]
    annual = "年度" in title or "年报" in title
    later = [s for s in found if s.is_annual and s.first[1:] in ((7, 1), (10, 1)) and title and not annual]
    part = [span for span in found if span.is_part] or later
    if part and len(part) + sum(not s.is_annual for s in found if s not in part) == len(found):
        return f"the statistics period is a part of a year, {part[0]}: no annual report"
    return None
