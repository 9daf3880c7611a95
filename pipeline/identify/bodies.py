"""Bodies as phrases name them: a place, and what it is that reports: a government, its office, a department, a zone.

The words by which kinds are told stand in bodies.csv: `zone` (开发区, 园区 …), endings of a `department` and of an
`enterprise`, and the `subject` words that a body's name goes on with after the short name of a place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from pipeline import jurisdictions, vocabulary
from pipeline.identify import places
from pipeline.identify import witnesses as evidence
from pipeline.identify.places import Chain
from pipeline.identify.witnesses import Witnesses

_HAN = "[一-龥]"
_GOVERNMENT = re.compile(r"^(?:本级|人民政府|政府|行政公署|行署|行政委员会|行委|各级|政府系统|系统|行政机关)*$")
_OFFICE = re.compile(r"^(?:人民政府|政府|行政公署|行署|人民)?(?:综合)?(?:办公室|办公厅|办|府办)$")
TOWNSHIP = re.compile(
    rf"^({_HAN}{{1,14}}?(?:镇|乡|街道|苏木|地区))?"
    r"((?:人民政府|政府|街道办事处|街道办|街办|办事处|地区办事处|党政(?:综合)?办公室)?)$"
)
# A county that the table does not know, after its prefecture: misread beyond mending, or of another year.
INNER = re.compile(
    r"^(?!城市|都市|社区|辖区|市区|城区|郊区|山区|库区|矿区|林区|牧区|行政区|军区|全[县区市]|各[县区市]|[县区市])"
    rf"{_HAN}{{1,7}}?[县区市旗]"
    rf"(?=人民政府|政府|{_HAN}*(?:局|委员会|委|办公室|办|厅|中心|大队|站|院|镇|乡|街道|办事处)$|$)"
)
_AREA_OFFICE = re.compile(rf"^{_HAN}{{1,10}}办事处$")
_RELATIVE = re.compile(
    r"^(?:我|本|全)?(省|自治区|自治州|自治县|自治旗|地区|市|县|区|州|盟|旗)"
    r"(?!场|容|域|划|块|民|郊|政园林|政工程|政设施|政公用|政管理)(?:级|直|辖区)?(.*)$"
)
_OURSELVES = re.compile(r"^(?:我|本)(?:局|委|办|厅|单位|部门|机关|街道|镇|乡|机构|中心|办公室)?$")
_ABOVE = re.compile(
    r"^(?:国家税务总局|国家统计局|国家金融监督管理总局|中国人民银行|中国气象局|中华人民共和国|中共|中国共产党|共青团|国网)"
)
CENTRAL = re.compile(
    rf"^(?:(?:中华人民共和国|国务院|国家){_HAN}{{1,14}}|{_HAN}{{2,8}}(?:(?<!组织)(?<!宣传)(?<!统战)(?<!武装)部|总局|总署))$"
)


@cache
def words(role: str) -> str:
    """The words of a role in bodies.csv as an alternation, the longest first."""
    found = [row["word"] for row in vocabulary.read("bodies.csv") if row["role"] == role]
    return "|".join(sorted(found, key=lambda word: (-len(word), word)))


@cache
def zone_words() -> re.Pattern[str]:
    return re.compile(rf"(?:{words('zone')}|第[一二三四五六七八九十]+师)")


@cache
def _ends(role: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{words(role)})$")


@cache
def _goes_on() -> re.Pattern[str]:
    """What may follow a place's short name; 东方 before 红林业局 is no place."""
    return re.compile(rf"^(?:$|{words('subject')})")


@dataclass(frozen=True, slots=True)
class Body:
    """A body as a phrase names it, before its place is settled."""

    chain: Chain | None
    rest: str  # after the place
    kind: str
    relative: str | None = None  # 市, 县 … where the phrase says no more of the place
    above: str = ""  # 国家税务总局 and the like, before the place
    zone: bool = False
    misplaced: str | None = None  # a parent named before the place that it does not lie in


