"""The gate: what holds a new version back, and what lets it through."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from extractors.document import CannotRead
from pipeline import codec
from pipeline.aside import set_aside
from pipeline.gate import Bounds, Verdict, examine
from pipeline.model import Flag, Quality, Report
from pipeline.publish import write_tables
from pipeline.publish.tabulate import Entry
from tests.readers import make

Change = Callable[[Report], Report]


def drawn(number: int, year: int = 2020, **settings: str) -> Report:
    sha256 = hashlib.sha256(f"{number} {settings.pop('content', '')}".encode()).hexdigest()
    report = make(sha256, {"year": str(year), "publisher": f"第{number}县人民政府", **settings})
    return codec.loads(Report, codec.dumps(report))  # as it comes from the ledger


def dataset(folder: Path, reports: Sequence[Report]) -> Path:
    folder.mkdir()
    entries = [Entry(report, f"{report.identity.publisher}.pdf") for report in reports]
    write_tables(sorted(entries, key=lambda entry: entry.report.report_id), folder)
    return folder


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dataset(tmp_path_factory.mktemp("gate") / "old", REPORTS)


@pytest.fixture
def judged(tmp_path: Path, usual: Path) -> Callable[..., Verdict]:
    """The gate's verdict on a version of other reports."""

    def verdict(old: Sequence[Report], new: Sequence[Report], **bounds: float) -> Verdict:
        published = usual if old is REPORTS else dataset(tmp_path / "old", old)
        return examine(published, dataset(tmp_path / "new", new), Bounds(**bounds))  # type: ignore[arg-type]

    return verdict


REPORTS = [drawn(i, 2016 + i % 4) for i in range(40)]
Judged = Callable[..., Verdict]


def some(count: int, change: Change) -> list[Report]:
    """The reports, the first `count` of them changed."""
    return [change(report) if i < count else report for i, report in enumerate(REPORTS)]


def test_the_same_and_more_pass(judged: Judged) -> None:
    assert judged(REPORTS, [*REPORTS, *(drawn(i, 2021) for i in range(40, 60))]) == Verdict(True)


def test_a_first_version_passes(tmp_path: Path) -> None:
    assert examine(None, dataset(tmp_path / "new", REPORTS[:3]), Bounds()).passes
    assert examine(None, dataset(tmp_path / "empty", []), Bounds()).passes


def test_lost_reports_hold_and_are_named(judged: Judged) -> None:
    lost = replace(set_aside(REPORTS[1].sha256, CannotRead("damaged", "the file ends too early")))
    verdict = judged(REPORTS, [lost, *REPORTS[2:]])
    assert not verdict.passes
    (reason,) = verdict.reasons
    assert reason.startswith("2 of 40 (5 %) reports that are published with data have none")
    assert "at most 1 % may be lost" in reason
    assert "2016: 1 of 10; 2017: 1 of 10" in reason
    assert "第0县人民政府 2016 (its file is no longer among the input)" in reason
    assert "第1县人民政府 2017 (the file ends too early)" in reason


def test_everything_lost_holds(judged: Judged) -> None:
    assert judged(REPORTS, []).reasons[0].startswith("40 of 40 (100 %) reports")


def test_a_year_that_is_lost_holds_where_the_whole_would_pass(judged: Judged) -> None:
    few = [drawn(i, 2009) for i in range(100, 105)]
    verdict = judged([*REPORTS, *few], REPORTS, lost=0.2)
    assert [reason.split(";")[0] for reason in verdict.reasons] == [
        "5 of 5 (100 %) reports on 2009 that are published with data have none in the new version"
    ]


def test_losses_within_the_bound_pass(judged: Judged) -> None:
    assert judged(REPORTS, REPORTS[2:], lost=0.05, lost_of_year=0.1).passes


def test_a_file_that_was_replaced_is_not_lost(judged: Judged) -> None:
    assert judged(REPORTS, [drawn(0, 2016, content="revised"), *REPORTS[1:]]).passes


def test_files_without_data_may_go(judged: Judged) -> None:
    aside = [set_aside(f"{i:064x}", CannotRead("empty", "the file is empty")) for i in range(20)]
    assert judged([*REPORTS, *aside], REPORTS).passes


def test_reports_that_change_hands_hold(judged: Judged) -> None:
    def moved(report: Report) -> Report:
        return replace(report, identity=replace(report.identity, publisher="某县人民政府", year=2008))

    verdict = judged(REPORTS, some(5, moved))
    (reason,) = verdict.reasons
    assert reason.startswith("5 of 40 (12.5 %) reports whose files have not changed are now another publisher's")
    assert "第0县人民政府 2016 is now 某县人民政府 2008" in reason


def test_a_few_that_change_hands_are_no_surprise(judged: Judged) -> None:
    def moved(report: Report) -> Report:
        return replace(report, identity=replace(report.identity, year=2008))

    assert judged(REPORTS, some(4, moved)).passes


def unread(report: Report) -> Report:
    facts = tuple(replace(f, status="unreadable", value=None, value_reconciled=None) for f in report.facts)
    return replace(report, facts=facts)


def test_numbers_that_are_no_longer_read_hold(judged: Judged) -> None:
    verdict = judged(REPORTS, some(1, unread), verified=1.0)
    (reason,) = verdict.reasons
    assert reason.startswith("numbers read in files that have not changed: ")
    assert "2.5 % fewer; at most 0.5 % fewer may be" in reason
    assert "第0县人民政府 2016: 196 before, 0 now (第0县人民政府.pdf)" in reason


def test_numbers_that_no_sum_verifies_any_more_hold(judged: Judged) -> None:
    def unproven(report: Report) -> Report:
        return replace(report, facts=tuple(replace(f, verified=False) for f in report.facts))

    (reason,) = judged(REPORTS, some(1, unproven)).reasons
    assert reason.startswith("numbers verified by sums in files that have not changed: ")


