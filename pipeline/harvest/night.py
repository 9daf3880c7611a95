"""One night: what it has met, counted and written; each address is asked once, whichever sources lead to it."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipeline.harvest import pages
from pipeline.harvest.fetch import Answer, Fetcher
from pipeline.harvest.harvested import Harvested, Yielded
from pipeline.harvest.hosts import Budget, OutOfBudget
from pipeline.harvest.manifest import DOCUMENT, HOP, LIST, PAGE, ROBOTS, Failure, Item, Manifest
from pipeline.harvest.manners import Manners
from pipeline.harvest.pages import Page
from pipeline.harvest.probes import Probes
from pipeline.harvest.refusals import NotFetched
from pipeline.harvest.robots import Rules, parse
from pipeline.harvest.rows import adding, is_same, isoformat, item_of, leading_on
from pipeline.harvest.store import Incoming, RawStore
from pipeline.harvest.urls import host_of
from pipeline.harvest.writer import Writer

Clock = Callable[[], datetime]

log = logging.getLogger("gongkai.harvest")

_STILL_FRESH = timedelta(hours=36)  # what an interrupted night fetched is not asked again by the one that goes on
_FIRST_RETRY = timedelta(hours=20)  # the next night, though it may begin a little earlier
_LAST_RETRY = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Met:
    """What came of an address: new, replaced, unchanged, vanished, failed, waiting or left; and what the page at it
    leads on to, (address, text). `role` is that of its item, where there is one."""

    state: str
    role: str | None = None
    files: tuple[tuple[str, str], ...] = ()


class Night:
    """The state of one harvest. `resumed` is when the interrupted one began that it goes on from."""

    def __init__(
        self, store: RawStore, manifest: Manifest, manners: Manners, budget: Budget, clock: Clock, refetch: bool
    ) -> None:
        self.store, self.manifest, self.manners, self.budget = store, manifest, manners, budget
        self.refetch = refetch
        self._clock = clock
        self._began = self.now()
        self._unfinished = manifest.unfinished()
        too_old = isoformat(self._clock() - _STILL_FRESH)
        self.resumed = self._unfinished if self._unfinished and self._unfinished > too_old else None
        self.writer = Writer(store, self._open)
        self.fetcher: Fetcher
        self.probes: Probes
        self.counts: Counter[str] = Counter()
        self.failures: Counter[tuple[str, str]] = Counter()
        self.examples: dict[str, str] = {}
        self.faults: list[str] = []
        self._met: dict[str, asyncio.Future[Met]] = {}

    def now(self) -> str:
        return isoformat(self._clock())

    def _open(self, manifest: Manifest) -> None:
        if self.resumed is None:
            manifest.end_night()
            manifest.begin_night(self._began)

    async def finish(self, owed: set[str]) -> None:
        """Keep who is owed a visit; the night is over, unless its budget was."""
        if owed != self.manifest.owed():
            await self.writer.write(None, lambda manifest: manifest.owe(owed))
        if (self._unfinished or self.writer.wrote) and self.budget.ended is None:
            await self.writer.write(None, lambda manifest: manifest.end_night())

    def harvested(self, sources: Mapping[str, Yielded]) -> Harvested:
        """The night in numbers; `sources` in the order they are to be shown."""
        hosts: dict[str, dict[str, int]] = {}
        for (host, reason), count in sorted(self.failures.items()):
            hosts.setdefault(host, {})[reason] = count
        counts, budget = self.counts, self.budget
        return Harvested(
            requests=budget.requests,
            bytes=budget.bytes,
            fetched=budget.fetched,
            not_modified=budget.not_modified,
            new=counts["new"],
            replaced=counts["replaced"],
            unchanged=counts["unchanged"],
            vanished=counts["vanished"],
            waiting=counts["waiting"],
            failed=hosts,
            examples=dict(sorted(self.examples.items())),
            left=counts["left"] + sum(not source.complete and not source.seen for source in sources.values()),
            ended=budget.ended,
            faults=tuple(sorted(self.faults)),
            sources=tuple(sources.values()),
            seconds=round(budget.seconds, 3),
        )

    # Documents

    async def document(
        self, source_id: str, url: str, from_page: str | None, title: str, attached: bool = False
    ) -> Met:
        """What comes of an address that a source leads to; asked once a night.

        A page that stands where an `attached` file was expected is a document only if it has figures.
        """
        first = url not in self._met
        if first:
            self._met[url] = asyncio.get_running_loop().create_future()
            try:
                met = await self._meet(source_id, url, from_page, title, attached)
            except BaseException as error:
                self._met[url].set_exception(error)
                self._met[url].exception()
                raise
            self._met[url].set_result(met)
            if met.role != PAGE:
                self.counts[met.state] += 1
        else:
            met = await asyncio.shield(self._met[url])
        if met.role is not None and not self.manifest.was_seen(source_id, url):
            await self.writer.write(None, lambda manifest: manifest.sight(source_id, url, from_page))
        return met

    async def _meet(self, source_id: str, url: str, from_page: str | None, title: str, attached: bool) -> Met:
        had = self.manifest.latest(url, DOCUMENT)
        if not self.refetch and self._waits(url):
            return Met("waiting")
        if had is not None and self.resumed is not None and had.fetched_at >= self.resumed and not had.vanished_at:
            return Met("unchanged", had.role, await self._files(had))
        answer = None
        try:
            answer = await self.fetcher.get(url, self._known(url, DOCUMENT))
            await self._refuse(url, answer)
            return await self._keep(source_id, url, from_page, title, attached, answer, had)
        except OutOfBudget:
            return Met("left")
        except NotFetched as error:
            if answer is not None and answer.body is not None:
                answer.body.discard()
            return await self._failed(source_id, url, from_page, error, had)
        except (OSError, asyncio.CancelledError):
            raise
        except Exception as error:
            log.exception("a fault of the program at %s", url)
            self.faults.append(f"{url}: {type(error).__name__}: {error}")
            return await self._failed(source_id, url, from_page, NotFetched("a fault of the program"), had)

    def _waits(self, url: str) -> bool:
        failure = self.manifest.failure(url)
        return failure is not None and failure.lasting and failure.retry_at > self.now()

    async def _refuse(self, url: str, answer: Answer) -> None:
        """Raises NotFetched for an answer that only looks like a document."""
        page = answer.page
        if answer.body is None:
            return
        if not answer.body.size:
            raise NotFetched("the answer is empty", lasting=True)
        if pages.leads_nowhere(url, answer.final_url):
            raise NotFetched("sent on to the site's front page or its page for errors", lasting=True, missing=True)
        if page is None:
            return
        if page.is_missing or await self.probes.is_missing(page):
            raise NotFetched("a page that says that there is none (HTTP 200)", lasting=True, missing=True)
        if page.is_challenge:
            raise NotFetched("the site lets in browsers only (a script sets a cookie first)", lasting=True)

    async def _keep(
        self,
        source_id: str,
        url: str,
        from_page: str | None,
        title: str,
        attached: bool,
        answer: Answer,
        had: Item | None,
    ) -> Met:
        """Write what is new; find what the page offers."""
        await self._keep_stubs(source_id, answer)
        body, page = answer.body, answer.page
        failed = self.manifest.failure(url) is not None
        essence = page.essence if page is not None else None
        if body is None or (had is not None and not had.vanished_at and is_same(had, body.sha256, essence)):
            item = had or answer.known
            assert item is not None
            if body is not None and not self.store.holds(item.sha256, item.bytes):  # lost, and here again
                await self._restore(body, item)
            elif body is not None:
                body.discard()
            await self._refresh(item, answer, failed)
            return Met("unchanged", item.role, leading_on(page) if page else await self._files(item))
        wraps = page is not None and (page.only_wraps or (attached and not page.has_figures))
        role = PAGE if wraps else DOCUMENT
        item = item_of(url, answer, role, source_id, from_page, title or None, self.now(), essence)

        def write(manifest: Manifest) -> None:
            manifest.add(item)
            manifest.sight(source_id, url, from_page)
            if failed:
                manifest.settle(url)

        await self.writer.write(body, write)
        state = "replaced" if had is not None and had.sha256 != item.sha256 else "new"
        return Met(state, role, leading_on(page) if page is not None else ())

    async def _restore(self, body: Incoming, item: Item) -> None:
        """Put back an object that the store has lost; one with another content is a row of its own."""
        now = replace(item, sha256=body.sha256, bytes=body.size, fetched_at=self.now())
        await self.writer.write(body, adding(now) if body.sha256 != item.sha256 else lambda manifest: None)

    async def _refresh(self, item: Item, answer: Answer, failed: bool) -> None:
        """Keep new marks for the next conditional request, and forget a failure, if there is anything to write."""
        marks = (answer.final_url, answer.etag, answer.last_modified)
        changed = answer.body is not None and marks != (item.final_url, item.etag, item.last_modified)
        if changed or failed:

            def write(manifest: Manifest) -> None:
                if changed:
                    manifest.refresh(item, *marks)
                if failed:
                    manifest.settle(item.url)

            await self.writer.write(None, write)

    async def _files(self, item: Item) -> tuple[tuple[str, str], ...]:
        """What a page kept before leads on to."""

        def look() -> tuple[tuple[str, str], ...]:
            with self.store.path_of(item.sha256).open("rb") as file:
                data = file.read(4096)
                if b"<" not in data or data.startswith((b"%PDF", b"PK")):
                    return ()
                data += file.read()
            page = pages.read(data, item.final_url) if pages.may_lead_on(data) else None
            return leading_on(page) if page is not None else ()

        return await asyncio.to_thread(look)

    async def _failed(
        self, source_id: str, url: str, from_page: str | None, error: NotFetched, had: Item | None
    ) -> Met:
        """Write down that an address failed, and when to try it again."""
        gone = error.missing and had is not None
        if not gone:
            self.note_failure(url, error.reason)
        if error.unasked:
            return Met("failed")
        failure = self._next_failure(source_id, url, from_page, error)

        def write(manifest: Manifest) -> None:
            manifest.fail(failure)
            if gone and had is not None and not had.vanished_at:
                manifest.mark_vanished(had, failure.last_at)

        await self.writer.write(None, write)
        if gone and had is not None:
            return Met("waiting" if had.vanished_at else "vanished", None if had.vanished_at else had.role)
        return Met("failed")

    def _next_failure(self, source_id: str, url: str, from_page: str | None, error: NotFetched) -> Failure:
        before, now = self.manifest.failure(url), self._clock()
        times = before.times + 1 if before is not None else 1
        wait = min(_FIRST_RETRY * 2 ** min(times - 1, 10), _LAST_RETRY) if error.lasting else timedelta()
        at = isoformat(now)
        first_at = before.first_at if before is not None else at
        return Failure(
            url, source_id, from_page, error.reason, error.lasting, first_at, at, times, isoformat(now + wait)
        )

    def note_failure(self, url: str, reason: str) -> None:
        log.info("not fetched: %s: %s", url, reason)
        self.failures[host_of(url), reason] += 1
        self.examples[reason] = min(url, self.examples.get(reason, url))

    # Lists, stubs, robots.txt

    async def list_page(self, source_id: str, url: str) -> Page:
        """The page of a list. Raises NotFetched, OutOfBudget."""
        answer = await self.fetcher.get(url, self._known(url, LIST))
        await self._keep_stubs(source_id, answer)
        if answer.body is None:
            assert answer.known is not None
            item, read = answer.known, self.store.read(answer.known.sha256)
            page = await asyncio.to_thread(pages.read, read, item.final_url)
            if page is None:
                raise NotFetched("no page of links", lasting=True)
            return page
        page, had = answer.page, self.manifest.latest(url, LIST)
        if page is None or page.is_challenge or page.is_missing:
            answer.body.discard()
            if page is None:
                raise NotFetched("no page of links", lasting=True)
            if page.is_missing:
                raise NotFetched("a page that says that there is none (HTTP 200)", lasting=True, missing=True)
            raise NotFetched("the site lets in browsers only (a script sets a cookie first)", lasting=True)
        essence = page.shown
        if had is not None and is_same(had, answer.body.sha256, essence):
            answer.body.discard()
            await self._refresh(had, answer, False)
        else:
            item = item_of(url, answer, LIST, source_id, None, None, self.now(), essence)
            await self.writer.write(answer.body, lambda manifest: manifest.add(item))
        return page

    async def _keep_stubs(self, source_id: str, answer: Answer) -> None:
        for at, stub in answer.stubs:
            assert stub.body is not None
            had = self.manifest.latest(at, HOP)
            if had is not None and had.sha256 == stub.body.sha256:
                stub.body.discard()
                await self._refresh(had, stub, False)
            else:
                item = item_of(at, stub, HOP, source_id, None, None, self.now(), None)
                await self.writer.write(stub.body, adding(item))

    async def rules(self, url: str) -> Rules:
        """The rules of the site whose robots.txt lies at `url`; those of the last copy when it cannot be had.

        No file there (4xx): none. No answer, or 5xx: the site is left alone, as RFC 9309 has it.
        """
        had = self.manifest.latest(url, ROBOTS)
        try:
            answer = await self.fetcher.get(url, self._known(url, ROBOTS), through_pages=False, by_robots=False)
        except NotFetched as error:
            if error.whole_site:
                return Rules(closed=error.reason)
            if error.missing or error.reason.startswith("HTTP 4"):
                return Rules()
            if had is not None and self.store.holds(had.sha256, had.bytes):
                return parse(self.store.read(had.sha256))
            return Rules(closed=f"its robots.txt could not be had ({error.reason})")
        if answer.body is None:
            assert answer.known is not None
            return parse(self.store.read(answer.known.sha256))
        data = answer.body.data()
        if had is not None and had.sha256 == answer.body.sha256:
            answer.body.discard()
            await self._refresh(had, answer, False)
        else:
            item = item_of(url, answer, ROBOTS, "", None, None, self.now(), None)
            await self.writer.write(answer.body, adding(item))
        return parse(data)

    def _known(self, asked: str, role: str) -> Callable[[str], Item | None]:
        """For each hop from `asked` on: what the store has of it, and can still show."""

        def known(at: str) -> Item | None:
            if self.refetch:
                return None
            content, stub = self.manifest.latest(asked, role), self.manifest.latest(at, HOP)
            if content is not None and content.final_url != at:
                content = None
            item = max(filter(None, (content, stub)), key=lambda item: item.item, default=None)
            usable = item is not None and not item.vanished_at and self.store.holds(item.sha256, item.bytes)
            return item if usable else None

        return known
