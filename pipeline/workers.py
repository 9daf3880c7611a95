"""A function over many jobs in processes that may die: what a plain run hands to the pipeline as its `map`.

Each worker is a fresh Python process with one job at a time, a time limit and a memory limit, so a file that hangs,
eats the machine or crashes a library costs itself and nothing else. Not `concurrent.futures`: there one death fails
every job in flight and tells not which was to blame, and no job can be stopped. Not `multiprocessing`'s start methods:
they import the caller's main module again in each child (Prefect, in a flow) and are forbidden inside the daemonic
workers of other engines.

Linux and macOS; on macOS the memory limit is the system's own.
"""

from __future__ import annotations

import contextlib
import gc
import math
import os
import pickle
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, Protocol, TypeVar

from extractors import limits

J = TypeVar("J")
R = TypeVar("R")

JOBS_A_WORKER = 4
"""A further process is started for every so many jobs: below that its start costs more than it saves."""

_READY = "ready"  # a process's first word
_GRACE_SECONDS = 5.0  # beyond the limit, for a process that the alarm did not end (stuck in the kernel)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one job may cost: seconds of wall-clock time, and bytes of memory that its process may take."""

    # the extractors keep their own bounds, with better reasons; this one ends a call into C that does not return
    seconds: float = limits.MAX_SCAN_SECONDS + 20.0
    memory: int = limits.MAX_MEMORY


@dataclass(frozen=True, slots=True)
class Lost:
    """A job that has no result. `code`: time_limit | memory_limit | died | fault; `reason` is for people.

    `fault` is an exception that the function let through, a fault of the program; `trace` shows where.
    """

    code: str
    reason: str
    trace: str | None = None


class Map(Protocol):
    """How a function is applied to jobs: by a pool of processes here, by the tasks of a flow elsewhere.

    Each job comes back exactly once with its result or its `Lost`, in any order. The function and the jobs can be
    pickled.
    """

    def __call__(self, function: Callable[[J], R], jobs: Sequence[J], /) -> Iterable[tuple[J, R | Lost]]: ...


