"""Where a document names its publisher: its title, the cover, an imprint, the introduction, the page's metadata.

A title is believed. What stands elsewhere may be a link to another government, or the office that compiled the whole
government's report: it is held against the rest of the document first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline import jurisdictions
from pipeline.identify import bodies, kinds, publishers, speakers
from pipeline.identify import witnesses as evidence
from pipeline.identify.bodies import Body
from pipeline.identify.publishers import Publisher, flag
from pipeline.identify.texts import Line, Text
from pipeline.identify.titles import Title
from pipeline.identify.witnesses import Witnesses
from pipeline.jurisdictions import Division
from pipeline.model import Flag

_WHOLE = (
    r"(?:各|全部|所属|所辖|\d+个)(?:乡镇|镇|乡|街道|县|区|市|部门|单位|工作部门|政府部门|组成部门)"
    r"|[市县区州省旗](?:直|级|政府)(?:各)?(?:部门|单位)|全[市县区省州旗盟]|下级"
)
_COMPILED = re.compile(rf"(?:根据|汇总|综合|依据)[^。]{{0,120}}?(?:{_WHOLE})[^。]{{0,140}}?(?:编制|汇总|汇编)")
_SELF = re.compile(r"本办公?[室厅]?|我办公?[室厅]?|办公[室厅]机关")
_DEPARTMENT_SPEAKS = re.compile(r"[我本](?:局|委|厅|中心)(?!员|托|任)")
_TOWNSHIP_SPEAKS = re.compile(r"[我本](?:镇|乡|街道)")
_AREA_SPEAKS = re.compile(r"[我全][省市县区州旗盟](?!场|域|面|球)")
_KEYS = ("source", "publisher", "author", "site", "page_title")
_LINE = re.compile(
    r"(?:^|\s)(?:发布(?:机构|单位|机关)|信息来源|来源|发文机关|公开(?:主体|单位)|编制单位|单位名称)"
    r"[::]?\s*([^\s,;:。]{3,30})"
)
_SITE_IMPRINT = re.compile(r"(?:主办|承办|主管|版权所有)(?:单位|方)?[::©]*([一-龥]{3,30})")


def publisher_of(text: Text, standing: Sequence[Title], witnesses: Witnesses) -> Publisher:
    """The body that the document's titles name, else what stands elsewhere, with its place and the doubts."""
    for title in standing:
        body = named_in(title, text, witnesses)
        if body:
            return _placed(body, text, standing, witnesses)
    found = _signed(text, standing, witnesses) or publishers.of_area(text, witnesses)
    if found:
        return found
    unnamed = flag("publisher_unknown", "no title, imprint or introduction names the publisher")
    return Publisher(
        None, None, None, (unnamed, flag("jurisdiction_unknown", "without a publisher no division is named"))
    )


def named_in(title: Title, text: Text, witnesses: Witnesses) -> Body | None:
    """The body in a title; where it names no place, with the line above, which may have been broken off there."""
    phrase = re.sub(r"关于.*$", "", title.phrase)
    body = bodies.parse(phrase, witnesses) if phrase else None
    if phrase and title.first > 0 and (body is None or body.chain is None):
        above = text.lines[title.first - 1].compact
        whole = bodies.parse(above + phrase, witnesses) if 4 <= len(above) <= 45 else None
        if whole and whole.chain and whole.chain.end < len(above):
            return whole
    return body


def _placed(body: Body, text: Text, standing: Sequence[Title], witnesses: Witnesses) -> Publisher:
    """A title's body; one that says only 市 or 某镇 takes its place from an imprint of the same body that names it."""
    publisher = publishers.settle(body, witnesses)
    if body.chain is not None:
        against = _signed_by_another(publisher, body, text, standing, witnesses)
        return replace(publisher, flags=(*publisher.flags, against)) if against else publisher
    others = [b for _, b in _elsewhere(text, standing, witnesses) if b.chain is not None and b.zone == body.zone]
    same = [b for b in others if b.kind == body.kind and b.rest[-1:] == body.rest[-1:] and b.rest[:1] == body.rest[:1]]
    spoken = [b for b in others if b.chain and witnesses.contacts[b.chain.names[-1]]]
    above = [] if publisher.division else [b for b in spoken if _governs(b, body)]
    for some in (same, above):
        settled = [publishers.settle(replace(body, chain=b.chain, relative=None), witnesses) for b in some]
        places = {s.division.code: s for s in settled if s.division and not _is_foreign(s.division, witnesses)}
        if len(places) == 1:
            return next(iter(places.values()))
    return publisher


