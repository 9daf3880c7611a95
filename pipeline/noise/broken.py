"""Sentences cut off in the middle by a page break, a picture or a stray line break of a text source.

Texts wrapped at a fixed width are as they should be: there a line ends near the width of its neighbours and the next
follows at once. A break is noise where empty lines, a picture or a page number stand within the sentence, or where a
line of a text that is otherwise not wrapped stops short.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from pipeline.noise.characters import pairs
from pipeline.noise.embedded import Span
from pipeline.prose import (
    HAN,
    IMAGE_MARKER,
    Line,
    ends_open,
    is_heading,
    is_page_number,
    is_picture,
    is_prose,
    is_statutory_section,
    opens_paragraph,
)

_LEADS_ON = re.compile(r"[，、：,（(“《<〔]$|[的和与及或在对将被把由从向为以并且其占达共第于按据经至]$")
_CONTINUES = re.compile(r"[，。；：、）)”》】〕！？,;]|[的了着过等]")
_MEASURE = re.compile(r"[余多]?\s*(?:[年月日条件项次篇份个名人家场期种类批起宗户万亿元%％度级号所]|\d)")
_CLAUSE = re.compile("[，。；、]")
_SENTENCE = re.compile("[，、；].*[。；]|.{6}[。；]")
_SHORTEST = 10  # characters of a line that may break off
# A picture's marker with what little it left behind it.
_PICTURE = re.compile(rf"(?:{IMAGE_MARKER.pattern})(?:[^{HAN}]{{0,40}}$)?", re.I)
_UNWRAPPED = 90  # characters: a paragraph on one line is longer than any wrapped line


def broken(found: Sequence[Line], spoiled: frozenset[int], spans: Sequence[Span]) -> Iterator[tuple[int, int]]:
    """(place of the line that breaks off, place of the line that goes on), in order."""
    inside = {place for span in spans for place in range(span.first, span.last + 1)}
    own = [
        place
        for place, line in enumerate(found)
        if place not in spoiled and place not in inside and not is_page_number(line) and not is_picture(line)
    ]
    unwrapped = _is_unwrapped(found, own)
    for place, following in pairwise(own):
        line, after = found[place], found[following]
        if line.row or after.row or line.line is None or is_heading(line) or is_statutory_section(line):
            continue
        apart = after.gap or following - place > 1 or IMAGE_MARKER.search(line.text) is not None
        if not apart and not (unwrapped and len(line.text) > _UNWRAPPED):
            continue
        if goes_on(line, after):
            yield place, following


def without_pictures(text: str) -> str:
    """The text without the markers of pictures, and without what little they left at its end."""
    return _PICTURE.sub("", text) if "[" in text or "<" in text else text


def goes_on(line: Line, after: Line) -> bool:
    """Whether the sentence that `line` leaves open goes on in `after`."""
    text = without_pictures(line.text).rstrip()
    start = after.text.strip()
    if len(text) < _SHORTEST or not start or not ends_open(text):
        return False
    if is_heading(after) or is_statutory_section(after) or after.level is not None:
        return False
    if _CONTINUES.match(start):
        return True
    if re.search(r"\d$", text):
        return _CLAUSE.search(text) is not None and _MEASURE.match(start) is not None
    if _LEADS_ON.search(text):
        return not opens_paragraph(start) or re.match(r"\d", start) is not None
    if opens_paragraph(start):
        return False
    across = text[-1] + start[0]  # a word torn in two?
    if not _CLAUSE.search(text):
        return across in pairs().strong and _CLAUSE.search(start) is not None
    return across in pairs().known or _SENTENCE.search(start) is not None


def _is_unwrapped(found: Sequence[Line], own: Sequence[int]) -> bool:
    """Whether paragraphs stand on one line each: most of the text is in lines longer than any wrapping."""
    lengths = [len(found[place].text) for place in own if is_prose(found[place])]
    return sum(length for length in lengths if length > _UNWRAPPED) > 0.6 * sum(lengths)
