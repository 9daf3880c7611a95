"""What of a night a person should know: each a `Problem` with what happened and what to do."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.nightly.coverage import Coverage
from pipeline.nightly.pace import duration
from pipeline.nightly.record import Night, Problem

_SHOWN = 20  # places that a problem names
_LASTING_NIGHTS = 7
_MANY_VANISHED = 5
_SHARE_VANISHED = 0.01  # of the documents that stand


def of_failure(stage: str, error: BaseException) -> Problem:
    """A stage that ended with an error of its own."""
    words = str(error).strip() or "no further words"
    return Problem(
        "failed",
        f"{stage} failed: {type(error).__name__}: {words}",
        "The dataset published before stands. Mend the cause and run again; the log of the run has the trace.",
    )


def of_gap(last: Night | None, now: datetime, longest_hours: float) -> Iterator[Problem]:
    """A night that came later after the last one than it should have."""
    if last is not None and now - last.started > timedelta(hours=longest_hours):
        gap = duration((now - last.started).total_seconds())
        yield Problem(
            "gap",
            f"no night began for {gap}; the one before began {last.started:%Y-%m-%d %H:%M %Z}.",
            "Was the machine off, or `gongkai serve` not running? Have the system start it (docs/nightly.md).",
            alarm=False,
        )


def of_harvest(
    harvested: Mapping[str, Any], before: Sequence[Mapping[str, Any]], failing: float, narrowed: bool = False
) -> Iterator[Problem]:
    """A harvest (`stages.fetch`) that got nothing, or less than the nights `before` (newest first) let expect.

    That one of many sites is down for a night needs nobody; that it is for a week does, or that many are (a share of
    `failing`), or that a list which answers leads to none of the reports that it led to; unless the harvest was
    `narrowed` to some years, of which it may have none.
    """
    asked, reached = harvested["n_sources"], harvested["n_reached"]
    silent = [s for s in harvested["sources"] if s["known"] and not s["seen"] and s["complete"]]
    down = [s for s in harvested["sources"] if s["complete"] and not s["seen"] and not s["list_pages"]]
    if asked and not (harvested["fetched"] or harvested["not_modified"]):
        yield Problem(
            "nothing_fetched",
            f"nothing was fetched: {asked:,} of {asked:,} sources did not answer.",
            "Check this machine's network, name resolution and proxy; then run the harvest again.",
            _reasons(harvested),
        )
    elif len(down) > 1 and len(down) >= failing * asked:
        yield Problem(
            "sources_failing",
            f"{len(down)} of {asked} sources could not be reached ({reached} could).",
            "Are the sites up in a browser? `gongkai sources check` looks at their addresses.",
            tuple(map(_of_source, down[:_SHOWN])),
        )
    elif lasting := [s for s in down if _nights_down(s["source_id"], before) == _LASTING_NIGHTS - 1]:
        yield Problem(
            "source_down",
            f"{_many(len(lasting), 'source')} could not be reached for {_LASTING_NIGHTS} nights in a row.",
            "Look at them in a browser; set a new address, or the status paused or gone, in sources.csv.",
            tuple(map(_of_source, lasting[:_SHOWN])),
            alarm=False,
        )
    if not narrowed and (changed := [s for s in silent if s["list_pages"]]):
        yield Problem(
            "source_silent",
            f"{_many(len(changed), 'source')} led to reports before and to none tonight, though the list answered.",
            "The site has changed: adapt the address or the pattern in sources.csv. What was fetched stays.",
            tuple(map(_of_source, changed[:_SHOWN])),
        )
    if harvested["vanished"] >= max(_MANY_VANISHED, harvested["unchanged"] * _SHARE_VANISHED):
        yield Problem(
            "vanished",
            f"{_many(harvested['vanished'], 'document')} vanished at their sources; they are kept and marked.",
            "Has a site moved them, or does it answer wrongly? Their sources are on the page of this run.",
            tuple(map(_of_source, [s for s in harvested["sources"] if s["vanished"]][:_SHOWN])),
            alarm=False,
        )
    if harvested["faults"]:
        yield Problem(
            "faults_fetching",
            f"the program failed on {_many(len(harvested['faults']), 'address')} while fetching.",
            "Please report it; the others were fetched.",
            tuple(harvested["faults"][:_SHOWN]),
        )


def _nights_down(source_id: str, before: Sequence[Mapping[str, Any]]) -> int:
    """For how many of the nights before, from the last on, a source could not be reached."""
    nights = 0
    for harvested in before:
        if not any(s["source_id"] == source_id and not s["seen"] and not s["list_pages"] for s in harvested["sources"]):
            break
        nights += 1
    return nights


def _of_source(source: Mapping[str, Any]) -> str:
    words = f"{source['publisher']} ({source['url']}): {source['known']} reports before"
    return f"{words}; {source['note']}" if source["note"] else words


def _reasons(harvested: Mapping[str, Any]) -> tuple[str, ...]:
    """Why addresses failed, by host."""
    lines = [
        f"{host}: {reason}" + (f" ({count} times)" if count > 1 else "")
        for host, reasons in sorted(harvested["failed"].items())
        for reason, count in sorted(reasons.items())
    ]
    return tuple(lines[:_SHOWN])


def of_coverage(before: Coverage | None, now: Coverage | None) -> Iterator[Problem]:
    """Reports, or publishers' years, that were there on the last night and are not now."""
    if before is None:
        return
    now = now or Coverage({}, frozenset())
    lost = before.lost(now)
    if lost:
        yield Problem(
            "lost_reports",
            f"{_many(len(lost), 'report')} of {len(before.reports)} published on the last night "
            f"{'is' if len(lost) == 1 else 'are'} gone, or without numbers now.",
            "Are their files still in the store and among the inputs? `gongkai explain FILE` shows what is read now.",
            lost[:_SHOWN],
        )
    elif uncovered := before.uncovered(now):
        yield Problem(
            "coverage_drop",
            f"{_many(len(uncovered), 'year')} of publishers that the last night's dataset spoke of "
            f"{'is' if len(uncovered) == 1 else 'are'} not spoken of now, though no report is gone.",
            "Their reports are taken for another publisher's or year's now: `gongkai explain FILE` shows why.",
            uncovered[:_SHOWN],
        )


