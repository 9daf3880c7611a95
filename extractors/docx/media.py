"""The pictures of a Word document: which part of the package each shows, and how wide."""

from __future__ import annotations

import posixpath
import re
from functools import cached_property, partial
from typing import TYPE_CHECKING

from extractors.archive import Package
from extractors.document import Block, CannotRead
from extractors.docx.ooxml import attribute, local, number, parse

if TYPE_CHECKING:
    from lxml.etree import _Element

    from extractors.pictures import Album

_EMU = 914_400  # to the inch
_LEAST = 1.5, 0.4  # inches of a picture that may hold a table: a seal, a logo is less
_UNITS = {"pt": 72.0, "in": 1.0, "cm": 2.54, "mm": 25.4, "px": 96.0}
_STYLE = re.compile(r"(?:^|;)\s*(width|height)\s*:\s*(\d{1,6}(?:\.\d{1,6})?)(pt|in|cm|mm|px)", re.IGNORECASE)


class Pictures:
    """The pictures that a part of the package (`name`) refers to."""

    def __init__(self, package: Package, name: str, album: Album) -> None:
        self._package, self._album = package, album
        self._folder = posixpath.dirname(name)
        self._name = name

    def within(self, drawing: _Element) -> list[Block]:
        """The places of the pictures in a drawing."""
        size = _size(drawing)
        if size is not None and (size[0] < _LEAST[0] or size[1] < _LEAST[1]):
            return []
        found: list[Block] = []
        for one in drawing.iter():
            name = {"blip": "embed", "imagedata": "id"}.get(local(one))
            target = self._targets.get(attribute(one, name) or "") if name else None
            if target is not None:
                found += self._album.add(partial(self._bytes, target), size[0] if size else None)
        return found

    def _bytes(self, target: str) -> bytes | None:
        try:
            return self._package.read(target)
        except CannotRead:
            return None

    @cached_property
    def _targets(self) -> dict[str, str]:
        """Relation id → part of the package; what lies outside it is none."""
        name = posixpath.join(self._folder, "_rels", posixpath.basename(self._name) + ".rels")
        try:
            source = self._package.read(name)
            relations = parse(source, name) if source is not None else []
        except CannotRead:
            return {}
        parts = set(self._package.names())
        targets = {}
        for relation in relations:
            target = str(relation.get("Target", ""))
            path = posixpath.normpath(target.lstrip("/") if target[:1] == "/" else posixpath.join(self._folder, target))
            if relation.get("TargetMode") != "External" and path in parts:
                targets[str(relation.get("Id", ""))] = path
        return targets


def _size(drawing: _Element) -> tuple[float, float] | None:
    """Width and height in inches, where the drawing states them."""
    for one in drawing.iter():
        if local(one) == "extent":
            wide, high = number(one, "cx"), number(one, "cy")
            return (wide / _EMU, high / _EMU) if wide and high else None
        if local(one) in ("shape", "rect"):
            said = _STYLE.findall(attribute(one, "style") or "")
            sides = {name.lower(): float(value) / _UNITS[unit.lower()] for name, value, unit in said}
            if len(sides) == 2:
                return sides["width"], sides["height"]
    return None
