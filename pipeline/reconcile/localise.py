"""Error localisation after Fellegi and Holt: which cells, changed, let every identity hold.

A table is a system of *edits*: Σ coefficient · change = gap, one for each identity, over the changes of its cells.
Cells of which nothing usable is printed are unknowns: they are eliminated first, and what remains are the edits that
they imply on the printed cells (Fellegi and Holt's implied edits). `changed_sets` then finds every set of at most n
printed cells whose change settles the system: each broken edit must hold a changed cell, so it branches over the
cells of one broken edit and eliminates the chosen one. The search is exact over integers: no solver, no tolerance.

Source: I. P. Fellegi, D. Holt, A Systematic Approach to Automatic Edit and Imputation, JASA 71 (1976) 17–35.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache

from pipeline.vocabulary import Equation, Key, equations

Edit = tuple[dict[int, int], int]  # coefficients by cell, and the gap that the changes must close
Pivot = tuple[int, Edit]  # a cell and the edit that gives its change
Number = int | Fraction


@dataclass(frozen=True, slots=True)
class Component:
    """Identities that share cells, directly or through others, and their cells in the order of the identities."""

    equations: tuple[Equation, ...]
    cells: tuple[Key, ...]
    coefficients: tuple[dict[int, int], ...]
    totals: frozenset[int]  # cells that stand on some identity's right side

    def edits(self, printed: Sequence[int | None]) -> list[Edit]:
        """The edits on the changes of what is printed; a cell without a number is taken from 0."""
        found = []
        for coefficients in self.coefficients:
            total = 0
            for cell, coefficient in coefficients.items():
                value = printed[cell]
                if value:
                    total += coefficient * value
            found.append((coefficients, -total))
        return found


@dataclass(frozen=True, slots=True)
class Explanation:
    """One way in which every identity would hold: new numbers by cell (`changes` where another number is printed,
    `filled` where none is), its cost in half changes (a cell 2, a move 3) and the move, if one is part of it."""

    cost: int
    changes: dict[int, int]
    filled: dict[int, int]
    move: str | None = None
    row_id: str | None = None  # the row that the move puts right
    stray: bool = False  # a number is thrown away that the move does not explain
    pivots: tuple[Pivot, ...] = field(default=(), compare=False)  # how the numbers follow …
    checked: frozenset[int] = field(default=frozenset(), compare=False)  # … and the cells that edits then still hold

    def value(self, cell: int, printed: Sequence[int | None]) -> int | None:
        return self.changes.get(cell, self.filled.get(cell, printed[cell]))

    def unproven(self) -> frozenset[int]:
        """The cells whose number depends on a cell that no remaining edit checks: an error there would go unseen."""
        return frozenset(c for c, sources in dependencies(self.pivots).items() if not sources <= self.checked)

    @property
    def numbers(self) -> tuple[tuple[int, int], ...]:
        return tuple(sorted((self.changes | self.filled).items()))


class Effort:
    """The bound on one table's search, counted in steps so that the outcome is the same on every machine."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def spend(self) -> bool:
        self.left -= 1
        return self.left >= 0

    @property
    def exhausted(self) -> bool:
        return self.left < 0


@cache
def components(template: str, table_id: str) -> tuple[Component, ...]:
    """The independent parts of a table's identities, all in the form's order; KeyError for an unknown table."""
    order = equations(template, table_id)
    parts: list[list[int]] = []
    for number, equation in enumerate(order):
        keys = {*equation.left, *equation.right}
        joined = [part for part in parts if any(keys & {*order[n].left, *order[n].right} for n in part)]
        parts = [part for part in parts if part not in joined] + [[*sorted(n for p in joined for n in p), number]]
    return tuple(_component(tuple(order[n] for n in part)) for part in sorted(parts))


