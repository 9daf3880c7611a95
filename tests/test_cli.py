"""The command: what it says, and how it ends."""

from __future__ import annotations

import hashlib
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.publish.switch import Out
from tests.readers import make, reader, settings_of

ROOT = Path(__file__).parents[1]
CELL = ("requests", "granted", "total")


@pytest.fixture(autouse=True)
def made_up_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.run.this_reader", reader)
    monkeypatch.setattr("pipeline.explain.this_reader", reader)


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.txt").write_text(text)
    return folder


def test_run_publishes_and_sums_up(tmp_path: Path) -> None:
    raw = write(tmp_path / "raw", a="year=2019", b="year=2020", c="")
    result = call("run", raw, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out/facts.csv").is_file()
    lines = [line.split() for line in result.stdout.splitlines()]
    for line in (
        ["files", "found", "3"],
        ["extracted", "2"],
        ["partial", "0"],
        ["set", "aside", "1"],
        ["facts", "396"],
    ):
        assert line in lines
    assert "the file is empty; fetch it again (c.txt)" in result.stdout
    assert "shifted_row" in result.stdout
    assert result.stderr == ""
    again = call("run", raw, "--out", tmp_path / "out")
    assert again.exit_code == 0
    assert "nothing written: it is up to date" in again.stdout


def test_the_default_is_data_raw_to_data_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = call("run")
    assert result.exit_code == 2
    assert "data/raw" in result.stderr
    assert list(tmp_path.iterdir()) == []  # a wrong call leaves nothing behind
    (tmp_path / "data").mkdir()
    write(tmp_path / "data/raw", a="year=2019")
    assert call("run", "--quiet").output == ""
    assert (tmp_path / "data/clean/facts.csv").is_file()


def test_wrong_calls_end_in_2_and_say_what_to_do(tmp_path: Path) -> None:
    raw = write(tmp_path / "raw", a="year=2019")
    (tmp_path / "file").write_text("x")
    calls = (
        (("run", tmp_path / "nope"), "is not there"),
        (("run", raw, "--out", tmp_path / "file"), "choose another folder with --out"),
        (("run", raw, "--workers", "0"), "--workers"),
        (("run", raw, "--wrong"), "--wrong"),
        (("explain", raw), "is a folder"),
        (("explain", tmp_path / "nope"), "no such file"),
        (("explain",), "FILE"),
        (("nothing",), "nothing"),
    )
    for arguments, said in calls:
        result = call(*arguments)
        assert result.exit_code == 2, arguments
        assert said in result.stderr


def test_a_busy_folder_and_a_full_disk_end_in_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = write(tmp_path / "raw", a="year=2019")
    with Out(tmp_path / "out"):
        result = call("run", raw, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "another run is at work" in result.stderr

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipeline.publish.parquet_file.RowGroups.close", full)
    result = call("run", raw, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "No space left" in result.stderr
    assert "published before stands" in result.stderr


def test_a_fault_of_the_program_ends_in_1_and_is_told_even_when_quiet(tmp_path: Path) -> None:
    raw = write(tmp_path / "raw", a="year=2019", b="do=fail")
    result = call("run", raw, "--out", tmp_path / "out", "--quiet")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "b.txt: a fault of the program (KeyError); please report it" in result.stderr
    assert "Traceback" in result.stderr


def test_explain_shows_tables_with_doubts_at_their_cells(tmp_path: Path) -> None:
    raw = write(tmp_path / "raw", a="year=2020 carried_in=1", plan="kind=work_plan year=2021", c="", d="do=fail")
    result = call("explain", raw / "a.txt")
    assert result.exit_code == 0, result.output
    for said in (
        "annual report",
        "临沂市兰山区人民政府 (government)",
        "371302",
        "2020",
        "本年新收政府信息公开申请数量",
        "商业企业",
    ):
        assert said in result.stdout
    (shifted,) = (line for line in result.stdout.splitlines() if "warning shifted_row requests.granted" in line)
    mark = shifted.split()[0]
    assert any(mark in line and "（一）予以公开" in line for line in result.stdout.splitlines())
    assert "甲局；乙局" in call("explain", raw / "plan.txt").stdout
    empty = call("explain", raw / "c.txt")
    assert empty.exit_code == 0
    assert "set aside: the file is empty" in empty.stdout
    assert call("explain", raw / "d.txt").exit_code == 1


def test_explain_shows_what_people_decided(tmp_path: Path) -> None:
    """By corrections.csv beside the file, or by the file named; one that no longer fits is a doubt."""
    raw = write(tmp_path / "raw", a="year=2020")
    plain = call("explain", raw / "a.txt").stdout
    printed = next(fact.value_raw for fact in make("0" * 64, settings_of("year=2020")).facts if fact.key == CELL)
    sha256 = hashlib.sha256((raw / "a.txt").read_bytes()).hexdigest()

    def decide(path: Path, text: str) -> None:
        line = ",".join((sha256, *CELL, text, "77", "seen on paper", "Wang", "2024-05-31"))
        path.write_text("sha256,table_id,row_id,column_id,printed,corrected,reason,who,date\n" + line + "\n")

    decide(raw / "corrections.csv", printed or "")
    shown = call("explain", raw / "a.txt").stdout
    assert "✎ 77" not in plain
    assert any("✎ 77" in line and "（一）予以公开" in line for line in shown.splitlines())
    assert "corrected to 77 by Wang on 2024-05-31: seen on paper" in shown
    decide(tmp_path / "other.csv", "12345")
    other = call("explain", raw / "a.txt", "--corrections", tmp_path / "other.csv").stdout
    assert "error correction_failed requests.granted.total" in other
    assert "✎ 77" not in other
    (tmp_path / "bad.csv").write_text("nonsense\n")
    bad = call("explain", raw / "a.txt", "--corrections", tmp_path / "bad.csv")
    assert bad.exit_code == 2
    assert "bad.csv line 1" in bad.stderr


def gongkai(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipeline.cli", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_help_teaches_and_comes_at_once() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = gongkai("--help")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert result.returncode == 0
    assert "gongkai run" in result.stdout
    assert "Examples" in result.stdout
    # Processor time: on a busy machine the clock would measure the others.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5


def test_the_process_ends_with_the_status(tmp_path: Path) -> None:
    assert gongkai("run", str(tmp_path / "nope")).returncode == 2
    empty = write(tmp_path / "raw", a="")
    result = gongkai("run", str(empty), "--out", str(tmp_path / "out"))
    assert (result.returncode, result.stderr) == (0, "")
    assert gongkai("--version").stdout.startswith("gongkai ")
