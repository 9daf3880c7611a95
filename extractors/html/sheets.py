"""CSS as text → its rules and declarations: which of them hold on a reader's screen, and what they say.

Source: CSS Syntax Level 3 (comments, escapes, `url()`), Media Queries Level 4, CSS Cascade Level 5 (layers).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_PROPERTY_NAMES = (
    "display visibility mso-hide opacity font-size font color background background-color background-image "
    "text-decoration text-decoration-line vertical-align mso-text-raise position top bottom left right text-indent "
    "overflow overflow-x overflow-y width min-width height max-width max-height clip clip-path transform float margin "
    "margin-left margin-right padding padding-left padding-right unicode-bidi direction flex-direction "
    "-webkit-text-fill-color content-visibility filter scale zoom"
)
_DISPLAY_NAMES = (
    "none block inline inline-block inline-table inline-flex inline-grid flow flow-root flex grid table table-row "
    "table-cell table-column table-column-group table-row-group table-header-group table-footer-group table-caption "
    "list-item contents run-in ruby ruby-base ruby-text math inherit initial unset revert revert-layer -webkit-box "
    "-webkit-inline-box -webkit-flex -webkit-inline-flex -moz-box -ms-flexbox -ms-inline-flexbox -ms-grid"
)
_PROPERTIES = frozenset(_PROPERTY_NAMES.split())
_DISPLAYS = frozenset(_DISPLAY_NAMES.split())
_COMMENT = re.compile(r"/\*[^*]*\*+(?:[^/*][^*]*\*+)*/|<!--|-->")
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|([^\n]))")
_URL = re.compile(r"url\(\s*(?:'[^']*'|\"[^\"]*\"|[^()'\"]*)\s*\)", re.IGNORECASE)
_CALC = re.compile(r"calc\(\s*([-+]?[\d.]{1,12}[a-z%]{0,4})\s*\)", re.IGNORECASE)
_FEATURE = re.compile(r"\((min|max)-(?:device-)?width:(\d{1,6}(?:\.\d{0,6})?)(px|r?em)\)")
_SCREEN_WIDE = 1280.0  # CSS pixels of a reader's window
_EM = 16.0
_GROUPING = ("@supports", "@layer", "@scope")


def rules_of(sheet: str) -> Iterator[tuple[str, str, bool]]:
    """Selectors and declarations of the rules for screens, and whether they stand under a condition of another kind
    (`@supports`, `@layer`, `@scope`), which is not looked into."""
    sheet = _COMMENT.sub(" ", sheet)
    position, skipped, depth, guarded = 0, 0, 0, 0
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
                name, _, condition = prelude.lower().replace("(", " (", 1).partition(" ")
                if name == "@media":
                    skipped = 0 if is_for_screens(condition) else depth
                elif name in _GROUPING:
                    guarded = guarded or depth
                else:
                    skipped = depth
                continue
            if closing >= 0:
                yield prelude, sheet[position:closing], bool(guarded)
        else:
            position = closing + 1
            skipped = 0 if skipped == depth else skipped
            guarded = 0 if guarded == depth else guarded
            depth = max(depth - 1, 0)


def is_for_screens(condition: str) -> bool:
    """Whether a media query list holds on the screen of a desk; one that asks for more than its width does not."""
    return any(_holds(query) for query in condition[:1_000].lower().split(","))


def _holds(query: str) -> bool:
    media, *others = ["".join(part.split()) for part in re.split(r"\band\b", query)]
    if media in ("notprint", "notspeech"):
        return not others
    asked = others if media in ("screen", "all", "onlyscreen", "onlyall") else [media, *others]
    for feature in asked:
        match = _FEATURE.fullmatch(feature)
        if match is None:
            return False
        wide = float(match[2]) * (1.0 if match[3] == "px" else _EM)
        if not (wide <= _SCREEN_WIDE if match[1] == "min" else wide >= _SCREEN_WIDE):
            return False
    return True


def declared(body: str) -> dict[str, tuple[bool, str]]:
    """Property → (important, value) of the declarations that tell how text shows."""
    if "/*" in body:
        body = _COMMENT.sub("", body)
    if "(" in body:
        body = _CALC.sub(r"\1", _URL.sub("url()", body))  # a `;` within an address is none of the rule's
    if "\\" in body:
        body = _ESCAPE.sub(_unescaped, body)
    found: dict[str, tuple[bool, str]] = {}
    for declaration in body.split(";")[:200]:
        name, _, value = declaration.partition(":")
        name = name.strip().lower()
        if name in _PROPERTIES:
            value = " ".join(value.lower().split())
            plain = value.removesuffix("important").rstrip(" !")
            if name == "display" and plain not in _DISPLAYS and not _is_display(plain):
                continue  # a browser passes over what is no value
            found[name] = (value.endswith("important"), plain)
    return found


def _is_display(value: str) -> bool:
    """Whether a value of `display` of several words is one."""
    words = value.split()
    return value.startswith("var(") or (len(words) > 1 and "none" not in words and _DISPLAYS.issuperset(words))


def _unescaped(escape: re.Match[str]) -> str:
    if escape[1] is None:
        return str(escape[2])
    point = int(escape[1], 16)
    return chr(point) if 0x20 <= point <= 0x10FFFF and not 0xD800 <= point <= 0xDFFF else "\ufffd"
