"""A report under damage: its tables, what they still say, and what has been done to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from random import Random

from tests.corpus.grids import Grid, Spot, change
from tests.corpus.truth import Key, Said


@dataclass(frozen=True, slots=True)
class Shape:
    """What a format can carry. `loses_cells`: a row may show that it has too few or too many cells (drawn rules never
    do); `keeps_empty`: an empty cell leaves a trace; `keeps_space`: a space within a cell is no border; `keeps_lines`:
    a line break within a cell is no border."""

    loses_cells: bool = True
    keeps_empty: bool = True
    keeps_space: bool = True
    keeps_lines: bool = True
    breaks_labels: bool = True  # a line break within a label does not hide where the row begins


@dataclass(slots=True)
class Wreck:
    """Mutable on purpose: each damage edits `grids` and `said` together, so that the truth cannot lag behind.

    `touched` rows are left alone by later damages. `order` says for each table whether its order of rows has been
    used up: where labels are gone (`labels`), rows must all be there and in order; and the other way round (`rows`).
    """

    grids: dict[str, Grid]
    said: dict[Key, Said]
    shape: Shape
    unit_in_header: bool = False
    touched: set[tuple[str, str]] = field(default_factory=set)
    order: dict[str, str] = field(default_factory=dict)
    heads_lost: set[str] = field(default_factory=set)

    def claim(self, table_id: str, use: str) -> bool:
        """Whether a damage may lean on the table's labels or on its rows, and books it."""
        return self.order.setdefault(table_id, use) == use

    def free_rows(self, table_id: str) -> list[int]:
        """Rows that print statutory figures, and neither they nor their neighbours have been damaged."""
        grid = self.grids[table_id]
        ids = [row_id for row_id in grid.row_ids if row_id]
        free = []
        for i, row_id in enumerate(ids):
            near = ids[max(0, i - 1) : i + 2]
            if not any((table_id, other) in self.touched for other in near):
                free.append(grid.row_ids.index(row_id))
        return free

    def touch(self, table_id: str, row: int) -> None:
        row_id = self.grids[table_id].row_ids[row]
        assert row_id is not None
        self.touched.add((table_id, row_id))

    def edit(self, table_id: str, spots: dict[Spot, Spot | None]) -> None:
        self.grids[table_id] = change(self.grids[table_id], lambda spot: spots.get(spot, spot))

    def doubt(self, keys: Iterable[Key]) -> None:
        """What these cells say is no longer settled: their number or an absence."""
        for key in keys:
            said = self.said[key]
            self.said[key] = replace(said, settled=False) if said.status == "reported" else Said("absent")

    def whole_row(self, table_id: str, row: int) -> bool:
        """Whether every value of a row has a text, so that their number proves their order."""
        values = self.grids[table_id].values(row)
        return bool(values) and all(spot.text.strip(" \u3000\xa0") for spot in values)


def some(rng: Random, items: list[int], most: int) -> list[int]:
    """One to `most` of the items, in order; empty when there are none."""
    return sorted(rng.sample(items, min(len(items), rng.randint(1, most)))) if items else []
