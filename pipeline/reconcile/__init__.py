"""What the accounting identities prove that a wrong cell must have been: error localisation after Fellegi and Holt.

`value` never changes. `value_reconciled` is `value`, or the number that the rules of `pipeline.reconcile.diagnosis`
prove; for a cell without a number it is null unless

- two or more identities agree on it (also a blank that must be 0 because all around it add up without it), or
- it is the total of a sum whose summands are all printed, or a blank in a sum that holds without it, and nothing
  around it is broken.

What is explained but not proven (several explanations, or one whose errors might cancel) is listed in a flag on the
smallest part of the table that holds all explanations, ranked by `pipeline.reconcile.evidence`; ranking proves nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from pipeline import vocabulary
from pipeline.model import Fact, Flag
from pipeline.reconcile import evidence
from pipeline.reconcile.diagnosis import MOST_CELLS, Diagnosis, diagnose
from pipeline.reconcile.localise import Component, Explanation, components
from pipeline.vocabulary import Equation

Claims = Mapping[evidence.Cell, Collection[int]]
STRUCTURAL = frozenset({"shifted_row", "lost_cell", "missing_row", "duplicate_row"})


def reconcile(
    facts: Sequence[Fact], claims: Claims | None = None, source_format: str | None = None
) -> tuple[list[Fact], list[Flag]]:
    """The facts of one report, in their order, with `value_reconciled` set; and a flag for each number proven, each
    row put right and each break that stays undecided.

    `claims`: what the prose or the year before says of cells, for ranking only. `source_format`: the document's
    format, for the attribution.
    """
    proven: dict[evidence.Cell, int] = {}
    flags: list[Flag] = []
    for finding in findings(facts):
        proven |= {finding.key(cell): value for cell, value in finding.numbers().items()}
        flags.extend(_repairs(finding, source_format))
        if not finding.settled:
            flags.append(_undecided(finding, claims or {}, source_format))
    return [_reconciled(fact, proven.get(fact.key) if proven else None) for fact in facts], flags


def attribute(flags: Sequence[Flag], facts: Sequence[Fact], source_format: str | None = None) -> list[Flag]:
    """The flags, in their order, with attribution and reason on those that a broken identity raised.

    Flags of structure among them (a shifted row, a lost cell) count as evidence against the reading of their row.
    """
    kinds = vocabulary.flag_kinds()
    open_ones = {flag.kind for flag in flags if not flag.attribution and flag.kind in kinds}
    if not any(kinds[kind].group == "arithmetic" for kind in open_ones):
        return list(flags)
    doubted = {(flag.table_id, flag.row_id) for flag in flags if flag.kind in STRUCTURAL}
    found, by_key = findings(facts), {fact.key: fact for fact in facts}
    attributed = []
    for flag in flags:
        whose = None if flag.attribution else _attribution(flag, found, by_key, doubted, source_format)
        attributed.append(flag if whose is None else replace(flag, attribution=whose[0], attribution_reason=whose[1]))
    return attributed


def _attribution(
    flag: Flag,
    found: Sequence[Finding],
    facts: Mapping[evidence.Cell, Fact],
    doubted: Collection[tuple[str | None, str | None]],
    source_format: str | None,
) -> tuple[str, str] | None:
    """Whose fault an arithmetic flag is; None for other kinds of flag."""
    kind = vocabulary.flag_kinds().get(flag.kind)
    if kind is None or kind.group != "arithmetic":
        return None
    for finding in found:
        for equation in finding.component.equations:
            if (finding.table_id, equation.kind) == (flag.table_id, flag.kind) and equation.along in (
                flag.row_id,
                flag.column_id,
            ):
                return _whose(finding, _cells(finding, equation), source_format, doubted)
    if flag.kind == "narrative_mismatch":
        fact = facts.get((flag.table_id or "", flag.row_id or "", flag.column_id or ""))
        return evidence.attribution_of_mismatch(flag, fact, source_format)
    return "undecided", "two statements disagree, and neither is proven"


def _cells(finding: Finding, equation: Equation) -> list[int]:
    keys = {*equation.left, *equation.right}
    return [cell for cell, key in enumerate(finding.component.cells) if key in keys]


@dataclass(frozen=True, slots=True)
class Finding:
    """A component of identities of one table, its facts in the component's order, and its diagnosis."""

    table_id: str
    component: Component
    facts: tuple[Fact | None, ...]
    printed: tuple[int | None, ...]
    diagnosis: Diagnosis

    def key(self, cell: int) -> evidence.Cell:
        return (self.table_id, *self.component.cells[cell])

    def name(self, cell: int) -> str:
        return ".".join(self.component.cells[cell])

    @property
    def settled(self) -> bool:
        """Whether all identities hold, with the proven numbers for those printed or missing."""
        first = self.diagnosis.explanations[:1]
        return not self.diagnosis.broken or any(e.changes.items() <= self.diagnosis.proven.items() for e in first)

    def changes(self, explanation: Explanation) -> list[evidence.Change]:
        return [(self.key(c), self.printed[c] or 0, v) for c, v in sorted(explanation.changes.items())]

    def numbers(self) -> dict[int, int]:
        """The proven numbers, and the totals whose summands are all printed where nothing is broken."""
        totals = {} if self.diagnosis.broken else self.diagnosis.filled
        plain = {
            equation_total: totals[equation_total]
            for left, equation_total in self._sums()
            if equation_total in totals and all(_is_printed(self.facts[cell]) for cell in left)
        }
        return plain | self.diagnosis.proven

    def _sums(self) -> Iterator[tuple[list[int], int]]:
        for coefficients in self.component.coefficients:
            right = [cell for cell, coefficient in coefficients.items() if coefficient < 0]
            if len(right) == 1:
                yield [cell for cell, coefficient in coefficients.items() if coefficient > 0], right[0]


