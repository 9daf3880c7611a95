"""What the properties of Word text say of whether it is seen: scaled to nothing, black on black, without any fill."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extractors.docx.ooxml import Properties, attribute, child, local, number
from extractors.docx.styles import Look, is_black, is_white

if TYPE_CHECKING:
    from lxml.etree import _Element

RARE = frozenset(("w", "textFill", "spacing", "highlight"))
"""The properties that `is_drawn_without` and `is_doubtful` ask for."""
_NARROW = 5  # per cent of a character's width
_CROWDED = -80  # twentieths of a point: figures that lie upon one another
_SPECK = 28_575  # EMU; three pixels


def is_shaded(shading: _Element | None) -> bool:
    """Whether a background (w:shd) is given that white text shows on."""
    if shading is None:
        return False
    pattern = attribute(shading, "val") or "clear"
    return not is_white(attribute(shading, "fill") or "auto") or pattern not in ("clear", "nil")


def is_drawn_without(properties: Properties) -> bool:
    """Whether a run's characters are scaled (w:w) to a width that shows nothing, or filled with nothing."""
    if "w" in properties:
        width = number(properties["w"])
        if width is not None and 0 < width <= _NARROW:
            return True
    return "textFill" in properties and child(properties["textFill"], "noFill") is not None


def is_black_ground(properties: Properties) -> bool:
    lit, shading = properties.get("highlight"), properties.get("shd")
    return attribute(lit, "val") == "black" or (lit is None and is_black(attribute(shading, "fill") or ""))


def is_doubtful(properties: Properties, look: Look) -> bool:
    """Whether a run's figures cannot be made out: crowded upon one another, or of the automatic colour, which may be
    black as well, below black."""
    if "spacing" in properties and (number(properties["spacing"]) or 0) <= _CROWDED:
        return True
    if "highlight" not in properties or (look.color or "auto").lower() != "auto":
        return False
    return attribute(properties["highlight"], "val") == "black"


def shows_in_line(drawing: _Element) -> bool:
    """Whether a drawing is an object or a picture that stands among the characters, and not before or behind them."""
    if local(drawing) == "object":
        return True
    names, is_placed = set(), False
    for one in drawing.iter():
        name = local(one)
        names.add(name)
        if name == "extent" and (number(one, "cx") or 0) <= _SPECK:
            return False
        if name in ("shape", "rect"):
            is_placed = is_placed or "absolute" in (attribute(one, "style") or "")
    return {"inline", "blip"} <= names or ("imagedata" in names and not is_placed)
