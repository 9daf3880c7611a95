"""One address → one answer: politely, within bounds, through redirects of every kind, or a reason why not."""

from __future__ import annotations

import asyncio
import email.utils
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpcore
import httpx

from pipeline.harvest import pages
from pipeline.harvest.addresses import Refused
from pipeline.harvest.hosts import Budget, Host, Hosts, LeftAlone
from pipeline.harvest.manifest import Item
from pipeline.harvest.manners import Manners
from pipeline.harvest.names import file_name
from pipeline.harvest.pages import Page
from pipeline.harvest.refusals import NotFetched, tls_fault
from pipeline.harvest.robots import Robots
from pipeline.harvest.store import StoreFailed
from pipeline.harvest.unpacking import Damaged, finished, unpacked, unpackers
from pipeline.harvest.urls import absolute, host_of

if TYPE_CHECKING:
    from pipeline.harvest.store import Incoming, RawStore

Known = Callable[[str], Item | None]
"""The address of a hop → what the store has of it, to be asked for only if it changed."""

_REDIRECTS = (301, 302, 303, 307, 308)
_PASSING = (408, 425, 429, 500, 502, 503, 504)
_MISSING = (404, 410)
_CHALLENGES = (412, 521, 567)  # script challenges of shields that are common before these sites
_DRAINED = 65_536  # bytes of an answer nobody needs, read so that the connection can serve again
_NO_PAGES = (b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"{\\rtf", b"\x89PNG", b"\xff\xd8\xff", b"Rar!")
_TRANSPORT = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, httpx.TransportError)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address holds now. `body` is None when it is `known`, as kept before; `page` is read where it is one."""

    final_url: str
    status: int
    etag: str | None = None
    last_modified: str | None = None
    content_type: str | None = None
    name: str | None = None
    body: Incoming | None = None
    known: Item | None = None
    page: Page | None = None
    stubs: tuple[tuple[str, Answer], ...] = ()
    """(address, answer) of pages on the way that only sent on, those that are new."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One request's answer."""

    status: int
    headers: httpx.Headers
    body: Incoming | None = None
    sent_to: bytes | None = None

    def raw(self, name: bytes) -> bytes | None:
        return next((value for key, value in self.headers.raw if key.lower() == name), None)

    def said(self, name: bytes) -> str | None:
        """A header as text that gives back its bytes."""
        value = self.raw(name)
        return None if value is None else value.decode("latin-1")

    @property
    def location(self) -> str | None:
        if self.sent_to is None:
            return None
        try:
            return self.sent_to.decode("utf-8")
        except UnicodeDecodeError:
            return self.sent_to.decode("gb18030", "replace")


