"""The automatic numbers of a Word document's lists: numbering.xml, and the counters that run through the text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from extractors.docx.ooxml import attribute, child, local, number

if TYPE_CHECKING:
    from lxml.etree import _Element

_LEVELS = 9

_DIGITS = "〇一二三四五六七八九"
_LEGAL_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES = "子丑寅卯辰巳午未申酉戌亥"


@dataclass(frozen=True, slots=True)
class _Level:
    form: str
    text: str
    start: int
    spaced: bool
    style: str | None


class Numbering:
    """numbering.xml, which is `load`ed when the first list is met, and the counters that run while a document is read
    in order."""

    def __init__(self, load: Callable[[], _Element | None]) -> None:
        self._load = load
        self._levels: dict[int, tuple[int | None, dict[int, _Level]]] = {}
        self._counters: dict[int | None, list[int | None]] = {}
        self._started: set[tuple[int, int]] = set()

    @cached_property
    def _elements(self) -> list[_Element]:
        root = self._load()
        return list(root) if root is not None else []

    @cached_property
    def _abstract(self) -> dict[int | None, _Element]:
        return {number(one, "abstractNumId"): one for one in self._elements if local(one) == "abstractNum"}

    @cached_property
    def _lists(self) -> dict[int | None, _Element]:
        return {number(one, "numId"): one for one in self._elements if local(one) == "num"}

    def next_label(self, list_id: int, level: int) -> str:
        """The number that Word prints before the next paragraph of the list, a space after it where Word leaves one;
        empty for bullets and unknown lists. Counts."""
        abstract, levels = self._of(list_id)
        if not 0 <= level < _LEVELS or level not in levels:
            return ""
        counters = self._counters.setdefault(abstract, [None] * _LEVELS)
        if (list_id, level) not in self._started and self._restarts(list_id, level):
            counters[level] = None
        self._started.add((list_id, level))
        current = counters[level]
        counters[level] = levels[level].start if current is None else current + 1
        counters[level + 1 :] = [None] * (_LEVELS - level - 1)
        return self._printed(levels, counters, level)

    def level_of(self, list_id: int, style: str | None) -> int:
        """The level that a paragraph style is tied to in a list, 0 where none is."""
        _, levels = self._of(list_id)
        return next((at for at in sorted(levels) if style is not None and levels[at].style == style), 0)

    def _of(self, list_id: int) -> tuple[int | None, dict[int, _Level]]:
        if list_id not in self._levels:
            self._levels[list_id] = self._resolve(list_id)
        return self._levels[list_id]

    @staticmethod
    def _printed(levels: dict[int, _Level], counters: list[int | None], level: int) -> str:
        own = levels[level]
        if own.form in ("bullet", "none"):
            return ""

        def printed(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            if at not in levels:
                return ""
            count = counters[at]
            return spell(levels[at].start if count is None else count, levels[at].form)

        label = re.sub(r"%([1-9])", printed, own.text)
        return label + " " if label and own.spaced else label

    def _restarts(self, list_id: int, level: int) -> bool:
        return any(
            number(one, "ilvl") == level and child(one, "startOverride") is not None
            for one in self._lists.get(list_id, ())
            if local(one) == "lvlOverride"
        )

    def _resolve(self, list_id: int) -> tuple[int | None, dict[int, _Level]]:
        entry = self._lists.get(list_id)
        if entry is None:
            return None, {}
        abstract = number(child(entry, "abstractNumId"))
        levels: dict[int, _Level] = {}
        definitions = [one for one in self._abstract.get(abstract, ()) if local(one) == "lvl"]
        overrides = [one for one in entry if local(one) == "lvlOverride"]
        definitions += [one for override in overrides if (one := child(override, "lvl")) is not None]
        for one in definitions:
            at = number(one, "ilvl")
            if at is not None:
                levels[at] = _Level(
                    attribute(child(one, "numFmt"), "val") or "decimal",
                    attribute(child(one, "lvlText"), "val") or "",
                    1 if (start := number(child(one, "start"))) is None else start,
                    attribute(child(one, "suff"), "val") != "nothing",
                    attribute(child(one, "pStyle"), "val"),
                )
        for override in overrides:
            at, start = number(override, "ilvl"), number(child(override, "startOverride"))
            if at in levels and start is not None:
                levels[at] = replace(levels[at], start=start)
        return abstract, levels


def spell(count: int, form: str) -> str:
    """A counter in one of the number forms of WordprocessingML (ST_NumberFormat); unknown forms print digits."""
    if form in (
        "chineseCounting",
        "chineseCountingThousand",
        "japaneseCounting",
        "taiwaneseCounting",
        "taiwaneseCountingThousand",
        "koreanCounting",
    ):
        return _counted(count, _DIGITS)
    if form in ("chineseLegalSimplified", "ideographLegalTraditional"):
        return _counted(count, _LEGAL_DIGITS, "拾佰仟")
    if form in ("ideographDigital", "japaneseDigitalTenThousand", "taiwaneseDigital"):
        return "".join(_DIGITS[int(digit)] for digit in str(max(count, 0)))
    if form == "ideographTraditional" and 1 <= count <= 10:
        return _STEMS[count - 1]
    if form == "ideographZodiac" and 1 <= count <= 12:
        return _BRANCHES[count - 1]
    if form in ("decimalEnclosedCircle", "decimalEnclosedCircleChinese") and 1 <= count <= 20:
        return chr(0x2460 + count - 1)
    if form == "decimalEnclosedParen" and 1 <= count <= 20:
        return chr(0x2474 + count - 1)
    if form == "decimalEnclosedFullstop" and 1 <= count <= 20:
        return chr(0x2488 + count - 1)
    if form == "decimalFullWidth" or form == "decimalFullWidth2":
        return "".join(chr(0xFF10 + int(digit)) for digit in str(max(count, 0)))
    if form == "decimalZero":
        return f"{count:02d}"
    if form in ("lowerLetter", "upperLetter") and count >= 1:
        letter = chr(ord("a") + (count - 1) % 26) * min((count - 1) // 26 + 1, 20)
        return letter if form == "lowerLetter" else letter.upper()
    if form in ("lowerRoman", "upperRoman") and 1 <= count < 4000:
        return _roman(count) if form == "upperRoman" else _roman(count).lower()
    return str(count)


def _counted(count: int, digits: str, units: str = "十百千") -> str:
    """1–9,999 as Chinese is counted: 十二, 二十, 一百〇五."""
    if not 0 < count < 10_000:
        return str(count)
    written = ""
    for place, digit in enumerate(reversed(str(count))):
        if digit != "0":
            written = digits[int(digit)] + ("", *units)[place] + written
        elif written and not written.startswith(digits[0]):
            written = digits[0] + written
    if 10 <= count < 20 and units[0] == "十":
        written = written[1:]
    return written


def _roman(count: int) -> str:
    signs = (
        ("M", 1000),
        ("CM", 900),
        ("D", 500),
        ("CD", 400),
        ("C", 100),
        ("XC", 90),
        ("L", 50),
        ("XL", 40),
        ("X", 10),
        ("IX", 9),
        ("V", 5),
        ("IV", 4),
        ("I", 1),
    )
    written = ""
    for sign, value in signs:
        written += sign * (count // value)
        count %= value
    return written
