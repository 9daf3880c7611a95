"""Hostile input: bombs, circles, floods and wounds end quickly, with a reason."""

from __future__ import annotations

import io
import random
import re
import threading
import time
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

import extractors
from extractors import limits
from extractors.document import CannotRead, Paragraph, Table
from extractors.pdf import page as pdfpage
from extractors.scan import ocr
from tests.extractors import forge


def package(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        for name, data in parts.items():
            archive.writestr(f"word/{name}.xml", data)
    return buffer.getvalue()


def entity_bomb() -> bytes:
    names = "abcdefgh"
    entities = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise(names))
    return package(document=f'<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">{entities}]><d>&h;</d>'.encode())


def pdf(*objects: bytes) -> bytes:
    body, places = b"%PDF-1.5\n", []
    for number, data in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, data)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    end = b"trailer<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(body))
    return body + head + table + end


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<<%b/Length %d>>stream\n%b\nendstream" % (entries, len(data), data)


def one_page(content: bytes, *more: bytes) -> bytes:
    page = (
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F 5 0 R>>/XObject<</X 6 0 R>>>>>>"
    )
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page, content, font, *more)


def deflated(data: bytes, times: int = 1) -> bytes:
    for _ in range(times):
        data = zlib.compress(data, 9)
    return stream(data, b"/Filter[%b]" % (b"/FlateDecode" * times))


FORM = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X %d 0 R>>>>"
BOMBS: dict[str, Callable[[], bytes]] = {
    "zip bomb": lambda: package(document=b"<a>" + b" " * 60_000_000),
    "too many files": lambda: package(**{f"n{i}": b"" for i in range(limits.MAX_ARCHIVE_ENTRIES + 1)}),
    "too many tags": lambda: forge.docx("<w:p/>" * (limits.MAX_TAGS + 1)),
    "pdf bomb": lambda: one_page(deflated(b" " * (limits.MAX_STREAM_BYTES + 1))),
    "pdf bomb in a bomb": lambda: one_page(deflated(b" " * (limits.MAX_STREAM_BYTES + 1), times=2)),
    "form that calls itself": lambda: one_page(stream(b"/X Do"), stream(b"/X Do /X Do", FORM % 6)),
    "forms by the million": lambda: one_page(
        stream(b"/X Do"), *(stream(b"/X Do " * 10, FORM % i) for i in range(7, 16))
    ),
    "page of tags": lambda: b"<html>" + b"<td>" * (limits.MAX_TAGS + 1),
}


@pytest.mark.parametrize("name", list(BOMBS))
def test_bombs_are_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_STREAM_BYTES", 30_000_000)
    data = BOMBS[name]()
    begin = time.monotonic()
    with pytest.raises(CannotRead) as caught:
        extractors.extract(data)
    assert caught.value.code == "too_large"
    assert time.monotonic() - begin < 5


def test_entities_are_never_expanded() -> None:
    with pytest.raises(CannotRead) as caught:
        extractors.extract(entity_bomb())
    assert caught.value.code == "damaged"


