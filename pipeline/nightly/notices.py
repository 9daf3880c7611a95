"""What is told after a night, if anything: all its problems in one message, or once a week that all is well."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.nightly.pace import duration
from pipeline.nightly.record import Night, Problem
from pipeline.nightly.sending import Notice

_SUBJECT = 120  # characters of what happened that go into a subject
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def notice(night: Night, before: Sequence[Night], zone: str, weekly: str, page: str | None) -> Notice | None:
    """What is to be told after `night`, whose forerunners are `before`, newest first; None for nothing.

    Problems are told after each night that has them. Without any, that all is well is told once a week, by the first
    good night since the day `weekly` began: who hears nothing for longer knows that something is wrong.
    """
    if night.problems:
        return _of_problems(night, before, zone, page)
    if night.kind != "harvest":
        return None
    nights = [other for other in before if other.kind == "harvest"]
    began = _began(night.finished.astimezone(ZoneInfo(zone)), weekly)
    if any(other.weekly and other.told and other.finished >= began for other in nights):
        return None
    week = [night, *(other for other in nights if other.started >= night.started - timedelta(days=7))]
    return _all_well(night, week, zone, page)


def of_crash(flow: str, run: str, ended: str, words: str, zone: str, now: datetime) -> Notice:
    """A flow run that could not report itself: it failed before or after its work, or `ended` in the midst."""
    when = now.astimezone(ZoneInfo(zone))
    text = (
        f"The flow run {run} of {flow} {ended}, {when:%Y-%m-%d %H:%M} ({zone}):\n{words}\n\n"
        "The dataset published before stands. Nothing that was read is lost: the next run goes on from there."
    )
    first = words.partition("\n")[0][:_SUBJECT]
    return Notice("alarm", f"gongkai ALARM: {flow} {ended}: {first}", text, {"flow": flow, "run": run})


def counts(night: Night) -> list[tuple[str, str]]:
    """What a night did, in words and figures, for messages and pages."""
    found: list[tuple[str, str]] = []
    for data, lines in ((night.harvested, _HARVESTED), (night.summary, _SUMMARY)):
        for name, words in lines:
            figure = (data or {}).get(name)
            if isinstance(figure, int) and (figure or name in _ALSO_ZERO):
                found.append((words, f"{figure:,}"))
    if night.summary is not None:
        changed = len(_list(night.summary.get("changed")))
        found.append(("published files changed", f"{changed:,}" if changed else "none"))
    return found


_HARVESTED = (
    ("n_sources", "sources asked"),
    ("n_reached", "sources that answered"),
    ("requests", "requests"),
    ("unchanged", "documents unchanged"),
    ("new", "new documents"),
    ("replaced", "documents replaced at their source"),
    ("vanished", "documents vanished at their source"),
    ("n_failed", "addresses that could not be had"),
    ("waiting", "addresses not due to be tried again"),
    ("left", "left for the next night, as this one's budget was used up"),
)
_ALSO_ZERO = frozenset({"n_sources", "n_reached", "requests", "new", "found", "read", "facts"})
_SUMMARY = (
    ("found", "files"),
    ("read", "files read in this run"),
    ("extracted", "reports extracted"),
    ("partial", "reports partial"),
    ("set_aside", "files set aside"),
    ("facts", "facts"),
)


def _of_problems(night: Night, before: Sequence[Night], zone: str, page: str | None) -> Notice:
    level = "alarm" if night.alarms else "notice"
    word = "ALARM" if night.alarms else "notice"
    first = night.problems[0].what.rstrip(".")
    more = f" (and {len(night.problems) - 1} more)" if len(night.problems) > 1 else ""
    parts = [f"{_name(night, zone)} needs a person." if night.alarms else f"{_name(night, zone)}:"]
    for number, problem in enumerate(night.problems, 1):
        since = _since(problem, night, before)
        parts.append(f"{number}. {problem.what}{since}\n   {problem.todo}{_listed(problem.examples)}")
    parts.append(_figures(night))
    parts.append(_page(page))
    text = "\n\n".join(filter(None, parts))
    return Notice(level, f"gongkai {word}: {first}{more}", text, _about(night, page))


def _all_well(night: Night, week: Sequence[Night], zone: str, page: str | None) -> Notice:
    bad = sum(bool(other.alarms) for other in week)
    read = sum(int((other.summary or {}).get("read") or 0) for other in week)
    changed = sum(bool(_list((other.summary or {}).get("changed"))) for other in week)
    spell = f"In the last seven days {_many(len(week), 'night')} ran"
    trouble = f", {bad} of them with an alarm" if bad else ", none with an alarm"
    parts = [
        f"All is well. {spell}{trouble}; {_many(read, 'file')} were read, and {_many(changed, 'night')} changed the "
        "dataset.",
        f"{_name(night, zone)}:",
        _figures(night),
        _page(page),
    ]
    return Notice("well", "gongkai: all is well", "\n\n".join(filter(None, parts)), _about(night, page))


def _began(now: datetime, weekly: str) -> datetime:
    """The last midnight at which the day `weekly` began."""
    days = (now.weekday() - _DAYS.index(weekly)) % 7
    return (now - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)


def _since(problem: Problem, night: Night, before: Iterable[Night]) -> str:
    """How many nights in a row have had a problem of this kind, if more than this one."""
    nights = 1
    for other in before:
        if other.kind != night.kind:
            continue
        if not any(one.kind == problem.kind for one in other.problems):
            break
        nights += 1
    return f" (for {nights} nights in a row)" if nights > 1 else ""


def _name(night: Night, zone: str) -> str:
    kinds = {"harvest": "The night", "backfill": "The backfill", "run": "The run"}
    began = night.started.astimezone(ZoneInfo(zone))
    took = duration((night.finished - night.started).total_seconds())
    return f"{kinds.get(night.kind, night.kind)} of {began:%Y-%m-%d %H:%M} ({zone}, {took})"


def _listed(examples: Sequence[str]) -> str:
    return "".join(f"\n   - {example}" for example in examples)


def _figures(night: Night) -> str:
    return "\n".join(f"{words}: {figure}" for words, figure in counts(night))


def _page(page: str | None) -> str:
    return f"The page of this run: {page}" if page else ""


def _about(night: Night, page: str | None) -> dict[str, Any]:
    return {
        "kind": night.kind,
        "started": night.started.isoformat(),
        "finished": night.finished.isoformat(),
        "run": night.run,
        "page": page,
        "problems": [
            {"kind": p.kind, "alarm": p.alarm, "what": p.what, "todo": p.todo, "examples": list(p.examples)}
            for p in night.problems
        ],
        "figures": dict(counts(night)),
    }


def _list(value: object) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else []


def _many(n: int, word: str) -> str:
    return f"{n:,} {word}" if n == 1 else f"{n:,} {word}s"
