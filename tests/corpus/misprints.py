"""Arithmetic errors of known kind in lawful figures: what a hurried publisher prints."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from random import Random

from tests.corpus.truth import Key, Misprint, plain

Figures = dict[Key, Decimal]
Edit = tuple[Key, Decimal]


def misprint(rng: Random, figures: Figures, count: int) -> tuple[Figures, tuple[Misprint, ...]]:
    """The figures with `count` errors (fewer where a kind finds no cell), and what each of them was meant to be."""
    printed = dict(figures)
    found: list[Misprint] = []
    touched: set[Key] = set()
    for _ in range(count):
        kind = rng.choice(list(KINDS))
        edits = [edit for edit in KINDS[kind](rng, printed) if edit[1] != printed[edit[0]]]
        keys = tuple(key for key, _ in edits)
        if not edits or touched & set(keys):
            continue
        touched |= set(keys)
        found.append(Misprint(kind, keys, tuple(printed[k] for k in keys), tuple(value for _, value in edits)))
        printed.update(edits)
    return printed, tuple(found)


def _cells(figures: Figures, *, totals: bool) -> list[Key]:
    """The cells under an identity: those that make a total, or the totals."""
    return [
        key for key in figures if key[0] != "proactive" and (key[2] == "total" or key[1] == "total_processed") == totals
    ]


def _nudge(rng: Random, value: Decimal) -> Decimal:
    step = rng.choice([1, 1, 2, 3, 5, 10, rng.randint(1, 90)])
    return value - step if value >= step and rng.random() < 0.5 else value + step


def _one_cell(rng: Random, figures: Figures) -> list[Edit]:
    key = rng.choice(_cells(figures, totals=False))
    return [(key, _nudge(rng, figures[key]))]


def _one_total(rng: Random, figures: Figures) -> list[Edit]:
    key = rng.choice(_cells(figures, totals=True))
    return [(key, _nudge(rng, figures[key]))]


def _cell_and_total(rng: Random, figures: Figures) -> list[Edit]:
    key = rng.choice(_cells(figures, totals=False))
    wrong = _nudge(rng, figures[key])
    total = (key[0], key[1], "total")
    return [(key, wrong), (total, figures[total] + wrong - figures[key])]


def _zeroed_total(rng: Random, figures: Figures) -> list[Edit]:
    keys = [key for key in _cells(figures, totals=True) if figures[key]]
    return [(rng.choice(keys), Decimal(0))] if keys else []


def _digits(edit: Callable[[Random, str], str]) -> Callable[[Random, Figures], list[Edit]]:
    def apply(rng: Random, figures: Figures) -> list[Edit]:
        keys = [key for key in figures if key[0] != "proactive" and figures[key] >= 10]
        if not keys:
            return []
        key = rng.choice(keys)
        return [(key, Decimal(edit(rng, plain(figures[key]))))]

    return apply


def _swap(rng: Random, digits: str) -> str:
    i = rng.randrange(len(digits) - 1)
    return str(int(digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :]))


def _lose(rng: Random, digits: str) -> str:
    i = rng.randrange(len(digits))
    return str(int(digits[:i] + digits[i + 1 :]))


def _double(rng: Random, digits: str) -> str:
    i = rng.randrange(len(digits))
    return digits[:i] + digits[i] + digits[i:]


KINDS: dict[str, Callable[[Random, Figures], list[Edit]]] = {
    "cell": _one_cell,
    "total": _one_total,
    "cell_and_total": _cell_and_total,
    "zeroed_total": _zeroed_total,
    "digits_swapped": _digits(_swap),
    "digit_lost": _digits(_lose),
    "digit_doubled": _digits(_double),
}
