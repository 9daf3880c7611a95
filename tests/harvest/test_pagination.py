"""The further pages of a list, in the ways that these sites have them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.harvest import RawStore
from tests.harvest.site import FAST, Site, list_page, night, pdf, source


def publish(site: Site, *numbers: int) -> None:
    for n in numbers:
        site.put(f"/{n}.pdf", pdf(str(n)))


def found(store: RawStore) -> list[str]:
    return sorted(item.url.rpartition("/")[2] for item in store.items() if item.role == "document")


@pytest.mark.parametrize("text", ["下一页", " 下页 ", "下一页 >>", "Next", "&gt;"])
def test_a_link_to_the_next_page(site: Site, store: RawStore, text: str) -> None:
    site.put("/list.html", list_page(("/1.pdf", "年度报告"), ("/list_2.html", text), ("/list_9.html", "尾页")))
    site.put("/list_2.html", list_page(("/2.pdf", "年度报告"), ("/list.html", "上一页")))
    publish(site, 1, 2)
    harvested = night(store, source(site.url + "/list.html"))
    assert found(store) == ["1.pdf", "2.pdf"]
    assert harvested.sources[0].list_pages == 2


@pytest.mark.parametrize(
    ("script", "further"),
    [
        ('createPageHTML(3, 0, "index", "html");', ["index_1.html", "index_2.html"]),
        ("createPageHTML('page_div', 3, 1, 'index', 'shtml', 40);", ["index_2.shtml", "index_3.shtml"]),
    ],
)
def test_a_script_that_draws_page_numbers(site: Site, store: RawStore, script: str, further: list[str]) -> None:
    more = f"<script>{script}</script>"
    site.put("/gk/", list_page(("/0.pdf", "年度报告"), more=more))
    for n, name in enumerate(further, 1):
        site.put(f"/gk/{name}", list_page((f"/{n}.pdf", "年度报告"), more=more))
    publish(site, 0, 1, 2)
    night(store, source(site.url + "/gk/"))
    assert found(store) == ["0.pdf", "1.pdf", "2.pdf"]


def test_numbers_drawn_too_many_are_no_failure(site: Site, store: RawStore) -> None:
    more = '<script>createPageHTML(9, 0, "index", "html");</script>'
    site.put("/gk/", list_page(("/0.pdf", "年度报告"), more=more))
    publish(site, 0)
    harvested = night(store, source(site.url + "/gk/"))
    assert (harvested.new, harvested.n_failed, harvested.sources[0].note) == (1, 0, None)


def test_a_list_that_its_script_fills_in_from_records(site: Site, store: RawStore) -> None:
    records = """<script type="text/xml"><datastore>
        <nextgroup><![CDATA[<a href="/proxy?page=2"></a>]]></nextgroup>
        <recordset><record><![CDATA[<li><a title="甲局2020年年度报告" href="/1.pdf">甲局2020…</a></li>]]></record>
        </recordset></datastore></script>"""
    site.put("/list.html", list_page(more=records))
    record = "<record><![CDATA[<a href='/2.pdf'>年度报告</a>]]></record>"
    site.put("/proxy?page=2", f"<?xml version='1.0'?><datastore><recordset>{record}</recordset></datastore>")
    publish(site, 1, 2)
    night(store, source(site.url + "/list.html", follow="年度报告"))
    assert found(store) == ["1.pdf", "2.pdf"]
    assert next(item.title for item in store.items() if item.url.endswith("1.pdf")) == "甲局2020年年度报告"


def test_further_pages_of_another_host_are_not_the_lists_own(site: Site, store: RawStore) -> None:
    with Site() as other:
        other.put("/list_2.html", list_page(("/2.pdf", "年度报告")))
        site.put("/list.html", list_page(("/1.pdf", "年度报告"), (other.url + "/list_2.html", "下一页")))
        publish(site, 1)
        night(store, source(site.url + "/list.html"))
        assert other.log == []


def test_a_page_of_a_list_that_fails_does_not_end_it(site: Site, store: RawStore) -> None:
    more = '<script>createPageHTML(3, 0, "index", "html");</script>'
    site.put("/gk/", list_page(("/0.pdf", "年度报告"), more=more))
    site.put("/gk/index_1.html", b"", status=500)
    site.put("/gk/index_2.html", list_page(("/2.pdf", "年度报告"), more=more))
    publish(site, 0, 2)
    harvested = night(store, source(site.url + "/gk/"), manners=replace(FAST, retries=0))
    assert found(store) == ["0.pdf", "2.pdf"]
    assert harvested.failed == {site.url.removeprefix("http://"): {"HTTP 500": 1}}
