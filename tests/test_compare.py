"""What reports say of one another."""

from __future__ import annotations

import hashlib

from pipeline.compare import compare
from pipeline.model import Report
from tests.readers import make, settings_of


def report(text: str) -> Report:
    return make(hashlib.sha256(text.encode()).hexdigest(), settings_of(text))


def test_a_carry_over_that_differs_is_doubted_at_this_years_cells() -> None:
    before, after = report("year=2019 carried_out=2"), report("year=2020 carried_in=3")
    flags = compare([after, before])
    assert set(flags) == {after.report_id}
    assert {(f.kind, f.severity, f.table_id, f.row_id) for f in flags[after.report_id]} == {
        ("carry_over", "warning", "requests", "carried_in")
    }
    by_column = {f.column_id: (f.observed, f.expected) for f in flags[after.report_id]}
    assert len(by_column) == 7
    assert by_column["business"] == ("3", "2")
    assert by_column["total"] == ("18", "12")


def test_equal_carry_over_and_reports_further_apart_raise_nothing() -> None:
    assert compare([report("year=2019 carried_out=2"), report("year=2020 carried_in=2")]) == {}
    assert compare([report("year=2018 carried_out=2"), report("year=2020 carried_in=3")]) == {}


def test_another_publisher_or_division_is_no_neighbour() -> None:
    before = report("year=2019 carried_out=2")
    assert compare([before, report("year=2020 carried_in=3 publisher=乙县人民政府")]) == {}
    assert compare([before, report("year=2020 carried_in=3 code=371311")]) == {}
    assert compare([report("year=?"), report("year=? carried_in=3")]) == {}


def test_two_reports_for_one_year_doubt_each_other_with_the_cells_that_differ() -> None:
    one, other = report("year=2020 n=1"), report("year=2020 n=2 carried_in=1")
    flags = compare([one, other])
    assert set(flags) == {one.report_id, other.report_id}
    (flag,) = flags[one.report_id]
    assert (flag.kind, flag.severity, flag.table_id) == ("revision", "warning", None)
    assert "7 cells differ" in flag.message
    assert flag.observed is not None
    assert "requests.carried_in.total = 0" in flag.observed
    assert flag.expected is not None
    assert "requests.carried_in.total = 6" in flag.expected


def test_the_same_numbers_in_two_files_are_for_information() -> None:
    one, other = report("year=2020 n=1"), report("year=2020 n=2")
    assert [f.severity for f in compare([one, other])[one.report_id]] == ["info"]


def test_the_order_of_reports_does_not_matter() -> None:
    reports = [report(f"year={year} n={n} carried_in={n}") for year in (2018, 2019, 2020) for n in (1, 2, 3)]
    assert compare(reports) == compare(reversed(reports))


def test_a_revision_that_agrees_with_the_year_before_will_do() -> None:
    before = [report("year=2019 carried_out=2"), report("year=2019 carried_out=3")]
    after = report("year=2020 carried_in=3")
    assert after.report_id not in compare([*before, after])
    doubted = report("year=2020 carried_in=4")
    flags = compare([*before, doubted])[doubted.report_id]
    assert {flag.expected for flag in flags if flag.column_id == "business"} <= {"2 or 3", "3 or 2"}


def test_many_files_for_one_year_are_one_flag_each() -> None:
    reports = [report(f"year=2020 n={n} carried_in={n % 3}") for n in range(60)]
    flags = compare(reports)
    assert {len(found) for found in flags.values()} == {1}
    (flag,) = flags[reports[0].report_id]
    assert "and 54 more report for this publisher and year too" in flag.message
    assert flag.expected is not None
    (business,) = (part for part in flag.expected.split("; ") if part.startswith("requests.carried_in.business = "))
    assert sorted(business.split(" = ")[1].split(" or ")) == ["0", "1", "2"]
