"""Access to Office Open XML by local names, so that the strict variant (another namespace) reads like the usual one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from extractors import limits
from extractors.document import CannotRead

if TYPE_CHECKING:
    from lxml.etree import _Element

_WHOLE = re.compile(r"-?\d{1,9}")
ADVICE = "open it in Word and save it anew"


def parse(source: bytes, name: str) -> _Element:
    """An XML part as a tree, without entities, network or huge trees; `CannotRead`: `damaged` when it is no XML,
    `too_large` beyond the bounds."""
    from lxml import etree

    if source.count(b"<") > limits.MAX_TAGS:
        raise CannotRead("too_large", f"the package's part {name} has more than {limits.MAX_TAGS} tags: no report has")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(source, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise CannotRead("damaged", f"the package's part {name} is broken XML ({error}); {ADVICE}") from error
    if getattr(root.getroottree().docinfo, "doctype", ""):
        raise CannotRead("damaged", f"the package's part {name} declares entities, as no Word document does; {ADVICE}")
    return root


def local(element: _Element) -> str:
    """The element's name without its namespace."""
    return _without_namespace(element.tag)


@lru_cache(maxsize=2048)
def _without_namespace(name: object) -> str:
    return name.rpartition("}")[2] if isinstance(name, str) else ""


def child(element: _Element | None, name: str) -> _Element | None:
    """The first child of that local name."""
    if element is None or not len(element):
        return None
    for one in element:
        if _without_namespace(one.tag) == name:
            return one
    return None


def attribute(element: _Element | None, name: str) -> str | None:
    """An attribute by its local name."""
    if element is None:
        return None
    for key, value in element.items():
        if _without_namespace(key) == name:
            return str(value)
    return None


def number(element: _Element | None, name: str = "val") -> int | None:
    """An attribute that holds a whole number; None when it is absent or holds anything else."""
    if element is None:
        return None
    text = (attribute(element, name) or "").strip()
    return int(text) if text and _WHOLE.fullmatch(text) else None


Properties = Mapping[str, "_Element"]
"""What an element says of itself (w:pPr, w:rPr …): its children by local names, the first of each."""

_NONE: Properties = {}


def properties_of(element: _Element | None, name: str) -> Properties:
    """The properties in the element's first child of that name; empty where there is none."""
    holder = child(element, name)
    if holder is None:
        return _NONE
    found: dict[str, _Element] = {}
    for one in holder:
        found.setdefault(_without_namespace(one.tag), one)
    return found


def switched_on(toggle: _Element | None) -> bool | None:
    """A toggle property such as `w:vanish`: on, off, or None where nothing is said."""
    if toggle is None:
        return None
    return (attribute(toggle, "val") or "1").lower() not in ("0", "false", "off")
