"""Calendars without an end: every page leads to a further one."""

from __future__ import annotations

from dataclasses import replace

from pipeline.harvest import RawStore
from tests.harvest.site import FAST, Site, Stream, list_page, night, pdf, source


class Calendar(dict):  # type: ignore[type-arg]
    """The pages of a site with a page for every month that anybody asks for."""

    def __init__(self, site: Site, reports: bool) -> None:
        super().__init__(site.pages)
        self._site, self._reports = site, reports

    def get(self, path: str, default: object = None) -> object:
        if path.startswith("/month?"):
            n = int(path.partition("=")[2])
            links = [(f"/month?n={n + 1}", "下一页"), *((f"/day?m={n}&d={d}", str(d)) for d in range(1, 29))]
            if self._reports:
                links.append((f"/{n}.pdf", "年度报告"))
            self._site.put(path, list_page(*links))
            return self._site.pages[path]
        if path.endswith(".pdf"):
            self._site.put(path, pdf(path))
            return self._site.pages[path]
        return super().get(path, default)


def test_a_calendar_is_left_when_nothing_new_comes(site: Site, store: RawStore) -> None:
    site.pages = Calendar(site, reports=False)
    site.put("/list.html", list_page(("/month?n=1", "下一页"), ("/1.pdf", "年度报告")))
    harvested = night(store, source(site.url + "/list.html"))
    assert harvested.new == 1
    assert len(site.asked()) < 10
    assert not [asked for asked in site.log if asked.path.startswith("/day")]


def test_a_list_without_an_end_is_left_at_the_bound(site: Site, store: RawStore) -> None:
    site.pages = Calendar(site, reports=True)
    manners = replace(FAST, max_list_pages=7)
    harvested = night(store, source(site.url + "/month?n=1"), manners=manners)
    assert harvested.new == 7
    assert harvested.sources[0].note == "the list goes on after 7 pages and 7 links; left there"
    harvested = night(store, source(site.url + "/month?n=1"), manners=replace(FAST, max_documents=3))
    assert len([asked for asked in site.log if asked.path == "/5.pdf"]) == 2  # known, and looked after


def test_addresses_that_grow_are_left(site: Site, store: RawStore) -> None:
    async def deeper(stream: Stream) -> None:
        body = list_page(("x/" * 20, "下一页"), ("r" * 3000, "年度报告")).encode()
        await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    site.missing.behaviour = deeper
    harvested = night(store, source(site.url + "/list/"))
    assert harvested.new == 0
    assert len(site.asked()) < 10
