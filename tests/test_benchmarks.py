"""The benchmarks run, print what they promise, and fail on what they must not let through."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from benchmarks import __main__ as scoreboard
from benchmarks import counting, matcher, ratchet, trust
from benchmarks.corpus import ALL_CLASSES, ALL_FORMATS, FORMATS, Drawn, draw, missing
from benchmarks.faults import Fault, Lawful, breaks, false_repairs, judge, read, shifted, single, ties, together
from benchmarks.markup import Content, Grid, html_tables, text_content
from benchmarks.measures import broken_sums, tally
from benchmarks.peers import BY_NAME, GONGKAI, PEERS
from benchmarks.session import Spread
from benchmarks.tables import page
from benchmarks.worker import Worker
from pipeline.model import Fact, Flag, Identity, Report
from tests.corpus import compose
from tests.corpus.score import score


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
    monkeypatch.setattr(trust, "measure", lambda *asked: ([line], [], ["FALSE 1.single.0"]))
    assert trust.main([]) == 1
    assert "FALSE 1.single.0" in capsys.readouterr().out


@pytest.mark.slow
def test_the_table_of_trust(capsys: pytest.CaptureFixture[str]) -> None:
    assert trust.main(["--count", "6", "--scans", "0"]) == 0
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


def drawn(seed: str, format: str, difficulty: str) -> Drawn:
    return Drawn(seed, format, difficulty, Path(), compose(seed, format, difficulty).truth, None)


def written(folder: Path, format: str = "html") -> Path:
    piece = compose("benchmarks", format, "clean")
    path = folder / f"report{piece.suffix}"
    path.write_bytes(piece.data)
    return path


def test_spans_of_html_are_laid_out_and_tables_within_cells_are_tables() -> None:
    text = "<table><tr><td rowspan=2>a<td colspan='2'>b<tr><td>c<td>d<table><tr><td>e</table></table>"
    assert html_tables(text) == [[["a", "b", None], [None, "c", "d"]], [["e"]]]


def test_markdown_is_tables_and_lines() -> None:
    text = "# Title\n| a | b |\n| --- | --- |\n| **1** | 2<br>3 |\n\nprose\n<table><tr><td>4</td></tr></table>"
    assert text_content(text) == ["# Title", [["a", "b"], ["1", "2\n3"]], "prose", [["4"]]]


@pytest.mark.parametrize("format", FORMATS)
def test_the_matcher_reads_every_clean_table_that_an_extractor_hands_it(tmp_path: Path, format: str) -> None:
    if format in ("cells", "flat"):
        pytest.skip("a text without tables asks more than labels")
    content: Content = BY_NAME["gongkai tables"].load()(written(tmp_path, format))
    found = score(compose("benchmarks", format, "clean").truth, matcher.report(content))
    assert [cell.told() for cell in found.cells if cell.verdict != "right"] == []


def spelled(how: str, content: Content) -> Content:
    """The same tables as other libraries spell spans: the text in each slot, or nothing, or the row without them."""

    def spell(row: list[str | None]) -> list[str | None]:
        last, cells = "", []
        for cell in row:
            last = last if cell is None else cell
            cells += [cell] if cell is not None else [] if how == "left out" else [last if how == "copied" else ""]
        return cells

    return [item if isinstance(item, str) else [spell(row) for row in item] for item in content]


@pytest.mark.parametrize("how", ["copied", "empty", "left out"])
def test_the_matcher_forgives_how_a_peer_spells_spans(tmp_path: Path, how: str) -> None:
    content: Content = BY_NAME["gongkai tables"].load()(written(tmp_path, "docx"))
    found = score(compose("benchmarks", "docx", "clean").truth, matcher.report(spelled(how, content)))
    assert [cell.told() for cell in found.cells if cell.verdict != "right"] == []


def test_the_matcher_forgives_labels_that_are_torn_or_misread() -> None:
    numbers = [str(n) for n in range(1, 8)]
    rows: Grid = [["4.保护第三方合", *numbers], ["7.属于行政执法案春", *numbers], ["没有这一行的标签", *numbers]]
    facts = {f.key: f.value for f in matcher.report([rows]).facts if f.value is not None}
    assert {key[1] for key in facts} == {"denied_third_party", "denied_enforcement_file"}
    assert facts["requests", "denied_third_party", "total"] == 7


def test_counting_is_exact_while_nothing_is_lost_and_silently_wrong_once_it_is() -> None:
    piece = compose("counting", "pipes", "clean")
    content = text_content(piece.data.decode())
    assert score(piece.truth, counting.report(content)).exact == len(piece.truth.cells)
    row = next(row for item in content if not isinstance(item, str) for row in item if "2.重复申请" in row)
    row[row.index("2.重复申请") + 1] = ""
    assert len(score(piece.truth, counting.report(content)).silent) > 3


def test_broken_sums_are_those_of_the_printed_figures() -> None:
    lawful, misprinted = drawn("sums", "html", "clean"), drawn("sums", "html", "misprinted")
    due, assessable = broken_sums(lawful.truth)
    assert not due
    assert len(assessable) == 7 + 7 + 25 - (lawful.truth.template == "2019") * 2 + 3
    printed = {key: said.value for key, said in misprinted.truth.cells.items()}
    if None not in printed.values():
        assert broken_sums(misprinted.truth)[0] == breaks(misprinted.truth.template, printed)
    assert broken_sums(misprinted.truth)[0]


def test_a_tally_counts_what_a_report_gets_wrong() -> None:
    one = drawn("tally", "html", "clean")
    key = next(key for key, said in one.truth.cells.items() if key[0] == "requests" and said.value)
    facts = [
        Fact(one.truth.template, *k, "count", "reported", said.value, str(said.value), said.value)
        for k, said in one.truth.cells.items()
    ]
    counts, _ = tally(one, report(*facts))
    assert (counts.right, counts.wrong, counts.repairs_right, counts.sums_flagged) == (counts.cells, 0, 0, 0)
    meant = one.truth.meant[key]
    wrong = [replace(f, value=meant + 1) if f.key == key else f for f in facts]
    counts, _ = tally(one, report(*wrong))
    assert (counts.wrong, counts.silent, counts.repairs_right) == (1, 1, 1)
    flags = (Flag("row_sum", "error", "", *key[:2], "total"), Flag("implausible", "warning", "", *key))
    counts, _ = tally(one, report(*[replace(f, value_reconciled=Decimal(1)) for f in wrong], flags=flags))
    assert (counts.silent, counts.sums_flagged, counts.sums_rightly) == (0, 1, 0)
    assert counts.repairs_false > 1
    assert (counts + counts).repairs_false == 2 * counts.repairs_false


def test_every_peer_says_what_it_reads_and_how() -> None:
    names = [peer.name for peer in (GONGKAI, *PEERS)]
    assert len(set(names)) == len(names)
    for peer in PEERS:
        assert peer.settings
        assert set(peer.formats) <= set(ALL_FORMATS)
    assert {format for peer in PEERS if peer.name != "gongkai tables" for format in peer.formats} == set(ALL_FORMATS)


@pytest.mark.slow
def test_a_reader_works_in_its_own_process_and_is_started_again_when_it_dies(tmp_path: Path) -> None:
    path, worker = written(tmp_path), Worker("gongkai")
    try:
        first = worker.read(path)
        assert isinstance(first.result, Report)
        assert first.result.facts
        assert first.processor > 0
        assert worker.peak() > 10
        missing_file = worker.read(tmp_path / "none.html")
        assert missing_file.failure is not None
        assert "FileNotFoundError" in missing_file.failure
        assert worker.process is not None
        worker.process.kill()
        assert worker.read(path).failure is not None
        assert worker.read(path).result == first.result
    finally:
        worker.end()


def test_a_reader_that_cannot_run_says_why(tmp_path: Path) -> None:
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')  # an interpreter without any library
    bare.chmod(0o755)
    worker = Worker("pdfplumber", str(bare))
    assert "No module named" in (worker.start() or "")
    assert worker.process is None


def test_spread_is_the_median_and_its_quarters() -> None:
    assert Spread.of([1.0]) == Spread(1.0, 1.0, 1.0, 1)
    assert Spread.of([5, 1, 3, 2, 4]) == Spread(3, 2, 4, 5)


FIGURES = {
    "documents": 10, "cells": 1000, "right": 990, "nonzero": 300, "nonzero_right": 295, "codes": 10, "years": 10,
    "publishers": 9, "templates": 10, "sums_rightly": 20, "sums_broken": 20, "astray_warned": 10, "astray": 10,
    "silent": 0, "lost_bare": 0, "calm_warned": 2, "calm": 200, "repairs_false": 0, "filled_false": 0, "wrong": 2,
    "lost": 8, "processor_ms": 20,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "fell"),
    [
        ({}, []),
        ({"right": 995, "nonzero_right": 300, "processor_ms": 900}, []),
        ({"right": 989}, ["right 989 of 1000, was 990 of 1000"]),
        ({"cells": 2000, "right": 1980}, []),
        ({"years": 9}, ["years 9 of 10, was 10 of 10"]),
        ({"silent": 1}, ["silent 1 of 1000, was 0 of 1000"]),
        ({"astray": 0, "astray_warned": 0}, []),
        ({"repairs_false": 1}, ["repairs_false 1 of 10, was 0 of 10"]),
    ],
)
def test_the_ratchet_sees_every_fall(changed: dict[str, int], fell: list[str]) -> None:
    assert ratchet.falls({**FIGURES, **changed}, FIGURES, "html") == fell
    assert ratchet.falls({**FIGURES, **changed}, {}, "html") == []


def test_the_ratchet_gives_the_recogniser_a_little_slack() -> None:
    assert ratchet.falls({**FIGURES, "right": 989}, FIGURES, "scan") == []
    assert ratchet.falls({**FIGURES, "right": 987}, FIGURES, "scan") != []


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ratchet of its own, with one format that has been measured."""
    file = tmp_path / "ratchet.json"
    monkeypatch.setattr(ratchet, "FILE", file)
    monkeypatch.setattr(ratchet, "measure", lambda format: dict(FIGURES))
    assert ratchet.main(["--formats", "html", "--update"]) == 0
    return file


