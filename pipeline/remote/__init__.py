"""Inputs and the dataset at URLs: `run` does what `pipeline.run.run` does, wherever either lies.

    files   what is at a URL, its bytes, and errors that say what to do
    turn    one run at a time on a URL, as well as its store allows
    copy    the working copy of a dataset at a URL: pulled before a run, pushed after it

A dataset is always built in a local folder, since its switch and its ledger need what only a file system of the machine
gives. For an OUT at a URL that folder is a working copy, and the URL holds the dataset and the state (ledger, record of
the version) of the last run.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.remote.files import BadUrl, is_of_this_process, is_url, listed, name_below, plain, read

if TYPE_CHECKING:
    from pipeline.run import Summary

_MOST = 2**31


def run(
    inputs: Iterable[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    work: str | os.PathLike[str] | None = None,
    **wanted: Any,
) -> Summary:
    """Read every file below `inputs` and publish what they hold to `out`; each may be a path or a URL.

    `work` is the folder of the working copy of an `out` that is a URL (by default one in the user's cache folder);
    `wanted` is what `pipeline.run.run` takes besides. What that function publishes is pushed to the URL afterwards, and
    a push that was interrupted is completed. What a gate held back stays in the working copy.

    Raises what that function raises, BadUrl for a wrong URL, Unreachable for a store that cannot be reached, and
    `switch.Busy` where another run is at work on the URL.
    """
    from pipeline.remote.copy import Copy
    from pipeline.run import run as run_here

    places, target = [plain(path) for path in inputs], plain(out)
    if not is_url(target):
        if work is not None:
            raise BadUrl(f"a working copy is for a dataset at a URL, and {target} is a folder of this machine")
        with ExitStack() as stack:
            return run_here(_at_hand(places, stack), target, **wanted)
    _refuse_overlap(places, target)
    with ExitStack() as stack:
        here = _at_hand(places, stack)
        copy = stack.enter_context(Copy(target, Path(work) if work is not None else work_folder(target)))
        copy.pull()
        summary = run_here(here, copy.folder, **wanted)
        copy.push()
        return summary


def work_folder(url: str) -> Path:
    """Where the working copy of a dataset at a URL lies unless it is told: in the user's cache folder."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(cache) / "gongkai" / "work" / hashlib.sha256(plain(url).encode()).hexdigest()[:16]


def _refuse_overlap(places: Sequence[str], target: str) -> None:
    for place in places:
        if is_url(place) and (f"{place}/".startswith(f"{target}/") or f"{target}/".startswith(f"{place}/")):
            raise BadUrl(
                f"INPUT {place} and the dataset's {target} lie within each other; give each a folder of its own"
            )


def _at_hand(places: Sequence[str], stack: ExitStack) -> list[str]:
    """`places`, with what only this process can open (memory://) copied to a folder that its workers see."""
    found = []
    for place in places:
        if is_url(place) and is_of_this_process(place):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gongkai-")))
            place = _copied(place, folder)
        found.append(place)
    return found


def _copied(place: str, folder: Path) -> str:
    for file in listed(place):
        name = name_below(file.url, place)
        if any(part in ("", ".", "..") for part in name.split("/")):
            raise BadUrl(f"{file.url} cannot be copied to a folder: rename it")
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(read(file.url, _MOST))
        if file.url == place:
            return str(path)
    return str(folder)
