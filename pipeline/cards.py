"""What comparison needs of a report, packed small: a country's reports of ten years are compared in one pass.

A card holds its cells as one string, about half a kilobyte, and unpacks them when a neighbour is found.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from pipeline import vocabulary
from pipeline.continuity import Body, body_of
from pipeline.model import Fact, Report

Key = tuple[str, str, str]

# Stocks are the same year after year at many bodies, and sums follow from what they sum up.
_STOCKS = frozenset({"previous_items", "in_force", "total_disclosed"})
_SUMS = frozenset({"total", "total_processed", "received"})


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as compared: `value` as published; `best` is what it must have been, where that is proven or corrected."""

    value: Decimal | None
    best: Decimal | None
    blank: bool
    verified: bool


@dataclass(frozen=True, slots=True)
class Print:
    """The fingerprint of tables that hold something; `bits` says how unlikely the same figures are to come up twice."""

    digest: bytes
    bits: float


@dataclass(frozen=True, slots=True)
class Card:
    """A report among others. `body` is None where the publisher's name alone does not tell it from others."""

    report_id: str
    publisher: str
    code: str | None
    body: Body | None
    year: int
    published: str  # ISO date, empty when not told
    format: str | None
    whole: bool  # extracted, not partial
    printed: int  # cells with a number
    packed: str = field(repr=False)
    requests: Print
    tables: Print

    @property
    def who(self) -> Body:
        """Its body, or else its name under its code, which may be that of several."""
        return self.body or (self.code or "", self.publisher)

    @property
    def templates(self) -> tuple[str, ...]:
        """The templates of its tables; more than one where they are mixed."""
        return tuple(dict.fromkeys(part.split(":", 1)[0] for part in self.packed.split("|")))

    def cells(self) -> dict[Key, Cell]:
        """Every cell of its tables, unpacked."""
        found = {}
        for part in self.packed.split("|"):
            template, table_id, tokens = part.split(":")
            keys = vocabulary.form(template, table_id).cells()
            for (row_id, column_id), token in zip(keys, tokens.split(","), strict=True):
                found[table_id, row_id, column_id] = _cell(token)
        return found


def card_of(report: Report) -> Card | None:
    """The card of an annual report with facts, a publisher and a year; None for any other."""
    i = report.identity
    if i.document_type != "annual_report" or i.publisher is None or i.year is None or not report.facts:
        return None
    return Card(
        report.report_id,
        i.publisher,
        i.jurisdiction_code,
        body_of(i),
        i.year,
        _day(i.published_date),
        report.format,
        report.disposition == "extracted",
        sum(fact.status == "reported" for fact in report.facts),
        "|".join(_pack(report)),
        _print([fact for fact in report.facts if fact.table_id == "requests"]),
        _print(report.facts),
    )


def plain(value: Decimal) -> str:
    """A number in words of a flag, without trailing zeros: as it is published."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _day(text: str | None) -> str:
    """A date that a calendar has, as ISO; printed ones sometimes are not (2021-02-30)."""
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        return ""


def _pack(report: Report) -> Iterator[str]:
    cells = {fact.key: fact for fact in report.facts}
    for template, table_id in sorted({(fact.template, fact.table_id) for fact in report.facts}):
        tokens = (_token(cells.get((table_id, *key))) for key in vocabulary.form(template, table_id).cells())
        yield f"{template}:{table_id}:{','.join(tokens)}"


def _token(fact: Fact | None) -> str:
    """`12v` verified, `5>6` proven or corrected to be 6, `b` blank, `>6`; empty where nothing can be told."""
    if fact is None:
        return ""
    value = fact.value if fact.status == "reported" else None
    token = "b" if fact.status == "blank" else "" if value is None else format(value, "f")
    best = fact.value_reconciled
    proven = "" if best is None or best == value else f">{best:f}"
    return f"{token}{'v' if fact.verified else ''}{proven}"


def _cell(token: str) -> Cell:
    left, _, proven = token.partition(">")
    verified = left.endswith("v")
    left = left.removesuffix("v")
    blank = left == "b"
    value = Decimal(left) if left and not blank else None
    return Cell(value, Decimal(proven) if proven else value, blank, verified)


def _print(facts: list[Fact] | tuple[Fact, ...]) -> Print:
    """The fingerprint of facts: of every figure, a blank being 0; without bits where one could not be read.

    Bits: each figure that is no stock, no sum and not 0 counts one for standing there and one for each doubling.
    """
    figures, bits = [], 0.0
    for fact in sorted(facts, key=lambda fact: fact.key):
        if fact.status not in ("reported", "blank"):
            return Print(b"", 0.0)
        value = fact.value or Decimal(0)
        figures.append(f"{fact.template}.{'.'.join(fact.key)}={value.normalize():f}")
        if value and not {fact.row_id, fact.column_id} & (_STOCKS | _SUMS):
            bits += 1 + max(0.0, math.log2(abs(value)))
    return Print(hashlib.blake2b("\n".join(figures).encode(), digest_size=12).digest(), bits)
