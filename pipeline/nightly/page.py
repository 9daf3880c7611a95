"""A night as a page: one HTML file without scripts or anything from elsewhere, to be opened from the disk or served."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.nightly.notices import counts
from pipeline.nightly.pace import duration
from pipeline.nightly.record import Night, name_of

_TEMPLATE = Path(__file__).with_name("page.html.jinja")
_SHOWN = 500  # failures that are listed
_EARLIER = 30
_TITLES = {"harvest": "Night", "backfill": "Backfill", "run": "Run"}


def page(night: Night, before: Sequence[Night], zone: str) -> str:
    """The page of a night; `before` are earlier ones, newest first. All that sources say is escaped."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    summary, harvested = night.summary or {}, night.harvested or {}
    failures = list(_failures(harvested))
    state, words = _state(night)
    began = _told(night.started, zone)
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8")).render(
        title=f"{_TITLES.get(night.kind, night.kind)} of {began}",
        state=state,
        words=words,
        night=night,
        began=began,
        ended=_told(night.finished, zone),
        zone=zone,
        took=_took(night),
        figures=counts(night),
        asked="; ".join(f"{name} {_plain(value)}" for name, value in night.asked.items() if value),
        seconds=[(stage, duration(seconds)) for stage, seconds in night.seconds.items()],
        failures=failures[:_SHOWN],
        more_failures=max(0, len(failures) - _SHOWN),
        sources=(harvested.get("sources") or ())[:_SHOWN],
        changed=summary.get("changed") or (),
        aside=summary.get("aside") or (),
        flags=sorted(_mapping(summary.get("flags")).items()),
        earlier=[_line(other, zone) for other in before[:_EARLIER]],
    )


def _failures(harvested: Mapping[str, Any]) -> Iterator[tuple[str, str, int]]:
    """Host, reason, how many."""
    for host, reasons in sorted(_mapping(harvested.get("failed")).items()):
        for reason, count in sorted(_mapping(reasons).items()):
            yield host, reason, count


def _line(night: Night, zone: str) -> dict[str, Any]:
    summary = night.summary or {}
    return {
        "began": _told(night.started, zone),
        "kind": night.kind,
        "words": _state(night)[1],
        "read": f"{summary.get('read') or 0:,}",
        "changed": f"{len(summary.get('changed') or ()):,}",
        "took": _took(night),
        "page": f"{name_of(night)}.html",
    }


def _state(night: Night) -> tuple[str, str]:
    if night.alarms:
        return "alarm", "needs a person"
    return ("notice", "with notices") if night.problems else ("well", "all is well")


def _told(when: datetime, zone: str) -> str:
    return when.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def _took(night: Night) -> str:
    return duration((night.finished - night.started).total_seconds())


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
