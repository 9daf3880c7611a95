"""INPUT → the files that are there: every file once, with the name it is published under.

`source_path` is relative to the INPUT that holds the file, so that no path of a machine is published. Where two files
of different INPUTs would share a name, the files of those INPUTs are named from the INPUTs' common folder instead.
Neither the order of INPUTs nor that of the file system matters.

A raw store (`harvest.store`) at or below an INPUT gives the documents that its manifest names, with their addresses.

An INPUT may be a URL (`remote.files`): what lies below it is listed, and opened where it is read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pipeline.harvest.manifest import FILE as MANIFEST
from pipeline.harvest.store import OBJECTS, RawStore, is_store
from pipeline.remote import files
from pipeline.remote.files import BadUrl, is_url


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells that a file is as it was when last read, without reading it."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    device: int


@dataclass(frozen=True, slots=True)
class Source:
    """One file below INPUT. `stamp` is None and `reason` says why, for one that cannot be read. `source_url` is where
    one in a raw store was fetched from, `replaced` says that its government has put another in its place since."""

    path: str
    source_path: str
    stamp: Stamp | None
    reason: str | None = None
    source_url: str | None = None
    replaced: bool = False


@dataclass(frozen=True, slots=True)
class _Entry:
    path: str
    stamp: Stamp | None
    reason: str | None
    url: str | None = None
    replaced: bool = False


def discover(
    inputs: Iterable[str | os.PathLike[str]], skip: Callable[[str], bool] = lambda path: False
) -> list[Source]:
    """Every file at or below `inputs`, sorted by `source_path`.

    Hidden files and folders (a leading dot) below an INPUT are left out, and so is every path for which `skip`
    answers True. Links are followed, each folder once. What cannot be read is among the sources with a reason.
    Raises FileNotFoundError for an INPUT that does not exist, `harvest.manifest.Damaged` for a store's manifest,
    `remote.files.BadUrl` and `remote.files.Unreachable` for a URL.
    """
    roots = sorted({path if is_url(path := files.plain(i)) else os.path.abspath(path) for i in inputs})
    found: list[tuple[str, _Entry]] = []
    seen: set[str] = set()
    for root in roots:  # sorted: an outer folder comes before what lies in it, and owns it
        if not is_url(root) and not os.path.lexists(root):
            raise FileNotFoundError(root)
        for entry in _listed(root, skip) if is_url(root) else _walk(root, skip):
            if entry.path not in seen:
                seen.add(entry.path)
                found.append((root, entry))
    names = _names(found)
    sources = [
        Source(e.path, name, e.stamp, e.reason, e.url, e.replaced) for (_, e), name in zip(found, names, strict=True)
    ]
    return sorted(sources, key=lambda source: source.source_path)


def stamp_of(path: str) -> Stamp:
    """The stamp of the file that `path` leads to. Raises OSError."""
    return _stamp(os.stat(path))


def _listed(root: str, skip: Callable[[str], bool]) -> Iterator[_Entry]:
    """The files at or below a URL."""
    found = files.listed(root)
    names = {files.name_below(file.url, root) for file in found}
    if MANIFEST in names and any(name.startswith(f"{OBJECTS}/") for name in names):
        raise BadUrl(f"{root} is the store of a harvest, whose manifest is read from a local folder: copy it to one")
    for file in found:
        below = files.name_below(file.url, root)
        if not any(part.startswith(".") for part in below.split("/")) and not skip(file.url):
            yield _Entry(file.url, Stamp(file.size, file.changed_ns, file.changed_ns, file.tag, 0), None)


def _stamp(s: os.stat_result) -> Stamp:
    # Some file systems number beyond 63 bits, where SQLite's integers end.
    return Stamp(s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino & (2**63 - 1), s.st_dev & (2**63 - 1))


def _walk(root: str, skip: Callable[[str], bool]) -> Iterator[_Entry]:
    """The files at or below `root`: real folders first, then linked ones that were not among them."""
    first = _entry(root)
    if first is not None:
        yield first
        return
    pending, linked = [root], list[str]()
    visited: set[str] = set()
    while pending or linked:
        folder = pending.pop() if pending else linked.pop(0)
        real = os.path.realpath(folder)
        if real in visited:
            continue
        visited.add(real)
        if is_store(folder):
            yield from _stored(RawStore(folder))
            continue
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            yield _Entry(folder, None, f"the folder cannot be listed: {_why(error)}")
            continue
        folders = []
        for entry in entries:
            if entry.name.startswith(".") or skip(entry.path):
                continue
            file = _entry(entry.path, entry)
            if file is not None:
                yield file
            elif entry.is_symlink():
                linked.append(entry.path)
            else:
                folders.append(entry.path)
        pending.extend(reversed(folders))


def _stored(store: RawStore) -> Iterator[_Entry]:
    """The documents of a raw store."""
    for stored in store.documents():
        path = os.fspath(store.path_of(stored.sha256))
        entry = _entry(path)
        if entry is not None:
            reason = "gone from the raw store" if entry.stamp is None else None
            yield _Entry(path, entry.stamp, reason, stored.url, stored.replaced)


def _entry(path: str, listed: os.DirEntry[str] | None = None) -> _Entry | None:
    """What stands at `path`; None for a folder."""
    try:
        found = listed.stat() if listed is not None else os.stat(path)
    except FileNotFoundError:
        broken = os.path.islink(path)
        return _Entry(path, None, "a link that leads nowhere" if broken else "vanished while the folder was read")
    except OSError as error:
        return _Entry(path, None, f"cannot be looked at: {_why(error)}")
    if stat.S_ISDIR(found.st_mode):
        return None
    if not stat.S_ISREG(found.st_mode):
        return _Entry(path, None, "no regular file (a pipe, socket or device)")
    return _Entry(path, _stamp(found), None)


def _why(error: OSError) -> str:
    """The system's own words without the path, which would carry the machine into published reasons."""
    return (error.strerror or type(error).__name__).lower()


