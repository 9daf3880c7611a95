"""Politeness: how often, how many at a time, how much in a night; and what to do when a site asks for a pause."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from email.utils import formatdate
from itertools import pairwise

import pytest

from pipeline.harvest import Manners, RawStore
from tests.harvest.site import FAST, Published, Site, Stream, list_page, night, pdf, source


def publish(site: Site, count: int) -> str:
    site.put("/list.html", list_page(*((f"/{n}.pdf", "年度报告") for n in range(count))))
    for n in range(count):
        site.put(f"/{n}.pdf", pdf(str(n)))
    return site.url + "/list.html"


def times(site: Site) -> list[float]:
    return [asked.at for asked in site.log]


def test_no_two_requests_come_closer_than_the_rate_allows(site: Site, store: RawStore) -> None:
    night(store, source(publish(site, 8)), manners=replace(FAST, rate=20.0))
    gaps = [later - earlier for earlier, later in pairwise(times(site))]
    assert len(gaps) == 9
    assert min(gaps) > 0.03


@pytest.mark.parametrize("bounds", [{"host_concurrency": 2}, {"concurrency": 2}])
def test_only_so_many_at_a_time(site: Site, store: RawStore, bounds: dict[str, int]) -> None:
    async def slow(stream: Stream) -> None:
        await asyncio.sleep(0.05)
        await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n%PDF-1.4")

    url = publish(site, 10)
    for n in range(10):
        site.put(f"/{n}.pdf", slow)
    harvested = night(store, source(url), manners=replace(FAST, **{"host_concurrency": 9, **bounds}))
    assert harvested.new == 10
    assert site.busiest == 2


def test_a_contact_stands_in_every_request(site: Site, store: RawStore) -> None:
    manners = replace(FAST, user_agent=Manners.agent("name@example.org", "1.2"))
    night(store, source(publish(site, 1)), manners=manners)
    assert {asked.headers["user-agent"] for asked in site.log} == {"gongkai/1.2 (+mailto:name@example.org)"}
    assert Manners.agent("https://example.org/bot") == "gongkai (+https://example.org/bot)"


def failing(site: Site, times: int, status: int, *headers: tuple[bytes, bytes]) -> None:
    """`/0.pdf` fails so many times before it is there."""
    left = times

    async def behaviour(stream: Stream) -> None:
        nonlocal left
        body = b"busy" if left else pdf()
        lines = [b"HTTP/1.1 %d X" % (status if left else 200), b"Content-Length: %d" % len(body)]
        lines += [name + b": " + value for name, value in headers if left]
        left = max(left - 1, 0)
        await stream.send(b"\r\n".join([*lines, b"", b""]) + body)

    site.put("/0.pdf", behaviour)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again_with_growing_pauses(site: Site, store: RawStore, status: int) -> None:
    url = publish(site, 1)
    failing(site, 3, status)
    harvested = night(store, source(url), manners=replace(FAST, backoff_seconds=0.08, retries=3))
    assert (harvested.new, harvested.n_failed) == (1, 0)
    tries = [asked.at for asked in site.asked("/0.pdf")]
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    for pause, most in zip(pauses, (0.08, 0.16, 0.32), strict=True):
        assert pause >= most / 2 - 0.01
    assert pauses[2] > pauses[0]


def test_what_does_not_pass_is_left_and_tried_in_the_next_night(site: Site, store: RawStore) -> None:
    url = publish(site, 2)
    failing(site, 99, 503)
    harvested = night(store, source(url))
    assert (harvested.new, harvested.failed) == (1, {site.url.removeprefix("http://"): {"HTTP 503": 1}})
    assert len(site.asked("/0.pdf")) == 4
    failing(site, 0, 503)
    harvested = night(store, source(url))
    assert (harvested.new, harvested.waiting) == (1, 0)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_kept_for_the_whole_host(site: Site, store: RawStore, form: str) -> None:
    url = publish(site, 6)
    after = b"1" if form == "seconds" else formatdate(time.time() + 2, usegmt=True).encode()
    failing(site, 1, 429, (b"Retry-After", after))
    manners = replace(FAST, host_concurrency=1, backoff_most=5.0)
    harvested = night(store, source(url), manners=manners)
    assert harvested.new == 6
    (first, *_) = [asked.at for asked in site.log if asked.path == "/0.pdf"]
    later = [asked.at for asked in site.log if asked.at > first]
    assert min(later) - first > 0.8


def test_a_host_that_asks_for_a_long_pause_is_left_alone(site: Site, store: RawStore) -> None:
    url = publish(site, 6)
    failing(site, 99, 503, (b"Retry-After", b"3600"))
    began = time.monotonic()
    harvested = night(store, source(url), manners=replace(FAST, host_concurrency=1))
    assert time.monotonic() - began < 5
    assert harvested.new == 0
    assert sum(harvested.failed[site.url.removeprefix("http://")].values()) == 6
    assert "it asked to be left alone for 3600 s (HTTP 503)" in harvested.examples
    assert len(site.asked()) == 2


def test_a_host_that_gives_no_answer_is_left_alone(site: Site, store: RawStore) -> None:
    async def hang_up(stream: Stream) -> None:
        stream.writer.close()

    url = publish(site, 12)
    for n in range(12):
        site.put(f"/{n}.pdf", hang_up)
    manners = replace(FAST, host_concurrency=1, retries=0, host_failures=3)
    harvested = night(store, source(url), manners=manners)
    assert harvested.n_failed == 12
    assert len(site.asked()) == 4
    assert any("no answer 3 times in a row" in reason for reason in harvested.examples)


@pytest.mark.parametrize(
    ("budget", "ended"),
    [
        ({"budget_requests": 6}, "the night's 6 requests are used up"),
        ({"budget_bytes": 3_000}, "the night's 0.003 MB are used up"),
    ],
)
def test_a_night_ends_with_its_budget_and_the_next_goes_on(
    site: Site, store: RawStore, budget: dict[str, int], ended: str
) -> None:
    site.missing = Published(b"x" * 500, 404)
    sources = []
    for n in range(3):
        site.put(f"/list{n}.html", list_page(*((f"/{n}/{m}.pdf", "年度报告") for m in range(5))))
        sources.append(source(f"{site.url}/list{n}.html", publisher=str(n)))
        for m in range(5):
            site.put(f"/{n}/{m}.pdf", pdf("x" * 200))
    manners = replace(FAST, concurrency=1, host_concurrency=1, **budget)
    seen = 0
    for _ in range(20):
        harvested = night(store, *sources, manners=manners)
        seen += harvested.new
        assert harvested.requests <= budget.get("budget_requests", 99)
        if harvested.ended is None:
            break
        assert harvested.ended == ended
        assert harvested.left > 0
        assert not harvested.fell_silent
    assert seen == 15
    assert len([item for item in store.items() if item.role == "document"]) == 15


def test_a_night_ends_with_its_time(site: Site, store: RawStore) -> None:
    harvested = night(store, source(publish(site, 30)), manners=replace(FAST, rate=20.0, budget_seconds=0.5))
    assert harvested.ended is not None
    assert 0 < harvested.new < 30
    assert harvested.new + harvested.left == 30


@pytest.mark.parametrize("wrong", [{"rate": 0.0}, {"concurrency": 0}, {"host_concurrency": -1}, {"retries": -1}])
def test_manners_that_are_none(wrong: dict[str, int]) -> None:
    (name,) = wrong
    with pytest.raises(ValueError, match=name):
        Manners(**wrong)  # type: ignore[arg-type]
