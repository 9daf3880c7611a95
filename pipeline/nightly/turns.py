"""Whose turn it is on OUT: one night at a time, and a backfill only while no night wants to work.

Two locks in OUT's hidden folder, kept by the system, so that a killed process leaves none behind. Who holds
`night.lock` is the night, or waits to begin it; who holds `work.lock` works. A night takes the first and then the
second; a backfill takes the second, looks at the first now and then, and gives way when it is held. The lock of
`publish.switch` is another matter: it keeps any two writers of OUT apart, for the time that they write.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.publish.switch import HIDDEN

_PAUSE = 1.0  # between two looks at a lock that is held
_GLANCE = 2.0  # a backfill's look at the night's lock holds it for an instant: a night looks again for so long


@dataclass(frozen=True, slots=True)
class Holder:
    """Who is at work: its kind (harvest, backfill), its process, and since when."""

    kind: str
    pid: int
    since: datetime


class Taken(Exception):
    """Another run of the same kind is at work. `holder` is None where it could not be told who."""

    def __init__(self, folder: Path, holder: Holder | None) -> None:
        self.holder = holder
        who = f"a {holder.kind} (process {holder.pid}, since {holder.since:%Y-%m-%d %H:%M %Z})" if holder else "a run"
        super().__init__(f"{who} is at work on {folder}: this one ends without having done anything")


class GiveWay(Exception):
    """A night wants to work: what was done is kept, the rest waits until it has ended."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to work. `check` raises GiveWay when it ends; `gives_way` says so instead."""

    gives_way: Callable[[], bool]

    def check(self) -> None:
        if self.gives_way():
            raise GiveWay("a night wants to work")


@contextmanager
def of_a_night(out: Path, now: datetime, patience: float) -> Iterator[Turn]:
    """The turn of a night; a backfill at work gives way, for which this waits up to `patience` seconds.

    Raises Taken if another night is at work (or waits for its turn), or if the turn does not come.
    """
    me = Holder("harvest", os.getpid(), now)
    with _Lock(out, "night", me, _GLANCE), _Lock(out, "work", me, patience):
        yield Turn(lambda: False)


@contextmanager
def of_a_backfill(out: Path, now: datetime, waiting: Callable[[], None] = lambda: None) -> Iterator[Turn]:
    """The turn of a backfill, which waits while a night is at work (`waiting` is called once, if it must).

    Raises Taken if another backfill is at work.
    """
    told = False
    while True:
        while _is_held(out, "night"):
            if not told:
                waiting()
                told = True
            time.sleep(_PAUSE)
        lock = _Lock(out, "work", Holder("backfill", os.getpid(), now), _GLANCE)
        try:
            lock.__enter__()
            break
        except Taken as taken:
            if taken.holder is None or taken.holder.kind != "harvest":
                raise  # no night, which would be waited for: another backfill
    with lock:
        yield Turn(lambda: _is_held(out, "night"))


class _Lock:
    """A lock file, with its holder's name in it, held while it is entered. Raises Taken after `patience` seconds."""

    def __init__(self, out: Path, name: str, holder: Holder, patience: float) -> None:
        self._out, self._path, self._holder, self._patience = out, _path(out, name), holder, patience
        self._fd: int | None = None

    def __enter__(self) -> None:
        if self._fd is not None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            until = time.monotonic() + self._patience
            while not _take(fd, fcntl.LOCK_EX):
                if time.monotonic() >= until:
                    raise Taken(self._out, _holder(self._path))
                time.sleep(min(_PAUSE, max(0.05, until - time.monotonic())))
            record = {"kind": self._holder.kind, "pid": self._holder.pid, "since": self._holder.since.isoformat()}
            os.truncate(fd, 0)
            os.pwrite(fd, json.dumps(record).encode(), 0)
        except BaseException:
            os.close(fd)
            raise
        self._fd = fd

    def __exit__(self, *_: object) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _is_held(out: Path, name: str) -> bool:
    try:
        fd = os.open(_path(out, name), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _take(fd, fcntl.LOCK_SH)
    finally:
        os.close(fd)


def _take(fd: int, how: int) -> bool:
    try:
        fcntl.flock(fd, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(path: Path) -> Holder | None:
    """Who wrote itself into a lock. None where that cannot be read: it was taken this instant."""
    try:
        record = json.loads(path.read_bytes())
        return Holder(record["kind"], record["pid"], datetime.fromisoformat(record["since"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _path(out: Path, name: str) -> Path:
    return out / HIDDEN / f"{name}.lock"
