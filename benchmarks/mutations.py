"""Ways to spoil a file: random ones that know no format, and hostile ones that know it.

Each takes a random source, the file's bytes and those of another file. `keeps` says that no printed text changed: what
is read of such a file must be what was printed, or an absence, or bear a flag. (Where bytes are changed at random a
digit may become another digit, and nobody can know.)
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

Change = Callable[[Random, bytes, bytes], bytes]


@dataclass(frozen=True, slots=True)
class Mutation:
    """One way to spoil a file, and the families of formats it is for (any: all of them)."""

    name: str
    change: Change
    family: str = "any"  # any | zip | pdf | markup | text
    keeps: bool = False
    suffix: str | None = None  # another ending than the format's own


def _spots(rng: Random, size: int, most: int) -> list[int]:
    return [rng.randrange(size) for _ in range(rng.randint(1, most))] if size else []


def flips(rng: Random, data: bytes, other: bytes) -> bytes:
    out = bytearray(data)
    for at in _spots(rng, len(out), rng.choice([1, 8, 200])):
        out[at] ^= 1 << rng.randrange(8)
    return bytes(out)


def burst(rng: Random, data: bytes, other: bytes) -> bytes:
    """A run of bytes lost to a bad block: zeros or noise."""
    at, length = rng.randrange(len(data) + 1), rng.choice([16, 512, 4096])
    return data[:at] + (bytes(length) if rng.random() < 0.5 else rng.randbytes(length)) + data[at + length :]


def truncated(rng: Random, data: bytes, other: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def beheaded(rng: Random, data: bytes, other: bytes) -> bytes:
    return data[rng.randrange(min(len(data), 2000) + 1) :]


def spliced(rng: Random, data: bytes, other: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]


def repeated(rng: Random, data: bytes, other: bytes) -> bytes:
    at, length = rng.randrange(len(data) + 1), rng.choice([10, 200, 3000])
    return data[:at] + data[at : at + length] * rng.choice([2, 50, 500]) + data[at + length :]


def swapped(rng: Random, data: bytes, other: bytes) -> bytes:
    a, b, c, d = sorted(rng.randrange(len(data) + 1) for _ in range(4))
    return data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


def nulls(rng: Random, data: bytes, other: bytes) -> bytes:
    if rng.random() < 0.2:
        return data.replace(b"\n", b"\n\0")
    out = bytearray(data)
    for at in sorted(_spots(rng, len(out), 100), reverse=True):
        out[at:at] = bytes(rng.choice([1, 1, 7, 4096]))
    return bytes(out)


TOKENS = (
    b"%PDF-1.4 PK\3\4 {\\rtf1 <html> <!DOCTYPE <?xml <![CDATA[ ]]> --> <!-- <script> <table> </table> <tr> <td </td> "
    b"<style> <svg> <math> &#x110000; &#0; &amp; \\u0000 \\bin99999 || ---- |- stream endstream endobj 0 R << >>"
).split(b" ")


def tokens(rng: Random, data: bytes, other: bytes) -> bytes:
    """Words of the formats' own languages in places where none belong."""
    out = bytearray(data)
    for at in sorted(_spots(rng, len(out), 30), reverse=True):
        out[at:at] = rng.choice(TOKENS)
    return bytes(out)


def same(rng: Random, data: bytes, other: bytes) -> bytes:
    return data


def huge_numbers(rng: Random, data: bytes, other: bytes) -> bytes:
    """Printed numbers, and those of the format's own language, become absurd ones."""
    absurd = (
        *(b"9" * 400, b"9" * 5000, b"0." + b"0" * 300 + b"1", b"1." + b"0" * 40 + b"1", b"99999999999999999999"),
        *(b"1e308", b"-1", b"2147483648", b"NaN", "一".encode() * 5000, "１".encode() * 30, "亿".encode() * 300),
    )
    found = list(re.finditer(rb"\d+", data))
    for match in sorted(rng.sample(found, min(len(found), rng.randint(1, 20))), key=lambda m: -m.start()):
        data = data[: match.start()] + rng.choice(absurd) + data[match.end() :]
    return data


# text


