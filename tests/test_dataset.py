"""From real files to the published dataset, by the command's own function."""

from __future__ import annotations

import csv
import math
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import vocabulary
from pipeline.recheck import recheck
from pipeline.run import run

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
CELLS = sum(len(list(vocabulary.form("2019", table_id).cells())) for table_id in vocabulary.TABLES)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out")
    assert run([ROOT / "data/raw"], folder).exit_status == 0
    return folder


def rows(out: Path, table: str) -> list[dict[str, str]]:
    with (out / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_sample_reports_are_extracted_whole(out: Path) -> None:
    reports = rows(out, "reports")
    assert {row["disposition"] for row in reports} == {"extracted"}
    found = {(row["format"], row["jurisdiction_code"], row["year"]) for row in reports}
    assert found == {
        ("docx", "371302", "2020"),
        ("html", "371323", "2020"),
        ("pdf", "371311", "2019"),
        ("text", "370683", "2020"),
    }
    assert {row["n_facts"] for row in reports} == {str(CELLS)}
    assert {row["status"] for row in rows(out, "facts")} <= {"reported", "blank"}


def test_the_sample_dataset_says_what_its_numbers_say(out: Path) -> None:
    checked = recheck(out)
    assert checked.disagreements == []
    assert checked.reports == 4
    assert rows(out, "claims")
    kinds = vocabulary.flag_kinds()
    doubts = [row for row in rows(out, "flags") if kinds[row["kind"]].group == "arithmetic"]
    assert all(row["attribution"] and row["attribution_reason"] for row in doubts)
    for report in rows(out, "reports"):
        shares = [float(report[f"quality_{part}"]) for part in ("text", "arithmetic", "cells")]
        assert float(report["quality"]) == pytest.approx(math.prod(shares), abs=0.0006)


def test_the_sample_datasets_package_is_valid(out: Path) -> None:
    frictionless = pytest.importorskip("frictionless", reason="the validator comes with the extra `test`")
    found = frictionless.validate(str(out / "datapackage.json"))
    assert found.valid, found.flatten(["title", "fieldName", "note"])


@pytest.mark.skipif(not (SHARED / "check/check_output.py").is_file(), reason="the checker is not beside the project")
def test_the_seed_reports_are_published_as_their_truth_says(tmp_path: Path) -> None:
    summary = run([SHARED / "seeds"], tmp_path / "out")
    assert (summary.exit_status, summary.set_aside, summary.partial) == (0, 0, 0)
    command = [sys.executable, str(SHARED / "check/check_output.py"), str(tmp_path / "out"), "--truth"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert done.stdout.rstrip().endswith(" 0 failed")
    assert recheck(tmp_path / "out").disagreements == []
