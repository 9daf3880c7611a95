"""The same tables again, under another year or another publisher: a report that was copied, or read as another one.

Two reports are held for copies when it is unlikely that the same figures come up twice. `Print.bits` measures it: 12
bits are three or four cells of some size; 40 bits, about ten cells, are more than chance finds among all pairs of a
million reports. The first will do for two years of one publisher, which are few pairs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from pipeline.compare.cards import Card
from pipeline.compare.continuity import Body
from pipeline.model import Flag
from pipeline.vocabulary import flag_kinds

SAME_BODY, ANY_BODY = 12.0, 40.0
_SHOWN = 5

Name = tuple[Body, int]


def duplicates(cards: Sequence[Card]) -> Iterator[tuple[str, Flag]]:
    """(report_id, flag) for every report whose tables stand in one on another year or of another publisher.

    Linear in the number of cards, whose order does not matter. Reports of one publisher on one year are revisions.
    """
    whole = _copies(cards, requests=False)
    requests = _copies(cards, requests=True)
    for card in sorted(cards, key=lambda card: card.report_id):
        others, what = whole.get(card.report_id), "all tables are"
        if not others:
            others, what = requests.get(card.report_id), "the table of requests is"
        if others:
            yield card.report_id, _flag(card, others, what)


def _copies(cards: Sequence[Card], requests: bool) -> dict[str, list[Card]]:
    """For each report the first few with the same fingerprint, one of each publisher and year that is not its own."""
    floor = {True: SAME_BODY, False: ANY_BODY}
    times = Counter((card.requests if requests else card.tables).digest for card in cards)
    groups: dict[tuple[bytes, Body | None], dict[Name, Card]] = {}
    for same in (True, False):
        for card in cards:
            mark = card.requests if requests else card.tables
            if times[mark.digest] > 1 and mark.bits >= floor[same]:
                group = groups.setdefault((mark.digest, card.who if same else None), {})
                first = group.get((card.who, card.year))
                if first is None or card.report_id < first.report_id:
                    group[card.who, card.year] = card
    kept = {
        key: sorted(group.values(), key=lambda card: card.report_id)[: _SHOWN + 1]
        for key, group in groups.items()
        if len(group) > 1
    }
    found = {}
    for card in cards:
        digest = (card.requests if requests else card.tables).digest
        near = [*kept.get((digest, card.who), ()), *kept.get((digest, None), ())]
        others = {c.report_id: c for c in near if (c.who, c.year) != (card.who, card.year)}
        if others:
            found[card.report_id] = list(others.values())[:_SHOWN]
    return found


def _flag(card: Card, others: Sequence[Card], what: str) -> Flag:
    named = "; ".join(f"{c.publisher} on {c.year} ({c.report_id})" for c in others)
    message = f"{what} the same as in the report of {named}: one is a copy, or was read as another body's or year's"
    return Flag(
        "duplicate_report",
        flag_kinds()["duplicate_report"].severity,
        message,
        "requests",
        observed=f"{card.publisher} on {card.year}",
        expected=named,
    )
