"""Patience: how often a host is asked, how many requests are under way, and when to leave it alone; the night's budget.

A host is a name with its port. Its turns are given in order of asking, no two closer than its interval.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pipeline.harvest.manners import Manners

_LONGEST_CRAWL_DELAY = 60.0


class OutOfBudget(Exception):
    """The night's requests, bytes or seconds are used up; the message says which."""


class LeftAlone(Exception):
    """A host that is not asked any more in this night; the message says why."""


class Budget:
    """What a night may cost in all."""

    def __init__(self, manners: Manners) -> None:
        self._manners = manners
        self._began = time.monotonic()
        self.requests = 0
        self.bytes = 0
        self.fetched = 0
        self.not_modified = 0
        self.ended: str | None = None

    def spend_request(self) -> None:
        """Raises OutOfBudget."""
        self.check()
        self.requests += 1

    def check(self) -> None:
        """Raises OutOfBudget when something is used up."""
        m = self._manners
        if self.ended is None:
            if self.requests >= m.budget_requests:
                self.ended = f"the night's {m.budget_requests} requests are used up"
            elif self.bytes >= m.budget_bytes:
                self.ended = f"the night's {m.budget_bytes / 1e6:g} MB are used up"
            elif self.seconds >= m.budget_seconds:
                self.ended = f"the night's {m.budget_seconds / 60:g} minutes are used up"
        if self.ended is not None:
            raise OutOfBudget(self.ended)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began


class Host:
    """One host's turns."""

    def __init__(self, name: str, manners: Manners) -> None:
        self.name = name
        self.interval = 1.0 / manners.rate
        self.turns = asyncio.Semaphore(manners.host_concurrency)
        self.next_at = 0.0
        self.left_alone: str | None = None
        self._failures = 0
        self._most_failures = manners.host_failures

    def slow_down(self, seconds: float) -> None:
        """Keep a Crawl-delay."""
        self.interval = max(self.interval, min(seconds, _LONGEST_CRAWL_DELAY))

    def pause(self, seconds: float) -> None:
        """Give no turn for some time."""
        self.next_at = max(self.next_at, time.monotonic() + seconds)

    def leave_alone(self, reason: str) -> None:
        self.left_alone = self.left_alone or reason

    def answered(self) -> None:
        self._failures = 0

    def gave_no_answer(self, reason: str) -> None:
        """After some documents in a row without an answer, the host is left alone."""
        self._failures += 1
        if self._failures >= self._most_failures:
            self.leave_alone(f"no answer {self._failures} times in a row ({reason}); left alone for this night")


class Hosts:
    """All hosts of a night, and the turns that they share."""

    def __init__(self, manners: Manners, budget: Budget) -> None:
        self._manners = manners
        self._budget = budget
        self._hosts: dict[str, Host] = {}
        self._turns = asyncio.Semaphore(manners.concurrency)
        self._random = random.Random()

    def __getitem__(self, name: str) -> Host:
        return self._hosts.setdefault(name, Host(name, self._manners))

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[Host]:
        """One request to a host: entered when it is its turn. Raises LeftAlone, OutOfBudget."""
        host = self[name]
        async with host.turns:
            while True:
                if host.left_alone is not None:
                    raise LeftAlone(host.left_alone)
                self._budget.check()
                wait = host.next_at - time.monotonic()
                if wait <= 0:
                    break
                await asyncio.sleep(min(wait, 5.0))
            host.next_at = max(host.next_at, time.monotonic()) + host.interval
            async with self._turns:
                self._budget.spend_request()
                yield host

    def backoff(self, attempt: int) -> float:
        """Seconds to wait before try `attempt` (from 1): doubling, bounded, with full jitter, so that what failed
        together is not tried again together."""
        m = self._manners
        most = min(m.backoff_seconds * 2.0 ** (attempt - 1), m.backoff_most)
        return most * (0.5 + 0.5 * self._random.random())
