"""The whole job over files, with readers that stand in for the real ones."""

from __future__ import annotations

import csv
import hashlib
import os
import random
import shutil
import time
from pathlib import Path

import pytest

from pipeline.build import build
from pipeline.ids import report_id
from pipeline.publish.switch import HIDDEN, Busy, Out, Unusable
from pipeline.run import Summary, run
from pipeline.workers import Bounds, each, in_processes
from tests.readers import reader

BOUNDS = Bounds(seconds=1.0, memory=1_000_000_000)


def go(tmp_path: Path, *inputs: Path, workers: int = 2, version: str = "1", **options: bool) -> Summary:
    over = in_processes(workers, BOUNDS)
    return run(inputs or [tmp_path / "in"], tmp_path / "out", over=over, reader=reader(version), **options)


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


def published(tmp_path: Path, out: str = "out") -> dict[str, tuple[int, int, bytes]]:
    """Every published file: its inode, time and bytes."""
    files = (p for p in (tmp_path / out).rglob("*") if p.is_file() and HIDDEN not in p.parts)
    return {
        p.relative_to(tmp_path / out).as_posix(): (p.stat().st_ino, p.stat().st_mtime_ns, p.read_bytes()) for p in files
    }


def content(tmp_path: Path, out: str = "out") -> dict[str, bytes]:
    return {name: data for name, (_, _, data) in published(tmp_path, out).items()}


def test_files_become_reports_and_facts(tmp_path: Path) -> None:
    write(tmp_path, a="year=2019 carried_out=2", b="year=2020 carried_in=3", copy="year=2019 carried_out=2", none="")
    summary = go(tmp_path)
    assert (summary.found, summary.copies, summary.extracted, summary.set_aside, summary.read) == (4, 1, 2, 1, 3)
    assert summary.exit_status == 0
    assert summary.flags["carry_over"] == 14  # seven columns, in two reports neither of which proves its number
    assert list(summary.aside) == [("the file is empty; fetch it again", 1, "none.txt")]
    reports = {row["source_path"]: row for row in rows(tmp_path, "reports")}
    assert set(reports) == {"a.txt", "b.txt", "none.txt"}
    assert reports["a.txt"]["also_at"] == "copy.txt"
    sha256 = hashlib.sha256(b"year=2020 carried_in=3").hexdigest()
    assert (reports["b.txt"]["report_id"], reports["b.txt"]["sha256"]) == (report_id(sha256), sha256)
    assert summary.facts == len(rows(tmp_path, "facts")) == sum(int(row["n_facts"]) for row in reports.values())


def test_a_second_run_extracts_nothing_and_touches_nothing(tmp_path: Path, log: Path) -> None:
    write(tmp_path, a="year=2019", b="year=2020", none="")
    first = go(tmp_path)
    before, extractions = published(tmp_path), log.read_text()
    second = go(tmp_path)
    assert published(tmp_path) == before
    assert log.read_text() == extractions == "xxx"
    assert (second.read, list(second.changed)) == (0, [])
    assert (second.extracted, second.facts, dict(second.flags)) == (first.extracted, first.facts, dict(first.flags))


def test_a_changed_file_costs_itself_and_its_year(tmp_path: Path, log: Path) -> None:
    write(tmp_path, a="year=2019", b="year=2021")
    go(tmp_path)
    before = published(tmp_path)
    write(tmp_path, b="year=2021 carried_in=1", c="year=2021 n=1")
    (tmp_path / "in/a.txt").touch()
    summary = go(tmp_path)
    assert (summary.read, log.read_text()) == (2, "xxxx")
    after = published(tmp_path)
    unchanged = {name for name in after if after[name] == before.get(name)}
    assert unchanged == {
        "facts/year=2019/facts.parquet",
        "tasks.csv",
        "tasks.parquet",
        "indicators.csv",
        "indicators.parquet",
        "crosswalk.csv",
        "crosswalk.parquet",
    }
    (tmp_path / "in/b.txt").unlink()
    (tmp_path / "in/c.txt").unlink()
    assert go(tmp_path).read == 0
    assert not (tmp_path / "out/facts/year=2021").exists()
    assert content(tmp_path)["facts/year=2019/facts.parquet"] == before["facts/year=2019/facts.parquet"][2]


def test_a_change_that_keeps_size_and_time_is_noticed(tmp_path: Path) -> None:
    write(tmp_path, a="year=2019")
    go(tmp_path)
    file = tmp_path / "in/a.txt"
    stamp = file.stat()
    file.write_text("year=2020")
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert go(tmp_path).read == 1
    assert {row["year"] for row in rows(tmp_path, "facts")} == {"2020"}


def test_a_new_pipeline_reads_cached_documents_not_files(tmp_path: Path, log: Path) -> None:
    write(tmp_path, a="year=2019", none="")
    go(tmp_path)
    before = content(tmp_path)
    assert go(tmp_path, version="2").read == 2
    assert log.read_text() == "xx"
    assert content(tmp_path) == before


