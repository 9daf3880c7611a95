"""A government's web site on loopback: a real HTTP server that behaves, and misbehaves, as such sites do.

`site.put(path, body)` publishes; what is asked and answered stands in `site.log`. A function in place of a body takes
the connection in its own hands.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
import sys
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from pipeline.harvest import Manners, RawStore, Source
from pipeline.harvest import harvest as run_harvest
from pipeline.harvest.harvested import Harvested

Headers = tuple[tuple[bytes, bytes], ...]
PATTERN = r"年度报告|/report/"


@dataclass(frozen=True)
class Asked:
    """One request as the server saw it, and the status it was answered with."""

    method: str
    path: str
    headers: dict[str, str]
    status: int
    at: float

    @property
    def conditional(self) -> bool:
        return "if-none-match" in self.headers or "if-modified-since" in self.headers


@dataclass
class Stream:
    """A connection that a function answers by itself."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    headers: dict[str, str]

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()


Behaviour = Callable[[Stream], Awaitable[None]]


@dataclass
class Published:
    body: bytes = b""
    status: int = 200
    headers: Headers = ()
    marked: bool = True  # whether it is sent with ETag and Last-Modified, and answered by 304
    behaviour: Behaviour | None = None
    etag: str = field(init=False, default="")

    def __post_init__(self) -> None:
        self.etag = '"' + hashlib.sha256(self.body).hexdigest()[:16] + '"'


class Site:
    """The server, while it is open. `missing` is what it answers for addresses that are not there."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.pages: dict[str, Published] = {}
        self.log: list[Asked] = []
        self.missing = Published(b"not here", 404)
        self.port = 0
        self._scheme = "https" if tls else "http"
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.connections: set[int] = set()
        self.busiest = 0

    def __enter__(self) -> Site:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}"

    def put(
        self,
        path: str,
        body: str | bytes | Behaviour = b"",
        status: int = 200,
        headers: Headers = (),
        marked: bool = True,
    ) -> str:
        """Publish at `path`; returns the address."""
        if callable(body):
            self.pages[path] = Published(status=status, headers=headers, marked=False, behaviour=body)
        else:
            data = body.encode() if isinstance(body, str) else body
            self.pages[path] = Published(data, status, headers, marked)
        return self.url + path

    def asked(self, path: str = "") -> list[Asked]:
        """The requests so far, for robots.txt and probes left out unless named."""
        if path:
            return [asked for asked in self.log if asked.path == path]
        return [a for a in self.log if a.path != "/robots.txt" and "no-such-page" not in a.path]

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._until_stopped())
        self._loop.close()

    async def _until_stopped(self) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, ssl=self._tls, limit=1 << 20)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                method, path, _ = head[0].split(" ", 2)
                pairs = (line.partition(":") for line in head[1:] if line)
                headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
                task = id(asyncio.current_task())
                self.connections.add(task)
                self.busiest = max(self.busiest, len(self.connections))
                try:
                    await self._answer(method, path, Stream(reader, writer, headers))
                finally:
                    self.connections.discard(task)
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()

    async def _answer(self, method: str, path: str, stream: Stream) -> None:
        page = self.pages.get(path, self.missing)
        known = page.marked and page.status == 200 and stream.headers.get("if-none-match") == page.etag
        status = 304 if known else page.status
        self.log.append(Asked(method, path, stream.headers, status, self._loop.time()))
        if page.behaviour is not None:
            await page.behaviour(stream)
            return
        marks: Headers = ()
        if page.marked and page.status == 200:
            marks = ((b"ETag", page.etag.encode()), (b"Last-Modified", b"Fri, 29 Jan 2021 08:00:00 GMT"))
        body = b"" if known else page.body
        lines = [f"HTTP/1.1 {status} X".encode()]
        lines += [name + b": " + value for name, value in (*marks, *page.headers)]
        if status != 304:
            lines.append(b"Content-Length: %d" % len(body))
        await stream.send(b"\r\n".join([*lines, b"", b""]) + body)


FAST = Manners(
    "gongkai-tests (+mailto:tests@example.org)",
    rate=float("inf"),
    host_concurrency=8,
    allow=("127.0.0.1",),
    backoff_seconds=0.01,
    backoff_most=2.0,
    connect_seconds=5.0,
    read_seconds=5.0,
    total_seconds=10.0,
)
"""Manners without patience, for a site that is ours."""


def source(url: str, follow: str | None = PATTERN, publisher: str = "甲县人民政府", **more: Any) -> Source:
    return Source(None, publisher, url, follow, **more)


def night(store: RawStore, *sources: Source, manners: Manners = FAST, **more: Any) -> Harvested:
    return run_harvest(list(sources), store, manners, **more)


PROSE = (
    "根据《中华人民共和国政府信息公开条例》的规定，现将本机关政府信息公开工作情况报告如下。本报告由总体情况、主动公开政府信息"
    "情况、收到和处理政府信息公开申请情况、行政复议和行政诉讼情况、存在的主要问题及改进情况、其他需要报告的事项组成。"
) * 8


def report_page(title: str, *more: str, prose: str = PROSE) -> str:
    """A report's page with text of its own."""
    head = f"<!DOCTYPE html><html><head><title>{title}</title></head>"
    return f"{head}<body><h1>{title}</h1><p>{prose}</p>{''.join(more)}</body></html>"


def list_page(*links: tuple[str, str], more: str = "") -> str:
    """A list of (address, text)."""
    items = "".join(f'<li><a href="{target}">{text}</a></li>' for target, text in links)
    return f"<!DOCTYPE html><html><head><title>年度报告</title></head><body><ul>{items}</ul>{more}</body></html>"


def pdf(text: str = "report") -> bytes:
    """Bytes that are a PDF as far as a harvest looks."""
    return b"%PDF-1.4\n1 0 obj<</Title(" + text.encode() + b")>>endobj\ntrailer<<>>\n%%EOF\n"


def _town(site: Site, documents: int, size: int) -> None:
    """A portal with so many reports, 50 on each page of its list, half of them pages, half files."""
    per_page = 50
    for at in range(0, documents, per_page):
        links = []
        for n in range(at, min(at + per_page, documents)):
            title = f"甲{n}局2020年政府信息公开工作年度报告"
            path = f"/report/{n}.html" if n % 2 else f"/report/{n}.pdf"
            body: str | bytes = report_page(title, prose=f"{title}。{PROSE}" * (size // 2000)) if n % 2 else b""
            site.put(path, body or pdf(title) + b"%" * size)
            links.append((path, title))
        further = f'<a href="/list_{at // per_page + 1}.html">下一页</a>' if at + per_page < documents else ""
        site.put(f"/list_{at // per_page}.html" if at else "/list.html", list_page(*links, more=further))


def main() -> None:
    """`python -m tests.harvest.site DOCUMENTS BYTES`: a town in a process of its own, until its input ends.

    Prints its address; each line on its input changes that many documents.
    """
    documents, size = int(sys.argv[1]), int(sys.argv[2])
    with Site() as site:
        _town(site, documents, size)
        print(site.url, flush=True)
        for line in sys.stdin:
            for n in range(int(line)):
                path = f"/report/{2 * n}.pdf"
                site.put(path, site.pages[path].body + b"changed")
            print("changed", flush=True)


if __name__ == "__main__":
    main()