def parse(phrase: str, witnesses: Witnesses) -> Body | None:
    """The body that a phrase without white space names; None when it names none."""
    phrase = re.sub(r"\([^()]*\)|[《》“”\"'·•]", "", phrase).strip(",.。:、-—_的")
    if re.search(r"\d", phrase):
        return None
    above = _ABOVE.match(phrase)
    start = above.end() if above else 0
    body = phrase[start:]
    if not body and CENTRAL.match(phrase):
        return Body(None, "", "department", above=phrase)
    if (not 2 <= len(phrase) <= 40 and phrase not in places.SUFFIXES) or _OURSELVES.match(body):
        return None
    chain = places.read_chain(body, witnesses.year)
    if chain and chain.short and not _is_place(chain, body, witnesses):
        chain = None
    if chain is None:
        chain = _district(body, witnesses)
    mended = evidence.mend(body, witnesses.year, witnesses, chain)
    if mended is None and chain:
        mended = evidence.other_reading(chain, witnesses, witnesses.year)
    chain = mended or chain
    lead = above[0] if above else ""
    if chain:
        rest = body[chain.end :]
        kind, zone = kind_of(rest, bool(lead))
        if kind is None and (inner := places.read_chain(rest, witnesses.year)) and not inner.short:
            kind, zone = kind_of(rest[inner.end :], bool(lead))
            return Body(inner, rest[inner.end :], kind, None, lead, zone, chain.text) if kind else None
        return Body(chain, rest, kind, None, lead, zone) if kind else None
    relative = _RELATIVE.match(body)
    if relative and (kind_zone := kind_of(relative[2], bool(lead)))[0]:
        return Body(None, relative[2], kind_zone[0], relative[1], lead, kind_zone[1])
    kind, zone = kind_of(body, bool(lead))
    if not kind or kind == "government":
        return None
    return Body(None, body, kind, None, lead, zone)


def _is_place(chain: Chain, body: str, witnesses: Witnesses) -> bool:
    """Whether a short name at the start is a place there: not the 大同 of 大同镇, nor the 东方 of 东方红林业局."""
    rest = body[chain.end :]
    if re.match(r"[镇乡村路街桥河山湖红门]", rest) and not re.match(r"[镇乡街山河](?:$|.{2,})", rest[:0]):
        return False
    if TOWNSHIP.match(rest) and rest:
        return any(d.name in witnesses.text.compact for d in chain.found)
    return _goes_on().match(rest) is not None or zone_words().search(rest) is not None


def _district(body: str, witnesses: Witnesses) -> Chain | None:
    """A city district by its short name alone (罗庄财政局), when the text has its full name."""
    for length in range(min(5, len(body)), 1, -1):
        hits = jurisdictions.named(body[:length], witnesses.year)
        said = tuple(d for d in hits if d.name != body[:length] and d.name in witnesses.text.compact)
        if said and _goes_on().match(body[length:]):
            return Chain((body[:length],), said, length, short=True)
    return None


def kind_of(rest: str, below_central: bool = False) -> tuple[str | None, bool]:
    """(kind, whether it is or belongs to a zone) of what follows the place; kind None when it is no body."""
    if not below_central and _GOVERNMENT.match(rest):
        return "government", False
    if _OFFICE.match(rest):
        return "office", False
    township = TOWNSHIP.match(rest)
    zone = zone_words().search(rest)
    if zone and not (township and township[1] and not zone[0].startswith("办事处")):
        after = re.sub(r"^区?(?:党工委)?(?:管理|工作)?(?:委员会|管委会|工委|委)", "", rest[zone.end() :])
        after = after.removeprefix("区")
        if after and _ends("department").search(after) and not _OFFICE.match(after):
            return "department", True
        return "other", True
    if "驻" in rest[:8] and rest.endswith("办事处"):
        return "department", False
    if (
        township and township[1] and (not township[1].endswith("地区") or township[2].endswith("办事处"))
    ) or _AREA_OFFICE.match(rest):
        return "township", False
    if _ends("enterprise").search(rest):
        return "other", False
    if _ends("department").search(rest):
        return "department", False
    return None, False
