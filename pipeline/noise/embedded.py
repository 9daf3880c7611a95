"""Text of pictures inside a report: what OCR made of screenshots, and documents pasted in as if they were its own.

Two sorts. Around a picture's marker, or between lines of letter soup, stand remnants that say nothing: file listings,
times, sizes, lone letters. And some screenshots were read well: web pages with their navigation, notices with their
letterhead, document number and signature; they stand in the midst of the report and pretend to be it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from extractors.document import Document
from pipeline.prose import (
    HAN,
    IMAGE_MARKER,
    Line,
    is_heading,
    is_page_number,
    is_picture,
    is_prose,
    once,
    ordinary_lines,
    sections,
)

_HAN = re.compile(f"[{HAN}]")
_LISTING = re.compile(
    r"\s*(?:\d{4}[/-]\d{1,2}[/-]\d{1,2}\s*\d{1,2}[:：]?\d{2,3}(?:[:：]\d{2})?(?:\s*[AP]M)?"
    r"|Microsoft\s+(?:Office\s+)?(?:Word|Excel|PowerPoint|Edge)\b.{0,24}"
    r"|(?:Adobe\s+Acrobat|WPS|Foxit)\b.{0,24}"
    r"|\d*[\d,.]*\s?[KMG](?:B|8)?|\d[\d,.]*\s?(?:KB|MB|GB|K8|Kk8|字节)"
    r"|.{0,40}\.(?:docx?|xlsx?|pptx?|pdf|wps|jpe?g|png|zip|rar))\s*$",
    re.I,
)
_LETTER = re.compile(r"[A-Za-z£¥§¢|~^\\{}<>=#%&]")
_WIDEST = 200  # characters of a line of a listing
_RUN = 3  # listing lines in a row that make a file listing
_REACH = 3  # lines between two strong ones that are taken for remnants too
_LONGEST = 600  # lines that one picture may leave

_CHROME = re.compile(
    r"(?:当前(?:所在)?[^，。\d]{2}\s*[:：]|索\s*引\s*号\s*[:：]|发布机构\s*[:：]|公开目录\s*[:：]|发布(?:日期|时间)\s*[:：]|"
    r"更多\s*(?:>|》|＞|»)|网站首页\s*[|｜]|首\s*页\s*(?:>|/|＞|»)|点击(?:量|数|次数)?\s*[:：]\s*[\[（(]?\d|"
    r"浏览(?:次数|量)\s*[:：]|责任编辑\s*[:：]|字体\s*[:：]|打印本页|关闭窗口)"
)
_CRUMBS = re.compile("(?:[^>＞，。]{2,16}[>＞]){2}[^>＞，。]")  # the way down from a site's first page
_MENU = re.compile(
    r"\W*(?:网站)?(?:首\s?页|政务公开|政务服务|政民互动|互动交流|公众参与|办事服务|网上办事|便民服务|新闻中心|政务动态|"
    r"数据开放|数据发布|专题专栏|走进[\u4e00-\u9fff]{2,4}|魅力[\u4e00-\u9fff]{2,4}|[\u4e00-\u9fff]{2}概况)\W*"
)
_DATED = re.compile(r"[\[（(]?(?:20\d\d[-/.年])?\d{1,2}[-/.月]\d{1,2}日?[\])）]?\s*$")
_DATE_ENDS = ("日", "]", ")", "）")
_NOTICE = re.compile(
    rf"(?P<letterhead>[#*\s]*[{HAN}]{{3,26}}(?:人民政府|办公[室厅]|委员会|管委会|局)(?:文件)?[*\s]*$)"
    rf"|(?P<number>[{HAN}]{{2,14}}\s*[〔\[（(【]\s*20\d\d\s*[〕\])）】]\s*\d{{1,4}}\s*号\s*$)"
    rf"|(?P<title>[#*\s]*[{HAN}\s]{{0,40}}?关于[^，。]{{4,80}}的?\s*(?:通\s*知|公\s*告|通\s*报|函|交办单)[*\s]*$)"
    r"|(?P<addressee>[各区县市镇乡机有][^。；：]{3,80}[：:]\s*$)"
    r"|(?P<circulated>.{0,90}(?:现印发给你们|现将有关(?:事项|事宜)通知如下|特此(?:通知|公告)|（此件公开发布）))"
    r"|(?P<date>\s*(?:20\d\d|二[〇○Oo0零]..)\s*年\s*[\d一二三四五六七八九十]{1,3}\s*月\s*[\d一二三四五六七八九十]{1,3}\s*日\s*$)"
)
_NOTICE_REACH = 28  # lines between two marks of one notice
_HEAD_REACH = 10  # and between those of its head
_SIGNED = 3  # lines between a signature and its date
_PAGE_REACH = 6  # lines between two marks of one web page
_NUMBERED = re.compile(r"\s*[#*]*\s*(?:[（(]([一二三四五六七八九十]{1,3})[）)]|(\d{1,2})[、.．](?!\d))")
_DIGITS = "一二三四五六七八九十"


@dataclass(frozen=True, slots=True)
class Span:
    """Lines `first` to `last` (places in the list of lines, both included) of one pasted document."""

    first: int
    last: int
    what: str  # web page | notice


def remnants(found: Sequence[Line], soup: frozenset[int]) -> list[int]:
    """Places of the lines that a picture left, the letter soup itself (`soup`, places) not counted."""
    left: set[int] = set()
    listed = _listings(found)
    strong = soup | listed
    left |= listed
    for place, line in enumerate(found):
        if IMAGE_MARKER.search(line.text):
            rest = IMAGE_MARKER.split(line.text)[-1].strip()
            if rest and _is_remnant(rest) and _HAN.search(rest) is None:
                left.add(place)
            left |= _after(found, place, strong)
    ordered = sorted(strong)
    for one, next_one in pairwise(ordered):
        between = range(one + 1, next_one)
        if len(between) <= _REACH and all(_is_remnant(found[p].text) and not found[p].row for p in between):
            left.update(between)
    for place in ordered:
        for beside in (place - 1, place + 1):
            if 0 <= beside < len(found) and _is_lone(found[beside]):
                left.add(beside)
    return sorted(p for p in left - soup if not is_page_number(found[p]) and not is_picture(found[p]))


def _listings(found: Sequence[Line]) -> set[int]:
    """Lines of a screenshot's file listing: at least three in a row."""
    listed: set[int] = set()
    run: list[int] = []
    for place, line in enumerate(found):
        if not line.row and _lists_a_file(line.text):
            run.append(place)
            continue
        if len(run) >= _RUN:
            listed.update(run)
        run = []
    if len(run) >= _RUN:
        listed.update(run)
    return listed