def recoded(encoding: str) -> Change:
    def change(rng: Random, data: bytes, other: bytes) -> bytes:
        text = _decoded(data)
        text = re.sub(r"(?i)(charset=[\"']?)[\w-]+", rf"\g<1>{encoding}", text) if rng.random() < 0.5 else text
        return text.encode(encoding, "replace")

    return change


def _decoded(data: bytes) -> str:
    """The text, in whichever of the usual encodings it is."""
    for encoding in ("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            pass
    return data.decode("utf-8", "replace")


def mixed_encodings(rng: Random, data: bytes, other: bytes) -> bytes:
    lines = data.decode("utf-8", "replace").splitlines(keepends=True)
    kinds = ["utf-8", "gb18030", "utf-16-le", "big5", "euc-jp"]
    return b"".join(line.encode(rng.choice(kinds) if rng.random() < 0.2 else "utf-8", "replace") for line in lines)


def windows_lines(rng: Random, data: bytes, other: bytes) -> bytes:
    return re.sub(rb"\r?\n", b"\r\n", data)


def odd_lines(rng: Random, data: bytes, other: bytes) -> bytes:
    return data.replace(b"\n", rng.choice([b"\r", "\u2028".encode(), "\x85".encode(), b"\v", b"\f\n", b"\n" * 50]))


def cut_at_a_line(rng: Random, data: bytes, other: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    return b"".join(lines[: rng.randint(1, len(lines))]) if lines else data


def long_line(rng: Random, data: bytes, other: bytes) -> bytes:
    return re.sub(rb"\r?\n", b" ", data) * rng.choice([1, 20])


def control_characters(rng: Random, data: bytes, other: bytes) -> bytes:
    text = list(data.decode("utf-8", "replace"))
    for at in _spots(rng, len(text), 200):
        text[at : at + 1] = text[at], rng.choice("\u202e\u200b\ufeff\u0000\x1b\u0301\ue000\U000e0041\u2066\ufffd")
    return "".join(text).encode()


# HTML, and XML that passes for it


def giant_spans(rng: Random, data: bytes, other: bytes) -> bytes:
    wide = rng.choice([b"999999999", b"65535", b"-3", b"0", b"1e9", b"9" * 200, b"NaN"])
    which = rng.choice([b"rowspan", b"colspan"])
    cells = list(re.finditer(rb"<(td|th)\b", data))
    for match in sorted(rng.sample(cells, min(len(cells), rng.randint(1, 6))), key=lambda m: -m.start()):
        data = data[: match.end()] + b' %s="%s"' % (which, wide) + data[match.end() :]
    return data


def nested(rng: Random, data: bytes, other: bytes) -> bytes:
    deep, tag = rng.choice([50, 3000, 100_000]), rng.choice(["div", "table><tr><td", "span", "ul><li", "b"])
    at = rng.randrange(len(data) + 1)
    return data[:at] + f"<{tag}>".encode() * deep + data[at:]


def unclosed(rng: Random, data: bytes, other: bytes) -> bytes:
    """Closing tags that were forgotten, as browsers forgive them."""
    return re.sub(rb"</(td|tr|th|p|span|div|tbody)>", lambda m: b"" if rng.random() < 0.3 else m[0], data)


def remarks(rng: Random, data: bytes, other: bytes) -> bytes:
    return re.sub(rb"(</(?:td|tr|p|div)>)", lambda m: m[1] + b"<!-- 123 <td>9</td> -->" * (rng.random() < 0.3), data)


def many_attributes(rng: Random, data: bytes, other: bytes) -> bytes:
    flood = b" ".join(b'a%d="%d"' % (i, i) for i in range(rng.choice([500, 20_000])))
    return re.sub(rb"<(td|p|table|w:p|w:tc|w:tbl)\b", lambda m: m[0] + b" " + flood, data, count=rng.randint(1, 3))


ENTITIES = (
    b'<!DOCTYPE x [<!ENTITY a "' + b"1" * 500 + b'">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 12) for i in range(9))
    + b"]>"
)  # fmt: skip
OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd">%p;]>'


def entities(rng: Random, data: bytes, other: bytes) -> bytes:
    """A billion laughs, or an entity that asks for another file."""
    bomb, name = rng.choice([(ENTITIES, b"&j;"), (OUTSIDE, b"&a;")])
    head = re.match(rb"\s*(<\?xml[^>]*\?>)?", data)
    start = head.end() if head else 0
    body = re.sub(rb">([^<]{1,40})<", lambda m: b">" + name + m[1] + b"<", data[start:], count=rng.randint(1, 5))
    return data[:start] + bomb + body


# ZIP packages


def repacked(parts: Sequence[tuple[str, bytes]], stored: int | None = None) -> bytes:
    """A ZIP package of these parts, the first `stored` of them unpacked; all by default are packed."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as package:
        for at, (name, content) in enumerate(parts):
            method = zipfile.ZIP_STORED if stored is not None and at < stored else zipfile.ZIP_DEFLATED
            package.writestr(zipfile.ZipInfo(name), content, method)
    return sink.getvalue()


def _parts(data: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return [(name, package.read(name)) for name in package.namelist()]


def stored(rng: Random, data: bytes, other: bytes) -> bytes:
    """The same parts, unpacked, in another order, with one more."""
    parts = [*_parts(data), ("docProps/extra.bin", rng.randbytes(100))]
    first = [part for part in parts if part[0] == "[Content_Types].xml"]
    rest = [part for part in parts if part not in first]
    rng.shuffle(rest)
    return repacked(first + rest, stored=len(parts))


def members_swapped(rng: Random, data: bytes, other: bytes) -> bytes:
    parts = _parts(data)
    a, b = rng.sample(range(len(parts)), 2)
    names = [name for name, _ in parts]
    names[a], names[b] = names[b], names[a]
    return repacked([(name, content) for name, (_, content) in zip(names, parts, strict=True)])


def member_removed(rng: Random, data: bytes, other: bytes) -> bytes:
    parts = _parts(data)
    del parts[rng.randrange(len(parts))]
    return repacked(parts)


def member_doubled(rng: Random, data: bytes, other: bytes) -> bytes:
    import warnings

    parts = _parts(data)
    name, _ = rng.choice(parts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile's, which is right
        return repacked([*parts, (name, rng.choice(parts)[1]), ("../../evil.xml", b"x"), ("/etc/x", b"x")])


def member_bomb(rng: Random, data: bytes, other: bytes) -> bytes:
    return repacked([*_parts(data), ("word/media/bomb.xml", bytes(rng.choice([20_000_000, 120_000_000])))])


def within(change: Change) -> Change:
    """The change applied to one XML part of a package, mostly the document itself."""

    def packed(rng: Random, data: bytes, other: bytes) -> bytes:
        parts = _parts(data)
        xml = [name for name, _ in parts if name.endswith((".xml", ".rels"))]
        main = [name for name in xml if name.endswith(("document.xml", "content.xml"))]
        chosen = rng.choice(main if main and rng.random() < 0.8 else xml)
        return repacked([(name, change(rng, content, other) if name == chosen else content) for name, content in parts])

    return packed


def giant_grid(rng: Random, data: bytes, other: bytes) -> bytes:
    wide = rng.choice([b"999999999", b"-1", b"0", b"1e9", b"9" * 100])
    data = re.sub(rb'(w:gridSpan w:val=")\d+', rb"\g<1>" + wide, data)
    return re.sub(rb"<w:tc>", b'<w:tc><w:tcPr><w:gridSpan w:val="%s"/></w:tcPr>' % wide, data, count=rng.randint(1, 9))


def nested_xml(rng: Random, data: bytes, other: bytes) -> bytes:
    deep = rng.choice([50, 300, 20_000])
    opening, closing = rng.choice([(b"<w:tbl><w:tr><w:tc>", b"</w:tc></w:tr></w:tbl>"), (b"<w:sdt>", b"</w:sdt>")])
    return data.replace(b"<w:body>", b"<w:body>" + opening * deep + closing * deep, 1)


def lying_size(rng: Random, data: bytes, other: bytes) -> bytes:
    """A ZIP part that says another length than it has."""
    at = data.find(b"PK\1\2")
    if at < 0:
        return data
    return (
        data[: at + 20]
        + struct.pack("<II", rng.choice([1, 2**31, 2**32 - 1]), rng.choice([0, 2**32 - 1]))
        + data[at + 28 :]
    )
