"""What reports say of one another."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from decimal import Decimal

import pytest

from pipeline.checks import check
from pipeline.compare import Compared, compare, located
from pipeline.model import Flag, Report
from tests.readers import make, settings_of


def report(text: str, published: str | None = None, source_format: str = "text", **cells: int | str | None) -> Report:
    """A report as tests.readers makes them; `cells` by `table__row__column`: a number, a status, or None for blank."""
    made = make(hashlib.sha256(f"{text} {published} {source_format} {cells}".encode()).hexdigest(), settings_of(text))
    wanted = {tuple(name.split("__")): said for name, said in cells.items()}
    facts = []
    for fact in made.facts:
        if fact.key in wanted:
            said = wanted.pop(fact.key)
            value = Decimal(said) if isinstance(said, int) else None
            status = "reported" if isinstance(said, int) else said or "blank"
            fact = replace(fact, status=status, value=value, value_reconciled=value, verified=False)
        facts.append(replace(fact, verified=False))
    assert not wanted
    identity = replace(made.identity, published_date=published)
    return replace(made, format=source_format, identity=identity, facts=tuple(check(facts)[0]))


def flags(*reports: Report) -> dict[str, list[Flag]]:
    return {report_id: list(one.flags) for report_id, one in compare(reports).items() if one.flags}


def doubts(*reports: Report, kind: str | None = None) -> list[tuple[int, str, str]]:
    """(number of the report, severity, cell) of every flag, of one kind if given."""
    numbers = {report.report_id: number for number, report in enumerate(reports)}
    return sorted(
        (numbers[report_id], flag.severity, ".".join(filter(None, (flag.table_id, flag.row_id, flag.column_id))))
        for report_id, found in flags(*reports).items()
        for flag in found
        if kind in (None, flag.kind)
    )


def lawful(year: int, carried_in: int, carried_out: int, **cells: int | str | None) -> Report:
    """A report whose table of requests holds: all from one natural person's requests."""
    total = {
        f"requests__{row}__{column}": value
        for row, value in {
            "received": 10,
            "carried_in": carried_in,
            "granted": 10 + carried_in - carried_out,
            "total_processed": 10 + carried_in - carried_out,
            "carried_out": carried_out,
        }.items()
        for column in ("natural_person", "total")
    }
    others = {
        f"requests__{row}__{column}": 0
        for row in ("received", "granted", "total_processed")
        for column in ("business", "research", "public_interest", "legal_service", "other_organisation")
    }
    return report(f"year={year}", **{**others, **total, **cells})


def test_a_carry_over_that_differs_is_doubted_at_this_years_cells() -> None:
    before, after = lawful(2019, 0, 2), lawful(2020, 3, 0)
    found = flags(after, before)
    assert set(found) == {after.report_id}  # last year's numbers are proven by their own table
    by_column = {flag.column_id: flag for flag in found[after.report_id]}
    assert set(by_column) == {"natural_person", "total"}
    flag = by_column["total"]
    assert (flag.kind, flag.severity, flag.row_id, flag.observed, flag.expected) == (
        "carry_over",
        "warning",
        "carried_in",
        "3",
        "2",
    )
    assert flag.attribution == "source"
    assert flag.suggestion is None  # both are proven
    assert "上年结转" in flag.message
    assert before.report_id in flag.message


def test_a_number_of_the_year_before_that_nothing_proves_is_doubted_too() -> None:
    before, after = report("year=2019 carried_out=2"), report("year=2020 carried_in=3")
    found = doubts(before, after)
    assert len(found) == 14
    assert (0, "warning", "requests.carried_out.business") in found
    assert (1, "warning", "requests.carried_in.business") in found
    assert {flag.attribution for flag in flags(before, after)[after.report_id]} == {"undecided"}
    both = [replace(one, format="pdf") for one in (before, after)]
    assert {flag.attribution for flag in flags(*both)[after.report_id]} == {"source"}


def test_a_carry_over_misread_in_one_cell_is_laid_to_the_ocr() -> None:
    before, after = lawful(2019, 0, 7), lawful(2020, 7, 0, requests__carried_in__natural_person=1)
    (flag,) = flags(before, after)[after.report_id]
    assert (flag.column_id, flag.attribution, flag.suggestion) == ("natural_person", "ocr", "7")


