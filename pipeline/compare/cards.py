"""What comparison needs of a report, packed small: a country's reports of ten years are compared in one pass.

A card takes half a kilobyte: its cells are one packed string, unpacked when a neighbour is found.
"""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache

from pipeline import vocabulary
from pipeline.compare.continuity import Body, body_of
from pipeline.model import Fact, Report

Key = tuple[str, str, str]

# Stocks are the same year after year at many bodies, and sums follow from what they sum up.
_FIGURES = {"b": "0", "": "?"}
_PLAIN = frozenset({"previous_items", "in_force", "total_disclosed", "total", "total_processed", "received"})


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
    packed: bytes = field(repr=False)
    requests: Print
    tables: Print

    @property
    def who(self) -> Body:
        """Its body, or else its name under its code, which may be that of several."""
        return self.body or (self.code or "", self.publisher)

    @property
    def templates(self) -> tuple[str, ...]:
        """The templates of its tables; more than one where they are mixed."""
        return tuple(dict.fromkeys(part.split(":", 1)[0] for part in self._parts()))

    def to_json(self) -> str:
        """The card as text that `from_json` understands."""
        marks = [(mark.digest.hex(), mark.bits) for mark in (self.requests, self.tables)]
        before = [getattr(self, each.name) for each in fields(self)[:-3]]
        return json.dumps([*before, b64encode(self.packed).decode(), *marks], ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Card:
        report_id, publisher, code, body, *others, packed, requests, tables = json.loads(text)
        marks = (Print(bytes.fromhex(digest), bits) for digest, bits in (requests, tables))
        year, published, format_, whole, printed = others
        body = None if body is None else (body[0], body[1])
        who = (report_id, publisher, code, body)
        return cls(*who, year, published, format_, whole, printed, b64decode(packed), *marks)

    def cells(self) -> dict[Key, Cell]:
        """Every cell of its tables, unpacked."""
        found: dict[Key, Cell] = {}
        for part in self._parts():
            template, table_id, tokens = part.split(":")
            found.update(zip(_keys(template, table_id), map(_cell, tokens.split(",")), strict=True))
        return found

    def _parts(self) -> list[str]:
        return zlib.decompress(self.packed).decode().split("|")


def card_of(report: Report) -> Card | None:
    """The card of an annual report with facts, a publisher and a year; None for any other."""
    i = report.identity
    if i.document_type != "annual_report" or i.publisher is None or i.year is None or not report.facts:
        return None
    parts = tuple(_pack(report))
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
        zlib.compress("|".join(parts).encode()),
        _print([part for part in parts if part.split(":")[1] == "requests"]),
        _print(parts),
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


@cache
def _keys(template: str, table_id: str) -> tuple[Key, ...]:
    return tuple((table_id, *key) for key in vocabulary.form(template, table_id).cells())


def _pack(report: Report) -> Iterator[str]:
    """`2019:requests:12v,b,…`, the cells of each table in the form's order."""
    cells = {fact.key: fact for fact in report.facts}
    for template, table_id in sorted({(fact.template, fact.table_id) for fact in report.facts}):
        yield f"{template}:{table_id}:{','.join([_token(cells.get(key)) for key in _keys(template, table_id)])}"


def _token(fact: Fact | None) -> str:
    """`12v` verified, `5>6` proven or corrected to be 6, `b` blank, `>6`; empty where nothing can be told."""
    if fact is None:
        return ""
    value = fact.value if fact.status == "reported" else None
    token = "b" if fact.status == "blank" else "" if value is None else plain(value)
    best = fact.value_reconciled
    proven = "" if best is None or best == value else f">{plain(best)}"
    return f"{token}{'v' if fact.verified else ''}{proven}"


@lru_cache(maxsize=100_000)
def _cell(token: str) -> Cell:
    left, _, proven = token.partition(">")
    verified = left.endswith("v")
    left = left.removesuffix("v")
    blank = left == "b"
    value = Decimal(left) if left and not blank else None
    return Cell(value, Decimal(proven) if proven else value, blank, verified)


def _print(parts: Iterable[str]) -> Print:
    """The fingerprint of packed tables: of every figure, a blank being 0; without bits where one could not be read.

    Bits: each figure that is no stock, no sum and not 0 counts one for standing there and one for each doubling.
    """
    digest, bits = hashlib.blake2b(digest_size=12), 0.0
    for part in parts:
        template, table_id, tokens = part.split(":")
        printed = [token.partition(">")[0].rstrip("v") for token in tokens.split(",")]
        figures = [_FIGURES.get(figure, figure) for figure in printed]
        if "?" in figures:
            return Print(b"", 0.0)
        digest.update(f"{template}:{table_id}:{','.join(figures)}".encode())
        for (_, row_id, column_id), figure in zip(_keys(template, table_id), figures, strict=True):
            if figure != "0" and row_id not in _PLAIN and column_id not in _PLAIN:
                bits += 1 + max(0.0, math.log2(abs(float(figure))))
    return Print(digest.digest(), bits)
