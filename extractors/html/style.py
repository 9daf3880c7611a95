"""What the style of an HTML element says of its text: hidden, struck, too small or too white to be seen, raised, set
apart from the text beside it.

Read are the element's own attributes and the rules of the page's own style sheets: the simple ones (`.x`, `#x`,
`tag.x`), and for bits of a line the others too (`selectors`); linked sheets are not at hand. Source: CSS 2.2, chapters
6 (cascade), 9.3 and 11 (position, overflow, clipping, visibility).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from extractors.html.selectors import met
from extractors.html.sheets import declared, is_for_screens, rules_of
from extractors.html.values import is_backing, is_faint, is_far, is_room_for_none, is_tiny, is_white, pixels, shift

if TYPE_CHECKING:
    from lxml.etree import _Element

_DROPPED_NAMES = (
    "script style head title template noscript noframes noembed xml audio video frameset option datalist textarea "
    "colgroup col map annotation annotation-xml"
)
_UNREAD_NAMES = (
    "svg canvas object applet embed iframe select meter progress "
    "mfrac msup msub msubsup mmultiscripts mover munder munderover msqrt mroot"
)
_BLOCK_NAMES = (
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol p pre search section summary table "
    "tbody td tfoot th thead tr ul"
)
UNREAD = frozenset(_UNREAD_NAMES.split())
"""Elements that show something which is no text of a line, or no plain one."""
_DROPPED = UNREAD.union(_DROPPED_NAMES.split())
BLOCK = frozenset(_BLOCK_NAMES.split())
"""Elements that begin and end a paragraph."""
_MAX_SHEET = 300_000  # characters
_MAX_SEEN = 20_000
_MAX_RULES = 4_000
_COMPOUND = re.compile(r"([a-z][\w-]*|\*)?((?:[.#][\w-]+)*)", re.IGNORECASE)
_NAME = re.compile(r"[.#][\w-]+")
_APART_PROPERTIES = frozenset(
    ("display", "float", "margin", "margin-left", "margin-right", "padding", "padding-left", "padding-right")
)
_LINES = frozenset(
    ("block", "list-item", "table", "table-row", "table-cell", "flex", "grid", "flow-root", "-webkit-box")
)
_GAP = 5.0  # CSS pixels between two figures that no reader takes for one number: a third of an em
APART, LINE = 1, 2
_TURNING_PROPERTIES = frozenset(("unicode-bidi", "flex-direction"))
_NO_SCALE = re.compile(r"\bscale\(0*\.?0+\s*[,)]")
_MOVED = re.compile(r"\btranslate(?:x|y|3d)?\((?:[^()]{0,40},)?\s*(-\d{3,6}(?:px|r?em))")
_NO_PATH = re.compile(r"(?:inset\((?:50|100)%|circle\(0(?:px|%)?[\s)])")
_NO_FILTER = re.compile(r"\bopacity\(\s*0*\.?0*%?\s*\)")
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
    turned: bool = False
    """Its characters stand in an order of their own."""
    parted: int = 0
    """How the element itself, not what is in it, is set off from the text beside it: `APART`, or on a `LINE`."""

    @property
    def is_shown(self) -> bool:
        return not (self.hidden or self.struck or self.tiny or (self.white and not self.backed))


class Styles:
    """The rules of a page's own style sheets. Without `sheets`, only what elements say of themselves counts."""

    def __init__(self, root: _Element, sheets: bool = True) -> None:
        self._rules: dict[str, list[tuple[frozenset[str], _Rank, bool, dict[str, tuple[bool, str]]]]] = {}
        self._known: dict[tuple[str, str, str], dict[str, tuple[_Rank, str]]] = {}
        self._seen: dict[tuple[object, ...], Look | None] = {}
        self._linked = any("stylesheet" in (link.get("rel") or "").lower() for link in root.iter("link"))
        self._met: dict[_Element, list[tuple[_Rank, dict[str, tuple[bool, str]]]]] = {}
        others: dict[str, list[tuple[int, dict[str, tuple[bool, str]]]]] = {}
        order = 0
        for style in root.iter("style") if sheets else ():
            if not is_for_screens(style.get("media") or "all"):
                continue
            for selectors, body, guarded in rules_of((style.text or "")[:_MAX_SHEET]):
                said = declared(body)
                for selector in selectors.split(",") if said else ():
                    order += 1
                    if order <= _MAX_RULES and not self._add(selector.strip(), said, order, guarded):
                        others.setdefault(selector.strip(), []).append((order, said))
        for selector, ids, classes, element in met(root, others, BLOCK):
            for at, said in others[selector]:
                self._met.setdefault(element, []).append(((False, False, ids, classes, at), said))

    def _add(self, selector: str, said: dict[str, tuple[bool, str]], order: int, guarded: bool) -> bool:
        """Take up a rule; whether its selector is a simple one. A guarded one is for bits of a line alone, and weaker
        than all others."""
        match = _COMPOUND.fullmatch(selector)
        if not match or not selector or selector == "*":
            return not selector or selector == "*"
        tag, names = (match[1] or "").lower().strip("*"), _NAME.findall(match[2])
        parts = frozenset(names) | (frozenset((tag,)) if tag else frozenset())
        ids = -1 if guarded else sum(name[0] == "#" for name in names)
        rank = (False, False, ids, sum(name[0] == "." for name in names), order)
        self._rules.setdefault(names[0] if names else tag, []).append((parts, rank, guarded, said))
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

    def takes_place(self, element: _Element) -> bool:
        """Whether an element whose text is not read shows at all."""
        said = self._of(element)
        return (
            element.get("hidden") is None
            and said.get("display") != "none"
            and said.get("visibility") not in ("hidden", "collapse")
            and not _is_clear(said)
            and not _is_out_of_sight(said)
        )

    def _of(self, element: _Element) -> dict[str, str]:
        """What is declared for an element, the strongest declaration of each property."""
        tag, own = str(element.tag), element.get("style")
        key = (tag, element.get("class") or "", element.get("id") or "")
        if self._rules and key not in self._known:
            names = {tag, *(f".{name}" for name in key[1].split()), *([f"#{key[2]}"] if key[2] else [])}
            found: dict[str, tuple[_Rank, str]] = {}
            for name in sorted(names):
                for parts, rank, guarded, said in self._rules.get(name, ()):
                    if parts <= names and not (guarded and tag in BLOCK):
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
        for prop, (important, value) in declared(own).items():
            _strengthen(strongest, prop, (important, True, 0, 0, 0), value)
        return {prop: value for prop, (_, value) in strongest.items()}

    def _look(self, element: _Element, around: Look) -> Look | None:
        tag = element.tag
        if tag in _DROPPED or element.get("hidden") is not None or element.get("popover") is not None:
            return None
        said, inline = self._of(element), tag not in BLOCK
        if said.get("display") == "none" or said.get("mso-hide") == "all":
            return None
        hidden, struck, tiny, white, backed, raised, turned, _ = around
        visibility = said.get("visibility", "")
        if visibility:
            hidden = visibility in ("hidden", "collapse")
        hidden = hidden or (bool(said) and (_is_clear(said) or (inline and _is_out_of_sight(said))))
        lines = said.get("text-decoration", "") + said.get("text-decoration-line", "")
        struck = struck or "line-through" in lines or (tag in _STRUCK_TAGS and "none" not in lines)
        size = said.get("font-size")
        if size is None and "font" in said:
            size = next((part for part in said["font"].split() if part[:1].isdigit()), None)
        if size is not None:
            tiny = is_tiny(size)
        color = said.get("color") or (element.get("color") if tag == "font" else None)
        color = said.get("-webkit-text-fill-color", color)
        if color:
            # a sheet that is not at hand may give a block the dark background that its white text needs
            white = is_white(color) and (inline or not self._linked or white)
        ground = " ".join(said[name] for name in sorted(said) if name.startswith("background"))
        ground = ground or element.get("bgcolor") or ("url" if element.get("background") else "")
        if ground:
            backed = is_backing(ground, backed)
        if color and inline and color not in _NO_COLORS:
            hidden = hidden or color in ground.split()  # in the colour of its own ground
        if tag == "bdo" or not _TURNING_PROPERTIES.isdisjoint(said):
            turned = _is_turned(element, said, turned)
        parted = _parting(said) if inline and not _APART_PROPERTIES.isdisjoint(said) else 0
        raised = raised or (inline and _is_raised(element, said))
        return Look(hidden, struck, tiny, white, backed, raised, turned, parted)


