"""The review queue: which tables a person should look at first.

An item is one table of one report with doubts that a person can settle. It ranks by what hangs on it: how grave the
doubts are, whether the identities already say what the number must be, and how many requests the report speaks of.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from dataclasses import dataclass

from pipeline.site.dataset import Entry
from pipeline.site.figures import Brief

LISTED = 1000
"""Items that the queue holds: more than a person settles before the site is built anew."""

_WEIGHTS = {
    "reconciled": 6.0,
    "reconcile_ties": 6.0,
    "row_sum": 4.0,
    "column_sum": 4.0,
    "balance": 4.0,
    "review_sum": 4.0,
    "carry_over": 3.0,
    "narrative_mismatch": 3.0,
    "not_a_number": 3.0,
    "duplicate_table": 3.0,
    "reading_chosen": 2.0,
    "shifted_row": 2.0,
    "missing_row": 2.0,
    "low_confidence": 1.0,
}
_OTHER = {"error": 2.0, "warning": 1.0}
_MOST = 20.0  # what the doubts of one table count for at most: a table lost altogether is one task, not 175


@dataclass(frozen=True, slots=True, order=True)
class Item:
    """One table of one report to be looked at; the greatest `score` first."""

    score: float
    report_id: str
    table_id: str
    brief: Brief
    kinds: tuple[tuple[str, int], ...]


class Queue:
    """The items that matter most, of all that pass by."""

    def __init__(self, listed: int = LISTED) -> None:
        self._listed = listed
        self._heap: list[tuple[float, str, str, Item]] = []
        self.passed = 0

    def add(self, entry: Entry, brief: Brief) -> None:
        if not entry.stands:
            return
        by_table: dict[str, Counter[str]] = {}
        weights: dict[str, float] = {}
        for flag in entry.flags:
            if flag["severity"] in _OTHER and flag["table_id"]:
                by_table.setdefault(flag["table_id"], Counter())[flag["kind"]] += 1
                weight = _WEIGHTS.get(flag["kind"], _OTHER[flag["severity"]])
                weights[flag["table_id"]] = weights.get(flag["table_id"], 0.0) + weight
        size = 1.0 + math.log10(1.0 + float(brief.received or 0))
        for table_id, kinds in by_table.items():
            score = round(min(weights[table_id], _MOST) * size, 3)
            item = Item(score, entry.report_id, table_id, brief, tuple(kinds.most_common()))
            self.passed += 1
            # Of equal score the smaller report_id stays: the queue does not hang on the order of reading.
            heapq.heappush(self._heap, (score, _descending(entry.report_id), table_id, item))
            if len(self._heap) > self._listed:
                heapq.heappop(self._heap)

    def items(self) -> list[Item]:
        """The items, the most important first."""
        return [item for _, _, _, item in sorted(self._heap, key=lambda one: (-one[0], one[3].report_id, one[2]))]


def _descending(text: str) -> str:
    return "".join(chr(0x10FFFF - ord(c)) for c in text)
