"""Whose report it is: the body that a phrase names, with its place settled and its name written out, and the doubts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from pipeline import jurisdictions
from pipeline.identify import places
from pipeline.identify import witnesses as evidence
from pipeline.identify.bodies import CENTRAL, INNER, TOWNSHIP, Body
from pipeline.identify.places import Chain
from pipeline.identify.texts import Text
from pipeline.identify.witnesses import Witnesses
from pipeline.jurisdictions import Division
from pipeline.model import Flag
from pipeline.vocabulary import flag_kinds

_HAN = "[一-龥]"
# What 省, 市 … may be when a department says no more: a 市 may be a municipality, a prefecture or a county.
_LEVELS = {
    "省": ("province",),
    "自治区": ("province",),
    "市": ("province", "prefecture", "county"),
    "州": ("prefecture",),
    "自治州": ("prefecture",),
    "地区": ("prefecture",),
    "盟": ("prefecture",),
}
_BRANCH = re.compile(rf"({_HAN}{{4,30}})(?:分局|分中心|大队)$")


@dataclass(frozen=True, slots=True)
class Publisher:
    """A publisher with its place, as far as they are settled, and the doubts."""

    name: str | None
    kind: str | None
    division: Division | None
    flags: tuple[Flag, ...] = ()


def flag(kind: str, message: str, observed: str | None = None, expected: str | None = None) -> Flag:
    """A flag of the kind's own severity; what is expected is also the suggestion."""
    severity = flag_kinds()[kind].severity
    return Flag(kind, severity, message, observed=observed, expected=expected, suggestion=expected)


def settle(body: Body, witnesses: Witnesses) -> Publisher:
    """Find the place of a body, write its name out, and say what is in doubt."""
    flags: list[Flag] = []
    chain = body.chain
    if chain and chain.misread:
        printed, right = chain.misread
        flags.append(
            flag(
                "publisher_misread",
                f"{printed} is no division; read as {right}",
                observed=printed,
                expected=right,
            )
        )
    division = _place(body, witnesses, flags)
    name = _name(body, division, witnesses)
    if body.kind == "department" and name:
        mended = _mend_body(name, witnesses)
        if mended:
            flags.append(
                flag(
                    "publisher_misread",
                    f"the text says {mended} elsewhere",
                    observed=name,
                    expected=mended,
                )
            )
            name = mended
    return Publisher(name, body.kind, division, tuple(flags))


def _place(body: Body, witnesses: Witnesses, flags: list[Flag]) -> Division | None:
    if body.chain and (branch := _branch_place(body, body.chain, witnesses, flags)):
        return branch
    if body.zone:
        return _zone_place(body, witnesses, flags)
    if body.chain and body.chain.found[0].level != "county" and INNER.match(body.rest):
        flags.append(
            flag(
                "jurisdiction_unknown",
                f"no division in {body.chain.text} is called as in {body.rest}",
                observed=body.rest,
            )
        )
        return None
    if body.chain and body.kind == "township" and all(d.level != "county" for d in body.chain.found):
        return _township_place(body, body.chain, witnesses, flags)
    if body.chain:
        return _chain_place(body, body.chain, witnesses, flags)
    if body.kind == "township":
        division, named = _beside(body.rest, witnesses), True
        if division is None:
            division, named = evidence.home(witnesses, None, ("county",))
    elif body.relative:
        division, named = evidence.home(witnesses, body.relative[-1], _LEVELS.get(body.relative, ("county",)))
    elif CENTRAL.match(body.above + body.rest):
        flags.append(
            flag("jurisdiction_unknown", f"{body.above}{body.rest} is a central body; GB/T 2260 has no code for it")
        )
        return None
    else:
        division, named = evidence.home(witnesses, None, ("province", "prefecture", "county"))
    if division and named and not _speaks_for(division, body, witnesses):
        message = f"the place of {body.rest or body.relative} is taken from prose that speaks of {division.name}"
        flags.append(flag("jurisdiction_ambiguous", message, observed=division.name))
    if division is None:
        kind = "jurisdiction_ambiguous" if named else "jurisdiction_unknown"
        flags.append(flag(kind, f"nothing in the document settles the place of {body.rest or body.relative}"))
    return division


def _speaks_for(division: Division, body: Body, witnesses: Witnesses) -> bool:
    """Whether what says who speaks names the division, or the text names the body itself with it."""
    names = (division.name, *division.also_known_as)
    if body.kind == "township" or any(witnesses.contacts[name] for name in names):
        return True
    own = " ".join(witnesses.own_sentences)
    whole = any(name + (body.rest or "人民政府") in own for name in names)
    return whole or any(_written_out(name, None, body.rest, own) for name in names)


