"""What the style of an HTML element says of its text: hidden, struck, too small or too white to be seen, raised.

Read are the element's own attributes and the rules of the page's own style sheets: the simple ones (`.x`, `#x`,
`tag.x`), and for bits of a line the others too (`selectors`); linked sheets are not at hand. Source: CSS 2.2, chapters
6 (cascade), 9.3 and 11 (position, overflow, clipping, visibility).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from extractors.html.selectors import met

if TYPE_CHECKING:
    from lxml.etree import _Element

_DROPPED_NAMES = (
    "script style head title template noscript xml svg canvas object applet embed audio video iframe frameset "
    "select option datalist textarea colgroup col map"
)
_BLOCK_NAMES = (
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol p pre search section summary table "
    "tbody td tfoot th thead tr ul"
)
_DROPPED = frozenset(_DROPPED_NAMES.split())
BLOCK = frozenset(_BLOCK_NAMES.split())
"""Elements that begin and end a paragraph."""
_MAX_SHEET = 300_000  # characters
_MAX_SEEN = 20_000
_MAX_RULES = 4_000
_PROPERTY_NAMES = (
    "display visibility mso-hide opacity font-size font color background background-color background-image "
    "text-decoration text-decoration-line vertical-align mso-text-raise position top bottom left right text-indent "
    "overflow width height max-width max-height clip clip-path transform"
)
_PROPERTIES = frozenset(_PROPERTY_NAMES.split())
_COMPOUND = re.compile(r"([a-z][\w-]*|\*)?((?:[.#][\w-]+)*)", re.IGNORECASE)
_NAME = re.compile(r"[.#][\w-]+")
_COMMENT = re.compile(r"/\*[^*]*\*+(?:[^/*][^*]*\*+)*/|<!--|-->")
_LENGTH = re.compile(r"([-+]?\d{0,6}(?:\.\d{0,6})?)(px|pt|em|rem|ex|%|mm|cm|in)?(?![\w.])", re.IGNORECASE)
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})\s*[, ]\s*(\d{1,3})\s*[, ]\s*(\d{1,3})\s*([,/]\s*0*\.?0*\s*)?\)", re.IGNORECASE)
_WHITE = 0xF5
_TINY = {"px": 1.0, "pt": 1.0, "em": 0.1, "rem": 0.1, "ex": 0.2, "%": 10.0, "mm": 0.4, "cm": 0.04, "in": 0.015}
_NO_SCALE = re.compile(r"\bscale\(0*\.?0+\s*[,)]")
_NO_CLIP = re.compile(r"rect\(\s*([01])(?:px)?(?:[, ]\s*\1(?:px)?){3}\s*\)")
_NO_COLORS = frozenset(("inherit", "initial", "unset", "transparent", "none", "currentcolor"))
_STRUCK_TAGS = frozenset(("del", "s", "strike"))
_NOTE_CLASSES = frozenset(("msofootnotereference", "msoendnotereference"))
_NOTE_LINKS = ("#_ftn", "#_edn", "#fn", "#_fn", "#footnote", "#endnote", "#note", "#cite")

_Rank = tuple[bool, bool, int, int, int]
"""Important, of the element itself, identifiers, classes, order."""


class Look(NamedTuple):
    """How text shows where the walk stands."""

    hidden: bool = False
    struck: bool = False
    tiny: bool = False
    white: bool = False
    backed: bool = False
    """On a background that is not white."""
    raised: bool = False

    @property
    def is_shown(self) -> bool:
        return not (self.hidden or self.struck or self.tiny or (self.white and not self.backed))


class Styles:
    """The rules of a page's own style sheets. Without `sheets`, only what elements say of themselves counts."""

    def __init__(self, root: _Element, sheets: bool = True) -> None:
        self._rules: dict[str, list[tuple[frozenset[str], _Rank, dict[str, tuple[bool, str]]]]] = {}
        self._known: dict[tuple[str, str, str], dict[str, tuple[_Rank, str]]] = {}
        self._seen: dict[tuple[object, ...], Look | None] = {}
        self._linked = any("stylesheet" in (link.get("rel") or "").lower() for link in root.iter("link"))
        self._met: dict[_Element, list[tuple[_Rank, dict[str, tuple[bool, str]]]]] = {}
        others: dict[str, list[tuple[int, dict[str, tuple[bool, str]]]]] = {}
        order = 0
        for style in root.iter("style") if sheets else ():
            for selectors, body in _rules_of((style.text or "")[:_MAX_SHEET]):
                said = _declared(body)
                for selector in selectors.split(",") if said else ():
                    order += 1
                    if order <= _MAX_RULES and not self._add(selector.strip(), said, order):
                        others.setdefault(selector.strip(), []).append((order, said))
        for selector, ids, classes, element in met(root, others, BLOCK):
            for at, said in others[selector]:
                self._met.setdefault(element, []).append(((False, False, ids, classes, at), said))

    def _add(self, selector: str, said: dict[str, tuple[bool, str]], order: int) -> bool:
        """Take up a rule; whether its selector is a simple one."""
        match = _COMPOUND.fullmatch(selector)
        if not match or not selector or selector == "*":
            return not selector or selector == "*"
        tag, names = (match[1] or "").lower().strip("*"), _NAME.findall(match[2])
        parts = frozenset(names) | (frozenset((tag,)) if tag else frozenset())
        rank = (False, False, sum(name[0] == "#" for name in names), sum(name[0] == "." for name in names), order)
        self._rules.setdefault(names[0] if names else tag, []).append((parts, rank, said))
        return True

    def look(self, element: _Element, around: Look) -> Look | None:
        """How the element's text shows, given how that around it does; None where the element takes no place at all."""
        if element in self._met:
            return self._look(element, around)
        key = str(element.tag), tuple(element.items()), around
        try:
            return self._seen[key]
        except KeyError:
            if len(self._seen) >= _MAX_SEEN:
                self._seen.clear()
            look = self._seen[key] = self._look(element, around)
            return look

    def _of(self, element: _Element) -> dict[str, str]:
        """What is declared for an element, the strongest declaration of each property."""
        tag, own = str(element.tag), element.get("style")
        key = (tag, element.get("class") or "", element.get("id") or "")
        if self._rules and key not in self._known:
            names = {tag, *(f".{name}" for name in key[1].split()), *([f"#{key[2]}"] if key[2] else [])}
            found: dict[str, tuple[_Rank, str]] = {}
            for name in sorted(names):
                for parts, rank, said in self._rules.get(name, ()):
                    if parts <= names:
                        for prop, (important, value) in said.items():
                            _strengthen(found, prop, (important, *rank[1:]), value)
            self._known[key] = found
        ruled = self._known.get(key, {})
        if element in self._met:
            ruled = dict(ruled)
            for rank, said in self._met[element]:
                for prop, (important, value) in said.items():
                    _strengthen(ruled, prop, (important, *rank[1:]), value)
        if own is None:
            return {prop: value for prop, (_, value) in ruled.items()}
        strongest = dict(ruled)
        for prop, (important, value) in _declared(own).items():
            _strengthen(strongest, prop, (important, True, 0, 0, 0), value)
        return {prop: value for prop, (_, value) in strongest.items()}

    def _look(self, element: _Element, around: Look) -> Look | None:
        tag = element.tag
        if tag in _DROPPED or element.get("hidden") is not None:
            return None
        said, inline = self._of(element), tag not in BLOCK
        if said.get("display", "").startswith("none") or said.get("mso-hide") == "all":
            return None
        hidden, struck, tiny, white, backed, raised = around
        visibility = said.get("visibility", "")
        if visibility:
            hidden = visibility in ("hidden", "collapse")
        hidden = hidden or _is_none(said.get("opacity", "1")) or (inline and _is_out_of_sight(said))
        lines = said.get("text-decoration", "") + said.get("text-decoration-line", "")
        struck = struck or "line-through" in lines or (tag in _STRUCK_TAGS and "none" not in lines)
        size = said.get("font-size")
        if size is None and "font" in said:
            size = next((part for part in said["font"].split() if part[:1].isdigit()), None)
        if size is not None:
            tiny = _is_tiny(size)
        color = said.get("color") or (element.get("color") if tag == "font" else None)
        if color:
            # a sheet that is not at hand may give a block the dark background that its white text needs
            white = _is_white(color) and (inline or not self._linked or white)
        ground = " ".join(said[name] for name in sorted(said) if name.startswith("background"))
        ground = ground or element.get("bgcolor") or ("url" if element.get("background") else "")
        if ground:
            backed = _is_backing(ground, backed)
        if color and inline and color not in _NO_COLORS:
            hidden = hidden or color in ground.split()  # in the colour of its own ground
        return Look(hidden, struck, tiny, white, backed, raised or (inline and _is_raised(element, said)))


