"""Names of divisions in text: runs of them, mentions of them, and names that differ from them by one character."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from pipeline import jurisdictions
from pipeline.jurisdictions import LONGEST_NAME, Division
from pipeline.noise import characters

SUFFIXES = "省市县区州盟旗"
# Characters of place names that OCR confuses most; a name with one of these is mended without other support.
LOOK_ALIKES = (
    "沭沐 己已巳 未末 日曰 土士 千干于 大太犬 天夭无 人入八 折拆 浙淅 那邢邪 汨汩 毫亳 莱菜荥 鄄甄 睢雎唯 郓恽 栾奕峦滦"
    " 郯剡 沂沥圻 莒营 邳郅邱 滕藤腾 兖衮充 涿逐 蔚尉 岚风 盱肝 眙胎 陕陝峡 宜宣 平乎 庆厌 桓恒 丘兵 临监 昌冒 洛落"
    " 郾偃 鄢焉 睦陆 濮仆 阆朗 邛功 珙拱 筠均 蓟葪"
)
# Words of prose that are also names of districts.
WORDS = ("城区", "郊区", "矿区", "新市区", "市中区", "东区", "西区")


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


def mentions(text: str, year: int | None) -> Iterable[str]:
    """The names of divisions in a text without white space, the longest that ends at each suffix."""
    for match in re.finditer(f"[{SUFFIXES}]", text):
        end = match.end()
        for length in range(min(LONGEST_NAME, end), 1, -1):
            name = text[end - length : end]
            if name not in _suffixed() or name in WORDS or not jurisdictions.named(name, year):
                continue
            if length > 2 or _stands_free(text[max(0, end - 20) : end - 2], name, year):
                yield name
                break


def _stands_free(before: str, name: str, year: int | None) -> bool:
    """Whether a name of two characters is one there: 宁晋县和赵县 no, 石家庄市赵县 yes, 省市和县 no."""
    if not before or not "一" <= before[-1] <= "龥":
        return True
    return any(
        before.endswith((parent.name, *parent.also_known_as))
        for division in jurisdictions.named(name, year)
        for parent in parents_of(division, year)
    )


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
        whole = tuple(hit for hit in hits if hit.name == name or (hit.name[-1] == name[-1] and name[-1] in SUFFIXES))
        short, hits = not whole, whole or hits
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


def neighbours(printed: str, year: int | None) -> list[Division]:
    """The divisions of that year whose names differ from `printed` in one character other than the suffix."""
    patterns = (printed[:i] + "?" + printed[i + 1 :] for i in range(len(printed) - 1))
    near = (d for pattern in patterns for d in _by_pattern().get(pattern, ()))
    return [d for d in near if d.name != printed and (year is None or d.in_force(year))]


@cache
def _by_pattern() -> dict[str, tuple[Division, ...]]:
    """Divisions by their names with one character left open: ?山区, 兰?区."""
    found: dict[str, list[Division]] = {}
    for division in jurisdictions.divisions():
        name = division.name
        for i in range(len(name) - 1):
            found.setdefault(name[:i] + "?" + name[i + 1 :], []).append(division)
    return {pattern: tuple(divisions) for pattern, divisions in found.items()}


def alike(one: str, other: str, closely: bool = False) -> bool:
    """Whether OCR may take one character for the other; `closely`: whether it often does, in names of places."""
    if any(one in group and other in group for group in LOOK_ALIKES.split()):
        return True
    return not closely and characters.look_alike(one, other)


def look_alike(printed: str, name: str, closely: bool = False) -> bool:
    return all(a == b or alike(a, b, closely) for a, b in zip(printed, name, strict=True))


def parents_of(division: Division, year: int | None) -> list[Division]:
    when = year if year is not None else min(division.valid_to, 2024)
    return [parent for code in division.parents if (parent := jurisdictions.at(code, when))]


@cache
def may_nest(one: str, other: str, year: int | None) -> bool:
    """Whether one of two names may be a division that lies in one of the other's."""
    return any(
        a.lies_in(b.code) or b.lies_in(a.code)
        for a in jurisdictions.named(one, year)
        for b in jurisdictions.named(other, year)
    )
