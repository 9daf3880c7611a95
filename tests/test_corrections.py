"""Human corrections: how they are read, what they do to a report, and what happens when they no longer fit."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.checks import check, suspects
from pipeline.cli import app
from pipeline.corrections import COLUMNS, BadCorrections, Correction, beside, correct, load
from pipeline.model import Fact, Flag, Report
from pipeline.reconcile import reconcile
from tests.readers import make, reader, settings_of

HEADER = ",".join(COLUMNS)
SHA = "ab" * 32
GOOD = f"{SHA},requests,granted,total,60,61,the scan shows 61,王某,2024-05-31"


def write(path: Path, *lines: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
    path.write_text("\n".join((header, *lines)) + "\n", encoding=encoding)
    return path


def correction(key: str, printed: str, corrected: int, sha256: str = SHA) -> Correction:
    table_id, row_id, column_id = key.split(".")
    number = Decimal(corrected)
    return Correction(sha256, table_id, row_id, column_id, printed, number, "looked", "王某", "2024-05-31", "line 2")


# Reading the file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_line_is_a_correction(tmp_path: Path, encoding: str) -> None:
    found = load([write(tmp_path / "corrections.csv", "", GOOD.replace(SHA, SHA.upper()), encoding=encoding)])
    ((sha256, (one,)),) = found.by_source
    assert (sha256, one.sha256, one.key) == (SHA, SHA, ("requests", "granted", "total"))
    assert (one.printed, one.corrected, one.who, one.date) == ("60", Decimal(61), "王某", "2024-05-31")
    assert one.where == "corrections.csv line 3"


def test_columns_may_stand_in_any_order_and_fields_hold_line_breaks(tmp_path: Path) -> None:
    columns = tuple(reversed(COLUMNS))
    fields = dict(zip(COLUMNS, GOOD.split(","), strict=True)) | {"reason": '"two\nlines, and a comma"'}
    path = write(tmp_path / "c.csv", ",".join(fields[c] for c in columns), header=",".join(columns))
    ((_, (one,)),) = load([path]).by_source
    assert one.reason == "two\nlines, and a comma"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (GOOD.replace(SHA, "abc"), "sha256 is 'abc', not 64 hexadecimal digits; copy it from reports.csv"),
        (GOOD.replace("granted", "gratned"), "no form has a cell requests.gratned.total"),
        (GOOD.replace("requests", "request"), "no form has a cell request.granted.total"),
        (GOOD.replace(",61,", ",六十一,"), "corrected is '六十一', not a number"),
        (GOOD.replace(",61,", ",,"), "corrected is ''"),
        (GOOD.replace(",61,", ",-61,"), "corrected is '-61'"),
        (GOOD.replace(",61,", ",61.5,"), "corrected is '61.5'"),
        (GOOD.replace("the scan shows 61", " "), "reason is empty; say why"),
        (GOOD.replace("王某", ""), "who is empty; say who decided"),
        (GOOD.replace("2024-05-31", "31.5.2024"), "date is '31.5.2024'; write it as 2024-05-31"),
        (GOOD.replace("2024-05-31", "2024-02-30"), "date is '2024-02-30'"),
        (GOOD.replace("the scan", "the scan, which"), "10 fields for 9 columns; quote fields that hold a comma"),
        (GOOD.replace("2024-05-31", "20240531"), "date is '20240531'"),
    ],
)
def test_a_line_that_is_wrong_is_named_with_what_to_do(tmp_path: Path, line: str, said: str) -> None:
    path = write(tmp_path / "corrections.csv", GOOD.replace("granted", "received"), line)
    with pytest.raises(BadCorrections) as raised:
        load([path])
    assert f"line 3: {said}" in str(raised.value)


def test_every_wrong_line_is_named_at_once(tmp_path: Path) -> None:
    path = write(tmp_path / "corrections.csv", *[GOOD.replace(SHA, "x").replace("王某", "")] * 30)
    with pytest.raises(BadCorrections) as raised:
        load([path])
    lines = str(raised.value).splitlines()
    assert len(lines) == 21
    assert lines[-1] == "and 40 more"
    assert "line 2: sha256" in lines[0]
    assert "line 2: who" in lines[1]


def test_two_lines_for_one_cell_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "corrections.csv", GOOD, GOOD.replace("61", "62"))
    with pytest.raises(BadCorrections, match=r"line 3: corrects the same cell as corrections\.csv line 2; keep one"):
        load([path])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty; its first line must be sha256,"),
        (b"a,b\n1,2\n", "line 1: the header must name sha256,"),
        (HEADER.encode() + "\n甲".encode("gbk"), "line 2: not UTF-8; save it as CSV in UTF-8"),
        (HEADER.encode() + b'\n"x' + GOOD.encode(), "line 2: no CSV"),
    ],
)
def test_a_file_that_is_no_table_of_corrections_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "corrections.csv"
    path.write_bytes(content)
    with pytest.raises(BadCorrections) as raised:
        load([path])
    assert said in str(raised.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadCorrections, match="cannot be read"):
        load([tmp_path / "nope.csv"])


def test_the_file_lies_at_the_top_of_an_input_folder(tmp_path: Path) -> None:
    path = write(tmp_path / "corrections.csv")
    (tmp_path / "below").mkdir()
    assert beside([tmp_path, tmp_path / "below", path]) == [path]
    assert load([path]).by_source == ()
    assert load([]).paths == ()


def test_an_amount_may_have_a_fraction_and_a_change_a_sign(tmp_path: Path) -> None:
    lines = (
        f"{SHA},proactive,procurement,amount,1,1.25,r,w,2024-05-31",
        f"{SHA},proactive,fees,change,1,-3,r,w,2024-05-31",
    )
    ((_, found),) = load([write(tmp_path / "c.csv", *lines)]).by_source
    assert [one.corrected for one in found] == [Decimal(-3), Decimal("1.25")]


# Applying it


def sample(text: str = "year=2020", **changed: str | None) -> Report:
    """A report as the pipeline leaves it, some cells of its requests `changed` (`row__column`); None is blank."""
    report = make(hashlib.sha256(text.encode()).hexdigest(), settings_of(text))
    facts = []
    for fact in report.facts:
        name = "__".join(fact.key[1:])
        if fact.table_id == "requests" and name in changed:
            said = changed[name]
            value = None if said is None else Decimal(said)
            status = "blank" if said is None else "reported"
            fact = replace(fact, value=value, value_raw=said, status=status, verified=False)
        facts.append(replace(fact, value_reconciled=None))
    checked, breaks = check(facts)
    proven, repairs = reconcile(checked)
    return replace(report, facts=tuple(proven), flags=(*breaks, *repairs, *suspects(proven)))


def fact_at(report: Report, key: str) -> Fact:
    return next(fact for fact in report.facts if ".".join(fact.key) == key)


def flags_of(report: Report, kind: str) -> list[Flag]:
    return [flag for flag in report.flags if flag.kind == kind]


def test_a_correction_stands_beside_what_was_published() -> None:
    key = "proactive.licensing.decisions"
    before = sample()
    report = correct(before, [correction(key, "0", 441)])
    fact = fact_at(report, key)
    assert (fact.value, fact.value_raw, fact.status) == (Decimal(0), " 0", "reported")
    assert (fact.value_reconciled, fact.corrected, fact.correction_reason) == (Decimal(441), Decimal(441), "looked")
    (flag,) = flags_of(report, "corrected")
    assert (flag.severity, flag.observed, flag.expected) == ("warning", " 0", "441")
    assert flag.message == "corrected to 441 by 王某 on 2024-05-31: looked"
    others = [(a, b) for a, b in zip(before.facts, report.facts, strict=True) if a != b]
    assert [b.key for _, b in others] == [fact.key]


def test_white_space_and_full_width_digits_do_not_make_another_text() -> None:
    report = correct(sample(), [correction("proactive.licensing.decisions", "０ ", 3)])
    assert flags_of(report, "correction_failed") == []


def test_a_blank_or_missing_cell_is_corrected_by_an_empty_printed() -> None:
    key = "requests.granted.business"
    report = correct(sample(granted__business=None), [correction(key, "", 10)])
    fact = fact_at(report, key)
    assert (fact.value, fact.status, fact.value_reconciled) == (None, "blank", Decimal(10))


def test_a_number_confirmed_is_for_information() -> None:
    report = correct(sample(), [correction("proactive.licensing.decisions", "0", 0)])
    (flag,) = flags_of(report, "corrected")
    assert (flag.severity, flag.message) == ("info", "confirmed as printed by 王某 on 2024-05-31: looked")


def test_what_the_identities_proved_is_proven_anew_beside_the_correction() -> None:
    """received 11 in one column breaks two sums that a person settles otherwise than the identities would."""
    key = "requests.received.business"
    before = sample(received__business="11")
    assert fact_at(before, key).value_reconciled == Decimal(10)
    assert flags_of(before, "reconciled")
    corrections = [
        correction(key, "11", 11),
        correction("requests.received.total", "60", 61),
        correction("requests.carried_out.business", "0", 1),
    ]
    report = correct(before, corrections)
    assert fact_at(report, key).value_reconciled == Decimal(11)
    assert fact_at(report, "requests.carried_out.total").value_reconciled == Decimal(1)
    (flag,) = flags_of(report, "reconciled")
    assert (flag.row_id, flag.column_id, flag.expected) == ("carried_out", "total", "1")
    assert {f.kind for f in report.flags} >= {"row_sum", "balance", "corrected"}  # what is printed stays at odds


def test_a_correction_that_the_identities_contradict_says_so() -> None:
    report = correct(sample(), [correction("requests.granted.business", "10", 12)])
    fact = fact_at(report, "requests.granted.business")
    assert fact.value_reconciled == fact.corrected == Decimal(12)
    (flag,) = flags_of(report, "corrected")
    assert flag.severity == "warning"
    assert flag.message.endswith("; but the identities of the table want 10 here")


def test_one_that_finds_another_text_fails_loudly_and_changes_nothing() -> None:
    before = sample()
    report = correct(before, [correction("requests.granted.total", "16", 61)])
    assert report.facts == before.facts
    (flag,) = flags_of(report, "correction_failed")
    assert (flag.severity, flag.table_id, flag.row_id, flag.column_id) == ("error", "requests", "granted", "total")
    assert (flag.observed, flag.expected, flag.suggestion) == (" 60", "16", "61")
    assert flag.message == (
        "line 2: '16' was printed, it says, but the cell holds ' 60' (reported); "
        "look at the source, then mend the line or remove it"
    )


def test_one_for_a_cell_that_the_report_has_not_fails_on_the_report() -> None:
    other_form = correction("proactive.regulations.in_force", "0", 1)
    (flag,) = flags_of(correct(sample(), [other_form]), "correction_failed")
    assert (flag.severity, flag.table_id) == ("error", None)
    assert "no cell proactive.regulations.in_force (its form is that of 2019)" in flag.message
    aside = replace(sample(), facts=(), disposition="set_aside")
    assert "it was set aside" in flags_of(correct(aside, [other_form]), "correction_failed")[0].message


# The whole run


@pytest.fixture(autouse=True)
def made_up_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.run.this_reader", reader)


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def rows(out: Path, table: str) -> list[dict[str, str]]:
    with (out / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def sha_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "a.txt").write_text("year=2020")
    return folder


def line(text: str = "year=2020", printed: str = "60", corrected: str = "61") -> str:
    return GOOD.replace(SHA, sha_of(text)).replace(",60,61,", f",{printed},{corrected},")


def test_a_run_applies_what_lies_beside_its_input_and_again_when_it_changes(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"

    def reconciled() -> list[tuple[str, str, str, str]]:
        key = ("requests", "granted", "total")
        columns = ("value", "value_reconciled", "corrected", "correction_reason")
        (found,) = [
            tuple(row[c] for c in columns)
            for row in rows(out, "facts")
            if (row["table_id"], row["row_id"], row["column_id"]) == key
        ]
        return [found]  # type: ignore[list-item]

    assert call("run", raw, "--out", out).exit_code == 0
    assert reconciled() == [("60", "60", "", "")]
    write(raw / "corrections.csv", line())
    result = call("run", raw, "--out", out)
    assert result.exit_code == 0, result.output
    assert reconciled() == [("60", "61", "61", "the scan shows 61")]
    assert [row["source_path"] for row in rows(out, "reports")] == ["a.txt"]  # it is no report
    assert any(row["kind"] == "corrected" for row in rows(out, "flags"))
    assert ["corrected", "1"] in [said.split() for said in result.stdout.splitlines()]
    again = call("run", raw, "--out", out)
    assert "nothing written" in again.stdout
    (raw / "corrections.csv").unlink()
    assert call("run", raw, "--out", out).exit_code == 0
    assert reconciled() == [("60", "60", "", "")]


def test_a_run_whose_correction_no_longer_fits_publishes_and_ends_in_3(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    lost = line("a source that is gone")
    write(raw / "corrections.csv", line(printed="16"), lost)
    for arguments in ((), ("--quiet",)):  # and so it does until somebody looks
        result = call("run", raw, "--out", out, *arguments)
        assert result.exit_code == 3
        told = result.stderr.splitlines()
        assert len(told) == 2
        assert "a correction failed: corrections.csv line 2: '16' was printed, it says, but the cell holds" in told[0]
        assert told[0].endswith("(a.txt)")
        assert f"line 3: no file of this sha256 ({sha_of('a source that is gone')[:16]}…) is in the input" in told[1]
    flags = [row for row in rows(out, "flags") if row["kind"] == "correction_failed"]
    assert [(row["severity"], row["row_id"]) for row in flags] == [("error", "granted")]
    assert str(tmp_path) not in (out / "flags.csv").read_text()


def test_a_file_of_corrections_may_be_named(raw: Path, tmp_path: Path) -> None:
    elsewhere = write(tmp_path / "decided.csv", line())
    result = call("run", raw, "--out", tmp_path / "out", "--corrections", elsewhere)
    assert result.exit_code == 0, result.output
    assert any(row["corrected"] == "61" for row in rows(tmp_path / "out", "facts"))


def test_a_wrong_file_of_corrections_is_a_wrong_call_and_nothing_is_written(raw: Path, tmp_path: Path) -> None:
    write(raw / "corrections.csv", GOOD.replace("granted", "gratned"))
    result = call("run", raw, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "corrections.csv line 2: no form has a cell requests.gratned.total" in result.stderr
    assert not (tmp_path / "out").exists()
    assert call("run", raw, "--out", tmp_path / "out", "--corrections", tmp_path / "nope").exit_code == 2


def test_a_superseded_report_is_marked_in_the_reports(raw: Path, tmp_path: Path) -> None:
    (raw / "b.txt").write_text("year=2020 carried_in=1")
    call("run", raw, "--out", tmp_path / "out")
    ids = [row["report_id"] for row in rows(tmp_path / "out", "reports")]
    marks = [row["superseded_by"] for row in rows(tmp_path / "out", "reports")]
    assert sorted(marks) == ["", *set(ids) & set(marks)]
    touched = {row["report_id"] for row in rows(tmp_path / "out", "facts") if "revision" in row["flags"].split(";")}
    assert touched == set(ids)
