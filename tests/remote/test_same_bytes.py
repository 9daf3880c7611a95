"""However the work is spread, wherever the files lie and whatever interrupts it, the same bytes are published."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.publish.switch import HIDDEN
from pipeline.remote import files
from tests.remote.test_files import put

ROOT = Path(__file__).parents[2]
DOCUMENTS = 24


def go(*arguments: str) -> None:
    call = [sys.executable, "-m", "pipeline.cli", "run", "--quiet", *arguments]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


# The command, which kills itself and all its workers when some of the files have been read and kept.
KILLED = """
import os, signal
from pipeline import cli, intake, ledger

intake._COMMIT_SECONDS = 0.0
real, kept = ledger.Ledger.keep_report, []

def keep_report(self, *arguments):
    if len(kept) == 5:
        os.killpg(0, signal.SIGKILL)
    kept.append(real(self, *arguments))

ledger.Ledger.keep_report = keep_report
cli.main()
"""


def kill_in_the_midst(ledger: Path, *arguments: str) -> None:
    """Run until some of the files have been read, and then no further."""
    call = [sys.executable, "-c", KILLED, "run", "--quiet", *arguments]
    done = subprocess.run(call, cwd=ROOT, start_new_session=True, timeout=300, check=False)
    assert done.returncode == -signal.SIGKILL
    assert 0 < read_so_far(ledger) < DOCUMENTS


def read_so_far(ledger: Path) -> int:
    try:
        with sqlite3.connect(f"{ledger.as_uri()}?mode=ro", uri=True) as database:
            count: int = database.execute("SELECT count(*) FROM reports").fetchone()[0]
            return count
    except sqlite3.Error:
        return 0


def published(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix(): path for path in paths}
    return {name: path.read_bytes() for name, path in names.items() if not name.startswith(".")}


def published_at(url: str) -> dict[str, bytes]:
    names = {file.url.removeprefix(f"{url}/"): file.url for file in files.listed(url)}
    return {name: files.read(at, 10**9) for name, at in names.items() if not name.startswith(".")}


@pytest.mark.slow
def test_one_worker_two_dask_a_bucket_and_a_killed_run_publish_the_same_bytes(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed", reason="needs the extra `dask`")
    raw = tmp_path / "raw"
    made = [sys.executable, "-m", "tests.corpus", "--out", str(raw), "--count", str(DOCUMENTS), "--seed", "8"]
    subprocess.run(made, cwd=ROOT, check=True, capture_output=True)
    (raw / "truth.json").unlink(missing_ok=True)
    (raw / "torn.pdf").write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 20)
    for path in raw.iterdir():
        put(f"{bucket}/raw/{path.name}", path.read_bytes())

    go(str(raw), "-o", str(tmp_path / "one"), "--workers", "1")
    expected = published(tmp_path / "one")
    assert len(expected) > 20
    assert b"extracted" in expected["reports.csv"]

    go(str(raw), "-o", str(tmp_path / "two"), "--workers", "2")
    assert published(tmp_path / "two") == expected

    go(str(raw), "-o", str(tmp_path / "dask"), "--runner", "dask", "--workers", "2")
    assert published(tmp_path / "dask") == expected

    kill_in_the_midst(tmp_path / "killed" / HIDDEN / "ledger.sqlite", str(raw), "-o", str(tmp_path / "killed"))
    assert published(tmp_path / "killed") == {}
    go(str(raw), "-o", str(tmp_path / "killed"), "--workers", "2")
    assert published(tmp_path / "killed") == expected

    work, at_url = tmp_path / "work", (f"{bucket}/raw", "-o", f"{bucket}/clean", "--work", str(tmp_path / "work"))
    kill_in_the_midst(work / HIDDEN / "ledger.sqlite", *at_url)
    go(*at_url, "--runner", "dask", "--workers", "2")
    assert published_at(f"{bucket}/clean") == expected == published(work)
