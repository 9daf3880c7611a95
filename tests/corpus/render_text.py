"""Blocks → OCR'd, converted or copied text: Markdown, tab-separated rows, one cell a line, flattened lines."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.corpus.blocks import Block, Heading, PageEnd, Para, Sheet
from tests.corpus.grids import Grid
from tests.corpus.markup import table_html
from tests.corpus.render import Renderer
from tests.corpus.text_rows import FlatHabits, choose_flat, flat_lines
from tests.corpus.wreck import Shape


@dataclass(frozen=True, slots=True)
class TextHabits:
    """One converter's way with text. `rows`: faithful (each slot of the table has its field), origins (merged cells
    leave no field where they do not begin), ragged (outer fields come and go). `empties` for one cell a line: whether
    an empty cell leaves a line. `bare_pages`: page numbers stand as bare digits."""

    mode: str
    rows: str = "faithful"
    empties: bool = True
    line_break: str = "<br>"
    marks: bool = False  # Markdown heading marks and bold
    wrap: int = 0  # hard line ends in prose, 0 for none
    blank_lines: int = 1
    newline: str = "\n"
    encoding: str = "utf-8"
    bare_pages: bool = False
    indent: str = "\t"
    escapes: bool = False  # a converter from HTML escapes what Markdown might take for a mark
    bold_labels: bool = False
    flat: FlatHabits | None = None


def choose_text(rng: Random, mode: str, difficulty: str) -> Renderer:
    plain = difficulty == "clean"
    markdown = mode in ("pipes", "markdown_html")
    rows = "faithful"
    if mode in ("tabs", "cells", "pipes") and not (mode == "pipes" and rng.random() < 0.7):
        rows = rng.choice(["faithful", "origins"] if plain or mode != "tabs" else ["faithful", "origins", "ragged"])
    indent = rng.choice(["\t", "\t", "", " ", "    "]) if mode == "cells" else ""
    habits = TextHabits(
        mode=mode,
        rows=rows,
        empties=mode != "cells" or rng.random() < 0.7,
        line_break=rng.choice(["<br>", " ", "<br/>"]) if markdown else " ",
        marks=markdown,
        wrap=0 if plain else rng.choice([0, 0, 28, 40]),
        blank_lines=rng.choice([0, 1, 1, 2]) if not markdown else 1,
        newline="\n" if plain else rng.choice(["\n", "\n", "\r\n"]),
        encoding="utf-8" if plain else rng.choice(["utf-8", "utf-8", "utf-8-sig", "gb18030", "utf-16"]),
        bare_pages=rng.random() < 0.3 and mode in ("pipes", "markdown_html", "tabs"),
        indent=indent,
        escapes=mode == "pipes" and rng.random() < 0.2,
        bold_labels=mode == "pipes" and not plain and rng.random() < 0.1,
        flat=choose_flat(rng, difficulty) if mode == "flat" else None,
    )
    faithful = mode in ("pipes", "markdown_html") or (mode == "tabs" and rows == "faithful")
    shape = Shape(
        loses_cells=True,
        keeps_empty=faithful or (mode == "cells" and habits.empties and indent == "\t"),
        keeps_space=mode != "flat",
        keeps_lines=markdown and habits.line_break.startswith("<"),
        breaks_labels=mode in ("cells", "flat") or (markdown and habits.line_break.startswith("<")),
    )

    def render(rng: Random, blocks: list[Block], title: str) -> bytes:
        return text_of(rng, blocks, habits).encode(habits.encoding)

    return Renderer(shape, ".md" if markdown else ".txt", render)


def text_of(rng: Random, blocks: list[Block], habits: TextHabits) -> str:
    """The whole document as text, with the habit's line ends."""
    return "\n".join(_lines(rng, blocks, habits)).replace("\n", habits.newline)


def _lines(rng: Random, blocks: list[Block], habits: TextHabits) -> list[str]:
    lines: list[str] = []
    for block in blocks:
        if isinstance(block, Heading):
            lines += _heading(rng, block, habits)
        elif isinstance(block, Para):
            lines += _wrapped(block.text, habits.wrap)
        elif isinstance(block, PageEnd):
            number = block.number
            lines += ["", number if habits.bare_pages else rng.choice(["- {} -", "—{}—", "第 {} 页"]).format(number)]
        elif isinstance(block, Sheet):
            gap = [""] * max(1, habits.blank_lines) if habits.mode != "flat" else []
            lines += [*gap, *_table(rng, block.grid, habits), *gap]
        lines += [""] * habits.blank_lines
    return lines


