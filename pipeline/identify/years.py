"""The year that a report is about, its period, and the day it was published: evidence weighed, conflicts kept.

The year reported on is never that of publication: a report appears in the first months of the year after. Witnesses,
by trust: the title, the statistics period, the tables' headers, the introduction. The prose and the day of publication
may contradict them (a title copied from last year's report): then the year is that which most of them support, with a
flag. Where all but the prose are silent, the year it names most stands, with a flag too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pipeline.identify.accounts import accounts, dominant
from pipeline.identify.spans import Span, spans
from pipeline.identify.spans import iso as iso_day
from pipeline.identify.texts import YEAR, Text, number_of
from pipeline.identify.titles import SUBJECT, Title
from pipeline.model import Flag

EARLIEST = 2004  # the first cities reported before the Regulations of 2008
LATEST = 2050
_DAY = (
    rf"({YEAR})[年./-](\d{{1,2}}|[一二三四五六七八九十]{{1,2}})[月./-]"
    r"(?:(\d{1,2}|[一二三四五六七八九十]{1,3})(?:日|号)?)?"
)
_ANY_YEAR = re.compile(rf"(?<![\d])({YEAR})年?")
_YEAR_LINE = re.compile(rf"^\(?({YEAR})年?度?\)?$")
_DATE = re.compile(_DAY)
_IMPRINT = re.compile(rf"^[^\d二]{{0,30}}?\(?{_DAY}\)?$")
# In a title: when it was published, and the numbers of documents.
_BESIDE = re.compile(
    rf"{YEAR}([-/.])\d{{1,2}}\1\d{{1,2}}(?!\d)|{YEAR}年\d{{1,2}}月(?:\d{{1,2}}日)?(?!至|到|[-—–~\d])"
    rf"|{YEAR}年(?:发布|公布|公开日期|编制|印发|修订)|[\[〔(]{YEAR}[\]〕)]第?\d+号"
)
_HEADER = re.compile(rf"本年\(({YEAR})年?\)")
_INTRODUCED = re.compile(
    rf"({YEAR})年?(?:度)?[^,。;:0-9《》]{{0,24}}?{SUBJECT}(?:工作)?(?:情况)?(?:的)?(?:年度)?(?:工作)?(?:情况)?(?:报告|年报)"
)
_PUBLISHED = re.compile(
    rf"(?:发布|发文|公布|成文|公开|生成|印发|发稿)(?:日期|时间)[:：]?\s*{_DAY}|^(?:日期|时间)[:：]\s*{_DAY}"
)
_METADATA_DATES = ("published", "pubdate", "publishdate", "article:published_time", "date", "dc.date")


Named = dict[str, tuple[list[int], int]]  # for each witness the years that it names, and its weight


@dataclass(frozen=True, slots=True)
class Dating:
    """What the document says of its time; `year` is the year reported on."""

    year: int | None
    period: tuple[str, str] | None
    published: str | None
    flags: tuple[Flag, ...] = field(default=())


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


def _years_of_title(title: str) -> list[int]:
    """The years in a title; the day it was published or printed beside it, and numbers of documents, are none."""
    return list(dict.fromkeys(years_in(_BESIDE.sub("", title))))


def _hear(text: Text, titles: Sequence[Title], periods: Sequence[Span]) -> Named:
    """The years that each witness names, and its weight."""
    others = {year: None for t in titles[1:4] if t.text != titles[0].text for year in _years_of_title(t.text)[:1]}
    introduced = _INTRODUCED.search(text.opening[:700])
    return {
        "title": (_years_of_title(titles[0].text)[:2] if titles else [], 10),
        "other titles": (list(others), 4),
        "year line": ([number_of(m[1]) for line in text.front if (m := _YEAR_LINE.match(line.compact))][:1], 8),
        "period": ([span.last[0] for span in periods[:1]], 7),
        "headers": ([number_of(m[1]) for m in list(_HEADER.finditer(text.compact))[:1]], 6),
        "introduction": ([number_of(introduced[1])] if introduced else [], 5),
    }


def date(text: Text, titles: Iterable[Title], same_year: bool = False) -> Dating:
    """Weigh the witnesses. `titles` are those that stand for this document, the weightiest first.

    `same_year` admits that it was published in the year it is about, as a work plan is.
    """
    every = [span for span in spans(text) if EARLIEST <= span.last[0] <= LATEST]
    periods = [span for span in every if span.is_annual]
    odd = [] if periods else [span for span in every if span.labelled and not span.is_annual]
    named = {witness: said for witness, said in _hear(text, list(titles), periods).items() if said[0]}
    published = published_date(text)
    latest = int(published[:4]) - (0 if same_year else 1) if published else LATEST
    mentioned = prose_years(text)
    if not named:
        year = _from_prose(mentioned, published)
        says = f"; the prose names {year} most" if year else ""
        unknown = Flag("year_unknown", "warning", f"no title, period or header names the year reported on{says}")
        return _dating(year, periods, published, unknown)
    told = Counter[int]() if same_year else accounts(text)
    year = _weigh(named, latest, mentioned)
    if not same_year and year is not None:
        settled = _is_witnessed(named, year) or (published is not None and year == latest)
        rather = dominant(told, year, latest + 1 if published else None, settled)
        if rather:
            named["prose"] = ([rather], 6 if told[rather] >= 3 else 4)
    if not same_year:
        year = _weigh(named, latest, mentioned, support=latest if published else None)
    several = len({y for years, _ in named.values() for y in years}) > 1
    lags = published is not None and not same_year and year is not None and year < latest
    lags = lags and not told[year or 0] and not _is_witnessed(named, year)
    if several or odd or lags or (year is not None and year > latest):
        return _dating(year, periods, published, _conflict(named, odd, published, year))
    return _dating(year, periods, published)


def _is_witnessed(named: Named, year: int | None) -> bool:
    """Whether a witness beside the titles names the year."""
    return any(year in years for witness, (years, _) in named.items() if "title" not in witness)


def _weigh(named: Named, latest: int, mentioned: list[tuple[int, int]], support: int | None = None) -> int | None:
    """The year with most weight, None where a title's two weigh alike. `support` is the year before publication."""
    votes: Counter[int] = Counter()
    for years, weight in named.values():
        for year in years:
            votes[year] += weight
    for year in votes:
        votes[year] += (5 if year == support else 0) - (8 if year > latest else 0)
    if mentioned and mentioned[0][0] in votes:
        votes[mentioned[0][0]] += 2
    ranked = sorted(votes.items(), key=lambda item: (-item[1], item[0]))
    title = named.get("title", ([], 0))[0]
    if len(ranked) > 1 and ranked[0][1] == ranked[1][1] and {ranked[0][0], ranked[1][0]} <= set(title):
        return None
    return ranked[0][0]


def _dating(year: int | None, periods: Sequence[Span], published: str | None, *flags: Flag) -> Dating:
    period = next(((iso_day(s.first), iso_day(s.last)) for s in periods if s.last[0] == year), None)
    return Dating(year, period, published, flags)


def _conflict(named: Named, odd: Sequence[Span], published: str | None, year: int | None) -> Flag:
    said = [f"{witness} {'/'.join(map(str, years))}" for witness, (years, _) in named.items()]
    said += [f"statistics period {span}" for span in odd[:1]]
    if published:
        said.append(f"published {published}")
    several = len({y for years, _ in named.values() for y in years}) > 1
    message = "the document names several years: " if several else "the year reported on is in doubt: "
    return Flag(
        "year_conflict",
        "warning",
        message + ", ".join(said),
        observed="; ".join(said),
        expected=None if year is None else str(year),
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
