"""What a night works with, set up and taken down: the client, the patience, the writer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx

from pipeline.harvest.addresses import Policy
from pipeline.harvest.connections import Transport, tls
from pipeline.harvest.fetch import Fetcher
from pipeline.harvest.hosts import Budget, Hosts
from pipeline.harvest.manifest import Manifest
from pipeline.harvest.manners import Manners
from pipeline.harvest.night import Clock, Night
from pipeline.harvest.probes import Probes
from pipeline.harvest.robots import Robots
from pipeline.harvest.store import RawStore
from pipeline.harvest.unpacking import ACCEPTED


@asynccontextmanager
async def session(
    store: RawStore, manifest: Manifest, manners: Manners, clock: Clock, refetch: bool
) -> AsyncIterator[Night]:
    """A night that can begin. Raises ValueError for an `allow` entry that is none, OSError for a `ca_file`."""
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it tells of every single request
    budget = Budget(manners)
    night = Night(store, manifest, manners, budget, clock, refetch)
    async with client(manners) as asking:
        fetcher = Fetcher(asking, Hosts(manners, budget), budget, manners, store)
        fetcher.robots = robots = Robots(night.rules)
        night.fetcher, night.probes = fetcher, Probes(fetcher.get, manners.probe)
        writing = asyncio.ensure_future(night.writer.work())
        try:
            yield night
        finally:
            writing.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await writing
            await robots.close()
            await night.probes.close()


def client(manners: Manners) -> httpx.AsyncClient:
    """An HTTP client with these manners: what it may connect to, whom it trusts, what it says of itself.

    It asks nobody's proxy: what a proxy connects to could not be judged.
    """
    transport = Transport(Policy(manners.allow), tls(manners.ca_file), manners.concurrency)
    headers = {
        "User-Agent": manners.user_agent,
        "Accept": "text/html,application/xhtml+xml,application/pdf,application/msword,*/*;q=0.8",
        "Accept-Language": "zh-CN,zh;q=0.9",
        "Accept-Encoding": ACCEPTED,
    }
    return httpx.AsyncClient(transport=transport, headers=headers, follow_redirects=False, trust_env=False)
