"""One night at a time; a backfill gives way to it, waits, and goes on; no lock outlives its process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.nightly import turns
from pipeline.nightly.turns import GiveWay, Taken, of_a_backfill, of_a_night

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_PAUSE", 0.05)
    monkeypatch.setattr(turns, "_GLANCE", 0.3)


def test_a_second_night_says_who_is_at_work_and_ends(tmp_path: Path) -> None:
    with of_a_night(tmp_path, NOW, 0):
        with pytest.raises(Taken, match=r"a harvest .* is at work on") as caught, of_a_night(tmp_path, NOW, 60):
            pytest.fail("two nights at once")
        assert caught.value.holder is not None
        assert (caught.value.holder.pid, caught.value.holder.since) == (os.getpid(), NOW)
    with of_a_night(tmp_path, NOW + timedelta(days=1), 0) as turn:
        turn.check()


def test_a_second_backfill_says_so_and_ends(tmp_path: Path) -> None:
    with of_a_backfill(tmp_path, NOW), pytest.raises(Taken, match="a backfill"), of_a_backfill(tmp_path, NOW):
        pytest.fail("two backfills at once")


def test_a_backfill_gives_way_to_a_night_and_goes_on_after_it(tmp_path: Path) -> None:
    order: list[str] = []
    at_work, wanted = threading.Event(), threading.Event()

    def night() -> None:
        at_work.wait(10)
        wanted.set()
        with of_a_night(tmp_path, NOW, 10):
            order.append("night")

    thread = threading.Thread(target=night)
    thread.start()
    tries = 0
    while True:
        tries += 1
        try:
            with of_a_backfill(tmp_path, NOW, lambda: order.append("waits")) as turn:
                order.append("backfill")
                if tries == 2:
                    turn.check()
                    break
                at_work.set()
                wanted.wait(10)
                deadline = datetime.now(UTC) + timedelta(seconds=10)
                while datetime.now(UTC) < deadline:
                    turn.check()
        except GiveWay:
            order.append("gives way")
    thread.join(10)
    order = [word for word in order if word != "waits"]
    assert order == ["backfill", "gives way", "night", "backfill"]


def test_a_night_does_not_wait_for_ever(tmp_path: Path) -> None:
    with of_a_backfill(tmp_path, NOW), pytest.raises(Taken, match="a backfill"), of_a_night(tmp_path, NOW, 0.2):
        pytest.fail("the backfill had not ended")


def test_a_killed_night_leaves_no_lock(tmp_path: Path) -> None:
    code = (
        "import sys, time; from datetime import datetime, UTC; from pathlib import Path\n"
        "from pipeline.nightly.turns import of_a_night\n"
        "with of_a_night(Path(sys.argv[1]), datetime.now(UTC), 0):\n    print('held', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with pytest.raises(Taken) as caught, of_a_night(tmp_path, NOW, 0):
        pytest.fail("two nights at once")
    assert caught.value.holder is not None
    assert caught.value.holder.pid == process.pid
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    process.stdout.close()
    with of_a_night(tmp_path, NOW, 0) as turn:
        turn.check()
