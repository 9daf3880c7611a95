"""What reports say of one another: the same publisher twice for one year, and the year before.

A pure function over all reports; the flags it raises are added when publishing, so a report read years ago is doubted
anew when its neighbour arrives. Reports whose publisher or year is not known cannot be compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from pipeline.model import Fact, Flag, Report

_SHOWN = 5  # cells or files that a sentence names; all cells are in `observed` and `expected`

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
        for year, cards in sorted(years.items()):
            cards.sort(key=lambda card: card.report_id)
            if len(cards) > 1:
                for report_id, flag in _revisions(cards):
                    flags.setdefault(report_id, []).append(flag)
            for card in cards:
                flags.setdefault(card.report_id, []).extend(_carry_over(years.get(year - 1, []), card))
    return {report_id: tuple(found) for report_id, found in flags.items() if found}


def _card(report: Report) -> _Card | None:
    i = report.identity
    if i.document_type != "annual_report" or i.publisher is None or i.year is None or not report.facts:
        return None
    values = {fact.key: _published(fact) for fact in report.facts}
    return _Card(report.report_id, (i.publisher, i.jurisdiction_code), i.year, values)


def _published(fact: Fact) -> Decimal | None:
    return fact.value if fact.status == "reported" else None


def _revisions(cards: list[_Card]) -> Iterator[tuple[str, Flag]]:
    """Several files report for the same publisher and year: said once on each, with the cells that not all agree on.

    Where all agree it is for information: the same report in two formats is common.
    """
    said: dict[Key, Counter[Decimal | None]] = {}
    for key in sorted({key for card in cards for key in card.values}):
        values = Counter(card.values.get(key) for card in cards)
        if len(values) > 1:
            said[key] = values
    for card in cards:
        first = [other.report_id for other in cards[: _SHOWN + 1] if other is not card][:_SHOWN]
        which = f"{_few(first, len(cards) - 1)} report{'s' if len(cards) == 2 else ''}"
        if not said:
            yield card.report_id, Flag("revision", "info", f"{which} the same numbers for this publisher and year")
            continue
        own = {key: card.values.get(key) for key in said}
        cells = _few([".".join(key) for key in list(said)[:_SHOWN]], len(said))
        message = f"{which} for this publisher and year too; {len(said)} cells differ: {cells}"
        observed = "; ".join(f"{'.'.join(key)} = {_text(own[key])}" for key in said)
        expected = "; ".join(f"{'.'.join(key)} = {_others(said[key], own[key])}" for key in said)
        yield card.report_id, Flag("revision", "warning", message, observed=observed, expected=expected)


def _others(values: Counter[Decimal | None], own: Decimal | None) -> str:
    """What the others say, by how many say it."""
    return " or ".join(_text(value) for value, count in values.most_common() if value != own or count > 1)


def _few(first: list[str], count: int) -> str:
    more = f" and {count - len(first)} more" if count > len(first) else ""
    return ", ".join(first) + more


def _carry_over(before: list[_Card], card: _Card) -> Iterator[Flag]:
    """上年结转 of this year against 结转下年度 of the year before, applicant by applicant.

    One of several revisions that agrees will do. A cell that either year leaves blank, or that could not be read, is
    not compared: it is doubted for itself.
    """
    for (table, row, column), carried_in in sorted(card.values.items(), key=lambda item: item[0]):
        if (table, row) != ("requests", "carried_in") or carried_in is None:
            continue
        said = {other.report_id: other.values.get((table, "carried_out", column)) for other in before}
        carried_out = {report_id: value for report_id, value in said.items() if value is not None}
        if carried_out and carried_in not in carried_out.values():
            expected = " or ".join(dict.fromkeys(map(_text, carried_out.values())))
            yield Flag(
                "carry_over",
                "warning",
                f"上年结转 is {_text(carried_in)}, but the report on {card.year - 1} ({min(carried_out)}) carried out "
                f"{expected}",
                table,
                row,
                column,
                observed=_text(carried_in),
                expected=expected,
            )


def _text(value: Decimal | None) -> str:
    return "nothing" if value is None else format(value, "f")
