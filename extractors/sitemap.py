"""XML → the addresses that a sitemap (sitemaps.org protocol 0.9) lists; packed by gzip or not."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from extractors import limits
from extractors.document import CannotRead
from extractors.encoding import decode


@dataclass(frozen=True, slots=True)
class Sitemap:
    """The addresses in a sitemap's order; `index` when they are those of further sitemaps."""

    addresses: tuple[str, ...]
    index: bool = False


def read_sitemap(data: bytes) -> Sitemap | None:
    """The sitemap that the bytes hold, None when they hold none: an XML one, one by gzip, or a plain list of addresses.

    Raises `CannotRead` for one too large or damaged.
    """
    if data.startswith(b"\x1f\x8b"):
        data = _unpacked(data)
    if len(data) > limits.MAX_TEXT_BYTES * 3:  # the protocol allows 50 MB
        raise CannotRead("too_large", f"the sitemap has {len(data) // 1_000_000} MB; the protocol allows 50")
    head = data[:4096].lower()
    if b"<urlset" in head or b"<sitemapindex" in head:
        return _xml(data)
    text = decode(data).text or ""
    lines = [line.strip() for line in text.lstrip("\ufeff").splitlines() if line.strip()]
    if lines and all(line.startswith(("http://", "https://")) and " " not in line for line in lines):
        return Sitemap(tuple(lines))
    return None


def _xml(data: bytes) -> Sitemap:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise CannotRead("damaged", f"the sitemap is damaged: {error.msg}; fetch it again") from error
    if root is None:
        raise CannotRead("damaged", "the sitemap is damaged: nothing in it can be read; fetch it again")
    found = []
    for element in root.iter():
        parent = element.getparent()
        # those of a page's pictures and videos (its extensions' own loc) are no pages
        if _name(element.tag) == "loc" and parent is not None and _name(parent.tag) in ("url", "sitemap"):
            found.append((element.text or "").strip())
    return Sitemap(tuple(filter(None, found)), _name(root.tag) == "sitemapindex")


def _name(tag: object) -> str:
    """An element's name without its namespace; empty for a comment and the like."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _unpacked(data: bytes) -> bytes:
    unpacker = zlib.decompressobj(31)
    bound = limits.MAX_TEXT_BYTES * 3
    try:
        unpacked = unpacker.decompress(data, bound)
    except zlib.error as error:
        raise CannotRead("damaged", "the packed sitemap is damaged; fetch it again") from error
    if unpacker.unconsumed_tail:
        raise CannotRead("too_large", f"the packed sitemap holds more than {bound // 1_000_000} MB")
    return unpacked
