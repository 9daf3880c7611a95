"""Damage to rows and cells: lost, shifted, doubled, exchanged. Each edits the truth with the table."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from random import Random

from tests.corpus.grids import Spot, change, delete_row, insert_row
from tests.corpus.truth import Said
from tests.corpus.wreck import Wreck, some

ROWED = ("proactive", "requests")  # tables with one statutory row a line


def drop_rows(rng: Random, wreck: Wreck) -> bool:
    table_id = rng.choice(ROWED)
    rows = some(rng, wreck.free_rows(table_id), 3)
    if not rows or not wreck.claim(table_id, "rows"):
        return False
    for row in reversed(rows):
        grid = wreck.grids[table_id]
        for spot in grid.values(row):
            assert spot.key is not None
            wreck.said[spot.key] = Said("missing")
        wreck.touch(table_id, row)
        wreck.grids[table_id] = delete_row(grid, row)
    return True


def drop_cell(rng: Random, wreck: Wreck) -> bool:
    """One cell of a row is lost and its right neighbours move up; which one is lost, the row alone does not say."""
    table_id = rng.choice(ROWED)
    # A line of the proactive table with fewer than three numbers ends in an empty cell: nobody would miss one.
    rows = [row for row in wreck.free_rows(table_id) if len(wreck.grids[table_id].values(row)) > 2]
    if not rows or not wreck.shape.loses_cells:
        return False
    row = rng.choice(rows)
    grid = wreck.grids[table_id]
    values = grid.values(row)
    lost = rng.randrange(len(values))
    texts = [spot.text.strip() for spot in values]
    first = last = lost
    while first > 0 and texts[first - 1] == texts[lost]:
        first -= 1
    while last < len(texts) - 1 and texts[last + 1] == texts[lost]:
        last += 1
    keys = [spot.key for spot in values if spot.key is not None]
    wreck.doubt(keys)
    if first == last:  # otherwise any of a run of equal cells may be the lost one, and the number stands there still
        wreck.said[keys[lost]] = Said("absent")
    gone = values[lost]
    moves: dict[Spot, Spot | None] = {gone: None}
    moves |= {spot: replace(spot, col=spot.col - gone.col_span) for spot in grid.spots if _right_of(spot, gone)}
    wreck.edit(table_id, moves)
    wreck.touch(table_id, row)
    return True


def _right_of(spot: Spot, other: Spot) -> bool:
    return spot.row == other.row and spot.col > other.col


def empty_cells(rng: Random, wreck: Wreck) -> bool:
    """The text of some cells is lost and their places are kept: they print nothing."""
    if not wreck.shape.keeps_empty:
        return False
    table_id = rng.choice((*ROWED, "review_litigation"))
    rows = wreck.free_rows(table_id)
    for row in some(rng, rows, 3):
        spot = rng.choice(wreck.grids[table_id].values(row))
        assert spot.key is not None
        wreck.said[spot.key] = Said("blank")
        wreck.edit(table_id, {spot: replace(spot, text="")})
        wreck.touch(table_id, row)
    return bool(rows)


def add_cell(rng: Random, wreck: Wreck) -> bool:
    """An empty cell too many pushes a row to the right; all its numbers are there, in their order."""
    if not (wreck.shape.loses_cells and wreck.shape.keeps_empty):
        return False
    table_id = rng.choice(ROWED)
    rows = [row for row in wreck.free_rows(table_id) if wreck.whole_row(table_id, row)]
    rows = [row for row in rows if len(wreck.grids[table_id].values(row)) > 1]
    if not rows:
        return False
    row = rng.choice(rows)
    grid = wreck.grids[table_id]
    values = grid.values(row)
    place = rng.choice([0, 0, rng.randrange(len(values))])
    at = values[place].col
    moved = change(grid, lambda s: replace(s, col=s.col + 1) if s.row == row and s.col >= at else s)
    moved = replace(moved, spots=(*moved.spots, Spot(row, at, "", "note")))
    width = max(spot.right for spot in moved.spots)
    if width > grid.n_cols:
        moved = replace(moved, n_cols=width, widths=grid.widths + grid.widths[-1:] * (width - grid.n_cols))
    wreck.grids[table_id] = moved
    if table_id == "proactive":  # no sum proves where the empty cell belongs
        wreck.doubt(spot.key for spot in values if spot.key is not None)
    wreck.touch(table_id, row)
    return True


def shift_left(rng: Random, wreck: Wreck) -> bool:
    """A merged label lost one of its columns: its numbers stand one or two columns too far left."""
    if not (wreck.shape.loses_cells and wreck.shape.keeps_empty):
        return False
    grid = wreck.grids["requests"]
    rows = []
    for row in wreck.free_rows("requests"):
        labels = grid.labels(row)
        if labels and labels[0].col_span > 1 and wreck.whole_row("requests", row):
            rows.append(row)
    for row in some(rng, rows, 3):
        label = grid.labels(row)[0]
        by = rng.randint(1, label.col_span - 1)
        moves: dict[Spot, Spot | None] = {label: replace(label, col_span=label.col_span - by)}
        moves |= {spot: replace(spot, col=spot.col - by) for spot in grid.values(row)}
        wreck.edit("requests", moves)
        if rng.random() < 0.5:  # converters fill the row up to the table's width
            grid = wreck.grids["requests"]
            filler = [Spot(row, grid.n_cols - 1 - i, "", "note") for i in range(by)]
            wreck.grids["requests"] = replace(grid, spots=(*grid.spots, *filler))
        wreck.touch("requests", row)
    return bool(rows)


def span_off(rng: Random, wreck: Wreck) -> bool:
    """A group's row span is one too small, as where a row was added and the span was not: its last row begins in the
    group's column, one place too far left."""
    if not (wreck.shape.loses_cells and wreck.shape.keeps_empty):
        return False
    grid = wreck.grids["requests"]
    free = wreck.free_rows("requests")
    groups = [
        spot
        for spot in grid.spots
        if spot.role == "group" and spot.row_span > 2 and spot.bottom - 1 in free
        if wreck.whole_row("requests", spot.bottom - 1) and grid.labels(spot.bottom - 1)
        if grid.labels(spot.bottom - 1)[0].col == spot.right
    ]
    if not groups:
        return False
    group = rng.choice(groups)
    row = group.bottom - 1
    moves: dict[Spot, Spot | None] = {group: replace(group, row_span=group.row_span - 1)}
    moves |= {spot: replace(spot, col=spot.col - 1) for spot in grid.spots if spot.row == row and _own(spot)}
    wreck.edit("requests", moves)
    wreck.touch("requests", row)
    return True


