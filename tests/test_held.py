"""What the gate holds back is kept, told, and let through once, by the version it was told of."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.gate import Bounds
from pipeline.publish import held as held_module
from pipeline.publish.held import NotHeld, held
from pipeline.publish.held import let_through as publish
from pipeline.publish.switch import HIDDEN, Out
from pipeline.run import Summary, run
from tests.readers import here, reader


@pytest.fixture
def texts(tmp_path: Path) -> Callable[..., None]:
    def write(**files: str | None) -> None:
        (tmp_path / "in").mkdir(exist_ok=True)
        for name, text in files.items():
            path = tmp_path / "in" / f"{name}.txt"
            if text is None:
                path.unlink()
            else:
                path.write_text(text)

    write(a="year=2019", b="year=2020", c="year=2021")
    return write


def go(tmp_path: Path, gate: Bounds | None = None, **options: object) -> Summary:
    given = {"over": here, "reader": reader(), **options}
    return run([tmp_path / "in"], tmp_path / "out", gate=gate, **given)  # type: ignore[arg-type]


def content(tmp_path: Path) -> dict[str, bytes]:
    files = (p for p in (tmp_path / "out").rglob("*") if p.is_file() and HIDDEN not in p.parts)
    return {p.relative_to(tmp_path / "out").as_posix(): p.read_bytes() for p in files}


def own(tmp_path: Path) -> list[str]:
    """What the program keeps for itself, but for the index of the version, which a later one goes on from."""
    return sorted(name for name in os.listdir(tmp_path / "out" / HIDDEN) if not name.startswith("index-"))


GATE = Bounds()


def let_through(tmp_path: Path, version: str) -> list[str]:
    with Out(tmp_path / "out") as place:
        return publish(place, version)


def test_a_version_that_lost_a_report_is_held_until_a_person_lets_it_through(
    tmp_path: Path, texts: Callable[..., None]
) -> None:
    assert list(go(tmp_path, GATE).held) == []
    before = content(tmp_path)
    texts(b=None)
    summary = go(tmp_path, GATE)
    assert (summary.exit_status, summary.extracted, list(summary.changed)) == (4, 2, [])
    assert "1 of 3" in summary.held[0]
    assert content(tmp_path) == before
    changed = let_through(tmp_path, summary.held_version)
    assert "facts.csv" in changed
    after = content(tmp_path)
    assert "facts/year=2020/facts.parquet" not in after
    assert own(tmp_path) == ["ledger.sqlite", "lock", "version.json"]
    assert let_through(tmp_path, summary.held_version) == []  # once more does nothing
    again = go(tmp_path, GATE)
    assert (again.exit_status, list(again.changed), list(again.held)) == (0, [], [])
    assert content(tmp_path) == after


def test_without_the_gate_nothing_is_held_and_what_was_is_forgotten(tmp_path: Path, texts: Callable[..., None]) -> None:
    go(tmp_path)
    texts(b=None)
    version = go(tmp_path, GATE).held_version
    texts(c=None)
    assert go(tmp_path).exit_status == 0
    with pytest.raises(NotHeld, match="no version is held back"):
        let_through(tmp_path, version)


def test_a_held_version_is_not_built_again(
    tmp_path: Path, texts: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    go(tmp_path)
    texts(b=None)
    first = go(tmp_path, GATE)
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.run.build", lambda *_: pytest.fail("built again"))
        assert go(tmp_path, GATE) == replace(first, traces=())
    lenient = go(tmp_path, Bounds(lost=0.5))
    assert (lenient.exit_status, lenient.changed == ()) == (0, False)


def test_only_the_version_that_was_told_of_is_let_through(tmp_path: Path, texts: Callable[..., None]) -> None:
    go(tmp_path)
    texts(b=None)
    told = go(tmp_path, GATE).held_version
    texts(c=None)
    newer = go(tmp_path, GATE).held_version
    before = content(tmp_path)
    with pytest.raises(NotHeld, match=f"is {newer}, not {told}"):
        let_through(tmp_path, told)
    assert content(tmp_path) == before
    assert let_through(tmp_path, newer)


def test_an_input_that_is_whole_again_is_up_to_date(tmp_path: Path, texts: Callable[..., None]) -> None:
    go(tmp_path)
    texts(b=None)
    version = go(tmp_path, GATE).held_version
    texts(b="year=2020")
    assert go(tmp_path, GATE).exit_status == 0
    with pytest.raises(NotHeld):
        let_through(tmp_path, version)


def test_harmed_files_are_mended_whatever_the_gate_says(tmp_path: Path, texts: Callable[..., None]) -> None:
    go(tmp_path, GATE)
    before = content(tmp_path)
    (tmp_path / "out/reports.parquet").write_bytes(b"harmed")
    summary = go(tmp_path, GATE)
    assert list(summary.changed) == ["reports.parquet"]
    assert content(tmp_path) == before


def test_a_lost_record_of_what_is_published_opens_no_gate(tmp_path: Path, texts: Callable[..., None]) -> None:
    go(tmp_path)
    before = content(tmp_path)
    texts(b=None)
    (tmp_path / "out" / HIDDEN / "version.json").unlink()
    summary = go(tmp_path, GATE)
    assert "1 of 3" in summary.held[0]
    assert content(tmp_path) == before
    assert let_through(tmp_path, summary.held_version)


def test_a_damaged_held_version_is_not_let_through(tmp_path: Path, texts: Callable[..., None]) -> None:
    go(tmp_path)
    before = content(tmp_path)
    texts(b=None)
    version = go(tmp_path, GATE).held_version
    (tmp_path / "out" / HIDDEN / "held/files/facts.csv").write_text("harmed")
    with pytest.raises(NotHeld, match=r"damaged \(facts.csv\): run again"):
        let_through(tmp_path, version)
    assert content(tmp_path) == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("when", "step"),
    [
        ("hold", "rename"),
        ("let_through", "replace"),
        *(
            pytest.param(when, step, marks=pytest.mark.slow)
            for when, step in (
                ("hold", "fsync"),
                ("hold", "rmtree"),
                ("let_through", "link"),
                ("let_through", "fsync"),
                ("let_through", "rmtree"),
                ("let_through", "unlink"),
            )
        ),
    ],
)
def test_a_crash_while_holding_or_letting_through_loses_no_version(
    tmp_path: Path, texts: Callable[..., None], monkeypatch: pytest.MonkeyPatch, when: str, step: str
) -> None:
    """The published version is the old one or, once let through, the held one; and the way there can be gone again."""
    go(tmp_path)
    texts(b=None)
    go(tmp_path, GATE)
    texts(a=None)
    if when == "let_through":
        go(tmp_path, GATE)
    kept = tmp_path / "kept"
    (tmp_path / "out").rename(kept)
    old = None
    for number in range(1, 60):
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        shutil.copytree(kept, tmp_path / "out")
        old = old or content(tmp_path)
        with monkeypatch.context() as patch:
            calls = crash_at(patch, step, number)
            try:
                if when == "hold":
                    go(tmp_path, GATE)
                else:
                    with Out(tmp_path / "out") as place:
                        kept_back = held(place)
                        assert kept_back is not None
                        publish(place, kept_back.version.id)
            except Crash:
                pass
            else:
                assert calls() < number
                break
        summary = go(tmp_path, GATE)
        if when == "hold":
            assert content(tmp_path) == old
            assert "2 of 3" in summary.held[0]
        if summary.held:
            assert content(tmp_path) == old
            let_through(tmp_path, summary.held_version)
        assert "facts/year=2021/facts.parquet" in content(tmp_path)
        assert len(content(tmp_path)) == len(old) - 2
    assert number > 1


class Crash(BaseException):
    """The machine goes down."""


def crash_at(monkeypatch: pytest.MonkeyPatch, step: str, number: int) -> Callable[[], int]:
    """Let the `number`th call of a function be the last; returns how many calls there were."""
    calls = 0
    holder = {"rmtree": shutil, "unlink": Path}.get(step, os)
    real = getattr(holder, step)

    def counted(*arguments: object, **options: object) -> object:
        nonlocal calls
        calls += 1
        if calls == number:
            raise Crash
        return real(*arguments, **options)

    monkeypatch.setattr(holder, step, counted)
    return lambda: calls


def test_where_files_cannot_be_linked_they_are_copied(
    tmp_path: Path, texts: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    go(tmp_path)
    texts(b=None)
    version = go(tmp_path, GATE).held_version

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(held_module.os, "link", refuse)
    assert let_through(tmp_path, version)


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_command_holds_tells_and_lets_through(
    tmp_path: Path, texts: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.run.this_reader", reader)
    inputs, out = tmp_path / "in", tmp_path / "out"
    assert call("let-through", out).exit_code == 2
    assert call("run", inputs, "--out", out, "--gate", "--workers", 1).exit_code == 0
    assert call("let-through", out).output == f"{out}: no version is held back\n"
    texts(b=None)
    result = call("run", inputs, "--out", out, "--gate", "--quiet")
    assert (result.exit_code, result.stdout) == (4, "")
    assert "临沂市兰山区人民政府 2020 (its file is no longer among the input)" in result.stderr
    command = result.stderr.splitlines()[-1].partition("gongkai ")[2].split()
    told = call("let-through", out)
    assert told.exit_code == 4
    assert told.stdout in result.stderr
    assert call("let-through", out, "0" * 12).exit_code == 1
    for once_more in (False, True):
        done = call(*command)
        assert (done.exit_code, ", 0 files written" in done.stdout) == (0, once_more), done.output
    shown = call("run", inputs, "--out", out, "--gate")
    assert (shown.exit_code, "it is up to date" in shown.stdout) == (0, True)
    with Out(out):
        assert call("let-through", out).exit_code == 1