def test_what_is_proven_or_corrected_explains_a_carry_over() -> None:
    before, after = lawful(2019, 0, 7), lawful(2020, 7, 0, requests__carried_in__natural_person=1)
    mended = [
        replace(f, value_reconciled=Decimal(7)) if f.key == ("requests", "carried_in", "natural_person") else f
        for f in after.facts
    ]
    (flag,) = flags(before, replace(after, facts=tuple(mended)))[after.report_id]
    assert (flag.severity, flag.attribution) == ("info", "ocr")
    assert "they agree" in flag.message


def test_a_blank_carries_nothing_over_but_a_lost_cell_is_not_compared() -> None:
    carried = "requests__carried_in__natural_person"
    assert doubts(lawful(2019, 0, 2), lawful(2020, 2, 0, **{carried: None}), kind="carry_over") == [
        (1, "warning", "requests.carried_in.natural_person")
    ]
    assert doubts(lawful(2019, 0, 0), lawful(2020, 0, 0, **{carried: None}), kind="carry_over") == []
    for status in ("missing", "unreadable"):
        assert doubts(lawful(2019, 0, 2), lawful(2020, 2, 0, **{carried: status}), kind="carry_over") == []
    assert doubts(lawful(2019, 0, 2), lawful(2020, 2, 0, requests__carried_in__total=None), kind="carry_over") == []


def test_equal_carry_over_and_reports_further_apart_raise_nothing() -> None:
    assert compare([report("year=2019 carried_out=2"), report("year=2020 carried_in=2")]) == {}
    assert compare([report("year=2018 carried_out=2"), report("year=2020 carried_in=3")]) == {}
    assert doubts(lawful(2020, 0, 2), lawful(2021, 2, 0)) == []  # over the change of forms


def test_another_publisher_or_division_is_no_neighbour() -> None:
    before = report("year=2019 carried_out=2")
    assert compare([before, report("year=2020 carried_in=3 publisher=乙县人民政府")]) == {}
    assert compare([before, report("year=2020 carried_in=3 code=371311")]) == {}
    assert compare([report("year=?"), report("year=? carried_in=3")]) == {}


def test_a_body_is_one_under_a_longer_name_and_a_newer_code() -> None:
    after = report("year=2020 carried_in=3 publisher=山东省临沂市兰山区人民政府")
    assert after.report_id in flags(report("year=2019 carried_out=2 publisher=兰山区人民政府"), after)
    after = report("year=2015 carried_in=3 code=110118 publisher=密云区人民政府")
    assert after.report_id in flags(report("year=2014 carried_out=2 code=110228 publisher=密云县人民政府"), after)


def test_a_body_that_took_over_another_one_is_not_compared_that_year() -> None:
    before = report("year=2009 carried_out=2 code=110101 publisher=东城区人民政府")
    assert compare([before, report("year=2010 carried_in=3 code=110101 publisher=东城区人民政府")]) == {}


def test_items_of_the_2019_form_go_on() -> None:
    def items(year: int, previous: int | None, change: int | str | None) -> Report:
        cells = {"proactive__licensing__previous_items": previous, "proactive__licensing__change": change}
        return report(f"year={year}", **cells)

    assert doubts(items(2019, 280, -6), items(2020, 274, 0), kind="items_roll_forward") == []
    assert doubts(items(2019, 280, None), items(2020, 280, 0), kind="items_roll_forward") == []
    assert doubts(items(2019, 280, "unreadable"), items(2020, 3, 0), kind="items_roll_forward") == []
    assert doubts(items(2019, 280, 0), items(2020, None, 0), kind="items_roll_forward") == []
    assert doubts(items(2019, 280, -6), items(2020, 284, 0), kind="items_roll_forward") == [
        (0, "warning", "proactive.licensing.change"),
        (0, "warning", "proactive.licensing.previous_items"),
        (1, "warning", "proactive.licensing.previous_items"),
    ]


def test_documents_in_force_go_on_for_information() -> None:
    def documents(year: int, in_force: int, issued: int = 0, repealed: int | None = 0) -> Report:
        cells = {"in_force": in_force, "issued": issued, "repealed": repealed}
        return report(f"year={year}", **{f"proactive__regulations__{name}": said for name, said in cells.items()})

    assert doubts(documents(2021, 40), documents(2022, 41, 3, 2), kind="in_force_roll_forward") == []
    assert doubts(documents(2021, 40), documents(2022, 43, 3, None), kind="in_force_roll_forward") == []
    before, after = documents(2021, 40), documents(2022, 45, 3, 2)
    assert doubts(before, after, kind="in_force_roll_forward") == [(1, "info", "proactive.regulations.in_force")]
    flag = next(f for f in flags(before, after)[after.report_id] if f.row_id)
    assert (flag.kind, flag.observed, flag.expected, flag.attribution) == (
        "in_force_roll_forward",
        "45",
        "41",
        "undecided",
    )


