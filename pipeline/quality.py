"""How far a report can be taken as read: three shares and their product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pipeline import vocabulary
from pipeline.model import Fact, Flag

_BLANK = 0.5  # a blank cell is printed, and says nothing
_IDENTITIES = ("row_sum", "column_sum", "balance", "review_sum")


@dataclass(frozen=True, slots=True)
class Quality:
    """text: share of lines without a noise flag. arithmetic: share of the assessable identities that hold. cells:
    share of the template's cells that are printed, blank ones counting half. Each 0 to 1; 1 where nothing applies."""

    text: float
    arithmetic: float
    cells: float

    @property
    def product(self) -> float:
        return round(self.text * self.arithmetic * self.cells, 3)


def quality_of(n_lines: int, facts: Sequence[Fact], flags: Sequence[Flag]) -> Quality:
    """The quality of a report of `n_lines` lines with text, its facts and all of its flags."""
    return Quality(_text(n_lines, flags), _arithmetic(facts), _cells(facts))


def _text(n_lines: int, flags: Sequence[Flag]) -> float:
    kinds = vocabulary.flag_kinds()
    noisy = {
        (flag.page, flag.line, flag.excerpt if flag.line is None else None)
        for flag in flags
        if flag.kind in kinds and kinds[flag.kind].group == "noise"
    }
    return 1 - min(len(noisy), n_lines) / n_lines if n_lines else 1.0


def _arithmetic(facts: Sequence[Fact]) -> float:
    """By the contract a blank summand counts as 0; an identity without its right side or a cell says nothing."""
    by_key = {fact.key: fact for fact in facts}
    held = assessed = 0
    for template, table_id in sorted({(fact.template, fact.table_id) for fact in facts}):
        for equation in vocabulary.equations(template, table_id):
            left = [by_key.get((table_id, *key)) for key in equation.left]
            right = [by_key.get((table_id, *key)) for key in equation.right]
            sums = _sum(left, blank_counts=True), _sum(right, blank_counts=equation.kind == "balance")
            if sums[0] is None or sums[1] is None:
                continue
            assessed += 1
            held += sums[0] == sums[1]
    return held / assessed if assessed else 1.0


def _sum(cells: Sequence[Fact | None], blank_counts: bool) -> Decimal | None:
    total = Decimal(0)
    for cell in cells:
        if cell is None or (cell.status == "blank" and not blank_counts):
            return None
        if cell.status not in ("reported", "blank"):
            return None
        total += cell.value if cell.value is not None else 0
    return total


def _cells(facts: Sequence[Fact]) -> float:
    templates = sorted({fact.template for fact in facts})
    if not templates:
        return 1.0
    promised = sum(len(list(vocabulary.form(templates[-1], table_id).cells())) for table_id in vocabulary.TABLES)
    printed = sum(1.0 if f.status == "reported" else _BLANK if f.status == "blank" else 0.0 for f in facts)
    return min(1.0, printed / promised)
