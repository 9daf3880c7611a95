"""Drawn lines → grids of cells: pure geometry, shared by text-layer PDFs and scans.

The way: strokes → merged collinear strokes → figures of strokes that touch → frames closed where a border is left out
→ slots between the lines → cells, where no line parts the slots. Units are those of the input; `snap` is how far two
lines may miss each other and still meet (3 points in a PDF).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

_MAX_PAIRS = 4_000_000
_COVERED = 0.6


class Stroke(NamedTuple):
    """A horizontal or vertical line: `at` is its y or x, from `start` to `end` along the other axis."""

    at: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Box:
    """A cell of a grid. `is_open` when a part of the grid's outer border is missing at it: it is a cell only if it
    holds text, otherwise a corner outside a table of uneven outline."""

    row: int
    col: int
    row_span: int
    col_span: int
    is_open: bool


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells between the lines `xs` (left to right) and `ys` (top to bottom); they cover every slot exactly once."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    boxes: tuple[Box, ...]
    owner: tuple[tuple[int, ...], ...]
    """`owner[row][column]`: the index in `boxes` of the cell that covers the slot."""

    @property
    def area(self) -> float:
        return (self.xs[-1] - self.xs[0]) * (self.ys[-1] - self.ys[0])

    def box_at(self, x: float, y: float) -> int | None:
        """The index of the cell that holds a point, None outside the grid."""
        return self.boxes_at([(x, y)])[0]

    def boxes_at(self, points: Iterable[tuple[float, float]]) -> list[int | None]:
        """The same for many points."""
        xs, ys, owner = self.xs, self.ys, self.owner
        left, right, top, bottom = xs[0], xs[-1], ys[0], ys[-1]
        last_x, last_y = len(xs) - 1, len(ys) - 1
        return [
            owner[min(bisect_right(ys, y), last_y) - 1][min(bisect_right(xs, x), last_x) - 1]
            if left <= x <= right and top <= y <= bottom
            else None
            for x, y in points
        ]

    def bounds(self, box: Box) -> tuple[float, float, float, float]:
        """A cell's x0, top, x1, bottom."""
        return (
            self.xs[box.col],
            self.ys[box.row],
            self.xs[box.col + box.col_span],
            self.ys[box.row + box.row_span],
        )


def grids_of(
    horizontals: Iterable[Stroke], verticals: Iterable[Stroke], snap: float = 3.0, max_slots: int = 200_000
) -> list[Grid]:
    """The grids that the strokes draw, those that begin higher first. A lone frame is a grid of one cell; underlines
    and other strokes that bound no cell are no part of any."""
    across, down = merged(horizontals, snap), merged(verticals, snap)
    if len(across) * len(down) > _MAX_PAIRS:
        return []
    grids = []
    for figure_across, figure_down in _figures(across, down, snap):
        grid = _grid(*_trimmed(*_closed(figure_across, figure_down, snap), snap), snap, max_slots)
        if grid is not None:
            grids.append(grid)
    return sorted(grids, key=lambda grid: (grid.ys[0], grid.xs[0]))


def merged(strokes: Iterable[Stroke], snap: float) -> list[Stroke]:
    """Strokes on one line joined: drawn twice, in pieces, dashed, or as the two edges of a thin bar."""
    clusters: list[list[Stroke]] = []
    for stroke in sorted(strokes):
        if clusters and stroke.at - clusters[-1][-1].at <= snap and stroke.at - clusters[-1][0].at <= 2 * snap:
            clusters[-1].append(stroke)
        else:
            clusters.append([stroke])
    joined: list[Stroke] = []
    for cluster in clusters:
        weight = sum(stroke.end - stroke.start + 0.01 for stroke in cluster)
        at = sum(stroke.at * (stroke.end - stroke.start + 0.01) for stroke in cluster) / weight
        start, end = None, 0.0
        for stroke in sorted(cluster, key=lambda one: one.start):
            if start is not None and stroke.start <= end + snap:
                end = max(end, stroke.end)
                continue
            if start is not None:
                joined.append(Stroke(at, start, end))
            start, end = stroke.start, stroke.end
        if start is not None:
            joined.append(Stroke(at, start, end))
    return [stroke for stroke in joined if stroke.end - stroke.start > snap]


