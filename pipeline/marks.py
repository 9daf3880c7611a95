"""The marks at the cells of a shown table: numbers of doubts and claims, and what the explanations of a break make of
a cell. What they stand for is listed below the tables (`explain`)."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Sequence

from rich.text import Text

from pipeline.model import Claim, Flag

SEVERITY_STYLES = {"info": "cyan", "warning": "yellow", "error": "red"}
VERDICT_STYLES = {"agrees": "green", "disagrees": "red", "not_comparable": "dim"}
TIE_STYLE = "magenta"

Place = tuple[str | None, str | None, str | None]  # table, row, column; None for a whole one

# What reconcile writes of a changed cell: `received.total 63 → 62`, with `?` for a cell without a number.
_CHANGE = re.compile(r"([a-z_]+)\.([a-z_]+) (?:\d+|\?) → (\d+)")


class Marks:
    """What stands at each place of a report's tables, by the numbers of its flags and its claims from 1."""

    def __init__(self, flags: Iterable[Flag], claims: Iterable[Claim]) -> None:
        self._at: dict[Place, Text] = {}
        for number, flag in enumerate(flags, 1):
            if flag.table_id is None:
                continue
            self._add((flag.table_id, flag.row_id, flag.column_id), f"[{number}]", SEVERITY_STYLES.get(flag.severity))
            for letter, words in ties(flag):
                for row_id, column_id, value in _CHANGE.findall(words):
                    self._add((flag.table_id, row_id, column_id), f"({letter} {value})", TIE_STYLE)
        for number, claim in enumerate(claims, 1):
            if claim.table_id is not None:
                place = (claim.table_id, claim.row_id, claim.column_id)
                self._add(place, f"¶{number}", VERDICT_STYLES.get(claim.verdict))

    def at(self, place: Place) -> Text:
        """The marks of one place, each after a blank; empty where there are none."""
        return self._at[place].copy() if place in self._at else Text()

    def _add(self, place: Place, mark: str, style: str | None) -> None:
        self._at.setdefault(place, Text()).append(f" {mark}", style=style or "")


def ties(flag: Flag) -> Sequence[tuple[str, str]]:
    """The explanations of a break that its flag lists, each with a letter; none for other flags."""
    if flag.kind != "reconcile_ties" or not flag.suggestion:
        return ()
    listed = flag.suggestion.split(" | ")
    letters = string.ascii_lowercase if len(listed) <= len(string.ascii_lowercase) else range(1, len(listed) + 1)
    return [(str(letter), words) for letter, words in zip(letters, listed, strict=False)]
