"""The flow does what the command does. Slow: Prefect's own server starts, on an empty database."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def flows(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}
    environment |= {"PREFECT_HOME": str(home), "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    return subprocess.run(
        [sys.executable, str(ROOT / "flows.py"), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.slow
def test_the_flow_publishes_the_same_bytes_as_the_command(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    for i in range(7):
        (raw / f"{i}.txt").write_text(f"not a report, number {i}")
    (raw / "empty.pdf").touch()
    done = flows("run", str(raw), "--out", str(tmp_path / "flow"), "--batch", "3", home=tmp_path / "home")
    assert done.returncode == 0, done.stderr
    command = [sys.executable, "-m", "pipeline.cli", "run", str(raw), "--out", str(tmp_path / "plain")]
    subprocess.run(command, cwd=ROOT, check=True, timeout=120, capture_output=True)
    names = sorted(p.relative_to(tmp_path / "plain").as_posix() for p in (tmp_path / "plain").glob("[!.]*"))
    assert names
    for name in names:
        if (tmp_path / "plain" / name).is_file():
            assert (tmp_path / "flow" / name).read_bytes() == (tmp_path / "plain" / name).read_bytes()
    assert not (tmp_path / "home/storage").exists() or not any((tmp_path / "home/storage").iterdir())


def documents(folder: Path, count: int) -> Path:
    folder.mkdir()
    for i in range(count):
        (folder / f"{i}.txt").write_text(f"not a report, number {i}")
    return folder


def rows(home: Path) -> dict[str, int]:
    """The rows of each table of Prefect's database."""
    with sqlite3.connect(home / "prefect.db") as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}


@pytest.mark.slow
def test_the_database_of_prefect_does_not_grow_with_documents(tmp_path: Path) -> None:
    grown = {}
    for count in (20, 200):
        home = tmp_path / f"home{count}"
        raw, out = documents(tmp_path / f"raw{count}", count), tmp_path / f"out{count}"
        done = flows("run", str(raw), "--out", str(out), "--batch", "5", home=home)
        assert done.returncode == 0, done.stderr
        grown[count] = rows(home)
    assert grown[200]["task_run"] > 0
    assert grown[200] == grown[20]


@pytest.mark.slow
def test_a_flow_over_a_cluster_publishes_the_same_bytes_and_tells_prefect_of_no_task(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="needs the extra `dask`")
    raw, home = documents(tmp_path / "raw", 12), tmp_path / "home"
    done = flows("run", str(raw), "--out", str(tmp_path / "flow"), "--runner", "dask", home=home)
    assert done.returncode == 0, done.stderr
    command = [sys.executable, "-m", "pipeline.cli", "run", str(raw), "--out", str(tmp_path / "plain")]
    subprocess.run(command, cwd=ROOT, check=True, timeout=120, capture_output=True)
    assert (tmp_path / "flow/datapackage.json").read_bytes() == (tmp_path / "plain/datapackage.json").read_bytes()
    assert rows(home)["task_run"] == 0


@pytest.mark.slow
def test_a_wrong_call_ends_in_2_without_starting_a_server(tmp_path: Path) -> None:
    done = flows("run", str(tmp_path / "nope"), home=tmp_path / "home")
    assert done.returncode == 2
    assert "is not there" in done.stderr


@pytest.mark.slow
def test_a_wrong_setting_ends_in_2_and_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONGKAI_SMTP_PORT", "none")
    done = flows("harvest", home=tmp_path / "home")
    assert done.returncode == 2
    assert "GONGKAI_SMTP_PORT" in done.stderr
