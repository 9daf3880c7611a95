"""The document's own title, and what it says the document is: annual report, work plan or something else.

Titles come broken over lines, in front of a cover, misread, or not at all; and reports carry pictures of notices and
lists of other reports with titles of their own. So every title-like line is read, weighed by where it stands, and
held against the statutory tables' labels.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from extractors.document import Document, Paragraph, Table

YEAR = r"(?:2[0O〇○零oО][0-3O〇○零oО一二三][0-9O〇○零oО一二三四五六七八九]|二[〇○零0OoО◯][〇○零0OoО◯一二三][〇○零0OoО◯一二三四五六七八九])"
SUBJECT = r"(?:政府信息(?:公开)?(?:与|和|及|暨)?政务公开|政务公开(?:与|和|及|暨)政府信息公开|政[府务]信息公开|政务公开|信息公开)"
# What may stand between 公开 and 报告; a verb there (解读, 编制, 发布) makes it another kind of document.
TAIL = (
    rf"{SUBJECT}(?:工作)?(?:情况)?(?:的)?(?:年度)?(?:工作)?(?:情况)?(?:的)?(?:总结)?(?:报告|年报)(?:\([^()]{{0,20}}\))?"
)
PLAN = rf"{SUBJECT}(?:重点)?(?:工作)?(?:要点|(?:主要|重点)?任务|任务分解|工作安排|工作计划|年度计划|实施方案|工作方案)"
VERBS = (
    "做好|开展|编制|编写|报送|印发|转发|召开|举办|组织|公布|发布|解读|贯彻|落实|部署|培训|上一篇|下一篇|附件|下载|查看|查阅|详见|"
    "点击|根据|按照|依据|公示|征求|整改|审核|通报|完成|推进|督查|督导"
)
OTHER_KINDS = (
    (r"通知$|的函$|通报$|公告$|批复$|意见$|决定$|会议纪要$", "a notice"),
    (r"解读|图解|图说|一图|读懂|问答|答记者问|要点摘编", "an explanation"),
    (r"指南$|指南\(|申请流程|申请表$", "a guide"),
    (r"目录$|清单$|一览表?$|列表$|栏目$", "a catalogue"),
    (r"排名|排行|考核|评估|评议|测评|测评|汇总|汇编|统计表$|满意度", "a summary or an assessment"),
    (r"办法$|制度$|规定$|细则$|条例$|规范$|标准$|规则$|格式$|模板$|样式$|样表$|填报说明$", "a rule or a form"),
    (r"网站(?:工作)?年度(?:工作)?报[表告]|网站监管年度报表", "the annual return of a government website"),
    (r"方案$|计划$|台账$", "a plan"),
    (r"总结$|情况汇报$|自查报告$|述职", "an account of work"),
)
REPORTS_OF_OTHER_THINGS = re.compile(
    r"(?:政府工作|法治政府建设|依法行政|决算|预算|审计|绩效|质量|财务|环境|统计|廉政|社会责任|国民经济|调研|述职)[^公开]{0,12}(?:报告|公报)$"
)
STATUTORY = (
    "本年新收政府信息公开申请",
    "上年结转政府信息公开申请",
    "结转下年度继续办理",
    "勾稽关系",
    "三安全一稳定",
    "信访举报投诉类申请",
    "没有现成信息需要另行制作",
    "未经复议直接起诉",
    "复议后起诉",
    "社会公益组织",
    "法律服务机构",
    "属于行政执法案卷",
    "第二十条第(一)项",
    "要求提供公开出版物",
)
SECTIONS = (
    "总体情况",
    "主动公开政府信息",
    "依申请公开",
    "收到和处理政府信息公开申请",
    "行政复议",
    "行政诉讼",
    "存在的主要问题",
    "存在的问题",
    "需要报告的事项",
    "改进情况",
    "收费及减免",
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line without decoration; `level` as in `Paragraph`."""

    text: str
    page: int | None
    line: int | None
    level: int | None

    @property
    def compact(self) -> str:
        return "".join(self.text.split())


@dataclass(frozen=True)
class Text:
    """A document as lines, normalised (NFKC) and freed of markup; `compact` is all of it without white space."""

    lines: tuple[Line, ...]
    metadata: Mapping[str, str]

    @cached_property
    def compact(self) -> str:
        return "".join("".join(line.text.split()) for line in self.lines)

    @cached_property
    def head(self) -> tuple[Line, ...]:
        """The lines before the first section or the first long paragraph."""
        for index, line in enumerate(self.lines):
            if re.match(r"第?[一1](?:部分|[、.．])", line.text) or (len(line.text) > 60 and "。" in line.text):
                return self.lines[:index]
        return self.lines[:80]

    @cached_property
    def tail(self) -> tuple[Line, ...]:
        """The last lines, where an imprint stands; none that the head has."""
        return self.lines[max(len(self.head), len(self.lines) - 12) :]

    @cached_property
    def opening(self) -> str:
        """The first two hundred lines' worth of introduction, without white space: whose report, compiled from what."""
        start = len(self.head)
        return "".join(line.compact for line in self.lines[start : start + 12])[:1500]


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


_MARKUP = re.compile(r"!\[[^\]]*\]\([^)]*\)|\[image:[^\]]*\]|</?[a-zA-Z][^<>]*>|[*#`\\]+|\[([^\]]*)\]\([^)]*\)")