def findings(facts: Sequence[Fact]) -> list[Finding]:
    """The diagnosis of every group of identities that is broken or has cells without a number, in form order."""
    tables: dict[tuple[str, str], dict[tuple[str, str], Fact]] = {}
    for fact in facts:
        tables.setdefault((fact.template, fact.table_id), {})[fact.row_id, fact.column_id] = fact
    return [
        Finding(table_id, component, cells, printed, _diagnosis(template, table_id, number, printed, blank))
        for (template, table_id), table in tables.items()
        if template in vocabulary.TEMPLATES and table_id in vocabulary.TABLES
        for number, component in enumerate(components(template, table_id))
        for cells in [tuple(map(table.get, component.cells))]
        for printed, blank in [_numbers(component, cells)]
        if _is_open(component, printed, blank)
    ]


def _numbers(component: Component, cells: Sequence[Fact | None]) -> tuple[tuple[int | None, ...], frozenset[int]]:
    """The usable numbers, None for the others, and the blank summands, which count as 0. What stands as a total may
    not be 0 when blank; a number that is negative or no integer cannot be right."""
    printed: list[int | None] = []
    blank = []
    for cell, fact in enumerate(cells):
        number = None if fact is None or fact.value is None else _count(fact.value)
        if number is not None:
            printed.append(number)
        elif fact is not None and fact.status == "blank" and cell not in component.totals:
            printed.append(0)
            blank.append(cell)
        else:
            printed.append(None)
    return tuple(printed), frozenset(blank)


@lru_cache(maxsize=4096)
def _count(value: Decimal) -> int | None:
    """The number, if it may count something."""
    return int(value) if value >= 0 and value == int(value) else None


def _is_open(component: Component, printed: tuple[int | None, ...], blank: frozenset[int]) -> bool:
    """Whether there is anything to prove; a component of which nothing is printed proves nothing."""
    if None not in printed and not blank:
        return bool(component.gaps(enumerate(printed)))
    return any(value is not None for cell, value in enumerate(printed) if cell not in blank)


@lru_cache(maxsize=16)  # attribute() asks again what reconcile() has asked
def _diagnosis(
    template: str, table_id: str, number: int, printed: tuple[int | None, ...], blank: frozenset[int]
) -> Diagnosis:
    return diagnose(components(template, table_id)[number], printed, blank)


def _is_printed(fact: Fact | None) -> bool:
    return fact is not None and fact.status == "reported"


def _reconciled(fact: Fact, proven: int | None) -> Fact:
    if proven is None and fact.value_reconciled is fact.value:
        return fact
    value = fact.value if proven is None or fact.value == proven else Decimal(proven)
    return fact if fact.value_reconciled == value else replace(fact, value_reconciled=value)


def _repairs(finding: Finding, source_format: str | None) -> Iterator[Flag]:
    """A flag for each number that is not the printed one, and for the row that was put right."""
    explanations = finding.diagnosis.explanations
    if explanations and finding.settled and explanations[0].row_id is not None:
        yield _shifted_row(finding, explanations[0], source_format)
    for cell, value in sorted(finding.numbers().items()):
        fact = finding.facts[cell]
        if fact is None or fact.value == value or (fact.status == "blank" and value == 0):
            continue  # a blank for 0 is no news: blank_cell says it
        yield _repair(finding, cell, fact, value, source_format)


def _repair(finding: Finding, cell: int, fact: Fact, value: int, source_format: str | None) -> Flag:
    key = finding.component.cells[cell]
    kinds = ", ".join(f"{e.kind} of {e.along}" for e in finding.component.equations if key in (*e.left, *e.right))
    severity = vocabulary.flag_kinds()["reconciled"].severity
    if fact.value is None:
        severity = "info"
        message = f"the number of a {fact.status} cell follows from {kinds}: {value}"
    else:
        message = f"only with {value} for {_plain(fact.value)} all identities hold ({kinds})"
    whose = _whose(finding, [cell], source_format)
    if fact.status == "blank":
        whose = ("undecided", "the cell is empty; nothing tells whether the report left it so")
    return Flag(
        "reconciled",
        severity,
        message,
        *finding.key(cell),
        fact.page,
        fact.line,
        observed=_plain(fact.value),
        expected=str(value),
        suggestion=str(value),
        attribution=whose[0],
        attribution_reason=whose[1],
    )


