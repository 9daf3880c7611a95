"""What is left of a form's identities without some cells: against elimination step by step, and against trying out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from random import Random

import pytest

from pipeline import vocabulary
from pipeline.reconcile.implied import implied
from pipeline.reconcile.localise import (
    Component,
    Edit,
    Effort,
    changed_sets,
    combined,
    components,
    eliminate,
    shortest,
)

REQUESTS = [components(template, "requests")[0] for template in vocabulary.TEMPLATES]


def drawn(rng: Random, component: Component) -> tuple[list[int | None], tuple[int, ...]]:
    """A table of any numbers, and some of its cells in any order."""
    printed: list[int | None] = [rng.choice((0, 0, 0, 1, 2, 7, 40)) for _ in component.cells]
    return printed, tuple(rng.sample(range(len(printed)), rng.randint(0, 12)))


def edits_of(component: Component, printed: Sequence[int | None]) -> list[Edit]:
    return [
        (line, -sum(times * (printed[cell] or 0) for cell, times in line.items())) for line in component.coefficients
    ]


def step_by_step(edits: list[Edit], cells: Sequence[int]) -> tuple[list[Edit], list[tuple[int, Edit]], set[int]]:
    pivots, loose = [], set()
    for cell in cells:
        if not any(cell in coefficients for coefficients, _ in edits):
            loose.add(cell)
            continue
        pivot = shortest(edits, cell)
        edits = eliminate(edits, cell, pivot)
        pivots.append((cell, pivot))
    return edits, pivots, loose


@pytest.mark.parametrize("component", REQUESTS)
@pytest.mark.parametrize("seed", range(20))
def test_gaps_put_in_afterwards_are_those_of_an_elimination_step_by_step(component: Component, seed: int) -> None:
    printed, cells = drawn(Random(seed), component)
    without = implied(component, cells)
    edits, pivots = without.with_gaps(component.gaps(enumerate(printed)))
    assert (edits, pivots, without.loose) == step_by_step(edits_of(component, printed), cells)


@pytest.mark.parametrize("component", REQUESTS)
@pytest.mark.parametrize("seed", range(20))
def test_what_cannot_be_settled_by_one_cell_is_not(component: Component, seed: int) -> None:
    rng = Random(f"least {seed}")
    cells = tuple(rng.sample(range(len(component.cells)), rng.randint(0, 6)))
    without = implied(component, cells)
    lawful: list[int | None] = [0] * len(component.cells)
    for cell in rng.sample(range(len(lawful)), rng.randint(0, 3)):
        lawful[cell] = rng.randint(1, 9)
    gaps = component.gaps(enumerate(lawful))
    edits, _ = without.with_gaps(gaps)
    found = list(changed_sets(edits, 1, Effort(10_000)))
    least = without.least(gaps)
    assert (least == 0) == (found == [()])
    assert not (least == 2 and found)


@pytest.mark.parametrize("seed", range(12))
def test_sets_of_two_cells_are_all_that_settle_a_table(seed: int) -> None:
    """Each pair of cells is tried; `changed_sets` passes most of them over."""
    rng = Random(f"pairs {seed}")
    component = REQUESTS[seed % 2]
    numbers: list[int | None] = [0] * len(component.cells)
    for cell in rng.sample(range(len(numbers)), 2):
        numbers[cell] = rng.choice((1, 1, 2, 5))
    edits = edits_of(component, numbers)
    effort = Effort(100_000)
    found = {frozenset(cell for cell, _ in pivots) for pivots in changed_sets(edits, 2, effort)}
    assert not effort.exhausted
    alone = {cell for cell in range(len(numbers)) if settles(edits, (cell,))}
    pairs = {
        frozenset(pair)
        for pair in combinations(range(len(numbers)), 2)
        if alone.isdisjoint(pair) and settles(edits, pair)
    }
    assert found == {frozenset((cell,)) for cell in alone} | pairs
    assert found


def settles(edits: Sequence[Edit], cells: Sequence[int]) -> bool:
    """Whether the identities hold with some change of each of these cells, one or two."""
    touched = [([coefficients.get(cell, 0) for cell in cells], gap) for coefficients, gap in edits]
    if any(gap and not any(row) for row, gap in touched):
        return False
    rows = [(row, gap) for row, gap in touched if any(row)]
    if len(cells) == 1:
        return len({gap * row[0] for row, gap in rows}) == 1 and rows[0][1] != 0
    for (a, gap_a), (b, gap_b) in combinations(rows, 2):
        determinant = a[0] * b[1] - a[1] * b[0]
        if determinant:
            x, y = gap_a * b[1] - a[1] * gap_b, a[0] * gap_b - gap_a * b[0]
            return x != 0 != y and all(row[0] * x + row[1] * y == gap * determinant for row, gap in rows)
    return False


def test_sums_leave_out_what_cancels() -> None:
    assert combined({1: 1, 2: -1}, 1, {2: 1, 3: 2}, 1) == {1: 1, 3: 2}
    assert combined({1: 1, 2: -1}, -1, {3: 2}, 3) == {1: -1, 2: 1, 3: 6}
