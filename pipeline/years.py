"""The year that a report is about, its period, and the day it was published: evidence weighed, conflicts kept.

The year reported on is never that of publication: a report appears in the first months of the year after. Witnesses,
by trust: the title, the statistics period, the tables' headers, the introduction; the years that the prose names most
only when these are silent, and then with a flag.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline.model import Flag
from pipeline.texts import YEAR, Text
from pipeline.titles import SUBJECT, Title

EARLIEST = 2004  # the first cities reported before the Regulations of 2008
LATEST = 2050
_DIGITS = str.maketrans("〇○零oOОо◯一二三四五六七八九", "00000000123456789")
_DAY = (
    rf"({YEAR})[年./-](\d{{1,2}}|[一二三四五六七八九十]{{1,2}})[月./-]"
    r"(?:(\d{1,2}|[一二三四五六七八九十]{1,3})(?:日|号)?)?"
)
_ANY_YEAR = re.compile(rf"(?<![\d])({YEAR})年?")
_YEAR_LINE = re.compile(rf"^\(?({YEAR})年?度?\)?$")
_DATE = re.compile(_DAY)
_IMPRINT = re.compile(rf"^[^\d二]{{0,30}}?\(?{_DAY}\)?$")
_PERIOD = re.compile(
    rf"({YEAR})年(\d{{1,2}})月(\d{{1,2}})日(?:起|开始)?(?:至|到|-|—|–|~|―)+(?:({YEAR})年)?(\d{{1,2}})月(\d{{1,2}})日"
)
_HEADER = re.compile(rf"本年\(({YEAR})年?\)")
_INTRODUCED = re.compile(
    rf"({YEAR})年?(?:度)?[^,。;:0-9《》]{{0,24}}?{SUBJECT}(?:工作)?(?:情况)?(?:的)?(?:年度)?(?:工作)?(?:情况)?(?:报告|年报)"
)
_PUBLISHED = re.compile(
    rf"(?:发布|发文|公布|成文|公开|生成|印发|发稿)(?:日期|时间)[:：]?\s*{_DAY}|^(?:日期|时间)[:：]\s*{_DAY}"
)
_METADATA_DATES = ("published", "pubdate", "publishdate", "article:published_time", "date", "dc.date")


@dataclass(frozen=True, slots=True)
class Dating:
    """What the document says of its time; `year` is the year reported on."""

    year: int | None
    period: tuple[str, str] | None
    published: str | None
    flags: tuple[Flag, ...] = field(default=())


def number_of(year: str) -> int:
    """2020 from 2020, 二〇二〇, 二0二O."""
    return int(year.translate(_DIGITS))


def years_in(text: str) -> list[int]:
    found = (number_of(match[1]) for match in _ANY_YEAR.finditer(text))
    return [year for year in found if EARLIEST <= year <= LATEST]


def _small(number: str) -> int:
    if number.isdigit():
        return int(number)
    tens, _, ones = number.rpartition("十")
    digits = "一二三四五六七八九"
    value = digits.find(ones) + 1 if ones else 0
    return value if "十" not in number else (digits.find(tens) + 1 if tens else 1) * 10 + value


def iso(year: str, month: str, day: str | None) -> str | None:
    """2021-02-09, or 2021-02 where no day is printed; None for no real date."""
    y, m, d = number_of(year), _small(month), _small(day) if day else 1
    if not (EARLIEST <= y <= LATEST and 1 <= m <= 12 and 1 <= d <= 31):
        return None
    return f"{y:04}-{m:02}-{d:02}" if day else f"{y:04}-{m:02}"


def published_date(text: Text) -> str | None:
    """The day of publication: what the page's metadata says, a line that names it, or the imprint at head or tail.

    Lines between head and tail are not asked: there stand dates of the notices that a report shows in pictures.
    """
    for key in _METADATA_DATES:
        match = _DATE.search("".join(text.metadata.get(key, "").split()[:1]))
        if match and (found := iso(match[1], match[2], match[3])):
            return found
    for line in (*text.front, *text.tail):
        match = _PUBLISHED.search(line.text)
        if match:
            groups = match.groups()
            year, month, day = groups[:3] if groups[0] else groups[3:]
            if found := iso(year, month, day):
                return found
    for line in (*reversed(text.tail), *text.front):
        match = _IMPRINT.match(line.compact) if len(line.text) < 40 else None
        if match and (found := iso(match[1], match[2], match[3])):
            return found
    return None


def _periods(text: Text) -> list[tuple[int, str, str]]:
    """(year, first day, last day) of every statistics period printed; it may start in mid-year, as in 2008."""
    found = []
    for match in _PERIOD.finditer(text.compact):
        first, last = number_of(match[1]), number_of(match[4] or match[1])
        months = int(match[2]), int(match[5])
        if months[1] == 12 and int(match[6]) == 31 and (months[0] == 1 or (first == 2008 and months[0] == 5)):
            start, end = iso(match[1], match[2], match[3]), iso(match[4] or match[1], match[5], match[6])
            if start and end and EARLIEST <= last <= LATEST and first == last:
                found.append((last, start, end))
    return found


def date(text: Text, titles: Iterable[Title], same_year: bool = False) -> Dating:
    """Weigh the witnesses. `titles` are those that stand for this document, the weightiest first.

    `same_year` admits that it was published in the year it is about, as a work plan is.
    """
    votes: Counter[int] = Counter()
    named: dict[str, list[int]] = {}

    def hear(witness: str, years: list[int], weight: int) -> None:
        if years:
            named[witness] = list(dict.fromkeys(years))
            for year in dict.fromkeys(years):
                votes[year] += weight

    titles = list(titles)
    hear("title", years_in(titles[0].text)[:1] if titles else [], 10)
    hear("other titles", [y for title in titles[1:4] for y in years_in(title.text)[:1]], 4)
    hear("year line", [number_of(m[1]) for line in text.front if (m := _YEAR_LINE.match(line.compact))][:1], 8)
    periods = _periods(text)
    hear("period", [period[0] for period in periods[:1]], 7)
    hear("headers", [number_of(m[1]) for m in list(_HEADER.finditer(text.compact))[:1]], 6)
    introduced = _INTRODUCED.search(text.opening[:700])
    hear("introduction", [number_of(introduced[1])] if introduced else [], 5)
    published = published_date(text)
    mentioned = prose_years(text)
    flags: list[Flag] = []
    if votes:
        latest = int(published[:4]) - (0 if same_year else 1) if published else LATEST
        votes = Counter({year: weight - (8 if year > latest else 0) for year, weight in votes.items()})
        if mentioned and mentioned[0][0] in votes:
            votes[mentioned[0][0]] += 2
        ranked = sorted(votes.items(), key=lambda item: (-item[1], item[0]))
        year: int | None = ranked[0][0]
        if len(ranked) > 1 or ranked[0][0] > latest:
            flags.append(_conflict(named, published, year))
    else:
        year = _from_prose(mentioned, published)
        says = f"; the prose names {year} most" if year else ""
        flags.append(Flag("year_unknown", "warning", f"no title, period or header names the year reported on{says}"))
    period = next(((start, end) for y, start, end in periods if y == year), None)
    return Dating(year, period, published, tuple(flags))


def _conflict(named: dict[str, list[int]], published: str | None, year: int | None) -> Flag:
    said = [f"{witness} {'/'.join(map(str, years))}" for witness, years in named.items()]
    if published:
        said.append(f"published {published}")
    return Flag(
        "year_conflict",
        "warning",
        "the document names several years: " + ", ".join(said),
        observed="; ".join(said),
        expected=str(year),
    )


def prose_years(text: Text) -> list[tuple[int, int]]:
    """(year, mentions) in sentences, the most mentioned first; not in titles, tables or document numbers."""
    counts: Counter[int] = Counter()
    for line in text.lines:
        if len(line.text) > 30 and "年" in line.text and "\t" not in line.text:
            counts.update(number_of(m[1]) for m in _ANY_YEAR.finditer(line.text) if m[0].endswith("年"))
    return sorted(((y, n) for y, n in counts.items() if EARLIEST <= y <= LATEST), key=lambda item: (-item[1], item[0]))


def _from_prose(mentioned: list[tuple[int, int]], published: str | None) -> int | None:
    if not mentioned:
        return None
    year, count = mentioned[0]
    runner_up = mentioned[1][1] if len(mentioned) > 1 else 0
    if published:
        return year if year == int(published[:4]) - 1 else None
    return year if count >= 3 and count >= 2 * runner_up else None
