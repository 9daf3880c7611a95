"""What the overview counts: reports and places by year, requests and their outcomes, reviews and lawsuits.

A number is what the identities prove, else what is printed; a cell without one adds nothing, and the number of reports
that a sum was made of stands beside it. Reports whose place a newer one took are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from pipeline.site.dataset import Entry

OUTCOMES = (
    ("granted", "予以公开", "granted", ("granted",)),
    ("partially_granted", "部分公开", "partially granted", ("partially_granted",)),
    ("denied", "不予公开", "denied", ("denied_",)),
    ("unavailable", "无法提供", "cannot be provided", ("unavailable_",)),
    ("unprocessed", "不予处理", "not processed", ("unprocessed_",)),
    ("other", "其他处理", "otherwise handled", ("other",)),
)
RESULTS = (
    ("upheld", "结果维持", "upheld"),
    ("corrected", "结果纠正", "corrected"),
    ("other", "其他结果", "other"),
    ("pending", "尚未审结", "pending"),
)
REVIEWS = (
    ("reconsideration", "行政复议", "administrative reconsideration"),
    ("litigation_direct", "未经复议直接起诉", "lawsuits filed directly"),
    ("litigation_after_reconsideration", "复议后起诉", "lawsuits after reconsideration"),
)


@dataclass(frozen=True, slots=True)
class Brief:
    """A report in a list: what a reader chooses it by."""

    report_id: str
    code: str
    place: str
    year: int
    publisher: str
    kind: str
    received: str
    granted: str
    worst: str  # the gravest severity among its flags
    n_doubts: int  # errors and warnings
    quality: str
    stands: bool


@dataclass(slots=True)
class Year:
    """The sums of one year."""

    reports: int = 0
    counted: int = 0  # reports that say how many requests they received
    received: Decimal = Decimal(0)
    outcomes: Counter[str] = field(default_factory=Counter)
    reviews: Counter[str] = field(default_factory=Counter)  # by way
    results: Counter[str] = field(default_factory=Counter)  # by result


@dataclass(slots=True)
class Figures:
    """All that the overview counts, gathered while the reports pass by."""

    years: dict[int, Year] = field(default_factory=dict)
    places: set[str] = field(default_factory=set)
    publishers: set[tuple[str, str]] = field(default_factory=set)
    statuses: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    facts: int = 0
    verified: int = 0
    proven_other: int = 0
    reports: int = 0
    superseded: int = 0

    def add(self, entry: Entry) -> Brief:
        """Count a report in; returns what lists say of it."""
        about = entry.about
        year = int(about["year"] or 0)
        numbers = _numbers(entry)
        self.reports += 1
        self.superseded += not entry.stands
        self.facts += len(entry.facts)
        for fact in entry.facts:
            self.statuses[fact["status"]] += 1
            self.verified += fact["verified"] == "true"
            self.proven_other += bool(fact["value"] and fact["value_reconciled"] not in ("", fact["value"]))
        self.kinds.update(flag["kind"] for flag in entry.flags)
        if about["jurisdiction_code"]:
            self.places.add(about["jurisdiction_code"])
        self.publishers.add((about["jurisdiction_code"], about["publisher"]))
        if entry.stands and year:
            self._count(self.years.setdefault(year, Year()), numbers)
        severities = [flag["severity"] for flag in entry.flags]
        received, granted = (
            numbers.get(("requests", "received", "total")),
            numbers.get(("requests", "granted", "total")),
        )
        return Brief(
            entry.report_id,
            about["jurisdiction_code"],
            about["jurisdiction_name"],
            year,
            about["publisher"],
            about["publisher_kind"],
            "" if received is None else f"{received:f}",
            "" if granted is None else f"{granted:f}",
            next((one for one in ("error", "warning", "info") if one in severities), ""),
            sum(one in ("error", "warning") for one in severities),
            about["quality"],
            entry.stands,
        )

    @staticmethod
    def _count(year: Year, numbers: dict[tuple[str, str, str], Decimal]) -> None:
        year.reports += 1
        received = numbers.get(("requests", "received", "total"))
        if received is not None:
            year.counted += 1
            year.received += received
        for (table_id, row_id, column_id), number in numbers.items():
            if table_id == "requests" and column_id == "total":
                for key, _, _, starts in OUTCOMES:
                    if any(row_id == s or (row_id.startswith(s) and s[-1] == "_") for s in starts) or (
                        key == "other" and row_id.startswith("other")
                    ):
                        year.outcomes[key] += int(number)
            elif table_id == "review_litigation":
                if column_id == "total":
                    year.reviews[row_id] += int(number)
                else:
                    year.results[column_id] += int(number)

    def charts(self) -> dict[str, object]:
        """The overview's charts as data: labels in both languages, one value a year."""
        years = sorted(self.years)
        rows: Sequence[Year] = [self.years[y] for y in years]
        return {
            "years": years,
            "reports": [row.reports for row in rows],
            "counted": [row.counted for row in rows],
            "received": [int(row.received) for row in rows],
            "outcomes": [
                {"key": key, "zh": zh, "en": en, "values": [row.outcomes[key] for row in rows]}
                for key, zh, en, _ in OUTCOMES
            ],
            "reviews": [
                {"key": key, "zh": zh, "en": en, "values": [row.reviews[key] for row in rows]}
                for key, zh, en in REVIEWS
            ],
            "results": [
                {"key": key, "zh": zh, "en": en, "values": [row.results[key] for row in rows]}
                for key, zh, en in RESULTS
            ],
        }


def _numbers(entry: Entry) -> dict[tuple[str, str, str], Decimal]:
    """What the charts count: the totals of requests, and the reviews and lawsuits."""
    found = {}
    for fact in entry.facts:
        if fact["column_id"] != "total" and fact["table_id"] != "review_litigation":
            continue
        text = fact["value_reconciled"] or fact["value"]
        if text:
            found[fact["table_id"], fact["row_id"], fact["column_id"]] = Decimal(text)
    return found
