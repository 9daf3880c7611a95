"""What a report says again of the year before, against what that year's report said: successions.csv over two cards.

A blank counts as 0, but for a total and for what goes on from year to year; a cell that is missing or unreadable is not
compared. Both are doubted for themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from pipeline import vocabulary
from pipeline.compare.cards import Card, Cell, Key, plain
from pipeline.model import Flag
from pipeline.reconcile import evidence

_NEVER_BLANK = frozenset({"total", "previous_items", "in_force"})
Place = tuple[str, Flag]  # report_id, the flag on it


@dataclass(frozen=True, slots=True)
class Succession:
    """`target` of one year is the sum of `before`, cells of the year before, and of `now`, each with its sign."""

    kind: str
    target: Key
    before: tuple[tuple[int, Key], ...]
    now: tuple[tuple[int, Key], ...]
    gloss: str


@dataclass(frozen=True, slots=True)
class _Sum:
    """What a report on the year before makes of a target: as published, and with what is proven or corrected."""

    card: Card
    value: Decimal
    best: Decimal
    cells: dict[Key, Cell]  # the summands of that report
    verified: bool


@cache
def successions(template: str) -> tuple[Succession, ...]:
    """Every succession whose target the forms of this template have."""
    found = []
    for line in vocabulary.read("successions.csv"):
        for row_id, column_id in vocabulary.form(template, line["table_id"]).cells():
            if line["row"] in (row_id, "*") and line["column"] in (column_id, "*"):
                target = (line["table_id"], row_id, column_id)
                before, now = _terms(line["before"], target), _terms(line["now"], target)
                found.append(Succession(line["kind"], target, before, now, line["gloss"]))
    return tuple(found)


def _terms(text: str, target: Key) -> tuple[tuple[int, Key], ...]:
    """`carried_out.* -*.repealed` at a target: its cells with their signs; `*` is the target's own row or column."""
    table_id, row_id, column_id = target
    found = []
    for term in text.split():
        row, column = term.removeprefix("-").split(".")
        key = (table_id, row_id if row == "*" else row, column_id if column == "*" else column)
        found.append((-1 if term.startswith("-") else 1, key))
    return tuple(found)


def breaks(before: Sequence[Card], cards: Sequence[Card]) -> Iterator[Place]:
    """The flags where reports on one year do not go on from those on the year before, of which one that agrees will do.

    They stand on this year's cell, and on the cells of the year before that no two identities prove, since the fault
    may be theirs.
    """
    earlier = [(other, other.cells()) for other in before]
    for card in cards:
        now = card.cells()
        for rule in dict.fromkeys(rule for template in card.templates for rule in successions(template)):
            target = now.get(rule.target)
            said = None if target is None else _counted(rule.target, target)
            own = _sum(card, now, rule.now)
            if target is None or said is None or own is None:
                continue
            sums = [s for other, cells in earlier if (s := _sum(other, cells, rule.before)) is not None]
            if sums and all(s.value + own.value != said[0] for s in sums):
                yield from _flags(_Break(rule, card, target, said, own, sums))


def _counted(key: Key, cell: Cell) -> tuple[Decimal, Decimal] | None:
    """The number that a cell counts for: as published, and the best known; None where it is not to be compared."""
    value = Decimal(0) if cell.blank and not _NEVER_BLANK & set(key) else cell.value
    if value is None:
        return None
    return value, value if cell.best is None else cell.best


def _sum(card: Card, cells: dict[Key, Cell], terms: Sequence[tuple[int, Key]]) -> _Sum | None:
    value = best = Decimal(0)
    summands = {}
    for sign, key in terms:
        counted = _counted(key, cells[key]) if key in cells else None
        if counted is None:
            return None
        summands[key] = cells[key]
        value, best = value + sign * counted[0], best + sign * counted[1]
    return _Sum(card, value, best, summands, all(cell.verified for cell in summands.values()))


