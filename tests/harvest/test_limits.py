"""What a hostile answer may cost: bytes, unpacked bytes, time; and answers that end too early."""

from __future__ import annotations

import asyncio
import gzip
import time
import tracemalloc
import zlib
from collections.abc import Callable
from dataclasses import replace

import brotli
import pytest

from pipeline.harvest import RawStore
from pipeline.harvest.unpacking import PIECE, Damaged, finished, unpacked, unpackers
from tests.harvest.site import FAST, Site, Stream, night, pdf, report_page, source

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda data: brotli.compress(data, quality=5),
}
SMALL = replace(FAST, max_bytes=50_000, max_decoded_bytes=200_000)


def left_over(store: RawStore) -> list[str]:
    return [path.name for path in (store.root / ".incoming").iterdir()]


@pytest.mark.parametrize("encoding", PACKERS)
def test_packed_answers_are_unpacked(site: Site, store: RawStore, encoding: str) -> None:
    page = report_page("年度报告").encode()
    site.put("/1.html", PACKERS[encoding](page), headers=((b"Content-Encoding", encoding.encode()),))
    night(store, source(site.url + "/1.html", follow=None))
    (item,) = store.items()
    assert store.read(item.sha256) == page
    assert encoding in site.asked("/1.html")[0].headers["accept-encoding"]


@pytest.mark.parametrize("encoding", PACKERS)
def test_a_bomb_is_met_while_it_is_small(site: Site, store: RawStore, encoding: str) -> None:
    bomb = PACKERS[encoding](b"\0" * 60_000_000)
    assert len(bomb) < 100_000
    site.put("/1.pdf", bomb, headers=((b"Content-Encoding", encoding.encode()),))
    tracemalloc.start()
    manners = replace(FAST, max_decoded_bytes=1_000_000)
    harvested = night(store, source(site.url + "/1.pdf", follow=None), manners=manners)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert list(harvested.examples) == ["it unpacks to more than 1 MB"]
    assert peak < 30_000_000
    assert (store.items(), left_over(store)) == ([], [])


@pytest.mark.parametrize("encoding", PACKERS)
@pytest.mark.parametrize("piece", [1, 777, 1 << 20])
def test_unpacking_gives_what_was_packed_in_bounded_pieces(encoding: str, piece: int) -> None:
    data = b"".join(b"%d," % n for n in range(3_000 if piece == 1 else 300_000))
    packed, chain = PACKERS[encoding](data), unpackers(encoding)
    found = [p for at in range(0, len(packed), piece) for p in unpacked(packed[at : at + piece], chain)]
    finished(chain)
    assert b"".join(found) == data
    assert max(map(len, found)) <= 2 * PIECE + 65_536


@pytest.mark.parametrize(
    ("encoding", "body", "result"),
    [
        ("gzip", b"plain text", b"plain text"),
        ("deflate", zlib.compress(b"raw")[2:-4], b"raw"),
        ("gzip, identity", gzip.compress(b"x", mtime=0), b"x"),
        ("gzip", gzip.compress(b"two ", mtime=0) + gzip.compress(b"members", mtime=0), b"two members"),
        ("deflate, gzip", gzip.compress(zlib.compress(b"twice"), mtime=0), b"twice"),
    ],
)
def test_packing_as_servers_do_it(encoding: str, body: bytes, result: bytes) -> None:
    assert b"".join(unpacked(body, unpackers(encoding))) == result


@pytest.mark.parametrize("encoding", ["zstd", "gzip, gzip, gzip", "x"])
def test_packing_that_was_not_asked_for_is_refused(encoding: str) -> None:
    with pytest.raises(Damaged, match="not asked for"):
        unpackers(encoding)


@pytest.mark.parametrize("encoding", PACKERS)
def test_a_packed_answer_that_is_cut_off_is_no_document(site: Site, store: RawStore, encoding: str) -> None:
    packed = PACKERS[encoding](report_page("年度报告").encode())[:-20]
    site.put("/1.html", packed, headers=((b"Content-Encoding", encoding.encode()),))
    harvested = night(store, source(site.url + "/1.html", follow=None))
    (reason,) = harvested.examples
    assert "cut off" in reason or "damaged" in reason
    assert store.items() == []


