"""Error localisation as a small integer programme (scipy's HiGHS), for what exact search is too slow for.

Two questions: what are the least sets of cells when more than three are wrong, and is there *any* explanation with at
most n changes that gives a cell another number. Every answer of the solver is rounded and recomputed in integers;
what does not hold exactly counts as no answer. Import costs a third of a second, so scipy comes in at use.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from pipeline.localise import Component, Explanation


class Programme:
    """Variables for each printed cell: increase, decrease, and whether it is changed; for each unknown its number."""

    def __init__(self, component: Component, printed: Sequence[int | None], seconds: float) -> None:
        self.component = component
        self.printed = printed
        self._until = time.monotonic() + seconds
        self._proved = False
        # Large enough for any number that the table can hold: none exceeds the largest total but by an error that
        # itself has to be undone. Small enough for HiGHS's integrality tolerance of 1e-6.
        self._most = 2 * max((value for value in self.printed if value is not None), default=0) + 100

    def least_sets(self, limit: int) -> tuple[list[Explanation], bool]:
        """Up to `limit` least sets of changed cells, with one choice of numbers each; False unless they are all."""
        found: list[Explanation] = []
        cuts: list[tuple[dict[int, float], float]] = []
        cost: int | None = None
        while len(found) < limit:
            answer = self._solve(cuts)
            if answer is None:
                return found, self._proved and bool(found)
            changed = [cell for cell, value in answer.items() if self._is_change(cell, value)]
            if cost is not None and len(changed) > cost:
                return found, True
            cost = len(changed)
            found.append(
                Explanation(
                    2 * cost,
                    {cell: answer[cell] for cell in changed},
                    {cell: value for cell, value in answer.items() if self.printed[cell] is None},
                    unproven=frozenset(answer),
                )
            )
            flags = {self._flag(cell): 1.0 for cell in changed}
            cuts.append((flags, len(changed) - 1.0))
        return found, False

    def only(self, cell: int, value: int, most: int) -> bool:
        """Whether every explanation with at most `most` changed cells gives `cell` this number. False in doubt."""
        everywhere = {self._flag(c): 1.0 for c, printed in enumerate(self.printed) if printed is not None}
        for low, high in ((0, value - 1), (value + 1, self._most)):
            if low <= high and (self._solve([(everywhere, float(most))], (cell, low, high)) or not self._proved):
                return False
        return True

    def _is_change(self, cell: int, value: int) -> bool:
        printed = self.printed[cell]
        return printed is not None and value != printed

    def _flag(self, cell: int) -> int:
        return 3 * cell + 2

    def _solve(
        self, cuts: Sequence[tuple[dict[int, float], float]], within: tuple[int, int, int] | None = None
    ) -> dict[int, int] | None:
        """The numbers of all cells in a cheapest explanation; None without one, `_proved` if there provably is none."""
        import numpy as np
        from scipy.optimize import Bounds, LinearConstraint, milp  # type: ignore[import-untyped]

        self._proved = False
        left = self._until - time.monotonic()
        if left <= 0:
            return None
        number = len(self.printed)
        lower, upper, cost = np.zeros(3 * number), np.zeros(3 * number), np.zeros(3 * number)
        for cell, printed in enumerate(self.printed):
            upper[3 * cell] = self._most
            if printed is not None:
                upper[3 * cell + 1], upper[3 * cell + 2], cost[3 * cell + 2] = printed, 1, 1
        rows, low, high = self._matrix(cuts, within)
        result: Any = milp(
            cost,
            integrality=np.ones(3 * number),
            bounds=Bounds(lower, upper),
            constraints=LinearConstraint(np.array(rows), np.array(low), np.array(high)),
            options={"time_limit": left, "mip_rel_gap": 0.0},
        )
        self._proved = result.status == 2
        if result.status != 0:
            return None
        return self._exact(result.x)

    def _matrix(
        self, cuts: Sequence[tuple[dict[int, float], float]], within: tuple[int, int, int] | None
    ) -> tuple[list[Any], list[float], list[float]]:
        import numpy as np

        rows, low, high = [], [], []

        def add(terms: dict[int, float], least: float, most: float) -> None:
            row = np.zeros(3 * len(self.printed))
            for variable, coefficient in terms.items():
                row[variable] = coefficient
            rows.append(row)
            low.append(least)
            high.append(most)

        for coefficients, gap in self.component.edits(self.printed):
            terms = {3 * c: float(k) for c, k in coefficients.items()}
            add(terms | {3 * c + 1: float(-k) for c, k in coefficients.items()}, gap, gap)
        for cell, printed in enumerate(self.printed):
            if printed is not None:
                add({3 * cell: 1, 3 * cell + 1: 1, 3 * cell + 2: -self._most}, -np.inf, 0)
        for flags, most in cuts:
            add(dict(flags), -np.inf, most)
        if within is not None:
            cell, least, largest = within
            base = self.printed[cell] or 0
            add({3 * cell: 1, 3 * cell + 1: -1}, least - base, largest - base)
        return rows, low, high

    def _exact(self, solution: Any) -> dict[int, int] | None:
        numbers = {
            cell: (printed or 0) + round(solution[3 * cell]) - round(solution[3 * cell + 1])
            for cell, printed in enumerate(self.printed)
        }
        exact = [numbers[cell] for cell in range(len(self.printed))]
        if min(exact) < 0 or any(gap for _, gap in self.component.edits(exact)):
            return None
        return numbers
