"""Which code read a file: the version that is published, and the finer one that caches are kept by.

The caches must never outlive the code that filled them, and a version number kept by hand is forgotten in the one
change that matters. So they are keyed by the code itself: its sources, its vocabulary and the libraries it reads with.
"""

from __future__ import annotations

import hashlib
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

import extractors

_PIPELINE = Path(__file__).parent
_EXTRACTORS = Path(extractors.__file__).parent


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
    """The key that cached Reports are kept under: the Document's, and pipeline/ with its vocabulary."""
    return hashlib.sha256(f"{document_fingerprint()}\n{_digest(_PIPELINE)}".encode()).hexdigest()[:16]


def _library_version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "absent"


def _digest(folder: Path) -> str:
    """The sha256 over names and bytes of a package's sources and data files, in sorted order."""
    total = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".py", ".csv")):
        name = path.relative_to(folder).as_posix().encode()
        content = path.read_bytes()
        total.update(b"%d %s %d " % (len(name), name, len(content)))
        total.update(content)
    return total.hexdigest()
