"""What a Word paragraph takes from its style and its list: heading level, hidden text, automatic number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from extractors.docx.ooxml import attribute, child, local, number, switched_on

if TYPE_CHECKING:
    from lxml.etree import _Element

_HEADING = re.compile(r"^(?:heading|标题)\s*([1-9])$", re.IGNORECASE)
_TITLES = frozenset(("title", "标题"))
HIDING = ("vanish", "strike", "dstrike")
_LEVELS = 9
_MAX_CHAIN = 20

_DIGITS = "〇一二三四五六七八九"
_LEGAL_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES = "子丑寅卯辰巳午未申酉戌亥"


def switches(properties: _Element | None) -> dict[str, bool]:
    """Which properties that hide text or strike it through are switched on or off."""
    return {name: on for name in HIDING if (on := switched_on(properties, name)) is not None}


@dataclass(frozen=True, slots=True)
class Style:
    level: int | None = None
    hidden: frozenset[str] = frozenset()
    """Which of `HIDING` the style switches on."""
    list_id: int | None = None
    list_level: int | None = None


class Styles:
    """styles.xml by style id, with what each style inherits."""

    def __init__(self, root: _Element | None) -> None:
        self._elements = {
            attribute(element, "styleId") or "": element
            for element in (root if root is not None else ())
            if local(element) == "style"
        }
        self._known: dict[str, Style] = {}
        self.default = next(
            (
                name
                for name, element in self._elements.items()
                if attribute(element, "type") == "paragraph" and attribute(element, "default") in ("1", "true", "on")
            ),
            None,
        )

    def of(self, name: str | None) -> Style:
        if name is None or name not in self._elements:
            return Style()
        if name not in self._known:
            self._known[name] = self._resolve(name)
        return self._known[name]

    def is_shaded(self, name: str | None) -> bool:
        """Whether a table style colours any of its cells."""
        return any(
            local(one) == "shd" and (attribute(one, "fill") or "auto").upper() not in ("AUTO", "FFFFFF")
            for element in self._chain(name)
            for one in element.iter()
        )

    def _chain(self, name: str | None) -> Iterator[_Element]:
        for _ in range(_MAX_CHAIN):
            element = self._elements.get(name or "")
            if element is None:
                return
            yield element
            name = attribute(child(element, "basedOn"), "val")

    def _resolve(self, name: str) -> Style:
        level = list_id = list_level = None
        hiding: dict[str, bool] = {}
        for element in self._chain(name):
            title = (attribute(child(element, "name"), "val") or "").strip()
            paragraph = child(element, "pPr")
            if level is None:
                outline = number(child(paragraph, "outlineLvl"))
                heading = _HEADING.match(title)
                if outline is not None:
                    level = outline + 1
                elif heading:
                    level = int(heading[1])
                elif title.lower() in _TITLES:
                    level = 1
            listed = child(paragraph, "numPr")
            if list_id is None:
                list_id = number(child(listed, "numId"))
            if list_level is None:
                list_level = number(child(listed, "ilvl"))
            for name, on in switches(child(element, "rPr")).items():
                hiding.setdefault(name, on)
        hidden = frozenset(name for name, on in hiding.items() if on)
        return Style(level if level is not None and level <= 6 else None, hidden, list_id, list_level)


@dataclass(frozen=True, slots=True)
class _Level:
    form: str
    text: str
    start: int
    spaced: bool
    style: str | None


class Numbering:
    """numbering.xml, and the counters that run while a document is read in order."""

    def __init__(self, root: _Element | None) -> None:
        elements = list(root) if root is not None else []
        self._abstract = {number(one, "abstractNumId"): one for one in elements if local(one) == "abstractNum"}
        self._lists = {number(one, "numId"): one for one in elements if local(one) == "num"}
        self._levels: dict[int, tuple[int | None, dict[int, _Level]]] = {}
        self._counters: dict[int | None, list[int | None]] = {}
        self._started: set[tuple[int, int]] = set()

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