def _meet(across: Stroke, down: Stroke, snap: float) -> bool:
    return across.start - snap <= down.at <= across.end + snap and down.start - snap <= across.at <= down.end + snap


def _figures(across: Sequence[Stroke], down: Sequence[Stroke], snap: float) -> list[tuple[list[Stroke], list[Stroke]]]:
    """The strokes parted into figures: sets connected by crossings and corners."""
    parent = list(range(len(across) + len(down)))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for i, one in enumerate(across):
        for j, other in enumerate(down):
            if _meet(one, other, snap):
                parent[root(len(across) + j)] = root(i)
    figures: dict[int, tuple[list[Stroke], list[Stroke]]] = {}
    for i, one in enumerate(across):
        figures.setdefault(root(i), ([], []))[0].append(one)
    for j, other in enumerate(down):
        figures.setdefault(root(len(across) + j), ([], []))[1].append(other)
    return [figure for figure in figures.values() if figure[0] and figure[1]]


def _closed(across: list[Stroke], down: list[Stroke], snap: float) -> tuple[list[Stroke], list[Stroke]]:
    """The figure with the borders that a table may leave out: no line at its sides (open tables), none where a page
    cuts it. Several lines that end together beyond the last one across them show where the border would be."""
    sides = [*_missing_borders(across, [stroke.at for stroke in down], snap)]
    down = [*down, *sides]
    ends = [*_missing_borders(down, [stroke.at for stroke in across], snap)]
    return [*across, *ends], down