def _shifted_row(finding: Finding, best: Explanation, source_format: str | None) -> Flag:
    row = [cell for cell, (row_id, _) in enumerate(finding.component.cells) if row_id == best.row_id]
    before = [finding.printed[cell] for cell in row]
    after = [best.value(cell, finding.printed) for cell in row]
    whose = _whose(finding, row, source_format)
    return Flag(
        "shifted_row",
        vocabulary.flag_kinds()["shifted_row"].severity,
        f"{best.move}; put back, all identities hold",
        finding.table_id,
        best.row_id,
        None,
        *_place(finding, row),
        observed=" ".join("" if value is None else str(value) for value in before),
        expected=" ".join("" if value is None else str(value) for value in after),
        suggestion=" ".join("" if value is None else str(value) for value in after),
        attribution=whose[0],
        attribution_reason=whose[1],
    )


def _undecided(finding: Finding, claims: Claims, source_format: str | None) -> Flag:
    """All explanations of a break, the likeliest first, on the part of the table that holds them."""
    diagnosis = finding.diagnosis
    ranked = sorted(
        diagnosis.explanations, key=lambda e: (*evidence.weight(finding.changes(e), claims), e.cost)
    )  # stable: form order among equals
    cells = {c for e in ranked for c in (*e.changes, *e.filled)}
    place = [finding.component.cells[cell] for cell in cells] or [
        key for e in finding.component.equations for key in (*e.left, *e.right)
    ]
    rows, columns = {row_id for row_id, _ in place}, {column_id for _, column_id in place}
    whose = _whose(finding, sorted(cells), source_format)
    return Flag(
        "reconcile_ties",
        vocabulary.flag_kinds()["reconcile_ties"].severity,
        _summary(diagnosis),
        finding.table_id,
        rows.pop() if len(rows) == 1 else None,
        columns.pop() if len(columns) == 1 else None,
        *_place(finding, sorted(cells)),
        suggestion=" | ".join(_words(finding, e) for e in ranked) or None,
        attribution=whose[0],
        attribution_reason=whose[1],
    )


def _summary(diagnosis: Diagnosis) -> str:
    number = len(diagnosis.explanations)
    if not number:
        return f"no explanation by a shift, a swap or up to {MOST_CELLS} changed cells was found in the search's bounds"
    if not diagnosis.complete:
        return f"undecided: {number} explanations were found before the search was broken off; there may be more"
    if number == 1:
        return "not proven: the one least explanation; it might hide more errors that cancel"
    return f"undecided: {number} explanations let every identity hold, the likeliest first"


def _words(finding: Finding, explanation: Explanation) -> str:
    parts = []
    for cell, value in sorted((explanation.changes | explanation.filled).items()):
        printed = finding.printed[cell]
        shape = evidence.digit_shape(printed, value) if printed is not None else None
        alike = f" ({shape})" if shape and explanation.move is None else ""
        parts.append(f"{finding.name(cell)} {'?' if printed is None else printed} → {value}{alike}")
    prefix = f"{explanation.move}: " if explanation.move else ""
    return prefix + ", ".join(parts)


def _whose(
    finding: Finding,
    cells: Collection[int],
    source_format: str | None,
    doubted: Collection[tuple[str | None, str | None]] = (),
) -> tuple[str, str]:
    """The attribution of what is wrong with `cells`, from the explanations that change one of them."""
    fitting = [e for e in finding.diagnosis.explanations if any(c in e.changes or c in e.filled for c in cells)]
    changed = [c for c in cells if any(c in e.changes for e in fitting)] or cells
    rows = {finding.component.cells[c][0] for c in changed}
    torn = any((finding.table_id, row_id) in doubted for row_id in rows) or any(
        fact is not None and fact.row_id in rows and fact.status in ("missing", "unreadable") for fact in finding.facts
    )
    proven = bool(fitting) and finding.settled
    return evidence.attribution(
        source_format,
        [change for change in finding.changes(fitting[0]) if change[0] in map(finding.key, cells)] if proven else (),
        proven=proven,
        moved=bool(fitting) and all(e.row_id is not None for e in fitting),
        torn=torn,
    )


def _place(finding: Finding, cells: Sequence[int]) -> tuple[int | None, int | None]:
    """Page and line of the first of the cells that has them."""
    found = [(fact.page, fact.line) for cell in cells if (fact := finding.facts[cell]) is not None]
    return next((place for place in found if any(place)), (None, None))


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"