def _component(part: tuple[Equation, ...]) -> Component:
    cells = tuple(dict.fromkeys(key for e in part for key in (*e.left, *e.right)))
    index = {key: i for i, key in enumerate(cells)}
    coefficients = tuple({index[k]: 1 for k in e.left} | {index[k]: -1 for k in e.right} for e in part)
    return Component(part, cells, coefficients, frozenset(index[k] for e in part for k in e.right))


def eliminate(edits: Sequence[Edit], cell: int) -> tuple[list[Edit], Edit | None]:
    """The edits that remain when `cell` may take any number, and the edit that then gives its change (None if it
    stands in no edit)."""
    pivot: Edit | None = None
    for edit in edits:
        if cell in edit[0] and (pivot is None or len(edit[0]) < len(pivot[0])):
            pivot = edit
    if pivot is None:
        return list(edits), None
    rest = []
    for edit in edits:
        if edit is pivot:
            continue
        coefficient = edit[0].get(cell)
        if coefficient is None:
            rest.append(edit)
            continue
        merged = _combine(edit, pivot[0][cell], pivot, -coefficient)
        if merged[0] or merged[1]:
            rest.append(merged)
    return rest, pivot


def _combine(first: Edit, a: int, second: Edit, b: int) -> Edit:
    merged = {cell: a * coefficient for cell, coefficient in first[0].items()}
    for cell, coefficient in second[0].items():
        total = merged.get(cell, 0) + b * coefficient
        if total:
            merged[cell] = total
        else:
            merged.pop(cell, None)
    return merged, a * first[1] + b * second[1]


def project(edits: Sequence[Edit], cells: Iterable[int]) -> tuple[list[Edit], list[Pivot], frozenset[int]]:
    """Eliminate all `cells`: the implied edits, the pivots in order, and the cells that no edit determines."""
    rest, pivots, loose = list(edits), [], []
    for cell in cells:
        rest, pivot = eliminate(rest, cell)
        if pivot is None:
            loose.append(cell)
        else:
            pivots.append((cell, pivot))
    return rest, pivots, frozenset(loose)


def changed_sets(
    edits: Sequence[Edit], most: int, effort: Effort, banned: frozenset[int] = frozenset()
) -> Iterator[tuple[tuple[Pivot, ...], list[Edit]]]:
    """Every minimal set of at most `most` cells whose change settles all edits, each once: its pivots, and the edits
    that then remain. Signs are not looked at here. Stops silently when `effort` is exhausted: ask it afterwards."""
    if not effort.spend():
        return
    broken = [edit for edit in edits if edit[1]]
    if not broken:
        yield (), list(edits)
        return
    if _least_number(broken) > most:
        return
    if most == 1:
        for cell in _single(edits, broken, banned):
            if not effort.spend():
                return
            rest, pivot = eliminate(edits, cell)
            assert pivot is not None
            yield ((cell, pivot),), rest
        return
    narrow = min(broken, key=lambda edit: len(edit[0]))
    tried = set(banned)
    for cell in sorted(narrow[0].keys() - banned):
        rest, pivot = eliminate(edits, cell)
        assert pivot is not None
        for pivots, remaining in changed_sets(rest, most - 1, effort, frozenset(tried)):
            yield ((cell, pivot), *pivots), remaining
        # A set with this cell has just been found: the later branches need only those without it.
        tried.add(cell)


def _least_number(broken: list[Edit]) -> int:
    """A lower bound: broken edits without a common cell need a changed cell each."""
    if not all(edit[0] for edit in broken):
        return len(broken) + 1000  # an edit without cells cannot be settled any more
    taken: set[int] = set()
    number = 0
    for edit in sorted(broken, key=lambda e: len(e[0])):
        if taken.isdisjoint(edit[0]):
            taken.update(edit[0])
            number += 1
    return number


def _single(edits: Sequence[Edit], broken: list[Edit], banned: frozenset[int]) -> Iterator[int]:
    """The cells whose change alone closes every gap and opens none."""
    first = min(broken, key=lambda edit: len(edit[0]))
    for cell, coefficient in sorted(first[0].items()):
        if cell in banned or first[1] % coefficient:
            continue
        change = first[1] // coefficient
        if any(coefficients.get(cell, 0) * change != gap for coefficients, gap in broken):
            continue
        if sum(cell in coefficients for coefficients, _ in edits) == len(broken):
            yield cell