def _rules_of(sheet: str) -> Iterator[tuple[str, str]]:
    """Selectors and declarations of the rules for screens."""
    sheet = _COMMENT.sub(" ", sheet)
    position, skipped, depth = 0, 0, 0
    while True:
        opening, closing = sheet.find("{", position), sheet.find("}", position)
        if opening < 0 and closing < 0:
            return
        if opening >= 0 and (opening < closing or closing < 0):
            prelude = sheet[position:opening].rpartition(";")[2].strip()
            depth, position = depth + 1, opening + 1
            if skipped:
                continue
            if prelude.startswith("@"):
                words = prelude.lower().split()
                if not (words[0] == "@media" and words[1:] in (["screen"], ["all"])):
                    skipped = depth
                continue
            if closing >= 0:
                yield prelude, sheet[position:closing]
        else:
            position = closing + 1
            skipped = 0 if skipped == depth else skipped
            depth = max(depth - 1, 0)


def _declared(body: str) -> dict[str, tuple[bool, str]]:
    """Property → (important, value) of the declarations that tell how text shows."""
    found: dict[str, tuple[bool, str]] = {}
    for declaration in body.split(";")[:200]:
        name, _, value = declaration.partition(":")
        name = name.strip().lower()
        if name in _PROPERTIES:
            value = " ".join(value.lower().split())
            plain = value.removesuffix("important").rstrip(" !")
            found[name] = (value.endswith("important"), plain)
    return found


