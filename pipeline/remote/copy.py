"""The working copy of a dataset at a URL: pulled before a run where the URL is newer, pushed after it.

    URL/facts.csv …              the dataset, as in a folder
    URL/.gongkai/state.json      what the last run that ended left: each published file and each file of the state, by
                                 sha256, and a serial number
    URL/.gongkai/state/<sha256>  the files of the state (ledger, record of the version, …), by content
    URL/.gongkai/pushing.json    the names that a push is at, until it is done: they may hold either version
    URL/.gongkai/lock            `turn`

Pushed are: the names in `pushing.json`; the changed files; datapackage.json; the state; at last `state.json`, which
decides. Whatever interrupts that, the next run puts every name of `pushing.json` right: on the same working copy it
pushes again, on another one it starts from the last state that was whole, and reads again what came since.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from pipeline.publish.schema import PACKAGE, TABLES, published_names
from pipeline.publish.switch import HIDDEN, Busy, Out, Unusable
from pipeline.remote.files import opened, read, telling
from pipeline.remote.turn import Turn
from pipeline.shelf import FOLDER as SHELVES

_OURS = ".remote"  # in the working copy: its lock, its owner's id, and what it was last in step with
_FORMAT = 1
_STATE = f"{HIDDEN}/state.json"
_PUSHING = f"{HIDDEN}/pushing.json"
_RECORD = "version.json"
_MOST = 100_000_000
_AT_A_TIME = 8

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _State:
    """What `state.json` says: sha256 by name, of published files and of files in the hidden folder."""

    serial: int = 0
    files: Mapping[str, str] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)


class Copy:
    """The working copy in `folder` of the dataset at `url`; both are held while it is entered."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self._ours = folder / _OURS
        self._stack = ExitStack()
        self._based_on = _State()

    def __enter__(self) -> Copy:
        """Raises Unusable for a folder that cannot be written to or belongs to another URL, Busy, Unreachable."""
        with ExitStack() as stack:
            try:
                self._ours.mkdir(parents=True, exist_ok=True)
                lock = stack.enter_context((self._ours / "lock").open("w"))
            except OSError as error:
                raise Unusable(f"the working copy {self.folder} cannot be written to ({error.strerror})") from error
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise Busy(f"another run is at work in {self.folder}") from error
            named = self._ours / "url"
            if named.exists() and named.read_text(encoding="utf-8") != self.url:
                raise Unusable(f"{self.folder} is the working copy of {named.read_text(encoding='utf-8')}")
            if not named.exists() and any((self.folder / name).exists() for name in (HIDDEN, *published_names())):
                raise Unusable(f"{self.folder} holds a dataset of its own: choose another folder with --work")
            named.write_text(self.url, encoding="utf-8")
            self._turn = stack.enter_context(Turn(f"{self.url}/{HIDDEN}/lock", self._owner()))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()

    def pull(self) -> None:
        """Take over what the URL holds, if another working copy has pushed since this one did. Raises OSError."""
        state = self._state()
        self._based_on = state or _State()
        if state is None or self._in_step() == state.serial:
            return
        (self._ours / "serial").unlink(missing_ok=True)
        hidden = self.folder / HIDDEN
        for entry in hidden.iterdir() if hidden.is_dir() else ():
            if entry.name != SHELVES:
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        _each(lambda item: self._fetch(item[0], self.folder / item[0], item[1]), state.files.items())
        kept = {name: sha256 for name, sha256 in state.kept.items() if name != _RECORD}
        _each(lambda item: self._fetch(_blob(item[1]), hidden / item[0], item[1]), kept.items())
        if _RECORD in state.kept:  # last: it says that all the rest is there
            self._fetch(_blob(state.kept[_RECORD]), hidden / _RECORD, state.kept[_RECORD])
        self._now_in_step(state.serial)

    def push(self) -> None:
        """Make the URL hold what the working copy does. Raises Busy where another run has pushed meanwhile, OSError."""
        with Out(self.folder) as place:
            files = {name: facts.sha256 for name, facts in place.version.files.items()} if place.version else {}
            state, begun = self._state(), self._begun()
            if (state or _State()).serial != self._based_on.serial or not self._turn.is_ours():
                raise Busy(f"another run has published to {self.url} meanwhile; what was read here is kept")
            there = state.files if state is not None else dict.fromkeys(self._strangers(), "")
            changed = [name for name, sha256 in sorted(files.items()) if there.get(name) != sha256 or name in begun]
            gone = sorted({*there, *begun} - {*files})
            kept = {name: _sha256(place.hidden / name) for name in _kept(place.hidden)}
            if state is not None and not (changed or gone or begun) and kept == state.kept:
                return
            if changed or gone:
                self._put(_PUSHING, json.dumps(sorted({*changed, *gone, *begun})).encode())
            _each(lambda name: self._send(self.folder / name, name), [name for name in changed if name != PACKAGE])
            self._delete(gone)
            if PACKAGE in changed:
                self._send(self.folder / PACKAGE, PACKAGE)
            old = set(state.kept.values()) if state is not None else set()
            _each(
                lambda item: self._send(place.hidden / item[0], _blob(item[1])),
                [item for item in sorted(kept.items()) if item[1] not in old],
            )
            serial = self._based_on.serial + 1
            record = {"format": _FORMAT, "serial": serial, "files": files, "kept": kept}
            self._put(_STATE, json.dumps(record, indent=1).encode())
            self._based_on = _State(serial, files, kept)
            self._now_in_step(serial)
            self._delete([_PUSHING, *sorted(self._blobs() - {_blob(sha256) for sha256 in kept.values()})])

    def _owner(self) -> str:
        path = self._ours / "owner"
        if not path.exists():
            path.write_text(uuid.uuid4().hex, encoding="utf-8")
        return path.read_text(encoding="utf-8")

    def _in_step(self) -> int | None:
        try:
            return int((self._ours / "serial").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def _now_in_step(self, serial: int) -> None:
        draft = self._ours / "serial.new"
        draft.write_text(str(serial), encoding="utf-8")
        os.replace(draft, self._ours / "serial")

    def _state(self) -> _State | None:
        try:
            record = json.loads(read(f"{self.url}/{_STATE}", _MOST))
            if record["format"] != _FORMAT:
                raise Unusable(f"{self.url} was written by another version of this program; use that one")
            return _State(int(record["serial"]), dict(record["files"]), dict(record["kept"]))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise Unusable(f"{self.url}/{_STATE} is damaged: remove it, and all is built anew") from error

    def _begun(self) -> set[str]:
        """The names that an interrupted push was at."""
        try:
            return set(json.loads(read(f"{self.url}/{_PUSHING}", _MOST)))
        except FileNotFoundError:
            return set()
        except (ValueError, TypeError):
            return set(published_names()) & set(self._based_on.files)

    def _blobs(self) -> set[str]:
        fs, at = opened(f"{self.url}/{HIDDEN}/state")
        with telling(self.url):
            fs.invalidate_cache()
            return {_blob(path.rpartition("/")[2]) for path in fs.find(at)}
        raise AssertionError

    def _strangers(self) -> list[str]:
        """The partitions at a URL that has lost its state: they may be of years that are no longer there."""
        found = []
        for table in TABLES:
            if table.partition:
                fs, at = opened(f"{self.url}/{table.name}")
                with telling(self.url):
                    names = [f"{table.name}/{path[len(at) + 1 :]}" for path in fs.find(at)]
                start = f"{table.name}/{table.partition}="
                found += [name for name in names if name.startswith(start) and name.endswith(".parquet")]
        return found

    def _fetch(self, name: str, path: Path, sha256: str) -> None:
        """Bring a file here, if it is not; one that holds other bytes than it should is as good as none."""
        if path.is_file() and _sha256(path) == sha256:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.new")
        fs, at = opened(f"{self.url}/{name}")
        path.unlink(missing_ok=True)
        with contextlib.suppress(FileNotFoundError), telling(f"{self.url}/{name}"):
            fs.get_file(at, str(draft))
            if _sha256(draft) == sha256:
                os.replace(draft, path)
        draft.unlink(missing_ok=True)

    def _send(self, path: Path, name: str) -> None:
        fs, at = opened(f"{self.url}/{name}")
        with telling(f"{self.url}/{name}"):
            fs.put_file(str(path), at)

    def _put(self, name: str, data: bytes) -> None:
        fs, at = opened(f"{self.url}/{name}")
        with telling(f"{self.url}/{name}"):
            fs.pipe_file(at, data)

    def _delete(self, names: Iterable[str]) -> None:
        for name in names:
            fs, at = opened(f"{self.url}/{name}")
            with contextlib.suppress(FileNotFoundError), telling(f"{self.url}/{name}"):
                fs.rm_file(at)


def _blob(sha256: str) -> str:
    return f"{HIDDEN}/state/{sha256}"


def _kept(hidden: Path) -> list[str]:
    """The files of the state, as names in the hidden folder: all but what serves one moment or this machine alone."""
    found = []
    for path in sorted(hidden.rglob("*")):
        name = path.relative_to(hidden).as_posix()
        first = name.split("/")[0]
        is_passing = first in ("lock", SHELVES) or first.startswith(("staged-", "held", "prefect"))
        if path.is_file() and not is_passing and not name.endswith(("-wal", "-shm", "-journal", ".new")):
            found.append(name)
    return found


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _each(work: Callable[[T], None], items: Iterable[T]) -> None:
    """Do it to each, several at a time; the first error ends it."""
    everything: Sequence[T] = list(items)
    with ThreadPoolExecutor(_AT_A_TIME, "push") as pool:
        for _ in pool.map(work, everything):
            pass
