"""What is counted of each document read, and the shares and rates that follow from the counts."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from benchmarks.corpus import Drawn
from pipeline import vocabulary
from pipeline.model import Report
from tests.corpus import Key, Truth
from tests.corpus.score import Judged, Score, score

Flagged = tuple[str, Key]  # an identity: its kind, and the cell of its total, on which it is flagged
SUMS = ("row_sum", "column_sum", "balance", "review_sum")


@dataclass(slots=True)
class Tally:
    """Counts over documents; they add up.

    `nonzero`: cells that print a number other than 0. `wrong` are numbers that are not printed there, `silent` those of
    them without a warning; `lost` are printed numbers published as an absence, `lost_bare` those without a warning;
    `absence`: an absence of another kind than the document's. `sums_*`: broken identities and flags on identities.
    `astray` are cells not read as printed, `astray_warned` those with a warning. `calm_warned`: cells under a warning
    among the `calm` ones, cells of documents in which nothing is wrong. `repairs_due` are misprinted cells under an
    identity, `repairs_*` other numbers proven for printed ones, `filled_*` numbers proven for cells without one.
    """

    documents: int = 0
    failed: int = 0
    cells: int = 0
    right: int = 0
    nonzero: int = 0
    nonzero_right: int = 0
    wrong: int = 0
    silent: int = 0
    lost: int = 0
    lost_bare: int = 0
    absence: int = 0
    codes: int = 0
    years: int = 0
    publishers: int = 0
    templates: int = 0
    sums_broken: int = 0
    sums_flagged: int = 0
    sums_rightly: int = 0
    astray: int = 0
    astray_warned: int = 0
    calm: int = 0
    calm_warned: int = 0
    repairs_due: int = 0
    repairs_right: int = 0
    repairs_false: int = 0
    filled_right: int = 0
    filled_false: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Tally)))

    def to_dict(self) -> dict[str, int]:
        return asdict(self)

    @property
    def exact(self) -> float | None:
        """Percent of cells read as printed."""
        return percent(self.right, self.cells)

    @property
    def nonzero_exact(self) -> float | None:
        return percent(self.nonzero_right, self.nonzero)

    @property
    def silent_rate(self) -> float | None:
        """Wrong numbers without a warning, of 10,000 cells."""
        return 1e4 * self.silent / self.cells if self.cells else None


def percent(hits: int, of: int) -> float | None:
    return 100 * hits / of if of else None


def tally(drawn: Drawn, report: Report) -> tuple[Tally, Score]:
    """What one reading of one document counts for."""
    judged = score(drawn.truth, report)
    printed = [c for c in judged.cells if c.truth is not None and c.truth.status == "reported" and c.truth.value != 0]
    astray = [c for c in judged.cells if c.verdict != "right"]
    calm = judged.cells if drawn.difficulty == "clean" else ()
    due, assessable = broken_sums(drawn.truth)
    flagged = {
        (flag.kind, (flag.table_id or "", flag.row_id or "", flag.column_id or ""))
        for flag in report.flags
        if flag.kind in SUMS and flag.severity == "error"
    } & assessable
    misprinted = {key for misprint in drawn.truth.misprints for key in misprint.keys}
    repairs = _repairs(drawn.truth, report)
    return (
        Tally(
            documents=1,
            failed=int(not report.facts),
            cells=len(judged.cells),
            right=judged.exact,
            nonzero=len(printed),
            nonzero_right=_count(printed, "right"),
            wrong=_count(judged.cells, "wrong"),
            silent=len(judged.silent),
            lost=_count(judged.cells, "lost"),
            lost_bare=sum(c.verdict == "lost" and not c.flagged for c in judged.cells),
            absence=_count(judged.cells, "absence"),
            codes=int(judged.code),
            years=int(judged.year),
            publishers=int(judged.publisher),
            templates=int(judged.template),
            sums_broken=len(due),
            sums_flagged=len(flagged),
            sums_rightly=len(flagged & due),
            astray=len(astray),
            astray_warned=sum(c.flagged for c in astray),
            calm=len(calm),
            calm_warned=sum(c.flagged for c in calm),
            repairs_due=len(misprinted),
            repairs_right=repairs.count((True, True)),
            repairs_false=repairs.count((True, False)),
            filled_right=repairs.count((False, True)),
            filled_false=repairs.count((False, False)),
        ),
        judged,
    )


def _count(cells: Any, verdict: str) -> int:
    return sum(cell.verdict == verdict for cell in cells)


def broken_sums(truth: Truth) -> tuple[set[Flagged], set[Flagged]]:
    """The identities that break as printed, and all that a careful reader can assess."""
    due, assessable = set(), set()
    for table_id in vocabulary.TABLES:
        for equation in vocabulary.equations(truth.template, table_id):
            left, right = ([_said(truth, (table_id, *key)) for key in side] for side in (equation.left, equation.right))
            if None in left or None in right or any(blank for blank, _ in right):  # type: ignore[misc]
                continue
            flag = equation.kind, (table_id, *equation.right[0])
            assessable.add(flag)
            sums = [sum(value for _, value in side) for side in (left, right)]  # type: ignore[misc]
            if sums[0] != sums[1]:
                due.add(flag)
    return due, assessable


def _said(truth: Truth, key: Key) -> tuple[bool, Any] | None:
    """(whether blank, the number to add up) of a cell; None where the document leaves it open or lacks it."""
    said = truth.cells[key]
    if said.status == "blank" and said.settled:
        return True, 0
    return (False, said.value) if said.status == "reported" and said.settled else None


def _repairs(truth: Truth, report: Report) -> list[tuple[bool, bool]]:
    """Of each number proven for a cell that does not print it: whether it prints another, and whether it is right."""
    proven = [f for f in report.facts if f.value_reconciled is not None and f.value_reconciled != f.value]
    return [(f.value is not None, truth.meant.get(f.key) == f.value_reconciled) for f in proven]


def misses(drawn: Drawn, judged: Score) -> list[tuple[str, Judged]]:
    """Every cell that was not read as printed, with how to draw its document again."""
    return [(drawn.name, cell) for cell in judged.cells if cell.verdict != "right"]
