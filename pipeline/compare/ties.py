"""Which reports may have anything to say of one another: those of one body for the same year or for years that follow
one another, and those with the same fingerprint.

So when some reports come, change or go, only what has a tie to them must be compared anew, and only with what has a tie
to it in turn.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pipeline.compare.cards import Card
from pipeline.compare.duplicates import ANY_BODY, SAME_BODY

Ties = tuple[str, ...]


def ties_of(card: Card) -> Ties:
    """The ties of a report: words that it shares with all reports whose comparison may concern it."""
    found = []
    if card.body is not None:  # the year before with its own, and its own with the year after
        found = [f"body {card.body[0]} {card.body[1]} {year}" for year in (card.year, card.year + 1)]
    for name, mark in (("requests", card.requests), ("tables", card.tables)):
        if mark.bits >= min(SAME_BODY, ANY_BODY):
            found.append(f"{name} {mark.digest.hex()}")
    return tuple(found)


def concerned(ties: Mapping[str, Ties], moved: Collection[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The reports that must be compared anew since reports with the ties `moved` came, changed or went, and those that
    they are to be compared among. `ties` are those of all reports that are there now, by report_id."""
    moved = frozenset(moved)
    anew = frozenset(i for i, its in ties.items() if not moved.isdisjoint(its))
    reach = frozenset(tie for i in anew for tie in ties[i])
    return anew, frozenset(i for i, its in ties.items() if not reach.isdisjoint(its))
