"""Lines → cells, without any page."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.ruling import Grid, Stroke, grids_of, merged


def lattice(xs: list[float], ys: list[float]) -> tuple[list[Stroke], list[Stroke]]:
    return [Stroke(y, xs[0], xs[-1]) for y in ys], [Stroke(x, ys[0], ys[-1]) for x in xs]


def spans(grid: Grid) -> list[tuple[int, int, int, int]]:
    return [(box.row, box.col, box.row_span, box.col_span) for box in grid.boxes]


def test_a_lattice_is_its_slots() -> None:
    (grid,) = grids_of(*lattice([0, 50, 100], [0, 20, 40, 60]))
    assert spans(grid) == [(r, c, 1, 1) for r in range(3) for c in range(2)]
    assert grid.bounds(grid.boxes[3]) == (50, 20, 100, 40)
    assert grid.box_at(75, 30) == 3
    assert grid.box_at(101, 30) is None


def test_a_missing_line_merges() -> None:
    across, down = lattice([0, 50, 100], [0, 20, 40])
    across[1] = Stroke(20, 50, 100)
    (grid,) = grids_of(across, down)
    assert spans(grid) == [(0, 0, 2, 1), (0, 1, 1, 1), (1, 1, 1, 1)]


def test_pieces_doubles_and_near_misses_are_one_line() -> None:
    pieces = [Stroke(10, 0, 30), Stroke(10.8, 29, 60), Stroke(10, 62, 90), Stroke(30, 0, 5)]
    first, second = merged(pieces, 3.0)
    assert (first.start, first.end, second.start, second.end) == (0, 90, 0, 5)
    assert 10 < first.at < 10.8


def test_strokes_that_bound_nothing_are_left_out() -> None:
    across, down = lattice([0, 50, 100], [0, 20, 40])
    underlines = [Stroke(15, 60, 90), Stroke(33, 0, 30), Stroke(80, 0, 100)]
    assert grids_of(across + underlines, [*down, Stroke(200, 0, 300)]) == grids_of(across, down)


def test_tables_apart_are_grids_apart_in_reading_order() -> None:
    upper, lower = lattice([0, 50, 100], [0, 20]), lattice([0, 30, 100], [60, 80])
    grids = grids_of(lower[0] + upper[0], lower[1] + upper[1])
    assert [grid.ys for grid in grids] == [(0, 20), (60, 80)]


def test_a_corner_outside_an_uneven_table_is_open() -> None:
    across = [Stroke(0, 0, 50), Stroke(20, 0, 100), Stroke(40, 0, 100)]
    (grid,) = grids_of(across, [Stroke(0, 0, 40), Stroke(50, 0, 40), Stroke(100, 20, 40)])
    assert [(box.row, box.col) for box in grid.boxes if box.is_open] == [(0, 1)]


def test_a_figure_that_is_no_rectangle_is_cut_into_rectangles() -> None:
    across, down = lattice([0, 50, 100], [0, 20, 40])
    across[1], down[1] = Stroke(20, 0, 50), Stroke(50, 20, 40)  # the slots above and at the right flow together
    (grid,) = grids_of(across, down)
    assert spans(grid) == [(0, 0, 1, 2), (1, 0, 1, 1), (1, 1, 1, 1)]


def test_too_fine_a_lattice_is_no_table() -> None:
    assert grids_of(*lattice([i * 4.0 for i in range(50)], [i * 4.0 for i in range(50)]), max_slots=1000) == []


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60)), max_size=25),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60)), max_size=25),
)
def test_whatever_is_drawn_every_slot_has_one_owner(
    across: list[tuple[int, int, int]], down: list[tuple[int, int, int]]
) -> None:
    def strokes(drawn: list[tuple[int, int, int]]) -> list[Stroke]:
        return [Stroke(at * 5, min(a, b) * 5, max(a, b) * 5) for at, a, b in drawn]

    for grid in grids_of(strokes(across), strokes(down)):
        covered = [[0] * (len(grid.xs) - 1) for _ in range(len(grid.ys) - 1)]
        for index, box in enumerate(grid.boxes):
            for r in range(box.row, box.row + box.row_span):
                for c in range(box.col, box.col + box.col_span):
                    covered[r][c] += 1
                    assert grid.owner[r][c] == index
        assert all(count == 1 for row in covered for count in row)
