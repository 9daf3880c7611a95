"""What the identities of a table prove: the least explanations of its faults, and the numbers they leave no doubt of.

A fault costs 1 for each changed cell, 1.5 for a move (a shifted row, two neighbours that changed places). A number is
proven only when every explanation that costs at most 1 more than the cheapest agrees on it, and when each printed
number that it is computed from stands under a further identity, so that an error there would show. The margin is what
keeps repairs true when a report holds more errors than meet the eye: on a complete table of requests an error in one
cell is told from any two or fewer others, while two errors in different rows and columns could also be three.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.localise import Component, Effort, Explanation, changed_sets, explanation, project
from pipeline.moves import moves

MARGIN = 2  # half changes: within it another explanation must agree
MOST_TIES = 64
STEPS = 20_000
SECONDS = 2.0
MOST_CERTIFIED = 12


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`explanations`: the cheapest (and moves' close rivals), in form order, none when nothing is broken; `proven`:
    numbers by cell; `complete`: whether all the cheapest are listed; `filled`: the unknowns' numbers if nothing is
    broken, proven or not."""

    broken: bool = False
    explanations: tuple[Explanation, ...] = ()
    proven: dict[int, int] | None = None
    filled: dict[int, int] | None = None
    complete: bool = True


def diagnose(component: Component, printed: Sequence[int | None], blank: frozenset[int]) -> Diagnosis:
    """Explain a component of identities; `printed` holds None where nothing usable is printed, 0 for the cells in
    `blank` (empty summands). Bounded by STEPS of search and SECONDS of integer programming."""
    case = Case(component, tuple(printed))
    if not any(gap for _, gap in case.implied):
        whole = explanation(printed, {}, case.pivots, case.implied, case.loose, 0)
        if whole is not None:
            proven = {cell: value for cell, value in whole.filled.items() if cell not in whole.unproven}
            return Diagnosis(False, (), proven | dict.fromkeys(blank & case.checked, 0), whole.filled)
    found = case.cheapest()
    if not found:
        return case.programmed()
    least = min(e.cost for e in found)
    listed = tuple(found[:MOST_TIES])
    complete = not case.effort.exhausted and len(found) <= MOST_TIES
    proven = case.agreed(found, least, blank) if complete else {}
    return Diagnosis(True, listed, proven, None, complete)


class Case:
    """One broken component: its implied edits, and the searches over them, which share one bound."""

    def __init__(self, component: Component, printed: tuple[int | None, ...]) -> None:
        self.component = component
        self.printed = printed
        self.unknown = [cell for cell, value in enumerate(printed) if value is None]
        self.edits = component.edits(printed)
        self.implied, self.pivots, self.loose = project(self.edits, self.unknown)
        self.checked = frozenset(cell for coefficients, _ in self.implied for cell in coefficients)
        self.effort = Effort(STEPS)

    def sets(self, most: int) -> Iterator[Explanation]:
        """Every explanation that changes at most `most` printed cells."""
        for pivots, remaining in changed_sets(self.implied, most, self.effort):
            found = explanation(self.printed, {}, [*self.pivots, *pivots], remaining, self.loose, 2 * len(pivots))
            if found is not None and all(cell in found.changes for cell, _ in pivots):
                yield found

    def moves(self, more: int) -> Iterator[Explanation]:
        """Every explanation by one move and at most `more` changed cells."""
        if len(self.component.equations) < 2:
            return  # a line on its own: any shift can be made to fit it
        broken = frozenset(c for coefficients, gap in self.implied if gap for c in coefficients)
        for move in moves(self.component, self.printed, broken):
            numbers = [move.numbers.get(cell, value) for cell, value in enumerate(self.printed)]
            unknown = [cell for cell, value in enumerate(numbers) if value is None]
            freed = [*move.lost, *(cell for cell in unknown if cell not in move.lost)]
            implied, pivots, loose = project(self.component.edits(numbers), freed)
            if not loose.isdisjoint(move.lost):
                continue
            for chosen, remaining in changed_sets(implied, more, self.effort):
                cost = 3 + 2 * len(chosen)
                found = explanation(self.printed, move.numbers, [*pivots, *chosen], remaining, loose, cost)
                if found is not None:
                    yield replace(found, move=move.words, row_id=move.row_id)

    def cheapest(self) -> list[Explanation]:
        """The cheapest explanations; beside a move also those by two cells, which are nearly as cheap."""
        steps: tuple[Callable[[], Iterable[Explanation]], ...] = (
            lambda: self.sets(1),
            lambda: [*self.moves(0), *self.sets(2)],
            lambda: self.moves(1),
            lambda: self.sets(3),
        )
        for step in steps:
            found = distinct(step())
            if found or self.effort.exhausted:
                return found
        return []

    def rivals(self, least: int) -> Iterator[Explanation]:
        """The explanations beyond the cheapest that the margin still reaches."""
        if least == 2:
            yield from self.sets(2)
            if self.unknown:
                yield from self.moves(0)
        else:
            yield from self.moves(1)
            if least == 4:
                yield from self.sets(3)

    def agreed(self, found: list[Explanation], least: int, blank: frozenset[int]) -> dict[int, int]:
        """The numbers that all explanations within the margin give; none where an explanation is a move and more."""
        if least == 5:
            return {}
        first = min(found, key=lambda e: e.cost)
        numbers = first.changes | first.filled | dict.fromkeys((blank & self.checked) - first.changes.keys(), 0)
        alive = {cell: value for cell, value in numbers.items() if cell not in first.unproven}
        for rival in (*found, *self.rivals(least)):
            for cell in [c for c, value in alive.items() if rival.value(c, self.printed) != value]:
                del alive[cell]
            if not alive:
                return {}
        if self.effort.exhausted:
            return {}
        if least == 6:
            return {}
        if 0:
            return self._certified(alive, blank, (least + MARGIN) // 2)
        return alive

    def _certified(self, alive: dict[int, int], blank: frozenset[int], most: int) -> dict[int, int]:
        """Those of the numbers that the integer programme, which minds the signs, confirms as well."""
        from pipeline.programme import Programme

        doubtful = [cell for cell in alive if cell not in blank or alive[cell]]
        if len(doubtful) > MOST_CERTIFIED:
            return {}
        programme = Programme(self.component, self.printed, SECONDS)
        confirmed = {cell for cell in doubtful if programme.only(cell, alive[cell], most)}
        return {cell: value for cell, value in alive.items() if cell in confirmed or cell not in doubtful}

    def programmed(self) -> Diagnosis:
        """The least sets by the integer programme, when search found none: many cells are wrong, nothing is proven."""
        from pipeline.programme import Programme

        found, complete = Programme(self.component, self.printed, SECONDS).least_sets(MOST_TIES // 4)
        return Diagnosis(True, tuple(found), {}, None, complete)


def distinct(found: Iterable[Explanation]) -> list[Explanation]:
    """Explanations that differ in some number, the cheapest of equals; in the order found, cheapest first."""
    by_numbers: dict[tuple[tuple[int, int], ...], Explanation] = {}
    for one in found:
        known = by_numbers.get(one.numbers)
        if known is None or one.cost < known.cost:
            by_numbers[one.numbers] = one
    return sorted(by_numbers.values(), key=lambda e: e.cost)
