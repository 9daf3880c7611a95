"""When and on what: the pipeline as Prefect flows.

`python flows.py run [INPUT ...] --out DIR` does what `gongkai run` does, by the same function with a `Map` of its own:
files are read in batches, one task each (a task costs Prefect milliseconds and rows in its database; one a file would
drown it), and each task reads its batch in a process of its own. Works without a server: Prefect starts its own.
"""

from __future__ import annotations

import os

# Before Prefect is imported, which reads its settings then; what is set outside stays. On a fresh database its own
# server has been seen to take 14 s to start, of the 20 it allows; and nothing is reported to anybody.
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_LOGGING_LEVEL", "WARNING")

# Its server listens on this machine: a proxy for the world outside must not be asked for it.
os.environ["NO_PROXY"] = ",".join(filter(None, (os.environ.get("NO_PROXY"), "127.0.0.1", "localhost")))
os.environ["no_proxy"] = ",".join(filter(None, (os.environ.get("no_proxy"), "127.0.0.1", "localhost")))

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import as_completed
from prefect.task_runners import ThreadPoolTaskRunner

from pipeline import run as job
from pipeline.cli import DEFAULT_INPUT, DEFAULT_OUT, report
from pipeline.corrections import BadCorrections
from pipeline.publish.switch import Busy, Unusable
from pipeline.workers import Bounds, Lost, Map, cores, each

J = TypeVar("J")
R = TypeVar("R")

BATCH = 200
"""Files a task reads: minutes at most of work lost with a task, and no more than thousands of tasks in a country."""


@task(name="read-batch", retries=2, retry_delay_seconds=5, cache_policy=NO_CACHE, persist_result=False)
def read_batch(function: Callable[[Any], Any], batch: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Apply `function` to a batch of jobs in one process, apart from this one: a hostile file costs itself alone."""
    return list(each(function, batch, 1, Bounds()))


def in_tasks(batch: int = BATCH, workers: int | None = None) -> Map:
    """A `Map` whose jobs go to tasks, at most `batch` in each, and evenly to `workers` tasks when there are few."""

    def over(function: Callable[[J], R], jobs: Sequence[J], /) -> Iterator[tuple[J, R | Lost]]:
        size = max(1, min(batch, -(-len(jobs) // (workers or cores()))))
        futures = [read_batch.submit(function, jobs[at : at + size]) for at in range(0, len(jobs), size)]
        for future in as_completed(futures):
            yield from future.result()

    return over


@flow(name="run", task_runner=ThreadPoolTaskRunner(max_workers=cores()), persist_result=False)  # type: ignore[arg-type]
def run(
    inputs: list[str], out: str, batch: int = BATCH, retry: bool = False, corrections: str | None = None
) -> job.Summary:
    """Read every file below `inputs` and publish what they hold to `out`; see `pipeline.run.run`."""
    return job.run(inputs, out, over=in_tasks(batch), retry=retry, corrected_by=corrections)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command `python flows.py`; returns the exit status, which means what that of `gongkai` means."""
    parser = argparse.ArgumentParser(prog="flows.py", description="The pipeline as Prefect flows.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("run", help="read reports and publish them as a dataset, as `gongkai run` does")
    verb.add_argument(
        "inputs", nargs="*", metavar="INPUT", default=[str(DEFAULT_INPUT)], help="files and folders to read"
    )
    verb.add_argument("--out", metavar="DIR", default=str(DEFAULT_OUT), help="the folder to publish the dataset in")
    verb.add_argument("--batch", type=int, metavar="N", default=BATCH, help=f"files a task reads (default: {BATCH})")
    verb.add_argument("--corrections", metavar="FILE", help="human corrections to apply (see docs/trust.md)")
    verb.add_argument("--retry", action="store_true", help="read again what a limit or a crash had set aside")
    wanted = parser.parse_args(arguments)
    if wanted.batch < 1:
        parser.error("--batch must be at least 1")
    for path in wanted.inputs:
        if not os.path.lexists(path):
            parser.error(f"INPUT {path} is not there")
    try:
        summary = run(wanted.inputs, wanted.out, wanted.batch, wanted.retry, wanted.corrections)
    except (Unusable, BadCorrections) as error:
        print(f"flows.py: {error}", file=sys.stderr)
        return 2
    except Busy as error:
        print(f"flows.py: {error}", file=sys.stderr)
        return 1
    report(summary, Path(wanted.out))
    return summary.exit_status


if __name__ == "__main__":
    sys.exit(main())
