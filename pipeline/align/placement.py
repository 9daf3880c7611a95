"""The values of one printed row → its columns: all placements that the print allows, and what arithmetic leaves.

A row that holds as many values as the form has columns, where the table's other rows hold theirs, has one placement. A
row with a cell lost, doubled or moved has several; the identities may refute some. What all remaining placements agree
on is settled; the rest is not, and is never guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from pipeline.align.rows import Row, Slot
from pipeline.numerals import read_numeral
from pipeline.vocabulary import Equation, Key

Placement = tuple[int | None, ...]  # for each key of the row, the index of its value, or None where the row lacks it
_MOST_LOST = 2
_MOST_PLACEMENTS = 400


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where a block's values stand: the columns that its full rows use, or that its header names, in key order."""

    starts: tuple[int, ...]
    certain: bool  # the columns are the source's own, not counted


@dataclass(frozen=True, slots=True)
class Placed:
    """The placements of a row that its print allows, best first, and what made them doubtful (flag kind, message)."""

    placements: tuple[Placement, ...]
    doubt: tuple[str, str] | None = None
    printed: bool = False  # the first placement keeps the blanks where they are printed

    @property
    def settled(self) -> bool:
        return len(self.placements) == 1


def geometry_of(rows: Sequence[tuple[Row, Sequence[Slot]]], width: int) -> Geometry | None:
    """The columns in which the rows of one block hold their values, from its rows with exactly `width` values."""
    seen: Counter[tuple[int, ...]] = Counter()
    certain = True
    for row, values in rows:
        starts = tuple(slot.start for slot in values if not slot.blank)
        if len(starts) == width and row.layout != "text":
            seen[starts] += 1
            certain = certain and row.layout == "grid"
    if not seen:
        return None
    starts, count = max(seen.items(), key=lambda item: (item[1], item[0]))
    return Geometry(starts, certain) if count * 2 > sum(seen.values()) or len(seen) == 1 else None


def place(row: Row, values: Sequence[Slot], width: int, geometry: Geometry | None, full_total: bool) -> Placed:
    """The placements of a row's values on `width` columns.

    `full_total` says that the other rows of the table print their last column, so that a row which ends in blanks
    may have lost a cell instead.
    """
    filled = [i for i, slot in enumerate(values) if not slot.blank]
    if not filled:
        if row.layout == "text" or len(values) < width:
            return Placed(((None,) * width,), ("lost_cell", "the row holds no values"))
        return Placed((tuple(range(len(values) - width, len(values))),))
    conforming = _conforming(row, values, width, geometry)
    if conforming is not None:
        nothing = geometry is not None and geometry.certain and all(_is_zero(values[i].text) for i in filled)
        if len(filled) == width or not full_total or conforming[-1] in filled or nothing:
            return Placed((conforming,))
        return Placed(
            (conforming, *spread(filled, width)),
            ("lost_cell", "the row ends in a blank where the others hold a total: a cell may be lost"),
        )
    if len(filled) == width:
        moved = geometry is not None and row.layout != "text"
        return Placed(
            (tuple(filled),),
            ("shifted_row", "the row's values stand in other columns than the table's") if moved else None,
        )
    trimmed = list(range(filled[0], filled[-1] + 1))
    if len(trimmed) == width and geometry is None:
        return Placed((tuple(trimmed),))
    if len(trimmed) == width:
        return Placed(
            (tuple(trimmed), *spread(filled, width)),
            ("lost_cell", "the row's values stand in other columns, with a blank between"),
            printed=True,
        )
    if geometry is None and len(trimmed) < width == len(values):
        return (
            Placed(
                (tuple(range(width)), *spread(filled, width)),
                ("lost_cell", "the row begins or ends in a blank: a cell may be lost"),
            )
            if full_total and len(values) - 1 not in filled
            else Placed((tuple(range(width)),))
        )
    found = "fewer" if len(filled) < width else "more"
    return Placed(
        tuple(spread(filled, width)) or ((None,) * width,),
        ("lost_cell", f"the row holds {found} values than columns: {len(filled)} for {width}"),
    )


