"""The identities of the forms over facts: three verdicts, with the cells on each side as evidence. Edits no value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from pipeline import vocabulary
from pipeline.model import Fact, Flag
from pipeline.vocabulary import Equation, Key


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an identity says of a table. `left` and `right` are its sums; None where it is not assessable."""

    table_id: str
    equation: Equation
    state: str  # holds | broken | not_assessable
    left: Decimal | None = None
    right: Decimal | None = None


def assess(table_id: str, equation: Equation, cells: Mapping[Key, Fact]) -> Verdict:
    """The verdict of one identity. A blank summand counts as 0; an identity that lacks any cell, or whose total (its
    right side) is blank, is not assessable: it neither holds nor breaks (the contract's rule)."""
    for side, keys in (("left", equation.left), ("right", equation.right)):
        for key in keys:
            fact = cells.get(key)
            if fact is None or fact.status in ("missing", "unreadable") or (side == "right" and fact.status == "blank"):
                return Verdict(table_id, equation, "not_assessable")
    left = _sum(equation.left, cells)
    right = _sum(equation.right, cells)
    return Verdict(table_id, equation, "holds" if left == right else "broken", left, right)


def _sum(keys: Sequence[Key], cells: Mapping[Key, Fact]) -> Decimal:
    return sum((value for key in keys if (value := cells[key].value) is not None), Decimal(0))


def verdicts(facts: Sequence[Fact]) -> list[Verdict]:
    """The verdict of every identity of every table among the facts of one report."""
    tables: dict[tuple[str, str], dict[Key, Fact]] = {}
    for fact in facts:
        tables.setdefault((fact.template, fact.table_id), {})[fact.row_id, fact.column_id] = fact
    return [
        assess(table_id, equation, cells)
        for (template, table_id), cells in tables.items()
        for equation in vocabulary.equations(template, table_id)
    ]


def check(facts: Sequence[Fact]) -> tuple[list[Fact], list[Flag]]:
    """The facts with `verified` set (reported, and in two or more identities that hold), and a flag for each break."""
    found = verdicts(facts)
    held = Counter(
        (verdict.table_id, *key)
        for verdict in found
        if verdict.state == "holds"
        for key in (*verdict.equation.left, *verdict.equation.right)
    )
    checked = [
        replace(fact, verified=True) if fact.status == "reported" and held[fact.key] >= 2 else fact for fact in facts
    ]
    by_key = {fact.key: fact for fact in facts}
    return checked, [_flag(verdict, by_key) for verdict in found if verdict.state == "broken"]


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


def suspects(facts: Sequence[Fact]) -> list[Flag]:
    """Warnings on every cell that may be the wrong one of a broken identity that no proven repair explains.

    The break itself is flagged at the identity's total; the fault may lie in any of its cells, and none of them may be
    published without a doubt. A row or column identity marks its row or column, a balance its four cells.
    """
    by_key = {fact.key: fact for fact in facts}
    flags = []
    for verdict in verdicts(facts):
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
