"""What was costly to make of a file and is kept beside the ledger: pictures of scanned pages, converted legacy files.

One folder a content, named by its sha256. Nothing depends on it: what is gone is made again, or not shown. It is
bounded, and what has lain longest goes first.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

KEPT_BYTES = 2_000_000_000
"""What all shelves of an OUT may hold: some 20,000 pages."""

FOLDER = "kept"
"""The folder of the shelves, beside the ledger."""

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,60}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DRAFT = ".draft"
_LEFT = 0.9


@dataclass(frozen=True, slots=True)
class Kept:
    """The shelf of one content below `folder`; an `extractors.wanted.Shelf`. Several processes may use it at once."""

    folder: str
    sha256: str

    def put(self, name: str, data: bytes) -> None:
        """Keep `data`; a disk that is full keeps nothing, and fails nothing."""
        path = self._path(name)
        draft = path.with_name(f"{path.name}.{os.getpid()}{_DRAFT}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(data)
            os.replace(draft, path)
        except OSError:
            with contextlib.suppress(OSError):
                draft.unlink()

    def get(self, name: str) -> bytes | None:
        try:
            return self._path(name).read_bytes()
        except OSError:
            return None

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name) or not _SHA256.fullmatch(self.sha256):
            raise ValueError(f"{name} of {self.sha256} cannot lie on a shelf")
        return Path(self.folder) / self.sha256[:2] / self.sha256 / name


def trim(folder: Path, most: int = KEPT_BYTES) -> None:
    """Remove whole shelves, those filled longest ago first, until a tenth of the bound is free, if it is exceeded."""
    shelves = []
    for path in folder.glob("??/*"):
        with contextlib.suppress(OSError):
            found = [entry.stat(follow_symlinks=False) for entry in os.scandir(path)]
            size, filled = sum(one.st_size for one in found), max((one.st_mtime_ns for one in found), default=0)
            shelves.append((filled, path.name, size, path))
    total = sum(size for _, _, size, _ in shelves)
    if total <= most:
        return
    for _, _, size, path in sorted(shelves):
        if total <= _LEFT * most:
            return
        shutil.rmtree(path, ignore_errors=True)
        total -= size
