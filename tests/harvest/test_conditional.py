"""The second night: what has not changed is asked for conditionally, and nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.harvest import RawStore
from tests.harvest.site import Asked, Site, Stream, list_page, night, pdf, report_page, source

TITLE = "甲县2020年政府信息公开工作年度报告"


def state(store: RawStore) -> dict[str, tuple[int, int, int]]:
    """Every file of the store with its inode, time and size."""
    files = (path for path in store.root.rglob("*") if path.is_file())
    return {str(p): (s.st_ino, s.st_mtime_ns, s.st_size) for p in files for s in [p.stat()]}


def publish(site: Site, marked: bool = True) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow: /private/\n", marked=marked)
    site.put("/list.html", list_page(("/1.html", TITLE), ("/2.pdf", TITLE), ("/old/3.html", TITLE)), marked=marked)
    site.put("/1.html", report_page(TITLE, '<a href="/a.docx">附件</a>'), marked=marked)
    site.put("/a.docx", b"PK\x03\x04", marked=marked)
    site.put("/2.pdf", pdf(), marked=marked)
    stub = '<html><head><meta http-equiv="refresh" content="0;url=/new/3.html"></head></html>'
    site.put("/old/3.html", stub, marked=marked)
    site.put("/new/3.html", report_page(TITLE, prose="另一份报告。" * 100), marked=marked)


def test_an_unchanged_site_is_asked_conditionally_only_and_nothing_is_written(site: Site, store: RawStore) -> None:
    publish(site)
    first = night(store, source(site.url + "/list.html"))
    assert (first.new, first.fetched, first.not_modified) == (4, 7, 0)
    before, asked_before = state(store), sorted({asked.path for asked in site.asked()})
    site.log.clear()
    second = night(store, source(site.url + "/list.html"))
    assert [asked for asked in site.log if not asked.conditional or asked.status != 304] == []
    assert sorted(asked.path for asked in site.asked()) == asked_before
    assert (second.new, second.replaced, second.unchanged, second.fetched) == (0, 0, 4, 0)
    assert second.not_modified == second.requests == 7
    assert not second.wrote
    assert state(store) == before


def test_a_site_without_marks_is_fetched_again_and_nothing_is_written(site: Site, store: RawStore) -> None:
    publish(site, marked=False)
    night(store, source(site.url + "/list.html"))
    before = state(store)
    second = night(store, source(site.url + "/list.html"))
    assert (second.new, second.replaced, second.unchanged, second.not_modified) == (0, 0, 4, 0)
    assert state(store) == before


def test_a_date_alone_is_sent_back_as_it_came(site: Site, store: RawStore) -> None:
    date = "Fri, 29 Jan 2021 08:00:00 +0800 (CST)"
    site.put("/1.pdf", pdf(), headers=((b"Last-Modified", date.encode()),), marked=False)
    night(store, source(site.url + "/1.pdf", follow=None))
    night(store, source(site.url + "/1.pdf", follow=None))
    assert site.asked("/1.pdf")[-1].headers["if-modified-since"] == date
    assert "if-none-match" not in site.asked("/1.pdf")[-1].headers


def test_new_marks_on_the_same_content_are_kept_for_the_next_night(site: Site, store: RawStore) -> None:
    def put(mark: bytes) -> None:
        site.put("/1.pdf", pdf(), headers=((b"ETag", mark),), marked=False)

    put(b'W/"\xb9\xfa-1"')  # raw bytes in the mark come back as they were
    for mark in (b'"2"', b'"2"'):
        night(store, source(site.url + "/1.pdf", follow=None))
        put(mark)
    night(store, source(site.url + "/1.pdf", follow=None))
    marks = [asked.headers.get("if-none-match") for asked in site.asked("/1.pdf")]
    assert marks == [None, 'W/"\xb9\xfa-1"', '"2"']
    assert len(store.items()) == 1


def test_only_what_changed_costs_anything(site: Site, store: RawStore) -> None:
    publish(site)
    night(store, source(site.url + "/list.html"))
    site.put("/2.pdf", pdf("second edition"))
    harvested = night(store, source(site.url + "/list.html"))
    assert (harvested.replaced, harvested.unchanged, harvested.fetched) == (1, 3, 1)
    assert len(store.items()) == 8


@pytest.mark.parametrize("shown", ["今天是{}年11月20日 星期五", "浏览次数：{}", "您是第{}位访客", "<!-- 生成于 {} -->"])
def test_clocks_and_counters_make_no_new_version(site: Site, store: RawStore, shown: str) -> None:
    def put(number: int, prose: str) -> None:
        clock = f"<div>{shown.format(number)}</div><script>var token = {number}</script>"
        site.put("/1.html", report_page(TITLE, clock, prose=prose), marked=False)

    put(2025, "报告正文。" * 100)
    night(store, source(site.url + "/1.html", follow=None))
    before = state(store)
    put(2026, "报告正文。" * 100)
    harvested = night(store, source(site.url + "/1.html", follow=None))
    assert (harvested.unchanged, harvested.replaced) == (1, 0)
    assert state(store) == before
    put(2026, "报告正文！" * 100)
    assert night(store, source(site.url + "/1.html", follow=None)).replaced == 1


def test_a_clock_on_a_list_and_on_a_wrapper_makes_no_new_version(site: Site, store: RawStore) -> None:
    def put(day: int) -> None:
        clock = f"<p>今天是2026年11月{day}日 星期五</p>"
        site.put("/list.html", list_page(("/1.html", TITLE), more=clock), marked=False)
        site.put("/1.html", report_page(TITLE, clock, '<a href="/1.pdf">附件</a>', prose="见附件"), marked=False)

    site.put("/1.pdf", pdf())
    put(20)
    night(store, source(site.url + "/list.html"))
    before = state(store)
    put(21)
    assert night(store, source(site.url + "/list.html")).unchanged == 1
    assert state(store) == before


def test_what_is_lost_from_the_store_is_asked_without_conditions(site: Site, store: RawStore) -> None:
    site.put("/1.pdf", pdf())
    night(store, source(site.url + "/1.pdf", follow=None))
    (item,) = store.items()
    store.path_of(item.sha256).unlink()
    night(store, source(site.url + "/1.pdf", follow=None))
    assert not site.asked("/1.pdf")[-1].conditional
    assert store.read(item.sha256) == pdf()


def test_refetch_asks_without_conditions(site: Site, store: RawStore) -> None:
    publish(site)
    night(store, source(site.url + "/list.html"))
    site.log.clear()
    harvested = night(store, source(site.url + "/list.html"), refetch=True)
    assert [asked for asked in site.log if asked.conditional] == []
    assert (harvested.unchanged, harvested.new) == (4, 0)


def test_a_304_that_nobody_asked_for_is_no_document(site: Site, store: RawStore) -> None:
    async def answer(stream: Stream) -> None:
        await stream.send(b"HTTP/1.1 304 Not Modified\r\n\r\n")

    site.put("/1.pdf", answer)
    harvested = night(store, source(site.url + "/1.pdf", follow=None))
    assert list(harvested.examples) == ["HTTP 304 to an unconditional request"]


def test_asked_says_what_is_conditional() -> None:
    assert Asked("GET", "/", {"if-modified-since": "x"}, 200, 0.0).conditional
    assert not Asked("GET", "/", {"accept": "x"}, 200, 0.0).conditional


def test_the_store_lies_where_it_was_put(site: Site, tmp_path: Path) -> None:
    site.put("/1.pdf", pdf())
    night(RawStore(tmp_path / "deep" / "store"), source(site.url + "/1.pdf", follow=None))
    assert {path.name for path in (tmp_path / "deep/store").iterdir()} == {
        ".incoming",
        ".lock",
        "manifest.sqlite",
        "objects",
    }
