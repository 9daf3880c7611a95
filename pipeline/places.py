"""Which division a name in a report means: parents in the name, and the evidence of the text where it is not enough.

Many counties share a name, and many reports say only 市 or 县. What tells them apart is what the page says beside:
the parents it names, its web and mail hosts, telephone area codes, postcodes. Each witness may vote only for a part
of the candidates; a choice is made when all that vote leave exactly one, and none is made otherwise.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from pipeline import jurisdictions
from pipeline.jurisdictions import LONGEST_NAME, Division
from pipeline.titles import Text

SUFFIXES = "省市县区州盟旗"
# Characters that OCR takes for one another in place names; without other support a name is mended by these alone.
LOOK_ALIKES = (
    "沭沐休", "己已巳", "未末", "日曰", "土士", "千干于", "大太犬", "天夭无", "人入八", "折拆", "浙淅渐", "那邢邪", "汨汩泊",
    "毫亳", "莱菜荥", "鄄甄", "睢雎唯", "郓恽", "栾奕峦", "郯剡", "沂沥圻", "莒营", "邳郅邱", "滕藤腾", "兖衮充", "涿逐", "蔚尉",
    "岚风", "盱肝", "眙胎", "泗洒", "荣荥", "陕陝峡", "宜宣", "寿青", "平乎", "阴阳", "庆厌", "乐东", "桓恒", "台合", "辽迁", "丘兵",
    "临监", "昌冒", "洛落", "郾偃", "鄢焉", "睦陆", "濮仆", "阆朗", "邛功", "珙拱", "筠均", "蓟葪", "滦栾", "冀翼", "霸覇", "漷郭",
)  # fmt: skip
_HOST = re.compile(r"(?:[a-z0-9][a-z0-9-]*\.)+(?:cn|com|net|org)(?![a-z0-9])", re.IGNORECASE)
_PHONE = re.compile(r"(?<!\d)\(?(0(?:10|2\d|[3-9]\d{2}))(?:\)-?|[-—–――~])\d{7,8}(?!\d)")
_PHONE_NAMED = re.compile(r"(?:电话|传真|热线)[^\d]{0,10}(0(?:10|2\d|[3-9]\d{2}))\d{7,8}(?!\d)")
_POSTCODE = re.compile(r"(?:邮编|邮政编码|邮码)[^\d]{0,3}(\d{6})(?!\d)")
_NO_PLACE_LABELS = frozenset(
    "www gov cn com net org edu zwgk zfxxgk xxgk xxgkml zfxx zwfw english new m mail 163 126 qq sina sohu".split()
)
# Words of prose that are also names of districts.
_WORDS = frozenset(("城区", "郊区", "矿区", "新市区", "市中区", "东区", "西区"))


@dataclass(frozen=True, slots=True)
class Chain:
    """A run of names at the start of a phrase, each lying in the one before, and the divisions it may mean."""

    names: tuple[str, ...]
    found: tuple[Division, ...]
    end: int
    short: bool = False  # the last name lacks its suffix
    later: bool = False  # the name was given only the year after; `found` is what bore another one until then
    misread: tuple[str, str] | None = None  # as printed, as it must be

    @property
    def text(self) -> str:
        return "".join(self.names)


@dataclass(frozen=True)
class Witnesses:
    """What a document says of where it comes from."""

    text: Text
    year: int | None

    @cached_property
    def hosts(self) -> tuple[str, ...]:
        """Labels of web and mail hosts, those of the page itself first."""
        said = " ".join(
            self.text.metadata.get(key, "") for key in ("url", "source_url", "canonical", "og:url", "sitedomain")
        )
        labels: dict[str, None] = {}
        for host in _HOST.findall(said + " " + self.text.compact):
            for label in host.lower().split("."):
                if label not in _NO_PLACE_LABELS and len(label) > 1:
                    labels[label] = None
        return tuple(labels)

    @cached_property
    def area_codes(self) -> frozenset[str]:
        found = {match[1] for pattern in (_PHONE, _PHONE_NAMED) for match in pattern.finditer(self.text.compact)}
        return frozenset(code for area in found for code in jurisdictions.of_telephone(area))

    @cached_property
    def postcodes(self) -> frozenset[str]:
        found = {match[1] for match in _POSTCODE.finditer(self.text.compact)}
        return frozenset(code for postcode in found for code in jurisdictions.of_postcode(postcode))

    @cached_property
    def mentions(self) -> Counter[str]:
        """How often each official or suffixed name of a division of that year stands in the text and metadata."""
        metadata = "\n".join(self.text.metadata.values())
        return Counter(mentions(self.text.compact + "\n" + metadata, self.year))

    @cached_property
    def contacts(self) -> Counter[str]:
        """The same in the lines that say who speaks: head, introduction, imprint, address, metadata."""
        said = [line.compact for line in (*self.text.head, *self.text.tail)]
        said += [line.compact for line in self.text.lines if "地址" in line.text or "邮编" in line.text]
        said += [self.text.opening[:400], *self.text.metadata.values()]
        return Counter(mentions("\n".join(said), self.year))


def mentions(text: str, year: int | None) -> Iterable[str]:
    """The names of divisions in a text without white space, the longest that ends at each suffix."""
    for match in re.finditer(f"[{SUFFIXES}]", text):
        end = match.end()
        for length in range(min(LONGEST_NAME, end), 1, -1):
            name = text[end - length : end]
            if name in _suffixed() and name not in _WORDS:
                before = text[end - length - 1] if end > length else "\n"
                if (length > 2 or not "一" <= before <= "龥") and jurisdictions.named(name, year):
                    yield name
                    break


@cache
def _suffixed() -> frozenset[str]:
    """Names that end as divisions do: official ones and the likes of 延边州."""
    names = {d.name for d in jurisdictions.divisions()} | {
        a for d in jurisdictions.divisions() for a in d.also_known_as
    }
    return frozenset(name for name in names if name[-1] in SUFFIXES)


def read_chain(phrase: str, year: int | None) -> Chain | None:
    """The longest run of names at the start of `phrase`: 山东省临沂市兰山区…, 临沂兰山区…; None without any."""
    names: list[str] = []
    found: tuple[Division, ...] = ()
    at, short, later = 0, False, False
    while at < len(phrase):
        step = _next_name(phrase, at, found, year)
        if step is None:
            break
        name, found, short, later = step
        names.append(name)
        at += len(name)
    return Chain(tuple(names), found, at, short, later) if names else None


def _next_name(
    phrase: str, at: int, within: tuple[Division, ...], year: int | None
) -> tuple[str, tuple[Division, ...], bool, bool] | None:
    for length in range(min(LONGEST_NAME, len(phrase) - at), 1, -1):
        name = phrase[at : at + length]
        hits = jurisdictions.named(name, year)
        later = False
        if not hits and year is not None and name[-1] in SUFFIXES:
            hits, later = jurisdictions.founded_later(name, year), True
        if not hits:
            continue
        short = all(hit.name != name for hit in hits) and name[-1] not in SUFFIXES
        if within:
            inner = tuple(
                hit for hit in hits if any(hit.lies_in(outer.code) and hit.code != outer.code for outer in within)
            )
            if later and not inner:  # moved to another prefecture when founded
                inner = tuple(hit for hit in hits if any(hit.code[:2] == outer.code[:2] for outer in within))
            if not inner:
                continue
            return name, inner, short, later
        if short and all(hit.level == "county" and hit.name[-1] == "区" for hit in hits):
            return (name, hits, True, later) if _ends_name(phrase, at + length) else None
        return name, hits, short, later
    return None


def _ends_name(phrase: str, at: int) -> bool:
    """Whether a bare short name may end here: 兰山 before 经济开发区 or 区-less bodies, not 和平 before 路街道."""
    return at < len(phrase) and re.match(r"(?:经济|高新|开发|工业|产业|区)", phrase[at:]) is not None


def mend(phrase: str, year: int | None, witnesses: Witnesses, chain: Chain | None) -> Chain | None:
    """The chain of a phrase whose next name is misread in one character, where the evidence leaves one reading.

    Support is the right name elsewhere in the text, or a parent that has one such name only, or a known look-alike.
    """
    at = chain.end if chain else 0
    for match in re.finditer(f"[{SUFFIXES}]", phrase[at : at + 12]):
        printed = phrase[at : at + match.end()]
        if len(printed) < 3 or jurisdictions.is_known(printed):
            continue
        near = [d for d in _neighbours(printed, year) if not chain or any(d.lies_in(o.code) for o in chain.found)]
        names = list(dict.fromkeys(d.name for d in near))
        said = [
            name for name in names if witnesses.mentions[name] or (len(name) == 3 and name in witnesses.text.compact)
        ]
        alike = [name for name in names if _look_alike(printed, name)]
        chosen = next((some[0] for some in (said, names if chain else [], alike) if len(some) == 1), None)
        if chosen is None or (len(said) > 1):
            continue
        found = tuple(d for d in near if d.name == chosen)
        before = chain.names if chain else ()
        rest = read_chain(chosen + phrase[at + len(printed) :], year)
        if rest and rest.end > len(chosen):  # 沐阳县 was not the last name
            found = tuple(d for d in rest.found if any(d.lies_in(f.code) for f in found)) or found
            return Chain((*before, *rest.names), found, at + rest.end, rest.short, False, (printed, chosen))
        return Chain((*before, chosen), found, at + len(printed), False, False, (printed, chosen))
    return None


def other_reading(chain: Chain, witnesses: Witnesses, year: int | None) -> Chain | None:
    """The look-alike name that the text itself uses throughout, where the printed one is real but stands nowhere else."""
    printed = chain.names[-1]
    if len(printed) < 3 or witnesses.text.compact.count(printed) > 1:
        return None
    near = [
        d
        for d in _neighbours(printed, year)
        if _look_alike(printed, d.name) and witnesses.text.compact.count(d.name) >= 3
    ]
    names = {d.name for d in near}
    if len(names) != 1:
        return None
    name = names.pop()
    return Chain((*chain.names[:-1], name), tuple(near), chain.end, False, False, (printed, name))


def _neighbours(printed: str, year: int | None) -> list[Division]:
    same_shape = _by_shape().get((len(printed), printed[-1]), ())
    return [
        d
        for d in same_shape
        if sum(a != b for a, b in zip(d.name, printed, strict=True)) == 1 and (year is None or d.in_force(year))
    ]


@cache
def _by_shape() -> dict[tuple[int, str], tuple[Division, ...]]:
    shapes: dict[tuple[int, str], list[Division]] = {}
    for division in jurisdictions.divisions():
        shapes.setdefault((len(division.name), division.name[-1]), []).append(division)
    return {shape: tuple(found) for shape, found in shapes.items()}


def _look_alike(printed: str, name: str) -> bool:
    pairs = [(a, b) for a, b in zip(printed, name, strict=True) if a != b]
    return all(any(a in group and b in group for group in LOOK_ALIKES) for a, b in pairs)


def choose(found: Sequence[Division], witnesses: Witnesses) -> Division | None:
    """The one of several divisions that the witnesses leave; None when they leave more, or contradict each other."""
    codes = jurisdictions.narrowest(found)
    if len(codes) <= 1:
        return codes[0] if codes else None
    votes = [vote for vote in _votes(codes, witnesses) if vote]
    left = {d.code for d in codes}
    for vote in votes:
        left &= vote
    return next(d for d in codes if d.code in left) if votes and len(left) == 1 else None


def _votes(found: Sequence[Division], witnesses: Witnesses) -> Iterable[set[str]]:
    """For each witness the codes that it supports, where it supports some but not all."""
    def told(supported: Iterable[Division]) -> set[str]:
        codes = {d.code for d in supported}
        return codes if len(codes) < len(found) else set()

    yield told(d for d in found if _chained(d, witnesses))
    yield told(d for d in found if host_names(d, witnesses))
    yield told(d for d in found if _kin(d, witnesses.area_codes))
    yield told(d for d in found if _kin(d, witnesses.postcodes))
    for level in ("province", "prefecture"):
        counts = {d.code: _parent_mentions(d, level, witnesses) for d in found}
        most = max(counts.values())
        if most:
            yield told(d for d in found if counts[d.code] * 2 > most)


def _kin(division: Division, codes: frozenset[str]) -> list[str]:
    """Those of `codes` that are the division or its next parent, or that lie in it (for a prefecture or province)."""
    if division.level == "county":
        return [code for code in codes if code == division.code or code in division.parents[-1:]]
    head = division.code[:2] if division.level == "province" else division.code[:4]
    return [code for code in codes if code.startswith(head)]


def _parents(division: Division, year: int | None) -> list[Division]:
    when = year if year is not None else min(division.valid_to, 2024)
    return [parent for code in division.parents if (parent := jurisdictions.at(code, when))]


def _chained(division: Division, witnesses: Witnesses) -> bool:
    """Whether the text names the division right after one of its parents: 南京市鼓楼区, 南京鼓楼区."""
    text = witnesses.text.compact
    return any(
        name + division.name in text for p in _parents(division, witnesses.year) for name in (p.name, *p.also_known_as)
    )


def _parent_mentions(division: Division, level: str, witnesses: Witnesses) -> int:
    """Mentions of the parent of that level; a single one counts in a contact line or in the title of a law only."""
    count = 0
    for parent in _parents(division, witnesses.year):
        if parent.level == level:
            everywhere = witnesses.mentions[parent.name]
            in_law = f"《{parent.name}" in witnesses.text.compact
            count += 2 * witnesses.contacts[parent.name] + (everywhere if everywhere > 1 or in_law else 0)
    return count


def host_names(division: Division, witnesses: Witnesses) -> bool:
    """Whether a host names a parent of the division, alone or before its own name: nanjing, njgulou, lyls."""
    own = jurisdictions.spelled(division)
    own_initials = jurisdictions.initials(division.pinyin, len(division.short))
    for parent in _parents(division, witnesses.year):
        full = jurisdictions.spelled(parent)
        start = jurisdictions.initials(parent.pinyin, len(parent.short))
        for label in witnesses.hosts:
            if label == full or label in (full + own, start + own, full + own_initials):
                return True
            if len(start) + len(own_initials) >= 4 and label in (
                start + own_initials,
                start + own_initials + division.pinyin.split()[-1][0],
            ):
                return True
    return False


def home(witnesses: Witnesses, suffix: str | None, levels: tuple[str, ...]) -> tuple[Division | None, bool]:
    """The division that a document without a place in its title comes from: (division or None, whether any was named).

    `suffix` is what the document calls it (市, 县), where it does. The name must lead in the lines that say who
    speaks, or clearly in the whole text, and no host, telephone or postcode may speak against it.
    """
    year = witnesses.year
    for names in (witnesses.contacts, witnesses.mentions):
        options: Counter[str] = Counter()
        for name, count in names.items():
            fit = [d for d in jurisdictions.named(name, year) if d.level in levels]
            if fit and (suffix is None or name[-1] == suffix):
                options[name] += count
        ranked = sorted(options.items(), key=lambda item: (-item[1], item[0]))
        if not ranked:
            continue
        if len(ranked) > 1 and ranked[0][1] < 2 * ranked[1][1]:
            inner_fits = names is witnesses.contacts and (suffix is not None or levels == ("county",))
            return (_inner(ranked, witnesses, levels) if inner_fits else None), True
        if names is witnesses.mentions and ranked[0][1] < 2:
            return None, True
        fit = [d for d in jurisdictions.named(ranked[0][0], year) if d.level in levels]
        return _uncontradicted(choose(fit, witnesses), witnesses), True
    return _by_contacts(witnesses, suffix, levels), False


def _inner(ranked: list[tuple[str, int]], witnesses: Witnesses, levels: tuple[str, ...]) -> Division | None:
    """Of two names that are mentioned alike, the inner one when it lies in the other: 临沂市 and 兰山区."""
    first, second = (
        [d for d in jurisdictions.named(name, witnesses.year) if d.level in levels] for name, _ in ranked[:2]
    )
    if len(ranked) > 2 and ranked[2][1] * 2 > ranked[0][1]:
        return None
    nested = [a for a in first for b in second if a.code != b.code and a.lies_in(b.code)]
    nested += [b for b in second for a in first if a.code != b.code and b.lies_in(a.code)]
    return _uncontradicted(nested[0], witnesses) if len(nested) == 1 else None


def _uncontradicted(division: Division | None, witnesses: Witnesses) -> Division | None:
    if division is None:
        return None
    for codes in (witnesses.area_codes, witnesses.postcodes):
        if codes and not _kin(division, codes):
            return None
    return division


def _by_contacts(witnesses: Witnesses, suffix: str | None, levels: tuple[str, ...]) -> Division | None:
    """No name at all: the only division of the level whose full pinyin is a host, and that telephone or postcode confirm."""
    year = witnesses.year
    found = [
        d
        for label in witnesses.hosts
        for d in _by_spelling().get(label, ())
        if d.level in levels and (suffix is None or d.name[-1] == suffix) and (year is None or d.in_force(year))
    ]
    confirmed = [d for d in found if _kin(d, witnesses.area_codes) or _kin(d, witnesses.postcodes)]
    codes = jurisdictions.narrowest(confirmed)
    return _uncontradicted(codes[0], witnesses) if len(codes) == 1 else None


@cache
def _by_spelling() -> dict[str, tuple[Division, ...]]:
    """Divisions by their short name in pinyin, where that is long enough to be no chance."""
    found: dict[str, list[Division]] = {}
    for division in jurisdictions.divisions():
        spelling = jurisdictions.spelled(division)
        if len(spelling) >= 5:
            found.setdefault(spelling, []).append(division)
    return {spelling: tuple(divisions) for spelling, divisions in found.items()}
