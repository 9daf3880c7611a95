"""A report's facts as numbers to reckon with: sums over cells, and which cells a told number speaks of."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import lru_cache

from pipeline.model import Fact

Key = tuple[str, str, str]  # table_id, row_id, column_id


@lru_cache(maxsize=256)  # the rows are those of a few forms
def _named_rows(rows: tuple[str, ...], patterns: str) -> tuple[str, ...]:
    return tuple(row for row in rows if any(fnmatchcase(row, pattern) for pattern in patterns.split()))


class TableValues:
    """The published values by cell; rows in the order of the form."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        self._facts = {fact.key: fact for fact in facts}
        self._rows: dict[str, list[str]] = {}
        self._named: dict[tuple[str, str, str], tuple[Key, ...]] = {}
        for fact in facts:
            rows = self._rows.setdefault(fact.table_id, [])
            if fact.row_id not in rows:
                rows.append(fact.row_id)

    def has(self, key: Key) -> bool:
        return key in self._facts

    def cells(self, table_id: str, patterns: str, column_id: str) -> tuple[Key, ...]:
        """The cells of the rows that the patterns name (`denied_*`, apart by spaces) in one column."""
        wanted = (table_id, patterns, column_id)
        if wanted not in self._named:
            self._named[wanted] = tuple(
                (table_id, row, column_id)
                for row in _named_rows(tuple(self._rows.get(table_id, ())), patterns)
                if (table_id, row, column_id) in self._facts
            )
        return self._named[wanted]

    def sum(self, cells: Sequence[Key]) -> Decimal | None:
        """Their sum, a blank counting 0; None where one is missing or unreadable, or where all are blank."""
        facts = [self._facts.get(key) for key in cells]
        if any(fact is None or fact.status not in ("reported", "blank") for fact in facts):
            return None
        values = [fact.value for fact in facts if fact is not None and fact.value is not None]
        if facts and not values:
            return None
        return sum(values, Decimal(0))

    def spoken_of(self, cells: Sequence[Key], value: Decimal) -> tuple[Key, ...]:
        """Of several cells told as one number: the one that equals it, else those that are not 0, else all."""
        if len(cells) <= 1:
            return tuple(cells)
        numbers = {key: fact.value for key in cells if (fact := self._facts.get(key)) is not None}
        equal = [key for key, number in numbers.items() if number == value]
        if value and len(equal) == 1:
            return (equal[0],)
        return tuple(key for key, number in numbers.items() if number) or tuple(cells)
