"""When and on what: the pipeline as Prefect flows.

    harvest     the night: fetch, extract, build, check, publish, report, tell
    backfill    the same for chosen years, jurisdictions or sources; gives way to a night
    run         local files, as `gongkai run` does

What they do is written in `pipeline`; here are only batches, retries, schedules and what Prefect is shown. Files are
read by as many tasks as there are cores, whatever their number (a task costs Prefect milliseconds and rows in its
database), and each task reads them batch by batch in processes of its own; or by a Dask cluster, whose tasks are no
business of Prefect's. `python flows.py VERB` runs a flow at once, with Prefect's own server for its time, or with the
one that `gongkai serve` or PREFECT_API_URL names; `serving.py` keeps the schedule.
"""

from __future__ import annotations

import os

# Before Prefect is imported, which reads its settings then; what is set outside stays. On a fresh database its own
# server has been seen to take 14 s to start, of the 20 it allows; and nothing is reported to anybody.
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_LOGGING_LEVEL", "WARNING")
# What fetches has threads of its own, whose lines belong to no run: they go to the console alone.
os.environ.setdefault("PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW", "ignore")

# Its server listens on this machine: a proxy for the world outside must not be asked for it.
os.environ["NO_PROXY"] = ",".join(filter(None, (os.environ.get("NO_PROXY"), "127.0.0.1", "localhost")))
os.environ["no_proxy"] = ",".join(filter(None, (os.environ.get("no_proxy"), "127.0.0.1", "localhost")))

import contextlib
import logging
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Literal, TypeVar
from uuid import UUID

from prefect import State, flow, runtime, task
from prefect.artifacts import create_markdown_artifact, create_progress_artifact, update_progress_artifact
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.logging.handlers import APILogHandler
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Completed, Failed
from prefect.task_runners import ThreadPoolTaskRunner
from prefect.tasks import exponential_backoff

from pipeline import logs, nightly, remote
from pipeline import run as job
from pipeline.cluster import ClusterFailed, on_dask, to_be_seen
from pipeline.corrections import BadCorrections
from pipeline.nightly import markdown, notices, sending, stages, turns
from pipeline.nightly.arguments import BATCH, parser
from pipeline.nightly.pace import Pace
from pipeline.nightly.record import Night, Nights
from pipeline.nightly.served import served_at
from pipeline.publish.switch import Busy, Unusable
from pipeline.remote.files import BadUrl, Unreachable
from pipeline.run_command import published_in
from pipeline.said import report
from pipeline.settings import BadSettings, Settings, load
from pipeline.workers import Bounds, Lost, Map, cores, each

J = TypeVar("J")
R = TypeVar("R")

log = logging.getLogger("pipeline.flows")

SERVED_BY = "_GONGKAI_SERVED_BY"
"""In the environment of a flow run: the process that serves it, and without which it is to end."""

_told: set[str] = set()  # the flow runs of this process whose end was told, or looked at, already


class Shared:
    """The jobs of a map, in batches, and the tasks' results as they come. (Shared by threads of this process.)"""

    def __init__(self, function: Callable[[Any], Any], batches: Iterable[Sequence[Any]], stop: Callable[[], bool]):
        self.function, self.found = function, SimpleQueue[Any]()
        self.ended = False
        self._waiting, self._stop = deque(batches), stop

    def __len__(self) -> int:
        return len(self._waiting)

    def take(self) -> Sequence[Any]:
        """The next batch, if there is one to begin."""
        with contextlib.suppress(IndexError):
            if not self.ended and not self._stop():
                return self._waiting.popleft()
        return ()

    def give_back(self, batch: Sequence[Any]) -> None:
        self._waiting.appendleft(batch)


@task(name="read", retries=2, retry_delay_seconds=5, cache_policy=NO_CACHE, persist_result=False)
def read_shared(shared: Shared) -> None:
    """Take batches of jobs until none is left, each to a process of its own: a hostile file costs itself alone.

    A further try goes on where the last one broke off.
    """
    while batch := shared.take():
        left = list(batch)
        try:
            for job, result in each(shared.function, batch, 1, Bounds()):
                left.remove(job)
                shared.found.put((job, result))
                if shared.ended:
                    return
        except BaseException:
            shared.give_back(left)
            raise


