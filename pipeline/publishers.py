"""Whose report it is: from the words before 政府信息公开 in a title, or an imprint, to a body, its kind and its place."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

from pipeline import jurisdictions, places
from pipeline.jurisdictions import Division
from pipeline.model import Flag
from pipeline.places import Chain, Witnesses
from pipeline.vocabulary import flag_kinds

_HAN = "[一-龥]"
_GOVERNMENT = re.compile(r"^(?:本级|人民政府|政府|行政公署|行署|行政委员会|行委|各级|政府系统|系统|政府机关|行政机关)*$")
_OFFICE = re.compile(r"^(?:人民政府|政府|行政公署|行署|人民)?(?:综合)?(?:办公室|办公厅|办|府办)$")
_ZONE = re.compile(
    r"(?:开发区|高新区|高新技术区|新区|经开区|高开区|园区|工业园|产业园|科技园|示范区|试验区|实验区|保税区|保税港区|旅游区|度假区|名胜区|风景区|景区|新城|"
    r"合作区|管理区|商城|农场|林场|牧场|生态城|集聚区|功能区|物流园|自贸区|新片区|办事处管委会|管委会|兵团|第[一二三四五六七八九十]+师)"
)
_TOWNSHIP = re.compile(
    rf"^({_HAN}{{1,14}}?(?:镇|乡|街道|苏木|地区))?((?:人民政府|政府|街道办事处|街道办|街办|办事处|地区办事处|党政(?:综合)?办公室)?)$"
)
_OFFICE_OF_AREA = re.compile(rf"^{_HAN}{{1,10}}(?<!驻.)办事处$")
_DEPARTMENT = re.compile(
    r"(?:局|厅|委|委员会|办|办公室|办公厅|中心|分局|支局|支队|大队|总队|消防队|队|站|所|处|署|行|社|馆|院|台|会|联|部|组|海关|政协|人大|总工会|团委|妇联|残联|"
    r"科协|文联|工商联|红十字会|法制办|人防办|公积金)$"
)
_ENTERPRISE = re.compile(
    r"(?:公司|集团|厂|银行|信用社|医院|卫生院|保健院|大学|学院|学校|中学|小学|幼儿园|党校|供电所?|电力局|水务集团|协会|研究院|研究所|基金会|血站)$"
)
_RELATIVE = re.compile(
    r"^(?:我|本|全)?(省|市|县|区|州|盟|旗)(?!场|容|域|划|块|民|郊|政园林|政工程|政设施|政公用|政管理)(?:级|直|辖区)?(.*)$"
)
_ABOVE = re.compile(r"^(?:国家税务总局|国家统计局|国家金融监督管理总局|中国人民银行|中国气象局|中华人民共和国|中共|中国共产党|共青团|国网)")
_CENTRAL = re.compile(
    r"^(?:中华人民共和国|国务院|国家)?(?:[一-龥]{2,12}(?:部|总局|总署|委员会|银行)|国务院[一-龥]*|国家[一-龥]{2,12}(?:局|办公室|委))$"
)
# What a body's name goes on with after a place's short name; 东方 before 红林业局 is no place.
_GOES_ON = re.compile(
    r"^(?:$|人民|政府|政务|办公|行政|发展|发改|教育|教体|科技|科学|科协|工业|工信|经济|经信|经开|公安|民政|民族|民宗|宗教|司法|财政|人力|人社|自然|国土|规划|"
    r"生态|环境|环保|住房|住建|建设|城乡|城市|城管|综合|交通|水利|水务|农业|农村|农机|畜牧|林业|林草|商务|文化|文旅|文广|文体|卫生|卫健|计生|人口|退役|应急|"
    r"安监|安全|审计|市场|工商|质监|质量|食品|药监|统计|体育|医疗|医保|信访|审批|大数据|数据|机关|外事|侨务|台湾|档案|地方|史志|供销|残|红十字|气象|税务|国税|"
    r"地税|烟草|邮政|海关|海事|地震|粮食|物价|金融|国资|国有|人防|民防|房产|房管|房屋|园林|扶贫|乡村|移民|旅游|广播|广电|新闻|知识|投资|招商|口岸|消防|海洋|"
    r"渔业|高新|开发|产业|保税|临港|空港|临空|公积金|公共|公路|港|航|监察|法制|妇|团|工会|营商|能源|煤炭|盐|统战|组织|宣传|老龄|国家|调查|监管|银保|中心|支队|新区)"
)


@dataclass(frozen=True, slots=True)
class Body:
    """A body as a phrase names it, before its place is settled."""

    chain: Chain | None
    rest: str  # after the place
    kind: str
    relative: str | None = None  # 市, 县 … where the phrase says no more of the place
    above: str = ""  # 国家税务总局 and the like, before the place
    zone: bool = False


@dataclass(frozen=True, slots=True)
class Publisher:
    """A publisher with its place, as far as they are settled, and the doubts."""

    name: str | None
    kind: str | None
    division: Division | None
    flags: tuple[Flag, ...] = ()


def flag(kind: str, message: str, **more: str | None) -> Flag:
    return Flag(kind, flag_kinds()[kind].severity, message, **more)


def parse(phrase: str, witnesses: Witnesses) -> Body | None:
    """The body that a phrase without white space names; None when it names none."""
    phrase = re.sub(r"\([^()]*\)|[《》“”\"'·•]", "", phrase).strip(",.。:、-—_的")
    above = _ABOVE.match(phrase)
    start = above.end() if above else 0
    body = phrase[start:]
    if not 2 <= len(phrase) <= 40 and phrase not in places.SUFFIXES:
        return None
    chain = places.read_chain(body, witnesses.year)
    if chain and chain.short and not _is_place(chain, body, witnesses):
        chain = None
    mended = places.mend(body, witnesses.year, witnesses, chain)
    if mended is None and chain:
        mended = places.other_reading(chain, witnesses, witnesses.year)
    chain = mended or chain
    lead = above[0] if above else ""
    if chain:
        rest = body[chain.end :]
        kind, zone = kind_of(rest, bool(lead))
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
    if _TOWNSHIP.match(rest) and rest:
        return any(d.name in witnesses.text.compact for d in chain.found)
    return _GOES_ON.match(rest) is not None or _ZONE.search(rest) is not None


def kind_of(rest: str, below_central: bool = False) -> tuple[str | None, bool]:
    """(kind, whether it is or belongs to a zone) of what follows the place; kind None when it is no body."""
    if not below_central and _GOVERNMENT.match(rest):
        return "government", False
    if _OFFICE.match(rest):
        return "office", False
    township = _TOWNSHIP.match(rest)
    zone = _ZONE.search(rest)
    if zone and not (township and township[1] and not zone[0].startswith("办事处")):
        after = rest[zone.end() :]
        after = re.sub(r"^(?:工作|管理)?(?:委员会|管委会|委)", "", after)
        if after and _DEPARTMENT.search(after) and not _OFFICE.match(after):
            return "department", True
        return "other", True
    if (township and township[1]) or _OFFICE_OF_AREA.match(rest):
        return "township", False
    if _ENTERPRISE.search(rest):
        return "other", False
    if _DEPARTMENT.search(rest):
        return "department", False
    return None, False


def settle(body: Body, witnesses: Witnesses) -> Publisher:
    """Find the place of a body, write its name out, and say what is in doubt."""
    flags: list[Flag] = []
    chain = body.chain
    if chain and chain.misread:
        printed, right = chain.misread
        flags.append(
            flag("publisher_misread", f"{printed} is no division; read as {right}", observed=printed, expected=right, suggestion=right)
        )
    division = _place(body, witnesses, flags)
    name = _name(body, division, witnesses)
    if body.kind == "department" and name:
        mended = _mend_body(name, witnesses)
        if mended:
            flags.append(
                flag("publisher_misread", f"the text says {mended} elsewhere", observed=name, expected=mended, suggestion=mended)
            )
            name = mended
    return Publisher(name, body.kind, division, tuple(flags))


def _place(body: Body, witnesses: Witnesses, flags: list[Flag]) -> Division | None:
    if body.zone:
        return _zone_place(body, witnesses, flags)
    if body.chain:
        return _chain_place(body, body.chain, witnesses, flags)
    if body.kind == "township":
        division, named = _beside(body.rest, witnesses), True
        if division is None:
            division, named = places.home(witnesses, None, ("county",))
    elif body.relative:
        levels = {"省": ("province",), "市": ("prefecture", "county"), "州": ("prefecture",), "盟": ("prefecture",)}
        division, named = places.home(witnesses, body.relative, levels.get(body.relative, ("county",)))
    elif _CENTRAL.match(body.above + body.rest):
        flags.append(flag("jurisdiction_unknown", f"{body.above}{body.rest} is a central body; GB/T 2260 has no code for it"))
        return None
    else:
        division, named = places.home(witnesses, None, ("province", "prefecture", "county"))
    if division is None:
        kind = "jurisdiction_ambiguous" if named else "jurisdiction_unknown"
        flags.append(flag(kind, f"nothing in the document settles the place of {body.rest or body.relative}"))
    return division


def _chain_place(body: Body, chain: Chain, witnesses: Witnesses, flags: list[Flag]) -> Division | None:
    division = places.choose(chain.found, witnesses)
    if division is None:
        division = _outermost(chain.found)
        where = "; ".join(jurisdictions.full_name(d, witnesses.year) for d in chain.found[:8])
        flags.append(flag("jurisdiction_ambiguous", f"{chain.names[-1]} may be {where}", observed=chain.text))
    year = witnesses.year
    if division and year is not None and (chain.later or not division.in_force(year)):
        flags.append(
            flag("jurisdiction_changed", f"{chain.text} is named in the report on {year}; the code is that of {division.name}", observed=chain.text)
        )
    branch = re.search(rf"({_HAN}{{2,6}})分局$", body.rest)
    if division and branch and division.level != "county":
        flags.append(flag("jurisdiction_ambiguous", f"{branch[0]} is a branch; the code is that of the body above it", observed=body.rest))
    return division


def _outermost(found: tuple[Division, ...]) -> Division | None:
    """The prefecture, when all that a short name may mean is it or lies in it (淮安: 淮安市 or its 淮安区)."""
    outer = [d for d in found if all(other.lies_in(d.code) for other in found)]
    return outer[0] if len(outer) == 1 else None


def _zone_place(body: Body, witnesses: Witnesses, flags: list[Flag]) -> Division | None:
    whole = body.above + (body.chain.text if body.chain else "") + body.rest
    year = witnesses.year if witnesses.year is not None else 2024
    known = sorted((name for name in jurisdictions.zones() if name in whole), key=len)
    division = None
    if known and len(known[-1]) > 4:
        code = jurisdictions.zones()[known[-1]]
        division = jurisdictions.at(code, year) or jurisdictions.at(code[:4] + "00", year) or jurisdictions.at(code[:2] + "0000", year)
    elif body.chain:
        division = places.choose(body.chain.found, witnesses) or _outermost(body.chain.found)
    else:
        suffix = body.relative
        division, _ = places.home(witnesses, suffix, ("prefecture", "county"))
    if division is None:
        flags.append(flag("jurisdiction_ambiguous", f"nothing in the document settles where {whole} lies", observed=whole))
    else:
        flags.append(flag("jurisdiction_of_parent", f"{whole} has no code; it lies in {division.name}", observed=whole))
    return division


def _beside(rest: str, witnesses: Witnesses) -> Division | None:
    """The county that the text names right before a township's name."""
    town = _TOWNSHIP.match(rest)
    stem = town[1] if town and town[1] else re.sub(r"办事处$", "", rest)
    found: Counter[str] = Counter()
    text = witnesses.text.compact
    for match in re.finditer(re.escape(stem), text):
        for name in places.mentions(text[max(0, match.start() - 15) : match.start()], witnesses.year):
            if text[: match.start()].endswith(name):
                found[name] += 1
    if len(found) != 1:
        return None
    candidates = tuple(d for d in jurisdictions.named(next(iter(found)), witnesses.year) if d.level == "county")
    return places.choose(candidates, witnesses)


