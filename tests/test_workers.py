"""Jobs in processes that may die."""

from __future__ import annotations

import os
import signal
import time

import pytest

from pipeline.workers import Bounds, Lost, each, in_processes


def work(job: object) -> object:
    """What the tests hand to worker processes."""
    if job == "hang":
        time.sleep(600)
    if job == "die":
        os.kill(os.getpid(), signal.SIGSEGV)
    if job == "leave":
        os._exit(3)
    if job == "eat":
        return len(bytearray(3_000_000_000))
    if job == "fail":
        raise KeyError("at /some/path")
    if isinstance(job, str) and job.startswith("once "):  # dies the first time it is tried
        path = job.removeprefix("once ")
        if not os.path.exists(path):
            open(path, "x").close()
            os.kill(os.getpid(), signal.SIGKILL)
    return job


def results(jobs: list[object], workers: int = 2, seconds: float = 30.0) -> dict[object, object]:
    found = list(each(work, jobs, workers, Bounds(seconds, 1_000_000_000)))
    assert len(found) == len(jobs)
    return {job: result.code if isinstance(result, Lost) else result for job, result in found}


def test_every_job_comes_back_with_its_result() -> None:
    assert results([*range(50), None]) == {job: job for job in [*range(50), None]}
    assert list(in_processes()(work, [])) == []


@pytest.mark.slow
def test_hostile_jobs_cost_themselves_alone() -> None:
    jobs: list[object] = [*range(6), "die", "eat", "fail", "leave", *range(6, 12)]
    lost = {"die": "died", "eat": "memory_limit", "fail": "fault", "leave": "died"}
    assert results(jobs) == {job: lost.get(str(job), job) for job in jobs}


def test_a_job_beyond_its_time_is_stopped() -> None:
    start = time.monotonic()
    assert results(["hang", 1, 2], seconds=0.5) == {"hang": "time_limit", 1: 1, 2: 2}
    assert time.monotonic() - start < 5


def test_a_death_that_may_be_anothers_fault_is_tried_again(tmp_path: object) -> None:
    job = f"once {tmp_path}/tried"
    assert results([job, 1]) == {job: job, 1: 1}


def test_reasons_hold_no_path_and_traces_do() -> None:
    ((_, lost),) = each(work, ["fail"], 1, Bounds())
    assert isinstance(lost, Lost)
    assert lost.reason == "a fault of the program (KeyError)"
    assert lost.trace is not None
    assert "/some/path" in lost.trace


class Unpicklable:
    """Can be pickled here, and not read where its class is not."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return __import__, ("no_such_module_anywhere",)


def test_workers_that_cannot_start_are_an_error_of_their_own() -> None:
    function: object = Unpicklable()
    with pytest.raises(RuntimeError, match="no_such_module_anywhere"):
        list(each(function, [1, 2], 2, Bounds()))  # type: ignore[arg-type]


def test_workers_end_when_the_caller_stops_listening() -> None:
    results = each(work, [1, "hang", 2, 3], 2, Bounds())
    next(results)
    results.close()  # kills and reaps, or this would wait for ten minutes
