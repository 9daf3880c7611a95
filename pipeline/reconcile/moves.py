"""Faults that move numbers: a row shifted by one cell, two neighbours swapped, one number torn in two or two fused.

Each is one event at the desk or in the reader, though it changes up to seven cells; so error localisation weighs it
as one and a half changes. A move says which numbers stand elsewhere after it is undone (`numbers`) and which cells
lost theirs (`lost`): those are to be found from the identities.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pipeline.reconcile.localise import Component


@dataclass(frozen=True, slots=True)
class Move:
    """One undone move, in the words of the flag: `numbers` by cell, `lost` cells, and the row it puts right.
    `vacant`: the place that the move left free is the only one of the row without a number. `stray`: in it stands a
    number that comes from nowhere in the row, so that something else may have happened."""

    words: str
    numbers: dict[int, int]
    lost: tuple[int, ...] = ()
    row_id: str | None = None
    vacant: bool = False
    stray: bool = False


def moves(component: Component, printed: Sequence[int | None], broken: frozenset[int]) -> Iterator[Move]:
    """Every move whose undoing would change a cell of a broken or unassessable identity (`broken`), in form order."""
    grid = Grid.of(component)
    for row_id, row in grid.rows.items():
        suspect = any(cell in broken or printed[cell] is None for cell in row)
        if len(row) > 2 and suspect and any(printed[cell] for cell in row):  # zeros and blanks cannot be seen to move
            yield from _shifts(row_id, row, printed)
            yield from _torn_or_fused(row_id, row, printed)
    for first, second, words in grid.neighbours():
        swap = _swap(first, second, words, printed)
        if swap and not broken.isdisjoint(swap.numbers):
            yield swap


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of a component as rows and columns; only full rows, as the form prints them."""

    rows: dict[str, tuple[int, ...]]
    columns: dict[str, tuple[int, ...]]

    @classmethod
    def of(cls, component: Component) -> Grid:
        """Rows in the order in which the form's row sums name them, columns in that of their cells."""
        rows: dict[str, list[int]] = {}
        columns: dict[str, list[int]] = {}
        for index, (row_id, column_id) in enumerate(component.cells):
            rows.setdefault(row_id, []).append(index)
            columns.setdefault(column_id, []).append(index)
        return cls({k: tuple(v) for k, v in rows.items()}, {k: tuple(v) for k, v in columns.items()})

    def neighbours(self) -> Iterator[tuple[tuple[int, ...], tuple[int, ...], str]]:
        """Pairs that may have changed places: cells side by side or one above the other, whole rows, whole columns."""
        for row_id, row in self.rows.items():
            for left, right in pairwise(row):
                yield (left,), (right,), f"two neighbours in {row_id}"
        for column_id, column in self.columns.items():
            for above, below in pairwise(column):
                yield (above,), (below,), f"two neighbours in {column_id}"
        for lines, what in ((self.rows, "rows"), (self.columns, "columns")):
            for (one, first), (other, second) in pairwise(lines.items()):
                yield first, second, f"the {what} {one} and {other}"


def _swap(first: tuple[int, ...], second: tuple[int, ...], words: str, printed: Sequence[int | None]) -> Move | None:
    numbers: dict[int, int] = {}
    if len(first) != len(second):
        return None
    for one, other in zip(first, second, strict=True):
        a, b = printed[one], printed[other]
        if a is None or b is None:
            return None
        if a != b:
            numbers |= {one: b, other: a}
    return Move(f"{words} changed places", numbers) if numbers else None


def _shifts(row_id: str, row: tuple[int, ...], printed: Sequence[int | None]) -> Iterator[Move]:
    """The row as it was before a cell was lost (those right of it moved left) or added (moved right).

    The total may have moved along or kept its place. What fell off the row, or was lost, is to be found.
    """
    values = [printed[cell] for cell in row]
    for last in (len(row) - 1, len(row) - 2):
        for place in range(last):
            left = [*values[:place], None, *values[place:last], *values[last + 1 :]]
            right = [*values[:place], *values[place + 1 : last + 1], None, *values[last + 1 :]]
            for restored, twice, free, side in ((left, last - 1, last, "left"), (right, place, place, "right")):
                doubled = bool(values[twice]) and values[twice] == values[twice + 1]
                words = f"from cell {place + 1} on moved one cell to the {side}"
                if doubled:
                    words += f", and {values[twice]} stands twice"
                for move in _restored(row_id, row, values, restored, words, doubled, values[free] is None):
                    yield replace(move, stray=bool(values[free]) and not doubled)


def _torn_or_fused(row_id: str, row: tuple[int, ...], printed: Sequence[int | None]) -> Iterator[Move]:
    """The row before one number was read as two cells (20 → 2 | 0), or two cells as one (2 | 0 → 20)."""
    values = [printed[cell] for cell in row]
    for place, (value, following) in enumerate(pairwise(values)):
        if value and following is not None:
            whole = int(f"{value}{following}")
            torn = [*values[:place], whole, *values[place + 2 :], None]
            yield from _restored(row_id, row, values, torn, f"{whole} torn into {value} and {following}")
        digits = str(value) if value is not None else ""
        for cut in range(1, len(digits)):
            if digits[cut] == "0" and cut < len(digits) - 1:
                continue  # no number is printed with a leading zero
            parts = [int(digits[:cut]), int(digits[cut:])]
            fused = [*values[:place], *parts, *values[place + 1 : -1]]
            yield from _restored(row_id, row, values, fused, f"{parts[0]} and {parts[1]} fused into {value}")


def _restored(
    row_id: str,
    row: tuple[int, ...],
    values: list[int | None],
    restored: list[int | None],
    words: str,
    doubled: bool = False,
    vacant: bool = False,
) -> Iterator[Move]:
    """The move, if it puts enough numbers elsewhere to say more than that one or two cells changed."""
    numbers = {
        cell: value
        for cell, value, old in zip(row, restored, values, strict=True)
        if value is not None and value != old
    }
    vacant = vacant and values.count(None) == 1
    if len(numbers) + vacant + doubled >= 2:
        lost = tuple(cell for cell, value in zip(row, restored, strict=True) if value is None)
        yield Move(f"the row {row_id}: {words}", numbers, lost, row_id, vacant)