def _lists_a_file(text: str) -> bool:
    if len(text) > _WIDEST or not _LISTING.match(text):
        return False
    return re.fullmatch(r"\s*[\d,.]+\s*", text) is None


def _after(found: Sequence[Line], marker: int, strong: frozenset[int] | set[int]) -> set[int]:
    """The remnants below a picture's marker, up to the last that is plainly one."""
    last = marker
    place = marker + 1
    while place < len(found) and place - marker <= _LONGEST and _is_remnant(found[place].text) and not found[place].row:
        if place in strong or (_LETTER.search(found[place].text) and last > marker):
            last = place
        place += 1
    return set(range(marker + 1, last + 1))


def _is_remnant(text: str) -> bool:
    return len(text) <= 60 and len(_HAN.findall(text)) < 4


def _is_lone(line: Line) -> bool:
    """A few letters or signs without a word: what stands beside soup and is nothing else."""
    text = line.text.strip()
    return not line.row and len(text) <= 16 and not _HAN.search(text) and _LETTER.search(text) is not None


@once
def pasted_in(document: Document) -> tuple[Span, ...]:
    """The web pages and notices that stand between the sections of a document, in order."""
    found = ordinary_lines(document)
    return tuple(pasted(found, sections(found)))


def pasted(found: Sequence[Line], sections: Sequence[int]) -> list[Span]:
    """The web pages and notices that stand between the report's own `sections` (places of their titles), in order."""
    if not sections:
        return []
    first, last = sections[0] + 1, sections[-1]
    resumes = _resumptions(found, first, last, frozenset(sections))
    spans = _notices(found, first, last, resumes) + _web_pages(found, first, last, resumes)
    merged: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.first, -s.last)):
        if merged and span.first <= merged[-1].last:
            merged[-1] = Span(merged[-1].first, max(merged[-1].last, span.last), merged[-1].what)
        else:
            merged.append(span)
    return merged


