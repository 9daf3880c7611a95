"""Several readings of a recognised cell → one: the accounting identities choose, and only among what was seen.

An integer grid with 37 equations is an error-correcting code. Where an identity is broken, or cannot be assessed since
a cell is no number, the other readings of its doubtful cells are tried, fewest changes first. A choice stands only if
it is the only one of its size and every identity of each changed cell holds with it. What no reading supports stays as
it was read, with its doubt.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations, product

from pipeline import vocabulary
from pipeline.model import Fact, Flag, Reading, TableReading
from pipeline.numerals import read_numeral
from pipeline.vocabulary import Equation, Key

SURE = 0.9
"""The confidence below which a recognised cell bears a flag. On 20,000 scanned numbers none above it was wrong."""

_MOST_CHANGES = 3
_MOST_TRIALS = 20_000

Numbers = Mapping[Key, Decimal | None]  # None for what is no number


@dataclass(frozen=True, slots=True)
class _Choice:
    """Another reading of a cell, and the number that it is."""

    text: str
    value: Decimal


def choose(tables: Sequence[TableReading]) -> tuple[list[TableReading], list[Flag]]:
    """The tables with the readings that their identities choose, and a flag on each cell so read."""
    settled, flags = [], []
    for table in tables:
        changes = _changes(table)
        cells = dict(table.cells)
        for key, choice in sorted(changes.items()):
            reading = cells[key]
            cells[key] = replace(reading, text=choice.text)
            message = "of several readings of the picture, the one with which the sums hold"
            flags.append(_flag("reading_chosen", "warning", message, table, key, reading, choice.text))
        settled.append(replace(table, cells=cells))
    return settled, flags


def low_confidence(tables: Sequence[TableReading], facts: Sequence[Fact]) -> list[Flag]:
    """A flag on each cell that the recogniser was unsure of; for information only where two identities prove it."""
    verified = {fact.key for fact in facts if fact.verified}
    flags = []
    for table in tables:
        for key, reading in table.cells.items():
            if reading.text is None or reading.confidence is None or reading.confidence >= SURE:
                continue
            severity = "info" if (table.table_id, *key) in verified else "warning"
            message = f"recognised with a confidence of {reading.confidence:.2f} only"
            flags.append(_flag("low_confidence", severity, message, table, key, reading, None))
    return flags


def _flag(
    kind: str, severity: str, message: str, table: TableReading, key: Key, reading: Reading, chosen: str | None
) -> Flag:
    others = " | ".join(reading.alternatives) or None
    place = (table.table_id, *key, reading.page, reading.line)
    return Flag(kind, severity, message, *place, observed=reading.text, expected=chosen, suggestion=others)


def _changes(table: TableReading) -> dict[Key, _Choice]:
    """The readings to take instead of the likeliest ones."""
    equations = vocabulary.equations(table.template, table.table_id)
    if not equations or not any(reading.alternatives for reading in table.cells.values()):
        return {}
    numbers: dict[Key, Decimal | None] = {key: _number(reading) for key, reading in table.cells.items()}
    options = {key: found for key, reading in table.cells.items() if (found := _options(reading))}
    changes: dict[Key, _Choice] = {}
    while solved := _solved_alone(equations, numbers, options, changes.keys()):
        changes |= solved
        numbers |= {key: choice.value for key, choice in solved.items()}
    for open_cells in _groups(equations, numbers, options):
        solved = _solved(open_cells, equations, numbers, options)
        changes |= solved
        numbers |= {key: choice.value for key, choice in solved.items()}
    return changes


def _solved_alone(
    equations: Sequence[Equation],
    numbers: Numbers,
    options: Mapping[Key, Sequence[_Choice]],
    settled: Collection[Key],
) -> dict[Key, _Choice]:
    """The first identity that its own doubtful cells alone can mend, in one way with the fewest changes; a bad page has
    too many of them to be tried all together."""
    for equation in equations:
        if _holds(equation, numbers) is True:
            continue
        mine = sorted(key for key in {*equation.left, *equation.right} if key in options and key not in settled)
        solved = _solved(mine, equations, numbers, options, within=(equation,)) if mine else {}
        if solved:
            return solved
    return {}


def _number(reading: Reading) -> Decimal | None:
    """The number of a cell as read; 0 for a blank, which an identity counts so."""
    if reading.text is None or reading.unsettled:
        return None
    return _value(reading.text)


def _value(text: str) -> Decimal | None:
    numeral = read_numeral(text)
    if numeral.status == "blank":
        return Decimal(0)
    if any(kind == "implausible" for kind, _, _ in numeral.doubts):
        return None  # a count with a fraction, a negative one: no reading of a count
    return numeral.value


def _options(reading: Reading) -> list[_Choice]:
    if reading.unsettled or reading.text is None:
        return []
    own = _number(reading)
    found: dict[Decimal, _Choice] = {}
    for text in reading.alternatives:
        value = _value(text)
        if value is not None and value != own and text.strip():
            found.setdefault(value, _Choice(text, value))
    return list(found.values())


def _groups(
    equations: Sequence[Equation], numbers: Numbers, options: Mapping[Key, Sequence[_Choice]]
) -> Iterator[list[Key]]:
    """The doubtful cells of identities that do not hold, those together that share one."""
    unsolved = [equation for equation in equations if _holds(equation, numbers) is not True]
    groups: list[set[Key]] = []
    for equation in unsolved:
        mine = {key for key in (*equation.left, *equation.right) if key in options}
        if not mine:
            continue
        apart = [group for group in groups if not group & mine]
        groups = [*apart, mine.union(*(group for group in groups if group & mine))]
    for group in groups:
        yield sorted(group)


def _holds(equation: Equation, numbers: Numbers) -> bool | None:
    """Whether an identity holds; None where a number lacks."""
    left = [numbers.get(key) for key in equation.left]
    right = [numbers.get(key) for key in equation.right]
    if None in left or None in right:
        return None
    return sum(value for value in left if value is not None) == sum(value for value in right if value is not None)


def _solved(
    open_cells: Sequence[Key],
    equations: Sequence[Equation],
    numbers: Numbers,
    options: Mapping[Key, Sequence[_Choice]],
    within: Sequence[Equation] | None = None,
) -> dict[Key, _Choice]:
    """The fewest changes that mend what is broken: those that leave fewest identities unsolved (all that the cells
    stand in, or those `within`), if they are unique."""
    touching = {key: [e for e in equations if key in e.left or key in e.right] for key in open_cells}
    counted = within if within is not None else list(dict.fromkeys(e for key in open_cells for e in touching[key]))
    before = _unsolved(counted, numbers)
    best: tuple[int, list[dict[Key, _Choice]]] = (before, [])
    trials = 0
    for size in range(1, min(_MOST_CHANGES, len(open_cells)) + 1):
        for cells in combinations(open_cells, size):
            for choices in product(*(options[key] for key in cells)):
                trials += 1
                if trials > _MOST_TRIALS:
                    return {}
                trial = {**numbers, **{key: choice.value for key, choice in zip(cells, choices, strict=True)}}
                if not all(_is_proven(key, touching, trial) for key in cells):
                    continue
                left = _unsolved(counted, trial)
                if left < best[0]:
                    best = (left, [])
                if left == best[0] < before and (not best[1] or len(best[1][0]) == size):
                    best[1].append(dict(zip(cells, choices, strict=True)))
        if best[0] == 0:
            break
    return best[1][0] if len(best[1]) == 1 else {}


def _unsolved(equations: Sequence[Equation], numbers: Numbers) -> int:
    return sum(_holds(equation, numbers) is not True for equation in equations)


def _is_proven(key: Key, touching: Mapping[Key, Sequence[Equation]], numbers: Numbers) -> bool:
    """Whether every identity of a cell that can be assessed holds, and one at least does."""
    verdicts = [_holds(equation, numbers) for equation in touching[key]]
    return True in verdicts and False not in verdicts