def _branch_place(body: Body, chain: Chain, witnesses: Witnesses, flags: list[Flag]) -> Division | None:
    """The district of a city bureau's branch that is called after one district of the city: 市公安局新城分局.

    It belongs to the city's bureau and acts for the district alone; the flag says that the code is the district's.
    """
    printed = _BRANCH.match(body.rest)
    if printed is None or any(division.level == "county" for division in chain.found):
        return None
    called = re.sub(r"(?:公安|交警|税务|规划|自然资源|生态环境|市场监管)$", "", printed[1])
    for length in range(min(len(called), jurisdictions.LONGEST_NAME), 1, -1):
        before, name = called[:-length], called[-length:]
        if not before.endswith(("局", "委员会", "委", "队", "厅", "中心", "处")):
            continue
        hits = jurisdictions.named(name, witnesses.year) or jurisdictions.named(name + "新区", witnesses.year)
        inner = [d for d in hits if d.level == "county" and any(d.lies_in(outer.code) for outer in chain.found)]
        codes = jurisdictions.narrowest(inner)
        if len(codes) == 1:
            message = f"{body.rest} is a branch of a body of {chain.text}; the code is that of {codes[0].name}"
            flags.append(flag("jurisdiction_ambiguous", message, observed=chain.text + body.rest))
            return codes[0]
    return None


def _chain_place(body: Body, chain: Chain, witnesses: Witnesses, flags: list[Flag]) -> Division | None:
    division = evidence.choose(chain.found, witnesses)
    if body.misplaced:
        flags.append(
            flag(
                "jurisdiction_ambiguous",
                f"{chain.text} does not lie in {body.misplaced}",
                observed=body.misplaced + chain.text,
            )
        )
        if not witnesses.beside_titles(chain.names[-1]):
            return None
    if division is None:
        division = _outermost(chain.found)
        where = "; ".join(jurisdictions.full_name(d, witnesses.year) for d in chain.found[:8])
        flags.append(flag("jurisdiction_ambiguous", f"{chain.names[-1]} may be {where}", observed=chain.text))
    elif chain.misread is None and (other := evidence.rival(chain, division, witnesses)):
        flags.append(
            flag("jurisdiction_ambiguous", f"the text speaks of {other} rather than {chain.text}", observed=chain.text)
        )
        return None
    elif len(chain.names) == 1 and (what := evidence.foreign_contact(division, witnesses)):
        message = f"the {what} is not one of {jurisdictions.full_name(division, witnesses.year)}"
        flags.append(flag("jurisdiction_ambiguous", message, observed=chain.text))
    elif chain.short and any(d.code != division.code and witnesses.mentions[d.name] for d in chain.found):
        flags.append(flag("jurisdiction_ambiguous", f"the text names more than one {chain.text}", observed=chain.text))
    year = witnesses.year
    if division and year is not None and (chain.later or not division.in_force(year)):
        flags.append(
            flag(
                "jurisdiction_changed",
                f"{chain.text} is named in the report on {year}; the code is that of {division.name}",
                observed=chain.text,
            )
        )
    branch = re.search(rf"({_HAN}{{2,6}})分局$", body.rest)
    if division and branch and division.level != "county":
        flags.append(
            flag(
                "jurisdiction_ambiguous",
                f"{branch[0]} is a branch; the code is that of the body above it",
                observed=body.rest,
            )
        )
    return division


def _township_place(body: Body, chain: Chain, witnesses: Witnesses, flags: list[Flag]) -> Division | None:
    """The county of a township that is named with its prefecture only; a prefecture without counties is its own."""
    above = evidence.choose(chain.found, witnesses)
    year = witnesses.year
    if above and not any(d.lies_in(above.code) and d is not above for d in jurisdictions.standing(year)):
        return above
    division = _beside(body.rest, witnesses)
    if division is None:
        division, _ = evidence.home(witnesses, None, ("county",))
    if division is None or not any(division.lies_in(d.code) for d in chain.found):
        flags.append(
            flag("jurisdiction_ambiguous", f"the document does not say in which county {chain.text}{body.rest} lies")
        )
        return None
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
        division = (
            jurisdictions.at(code, year)
            or jurisdictions.at(code[:4] + "00", year)
            or jurisdictions.at(code[:2] + "0000", year)
        )
    elif body.chain:
        division = evidence.choose(body.chain.found, witnesses) or _outermost(body.chain.found)
    else:
        suffix = body.relative
        division, _ = evidence.home(witnesses, suffix, ("prefecture", "county"))
    if division is None:
        flags.append(
            flag("jurisdiction_ambiguous", f"nothing in the document settles where {whole} lies", observed=whole)
        )
    else:
        flags.append(flag("jurisdiction_of_parent", f"{whole} has no code; it lies in {division.name}", observed=whole))
    return division