def test_page_trees_in_circles_and_lies() -> None:
    for kids in (b"/Kids[2 0 R 2 0 R]/Count 2", b"/Kids[3 0 R]/Count 2147483647"):
        with pytest.raises(CannotRead):
            extractors.extract(pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages%b>>" % kids))


def test_thousands_of_lines_are_no_table() -> None:
    lines = b"".join(
        b"%f 0 m %f 842 l S 0 %f m 595 %f l S\n" % (i * 0.6, i * 0.6, i * 0.8, i * 0.8) for i in range(990)
    )
    document = extractors.extract(one_page(stream(lines + b"BT /F 10 Tf 10 10 Td (42) Tj ET")))
    assert sum(len(block.cells) for block in document.blocks if isinstance(block, Table)) <= limits.MAX_SLOTS


def test_attributes_by_the_thousand_and_tables_within_tables() -> None:
    flood = "<html><p " + " ".join(f"a{i}=1" for i in range(100_000)) + ">x</p>" + forge.html_table(forge.form())
    begin = time.monotonic()
    assert forge.slots_of(extractors.extract(flood.encode())) == forge.expanded(forge.form())
    assert time.monotonic() - begin < 3
    extractors.extract(b"<html>" + b"<table><tr><td>1<td>" * 500)
    deep = "<w:p><w:r><w:t>x</w:t></w:r></w:p>"
    for _ in range(75):
        deep = f"<w:tbl><w:tr><w:tc>{deep}</w:tc><w:tc><w:p/></w:tc></w:tr></w:tbl>"
    assert extractors.extract(forge.docx(deep)).blocks


def test_spans_without_end_stay_within_bounds() -> None:
    wide = "<tr>" + "<td colspan=1000 rowspan=60000>1</td>" * 9 + "</tr>"
    document = extractors.extract(("<html><table>" + wide * 300 + "</table>").encode())
    for block in document.blocks:
        if isinstance(block, Table):
            assert block.n_rows * block.n_cols <= limits.MAX_SLOTS


def test_time_runs_out_in_any_thread() -> None:
    def never() -> None:
        while True:
            try:
                while True:
                    pass
            except Exception:
                raise AssertionError("a library's `except Exception` must not swallow the end of time") from None

    caught: list[CannotRead] = []

    def work() -> None:
        try:
            limits.within(0.1, never)
        except CannotRead as error:
            caught.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    work()
    thread.join(5)
    assert [error.code for error in caught] == ["time_limit", "time_limit"]
    assert limits.within(5, lambda: 3) == 3
    with pytest.raises(KeyError):
        limits.within(5, lambda: {}["x"])


def mutated(rng: random.Random, data: bytes, others: list[bytes]) -> bytes:
    """The bytes cut off, flipped, shortened, spliced or with other numbers in them."""
    wounded, kind = bytearray(data), rng.randrange(5)
    if kind == 0:
        del wounded[rng.randrange(len(wounded)) :]
    elif kind == 1:
        for _ in range(rng.randrange(1, 40)):
            wounded[rng.randrange(len(wounded))] ^= 1 << rng.randrange(8)
    elif kind == 2:
        begin = rng.randrange(len(wounded))
        del wounded[begin : begin + rng.randrange(3000)]
    elif kind == 3:
        other, place = rng.choice(others), rng.randrange(len(wounded))
        begin = rng.randrange(len(other))
        wounded[place:place] = other[begin : begin + rng.randrange(2000)]
    else:
        numbers = list(re.finditer(rb"\d+", data[:50_000]))
        for match in rng.sample(numbers, min(3, len(numbers))):
            wounded[match.start() : match.end()] = str(rng.choice([0, -1, 2**31, 2**63, 65535])).encode()
    return bytes(wounded)


def small_pdf() -> bytes:
    printer = forge.Printer()
    printer.prose("正文，" * 60)
    printer.form(forge.form(6), forge.WIDTHS)
    return printer.done()


def stored(data: bytes) -> bytes:
    """A package whose parts are not compressed, so that wounds reach the XML."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return buffer.getvalue()


def test_a_font_that_states_widths_for_a_billion_glyphs(monkeypatch: pytest.MonkeyPatch) -> None:
    def passing_over(raw: Any) -> pdfpage.Page:
        """PDFium's reading of a page where it has no shape for one character."""
        page = pdfpage.read_by_pdfium(raw)
        lost = [(glyph.origin_x, glyph.origin_y, glyph.size) for glyph in page.glyphs if glyph.text == "单"]
        return replace(page, glyphs=[glyph for glyph in page.glyphs if glyph.text != "单"], lost=lost)

    monkeypatch.setattr(limits, "MAX_SECOND_READING_BYTES", 150_000_000)
    monkeypatch.setattr("extractors.pdf.read_by_pdfium", passing_over)
    printer = forge.Printer()
    printer.text(60, 100, "单", 10)
    printer.text(60, 130, "规章\u2212123", 10)  # pdfminer's table of the font lacks this minus sign
    sound = printer.done()
    assert [block.text for block in extractors.extract(sound).blocks if isinstance(block, Paragraph)][:2] == [
        "单",
        "规章\u2212123",
    ]
    assert b"18 26 462" in sound
    document = extractors.extract(sound.replace(b"18 26 462", b"18 999999999 462"))
    # the second reading gives up: what only it could tell stands as unknown, the rest as it is
    assert [block.text for block in document.blocks if isinstance(block, Paragraph)][:2] == [
        "\ufffd",
        "规章\u2212123",
    ]


SOUND: dict[str, Callable[[], list[bytes]]] = {
    "pdf": lambda: [small_pdf()],
    "docx": lambda: [data := forge.docx(forge.docx_table(forge.form())), stored(data)],
    "html": lambda: [f"<html><body><p>正文</p>{forge.html_table(forge.form())}".encode("gb18030")],
}


@pytest.mark.parametrize("kind", list(SOUND))
def test_wounded_files_are_read_or_refused(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "is_available", lambda: False)  # it would read the wounds, at a second a page
    sound = SOUND[kind]()
    for number in range(60):
        rng = random.Random(f"{kind}/{number}")
        data = mutated(rng, rng.choice(sound), sound)
        with suppress(CannotRead):
            extractors.extract(data).to_json()
