"""Glyphs on a page → lines of text → paragraphs: pure geometry, no PDF library.

Coordinates are points from the page's top left corner, y downwards. A glyph's `origin` is where its baseline begins;
lines are told by baselines, since boxes of Chinese and Latin fonts differ and the lines of a wrapped label often
overlap the number line beside it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice, pairwise
from operator import itemgetter
from statistics import median
from typing import NamedTuple

_SAME_LINE = 0.3  # of the font size
_SPACE = 0.3
_COLUMN_GAP = 0.6
_WIDE_GAP = 1.5
_FAKE_BOLD = 0.12
_RAISED = 0.8
_PROSE_WIDTH = 18
_ROW_OF_NUMBERS = re.compile(r"(?:\S*\s+)?(?:[-+]?[\d.,]+\s+){2,}[-+]?[\d.,]+")
_ENUMERATION = re.compile(
    r"\s*(?:[一二三四五六七八九十]+、|[（(][一二三四五六七八九十\d]+[）)]|\d+[.．、)）]|第[一二三四五六七八九十\d]+[章节条]|[①-⑳])"
)
_LEADERS = re.compile(r"…{3}|\.{6}|·{6}")  # a line of a table of contents
_PAGE_NUMBER = re.compile(r"\s*[-—–―－·~]*\s*(?:第\s*)?[\dIVXivx０-９]{1,4}\s*(?:页.*)?(?:/\s*\d+)?\s*[-—–―－·~]*\s*")


SLANTED = -1
"""The `turn` of a glyph drawn at no right angle: a watermark, a stamp."""


class Glyph(NamedTuple):
    """One character as drawn. `turn` is its clockwise rotation in quarter turns: 0 upright, 1 read downwards."""

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    origin_x: float
    origin_y: float
    size: float
    turn: int = 0


_X0, _TOP, _TURN = itemgetter(1), itemgetter(2), itemgetter(8)
_BASELINE_THEN_X0 = itemgetter(6, 1)


class Line(NamedTuple):
    """One line of text; wide gaps between its words stand as tabs."""

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    size: float


def upright(glyphs: Iterable[Glyph], turn: int, width: float = 0.0, height: float = 0.0) -> list[Glyph]:
    """The glyphs as they stand when the sheet (width × height) is turned back by `turn` quarter turns."""
    return [_turned_back(glyph, turn, width, height) for glyph in glyphs] if turn else list(glyphs)


def turned_box(
    box: tuple[float, float, float, float], turn: int, width: float, height: float
) -> tuple[float, float, float, float]:
    """A box (x0, top, x1, bottom) on the sheet turned back by `turn` quarter turns."""
    x0, top, x1, bottom = box
    if turn == 1:
        return top, width - x1, bottom, width - x0
    if turn == 2:
        return width - x1, height - bottom, width - x0, height - top
    if turn == 3:
        return height - bottom, x0, height - top, x1
    return box


def _turned_back(glyph: Glyph, turn: int, width: float, height: float) -> Glyph:
    x0, top, x1, bottom = turned_box(glyph[1:5], turn, width, height)
    x, y, _, _ = turned_box((glyph.origin_x, glyph.origin_y) * 2, turn, width, height)
    return Glyph(glyph.text, x0, top, x1, bottom, x, y, glyph.size, (glyph.turn - turn) % 4)


def without_doubles(glyphs: Sequence[Glyph]) -> list[Glyph]:
    """Each character once, where it was drawn several times over itself (fake bold, shadows)."""
    kept: list[Glyph] = []
    # by squares of 16 points, of which a glyph's reach touches four at most
    seen: dict[tuple[str, float, float], list[tuple[float, float]]] = {}
    reaches: dict[float, float] = {}
    for glyph in glyphs:
        text, x0, top, _, _, _, _, size, _ = glyph
        reach = reaches.get(size) or reaches.setdefault(size, min(size * _FAKE_BOLD, 8.0))
        column, row = x0 // 16, top // 16
        left, right = (x0 - reach) // 16, (x0 + reach) // 16
        above, below = (top - reach) // 16, (top + reach) // 16
        if left == right and above == below:
            near = seen.get((text, column, row), ())
        else:
            near = [
                other
                for x in {left, column, right}
                for y in {above, row, below}
                for other in seen.get((text, x, y), ())
            ]
        for other_x0, other_top in near:
            if abs(other_x0 - x0) <= reach and abs(other_top - top) <= reach:
                break
        else:
            seen.setdefault((text, column, row), []).append((x0, top))
            kept.append(glyph)
    return kept


def lines_of(glyphs: Iterable[Glyph]) -> list[Line]:
    """Upright glyphs as lines, top to bottom. Turned glyphs among them become lines of their own."""
    glyphs = list(glyphs)
    if not any(map(_TURN, glyphs)):
        return [line for line in map(_line, _rows(glyphs)) if line.text]
    groups: dict[int, list[Glyph]] = {}
    for glyph in glyphs:
        groups.setdefault(glyph.turn, []).append(glyph)
    lines: list[Line] = []
    for turn in sorted(groups):
        rows = _rows(upright(groups[turn], turn))
        if turn == 0:
            lines.extend(_line(row) for row in rows)
            continue
        x0, top = min(glyph.x0 for glyph in groups[turn]), min(glyph.top for glyph in groups[turn])
        x1, bottom = max(glyph.x1 for glyph in groups[turn]), max(glyph.bottom for glyph in groups[turn])
        lines.extend(Line(line.text, x0, top, x1, bottom, line.size) for line in map(_line, rows))
    lines = [line for line in lines if line.text]
    return sorted(lines, key=lambda line: line.top) if len(groups) > 1 else lines


def text_of(glyphs: Sequence[Glyph], lines: Sequence[Line] | None = None) -> str:
    """The text of a cell: its lines (those given, where they are known) joined by line breaks; columns of vertical
    writing from right to left."""
    if _is_vertical(glyphs):
        columns: dict[int, list[Glyph]] = {}
        for glyph in sorted(glyphs, key=lambda one: -one.x0):
            key = next((x for x in columns if abs(x - glyph.x0) < glyph.size / 2), int(glyph.x0))
            columns.setdefault(key, []).append(glyph)
        ordered = [sorted(column, key=lambda one: one.top) for column in columns.values()]
        return "\n".join("".join(glyph.text for glyph in column).strip() for column in ordered).strip()
    return "\n".join([line.text for line in (lines_of(glyphs) if lines is None else lines)])


def paragraphs_of(lines: Sequence[Line], margin: float | None) -> list[tuple[str, float]]:
    """Lines joined to paragraphs, each with its top: a line that reaches the right `margin` runs on into the next one
    when that one begins at the left edge, in the same size and at the ordinary distance. In doubt, lines stay apart."""
    paragraphs: list[tuple[str, float]] = []
    left = _left_edge(lines)
    previous: Line | None = None
    for line in lines:
        if previous is not None and margin is not None and _runs_on(previous, line, left, margin):
            text, top = paragraphs[-1]
            glue = " " if text[-1:].isascii() and text[-1:].isalnum() and line.text[:1].isascii() else ""
            paragraphs[-1] = (text + glue + line.text, top)
        else:
            paragraphs.append((line.text, line.top))
        previous = line
    return paragraphs


def right_margin(lines: Sequence[Line]) -> float | None:
    """Where full lines of prose end: the rightmost edge that two long lines share; None without such lines."""
    edges = sorted((line.x1 for line in lines if _is_long(line)), reverse=True)
    for edge, other in pairwise(edges):
        if edge - other <= lines[0].size:
            return edge
    return None


def _is_long(line: Line) -> bool:
    return "\t" not in line.text and line.x1 - line.x0 >= _PROSE_WIDTH * line.size


def _rows(glyphs: Iterable[Glyph]) -> list[list[Glyph]]:
    rows: list[list[Glyph]] = []
    baseline, size = -math.inf, 0.0
    for glyph in sorted(glyphs, key=_BASELINE_THEN_X0):
        if glyph.origin_y - baseline <= _SAME_LINE * min(glyph.size, size):
            rows[-1].append(glyph)
        else:
            rows.append([glyph])
            baseline, size = glyph.origin_y, glyph.size
    for row in rows:
        row.sort(key=_X0)
    return _with_raised(rows) if len(rows) > 1 else rows


def _with_raised(rows: list[list[Glyph]]) -> list[list[Glyph]]:
    """Raised notes (22¹) put back into the line below that they belong to, in brackets when they follow a digit:
    a footnote mark must never become a digit of the number."""
    merged: list[list[Glyph]] = []
    for index, row in enumerate(rows):
        below = rows[index + 1] if index + 1 < len(rows) else None
        if below is None or not _is_raised(row, below):
            merged.append(row)
            continue
        text = "".join(glyph.text for glyph in row).strip()
        before = [glyph for glyph in below if glyph.x1 <= row[0].x0 + 0.3 * glyph.size]
        after_digit = bool(before) and before[-1].text[-1:].isdigit()
        mark = f"[{text}]" if after_digit and text[:1].isdigit() else text
        base = below[0]
        note = Glyph(mark, row[0].x0, base.top, row[-1].x1, base.bottom, row[0].x0, base.origin_y, base.size)
        rows[index + 1] = sorted([*below, note], key=_X0)
    return merged


def _is_raised(row: list[Glyph], below: list[Glyph]) -> bool:
    size = max(glyph.size for glyph in below)
    lift = below[0].origin_y - row[0].origin_y
    if len(row) > 6 or row[0].size > _RAISED * size or not 0 < lift < 0.8 * size:
        return False
    return any(-0.3 * size <= row[0].x0 - glyph.x1 <= 0.5 * size for glyph in below if glyph.text.strip())


def _line(row: list[Glyph]) -> Line:
    """One line of glyphs from left to right; its gaps become spaces or, between columns, tabs."""
    words: list[str] = [""]  # between gaps that may part columns
    gaps: list[bool] = []  # whether each of those gaps surely does
    previous: Glyph | None = None
    for glyph in row:
        if not glyph.text.strip() and glyph.text != "\u3000":
            words[-1] += " "
            continue
        if previous is not None:
            gap, size = glyph.x0 - previous.x1, max(glyph.size, previous.size)
            if gap >= _COLUMN_GAP * size and not _is_filled(words[-1], gap, size):
                gaps.append(gap >= _WIDE_GAP * size)
                words.append("")
            elif gap >= _SPACE * size and not words[-1].endswith(" "):
                words[-1] += " "
        words[-1] += glyph.text
        previous = glyph
    _, starts, tops, ends, bottoms, _, _, sizes, _ = zip(*inked_of(row) or row, strict=True)
    text = _spaced([word.strip() for word in words], gaps)
    size = sizes[0] if min(sizes) == max(sizes) else median(sizes)
    return Line(text, starts[0], min(tops), max(ends), max(bottoms), size)


def inked_of(glyphs: Iterable[Glyph]) -> list[Glyph]:
    """The glyphs without the blanks."""
    return [glyph for glyph in glyphs if glyph.text.strip()]


def _spaced(words: list[str], gaps: list[bool]) -> str:
    """The words with a tab for each gap that parts columns. A middling gap does where no word is a lone character:
    titles are set with gaps between their characters, columns hold words and numbers."""
    columns = all(len(word) > 1 or word.isdigit() for word in words)
    text = words[0]
    for word, is_wide in zip(words[1:], gaps, strict=True):
        text += ("\t" if is_wide or columns else " ") + word
    return text.strip()


def _is_filled(text: str, gap: float, size: float) -> bool:
    """Whether blanks that the file itself sets fill the gap, as between the words of a spaced-out title."""
    blanks = len(text) - len(text.rstrip(" "))
    return blanks * 0.6 * size >= gap or (blanks == 1 and gap <= 2.5 * size)


def _is_vertical(glyphs: Sequence[Glyph]) -> bool:
    """Whether upright characters run down in columns: closer to their neighbours below than to those beside."""
    inked = inked_of(glyphs)
    if len(inked) < 4 or any(glyph.turn or glyph.text.isascii() for glyph in inked):
        return False
    tops = [glyph.top for glyph in inked]
    if max(tops) <= min(tops) + 1:
        return False
    beneath = _steps([(glyph.top, glyph.x0, 0.2 * glyph.size) for glyph in inked])
    if len(beneath) < 2:
        return False
    beside = _steps([(glyph.x0, glyph.origin_y, 0.2 * glyph.size) for glyph in inked])
    return len(beside) >= 2 and median(beside) > median(beneath) + 0.15 * inked[0].size


def _steps(places: list[tuple[float, float, float]]) -> list[float]:
    """From each place to the next one along the first axis that stands level with it on the second (within the reach
    that the third number tells), where there is one."""
    places.sort()
    found = []
    for index, (along, level, _) in enumerate(places):
        for other in islice(places, index + 1, None):
            if other[0] > along + 1 and abs(other[1] - level) < other[2]:
                found.append(other[0] - along)
                break
    return found


def _left_edge(lines: Sequence[Line]) -> float:
    """Where most lines begin."""
    starts = Counter(round(line.x0) for line in lines)
    return float(min((-count, start) for start, count in starts.items())[1]) if starts else 0.0


def _runs_on(line: Line, following: Line, left: float, margin: float) -> bool:
    size = max(line.size, following.size)
    if not _is_long(line) or "\t" in following.text:
        return False
    if _LEADERS.search(line.text) or _ROW_OF_NUMBERS.fullmatch(line.text) or _ROW_OF_NUMBERS.fullmatch(following.text):
        return False
    if min(line.size, following.size) < 0.9 * size or line.x1 < margin - 1.5 * size:
        return False
    if not -0.2 * size <= following.top - line.bottom <= 1.3 * size:
        return False
    if following.x0 > min(left, line.x0) + 0.8 * size:
        return False
    return not (_ENUMERATION.match(following.text) or _PAGE_NUMBER.fullmatch(following.text))