def in_tasks(batch: int = BATCH, workers: int | None = None, gives_way: Callable[[], bool] = lambda: False) -> Map:
    """A `Map` whose jobs go to `workers` tasks, by default one a core, at most `batch` at a time.

    Once `gives_way`, no further batch is begun; what those at work have read is yielded, and GiveWay raised.
    """
    many = workers or cores()

    def over(function: Callable[[J], R], jobs: Sequence[J], /) -> Iterator[tuple[J, R | Lost]]:
        size = max(1, min(batch, -(-len(jobs) // many)))
        shared = Shared(function, (jobs[at : at + size] for at in range(0, len(jobs), size)), gives_way)
        try:
            tasks = [read_shared.submit(shared) for _ in range(min(many, len(shared)))]
            for submitted in tasks:
                submitted.add_done_callback(shared.found.put)
            running = len(tasks)
            while running:
                found = shared.found.get()
                if isinstance(found, PrefectFuture):
                    running -= 1
                else:
                    yield found
            for ended in tasks:
                ended.result()
        finally:
            shared.ended = True
        if len(shared):
            raise turns.GiveWay("a night wants to work")

    return over


def on_cluster(settings: Settings, gives_way: Callable[[], bool]) -> Map:
    """A `Map` over the Dask cluster that the settings name. Once `gives_way`, as `in_tasks`."""
    places = [*settings.inputs, *([settings.store] if settings.store.exists() else [])]
    cluster = on_dask(settings.scheduler, sees=to_be_seen([str(place) for place in places]), stop=gives_way)

    def over(function: Callable[[J], R], jobs: Sequence[J], /) -> Iterator[tuple[J, R | Lost]]:
        came = 0
        for result in cluster(function, jobs):
            came += 1
            yield result
        if came < len(jobs):
            raise turns.GiveWay("a night wants to work")

    return over


@task(
    name="fetch",
    retries=3,
    retry_delay_seconds=exponential_backoff(30),
    retry_jitter_factor=0.5,
    retry_condition_fn=lambda task, run, state: _is_worth_a_try(state),
    tags=["gongkai-fetch"],
    cache_policy=NO_CACHE,
    persist_result=False,
)
def fetch(asked: stages.Asked, settings: Settings, progress: Pace, turn: turns.Turn) -> Mapping[str, Any]:
    """Fetch what is new from the sources; rates and numbers of requests a host are kept within. A further try goes on
    where the last one broke off."""
    return stages.fetch(asked, settings, progress, turn)


@task(name="publish", cache_policy=NO_CACHE, persist_result=False)
def publish(asked: stages.Asked, settings: Settings, over: Map, progress: Pace, turn: turns.Turn) -> job.Summary:
    """Read what is new (in tasks of its own), build, hold it against the gate, publish."""
    return stages.publish(asked, settings, over, progress, turn)


@task(
    name="tell",
    retries=4,
    retry_delay_seconds=exponential_backoff(15),
    retry_jitter_factor=0.5,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def tell(way: str, notice: sending.Notice, settings: Settings) -> None:
    """Send a notice on one way. Raises NotTold."""
    sending.ways(settings)[way](notice)


def _send(notice: sending.Notice, settings: Settings) -> tuple[tuple[str, ...], tuple[str, ...]]:
    told, failed = [], []
    for way in sending.ways(settings):
        try:
            tell(way, notice, settings)
        except sending.NotTold as error:
            failed.append(str(error))
        else:
            told.append(way)
    return tuple(told), tuple(failed)


def _stages(settings: Settings) -> stages.Stages:
    """The stages as tasks, their progress logged and shown."""

    def publish_in_tasks(asked: stages.Asked, settings: Settings, turn: turns.Turn) -> job.Summary:
        over = (
            on_cluster(settings, turn.gives_way)
            if settings.uses_dask
            else in_tasks(settings.batch, gives_way=turn.gives_way)
        )
        # While files are read the map looks after the turn: what tasks have at hand is to be kept.
        progress = Pace(check=lambda stage: None if stage == "reading" else turn.check(), show=_Shown())
        return publish(asked, settings, over, progress, turn)

    return stages.Stages(
        fetch=lambda asked, settings, turn: fetch(
            asked, settings, Pace(check=lambda stage: turn.check(), show=_Shown()), turn
        ),
        publish=publish_in_tasks,
        tell=_send,
    )


class _Shown:
    """Progress as artifacts of the flow run, one a stage, in a thread of its own: Prefect's troubles, and the time that
    it takes, are none of the job's."""

    def __init__(self) -> None:
        self._artifacts: dict[str, UUID] = {}
        self._thread = ThreadPoolExecutor(1, "progress")

    def __call__(self, stage: str, share: float, sentence: str) -> None:
        self._thread.submit(copy_context().run, self._show, stage, share, sentence)

    def _show(self, stage: str, share: float, sentence: str) -> None:
        try:
            words = f"{stage}: {sentence}"
            if stage in self._artifacts:
                update_progress_artifact(self._artifacts[stage], progress=100 * share, description=words)
            else:
                artifact = create_progress_artifact(progress=100 * share, description=words)
                assert isinstance(artifact, UUID)
                self._artifacts[stage] = artifact
        except Exception as error:
            log.warning("progress could not be shown (%s)", type(error).__name__)


def _is_worth_a_try(state: State[Any]) -> bool:
    """Whether a failed task may fare better later: not if a night wants to work, or what was asked for is wrong."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, (OSError, RuntimeError, TimeoutError)) and not isinstance(error, FileNotFoundError)


def _report_crash(flow: Any, flow_run: Any, state: State[Any]) -> None:
    """Tell of a run that could not report itself: killed, or ended by an error before or after its work."""
    if str(flow_run.id) in _told:
        return
    _told.add(str(flow_run.id))
    try:
        settings = load()
        words = state.message or state.name or "no further words"
        ended = "ended in the midst" if state.is_crashed() else "failed"
        sending.send(
            notices.of_crash(flow.name, flow_run.name, ended, words, settings.timezone, datetime.now(UTC)),
            settings,
            tries=3,
            pause=5.0,
        )
    except Exception as error:  # the run's own end must show, not this
        log.error("the end of %s could not be told (%s)", flow_run.name, type(error).__name__)


@flow(
    name="harvest",
    persist_result=False,
    task_runner=ThreadPoolTaskRunner(max_workers=cores()),  # type: ignore[arg-type]
    on_failure=[_report_crash],
    on_crashed=[_report_crash],
)
def harvest() -> State[Any]:
    """The night: fetch what is new, read it, publish it if the gate lets it through, tell what a person should know.

    What is read and written, when and how, say the settings (docs/nightly.md). Ends Failed if a person is needed.
    """
    settings = _begin()
    expected = runtime.flow_run.scheduled_start_time
    last = Nights(settings.out).last(stages.HARVEST)
    is_first_try = runtime.flow_run.run_count <= 1
    if is_first_try and last is not None and last.started >= expected:
        return _superseded(last.started)
    now = datetime.now(UTC)
    try:
        with turns.of_a_night(settings.out, now, settings.patience) as turn:
            return _end(nightly.night(stages.Asked(), settings, turn, stages=_stages(settings), run=_name()), settings)
    except turns.Taken as taken:
        if is_first_try and taken.holder is not None and taken.holder.since >= expected:
            return _superseded(taken.holder.since)
        return Failed(message=str(taken))


@flow(
    name="backfill",
    persist_result=False,
    task_runner=ThreadPoolTaskRunner(max_workers=cores()),  # type: ignore[arg-type]
    on_failure=[_report_crash],
    on_crashed=[_report_crash],
)
def backfill(
    years: list[int] | None = None,
    jurisdictions: list[str] | None = None,
    sources: list[str] | None = None,
    refetch: bool = False,
    reextract: bool = False,
) -> State[Any]:
    """Fetch and read what past years hold; the same call again goes on where it was interrupted.

    Empty lists mean all. `jurisdictions` are codes of GB/T 2260, `sources` publishers, addresses or ids of
    sources.csv. `refetch` asks for every document anew, `reextract` reads every report anew. Gives way to the nightly
    harvest, and goes on after it.
    """
    settings = _begin()
    asked = stages.Asked(
        stages.BACKFILL, tuple(years or ()), tuple(jurisdictions or ()), tuple(sources or ()), refetch, reextract
    )
    while True:
        waiting = lambda: log.info("a night is at work: this backfill goes on after it")  # noqa: E731
        try:
            with turns.of_a_backfill(settings.out, datetime.now(UTC), waiting) as turn:
                return _end(nightly.night(asked, settings, turn, stages=_stages(settings), run=_name()), settings)
        except turns.GiveWay:
            log.info("this backfill gives way to a night; what it has done is kept")
        except turns.Taken as taken:
            return Failed(message=str(taken))


@flow(name="run", task_runner=ThreadPoolTaskRunner(max_workers=cores()), persist_result=False)  # type: ignore[arg-type]
def run(
    inputs: list[str],
    out: str,
    batch: int = BATCH,
    retry: bool = False,
    corrections: str | None = None,
    runner: Literal["processes", "dask"] | None = None,
    scheduler: str | None = None,
    work: str | None = None,
) -> job.Summary:
    """Read every file below `inputs` and publish what they hold to `out`, paths or URLs; see `pipeline.remote.run`."""
    with_dask = runner == "dask" or (runner is None and scheduler is not None)
    over = on_dask(scheduler, sees=to_be_seen(inputs)) if with_dask else in_tasks(batch)
    return remote.run(inputs, out, work=work, over=over, retry=retry, corrected_by=corrections)


def _begin() -> Settings:
    """The settings of this run, whose log lines go to the console and to Prefect."""
    settings = load()
    logs.set_up(settings.log_format, settings.log_level, settings.timezone)
    for logger in map(logging.getLogger, logs.NAMES):
        if not any(isinstance(handler, APILogHandler) for handler in logger.handlers):
            logger.addHandler(APILogHandler())
    return settings


def _end_with_parent(parent: int) -> None:
    """Nobody reports for a run whose server is gone, and its locks must not outlive it: end it as SIGTERM would."""
    while os.getppid() == parent:
        time.sleep(2.0)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(20.0)
    os._exit(1)


if SERVED_BY in os.environ and __name__ != "__mp_main__":  # that is what a worker of a cluster of ours calls it
    threading.Thread(target=_end_with_parent, args=(int(os.environ[SERVED_BY]),), daemon=True).start()


def _end(night: Night, settings: Settings) -> State[Any]:
    """The state that a flow run ends in, with the summary beside it."""
    _told.add(str(runtime.flow_run.id))
    page = nightly.page_address(night, settings)
    try:
        create_markdown_artifact(
            markdown.markdown(night, page), key=f"gongkai-{night.kind}", description=f"What the {night.kind} did"
        )
    except Exception as error:
        log.warning("the summary could not be shown in Prefect (%s); it is in %s", type(error).__name__, page)
    if night.alarms:
        return Failed(message=" ".join(problem.what for problem in night.alarms)[:2000])
    return Completed(message="; ".join(problem.what for problem in night.problems)[:2000] or "all is well")


def _superseded(began: datetime) -> State[Any]:
    words = f"a later night, begun {began:%Y-%m-%d %H:%M %Z}, does or did this one's work"
    log.info(words)
    return Completed(name="Superseded", message=words)


def _name() -> str:
    return f"{runtime.flow_run.flow_name}/{runtime.flow_run.name}"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command `python flows.py`; returns the exit status, which means what that of `gongkai` means."""
    wanted = vars(parser().parse_args(arguments))
    verbs: dict[str, Callable[..., int]] = {"run": _run, "harvest": _harvest, "backfill": _backfill}
    verb = verbs[wanted.pop("verb")]
    try:
        settings = load()
        # The server that is configured shows the run; else the one that serves OUT, if there is one.
        served = None if PREFECT_API_URL.value() else served_at(settings.out)
        with temporary_settings({PREFECT_API_URL: served}) if served else contextlib.nullcontext():
            return verb(**wanted)
    except (Unusable, BadCorrections, BadSettings, BadUrl) as error:
        print(f"flows.py: {error}", file=sys.stderr)
        return 2
    except (Busy, Unreachable, ClusterFailed) as error:
        print(f"flows.py: {error}", file=sys.stderr)
        return 1


def _run(inputs: list[str], out: str, **options: Any) -> int:
    summary: job.Summary = run(inputs, out, **options)
    report(summary, published_in(out, Path(work) if (work := options.get("work")) else None))
    return summary.exit_status


def _harvest() -> int:
    return _ended(harvest(return_state=True))


def _backfill(**chosen: Any) -> int:
    return _ended(backfill(**chosen, return_state=True))


def _ended(state: State[Any]) -> int:
    print(f"{state.name}: {state.message}")
    return 0 if state.is_completed() else 1


if __name__ == "__main__":
    sys.exit(main())
