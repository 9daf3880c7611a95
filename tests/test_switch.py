"""From one version to the next, whole at every crash."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.publish import facts_of, switch
from pipeline.publish.datapackage import FileFacts
from pipeline.publish.switch import Busy, Out, Unusable, Version

FIRST = {
    "datapackage.json": "1",
    "facts.csv": "a",
    "facts/year=2019/facts.parquet": "a19",
    "facts/year=2020/facts.parquet": "a20",
    "flags.csv": "same",
}
SECOND = {
    "datapackage.json": "2",
    "facts.csv": "b",
    "facts/year=2020/facts.parquet": "b20",
    "facts/year=2021/facts.parquet": "b21",
    "flags.csv": "same",
}


class Crash(BaseException):
    """The machine goes down."""


def publish(out: Path, files: dict[str, str]) -> list[str]:
    with Out(out) as place:
        staged = place.staging()
        facts: dict[str, FileFacts] = {}
        for name, text in files.items():
            (staged / name).parent.mkdir(parents=True, exist_ok=True)
            (staged / name).write_text(text)
            facts[name] = facts_of(staged / name)
        return place.switch(staged, Version("inputs", facts))


def published(out: Path) -> dict[str, str]:
    files = (p for p in out.rglob("*") if p.is_file() and switch.HIDDEN not in p.parts)
    return {p.relative_to(out).as_posix(): p.read_text() for p in files}


def test_a_version_replaces_the_one_before_and_touches_only_what_differs(tmp_path: Path) -> None:
    publish(tmp_path, FIRST)
    assert published(tmp_path) == FIRST
    before = (tmp_path / "flags.csv").stat()
    changed = publish(tmp_path, SECOND)
    assert published(tmp_path) == SECOND
    after = (tmp_path / "flags.csv").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert sorted(changed) == sorted({*SECOND, "facts/year=2019/facts.parquet"} - {"flags.csv"})
    assert not (tmp_path / "facts/year=2019").exists()
    assert sorted(os.listdir(tmp_path / switch.HIDDEN)) == ["lock", "version.json"]


def test_foreign_files_stay(tmp_path: Path) -> None:
    publish(tmp_path, FIRST)
    for name in ("notes.txt", "facts/README", "facts/year=2019/mine.csv", ".gongkai/mine"):
        (tmp_path / name).write_text("mine")
    publish(tmp_path, SECOND)
    assert published(tmp_path) == SECOND | dict.fromkeys(
        ("notes.txt", "facts/README", "facts/year=2019/mine.csv"), "mine"
    )
    assert (tmp_path / ".gongkai/mine").exists()


def crash_at(monkeypatch: pytest.MonkeyPatch, name: str, number: int) -> Callable[[], int]:
    """Let the `number`th call of `os.<name>` (or of `Path.unlink`) be the last; returns how many calls there were."""
    calls = 0
    holder = Path if name == "unlink" else os
    real = getattr(holder, name)

    def counted(*arguments: object, **options: object) -> object:
        nonlocal calls
        calls += 1
        if calls == number:
            raise Crash
        return real(*arguments, **options)

    monkeypatch.setattr(holder, name, counted)
    return lambda: calls


@pytest.mark.parametrize("name", ["replace", "fsync", "unlink", "rmdir"])
def test_a_crash_at_any_step_leaves_one_whole_version_to_the_next_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    seen = set()
    for number in range(1, 40):
        out = tmp_path / str(number)
        publish(out, FIRST)
        with monkeypatch.context() as patch:
            calls = crash_at(patch, name, number)
            try:
                publish(out, SECOND)
            except Crash:
                pass
            else:
                assert calls() < number
                break
        with Out(out) as place:
            assert place.intact()
            files = published(out)
            assert files in (FIRST, SECOND)
            seen.add(files == SECOND)
        publish(out, FIRST)
        assert published(out) == FIRST
    assert number > 1
    assert seen >= ({True, False} if name in ("replace", "fsync") else {True})


def test_damage_and_strange_partitions_are_noticed(tmp_path: Path) -> None:
    publish(tmp_path, FIRST)
    with Out(tmp_path) as place:
        assert place.intact()
        os.utime(tmp_path / "facts.csv")  # touched, not changed
        assert place.intact()
        (tmp_path / "facts.csv").write_text("A")
        assert not place.intact()
    publish(tmp_path, FIRST)
    assert published(tmp_path) == FIRST
    (tmp_path / "flags.csv").unlink()
    with Out(tmp_path) as place:
        assert not place.intact()


def test_a_lost_record_leaves_no_stale_partition(tmp_path: Path) -> None:
    publish(tmp_path, FIRST)
    (tmp_path / switch.HIDDEN / "version.json").write_text("{")
    with Out(tmp_path) as place:
        assert place.version is None
        assert not place.intact()
    publish(tmp_path, SECOND)
    assert published(tmp_path) == SECOND


def test_two_at_once_on_one_folder(tmp_path: Path) -> None:
    with Out(tmp_path), pytest.raises(Busy, match="another run"), Out(tmp_path):
        pass
    with Out(tmp_path):
        pass


def test_a_place_that_does_not_serve_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(Unusable), Out(tmp_path / "file"):
        pass
    with pytest.raises(Unusable), Out(tmp_path / "file/below"):
        pass
    (tmp_path / "out/facts.csv").mkdir(parents=True)
    with pytest.raises(Unusable, match="move it away"), Out(tmp_path / "out"):
        pass


def test_what_lies_in_out_and_is_ours_is_known(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "out")
    (tmp_path / "out").mkdir()
    place = Out(tmp_path / "link")
    for name in ("facts.csv", "facts/year=2019/facts.parquet", ".gongkai/ledger.sqlite", "datapackage.json"):
        assert place.owns(str(tmp_path / "out" / name))
    for name in ("out/a.pdf", "out/raw/facts.csv", "facts.csv", "out"):
        assert not place.owns(str(tmp_path / name))
