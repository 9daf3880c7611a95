"""Which kinds of flag touch a cell: its own, its row's, column's and table's, and doubts about whose it is."""

from __future__ import annotations

import pytest

from pipeline.model import Fact, Flag
from pipeline.publish.tabulate import KindsAtCell

FACT = Fact("2021", "requests", "granted", "total", "count", "reported")


def flag(kind: str, *place: str | None, severity: str = "warning") -> Flag:
    return Flag(kind, severity, "", *place)


@pytest.mark.parametrize(
    ("one", "touches"),
    [
        (flag("reconciled", "requests", "granted", "total"), True),
        (flag("shifted_row", "requests", "granted"), True),
        (flag("column_sum", "requests", None, "total"), True),
        (flag("split_table", "requests", severity="info"), True),
        (flag("row_sum", "requests", "denied_state_secret", "total"), False),
        (flag("missing_table", "proactive"), False),
        # Every cell's row names the year and the division: that these are in doubt is a doubt about the row.
        (flag("year_conflict"), True),
        (flag("jurisdiction_ambiguous"), True),
        (flag("publisher_unknown"), True),
        (flag("jurisdiction_of_parent", severity="info"), False),
        # What is wrong with the file's text, or with a part that was not read, says nothing of a number that was.
        (flag("garbled_text"), False),
        (flag("partly_read"), False),
    ],
)
def test_what_touches_a_cell(one: Flag, touches: bool) -> None:
    assert KindsAtCell([one]).at(FACT) == (one.kind if touches else "")


def test_kinds_are_sorted_and_stand_once() -> None:
    flags = [
        flag("year_conflict"),
        flag("row_sum", "requests", "granted", "total"),
        flag("row_sum", "requests", "granted"),
    ]
    assert KindsAtCell(flags).at(FACT) == "row_sum;year_conflict"
    elsewhere = Fact("2021", "proactive", "regulations", "issued", "count", "reported")
    assert KindsAtCell(flags).at(elsewhere) == "year_conflict"
