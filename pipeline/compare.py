"""What reports say of one another: the same publisher twice for one year, and the year before.

A pure function over all reports; the flags it raises are added when publishing, so a report read years ago is doubted
anew when its neighbour arrives. Reports whose publisher or year is not known cannot be compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from pipeline.model import Fact, Flag, Report

_SHOWN = 5  # disagreeing cells that a sentence names; all of them are in `observed` and `expected`

Key = tuple[str, str, str]
Publisher = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class _Card:
    """What comparison needs of a report."""

    report_id: str
    publisher: Publisher
    year: int
    values: dict[Key, Decimal | None]


def compare(reports: Iterable[Report]) -> dict[str, tuple[Flag, ...]]:
    """The flags that reports raise on each other, by report_id; nothing for a report without any.

    The order of `reports` does not matter.
    """
    by_year: dict[Publisher, dict[int, list[_Card]]] = {}
    for report in reports:
        card = _card(report)
        if card is not None:
            by_year.setdefault(card.publisher, {}).setdefault(card.year, []).append(card)
    flags: dict[str, list[Flag]] = {}
    for years in by_year.values():
        for cards in years.values():
            cards.sort(key=lambda card: card.report_id)
        for year, cards in years.items():
            for card in cards:
                found = [_revision(card, other) for other in cards if other is not card]
                for before in years.get(year - 1, ()):
                    found.extend(_carry_over(before, card))
                if found:
                    flags.setdefault(card.report_id, []).extend(found)
    return {report_id: tuple(dict.fromkeys(found)) for report_id, found in flags.items()}


def _card(report: Report) -> _Card | None:
    i = report.identity
    if i.document_type != "annual_report" or i.publisher is None or i.year is None or not report.facts:
        return None
    values = {fact.key: _published(fact) for fact in report.facts}
    return _Card(report.report_id, (i.publisher, i.jurisdiction_code), i.year, values)


def _published(fact: Fact) -> Decimal | None:
    return fact.value if fact.status == "reported" else None


def _revision(card: _Card, other: _Card) -> Flag:
    """Two files report for the same publisher and year: said on both, with the cells in which they differ.

    Where none does it is for information: the same report in two formats is common.
    """
    keys = sorted(set(card.values) | set(other.values))
    differing = [key for key in keys if card.values.get(key) != other.values.get(key)]
    if not differing:
        message = f"another file, {other.report_id}, reports the same numbers for this publisher and year"
        return Flag("revision", "info", message)
    shown = ", ".join(".".join(key) for key in differing[:_SHOWN])
    more = f" and {len(differing) - _SHOWN} more" if len(differing) > _SHOWN else ""
    return Flag(
        "revision",
        "warning",
        f"another file, {other.report_id}, reports for this publisher and year; "
        f"{len(differing)} cells differ: {shown}{more}",
        observed=_listed(card, differing),
        expected=_listed(other, differing),
    )


def _listed(card: _Card, keys: Iterable[Key]) -> str:
    return "; ".join(f"{'.'.join(key)} = {_text(card.values.get(key))}" for key in keys)


def _carry_over(before: _Card, card: _Card) -> Iterable[Flag]:
    """上年结转 of this year against 结转下年度 of the year before, applicant by applicant.

    A cell that either report leaves blank, or that could not be read, is not compared: both are doubted for themselves.
    """
    for (table, row, column), carried_in in sorted(card.values.items(), key=lambda item: item[0]):
        if (table, row) != ("requests", "carried_in"):
            continue
        carried_out = before.values.get((table, "carried_out", column))
        if carried_in is not None and carried_out is not None and carried_in != carried_out:
            yield Flag(
                "carry_over",
                "warning",
                f"上年结转 is {_text(carried_in)}, but the report on {before.year} ({before.report_id}) carried out "
                f"{_text(carried_out)}",
                table,
                row,
                column,
                observed=_text(carried_in),
                expected=_text(carried_out),
            )


def _text(value: Decimal | None) -> str:
    return "nothing" if value is None else format(value, "f")
