"""Stretches of lines whose Chinese characters make no words, judged together: OCR of turned, mirrored or tiny pictures.

Such lines are short, and one alone proves nothing. Each gets the odds of its pairs of characters (known pairs speak for
text) and of oddities (it begins with a full stop, closes a bracket it never opened, holds kana or rare characters); the
likeliest run of text and stretches without words is found by dynamic programming (Viterbi's algorithm, two states).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.noise.characters import coverage, rare
from pipeline.prose import Line

_KNOWN, _UNKNOWN = 1.5, -0.67  # log odds for text of a pair that is known, and of one that is not
_ODD = -1.5
_FRAGMENT = -0.5  # a line of a character or two
_BOUND = 6.0  # what one line may prove at most
_SWITCH = -3.0  # log odds of a stretch beginning or ending
_BEGINS_ODDLY = re.compile(r"\s*[，。、；：！？）”’》】,.:;!?)\]](?!\d)")
_ODD_SCRIPT = re.compile(
    "[\u3040-\u30ff\u0370-\u03ff\u0400-\u04ff\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\uac00-\ud7af☆★]"
)
_NEVER_OPENED = re.compile(r"[^“”]*”|[^《》]*》|[^（(）)]*(?<![\d一二三四五六七八九十])[）)]")
_HAN = re.compile("[\u4e00-\u9fff]")
_NUMBER = re.compile(r"[\d.,，%％/+\-—\s]*\S?|.*[。；]")


def without_words(found: Sequence[Line], text: str, stands: bytes, starts: Sequence[int]) -> list[int]:
    """Places of the lines in stretches without words; `starts` are where the lines begin in `text`."""
    judged = [_judge(line, text, stands, start) for line, start in zip(found, starts, strict=True)]
    places: list[int] = []
    for first, last in _stretches([odds for odds, _ in judged]):
        oddities = sum(odd for _, odd in judged[first : last + 1])
        worst = min(odds for odds, _ in judged[first : last + 1])
        if oddities >= 2 or (oddities and worst <= -5):
            places.extend(p for p in range(first, last + 1) if not found[p].row)
    return places


def _judge(line: Line, text: str, stands: bytes, start: int) -> tuple[float, int]:
    """(log odds that the line is text, its oddities)."""
    end = start + len(line.text)
    known, pairs = coverage(text, stands, start, end, shortest=2)
    if line.row or (known > 3 and known > 0.2 * pairs):
        return (_BOUND if known else 0.0), 0
    odd = (
        bool(_BEGINS_ODDLY.match(line.text))
        + bool(_ODD_SCRIPT.search(line.text))
        + bool(_NEVER_OPENED.match(line.text))
        + min(3, rare(line.text))
    )
    odds = known * _KNOWN + (pairs - known) * _UNKNOWN + odd * _ODD
    stripped = line.text.strip()
    if len(stripped) <= 6 and len(_HAN.findall(stripped)) <= 2 and not _NUMBER.fullmatch(stripped):
        odds = min(odds, _FRAGMENT)
    return max(-_BOUND, min(_BOUND, odds)), odd


def _stretches(odds: Sequence[float]) -> list[tuple[int, int]]:
    """(first, last) of each stretch without words in the likeliest reading of the lines."""
    text, soup = 0.0, _SWITCH
    came: list[tuple[bool, bool]] = []  # whether the best way to text, and to soup, comes from soup
    for one in odds:
        to_text, to_soup = soup + _SWITCH > text, text + _SWITCH <= soup
        came.append((to_text, to_soup))
        text, soup = max(text, soup + _SWITCH) + one, max(soup, text + _SWITCH)
    in_soup = soup > text
    states = []
    for from_soup_to_text, from_soup_to_soup in reversed(came):
        states.append(in_soup)
        in_soup = from_soup_to_soup if in_soup else from_soup_to_text
    states.reverse()
    found: list[tuple[int, int]] = []
    for place, state in enumerate(states):
        if state and found and found[-1][1] == place - 1:
            found[-1] = (found[-1][0], place)
        elif state:
            found.append((place, place))
    return found
