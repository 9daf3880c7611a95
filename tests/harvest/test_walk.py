"""From a source to the files behind it: list → report → attachments."""

from __future__ import annotations

from pipeline.harvest import RawStore
from tests.harvest.site import Site, list_page, night, pdf, report_page, source

TITLE = "甲县2020年政府信息公开工作年度报告"


def paths(store: RawStore, site: Site) -> dict[str, str]:
    """Role by path of everything that was kept."""
    return {item.url.removeprefix(site.url): item.role for item in store.items()}


def test_a_list_leads_to_pages_and_files_and_pages_to_their_attachments(site: Site, store: RawStore) -> None:
    links = (("/report/1.html", TITLE), ("files/2.pdf", "乙局年度报告"), ("/news/3.html", "要闻"))
    site.put("/list.html", list_page(*links))
    site.put("/report/1.html", report_page(TITLE, '<a href="../files/annex.docx">附件</a>', prose="报告正文。" * 200))
    site.put("/files/annex.docx", b"PK\x03\x04 annex")
    site.put("/files/2.pdf", pdf())
    harvested = night(store, source(site.url + "/list.html"))
    assert paths(store, site) == {
        "/list.html": "list",
        "/report/1.html": "document",
        "/files/2.pdf": "document",
        "/files/annex.docx": "document",
    }
    assert (harvested.new, harvested.n_failed, harvested.requests) == (3, 0, 6)  # with robots.txt and the probe
    assert not site.asked("/news/3.html")
    (yielded,) = harvested.sources
    assert (yielded.known, yielded.seen, yielded.new, yielded.list_pages, yielded.note) == (0, 3, 3, 1, None)
    annex = next(item for item in store.items() if item.url.endswith("annex.docx"))
    assert annex.from_page == site.url + "/report/1.html"
    assert store.read(annex.sha256) == b"PK\x03\x04 annex"


def test_a_page_that_only_wraps_a_file_yields_the_file_and_is_kept(site: Site, store: RawStore) -> None:
    site.put("/list.html", list_page(("/wrap.html", TITLE)))
    site.put("/wrap.html", report_page(TITLE, '<a href="/f/%E5%B9%B4.pdf">点击下载</a>', prose="详见附件。"))
    site.put("/f/%E5%B9%B4.pdf", pdf())
    harvested = night(store, source(site.url + "/list.html"))
    assert paths(store, site) == {"/list.html": "list", "/wrap.html": "page", "/f/%E5%B9%B4.pdf": "document"}
    assert [stored.url for stored in store.documents()] == [site.url + "/f/%E5%B9%B4.pdf"]
    assert harvested.new == 1


def test_a_file_shown_in_a_frame_by_a_viewer_is_fetched(site: Site, store: RawStore) -> None:
    viewer = '<iframe src="/pdfjs/web/viewer.html?file=/f/a.pdf"></iframe>'
    site.put("/page.html", report_page(TITLE, viewer, prose="如下："))
    site.put("/f/a.pdf", pdf())
    night(store, source(site.url + "/page.html", follow=None))
    assert paths(store, site) == {"/page.html": "page", "/f/a.pdf": "document"}


def test_a_link_for_a_file_may_lead_to_a_page_around_it(site: Site, store: RawStore) -> None:
    site.put("/page.html", report_page(TITLE, '<a href="/download?id=7">年度报告.pdf</a>', prose="见附件"))
    site.put("/download?id=7", report_page("下载", '<a href="/real.pdf">开始下载</a>', prose="请稍候"))
    site.put("/real.pdf", pdf())
    night(store, source(site.url + "/page.html", follow=None))
    assert paths(store, site) == {"/page.html": "page", "/download?id=7": "page", "/real.pdf": "document"}


def test_a_report_in_a_frame_is_found(site: Site, store: RawStore) -> None:
    cells = "".join(f"<tr><td>{n}</td><td>0</td></tr>" for n in range(20))
    site.put("/page.html", report_page(TITLE, '<iframe src="inner.html"></iframe>', prose="如下"))
    site.put("/inner.html", report_page("内页", f"<table>{cells}</table>"))
    night(store, source(site.url + "/page.html", follow=None))
    assert paths(store, site) == {"/page.html": "document", "/inner.html": "document"}
    site.log.clear()
    night(store, source(site.url + "/page.html", follow=None))
    assert all(asked.conditional for asked in site.asked())
    assert len(site.asked()) == 2


def test_a_page_in_place_of_a_file_is_no_document_without_figures(site: Site, store: RawStore) -> None:
    site.put("/page.html", report_page(TITLE, '<a href="/down/guide.doc">办事指南</a>'))
    site.put("/down/guide.doc", report_page("下载中心"))
    night(store, source(site.url + "/page.html", follow=None))
    assert paths(store, site) == {"/page.html": "document", "/down/guide.doc": "page"}


def test_the_same_address_is_asked_once_whoever_links_to_it(site: Site, store: RawStore) -> None:
    site.put("/a.html", list_page(("/r.pdf#page=1", TITLE)))
    site.put("/b.html", list_page(("/r.pdf;jsessionid=1F2", TITLE)))
    site.put("/r.pdf", pdf())
    sources = [source(site.url + path, publisher=name) for path, name in (("/a.html", "甲"), ("/b.html", "乙"))]
    for expected in ((0, 1), (1, 1)):
        harvested = night(store, *sources)
        assert [(one.known, one.seen) for one in harvested.sources] == [expected] * 2
        assert len(site.asked("/r.pdf")) == 1
        site.log.clear()


def test_years_of_a_source_and_of_a_backfill_leave_links_out(site: Site, store: RawStore) -> None:
    links = tuple((f"/{year}.pdf", f"甲县{year}年政府信息公开工作年度报告") for year in (2018, 2019, 2020, 2021))
    site.put("/list.html", list_page(*links, ("/unknown.pdf", "年度报告")))
    for year in (2018, 2019, 2020, 2021):
        site.put(f"/{year}.pdf", pdf(str(year)))
    site.put("/unknown.pdf", pdf())
    narrow = source(site.url + "/list.html", from_year=2019, to_year=2020)
    night(store, narrow, years=[2020, 2021])
    assert set(paths(store, site)) == {"/list.html", "/2020.pdf", "/unknown.pdf"}
    night(store, narrow)
    assert set(paths(store, site)) == {"/list.html", "/2019.pdf", "/2020.pdf", "/unknown.pdf"}
    assert night(store, narrow, years=[2005]).sources == ()
    assert night(store, source(site.url + "/list.html"), years=[2003]).alarms == ()


def test_a_document_that_its_list_no_longer_links_to_is_looked_after(site: Site, store: RawStore) -> None:
    site.put("/list.html", list_page(("/1.pdf", TITLE), ("/2.pdf", TITLE)))
    site.put("/1.pdf", pdf("1"))
    site.put("/2.pdf", pdf("2"))
    town = source(site.url + "/list.html")
    night(store, town)
    site.put("/list.html", list_page(("/2.pdf", TITLE)))
    harvested = night(store, town)
    assert (harvested.unchanged, harvested.vanished) == (2, 0)
    del site.pages["/1.pdf"]
    harvested = night(store, town)
    assert (harvested.unchanged, harvested.vanished) == (1, 1)
    site.log.clear()
    night(store, town)
    assert not site.asked("/1.pdf")
