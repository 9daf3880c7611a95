"""A night, or a backfill: fetch, extract, build, check, publish, report; then tell a person what needs one.

    turns      whose turn it is: one night at a time, a backfill only while no night wants to work
    stages     fetching and publishing, as plain functions
    coverage   what the dataset covers, held against the last night's
    alarms     what of it all a person should know
    record     what is kept of each night; page: the same, to be read
    notices    what is told; sending: by webhook and mail

`night` holds the order. A stage that fails does not keep the next from its work: what was fetched before can still be
published, and what was published before stands.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pipeline.nightly import alarms, notices
from pipeline.nightly.coverage import Coverage, covered, from_data, to_data
from pipeline.nightly.page import page
from pipeline.nightly.record import Night, Nights, Problem, name_of, told
from pipeline.nightly.stages import HARVEST, Asked, Stages, finished, plain
from pipeline.nightly.turns import GiveWay, Turn
from pipeline.version import extractor_version

if TYPE_CHECKING:
    from pipeline.settings import Settings

log = logging.getLogger(__name__)

R = TypeVar("R")

_SHOWN = 60  # earlier nights that are looked at: for the page, and for how long a problem has lasted


def night(
    asked: Asked,
    settings: Settings,
    turn: Turn,
    *,
    stages: Stages | None = None,
    run: str | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Night:
    """Do what is asked, keep a record and a page of it, and tell people what they should know.

    `run` names the flow run, if there is one. Raises GiveWay when the turn of a backfill ends, and OSError when not
    even the record can be kept.
    """
    stages, nights = stages or plain(), Nights(settings.out)
    before = list(islice(nights.newest_first(), _SHOWN))
    work = _Work(clock())
    if asked.kind == HARVEST:
        last = next((other for other in before if other.kind == HARVEST), None)
        work.problems += alarms.of_gap(last, work.began, settings.longest_gap_hours)
    harvested = work.stage("fetching", lambda: stages.fetch(asked, settings, turn))
    if harvested is not None:
        nights_before = [n.harvested for n in before if n.kind == HARVEST and n.harvested is not None]
        work.problems += alarms.of_harvest(harvested, nights_before, settings.failing_share, bool(asked.years))
    summary = work.stage("reading and publishing", lambda: stages.publish(asked, settings, turn))
    if summary is not None:
        work.problems += alarms.of_summary(asdict(summary), settings.out)
    coverage = work.stage("reporting", lambda: _hold_against_the_last(nights, settings, work))
    done = Night(
        kind=asked.kind,
        started=work.began,
        finished=clock(),
        asked={name: value for name, value in asdict(asked).items() if value and name != "kind"},
        seconds=work.seconds,
        harvested=harvested,
        summary=asdict(summary) if summary is not None else None,
        problems=tuple(work.problems),
        run=run,
        program=extractor_version(),
    )
    _keep(done, before, nights, settings)
    done = _tell(done, before, nights, settings, stages)
    if coverage is not None:  # last of all: what was not told is told by the next night
        nights.keep_coverage(to_data(coverage))
    if summary is not None and harvested is not None:
        finished(settings)
    return done


class _Work:
    """What of a night is gathered while it goes on."""

    def __init__(self, began: datetime) -> None:
        self.began = began
        self.seconds: dict[str, float] = {}
        self.problems: list[Problem] = []

    def stage(self, name: str, work: Callable[[], R]) -> R | None:
        """Do a stage; its failure is a problem, and its result None then."""
        log.info("%s begins", name, extra={"about": {"stage": name}})
        began = time.monotonic()
        try:
            return work()
        except GiveWay:
            raise
        except Exception as error:
            log.exception("%s failed", name, extra={"about": {"stage": name}})
            self.problems.append(alarms.of_failure(name, error))
            return None
        finally:
            self.seconds[name] = round(time.monotonic() - began, 3)


def accept(out: Path) -> None:
    """Take what is published in `out` as what the next night is held against, if there are nights: a person has let it
    through. Raises OSError."""
    nights, coverage = Nights(out), covered(out)
    if coverage is not None and nights.coverage() is not None:
        nights.keep_coverage(to_data(coverage))


def _hold_against_the_last(nights: Nights, settings: Settings, work: _Work) -> Coverage | None:
    """Name what the last night's dataset covered and tonight's does not; returns tonight's coverage if it is news."""
    kept = nights.coverage()
    before, now = from_data(kept) if kept is not None else None, covered(settings.out)
    work.problems += alarms.of_coverage(before, now)
    return now if now != before else None


def _keep(done: Night, before: list[Night], nights: Nights, settings: Settings) -> None:
    path = nights.keep(done, page(done, before, settings.timezone), settings.nights_kept)
    log.info("the page of this run: %s", path)


def _tell(done: Night, before: list[Night], nights: Nights, settings: Settings, stages: Stages) -> Night:
    """Tell people, if there is something to tell; that nobody could be told is kept too, and fails the run."""
    link = page_address(done, settings)
    found = notices.notice(done, before, settings.timezone, settings.weekly, link)
    if found is None:
        return done
    for problem in done.problems:
        log.log(logging.ERROR if problem.alarm else logging.WARNING, "%s %s", problem.what, problem.todo)
    ways, failed = stages.tell(found, settings)
    if not ways and not failed:
        if done.problems:
            log.warning("nobody is told of this: no webhook and no mail server is set (docs/nightly.md)")
        return done
    done = replace(told(done, ways, tuple(alarms.of_telling(failed))), weekly=found.level == "well")
    _keep(done, before, nights, settings)
    return done


def page_address(done: Night, settings: Settings) -> str:
    """Where the page of a night is: its address if the pages are served, else its path."""
    name = f"{name_of(done)}.html"
    if settings.pages_url is not None:
        return f"{str(settings.pages_url).rstrip('/')}/{name}"
    return str(Nights(settings.out).folder.absolute() / name)
