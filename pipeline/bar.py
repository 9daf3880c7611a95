"""The progress of a run, on a terminal: how far each stage is, its rate, and the time left."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Task

    from pipeline.intake import Progress


class Bar:
    """A progress bar on stderr, for a terminal; nothing elsewhere."""

    def __init__(self, quiet: bool) -> None:
        self._wanted = not quiet and sys.stderr.isatty()

    def __enter__(self) -> Progress | None:
        if not self._wanted:
            return None
        from rich import progress as shown
        from rich.console import Console

        class Rate(shown.ProgressColumn):
            def render(self, task: Task) -> str:
                return f"{task.finished_speed or task.speed or 0:,.0f}/s"

        name = shown.TextColumn("{task.description:<10}")
        columns = (name, shown.BarColumn(), shown.MofNCompleteColumn(), Rate(), shown.TimeRemainingColumn())
        self._progress = shown.Progress(*columns, console=Console(stderr=True), transient=True)
        self._progress.start()
        tasks = {}

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = self._progress.add_task(stage, total=total)
            self._progress.update(tasks[stage], completed=done, total=total)

        return tell

    def __exit__(self, *_: object) -> None:
        if self._wanted:
            self._progress.stop()