class Fetcher:
    """Fetches for one night, within its manners. `robots` is set by the one who keeps them."""

    def __init__(self, client: httpx.AsyncClient, hosts: Hosts, budget: Budget, manners: Manners, store: RawStore):
        self._client = client
        self._hosts = hosts
        self._budget = budget
        self._manners = manners
        self._store = store
        self._untrusted: dict[str, str] = {}
        self.robots: Robots | None = None

    async def get(
        self, url: str, known: Known = lambda address: None, through_pages: bool = True, by_robots: bool = True
    ) -> Answer:
        """What `url` holds, after all redirects; those by pages and scripts too, unless not `through_pages`.

        Only `by_robots` = False, for robots.txt itself, asks without its leave. Raises NotFetched, OutOfBudget, and
        StoreFailed for the store's disk.
        """
        stubs: list[tuple[str, Answer]] = []
        at = url
        for _ in range(self._manners.max_redirects + 1):
            await self._check(at, by_robots)
            had = known(at)
            step = await self._persist(at, had)
            if step.status in _REDIRECTS:
                there = absolute(step.location or "", at)
                if there is None:
                    raise NotFetched(f"redirected to what is no address of the web (HTTP {step.status})", lasting=True)
                at = there
                continue
            answer = await self._answer(at, step, had, stubs, through_pages)
            there = answer.page.goes_on_to if answer.page is not None and through_pages else None
            if there is None:
                return answer
            if answer.body is not None:
                stubs.append((at, answer))
            at = there
        for _, stub in stubs:
            if stub.body is not None:
                stub.body.discard()
        raise NotFetched(f"redirected more than {self._manners.max_redirects} times", lasting=True)

    async def _check(self, url: str, by_robots: bool) -> None:
        """Raises NotFetched where the site does not want it."""
        if host_of(url) in self._untrusted:
            raise NotFetched(self._untrusted[host_of(url)], unasked=True, whole_site=True)
        if self.robots is not None and by_robots:
            rules = await self.robots.rules(url)
            self._hosts[host_of(url)].slow_down(rules.delay)
            reason = rules.why_not(url)
            if reason is not None:
                raise NotFetched(reason, unasked=True)

    async def _answer(
        self, at: str, step: _Step, had: Item | None, stubs: list[tuple[str, Answer]], through_pages: bool
    ) -> Answer:
        if step.body is None:
            assert had is not None
            page = None
            if through_pages and had.role == "hop":
                page = await self._page(self._store.read(had.sha256), at)
            return Answer(at, step.status, had.etag, had.last_modified, known=had, page=page, stubs=tuple(stubs))
        data = step.body.data()
        return Answer(
            at,
            step.status,
            step.said(b"etag"),
            step.said(b"last-modified"),
            step.said(b"content-type"),
            file_name(step.raw(b"content-disposition")),
            step.body,
            page=await self._page(data, at),
            stubs=tuple(stubs),
        )

    async def _page(self, data: bytes, at: str) -> Page | None:
        if data.startswith(_NO_PAGES) or b"<" not in data[:4096]:
            return None
        return await asyncio.to_thread(pages.read, data, at)

    async def _persist(self, url: str, had: Item | None) -> _Step:
        """One request, with further tries for what may pass. The answer is a redirect, 304 or 200."""
        host = self._hosts[host_of(url)]
        reason, silent = "", False
        for attempt in range(1, self._manners.retries + 2):
            try:
                async with self._hosts.turn(host.name):
                    step = await self._once(url, had)
            except StoreFailed:
                raise
            except (*_TRANSPORT, OSError) as error:
                fault = tls_fault(error)
                if fault is not None:
                    self._untrusted[host.name] = fault
                    raise NotFetched(fault, whole_site=True) from error
                reason, silent = _why(error), True
            except Refused as error:
                raise NotFetched(f"not asked, for its address: {error}", unasked=True, whole_site=True) from error
            except LeftAlone as error:
                raise NotFetched(str(error), unasked=True) from error
            except (httpx.InvalidURL, httpx.CookieConflict, UnicodeError) as error:
                raise NotFetched(f"no address that can be asked ({error})", lasting=True) from error
            else:
                host.answered()
                if step.status not in _PASSING:
                    return _final(step)
                reason, silent = f"HTTP {step.status}", False
                self._heed(host, step)
            if attempt <= self._manners.retries and host.left_alone is None:
                await asyncio.sleep(self._hosts.backoff(attempt))
        if silent:
            host.gave_no_answer(reason)
        raise NotFetched(reason)

    def _heed(self, host: Host, step: _Step) -> None:
        """Keep a Retry-After, for the whole host."""
        seconds = _retry_after(step.said(b"retry-after"))
        if seconds is None:
            return
        if seconds > self._manners.backoff_most:
            host.leave_alone(f"it asked to be left alone for {seconds:.0f} s (HTTP {step.status})")
        else:
            host.pause(seconds)

    async def _once(self, url: str, had: Item | None) -> _Step:
        m = self._manners
        timeout = httpx.Timeout(m.read_seconds, connect=m.connect_seconds, pool=None)
        request = self._client.build_request("GET", url, headers=_conditions(had), timeout=timeout)
        body: Incoming | None = None
        kept = False
        try:
            async with asyncio.timeout(m.total_seconds):
                response = await self._client.send(request, stream=True)
                try:
                    if response.status_code == 200:
                        body = self._store.incoming()
                        await self._receive(response, body)
                        kept = True
                        self._budget.fetched += 1
                    else:
                        await self._drain(response)
                finally:
                    await response.aclose()
        except TimeoutError:
            self._hosts[host_of(url)].gave_no_answer("too slow")
            raise NotFetched(f"not complete after {m.total_seconds:g} s") from None
        finally:
            if body is not None and not kept:
                body.discard()
        if response.status_code == 304:
            if had is None:
                raise NotFetched("HTTP 304 to an unconditional request")
            self._budget.not_modified += 1
        return _Step(response.status_code, response.headers, body, response.extensions.get("location"))

    async def _receive(self, response: httpx.Response, body: Incoming) -> None:
        """The answer's bytes, unpacked, up to the bounds. Raises NotFetched beyond them."""
        m = self._manners
        length = response.headers.get("content-length", "")
        if length.isdigit() and int(length) > m.max_bytes:
            raise NotFetched(f"it has {int(length) / 1e6:.0f} MB, more than the bound of {m.max_bytes / 1e6:g}", True)
        received = 0
        try:
            chain = unpackers(response.headers.get("content-encoding", ""))
            async for part in response.aiter_raw():
                received += len(part)
                self._budget.bytes += len(part)
                if received > m.max_bytes:
                    raise NotFetched(f"it has more than {m.max_bytes / 1e6:g} MB", lasting=True)
                for piece in unpacked(part, chain):
                    body.write(piece)
                    if body.size > m.max_decoded_bytes:
                        raise NotFetched(f"it unpacks to more than {m.max_decoded_bytes / 1e6:g} MB", lasting=True)
            finished(chain)
        except Damaged as error:
            raise NotFetched(str(error)) from error

    async def _drain(self, response: httpx.Response) -> None:
        received = 0
        async for part in response.aiter_raw():
            received += len(part)
            self._budget.bytes += len(part)
            if received > _DRAINED:
                return


