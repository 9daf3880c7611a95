"""A function over many jobs on the machines of a Dask cluster: what a large run hands to the pipeline as its `map`.

The cluster only says where: each task is a batch of jobs, and its worker applies the function in a process of its own
beside it (`workers.each`), with the same limits as on one machine. So a hostile file costs itself on a cluster too, and
never the worker that met it. Not prefect-dask: there every task is a run of Prefect's own, whose server each worker of
the cluster must reach, at some 60 ms and several rows of its database; and the plain command knows no Prefect.

Tasks are coarse: up to `BATCH` jobs, but a worker begins no further job of a batch that it has been at for
`BATCH_SECONDS`, and hands the rest back. So results come, and are kept, every half minute whatever the files cost.
"""

from __future__ import annotations

import contextlib
import math
import os
import pickle
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.remote.files import exists, is_url, plain
from pipeline.version import report_fingerprint
from pipeline.workers import Bounds, Lost, Map, cores, each

if TYPE_CHECKING:
    from distributed import Client, Future

J = TypeVar("J")
R = TypeVar("R")

BATCH = 500
"""Jobs of a task at most: a process is started for each task, and must be worth it."""

BATCH_SECONDS = 30.0
"""After these a worker begins no further job of its batch."""

PATIENCE_SECONDS = 120.0
"""How long a run waits for a cluster that has no worker before it ends."""

_CONNECT_SECONDS = 20.0
_AHEAD = 2  # tasks for each thread of the cluster: one at work, one that waits beside it
_LOOK_SECONDS = 2.0  # between two looks whether the cluster is still there
_TTL = "60 s"  # a worker of a local cluster that is not heard of for so long is given up, and its batch goes to another
_fit_for: set[tuple[str, tuple[str, ...]]] = set()  # on a worker: the terms that it was found to meet
_INSTALL = "pip install 'gongkai[dask]'"


class ClusterFailed(RuntimeError):
    """The cluster cannot be worked with: it cannot be reached, has no worker, or one that does not serve."""


def on_dask(
    scheduler: str | None = None,
    workers: int | None = None,
    *,
    bounds: Bounds | None = None,
    sees: Sequence[str] = (),
    stop: Callable[[], bool] = lambda: False,
) -> Map:
    """A `Map` over the workers of the Dask scheduler at an address like `tcp://host:8786`, or, without one, over a
    cluster of `workers` processes on this machine, for the time of the call (by default one a core).

    Every worker must run this version of the program, and see the files and folders `sees` under the same names. Once
    `stop` says so, no further batch is begun, and jobs that were in none do not come back.

    The map raises ClusterFailed. What came back before is the caller's; a worker that is lost costs the time of its
    batch, which another one reads.
    """

    def over(function: Callable[[J], R], jobs: Sequence[J], /) -> Iterator[tuple[J, R | Lost]]:
        if not jobs:
            return
        try:
            with _client(scheduler, workers) as client:
                _check(client, sees)
                yield from _spread(client, function, jobs, (bounds or Bounds(), tuple(sees)), stop)
        except OSError as error:
            raise ClusterFailed(f"the cluster is gone ({' '.join(str(error).split())[:200]})") from error

    return over


def to_be_seen(inputs: Sequence[str]) -> tuple[str, ...]:
    """INPUTs as each worker must see them: absolute paths, and URLs."""
    places = [plain(path) for path in inputs]
    return tuple(path if is_url(path) else os.path.abspath(path) for path in places)


@contextlib.contextmanager
def _client(scheduler: str | None, workers: int | None) -> Iterator[Client]:
    """A client of the cluster at that address, or of one of our own. Raises ClusterFailed."""
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise ClusterFailed(f"--runner dask needs Dask ({error.name} is not installed): {_INSTALL}") from error
    with contextlib.ExitStack() as stack:
        if scheduler is None:
            stack.enter_context(dask.config.set({"distributed.scheduler.worker-ttl": _TTL}))
            # The limit of memory is that of each file's process; Dask's own would end the worker, which holds little.
            cluster: Any = stack.enter_context(
                LocalCluster(
                    n_workers=workers or cores(),
                    threads_per_worker=1,
                    memory_limit=0,
                    host="127.0.0.1",
                    dashboard_address="127.0.0.1:0",
                    silence_logs=50,
                )
            )
            address = cluster.scheduler_address
        else:
            address = scheduler
        try:
            client = stack.enter_context(Client(address, timeout=_CONNECT_SECONDS, set_as_default=False))
        except (OSError, ValueError, TypeError) as error:
            raise ClusterFailed(
                f"no Dask scheduler answers at {address} ({type(error).__name__}); start one there with "
                "`dask scheduler`, or leave the address out for a cluster on this machine"
            ) from error
        yield client