def _strengthen(found: dict[str, tuple[_Rank, str]], prop: str, rank: _Rank, value: str) -> None:
    if prop not in found or rank >= found[prop][0]:
        found[prop] = (rank, value)


def _is_none(value: str) -> bool:
    match = _LENGTH.match(value)
    return match is not None and match[1].strip("+-") not in ("", ".") and float(match[1]) == 0


def _is_tiny(size: str) -> bool:
    match = _LENGTH.match(size)
    if match is None or match[1].strip("+-") in ("", "."):
        return False
    value = float(match[1])
    return value == 0 or value <= _TINY.get((match[2] or "").lower(), 0.0)


def _is_white(color: str) -> bool:
    color = color.strip().lower()
    if color in ("white", "transparent"):
        return True
    match = _RGB.fullmatch(color)
    if match:
        return match[4] is not None or all(int(match[channel]) >= _WHITE for channel in (1, 2, 3))
    code = color.removeprefix("#")
    if len(code) in (3, 4):
        code = "".join(digit * 2 for digit in code)
    if len(code) not in (6, 8) or any(digit not in "0123456789abcdef" for digit in code):
        return False
    if len(code) == 8 and code.endswith("00"):
        return True
    return all(int(code[at : at + 2], 16) >= _WHITE for at in (0, 2, 4))


def _is_backing(ground: str, around: bool) -> bool:
    """Whether a background lets white text be seen; a transparent one shows what is behind."""
    ground = ground.strip().lower()
    if "url" in ground or "gradient" in ground:
        return True
    colors = [part for part in ground.replace(", ", ",").split() if part not in ("repeat", "scroll", "0", "0%")]
    if all(part in ("none", "transparent", "initial", "inherit", "unset") for part in colors):
        return around
    return not any(part != "transparent" and _is_white(part) for part in colors)


def _is_out_of_sight(said: dict[str, str]) -> bool:
    """Whether a bit of a line is moved off the page, or shut in a box without room, as what readers aloud get is."""
    moved = said.get("position") in ("absolute", "fixed")
    if not moved and not said.get("display", "").startswith(("inline-", "block", "flex")):
        return False  # no box of its own, which these properties are about
    if moved and any(_is_far(said.get(side, "")) for side in ("left", "right", "top", "bottom")):
        return True
    if _is_far(said.get("text-indent", "")) or _NO_SCALE.search(said.get("transform", "")):
        return True
    if moved and _NO_CLIP.fullmatch(said.get("clip", "")):
        return True
    if said.get("clip-path", "").startswith(("inset(50%", "inset(100%")):
        return True
    shut = said.get("overflow") in ("hidden", "clip")
    return shut and any(
        _is_room_for_none(said.get(side, "")) for side in ("width", "height", "max-width", "max-height")
    )


def _is_far(offset: str) -> bool:
    match = _LENGTH.match(offset)
    if match is None or not offset.startswith("-") or match[1].strip("+-") in ("", "."):
        return False
    return float(match[1]) <= (-99.0 if match[2] in ("em", "rem", "%") else -500.0)


def _is_room_for_none(length: str) -> bool:
    match = _LENGTH.match(length)
    if match is None or match[1].strip("+-") in ("", "."):
        return False
    return float(match[1]) <= (1.0 if match[2] in (None, "px") else 0.0)


def _is_raised(element: _Element, said: dict[str, str]) -> bool:
    if element.tag in ("sup", "sub", "rt"):
        return True
    align, lift = said.get("vertical-align", ""), said.get("mso-text-raise", "")
    if align in ("super", "sub", "text-top", "top") or (lift[:1] in "123456789" and lift):
        return True
    shift = align or (said.get("top", "") or said.get("bottom", "") if said.get("position") == "relative" else "")
    match = _LENGTH.match(shift)
    if match is not None and match[1].strip("+-") not in ("", ".") and abs(float(match[1])) >= 2:
        return True
    if (element.get("href") or "").lower().startswith(_NOTE_LINKS):
        return True
    return any(name.lower() in _NOTE_CLASSES for name in (element.get("class") or "").split())
