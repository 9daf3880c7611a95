"""What is kept of each night: one JSON record and one page, in OUT's hidden folder, beside the last one's coverage.

The published files hold no time of day; these do, and nothing that is published follows from them. A damaged record is
as good as none.
"""

from __future__ import annotations

import gzip
import json
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.publish.switch import HIDDEN

log = logging.getLogger(__name__)

_FORMAT = 1
_COVERAGE = "coverage.json.gz"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that a person should know of. An `alarm` fails the run and is told at once; a mere notice is told too.

    `what` happened, `todo` is the next step, `examples` are the first few places.
    """

    kind: str
    what: str
    todo: str
    examples: tuple[str, ...] = ()
    alarm: bool = True


@dataclass(frozen=True, slots=True)
class Night:
    """One run: a night's harvest, a backfill, or the reading of local files.

    `harvested` and `summary` are what fetching and publishing said, None where the stage was not there or failed.
    `seconds` are by stage. `run` names the flow run, `told` the ways on which people were told, `weekly` says that the
    word was that all is well.
    """

    kind: str
    started: datetime
    finished: datetime
    asked: Mapping[str, Any] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    harvested: Mapping[str, Any] | None = None
    summary: Mapping[str, Any] | None = None
    problems: tuple[Problem, ...] = ()
    run: str | None = None
    program: str = ""
    told: tuple[str, ...] = ()
    weekly: bool = False

    @property
    def alarms(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.alarm)


class Nights:
    """The records behind one OUT, the newest last."""

    def __init__(self, out: Path) -> None:
        self.folder = out / HIDDEN / "nights"

    def keep(self, night: Night, page: str, kept: int) -> Path:
        """Write a night's record and page, drop those beyond the newest `kept`; return the page's path.

        A night that is kept again takes the place of its first record. Raises OSError.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        name = name_of(night)
        record = json.dumps({"format": _FORMAT, **asdict(night)}, ensure_ascii=False, indent=1, default=_plain)
        for path in (self.folder / f"{name}.html", self.folder / f"latest-{night.kind}.html"):
            _write(path, page.encode("utf-8", "replace"))
        for path in (self.folder / f"latest-{night.kind}.json", self.folder / f"{name}.json"):
            _write(path, record.encode("utf-8", "replace"))
        for old in self._paths()[:-kept]:
            old.with_suffix(".html").unlink(missing_ok=True)
            old.unlink(missing_ok=True)
        return self.folder / f"{name}.html"

    def newest_first(self) -> Iterator[Night]:
        """Every night, the newest first; damaged records are left out."""
        for path in reversed(self._paths()):
            try:
                yield _night(json.loads(path.read_bytes()))
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                log.warning("the record %s is damaged and left out (%s)", path.name, type(error).__name__)

    def last(self, kind: str) -> Night | None:
        """The last night of a kind."""
        return next((night for night in self.newest_first() if night.kind == kind), None)

    def coverage(self) -> dict[str, Any] | None:
        """What `keep_coverage` kept last; None if there is nothing to trust."""
        try:
            found = json.loads(gzip.decompress((self.folder / _COVERAGE).read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, EOFError, ValueError) as error:
            log.warning("the kept coverage is damaged, tonight is held against nothing (%s)", type(error).__name__)
            return None
        return found if isinstance(found, dict) else None

    def keep_coverage(self, coverage: Mapping[str, Any]) -> None:
        """Keep what is published now, for the next night to be held against. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        content = json.dumps(coverage, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        _write(self.folder / _COVERAGE, gzip.compress(content, 6, mtime=0))

    def _paths(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("[0-9]*.json"))


def name_of(night: Night) -> str:
    """The name of a night's record and page, without ending; in the order of time."""
    return f"{night.started.astimezone(UTC).strftime('%Y%m%dT%H%M%S%fZ')}-{night.kind}"


def told(night: Night, ways: tuple[str, ...], problems: tuple[Problem, ...] = ()) -> Night:
    """The night, after people were told of it on these ways; `problems` are of the telling."""
    return replace(night, told=(*night.told, *ways), problems=(*night.problems, *problems))


def _night(record: dict[str, Any]) -> Night:
    if record.pop("format") != _FORMAT:
        raise ValueError("another format")
    known = {f.name for f in fields(Night)}
    values = {name: value for name, value in record.items() if name in known}
    problems = tuple(Problem(**{**problem, "examples": tuple(problem["examples"])}) for problem in values["problems"])
    times = {name: datetime.fromisoformat(values[name]) for name in ("started", "finished")}
    return Night(**{**values, **times, "problems": problems, "told": tuple(values["told"])})


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return str(value)


def _write(path: Path, content: bytes) -> None:
    """Write a file so that whoever reads it meets the old one or the new one, whole."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(content)
        os.replace(draft, path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
