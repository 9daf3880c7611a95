"""Ways to spoil a PDF that know the format: its objects, its index, and what its packed streams draw."""

from __future__ import annotations

import base64
import re
import zlib
from random import Random

from benchmarks.mutations import burst, flips, huge_numbers, repeated, swapped, truncated


def _streams(data: bytes) -> list[re.Match[bytes]]:
    return list(re.finditer(rb"stream\r?\n(.*?)(?=\r?\n?endstream)", data, re.DOTALL))


def content_changed(rng: Random, data: bytes, other: bytes) -> bytes:
    """The drawing itself, spoilt within a stream that is packed rightly."""
    found = _streams(data)
    if not found:
        return data
    match = rng.choice(found)
    packed = match[1]
    armoured = packed.rstrip().endswith(b"~>")
    try:
        plain = zlib.decompress(base64.a85decode(packed.strip(), adobe=False) if armoured else packed)
    except (ValueError, zlib.error):
        try:
            plain = zlib.decompress(base64.a85decode(b"<~" + packed.strip(), adobe=True))
        except (ValueError, zlib.error):
            return data
    spoil = rng.choice([flips, burst, repeated, swapped, huge_numbers, truncated, operators])
    new = zlib.compress(spoil(rng, plain, other)[:40_000_000])
    new = base64.a85encode(new) + b"~>" if armoured else new
    return data[: match.start(1)] + new + data[match.end(1) :]


def operators(rng: Random, data: bytes, other: bytes) -> bytes:
    extra = [
        b"q " * 5000,
        b"BT " * 100,
        b"/F9 1e30 Tf ",
        b"1e308 0 0 1e308 0 0 cm ",
        b"W n " * 500,
        b"/X1 Do ",
        b"[ " * 9000,
    ]
    return rng.choice(extra) + data + rng.choice(extra)


def loops(rng: Random, data: bytes, other: bytes) -> bytes:
    """Objects that contain themselves."""
    numbers = [int(n) for n in re.findall(rb"(\d+) 0 obj", data)] or [1]
    kind = rng.choice(["kids", "refs", "prev", "parent"])
    if kind == "kids":
        pages = re.search(rb"(\d+) 0 obj\s*<<[^>]*?/Kids", data)
        me = pages[1] if pages else b"1"
        return re.sub(rb"/Kids\s*\[", b"/Kids [ %s 0 R %s 0 R " % (me, me), data)
    if kind == "prev":
        at = re.search(rb"startxref\s+(\d+)", data)
        return data.replace(b"trailer\n<<", b"trailer\n<< /Prev %s " % (at[1] if at else b"0"))
    if kind == "parent":
        return re.sub(rb"/Parent \d+ 0 R", lambda m: b"/Parent %d 0 R" % rng.choice(numbers), data)
    return re.sub(rb"(\d+) 0 R", lambda m: b"%d 0 R" % rng.choice(numbers) if rng.random() < 0.1 else m[0], data)


def structure_numbers(rng: Random, data: bytes, other: bytes) -> bytes:
    """Lengths, sizes and boxes that are not true."""
    names = rb"(/(?:Length|Count|Size|Width|Height|Columns|Predictor|First|N|Rotate|MediaBox \[|W \[)\s*)(-?[\d.]+)"
    absurd = (b"2147483647", b"-1", b"0", b"99999999999", b"1e9", b"16777216")
    return re.sub(names, lambda m: m[1] + rng.choice(absurd) if rng.random() < 0.3 else m[0], data)


def lost_index(rng: Random, data: bytes, other: bytes) -> bytes:
    """A cross-reference table that points nowhere: every reader rebuilds it."""
    return re.sub(rb"startxref\s+\d+", b"startxref\n%d" % rng.choice([0, 7, 10**9]), data)


def junk_after(rng: Random, data: bytes, other: bytes) -> bytes:
    return data + rng.choice([b"\r\n" * 400, bytes(500), b"<!-- served by a proxy -->\n"])


def junk_before(rng: Random, data: bytes, other: bytes) -> bytes:
    return rng.choice([b"\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"\xef\xbb\xbf", bytes(100)]) + data


def stream_bomb(rng: Random, data: bytes, other: bytes) -> bytes:
    found = _streams(data)
    if not found:
        return data
    match = rng.choice(found)
    packed = zlib.compress(rng.choice([b"0", b"q ", b" ", b"1 0 0 1 0 0 cm "]) * rng.choice([3_000_000, 30_000_000]))
    return data[: match.start(1)] + base64.a85encode(packed) + b"~>" + data[match.end(1) :]