def of_summary(summary: Mapping[str, Any], out: Path) -> Iterator[Problem]:
    """What publishing to `out` said of itself: a gate that held, corrections that failed, faults of the program."""
    if held := _texts(summary.get("held")):
        yield Problem(
            "held",
            "the gate held the new version back; the one published before stands.",
            f"Look at the reasons; if it is right all the same: gongkai let-through {shlex.quote(str(out))} "
            f"{summary.get('held_version', '')}",
            held[:_SHOWN],
        )
    if uncorrected := _texts(summary.get("uncorrected")):
        yield Problem(
            "uncorrected",
            f"{_many(len(uncorrected), 'human correction')} no longer fit{'s' if len(uncorrected) == 1 else ''}.",
            "Mend or remove their lines in corrections.csv (docs/trust.md).",
            uncorrected[:_SHOWN],
        )
    if summary.get("failed"):
        faults = tuple(f"{path}: {reason}" for path, reason in summary.get("faults") or ())
        yield Problem(
            "faults",
            f"the program failed on {_many(summary['failed'], 'file')} and set aside what it failed on.",
            "Please report it, with the file if you can; the others are published.",
            faults[:_SHOWN],
        )


def of_telling(failed: Sequence[str]) -> Iterator[Problem]:
    """Ways on which nobody could be told."""
    if failed:
        yield Problem(
            "not_told",
            "people could not be told on every way that is set.",
            "Check the settings of webhook and mail with `gongkai notify` (docs/nightly.md).",
            tuple(failed),
        )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, (list, tuple)) else ()


def _many(n: int, word: str) -> str:
    return f"{n:,} {word}" if n == 1 else f"{n:,} {word}{'es' if word.endswith('s') else 's'}"