def _strengthen(found: dict[str, tuple[_Rank, str]], prop: str, rank: _Rank, value: str) -> None:
    if prop not in found or rank >= found[prop][0]:
        found[prop] = (rank, value)


def _is_clear(said: dict[str, str]) -> bool:
    if "opacity" in said and is_faint(said["opacity"]):
        return True
    return "filter" in said and _NO_FILTER.search(said["filter"]) is not None


def _is_out_of_sight(said: dict[str, str]) -> bool:
    """Whether a bit of a line is moved off the page, or shut in a box without room, as what readers aloud get is."""
    position = said.get("position")
    moved = position in ("absolute", "fixed")
    if (moved or position == "relative") and any(
        is_far(said.get(side, "")) for side in ("left", "right", "top", "bottom")
    ):
        return True
    boxed = moved or said.get("float") in ("left", "right")
    if not boxed and not said.get("display", "").startswith(("inline-", "block", "flex")):
        return False  # no box of its own, which these properties are about
    if any(is_far(said.get(name, "")) for name in ("text-indent", "margin-left")):
        return True
    transform = said.get("transform", "")
    if transform and (_NO_SCALE.search(transform) or any(is_far(match) for match in _MOVED.findall(transform))):
        return True
    if moved and _NO_CLIP.fullmatch(said.get("clip", "")):
        return True
    if is_faint(said.get("scale", "1")) or is_faint(said.get("zoom", "1")):
        return True
    if _NO_PATH.match(said.get("clip-path", "")) or said.get("content-visibility") == "hidden":
        return True
    shut = any(said.get(name, "").startswith(("hidden", "clip")) for name in ("overflow", "overflow-x", "overflow-y"))
    return shut and any(is_room_for_none(said.get(side, "")) for side in ("width", "height", "max-width", "max-height"))