def _check(client: Client, sees: Sequence[str]) -> None:
    """Raise ClusterFailed unless there are workers, all of them run this program and see the input."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE_SECONDS)
        said = client.run(_unfit, report_fingerprint(), tuple(sees), on_error="return")
    except (OSError, TimeoutError) as error:
        address = client.scheduler.address if client.scheduler else "the address"
        raise ClusterFailed(f"the cluster at {address} has no worker; start some with `dask worker`") from error
    for worker, words in sorted(said.items()):
        if isinstance(words, ImportError):
            raise ClusterFailed(f"worker {worker} lacks this program ({words}): install the same version there")
        if words is not None:
            raise ClusterFailed(f"worker {worker} {words}")


def _unfit(version: str, sees: tuple[str, ...]) -> str | None:
    """On a worker: why it cannot do this run's work, if it cannot."""
    if report_fingerprint() != version:
        return (
            "runs another version of this program, of Python or of a library that it reads with: install the same there"
        )
    for path in sees:
        try:
            found = exists(path)
        except OSError as error:
            return f"cannot open {path} ({error}); give it the rights that the machine of the command has"
        if not found:
            return f"does not see {path}: put the input where every machine has it under this name, or on s3://"
    return None


def _spread(
    client: Client,
    function: Callable[[J], R],
    jobs: Sequence[J],
    terms: tuple[Bounds, tuple[str, ...]],
    stop: Callable[[], bool],
) -> Iterator[tuple[J, R | Lost]]:
    """Submit batches, a few ahead of the workers, and yield what comes back."""
    waiting = deque(_batches(jobs, _threads(client)))
    running: dict[Future[Any], Sequence[J]] = {}
    ended: SimpleQueue[Future[Any]] = SimpleQueue()
    version = report_fingerprint()
    try:
        while waiting or running:
            ahead = _AHEAD * _threads(client)
            while waiting and len(running) < ahead and not stop():
                batch = waiting.popleft()
                task = pickle.dumps((function, batch, *terms, BATCH_SECONDS, version))
                future = client.submit(work_off, task, pure=False)
                running[future] = batch
                future.add_done_callback(ended.put)
            if not running:
                return
            future = _next(client, ended)
            batch = running.pop(future)
            results, left, size = _outcome(future, batch)
            waiting.extend(_batches(left, _threads(client), size))
            yield from results
    finally:
        with contextlib.suppress(Exception):  # of a cluster that is gone there is nothing to call back
            client.cancel(list(running))


def _batches(jobs: Sequence[J], threads: int, most: int | None = None) -> Iterator[Sequence[J]]:
    size = max(1, min(most or BATCH, math.ceil(len(jobs) / threads)))
    return (jobs[at : at + size] for at in range(0, len(jobs), size))


def _threads(client: Client) -> int:
    threads: int = sum(client.nthreads().values())
    return max(1, threads)


def _next(client: Client, ended: SimpleQueue[Future[Any]]) -> Future[Any]:
    """The next task that ended. Raises ClusterFailed for a cluster that has lost its scheduler or all its workers."""
    lonely_since: float | None = None
    while True:
        try:
            return ended.get(timeout=_LOOK_SECONDS)
        except Empty:
            pass
        try:
            is_lonely = not client.nthreads()
        except (OSError, RuntimeError) as error:
            raise ClusterFailed(f"the scheduler of the cluster is gone ({type(error).__name__})") from error
        lonely_since = (lonely_since or time.monotonic()) if is_lonely else None
        if lonely_since is not None and time.monotonic() - lonely_since > PATIENCE_SECONDS:
            raise ClusterFailed(f"the cluster has had no worker for {PATIENCE_SECONDS:g} seconds")


def _outcome(future: Future[Any], batch: Sequence[J]) -> tuple[list[tuple[J, Any]], Sequence[J], int | None]:
    """What came of a batch: jobs with their results, the jobs that are to be submitted anew, and how many at a time.

    A worker's end is no file's fault, as files are read in processes of their own; the scheduler hands the batch to the
    next worker. Where several ended over it, its jobs are tried one by one, and what ends several again is lost.
    """
    from distributed.scheduler import KilledWorker

    if future.status == "finished":
        results, left = future.result()
        return results, left, None
    error = future.exception() if future.status == "error" else None
    if isinstance(error, KilledWorker):
        if len(batch) > 1:
            return [], batch, 1
        return [(batch[0], Lost("died", "the machines that read it were lost, one after the other"))], (), None
    if error is None:
        raise ClusterFailed("the scheduler of the cluster is gone, or has dropped what it was asked to do")
    raise ClusterFailed(f"a worker of the cluster failed: {error}") from error


def work_off(task: bytes) -> tuple[list[tuple[Any, Any]], Sequence[Any]]:
    """On a worker: the jobs of a batch with their results, and those that were not begun in time."""
    function, batch, bounds, sees, seconds, version = pickle.loads(task)
    if (version, sees) not in _fit_for:  # one that joined later than the run began
        if words := _unfit(version, sees):
            raise RuntimeError(f"it {words}")
        _fit_for.add((version, sees))
    until = time.monotonic() + seconds
    begun = 0

    def in_time() -> Iterator[Any]:
        nonlocal begun
        for job in batch:
            if begun and time.monotonic() > until:
                return
            begun += 1
            yield job

    return list(each(function, in_time(), 1, bounds)), batch[begun:]
