"""Wide tables, harmonised series and crosswalk: numbers as published, doubts named, and nothing fused that differs."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pipeline import vocabulary
from pipeline.model import Fact, Flag, Report
from pipeline.publish import crosswalk
from pipeline.publish.crosswalk import crosswalk_rows
from pipeline.publish.schema import CROSSWALK, SERIES, WIDE
from pipeline.publish.tabulate import Entry, rows_of
from pipeline.publish.wide import quantities
from tests.readers import make

REQUESTS, PROACTIVE, REVIEWS = WIDE
Key = tuple[str, str, str]


def drawn(year: int | str = 2020, **settings: str) -> Report:
    return make("a" * 64, {"year": str(year), **settings})


def changed(report: Report, key: Key, **changes: Any) -> Report:
    def one(fact: Fact) -> Fact:
        return replace(fact, **changes) if fact.key == key else fact

    return replace(report, facts=tuple(map(one, report.facts)))


def row(report: Report, table: Any, **entry: Any) -> dict[str, Any]:
    (found,) = rows_of(Entry(report, "a.txt", **entry))[table.name]
    return dict(zip(table.names, found, strict=True))


@pytest.mark.parametrize("year", [2020, 2022])
def test_a_wide_row_holds_every_number_of_its_table(year: int) -> None:
    report = drawn(year)
    for table in WIDE:
        wide = row(report, table)
        for fact in report.facts:
            if fact.table_id == table.name:
                assert wide.pop(f"{fact.row_id}__{fact.column_id}") == fact.value
        rest = {name for name, value in wide.items() if "__" in name and value is not None}
        assert not rest  # the other format's cells are null
        assert wide["report_id"] == report.report_id
        assert wide["template"] == ("2019" if year == 2020 else "2021")


def test_a_report_without_a_table_has_no_row_in_it() -> None:
    report = drawn()
    without = replace(report, facts=tuple(f for f in report.facts if f.table_id != "proactive"))
    found = rows_of(Entry(without, "a.txt"))
    assert found["proactive"] == []
    assert len(found["requests"]) == len(found["series"]) == 1
    plan = rows_of(Entry(drawn(kind="work_plan"), "a.txt"))
    assert plan["requests"] == plan["series"] == []


def test_what_is_in_doubt_is_named_and_what_is_for_information_is_not() -> None:
    report = replace(
        drawn(),
        flags=(
            Flag("row_sum", "error", "x", "requests", "granted", "total"),
            Flag("unknown_label", "warning", "x", "requests", None, "business"),
            Flag("blank_cell", "info", "x", "requests", "received", "total"),
            Flag("split_table", "info", "x", "review_litigation"),
        ),
    )
    doubts = row(report, REQUESTS)["doubts"].split(";")
    business = [f"{row_id}__business" for row_id in vocabulary.form("2019", "requests").rows]
    assert sorted(doubts) == sorted([*business, "granted__total"])
    assert row(report, REVIEWS)["doubts"] == ""
    assert row(report, SERIES)["doubts"] == "received_business;granted"


def test_what_was_proven_stands_beside_what_is_printed() -> None:
    key = ("requests", "denied_third_party", "total")
    report = changed(drawn(), key, value=Decimal(0), value_reconciled=Decimal("1.50"))
    assert row(report, REQUESTS)["denied_third_party__total"] == 0
    assert row(report, REQUESTS)["reconciled"] == "denied_third_party__total=1.5"
    series = row(report, SERIES)
    assert (series["denied"], series["denied_third_party"]) == (0, 0)
    assert series["reconciled"] == "denied=1.5;denied_third_party=1.5"


def test_the_three_rows_of_the_new_format_are_the_one_of_the_old() -> None:
    assert row(changed(drawn(2020), ("requests", "other", "total"), value=Decimal(7)), SERIES)["other"] == 7
    report = drawn(2022)
    for row_id, value in (("other_overdue_correction", 1), ("other_overdue_fee", 2), ("other_remaining", 4)):
        report = changed(report, ("requests", row_id, "total"), value=Decimal(value))
    assert row(report, SERIES)["other"] == 7


def test_a_sum_counts_a_blank_as_nothing_and_is_null_where_it_cannot_be_told() -> None:
    keys = [("requests", row_id, "total") for row_id in ("other_overdue_correction", "other_overdue_fee")]
    blank: dict[str, Any] = {"value": None, "value_reconciled": None, "status": "blank"}
    report = changed(drawn(2022), ("requests", "other_remaining", "total"), value=Decimal(4))
    assert row(changed(report, keys[0], **blank), SERIES)["other"] == 4
    for status in ("missing", "unreadable"):
        assert row(changed(report, keys[0], **(blank | {"status": status})), SERIES)["other"] is None
    for key in (*keys, ("requests", "other_remaining", "total")):
        report = changed(report, key, **blank)
    assert row(report, SERIES)["other"] is None


def test_a_series_takes_the_report_that_stands_and_has_a_year() -> None:
    assert rows_of(Entry(drawn(), "a.txt", superseded_by="b" * 16))["series"] == []
    assert rows_of(Entry(drawn("?"), "a.txt"))["series"] == []
    assert row(drawn(), REQUESTS, superseded_by="b" * 16)["superseded_by"] == "b" * 16


def test_every_cell_has_its_place_in_the_crosswalk() -> None:
    rows = [dict(zip(CROSSWALK.names, found, strict=True)) for found in crosswalk_rows()]
    cells = sum(len(list(vocabulary.form(t, i).cells())) for t in vocabulary.TEMPLATES for i in vocabulary.TABLES)
    assert len(rows) == cells
    known = {(r["template"], f"{r['row_id']}.{r['column_id']}") for r in rows}
    for r in rows:
        other = "2021" if r["template"] == "2019" else "2019"
        counterparts = (r["counterpart"] or "").split(";") if r["counterpart"] else []
        assert all((other, each) in known for each in counterparts), r
        assert bool(counterparts) == (r["relation"] != "none")
        assert r["reason"]
        assert r["reason_zh"]


def test_a_cell_that_crosswalk_csv_forgets_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [line for line in crosswalk.read("crosswalk.csv") if line["rows"] != "procurement"]
    monkeypatch.setattr(crosswalk, "read", lambda name: lines)
    with pytest.raises(ValueError, match=r"says nothing of 2019\.proactive\.procurement"):
        crosswalk_rows()


def test_nothing_is_harmonised_that_the_formats_count_differently() -> None:
    relation = {tuple(found[:4]): found[4] for found in crosswalk_rows()}
    for quantity in quantities():
        kinds = {
            relation[template, *cell] for template, cells in quantity.cells.items() for cell in cells
        }  # a sum of the same cells, or the row that the other format parts
        assert kinds == {"same"} or kinds == {"sum", "part"}, quantity.series_id
    used = {cell for quantity in quantities() for cells in quantity.cells.values() for cell in cells}
    assert not used & {("proactive", "regulations", "created"), ("proactive", "regulations", "issued")}


def test_the_series_has_the_total_of_every_row_that_both_formats_have() -> None:
    old, new = (vocabulary.form(template, "requests").rows for template in vocabulary.TEMPLATES)
    assert set(old) & set(new) <= set(SERIES.names)
