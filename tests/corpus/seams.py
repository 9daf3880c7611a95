"""Damage to whole tables: cut in pieces, fused into one, lost, with page numbers inside."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from pipeline.vocabulary import TABLES
from tests.corpus.blocks import Block, PageEnd, Para, Sheet
from tests.corpus.grids import Grid, Spot, cut, insert_row, stack
from tests.corpus.truth import Said
from tests.corpus.wreck import Wreck


def page_row(rng: Random, wreck: Wreck) -> bool:
    """A page number caught between two rows as a row of its own."""
    table_id = rng.choice(["proactive", "requests"])
    if table_id not in wreck.grids:
        return False
    grid = wreck.grids[table_id]
    row = rng.randrange(grid.head_rows + 1, grid.n_rows)
    number = rng.randint(2, 14)
    text = rng.choice(["- {} -", "— {} —", "第{}页", "-{}-", "{}/16"]).format(number)
    span = rng.choice([1, grid.n_cols])
    spots = [Spot(row, 0, text, "note", col_span=span)]
    if span == 1:
        spots += [Spot(row, col, "", "note") for col in range(1, grid.n_cols)]
    covered = {s.col for s in grid.spots if s.row < row < s.bottom}
    if covered:  # the page ended the merged cells too
        first, second = cut(grid, row)
        grid = replace(stack(first, second), table_id=table_id)
    wreck.grids[table_id] = insert_row(grid, row, spots)
    return True


def lose_table(rng: Random, wreck: Wreck) -> bool:
    table_id = rng.choice(TABLES)
    if len(wreck.grids) < 3:
        return False
    del wreck.grids[table_id]
    for key in wreck.said:
        if key[0] == table_id:
            wreck.said[key] = Said("missing")
    return True


def pieces(rng: Random, grid: Grid, torn: bool) -> list[Block]:
    """A table as it stands in the text: whole, or cut at row borders with what stands between the pieces."""
    if not torn:
        return [Sheet(grid)]
    borders = sorted(rng.sample(range(grid.head_rows + 1, grid.n_rows), min(rng.randint(1, 3), grid.n_rows - 2)))
    repeated = rng.random() < 0.4 and grid.head_rows > 0
    rest = rng.choice(["", "", "same", "torn"])
    between: list[Block] = rng.choice(
        [[], [], [PageEnd(str(rng.randint(2, 9)))], [Para("（续表）", "right")], [Para("")]]
    )
    found: list[Block] = []
    header = cut(grid, grid.head_rows)[0] if repeated else None
    done = 0
    for border in borders:
        upper, grid = cut(grid, border - done, rest)
        found += [Sheet(upper if header is None or not found else _under(header, upper)), *between]
        done = border
    return [*found, Sheet(grid if header is None else _under(header, grid))]


def _under(header: Grid, part: Grid) -> Grid:
    return replace(stack(header, part), table_id=part.table_id)


def fuse(first: Grid, second: Grid, caption: str | None) -> Grid:
    """Two tables in one, the caption of the second as a line between them or nowhere."""
    if caption is not None:
        second = insert_row(second, 0, [Spot(0, 0, caption, "note", col_span=second.n_cols)])
    return stack(first, second)