def test_two_reports_for_one_year_doubt_each_other_at_the_cells_that_differ() -> None:
    one, other = report("year=2020 n=1"), report("year=2020 n=2 carried_in=1")
    found = flags(one, other)
    assert set(found) == {one.report_id, other.report_id}
    summary, *cells = found[one.report_id]
    assert (summary.kind, summary.severity, summary.table_id) == ("revision", "warning", None)
    assert "7 cells differ" in summary.message
    assert {(f.kind, f.severity, f.row_id) for f in cells} == {("revision", "warning", "carried_in")}
    total = next(f for f in cells if f.column_id == "total")
    assert (total.observed, total.expected) == ("0", "6")


def test_the_newest_of_two_reports_stands_and_the_other_is_marked() -> None:
    old = report("year=2020 n=1", "2021-01-29")
    new = report("year=2020 n=2 carried_in=1", "2021-03-01")
    undated = report("year=2020 n=3 carried_in=2")
    for order in ([old, new, undated], [undated, new, old]):
        compared = compare(order)
        assert {i: one.superseded_by for i, one in compared.items()} == {
            old.report_id: new.report_id,
            undated.report_id: new.report_id,
            new.report_id: None,
        }
    cell = next(f for f in compared[old.report_id].flags if f.column_id == "total")
    assert (cell.observed, cell.expected, cell.suggestion) == ("0", "6 or 12", "6")
    assert "as the newest (2021-03-01)" in compared[old.report_id].flags[0].message


def test_without_dates_the_report_read_whole_and_then_the_fullest_stands() -> None:
    partial = replace(report("year=2020 n=1"), disposition="partial")
    full = report("year=2020 n=2")
    less = report("year=2020 n=3", requests__other__total="unreadable")
    compared = compare([partial, full, less])
    assert compared[full.report_id].superseded_by is None
    assert compared[less.report_id].superseded_by == compared[partial.report_id].superseded_by == full.report_id
    assert "no date says" in compared[full.report_id].flags[0].message


def test_the_same_numbers_in_two_files_are_for_information() -> None:
    one, other = report("year=2020 n=1"), report("year=2020 n=2", requests__other__total=None)
    assert [f.severity for f in flags(one, other)[one.report_id]] == ["info"]


def test_a_number_that_only_the_other_file_has_is_suggested() -> None:
    one = report("year=2020 n=1", requests__granted__total="unreadable")
    other = report("year=2020 n=2")
    cell = flags(one, other)[one.report_id][1]
    assert (cell.severity, cell.row_id, cell.suggestion) == ("info", "granted", "60")
    assert doubts(one, other, kind="revision")[-1] == (1, "info", "")


def test_the_order_of_reports_does_not_matter() -> None:
    reports = [report(f"year={year} n={n} carried_in={n}") for year in (2018, 2019, 2020) for n in (1, 2, 3)]
    assert compare(reports) == compare(reversed(reports))


def test_this_year_goes_on_from_what_stands_for_the_year_before() -> None:
    old, new = lawful(2019, 0, 2), lawful(2019, 0, 3)
    old = replace(old, identity=replace(old.identity, published_date="2020-01-20"))
    new = replace(new, identity=replace(new.identity, published_date="2020-02-20"))
    assert doubts(old, new, lawful(2020, 3, 0), kind="carry_over") == []
    assert {number for number, _, _ in doubts(old, new, lawful(2020, 2, 0), kind="carry_over")} == {2}


def test_one_of_several_that_no_date_ranks_will_do() -> None:
    before = [report("year=2019 carried_out=2"), report("year=2019 carried_out=3")]
    after = report("year=2020 carried_in=3")
    assert after.report_id not in compare([*before, after])
    doubted = report("year=2020 carried_in=4")
    found = flags(*before, doubted)[doubted.report_id]
    assert {flag.expected for flag in found if flag.column_id == "business"} <= {"2 or 3", "3 or 2"}


