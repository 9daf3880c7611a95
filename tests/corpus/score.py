"""Holds a report that the pipeline read against the truth of its document, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from pipeline.model import Fact, Flag, Report
from tests.corpus.truth import Key, Said, Truth

# right       the number, or the kind of absence, that the document prints (or either, where it leaves it unsettled)
# wrong       a number that the document does not print there
# lost        no number where the document prints one
# absence     an absence of another kind than the document's: blank for missing, …
VERDICTS = ("right", "wrong", "lost", "absence")


@dataclass(frozen=True, slots=True)
class Judged:
    """One cell: what the document says, what was read, and whether a warning or an error stands on it."""

    key: Key
    truth: Said | None  # None for a cell that the document's form does not have
    got: Fact | None
    verdict: str
    flagged: bool

    @property
    def silent(self) -> bool:
        """The one unforgivable fault: a wrong number without a warning."""
        return self.verdict == "wrong" and not self.flagged

    def told(self) -> str:
        truth = "no such cell" if self.truth is None else _show(self.truth.status, self.truth.value)
        if self.truth is not None and not self.truth.settled:
            truth += " or absent"
        got = "no fact" if self.got is None else _show(self.got.status, self.got.value)
        raw = "" if self.got is None or self.got.value_raw is None else f" ({self.got.value_raw!r})"
        return f"{'/'.join(self.key)}: got {got}{raw}, truth {truth}"


@dataclass(frozen=True, slots=True)
class Score:
    """All cells of one document, and whether its code, year, publisher, kind and template were recognised."""

    cells: tuple[Judged, ...]
    code: bool
    year: bool
    publisher: bool
    publisher_kind: bool
    template: bool

    @property
    def exact(self) -> int:
        return sum(cell.verdict == "right" for cell in self.cells)

    @property
    def silent(self) -> list[Judged]:
        return [cell for cell in self.cells if cell.silent]


def score(truth: Truth, report: Report) -> Score:
    facts = {fact.key: fact for fact in report.facts}
    doubts = [flag for flag in report.flags if flag.severity in ("warning", "error") and flag.table_id is not None]
    cells = [_judge(key, said, facts.get(key), doubts) for key, said in truth.cells.items()]
    cells += [
        _judge(key, None, fact, doubts)
        for key, fact in facts.items()
        if key not in truth.cells and fact.status == "reported"
    ]
    identity = report.identity
    return Score(
        tuple(cells),
        identity.jurisdiction_code == truth.code,
        identity.year == truth.year,
        identity.publisher in (truth.publisher, *truth.publisher_also),
        identity.publisher_kind == truth.publisher_kind,
        report.template == truth.template,
    )


def _judge(key: Key, said: Said | None, got: Fact | None, doubts: list[Flag]) -> Judged:
    return Judged(key, said, got, _verdict(said, got), any(_touches(flag, key) for flag in doubts))


def _verdict(said: Said | None, got: Fact | None) -> str:
    status = "missing" if got is None else got.status
    if status == "reported":
        assert got is not None
        printed = None if said is None or said.status != "reported" else said.value
        return "right" if printed is not None and got.value == printed else "wrong"
    if said is None or not said.settled or said.status in (status, "absent"):
        return "right"
    return "lost" if said.status == "reported" else "absence"


def _touches(flag: Flag, key: Key) -> bool:
    table_id, row_id, column_id = key
    return flag.table_id == table_id and flag.row_id in (None, row_id) and flag.column_id in (None, column_id)


def _show(status: str, value: Decimal | None) -> str:
    return status if value is None else str(value)
