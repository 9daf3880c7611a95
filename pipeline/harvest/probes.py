"""How a site answers for a page that cannot be there: what its real pages are told apart from."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from urllib.parse import urljoin, urlsplit

from pipeline.harvest.fetch import Answer
from pipeline.harvest.hosts import OutOfBudget
from pipeline.harvest.pages import Page
from pipeline.harvest.refusals import NotFetched


class Probes:
    """One probe a site and night, sent at its first new page without figures; `get` fetches."""

    def __init__(self, get: Callable[[str], Awaitable[Answer]], wanted: bool) -> None:
        self._get = get
        self._wanted = wanted
        self._sites: dict[str, asyncio.Task[Page | None]] = {}

    async def is_missing(self, page: Page) -> bool:
        """Whether a page is the one that the site shows for everything it has not."""
        if not self._wanted or page.has_figures:
            return False
        parts = urlsplit(page.address)
        site = f"{parts.scheme}://{parts.netloc}"
        if site not in self._sites:
            name = hashlib.sha256(site.encode()).hexdigest()[:12]
            self._sites[site] = asyncio.ensure_future(self._probe(urljoin(page.address, f"no-such-page-{name}.html")))
        other = await asyncio.shield(self._sites[site])
        return other is not None and page.resembles(other)

    async def close(self) -> None:
        """End what is still asked for."""
        for task in self._sites.values():
            task.cancel()
        await asyncio.gather(*self._sites.values(), return_exceptions=True)

    async def _probe(self, url: str) -> Page | None:
        try:
            answer = await self._get(url)
        except (NotFetched, OutOfBudget):
            return None
        if answer.body is not None:
            answer.body.discard()
        for _, stub in answer.stubs:
            if stub.body is not None:
                stub.body.discard()
        return answer.page