def _is_zero(text: str) -> bool:
    return read_numeral(text).value == 0


def _conforming(row: Row, values: Sequence[Slot], width: int, geometry: Geometry | None) -> Placement | None:
    """The placement by columns, if every value stands in one of the table's value columns and every column is there."""
    if geometry is None or row.layout == "text":
        return None
    inside = set(geometry.starts)
    if len(values) == len(inside) == width and tuple([slot.start for slot in values]) == geometry.starts:
        return tuple(range(width))  # as most rows stand
    by_start = {slot.start: i for i, slot in enumerate(values)}
    if any(start not in by_start for start in geometry.starts):
        return None
    if any(not slot.blank and slot.start not in inside for slot in values):
        return None
    return tuple(by_start[start] for start in geometry.starts)


def spread(filled: Sequence[int], width: int) -> list[Placement]:
    """Every way to lay the filled values on the columns in order: with holes where too few, less some if too many."""
    count = len(filled)
    if count == width:
        return [tuple(filled)]
    if count < width and width - count <= _MOST_LOST:
        placements = []
        for columns in combinations(range(width), count):
            placement: list[int | None] = [None] * width
            for index, column in zip(filled, columns, strict=True):
                placement[column] = index
            placements.append(tuple(placement))
        return placements[:_MOST_PLACEMENTS]
    if count > width and count - width <= _MOST_LOST:
        kept: dict[Placement, None] = dict.fromkeys(tuple(chosen) for chosen in combinations(filled, width))
        return list(kept)[:_MOST_PLACEMENTS]
    return []


def refute(
    keys: Sequence[Key],
    placed: Placed,
    number: Callable[[int], Decimal | None],
    equations: Sequence[Equation],
    settled: dict[Key, Decimal],
) -> tuple[Placement, ...]:
    """The placements that no identity refutes; all of them if every one is refuted.

    `number` gives the value of the row's i-th cell, `settled` the numbers of all cells already sure (blank as 0). A
    single hole is filled with what the row's own identity demands of it, so that the columns can speak too.
    """
    own = [e for e in equations if any(k in set(keys) for k in (*e.left, *e.right))]
    alive = []
    for placement in placed.placements:
        values: dict[Key, Decimal] = {}
        for key, index in zip(keys, placement, strict=True):
            value = None if index is None else number(index)
            if value is not None:
                values[key] = value
        if _consistent(values, own, settled):
            alive.append(placement)
    return tuple(alive) or placed.placements


def _consistent(values: dict[Key, Decimal], equations: Sequence[Equation], settled: dict[Key, Decimal]) -> bool:
    known = {**settled, **values}
    # Holes first: an identity with one unknown tells its value, which must be a count and fit the others.
    changed = True
    while changed:
        changed = False
        for equation in equations:
            unknown = [k for k in (*equation.left, *equation.right) if k not in known]
            if len(unknown) > 1:
                continue
            left = sum((known[k] for k in equation.left if k in known), Decimal(0))
            right = sum((known[k] for k in equation.right if k in known), Decimal(0))
            if not unknown:
                if left != right:
                    return False
                continue
            value = right - left if unknown[0] in equation.left else left - right
            if value < 0:
                return False
            known[unknown[0]] = value
            changed = True
    return True


def agreed(placements: Sequence[Placement], text: Callable[[int], str]) -> list[tuple[int | None, bool]]:
    """For each column (index of the value or None, settled): settled where all placements give it the same text."""
    if len(placements) == 1:
        return [(index, True) for index in placements[0]]
    result: list[tuple[int | None, bool]] = []
    for column in range(len(placements[0])):
        choices = {None if p[column] is None else text(p[column]).strip() for p in placements}  # type: ignore[arg-type]
        result.append((placements[0][column], len(choices) == 1))
    return result