def _resumptions(found: Sequence[Line], first: int, last: int, sections: frozenset[int]) -> frozenset[int]:
    """Lines where the report itself goes on: its sections, and the next number of its own count."""
    places = set(sections)
    bracketed: set[int] = {0}
    plain: set[int] = {0}
    for place in range(first, last):
        if place in places:
            bracketed, plain = {0}, {0}
            continue
        match = None if found[place].row else _NUMBERED.match(found[place].text)
        if match is None:
            continue
        seen = bracketed if match[1] else plain
        number = int(match[2]) if match[2] else _DIGITS.find(match[1]) + 1
        if number - 1 in seen:
            seen.add(number)
            places.add(place)
    return frozenset(places)


def _notices(found: Sequence[Line], first: int, last: int, resumes: frozenset[int]) -> list[Span]:
    marks: list[tuple[int, str]] = []
    for place in range(first, last):
        text = found[place].text.replace("\n", " ")
        if found[place].row or not 5 <= len(text) <= 140:
            continue
        if name := _part_of_a_notice(text):
            marks.append((place, name))
    spans = []
    for cluster in _clusters(marks, _NOTICE_REACH, resumes):
        for one in _one_by_one(cluster):
            names = {name for _, name in one}
            if len(names) >= 3 and names & {"number", "title", "circulated"}:
                spans.append(Span(one[0][0], one[-1][0], "notice"))
    return spans


@lru_cache(maxsize=2_000)  # the prose is asked for its own passages once more
def _part_of_a_notice(text: str) -> str | None:
    match = _NOTICE.match(text)
    return match.lastgroup if match else None


def _one_by_one(cluster: Sequence[tuple[int, str]]) -> list[list[tuple[int, str]]]:
    """The marks of each notice: the parts of its head stand close together, and nothing but its end follows far below.
    A body's name shortly before a date is its signature."""
    dates = [place for place, name in cluster if name == "date"]
    notices: list[list[tuple[int, str]]] = []
    for place, name in cluster:
        signature = name == "letterhead" and any(0 < date - place <= _SIGNED for date in dates)
        before, last = notices[-1][-1] if notices else (place, name)
        ends = name in ("date", "circulated") or signature
        if notices and (ends or (place - before <= _HEAD_REACH and last != "date")):
            notices[-1].append((place, name))
        else:
            notices.append([(place, name)])
    return notices


def _web_pages(found: Sequence[Line], first: int, last: int, resumes: frozenset[int]) -> list[Span]:
    marks: list[tuple[int, str]] = []
    for place in range(first, last):
        line = found[place]
        if len(line.text) < 2:
            continue
        if _is_chrome(line.text) and not (is_prose(line) and "。" in line.text):
            marks.append((place, "chrome"))
        elif _MENU.fullmatch(line.text) and not line.row:
            marks.append((place, "menu"))
        elif _is_dated(line.text) and not is_prose(line) and not is_heading(line):
            marks.append((place, "dated"))
    prose = {place for place in range(first, last) if is_prose(found[place]) and "。" in found[place].text}
    spans = []
    for cluster in _clusters(marks, _PAGE_REACH, resumes | prose):
        names = [name for _, name in cluster]
        if ("chrome" in names or names.count("menu") >= 2) and len(cluster) >= 2:
            spans.append(Span(cluster[0][0], cluster[-1][0], "web page"))
    return spans


@lru_cache(maxsize=2_000)
def _is_chrome(text: str) -> bool:
    return _CHROME.search(text) is not None or ((">" in text or "＞" in text) and _CRUMBS.search(text) is not None)


def _is_dated(text: str) -> bool:
    """Whether a short line ends with a date, as the items of a list of news do."""
    if len(text) > 90:
        return False
    last = text.rstrip()[-1:]
    return (last.isdigit() or last in _DATE_ENDS) and _DATED.search(text, max(2, len(text) - 18)) is not None


def _clusters(marks: Sequence[tuple[int, str]], reach: int, resumes: frozenset[int]) -> list[list[tuple[int, str]]]:
    """Marks within reach of each other, with no line between where the report itself goes on."""
    clusters: list[list[tuple[int, str]]] = []
    for mark in marks:
        before = clusters[-1][-1][0] if clusters else None
        if before is not None and mark[0] - before <= reach and resumes.isdisjoint(range(before + 1, mark[0] + 1)):
            clusters[-1].append(mark)
        else:
            clusters.append([mark])
    return clusters
