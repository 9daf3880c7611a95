"""The lines of a table's cells → their texts, several looks at each number.

A number has no context that would tell a wrong digit, so it is looked at again, cleaned of specks and in more
contrast, and a third time in black and white where two looks disagree or are unsure. What most looks show is the text;
what else was seen are its alternatives, which the accounting identities may choose from. Nothing is made up: a reading
that no look showed is none, save that a point and a comma between digits are taken for each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from extractors.scan import ocr
from extractors.scan.inkcells import Strip, cut, cut_black, cut_clean
from extractors.scan.ocr import Recognised
from extractors.scan.pagegrid import Sheet

UNREADABLE = "\ufffd"
"""What stands for ink that no look could read."""

_NUMBER = re.compile(r"[^\u3400-\u9fff]*?(?:[百千]?[万亿]?元|[项件条个次宗起份]|万|亿)?[^\u3400-\u9fff]{0,2}")
_DIGITS = re.compile(r"[-+]?(?:\d+|\d{1,3}(?:[,，]\d{3})+)(?:\.\d+)?\D{0,3}")
_TRAILING = re.compile(r"(?<=\d)[.·,'`]+(?=\D*$)")  # dirt behind a number: none ends in a point
_SHORT = 2
_SURE = 0.9
_ENOUGH = 0.97
_FOREIGN = 0.4  # the confidence that is left to a text into which a stamp or a pen runs
_LEANING = 0.6
_MOST_ALTERNATIVES = 5
_LEADING = re.compile(r"^[.·,'`](?=\d)")
_POINTS = re.compile(r"(?<=\d)[.,](?=\d)")


@dataclass(frozen=True, slots=True)
class CellText:
    """What a cell says: its lines, the confidence in them (0–1), and its other readings, likeliest first. `mean`: the
    usual probability of its characters, which tells words from a picture of none."""

    text: str
    confidence: float
    alternatives: tuple[str, ...] = ()
    mean: float = 1.0


@dataclass(frozen=True, slots=True)
class _Seen:
    """One line by all looks at it."""

    text: str
    confidence: float
    others: tuple[str, ...] = ()
    foreign: bool = False
    mean: float = 1.0


def read_cells(sheet: Sheet, cells: Sequence[Sequence[Strip]]) -> list[CellText]:
    """The text of each cell, given its lines' places; an empty one for a cell without ink."""
    lines = [strip for cell in cells for strip in cell]
    seen = iter(_read(sheet, lines))
    return [_cell([next(seen) for _ in cell]) for cell in cells]


def _read(sheet: Sheet, lines: Sequence[Strip]) -> Iterator[_Seen]:
    first = ocr.recognise([cut(sheet, line) for line in lines])
    again = [i for i, (line, read) in enumerate(zip(lines, first, strict=True)) if _is_number(line, read)]
    second = dict(zip(again, ocr.recognise([cut_clean(sheet, lines[i]) for i in again]), strict=True))
    unsure = [i for i in again if _doubtful(lines[i], first[i], second[i])]
    third = dict(zip(unsure, ocr.recognise([cut_black(sheet, lines[i]) for i in unsure]), strict=True))
    for i, line in enumerate(lines):
        if line.mark:
            yield _Seen(line.mark, _LEANING if line.leaning else _ENOUGH, ("1",) if line.leaning else ())
            continue
        looks = [look for look in (first[i], second.get(i), third.get(i)) if look is not None]
        seen = _weighed(looks, line.foreign)
        if line.covered:  # what is read of a stamp alone is no text of the cell's, save that the sums say so
            others = (seen.text, *seen.others) if seen.text != UNREADABLE else seen.others
            seen = _Seen(UNREADABLE, 0.0, others, foreign=True)
        yield replace(seen, mean=first[i].mean)


def _is_number(line: Strip, read: Recognised) -> bool:
    """Whether a line holds no words, or too little to tell."""
    if line.mark:
        return False
    text = read.text.replace(" ", "")
    return bool(_NUMBER.fullmatch(text)) or line.covered or (len(text) <= _SHORT and read.confidence < _SURE)


def _doubtful(line: Strip, first: Recognised, second: Recognised) -> bool:
    both = 1 - (1 - first.confidence) * (1 - second.confidence)
    return first.text != second.text or both < _ENOUGH or line.foreign


def _weighed(looks: Sequence[Recognised], foreign: bool) -> _Seen:
    """The text that the looks agree on, or most of their probability speaks for."""
    votes: dict[str, float] = {}
    doubt: dict[str, float] = {}
    for look in looks:
        text = _TRAILING.sub("", look.text.replace(" ", "")) if len(looks) > 1 else look.text
        votes[text] = votes.get(text, 0.0) + look.confidence + 0.01
        doubt[text] = doubt.get(text, 1.0) * (1 - look.confidence)
    ranked = sorted(votes, key=lambda text: (-votes[text], text))
    text = next((one for one in ranked if _is_better_formed(one, ranked[0])), ranked[0])
    ranked = [text, *(one for one in ranked if one != text)]
    confidence = (1 - doubt[text]) * votes[text] / sum(votes.values())
    others = ranked[1:] + [look.numeric for look in looks if len(looks) > 1 and look.numeric]
    others += [variant for reading in (text, *others) for variant in _repointed(reading)]
    if _LEADING.match(text):  # dirt before a number, or a 0 that was lost: only the sums can tell
        others.insert(0, text[1:])
        confidence = min(confidence, _FOREIGN)
    if foreign:
        confidence = min(confidence, _FOREIGN)
    if not text:
        text, confidence = UNREADABLE, 0.0
    kept = tuple(other for other in dict.fromkeys(others) if other and other != text)
    sure = len(looks) > 1 and len(votes) == 1 and confidence >= _ENOUGH
    return _Seen(text, round(confidence, 3), () if sure else kept[:_MOST_ALTERNATIVES], foreign)


def _is_better_formed(text: str, first: str) -> bool:
    """Whether a reading has the very digits of the likeliest one, which is no number for want of a comma or a point."""
    if _DIGITS.fullmatch(first) or not _DIGITS.fullmatch(text):
        return False
    return re.sub(r"\D", "", text) == re.sub(r"\D", "", first)


def _repointed(text: str) -> Iterator[str]:
    """A number with its points read as commas: the two are told apart by a pixel."""
    if len(_POINTS.findall(text)) == 0:
        return
    parts = re.split(r"[.,]", text)
    if all(part.isdigit() for part in parts):
        if 1 <= len(parts[0]) <= 3 and all(len(part) == 3 for part in parts[1:]):
            yield ",".join(parts)
        if len(parts[-1]) in (1, 2) and all(len(part) == 3 for part in parts[1:-1]) and len(parts[0]) <= 3:
            yield ",".join(parts[:-1]) + "." + parts[-1]


def _cell(lines: Sequence[_Seen]) -> CellText:
    if not lines:
        return CellText("", 1.0)
    text = "\n".join(line.text for line in lines)
    confidence = min(line.confidence for line in lines)
    own = [line for line in lines if not line.foreign]
    if own and len(own) < len(lines) and all(_DIGITS.fullmatch(line.text) for line in own):
        # a number, and a piece of a stamp above or below it
        return CellText("\n".join(line.text for line in own), confidence, (text,))
    mean = sum(line.mean for line in lines) / len(lines)
    return CellText(text, confidence, lines[0].others if len(lines) == 1 else (), mean)