def _heading(rng: Random, block: Heading, habits: TextHabits) -> list[str]:
    if not habits.marks:
        return block.text.split("\n")
    parts = block.text.split("\n")
    return [("**" + part + "**") if rng.random() < 0.1 else "#" * block.level + " " + part for part in parts]


def _wrapped(text: str, width: int) -> list[str]:
    if not width:
        return [text]
    return [text[i : i + width] for i in range(0, len(text), width)] or [""]


def _table(rng: Random, grid: Grid, habits: TextHabits) -> list[str]:
    return TABLES[habits.mode](rng, grid, habits)


def fields(grid: Grid, row: int, line_break: str) -> list[str]:
    """The text of each slot of a row: a spanning cell's where it begins, nothing in its other slots; what a row
    lacks at its end is left out."""
    slots = grid.slots()[row]
    texts = []
    for col, spot in enumerate(slots):
        begins = spot is not None and (spot.row, spot.col) == (row, col)
        texts.append(spot.text.replace("\n", line_break) if spot is not None and begins else "")
    while slots and slots[-1] is None:
        slots.pop()
        texts.pop()
    return texts


def _pipes(rng: Random, grid: Grid, habits: TextHabits) -> list[str]:
    lines = []
    pad = rng.choice([" {} ", "{}"])
    for row in range(grid.n_rows):
        texts = [_marked(text, habits) for text in _fields_of(grid, row, habits)]
        lines.append("|" + "|".join(pad.format(text) for text in texts) + "|")
        if row == 0 and (grid.head_rows or rng.random() < 0.7):
            lines.append("|" + "|".join(rng.choice(["---", ":---:"]) for _ in range(grid.n_cols)) + "|")
    return lines


def _fields_of(grid: Grid, row: int, habits: TextHabits) -> list[str]:
    """A converter that knows no spans writes the cells that begin in the row, and nothing in their stead."""
    if habits.rows == "faithful":
        return fields(grid, row, habits.line_break)
    texts = []
    for spot in grid.lines()[row]:
        text = spot.text.replace("\n", habits.line_break)
        texts.append(f"**{text}**" if habits.bold_labels and text and spot.role in ("label", "head") else text)
    return texts


def _marked(text: str, habits: TextHabits) -> str:
    text = text.replace("|", "\\|")
    if not habits.escapes:
        return text
    text = re.sub(r"^(\d)\.", r"\1\\.", text)
    return re.sub(r"^([-+])", r"\\\1", text)


def _tabs(rng: Random, grid: Grid, habits: TextHabits) -> list[str]:
    lines = []
    slots = grid.slots()
    for row, line in enumerate(grid.lines()):
        if habits.rows == "faithful":
            texts = fields(grid, row, " ")
        else:
            texts = [spot.text.replace("\n", " ") for spot in line]
            above = sum(spot is not None and spot.row < row for spot in slots[row][: line[0].col] if line)
            if habits.rows == "ragged" and rng.random() < 0.8:
                texts = [""] * above + texts
            if habits.rows == "ragged" and line and line[0].role == "label" and rng.random() < 0.3:
                texts.insert(1, "")
            if habits.rows == "ragged":
                texts += [""] * rng.choice([0, 0, 1, 2])
        lines.append("\t".join(texts))
    return lines


def _cells(rng: Random, grid: Grid, habits: TextHabits) -> list[str]:
    """One cell a line; rows parted by an empty line, or by nothing where empty cells leave no line either."""
    lines: list[str] = []
    slots = grid.slots()
    for row, line in enumerate(grid.lines()):
        if not habits.empties:
            texts = [spot.text for spot in line if spot.text]
        elif habits.rows == "faithful":
            texts = fields(grid, row, "\n")
        else:  # a cell merged with the one above leaves an empty line, one merged with its left neighbour none
            above = {spot for spot in slots[row] if spot is not None and spot.row < row}
            texts = ["" for _ in above] + [spot.text for spot in line]
        for text in texts:
            parts = text.split("\n")
            lines += [habits.indent + parts[0], *parts[1:]]
        if habits.empties:
            lines.append("")
    return lines


def _markdown_html(rng: Random, grid: Grid, habits: TextHabits) -> list[str]:
    return table_html(grid, br=habits.line_break, pretty=rng.random() < 0.5).split("\n")


def _flat(rng: Random, grid: Grid, habits: TextHabits) -> list[str]:
    assert habits.flat is not None
    return flat_lines(rng, grid, habits.flat)


TABLES: dict[str, Callable[[Random, Grid, TextHabits], list[str]]] = {
    "pipes": _pipes,
    "tabs": _tabs,
    "cells": _cells,
    "flat": _flat,
    "markdown_html": _markdown_html,
}
