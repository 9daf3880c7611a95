"""The lines of a table's cells → their texts, several looks at each number.

A number has no context that would tell a wrong digit, so it needs two witnesses. The page's other digits are one
(glyphs); where they cannot tell it is looked at again, cleaned of specks and in more contrast; and where that leaves a
doubt in black and white, with thicker strokes, and as from afar. What most looks show is the text; what else was seen
are its alternatives, which the accounting identities may choose from. Nothing is made up: a reading that no look showed
is none, save that a point and a comma between digits are taken for each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from extractors.scan import ocr
from extractors.scan.cuts import cut, cut_black, cut_clean, cut_soft, cut_thick
from extractors.scan.glyphs import Witness, witnesses
from extractors.scan.inkcells import Strip
from extractors.scan.ocr import Recognised
from extractors.scan.pagegrid import Sheet

UNREADABLE = "\ufffd"
"""What stands for ink that no look could read."""

_NUMBER = re.compile(r"[^\u3400-\u9fff]*?(?:[百千]?[万亿]?元|[项件条个次宗起份]|万|亿)?[^\u3400-\u9fff]{0,2}")
_DIGITS = re.compile(r"[-+]?(?:\d+|\d{1,3}(?:[,，]\d{3})+)(?:\.\d+)?\D{0,3}")
_TRAILING = re.compile(r"(?<=[\d项件条个次宗起份元万亿])[.·,'`]+(?=\D*$)")  # dirt behind a number: none ends in a point
_PRINTED = str.maketrans("０１２３４５６７８９，．項條個萬億", "0123456789,.项条个万亿")
_SHORT = 2
_NOTHING = ("无", "空")
_WORD = re.compile(r"[\u3400-\u9fff]{2,}")
_SURE = 0.9
_ENOUGH = 0.97
_FOREIGN = 0.4  # the confidence that is left to a text into which a stamp or a pen runs
_LEANING = 0.6
_UNLIKE, _BEHIND = 0.8, -0.03  # a digit less like its namesakes than this, or so much liker to others, is doubtful
_LIKE, _AHEAD = 0.9, 0.05
_FRAYED = 0.8  # the confidence that is left where a stroke or a point may be lost
_GAINSAID = 0.6  # the confidence that is left where the page's other digits speak against a reading
_SECONDED = 0.3  # the share of the doubt that is left where they speak for it
_MOST_ALTERNATIVES = 6
_SEPARATOR = re.compile(r"[.,·]")
_LEADING = re.compile(r"^[.·,'`](?=\d)")
_POINTS = re.compile(r"(?<=\d)[.,]{1,3}(?=\d)")


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
    looks = {i: [_folded(read)] for i, read in enumerate(first) if _is_number(lines[i], read)}
    witnessed = _witnesses(sheet, lines, looks)
    for further in ((cut_clean,), (cut_black, cut_thick, cut_soft)):
        doubtful = [i for i, read in looks.items() if not _is_settled(read, lines[i], witnessed[i])]
        for way in further:
            for i, read in zip(doubtful, ocr.recognise([way(sheet, lines[i]) for i in doubtful]), strict=True):
                looks[i].append(_folded(read))
    for i, line in enumerate(lines):
        if line.mark:
            yield _Seen(line.mark, _LEANING if line.leaning else _ENOUGH, ("1",) if line.leaning else ())
        elif i in looks:
            yield replace(_weighed(looks[i], line, witnessed[i]), mean=first[i].mean)
        else:
            yield _plain(first[i], line.foreign)


def _is_number(line: Strip, read: Recognised) -> bool:
    """Whether a line holds no words, or too little to tell."""
    if line.mark:
        return False
    text = read.text.replace(" ", "").translate(_PRINTED)
    if _NUMBER.fullmatch(text) or line.covered:
        return True
    return text not in _NOTHING and len(text) <= _SHORT and (len(text) == 1 or read.confidence < _SURE)


def _folded(read: Recognised) -> Recognised:
    """What was read of a number in the characters that numbers are printed in, without the dirt behind it."""
    text = read.text.replace(" ", "")
    printed = text.translate(_PRINTED)
    if any(character.isdigit() for character in printed) and _NUMBER.fullmatch(printed):
        text = _TRAILING.sub("", printed)
    return replace(read, text=text)


def _witnesses(
    sheet: Sheet, lines: Sequence[Strip], looks: Mapping[int, Sequence[Recognised]]
) -> dict[int, Witness | None]:
    """What the page's own digits say of each number at the first look."""
    said = witnesses(
        sheet,
        [lines[i] for i in looks],
        [read[0].text for read in looks.values()],
        [_is_sound(read, lines[i]) and read[0].confidence >= _ENOUGH for i, read in looks.items()],
    )
    return dict(zip(looks, said, strict=True))


