"""A printed table before it takes the shape of a format: cells at places, with spans, that remember what they print."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from tests.corpus.truth import Key


@dataclass(frozen=True, slots=True)
class Spot:
    """One cell at its origin. `role` is head, group, label, value or note; `key` the statutory cell it prints."""

    row: int
    col: int
    text: str
    role: str
    row_span: int = 1
    col_span: int = 1
    key: Key | None = None

    @property
    def bottom(self) -> int:
        return self.row + self.row_span

    @property
    def right(self) -> int:
        return self.col + self.col_span


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of spots. `row_ids` names the statutory row that each line prints (None for headers and groups);
    the first `head_rows` lines are its header; `widths` are relative column widths for formats that draw."""

    spots: tuple[Spot, ...]
    n_rows: int
    n_cols: int
    row_ids: tuple[str | None, ...]
    head_rows: int
    widths: tuple[float, ...]
    table_id: str | None = None

    def lines(self) -> list[list[Spot]]:
        """The spots that begin in each row, from left to right."""
        found: list[list[Spot]] = [[] for _ in range(self.n_rows)]
        for spot in self.spots:
            found[spot.row].append(spot)
        for line in found:
            line.sort(key=lambda spot: spot.col)
        return found

    def slots(self) -> list[list[Spot | None]]:
        """The full grid: a spanning spot in each of its slots, None where nothing stands."""
        slots: list[list[Spot | None]] = [[None] * self.n_cols for _ in range(self.n_rows)]
        for spot in self.spots:
            for r in range(spot.row, min(spot.bottom, self.n_rows)):
                for c in range(spot.col, min(spot.right, self.n_cols)):
                    slots[r][c] = spot
        return slots

    def values(self, row: int) -> list[Spot]:
        """The cells of a row that print statutory figures, from left to right."""
        return sorted((s for s in self.spots if s.row == row and s.key is not None), key=lambda spot: spot.col)

    def labels(self, row: int) -> list[Spot]:
        """The label cells that begin in a row, without its groups."""
        return sorted((s for s in self.spots if s.row == row and s.role == "label"), key=lambda spot: spot.col)


def change(grid: Grid, edit: Callable[[Spot], Spot | None]) -> Grid:
    """The grid with each spot edited; None takes it away."""
    return replace(grid, spots=tuple(new for spot in grid.spots if (new := edit(spot)) is not None))


def delete_row(grid: Grid, row: int) -> Grid:
    """The grid without one row; a cell that spans it loses one row of its span, and a group keeps its text."""

    def edit(spot: Spot) -> Spot | None:
        if spot.row > row:
            return replace(spot, row=spot.row - 1)
        if spot.bottom <= row:
            return spot
        return replace(spot, row_span=spot.row_span - 1) if spot.row_span > 1 else None

    return replace(
        change(grid, edit),
        n_rows=grid.n_rows - 1,
        row_ids=grid.row_ids[:row] + grid.row_ids[row + 1 :],
        head_rows=grid.head_rows - (row < grid.head_rows),
    )


def insert_row(grid: Grid, row: int, spots: Iterable[Spot], row_id: str | None = None) -> Grid:
    """The grid with a new line before `row`; cells that span the place grow over it."""

    def edit(spot: Spot) -> Spot:
        if spot.row >= row:
            return replace(spot, row=spot.row + 1)
        return replace(spot, row_span=spot.row_span + 1) if spot.bottom > row else spot

    moved = change(grid, edit)
    return replace(
        moved,
        spots=(*moved.spots, *(replace(s, row=row) for s in spots)),
        n_rows=grid.n_rows + 1,
        row_ids=(*grid.row_ids[:row], row_id, *grid.row_ids[row:]),
    )


def cut(grid: Grid, at: int, rest: str = "") -> tuple[Grid, Grid]:
    """The grid in two at a row. A cell over the cut goes on in the second part with the text `rest`; with its own
    text again for "same"; for "torn" its text is divided as its rows are."""
    upper, lower = [], []
    for spot in grid.spots:
        if spot.row >= at:
            lower.append(replace(spot, row=spot.row - at))
        elif spot.bottom <= at:
            upper.append(spot)
        else:
            above = at - spot.row
            head, tail = spot.text, spot.text if rest == "same" else rest
            if rest == "torn":
                place = max(1, len(spot.text) * above // spot.row_span)
                head, tail = spot.text[:place], spot.text[place:]
            upper.append(replace(spot, row_span=above, text=head))
            lower.append(replace(spot, row=0, row_span=spot.row_span - above, text=tail))
    first = replace(grid, spots=tuple(upper), n_rows=at, row_ids=grid.row_ids[:at], head_rows=min(grid.head_rows, at))
    second = replace(
        grid,
        spots=tuple(lower),
        n_rows=grid.n_rows - at,
        row_ids=grid.row_ids[at:],
        head_rows=max(grid.head_rows - at, 0),
    )
    return first, second


def stack(first: Grid, second: Grid) -> Grid:
    """Two tables as one, the second below the first; the narrower keeps its columns and leaves the rest empty."""
    n_cols = max(first.n_cols, second.n_cols)
    widths = first.widths if first.n_cols >= second.n_cols else second.widths
    return Grid(
        spots=first.spots + tuple(replace(s, row=s.row + first.n_rows) for s in second.spots),
        n_rows=first.n_rows + second.n_rows,
        n_cols=n_cols,
        row_ids=first.row_ids + second.row_ids,
        head_rows=first.head_rows,
        widths=widths,
    )


def unspan(grid: Grid, repeat: bool) -> Grid:
    """The grid without row spans, as converters leave it: the text once and empty cells below, or in each row."""
    spots: list[Spot] = []
    for spot in grid.spots:
        for i in range(spot.row_span):
            text = spot.text if i == 0 or repeat else ""
            spots.append(replace(spot, row=spot.row + i, row_span=1, text=text))
    return replace(grid, spots=tuple(spots))
