"""HTML → what leads on from a page, and what a reader sees of it: links, frames, refreshes, scripts, lines of text.

For whoever fetches pages; `extractors.html.extract` reads what they say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractors import limits
from extractors.encoding import decode
from extractors.html import _parse, looks_like_page

if TYPE_CHECKING:
    from lxml.etree import _Element

_BREAK_NAMES = (
    "address article aside blockquote body br caption center dd details div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th thead title tr ul"
)
_BREAKS = frozenset(_BREAK_NAMES.split())
_UNSEEN = frozenset(("script", "style", "noscript", "template", "textarea", "select"))
_FRAMES = {"frame": "src", "iframe": "src", "embed": "src", "object": "data"}
_REFRESH = re.compile(
    r"^\s*(?P<wait>\d{0,5})(?:\.\d*)?\s*[;,]\s*(?:url\s*=\s*)?['\"]?\s*(?P<url>[^'\"\s]+)", re.IGNORECASE
)
_RECORD = re.compile(r"<(?P<kind>record|nextgroup|pregroup)\b[^<>]{0,200}>\s{0,200}<!\[CDATA\[")
_LONGEST_REFRESH = 15  # seconds; a page that reloads itself every few minutes is no redirect
_LONGEST_SCRIPT = 200_000
_LONGEST_TITLE = 300
_MOST_LINKS = 20_000  # the list of a whole province on one page has a few thousand
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Link:
    """A reference as it stands in the page: `kind` is `link`, `frame` (also embedded objects) or `next` (rel=next)."""

    target: str
    text: str
    kind: str = "link"


@dataclass(frozen=True, slots=True)
class WebPage:
    """What leads on from a page, and what is seen of it.

    `lines` are its visible lines of text; `own` counts the characters of them that stand in no link, `cells` those
    table cells without a table in them that hold a number, a dash or nothing. `refresh` is where the page sends its
    reader after a moment, `scripts` the source of its own scripts.
    """

    encoding: str
    title: str
    lines: tuple[str, ...]
    own: int
    cells: int
    links: tuple[Link, ...]
    base: str | None
    refresh: str | None
    scripts: str


def read_page(data: bytes) -> WebPage | None:
    """The page that the bytes hold; None when they are none, or too large to be looked at."""
    if len(data) > limits.MAX_TEXT_BYTES:
        return None
    decoded = decode(data)
    if decoded.text is None or decoded.text.count("<") > limits.MAX_TAGS:
        return None
    if not looks_like_page(decoded.text) and not _RECORD.search(decoded.text):
        return None
    root, _ = _parse(decoded.text)
    if root is None:
        return None
    reading = _Reading()
    reading.walk(root)
    reading.records(decoded.text)
    base = next((str(e.get("href")) for e in root.iter("base") if e.get("href")), None)
    return WebPage(
        decoded.encoding or "utf-8",
        reading.title,
        tuple(reading.lines),
        reading.own,
        reading.cells,
        tuple(reading.links[:_MOST_LINKS]),
        base,
        _refresh(root),
        "\n".join(reading.scripts)[:_LONGEST_SCRIPT],
    )


class _Reading:
    """One walk over the tree, without recursion: broken editors nest elements by the thousand."""

    def __init__(self) -> None:
        self.title = ""
        self.lines: list[str] = []
        self.links: list[Link] = []
        self.scripts: list[str] = []
        self.own = 0
        self.cells = 0
        self._line: list[str] = []
        self._anchor: _Element | None = None
        self._anchor_text: list[str] = []

    def walk(self, root: _Element) -> None:
        stack: list[tuple[_Element, bool]] = [(root, False)]
        while stack:
            element, leaving = stack.pop()
            if leaving:
                self._leave(element)
                self._add(element.tail)
                continue
            tag = element.tag
            if not isinstance(tag, str) or tag in _UNSEEN:
                if tag == "script" and not element.get("src"):
                    self.scripts.append(element.text or "")
                self._add(element.tail)
                continue
            self._enter(element)
            stack.append((element, True))
            stack.extend((child, False) for child in reversed(element))
        self._break()

    def records(self, text: str) -> None:
        """Links that a list page carries as data, for its script to show (JCMS, used by many portals)."""
        position = 0
        while len(self.links) < _MOST_LINKS and (record := _RECORD.search(text, position)):
            position = text.find("]]>", record.end())
            if position < 0:
                return
            if record["kind"] != "pregroup":
                root, _ = _parse(text[record.end() : position])
                inner = _Reading()
                if root is not None:
                    inner.walk(root)
                kind = "next" if record["kind"] == "nextgroup" else "link"
                self.links.extend(Link(link.target, link.text, kind) for link in inner.links)

    def _enter(self, element: _Element) -> None:
        tag = element.tag
        if tag in _BREAKS:
            self._break()
        if tag in ("a", "area"):
            self._anchor, self._anchor_text = element, []
        elif tag in _FRAMES and element.get(_FRAMES[tag]):
            self.links.append(Link(str(element.get(_FRAMES[tag])), str(element.get("title") or ""), "frame"))
        elif tag == "link" and _says_next(element) and element.get("href"):
            self.links.append(Link(str(element.get("href")), "", "next"))
        self._add(element.text)

    def _leave(self, element: _Element) -> None:
        tag = element.tag
        if tag == "title" and not self.title:
            self.title = _SPACE.sub(" ", "".join(self._line)).strip()[:_LONGEST_TITLE]
        if tag in ("td", "th") and not _has_table(element):
            text = _SPACE.sub("", "".join(map(str, element.itertext())))
            self.cells += len(text) < 12 and not any(character.isalpha() for character in text)
        if self._anchor is not None and element is self._anchor:
            text = _SPACE.sub(" ", "".join(self._anchor_text)).strip()
            titled = _SPACE.sub(" ", str(element.get("title") or "")).strip()
            # a list cuts its titles short for show, and keeps them whole in the attribute
            shown = titled if len(titled) > len(text) else text
            if element.get("href"):
                self.links.append(Link(str(element.get("href")), shown, "next" if _says_next(element) else "link"))
            self._anchor = None
        if tag in _BREAKS:
            self._break()

    def _add(self, text: str | None) -> None:
        if text:
            self._line.append(text)
            if self._anchor is not None:
                self._anchor_text.append(text)
            else:
                self.own += len(text.strip())

    def _break(self) -> None:
        line = _SPACE.sub(" ", "".join(self._line)).strip()
        if line:
            self.lines.append(line)
        self._line = []


def _says_next(element: _Element) -> bool:
    return "next" in str(element.get("rel") or "").lower().split()


def _has_table(element: _Element) -> bool:
    return element.find(".//table") is not None


def _refresh(root: _Element) -> str | None:
    for meta in root.iter("meta"):
        if str(meta.get("http-equiv") or "").strip().lower() == "refresh":
            found = _REFRESH.match(str(meta.get("content") or "")[:2_000])
            if found and int(found["wait"] or 0) <= _LONGEST_REFRESH:
                return found["url"]
    return None
