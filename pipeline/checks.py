"""The identities of the forms over facts: three verdicts, with the cells on each side as evidence. Edits no value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import cache
from operator import attrgetter, itemgetter

from pipeline import vocabulary
from pipeline.model import Fact, Flag
from pipeline.vocabulary import Equation, Key

_ZERO = Decimal(0)
_FIELDS = [field.name for field in fields(Fact)]
_VERIFIED = _FIELDS.index("verified")
_values = attrgetter(*_FIELDS)
_Sum = Callable[[Mapping[Key, Decimal]], Decimal | None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an identity says of a table. `left` and `right` are its sums; None where it is not assessable."""

    table_id: str
    equation: Equation
    state: str  # holds | broken | not_assessable
    left: Decimal | None = None
    right: Decimal | None = None


def verdicts(facts: Sequence[Fact]) -> list[Verdict]:
    """The verdict of every identity of every table among the facts of one report. A blank summand counts as 0; an
    identity that lacks any cell, or whose total (its right side) is blank, is not assessable: it neither holds nor
    breaks (the contract's rule)."""
    tables: dict[tuple[str, str], tuple[dict[Key, Decimal], dict[Key, Decimal]]] = {}
    for fact in facts:
        table = tables.get((fact.template, fact.table_id))
        if table is None:
            table = tables[fact.template, fact.table_id] = ({}, {})
        summands, totals = table
        if fact.status == "reported" and fact.value is not None:
            summands[fact.row_id, fact.column_id] = totals[fact.row_id, fact.column_id] = fact.value
        elif fact.status == "blank":
            summands[fact.row_id, fact.column_id] = _ZERO
    return [
        _verdict(table_id, equation, left(summands), right(totals))
        for (template, table_id), (summands, totals) in tables.items()
        for equation, left, right in _sums(template, table_id)
    ]


def _verdict(table_id: str, equation: Equation, left: Decimal | None, right: Decimal | None) -> Verdict:
    if left is None or right is None:
        return Verdict(table_id, equation, "not_assessable")
    return Verdict(table_id, equation, "holds" if left == right else "broken", left, right)


@cache
def _sums(template: str, table_id: str) -> tuple[tuple[Equation, _Sum, _Sum], ...]:
    """The identities of a table, each with what sums its two sides."""
    return tuple((e, _sum_of(e.left), _sum_of(e.right)) for e in vocabulary.equations(template, table_id))


def _sum_of(keys: Sequence[Key]) -> _Sum:
    """What sums the numbers of these cells; None where one lacks."""
    taken = itemgetter(*keys, keys[0])  # one key more, as of one alone it would give no tuple

    def sum_of(numbers: Mapping[Key, Decimal]) -> Decimal | None:
        try:
            return sum(taken(numbers)[:-1], _ZERO)
        except KeyError:
            return None

    return sum_of


def check(facts: Sequence[Fact], found: Sequence[Verdict] | None = None) -> tuple[list[Fact], list[Flag]]:
    """The facts with `verified` set (reported, and in two or more identities that hold), and a flag for each break.

    `found` are the facts' `verdicts`, where they are known; here and elsewhere.
    """
    found = verdicts(facts) if found is None else found
    held: dict[str, Counter[Key]] = {fact.table_id: Counter() for fact in facts}
    for verdict in found:
        if verdict.state == "holds":
            held[verdict.table_id].update(verdict.equation.left)
            held[verdict.table_id].update(verdict.equation.right)
    checked = [
        _verified(fact) if fact.status == "reported" and held[fact.table_id][fact.row_id, fact.column_id] >= 2 else fact
        for fact in facts
    ]
    broken = [verdict for verdict in found if verdict.state == "broken"]
    by_key = {fact.key: fact for fact in facts} if broken else {}
    return checked, [_flag(verdict, by_key) for verdict in broken]


def _verified(fact: Fact) -> Fact:
    """`replace(fact, verified=True)` in half its time: most facts of every report pass here."""
    values = list(_values(fact))
    values[_VERIFIED] = True
    return Fact(*values)


def _flag(verdict: Verdict, facts: Mapping[tuple[str, str, str], Fact]) -> Flag:
    equation = verdict.equation
    row_id, column_id = equation.right[0]
    fact = facts[verdict.table_id, row_id, column_id]
    kind = vocabulary.flag_kinds()[equation.kind]
    return Flag(
        equation.kind,
        kind.severity,
        f"{kind.gloss} ({equation.along}): {_plain(verdict.left)} against {_plain(verdict.right)}",
        verdict.table_id,
        row_id,
        column_id,
        fact.page,
        fact.line,
        observed=_plain(verdict.right),
        expected=_plain(verdict.left),
    )


def _plain(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"


def suspects(facts: Sequence[Fact], found: Sequence[Verdict] | None = None) -> list[Flag]:
    """Warnings on every cell that may be the wrong one of a broken identity that no proven repair explains.

    The break itself is flagged at the identity's total; the fault may lie in any of its cells, and none of them may be
    published without a doubt. A row or column identity marks its row or column, a balance its four cells.
    """
    by_key = {fact.key: fact for fact in facts}
    flags = []
    for verdict in verdicts(facts) if found is None else found:
        if verdict.state != "broken":
            continue
        equation, table_id = verdict.equation, verdict.table_id
        cells = (*equation.left, *equation.right)
        if any(_repaired(by_key[(table_id, *key)]) for key in cells):
            continue
        message = "an identity of this cell is broken, and which of its cells is wrong is not settled"
        if equation.kind in ("row_sum", "review_sum"):
            flags.append(Flag(equation.kind, "warning", message, table_id, equation.along))
        elif equation.kind == "column_sum":
            flags.append(Flag(equation.kind, "warning", message, table_id, None, equation.along))
        else:
            flags.extend(
                Flag(equation.kind, "warning", message, table_id, *key) for key in cells if key != equation.right[0]
            )
    return flags


def _repaired(fact: Fact) -> bool:
    return fact.value_reconciled is not None and fact.value_reconciled != fact.value
