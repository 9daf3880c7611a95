"""Which code read a file: the version that is published, and the finer one that caches are kept by.

The caches must never outlive the code that filled them, and a version number kept by hand is forgotten in the one
change that matters. So they are keyed by the code itself: its sources, its vocabulary and the libraries it reads with.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path

import extractors

_PIPELINE = Path(__file__).parent
_EXTRACTORS = Path(extractors.__file__).parent
_IMPORT = re.compile(r"^[ \t]*(?:from|import) (pipeline[\w.]*)(?: import (\([^)]*\)|[^\n(]*))?", re.MULTILINE)


@cache
def program_version() -> str:
    """The version of the distribution; `0` when the code runs without having been installed."""
    try:
        return metadata.version("gongkai")
    except metadata.PackageNotFoundError:
        return "0"


@cache
def extractor_version() -> str:
    """What `reports.extractor_version` says: the program's version and a digest of extractors/, e.g. 0.1.0+1f0c9a2b.

    The same code gives the same string on every machine.
    """
    return f"{program_version()}+{_digest(_EXTRACTORS)[:8]}"


@cache
def document_fingerprint() -> str:
    """The key that cached Documents are kept under: extractors/ and the libraries it names in `ENGINES`."""
    engines = [f"{name} {_library_version(name)}" for name in extractors.ENGINES]
    parts = [extractor_version(), f"python {sys.version_info.major}.{sys.version_info.minor}", *engines]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@cache
def report_fingerprint() -> str:
    """The key that cached Reports are kept under: the Document's, and the part of pipeline/ that reads one."""
    return hashlib.sha256(f"{document_fingerprint()}\n{_digest_of(_PIPELINE, reading())}".encode()).hexdigest()[:16]


@cache
def publishing_fingerprint() -> str:
    """The version of what makes a dataset of reports: `pipeline.run` and all that it imports."""
    return _digest_of(_PIPELINE, _behind("run.py"))[:16]


def reading() -> list[Path]:
    """What a cached report follows from: `pipeline.read`, `pipeline.codec`, what they import, and the vocabulary.

    A change to harvesting or publishing must not have 100,000 reports read again.
    """
    return _behind("__init__.py", "read.py", "codec.py")


def _behind(*names: str) -> list[Path]:
    """These modules of pipeline/, all that they import of it, and the vocabulary."""
    found: set[Path] = set()
    due = [_PIPELINE / name for name in names]
    while due:
        path = due.pop()
        if path not in found:
            found.add(path)
            due.extend(_imported(path))
    return sorted(found | set((_PIPELINE / "vocabulary").rglob("*.csv")))


@cache
def _imported(path: Path) -> tuple[Path, ...]:
    """The modules of pipeline/ that a module imports, and the packages they lie in. (Imports here are absolute.)"""
    modules = _modules()
    found: dict[Path, None] = {}
    for package, names in _IMPORT.findall(path.read_text(encoding="utf-8")):
        parts = package.split(".")
        wanted = [".".join((*parts, name)) for name in re.split(r"[\s,()]+", names) if name]
        wanted += [".".join(parts[:n]) for n in range(1, len(parts) + 1)]
        found |= {modules[name]: None for name in wanted if name in modules}
    return tuple(found)


@cache
def _modules() -> dict[str, Path]:
    """The modules and packages of pipeline/ by their dotted names."""
    modules = {}
    for path in _PIPELINE.rglob("*.py"):
        parts = ("pipeline", *path.relative_to(_PIPELINE).with_suffix("").parts)
        modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return modules


def _library_version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "absent"


def _digest(folder: Path) -> str:
    """The digest of all sources and data files of a package."""
    return _digest_of(folder, sorted(p for p in folder.rglob("*") if p.suffix in (".py", ".csv")))


def _digest_of(folder: Path, paths: Iterable[Path]) -> str:
    """The sha256 over the names and bytes of files below `folder`, in their order."""
    total = hashlib.sha256()
    for path in paths:
        name = path.relative_to(folder).as_posix().encode()
        content = path.read_bytes()
        total.update(b"%d %s %d " % (len(name), name, len(content)))
        total.update(content)
    return total.hexdigest()
