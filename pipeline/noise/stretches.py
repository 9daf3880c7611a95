"""Stretches of lines that a picture left, judged together: OCR of screenshots, of turned, tiny or blurred pictures.

Such lines are short, and one alone proves little. Each gets its odds (odds.py); the likeliest run of text and pictures
is found by dynamic programming (Viterbi's algorithm, two states).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.noise.odds import Around, Judged, judge_line
from pipeline.prose import Line, is_heading, is_statutory_section

_SWITCH = -3.0  # log odds of a picture beginning or ending
_ENOUGH_ODDITIES, _PLAIN = 2.0, -5.0
_SHREDS, _MANY_FRAGMENTS = 3, 6
_SCREEN = 3  # lines of a listing that make it one
_EDGE, _EDGE_OF_A_SCREEN = -3.0, -0.5  # log odds of a line that may begin or end a stretch, if it is not odd
_OWN, _OWN_IN_A_SCREEN = 0.4, 2.0  # log odds of a line that is text, whatever stands around it
_OF_A_TABLE = re.compile("主动公开政府信息|收到和处理|行政复议")
_PARAGRAPH = 15  # characters of a line that is no cell
_BETWEEN = 4  # short lines between paragraphs that are no table


@dataclass(frozen=True, slots=True)
class Stretch:
    """Places of lines that a picture left, but for those that read as the report's own; `screen` if several of them are
    a screen's."""

    places: tuple[int, ...]
    screen: bool


def of_pictures(found: Sequence[Line], text: str, stands: bytes, starts: Sequence[int]) -> list[Stretch]:
    """The stretches without text of the report's own; `starts` are where the lines begin in `text`."""
    judged = [
        judge_line(line, text, stands, start, around)
        for line, start, around in zip(found, starts, _surroundings(found), strict=True)
    ]
    stretches = []
    for first, last in _stretches([one.odds for one in judged]):
        within = judged[first : last + 1]
        oddities = sum(one.oddities for one in within)
        fragments = sum(one.fragment for one in within)
        if (
            oddities >= _ENOUGH_ODDITIES
            or (oddities and min(one.odds for one in within) <= _PLAIN)
            or fragments >= max(_MANY_FRAGMENTS, len(within) / 2)
        ):
            screen = sum(one.screen for one in within) >= _SCREEN
            own = _OWN_IN_A_SCREEN if screen else _OWN
            places = [place for place in range(first, last + 1) if judged[place].odds < own]
            stretches.append(Stretch(tuple(_without_edges(places, judged, screen)), screen))
    return stretches


def _without_edges(places: Sequence[int], judged: Sequence[Judged], screen: bool) -> Sequence[int]:
    """The places from the first line to the last that speak against text themselves: what is drawn in between two such
    lines belongs to them, what only stands beside one may be a title or a name."""
    bound = _EDGE_OF_A_SCREEN if screen else _EDGE
    shreds = sum(judged[place].fragment for place in places) >= _SHREDS
    sure = [
        n
        for n, place in enumerate(places)
        if judged[place].odds <= bound
        or (judged[place].oddities and judged[place].odds < 0)
        or (shreds and judged[place].fragment)
    ]
    return places[sure[0] : sure[-1] + 1] if sure else ()


def _surroundings(found: Sequence[Line]) -> list[Around]:
    """For each line whether it stands in a section that holds no statutory table (there no label is torn into single
    characters), and there among a few short lines between paragraphs."""
    sections = [place for place, line in enumerate(found) if is_statutory_section(line)]
    around = [Around()] * len(found)
    for first, end in zip(sections, [*sections[1:], len(found)], strict=False):
        if _OF_A_TABLE.search(found[first].text):
            continue
        run: list[int] = []
        for place in range(first + 1, end):
            around[place] = Around(prose=True)
            line = found[place]
            if not line.row and len(line.text.strip()) < _PARAGRAPH and not is_heading(line):
                run.append(place)
                continue
            if not line.row and len(run) <= _BETWEEN:
                for short in run:
                    around[short] = Around(prose=True, paragraphs=True)
            run = []
    return around


def _stretches(odds: Sequence[float]) -> list[tuple[int, int]]:
    """(first, last) of each stretch of a picture in the likeliest reading of the lines."""
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
