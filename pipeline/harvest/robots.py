"""robots.txt (RFC 9309): what a site lets be fetched, and how fast; asked for once a night, conditionally."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipeline.harvest.manners import PRODUCT

if TYPE_CHECKING:
    from protego import Protego

MAX_BYTES = 500 * 1024
"""What the RFC asks to be read at least; the rest is left out."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What one site says: its parsed file, or the reason why it must be left alone."""

    file: Protego | None = None
    closed: str | None = None

    def why_not(self, url: str) -> str | None:
        """Why an address may not be fetched; None when it may."""
        if self.closed is not None:
            return self.closed
        if self.file is not None and not self.file.can_fetch(url, PRODUCT):
            return "the site's robots.txt does not let it be fetched"
        return None

    @property
    def delay(self) -> float:
        """Seconds that the site wants between requests."""
        return float(self.file.crawl_delay(PRODUCT) or 0.0) if self.file is not None else 0.0


def parse(data: bytes) -> Rules:
    """The rules in a robots.txt; anything else (a page that stands in its place) has none."""
    from protego import Protego

    return Rules(Protego.parse(data[:MAX_BYTES].decode("utf-8-sig", "replace")))


class Robots:
    """The rules of each site, asked for at its first address. `ask(url of robots.txt)` fetches them."""

    def __init__(self, ask: Callable[[str], Awaitable[Rules]]) -> None:
        self._ask = ask
        self._rules: dict[str, asyncio.Task[Rules]] = {}

    async def rules(self, url: str) -> Rules:
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        if site not in self._rules:
            self._rules[site] = asyncio.ensure_future(self._ask(f"{site}/robots.txt"))
        return await asyncio.shield(self._rules[site])

    async def close(self) -> None:
        """End what is still asked for."""
        for task in self._rules.values():
            task.cancel()
        await asyncio.gather(*self._rules.values(), return_exceptions=True)