@pytest.mark.parametrize("damage", ["ledger", "cell", "version", "all"])
def test_damaged_caches_are_rebuilt(tmp_path: Path, damage: str) -> None:
    write(tmp_path, a="year=2019", b="year=2020", none="")
    go(tmp_path)
    before, hidden = content(tmp_path), tmp_path / "out" / HIDDEN
    if damage in ("ledger", "cell"):
        path = hidden / "ledger.sqlite"
        data = bytearray(path.read_bytes())
        at = 0 if damage == "ledger" else data.index(b"x\x9c") + 30
        data[at : at + 20] = bytes(20)
        path.write_bytes(data)
        (tmp_path / "out/facts.csv").unlink()  # or nothing would look into it
    elif damage == "version":
        (hidden / "version.json").write_text("null")
    else:
        shutil.rmtree(hidden)
    go(tmp_path)
    assert content(tmp_path) == before


def test_published_files_that_were_harmed_are_mended(tmp_path: Path, log: Path) -> None:
    write(tmp_path, a="year=2019")
    go(tmp_path)
    before = content(tmp_path)
    (tmp_path / "out/facts.csv").write_text("harmed")
    (tmp_path / "out/flags.parquet").unlink()
    assert set(go(tmp_path).changed) == {"facts.csv", "flags.parquet"}
    assert content(tmp_path) == before
    assert log.read_text() == "x"


def test_neither_workers_nor_order_nor_place_change_the_bytes(tmp_path: Path) -> None:
    texts = [f"year={2018 + i % 5} publisher=第{i // 5}县人民政府 carried_in={i} n={i}" for i in range(23)]
    write(tmp_path, **{f"f{i}": text for i, text in enumerate(texts)})
    go(tmp_path, workers=1)
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(tmp_path / "in", elsewhere / "in")

    def shuffled(function: object, jobs: object) -> object:
        order = list(jobs)  # type: ignore[call-overload]
        random.Random(1).shuffle(order)
        return each(function, order, 3, BOUNDS)  # type: ignore[arg-type]

    run([elsewhere / "in"], elsewhere / "out", over=shuffled, reader=reader())  # type: ignore[arg-type]
    assert content(elsewhere) == content(tmp_path)


def test_hostile_files_are_set_aside_and_the_rest_goes_on(tmp_path: Path, log: Path) -> None:
    hostile = {"die": "do=die", "eat": "do=eat", "hang": "do=hang", "refuse": "do=refuse"}
    write(tmp_path, a="year=2019", b="year=2020", **hostile)
    summary = go(tmp_path)
    assert (summary.extracted, summary.set_aside, summary.exit_status, summary.passing) == (2, 4, 0, 3)
    reasons = {row["source_path"]: row["reason"] for row in rows(tmp_path, "reports") if row["reason"]}
    assert set(reasons) == {f"{name}.txt" for name in hostile}
    assert "died twice (signal SIGSEGV)" in reasons["die.txt"]
    assert "memory" in reasons["eat.txt"]
    assert "longer than 1 seconds" in reasons["hang.txt"]
    assert "password" in reasons["refuse.txt"]
    extractions = log.read_text()
    assert go(tmp_path).read == 0
    assert log.read_text() == extractions
    assert go(tmp_path, retry=True).read == 3


def test_a_fault_of_the_program_ends_in_status_1_and_names_the_file(tmp_path: Path) -> None:
    write(tmp_path, a="year=2019", b="do=fail")
    summary = go(tmp_path)
    assert summary.exit_status == 1
    assert [path for path, _ in summary.faults] == ["b.txt"]
    assert "KeyError" in summary.traces[0][1]
    assert "/some/path" not in (tmp_path / "out/reports.csv").read_text()
    assert go(tmp_path).exit_status == 1  # and says so again, until the program is mended
    assert go(tmp_path, version="2").exit_status == 1


def test_new_code_that_publishes_has_the_tables_built_anew(
    tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, a="year=2019", b="year=2020")
    go(tmp_path)
    before = published(tmp_path)
    monkeypatch.setattr("pipeline.run.publishing_fingerprint", lambda: "another")
    built = []
    monkeypatch.setattr("pipeline.run.build", lambda *given: built.append(1) or build(*given))
    assert list(go(tmp_path).changed) == []
    assert (built, log.read_text(), published(tmp_path)) == ([1], "xx", before)
    go(tmp_path)
    assert built == [1]


def test_what_cannot_be_opened_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, a="year=2019", locked="year=2020")
    os.mkfifo(tmp_path / "in/pipe")
    (tmp_path / "in/broken").symlink_to("nowhere")
    real = open

    def refuse(path: object, *arguments: object, **options: object) -> object:
        if str(path).endswith("locked.txt"):
            raise PermissionError(13, "Permission denied", path)
        return real(path, *arguments, **options)  # type: ignore[call-overload]

    with monkeypatch.context() as patch:
        patch.setattr("builtins.open", refuse)
        summary = go(tmp_path)
    assert (summary.extracted, summary.set_aside, summary.exit_status) == (1, 3, 0)
    unread = {row["source_path"]: row for row in rows(tmp_path, "reports") if not row["sha256"]}
    assert {path: row["reason"] for path, row in unread.items()} == {
        "broken": "a link that leads nowhere",
        "locked.txt": "cannot be opened: permission denied",
        "pipe": "no regular file (a pipe, socket or device)",
    }
    assert all(row["report_id"].startswith("u") for row in unread.values())
    assert go(tmp_path).extracted == 2  # as soon as it can be opened


