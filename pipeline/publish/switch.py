"""From one published version to the next: decided in one atomic step, then shown name by name.

The new files are staged in OUT's hidden folder, on the same file system, and made durable. One rename of `version.json`
decides: before it the old version stands, whatever happens; after it the new one does. Then each changed file is
renamed to its place, partitions that are gone are removed, and datapackage.json comes last. A crash in between is
completed by the next command that opens OUT.

What holds: every file is whole at every moment, and a version is complete or not there at all once a command has run.
What does not: in the milliseconds of those renames, or after a crash within them, a reader may meet files of two
versions; datapackage.json holds the sha256 of each file of its version. A folder cannot be exchanged as a whole, since
the names of the contract, and files of others, lie in OUT itself; links would make it one step and break for everyone
who copies or packs a part of it.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from pipeline.publish import facts_of
from pipeline.publish.datapackage import FileFacts
from pipeline.publish.schema import PACKAGE, PART, TABLES, published_names

HIDDEN = ".gongkai"
_OWNED = frozenset((HIDDEN, *published_names()))
_FORMAT = 1
_VERSION = "version.json"
_STAGED = "staged-"


class Busy(Exception):
    """Another process works on the same OUT."""


class Unusable(Exception):
    """OUT cannot be written to as it is: the caller chose a place that does not serve."""


@dataclass(frozen=True, slots=True)
class Version:
    """A published version: what it was made from (`inputs`, a digest), its files, and the summary of its making."""

    inputs: str
    files: Mapping[str, FileFacts]
    summary: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """What people call it by: a digest of its files, so that the same bytes have the same id."""
        lines = (f"{name} {facts.sha256}\n" for name, facts in sorted(self.files.items()))
        return hashlib.sha256("".join(lines).encode()).hexdigest()[:12]


class Out:
    """The folder that is published to, held by one process at a time while it is open."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self.hidden = self.folder / HIDDEN
        self.version: Version | None = None
        self._real = os.path.realpath(folder)
        self._owned: dict[str, bool] = {}
        self._serial = 0  # of the version last decided: what is staged under its number belongs to it, no other
        self._lock: int | None = None

    def __enter__(self) -> Out:
        """Take hold of OUT, and complete or drop what an interrupted switch left. Raises Busy, Unusable or OSError."""
        try:
            self.hidden.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self.hidden / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
                raise
            raise Unusable(f"{self.folder} cannot be written to ({os.strerror(error.errno or 0).lower()})") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._release()
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                raise Busy(f"another run is at work on {self.folder}") from error
            raise
        try:
            self._check_names()
            self.version = self._recover()
        except BaseException:
            self._release()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._release()

    def owns(self, path: str) -> bool:
        """Whether `path` (absolute) is, or lies in, what this program writes: never input."""
        parent, name = os.path.split(path)
        if name in _OWNED and os.path.realpath(parent) == self._real:
            return True
        if parent == path:
            return False
        if parent not in self._owned:  # the same for all files of a folder
            self._owned[parent] = self.owns(parent)
        return self._owned[parent]

    def intact(self) -> bool:
        """Whether the published files are as they were written, told by length and time, by content in doubt."""
        if self.version is None:
            return False
        return not self._unexpected(self.version.files) and all(
            self._holds(name, facts) for name, facts in self.version.files.items()
        )

    def staging(self) -> Path:
        """A new empty folder to write the next version into."""
        folder = self.hidden / f"{_STAGED}{self._serial + 1}"
        folder.mkdir()
        return folder

    def switch(self, staged: Path, version: Version) -> list[str]:
        """Publish what lies in `staged` as `version`; return the names that changed. The other files are not touched.

        Raises OSError; before the deciding rename that leaves the old version, after it the next command completes.
        """
        files = dict(version.files)
        changed = []
        for name, facts in version.files.items():
            old = self.version.files.get(name) if self.version else None
            if old is not None and (old.bytes, old.sha256) == (facts.bytes, facts.sha256) and self._holds(name, old):
                files[name] = old
                (staged / name).unlink()
            else:
                changed.append(name)
                make_durable(staged / name)
        decided = Version(version.inputs, files, version.summary)
        record = {"format": _FORMAT, "serial": self._serial + 1, **asdict(decided)}
        draft = self.hidden / f"{_VERSION}.new"
        draft.write_text(json.dumps(record, ensure_ascii=False, indent=1), encoding="utf-8")
        make_durable(draft)
        for folder in (*(path for path in staged.rglob("*") if path.is_dir()), staged):
            make_durable(folder)
        os.replace(draft, self.hidden / _VERSION)  # the one step that decides
        self._serial, self.version = self._serial + 1, decided
        make_durable(self.hidden)
        gone = self._show(staged, files)
        return changed + gone

    def discard(self, staged: Path) -> None:
        """Drop what was staged for a version that will not be. One that has been decided stays, to be completed."""
        if staged.name != f"{_STAGED}{self._serial}":
            shutil.rmtree(staged, ignore_errors=True)

    def _recover(self) -> Version | None:
        """The version that was last decided, shown in full; None when there is none or its record is damaged."""
        version = self._decided()
        for name in os.listdir(self.hidden):
            if name.startswith(_STAGED):
                if version is not None and name == f"{_STAGED}{self._serial}":
                    self._show(self.hidden / name, version.files)
                else:
                    self.discard(self.hidden / name)
        return version

    def _decided(self) -> Version | None:
        try:
            record = json.loads((self.hidden / _VERSION).read_text(encoding="utf-8"))
            if record["format"] != _FORMAT:
                return None
            files = {str(name): FileFacts(**facts) for name, facts in record["files"].items()}
            self._serial = int(record["serial"])
            return Version(record["inputs"], files, record["summary"])
        except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def _show(self, staged: Path, files: Mapping[str, FileFacts]) -> list[str]:
        """Move what is staged to its place and drop partitions that the version has not; datapackage.json comes last,
        so that all is as it says once it is there."""
        for name in sorted(files):
            if name != PACKAGE:
                self._show_one(staged, name)
        folders = {self.folder, *((self.folder / name).parent for name in files)}
        for table in TABLES:
            if table.partition:
                (self.folder / table.name).mkdir(exist_ok=True)
                folders.add(self.folder / table.name)
        gone = self._unexpected(files)
        for name in gone:
            path = self.folder / name
            path.unlink()
            if not any(path.parent.iterdir()):
                path.parent.rmdir()
        self._show_one(staged, PACKAGE)
        for folder in sorted(folders):
            make_durable(folder)
        shutil.rmtree(staged)
        return gone

    def _show_one(self, staged: Path, name: str) -> None:
        if (staged / name).exists():
            target = self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(staged / name, target)

    def _unexpected(self, files: Mapping[str, FileFacts]) -> list[str]:
        """Partitions of ours that lie in OUT and are not of this version (an older one whose record was lost)."""
        found = []
        for table in TABLES:
            if table.partition:
                for path in sorted((self.folder / table.name).glob(f"{table.partition}=*/{PART}")):
                    found.append(path.relative_to(self.folder).as_posix())
        return [name for name in found if name not in files]

    def _holds(self, name: str, facts: FileFacts) -> bool:
        path = self.folder / name
        try:
            found = path.stat()
            if found.st_size == facts.bytes and found.st_mtime_ns == facts.mtime_ns:
                return True
            return found.st_size == facts.bytes and facts_of(path).sha256 == facts.sha256
        except OSError:
            return False

    def _check_names(self) -> None:
        """Raise Unusable where a folder stands in the place of a file of ours, or a file in that of a folder."""
        folders = {table.name for table in TABLES if table.partition}
        for name in published_names():
            path = self.folder / name
            if path.exists() and path.is_dir() != (name in folders):
                kind = "a folder" if path.is_dir() else "no folder"
                raise Unusable(f"{path} is {kind} and stands where the dataset's own must: move it away")

    def _release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def make_durable(path: Path) -> None:
    """Wait until a file's bytes, or a folder's names, are on the disk."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EBADF):  # file systems that cannot, for folders
            raise
    finally:
        os.close(fd)