@dataclass(frozen=True, slots=True)
class Follows:
    """Eliminated cells as what follows from the others: the change of each when nothing else changes (`alone`), what a
    change of another cell adds to it (`factors`), and those of which no edit gives a number (`vague`)."""

    alone: dict[int, Number]
    factors: dict[int, dict[int, Number]]
    vague: frozenset[int] = frozenset()


def follows(pivots: Sequence[Pivot], loose: frozenset[int] = frozenset()) -> Follows:
    """What the pivots of `project` or `changed_sets` say of their cells, all pivots put in; a cell that depends on a
    `loose` one is vague."""
    alone: dict[int, Number] = {}
    factors: dict[int, dict[int, Number]] = {}
    vague = set(loose)
    for cell, (coefficients, gap) in reversed(pivots):
        constant: Number = gap
        terms: dict[int, Number] = {}
        for other, coefficient in coefficients.items():
            if other == cell:
                continue
            if other in vague:
                vague.add(cell)
            if other in factors:
                constant -= coefficient * alone[other]
                for source, factor in factors[other].items():
                    terms[source] = terms.get(source, 0) - coefficient * factor
            else:
                terms[other] = terms.get(other, 0) - coefficient
        own = coefficients[cell]
        if own == 1:
            alone[cell], factors[cell] = constant, {k: v for k, v in terms.items() if v}
        else:
            share = -1 if own == -1 else Fraction(1, own)
            alone[cell], factors[cell] = constant * share, {k: v * share for k, v in terms.items() if v}
    return Follows(alone, factors, frozenset(vague))


def dependencies(pivots: Sequence[Pivot]) -> dict[int, frozenset[int]]:
    """For each pivot's cell, the other cells that its number is computed from, all pivots put in."""
    return {cell: frozenset(terms) for cell, terms in follows(pivots).factors.items()}


def explanation(
    printed: Sequence[int | None],
    moved: Mapping[int, int],
    unknowns: Sequence[Pivot],
    unknown: Follows,
    chosen: Sequence[Pivot],
    remaining: Sequence[Edit],
    cost: int,
) -> Explanation | None:
    """What a settled system says: the new numbers; None when one would be negative or no integer.

    `unknown` is what the pivots `unknowns` say, `chosen` are those of the changed cells. `moved` holds numbers that a
    move has put elsewhere; a vague cell gets no number.
    """
    changes, filled = dict(moved), {}
    changed: dict[int, Number] = {}
    for cell, (coefficients, gap) in reversed(chosen):
        total = gap - sum(coefficients[other] * change for other, change in changed.items() if other in coefficients)
        own = coefficients[cell]
        change = changed[cell] = total * own if own in (1, -1) else Fraction(total, own)
        value = _whole((moved.get(cell, printed[cell]) or 0) + change)
        if value is None:
            return None
        changes[cell] = value
    for cell, terms in unknown.factors.items():
        if cell in unknown.vague:
            continue
        change = unknown.alone[cell]
        for other, amount in changed.items():
            change += terms.get(other, 0) * amount
        value = _whole((moved.get(cell, printed[cell]) or 0) + change)
        if value is None:
            return None
        changes[cell] = value
    for cell in [c for c in changes if printed[c] is None]:
        filled[cell] = changes.pop(cell)
    return Explanation(
        cost,
        {c: v for c, v in changes.items() if v != printed[c]},
        filled,
        pivots=(*unknowns, *chosen),
        checked=frozenset(cell for coefficients, _ in remaining for cell in coefficients),
    )


def _whole(value: Number) -> int | None:
    """A number that may stand in a cell: a non-negative integer."""
    return int(value) if value >= 0 and value == int(value) else None