def test_a_file_that_changes_while_it_is_read_is_set_aside_this_time(tmp_path: Path) -> None:
    write(tmp_path, a="year=2019", b="year=2020", gone="year=2021")

    def meanwhile(function: object, jobs: object) -> object:
        write(tmp_path, b="year=2020 carried_in=1")
        (tmp_path / "in/gone.txt").unlink()
        return each(function, jobs, 1, BOUNDS)  # type: ignore[arg-type]

    summary = run([tmp_path / "in"], tmp_path / "out", over=meanwhile, reader=reader())  # type: ignore[arg-type]
    assert (summary.extracted, summary.set_aside, summary.exit_status) == (1, 2, 0)
    assert {row["source_path"]: row["reason"] for row in rows(tmp_path, "reports") if row["reason"]} == {
        "b.txt": "changed while it was read: run again",
        "gone.txt": "could not be read: no such file or directory",
    }
    assert (go(tmp_path).extracted, len(rows(tmp_path, "reports"))) == (2, 2)


def test_a_file_above_the_bound_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, a="year=2019")
    with (tmp_path / "in/image.iso").open("wb") as file:
        file.truncate(20_000_000_000)
    summary = go(tmp_path)
    assert list(summary.aside) == [("the file has 20000 MB and is no report", 1, "image.iso")]


def test_output_within_input_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, a="year=2019")
    for out in (tmp_path / "in/out", tmp_path / "in"):
        for _ in range(2):
            summary = run([tmp_path / "in"], out, reader=reader())
        assert (summary.found, summary.read) == (1, 0)
        shutil.rmtree(tmp_path / "in/out", ignore_errors=True)
    with pytest.raises(Unusable, match="cannot be its INPUT"):
        run([tmp_path / "in/facts.csv"], tmp_path / "in", reader=reader())


def test_nothing_is_written_outside_out_and_foreign_files_stay(tmp_path: Path, log: Path) -> None:
    write(tmp_path, a="year=2019")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").write_text("mine")
    before = set(tmp_path.rglob("*"))
    go(tmp_path)
    assert {p for p in set(tmp_path.rglob("*")) - before if tmp_path / "out" not in p.parents} == set()
    assert (tmp_path / "out/mine.txt").read_text() == "mine"


def test_published_files_name_no_path_of_the_machine(tmp_path: Path) -> None:
    write(tmp_path, a="year=2019", b="do=fail", c="do=die")
    go(tmp_path)
    for name, data in content(tmp_path).items():
        assert str(tmp_path).encode() not in data, name


def test_an_empty_input_is_an_empty_dataset(tmp_path: Path) -> None:
    write(tmp_path)
    assert go(tmp_path).found == 0
    assert rows(tmp_path, "reports") == []


def test_two_runs_at_once_do_not_mix(tmp_path: Path) -> None:
    write(tmp_path, a="year=2019")
    with Out(tmp_path / "out"), pytest.raises(Busy):
        go(tmp_path)


def test_a_full_disk_leaves_the_version_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, a="year=2019")
    go(tmp_path)
    before = published(tmp_path)
    write(tmp_path, b="year=2020")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.publish.parquet_file.RowGroups.close", full)
        with pytest.raises(OSError, match="No space"):
            go(tmp_path)
    assert published(tmp_path) == before
    (index,) = (tmp_path / "out" / HIDDEN).glob("index-*")
    assert sorted(os.listdir(tmp_path / "out" / HIDDEN)) == [index.name, "ledger.sqlite", "lock", "version.json"]
    assert go(tmp_path).extracted == 2


def test_an_interrupted_run_keeps_what_it_read(tmp_path: Path, log: Path) -> None:
    write(tmp_path, **{f"f{i}": f"year=2020 n={i}" for i in range(10)})

    def interrupt(stage: str, done: int, total: int) -> None:
        if (stage, done) == ("reading", 6):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run([tmp_path / "in"], tmp_path / "out", over=in_processes(1), reader=reader(), progress=interrupt)
    assert go(tmp_path).read == 4


@pytest.mark.slow
def test_a_no_op_run_over_a_thousand_files_is_quick(tmp_path: Path) -> None:
    write(tmp_path, **{f"f{i}": f"do=refuse n={i}" for i in range(1000)})
    old = time.time() - 3600
    for path in (tmp_path / "in").iterdir():
        os.utime(path, (old, old))
    go(tmp_path)
    start = time.monotonic()
    assert go(tmp_path).read == 0
    assert time.monotonic() - start < 2.0
