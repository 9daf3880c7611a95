"""HTML → Document: saved web pages, CMS articles with Word's litter in them, and tables inside Markdown.

The bytes decide the encoding, not the page's claim. Whitespace is what a browser would show.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from extractors import limits
from extractors.document import Block, CannotRead, Document, Table
from extractors.encoding import Decoded, decode
from extractors.html.flow import Walk
from extractors.html.images import Images
from extractors.wanted import PLAIN, Wanted

if TYPE_CHECKING:
    from lxml.etree import _Element

# The labels that government web sites must carry (政府网站发展指引, 国办发〔2017〕47号, annex 网页标签) and the
# common ones of the web; the first that is present wins.
_METADATA = (
    ("title", ("articletitle", "og:title", "dc.title", "dcterms.title")),
    ("published", ("pubdate", "publishdate", "article:published_time", "og:release_date", "dc.date", "date")),
    ("source", ("contentsource", "source")),
    ("url", ("url", "og:url")),
    ("site", ("sitename", "og:site_name")),
    ("domain", ("sitedomain",)),
    ("site_code", ("siteidcode",)),
    ("column", ("columnname",)),
    ("author", ("author",)),
    ("keywords", ("keywords",)),
    ("description", ("description", "og:description")),
)

# Elements that can stand unclosed by the thousand, and say nothing about the order of the text
_INLINE_TAG = re.compile(r"</?(?:font|span|b|i|u|em|strong|a|big|small|o:p|st1:\w+)\b[^<>]*>", re.IGNORECASE)
_LONG_TAG = re.compile(r"<[a-zA-Z][^<>]{2000,}")
# What stands behind the end of a page is shown by browsers, and lost by libxml2; so are the breaks that an end tag
# without a start makes. A `</p>` before a figure may be one.
_MENDED = re.compile(  # the cases spelt out: a pattern that ignores case is slower
    r"</[bBhHpP](?:[oO][dD][yY]\s*>|[tT][mM][lL]\s*>|(?P<br>(?<=[bB])(?<!<br></b)(?<!<br/></b)(?<!<br /></b)[rR]\s*>)"
    r"|(?P<p>(?<=[pP])\s*>)(?=(?:\s|&nbsp;|</?(?:font|span|b|i|u|em|strong)\b[^<>]{0,500}>)*\d))"
)
_SAVED_FROM = re.compile(r"saved from url=\(\d+\)\s*(\S+)")

_PAGE = re.compile(r"<!doctype\s+html|<html[\s>]", re.IGNORECASE)
_PAGE_PART = re.compile(r"<(?:head|body|title|meta)[\s>/]", re.IGNORECASE)
_PAGE_END = re.compile(r"</html\s*>", re.IGNORECASE)
_TAG = re.compile(r"<(?P<end>/?)(?P<tag>[a-zA-Z][\w:]*)\b[^<>]*>|(?P<comment><!--)")
_CONTAINER_NAMES = "table div ul ol dl section article center blockquote form main header footer nav span font"
_CONTAINERS = frozenset(_CONTAINER_NAMES.split())
_LEAVES = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "td", "th", "pre", "dt", "dd"))
_PREAMBLE = re.compile(r"(?:\s|\ufeff|<!--.*?-->|<\?.*?\?>)*", re.DOTALL)
_STRAY_SHARE = 0.05


def extract(
    data: bytes,
    wanted: Wanted = PLAIN,
    parts: Callable[[str], bytes | None] | None = None,
    decoded: Decoded | None = None,
) -> Document:
    """The page's text and tables in the source's order, and its pictures. `parts` gives those of the archive that the
    page stands in, by the address the page names them by; `decoded` is the page's text where it is known already.

    Raises `CannotRead` for bytes that are no text, for a page too large, and for one with neither text nor picture.
    """
    if len(data) > limits.MAX_TEXT_BYTES:
        raise CannotRead(
            "too_large",
            f"the page has {len(data) // 1_000_000} MB; the bound is "
            f"{limits.MAX_TEXT_BYTES // 1_000_000} MB. Save the article alone",
        )
    decoded = decoded or decode(data)
    if decoded.text is None:
        raise CannotRead("damaged", "the page's bytes are no text in UTF-8, GB 18030, Big5 or UTF-16; save it again")
    if decoded.text.count("<") > limits.MAX_TAGS:
        raise CannotRead("too_large", f"the page has more than {limits.MAX_TAGS} tags; save the article alone")
    root, notes = _parse(decoded.text)
    blocks: list[Block] = []
    images = Images(wanted, parts)
    if root is not None:
        walk = Walk(None, images.place)
        blocks = walk.blocks_of(root)
        if not any(isinstance(block, Table) for block in blocks):
            # a script may show what the page's sheets hide: a tab, an article that is filled in later
            others = Images(wanted, parts)
            whole = Walk(None, others.place)
            shown = whole.blocks_of(root, sheets=False)
            if any(isinstance(block, Table) for block in shown) or not blocks:
                walk, blocks, images = whole, shown, others
        notes += walk.notes
    if not blocks and notes:
        raise CannotRead("damaged", f"{notes[0]}, and nothing else is in it; save it anew from a browser")
    found = Document("html", tuple(blocks), None, _metadata(root, decoded.text), (*decoded.notes, *notes))
    return images.album.document(
        found,
        "the page holds no text of its own (loaded by a script, a frame or a picture?); "
        "open it in a browser and save the complete page",
    )


def tables_of(fragment: str, line: int | None = None) -> tuple[Block, ...]:
    """The blocks of an HTML fragment inside another text: its tables, and any text around them as paragraphs.

    `line` is the 1-based line of the source on which the fragment begins; tables and cells then carry their own.
    Empty when the fragment holds nothing, and beyond the bounds of `limits`.
    """
    if fragment.count("<") > limits.MAX_TAGS:
        return ()
    root, _ = _parse(fragment)
    return () if root is None else tuple(Walk(line=line).blocks_of(root))


def looks_like_page(text: str) -> bool:
    """Whether a text is an HTML page or a fragment of one, and no text that merely holds some tags or a table."""
    if "<" not in text:
        return False
    start = _PREAMBLE.match(text)
    offset = start.end() if start else 0
    page = _PAGE.search(text)
    if page is not None:
        if page.start() == offset:
            return True
        end = max((match.end() for match in _PAGE_END.finditer(text)), default=len(text))
        return end - page.start() >= 0.8 * len(text.strip()) and _PAGE_PART.search(text) is not None
    if not text.startswith("<", offset):
        return False
    return _PAGE_PART.match(text, offset) is not None or _is_fragment(text)


def _is_fragment(text: str) -> bool:
    """Whether nearly all text stands inside block elements."""
    depth, open_leaf, marks, position = 0, False, 0, 0
    stray = inside = 0
    lowered = text.lower()
    while True:
        match = _TAG.search(lowered, position)
        length = len("".join(lowered[position : match.start() if match else len(text)].split()))
        if depth > 0 or open_leaf:
            inside += length
        else:
            stray += length
        if match is None:
            return marks >= 3 and inside > 0 and stray <= _STRAY_SHARE * (stray + inside)
        position, tag = match.end(), match["tag"]
        if tag in _CONTAINERS:
            depth = max(depth - 1, 0) if match["end"] else depth + 1
            marks += 1
        elif tag in _LEAVES:
            open_leaf = not match["end"]
            marks += 1
        elif match["comment"] or (tag in ("script", "style") and not match["end"]):
            # found by hand: a lazy pattern would search to the end of the text once for each unclosed element
            close = lowered.find("-->" if match["comment"] else f"</{tag}", position)
            position = len(text) if close < 0 else close


def _parse(text: str) -> tuple[_Element | None, list[str]]:
    """The root element, None for nothing but litter; libxml2 gives up below 2,048 open elements, without a word."""
    root, too_deep = _tree(text)
    if not too_deep:
        return root, []
    root, too_deep = _tree(_INLINE_TAG.sub("", text))
    return root, ["the page nests its elements too deep; what stands below 2,048 levels was left out"] * too_deep


def _tree(text: str) -> tuple[_Element | None, bool]:
    from lxml import etree

    # not lxml.html's parser, which asks a function in Python for the class of each element
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_blank_text=False)
    text = _MENDED.sub(_mended, text.replace("\0", ""))
    source = _LONG_TAG.sub(_without_attributes, text).encode("utf-8", "replace")
    try:
        root: _Element | None = etree.fromstring(source, parser)
    except (etree.ParserError, etree.XMLSyntaxError, AssertionError):
        root = None
    return root, root is not None and any("depth" in entry.message.lower() for entry in parser.error_log)


def _mended(tag: re.Match[str]) -> str:
    if tag["br"]:
        return "<b" + tag["br"]
    return tag[0] + "<br>" if tag["p"] else ""


def _without_attributes(tag: re.Match[str]) -> str:
    return (
        tag[0] if len(tag[0].split(None, limits.MAX_ATTRIBUTES)) <= limits.MAX_ATTRIBUTES else tag[0].split(None, 1)[0]
    )


def _metadata(root: _Element | None, text: str) -> dict[str, str]:
    if root is None:
        return {}
    claims: dict[str, str] = {}
    for meta in root.iter("meta"):
        name = (meta.get("name") or meta.get("property") or meta.get("itemprop") or "").strip().lower()
        content = " ".join((meta.get("content") or "").split())
        if name and content:
            claims.setdefault(name, content[: limits.MAX_METADATA_CHARACTERS])
    found = {key: claims[name] for key, names in reversed(_METADATA) for name in reversed(names) if name in claims}
    for title in root.iter("title"):
        page_title = " ".join(str(title.xpath("string()")).split())[: limits.MAX_METADATA_CHARACTERS]
        if page_title:
            found.setdefault("page_title", page_title)
            found.setdefault("title", page_title)
    for link in root.iter("link"):
        if (link.get("rel") or "").lower() == "canonical" and link.get("href"):
            found.setdefault("url", str(link.get("href"))[: limits.MAX_METADATA_CHARACTERS])
    saved = _SAVED_FROM.search(text[:5_000])
    if saved:
        found.setdefault("url", saved[1][: limits.MAX_METADATA_CHARACTERS])
    return {key: found[key] for key in sorted(found)}
