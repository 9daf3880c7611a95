"""A published dataset held against its own numbers: do they say what its flags say?

The checks run anew over the facts as published (`published`): the identities, what they prove, and what reports say of
one another. Every `verified`, every `value_reconciled` and every arithmetic flag must follow from them, no more and no
less. Whether the numbers are those of the sources is not asked: for that, run over the sources again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.checks import check, suspects, verdicts
from pipeline.compare import compare
from pipeline.corrections import Correction, correct
from pipeline.model import Claim, Flag, Report
from pipeline.publish import printed
from pipeline.publish.published import Published, arithmetic_kinds, published
from pipeline.publish.tabulate import KindsAtCell
from pipeline.reconcile import reconcile

_KEPT = 100  # disagreements that are kept; all are counted
_NARRATIVE = "narrative_mismatch"
_WITHIN = frozenset({"row_sum", "column_sum", "balance", "review_sum", "reconciled", "reconcile_ties"})
_STATES = {"agrees": "holds", "disagrees": "broken", "not_comparable": "not_assessable"}
DIMENSIONS = ("identity", "template", "year", "format")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Something published that does not follow from the published numbers, or the other way round.

    `what` is a column of the facts, `flag`, `claim` or `row`; `found` is what the numbers say.
    """

    report_id: str
    table_id: str | None
    row_id: str | None
    column_id: str | None
    what: str
    published: str
    found: str


@dataclass(frozen=True, slots=True)
class Rate:
    """How many identities hold, are broken, or cannot be assessed. For narrative_mismatch: claims of the prose."""

    holds: int
    broken: int
    not_assessable: int

    @property
    def passing(self) -> float | None:
        """The share that holds of those assessed; None where none was."""
        assessed = self.holds + self.broken
        return round(self.holds / assessed, 6) if assessed else None


@dataclass(frozen=True, slots=True)
class Checked:
    """What the check of a dataset found. `rates`: by dimension, then by its value, sorted. `disagreements` are the
    first of `n_disagreements`."""

    reports: int
    facts: int
    reported: int
    verified: int
    rates: Mapping[str, Mapping[str, Rate]]
    disagreements: Sequence[Disagreement]
    n_disagreements: int


def recheck(folder: Path) -> Checked:
    """Check the dataset published in `folder`. Raises published.NoDataset, and OSError for unreadable files."""
    checking = _Checking()
    replaced: set[str] = set()  # filled while the reports pass by, before they are compared

    def passing() -> Iterator[Report]:
        for one in published(folder):
            checking.add(one)
            if one.replaced:
                replaced.add(one.report.report_id)
            yield one.report

    compared = compare(passing(), replaced)
    checking.add_across({report_id: one.flags for report_id, one in compared.items()})
    return checking.result()


def as_data(checked: Checked) -> dict[str, Any]:
    """The result as plain data, for JSON."""
    data = asdict(checked)
    for dimension, rates in checked.rates.items():
        for value, rate in rates.items():
            data["rates"][dimension][value]["passing"] = rate.passing
    return {"agrees": not checked.n_disagreements, **data}