def _conditions(had: Item | None) -> list[tuple[bytes, bytes]]:
    conditions = []
    if had is not None and had.etag:
        conditions.append((b"If-None-Match", had.etag.encode("latin-1")))
    if had is not None and had.last_modified:
        conditions.append((b"If-Modified-Since", had.last_modified.encode("latin-1")))
    return conditions


def _final(step: _Step) -> _Step:
    """The step itself, if it is an answer. Raises NotFetched for every other status."""
    if step.status in (200, 304) or step.status in _REDIRECTS:
        return step
    if step.status in _MISSING:
        raise NotFetched(f"HTTP {step.status}", lasting=True, missing=True)
    if step.status in _CHALLENGES:
        raise NotFetched(f"HTTP {step.status}: the site lets in browsers only (a script challenge)", lasting=True)
    raise NotFetched(f"HTTP {step.status}", lasting=True)


def _retry_after(said: str | None) -> float | None:
    """Seconds, from a number or a date; None without a sensible one."""
    if not said:
        return None
    if said.strip().isdigit():
        return float(said)
    try:
        return max(email.utils.parsedate_to_datetime(said).timestamp() - time.time(), 0.0)
    except (TypeError, ValueError, OverflowError):
        return None


def _why(error: Exception) -> str:
    """A transport's error as a reason, without what differs from one document to the next."""
    if isinstance(error, httpcore.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, httpcore.TimeoutException):
        return "no answer in time"
    if isinstance(error, httpcore.ConnectError):
        return f"no connection ({str(error) or type(error).__name__})"
    if isinstance(error, httpcore.ProtocolError):
        return f"no proper answer ({error})"
    return f"the connection broke ({str(error) or type(error).__name__})"