def _name(body: Body, division: Division | None, witnesses: Witnesses) -> str:
    place = _place_name(body, division)
    rest = body.rest
    if body.kind == "government":
        whole = division.name if division else place
        return place + ("行政公署" if whole.endswith(("地区", "盟")) else "人民政府")
    if body.kind == "office":
        whole = division.name if division else place
        government = "行政公署" if whole.endswith(("地区", "盟")) else "人民政府"
        return place + government + ("办公厅" if rest.endswith("办公厅") else "办公室")
    if body.kind == "township":
        town = _TOWNSHIP.match(rest)
        if town and town[1] and not town[2]:
            rest += "办事处" if town[1].endswith(("街道", "地区")) else "人民政府"
        elif rest.endswith(("街道办", "街办")):
            rest = re.sub(r"(?:街道办|街办)$", "街道办事处", rest)
        elif town and town[1] and town[2] == "政府":
            rest = town[1] + "人民政府"
        return body.above + place + rest
    if body.kind == "other" and body.zone:
        rest = re.sub(r"管委会$", "管理委员会", rest)
        return body.above + place + rest
    return body.above + place + (_written_out(place, body.relative, rest, witnesses) or rest)


def _place_name(body: Body, division: Division | None) -> str:
    if body.chain is None:
        return division.name if division and body.relative else ""
    if body.zone or division is None or body.chain.later:
        return body.chain.text
    last = body.chain.names[-1]
    return "".join(body.chain.names[:-1]) + (last if last[-1] in places.SUFFIXES and len(last) > 2 else division.name)


