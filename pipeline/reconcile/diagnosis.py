"""What the identities of a table prove: the least explanations of its faults, and the numbers they leave no doubt of.

A fault costs 1 for each changed cell and 1.5 for a move (a shifted row, two neighbours that changed places, a number
torn in two), or 0.5 for a move that also says why a cell of its row has no number. A changed number is proven when

- every explanation that costs at most 1 more than the cheapest gives the same number, and the search was exhaustive;
- each printed number that it is computed from stands under one more identity, so that an error there would show;
- the faults stand apart: no identity that holds as printed holds a changed cell (it would hold only because two errors
  cancel), and two changed cells either share one line or differ by other amounts;
- the cheapest explanation is one or two cells, or the restoring of one row that closes three gaps (two, when its
  total moved along and the place left free has no number, as such a fault leaves it; or when the row holds one number
  and its total, and stands alone among all explanations by up to three cells). No number of the row may be thrown away
  that the move does not explain. Two neighbours of another row that happen to differ by the row's number, and a total
  wrong by it, are no rival: the margin of a row put back is half a change.

The margin and the third rule keep repairs true when a table holds more errors than meet the eye. On a complete table
of requests no fewer than four cells can change without breaking an identity, so one wrong cell is told from any one
or two others by the identities alone. Only three wrong cells that are the other corners of a rectangle, all by one
amount, look like one; and no rule over the identities can tell these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from pipeline.reconcile.implied import Implied, implied
from pipeline.reconcile.localise import (
    Component,
    Effort,
    Explanation,
    Follows,
    Pivot,
    changed_sets,
    combined,
    dependencies,
    explanation,
    follows,
    still_checked,
)
from pipeline.reconcile.moves import Move, moves

# Costs are counted in halves: one changed cell is 2.
CELL, MOVE, MOVE_OF_A_GAP = 2, 3, 1
MARGIN_OF_A_MOVE = 1  # two neighbours of another row that chance to differ by the row's number
PROVABLE = 2 * CELL
MOST_CELLS = 5
MOST_TIES = 64
STEPS = 8_000  # of search for one component: about 0.3 s


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`broken`: whether some identity cannot hold as printed. `explanations`: the cheapest, in form order, and beside
    a move those by two cells; none when nothing is broken. `complete`: whether these are all. `proven`: numbers by
    cell that are not printed so. `filled`: the numbers of unknown cells when nothing is broken, proven or not."""

    broken: bool = False
    explanations: tuple[Explanation, ...] = ()
    complete: bool = True
    proven: dict[int, int] = field(default_factory=dict)
    filled: dict[int, int] = field(default_factory=dict)


def diagnose(component: Component, printed: Sequence[int | None], blank: frozenset[int]) -> Diagnosis:
    """Explain a component of identities; `printed` holds None where nothing usable is printed, 0 for the cells in
    `blank` (empty summands). Bounded by STEPS of search, past which it is not `complete` and changes nothing."""
    case = Case(component, tuple(printed))
    if not any(gap for _, gap in case.implied):
        whole = explanation(printed, {}, case.pivots, case.unknowns, case.implied, (), 0)
        if whole is None:
            return Diagnosis(True, (), False)  # an unknown would have to be negative
        proven = {cell: value for cell, value in whole.filled.items() if cell not in whole.unproven()}
        return Diagnosis(False, (), True, proven | dict.fromkeys(blank & case.checked, 0), whole.filled)
    found = case.cheapest()
    complete = bool(found) and not case.effort.exhausted and len(found) <= MOST_TIES
    return Diagnosis(True, tuple(found[:MOST_TIES]), complete, case.agreed(found, blank) if complete else {})


@dataclass(frozen=True, slots=True)
class _Undone:
    """A move undone: the gaps that identities then have, and the `least` number of cells that must change besides for
    all to hold: 0, 1, or 2 for more than one."""

    move: Move
    gaps: Mapping[int, int]
    least: int


