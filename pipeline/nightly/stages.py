"""The steps of a night that cost time, as plain functions: a flow wraps them in tasks, a test calls them bare."""

from __future__ import annotations

import csv
import json
import logging
import math
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline import jurisdictions
from pipeline import run as job
from pipeline.harvest import store
from pipeline.ledger import Ledger
from pipeline.nightly.pace import Pace
from pipeline.nightly.sending import Notice, send
from pipeline.nightly.turns import Turn
from pipeline.publish import switch
from pipeline.publish.schema import REPORTS
from pipeline.publish.switch import Out
from pipeline.workers import Map

if TYPE_CHECKING:
    from pipeline.harvest.harvested import Yielded
    from pipeline.harvest.sources import Source
    from pipeline.settings import Settings

log = logging.getLogger(__name__)

R = TypeVar("R")

HARVEST, BACKFILL = "harvest", "backfill"

_PAUSE = 5.0  # between two looks at a folder that another run is at work on
_UNFINISHED = "backfill.json"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run is asked to do: a night everything, a backfill a part.

    Empty `years`, `jurisdictions` and `sources` mean all. A jurisdiction is a code of GB/T 2260, a province's or a
    prefecture's stands for all in it; a source is named by its publisher, its address or its id. `refetch` asks for
    every document anew, without conditions; `reextract` reads the chosen reports anew, also those that this version of
    the program has read.
    """

    kind: str = HARVEST
    years: tuple[int, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    refetch: bool = False
    reextract: bool = False


@dataclass(frozen=True, slots=True)
class Stages:
    """The ways of a run: what a flow does otherwise than a plain run.

    `fetch` returns what a harvest brought (see `fetch` below), `publish` a summary; `tell` the ways on
    which a notice went, and what is to be said of those on which it did not. The first two raise turns.GiveWay.
    """

    fetch: Callable[[Asked, Settings, Turn], Mapping[str, Any]]
    publish: Callable[[Asked, Settings, Turn], job.Summary]
    tell: Callable[[Notice, Settings], tuple[tuple[str, ...], tuple[str, ...]]]


def plain() -> Stages:
    """The stages without any engine around them."""
    return Stages(
        lambda asked, settings, turn: fetch(asked, settings, Pace(check=lambda stage: turn.check()), turn),
        lambda asked, settings, turn: publish(asked, settings, None, Pace(check=lambda stage: turn.check()), turn),
        lambda notice, settings: send(notice, settings, tries=4, pause=15.0),
    )


def fetch(asked: Asked, settings: Settings, progress: Pace, turn: Turn) -> dict[str, Any]:
    """Fetch what is new at the sources into the store; waits while another harvest is at work on it.

    Returns `Harvested` as data, of its `sources` those of which there is something to say, with the counts `n_sources`
    and `n_reached` (those that answered). Raises what `pipeline.harvest.harvest` raises, ValueError for a list of
    sources or a source that is not there, commands.NoContact, and GiveWay.
    """
    from pipeline.harvest import RawStore, harvest
    from pipeline.harvest.commands import Call, manners_of
    from pipeline.harvest.sources import load

    if not settings.sources.exists():
        raise ValueError(f"{settings.sources} is not there: it lists the sources; one with its header alone means none")
    chosen = _chosen_sources(load(settings.sources), asked.sources)
    manners = manners_of(settings, Call()) if chosen else settings.manners
    if asked.kind == BACKFILL:  # it gives way to the nights, so that it need not end with one
        manners = replace(manners, budget_seconds=math.inf, budget_requests=sys.maxsize)
    harvested = _patiently(
        lambda: harvest(
            chosen,
            RawStore(settings.store),
            manners,
            progress=progress,
            refetch=asked.refetch,
            years=asked.years or None,
            jurisdictions=asked.jurisdictions or None,
        ),
        settings.patience,
        turn,
    )
    reached = sum(bool(source.seen or source.list_pages) for source in harvested.sources)
    told = [asdict(source) for source in harvested.sources if _has_news(source)]
    return {**harvested.as_data(), "sources": told, "n_sources": len(harvested.sources), "n_reached": reached}


def _chosen_sources(sources: Sequence[Source], names: Sequence[str]) -> list[Source]:
    known = {name for source in sources for name in (source.publisher, source.url, source.source_id)}
    if unknown := [name for name in names if name not in known]:
        raise ValueError(
            f"there is no source {', '.join(unknown)}; name its publisher, url or id as sources.csv has it"
        )
    wanted = set(names)
    return [s for s in sources if not wanted or wanted & {s.publisher, s.url, s.source_id}]


def _has_news(source: Yielded) -> bool:
    return bool(
        source.new
        or source.replaced
        or source.vanished
        or source.failed
        or source.note
        or source.fell_silent
        or not source.complete
    )


def publish(asked: Asked, settings: Settings, over: Map | None, progress: Pace, turn: Turn) -> job.Summary:
    """Extract what is new, build, hold it against the gate, and publish; waits while another run is at work on OUT.

    Raises what `pipeline.run.run` raises, and GiveWay.
    """

    def work() -> job.Summary:
        return job.run(
            [*settings.inputs, *([settings.store] if settings.store.exists() else [])],
            settings.out,
            over=over,
            retry_due=True,
            reread=_to_reread(asked, settings) if asked.reextract else (),
            progress=progress,
            corrected_by=settings.corrections,
            gate=settings.gate,
        )

    return _patiently(work, settings.patience, turn)


def finished(settings: Settings) -> None:
    """A backfill has come to its end: the next one with the same wishes begins anew."""
    (Out(settings.out).hidden / _UNFINISHED).unlink(missing_ok=True)


def _patiently(work: Callable[[], R], patience: float, turn: Turn) -> R:
    until = time.monotonic() + patience
    told = False
    while True:
        try:
            return work()
        except (switch.Busy, store.Busy) as busy:
            if time.monotonic() >= until:
                raise
            if not told:
                log.info("%s: waiting for it to end", busy)
                told = True
        turn.check()
        time.sleep(min(_PAUSE, max(0.1, until - time.monotonic())))


def _to_reread(asked: Asked, settings: Settings) -> set[str]:
    """The contents that a backfill reads anew: each once, however often it is interrupted and resumed."""
    wishes = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(asked).items()}
    chosen = set(chosen_contents(settings.out, asked))
    with Out(settings.out) as place:
        record = place.hidden / _UNFINISHED
        try:
            kept = json.loads(record.read_text(encoding="utf-8"))
            resumed = kept["wishes"] == wishes
        except (OSError, ValueError, KeyError, TypeError):
            resumed = False
        if not resumed:
            draft = record.with_suffix(".new")
            draft.write_text(json.dumps({"wishes": wishes, "began": time.time()}), encoding="utf-8")
            os.replace(draft, record)
            log.info("%d reports are to be read anew", len(chosen))
            return chosen
        with Ledger(place.hidden / "ledger.sqlite") as ledger:
            left = chosen - ledger.read_since(float(kept["began"]))
    log.info("a backfill is resumed: %d of %d reports are still to be read anew", len(left), len(chosen))
    return left


def chosen_contents(out: Path, asked: Asked) -> Sequence[str]:
    """The sha256 of each published report (also of those set aside) that a backfill is about.

    A report whose year or jurisdiction was not recognised is among them unless these were asked for.
    """
    csv.field_size_limit(sys.maxsize)
    try:
        with (out / f"{REPORTS.name}.csv").open(encoding="utf-8", newline="") as file:
            return [row["sha256"] for row in csv.DictReader(file) if row["sha256"] and _is_chosen(row, asked)]
    except FileNotFoundError:
        return []


def _is_chosen(row: Mapping[str, str], asked: Asked) -> bool:
    if asked.years and row["year"] not in {str(year) for year in asked.years}:
        return False
    return not asked.jurisdictions or _lies_in(row["jurisdiction_code"], asked.jurisdictions)


def _lies_in(code: str, places: Sequence[str]) -> bool:
    if code in places:
        return True
    return any(division.lies_in(place) for division in _divisions().get(code, ()) for place in places)


@cache
def _divisions() -> dict[str, list[jurisdictions.Division]]:
    found: dict[str, list[jurisdictions.Division]] = {}
    for division in jurisdictions.divisions():
        found.setdefault(division.code, []).append(division)
    return found
