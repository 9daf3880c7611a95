"""Redirects by the server, by a page and by a script; and those without an end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.harvest import RawStore
from tests.harvest.site import FAST, Site, Stream, night, report_page, source

TITLE = "甲县2020年政府信息公开工作年度报告"


def send_on(site: Site, path: str, target: str, status: int = 302) -> None:
    site.put(path, b"moved", status=status, headers=((b"Location", target.encode()),))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_and_the_final_address_kept(site: Site, store: RawStore, status: int) -> None:
    send_on(site, "/a", "b/c", status)
    site.put("/b/c", report_page(TITLE))
    night(store, source(site.url + "/a", follow=None))
    (item,) = store.items()
    assert (item.url, item.final_url) == (site.url + "/a", site.url + "/b/c")


@pytest.mark.parametrize(
    "page",
    [
        '<html><meta http-equiv="refresh" content="0;url=/r.html"></html>',
        "<html><META HTTP-EQUIV='Refresh' CONTENT=\"1; URL='r.html'\"></html>",
        '<html><script>window.location.href="/r.html";</script></html>',
        "<html><body><script>location.replace('r.html')</script>跳转中</body></html>",
        '<html><script type="text/javascript">top.location = "/r.html"</script></html>',
    ],
)
def test_a_page_that_sends_its_reader_on_is_followed(site: Site, store: RawStore, page: str) -> None:
    site.put("/stub.html", page)
    site.put("/r.html", report_page(TITLE))
    assert night(store, source(site.url + "/stub.html", follow=None)).new == 1
    assert {(item.role, item.final_url.removeprefix(site.url)) for item in store.items()} == {
        ("hop", "/stub.html"),
        ("document", "/r.html"),
    }


def test_a_page_with_text_of_its_own_is_not_left_for_its_scripts(site: Site, store: RawStore) -> None:
    script = '<script>if (/Mobile/.test(navigator.userAgent)) location.href = "/m/1.html"</script>'
    site.put("/1.html", report_page(TITLE, script))
    night(store, source(site.url + "/1.html", follow=None))
    assert not site.asked("/m/1.html")
    assert [item.final_url for item in store.items()] == [site.url + "/1.html"]


def test_a_page_that_reloads_itself_now_and_then_is_no_redirect(site: Site, store: RawStore) -> None:
    site.put("/1.html", '<html><meta http-equiv="refresh" content="300;url=/x.html"><body>年度报告</body></html>')
    assert night(store, source(site.url + "/1.html", follow=None)).new == 1


@pytest.mark.parametrize("kind", ["server", "page", "self"])
def test_redirects_without_an_end_are_left(site: Site, store: RawStore, kind: str) -> None:
    if kind == "server":
        for n in range(50):
            send_on(site, f"/{n}", f"/{n + 1}")
    elif kind == "self":
        send_on(site, "/0", "/0")
    else:
        for n in range(50):
            site.put(f"/{n}", f'<html><script>location.href="/{n + 1}"</script></html>')
    harvested = night(store, source(site.url + "/0", follow=None), manners=replace(FAST, max_redirects=4))
    assert list(harvested.examples) == ["redirected more than 4 times"]
    assert len(site.asked()) == 5
    assert list((store.root / ".incoming").iterdir()) == []


def test_a_cookie_wall_is_passed(site: Site, store: RawStore) -> None:
    async def wall(stream: Stream) -> None:
        if "seen=1" in stream.headers.get("cookie", ""):
            body = report_page(TITLE).encode()
            await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        else:
            await stream.send(
                b"HTTP/1.1 302 Found\r\nSet-Cookie: seen=1; Path=/\r\nLocation: /1.html\r\nContent-Length: 0\r\n\r\n"
            )

    site.put("/1.html", wall)
    assert night(store, source(site.url + "/1.html", follow=None)).new == 1


@pytest.mark.parametrize("target", ["ftp://127.0.0.1/x", "file:///etc/passwd", "javascript:alert(1)", ""])
def test_a_redirect_out_of_the_web_is_refused(site: Site, store: RawStore, target: str) -> None:
    send_on(site, "/a", target)
    harvested = night(store, source(site.url + "/a", follow=None))
    assert list(harvested.examples) == ["redirected to what is no address of the web (HTTP 302)"]
