"""What is told about the glyphs of a page quickly, told slowly: each pair looked at."""

from __future__ import annotations

from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.lines import Glyph, lines_of, text_of, without_doubles
from extractors.pdf.paint import _covers, overlaid, without_struck
from extractors.pdf.table import _NUMBERS, _STACKED, _may_stack
from extractors.ruling import Stroke

SQUARE = 32.0


@st.composite
def glyphs(draw: st.DrawFn, characters: str = "0123甲", least: int = 0) -> list[Glyph]:
    """Glyphs close to one another, on half points, of several sizes; a few of them turned."""
    place = st.integers(-10, 160).map(lambda half: half / 2)
    drawn = []
    for _ in range(draw(st.integers(least, 25))):
        x0, top, size = draw(place), draw(place), draw(st.sampled_from([3.0, 8.0, 10.5, 40.0]))
        text, turn = draw(st.sampled_from(characters)), draw(st.sampled_from([0, 0, 0, 0, 1]))
        drawn.append(Glyph(text, x0, top, x0 + size * 0.6, top + size, x0, top + 0.88 * size, size, turn))
    return drawn


@pytest.mark.slow
@given(glyphs())
@settings(max_examples=150, deadline=None)
def test_figures_over_one_another(page: list[Glyph]) -> None:
    expected = set()
    for i, one in enumerate(page):
        for j, other in enumerate(page[:i]):
            near = all(abs(int(one[at] // SQUARE) - int(other[at] // SQUARE)) <= 1 for at in (1, 2))
            if near and one.text.isdecimal() and other.text.isdecimal() and _covers(one, other):
                expected.add(frozenset((i, j)))
    found = overlaid(page)
    assert {frozenset(pair) for pair in found} == expected
    assert len(found) == len(expected)


@given(glyphs("01"))
@settings(max_examples=150, deadline=None)
def test_characters_drawn_over_themselves(page: list[Glyph]) -> None:
    kept: list[Glyph] = []
    for glyph in page:
        reach = min(max(glyph.size * 0.12, 0.5), 8.0)
        if not any(
            other.text == glyph.text and abs(other.x0 - glyph.x0) <= reach and abs(other.top - glyph.top) <= reach
            for other in kept
        ):
            kept.append(glyph)
    assert without_doubles(page) == kept


@pytest.mark.slow
@given(glyphs(), st.lists(st.tuples(st.integers(-10, 180), st.integers(-10, 160), st.integers(1, 90)), max_size=6))
@settings(max_examples=200, deadline=None)
def test_figures_struck_through(page: list[Glyph], drawn: list[tuple[int, int, int]]) -> None:
    across = [Stroke(at / 2, start / 2, (start + length) / 2) for at, start, length in drawn]
    struck = set()
    for stroke in across:
        row = int(stroke.at // SQUARE)
        hit = [
            index
            for index, glyph in enumerate(page)
            if glyph.turn == 0
            and int(glyph.origin_y // SQUARE) in (row, row + 1)
            and stroke.start <= (glyph.x0 + glyph.x1) / 2 <= stroke.end
            and 0.12 * glyph.size <= glyph.origin_y - stroke.at <= 0.6 * glyph.size
        ]
        if hit:
            size = max(page[index].size for index in hit)
            if (
                stroke.start >= min(page[i].x0 for i in hit) - size
                and stroke.end <= max(page[i].x1 for i in hit) + size
            ):
                struck.update(hit)
    left, text = without_struck(page, across)
    assert left == [glyph for index, glyph in enumerate(page) if index not in struck]
    assert text == "".join(page[index].text for index in sorted(struck))


@pytest.mark.slow
@given(glyphs("机关团体", least=4))
@settings(max_examples=150, deadline=None)
def test_writing_that_runs_down(cell: list[Glyph]) -> None:
    cell = [glyph._replace(turn=0) for glyph in cell]
    beside, beneath = [], []
    for glyph in cell:
        right = [
            o.x0 - glyph.x0 for o in cell if o.x0 > glyph.x0 + 1 and abs(o.origin_y - glyph.origin_y) < 0.2 * o.size
        ]
        below = [o.top - glyph.top for o in cell if o.top > glyph.top + 1 and abs(o.x0 - glyph.x0) < 0.2 * o.size]
        beside.extend([min(right)] if right else [])
        beneath.extend([min(below)] if below else [])
    enough = len(beside) >= 2 and len(beneath) >= 2
    runs_down = enough and median(beside) > median(beneath) + 0.15 * cell[0].size
    columns: dict[float, list[Glyph]] = {}
    for glyph in sorted(cell, key=lambda one: -one.x0):
        columns.setdefault(next((x for x in columns if abs(x - glyph.x0) < glyph.size / 2), int(glyph.x0)), []).append(
            glyph
        )
    down = "\n".join("".join(g.text for g in sorted(column, key=lambda g: g.top)) for column in columns.values())
    assert text_of(cell) == (down if runs_down else "\n".join(line.text for line in lines_of(cell)))


@pytest.mark.slow
@given(glyphs("0123-. "))
@settings(max_examples=150, deadline=None)
def test_a_cell_of_stacked_numbers_is_never_passed_over(cell: list[Glyph]) -> None:
    lines = lines_of(cell)
    if len(lines) >= _STACKED and all(_NUMBERS.fullmatch(line.text) for line in lines):
        assert _may_stack(cell)