def failing(report: Report) -> Report:
    return replace(report, quality=Quality(1.0, 0.5, 1.0))


def test_sums_that_no_longer_hold_hold(judged: Judged) -> None:
    (reason,) = judged(REPORTS, some(4, failing)).reasons
    assert reason.startswith("of all reports whose files have not changed, 95 % of the sums hold on average, 100 % did")
    assert "may fall by 0.5 percentage points" in reason
    assert "第0县人民政府 2016: 100 % before, 50 % now" in reason


def test_sums_that_no_longer_hold_in_one_year_hold(judged: Judged) -> None:
    def year_fails(report: Report) -> Report:
        return failing(report) if report.identity.year == 2018 else report

    verdict = judged(REPORTS, some(40, year_fails), passing=0.2)
    assert [reason.split(",")[0] for reason in verdict.reasons] == [
        "of the reports of the format text whose files have not changed",
        "of the reports on 2018 whose files have not changed",
    ]


def test_errors_that_were_not_there_hold(judged: Judged) -> None:
    def erring(report: Report) -> Report:
        return replace(report, flags=(*report.flags, Flag("missing_table", "error", "none")))

    (reason,) = judged(REPORTS, some(5, erring)).reasons
    assert reason.startswith("5 of 40 (12.5 %) reports whose files have not changed now bear an error missing_table")
    assert "第0县人民政府 2016 (第0县人民政府.pdf)" in reason


def test_new_reports_that_err_far_more_than_the_others_hold(tmp_path: Path) -> None:
    fresh = [drawn(i, 2021) for i in range(40, 50)]
    wrong = [replace(r, flags=(Flag("missing_table", "error", "none"),)) for r in fresh]
    old = dataset(tmp_path / "old", REPORTS)
    (reason,) = examine(old, dataset(tmp_path / "wrong", [*REPORTS, *wrong]), Bounds()).reasons
    assert reason.startswith("10 of 10 (100 %) new reports bear an error; of those published 0 % do")
    assert examine(old, dataset(tmp_path / "few", [*REPORTS, *wrong[:4], *fresh[4:]]), Bounds()).passes
    usual = dataset(tmp_path / "usual", [replace(r, flags=(Flag("row_sum", "error", "x"),)) for r in REPORTS])
    assert examine(usual, tmp_path / "wrong", Bounds()).passes


def rewritten(folder: Path, name: str, edit: Callable[[pa.Table], pa.Table]) -> Path:
    path = folder / name
    with pq.ParquetFile(path) as file:
        table = file.read()
    pq.write_table(edit(table), path, row_group_size=50)
    return folder


@pytest.mark.parametrize(
    ("name", "edit", "said"),
    [
        (
            "facts/year=2016/facts.parquet",
            lambda rows: pa.concat_tables([rows.slice(0, 5), rows.slice(4)]),
            "stands more than once",
        ),
        (
            "facts/year=2016/facts.parquet",
            lambda rows: pa.concat_tables([rows.slice(50, 50), rows.slice(0, 50), rows.slice(100)]),
            " stands after ",
        ),
        ("facts/year=2017/facts.parquet", lambda rows: rows.slice(1), "rows in facts, reports says"),
        ("reports.parquet", lambda rows: rows.slice(1), "facts has rows of 1 reports that are not in reports"),
        ("flags.parquet", lambda rows: rows.slice(0, rows.num_rows - 1), "rows in flags, reports says"),
        ("reports.parquet", lambda rows: rows.drop_columns(["n_facts"]), "lacks the column n_facts"),
    ],
)
def test_rows_that_cannot_be_hold_even_a_first_version(
    tmp_path: Path, name: str, edit: Callable[[pa.Table], pa.Table], said: str
) -> None:
    folder = rewritten(dataset(tmp_path / "new", REPORTS[:8]), name, edit)
    verdict = examine(None, folder, Bounds())
    assert not verdict.passes
    assert any(said in reason for reason in verdict.reasons), verdict.reasons


def test_a_report_parted_between_two_years_holds(tmp_path: Path) -> None:
    folder = dataset(tmp_path / "new", REPORTS[:1])
    (folder / "facts/year=2020").mkdir()
    with pq.ParquetFile(folder / "facts/year=2016/facts.parquet") as file:
        pq.write_table(file.read(), folder / "facts/year=2020/facts.parquet")
    assert any("lie in two years' files" in reason for reason in examine(None, folder, Bounds()).reasons)


def test_a_published_version_that_cannot_be_read_holds(tmp_path: Path) -> None:
    old, new = dataset(tmp_path / "old", REPORTS[:3]), dataset(tmp_path / "new", REPORTS[:3])
    (old / "reports.parquet").write_bytes(b"harmed")
    (reason,) = examine(old, new, Bounds()).reasons
    assert "cannot be compared with, it is damaged" in reason


@pytest.mark.parametrize("wrong", [{"lost": 1.5}, {"passing": -0.1}, {"few": 0}])
def test_bounds_that_are_no_shares_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=f"the gate's bound {next(iter(wrong))} is"):
        Bounds(**wrong)  # type: ignore[arg-type]


def test_numbers_that_are_other_numbers_now_hold(judged: Judged) -> None:
    def other(report: Report) -> Report:
        return replace(report, facts=tuple(replace(f, value=f.value and f.value + Decimal(1)) for f in report.facts))

    (reason,) = judged(REPORTS, some(4, other)).reasons
    assert "numbers in files that have not changed are other numbers now; at most 0.5 % may be" in reason
    assert "第0县人民政府 2016: " in reason
