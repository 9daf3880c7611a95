"""The edits that unknown cells leave on the others: Fellegi and Holt's implied edits, whatever is printed.

Which edits remain when some cells may take any number depends on the form alone; what is printed decides only the gaps.
So the elimination is done once for each set of cells, and a table's gaps are put in afterwards: a search that undoes
hundreds of moves asks for the same few sets again and again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from pipeline.reconcile.localise import Component, Edit, Pivot, combined

_Row = tuple[dict[int, int], dict[int, int]]  # coefficients by cell, and how often each identity's gap goes in


@dataclass(frozen=True, slots=True)
class Implied:
    """What remains of a component's identities without `eliminated` cells: `edits` on the others and the pivots of the
    eliminated ones, in order, each as (coefficients, multiples of the identities' gaps); `loose` are the cells that no
    edit determines. `entering` says for each identity which edits its gap goes into, and how often."""

    edits: tuple[_Row, ...]
    pivots: tuple[tuple[int, _Row], ...]
    loose: frozenset[int]
    entering: tuple[tuple[tuple[int, int], ...], ...]

    def broken(self, gaps: Mapping[int, int]) -> dict[int, int]:
        """The gap of each edit that does not hold, by its place, from the gaps of the identities that do not."""
        sums: dict[int, int] = {}
        for identity, gap in gaps.items():
            for place, times in self.entering[identity]:
                sums[place] = sums.get(place, 0) + times * gap
        return {place: gap for place, gap in sums.items() if gap}

    def with_gaps(self, gaps: Mapping[int, int]) -> tuple[list[Edit], list[Pivot]]:
        """The edits and the pivots of a table whose identities have these gaps, without edits that say nothing."""
        broken = self.broken(gaps)
        edits = [(row[0], broken.get(place, 0)) for place, row in enumerate(self.edits) if row[0] or place in broken]
        return edits, [
            (cell, (coefficients, sum(times * gaps.get(identity, 0) for identity, times in multiples.items())))
            for cell, (coefficients, multiples) in self.pivots
        ]

    def least(self, gaps: Mapping[int, int]) -> int:
        """A bound on the cells that must change for all edits to hold: 0, 1, or 2 for more than one."""
        broken = [self.edits[place][0] for place in self.broken(gaps)]
        if not broken:
            return 0
        shared = set(broken[0])
        for coefficients in broken[1:]:
            shared &= coefficients.keys()
        return 1 if shared else 2


@lru_cache(maxsize=512)
def implied(component: Component, eliminated: tuple[int, ...]) -> Implied:
    """The edits of a component without these cells, eliminated in this order, each by its shortest edit."""
    rows = list(_rows(component))
    pivots, loose = [], []
    for cell in eliminated:
        pivot = min((row for row in rows if cell in row[0]), key=lambda row: len(row[0]), default=None)
        if pivot is None:
            loose.append(cell)
            continue
        rows = [_without(cell, row, pivot) if cell in row[0] else row for row in rows if row is not pivot]
        pivots.append((cell, pivot))
    entering: list[list[tuple[int, int]]] = [[] for _ in component.coefficients]
    for place, (_, multiples) in enumerate(rows):
        for identity, times in multiples.items():
            entering[identity].append((place, times))
    return Implied(tuple(rows), tuple(pivots), frozenset(loose), tuple(map(tuple, entering)))


@cache
def _rows(component: Component) -> tuple[_Row, ...]:
    return tuple((coefficients, {n: 1}) for n, coefficients in enumerate(component.coefficients))


def _without(cell: int, row: _Row, pivot: _Row) -> _Row:
    a, b = pivot[0][cell], -row[0][cell]
    return combined(row[0], a, pivot[0], b), combined(row[1], a, pivot[1], b)
