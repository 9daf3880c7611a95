"""One source, from its address to the files behind it: list → further pages of the list → reports → attachments."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from pipeline.harvest.harvested import Yielded
from pipeline.harvest.hosts import OutOfBudget
from pipeline.harvest.manifest import DOCUMENT
from pipeline.harvest.night import Met, Night
from pipeline.harvest.refusals import NotFetched
from pipeline.harvest.sources import Source, year_in
from pipeline.harvest.urls import host_of

T = TypeVar("T")

_BARREN_PAGES = 3  # pages of a list in a row that lead to nothing new: a calendar, or the end
_DEPTH = 2  # from a page to its file, with a page that shows the file between them at most


@dataclass(frozen=True, slots=True)
class Lead:
    """An address that a source leads to, its link's text, and the page that it stands on."""

    url: str
    text: str
    from_page: str | None


class Visit:
    """The visit of one source. `known` documents of it stood before; `years` narrows it to reports on them."""

    def __init__(self, source: Source, night: Night, known: int, years: frozenset[int] | None) -> None:
        self._source = source
        self._night = night
        self._years = years
        self._known = known
        self._states: dict[str, Met] = {}
        self._seen: set[str] = set()
        self._list_pages = 0
        self._note: str | None = None
        self._complete = True

    async def make(self, tell: Callable[[int, int], None]) -> Yielded:
        """Visit the source. `tell(due, done)` hears of documents found and of documents done. Raises OSError."""
        source = self._source
        try:
            leads = await self._leads()
        except OutOfBudget:
            self._complete = False
            return self._yielded()
        leads.sort(key=lambda lead: self._night.manifest.latest(lead.url, DOCUMENT) is not None)  # the new ones first
        tell(len(leads), 0)

        async def follow(lead: Lead) -> None:
            await self._document(lead, _DEPTH, linked=True)
            tell(0, 1)

        await each(self._night.manners.concurrency, leads, follow)
        if self._years is None:
            unlinked = [
                Lead(url, "", page)
                for url, page in self._night.manifest.seen_by(source.source_id)
                if url not in self._states and self._stands(url)
            ]
            await each(self._night.manners.concurrency, unlinked, lambda lead: self._document(lead, 0, linked=False))
        return self._yielded()

    def _stands(self, url: str) -> bool:
        item = self._night.manifest.latest(url, DOCUMENT)
        return item is not None and item.vanished_at is None

    async def _document(self, lead: Lead, depth: int, linked: bool) -> None:
        attached = linked and depth < _DEPTH
        met = await self._night.document(self._source.source_id, lead.url, lead.from_page, lead.text, attached)
        self._states[lead.url] = met
        self._complete &= met.state != "left"
        if linked and met.role == DOCUMENT and met.state != "vanished":
            self._seen.add(lead.url)
        if depth > 0:
            for url, text in met.files:
                if url not in self._states:
                    await self._document(Lead(url, text, lead.url), depth - 1, linked)

    async def _leads(self) -> list[Lead]:
        """What the source leads to: what its list links to, or its own address. Raises OutOfBudget."""
        source, night = self._source, self._night
        if source.follow is None:
            return [Lead(source.url, "", None)]
        found: dict[str, Lead] = {}
        due, seen, barren = [source.url], {source.url}, 0
        while due and barren < _BARREN_PAGES:
            if self._list_pages >= night.manners.max_list_pages or len(found) >= night.manners.max_documents:
                self._note = f"the list goes on after {self._list_pages} pages and {len(found)} links; left there"
                break
            at = due.pop(0)
            try:
                page = await night.list_page(source.source_id, at)
            except NotFetched as error:
                if at != source.url and error.missing:  # a page number that its script drew too many
                    continue
                night.note_failure(at, error.reason)
                self._note = f"the list could not be had: {error.reason}" if at == source.url else self._note
                continue
            self._list_pages += 1
            before = len(found)
            further = [p for p in page.next_pages if p not in seen and host_of(p) == host_of(page.address)]
            seen.update(further)
            due.extend(further)
            for url, text, kind in page.links:
                if kind != "next" and url not in seen and source.leads_to(url, text) and self._wants(text):
                    found.setdefault(url, Lead(url, text, at))
            barren = 0 if len(found) > before else barren + 1
        if not found and self._note is None:
            self._note = (
                "no link of the list is one to follow; does the pattern still fit, or is it filled in by script?"
            )
        return list(found.values())[: night.manners.max_documents]

    def _wants(self, text: str) -> bool:
        year = year_in(text)
        return self._source.covers(year) and (self._years is None or year is None or year in self._years)

    def _yielded(self) -> Yielded:
        states = [met.state for met in self._states.values()]
        documents = [met.state for met in self._states.values() if met.role == DOCUMENT]
        return Yielded(
            self._source.source_id,
            self._source.publisher,
            self._source.url,
            self._known,
            len(self._seen),
            documents.count("new"),
            documents.count("replaced"),
            documents.count("vanished"),
            states.count("failed"),
            self._list_pages,
            self._note,
            self._complete,
        )


async def each(width: int, items: Iterable[T], work: Callable[[T], Awaitable[None]]) -> None:
    """Do `work` for every item, for up to `width` of them at a time, begun in their order.

    The first exception ends the others and is raised as it is.
    """
    left = iter(items)

    async def worker() -> None:
        for item in left:
            await work(item)

    workers = [asyncio.ensure_future(worker()) for _ in range(width)]
    try:
        await asyncio.gather(*workers)
    finally:
        for one in workers:
            one.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
