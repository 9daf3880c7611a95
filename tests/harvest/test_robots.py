"""robots.txt: what a site does not want fetched is not fetched, and not faster than it wants."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from pipeline.harvest import RawStore
from tests.harvest.site import FAST, Site, Stream, list_page, night, pdf, report_page, source
from tests.harvest.test_conditional import state


def publish(site: Site, robots: str | bytes | None, status: int = 200) -> str:
    if robots is not None:
        site.put("/robots.txt", robots, status=status)
    site.put("/list.html", list_page(("/open/1.pdf", "年度报告"), ("/closed/2.pdf", "年度报告")))
    site.put("/open/1.pdf", pdf("1"))
    site.put("/closed/2.pdf", pdf("2"))
    return site.url + "/list.html"


@pytest.mark.parametrize(
    "robots",
    [
        "User-agent: *\nDisallow: /closed/",
        "\ufeffuser-agent:gongkai\r\ndisallow:/closed/*.pdf$\r\n\r\nuser-agent: *\r\ndisallow:\r\n",
        "User-agent: *\nDisallow: /\nAllow: /open/\nAllow: /list.html\n",
    ],
)
def test_what_is_closed_is_not_asked(site: Site, store: RawStore, robots: str) -> None:
    harvested = night(store, source(publish(site, robots)))
    assert harvested.new == 1
    assert list(harvested.examples) == ["the site's robots.txt does not let it be fetched"]
    assert not site.asked("/closed/2.pdf")
    assert len(site.asked("/robots.txt")) == 1
    before = state(store)
    assert night(store, source(site.url + "/list.html")).n_failed == 1
    assert state(store) == before


@pytest.mark.parametrize(
    ("robots", "status"),
    [
        (None, 404),
        (b"", 200),
        (b"forbidden", 403),
        (b"User-agent: gongkai-other\nDisallow: /\n", 200),
        ("<html><title>404</title>页面不存在</html>".encode("gbk"), 200),
        (b"\xff\xfe\x00" * 1_000, 200),
    ],
)
def test_without_rules_everything_is_open(site: Site, store: RawStore, robots: bytes | None, status: int) -> None:
    assert night(store, source(publish(site, robots, status))).new == 2


def test_a_site_whose_rules_cannot_be_had_is_left_alone(site: Site, store: RawStore) -> None:
    harvested = night(store, source(publish(site, b"", 500)), manners=replace(FAST, retries=1))
    assert (harvested.new, harvested.requests) == (0, 2)
    (yielded,) = harvested.sources
    assert yielded.note == "the list could not be had: its robots.txt could not be had (HTTP 500)"


def test_the_last_copy_serves_when_the_rules_cannot_be_had(site: Site, store: RawStore) -> None:
    url = publish(site, "User-agent: *\nDisallow: /closed/")
    night(store, source(url))
    site.put("/robots.txt", b"", status=500)
    site.put("/open/1.pdf", pdf("second edition"))
    harvested = night(store, source(url), manners=replace(FAST, retries=0))
    assert harvested.replaced == 1
    assert not site.asked("/closed/2.pdf")


def test_a_redirect_to_what_is_closed_is_not_followed(site: Site, store: RawStore) -> None:
    publish(site, "User-agent: *\nDisallow: /closed/")
    site.put("/open/1.pdf", b"", status=301, headers=((b"Location", b"/closed/2.pdf"),))
    night(store, source(site.url + "/list.html"))
    assert not site.asked("/closed/2.pdf")


@pytest.mark.slow
def test_a_crawl_delay_is_kept(site: Site, store: RawStore) -> None:
    publish(site, "User-agent: *\nCrawl-delay: 0.3\n")
    night(store, source(site.url + "/list.html"))
    times = [asked.at for asked in site.asked()]
    assert min(later - earlier for earlier, later in pairwise(times)) > 0.25


def test_the_rules_are_read_to_a_bound(site: Site, store: RawStore) -> None:
    async def endless(stream: Stream) -> None:
        await stream.send(b"HTTP/1.1 200 OK\r\n\r\nUser-agent: *\nDisallow: /closed/\n")
        for _ in range(40):
            await stream.send(b"# more and more\n" * 4_096)
            await asyncio.sleep(0)
        stream.writer.close()

    publish(site, None)
    site.put("/robots.txt", endless)
    assert night(store, source(site.url + "/list.html")).new == 1
    assert not site.asked("/closed/2.pdf")


def test_the_probe_keeps_the_rules_too(site: Site, store: RawStore) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow: /gk/no-such\n")
    site.put("/gk/1.html", report_page("年度报告"))
    assert night(store, source(site.url + "/gk/1.html", follow=None)).new == 1
    assert not [asked for asked in site.log if "no-such-page" in asked.path]


def test_who_does_not_want_to_probe_does_not(site: Site, store: RawStore) -> None:
    site.put("/1.html", report_page("年度报告"))
    night(store, source(site.url + "/1.html", follow=None), manners=replace(FAST, probe=False))
    assert {asked.path for asked in site.log} == {"/robots.txt", "/1.html"}
