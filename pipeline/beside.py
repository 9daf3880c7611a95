"""Files that a web page names as standing beside it, its pictures: lent to the extractors, and watched for changes.

A saved page lies in a folder with its pictures, and its report follows from them too. Only regular files below the
page's own folder are lent, by relative name; nothing is fetched, unless the page itself lies at a URL.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping, Sequence

from extractors import limits
from pipeline.remote import files
from pipeline.remote.files import is_url

Taken = tuple[str, str | None]
"""The name of a file beside a page, and its sha256; None where there was none."""


class Beside:
    """What stands beside the file at `path`. `taken` tells what was asked for, in the order of the names."""

    def __init__(self, path: str) -> None:
        self._folder = _folder(path)
        self._asked: dict[str, str | None] = {}

    @property
    def taken(self) -> tuple[Taken, ...]:
        return tuple(sorted(self._asked.items()))

    def __call__(self, name: str) -> bytes | None:
        """The bytes of the file of this name, None where there is none that may be lent."""
        data = _bytes(self._folder, name)
        self._asked[name] = None if data is None else hashlib.sha256(data).hexdigest()
        return data


def is_as_it_was(path: str, taken: Sequence[Taken], known: Mapping[str, str]) -> bool:
    """Whether the files beside the one at `path` are those that were `taken`. `known` has the sha256 of files by path,
    which need not be read then."""
    folder = _folder(path)
    for name, sha256 in taken:
        now = known.get(os.path.join(folder, *name.split("/")))
        if now is None:
            data = _bytes(folder, name)
            now = None if data is None else hashlib.sha256(data).hexdigest()
        if now != sha256:
            return False
    return True


def pictures_of_pages(
    pages: Mapping[str, Sequence[Taken]], paths: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, str]]:
    """The files that pages were read with: the sha256 of each → that of the page, and the page's path. `pages` is what
    each page took, `paths` where contents lie, the first first; both by sha256."""
    found: dict[str, tuple[str, str]] = {}
    for page in sorted(pages, reverse=True):
        if page in paths:
            found.update({picture: (page, paths[page][0]) for _, picture in pages[page] if picture and picture != page})
    return found


def _folder(path: str) -> str:
    return path.rpartition("/")[0] if is_url(path) else os.path.dirname(os.path.abspath(path))


def _bytes(folder: str, name: str) -> bytes | None:
    parts = name.split("/")
    if os.path.isabs(name) or "\0" in name or any(part in ("", "..") or part.startswith(".") for part in parts):
        return None
    if is_url(folder):
        return _fetched(f"{folder}/{name}")
    home = os.path.realpath(folder)
    try:
        path = os.path.realpath(os.path.join(folder, *parts))
        if os.path.commonpath([home, path]) != home:
            return None  # a link that leads out
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(file, "rb") as opened:
            found = os.fstat(file)
            if not stat.S_ISREG(found.st_mode) or found.st_size > limits.MAX_PICTURE_BYTES:
                return None
            return opened.read(limits.MAX_PICTURE_BYTES)
    except (OSError, ValueError):
        return None


def _fetched(url: str) -> bytes | None:
    """Raises `remote.files.Unreachable`: a store that is down says nothing of a picture."""
    try:
        data = files.read(url, limits.MAX_PICTURE_BYTES + 1)
    except FileNotFoundError:
        return None
    return data if len(data) <= limits.MAX_PICTURE_BYTES else None
