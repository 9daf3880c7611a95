"""How far a long job is: how many are done, how fast, how much time is left; said seldom, and to whom it concerns."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

Show = Callable[[str, float, str], None]
"""Called with a stage, the share of it that is done (0 to 1), and a sentence."""


class Pace:
    """A `Progress` of the pipeline's stages that logs a line every `every` seconds, and at the end of a stage.

    `check` is called with each step: what it raises ends the job. `show` gets what is logged.
    """

    def __init__(
        self,
        every: float = 15.0,
        check: Callable[[str], None] | None = None,
        show: Show | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._every, self._check, self._show, self._clock = every, check, show, clock
        self._began: dict[str, tuple[float, int]] = {}
        self._said: dict[str, float] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = self._clock()
        if stage not in self._began:
            self._began[stage] = (now, max(0, done - 1))
            self._said[stage] = now
        if done >= total or now - self._said[stage] >= self._every:
            self._said[stage] = now
            self._say(stage, done, total, now)
        if self._check is not None:
            self._check(stage)

    def _say(self, stage: str, done: int, total: int, now: float) -> None:
        began, already = self._began[stage]
        sentence = told(done, total, done - already, now - began)
        about = {"stage": stage, "done": done, "total": total, "seconds": round(now - began, 1)}
        log.info("%s: %s", stage, sentence, extra={"about": about})
        if self._show is not None:
            self._show(stage, done / total if total else 1.0, sentence)


def told(done: int, total: int, here: int, seconds: float) -> str:
    """How far a stage is, `here` of its items having taken `seconds`: 40 of 80 (50 %), 2 a second, 20 s left."""
    share = f"{done:,} of {total:,} ({int(100 * done / total) if total else 100} %)"
    if seconds <= 0 or not here:
        return share
    rate = here / seconds
    words = f"{rate:,.{0 if rate >= 10 else 1}f} a second" if rate >= 1 else f"{rate * 60:.2g} a minute"
    left = "" if done >= total else f", {duration((total - done) / rate)} left"
    return f"{share}, {words}{left}" if done < total else f"{share} in {duration(seconds)}, {words}"


def duration(seconds: float) -> str:
    """A duration as people say it: 40 s, 5 min, 3 h 20 min, 2 d 4 h."""
    if seconds < 60:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"