def _beside(rest: str, witnesses: Witnesses) -> Division | None:
    """The county that the text names right before a township's name."""
    town = TOWNSHIP.match(rest)
    stem = town[1] if town and town[1] else re.sub(r"办事处$", "", rest)
    found: Counter[str] = Counter()
    text = "\n".join(witnesses.own_sentences)
    for at in _places(stem, text):
        for name in places.mentions(text[max(0, at - 15) : at], witnesses.year):
            if text.endswith(name, 0, at):
                found[name] += 1
    if len(found) != 1:
        return None
    candidates = tuple(d for d in jurisdictions.named(next(iter(found)), witnesses.year) if d.level == "county")
    return evidence.choose(candidates, witnesses)


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
        town = TOWNSHIP.match(rest)
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
    return body.above + place + (_written_out(place, body.relative, rest, witnesses.text.compact) or rest)


def _place_name(body: Body, division: Division | None) -> str:
    if body.chain is None:
        return division.name if division and body.relative else ""
    if body.zone or division is None or body.chain.later:
        return body.chain.text
    last = body.chain.names[-1]
    return "".join(body.chain.names[:-1]) + (last if last[-1] in places.SUFFIXES and len(last) > 2 else division.name)


def _written_out(place: str, relative: str | None, rest: str, text: str) -> str | None:
    """The full form of an abbreviated body (发改局) that the text uses for the same place: 发展和改革局."""
    heads = [place[-len(tail) :] for tail in (place, place[-3:]) if tail]
    if relative:
        heads.append(relative)
    ending = "委员会" if rest.endswith(("委", "委员会")) else "办公室" if rest.endswith(("办", "办公室")) else rest[-1:]
    stem = re.sub(r"(?:委员会|委|办公室|办)$", "", rest) if ending in ("委员会", "办公室") else rest[:-1]
    found: Counter[str] = Counter()
    for head in dict.fromkeys(heads):
        for full in _named_after(head, ending, text):
            core = full[: -len(ending)]
            cut_short = core.startswith(stem) and core != stem  # 教育局 is a name of its own beside 教育和体育局
            if len(full) > len(rest) and full[:1] == stem[:1] and not cut_short and _is_subsequence(stem, core):
                found[full] += 1
    return min(found, key=lambda full: (-found[full], len(full), full)) if found else None


def _named_after(head: str, ending: str, text: str) -> Iterator[str]:
    """The names of up to 22 characters and the ending that follow a place's name."""
    at, name = text.find(head), _name_with(ending)
    while at >= 0:
        found = name.match(text, at + len(head))
        if found:
            yield found[0]
        at = text.find(head, found.end() if found else at + 1)


@cache
def _name_with(ending: str) -> re.Pattern[str]:
    return re.compile(rf"{_HAN}{{2,22}}?{re.escape(ending)}")


def _places(word: str, text: str) -> Iterator[int]:
    """Where a word stands in a text."""
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + max(len(word), 1))


def _is_subsequence(short: str, long: str) -> bool:
    rest = iter(long)
    return all(character in rest for character in short)


def _mend_body(name: str, witnesses: Witnesses) -> str | None:
    """The department's name as the text writes it elsewhere, where the printed one stands once and looks alike."""
    text = witnesses.text.compact
    if len(name) < 6 or text.count(name) > 1:
        return None
    found: Counter[str] = Counter()
    for at in _places(name[:3], text):
        other = text[at : at + len(name)]
        differ = [(a, b) for a, b in zip(other, name, strict=False) if a != b]
        if len(other) == len(name) and len(differ) == 1 and places.alike(*differ[0]):
            found[other] += 1
    return next(iter(found)) if len(found) == 1 and found.most_common(1)[0][1] >= 2 else None


def as_government(publisher: Publisher, note: Flag | None = None) -> Publisher:
    """The government that an office, or a department for it, compiled a report for."""
    if publisher.name is None or publisher.division is None:
        return publisher
    name = re.sub(r"(?:办公室|办公厅)$", "", publisher.name) if publisher.kind == "office" else None
    if name is None:
        name = publisher.division.name + (
            "行政公署" if publisher.division.name.endswith(("地区", "盟")) else "人民政府"
        )
    return replace(publisher, name=name, kind="government", flags=(*publisher.flags, *((note,) if note else ())))


def of_area(text: Text, witnesses: Witnesses) -> Publisher | None:
    """The government of the place whose 全县, 全市 … a report without any name speaks of; with a flag, as inferred."""
    compact = text.compact
    if re.search(r"[我本](?:局|委|厅|中心|镇|乡|街道|办|单位|部门)", compact):
        return None
    suffixes = Counter(re.findall(r"[全我]([省市县区州旗盟])(?!场|域|面)", compact)).most_common(2)
    if not suffixes or (len(suffixes) > 1 and suffixes[1][1] * 2 > suffixes[0][1]):
        return None
    body = Body(None, "", "government", suffixes[0][0])
    publisher = settle(body, witnesses)
    if publisher.division is None:
        return None
    said = f"nothing names the publisher; the text speaks for 全{suffixes[0][0]} of {publisher.division.name}"
    return replace(publisher, flags=(*publisher.flags, flag("publisher_unknown", said)))