@dataclass(frozen=True, slots=True)
class _Break:
    """A target that says another number, `said` (as published, best known), than all of `sums` with `own`."""

    rule: Succession
    card: Card
    target: Cell
    said: tuple[Decimal, Decimal]
    own: _Sum
    sums: Sequence[_Sum]

    @property
    def explained(self) -> _Sum | None:
        """The sum that agrees with what is proven or corrected; the faulty cell has a warning of its own then."""
        return next((s for s in self.sums if s.best + self.own.best == self.said[1]), None)

    @property
    def observed(self) -> str:
        return _printed(self.target)


def _flags(found: _Break) -> Iterator[Place]:
    rule, card, first = found.rule, found.card, found.explained or found.sums[0]
    severity = "info" if found.explained else vocabulary.flag_kinds()[rule.kind].severity
    expected = " or ".join(dict.fromkeys(plain(s.value + found.own.value) for s in found.sums))
    proven = len(found.sums) == 1 and first.verified and not found.target.verified
    whose, why = _whose(found, first)
    yield (
        card.report_id,
        Flag(
            rule.kind,
            severity,
            f"{rule.gloss}: {expected} by the report on {card.year - 1} ({first.card.report_id}), {found.observed} here"
            + ("; with what is proven or corrected they agree" if found.explained else ""),
            *rule.target,
            observed=found.observed,
            expected=expected,
            suggestion=expected if proven else None,
            attribution=whose,
            attribution_reason=why,
        ),
    )
    if severity == "info":
        return
    for earlier in found.sums:
        message = (
            f"the report on {card.year} ({card.report_id}) begins with {found.observed} "
            f"where this one leads to {plain(earlier.value + found.own.value)}"
        )
        for key, cell in earlier.cells.items():
            if not cell.verified:
                said = _printed(cell)
                doubt = Flag(
                    rule.kind, severity, message, *key, observed=said, attribution=whose, attribution_reason=why
                )
                yield earlier.card.report_id, doubt


def _whose(found: _Break, other: _Sum) -> tuple[str, str]:
    """Whose fault it is that two years do not go together, and the reason."""
    card, target = found.card, found.target
    if found.explained:
        source_format, key, printed, best = _mended(found, other)
        change = (key, int(printed), int(best))
        whose, why = evidence.attribution(source_format, [change], proven=True, moved=False, torn=False)
        return whose, f"with {plain(best)} for {plain(printed)}, which is proven or corrected, they agree; {why}"
    if target.verified and other.verified:
        return "source", "each number fits the sums of its own table: the two reports are at odds"
    if {card.format, other.card.format} <= evidence.TEXT_LAYER:
        return "source", "the numbers stand as text in both files: the two reports are at odds"
    expected = other.value + found.own.value
    if target.verified != other.verified and len(other.cells) == 1:
        (right, wrong) = (found.said[0], expected) if target.verified else (expected, found.said[0])
        suspect = other.card.format if target.verified else card.format
        alike = evidence.digit_shape(int(wrong), int(right)) if suspect not in evidence.TEXT_LAYER else None
        if alike:
            return "ocr", f"one number is proven by its own table, and the other is like a misreading of it ({alike})"
    return "undecided", "two reports disagree, and neither number is proven"


def _mended(found: _Break, other: _Sum) -> tuple[str | None, Key, Decimal, Decimal]:
    """(format, cell, printed, best) of the number whose mending makes the two years agree."""
    if found.said[0] != found.said[1]:
        return found.card.format, found.rule.target, *found.said
    for s in (other, found.own):
        for key, cell in s.cells.items():
            if cell.best is not None and cell.best != (cell.value or 0):
                return s.card.format, key, cell.value or Decimal(0), cell.best
    raise AssertionError("two sums that differ as published and agree at best have a cell that differs from itself")


def _printed(cell: Cell) -> str:
    return "blank" if cell.value is None else plain(cell.value)
