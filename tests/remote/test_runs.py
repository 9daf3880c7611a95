"""Runs from and to URLs publish what a run over folders does, whatever interrupts the push."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline import intake
from pipeline.cli import app
from pipeline.intake import Job, Outcome, read_job, this_reader
from pipeline.ledger import Ledger
from pipeline.publish.schema import PACKAGE
from pipeline.publish.switch import HIDDEN, Busy, Unusable
from pipeline.remote import copy, files, turn
from pipeline.remote import run as run_anywhere
from pipeline.remote.files import BadUrl, Unreachable
from pipeline.run import Summary, run
from tests.readers import here, reader
from tests.remote.test_files import put

PLACES = {
    "a.txt": "year=2019",
    "b/c.txt": "year=2020 carried_in=3",
    "d.txt": "year=2020 publisher=甲县人民政府 code=371303",
}


@pytest.fixture(autouse=True)
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Counts extractions: one character each."""
    path = tmp_path / "log"
    path.touch()
    monkeypatch.setenv("LOG", str(path))
    return path


@pytest.fixture(params=["s3", "memory"])
def place(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty place on one kind of store."""
    if request.param == "s3":
        yield request.getfixturevalue("bucket")
        return
    fs, _ = files.opened("memory://x")
    yield "memory://place"
    fs.rm("/", recursive=True)


def fill(url: str, texts: dict[str, str]) -> None:
    fs, at = files.opened(url)
    if fs.exists(at):
        fs.rm(at, recursive=True)
    for name, text in texts.items():
        put(f"{url}/{name}", text.encode())


def go(place: str, work: Path, **options: Any) -> Summary:
    return run_anywhere([f"{place}/raw"], f"{place}/clean", work=work, over=here, reader=reader(), **options)


def expected(tmp_path: Path, texts: dict[str, str]) -> dict[str, bytes]:
    """What a run over a folder of these files publishes."""
    digest = hashlib.sha256(repr(sorted(texts.items())).encode()).hexdigest()[:8]
    source, out = tmp_path / f"in-{digest}", tmp_path / f"out-{digest}"
    for name, text in texts.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    run([source], out, over=here, reader=reader())
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file() and HIDDEN not in path.parts
    }


def objects(url: str) -> dict[str, bytes]:
    """Everything at a URL."""
    return {file.url.removeprefix(f"{url}/"): files.read(file.url, 10**9) for file in files.listed(url)}


def published(place: str) -> dict[str, bytes]:
    try:
        return {name: data for name, data in objects(f"{place}/clean").items() if not name.startswith(".")}
    except FileNotFoundError:
        return {}


@pytest.mark.slow
def test_a_run_from_url_to_url_publishes_what_one_over_folders_does(place: str, tmp_path: Path, log: Path) -> None:
    fill(f"{place}/raw", PLACES)
    summary = go(place, tmp_path / "work")
    assert (summary.found, summary.read, summary.exit_status) == (3, 3, 0)
    assert published(place) == expected(tmp_path, PLACES)
    assert not any(name.endswith(("lock", "pushing.json")) for name in objects(f"{place}/clean"))


@pytest.mark.slow
def test_a_second_run_reads_and_writes_nothing_and_so_does_one_elsewhere(
    bucket: str, tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(f"{bucket}/raw", PLACES)
    time.sleep(2.1)  # a stamp that is younger is not trusted
    go(bucket, tmp_path / "work")
    before, extracted = objects(f"{bucket}/clean"), log.read_text()
    sent: list[str] = []
    monkeypatch.setattr(copy.Copy, "_send", lambda self, path, name: sent.append(name))
    monkeypatch.setattr(files, "sha256_of", lambda url: pytest.fail("hashed again"))
    for work in ("work", "elsewhere"):
        assert go(bucket, tmp_path / work).read == 0
        assert objects(f"{bucket}/clean") == before
    assert log.read_text() == extracted
    assert not sent
    assert (tmp_path / "elsewhere" / PACKAGE).read_bytes() == before[PACKAGE]  # a whole working copy


@pytest.mark.slow
def test_a_year_that_is_gone_is_removed_and_files_of_others_stay(bucket: str, tmp_path: Path) -> None:
    fill(f"{bucket}/raw", PLACES)
    go(bucket, tmp_path / "work")
    put(f"{bucket}/clean/notes.md", b"mine")
    left = {name: text for name, text in PLACES.items() if name != "a.txt"}
    fill(f"{bucket}/raw", left)
    go(bucket, tmp_path / "elsewhere")
    assert published(bucket) == {**expected(tmp_path, left), "notes.md": b"mine"}


class Killed(BaseException):
    """As good as SIGKILL, for a process that lives on."""


@pytest.mark.slow
@pytest.mark.parametrize("same_machine", [True, False])
@pytest.mark.parametrize("reverted", [True, False])
def test_an_interrupted_push_is_completed_by_the_next_run(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, same_machine: bool, reverted: bool
) -> None:
    """At every write; whether or not the input has become what it was meanwhile."""
    after = {**PLACES, "e.txt": "year=2021"}
    real_send, real_put, real_delete = copy.Copy._send, copy.Copy._put, copy.Copy._delete
    monkeypatch.setattr(turn.Turn, "__exit__", _leave_the_lock)
    monkeypatch.setattr(turn, "STALE_SECONDS", 0.0)
    monkeypatch.setattr(copy, "_AT_A_TIME", 1)
    fill(f"{bucket}/raw", PLACES)
    go(bucket, tmp_path / "work")
    step = done = 0
    while step < 200:
        fill(f"{bucket}/raw", after)
        left = [step]

        def counted(real: Callable[..., None], left: list[int] = left) -> Callable[..., None]:
            def call(*arguments: object) -> None:
                if left[0] == 0:
                    raise Killed
                left[0] -= 1
                real(*arguments)

            return call

        with monkeypatch.context() as patch:
            for name, real in (("_send", real_send), ("_put", real_put), ("_delete", real_delete)):
                patch.setattr(copy.Copy, name, counted(real))
            try:
                go(bucket, tmp_path / "work")
                done = step
            except Killed:
                pass
        fill(f"{bucket}/raw", PLACES if reverted else after)
        go(bucket, tmp_path / ("work" if same_machine else f"work{step}"))
        assert published(bucket) == expected(tmp_path, PLACES if reverted else after), step
        assert f"{HIDDEN}/pushing.json" not in objects(f"{bucket}/clean")
        if done:
            break
        fill(f"{bucket}/raw", PLACES)
        go(bucket, tmp_path / "work")
        step += 9
    assert done > 10  # it came through at last, after several that were killed


def _leave_the_lock(self: turn.Turn, *_: object) -> None:
    self._ended.set()


@pytest.mark.slow
def test_two_writers_are_told_apart_and_a_lock_left_behind_is_taken_over(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(f"{bucket}/raw", PLACES)

    def meanwhile(function: Callable[[Job], Any], jobs: Sequence[Job], /) -> Iterator[tuple[Job, Any]]:
        with pytest.raises(Busy, match=f"is at work on {bucket}/clean, last heard of"):
            go(bucket, tmp_path / "elsewhere")
        with pytest.raises(Busy, match="another run is at work in"):
            go(bucket, tmp_path / "work")
        yield from here(function, jobs)

    run_anywhere([f"{bucket}/raw"], f"{bucket}/clean", work=tmp_path / "work", over=meanwhile, reader=reader())
    with monkeypatch.context() as patch:
        patch.setattr(turn.Turn, "__exit__", _leave_the_lock)
        go(bucket, tmp_path / "work")
    go(bucket, tmp_path / "work")  # its own
    with monkeypatch.context() as patch:
        patch.setattr(turn.Turn, "__exit__", _leave_the_lock)
        go(bucket, tmp_path / "work")
    with pytest.raises(Busy):
        go(bucket, tmp_path / "elsewhere")
    monkeypatch.setattr(turn, "STALE_SECONDS", 0.0)
    assert go(bucket, tmp_path / "elsewhere").exit_status == 0


def test_a_run_whose_place_was_taken_does_not_publish(bucket: str, tmp_path: Path) -> None:
    fill(f"{bucket}/raw", PLACES)

    def overtaken(function: Callable[[Job], Any], jobs: Sequence[Job], /) -> Iterator[tuple[Job, Any]]:
        put(f"{bucket}/clean/{HIDDEN}/lock", b'{"owner": "another", "host": "b", "renewed": 9e9}')
        yield from here(function, jobs)

    with pytest.raises(Busy, match="meanwhile"):
        run_anywhere([f"{bucket}/raw"], f"{bucket}/clean", work=tmp_path / "w", over=overtaken, reader=reader())
    assert published(bucket) == {}


@pytest.mark.slow
def test_a_store_that_goes_away_ends_the_run_and_loses_nothing(bucket: str, tmp_path: Path, log: Path) -> None:
    fill(f"{bucket}/raw", PLACES)

    def cut_off(function: Callable[[Job], Any], jobs: Sequence[Job], /) -> Iterator[tuple[Job, Any]]:
        for at, pair in enumerate(here(function, jobs)):
            yield pair if at < 2 else (pair[0], Outcome(unreachable="s3://x cannot be reached: run again"))

    with pytest.raises(Unreachable, match="run again"):
        run_anywhere([f"{bucket}/raw"], f"{bucket}/clean", work=tmp_path / "w", over=cut_off, reader=reader())
    assert published(bucket) == {}
    assert go(bucket, tmp_path / "w").read == 1
    assert published(bucket) == expected(tmp_path, PLACES)


def test_a_file_that_vanishes_while_it_is_read_costs_itself(bucket: str, tmp_path: Path) -> None:
    fill(f"{bucket}/raw", PLACES)

    def gone(function: Callable[[Job], Any], jobs: Sequence[Job], /) -> Iterator[tuple[Job, Any]]:
        fs, at = files.opened(f"{bucket}/raw/a.txt")
        fs.rm_file(at)
        yield from here(function, jobs)

    summary = run_anywhere([f"{bucket}/raw"], tmp_path / "out", over=gone, reader=reader())
    assert (summary.extracted, summary.set_aside, summary.failed) == (2, 1, 0)
    assert summary.aside[0][2] == "a.txt"


@pytest.mark.slow
def test_corrections_at_the_top_of_a_url_are_applied_and_never_read(bucket: str, tmp_path: Path) -> None:
    text = "year=2020"
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    header = "sha256,table_id,row_id,column_id,printed,corrected,reason,who,date"
    line = f"{sha256},requests,received,total,60,61,looked,王某,2024-05-31"
    fill(f"{bucket}/raw", {"a.txt": text, "corrections.csv": f"{header}\n{line}\n", "sources.csv": "x"})
    summary = run_anywhere([f"{bucket}/raw"], tmp_path / "out", over=here, reader=reader())
    assert summary.found == 1
    assert summary.corrected + len(summary.uncorrected) == 1
    plain = tmp_path / "raw"
    plain.mkdir()
    (plain / "a.txt").write_text(text)
    (plain / "corrections.csv").write_text(f"{header}\n{line}\n")
    run([plain], tmp_path / "plain", over=here, reader=reader())
    assert (tmp_path / "out" / PACKAGE).read_bytes() == (tmp_path / "plain" / PACKAGE).read_bytes()


@pytest.mark.slow
def test_places_that_do_not_serve_are_refused(bucket: str, tmp_path: Path) -> None:
    fill(f"{bucket}/raw", PLACES)
    with pytest.raises(BadUrl, match="lie within each other"):
        run_anywhere([bucket], f"{bucket}/clean", work=tmp_path / "w", over=here, reader=reader())
    with pytest.raises(BadUrl, match="a folder of this machine"):
        run_anywhere([f"{bucket}/raw"], tmp_path / "out", work=tmp_path / "w", over=here, reader=reader())
    go(bucket, tmp_path / "work")
    with pytest.raises(Unusable, match=f"is the working copy of {bucket}/clean"):
        run_anywhere([f"{bucket}/raw"], f"{bucket}/other", work=tmp_path / "work", over=here, reader=reader())
    (tmp_path / "nothing").mkdir()
    run([tmp_path / "nothing"], tmp_path / "own", over=here, reader=reader())
    with pytest.raises(Unusable, match="a dataset of its own"):
        run_anywhere([f"{bucket}/raw"], f"{bucket}/other", work=tmp_path / "own", over=here, reader=reader())


@pytest.mark.slow
def test_a_url_that_has_lost_its_state_is_put_right(bucket: str, tmp_path: Path) -> None:
    fill(f"{bucket}/raw", PLACES)
    go(bucket, tmp_path / "work")
    fs, at = files.opened(f"{bucket}/clean/{HIDDEN}")
    fs.rm(at, recursive=True)
    left = {name: text for name, text in PLACES.items() if name != "a.txt"}
    fill(f"{bucket}/raw", left)
    go(bucket, tmp_path / "elsewhere")
    assert published(bucket) == expected(tmp_path, left)


def test_the_command_says_what_is_wrong_with_a_url(bucket: str, tmp_path: Path) -> None:
    def said(*arguments: str) -> tuple[int, str]:
        work = tmp_path / str(len(list(tmp_path.iterdir())))
        done = CliRunner().invoke(app, ["run", *arguments, "--work", str(work)])
        return done.exit_code, done.stderr

    out = f"{bucket}/clean"
    status, words = said(f"{bucket}/nope", "-o", out)
    assert (status, f"INPUT {bucket}/nope is not there" in words) == (2, True)
    status, words = said("s3://no-such-bucket-here/raw", "-o", out)
    assert (status, "there is no such bucket" in words) == (1, True)
    status, words = said("sftp://me:secret@host/raw", "-o", out)
    assert (status, "secret" in words) == (2, False)
    (tmp_path / "in").mkdir()
    status, words = said(str(tmp_path / "in"), "-o", "s3://no-such-bucket-here/clean")
    assert (status, "there is no such bucket" in words) == (1, True)


def test_a_machine_of_another_version_ends_the_run() -> None:
    job = Job("/nowhere", "ab" * 32, host="another")
    assert "another version" in (read_job(replace(this_reader(), report_version="old"), job).unreachable or "")
    assert read_job(this_reader(), job).changed == "could not be read: no such file or directory"


def test_what_is_kept_beside_the_ledger_serves_its_own_machine_alone(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("year=2020")
    sha256 = hashlib.sha256(b"year=2020").hexdigest()
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.keep_document(sha256, "1", b"no document")
    jobs = [Job(str(tmp_path / "a.txt"), sha256, str(tmp_path / "ledger.sqlite"), None, host) for host in ("b", None)]
    assert [read_job(reader(), job).disposition for job in jobs] == ["extracted", "extracted"]
    opened: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake, "cached_document", lambda path, *_: opened.append(path))
        for job in jobs:
            read_job(reader(), job)
    assert len(opened) == 1