class Case:
    """One broken component: its implied edits, and the searches over them, which share one bound."""

    def __init__(self, component: Component, printed: tuple[int | None, ...]) -> None:
        self.component = component
        self.printed = printed
        self.unknown = [cell for cell, value in enumerate(printed) if value is None]
        self.gaps = component.gaps(enumerate(printed))
        without = implied(component, tuple(self.unknown))
        self.implied, self.pivots = without.with_gaps(self.gaps)
        self.unknowns = follows(self.pivots, without.loose)
        self.checked = frozenset(cell for coefficients, _ in self.implied for cell in coefficients)
        self.effort = Effort(STEPS)
        self.blurred = False

    def sets(self, most: int) -> Iterator[Explanation]:
        """Every explanation that changes at most `most` printed cells, but for those that `blurred` speaks of."""
        for chosen in changed_sets(self.implied, most, self.effort):
            cost = CELL * len(chosen)
            found = explanation(self.printed, {}, self.pivots, self.unknowns, self.implied, chosen, cost)
            if found is None:
                self._blur(chosen, most)
            elif all(cell in found.changes for cell, _ in chosen):
                yield found

    def _blur(self, chosen: Sequence[Pivot], most: int) -> None:
        """Take note when a set that fails for a negative number might hold with further cells, up to `most` in all.

        `changed_sets` ends at a set that settles the edits, whatever the signs. One more cell helps only if it stands
        in no remaining edit; two more only if all together can change without breaking an identity, which takes at
        least four cells where there are no unknowns.
        """
        if self.blurred or len(chosen) == most:
            return
        checked = still_checked(self.implied, chosen)
        closing = any(not sources <= checked for sources in dependencies([*self.pivots, *chosen]).values())
        self.blurred = closing or (most - len(chosen) >= 2 and (bool(self.unknown) or most >= 4))

    def moves(self, more: int) -> Iterator[Explanation]:
        """Every explanation by one move and at most `more` changed cells."""
        if len(self.component.equations) < 2:
            return  # a line on its own: any shift can be made to fit it
        for undone in self._undone:
            if undone.least > more:
                self.effort.spend()
                continue
            move, without = undone.move, self._without(undone.move)
            edits, pivots = without.with_gaps(undone.gaps)
            unknowns: Follows | None = None
            for chosen in changed_sets(edits, more, self.effort):
                unknowns = unknowns or follows(pivots, without.loose)
                cost = (MOVE_OF_A_GAP if move.vacant else MOVE) + CELL * len(chosen)
                found = explanation(self.printed, move.numbers, pivots, unknowns, edits, chosen, cost)
                if found is not None:
                    yield replace(found, move=move.words, row_id=move.row_id, stray=move.stray)

    @cached_property
    def _undone(self) -> list[_Undone]:
        """Every move that loses no cell for good."""
        suspect = frozenset(c for coefficients, gap in self.implied if gap for c in coefficients)
        undone = []
        for move in moves(self.component, self.printed, suspect):
            moved = [(cell, value - (self.printed[cell] or 0)) for cell, value in move.numbers.items()]
            gaps = combined(self.gaps, 1, self.component.gaps(moved), 1)
            if len(move.lost) <= 1 and self._holds_apart(gaps, move):
                undone.append(_Undone(move, gaps, 2))
                continue
            without = self._without(move)
            if without.loose.isdisjoint(move.lost):
                undone.append(_Undone(move, gaps, without.least(gaps)))
        return undone

    def _without(self, move: Move) -> Implied:
        unknown = [cell for cell in self.unknown if cell not in move.numbers and cell not in move.lost]
        return implied(self.component, (*move.lost, *unknown))

    def _holds_apart(self, gaps: Mapping[int, int], move: Move) -> bool:
        """Whether identities stay broken that hold no unknown or lost cell, which no elimination alters, and that have
        no cell in common: then no one cell settles them. Most moves fail here, before anything is eliminated."""
        shared: set[int] | None = None
        for number in gaps:
            cells = self.component.coefficients[number].keys()
            if cells.isdisjoint(move.lost) and cells.isdisjoint(self.unknown):
                shared = set(cells) if shared is None else shared & cells
                if not shared:
                    return True
        return False

    def cheapest(self) -> list[Explanation]:
        """The cheapest explanations; beside a move also those by two cells, which are nearly as cheap."""
        steps: tuple[Callable[[], Iterable[Explanation]], ...] = (
            lambda: [*(self.moves(0) if self.unknown else ()), *self.sets(1)],
            lambda: [*self.moves(0), *self.sets(2)],
            lambda: self.moves(1),
            lambda: self.sets(3),
            *(lambda size=size: self.sets(size) for size in range(4, MOST_CELLS + 1)),
        )
        for step in steps:
            found = distinct(step())
            if found or self.effort.exhausted:
                return found
        return []

    def rivals(self, first: Explanation) -> Iterator[Explanation]:
        """The explanations beyond those of `cheapest` that the margin still reaches."""
        if first.cost == CELL:
            yield from self.sets(2)
        elif first.cost > CELL:
            yield from self.moves(1)
            if first.cost > MOVE or self._moves_one_number(first):
                yield from self.sets(max(3, first.cost // CELL + 1))

    def agreed(self, found: list[Explanation], blank: frozenset[int]) -> dict[int, int]:
        """The numbers that the module's rules prove: of changed and missing cells, and of those beyond the faults."""
        first = found[0]
        alive = {c: v for c, v in self._fixed(blank).items() if first.value(c, self.printed) == v}
        if first.cost <= PROVABLE and self._stands_apart(first):
            unproven = first.unproven()
            alive |= {c: v for c, v in (first.changes | first.filled).items() if c not in unproven}
        if not alive:
            return {}
        for rival in (*found, *self.rivals(first)):
            if first.row_id is not None and rival.cost > first.cost + MARGIN_OF_A_MOVE and rival.move is not None:
                continue
            for cell in [c for c, value in alive.items() if rival.value(c, self.printed) != value]:
                del alive[cell]
            if not alive:
                return {}
        if self.effort.exhausted or self.blurred:
            return {}
        if first.changes.items() <= alive.items():  # then what was put right may prove a blank beside it
            restored = [first.value(cell, self.printed) for cell in range(len(self.printed))]
            alive = self._fixed(blank - first.changes.keys(), restored) | alive
        return alive

    def _stands_apart(self, e: Explanation) -> bool:
        """The third and the fourth rule."""
        touched = [(e.changes.keys() & coefficients.keys(), gap) for coefficients, gap in self.implied]
        touched = [(changed, gap) for changed, gap in touched if changed]
        gaps = sum(1 for _, gap in self.implied if gap)
        if e.move is not None and (e.row_id is None or e.stray):
            return False
        if e.cost == MOVE_OF_A_GAP:
            return gaps >= 3 or (gaps == 2 and self._moves_a_total(e))
        if self._moves_one_number(e):
            return True
        if not all(gap for _, gap in touched):
            return False
        if e.move is not None:
            return gaps >= 3
        sizes = {abs(value - (self.printed[cell] or 0)) for cell, value in e.changes.items()}
        return len(sizes) == len(e.changes) or any(len(changed) == len(e.changes) for changed, _ in touched)

    def _moves_one_number(self, e: Explanation) -> bool:
        """Whether the restored row holds one number and its total, which was printed in both places that it left free:
        its sum still holds, and two columns break by that number."""
        gaps = sum(1 for _, gap in self.implied if gap)
        return e.row_id is not None and e.cost == MOVE and not self.unknown and gaps == 2 == len(e.changes)

    def _moves_a_total(self, e: Explanation) -> bool:
        """Whether the restored row's total is new, with two more of its numbers, or with the missing one only."""
        cells = self.component.cells
        totals = {key for equation in self.component.equations if equation.kind == "row_sum" for key in equation.right}
        new = [cell for cell in (*e.changes, *e.filled) if cells[cell][0] == e.row_id]
        return any(cells[cell] in totals for cell in new) and (len(new) >= 3 or len(e.changes) == 1)

    def _fixed(self, blank: frozenset[int], restored: Sequence[int | None] = ()) -> dict[int, int]:
        """The numbers of unknown and blank cells on which two identities agree, all else as printed, or `restored`; a
        blank's is 0."""
        numbers: dict[int, int] = {}
        form, known = self.component, restored or self.printed
        gaps = form.gaps(enumerate(restored)) if restored else self.gaps
        unknown = {c for c, value in enumerate(known) if value is None}
        for cell in sorted(blank if restored else blank | unknown):
            values = [
                gaps.get(n, 0) * coefficient
                for n, coefficient in form.standing[cell]
                if not unknown & form.coefficients[n].keys() - {cell}
            ]
            if len(values) >= 2 and len(set(values)) == 1 and (values[0] == 0 or (values[0] > 0 and cell not in blank)):
                numbers[cell] = values[0]
        return numbers


def distinct(found: Iterable[Explanation]) -> list[Explanation]:
    """Explanations that differ in some number, the cheapest of equals; in the order found, cheapest first."""
    by_numbers: dict[tuple[tuple[int, int], ...], Explanation] = {}
    for one in found:
        known = by_numbers.get(one.numbers)
        if known is None or one.cost < known.cost:
            by_numbers[one.numbers] = one
    return sorted(by_numbers.values(), key=lambda e: e.cost)