def _signed_by_another(
    publisher: Publisher, body: Body, text: Text, standing: Sequence[Title], witnesses: Witnesses
) -> Flag | None:
    """The doubt about a title that cover, introduction or signature contradict: 临沂市河东区, signed 天津市河东区.

    A body of the title's own division agrees, and one of a division that holds it or lies in it, unless both are the
    same department of two levels. Where some agree, or several differ, those that differ are links, but for a
    namesake of the title's division.
    """
    own = publisher.division
    if own is None or any(found.kind == "jurisdiction_ambiguous" for found in publisher.flags):
        return None
    differ: dict[str, list[tuple[str, bool]]] = {}  # each as printed, and whether it bears the name of the title's
    agree = False
    for source, other in (*_elsewhere(text, standing, witnesses), *_labelled(text, witnesses)):
        if other.chain is None or other.chain.later or other.chain.misread or source == "metadata":
            continue
        found = other.chain.found
        same_body = body.kind == other.kind == "department" and body.rest == other.rest and bool(body.rest)
        if any(d.code == own.code or (not same_body and _holds(d, own)) for d in found):
            agree = True
        else:
            printed = other.chain.text + other.rest
            differ.setdefault(source, []).append((printed, any(d.name == own.name for d in found)))
    for several in differ.values():
        links = agree or len({printed for printed, _ in several}) > 1
        printed = next((printed for printed, namesake in several if namesake or not links), "")
        if printed:
            message = f"the title names {jurisdictions.full_name(own, witnesses.year)}, another line {printed}"
            return flag("jurisdiction_ambiguous", message, observed=printed)
    return None


def _labelled(text: Text, witnesses: Witnesses) -> Iterator[tuple[str, Body]]:
    """Bodies in the imprint of the site, below the report: 主办:…, 版权所有:…."""
    for line in text.tail:
        labelled = _SITE_IMPRINT.search(line.compact)
        body = bodies.parse(labelled[1], witnesses) if labelled else None
        if body and _is_imprint(body):
            yield "site", body


def _holds(one: Division, other: Division) -> bool:
    return one.lies_in(other.code) or other.lies_in(one.code)


def _governs(government: Body, body: Body) -> bool:
    """Whether a government is called as the title calls its own: 淮安市人民政府 for 市发展改革委."""
    names = government.chain.names if government.chain else ("",)
    return (
        body.relative is not None
        and government.kind in ("government", "office")
        and names[-1].endswith(body.relative[-1])
    )


def _is_foreign(division: Division, witnesses: Witnesses) -> bool:
    contact = evidence.foreign_contact(division, witnesses)
    return contact is not None or evidence.foreign_site(division, witnesses) is not None


def _signed(text: Text, standing: Sequence[Title], witnesses: Witnesses) -> Publisher | None:
    """What stands on cover or imprint, in introduction or metadata; several places in one of them are links."""
    bodies_of: dict[str, list[Body]] = {}
    for source, body in _elsewhere(text, standing, witnesses):
        bodies_of.setdefault(source, []).append(body)
    speaker = _speaker(text)
    for source, found in bodies_of.items():
        if source == "imprint" and len({body.chain.names[-1] for body in found if body.chain}) > 1:
            continue
        body = next((b for b in found if b.kind == speaker), found[0])
        publisher = _owned(publishers.settle(body, witnesses), body, text, source)
        doubts = list(publisher.flags)
        if speaker and publisher.kind != speaker:
            doubts.append(flag("publisher_unknown", f"signed by {publisher.name}, but the text speaks as a {speaker}"))
        site = evidence.foreign_site(publisher.division, witnesses) if publisher.division else None
        if (other := _named_otherwise(publisher, source, bodies_of)) is not None:
            doubts.append(flag("publisher_unknown", f"signed by {publisher.name}, but another part names {other}"))
        if site:
            doubts.append(flag("publisher_unknown", f"signed by {publisher.name}, but the site is that of {site}"))
        return replace(publisher, flags=tuple(doubts))
    return None


