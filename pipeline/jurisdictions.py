"""China's administrative divisions by GB/T 2260, year by year: the only reader of the tables that name them.

`jurisdictions.csv` holds every province, prefecture and county in force in 2008 or later, `zones.csv` development
zones and new areas without a code, `contact_codes.csv` telephone area codes and postcode prefixes. They are built by
tools/build_jurisdictions.py; sources and choices stand in docs/jurisdictions.md. All of it is loaded at first use.

A division is *in force in a year* when it stood on 31 December of that year. One abolished in mid-year is no longer
in force in that year; `named` still finds it there when no division of that name is left at the year's end.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("vocabulary")
STILL = 9999  # valid_to of a division in force in the newest source
LONGEST_NAME = 15
MUNICIPALITIES = ("11", "12", "31", "50")


@dataclass(frozen=True, slots=True)
class Division:
    """A division under one name and one code, with the first and last year in force (`STILL`: it is)."""

    code: str
    name: str
    parents: tuple[str, ...]  # codes, province first
    level: str  # province | prefecture | county
    valid_from: int
    valid_to: int
    successor: tuple[str, ...]
    also_known_as: tuple[str, ...]
    pinyin: str  # toneless syllables of `name`, a space between

    def in_force(self, year: int) -> bool:
        return self.valid_from <= year <= self.valid_to

    def lies_in(self, code: str) -> bool:
        """Whether `code` is this division or one of its parents."""
        return code == self.code or code in self.parents

    @property
    def short(self) -> str:
        """The name without its suffix (罗庄 for 罗庄区); the name itself where nothing would be left (赵县)."""
        return min(self.also_known_as, key=len) if self.also_known_as else self.name


def _rows(name: str) -> Iterable[list[str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        yield from reader


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split(";")) if text else ()


@cache
def divisions() -> tuple[Division, ...]:
    """Every division under every name it had since 2008, by code and then by year."""
    return tuple(
        Division(
            code,
            name,
            _split(parents),
            level,
            int(start),
            int(end) if end else STILL,
            _split(successor),
            _split(aliases),
            pinyin,
        )
        for code, name, parents, level, start, end, successor, aliases, pinyin in _rows("jurisdictions.csv")
    )


@cache
def _by_code() -> dict[str, tuple[Division, ...]]:
    found: dict[str, list[Division]] = {}
    for division in divisions():
        found.setdefault(division.code, []).append(division)
    return {code: tuple(spans) for code, spans in found.items()}


@cache
def _by_name() -> tuple[dict[str, tuple[Division, ...]], dict[str, tuple[Division, ...]]]:
    """Divisions by official name, and by shorter ones."""
    official: dict[str, list[Division]] = {}
    shorter: dict[str, list[Division]] = {}
    for division in divisions():
        official.setdefault(division.name, []).append(division)
        for alias in division.also_known_as:
            shorter.setdefault(alias, []).append(division)
    return (
        {name: tuple(found) for name, found in official.items()},
        {name: tuple(found) for name, found in shorter.items()},
    )


def at(code: str, year: int) -> Division | None:
    """The division of that code in that year; the one that ended in mid-year where none stood at its end."""
    spans = _by_code().get(code, ())
    for division in spans:
        if division.in_force(year):
            return division
    return next((division for division in spans if division.valid_to == year - 1), None)


def in_year(found: tuple[Division, ...], year: int | None) -> tuple[Division, ...]:
    """Those of `found` in force at the year's end; if none, those that ended in its course. All without a year."""
    if year is None:
        return found
    standing = tuple(division for division in found if division.in_force(year))
    return standing or tuple(division for division in found if division.valid_to == year - 1)


@cache
def standing(year: int | None) -> tuple[Division, ...]:
    """All divisions in force in that year; all ever in force without a year."""
    return tuple(division for division in divisions() if year is None or division.in_force(year))


def named(name: str, year: int | None = None, short: bool = True) -> tuple[Division, ...]:
    """The divisions of that official name in that year, else (with `short`) of that shorter one (罗庄, 延边州)."""
    official, shorter = _by_name()
    found = in_year(official.get(name, ()), year)
    if found or not short:
        return found
    return in_year(shorter.get(name, ()), year)


def is_known(name: str) -> bool:
    """Whether a division ever had this official name."""
    return name in _by_name()[0]


def founded_later(name: str, year: int) -> tuple[Division, ...]:
    """What a division of that name founded in the year after was until then.

    莱芜区, founded in 2019, publishes the report on 2018 of what it was then: 莱城区.
    """
    heirs = [division for division in _by_name()[0].get(name, ()) if division.valid_from == year + 1]
    return tuple(
        division
        for heir in heirs
        for division in divisions()
        if heir.code in division.successor and division.valid_to == year and division.level == heir.level
    )


def full_name(division: Division, year: int | None = None) -> str:
    """The official name after its parents' of that year: 山东省临沂市兰山区; 北京市朝阳区."""
    when = year if year is not None else min(division.valid_to, 2024)
    parents = (at(code, when) for code in division.parents)
    return "".join(parent.name for parent in parents if parent is not None) + division.name


def narrowest(found: Iterable[Division]) -> tuple[Division, ...]:
    """One division for each code, the newest name first come."""
    return tuple({division.code: division for division in found}.values())


@cache
def zones() -> dict[str, str]:
    """Zones without a code of their own by name, with the code of the division that they lie in."""
    return {row[0]: row[1] for row in _rows("zones.csv")}


@cache
def _contacts() -> dict[tuple[str, str], frozenset[str]]:
    return {(kind, prefix): frozenset(codes.split(";")) for kind, prefix, codes in _rows("contact_codes.csv")}


def of_telephone(area_code: str) -> frozenset[str]:
    """The codes of the divisions with that telephone area code (with its 0); empty where it is unknown."""
    return _contacts().get(("telephone", area_code), frozenset())


def of_postcode(postcode: str) -> frozenset[str]:
    """The divisions whose postcodes begin with the same four digits, else with the same three; empty where unknown."""
    exact = _contacts().get(("postcode", postcode[:4]))
    return exact if exact is not None else _postal_zones().get(postcode[:3], frozenset())


@cache
def _postal_zones() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for (kind, prefix), codes in _contacts().items():
        if kind == "postcode":
            found.setdefault(prefix[:3], set()).update(codes)
    return {prefix: frozenset(codes) for prefix, codes in found.items()}


def initials(pinyin: str, syllables: int) -> str:
    return "".join(part[0] for part in pinyin.split()[:syllables])


def spelled(division: Division) -> str:
    """The short name in pinyin without spaces, as web domains write it: luozhuang."""
    return "".join(division.pinyin.split()[: len(division.short)])