def _parting(said: dict[str, str]) -> int:
    """How a bit of a line is set off from what stands beside it."""
    display = said.get("display", "")
    if display.partition(" ")[0] in _LINES:
        return LINE
    if said.get("float", "none") in ("left", "right", "inline-start", "inline-end"):
        return APART
    if display.startswith("inline-") and any(
        said.get(name, "auto")[:1].isdigit() and not is_room_for_none(said[name]) for name in ("width", "min-width")
    ):
        return APART
    gap = 0.0
    for name in ("margin", "padding"):
        sides = said.get(name, "").split()
        around = [sides[1], sides[3 if len(sides) > 3 else 1]] if len(sides) > 1 else sides * 2
        gap = max(gap, *map(pixels, (*around, said.get(f"{name}-left", ""), said.get(f"{name}-right", ""))))
    return APART if gap >= _GAP else 0


def _is_turned(element: _Element, said: dict[str, str], around: bool) -> bool:
    """Whether an element's characters, or the bits in it, are shown from right to left."""
    way = said.get("direction") or (element.get("dir") or "").strip().lower()
    if element.tag == "bdo" or said.get("unicode-bidi", "").endswith("override"):
        return way == "rtl" if way else around
    is_flexible = "flex" in said.get("display", "") and element.tag not in BLOCK
    return around or (is_flexible and said.get("flex-direction", "").endswith("-reverse"))


def _is_raised(element: _Element, said: dict[str, str]) -> bool:
    if element.tag in ("sup", "sub", "rt", "rtc"):
        return True
    align, lift = said.get("vertical-align", ""), said.get("mso-text-raise", "")
    if align in ("super", "sub", "text-top", "top") or (lift[:1] in "123456789" and lift):
        return True
    lifted = said.get("top", "") or said.get("bottom", "") if said.get("position") == "relative" else ""
    by = shift(align or lifted)
    if by is not None and abs(by) >= 2:
        return True
    if (element.get("href") or "").lower().startswith(_NOTE_LINKS):
        return True
    return any(name.lower() in _NOTE_CLASSES for name in (element.get("class") or "").split())