def swap_rows(rng: Random, wreck: Wreck) -> bool:
    """Rows of one group change places, each with its label and its numbers."""
    table_id = rng.choice(ROWED)
    grid = wreck.grids[table_id]
    rows = wreck.free_rows(table_id)

    def build(row: int) -> list[tuple[int, int]]:
        return [(s.col, s.col_span) for s in sorted(grid.spots, key=lambda s: s.col) if s.row == row and _own(s)]

    pairs = [(a, b) for a in rows for b in rows if a < b and build(a) == build(b) and _same_block(table_id, a, b)]
    if not pairs or not wreck.claim(table_id, "rows"):
        return False
    a, b = rng.choice(pairs)
    place = {a: b, b: a}
    wreck.touch(table_id, a)
    wreck.touch(table_id, b)
    moved = change(grid, lambda s: replace(s, row=place.get(s.row, s.row)) if _own(s) else s)
    ids = list(grid.row_ids)
    ids[a], ids[b] = ids[b], ids[a]
    wreck.grids[table_id] = replace(moved, row_ids=tuple(ids))
    return True


def _own(spot: Spot) -> bool:
    return spot.role in ("label", "value")


def _same_block(table_id: str, a: int, b: int) -> bool:
    """Rows of the proactive table belong to the header above them: only neighbours change places there."""
    return table_id != "proactive" or b == a + 1


def repeat_row(rng: Random, wreck: Wreck) -> bool:
    """A row stands twice, as at a page break: its numbers are the same."""
    table_id = rng.choice(ROWED)
    rows = wreck.free_rows(table_id)
    if not rows or not wreck.claim(table_id, "rows"):
        return False
    row = rng.choice(rows)
    grid = wreck.grids[table_id]
    copy = [replace(spot, key=None) for spot in grid.spots if spot.row == row and _own(spot)]
    wreck.grids[table_id] = insert_row(grid, row + 1, copy)
    wreck.touch(table_id, row)
    return True


