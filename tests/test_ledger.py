"""What has been seen is remembered, and never trusted when damaged."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline.discover import Stamp
from pipeline.ledger import PAUSE_SECONDS, TRIES, Ledger, cached_document

OLD = Stamp(3, 10**18, 10**18, 2**62, 1)


def reports(ledger: Ledger, *shas: str, version: str = "1") -> list[tuple[str, bytes, str | None]]:
    return list(ledger.reports(shas, version))


def test_what_was_kept_is_there_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with Ledger(path) as ledger:
        ledger.remember_files([("/a\udcff", OLD, "s1")])
        ledger.keep_document("s1", "d", b"document")
        ledger.keep_report("s1", "1", b"report", "died")
    with Ledger(path) as ledger:
        assert ledger.known_files() == {"/a\udcff": (OLD, "s1")}
        assert ledger.documents("d") == {"s1"}
        assert cached_document(str(path), "s1", "d") == b"document"  # while it is open, as for a worker
        assert reports(ledger, "s2", "s1") == [("s1", b"report", "died")]
        ledger.forget_files(["/a\udcff"])
        assert ledger.known_files() == {}


def test_another_version_is_not_trusted_and_is_replaced(tmp_path: Path) -> None:
    with Ledger(tmp_path / "l") as ledger:
        ledger.keep_document("s", "d1", b"1")
        ledger.keep_report("s", "1", b"1")
        ledger.commit()
        assert cached_document(str(ledger.path), "s", "d2") is None
        assert ledger.documents("d2") == set()
        assert reports(ledger, "s", version="2") == []
        ledger.keep_report("s", "2", b"2")
        assert reports(ledger, "s", version="1") == []
        assert reports(ledger, "s", version="2") == [("s", b"2", None)]


def test_the_history_says_what_came_of_each_file(tmp_path: Path) -> None:
    with Ledger(tmp_path / "l") as ledger:
        ledger.remember_files([("/raw/甲.pdf", OLD, "s1"), ("/raw/copy.pdf", OLD, "s1"), ("/raw/b.pdf", OLD, "s2")])
        for _ in range(2):
            ledger.keep_report("s1", "v1", b"x", "time_limit", "set_aside", "it took too long")
        ledger.keep_report("s2", "v1", b"x", None, "extracted")
    with sqlite3.connect(tmp_path / "l") as database:
        columns = "path, disposition, reason, fault, tries, version"
        rows = database.execute(f"SELECT {columns}, read_at_utc > '2024' FROM history ORDER BY path").fetchall()
    database.close()
    lost = ("set_aside", "it took too long", "time_limit", 2, "v1", 1)
    assert rows == [
        ("/raw/b.pdf", "extracted", None, None, 1, "v1", 1),
        ("/raw/copy.pdf", *lost),
        ("/raw/甲.pdf", *lost),
    ]


def test_what_is_due_waits_longer_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000.0
    monkeypatch.setattr("pipeline.ledger.time", SimpleNamespace(time=lambda: now, time_ns=lambda: int(now * 1e9)))
    with Ledger(tmp_path / "l") as ledger:
        ledger.keep_report("sound", "1", b"x")
        pauses = []
        for _ in range(TRIES):
            ledger.keep_report("s", "1", b"x", "died")
            tried = now
            while not ledger.due("1") and now < tried + 40 * PAUSE_SECONDS:
                now += PAUSE_SECONDS / 2
            pauses.append((now - tried) / PAUSE_SECONDS)
        assert pauses == [1, 2, 4, 8, 40]  # and then never
        assert ledger.lost("1") == {"s": "died"}
        ledger.keep_report("s", "2", b"x", "died")
        now += PAUSE_SECONDS
        assert (ledger.due("1"), ledger.due("2")) == ([], ["s"])
        ledger.keep_report("s", "2", b"x")
        assert (ledger.due("2"), ledger.lost("2")) == ([], {})


def test_those_tried_least_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000.0
    monkeypatch.setattr("pipeline.ledger.time", SimpleNamespace(time=lambda: now, time_ns=lambda: int(now * 1e9)))
    with Ledger(tmp_path / "l") as ledger:
        for sha256 in ("twice", "twice", "b", "a"):
            ledger.keep_report(sha256, "1", b"x", "died")
            now += 1
        now += 2 * PAUSE_SECONDS
        assert ledger.due("1") == ["b", "a", "twice"]


def test_a_ledger_without_history_is_given_one(tmp_path: Path) -> None:
    with Ledger(tmp_path / "l") as ledger:
        ledger.keep_report("s", "1", b"x")
    database = sqlite3.connect(tmp_path / "l")
    database.executescript("DROP VIEW history; DROP TABLE readings;")
    database.close()
    with Ledger(tmp_path / "l") as ledger:
        assert reports(ledger, "s") == [("s", b"x", None)]
        assert ledger.lost("1") == {}


@pytest.mark.parametrize("code", [sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_CANTOPEN])
def test_a_disk_that_fails_costs_no_ledger(tmp_path: Path, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever SQLite was at: months of readings are not thrown away for it."""

    def failing(*_: object, **__: object) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = code
        raise error

    with Ledger(tmp_path / "l") as ledger:
        ledger.keep_report("s", "1", b"x")
        ledger.commit()
        with monkeypatch.context() as patch:
            sound, ledger._database = ledger._database, SimpleNamespace(execute=failing, executemany=failing)  # type: ignore[assignment]
            with pytest.raises(OSError, match="cannot be read or written: disk I/O error"):
                reports(ledger, "s")
            with pytest.raises(OSError, match="cannot be read or written"):
                ledger.keep_report("s", "2", b"y")
            ledger._database = sound
            patch.setattr("sqlite3.connect", failing)
            with pytest.raises(OSError, match="cannot be read or written"):
                Ledger(tmp_path / "l")
        assert reports(ledger, "s") == [("s", b"x", None)]


