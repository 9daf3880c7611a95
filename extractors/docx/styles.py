"""What Word text takes from its style: heading level, what hides it, its look, the list it belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from extractors.docx.ooxml import Properties, attribute, child, local, number, properties_of, switched_on
from extractors.docx.stylesheet import Stylesheet

if TYPE_CHECKING:
    from lxml.etree import _Element

_HEADING = re.compile(r"^(?:heading|标题)\s*([1-9])$", re.IGNORECASE)
_TITLES = frozenset(("title", "标题"))
HIDING = ("vanish", "strike", "dstrike")
_MAX_CHAIN = 20
_WHITE = "F5"
_PAGE_COLORS = ("background1", "light1")


def is_white(color: str) -> bool:
    """Whether a colour is the page's, or cannot be told from it; `auto` as a background is."""
    if color.lower() == "auto":
        return True
    return len(color) == 6 and all(part.upper() >= _WHITE for part in (color[:2], color[2:4], color[4:]))


def is_black(color: str) -> bool:
    return len(color) == 6 and not color.strip("0")


def switches(properties: Properties) -> dict[str, bool]:
    """Which properties that hide text or strike it through are switched on or off."""
    return {name: on for name in HIDING if (on := switched_on(properties.get(name))) is not None}


class Look(NamedTuple):
    """What runs look like, where something is said of it: hexadecimal colour, half points, above or below the line."""

    color: str | None = None
    size: int | None = None
    raised: bool | None = None

    def over(self, other: Look) -> Look:
        """This look, and what it does not tell as `other` has it."""
        return Look(
            other.color if self.color is None else self.color,
            other.size if self.size is None else self.size,
            other.raised if self.raised is None else self.raised,
        )


UNSAID = Look()
_LOWERED = -4


def look_of(properties: Properties) -> Look:
    """What the properties of a run (w:rPr) say of its look."""
    if not properties:
        return UNSAID
    raised, align, lift = None, attribute(properties.get("vertAlign"), "val"), number(properties.get("position"))
    if align is not None or lift is not None:
        raised = align in ("superscript", "subscript") or (lift is not None and (lift > 0 or lift <= _LOWERED))
    color = properties.get("color")
    return Look(None if color is None else _color(color), number(properties.get("sz")), raised)


def _color(color: _Element) -> str | None:
    """The colour of a run in hexadecimal digits; that of the theme's page where it is given by name alone."""
    value = attribute(color, "val")
    if value in (None, "auto") and attribute(color, "themeColor") in _PAGE_COLORS:
        return value if attribute(color, "themeShade") else "FFFFFF"
    return value


@dataclass(frozen=True, slots=True)
class Style:
    level: int | None = None
    hidden: frozenset[str] = frozenset()
    """Which of `HIDING` the style switches on."""
    list_id: int | None = None
    list_level: int | None = None
    look: Look = UNSAID


_PLAIN = Style()


class Styles:
    """The styles of a document by style id, with what each style inherits."""

    def __init__(self, sheet: Stylesheet) -> None:
        self._sheet = sheet
        self._known: dict[str, Style] = {}
        self.default = sheet.default

    def of(self, name: str | None) -> Style:
        if name is None:
            return _PLAIN
        if name not in self._known:
            self._known[name] = self._resolve(name)
        return self._known[name]

    def is_shaded(self, name: str | None) -> bool:
        """Whether a table style colours any of its cells."""
        return any(
            local(one) == "shd" and not is_white(attribute(one, "fill") or "auto")
            for element in self._chain(name)
            for one in element.iter()
        )

    def _chain(self, name: str | None) -> Iterator[_Element]:
        for _ in range(_MAX_CHAIN):
            element = self._sheet.element(name or "")
            if element is None:
                return
            yield element
            name = attribute(child(element, "basedOn"), "val")

    def _resolve(self, name: str) -> Style:
        level = list_id = list_level = None
        hiding: dict[str, bool] = {}
        look = UNSAID
        for element in self._chain(name):
            title = (attribute(child(element, "name"), "val") or "").strip()
            paragraph = properties_of(element, "pPr")
            if level is None:
                outline = number(paragraph.get("outlineLvl"))
                heading = _HEADING.match(title)
                if outline is not None:
                    level = outline + 1
                elif heading:
                    level = int(heading[1])
                elif title.lower() in _TITLES:
                    level = 1
            listed = paragraph.get("numPr")
            if list_id is None:
                list_id = number(child(listed, "numId"))
            if list_level is None:
                list_level = number(child(listed, "ilvl"))
            run = properties_of(element, "rPr")
            look = look.over(look_of(run))
            for name, on in switches(run).items():
                hiding.setdefault(name, on)
        hidden = frozenset(name for name, on in hiding.items() if on)
        return Style(level if level is not None and level <= 6 else None, hidden, list_id, list_level, look)
