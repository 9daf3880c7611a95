"""Which of several readings of a cell the identities choose, and what they leave alone."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from random import Random

from pipeline import vocabulary
from pipeline.checks import check
from pipeline.measure import measure
from pipeline.model import Reading, TableReading
from pipeline.readings import SURE, choose, low_confidence
from tests.corpus.figures import draw_figures

KEY = ("granted", "business")


def table(rng: Random, *changes: tuple[tuple[str, str], str, tuple[str, ...]]) -> TableReading:
    """A lawful table of requests, recognised for sure but for (cell, likeliest reading, other readings)."""
    figures = draw_figures(rng, "2021")
    cells = {
        key: Reading(str(figures["requests", *key]), confidence=0.99)
        for key in vocabulary.form("2021", "requests").cells()
    }
    for key, text, others in changes:
        cells[key] = Reading(text, confidence=0.6, alternatives=others)
    return TableReading("requests", "2021", cells)


def truth(rng: Random, key: tuple[str, str]) -> str:
    return str(draw_figures(rng, "2021")["requests", *key])


def test_the_reading_that_makes_the_sums_hold_is_chosen_and_says_so() -> None:
    for seed in range(20):
        right = truth(Random(seed), KEY)
        (settled,), flags = choose([table(Random(seed), (KEY, right + "7", ("x", right, "99999")))])
        assert settled.cells[KEY].text == right
        (flag,) = flags
        assert (flag.kind, flag.severity, flag.row_id, flag.column_id) == ("reading_chosen", "warning", *KEY)
        assert (flag.observed, flag.expected) == (right + "7", right)


def test_two_wrong_cells_of_one_row_are_solved_together() -> None:
    other = ("granted", "research")
    for seed in range(20):
        one, two = truth(Random(seed), KEY), truth(Random(seed), other)
        (settled,), _ = choose([table(Random(seed), (KEY, one + "1", (one,)), (other, two + "1", (two,)))])
        assert (settled.cells[KEY].text, settled.cells[other].text) == (one, two)


def test_a_bad_page_is_solved_row_by_row() -> None:
    """Ten cells that no look could read, in rows of their own: too many to be tried together."""
    rows = [row for row, columns in vocabulary.form("2021", "requests").rows.items() if "business" in columns][2:12]
    for seed in range(5):
        right = {(row, "business"): truth(Random(seed), (row, "business")) for row in rows}
        bad = [(key, "\ufffd", (number + "0", number, "9" + number)) for key, number in right.items()]
        (settled,), flags = choose([table(Random(seed), *bad)])
        assert {key: settled.cells[key].text for key in right} == right
        assert len(flags) == len(rows) == 10


def test_a_row_that_two_readings_mend_is_left_to_the_others() -> None:
    """Either cell could be the wrong one by its row; by the columns only one of them can."""
    one, two = truth(Random(6), KEY), truth(Random(6), ("granted", "research"))
    misread = str(int(one) + 3)
    doubtful = (KEY, misread, (one,)), (("granted", "research"), two, (str(int(two) - 3) if int(two) > 2 else "7",))
    (settled,), _ = choose([table(Random(6), *doubtful)])
    assert (settled.cells[KEY].text, settled.cells["granted", "research"].text) == (one, two)


def test_an_unreadable_cell_takes_the_reading_that_fits() -> None:
    right = truth(Random(1), KEY)
    (settled,), flags = choose([table(Random(1), (KEY, "\ufffd", ("5" + right, right)))])
    assert settled.cells[KEY].text == right
    assert [flag.kind for flag in flags] == ["reading_chosen"]


def test_nothing_is_made_up() -> None:
    """No reading fits: the cell stays as it was read, whatever the identities prove it to be."""
    right = truth(Random(2), KEY)
    before = table(Random(2), (KEY, right + "1", (right + "2", "unlike")))
    (settled,), flags = choose([before])
    assert settled == before
    assert flags == []


def test_what_holds_is_left_alone() -> None:
    right = truth(Random(3), KEY)
    (settled,), flags = choose([table(Random(3), (KEY, right, (right + "1",)))])
    assert settled.cells[KEY].text == right
    assert flags == []


def test_doubt_is_a_warning_until_two_identities_prove_the_cell() -> None:
    right = truth(Random(4), KEY)
    for text, severity in ((right, "info"), (right + "1", "warning")):
        read = table(Random(4), (KEY, text, ()))
        facts, _ = measure([read])
        facts, _ = check(facts)
        (flag,) = low_confidence([read], facts)
        assert (flag.kind, flag.severity) == ("low_confidence", severity)
    sure = replace(read, cells=read.cells | {KEY: Reading(right, confidence=SURE)})
    assert low_confidence([sure], facts) == []
    assert all(fact.value is None or fact.value == int(fact.value) for fact in facts)
    assert Decimal(right) >= 0
