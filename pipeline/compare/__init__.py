"""What reports say of one another: the same publisher twice for one year, the year before, and copies.

A pure function over all reports, in one pass with a card kept of each (one or two kilobytes). What it finds is added
when publishing, so a report read years ago is doubted anew when its neighbour arrives. Reports whose publisher or year
is not known cannot be compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from pipeline import codec
from pipeline.compare.cards import Card, Cell, Key, card_of, plain
from pipeline.compare.continuity import Body, took_over
from pipeline.compare.duplicates import duplicates
from pipeline.compare.succession import breaks
from pipeline.model import Flag, Report
from pipeline.reconcile.evidence import TEXT_LAYER

_SHOWN = 5  # cells or files that a sentence names


@dataclass(frozen=True, slots=True)
class Compared:
    """What the others say of a report: doubts, and the report_id of the one that takes its place, if one does."""

    flags: tuple[Flag, ...] = ()
    superseded_by: str | None = None


_NOTHING = Compared()
_FAST = 1  # the level of packing


def compare(reports: Iterable[Report], replaced: Collection[str] = frozenset()) -> dict[str, Compared]:
    """What comparison found, by report_id; nothing for a report without any. The order of `reports` does not matter.

    `replaced` are the ids of those in whose place their government has put another: they stand for no year.
    """
    return {i: unpacked(packed) for i, packed in compare_cards(filter(None, map(card_of, reports)), replaced)}


def compare_cards(
    cards: Iterable[Card], replaced: Collection[str] = frozenset(), wanted: Collection[str] | None = None
) -> Iterator[tuple[str, bytes]]:
    """`compare`, of the reports' cards: each report's findings packed, since they are many where files of one body for
    one year differ, and are looked at one by one (`unpacked`). Of reports that are not `wanted` nothing need be said;
    by default all are."""
    cards = sorted(cards, key=lambda card: card.report_id)
    by_body: dict[Body, dict[int, list[Card]]] = {}
    for card in cards:
        if card.body is not None:
            by_body.setdefault(card.body, {}).setdefault(card.year, []).append(card)
    copies: dict[str, list[Flag]] = {}
    for report_id, flag in duplicates(cards):
        copies.setdefault(report_id, []).append(flag)
    for body, years in by_body.items():
        flags: dict[str, list[Flag]] = {}
        superseded: dict[str, str] = {}
        for report_id, flag in _of_body(body, years, superseded, replaced, wanted):
            flags.setdefault(report_id, []).append(flag)
        for report_id in sorted({*flags, *superseded}):
            if wanted is not None and report_id not in wanted:
                continue
            said = (*flags.get(report_id, ()), *copies.pop(report_id, ()))
            yield report_id, codec.dumps(Compared(said, superseded.get(report_id)), _FAST)
    for report_id, others in copies.items():
        yield report_id, codec.dumps(Compared(tuple(others)), _FAST)


def unpacked(packed: bytes | None) -> Compared:
    """What `compare_cards` found of a report, of which it may have found nothing."""
    return codec.loads(Compared, packed) if packed is not None else _NOTHING


def _of_body(
    body: Body,
    years: dict[int, list[Card]],
    superseded: dict[str, str],
    replaced: Collection[str],
    wanted: Collection[str] | None,
) -> Iterator[tuple[str, Flag]]:
    """What the reports of one body say of one another; `superseded` learns which one takes the place of which."""
    asked = {year for year, several in years.items() if wanted is None or any(c.report_id in wanted for c in several)}
    for year, several in years.items():
        several.sort(key=lambda card: (card.report_id not in replaced, *_rank(card)), reverse=True)
        superseded |= {card.report_id: several[0].report_id for card in several[1:]}
        if year in asked:
            yield from _revisions(several, replaced)
        before = _standing(years.get(year - 1, []), replaced)
        if before and asked & {year - 1, year} and not took_over(body, year):
            yield from breaks(before, several)


def located(flags: Iterable[Flag], report: Report) -> tuple[Flag, ...]:
    """The flags, with page and line where the report has the cells that they stand on."""
    places = {fact.key: (fact.page, fact.line) for fact in report.facts}
    return tuple(
        replace(flag, page=place[0], line=place[1])
        if (place := places.get((flag.table_id or "", flag.row_id or "", flag.column_id or "")))
        else flag
        for flag in flags
    )


def _rank(card: Card) -> tuple[str, bool, int, str]:
    """The newest by the date that the document gives; then the one read whole, the fullest, and the greatest id."""
    return card.published, card.whole, card.printed, card.report_id


def _standing(cards: Sequence[Card], replaced: Collection[str]) -> list[Card]:
    """What stands for a year: the newest report, or all of them where no date says which is newer."""
    cards = [card for card in cards if card.report_id not in replaced] or list(cards)
    newest = max((card.published for card in cards), default="")
    return sorted((card for card in cards if card.published == newest), key=lambda card: card.report_id)


@dataclass(frozen=True, slots=True)
class _Dispute:
    """What files for one year say of a cell: the numbers, most said first, what the standing file says, and whether
    all that have one are verified."""

    values: tuple[tuple[Decimal, int], ...]
    standing: Decimal | None
    verified: bool


def _revisions(cards: Sequence[Card], replaced: Collection[str]) -> Iterator[tuple[str, Flag]]:
    """Several files report for the same publisher and year, the one that stands first: said once on each, and on the
    cells that not all agree on. Where all agree it is for information: the same report in two formats is common."""
    if len(cards) < 2:
        return
    cells = [card.cells() for card in cards]
    said = _disputes(cells)
    differ = {key: dispute for key, dispute in said.items() if len(dispute.values) > 1}
    textual = {card.format for card in cards} <= TEXT_LAYER
    for card, own in zip(cards, cells, strict=True):
        yield card.report_id, _revision(card, cards, list(differ), textual, replaced)
        for key, dispute in said.items():
            cell = own.get(key)
            if key in differ:
                yield card.report_id, _differing(key, cell, dispute, textual)
            elif cell is not None and _number(cell) is None and dispute.values[0][0]:
                yield card.report_id, _elsewhere(key, dispute.values[0][0])


def _disputes(cells: Sequence[dict[Key, Cell]]) -> dict[Key, _Dispute]:
    """What files say of each cell that one of them has a number for; a blank says 0."""
    said: dict[Key, Counter[Decimal]] = {}
    unproven: set[Key] = set()
    for own in cells:
        for key, cell in own.items():
            value = _number(cell)
            if value is not None:
                said.setdefault(key, Counter())[value] += 1
                if not cell.verified:
                    unproven.add(key)
    found = {}
    for key in sorted(said):
        values = tuple(sorted(said[key].items(), key=lambda item: (-item[1], item[0])))
        standing = cells[0].get(key)
        found[key] = _Dispute(values, None if standing is None else _number(standing), key not in unproven)
    return found


def _number(cell: Cell) -> Decimal | None:
    return Decimal(0) if cell.blank else cell.value


def _revision(
    card: Card, cards: Sequence[Card], differ: Sequence[Key], textual: bool, replaced: Collection[str]
) -> Flag:
    first = [other.report_id for other in cards[: _SHOWN + 1] if other is not card][:_SHOWN]
    which = f"{_few(first, len(cards) - 1)} report{'s' if len(cards) == 2 else ''}"
    if cards[0].report_id not in replaced and {other.report_id for other in cards[1:]} <= set(replaced):
        how = f"{cards[0].report_id} stands for it, as what its source shows now"
    elif cards[0].published == cards[1].published:
        how = f"{cards[0].report_id} stands for it, though no date says that it is the newest"
    else:
        how = f"{cards[0].report_id} stands for it, as the newest ({cards[0].published})"
    if not differ:
        message = f"{which} the same numbers for this publisher and year; {how}"
        return _flag("info", message, ("source", "one report was published in several files"))
    shown = _few([".".join(key) for key in differ[:_SHOWN]], len(differ))
    cells = "1 cell differs" if len(differ) == 1 else f"{len(differ)} cells differ"
    message = f"{which} for this publisher and year too; {cells}: {shown}; {how}"
    return _flag("warning", message, _SOURCE_TEXT if textual else _UNDECIDED)


_SOURCE_TEXT = ("source", "the numbers stand as text in the files: the publisher gave different ones")
_SOURCE_SUMS = ("source", "each number fits the sums of its own table: the publisher gave different ones")
_UNDECIDED = ("undecided", "nothing tells whether the publisher changed the numbers or one file was misread")


def _differing(key: Key, cell: Cell | None, dispute: _Dispute, textual: bool) -> Flag:
    """On one of the cells that files for one year do not agree on; the suggestion is what the standing one says."""
    own = None if cell is None else _number(cell)
    first = [plain(value) for value, _ in dispute.values[: _SHOWN + 1] if value != own][:_SHOWN]
    expected = " or ".join(first) + (" or others" if len(dispute.values) > _SHOWN + 1 else "")
    suggestion = dispute.standing if dispute.standing != own else None
    return _flag(
        "warning",
        f"another file for this publisher and year says {expected}",
        _SOURCE_TEXT if textual else _SOURCE_SUMS if dispute.verified else _UNDECIDED,
        key,
        observed="blank" if cell is not None and cell.blank else None if own is None else plain(own),
        expected=expected,
        suggestion=None if suggestion is None else plain(suggestion),
    )


def _elsewhere(key: Key, value: Decimal) -> Flag:
    """On a cell without a number, which other files have."""
    said = plain(value)
    message = f"another file for this publisher and year has a number here: {said}"
    return _flag("info", message, ("extraction", "the cell was not read in this file"), key, suggestion=said)


def _flag(severity: str, message: str, whose: tuple[str, str], key: Key | None = None, **words: str | None) -> Flag:
    table_id, row_id, column_id = key or (None, None, None)
    return Flag(
        "revision",
        severity,
        message,
        table_id,
        row_id,
        column_id,
        attribution=whose[0],
        attribution_reason=whose[1],
        **words,  # type: ignore[arg-type]
    )


def _few(first: Sequence[str], count: int) -> str:
    more = f" and {count - len(first)} more" if count > len(first) else ""
    return ", ".join(first) + more
