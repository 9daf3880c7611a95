"""Sitemaps and list pages become lines of sources.csv."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pytest

from pipeline.harvest.importing import Imported, NoImport, Wish, import_sources
from pipeline.harvest.sources import load
from tests.harvest.site import FAST, Site, list_page

NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def sitemap(*addresses: str) -> bytes:
    urls = "".join(f"<url><loc> {a.replace('&', '&amp;')} </loc><lastmod>2021-01-29</lastmod></url>" for a in addresses)
    return f'<?xml version="1.0" encoding="UTF-8"?><urlset {NAMESPACE}>{urls}</urlset>'.encode()


def rows(imported: Imported) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(imported.text)))


def test_a_list_page_gives_a_line_for_each_report(site: Site, tmp_path: Path) -> None:
    links = (
        ("/1.html", "甲县人民政府2020年政府信息公开工作年度报告"),
        ("/2.html", "乙局2021年度政府信息公开年报"),
        ("/news.html", "要闻"),
        ("/1.html", "更多"),
    )
    url = site.put("/list.html", list_page(*links).encode("gbk"))
    imported = import_sources(url, Wish(jurisdiction="371302"), FAST)
    assert [(r["publisher"], r["url"], r["from_year"], r["to_year"], r["follow"]) for r in rows(imported)] == [
        ("甲县人民政府", site.url + "/1.html", "2020", "2020", ""),
        ("乙局", site.url + "/2.html", "2021", "2021", ""),
    ]
    assert (imported.lines, imported.nameless, imported.left_out) == (2, 0, 1)
    path = tmp_path / "sources.csv"
    path.write_text(imported.text, encoding="utf-8")
    assert [source.jurisdiction for source in load(path)] == ["371302", "371302"]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_an_index_leads_to_packed_and_plain_sitemaps(site: Site, pack: type[bytes]) -> None:
    site.put("/a.xml.gz", gzip.compress(sitemap(site.url + "/gk/年报/1.html", site.url + "/news/2.html")))
    site.put("/b.xml", sitemap(site.url + "/xxgknb/3.html?a=1&b=2"))
    site.put("/c.txt", f"{site.url}/gknb/4.html\n{site.url}/x.html\n")
    parts = "".join(f"<sitemap><loc>{site.url}{p}</loc></sitemap>" for p in ("/a.xml.gz", "/b.xml", "/c.txt"))
    site.put("/sitemap.xml", pack(f"<sitemapindex {NAMESPACE}>{parts}</sitemapindex>".encode()))
    imported = import_sources(site.url + "/sitemap.xml", Wish(publisher="甲县人民政府"), FAST)
    assert [row["url"].removeprefix(site.url) for row in rows(imported)] == [
        "/gk/%E5%B9%B4%E6%8A%A5/1.html",
        "/xxgknb/3.html?a=1&b=2",
        "/gknb/4.html",
    ]
    assert imported.left_out == 2


def test_lists_of_lists(site: Site) -> None:
    url = site.put("/all.html", list_page(("/jia/", "甲局年报"), ("/yi/", "乙局年报")))
    imported = import_sources(url, Wish(follow="年度报告"), FAST)
    assert [(row["follow"], row["from_year"]) for row in rows(imported)] == [("年度报告", "")] * 2
    assert imported.nameless == 2


def test_a_file(tmp_path: Path) -> None:
    page = tmp_path / "list.html"
    page.write_text(list_page(("1.html", "甲县2020年政府信息公开工作年度报告"), ("2.html", "其他")), encoding="utf-8")
    with pytest.raises(NoImport, match="say with --base"):
        import_sources(str(page), Wish(), FAST)
    imported = import_sources(str(page), Wish(match="", base="https://x.cn/gk/"), FAST)
    assert [row["url"] for row in rows(imported)] == ["https://x.cn/gk/1.html", "https://x.cn/gk/2.html"]
    page.write_bytes(sitemap("https://x.cn/gknb/1.html"))
    assert import_sources(str(page), Wish(), FAST).lines == 1


def test_pictures_of_a_sitemap_are_no_pages(tmp_path: Path) -> None:
    path = tmp_path / "sitemap.xml"
    image = "<image:image><image:loc>https://x.cn/gknb/1.jpg</image:loc></image:image>"
    image_space = 'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
    body = f"<url><loc>https://x.cn/gknb/1.html</loc>{image}</url>"
    path.write_text(f"<urlset {NAMESPACE} {image_space}>{body}</urlset>")
    assert [row["url"] for row in rows(import_sources(str(path), Wish(), FAST))] == ["https://x.cn/gknb/1.html"]


def test_a_hostile_sitemap_costs_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("https://x.cn/gknb/secret.html")
    path = tmp_path / "sitemap.xml"
    entities = f'<!DOCTYPE x [<!ENTITY a SYSTEM "file://{secret}"><!ENTITY b "{"x" * 1000}">]>'
    path.write_text(f"{entities}<urlset {NAMESPACE}><url><loc>&a;{'&b;' * 50}</loc></url></urlset>")
    assert import_sources(str(path), Wish(match=""), FAST).lines == 0
    path.write_bytes(gzip.compress(b"<urlset>" + b" " * 100_000_000))
    with pytest.raises(NoImport, match="holds more than 60 MB"):
        import_sources(str(path), Wish(), FAST)


@pytest.mark.parametrize("body", [b"%PDF-1.4", b"", b"just words"])
def test_what_is_neither(site: Site, body: bytes) -> None:
    with pytest.raises(NoImport, match="neither a sitemap nor a page of links"):
        import_sources(site.put("/x", body), Wish(), FAST)


def test_what_cannot_be_had(site: Site) -> None:
    with pytest.raises(NoImport, match="could not be had: HTTP 404"):
        import_sources(site.url + "/none.xml", Wish(), FAST)
