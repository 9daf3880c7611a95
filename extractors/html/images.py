"""The pictures of a web page: in the page itself (`data:`), or beside it under a relative name. None is fetched."""

from __future__ import annotations

import binascii
import posixpath
import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from extractors import limits
from extractors.document import Block
from extractors.pictures import Album
from extractors.wanted import Wanted

if TYPE_CHECKING:
    from lxml.etree import _Element

# where pages that load their pictures late keep the names of these
_SOURCES = ("src", "data-src", "data-original", "data-lazy-src", "original-src", "oldsrc", "_src")
_LEAST = 120, 40  # CSS pixels of a picture that may hold a table, where the page states its size
_LEAST_DATA = 1_500  # characters of a `data:` address; shorter ones are blanks and icons
_DATA = re.compile(r"data:image/(?!svg)[\w.+-]+((?:;[\w=.+-]+)*),", re.IGNORECASE)
_DRAWN = (".svg", ".ico", ".css", ".js")
_PIXELS = re.compile(r"\s*(\d{1,5})(?:\.\d*)?\s*(?:px)?\s*", re.IGNORECASE)
_LONGEST_NAME = 1_000


class Images:
    """Finds what the <img> elements of one page show."""

    def __init__(self, wanted: Wanted, parts: Callable[[str], bytes | None] | None = None) -> None:
        self.album = Album(wanted)
        self._beside = wanted.beside
        self._parts = parts

    def place(self, element: _Element) -> list[Block]:
        """The place of an element's picture; none for one that is too small to hold a table."""
        for name, least in zip(("width", "height"), _LEAST, strict=True):
            stated = _PIXELS.fullmatch(element.get(name) or "")
            if stated and int(stated[1]) < least:
                return []
        sources = [text for name in _SOURCES if (text := (element.get(name) or "").strip())]
        inline = next((text for text in sources if _DATA.match(text) and len(text) >= _LEAST_DATA), None)
        if inline is not None:
            return self.album.add(partial(_inline, inline))
        addresses = tuple(text for text in sources if not text.lower().startswith("data:"))
        return self.album.add(partial(self._named, addresses)) if addresses else []

    def _named(self, addresses: tuple[str, ...]) -> bytes | None:
        if self._parts is not None:
            return next((data for address in addresses if (data := self._parts(address)) is not None), None)
        names = [name for address in addresses if (name := relative_name(address))]
        if self._beside is None:
            return None
        return next((data for name in names if (data := self._beside(name)) is not None), None)


def relative_name(address: str) -> str | None:
    """The file that an address names below the page's own folder, in `/` notation; None for any other place."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    name = unquote(parts.path).replace("\\", "/")
    if parts.scheme or parts.netloc or not name or name.startswith("/") or len(name) > _LONGEST_NAME or "\0" in name:
        return None
    name = posixpath.normpath(name)
    if name.split("/")[0] in ("..", ".") or name.lower().endswith(_DRAWN):
        return None
    return name


def _inline(address: str) -> bytes | None:
    """The bytes of a `data:` address; None if it holds none."""
    head = _DATA.match(address)
    if head is None or len(address) > 2 * limits.MAX_PICTURE_BYTES:
        return None
    body = address[head.end() :]
    if ";base64" not in head[1].lower():
        return unquote_to_bytes(body)
    try:
        return binascii.a2b_base64("".join(unquote(body).split()) + "==")
    except (binascii.Error, ValueError):
        return None
