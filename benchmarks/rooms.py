"""Where the time of a document goes: the share of each room of the program, by profile.

A profiler slows small functions more than large ones, so the shares tell where to look, and no more; seconds are
measured elsewhere, without it.
"""

from __future__ import annotations

import cProfile
import pstats
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pipeline
from tests.corpus import FORMATS, compose

ROOT = Path(__file__).resolve().parents[1]
CLASSES = ("clean", "varied", "torn")
LEAST = 0.02  # rooms below this share are told together
LIBRARIES = "libraries"


def rooms(seed: str, formats: Sequence[str], count: int = 12) -> dict[str, dict[str, float]]:
    """For each format, the share of each room (extractors/pdf, pipeline/align, …), the largest first."""
    found = {}
    for format in [name for name in formats if name in FORMATS]:
        data = [compose(f"{seed}.rooms.{n}", format, CLASSES[n % len(CLASSES)]).data for n in range(count + 3)]
        for one in data[:3]:
            pipeline.read_report(one)
        profile = cProfile.Profile()
        for one in data[3:]:
            profile.runcall(pipeline.read_report, one)
        found[format] = _shares(pstats.Stats(profile))
    return found


def _shares(stats: pstats.Stats) -> dict[str, float]:
    """Each function's own time to its room; that of a library's function to the rooms that call it."""
    spent: Counter[str] = Counter()
    for (file, _, _), (_, _, own, _, callers) in stats.stats.items():  # type: ignore[attr-defined]
        room = _room(file)
        if room is not None:
            spent[room] += own
            continue
        called = sum(caller[2] for caller in callers.values())
        for (caller_file, _, _), caller in callers.items():
            spent[_room(caller_file) or LIBRARIES] += own * caller[2] / called if called else 0.0
    total = sum(spent.values())
    shares = {room: seconds / total for room, seconds in spent.most_common()}
    kept = {room: round(share, 3) for room, share in shares.items() if share >= LEAST}
    return kept | {"others": round(1 - sum(kept.values()), 3)}


def _room(file: str) -> str | None:
    path = Path(file)
    if not path.is_relative_to(ROOT):
        return None
    parts = path.relative_to(ROOT).parts
    return "/".join(parts[:2]).removesuffix(".py") if parts[0] in ("extractors", "pipeline") else None
