"""The quick way of asking PDFium tells what pypdfium2's own functions tell, character by character and path by path."""

from __future__ import annotations

import ctypes
import math
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]
import pytest

from extractors.pdf import opened, strokes
from extractors.pdf.calls import Room, handle_of
from extractors.pdf.calls import pdfium as quick
from extractors.pdf.objects import display_of, objects_of
from extractors.pdf.page import read_by_pdfium
from tests.corpus import compose
from tests.extractors import forge

Told = tuple[str, float, float, int]


@pytest.fixture(params=["clean", "varied", "torn", "six pages"], scope="module")
def data(request: pytest.FixtureRequest) -> bytes:
    return forge.six_pages()[0] if request.param == "six pages" else compose(3, "pdf", request.param).data


def characters(page: Any) -> list[Told]:
    """Each character with its origin and turn on an upright page, by one call after the other."""
    found = []
    text_page = page.get_textpage()
    x, y = ctypes.c_double(), ctypes.c_double()
    for index in range(text_page.count_chars()):
        if pdfium.FPDFText_IsGenerated(text_page.raw, index) == 1:
            continue
        pdfium.FPDFText_GetCharOrigin(text_page.raw, index, x, y)
        turns = round(pdfium.FPDFText_GetCharAngle(text_page.raw, index) / (math.pi / 2)) % 4
        code = pdfium.FPDFText_GetUnicode(text_page.raw, index)
        found.append(("-" if code == 2 else chr(code), round(x.value, 2), round(page.get_height() - y.value, 2), turns))
    text_page.close()
    return sorted(found)


def test_every_character_stands_where_pdfium_says(data: bytes) -> None:
    with opened(data) as document:
        for page in document:
            read = read_by_pdfium(page)
            mine = [(g.text, round(g.origin_x, 2), round(g.origin_y, 2), g.turn) for g in [*read.glyphs, *read.buried]]
            others = [one for one in characters(page) if "\ufffd" not in one[0]]
            assert len(others) > 20
            for (text, x, y, turn), (other, other_x, other_y, other_turn) in zip(sorted(mine), others, strict=True):
                assert (text, turn) == (other, other_turn)
                assert (x, y) == pytest.approx((other_x, other_y), abs=0.02)
            page.close()


def test_what_pdfium_makes_up_belongs_to_no_text_object(data: bytes) -> None:
    """On this rests that only characters without one are asked whether they are made up (blanks are asked always)."""
    made_up = 0
    with opened(data) as document:
        for page in document:
            text_page = page.get_textpage()
            raw = handle_of(text_page.raw)
            for index in range(text_page.count_chars()):
                if pdfium.FPDFText_IsGenerated(text_page.raw, index) == 1:
                    made_up += 1
                    assert not quick.FPDFText_GetTextObject(raw, index)
            text_page.close()
            page.close()
    assert made_up > 10


def test_turn_and_colour_are_those_of_the_text_object(data: bytes) -> None:
    """On this rests that they are asked once for each text object."""
    told: dict[int, set[tuple[Any, ...]]] = {}
    with opened(data) as document:
        for page in document:
            text_page = page.get_textpage()
            raw, room = handle_of(text_page.raw), Room(ctypes.c_uint, 4)
            for index in range(text_page.count_chars()):
                owner = quick.FPDFText_GetTextObject(raw, index)
                if owner:
                    found = quick.FPDFText_GetFillColor(raw, index, *room.places)
                    angle = quick.FPDFText_GetCharAngle(raw, index)
                    told.setdefault(owner, set()).add((angle, found, *room.read()))
            text_page.close()
            assert told
            assert all(len(ways) == 1 for ways in told.values())
            told.clear()
            page.close()


def segments(page: Any) -> list[list[tuple[int, float, float]]]:
    """Kind and end of the segments of each path of a page, by pypdfium2's own functions."""
    paths = []
    x, y = ctypes.c_float(), ctypes.c_float()
    for index in range(pdfium.FPDFPage_CountObjects(page.raw)):
        shape = pdfium.FPDFPage_GetObject(page.raw, index)
        if pdfium.FPDFPageObj_GetType(shape) == pdfium.FPDF_PAGEOBJ_PATH:
            path = []
            for at in range(pdfium.FPDFPath_CountSegments(shape)):
                segment = pdfium.FPDFPath_GetPathSegment(shape, at)
                pdfium.FPDFPathSegment_GetPoint(segment, x, y)
                path.append((pdfium.FPDFPathSegment_GetType(segment), x.value, y.value))
            paths.append(path)
    return paths


@pytest.mark.parametrize("at_once", [1, 7, 20_000])
def test_paths_come_whole_however_many_are_fetched_at_once(
    data: bytes, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strokes, "_AT_ONCE", at_once)
    with opened(data) as document:
        page = document[len(document) - 1]
        paths = [shape for shape in objects_of(page) if shape.kind == pdfium.FPDF_PAGEOBJ_PATH]
        outlines = [list(outline) for outline in strokes._outlines([(path, True) for path in paths])]
        expected = segments(page)
        line = pdfium.FPDF_SEGMENT_LINETO
        assert [[(kind != line, x, y) for kind, x, y in path] for path in expected] == [
            [(begins, x, y) for x, y, begins, _ in outline] for outline in outlines
        ]
        page.close()


def test_a_page_full_of_lines_gives_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(forge.six_pages()[0]) as document:
        page = next(page for page in document if read_by_pdfium(page).across)
        paths = [shape for shape in objects_of(page) if shape.kind == pdfium.FPDF_PAGEOBJ_PATH]
        assert strokes.drawn_by(paths, display_of(page)).across
        monkeypatch.setattr("extractors.limits.MAX_PAGE_STROKES", 3)
        assert strokes.drawn_by(paths, display_of(page))[:2] == ([], [])


def test_the_functions_are_those_of_the_library_that_pypdfium2_loaded() -> None:
    document = pypdfium2.PdfDocument.new()
    page = document.new_page(100, 200)
    assert quick.FPDF_GetPageWidthF(handle_of(page.raw)) == 100.0
    assert quick.FPDFPage_GetObject(handle_of(page.raw), 5) is None
    assert quick.FPDF_PAGEOBJ_PATH == pdfium.FPDF_PAGEOBJ_PATH
    with pytest.raises(AttributeError):
        _ = quick.FPDF_NoSuchFunction
