"""Access to Office Open XML by local names, so that the strict variant (another namespace) reads like the usual one."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from extractors import limits
from extractors.document import CannotRead

if TYPE_CHECKING:
    from lxml.etree import _Element

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
    return _without_namespace(element.tag) if isinstance(element.tag, str) else ""


@lru_cache(maxsize=2048)
def _without_namespace(name: str) -> str:
    return name.rpartition("}")[2]


def child(element: _Element | None, name: str) -> _Element | None:
    """The first child of that local name."""
    if element is None:
        return None
    return next((one for one in element if local(one) == name), None)


def attribute(element: _Element | None, name: str) -> str | None:
    """An attribute by its local name."""
    if element is None:
        return None
    return next((str(value) for key, value in element.attrib.items() if _without_namespace(str(key)) == name), None)


def number(element: _Element | None, name: str = "val") -> int | None:
    """An attribute that holds a whole number; None when it is absent or holds anything else."""
    text = (attribute(element, name) or "").strip()
    return int(text) if re.fullmatch(r"-?\d{1,9}", text) else None


def switched_on(parent: _Element | None, name: str) -> bool | None:
    """A toggle property such as `w:vanish`: on, off, or None where nothing is said."""
    toggle = child(parent, name)
    if toggle is None:
        return None
    return (attribute(toggle, "val") or "1").lower() not in ("0", "false", "off")
