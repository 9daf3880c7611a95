"""Values of CSS properties: whether a length is none, tiny or far away, and whether a colour is that of the page."""

from __future__ import annotations

import re

_LENGTH = re.compile(r"([-+]?\d{0,6}(?:\.\d{0,6})?)(px|pt|em|rem|ex|%|mm|cm|in)?(?![\w.])", re.IGNORECASE)
_ALPHA = r"(?:\s*[,/]\s*(\d{0,3}\.?\d{0,6})(%)?)?\s*\)"
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})\s*[, ]\s*(\d{1,3})\s*[, ]\s*(\d{1,3})" + _ALPHA, re.IGNORECASE)
_HSL = re.compile(
    r"hsla?\(\s*-?[\d.]{1,8}(?:deg)?\s*[, ]\s*[\d.]{1,8}%?\s*[, ]\s*(\d{1,3})(?:\.\d{0,6})?%?" + _ALPHA, re.IGNORECASE
)
_WHITE = 0xF5
_WHITE_LIGHT = 96  # per cent of lightness
_WHITE_NAMES = frozenset(("white", "transparent", "snow", "ghostwhite", "mintcream", "whitesmoke"))
_FAINT = 0.05
_TINY = {"px": 1.0, "pt": 1.0, "em": 0.1, "rem": 0.1, "ex": 0.2, "%": 10.0, "mm": 0.4, "cm": 0.04, "in": 0.015}
_PIXELS = {"px": 1.0, "pt": 4 / 3, "em": 16.0, "rem": 16.0, "ex": 8.0, "mm": 3.78, "cm": 37.8, "in": 96.0}


def _number(match: re.Match[str] | None) -> float | None:
    return None if match is None or match[1].strip("+-") in ("", ".") else float(match[1])


def pixels(length: str) -> float:
    """A length in CSS pixels; 0 for one that is none, or a share of something unknown."""
    match = _LENGTH.match(length)
    value = _number(match)
    return 0.0 if match is None or value is None else value * _PIXELS.get((match[2] or "").lower(), 0.0)


def shift(length: str) -> float | None:
    """The bare number of a length, whatever its unit; None where there is none."""
    return _number(_LENGTH.match(length))


def is_faint(opacity: str) -> bool:
    match = _LENGTH.match(opacity)
    value = _number(match)
    return match is not None and value is not None and value <= (100 * _FAINT if match[2] == "%" else _FAINT)


def is_tiny(size: str) -> bool:
    match = _LENGTH.match(size)
    value = _number(match)
    if match is None or value is None:
        return False
    return value == 0 or value <= _TINY.get((match[2] or "").lower(), 0.0)


def is_far(offset: str) -> bool:
    """Whether an offset leads off the page."""
    match = _LENGTH.match(offset)
    value = _number(match)
    if match is None or value is None or not offset.startswith("-"):
        return False
    return value <= (-99.0 if match[2] in ("em", "rem", "%") else -500.0)


def is_room_for_none(length: str) -> bool:
    match = _LENGTH.match(length)
    value = _number(match)
    if match is None or value is None:
        return False
    return value <= (1.0 if match[2] in (None, "px") else 0.0)


def _is_clear(alpha: str | None, share: str | None) -> bool:
    if alpha is None or alpha in ("", "."):
        return False
    return float(alpha) <= (100 * _FAINT if share else _FAINT)


def is_white(color: str) -> bool:
    """Whether a colour is the page's, or cannot be told from it."""
    color = color.strip().lower()
    if color in _WHITE_NAMES:
        return True
    if color[:3] in ("rgb", "hsl"):
        match = _RGB.fullmatch(color)
        if match:
            return _is_clear(match[4], match[5]) or all(int(match[channel]) >= _WHITE for channel in (1, 2, 3))
        match = _HSL.fullmatch(color)
        return match is not None and (_is_clear(match[2], match[3]) or int(match[1]) >= _WHITE_LIGHT)
    code = color.removeprefix("#")
    if len(code) in (3, 4):
        code = "".join(digit * 2 for digit in code)
    if len(code) not in (6, 8) or any(digit not in "0123456789abcdef" for digit in code):
        return False
    if len(code) == 8 and code.endswith("00"):
        return True
    return all(int(code[at : at + 2], 16) >= _WHITE for at in (0, 2, 4))


def is_backing(ground: str, around: bool) -> bool:
    """Whether a background lets white text be seen; a transparent one shows what is behind."""
    ground = ground.strip().lower()
    if "url" in ground or "gradient" in ground:
        return True
    colors = [part for part in ground.replace(", ", ",").split() if part not in ("repeat", "scroll", "0", "0%")]
    if all(part in ("none", "transparent", "initial", "inherit", "unset") for part in colors):
        return around
    return not any(part != "transparent" and is_white(part) for part in colors)
