"""Spoilt files: they are the same for everyone, they spoil what they say they do, and the pipeline stands them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from benchmarks import mutants as drawing
from benchmarks.fuzz import Found, fuzz
from benchmarks.mutants import FAMILIES, MUTATIONS, Mutant, drawn, mutant
from benchmarks.mutations import Mutation
from pipeline.read import read_report
from pipeline.workers import Bounds
from tests.corpus.score import score

ROOT = Path(__file__).parents[1]
FORMAT_OF = {"any": "tabs", "zip": "docx", "pdf": "pdf", "markup": "html", "text": "pipes"}
LOSES = ("cut_at_a_line",)  # keeps what it keeps, and not all


@pytest.mark.slow
def test_the_same_seed_and_number_give_the_same_file() -> None:
    numbers = (3, 11, 42)
    before = [(one.name, one.data) for one in (mutant(5, n, dear=False) for n in numbers)]
    drawn.cache_clear()
    assert [(one.name, one.data) for one in (mutant(5, n, dear=False) for n in reversed(numbers))][::-1] == before
    assert mutant(6, 3, dear=False).data != before[0][1]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_every_mutation_spoils_its_kind_of_file(mutation: Mutation) -> None:
    base, other = drawn(1, FORMAT_OF[mutation.family], 0), drawn(1, "pdf", 1)
    spoilt = [mutation.change(Random(i), base.data, other.data) for i in range(2 if "bomb" in mutation.name else 6)]
    assert any(data != base.data for data in spoilt) == (mutation.suffix is None)


@pytest.mark.slow
def test_every_mutation_is_drawn_and_every_format() -> None:
    assert {one.family for one in MUTATIONS} == set(FORMAT_OF)
    assert {family for families in FAMILIES.values() for family in families} < set(FORMAT_OF)
    formats = {drawing._base(Random(i), 1, True).format for i in range(400)}
    assert formats >= {*drawing.FORMATS, *drawing.OTHERS}


@pytest.mark.parametrize("mutation", [one for one in MUTATIONS if one.keeps], ids=lambda one: one.name)
def test_what_keeps_the_text_keeps_the_numbers(mutation: Mutation) -> None:
    base, other = drawn(1, FORMAT_OF[mutation.family], 0), drawn(1, "pdf", 1)
    report = read_report(mutation.change(Random(2), base.data, other.data))
    assert base.truth is not None
    judged = score(base.truth, report)
    assert not [cell.told() for cell in judged.cells if cell.verdict == "wrong"]
    right = sum(cell.verdict == "right" for cell in judged.cells)
    assert right == len(base.truth.cells) or mutation.name in LOSES


@pytest.mark.slow
def test_files_of_all_cheap_formats_are_stood(tmp_path: Path) -> None:
    found = Found()
    fuzz([mutant(7, number, dear=False) for number in range(30)], tmp_path, 2, found)
    assert (found.files, found.failures) == (30, [])
    assert sum(counts.total() for counts in found.outcomes.values()) == 30
    assert found.checked >= 3


@pytest.mark.slow
def test_a_wrong_number_and_a_lost_worker_are_told(tmp_path: Path) -> None:
    """The check checks: a document whose truth is another one's fails, and a file beyond its time is named."""
    base = drawn(1, "pipes", 0)
    assert base.truth is not None
    cells = {
        key: replace(said, value=said.value + Decimal(1)) if said.value is not None else said
        for key, said in base.truth.cells.items()
    }
    lie = replace(base, truth=replace(base.truth, cells=cells))
    keeps = next(one for one in MUTATIONS if one.name == "windows_lines")
    found = Found()
    fuzz([Mutant(0, lie, keeps, base.data)], tmp_path, 1, found)
    assert found.failures
    assert all(
        failure.startswith("00000_pipes_windows_lines.md: a wrong number without a flag") for failure in found.failures
    )
    slow = tmp_path / "slow"
    slow.mkdir()
    found = Found()
    fuzz([Mutant(1, base, keeps, drawn(1, "pdf", 1).data * 20)], slow, 1, found, Bounds(seconds=0.001))
    assert found.outcomes == {"windows_lines": {"set aside": 1}}
    assert found.failures == []
    assert "longer than 0.001 seconds" in found.notes[0]


@pytest.mark.slow
def test_files_of_all_formats_are_stood(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.fuzz", "--count", "200", "--seed", "3", "--keep", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout
    assert "200 files in" in done.stdout