def test_the_ratchet_turns_one_way(held: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ratchet.main(["--formats", "html"]) == 0
    monkeypatch.setattr(ratchet, "measure", lambda format: {**FIGURES, "right": 999})
    assert ratchet.main(["--formats", "html", "--update"]) == 0
    before = held.read_text()
    monkeypatch.setattr(ratchet, "measure", lambda format: {**FIGURES, "right": 998})
    assert ratchet.main(["--formats", "html"]) == 1
    assert ratchet.main(["--formats", "html", "--update"]) == 1
    assert held.read_text() == before
    assert ratchet.main(["--formats", "html", "--update", "--because", "a doubt is more honest"]) == 0
    stored = json.loads(held.read_text())
    assert stored["formats"]["html"]["right"] == 998
    assert stored["accepted"] == ["html: right 998 of 1000, was 999 of 1000 (a doubt is more honest)"]


def test_a_silent_error_has_no_excuse_unless_the_corpus_is_another(held: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ratchet, "measure", lambda format: {**FIGURES, "silent": 1})
    assert ratchet.main(["--formats", "html", "--update", "--because", "no reason is enough"]) == 1
    monkeypatch.setattr(ratchet, "digest", lambda: "another corpus")
    assert ratchet.main(["--formats", "html"]) == 1
    assert ratchet.main(["--formats", "html", "--update"]) == 0
    assert json.loads(held.read_text())["corpus"] == "another corpus"


def test_the_ratchet_is_stored_for_every_format() -> None:
    assert set(ratchet.load()["formats"]) == set(ALL_FORMATS)
    for format, figures in ratchet.load()["formats"].items():
        assert figures["silent"] == 0, format
        assert set(figures) == set(FIGURES)


@pytest.mark.slow
@pytest.mark.parametrize("format", ALL_FORMATS)
def test_nothing_falls_on_the_ci_corpus(format: str) -> None:
    reason = missing(format)
    if reason is not None:
        pytest.skip(reason)
    before = ratchet.load()["formats"][format]
    fell = ratchet.falls(ratchet.measure(format), before, format)
    assert not fell, "python -m benchmarks.ratchet --help says what to do"


@pytest.mark.slow
def test_the_scoreboard(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "docs"
    wanted = ["--count", "2", "--scans", "0", "--repeats", "1", "--formats", "html", "tabs", "--out", str(out)]
    assert scoreboard.main([*wanted, "--with", "pandas.read_html", "plain text", "counting", "gongkai tables"]) == 0
    found: dict[str, Any] = json.loads((out / "benchmarks" / "results.json").read_text())
    assert {row["reader"] for row in found["exactness"]} == {
        "gongkai", "pandas.read_html", "plain text", "counting", "gongkai tables",
    }  # fmt: skip
    assert {(row["reader"], row["format"]) for row in found["ratios"]} >= {("counting", "html"), ("plain text", "tabs")}
    assert [cost["files"] for cost in found["commands"]] == [0, 0, 1, 4, 4]
    assert all(cost["processor"] > 0 for cost in found["commands"])
    assert str(tmp_path) not in json.dumps(found)
    text = (out / "benchmarks.md").read_text()
    assert text == page(found)
    for heading in ("## How exactly", "## Beside the peers", "### HTML", "## Doubts and repairs", "## How fast"):
        assert heading in text
    plots = {path.name: path.read_bytes() for path in (out / "benchmarks").glob("*.svg")}
    assert set(plots) == {"exactness.svg", "speed.svg"}
    assert scoreboard.main(["--again", str(out / "benchmarks" / "results.json"), "--out", str(out)]) == 0
    assert {path.name: path.read_bytes() for path in (out / "benchmarks").glob("*.svg")} == plots


@pytest.mark.slow
def test_the_corpus_has_every_class_that_a_format_can_show(tmp_path: Path) -> None:
    made = draw(tmp_path, len(ALL_CLASSES), "classes", FORMATS, ALL_CLASSES)
    assert {one.difficulty for one in made if one.format == "html"} == set(ALL_CLASSES)
    assert {one.difficulty for one in made if one.format == "pdf"} == set(ALL_CLASSES) - {"shifted"}
    assert all(one.pages for one in made if one.format == "pdf")
    assert all(one.path.stat().st_size for one in made)