def test_many_files_for_one_year_are_one_flag_each_and_one_a_cell() -> None:
    reports = [report(f"year=2020 n={n} carried_in={n % 3}") for n in range(60)]
    found = flags(*reports)
    assert {len(said) for said in found.values()} == {8}
    summary = found[reports[0].report_id][0]
    assert "and 54 more report for this publisher and year too" in summary.message
    business = next(f for f in found[reports[0].report_id] if f.column_id == "business")
    assert business.observed == "0"
    assert business.expected == "1 or 2"


FIGURES = {
    f"requests__{row}__natural_person": number
    for row, number in {
        "granted": 1237,
        "partially_granted": 83,
        "denied_third_party": 19,
        "unavailable_not_held": 412,
        "unavailable_unclear": 57,
        "unprocessed_petition": 38,
    }.items()
}


def test_the_same_tables_under_another_year_are_flagged_on_both() -> None:
    text = "publisher=临沂市兰山区人民政府 n=1"
    one, other = report(f"year=2018 {text}", **FIGURES), report(f"year=2020 {text}", **FIGURES)
    unlike = report(f"year=2015 {text}", **FIGURES | {"requests__granted__natural_person": 1236})
    assert doubts(one, other, unlike, kind="duplicate_report") == [
        (0, "warning", "requests"),
        (1, "warning", "requests"),
    ]
    (flag,) = flags(one, other)[one.report_id]
    assert "all tables are" in flag.message
    assert other.report_id in flag.message
    partly = report(f"year=2020 {text}", **FIGURES, proactive__penalty__decisions=77)
    (flag,) = flags(one, partly)[one.report_id]
    assert "the table of requests is" in flag.message


def test_the_same_tables_of_another_publisher_are_flagged_on_both() -> None:
    one, other = report("year=2020", **FIGURES), report("year=2020 code=371311 publisher=罗庄区人民政府", **FIGURES)
    assert doubts(one, other) == [(0, "warning", "requests"), (1, "warning", "requests")]


def test_small_tables_that_chance_makes_equal_are_no_copies() -> None:
    """Hundreds of bureaus received two requests and granted both."""
    none = {
        f"requests__{row}__{column}": 0
        for row in ("received", "granted", "total_processed")
        for column in (
            "natural_person",
            "business",
            "research",
            "public_interest",
            "legal_service",
            "other_organisation",
        )
    }
    few = {**none, "requests__received__natural_person": 2, "requests__granted__natural_person": 2}
    some = {**few, "requests__denied_third_party__business": 13, "requests__unavailable_not_held__natural_person": 21}
    apart = [report(f"year=2018 amount=0 code={code}", **few) for code in ("371302", "371311")]
    assert doubts(*apart, report("year=2020 amount=0", **few)) == []
    assert doubts(*(report(f"year=2018 amount=0 code={code}", **some) for code in ("371302", "371311"))) == []
    years = [report(f"year={year} amount=0", **some) for year in (2018, 2020)]
    assert len(doubts(*years, kind="duplicate_report")) == 2


def test_a_hundred_copies_name_a_few_each() -> None:
    copies = [report(f"year=2020 publisher=第{n}局 n={n}", **FIGURES) for n in range(100)]
    found = flags(*copies)
    assert len(found) == 100
    assert {flag.message.count(" on 2020 (") for said in found.values() for flag in said} == {5}


def test_flags_of_comparison_say_where_their_cells_stand() -> None:
    one = report("year=2020")
    cell = Flag("carry_over", "warning", "x", "requests", "carried_in", "total")
    table = Flag("duplicate_report", "warning", "x", "requests")
    assert [(flag.page, flag.line) for flag in located((cell, table), one)] == [(1, 7), (None, None)]


def test_nothing_is_said_of_a_report_on_its_own() -> None:
    assert compare([report("year=2020", **FIGURES), report("kind=work_plan year=2020")]) == {}
    assert Compared() == Compared((), None)


@pytest.mark.parametrize("status", ["blank", "missing", "unreadable"])
def test_a_cell_without_a_number_of_which_one_is_proven_is_compared_by_it(status: str) -> None:
    before, after = lawful(2019, 0, 2), lawful(2020, 3, 0)
    facts = [
        replace(f, status=status, value=None, value_reconciled=Decimal(2)) if f.row_id == "carried_in" else f
        for f in after.facts
    ]
    found = flags(before, replace(after, facts=tuple(facts)))
    said = {(flag.column_id, flag.severity, flag.observed) for flag in found.get(after.report_id, [])}
    assert said == ({("natural_person", "info", "blank")} if status == "blank" else set())
