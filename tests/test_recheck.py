"""A published dataset is checked by its own numbers: what does not follow from them is named."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline import codec
from pipeline.aside import set_aside
from pipeline.checks import check, suspects
from pipeline.cli import app
from pipeline.compare import compare
from pipeline.corrections import Correction, correct
from pipeline.model import Claim, Fact, Flag, Report
from pipeline.publish import write_tables
from pipeline.publish.tabulate import Entry
from pipeline.recheck import Checked, recheck
from pipeline.reconcile import attribute, reconcile
from tests.readers import make, settings_of

Row = dict[str, str]
Edit = Callable[[list[Row]], None]
RECEIVED = ("requests", "received", "total")
# What a report holds, and the cells of its requests that are misprinted, seven more than they should be.
REPORTS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("year=2020 carried_out=0", ()),
    ("year=2021 carried_in=0", (("denied_state_secret", "research"),)),  # which the sums prove
    ("year=2022 carried_in=2 carried_out=2 code=370683", (("carried_out", "total"), ("carried_out", "business"))),
    ("year=? publisher=无名局", ()),
    ("year=2023 carried_in=1 carried_out=1 code=370683", ()),  # 2022 carried out another number
)


def whole(text: str, misprints: tuple[tuple[str, str], ...]) -> Report:
    """A made-up report after all checks, as `read_document` leaves one."""
    report = make(hashlib.sha256(text.encode()).hexdigest(), settings_of(text))
    facts: list[Fact] = [
        replace(f, value=f.value + 7, verified=False, value_raw="x")
        if f.table_id == "requests" and (f.row_id, f.column_id) in misprints and f.value is not None
        else replace(f, verified=False)
        for f in report.facts
    ]
    told = Claim(None, 9, "新收申请59件。", "received", Decimal("59.0"), "count", *RECEIVED, "disagrees")
    mismatch = Flag("narrative_mismatch", "warning", "differs", *RECEIVED, observed="59.0", expected="60")
    facts, breaks = check(facts)
    facts, repairs = reconcile(facts)
    flags = attribute([*report.flags, mismatch, *breaks, *repairs, *suspects(facts)], facts, "text")
    report = replace(report, facts=tuple(facts), flags=tuple(flags), claims=(*report.claims, told))
    if len(misprints) > 1:
        decided = Correction(report.sha256, "requests", *misprints[0], "x", Decimal(0), "seen", "A", "2024-05-31", "1")
        report = correct(report, [decided])
    return codec.loads(Report, codec.dumps(report))


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dataset")
    reports = sorted((whole(*one) for one in REPORTS), key=lambda report: report.report_id)
    across = {report_id: one.flags for report_id, one in compare(reports).items()}
    assert any(flag.kind == "carry_over" for flags in across.values() for flag in flags)
    entries = [Entry(r, f"{n}.txt", (), across.get(r.report_id, ())) for n, r in enumerate(reports)]
    aside = replace(set_aside("f" * 64, _cannot()), report_id="u" * 16)
    write_tables([*entries, Entry(aside, "z.txt")], folder)
    return folder


def _cannot() -> Exception:
    from extractors.document import CannotRead

    return CannotRead("empty", "the file is empty")


def rows_of(folder: Path, table: str) -> list[Row]:
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def edited(dataset: Path, tmp_path: Path, table: str, edit: Edit) -> Path:
    folder = tmp_path / "edited"
    shutil.copytree(dataset, folder)
    rows = rows_of(folder, table)
    names = list(rows[0])
    edit(rows)
    with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return folder


def found(checked: Checked) -> set[tuple[str | None, str | None, str | None, str]]:
    return {(one.table_id, one.row_id, one.column_id, one.what) for one in checked.disagreements}


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_what_was_published_agrees_and_the_rates_count_it(dataset: Path) -> None:
    checked = recheck(dataset)
    assert checked.disagreements == []
    assert (checked.reports, checked.n_disagreements) == (5, 0)
    facts = rows_of(dataset, "facts")
    assert checked.facts == len(facts)
    assert checked.verified == sum(row["verified"] == "true" for row in facts)
    by_identity = checked.rates["identity"]
    assert set(by_identity) == {"row_sum", "column_sum", "balance", "review_sum", "narrative_mismatch"}
    broken = [row for row in rows_of(dataset, "flags") if row["severity"] == "error" and row["kind"] in by_identity]
    assert sum(by_identity[kind].broken for kind in ("row_sum", "column_sum", "balance", "review_sum")) == len(broken)
    assert (by_identity["narrative_mismatch"].holds, by_identity["narrative_mismatch"].broken) == (5, 5)
    assert set(checked.rates["year"]) == {"2020", "2021", "2022", "2023", "unknown"}
    assert set(checked.rates["template"]) == {"2019", "2021"}
    assert checked.rates["format"]["text"].holds == sum(rate.holds for rate in checked.rates["year"].values())
    assert checked.rates["year"]["2020"].passing == 1.0


def test_parquet_alone_will_do(dataset: Path, tmp_path: Path) -> None:
    folder = tmp_path / "parquet"
    shutil.copytree(dataset, folder)
    for path in folder.glob("*.csv"):
        path.unlink()
    assert recheck(folder) == recheck(dataset)


def one_of(rows: list[Row], **wanted: str) -> Row:
    return next(row for row in rows if all(row[name] == value for name, value in wanted.items()))


def wrong_value(rows: list[Row]) -> None:
    one_of(rows, row_id="granted", column_id="business", year="2020")["value"] = "11"


def wrong_prose_cell(rows: list[Row]) -> None:
    one_of(rows, row_id="received", column_id="total", year="2020")["value"] = "61"


def not_verified(rows: list[Row]) -> None:
    one_of(rows, verified="true")["verified"] = "false"


def repaired(rows: list[Row]) -> None:
    one_of(rows, row_id="received", column_id="total")["value_reconciled"] = "61"


def kinds_dropped(rows: list[Row]) -> None:
    row = one_of(rows, row_id="received", column_id="total")
    row["flags"] = row["flags"].replace("narrative_mismatch", "")


def no_number(rows: list[Row]) -> None:
    one_of(rows, row_id="penalties", column_id="decisions")["value"] = "o"


def no_value(rows: list[Row]) -> None:
    one_of(rows, table_id="proactive", status="reported")["value"] = ""


def no_cell(rows: list[Row]) -> None:
    one_of(rows, table_id="proactive")["row_id"] = "nothing"


def twice(rows: list[Row]) -> None:
    rows.insert(1, dict(rows[0]))


def row_lost(rows: list[Row]) -> None:
    del rows[0]


def flag_lost(kind: str) -> Edit:
    return lambda rows: rows.remove(one_of(rows, kind=kind))


def flag_added(rows: list[Row]) -> None:
    rows.append(rows[0] | {"kind": "row_sum", "severity": "error", "table_id": "requests", "row_id": "granted"})


def claim_lost(rows: list[Row]) -> None:
    rows.remove(one_of(rows, verdict="disagrees"))


@pytest.mark.parametrize(
    ("table", "edit", "what"),
    [
        ("facts", wrong_value, "verified"),
        ("facts", wrong_value, "flag"),
        ("facts", wrong_prose_cell, "claim"),
        ("facts", not_verified, "verified"),
        ("facts", repaired, "value_reconciled"),
        ("facts", kinds_dropped, "flags"),
        ("facts", no_value, "row"),
        ("facts", no_cell, "row"),
        ("facts", twice, "row"),
        ("facts", row_lost, "row"),
        ("flags", flag_lost("reconciled"), "flag"),
        ("flags", flag_lost("reconcile_ties"), "flag"),
        ("flags", flag_lost("row_sum"), "flag"),
        ("flags", flag_lost("carry_over"), "flag"),
        ("flags", flag_lost("narrative_mismatch"), "flag"),
        ("flags", flag_added, "flag"),
        ("claims", claim_lost, "flag"),
    ],
)
def test_what_does_not_follow_from_the_numbers_is_named(
    dataset: Path, tmp_path: Path, table: str, edit: Edit, what: str
) -> None:
    checked = recheck(edited(dataset, tmp_path, table, edit))
    assert checked.n_disagreements > 0
    assert what in {one.what for one in checked.disagreements}


def test_a_damaged_number_is_named_with_its_cell(dataset: Path, tmp_path: Path) -> None:
    def damage(rows: list[Row]) -> None:
        one_of(rows, table_id="requests", row_id="received", column_id="research", year="2020")["value"] = "1o"

    checked = recheck(edited(dataset, tmp_path, "facts", damage))
    assert ("requests", "received", "research", "row") in found(checked)
    assert any("1o" in one.published for one in checked.disagreements)


def test_a_report_without_its_facts_is_named(dataset: Path, tmp_path: Path) -> None:
    def drop(rows: list[Row]) -> None:
        rows[:] = [row for row in rows if row["year"] != "2020"]

    checked = recheck(edited(dataset, tmp_path, "facts", drop))
    assert "reports says" in " ".join(one.published for one in checked.disagreements)


def test_the_command_ends_as_the_numbers_say(dataset: Path, tmp_path: Path) -> None:
    good = call("check", dataset)
    assert good.exit_code == 0, good.output
    for said in ("by identity", "by template", "by year", "by format", "row_sum", "pass rate", "agrees with the numb"):
        assert said in good.stdout
    bad = call("check", edited(dataset, tmp_path, "facts", wrong_value))
    assert bad.exit_code == 1
    assert "disagrees with the numbers" in bad.stdout
    assert "requests.granted.total flag: published none; by the numbers row_sum (error) 60 against 61" in bad.stdout


def test_json_is_for_programs(dataset: Path, tmp_path: Path) -> None:
    result = call("check", dataset, "--json")
    assert result.exit_code == 0
    data = json.loads(result.stdout)
    assert data["agrees"] is True
    assert data["rates"]["template"]["2021"]["passing"] < 1
    assert data["rates"]["year"]["2020"] == {
        "holds": data["rates"]["year"]["2020"]["holds"],
        "broken": 0,
        "not_assessable": 0,
        "passing": 1.0,
    }
    result = call("check", edited(dataset, tmp_path, "facts", not_verified), "--json")
    assert result.exit_code == 1
    (one,) = json.loads(result.stdout)["disagreements"]
    assert (one["what"], one["published"], one["found"]) == ("verified", "false", "true")


def test_wrong_calls_end_in_2(dataset: Path, tmp_path: Path) -> None:
    def lacking(rows: list[Row]) -> None:
        for row in rows:
            row["value"] = "x"

    (tmp_path / "empty").mkdir()
    for arguments, said in (
        (("check", tmp_path / "nope"), "holds neither reports.csv"),
        (("check", tmp_path / "empty"), "holds neither reports.csv"),
        (("check", edited(dataset, tmp_path, "claims", lacking)), "has the value 'x'"),
        (("check", dataset, "--wrong"), "--wrong"),
    ):
        result = call(*arguments)
        assert result.exit_code == 2, arguments
        assert said in result.stderr.replace("\n", " ")
