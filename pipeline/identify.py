"""Which kind of document this is, whose report, and of which year: `identify(document)`.

The order of trust: the document's own title, its cover and imprint, the introduction that says who compiled it, the
contact lines, the page's metadata. What these leave open is null with a flag; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from extractors.document import Document
from pipeline import jurisdictions, publishers, titles, years
from pipeline.model import Flag, Identity
from pipeline.places import Witnesses
from pipeline.publishers import Body, Publisher, flag
from pipeline.titles import Text, Title

_FILLED = 12  # numbers in cells from which on a form with the statutory labels is taken for filled in
_WHOLE = re.compile(
    r"(?:各|全部|所属|所辖|\d+个)(?:乡镇|镇|乡|街道|县|区|市|部门|单位|工作部门|政府部门|组成部门)|[市县区州省旗](?:直|级|政府)(?:各)?(?:部门|单位)|全[市县区省州旗盟]|下级"
)
_COMPILED = re.compile(rf"(?:根据|汇总|综合|依据)[^。]{{0,120}}?(?:{_WHOLE.pattern})[^。]{{0,140}}?(?:编制|汇总|汇编)")
_SELF = re.compile(r"本办公?[室厅]?|我办公?[室厅]?|办公[室厅]机关")
_INTRODUCTIONS = tuple(
    re.compile(pattern)
    for pattern in (
        r"报告(?:是|系)?由([^,。;:()《]{3,40}?)(?:根据|按照|依据|依照|编制|牵头|组织|汇总|负责|,|\()",
        r"报告(?:是|系)([^,。;:()《]{3,40}?)(?:根据|按照|依据|依照)",
        r"(?:^|[。,])(?:现)?由([^,。;:()《]{3,40}?)(?:编制|公布|发布)",
        r"(?:^|[。,:])([^,。;:()《]{3,40}?)(?:根据|按照|依据|依照)《(?:中华人民共和国)?政府信息公开条例",
        rf"现将([^,。;:()《]{{2,40}}?)(?:{titles.YEAR})",
        r"请(?:直接)?(?:与|向|同|联系)([^,。;:()《]{3,30}?)(?:联系|咨询|反映|\(|,|。)",
    )
)
_IMPRINT_KEYS = ("contentsource", "publisher", "source", "author", "sitename", "og:site_name", "发布机构", "信息来源", "来源")
_IMPRINT_LINE = re.compile(r"^(?:发布(?:机构|单位|机关)|信息来源|来源|发文机关|公开(?:主体|单位)|编制单位|单位名称|责任单位)[:：]?\s*([^\s,;:。]{3,30})")


def identify(document: Document) -> Identity:
    """What the document is, and for reports and work plans whose and of which year; see `Identity`.

    `Identity.flags` holds every doubt. A code, name or year that the document does not settle is None.
    """
    text = titles.read(document)
    found = titles.candidates(text)
    own = titles.own_title(text, found)
    kind, reason = _kind(text, found, own)
    url = next((text.metadata[key] for key in ("source_url", "url", "canonical", "og:url") if text.metadata.get(key)), None)
    if kind == "other":
        title = own.text if own else text.metadata.get("title") or None
        return Identity(kind, reason, title, published_date=years.published_date(text), source_url=url)
    standing = _standing(text, found, own, kind)
    dating = years.date(text, standing, same_year=kind == "work_plan")
    witnesses = Witnesses(text, _year_of_names(dating))
    publisher = _publisher(text, standing, witnesses)
    division = publisher.division
    code_year = witnesses.year
    return Identity(
        kind,
        None,
        _title(text, standing),
        division.code if division else None,
        jurisdictions.full_name(division, code_year) if division else None,
        dating.year,
        publisher.name,
        publisher.kind,
        dating.published,
        dating.period[0] if dating.period else None,
        dating.period[1] if dating.period else None,
        url,
        (*dating.flags, *publisher.flags),
    )


def _year_of_names(dating: years.Dating) -> int | None:
    """The year whose divisions are meant: the one reported on, else the one before publication."""
    if dating.year is not None or dating.published is None:
        return dating.year
    return int(dating.published[:4]) - 1


def _kind(text: Text, found: list[Title], own: Title | None) -> tuple[str, str | None]:
    """(document type, reason): the statutory tables prove a report, a title of its own makes one, sections suggest one."""
    labels = titles.statutory_labels(text)
    reports = {(title.phrase, titles.YEAR and tuple(years.years_in(title.text)[:1])) for title in found if title.kind == "annual_report"}
    filled = labels >= 4 and titles.printed_numbers(text) >= _FILLED
    tables = text.compact.count("本年新收政府信息公开申请")
    if len({phrase for phrase, _ in reports}) >= 3 and tables >= 3:
        return "other", f"a collection of {len(reports)} reports, not one report"
    if filled and not (own and own.what == "a summary or an assessment"):
        return "annual_report", None
    if own is None:
        if labels >= 4:
            return "other", "a blank form: the statutory tables without figures, and no title of a report"
        if titles.headings(text) >= 3 and any(pattern.search(text.opening) for pattern in _INTRODUCTIONS[:4]):
            return "annual_report", None
        if "责任单位" in text.compact and "政务公开" in text.compact and "工作任务" in text.compact:
            return "work_plan", None
        return "other", "neither the title of an annual report or work plan nor a statutory table was found"
    if own.kind == "other":
        return "other", f"{own.what}: {own.text}"
    listed = len(reports) >= 3 and labels < 4 and titles.headings(text) < 2
    if own.kind == "annual_report" and listed:
        return "other", f"a catalogue page that lists {len(reports)} reports"
    if own.kind == "annual_report" and len(text.compact) < 300 and re.search(r"附件|下载|点击", text.compact) and labels < 2:
        return "other", "the page only links to a report"
    return own.kind, None


def _standing(text: Text, found: list[Title], own: Title | None, kind: str) -> list[Title]:
    """The titles of this document itself, the weightiest first: in metadata and head, none of other reports."""
    if own is None:
        return []
    head = len(text.head)
    mine = [t for t in found if t.kind == kind and t.first < head and t.weight > 2]
    return sorted(mine, key=lambda t: (-t.weight, t.first))


def _title(text: Text, standing: list[Title]) -> str | None:
    """The title as printed, without white space, with the name that stands on the line above when it holds none."""
    if not standing:
        return None
    title = standing[0]
    if not title.phrase and title.first > 0:
        above = text.lines[title.first - 1].compact
        if len(above) <= 30 and re.search(r"(?:政府|局|委员会|厅|办公室|中心|[镇乡市县区])$", above):
            return above + title.text
    return title.text


def _publisher(text: Text, standing: list[Title], witnesses: Witnesses) -> Publisher:
    """The body that the title names, else cover, imprint, introduction and metadata, in this order."""
    for title in standing:
        phrase = re.sub(r"关于.*$", "", title.phrase)
        body = publishers.parse(phrase, witnesses) if phrase else None
        if body:
            return _better_placed(publishers.settle(body, witnesses), body, text, standing, witnesses)
    for source, body in _elsewhere(text, standing, witnesses):
        publisher = publishers.settle(body, witnesses)
        if body.kind == "office":
            return _compiled(publisher, text)
        if body.kind == "department" and source == "introduction" and _COMPILED.search(text.opening):
            return publishers.as_government(publisher)
        return publisher
    return Publisher(
        None, None, None, (flag("publisher_unknown", "no title, imprint or introduction names the publisher"),)
        + (flag("jurisdiction_unknown", "without a publisher no division is named"),)
    )  # fmt: skip


def _better_placed(publisher: Publisher, body: Body, text: Text, standing: list[Title], witnesses: Witnesses) -> Publisher:
    """A title that says only 市 or 某镇 takes its place from an imprint of the same kind that names it."""
    if body.chain is not None:
        return publisher
    for _, other in _elsewhere(text, standing, witnesses):
        if other.chain is None or other.zone != body.zone:
            continue
        same = other.rest == body.rest or (other.kind == body.kind and other.rest[-1:] == body.rest[-1:] and other.rest[:1] == body.rest[:1])
        of_government = body.relative is not None and other.kind in ("government", "office") and other.chain.names[-1].endswith(body.relative)
        if same or of_government:
            settled = publishers.settle(replace(body, chain=other.chain, relative=None), witnesses)
            if settled.division is not None:
                return settled
    return publisher


def _elsewhere(text: Text, standing: list[Title], witnesses: Witnesses) -> Iterator[tuple[str, Body]]:
    """Bodies named outside the title: (source, body), the most trusted first."""
    head, tail = text.head, text.tail
    lines = [line for title in standing for line in text.lines[max(0, title.first - 3) : title.first][::-1] if title.first > 0]
    lines += [line for title in standing for line in text.lines[title.last + 1 : title.last + 5] if title.last >= 0]
    for source, some in (("cover", lines), ("imprint", list(tail)[::-1]), ("cover", list(head))):
        for line in some:
            named = _IMPRINT_LINE.match(line.text)
            compact = named[1] if named else line.compact
            if 3 <= len(compact) <= 32 and (body := publishers.parse(compact, witnesses)) and _is_imprint(body):
                yield source, body
    for pattern in _INTRODUCTIONS:
        for match in list(pattern.finditer(text.opening))[:3]:
            body = publishers.parse(re.sub(r"^.*?(?:报告|由)(?=.{3})", "", match[1]), witnesses)
            if body and _is_imprint(body):
                yield "introduction", body
    for key in _IMPRINT_KEYS:
        for part in re.split(r"[\s_|/]+", text.metadata.get(key, "")):
            body = publishers.parse(part.removesuffix("门户网站").removesuffix("网站").removesuffix("网"), witnesses) if len(part) > 2 else None
            if body and _is_imprint(body):
                yield "metadata", body


def _is_imprint(body: Body) -> bool:
    """Whether a line by itself names a body: with a place, and with more than a place unless it is a government."""
    return body.chain is not None and not (body.kind == "government" and not body.rest)


def _compiled(publisher: Publisher, text: Text) -> Publisher:
    """Whose report an office signs: its government's, when it is compiled from the departments'; its own when it says so."""
    if _WHOLE.search(text.opening):
        return publishers.as_government(publisher)
    if _SELF.search(text.compact):
        return publisher
    note: Flag = flag("publisher_unknown", f"signed by {publisher.name}; taken for the government's report")
    return publishers.as_government(publisher, note)
