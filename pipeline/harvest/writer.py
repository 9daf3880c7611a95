"""Writes to the store in groups: many documents wait together for one disk, each until it is on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pipeline.harvest.manifest import Manifest
from pipeline.harvest.store import Incoming, RawStore, Write

_MOST = 64


class Writer:
    """Takes writes from many tasks and commits what has gathered while the disk was at work.

    The first one of a night is preceded by `opening`, so that a night that writes nothing leaves no trace.
    """

    def __init__(self, store: RawStore, opening: Callable[[Manifest], None]) -> None:
        self._store = store
        self._opening: Callable[[Manifest], None] | None = opening
        self._failed: Exception | None = None
        self._queue: asyncio.Queue[tuple[Write, asyncio.Future[None]]] = asyncio.Queue()

    @property
    def wrote(self) -> bool:
        return self._opening is None

    async def write(self, body: Incoming | None, write: Callable[[Manifest], None]) -> None:
        """Return once the object and its rows are durable. Raises OSError, manifest.Damaged."""
        if self._failed is not None:
            raise self._failed
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(((body, write), done))
        await done

    async def work(self) -> None:
        """Commit until cancelled. A failure is raised in every task that waits for the group, and here."""
        while True:
            group = [await self._queue.get()]
            while len(group) < _MOST and not self._queue.empty():
                group.append(self._queue.get_nowait())
            writes = [write for write, _ in group]
            if self._opening is not None:
                writes.insert(0, (None, self._opening))
            try:
                await asyncio.to_thread(self._store.commit, writes)
            except Exception as error:
                self._failed = error
                while not self._queue.empty():
                    group.append(self._queue.get_nowait())
                for _, done in group:
                    if not done.done():
                        done.set_exception(error)
                        done.exception()  # whoever waits has it; nobody may be left to
                raise
            self._opening = None
            for _, done in group:
                if not done.done():
                    done.set_result(None)