def _missing_borders(lines: Sequence[Stroke], crossings: Sequence[float], snap: float) -> list[Stroke]:
    first, last = min(crossings), max(crossings)
    borders = []
    for reach in (
        [(stroke.start, stroke.at) for stroke in lines if stroke.start < first - 2 * snap],
        [(stroke.end, stroke.at) for stroke in lines if stroke.end > last + 2 * snap],
    ):
        if len(reach) < 2:
            continue
        ends = sorted(end for end, _ in reach)
        usual = ends[len(ends) // 2]
        together = [at for end, at in reach if abs(end - usual) <= snap]
        if len(together) >= max(2, len(lines) / 2):
            borders.append(Stroke(usual, min(together), max(together)))
    return borders


def _trimmed(across: list[Stroke], down: list[Stroke], snap: float) -> tuple[list[Stroke], list[Stroke]]:
    """Strokes cut back to their outermost crossings; those with fewer than two bound no cell and go."""
    for _ in range(8):
        before = len(across) + len(down)
        across = [
            cut for stroke in across if (cut := _cut(stroke, [o.at for o in down if _meet(stroke, o, snap)], snap))
        ]
        down = [cut for stroke in down if (cut := _cut(stroke, [o.at for o in across if _meet(o, stroke, snap)], snap))]
        if len(across) + len(down) == before:
            break
    return across, down


def _cut(stroke: Stroke, crossings: Sequence[float], snap: float) -> Stroke | None:
    if not crossings or max(crossings) - min(crossings) <= snap:
        return None
    return Stroke(stroke.at, min(crossings), max(crossings))


def _grid(across: list[Stroke], down: list[Stroke], snap: float, max_slots: int) -> Grid | None:
    xs = sorted({stroke.at for stroke in down})
    ys = sorted({stroke.at for stroke in across})
    if len(xs) < 2 or len(ys) < 2 or (len(xs) - 1) * (len(ys) - 1) > max_slots:
        return None
    walls = _walls(down, xs, ys)  # walls[k][row]: a line along xs[k] beside that row
    floors = _walls(across, ys, xs)  # floors[k][col]: a line along ys[k] above or below that column
    regions = _regions(walls, floors, len(ys) - 1, len(xs) - 1)
    owner = [[0] * (len(xs) - 1) for _ in range(len(ys) - 1)]
    boxes: list[Box] = []
    for row, col, row_span, col_span in sorted(regions):
        for r in range(row, row + row_span):
            for c in range(col, col + col_span):
                owner[r][c] = len(boxes)
        is_open = (
            (row == 0 and not all(floors[0][col : col + col_span]))
            or (row + row_span == len(ys) - 1 and not all(floors[-1][col : col + col_span]))
            or (col == 0 and not all(walls[0][row : row + row_span]))
            or (col + col_span == len(xs) - 1 and not all(walls[-1][row : row + row_span]))
        )
        boxes.append(Box(row, col, row_span, col_span, is_open))
    return Grid(tuple(xs), tuple(ys), tuple(boxes), tuple(map(tuple, owner)))


def _walls(strokes: Sequence[Stroke], positions: Sequence[float], bands: Sequence[float]) -> list[list[bool]]:
    """For each position and each band between two of `bands`: whether strokes there cover most of the band."""
    by_position: dict[float, list[Stroke]] = {}
    for stroke in strokes:
        by_position.setdefault(stroke.at, []).append(stroke)
    walls = []
    for position in positions:
        covered = []
        for low, high in pairwise(bands):
            length = sum(
                max(0.0, min(stroke.end, high) - max(stroke.start, low)) for stroke in by_position.get(position, ())
            )
            covered.append(length >= _COVERED * (high - low))
        walls.append(covered)
    return walls


def _regions(
    walls: list[list[bool]], floors: list[list[bool]], n_rows: int, n_cols: int
) -> list[tuple[int, int, int, int]]:
    """Rectangles (row, column, row span, column span) of slots with no line between them. A figure of slots that is no
    rectangle (a line is missing in part) is cut into its rows, and equal neighbours are joined again."""
    seen = [[False] * n_cols for _ in range(n_rows)]
    rectangles: list[tuple[int, int, int, int]] = []
    for row in range(n_rows):
        for col in range(n_cols):
            if seen[row][col]:
                continue
            seen[row][col] = True
            stack, members = [(row, col)], []
            while stack:
                r, c = stack.pop()
                members.append((r, c))
                for nr, nc, shut in (
                    (r - 1, c, r == 0 or floors[r][c]),
                    (r + 1, c, r + 1 == n_rows or floors[r + 1][c]),
                    (r, c - 1, c == 0 or walls[c][r]),
                    (r, c + 1, c + 1 == n_cols or walls[c + 1][r]),
                ):
                    if not shut and not seen[nr][nc]:
                        seen[nr][nc] = True
                        stack.append((nr, nc))
            rectangles.extend(_rectangles(members))
    return rectangles


def _rectangles(members: list[tuple[int, int]]) -> list[tuple[int, int, int, int]]:
    rows, cols = [r for r, _ in members], [c for _, c in members]
    height, width = max(rows) - min(rows) + 1, max(cols) - min(cols) + 1
    if height * width == len(members):
        return [(min(rows), min(cols), height, width)]
    runs: list[tuple[int, int, int]] = []
    for r, c in sorted(members):
        if runs and runs[-1][0] == r and runs[-1][1] + runs[-1][2] == c:
            runs[-1] = (r, runs[-1][1], runs[-1][2] + 1)
        else:
            runs.append((r, c, 1))
    found: list[tuple[int, int, int, int]] = []
    ending: dict[tuple[int, int, int], int] = {}  # (row below, column, width) of a rectangle → its index
    for r, c, span in runs:
        index = ending.pop((r, c, span), None)
        if index is None:
            index = len(found)
            found.append((r, c, 1, span))
        else:
            found[index] = (found[index][0], c, found[index][2] + 1, span)
        ending[r + 1, c, span] = index
    return found
