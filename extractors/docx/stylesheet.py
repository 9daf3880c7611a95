"""styles.xml by style id. Word writes hundreds of styles, of which a document uses a few: only those are parsed.

The part is cut at its style elements where its shape leaves no doubt where they are; otherwise it is parsed whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from extractors import limits
from extractors.document import CannotRead
from extractors.docx.ooxml import attribute, local, parse

if TYPE_CHECKING:
    from lxml.etree import _Element

_NAME = "styles.xml"
_ROOT = re.compile(rb"[^<]*(?:<\?xml[^<>]*\?>)?\s*<w:styles(?:\s[^<>]*)?>")
_STYLE = re.compile(rb"<w:style(?=[\s/>])[^<>]*>")
_OPEN, _CLOSE, _END = b"<w:style", b"</w:style>", b"</w:styles>"


class Stylesheet:
    """The style elements of a document, each parsed when it is first wanted."""

    def __init__(self, heads: Sequence[_Element], pieces: Sequence[bytes] | None = None, root: bytes = b"") -> None:
        """`heads`: the style elements, or, with their `pieces` of the source, their start tags alone. `root` is what
        comes before them."""
        self._places = {attribute(head, "styleId") or "": place for place, head in enumerate(heads)}
        self._elements: dict[int, _Element | None] = {} if pieces is not None else dict(enumerate(heads))
        self._pieces, self._root = pieces or (), root
        self.default = next(
            (
                name
                for name, place in self._places.items()
                if attribute(heads[place], "type") == "paragraph"
                and attribute(heads[place], "default") in ("1", "true", "on")
            ),
            None,
        )

    def element(self, name: str) -> _Element | None:
        """The style element of that id, None where there is none that can be read."""
        place = self._places.get(name)
        if place is None:
            return None
        if place not in self._elements:
            found = _parsed(self._root + self._pieces[place] + _END)
            self._elements[place] = found[0] if found else None
        return self._elements[place]


def styles_of(source: bytes | None) -> Stylesheet:
    """The styles of a part; none for one that is absent, torn or beyond the bounds."""
    if source is None or source.count(b"<") > limits.MAX_TAGS:
        return Stylesheet(())
    cut = _cut(source)
    if cut is not None:
        root, tags, pieces = cut
        heads = _parsed(root + b"".join(tags) + _END)
        if len(heads) == len(pieces):
            return Stylesheet(heads, pieces, root)
    return Stylesheet(_parsed(source))


def _parsed(source: bytes) -> list[_Element]:
    try:
        return [one for one in parse(source, _NAME) if local(one) == "style"]
    except CannotRead:
        return []


def _cut(source: bytes) -> tuple[bytes, list[bytes], list[bytes]] | None:
    """What opens the part, the start tags of its styles as empty elements, and the styles. None where anything else
    stands among them: then what looks like a style may be none."""
    root = _ROOT.match(source)
    # the rarer sign is looked for first: a part has ten thousand opening brackets
    if root is None or any(
        source.find(sign, root.end()) >= 0 and source.find(b"<" + sign, root.end()) >= 0 for sign in (b"!", b"?")
    ):
        return None
    first = _STYLE.search(source, root.end())
    if first is None or not _parsed_whole(source[: first.start()] + _END):
        return None
    tags: list[bytes] = []
    pieces: list[bytes] = []
    end = first.start()
    while (start := source.find(_OPEN, end)) >= 0:
        match = _STYLE.match(source, start)
        if match is None or source[end:start].strip():
            return None
        tag, end = match[0], match.end()
        if tag.count(b'"') % 2 or b"'" in tag:
            return None
        if not tag.endswith(b"/>"):
            tag, end = tag[:-1] + b"/>", source.find(_CLOSE, end) + len(_CLOSE)
            if end < match.end() or source.find(_OPEN, match.end(), end) >= 0:
                return None
        tags.append(tag)
        pieces.append(source[start:end])
    return (root[0], tags, pieces) if source[end:].strip() == _END else None


def _parsed_whole(source: bytes) -> bool:
    try:
        parse(source, _NAME)
    except CannotRead:
        return False
    return True
