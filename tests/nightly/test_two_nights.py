"""Whole nights over a site of every format: what the second one asks, reads and writes, and what 20 changes cost."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.nights import CHANGED, MIX, Spent, amended, state, table, three_nights
from extractors import extract
from extractors.document import Paragraph
from tests.corpus import compose

COUNT = 60


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Spent, Spent, Spent]:
    return three_nights(tmp_path_factory.mktemp("nights"), COUNT, CHANGED)


@pytest.mark.slow
def test_the_first_night_fetches_reads_and_publishes_every_document(nights: tuple[Spent, Spent, Spent]) -> None:
    first, _, _ = nights
    figures = first.figures()
    assert first.night.problems == ()
    assert (figures["documents"], figures["read"], figures["conditional"]) == (COUNT, COUNT, 0)
    assert first.night.summary is not None
    assert first.night.summary["found"] == COUNT
    assert first.night.summary["set_aside"] == 0
    assert first.published > 10
    assert first.stored > COUNT


@pytest.mark.slow
def test_a_night_with_nothing_new_asks_conditionally_only_reads_nothing_and_writes_nothing(
    nights: tuple[Spent, Spent, Spent],
) -> None:
    first, second, _ = nights
    figures = second.figures()
    assert second.night.problems == ()
    assert {one.path for one in second.asked} == {one.path for one in first.asked if one.status == 200}
    assert figures["requests"] == figures["conditional"] == figures["not_modified"] == len(second.asked) > COUNT
    assert (figures["documents"], figures["read"]) == (0, 0)
    assert (second.published, second.stored) == (0, 0)
    assert second.kept <= 1  # the ledger: the time stamps of files that were too young on the first night
    assert second.night.summary is not None
    assert first.night.summary is not None
    assert second.night.summary == {**first.night.summary, "read": 0, "changed": [], "traces": []}


@pytest.mark.slow
def test_a_night_with_some_changed_documents_costs_those(nights: tuple[Spent, Spent, Spent]) -> None:
    _, second, third = nights
    figures = third.figures()
    assert third.night.problems == ()
    assert (figures["fetched"], figures["documents"], figures["read"]) == (CHANGED, CHANGED, CHANGED)
    assert figures["not_modified"] == len(second.asked) - CHANGED
    assert third.night.harvested is not None
    assert third.night.harvested["replaced"] == CHANGED
    assert third.published > 0
    assert CHANGED <= third.stored <= CHANGED + 3  # and the manifest's own files


@pytest.mark.slow
def test_the_table_names_all_three_nights(nights: tuple[Spent, Spent, Spent]) -> None:
    lines = table(COUNT, CHANGED, nights).splitlines()
    assert lines[0] == f"| {COUNT} documents | first night | nothing new | {CHANGED} changed |"
    assert f"| reports read | {COUNT} | 0 | {CHANGED} |" in lines
    assert "| files of the dataset written | " + " | ".join(str(one.published) for one in nights) + " |" in lines


def test_nights_of_two_programs_are_not_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = iter("aab")
    monkeypatch.setattr("benchmarks.nights._spend", lambda *_: SimpleNamespace(program=next(programs)))
    with pytest.raises(RuntimeError, match="was edited between two of the nights"):
        three_nights(tmp_path, 2, 1)


@pytest.mark.parametrize("format", sorted(set(MIX)))
def test_an_amended_document_says_the_same_and_has_other_bytes(format: str) -> None:
    data = compose("amended", format, "clean").data
    changed = amended(data)
    assert changed != data
    before, after = extract(data), extract(changed)
    added = [block.text for block in after.blocks if block not in before.blocks and isinstance(block, Paragraph)]
    assert [block for block in before.blocks if block not in after.blocks] == []
    assert added == ([] if format == "pdf" else ["本报告已更正。"])
    if format == "docx":
        assert zipfile.ZipFile(BytesIO(changed)).testzip() is None


def test_a_state_tells_a_file_that_was_written_again_with_the_same_bytes(tmp_path: Path) -> None:
    file = tmp_path / "folder/facts.csv"
    file.parent.mkdir()
    file.write_bytes(b"a")
    before = state(tmp_path)
    assert state(tmp_path) == before
    file.unlink()
    file.write_bytes(b"a")
    assert state(tmp_path) != before
