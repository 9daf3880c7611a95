"""Sources → the raw store, politely: each night, and over the years.

`harvest` holds the order: the sources to visit, each visited (`visit`: list → reports → attachments), each address met
once (`night`), asked with patience (`hosts`) and within bounds (`fetch`), what is new kept for good (`store`). The main
job reads the store like any folder: `gongkai run STORE`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipeline.harvest.harvested import Harvested, Yielded
from pipeline.harvest.manners import Manners
from pipeline.harvest.sources import Source, choose
from pipeline.harvest.store import RawStore

if TYPE_CHECKING:
    from pipeline.harvest.manifest import Manifest

__all__ = ["Harvested", "Manners", "RawStore", "Source", "Yielded", "harvest"]

Progress = Callable[[str, int, int], None]
"""Called with a stage, how many of its items are done, and how many there are."""

_SOURCES_AT_A_TIME = 256


def _utc_now() -> datetime:
    return datetime.now(UTC)


def harvest(
    sources: Iterable[Source],
    store: RawStore,
    manners: Manners,
    *,
    now: Callable[[], datetime] = _utc_now,
    progress: Progress | None = None,
    refetch: bool = False,
    years: Iterable[int] | None = None,
    jurisdictions: Iterable[str] | None = None,
) -> Harvested:
    """Visit the active `sources` and keep in `store` what is new or replaced; mark what vanished.

    `years` and `jurisdictions` (GB/T 2260, with all that lies in them) narrow the visit; `refetch` asks for everything
    anew, without conditions. Killed at any moment, the next call goes on. Raises `store.Busy`, `manifest.Damaged`,
    `ValueError` for manners that are none, and OSError for a disk that is full.
    """
    import asyncio

    wanted = None if years is None else frozenset(years)
    chosen = choose(sources, wanted, jurisdictions)
    with store.writing() as manifest:
        owed = manifest.owed()
        chosen.sort(key=lambda source: source.source_id not in owed)
        return asyncio.run(_night(chosen, store, manifest, manners, now, progress, refetch, wanted))


async def _night(
    sources: list[Source],
    store: RawStore,
    manifest: Manifest,
    manners: Manners,
    now: Callable[[], datetime],
    progress: Progress | None,
    refetch: bool,
    years: frozenset[int] | None,
) -> Harvested:
    import asyncio

    from pipeline.harvest.session import session
    from pipeline.harvest.visit import Visit, each

    known = manifest.standing() if years is None else {}  # of a part, nobody knows how much to expect
    due = done = 0

    def tell(more: int, finished: int) -> None:
        nonlocal due, done
        due, done = due + more, done + finished
        if progress is not None:
            progress("fetching", done, due)

    yielded: dict[str, Yielded] = {}
    async with session(store, manifest, manners, now, refetch) as night:

        async def visit(source: Source) -> None:
            visited = Visit(source, night, known.get(source.source_id, 0), years)
            yielded[source.source_id] = await visited.make(tell)

        await each(min(_SOURCES_AT_A_TIME, max(len(sources), 1)), sources, visit)
        complete = {source_id for source_id, one in yielded.items() if one.complete}
        visited_ids = {source.source_id for source in sources}
        await night.finish((manifest.owed() - visited_ids) | (visited_ids - complete))
        await asyncio.sleep(0)
        return night.harvested(yielded)