def cores() -> int:
    """The processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_processes(workers: int | None = None, bounds: Bounds | None = None) -> Map:
    """A `Map` over `workers` processes; by default one a core, and fewer for few jobs."""

    def over(function: Callable[[J], R], jobs: Sequence[J], /) -> Iterator[tuple[J, R | Lost]]:
        wanted = workers or min(cores(), math.ceil(len(jobs) / JOBS_A_WORKER))
        return each(function, jobs, max(1, min(wanted, len(jobs))), bounds or Bounds())

    return over


def each(function: Callable[[J], R], jobs: Iterable[J], workers: int, bounds: Bounds) -> Iterator[tuple[J, R | Lost]]:
    """Apply `function` to each job in `workers` processes, and yield each job with its result as it is ready.

    A job whose process dies or runs out of memory is tried once more at the end, alone in a new process: the blame may
    have been another's (the system's out-of-memory killer picks whom it likes).
    """
    suspects: list[J] = []
    for job, result in _round(function, jobs, workers, bounds):
        if isinstance(result, Lost) and result.code in ("died", "memory_limit"):
            suspects.append(job)
        else:
            yield job, result
    for job in suspects:
        yield from _round(function, [job], 1, bounds)


def _round(function: Callable[[J], R], jobs: Iterable[J], workers: int, bounds: Bounds) -> Iterator[tuple[J, R | Lost]]:
    coming = iter(jobs)  # each is taken when a process is free for it: the caller may hold some back meanwhile
    team: list[_Worker[J]] = []
    try:
        while True:
            while len(team) < workers and (taken_up := list(islice(coming, 1))):
                team.append(_Worker(function, bounds))
                team[-1].give(taken_up[0])
            if not any(worker.busy for worker in team):
                return
            for worker in _ready(team):
                taken = worker.take()
                if taken is None:
                    continue
                job, result, alive = taken
                if not alive:
                    team.remove(worker)
                for following in islice(coming, 1 if alive else 0):
                    worker.give(following)  # before the caller has its say: the process need not wait for it
                yield job, result
    finally:
        for worker in team:
            worker.end()


def _ready(team: Sequence[_Worker[J]]) -> list[_Worker[J]]:
    """The busy workers that have answered, died, or outstayed their time; waits for the first of them."""
    busy = {worker.connection: worker for worker in team if worker.busy}
    patience = max(0.0, min(worker.deadline for worker in busy.values()) - time.monotonic())
    answered = wait(list(busy), timeout=patience)
    if answered:
        return [busy[connection] for connection in busy if connection in answered]
    return [worker for worker in busy.values() if worker.deadline <= time.monotonic()]


@dataclass(slots=True)
class _Worker(Generic[J]):
    """One process and the job it is at."""

    function: Callable[[J], Any]
    bounds: Bounds
    connection: Connection = field(init=False)
    process: subprocess.Popen[bytes] = field(init=False)
    deadline: float = field(init=False, default=math.inf)
    ready: bool = field(init=False, default=False)
    job: list[J] = field(init=False, default_factory=list)  # empty or one: a job may be None

    def __post_init__(self) -> None:
        self.connection, theirs = Pipe()
        fd = theirs.fileno()
        # -P: no file of the current folder passes for a library. The parent's path serves a run from source.
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(os.path.abspath(p) for p in sys.path),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", f"from pipeline.workers import serve; serve({fd})"],
            pass_fds=[fd],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        theirs.close()
        with contextlib.suppress(OSError):  # a process that died at birth is found by `take`
            self.connection.send_bytes(pickle.dumps((self.function, self.bounds)))

    @property
    def busy(self) -> bool:
        return bool(self.job)

    def give(self, job: J) -> None:
        self.job = [job]
        self.deadline = time.monotonic() + self.bounds.seconds + _GRACE_SECONDS
        with contextlib.suppress(OSError):
            self.connection.send_bytes(pickle.dumps(job))

    def take(self) -> tuple[J, Any, bool] | None:
        """The job, its result, and whether the process can go on; None when it only said that it has started.

        Raises RuntimeError if it could not start, which is no file's fault and would befall every job.
        """
        result: Any = None
        try:
            if self.connection.poll():
                result = pickle.loads(self.connection.recv_bytes())
                if not self.ready and result == _READY:
                    self.ready = True
                    return None
            else:
                result = _time_limit(self.bounds)
        except (EOFError, OSError):
            self.end()
            result = _death(self.process.returncode, self.bounds)
        if not self.ready:
            raise RuntimeError(f"a worker process cannot start: {result.trace or result.reason}")
        (job,), self.job = self.job, []
        alive = not (isinstance(result, Lost) and result.code in ("time_limit", "memory_limit", "died"))
        if not alive:
            self.end()
        return job, result, alive

    def end(self) -> None:
        self.connection.close()
        self.process.kill()  # it holds nothing that would need to be put away
        self.process.wait()


def _time_limit(bounds: Bounds) -> Lost:
    return Lost("time_limit", f"reading took longer than {bounds.seconds:g} seconds")


def _death(code: int, bounds: Bounds) -> Lost:
    if code == -signal.SIGALRM:
        return _time_limit(bounds)
    how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
    return Lost("died", f"the process that read it died twice ({how}); the file may be damaged")


def serve(fd: int) -> None:
    """What a worker process does: take jobs from the connection at `fd` and answer them, until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its workers
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # the default ends the process, in the midst of C code too
    gc.set_threshold(20_000, 20, 20)  # a report is many objects without cycles: looked for often, they cost 5 %
    with Connection(fd) as connection, contextlib.suppress(EOFError, OSError):
        try:
            function, bounds = pickle.loads(connection.recv_bytes())
        except Exception as error:
            connection.send_bytes(pickle.dumps(_fault(error)))
            return
        connection.send_bytes(pickle.dumps(_READY))
        _limit_memory(bounds.memory)
        while True:
            message = connection.recv_bytes()
            signal.setitimer(signal.ITIMER_REAL, bounds.seconds)
            try:
                answer = pickle.dumps(function(pickle.loads(message)))
            except MemoryError:
                answer = pickle.dumps(_memory_limit(bounds))
            except Exception as error:
                answer = pickle.dumps(_fault(error))
            signal.setitimer(signal.ITIMER_REAL, 0)
            connection.send_bytes(answer)


def _fault(error: Exception) -> Lost:
    # The error's own words stay out of the reason, which is published: they may name paths of this machine.
    return Lost("fault", f"a fault of the program ({type(error).__name__})", "".join(traceback.format_exception(error)))


def _memory_limit(bounds: Bounds) -> Lost:
    return Lost("memory_limit", f"reading took more than {bounds.memory // 1_000_000} MB of memory")


def _limit_memory(allowed: int) -> None:
    """Bound the writable memory of this process, so that a hostile file meets a MemoryError and not the machine's end.

    RLIMIT_DATA, not RLIMIT_AS: libraries reserve addresses, and map files, far beyond what they use.
    """
    if sys.platform != "linux":
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    soft = allowed if hard == resource.RLIM_INFINITY else min(allowed, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
