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


@dataclass(frozen=True, slots=True, eq=False)
class Component:
    """Identities that share cells, directly or through others, and their cells in the order of the identities."""

    equations: tuple[Equation, ...]
    cells: tuple[Key, ...]
    coefficients: tuple[dict[int, int], ...]
    totals: frozenset[int]  # cells that stand on some identity's right side
    standing: tuple[tuple[tuple[int, int], ...], ...]  # for each cell the identities it stands in, and its coefficient

    def gaps(self, numbers: Iterable[tuple[int, int | None]]) -> dict[int, int]:
        """The gaps that numbers in cells leave in the identities, by their place; all other cells are taken for 0."""
        gaps: dict[int, int] = {}
        for cell, value in numbers:
            if value:
                for number, coefficient in self.standing[cell]:
                    gaps[number] = gaps.get(number, 0) - coefficient * value
        return {number: gap for number, gap in gaps.items() if gap}


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
    edits: Sequence[Edit] = field(default=(), compare=False)  # on the printed cells …
    chosen: tuple[Pivot, ...] = field(default=(), compare=False)  # … how the changed ones follow from them …
    unknowns: Sequence[Pivot] = field(default=(), compare=False)  # … and the unknown ones

    def value(self, cell: int, printed: Sequence[int | None]) -> int | None:
        return self.changes.get(cell, self.filled.get(cell, printed[cell]))

    def unproven(self) -> frozenset[int]:
        """The cells whose number depends on a cell that no remaining edit checks: an error there would go unseen."""
        checked = still_checked(self.edits, self.chosen)
        sources = dependencies([*self.unknowns, *self.chosen])
        return frozenset(cell for cell, others in sources.items() if not others <= checked)

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
    standing = tuple(tuple((n, c[cell]) for n, c in enumerate(coefficients) if cell in c) for cell in range(len(cells)))
    return Component(part, cells, coefficients, frozenset(index[k] for e in part for k in e.right), standing)


def shortest(edits: Sequence[Edit], cell: int) -> Edit:
    """The edit that gives the change of `cell` when it may take any number: the first of the shortest."""
    found: Edit | None = None
    for edit in edits:
        if cell in edit[0] and (found is None or len(edit[0]) < len(found[0])):
            found = edit
    assert found is not None, cell
    return found


def eliminate(edits: Sequence[Edit], cell: int, pivot: Edit) -> list[Edit]:
    """The edits that remain when `cell` may take any number, which `pivot` gives."""
    own = pivot[0][cell]
    rest = []
    for edit in edits:
        coefficient = edit[0].get(cell)
        if coefficient is None:
            rest.append(edit)
        elif edit is not pivot:
            merged = _combine(edit, own, pivot, -coefficient)
            if merged[0] or merged[1]:
                rest.append(merged)
    return rest


def still_checked(edits: Sequence[Edit], chosen: Sequence[Pivot]) -> frozenset[int]:
    """The cells that edits still hold when the cells of these pivots have been eliminated in turn."""
    for cell, pivot in chosen:
        edits = eliminate(edits, cell, pivot)
    return frozenset(cell for coefficients, _ in edits for cell in coefficients)


def _combine(first: Edit, a: int, second: Edit, b: int) -> Edit:
    return combined(first[0], a, second[0], b), a * first[1] + b * second[1]


def combined(first: Mapping[int, int], a: int, second: Mapping[int, int], b: int) -> dict[int, int]:
    """a · first + b · second, without what cancels."""
    merged = dict(first) if a == 1 else {key: a * coefficient for key, coefficient in first.items()}
    for key, coefficient in second.items():
        total = merged.get(key, 0) + b * coefficient
        if total:
            merged[key] = total
        else:
            merged.pop(key, None)
    return merged


def changed_sets(
    edits: Sequence[Edit], most: int, effort: Effort, banned: frozenset[int] = frozenset()
) -> Iterator[tuple[Pivot, ...]]:
    """Every minimal set of at most `most` cells whose change settles all edits, each once, as its pivots. Signs are not
    looked at here. Stops silently when `effort` is exhausted: ask it afterwards."""
    if not effort.spend():
        return
    broken = [edit for edit in edits if edit[1]]
    if not broken:
        yield ()
        return
    if _least_number(broken) > most:
        return
    if most == 1:
        for cell in _single(edits, broken, banned):
            if not effort.spend():
                return
            yield ((cell, shortest(edits, cell)),)
        return
    narrow = min(broken, key=lambda edit: len(edit[0]))
    holding = [coefficients for coefficients, gap in edits if not gap]
    tried = set(banned)
    for cell in sorted(narrow[0].keys() - banned):
        if most == 2 and not _leaves_one(cell, broken, holding, tried):
            effort.spend()
            tried.add(cell)
            continue
        pivot = shortest(edits, cell)
        for pivots in changed_sets(eliminate(edits, cell, pivot), most - 1, effort, frozenset(tried)):
            yield (cell, pivot), *pivots
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


def _leaves_one(cell: int, broken: list[Edit], holding: list[dict[int, int]], banned: set[int]) -> bool:
    """Whether one more cell might settle what is left when `cell` may take any number: it must stand in each broken
    edit without `cell`, and in none that holds. So most cells are passed over without being eliminated."""
    others = [edit for edit in broken if cell not in edit[0]]
    return not others or any(
        all(cell in held for held in holding if other in held) for other in _shared(others) - banned
    )


def _single(edits: Sequence[Edit], broken: list[Edit], banned: frozenset[int]) -> Iterator[int]:
    """The cells whose change alone closes every gap and opens none."""
    for cell in sorted(_shared(broken) - banned):
        coefficients, gap = broken[0]
        change, rest = divmod(gap, coefficients[cell])
        if rest or any(coefficients[cell] * change != gap for coefficients, gap in broken):
            continue
        if sum(cell in coefficients for coefficients, _ in edits) == len(broken):
            yield cell


def _shared(edits: Sequence[Edit]) -> set[int]:
    """The cells that stand in all of these edits."""
    shared = set(edits[0][0])
    for coefficients, _ in edits[1:]:
        shared &= coefficients.keys()
        if not shared:
            break
    return shared


@dataclass(frozen=True, slots=True)
class Follows:
    """Eliminated cells as what follows from the others: the change of each when nothing else changes (`alone`), what a
    change of another cell adds to it (`factors`), and those of which no edit gives a number (`vague`)."""

    alone: dict[int, Number]
    factors: dict[int, dict[int, Number]]
    vague: frozenset[int] = frozenset()


def follows(pivots: Sequence[Pivot], loose: frozenset[int] = frozenset()) -> Follows:
    """What the pivots of `implied` or `changed_sets` say of their cells, all pivots put in; a cell that depends on a
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
    edits: Sequence[Edit],
    chosen: tuple[Pivot, ...],
    cost: int,
) -> Explanation | None:
    """What a settled system says: the new numbers; None when one would be negative or no integer.

    `unknown` is what the pivots `unknowns` say, `chosen` are those of the cells changed to settle `edits`. `moved`
    holds numbers that a move has put elsewhere; a vague cell gets no number.
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
        edits=edits,
        chosen=chosen,
        unknowns=unknowns,
    )


def _whole(value: Number) -> int | None:
    """A number that may stand in a cell: a non-negative integer."""
    return int(value) if value >= 0 and value == int(value) else None