def test_a_stamp_too_young_to_be_trusted_is_not_remembered(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_text("x")
    s = file.stat()
    with Ledger(tmp_path / "l") as ledger:
        ledger.remember_files([("x", Stamp(1, s.st_mtime_ns, s.st_ctime_ns, 1, 1), "s")])
        assert ledger.known_files() == {}


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE files SET sha256 = 's2'",
        "UPDATE files SET size = 4",
        "UPDATE documents SET payload = x'00'",
        "UPDATE reports SET payload = x'00'",
        "UPDATE reports SET fault = NULL",
        "UPDATE reports SET sha256 = 's3'",
    ],
)
def test_a_damaged_row_is_as_good_as_absent(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "l"
    with Ledger(path) as ledger:
        ledger.remember_files([("a", OLD, "s1")])
        ledger.keep_document("s1", "1", b"document")
        ledger.keep_report("s1", "1", b"report", "died")
    database = sqlite3.connect(path)
    database.execute(damage)
    database.commit()
    database.close()
    with Ledger(path) as ledger:
        kept = (
            bool(ledger.known_files()),
            bool(cached_document(str(path), "s1", "1")),
            bool(reports(ledger, "s1", "s3")),
        )
    assert kept == ("files" not in damage, "documents" not in damage, "reports" not in damage)


@pytest.mark.parametrize("at", [0, 18, 100, 4096, 5000, 8192])
def test_a_damaged_file_is_begun_anew(tmp_path: Path, at: int) -> None:
    path = tmp_path / "l"
    with Ledger(path) as ledger:
        for i in range(50):
            ledger.keep_report(f"s{i}", "1", bytes(2000))
    data = bytearray(path.read_bytes())
    data[at : at + 700] = b"\xa5" * 700
    path.write_bytes(data)
    with Ledger(path) as ledger:
        for sha, payload, _ in reports(ledger, *(f"s{i}" for i in range(50))):
            assert payload == bytes(2000), sha
        ledger.known_files()
        ledger.keep_report("new", "1", b"x")
        assert reports(ledger, "new") == [("new", b"x", None)]


def test_a_file_of_another_kind_or_layout_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "l"
    path.write_text("no database, but text that is long enough to look at " * 40)
    with Ledger(path) as ledger:
        ledger.keep_report("s", "1", b"x")
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with Ledger(path) as ledger:
        assert reports(ledger, "s") == []


def test_a_ledger_that_cannot_be_written_is_no_damage(tmp_path: Path) -> None:
    with Ledger(tmp_path / "l") as ledger:
        ledger.keep_report("s", "1", b"x")
        ledger.commit()
        ledger._database.execute("PRAGMA max_page_count = 12")
        with pytest.raises(OSError, match="cannot be read or written: database or disk is full"):
            ledger.keep_report("big", "1", bytes(1_000_000))
        assert reports(ledger, "s") == [("s", b"x", None)]
