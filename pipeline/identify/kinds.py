"""Which kind of document this is: the statutory tables prove a report, a title makes one, its sections suggest one."""

from __future__ import annotations

import re
from collections.abc import Collection

from pipeline.identify import spans, years
from pipeline.identify.texts import YEAR, Text
from pipeline.identify.titles import Title

FILLED = 12  # numbers in cells from which on a form with the statutory labels is taken for filled in
# Who compiled the report, as its first paragraph says; the sixth and seventh pattern only name a body to ask.
INTRODUCTIONS = tuple(
    re.compile(pattern)
    for pattern in (
        r"报告(?:是|系)?由([^,。;:()《]{3,40}?)(?:根据|按照|依据|依照|编制|牵头|组织|汇总|负责|,|\()",
        r"报告(?:是|系)([^,。;:()《]{3,40}?)(?:根据|按照|依据|依照)",
        r"(?:^|[。,])(?:现)?由([^,。;:()《]{3,40}?)(?:编制|公布|发布)",
        r"(?:^|[。,])([^,。;:()《]{3,40}?)(?:组织|牵头)?(?:编制|编写|撰写)(?:了)?(?:本|此|该)(?:年度)?报告",
        r"(?:^|[。,:])([^,。;:()《]{3,40}?)(?:根据|按照|依据|依照)《(?:中华人民共和国)?政府信息公开条例",
        rf"现将([^,。;:()《]{{2,40}}?)(?:{YEAR})",
        r"请(?:直接)?(?:与|向|同|联系)([^,。;:()《]{3,30}?)(?:联系|咨询|反映|\(|,|。)",
    )
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


def statutory_labels(text: Text) -> int:
    """How many of the statutory tables' own labels the document holds, of 14."""
    body = text.compact.replace("“", "").replace("”", "").replace('"', "").replace(",", "").replace("、", "")
    return sum(label in body for label in STATUTORY)


_NUMBER = re.compile(r"\d[\d,.]*(?<!\.)(?:万元|亿元|元|[件项条个份])?")


def is_filled_in(text: Text) -> bool:
    """Whether enough numbers stand alone in cells or on lines: a blank form has next to none."""
    count = 0
    for line in text.lines:
        tokens = line.text.replace("|", " ").split()
        count += sum(_NUMBER.fullmatch(token) is not None for token in tokens if token[0].isdigit())
        if count >= FILLED:
            return True
    return False


def headings(text: Text) -> int:
    """How many of an annual report's section headings stand as short lines."""
    short = "\n".join(
        line.compact for line in text.lines if len(line.text) < 40 and line.text[:1] in "一二三四五六七八(第"
    )
    return sum(section in short for section in SECTIONS)


def kind_of_document(text: Text, found: list[Title], own: Title | None) -> tuple[str, str | None]:
    """(document_type, reason): `reason` is a sentence for people, and None for reports and work plans.

    `found` are all titles, `own` the one that stands over the document, if any.
    """
    labels = statutory_labels(text)
    reports = {(t.phrase, *years.years_in(t.text)[:1]) for t in found if t.kind == "annual_report"}
    if len({phrase for phrase, *_ in reports}) >= 3 and text.compact.count("本年新收政府信息公开申请") >= 3:
        return "other", f"a collection of {len(reports)} reports, not one report"
    if (own is None or own.kind != "work_plan") and (labels >= 4 or (own and own.kind == "annual_report")):
        partial = spans.part_of_year(text, own)
        if partial:
            return "other", partial
    if labels >= 4 and is_filled_in(text) and not _speaks_of_reports(own):
        return "annual_report", None
    if own is None:
        return _untitled(text, labels)
    if own.kind == "other":
        return "other", f"{own.what}: {own.text}"
    if own.kind == "annual_report" and labels < 4:
        reason = _no_report(text, reports, own)
        if reason:
            return "other", reason
    return own.kind, None


def _speaks_of_reports(own: Title | None) -> bool:
    """Whether a document with filled tables says over them that it is not the report but about it."""
    if own is None or own.kind != "other":
        return False
    return own.what == "a summary or an assessment" or (own.what == "an explanation" and "报" in own.text)


def _untitled(text: Text, labels: int) -> tuple[str, str | None]:
    introduced = any(pattern.search(text.opening) for pattern in INTRODUCTIONS[:5])
    if introduced and (labels >= 4 or headings(text) >= 3):
        return "annual_report", None
    if labels >= 4:
        return "other", "a blank form: the statutory tables without figures, and no title of a report"
    if all(word in text.compact for word in ("责任单位", "政务公开", "工作任务")):
        return "work_plan", None
    return "other", "neither the title of an annual report or work plan nor a statutory table was found"


def _no_report(text: Text, reports: Collection[object], own: Title) -> str | None:
    """Why a document without statutory tables is no report in spite of its title."""
    if "学年" in own.text:
        return f"the report of a school or university on a school year: {own.text}"
    if len(reports) >= 3 and headings(text) < 2:
        return f"a catalogue page that lists {len(reports)} reports"
    if len(text.compact) < 300 and re.search(r"附件|下载|点击", text.compact) and headings(text) < 2:
        return "the page only links to a report"
    return None
