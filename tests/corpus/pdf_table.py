"""The arithmetic of a printed table: how lines wrap, how tall rows are, where a page divides them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from tests.corpus.grids import Grid, Spot


class Cutting(Protocol):
    @property
    def cut(self) -> str: ...
    @property
    def break_rows(self) -> bool: ...
    @property
    def numbers_low(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Band:
    """A row, or the `upper` or `lower` part of one that a page divides; `lines` of text fit in an upper part."""

    row: int
    height: float
    part: str = "whole"
    lines: int = 0


def wrap(text: str, width: float, size: float, measure: Callable[[str, float], float]) -> list[str]:
    """The lines of a text, broken where the width is full and at its own line ends; digits stay together."""
    found = []
    for paragraph in text.split("\n"):
        line = ""
        for piece in _pieces(paragraph):
            if line and measure(line + piece, size) > width:
                found.append(line)
                line = ""
            line += piece
        found.append(line)
    return found


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    for character in text:
        if pieces and character.isascii() and character.isalnum() and pieces[-1][-1].isascii() and pieces[-1].isalnum():
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def bands_of(grid: Grid, lines: Mapping[Spot, int], leading: float, pad: float) -> list[Band]:
    """One band a row, tall enough for its own cells; a taller merged cell stretches its last row."""
    heights = [leading + 2 * pad] * grid.n_rows
    for spot in sorted(grid.spots, key=lambda s: s.row_span):
        need = lines[spot] * leading + 2 * pad
        have = sum(heights[spot.row : spot.bottom])
        if need > have:
            heights[min(spot.bottom, grid.n_rows) - 1] += need - have
    return [Band(row, height) for row, height in enumerate(heights)]


def page_rows(bands: list[Band], room: float, leading: float, cutting: Cutting) -> tuple[list[Band], list[Band]]:
    """The bands that fit into `room`, and the rest; the row at the border may be divided."""
    taken: list[Band] = []
    for i, band in enumerate(bands):
        if band.height <= room:
            taken.append(band)
            room -= band.height
            continue
        spare = int((room - leading / 2) / leading)
        if cutting.break_rows and spare >= 1 and band.part == "whole" and band.height > 2.5 * leading:
            upper = Band(band.row, room, "upper", spare)
            lower = replace(band, height=max(band.height - room, leading * 1.5), part="lower", lines=spare)
            return [*taken, upper], [lower, *bands[i + 1 :]]
        if not taken and room > 600:  # a row taller than any page is drawn as it is
            return [band], bands[1:]
        return taken, bands[i:]
    return taken, []


def shares(spot: Spot, lines: list[str], bands: list[Band], leading: float, cutting: Cutting) -> list[str]:
    """The lines of a cell that stand in these bands of it, where a page divides it; no line is drawn over a rule."""
    first, last = bands[0], bands[-1]
    begins = first.row == spot.row and first.part != "lower"
    ends = last.row == spot.bottom - 1 and last.part != "upper"
    if begins and ends:
        return lines
    if spot.row_span == 1:
        if len(lines) == 1:
            return lines if (last.part == "upper") != cutting.numbers_low else []
        count = max(1, min(last.lines if last.part == "upper" else first.lines, len(lines) - 1))
        return lines[:count] if last.part == "upper" else lines[count:]
    room = int(sum(band.height for band in bands) / leading)
    if cutting.cut == "each" and room >= len(lines):
        return lines
    if begins:
        return lines[: min(room, len(lines) // 2 if cutting.cut == "shares" else len(lines))]
    return lines[-room:] if ends and cutting.cut == "shares" else []
