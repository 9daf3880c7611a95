"""What was set aside is tried again: when it is due, and when the program that could not read it has changed."""

from __future__ import annotations

import csv
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from extractors.document import Document, Paragraph
from pipeline.model import Report
from pipeline.run import Summary, run
from tests.readers import here, read, reader


def write(tmp_path: Path, **files: str) -> None:
    (tmp_path / "in").mkdir(exist_ok=True)
    for name, text in files.items():
        (tmp_path / "in" / f"{name}.txt").write_text(text)


@pytest.fixture(autouse=True)
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Counts extractions: one character each."""
    path = tmp_path / "log"
    path.touch()
    monkeypatch.setenv("LOG", str(path))
    return path


def rows(tmp_path: Path, table: str) -> list[dict[str, str]]:
    with (tmp_path / "out" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def go_here(tmp_path: Path, version: str = "1", **options: bool) -> Summary:
    return run([tmp_path / "in"], tmp_path / "out", over=here, reader=reader(version), **options)


def set_clock(monkeypatch: pytest.MonkeyPatch, days: float) -> None:
    now = time.time() + days * 86_400
    monkeypatch.setattr("pipeline.ledger.time", SimpleNamespace(time=lambda: now, time_ns=lambda: int(now * 1e9)))


def test_what_a_crash_set_aside_is_tried_again_on_some_nights_and_then_rests(
    tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, a="year=2019", b="do=fail")
    tried = []
    for night in range(1, 20):
        before = len(log.read_text())
        with monkeypatch.context() as patch:
            set_clock(patch, night)
            summary = go_here(tmp_path, retry_due=True)
        assert (summary.exit_status, list(summary.changed) == []) == (1, night > 1)
        if len(log.read_text()) > before:
            tried.append(night)
    assert tried == [1, 2, 4, 8, 15]
    assert len(log.read_text()) == 2 + 4  # and never the file that was read
    assert go_here(tmp_path, retry=True).read == 1
    assert len(log.read_text()) == 2 + 5
    assert go_here(tmp_path, retry_due=True, version="2").read == 2  # a new version of the program begins anew


def test_one_that_is_read_at_last_is_published_though_the_run_dies_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, a="year=2019", b="year=2020")
    healthy = reader()
    ill = replace(healthy, read=fails_on_2020)
    assert run([tmp_path / "in"], tmp_path / "out", over=here, reader=ill).extracted == 1
    set_clock(monkeypatch, 1)
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.run.build", fails)
        with pytest.raises(KeyError):
            run([tmp_path / "in"], tmp_path / "out", over=here, reader=healthy, retry_due=True)
    summary = run([tmp_path / "in"], tmp_path / "out", over=here, reader=healthy)
    assert (summary.read, summary.extracted, summary.exit_status, summary.passing) == (0, 2, 0, 0)


def fails(*_: object) -> None:
    raise KeyError("a bug of ours")


def fails_on_2020(document: Document, sha256: str) -> Report:
    report = read(document, sha256)
    if report.identity.year == 2020:
        raise KeyError("a bug of ours")
    return report


def test_a_run_tries_a_bounded_number_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, **{f"f{i}": f"do=fail n={i}" for i in range(7)})
    assert go_here(tmp_path).read == 7
    monkeypatch.setattr("pipeline.intake.TRIED_AGAIN", 3)
    set_clock(monkeypatch, 1)
    assert [go_here(tmp_path, retry_due=True).read for _ in range(4)] == [3, 3, 1, 0]


def test_what_cannot_be_read_is_tried_again_by_other_extractors_alone(tmp_path: Path, log: Path) -> None:
    write(tmp_path, a="do=refuse", b="year=2020", c="")
    go_here(tmp_path)
    assert len(log.read_text()) == 3
    for versions in (reader("2", "1"), reader("2", "1")):  # another pipeline, twice: nothing is extracted
        run([tmp_path / "in"], tmp_path / "out", over=here, reader=versions, retry_due=True)
        assert len(log.read_text()) == 3
    able = replace(reader("3", "2"), extract=extracts_all)
    summary = run([tmp_path / "in"], tmp_path / "out", over=here, reader=able)
    assert (summary.read, summary.extracted, summary.set_aside) == (3, 3, 0)
    assert [row["disposition"] for row in rows(tmp_path, "reports")] == ["extracted"] * 3


def extracts_all(data: bytes) -> Document:
    return Document("text", (Paragraph("year=2021"),))
