"""Jobs on a Dask cluster whose jobs, workers and scheduler may all die."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline import cluster
from pipeline.cli import app
from pipeline.cluster import ClusterFailed, on_dask, to_be_seen
from pipeline.workers import Bounds, Lost
from tests.test_workers import work as hostile

distributed = pytest.importorskip("distributed", reason="needs the extra `dask`")

BOUNDS = Bounds(2.0, 1_000_000_000)


def work(job: object) -> object:
    """What the tests hand to the cluster. The parent of the process that runs it is a worker of the cluster."""
    if isinstance(job, str) and job.startswith(("kill ", "stop ")):
        sign, path = job.split(" ", 1)
        if not os.path.exists(path):
            if path != "always":
                open(path, "x").close()
            os.kill(os.getppid(), signal.SIGKILL if sign == "kill" else signal.SIGSTOP)
            time.sleep(60)
    return hostile(job)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The scheduler of a cluster of two worker processes that soon gives up on a worker."""
    import dask

    with (
        dask.config.set({"distributed.scheduler.worker-ttl": "4 s", "distributed.scheduler.allowed-failures": 1}),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            memory_limit=0,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=50,
        ) as made,
    ):
        yield made.scheduler_address


def results(address: str | None, jobs: list[object], function: Any = work, **options: Any) -> dict[object, object]:
    found = list(on_dask(address, 2, bounds=BOUNDS, **options)(function, jobs))
    assert len(found) == len(jobs)
    return {job: result.code if isinstance(result, Lost) else result for job, result in found}


@pytest.mark.slow
def test_hostile_jobs_cost_themselves_alone_on_a_cluster_of_this_machine() -> None:
    jobs: list[object] = [*range(6), "die", "eat", "fail", "leave", "hang", *range(6, 12)]
    lost = {"die": "died", "eat": "memory_limit", "fail": "fault", "leave": "died", "hang": "time_limit"}
    assert results(None, jobs) == {job: lost.get(str(job), job) for job in jobs}
    assert list(on_dask(None)(work, [])) == []  # without a cluster


@pytest.mark.slow
def test_what_a_worker_has_no_time_for_goes_round_again(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "BATCH_SECONDS", 0.0)
    assert results(address, list(range(7))) == {job: job for job in range(7)}


@pytest.mark.slow
def test_once_it_is_to_stop_no_batch_is_begun_and_what_is_at_hand_comes_back(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "BATCH", 3)
    asked: list[bool] = []
    found = list(on_dask(address, stop=lambda: asked.append(True) or len(asked) > 1)(work, list(range(30))))
    assert [job for job, _ in found] == [0, 1, 2]


@pytest.mark.slow
@pytest.mark.parametrize("sign", ["kill", "stop"])
def test_a_worker_that_dies_or_hangs_costs_time_only(address: str, tmp_path: Path, sign: str) -> None:
    jobs: list[object] = [*range(20), f"{sign} {tmp_path}/once"]
    assert results(address, jobs) == {job: job for job in jobs}


@pytest.mark.slow
def test_a_job_that_takes_every_worker_with_it_is_lost_alone(address: str) -> None:
    jobs: list[object] = [*range(8), "kill always"]
    assert results(address, jobs) == {job: "died" if job == "kill always" else job for job in jobs}


@pytest.mark.slow
def test_a_worker_that_does_not_see_the_input_ends_the_run_before_it_began(address: str, tmp_path: Path) -> None:
    with pytest.raises(ClusterFailed, match=f"worker tcp.* does not see {tmp_path}/nope: put the input"):
        results(address, [1], sees=[f"{tmp_path}/nope"])
    assert results(address, [1], sees=to_be_seen([str(tmp_path)])) == {1: 1}


@pytest.mark.slow
def test_a_worker_with_another_version_of_the_program_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "report_fingerprint", lambda: "another")
    with pytest.raises(ClusterFailed, match="runs another version of this program"):
        results(address, [1])
    monkeypatch.setattr(cluster, "_check", lambda client, sees: None)  # one that joins later
    with pytest.raises(ClusterFailed, match="another version of this program"):
        results(address, [1])


@pytest.mark.slow
def test_a_scheduler_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_CONNECT_SECONDS", 1.0)
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.txt").write_text("no report")
    command = ["run", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--scheduler", "tcp://127.0.0.1:9"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 1
    assert "no Dask scheduler answers at tcp://127.0.0.1:9" in done.stderr
    done = CliRunner().invoke(app, [*command[:-1], "nonsense://x"])
    assert (done.exit_code, "nonsense://x" in done.stderr) == (1, True)


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterFailed, match=r"pip install 'gongkai\[dask\]'"):
        list(on_dask()(work, [1]))


@pytest.mark.slow
def test_a_cluster_without_workers_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE_SECONDS", 0.5)
    with (
        distributed.LocalCluster(
            n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs=50
        ) as made,
        pytest.raises(ClusterFailed, match="has no worker; start some with `dask worker`"),
    ):
        results(made.scheduler_address, [1])


@pytest.mark.slow
def test_a_cluster_that_is_shut_down_in_the_midst_ends_the_run_with_a_word(tmp_path: Path) -> None:
    with distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        memory_limit=0,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        silence_logs=50,
    ) as made:
        coming = on_dask(made.scheduler_address, bounds=Bounds(30.0, 1_000_000_000))
        found = coming(hostile, [*range(200), *["hang"] * 200])
        next(iter(found))
        made.close()
        with pytest.raises(ClusterFailed):
            list(found)
