"""Pages in GB 18030 whatever they claim, and addresses with bytes that no address may have."""

from __future__ import annotations

import pytest

from pipeline.harvest import RawStore
from tests.harvest.site import Site, list_page, night, pdf, report_page, source

TITLE = "甲县2020年政府信息公开工作年度报告"


@pytest.mark.parametrize("claimed", [b"text/html; charset=utf-8", b"text/html; charset=iso-8859-1", b"text/html"])
def test_a_gb18030_list_is_read_whatever_it_claims(site: Site, store: RawStore, claimed: bytes) -> None:
    head = '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
    body = list_page(("/1.pdf", TITLE), ("/2.pdf", "要闻"), ("/3.pdf", "㐂县年度报告"), more=head).encode("gb18030")
    site.put("/list.html", body, headers=((b"Content-Type", claimed),))
    for n in (1, 3):
        site.put(f"/{n}.pdf", pdf(str(n)))
    night(store, source(site.url + "/list.html", follow="年度报告"))
    titles = [item.title for item in store.items() if item.role == "document"]
    assert sorted(map(str, titles)) == sorted([TITLE, "㐂县年度报告"])


def test_a_query_is_escaped_by_the_encoding_of_its_page(site: Site, store: RawStore) -> None:
    body = list_page(("/show.asp?t=年报&amp;id=1", TITLE), ("/年报/a b.pdf", TITLE)).encode("gb18030")
    site.put("/list.html", body)
    site.put("/show.asp?t=%C4%EA%B1%A8&id=1", pdf("1"))
    site.put("/%E5%B9%B4%E6%8A%A5/a%20b.pdf", pdf("2"))
    assert night(store, source(site.url + "/list.html")).new == 2


def test_a_redirect_in_raw_gbk_bytes_is_followed(site: Site, store: RawStore) -> None:
    site.put("/old.html", b"", status=302, headers=((b"Location", "/年报.html".encode("gbk")),))
    site.put("/%E5%B9%B4%E6%8A%A5.html", report_page(TITLE))
    assert night(store, source(site.url + "/old.html", follow=None)).new == 1


@pytest.mark.parametrize("reference", ["\\r\\1.pdf", " /r/1.pdf ", "/r/\n1.pdf", "HTTP://127.0.0.1:{port}/r/1.pdf#p"])
def test_references_as_broken_editors_write_them(site: Site, store: RawStore, reference: str) -> None:
    site.put("/list.html", list_page((reference.format(port=site.port), TITLE)))
    site.put("/r/1.pdf", pdf())
    assert night(store, source(site.url + "/list.html", follow="年度报告")).new == 1


def test_what_is_no_address_is_no_link(site: Site, store: RawStore) -> None:
    wrong = ["javascript:void(0)", "mailto:a@b.cn", "ftp://127.0.0.1/1.pdf", "http://", "http://[::1/", "file:///etc"]
    site.put("/list.html", list_page(*((reference, TITLE) for reference in wrong)))
    harvested = night(store, source(site.url + "/list.html"))
    assert (harvested.new, harvested.n_failed, harvested.requests) == (0, 0, 2)
