"""Two nights over 2,000 documents: what the second one costs, and what it leaves as it was."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.harvest import RawStore
from tests.harvest.site import FAST, night, source
from tests.harvest.test_conditional import state

ROOT = Path(__file__).parents[2]
BUSY = replace(FAST, host_concurrency=16)


@contextmanager
def town(documents: int, size: int) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A town's site in a process of its own, and its address."""
    command = [sys.executable, "-m", "tests.harvest.site", str(documents), str(size)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True, env={**os.environ}) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip() + "/list.html", process
        assert process.stdin is not None
        process.stdin.close()


@pytest.mark.slow
def test_two_nights_over_two_thousand_documents(store: RawStore) -> None:
    with town(2_000, 30_000) as (url, process):
        began = time.monotonic()
        first = night(store, source(url), manners=BUSY)
        assert (first.new, first.n_failed) == (2_000, 0)
        assert time.monotonic() - began < 120
        before, began = state(store), time.monotonic()
        used = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        second = night(store, source(url), manners=BUSY)
        assert time.monotonic() - began < 30
        assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - used < 15
        assert (second.unchanged, second.fetched, second.new, second.replaced) == (2_000, 0, 0, 0)
        assert second.not_modified == second.requests - 1  # there is no robots.txt
        assert state(store) == before
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("20\n")
        process.stdin.flush()
        assert process.stdout.readline() == "changed\n"
        third = night(store, source(url), manners=BUSY)
        assert (third.replaced, third.fetched, third.unchanged) == (20, 20, 1_980)
        assert len(store.documents()) == 2_020