def _names(found: list[tuple[str, _Entry]]) -> list[str]:
    """The published name of each file, unique, in the order of `found`."""
    names = [_relative(entry.path, root if root != entry.path else _folder(root)) for root, entry in found]
    owners: dict[str, set[str]] = {}
    for (root, _), name in zip(found, names, strict=True):
        owners.setdefault(name, set()).add(root)
    colliding = {root for roots in owners.values() if len(roots) > 1 for root in roots}
    if not colliding:
        return names
    common = _common({root for root, _ in found})
    apart = [_apart(e.path, common) if r in colliding else n for (r, e), n in zip(found, names, strict=True)]
    return apart if len(set(apart)) == len(apart) else [_apart(entry.path, common) for _, entry in found]


def _common(roots: Iterable[str]) -> dict[bool, str]:
    """The common folder of local INPUTs (False) and of URLs (True): where there are both, all that URLs have in common
    is that they are URLs, and their names begin with scheme and bucket."""
    local = {_folder(root) for root in roots if not is_url(root)}
    urls = {_as_path(_folder(root)) for root in roots if is_url(root)}
    return {
        False: os.path.commonpath(local) if local else "/",
        True: os.path.commonpath(urls) if urls and not local else "/",
    }


def _apart(path: str, common: dict[bool, str]) -> str:
    return _relative(_as_path(path) if is_url(path) else path, common[is_url(path)])


def _as_path(url: str) -> str:
    return "/" + url.replace("://", "/", 1)


def _folder(path: str) -> str:
    return path.rpartition("/")[0] if is_url(path) else os.path.dirname(path)


def _relative(path: str, base: str) -> str:
    if is_url(path):  # any character may stand in a key, `..` and `//` too: it is a name, no way
        return path[len(base) :].lstrip("/")
    return _readable(os.path.relpath(path, base).replace(os.sep, "/"))


def _readable(name: str) -> str:
    """A file name as text: its bytes as UTF-8, else as GB18030 (names from old archives), else escaped."""
    raw = os.fsencode(name)
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "backslashreplace")
