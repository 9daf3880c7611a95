"""The progress of a run: how far each stage is, its rate, and the time left. On a terminal a bar; in a log a line a
minute, so that a run of hours which nobody watches can be looked after.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Shown
    from rich.progress import Task

    from pipeline.intake import Progress

_PAUSE = 60.0  # seconds between two lines of a log


class Bar:
    """A progress bar on stderr on a terminal; elsewhere a line for each minute of a stage, and when it is over."""

    def __init__(self, quiet: bool) -> None:
        self._wanted = not quiet
        self._shown: Shown | None = None
        self._lines: Lines | None = None

    def __enter__(self) -> Progress | None:
        if not self._wanted:
            return None
        if sys.stderr.isatty():
            self._shown, tell = _bar()
            self._shown.start()
            return tell
        self._lines = Lines(lambda line: print(line, file=sys.stderr, flush=True))
        return self._lines.tell

    def __exit__(self, *_: object) -> None:
        if self._shown is not None:
            self._shown.stop()
        if self._lines is not None:
            self._lines.end()


def _bar() -> tuple[Shown, Progress]:
    from rich import progress as shown
    from rich.console import Console

    class Rate(shown.ProgressColumn):
        def render(self, task: Task) -> str:
            return f"{task.finished_speed or task.speed or 0:,.0f}/s"

    name = shown.TextColumn("{task.description:<10}")
    columns = (name, shown.BarColumn(), shown.MofNCompleteColumn(), Rate(), shown.TimeRemainingColumn())
    progress = shown.Progress(*columns, console=Console(stderr=True), transient=True)
    tasks = {}

    def tell(stage: str, done: int, total: int) -> None:
        if stage not in tasks:
            tasks[stage] = progress.add_task(stage, total=total)
        progress.update(tasks[stage], completed=done, total=total)

    return progress, tell


class Lines:
    """Progress as lines, handed to `say`. A stage of less than a minute says nothing. `clock` is in seconds."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._say, self._clock = say, clock
        self._stage = ""
        self._begun = self._said = self._now = 0.0
        self._done = 0

    def tell(self, stage: str, done: int, total: int) -> None:
        now = self._clock()
        if stage != self._stage:
            self.end()
            self._stage, self._begun, self._said = stage, now, now
        self._done, self._now = done, now
        if now - self._said >= _PAUSE and done < total:
            self._said = now
            rate = done / (now - self._begun)
            left = f", {duration((total - done) / rate)} left" if rate else ""
            self._say(f"{stage}: {done:,} of {total:,}, {rate:,.0f}/s{left}")

    def end(self) -> None:
        """Say what the stage that is over took."""
        took = self._now - self._begun
        if self._stage and took >= _PAUSE:
            self._say(f"{self._stage}: {self._done:,} in {duration(took)}, {self._done / took:,.0f}/s")
        self._stage = ""


def duration(seconds: float) -> str:
    """`1 h 05 min`, `12 min 30 s`, `7 s`."""
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // 60} min {whole % 60:02} s" if whole >= 60 else f"{whole} s"
