"""The benchmarks run, print what they promise, and fail on what they must not let through."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest

from benchmarks import trust
from benchmarks.faults import Fault, Lawful, breaks, false_repairs, judge, read, shifted, single, ties, together
from pipeline.model import Fact, Flag, Identity, Report


def report(*facts: Fact, flags: tuple[Flag, ...] = ()) -> Report:
    return Report("", "", None, None, Identity("annual_report"), "extracted", None, "2021", facts, flags)


def fact(value: int, proven: int) -> Fact:
    key = ("requests", "granted", "total")
    return Fact("2021", *key, "count", "reported", Decimal(value), str(value), Decimal(proven))


def test_a_false_repair_is_one_that_is_neither_printed_nor_true() -> None:
    meant = {("requests", "granted", "total"): Decimal(22)}
    assert not list(false_repairs(meant, report(fact(20, 22))))
    assert not list(false_repairs(meant, report(fact(20, 20))))
    assert len(list(false_repairs(meant, report(fact(20, 21))))) == 1


def test_ties_are_read_from_the_flag() -> None:
    words = "granted.total 20 → 22 (0/2) | the row granted: 2 and 0 fused: granted.total ? → 3, granted.research 0 → 1"
    (first, second) = ties(report(flags=(Flag("reconcile_ties", "warning", "", "requests", suggestion=words),)))
    assert first == {("requests", "granted", "total"): 22}
    assert second == {("requests", "granted", "total"): 3, ("requests", "granted", "research"): 1}


@pytest.mark.parametrize("fault", [single("requests"), single("review_litigation"), together, shifted])
def test_faults_are_printed_and_read_as_printed(fault: Fault) -> None:
    lawful = Lawful.draw("faults", "html")
    assert not breaks(lawful.truth.template, lawful.figures)
    changed = fault(Random(3), lawful.figures, False)
    assert changed
    assert breaks(lawful.truth.template, {**lawful.figures, **changed})
    outcome = judge(lawful, changed, read("faults", lawful.data(changed)))
    assert {f.key: f.value for f in outcome.reading.report.facts} == {**lawful.figures, **changed}
    assert outcome.seen
    assert outcome.warned
    assert not outcome.false
    assert 0 < outcome.reading.reconciling < outcome.reading.seconds


def test_a_false_repair_fails_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    line = trust.Line("false repairs", 1, "1", "0", False)
    monkeypatch.setattr(trust, "measure", lambda count, seed: ([line], [], ["FALSE 1.single.0"]))
    assert trust.main([]) == 1
    assert "FALSE 1.single.0" in capsys.readouterr().out


@pytest.mark.slow
def test_the_table_of_trust(capsys: pytest.CaptureFixture[str]) -> None:
    assert trust.main(["--count", "6"]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["measure", "cases", "result", "wanted"]
    assert [line.split("  ")[0] for line in lines[:14]] == [
        "broken sums flagged, each and no other",
        "wrong numbers under a warning",
        "single errors localised and repaired",
        "single errors in reviews: truth listed",
        "a cell and its total: truth listed",
        "shifted rows restored",
        "false repairs, in all reports here",
        "lawful reports with an arithmetic alarm",
        "lawful reports with a narrative alarm",
        "one told number changed: caught (+ fits a convention)",
        "noise lines flagged, by their kind (recall)",
        "flagged lines that are noise (precision)",
        "reconciliation's share of reading, clean reports",
        "the same, in every wording and with blanks",
    ]