def test_an_answer_that_says_it_is_too_large_is_not_read(site: Site, store: RawStore) -> None:
    site.put("/1.pdf", pdf() + b"%" * 60_000)
    harvested = night(store, source(site.url + "/1.pdf", follow=None), manners=replace(SMALL, max_bytes=40_000))
    assert list(harvested.examples) == ["it has 0 MB, more than the bound of 0.04"]


def test_an_answer_without_an_end_is_left_at_the_bound(site: Site, store: RawStore) -> None:
    async def endless(stream: Stream) -> None:
        await stream.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            await stream.send(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")

    site.put("/1.pdf", endless)
    harvested = night(store, source(site.url + "/1.pdf", follow=None), manners=SMALL)
    assert list(harvested.examples) == ["it has more than 0.05 MB"]
    assert harvested.bytes < 1_000_000
    assert left_over(store) == []


def test_a_large_answer_goes_through_a_file_and_leaves_none(site: Site, store: RawStore) -> None:
    large = pdf() + bytes(range(256)) * 12_000
    site.put("/1.pdf", large)
    night(store, source(site.url + "/1.pdf", follow=None))
    (item,) = store.items()
    assert store.read(item.sha256) == large
    assert left_over(store) == []


@pytest.mark.parametrize("part", ["head", "body"])
def test_an_answer_that_drips_is_left_after_its_time(site: Site, store: RawStore, part: str) -> None:
    async def drip(stream: Stream) -> None:
        if part == "body":
            await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        else:
            await stream.send(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while True:
            await stream.send(b"x")
            await asyncio.sleep(0.05)

    site.put("/1.pdf", drip)
    began = time.monotonic()
    harvested = night(store, source(site.url + "/1.pdf", follow=None), manners=replace(FAST, total_seconds=0.4))
    assert list(harvested.examples) == ["not complete after 0.4 s"]
    assert time.monotonic() - began < 5.0
    assert left_over(store) == []


def test_silence_is_no_answer(site: Site, store: RawStore) -> None:
    async def silent(stream: Stream) -> None:
        await asyncio.sleep(30)

    site.put("/1.pdf", silent)
    manners = replace(FAST, read_seconds=0.1, retries=1)
    harvested = night(store, source(site.url + "/1.pdf", follow=None), manners=manners)
    assert list(harvested.examples) == ["no answer in time"]
    assert len(site.asked("/1.pdf")) == 2


@pytest.mark.parametrize("length", [b"Content-Length: 5000", b"Transfer-Encoding: chunked"])
def test_an_answer_that_breaks_off_is_tried_again_and_never_kept(site: Site, store: RawStore, length: bytes) -> None:
    async def broken(stream: Stream) -> None:
        await stream.send(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n\r\n")
        await stream.send(b"400\r\n" + b"x" * 500)
        stream.writer.close()

    site.put("/1.pdf", broken)
    harvested = night(store, source(site.url + "/1.pdf", follow=None), manners=replace(FAST, retries=2))
    (reason,) = harvested.examples
    assert reason.startswith("no proper answer")
    assert len(site.asked("/1.pdf")) == 3
    assert store.items() == []


@pytest.mark.parametrize(
    "answer", [b"\x16\x03\x01\x02\x00", b"HTTP/1.1 ???\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a" * 200_000]
)
def test_what_is_no_http_is_no_document(site: Site, store: RawStore, answer: bytes) -> None:
    async def garbage(stream: Stream) -> None:
        await stream.send(answer)
        stream.writer.close()

    site.put("/1.pdf", garbage)
    harvested = night(store, source(site.url + "/1.pdf", follow=None), manners=replace(FAST, retries=0))
    assert harvested.n_failed == 1
    assert store.items() == []
