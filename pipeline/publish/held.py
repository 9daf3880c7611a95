"""A version that the gate held back: kept whole in OUT's hidden folder until a person lets it through.

There is one at most, the last. It is named by the digest of its files, so that what a person lets through is what the
person was told about, and it remembers which version was published when it was held: it may follow no other.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.publish import facts_of
from pipeline.publish.datapackage import FileFacts
from pipeline.publish.switch import Out, Version, make_durable
from pipeline.publish.taken_over import link

_FOLDER = "held"
_DRAFT = "held.new"
_FILES = "files"
_RECORD = "held.json"


class NotHeld(Exception):
    """The version that is to be let through is not the one that is held; says what to do."""


@dataclass(frozen=True, slots=True)
class Held:
    """A version that was held back, why, by which bounds, and the id of the version that was published then."""

    version: Version
    reasons: tuple[str, ...]
    bounds: Mapping[str, Any]
    instead_of: str | None


def hold(place: Out, staged: Path, version: Version, reasons: Sequence[str], bounds: Mapping[str, Any]) -> None:
    """Keep what lies in `staged` as the held version, in the place of an older one. Raises OSError."""
    draft = place.hidden / _DRAFT
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    os.rename(staged, draft / _FILES)
    record = {
        "id": version.id,
        "instead_of": place.version.id if place.version else None,
        "reasons": list(reasons),
        "bounds": dict(bounds),
        **asdict(version),
    }
    (draft / _RECORD).write_text(json.dumps(record, ensure_ascii=False, indent=1), encoding="utf-8")
    for path in (*draft.rglob("*"), draft):
        make_durable(path)
    drop(place)
    os.rename(draft, place.hidden / _FOLDER)
    make_durable(place.hidden)


def held(place: Out) -> Held | None:
    """The version that is held back from `place`, if it could still follow the published one."""
    try:
        record = json.loads((place.hidden / _FOLDER / _RECORD).read_text(encoding="utf-8"))
        files = {str(name): FileFacts(**facts) for name, facts in record["files"].items()}
        version = Version(record["inputs"], files, record["summary"])
        found = Held(version, tuple(record["reasons"]), record["bounds"], record["instead_of"])
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return found if found.instead_of == (place.version.id if place.version else None) else None


def let_through(place: Out, wanted: str) -> list[str]:
    """Publish the held version if it is the `wanted` one; return the names that changed, none when it is published.

    A crash at any step leaves it either held or published. Raises NotHeld, or OSError.
    """
    if place.version is not None and place.version.id == wanted:
        drop(place)
        return []
    kept = held(place)
    if kept is None:
        raise NotHeld(f"no version is held back from {place.folder}")
    if kept.version.id != wanted:
        raise NotHeld(f"the version held back from {place.folder} is {kept.version.id}, not {wanted}")
    source, staged = place.hidden / _FOLDER / _FILES, place.staging()
    try:
        for name, facts in kept.version.files.items():
            if not _is_whole(source / name, facts):
                raise NotHeld(
                    f"the version held back from {place.folder} is damaged ({name}): run again to make it anew"
                )
            (staged / name).parent.mkdir(parents=True, exist_ok=True)
            link(source / name, staged / name)
        changed = place.switch(staged, kept.version)
    except BaseException:
        place.discard(staged)
        raise
    drop(place)
    return changed


def drop(place: Out) -> None:
    """Forget the held version, if there is one: the record first, so that no part of it is taken for the whole."""
    folder = place.hidden / _FOLDER
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        (folder / _RECORD).unlink()
    shutil.rmtree(folder, ignore_errors=True)


def _is_whole(path: Path, facts: FileFacts) -> bool:
    try:
        return facts_of(path).sha256 == facts.sha256
    except FileNotFoundError:
        return False
