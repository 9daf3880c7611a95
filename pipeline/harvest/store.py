"""The raw store: what was fetched, for good. Content-addressed objects that are only ever added, and their manifest.

    STORE/objects/ab/<sha256>     one content, under the sha256 of its bytes
    STORE/manifest.sqlite         when and whence each came (`manifest`)
    STORE/.incoming/              what is on its way, dropped when a harvest begins
    STORE/.lock                   one harvest at a time

An object is written beside, made durable, and linked to its name; then its row is committed. So whatever happens at
whatever moment, an object is whole or not there, and a row has its object.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from pipeline.harvest.manifest import FILE, Item, Manifest, Stored, documents, export, read_items

OBJECTS = "objects"
_INCOMING = ".incoming"
_LOCK = ".lock"
_IN_MEMORY = 2_000_000  # bytes of an answer held in memory before it goes to a file

Write = tuple["Incoming | None", Callable[[Manifest], None]]
"""An object to be kept, if any, and what is to be written to the manifest about it."""


class Busy(Exception):
    """Another harvest is at work on the same store."""


class StoreFailed(OSError):
    """The store's disk is full, or cannot be written to."""


class Incoming:
    """The bytes of an answer on their way: hashed as they come, in memory while few, then in a file of the store."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._hash = hashlib.sha256()
        self._memory: list[bytes] = []
        self._file: BinaryIO | None = None
        self.path: Path | None = None
        self.size = 0

    def write(self, part: bytes) -> None:
        """Raises StoreFailed."""
        self._hash.update(part)
        self.size += len(part)
        try:
            if self._file is None and self.size > _IN_MEMORY:
                self._spill()
            if self._file is not None:
                self._file.write(part)
            else:
                self._memory.append(part)
        except OSError as error:
            raise StoreFailed(error.errno, error.strerror, str(self._folder)) from error

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def data(self, most: int | None = None) -> bytes:
        """The bytes, or the first `most` of them."""
        if self._file is None:
            return b"".join(self._memory)[:most]
        self._file.flush()
        assert self.path is not None
        with self.path.open("rb") as file:
            return file.read(-1 if most is None else most)

    def make_durable(self) -> Path:
        """Wait until the bytes are on the disk, in a file of the store. Raises OSError."""
        if self._file is None:
            self._spill()
        assert self._file is not None
        assert self.path is not None
        self._file.flush()
        os.fchmod(self._file.fileno(), 0o444)
        os.fsync(self._file.fileno())
        self._file.close()
        return self.path

    def discard(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):  # a full disk, once more
                self._file.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)
        self._memory = []

    def _spill(self) -> None:
        fd, path = tempfile.mkstemp(dir=self._folder)
        self._file, self.path = os.fdopen(fd, "wb"), Path(path)
        self._file.writelines(self._memory)
        self._memory = []


class RawStore:
    """A raw store below `root`. Reading needs nothing; writing is done within `with store.writing():`."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root)
        self._manifest: Manifest | None = None

    # Reading

    def path_of(self, sha256: str) -> Path:
        return self.root / OBJECTS / sha256[:2] / sha256

    def read(self, sha256: str) -> bytes:
        """The bytes of an object. Raises OSError for one that is not there."""
        return self.path_of(sha256).read_bytes()

    def holds(self, sha256: str, size: int) -> bool:
        """Whether an object is there, and as long as it must be."""
        try:
            return self.path_of(sha256).stat().st_size == size
        except OSError:
            return False

    def items(self) -> list[Item]:
        """Every row of the manifest, oldest first; none before the first harvest. Raises manifest.Damaged, OSError."""
        path = self.root / FILE
        return read_items(path) if path.exists() else []

    def documents(self) -> list[Stored]:
        """Each content that is to be read as a document, by sha256. Raises manifest.Damaged, OSError."""
        return list(documents(self.items()))

    def export(self, file: TextIO) -> None:
        """Write the manifest as CSV."""
        export(self.items(), file)

    # Writing

    @contextmanager
    def writing(self) -> Iterator[Manifest]:
        """Hold the store for writing. Raises Busy, manifest.Damaged, OSError."""
        self.root.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                    raise Busy(f"another harvest is at work on {self.root}") from error
                raise
            for folder in (self.root / OBJECTS, self.root / _INCOMING):
                folder.mkdir(exist_ok=True)
            for left in (self.root / _INCOMING).iterdir():
                left.unlink()
            self._manifest = Manifest(self.root / FILE)
            try:
                yield self._manifest
            finally:
                self._manifest.close()
                self._manifest = None
        finally:
            os.close(lock)

    def incoming(self) -> Incoming:
        return Incoming(self.root / _INCOMING)

    def commit(self, writes: Sequence[Write]) -> None:
        """Keep a batch: its objects first, then what the manifest says of them, all in one transaction.

        Raises OSError for a full disk and the like; nothing of the manifest's part is done then.
        """
        assert self._manifest is not None, "a store is written to within `with store.writing():`"
        changed: set[Path] = set()
        for body, _ in writes:
            if body is not None:
                changed.update(self._add(body))
        for folder in sorted(changed):
            _make_durable(folder)
        with self._manifest:
            for _, write in writes:
                write(self._manifest)

    def _add(self, body: Incoming) -> set[Path]:
        """Put an object in its place; the folders whose names have changed."""
        target = self.path_of(body.sha256)
        if self.holds(body.sha256, body.size) and _sha256(target) == body.sha256:
            body.discard()
            return set()
        path = body.make_durable()
        changed = {target.parent}
        if not target.parent.exists():
            target.parent.mkdir(exist_ok=True)
            changed.add(target.parent.parent)
        os.replace(path, target)  # also over an object that the disk has damaged since
        return changed


def is_store(folder: str | os.PathLike[str]) -> bool:
    """Whether a folder is a raw store."""
    return os.path.isfile(os.path.join(folder, FILE)) and os.path.isdir(os.path.join(folder, OBJECTS))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _make_durable(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EBADF):  # file systems that cannot, for folders
            raise
    finally:
        os.close(fd)
