"""A version that takes over what stands is, byte for byte, the one that would be made of all reports anew."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pipeline import build as building
from pipeline.compare.cards import Card, card_of
from pipeline.compare.ties import concerned, ties_of
from pipeline.gate import Bounds
from pipeline.publish.held import let_through
from pipeline.publish.switch import HIDDEN, Out
from pipeline.run import Summary, run
from tests.readers import here, make, reader, settings_of

PUBLISHERS = ("临沂市兰山区人民政府", "兰山区人民政府", "临沂市兰山区财政局", "临沂市兰山区教育局")


def go(tmp_path: Path, out: str = "out", **options: Any) -> Summary:
    return run([tmp_path / "in"], tmp_path / out, **{"over": here, "reader": reader(), "builders": 1, **options})


def content(tmp_path: Path, out: str = "out") -> dict[str, bytes]:
    files = (p for p in (tmp_path / out).rglob("*") if p.is_file() and HIDDEN not in p.parts)
    return {p.relative_to(tmp_path / out).as_posix(): p.read_bytes() for p in files}


def drawn(rng: Random) -> str:
    if rng.random() < 0.1:
        return rng.choice(["kind=work_plan year=2021", "do=refuse", "year=?"]) + f" n={rng.randrange(9)}"
    amounts = f"carried_in={rng.randrange(4)} carried_out={rng.randrange(4)} amount={rng.randrange(3)}"
    return f"year={rng.randrange(2018, 2023)} publisher={rng.choice(PUBLISHERS)} {amounts} n={rng.randrange(9)}"


def change(rng: Random, folder: Path) -> None:
    """A night's news: files that come, go, move, and change."""
    there = sorted(folder.glob("*.txt"))
    for _ in range(rng.randrange(1, 5)):
        kind = rng.choice(["come", "come", "come", "go", "move", "change", "copy"])
        name = folder / f"{rng.randrange(60):02d}.txt"
        if kind == "come" or not there:
            name.write_text(drawn(rng))
            continue
        old = rng.choice(there)
        if not old.exists():
            continue
        if kind == "go":
            old.unlink()
        elif kind == "move":
            old.rename(name)
        elif kind == "change":
            old.write_text(drawn(rng))
        else:
            name.write_text(old.read_text())


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 8))])
def test_what_grew_in_many_steps_is_what_is_made_at_once(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "_CHUNK", 3)
    rng = Random(seed)
    (tmp_path / "in").mkdir()
    for n in range(20):
        (tmp_path / "in" / f"{n:02d}.txt").write_text(drawn(rng))
    go(tmp_path)
    for step in range(4):
        change(rng, tmp_path / "in")
        grown = go(tmp_path)
        anew = go(tmp_path, f"anew{step}")
        assert content(tmp_path) == content(tmp_path, f"anew{step}")
        told = (grown.found, grown.copies, grown.extracted, grown.set_aside, grown.facts, grown.flags, grown.aside)
        assert told == (anew.found, anew.copies, anew.extracted, anew.set_aside, anew.facts, anew.flags, anew.aside)


def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **options: Any) -> int:
    """How many reports' rows a run makes."""
    counts = []
    real = building.build

    def counted(*given: Any) -> building.Built:
        built = real(*given)
        counts.append(built.made)
        return built

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.run.build", counted)
        go(tmp_path, **options)
    return sum(counts)