class _Checking:
    """The counts and disagreements, gathered while the reports pass by."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], Counter[str]] = {}
        self._facts: Counter[str] = Counter()
        self._seen: set[str] = set()
        self._found: list[Disagreement] = []
        self._number = 0
        self._across: dict[str, list[Flag]] = {}

    def add(self, one: Published) -> None:
        report = one.report
        if report.report_id in self._seen:
            self._note(report.report_id, (None, None, None), "row", "in several places", "its rows stand together")
        self._seen.add(report.report_id)
        for key, fault in one.faults:
            self._note(report.report_id, key, "row", fault, "a row of the dataset")
        self._count(report)
        # What stands nearest to the cause comes first: a claim names one cell, a lost verification a whole column.
        self._check_claims(report)
        self._check_facts(one)
        across = arithmetic_kinds() - _WITHIN - {_NARRATIVE}
        if found := [flag for flag in report.flags if flag.kind in across]:
            self._across[report.report_id] = found

    def add_across(self, flags: Mapping[str, Sequence[Flag]]) -> None:
        """What the reports say of one another, against what is published of it."""
        kinds = arithmetic_kinds()
        for report_id in sorted(self._across.keys() | flags.keys()):
            due = [flag for flag in flags.get(report_id, ()) if flag.kind in kinds]
            self._compare_flags(report_id, self._across.get(report_id, ()), due)

    def result(self) -> Checked:
        rates = {
            dimension: {
                value: Rate(counts["holds"], counts["broken"], counts["not_assessable"])
                for (of, value), counts in sorted(self._counts.items())
                if of == dimension
            }
            for dimension in DIMENSIONS
        }
        numbers = (self._facts["reports"], self._facts["facts"], self._facts["reported"], self._facts["verified"])
        return Checked(*numbers, rates, self._found, self._number)

    def _count(self, report: Report) -> None:
        self._facts["reports"] += bool(report.facts)
        self._facts["facts"] += len(report.facts)
        self._facts["reported"] += sum(fact.status == "reported" for fact in report.facts)
        self._facts["verified"] += sum(fact.verified for fact in report.facts)
        year = "unknown" if report.identity.year is None else str(report.identity.year)
        templates = {fact.table_id: fact.template for fact in report.facts}
        for verdict in verdicts(report.facts):
            places = (verdict.equation.kind, templates[verdict.table_id], year, report.format or "unknown")
            for place in zip(DIMENSIONS, places, strict=True):
                self._counts.setdefault(place, Counter())[verdict.state] += 1
        for claim in report.claims:
            self._counts.setdefault(("identity", _NARRATIVE), Counter())[_STATES.get(claim.verdict, "")] += 1

    def _check_facts(self, one: Published) -> None:
        report_id, facts = one.report.report_id, one.report.facts
        due = _checked(one.report)
        said, follows = ([flag for flag in flags if flag.kind in _WITHIN] for flags in (one.report.flags, due.flags))
        self._compare_flags(report_id, said, follows)
        for before, after in zip(facts, due.facts, strict=True):
            for name in ("verified", "value_reconciled"):
                was, is_due = getattr(before, name), getattr(after, name)
                if was != is_due:
                    self._note(report_id, before.key, name, _said(was), _said(is_due))
        kinds, wanted = KindsAtCell(one.report.flags), arithmetic_kinds()
        for fact in facts:
            told, stand = one.kinds[fact.key] & wanted, set(filter(None, kinds.at(fact).split(";")))
            if told != stand:
                self._note(report_id, fact.key, "flags", ";".join(sorted(told)), ";".join(sorted(stand)))

    def _check_claims(self, report: Report) -> None:
        """A claim that agrees as printed equals its cell; one that disagrees has its flag, and a flag its claim."""
        values = {fact.key: fact for fact in report.facts}
        for claim in report.claims:
            place = (claim.table_id, claim.row_id, claim.column_id)
            fact = values.get((claim.table_id or "", claim.row_id or "", claim.column_id or ""))
            if claim.convention == "as_printed" and claim.verdict == "agrees" and fact and fact.value != claim.value:
                self._note(report.report_id, place, "claim", f"agrees with {_said(claim.value)}", _said(fact.value))
        told = {(claim.table_id, _told(claim)): claim for claim in report.claims if claim.verdict == "disagrees"}
        flagged = {(f.table_id, _plain(f.observed or "")): f for f in report.flags if f.kind == _NARRATIVE}
        for subject in sorted(flagged.keys() - told.keys(), key=str):
            self._note(report.report_id, _place(flagged[subject]), "flag", _NARRATIVE, "no claim that disagrees")
        for subject in sorted(told.keys() - flagged.keys(), key=str):
            claim = told[subject]
            if claim.table_id is not None:
                place = (claim.table_id, claim.row_id, claim.column_id)
                self._note(report.report_id, place, "flag", "none", f"{_NARRATIVE}: {_told(claim)}")

    def _compare_flags(self, report_id: str, said: Iterable[Flag], due: Iterable[Flag]) -> None:
        were = {_subject(flag): flag for flag in said}
        are = {_subject(flag): flag for flag in due}
        for subject in sorted(were.keys() ^ are.keys()):
            flag = were.get(subject) or are[subject]
            words = f"{flag.kind} ({flag.severity}) {flag.observed or ''} against {flag.expected or ''}".rstrip()
            words = words.removesuffix(" against").rstrip()
            states = (words, "none") if subject in were else ("none", words)
            self._note(report_id, _place(flag), "flag", *states)

    def _note(
        self, report_id: str, place: tuple[str | None, str | None, str | None], what: str, was: str, due: str
    ) -> None:
        self._number += 1
        if len(self._found) < _KEPT:
            self._found.append(Disagreement(report_id, *place, what, was, due))


def _checked(report: Report) -> Report:
    """The report as the checks leave it, from its numbers and the corrections that it shows."""
    facts, breaks = check([replace(f, verified=False, value_reconciled=None, corrected=None) for f in report.facts])
    facts, repairs = reconcile(facts)
    due = replace(report, facts=tuple(facts), flags=(*breaks, *repairs, *suspects(facts)))
    corrections = [
        Correction("", *fact.key, fact.value_raw or "", fact.corrected, "", "", "", "")
        for fact in report.facts
        if fact.corrected is not None
    ]
    return correct(due, corrections) if corrections else due


def _place(flag: Flag) -> tuple[str | None, str | None, str | None]:
    return flag.table_id, flag.row_id, flag.column_id


def _subject(flag: Flag) -> tuple[str, ...]:
    words = (flag.kind, flag.severity, flag.observed, flag.expected)
    return tuple(word or "" for word in (*_place(flag), *words))


def _told(claim: Claim) -> str:
    return f"{printed(claim.value)}{'%' if claim.unit == 'percent' else ''}"


def _plain(number: str) -> str:
    """A number of the prose without trailing zeros, which a published number does not have."""
    return re.sub(r"(\.\d*?)0+(%?)$", r"\1\2", number).replace(".%", "%").removesuffix(".")


def _said(value: object) -> str:
    return printed(value) or "null"
