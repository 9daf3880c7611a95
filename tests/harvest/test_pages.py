"""What a page shows and leads to; and pages that are made to cost time."""

from __future__ import annotations

import random
import time

import pytest

from pipeline.harvest import pages
from pipeline.harvest.pages import Page
from tests.harvest.site import list_page, report_page
from tests.test_architecture import loaded

ADDRESS = "http://www.x.gov.cn/gk/list.html"


def look(data: bytes) -> Page | None:
    """Everything that a harvest looks at in a page."""
    page = pages.read(data, ADDRESS)
    if page is not None:
        assert isinstance((page.links, page.next_pages, page.attachments, page.frames, page.shown), tuple)
        assert {type(said) for said in (page.only_wraps, page.is_missing, page.is_challenge)} == {bool}
        assert page.goes_on_to != ADDRESS
        assert page.resembles(page)
    return page


def page_of(body: str) -> Page:
    page = look(f"<html><body>{body}</body></html>".encode())
    assert page is not None
    return page


@pytest.mark.parametrize(
    ("body", "files"),
    [
        ('<a href="1.PDF">全文</a>', ["1.PDF"]),
        ('<a href="/d.jsp?file=/up/1.docx">下载</a>', ["../d.jsp?file=/up/1.docx"]),
        ('<a href="/module/download/downfile.jsp?classid=0&amp;id=9">下载</a>', None),
        ('<a href="/show?id=1">年度报告.wps</a>', ["../show?id=1"]),
        ('<iframe src="/v.html?file=%2Fup%2F1.pdf"></iframe>', ["../up/1.pdf"]),
        ('<embed src="1.pdf"><object data="2.pdf"></object>', ["1.pdf", "2.pdf"]),
        ('<map><area href="1.pdf"></map>', ["1.pdf"]),
        ('<a href="download.html">下载中心</a><a href="1.html">pdf</a><a href="a.jpg">图</a>', []),
        ("".join(f'<a href="{n}.pdf">x</a>' for n in range(99)), [f"{n}.pdf" for n in range(20)]),
    ],
)
def test_the_files_that_a_page_offers(body: str, files: list[str] | None) -> None:
    from urllib.parse import urljoin

    wanted = ["../module/download/downfile.jsp?classid=0&id=9"] if files is None else files
    assert [target for target, _ in page_of(body).attachments] == [urljoin(ADDRESS, file) for file in wanted]


def test_what_a_reader_does_not_see_is_no_text() -> None:
    hidden = "<script>var text = 1</script><style>p {}</style><noscript>否</noscript><!-- 注 --><template>t</template>"
    page = page_of(f"{hidden}<p>一<b>二</b></p>三<br>四<table><tr><td>5</td><td>六</td></tr></table>")
    assert page.read.lines == ("一二", "三", "四", "5", "六")
    assert page.read.cells == 1


def test_links_know_their_base_and_their_full_title() -> None:
    page = look(
        '<html><head><base href="/a/"></head><body><a href="b.html" title="甲县2020年年度报告">甲县2020…</a>'
        '<a href="b.html">again</a></body></html>'.encode()
    )
    assert page is not None
    assert page.links == (("http://www.x.gov.cn/a/b.html", "甲县2020年年度报告", "link"),)


@pytest.mark.parametrize(
    "data",
    [
        "<div>" * 200_000,
        "<a href=x>" * 60_000,
        "<title>" + "页面" * 500_000,
        "<script>" + "createPageHTML(" * 60_000,
        "<script>" + "location" * 100_000 + "</script>",
        "<script>location" + " " * 150_000 + "</script>",
        "<record><![CDATA[" * 30_000,
        "<p>" + "今天是 " * 100_000,
        '<meta http-equiv=refresh content="' + " " * 300_000 + '">',
        "<table><tr><td>" * 30_000,
        "<script>createPageHTML(999999999, 0, 'index', 'html')</script>",
    ],
    ids=lambda data: data[:24],
)
def test_pages_made_to_cost_time(data: str) -> None:
    began = time.process_time()
    look(f"<html>{data}".encode())
    assert time.process_time() - began < 5


def test_torn_pages_are_looked_at_all_the_same() -> None:
    more = "<script>createPageHTML(3,0,'index','html')</script><iframe src='v.html?file=a.pdf'></iframe>"
    wholes = [
        list_page(("/1.html", "甲县2020年年报"), ("x.pdf", "附件"), more=more).encode("gb18030"),
        report_page("甲县年度报告", "<a href='1.doc'>附件</a><table><tr><td>1</td></tr></table>").encode(),
    ]
    wounds = [
        b'<a href="http://[',
        b"<![CDATA[",
        b"<table>",
        b'location.href="//:@"',
        b'href="http://x:99999/"',
        b"\0" * 9,
    ]
    draw = random.Random(5)
    for _ in range(400):
        data = bytearray(draw.choice(wholes))
        for _ in range(draw.randint(1, 12)):
            at = draw.randrange(len(data) + 1)
            data[at : at + draw.choice((0, 1, 30))] = draw.choice((*wounds, bytes([draw.randrange(256)]), b""))
        look(bytes(data))


def test_nothing_of_the_web_is_loaded_before_it_is_used() -> None:
    names, _ = loaded("import pipeline.harvest, pipeline.discover, pipeline.cli, pipeline.harvest.commands")
    assert not names & {"httpx", "httpcore", "anyio", "protego", "brotli", "lxml", "asyncio"}
