"""Pages that are not there, and answer 200 all the same."""

from __future__ import annotations

import pytest

from pipeline.harvest import RawStore
from tests.harvest.site import PROSE, Published, Site, list_page, night, pdf, report_page, source

TITLE = "甲县2020年政府信息公开工作年度报告"
NAVIGATION = "".join(f'<li><a href="/c{n}.html">栏目{n}</a></li>' for n in range(40))


def page(title: str, text: str) -> str:
    return f"<html><head><title>{title}</title></head><body>{NAVIGATION}<p>{text}</p></body></html>"


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("404", "抱歉"),
        ("页面不存在", "三秒后返回首页"),
        ("甲县人民政府", "您访问的页面不存在或已被删除！"),
        ("甲县人民政府", "对不起，该文章已被删除"),
        ("Error 404 - Not Found", PROSE),
    ],
)
def test_a_page_that_says_there_is_none_is_missing(site: Site, store: RawStore, title: str, text: str) -> None:
    site.put("/list.html", list_page(("/1.html", TITLE)))
    site.put("/1.html", page(title, text))
    harvested = night(store, source(site.url + "/list.html"))
    assert harvested.new == 0
    assert list(harvested.examples) == ["a page that says that there is none (HTTP 200)"]
    assert [item.role for item in store.items()] == ["list"]


def test_a_site_that_shows_its_front_page_for_everything_is_found_out(site: Site, store: RawStore) -> None:
    site.missing = Published(page("甲县人民政府", "欢迎来到甲县人民政府网站。" * 40).encode(), 200)
    site.put("/list.html", list_page(("/1.html", TITLE), ("/2.html", TITLE)))
    site.put("/1.html", report_page(TITLE))
    harvested = night(store, source(site.url + "/list.html"))
    assert (harvested.new, harvested.n_failed) == (1, 1)
    assert len([asked for asked in site.log if "no-such-page" in asked.path]) == 1


def test_a_document_that_turns_into_such_a_page_has_vanished(site: Site, store: RawStore) -> None:
    site.put("/1.html", report_page(TITLE))
    town = source(site.url + "/1.html", follow=None)
    night(store, town)
    site.put("/1.html", page("甲县人民政府", "您查看的内容已删除"))
    harvested = night(store, town)
    assert (harvested.vanished, harvested.replaced) == (1, 0)
    assert [item.vanished_at is None for item in store.items()] == [False]


@pytest.mark.parametrize("target", ["/", "/index.html", "/404.html", "/error/notfound.html"])
def test_who_is_sent_to_the_front_page_has_found_nothing(site: Site, store: RawStore, target: str) -> None:
    site.put("/1.html", b"", status=302, headers=((b"Location", target.encode()),))
    site.put(target, page("甲县人民政府", "欢迎。" * 200))
    harvested = night(store, source(site.url + "/1.html", follow=None))
    assert list(harvested.examples) == ["sent on to the site's front page or its page for errors"]


def test_a_wrapper_is_not_taken_for_the_page_of_missing_ones(site: Site, store: RawStore) -> None:
    frame = page("甲县人民政府", "网站标识码 3713020001")
    site.missing = Published(frame.encode(), 200)
    site.put("/1.html", frame.replace("<p>", '<p><a href="/1.pdf">年度报告</a>'))
    site.put("/1.pdf", pdf())
    assert night(store, source(site.url + "/1.html", follow=None)).new == 1


def test_a_real_report_may_speak_of_information_that_does_not_exist(site: Site, store: RawStore) -> None:
    text = "其中，政府信息不存在的12件，本机关不掌握的3件，没有现成信息需要另行制作的1件。" * 10
    site.put("/1.html", report_page(TITLE, prose=text))
    assert night(store, source(site.url + "/1.html", follow=None)).new == 1


@pytest.mark.parametrize("status", [412, 521])
def test_a_script_challenge_is_named(site: Site, store: RawStore, status: int) -> None:
    site.put("/1.html", "<script>document.cookie='x=1'</script>", status=status)
    site.put("/2.html", "<html><body><script>document.cookie='x=1';go()</script>请开启JavaScript</body></html>")
    harvested = night(
        store, source(site.url + "/1.html", follow=None), source(site.url + "/2.html", follow=None, publisher="乙")
    )
    assert sorted(harvested.examples) == sorted(
        [
            f"HTTP {status}: the site lets in browsers only (a script challenge)",
            "the site lets in browsers only (a script sets a cookie first)",
        ]
    )


def test_an_empty_answer_is_no_document(site: Site, store: RawStore) -> None:
    site.put("/1.pdf", b"")
    harvested = night(store, source(site.url + "/1.pdf", follow=None))
    assert list(harvested.examples) == ["the answer is empty"]
    assert store.items() == []