def forty(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for n in range(40):
        text = f"year={2011 + n % 10} publisher=临沂市兰山区第{n // 10}局 carried_in={n} amount={1000 + n}"
        (tmp_path / "in" / f"{n:02d}.txt").write_text(text)


def test_only_what_a_new_report_touches_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forty(tmp_path)
    assert made(tmp_path, monkeypatch) == 40
    before = {p: p.stat() for p in (tmp_path / "out" / "facts").rglob("*.parquet")}
    (tmp_path / "in" / "new.txt").write_text("year=2015 publisher=临沂市兰山区第0局 carried_in=99")
    assert 1 <= made(tmp_path, monkeypatch) <= 4
    touched = {p.parent.name for p, was in before.items() if p.stat().st_ino != was.st_ino}
    assert {"year=2015"} <= touched <= {f"year={year}" for year in (2014, 2015, 2016)}
    (tmp_path / "in" / "new.txt").unlink()
    assert made(tmp_path, monkeypatch) <= 4
    assert content(tmp_path) == (go(tmp_path, "anew"), content(tmp_path, "anew"))[1]


SPOILT = [
    "facts.csv",
    *(pytest.param(n, marks=pytest.mark.slow) for n in ("facts/year=2015/facts.parquet", "requests.parquet")),
]


@pytest.mark.parametrize("name", SPOILT)
def test_what_was_spoilt_on_the_disk_is_not_taken_over(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bit that fell over leaves length and time as they were."""
    forty(tmp_path)
    go(tmp_path)
    path = tmp_path / "out" / name
    was, data = path.stat(), bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))
    (tmp_path / "in" / "new.txt").write_text("year=2015 publisher=临沂市兰山区第0局 carried_in=99")
    assert made(tmp_path, monkeypatch) == 41
    assert content(tmp_path) == (go(tmp_path, "anew"), content(tmp_path, "anew"))[1]


@pytest.mark.parametrize("harm", ["spoilt", *(pytest.param(harm, marks=pytest.mark.slow) for harm in ("cut", "gone"))])
def test_without_a_sound_index_all_is_made_anew(tmp_path: Path, harm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    forty(tmp_path)
    go(tmp_path)
    (index,) = (tmp_path / "out" / HIDDEN).glob("index-*")
    data = bytearray(index.read_bytes())
    if harm == "gone":
        index.unlink()
    elif harm == "cut":
        index.write_bytes(data[: len(data) // 2])
    else:
        data[200] ^= 255
        index.write_bytes(data)
    (tmp_path / "in" / "new.txt").write_text("year=2015 publisher=临沂市兰山区第0局 carried_in=99")
    assert made(tmp_path, monkeypatch) == 41
    assert content(tmp_path) == (go(tmp_path, "anew"), content(tmp_path, "anew"))[1]


def test_a_report_spoilt_in_the_ledger_is_read_again_when_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forty(tmp_path)
    go(tmp_path)
    with sqlite3.connect(tmp_path / "out" / HIDDEN / "ledger.sqlite") as database:
        database.execute("UPDATE reports SET payload = zeroblob(9)")
    (tmp_path / "in" / "new.txt").write_text("year=2015 publisher=临沂市兰山区第0局 carried_in=99")
    go(tmp_path)
    assert content(tmp_path) == (go(tmp_path, "anew"), content(tmp_path, "anew"))[1]


@pytest.mark.slow
def test_a_correction_reaches_its_report_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forty(tmp_path)
    go(tmp_path)
    import hashlib

    sha256 = hashlib.sha256((tmp_path / "in" / "07.txt").read_bytes()).hexdigest()
    header = "sha256,table_id,row_id,column_id,printed,corrected,reason,who,date\n"
    line = f"{sha256},requests,carried_in,total,7,8,looked at the page,me,2026-01-01\n"
    (tmp_path / "in" / "corrections.csv").write_text(header + line)
    assert made(tmp_path, monkeypatch) <= 3
    assert content(tmp_path) == (go(tmp_path, "anew"), content(tmp_path, "anew"))[1]


@pytest.mark.slow
def test_a_version_let_through_is_followed_like_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forty(tmp_path)
    go(tmp_path)
    for n in range(20):
        (tmp_path / "in" / f"{n:02d}.txt").unlink()
    held = go(tmp_path, gate=Bounds())
    assert held.exit_status == 4
    with Out(tmp_path / "out") as place:
        let_through(place, held.held_version)
    (tmp_path / "in" / "new.txt").write_text("year=2015 publisher=临沂市兰山区第2局 carried_in=99")
    assert made(tmp_path, monkeypatch) <= 4
    assert content(tmp_path) == (go(tmp_path, "anew"), content(tmp_path, "anew"))[1]


def test_several_processes_make_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forty(tmp_path)
    go(tmp_path)
    monkeypatch.setattr(building, "_CHUNK", 2)
    monkeypatch.setattr(building, "_FEW", 2)
    go(tmp_path, "two", builders=2)
    assert content(tmp_path) == content(tmp_path, "two")


def test_a_card_comes_back_from_its_text() -> None:
    for text in ("year=2019 carried_in=3", "year=2022 publisher=兰山区人民政府 amount=0.5", "year=2020 code=110228"):
        card = card_of(make("ab" * 32, settings_of(text)))
        assert card is not None
        assert Card.from_json(card.to_json()) == card
        assert json.loads(card.to_json())[0] == card.report_id


def test_what_has_ties_is_compared_among_what_has_ties_to_it() -> None:
    ties = {"a": ("x",), "b": ("x", "y"), "c": ("y",), "d": ("z",), "e": ()}
    assert concerned(ties, ["x"]) == ({"a", "b"}, {"a", "b", "c"})
    assert concerned(ties, []) == (set(), set())
    card = card_of(make("ab" * 32, settings_of("year=2019")))
    assert card is not None
    assert ties_of(card)[0].startswith("body 371302 ")
