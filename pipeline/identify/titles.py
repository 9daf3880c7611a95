"""The document's own title, and what it says the document is: annual report, work plan or something else.

Titles come broken over lines, in front of a cover, misread, or not at all; and reports carry pictures of notices and
lists of other reports with titles of their own. So every title-like line is read, weighed by where it stands, and
held against the statutory tables' labels.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from pipeline.identify.texts import YEAR, Line, Text, normalise

SUBJECT = (
    r"(?:政府信息(?:公开)?(?:与|和|及|暨)?政务公开|政务公开(?:与|和|及|暨)政府信息公开"
    r"|政[府务]信息公开|政务公开|信息公开)"
)
# What may stand between 公开 and 报告; a verb there (解读, 编制, 发布) makes it another kind of document.
TAIL = (
    rf"{SUBJECT}(?:工作)?(?:情况)?(?:的)?(?:年度)?(?:工作)?(?:情况)?(?:的)?(?:总结)?(?:报告|年报)"
    r"(?:\([^()]{0,20}\))?"
)
PLAN = (
    rf"{SUBJECT}(?:重点)?(?:工作)?"
    r"(?:要点|(?:主要|重点)?任务|任务分解|工作安排|工作计划|年度计划|实施方案|工作方案)"
)
VERBS = (
    "做好|开展|(?<!机构)编制|编写|报送|印发|转发|召开|举办|公布|发布|解读|贯彻|落实|部署|征求|圆满|顺利|"
    "上一篇|下一篇|附件|下载|查阅|详见|点击|根据|按照|依据"
)
EXPLAINED = r"解读|图解|图说|一图|读懂|问答|答记者问|要点摘编"
OTHER_KINDS = (
    (r"通知$|的函$|通报$|公告$|批复$|意见$|决定$|会议纪要$", "a notice"),
    (EXPLAINED, "an explanation"),
    (r"指南$|指南\(|申请流程|申请表$", "a guide"),
    (r"目录$|清单$|一览表?$|列表$|栏目$", "a catalogue"),
    (r"排名|排行|考核|评估|评议|测评|汇总|汇编|统计表$|满意度", "a summary or an assessment"),
    (r"办法$|制度$|规定$|细则$|条例$|规范$|标准$|规则$|格式$|模板$|样式$|样表$|填报说明$", "a rule or a form"),
    (r"网站(?:工作)?年度(?:工作)?报[表告]|网站监管年度报表", "the annual return of a government website"),
    (r"方案$|计划$|台账$", "a plan"),
    (r"总结$|情况汇报$|自查报告$|述职", "an account of work"),
)
_BETWEEN_TITLES = r"\s*[_|]\s*|\s+[-–—]+\s+|-{2,}|[—–]{1,2}|(?<=[一-龥)）])-(?=[一-龥])"
# How the last line of a title ends, so that most lines need no further look.
_ENDS = re.compile(
    r"[告报知函复见定要懂答南程录单览列栏目名行核估议评测总编计度法制则例范准式板样明案划账结职点表务排)》”\"\d]$"
    r"|解读|图解|图说|一图|年度?[)》]?$"
)
REPORTS_OF_OTHER_THINGS = re.compile(
    r"(?:政府工作|法治政府建设|依法行政|决算|预算|审计|绩效|质量|财务|环境|统计|廉政|社会责任|国民经济|调研|述职)"
    r"[^公开]{0,12}(?:报告|公报)$"
)


@dataclass(frozen=True, slots=True)
class Title:
    """A title found: what kind of document it names, and its text without white space."""

    kind: str  # annual_report | work_plan | other
    text: str
    what: str  # for `other`: what the document is
    phrase: str  # what is left without year and tail: whose report it is, if anything
    first: int  # index of its first line; -1 for metadata
    last: int
    weight: int


@cache
def _pattern(source: str) -> re.Pattern[str]:
    return re.compile(source)


def without_year(text: str) -> str:
    """The text without its years and with no trace of 年度 where the year stood."""
    return _pattern(rf"\(?(?<!\d){YEAR}(?:年度|年(?!报)|(?!\d))\)?").sub("", text)


def classify(text: str) -> tuple[str, str, str] | None:
    """(kind, what, phrase) of a title without white space; None for what is no title about open information."""
    if "。" in text or text.count(",") > 1:
        return None
    text = _pattern(r"[\[(]?(?:发布日期:?)?\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?[\])]?$").sub(
        "", text.strip("<>“”\"'·•-—_|:. ")
    )
    text = _pattern(r"^(?:标题|名称|信息名称|文件名称|题名)[::]").sub("", text)
    if not 4 <= len(text) <= 90:
        return None
    bare = without_year(text).strip("《》")
    bare = bare[1:-1] if bare[:1] == "(" and bare[-1:] == ")" else bare
    if "公开" in text and (plan := _pattern(PLAN).search(bare)):
        rest = bare[plan.end() :].strip('《》"“”)')
        if _pattern(
            r"^(?:分解|分工|及|和|任务|工作|责任|表|的|重点|方案|\([^)]*\)|[》])*(?:通知)?(?:\([^)]*\))?$"
        ).match(rest):
            return "work_plan", "", _pattern(r"(?:关于)?(?:印发|发布|转发|公布)?[《]?$").sub("", bare[: plan.start()])
    annual = _pattern(rf"{TAIL}$").search(bare)
    if annual and not _pattern(EXPLAINED).search(bare):
        phrase = bare[: annual.start()]
        if phrase.endswith("人民"):  # …人民政府信息公开…: one 政府 serves both
            phrase += "政府"
        phrase = _pattern(r"^(?:附件?\d*:?|关于|\d{1,3}[.、])+|[的度]$").sub("", phrase).strip("《》()·•-—_|")
        if len(phrase) <= 40 and not _pattern(rf"[,。;:!?]|{VERBS}").search(phrase):
            return "annual_report", "", phrase
        if _pattern(VERBS).search(phrase):
            return "other", "a notice or a news item", ""
    if "公开" in text or "年报" in text or "年度报" in text:
        for pattern, what in OTHER_KINDS:
            if _pattern(pattern).search(bare):
                return "other", what, ""
    if REPORTS_OF_OTHER_THINGS.search(bare):
        return "other", "a report on another matter", ""
    return None


def candidates(text: Text) -> list[Title]:
    """Every title in the metadata and the lines, in reading order, each as short as it reads.

    The title of a web page was typed for it; that of a PDF or Word file is often left over from another year.
    """
    found = []
    for key in ("title", "page_title"):
        for segment in _pattern(_BETWEEN_TITLES).split(text.metadata.get(key, "")):
            compact = "".join(normalise(segment).split())
            said = classify(compact)
            if said is not None:
                trust = 4 if text.format == "html" else -2
                found.append(
                    Title(said[0], compact, said[1], said[2], -1, -1, trust + _weight(compact, said, None, -1))
                )
    last, in_head = -1, len(text.head) + 1
    for index, line in enumerate(text.lines):
        if index <= last or len(found) > 40:
            continue
        words = line.text
        open_or_report = ("公" in words and "开" in words) or ("报" in words and ("告" in words or "年" in words))
        if len(words) < 90 and open_or_report:
            title = (
                _in_row(line, index) if "\t" in words else _around(text.lines, index, last, 5 if index < in_head else 1)
            )
            if title is not None:
                found.append(title)
                last = title.last
    return found


_IMPRINTED = re.compile(r"(?:政府|局|委|厅|中心|办公室|处)$")


def _in_row(line: Line, index: int) -> Title | None:
    """The title in a cell of a row, as in the box of particulars above an article."""
    for cell in line.text.split("\t"):
        compact = "".join(cell.split())
        said = classify(compact)
        if said is not None:
            return Title(said[0], compact, said[1], said[2], index, index, _weight(compact, said, line.level, index))
    return None


def _around(lines: tuple[Line, ...], index: int, after: int, longest: int) -> Title | None:
    """The shortest run of at most `longest` short lines around `index` that reads as a title."""
    ends = [e for e in range(index, min(len(lines), index + longest)) if _ENDS.search(lines[e].text)]
    for size in range(1, longest + 1) if ends else ():
        for last in ends:
            first = last - size + 1
            if not after < first <= index:
                continue
            run = lines[first : last + 1]
            if size > 1 and any(len(line.text) > 45 or "。" in line.text or "\t" in line.text for line in run):
                continue
            compact = "".join(line.compact for line in run)
            said = classify(compact)
            if said is None or (size > 1 and said[0] == "other" and not _pattern(r"关于|报告[》”]").search(compact)):
                continue
            if size > 1 and _stands_alone(run[0].text, "".join(line.compact for line in run[1:])):
                continue
            levels = [line.level for line in run if line.level]
            weight = _weight(compact, said, min(levels) if levels else None, first)
            if said[0] == "annual_report" and last + 1 < len(lines) and len(lines[last + 1].text) <= 14:
                # 《…年度报告》 on one line, 政策解读 on the next
                compact_on = compact + lines[last + 1].compact
                onward = classify(compact_on)
                if onward is not None and onward[0] == "other" and not _IMPRINTED.search(compact_on):
                    return Title("other", compact_on, onward[1], "", first, last + 1, weight)
            return Title(said[0], compact, said[1], said[2], first, last, weight)
    return None


def _stands_alone(first: str, rest: str) -> bool:
    """Whether the lines after the first are a title of their own, and the first is not the start of theirs."""
    return classify(rest) is not None and (re.search(YEAR, rest) is not None or re.search(YEAR, first) is None)


def _weight(compact: str, said: tuple[str, str, str], level: int | None, first: int) -> int:
    weight = 3 if re.search(YEAR, compact) else 0
    weight += 2 if said[2] or (said[0] == "other" and "关于" in compact) else 0
    weight += 3 if level is not None and level <= 3 else 0
    weight += 3 if 0 <= first < 4 else 2 if 0 <= first < 10 else 0
    if re.search(r"\d{4}-\d{1,2}-\d{1,2}|^\d+[.、]|[\t|]", compact):  # an entry in a list
        weight -= 3
    return weight


def own_title(text: Text, found: list[Title]) -> Title | None:
    """The title that stands over the document: in its head or metadata, the weightiest and then the first."""
    head = len(text.head)
    own = [title for title in found if title.first < head and title.weight > 2]
    return max(own, key=lambda title: (title.weight, -title.first), default=None)


def within_notice(notice: Title) -> Title | None:
    """The report's title within that of the notice that publishes it: 关于公布《…年度报告》的公告."""
    inner = _pattern(r"(?:公布|发布|公开|印发)《?(.+?(?:报告|年报))》?的(?:公告|通知|公示|函)$").search(notice.text)
    said = classify(inner[1]) if inner else None
    if inner is None or said is None or said[0] != "annual_report":
        return None
    return Title(said[0], inner[1], said[1], said[2], notice.first, notice.last, notice.weight)


def misread_title(text: Text) -> Title | None:
    """A title in the head whose 政府信息公开工作年度报告 has a few wrong characters: 政府倌息公开工作年度报吿."""
    from rapidfuzz import fuzz

    whole = "政府信息公开工作年度报告"
    head = text.head
    for first in range(len(head)):
        for last in range(first, min(len(head), first + 3)):
            compact = "".join(line.compact for line in head[first : last + 1])
            if not 8 <= len(compact) <= 60 or _pattern("[。,;!?]").search(compact):
                continue
            bare = without_year(compact)
            found = fuzz.partial_ratio_alignment(whole, bare, score_cutoff=75)
            ends = bare[-1] == "告" or bare[-2] == "报"  # else the line only breaks there
            if found and ends and len(bare) - found.dest_end <= 1 and found.dest_end - found.dest_start >= 8:
                said = classify(bare[: found.dest_start] + whole)
                if said:
                    return Title(said[0], compact, said[1], said[2], first, last, 3)
    return None