def _named_otherwise(publisher: Publisher, signed: str, bodies_of: dict[str, list[Body]]) -> str | None:
    """The body of another division that cover, imprint or introduction name alone, beside the source `signed`."""
    own = publisher.division
    for source, found in bodies_of.items():
        divisions = [d for body in found if body.chain and not body.chain.misread for d in body.chain.found]
        if own and source not in (signed, "metadata") and divisions and not any(_holds(d, own) for d in divisions):
            named = {body.chain.text + body.rest for body in found if body.chain}
            return next(iter(named)) if len(named) == 1 else None
    return None


def _speaker(text: Text) -> str | None:
    """As what the text speaks of itself, where it does so twice and for no area: 我局, 我镇."""
    if len(_AREA_SPEAKS.findall(text.compact)) >= 2:
        return None
    for kind, pattern in (("department", _DEPARTMENT_SPEAKS), ("township", _TOWNSHIP_SPEAKS)):
        if len(pattern.findall(text.compact)) >= 2:
            return kind
    return None


def _owned(publisher: Publisher, body: Body, text: Text, source: str) -> Publisher:
    """Whose report a signer's is: the government's, when the signer compiled it from the departments'.

    An office on the line right above a title without a name is part of that title, and its own report.
    """
    if body.kind == "department":
        compiled = source == "introduction" and _COMPILED.search(text.opening)
        return publishers.as_government(publisher) if compiled else publisher
    if body.kind != "office" or (source == "title" and not _COMPILED.search(text.opening)):
        return publisher
    if re.search(_WHOLE, text.opening):
        return publishers.as_government(publisher)
    if _SELF.search(text.compact):
        return publisher
    note = flag("publisher_unknown", f"signed by {publisher.name}; taken for the government's report")
    return publishers.as_government(publisher, note)


def _elsewhere(text: Text, standing: Sequence[Title], witnesses: Witnesses) -> Iterator[tuple[str, Body]]:
    """Bodies named outside the title's own lines: (source, body), the most trusted first."""
    for source, lines in _signatures(text, standing):
        for line in lines:
            named = _LINE.search(line.text)
            compact = named[1] if named else line.compact
            body = bodies.parse(compact, witnesses) if 2 <= len(compact) <= 32 else None
            if body and (_is_imprint(body) or (source == "title" and body.chain and not body.chain.short)):
                yield source, body
    for pattern in kinds.INTRODUCTIONS:
        for match in list(pattern.finditer(text.opening))[:3]:
            body = bodies.parse(re.sub(r"^.*?(?:报告|由)(?=.{3})", "", match[1]), witnesses)
            if body and _is_imprint(body):
                yield "introduction", body
    for key in _KEYS:
        for part in re.split(r"[\s_|/]+", text.metadata.get(key, "")):
            body = bodies.parse(re.sub(r"(?:门户)?网站?$", "", part), witnesses) if len(part) > 2 else None
            if body and _is_imprint(body):
                yield "metadata", body


def _signatures(text: Text, standing: Sequence[Title]) -> Iterator[tuple[str, list[Line]]]:
    lines = text.lines
    kept = {id(line) for line in speakers.without_links(text)}
    printed = [title for title in standing if title.first >= 0]
    yield "title", [lines[title.first - 1] for title in printed if title.first > 0 and not title.phrase]
    yield "cover", [line for title in printed for line in lines[max(0, title.first - 3) : title.first][::-1]]
    yield "cover", [line for title in printed for line in lines[title.last + 1 : title.last + 5]]
    yield "imprint", [line for line in text.tail if id(line) in kept][::-1]
    yield "cover", [line for line in text.front if id(line) in kept]


def _is_imprint(body: Body) -> bool:
    """Whether a line by itself names a body: with a place, and with more than a place unless it is a government."""
    return body.chain is not None and not (body.kind == "government" and not body.rest)