def add_subtotal(rng: Random, wreck: Wreck) -> bool:
    """A publisher's own line 小计 under a group of the requests table."""
    grid = wreck.grids["requests"]
    group, label = rng.choice([("denied_", "小计"), ("unavailable_", "小计"), ("denied_", "不予公开小计")])
    rows = [r for r, row_id in enumerate(grid.row_ids) if row_id and row_id.startswith(group)]
    rows = [r for r in rows if len(grid.values(r)) == 7]
    if len(rows) < 2 or not wreck.claim("requests", "rows"):
        return False
    last = rows[-1]
    sums: dict[int, int] = {}
    for row in rows:
        for spot in grid.values(row):
            assert spot.key is not None
            sums[spot.col] = sums.get(spot.col, 0) + int(wreck.said[spot.key].value or 0)
    anchor = grid.labels(last)
    if not anchor:
        return False
    spots = [replace(anchor[0], text=label), *(Spot(0, col, str(n), "note") for col, n in sums.items())]
    wreck.grids["requests"] = insert_row(grid, last + 1, spots)
    return True


def fuse_rows(rng: Random, wreck: Wreck) -> bool:
    """Two rows in one, each cell with two lines: to be read in pairs or not at all, never as one number."""
    if not wreck.shape.keeps_lines:
        return False
    grid = wreck.grids["requests"]
    free = wreck.free_rows("requests")
    pairs = [
        r
        for r in free
        if r + 1 in free and wreck.whole_row("requests", r) and wreck.whole_row("requests", r + 1)
        if [s.col for s in grid.labels(r)] == [s.col for s in grid.labels(r + 1)] != []
        if not any(s.row == r + 1 and s.role == "group" for s in grid.spots)
    ]
    if not pairs or not wreck.claim("requests", "rows"):
        return False
    row = rng.choice(pairs)
    wreck.touch("requests", row)
    wreck.touch("requests", row + 1)
    below = {spot.col: spot for spot in grid.spots if spot.row == row + 1 and _own(spot)}
    fused: dict[Spot, Spot | None] = {}
    for spot in grid.spots:
        if spot.row == row and _own(spot) and spot.col in below:
            fused[spot] = replace(spot, text=f"{spot.text}\n{below[spot.col].text}")
    wreck.doubt(s.key for s in (*grid.values(row), *grid.values(row + 1)) if s.key is not None)
    wreck.edit("requests", fused)
    wreck.grids["requests"] = delete_row(wreck.grids["requests"], row + 1)
    return True


def merge_zeros(rng: Random, wreck: Wreck) -> bool:
    """A row without any request as one merged cell with a single nought or dash for all its columns."""
    if not wreck.shape.keeps_lines:
        return False
    grid = wreck.grids["requests"]

    def empty(row: int) -> bool:
        return all(s.key is not None and not wreck.said[s.key].value for s in grid.values(row))

    rows = [row for row in wreck.free_rows("requests") if len(grid.values(row)) == 7 and empty(row)]
    if not rows:
        return False
    row = rng.choice(rows)
    first, *others = grid.values(row)
    text = rng.choice(["0", "0", "/", "无"])
    moves: dict[Spot, Spot | None] = dict.fromkeys(others)
    moves[first] = replace(first, text=text, col_span=7)
    for spot in (first, *others):
        assert spot.key is not None
        wreck.said[spot.key] = Said("reported", Decimal(0), settled=False) if text == "0" else Said("absent")
    wreck.edit("requests", moves)
    wreck.touch("requests", row)
    return True


def wrap_number(rng: Random, wreck: Wreck) -> bool:
    """A long number broken into two lines of a narrow cell."""
    if not wreck.shape.keeps_lines:
        return False
    spots = [
        spot
        for table_id in ROWED
        for row in wreck.free_rows(table_id)
        for spot in wreck.grids[table_id].values(row)
        if len(spot.text) >= 5 and spot.text.isascii() and spot.text.isdigit()
    ]
    if not spots:
        return False
    spot = rng.choice(spots)
    assert spot.key is not None
    wreck.touch(spot.key[0], spot.row)
    wreck.doubt([spot.key])
    wreck.edit(spot.key[0], {spot: replace(spot, text=f"{spot.text[:-2]}\n{spot.text[-2:]}")})
    return True