def _is_settled(looks: Sequence[Recognised], line: Strip, witness: Witness | None) -> bool:
    """Whether two witnesses agree on a number and are sure of it: a look and the page's other digits, or two looks that
    those do not gainsay."""
    if not _is_sound(looks, line) or (witness is not None and _gainsays(witness)):
        return False
    return len(looks) > 1 or (witness is not None and _seconds(witness))


def _is_sound(looks: Sequence[Recognised], line: Strip) -> bool:
    """Whether all looks show one number, each sure of it, and the ink on paper gives no cause for doubt."""
    if line.foreign or line.frayed or len({look.text for look in looks}) > 1:
        return False
    text = looks[0].text
    if not _DIGITS.fullmatch(text) or len(_SEPARATOR.findall(text)) != line.points:
        return False
    return min(look.confidence for look in looks) >= _SURE


def _gainsays(witness: Witness) -> bool:
    return witness.likeness < _UNLIKE or witness.lead < _BEHIND


def _seconds(witness: Witness) -> bool:
    return witness.is_whole and witness.likeness >= _LIKE and witness.lead >= _AHEAD


def _plain(look: Recognised, foreign: bool) -> _Seen:
    """A line of words, of which one look is enough: it has context."""
    if not look.text:
        return _Seen(UNREADABLE, 0.0, foreign=foreign)
    confidence = min(look.confidence, _FOREIGN) if foreign else look.confidence
    return _Seen(look.text, round(confidence, 3), foreign=foreign, mean=look.mean)


def _weighed(looks: Sequence[Recognised], line: Strip, witness: Witness | None) -> _Seen:
    """The text that most of the looks' probability speaks for. How sure it is: its mean probability over all looks, or
    over the first two, that change least; and what the page's own digits add to that or take from it."""
    votes: dict[str, float] = {}
    for look in looks:
        votes[look.text] = votes.get(look.text, 0.0) + look.confidence
    ranked = sorted(votes, key=lambda text: (-votes[text], text))
    text = next((one for one in ranked if _is_better_formed(one, ranked[0])), ranked[0])
    if not any(character.isalnum() for character in text):  # () for a 0 that is broken in two
        text = next((look.text for look in looks if look.confidence >= _SURE and _DIGITS.fullmatch(look.text)), text)
    told = [look.confidence if look.text == text else 0.0 for look in looks]
    confidence = min(sum(told) / len(told), sum(told[:2]) / len(told[:2]))
    others = [*ranked, *(look.numeric for look in looks if look.numeric)]
    said = witness if witness is not None and witness.subject == text else None
    if said is not None and _gainsays(said):
        confidence = min(confidence, _GAINSAID)
    elif said is not None and _seconds(said):
        confidence = 1 - (1 - confidence) * _SECONDED
    if line.frayed or len(_SEPARATOR.findall(text)) != line.points:
        confidence = min(confidence, _FRAYED)
    if witness is not None and witness.text:
        others.append(witness.text)
    others += [variant for reading in others for variant in _repointed(reading)]
    if _LEADING.match(text):  # dirt before a number, or a 0 that was lost: only the sums can tell
        others.insert(0, text[1:])
        confidence = min(confidence, _FOREIGN)
    if line.foreign:
        confidence = min(confidence, _FOREIGN)
    if not text or line.covered:  # what is read of a stamp alone is no text of the cell's, save that the sums say so
        text, confidence = UNREADABLE, 0.0
    if _WORD.fullmatch(text):  # a short label is no number that lacks a reading
        return _Seen(text, round(confidence, 3), foreign=line.foreign)
    kept = tuple(other for other in dict.fromkeys(others) if other and other != text)
    sure = confidence >= _ENOUGH and bool(_DIGITS.fullmatch(text))
    return _Seen(text, round(confidence, 3), () if sure else kept[:_MOST_ALTERNATIVES], line.foreign)


def _is_better_formed(text: str, first: str) -> bool:
    """Whether a reading has the very digits of the likeliest one, which is no number for want of a comma or a point."""
    if _DIGITS.fullmatch(first) or not _DIGITS.fullmatch(text):
        return False
    return re.sub(r"\D", "", text) == re.sub(r"\D", "", first)


def _repointed(text: str) -> Iterator[str]:
    """A number with its points read as commas: the two are told apart by a pixel."""
    if len(_POINTS.findall(text)) == 0:
        return
    parts = re.split(r"[.,]+", text)
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