def _written_out(place: str, relative: str | None, rest: str, witnesses: Witnesses) -> str | None:
    """The full form of an abbreviated body (发改局) that the text uses for the same place: 发展和改革局."""
    heads = [place[-len(tail) :] for tail in (place, place[-3:]) if tail]
    if relative:
        heads.append(relative)
    ending = "委员会" if rest.endswith(("委", "委员会")) else "办公室" if rest.endswith(("办", "办公室")) else rest[-1:]
    stem = re.sub(r"(?:委员会|委|办公室|办)$", "", rest) if ending in ("委员会", "办公室") else rest[:-1]
    found: Counter[str] = Counter()
    for head in dict.fromkeys(heads):
        for match in re.finditer(rf"{re.escape(head)}({_HAN}{{2,22}}?{re.escape(ending)})", witnesses.text.compact):
            full = match[1]
            if len(full) > len(rest) and full[:1] == stem[:1] and _is_subsequence(stem, full[: -len(ending)]):
                found[full] += 1
    return min(found, key=lambda full: (-found[full], len(full), full)) if found else None


def _is_subsequence(short: str, long: str) -> bool:
    rest = iter(long)
    return all(character in rest for character in short)


def _mend_body(name: str, witnesses: Witnesses) -> str | None:
    """The department's name as the rest of the text writes it, when the printed one differs by a character and stands once."""
    text = witnesses.text.compact
    if len(name) < 6 or text.count(name) > 1:
        return None
    found: Counter[str] = Counter()
    for match in re.finditer(re.escape(name[:3]), text):
        other = text[match.start() : match.start() + len(name)]
        if other != name and len(other) == len(name) and sum(a != b for a, b in zip(other, name, strict=True)) == 1:
            if other[-1] == name[-1]:
                found[other] += 1
    return next(iter(found)) if len(found) == 1 and found.most_common(1)[0][1] >= 2 else None


def as_government(publisher: Publisher, note: Flag | None = None) -> Publisher:
    """The government that an office, or a department for it, compiled a report for."""
    if publisher.name is None or publisher.division is None:
        return publisher
    name = re.sub(r"(?:办公室|办公厅)$", "", publisher.name) if publisher.kind == "office" else None
    if name is None:
        name = publisher.division.name + ("行政公署" if publisher.division.name.endswith(("地区", "盟")) else "人民政府")
    return replace(publisher, name=name, kind="government", flags=(*publisher.flags, *((note,) if note else ())))