def read(document: Document) -> Text:
    """The document's text as lines, table rows among them, cells parted by tabs."""
    raw: list[tuple[str, int | None, int | None, int | None]] = []
    for block in document.blocks:
        raw.extend(_lines_of_table(block) if isinstance(block, Table) else _lines_of_paragraph(block))
    normal = unicodedata.normalize("NFKC", "\n".join(part[0] for part in raw)).split("\n")
    lines = []
    for text, (_, page, number, level) in zip(normal, raw, strict=True):
        stripped = text.strip()
        if level is None and stripped.startswith("#"):
            level = len(stripped) - len(stripped.lstrip("#"))
        if any(mark in stripped for mark in "*#`\\<["):
            stripped = _MARKUP.sub(lambda match: match[1] or "", stripped).strip()
        if stripped:
            lines.append(Line(stripped, page, number, level))
    return Text(tuple(lines), {key.lower(): value for key, value in document.metadata.items()})


def _lines_of_paragraph(block: Paragraph) -> Iterator[tuple[str, int | None, int | None, int | None]]:
    for offset, text in enumerate(block.text.splitlines()):
        yield text, block.page, None if block.line is None else block.line + offset, block.level


def _lines_of_table(table: Table) -> Iterator[tuple[str, int | None, int | None, int | None]]:
    rows: dict[int, list[str]] = {}
    where: dict[int, int | None] = {}
    for cell in table.cells:
        rows.setdefault(cell.row, []).append(cell.text)
        where.setdefault(cell.row, cell.line)
    for row in sorted(rows):
        if any(len(text) > 200 for text in rows[row]):  # a table that only lays the page out
            for text in rows[row]:
                for part in text.splitlines():
                    yield part, table.page, where[row], None
        else:
            yield "\t".join(" ".join(text.split()) for text in rows[row]), table.page, where[row], None


@cache
def _pattern(source: str) -> re.Pattern[str]:
    return re.compile(source)


def without_year(text: str) -> str:
    """The text without its years and with no trace of 年度 where the year stood."""
    return _pattern(rf"\(?(?<!\d){YEAR}(?:年度|年(?!报)|(?!\d))\)?").sub("", text)


def classify(text: str) -> tuple[str, str, str] | None:
    """(kind, what, phrase) of a title without white space; None for what is no title about open information."""
    text = text.strip("《》<>“”\"'·•-—_|:.。 ")
    if not 4 <= len(text) <= 90:
        return None
    bare = without_year(text).strip("《》()")
    if "公开" in text and (plan := _pattern(PLAN).search(bare)):
        rest = bare[plan.end() :].strip('《》"“”)')
        if _pattern(
            r"^(?:分解|分工|及|和|任务|工作|责任|表|的|重点|方案|\([^)]*\)|[》])*(?:通知)?(?:\([^)]*\))?$"
        ).match(rest):
            return "work_plan", "", _pattern(r"(?:关于)?(?:印发|发布|转发|公布)?[《]?$").sub("", bare[: plan.start()])
    annual = _pattern(rf"{TAIL}$").search(bare)
    if annual:
        phrase = bare[: annual.start()]
        if phrase.endswith("人民") and annual[0].startswith("信息"):
            phrase += "政府"
        elif phrase.endswith("人民") and annual[0].startswith("政府信息"):  # …人民政府信息公开…: one 政府 serves both
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
    """Every title in the metadata and the lines, in reading order, each as short as it reads."""
    found = []
    for key in ("title", "articletitle", "dc.title", "og:title", "subject"):
        for segment in re.split(r"\s*[_|]\s*|\s+[-–—]+\s+|-{2,}|[—–]{2}", text.metadata.get(key, "")):
            compact = "".join(unicodedata.normalize("NFKC", segment).split())
            said = classify(compact)
            if said is not None:
                found.append(Title(said[0], compact, said[1], said[2], -1, -1, _weight(compact, said, None, -1)))
    last = -1
    for index, line in enumerate(text.lines):
        if index <= last or len(found) > 40:
            continue
        if len(line.text) < 90 and ("公开" in line.text or "年报" in line.text or "报告" in line.text):
            title = _around(text.lines, index, last)
            if title is not None:
                found.append(title)
                last = title.last
    return found


def _around(lines: tuple[Line, ...], index: int, after: int) -> Title | None:
    """The shortest run of short lines around `index` that reads as a title."""
    for size in range(1, 6):
        for first in range(index, max(after, index - size), -1):
            run = lines[first : first + size]
            if first + size > len(lines) or not first <= index < first + size:
                continue
            if size > 1 and any(len(line.text) > 45 or "。" in line.text or "\t" in line.text for line in run):
                continue
            compact = "".join(line.compact for line in run)
            said = classify(compact)
            if said is None or (size > 1 and said[0] == "other" and not _pattern(r"关于").search(compact)):
                continue
            levels = [line.level for line in run if line.level]
            weight = _weight(compact, said, min(levels) if levels else None, first)
            return Title(said[0], compact, said[1], said[2], first, first + size - 1, weight)
    return None


def _weight(compact: str, said: tuple[str, str, str], level: int | None, first: int) -> int:
    weight = 4 if first < 0 else 0
    weight += 3 if re.search(YEAR, compact) else 0
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


def statutory_labels(text: Text) -> int:
    """How many of the statutory tables' own labels the document holds, of 14."""
    body = text.compact.replace("“", "").replace("”", "").replace('"', "").replace(",", "").replace("、", "")
    return sum(label in body for label in STATUTORY)


def printed_numbers(text: Text) -> int:
    """How many numbers stand alone in cells or on lines: a blank form has next to none."""
    count = 0
    for line in text.lines:
        tokens = line.text.replace("|", " ").split()
        count += sum(token.isdigit() for token in tokens)
    return count


def headings(text: Text) -> int:
    """How many of an annual report's section headings stand as short lines."""
    short = "\n".join(
        line.compact for line in text.lines if len(line.text) < 40 and line.text[:1] in "一二三四五六七八(第"
    )
    return sum(section in short for section in SECTIONS)
