"""The straight lines that the shapes of a PDF page draw: what rulings are made of."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise, repeat
from typing import NamedTuple

from extractors import limits
from extractors.pdf.calls import Handle, Room, each, pdfium
from extractors.pdf.objects import Matrix, Shape, matrices_of, times
from extractors.ruling import Stroke

_THIN = 3.0  # points; a filled bar up to this thick is a ruling, a thicker one is shading
_SHORTEST = 2.0
_SLANT = 1.0
FARTHEST = 20_000.0  # points; the format's own limit is 14,400
_AT_ONCE = 20_000  # segments

Corners = list[tuple[float, float]]
_Segment = tuple[float, float, bool, int]
"""The end of a segment (x, y), whether it begins a run (no straight line leads to it), and whether it closes one."""


class Rulings:
    """Collects the lines that drawn shapes show."""

    def __init__(self) -> None:
        self._across: list[Stroke] = []
        self._down: list[Stroke] = []

    def add(self, corners: Corners, stroked: bool) -> bool:
        """A path of straight pieces, in points of the displayed page; whether it is as thin as a line."""
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        x0, x1, top, bottom = min(xs), max(xs), min(ys), max(ys)
        wide, high = x1 - x0, bottom - top
        is_thin = high <= _THIN or wide <= _THIN
        if is_thin:
            if wide >= high:
                self._add(x0, (top + bottom) / 2, x1, (top + bottom) / 2)
            else:
                self._add((x0 + x1) / 2, top, (x0 + x1) / 2, bottom)
        elif stroked:
            for (ax, ay), (bx, by) in pairwise(corners):
                self._add(min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
        return is_thin

    def _add(self, x0: float, top: float, x1: float, bottom: float) -> None:
        if not (x0 > -FARTHEST and top > -FARTHEST and x1 < FARTHEST and bottom < FARTHEST):
            return
        if bottom - top <= _SLANT and x1 - x0 >= _SHORTEST:
            self._across.append(Stroke((top + bottom) / 2, x0, x1))
        elif x1 - x0 <= _SLANT and bottom - top >= _SHORTEST:
            self._down.append(Stroke((x0 + x1) / 2, top, bottom))

    @property
    def is_full(self) -> bool:
        return len(self._across) + len(self._down) > limits.MAX_PAGE_STROKES

    def found(self) -> tuple[list[Stroke], list[Stroke]]:
        return ([], []) if self.is_full else (self._across, self._down)


def is_placed(*lengths: float) -> bool:
    """Whether coordinates and sizes are such as a page can have: broken files hold infinite ones, and none at all."""
    return all(-FARTHEST < length < FARTHEST for length in lengths)


class Drawn(NamedTuple):
    """What the paths of a page draw: lines across and down, and the addresses of those that fill more than a line."""

    across: list[Stroke]
    down: list[Stroke]
    areas: set[Handle]


def drawn_by(paths: Sequence[Shape], display: Matrix) -> Drawn:
    """The lines and areas that a page's paths show; no lines where there are more than a table has."""
    rulings, handles = Rulings(), [path.handle for path in paths]
    modes = Room(ctypes.c_int, 2 * len(paths))
    each(pdfium.FPDFPath_GetDrawMode, handles, modes.places[::2], modes.places[1::2])
    fills, strokes = modes.read()[::2], modes.read()[1::2]
    drawn = [(path, bool(stroke)) for path, fill, stroke in zip(paths, fills, strokes, strict=True) if fill or stroke]
    areas = {handle for handle, fill in zip(handles, fills, strict=True) if fill}
    matrices = matrices_of([path.handle for path, _ in drawn])
    known: dict[tuple[Matrix, Matrix], Matrix] = {}  # the paths of a page have few
    for (path, stroked), own, outline in zip(drawn, matrices, _outlines(drawn), strict=True):
        matrix = known.get((own, path.around))
        if matrix is None:
            matrix = known[own, path.around] = times(times(own, path.around), display)
        thin = [rulings.add(corners, stroked) for corners in _straight_runs(outline, matrix)]
        if thin == [True]:  # curves part a rounded box into several runs
            areas.discard(path.handle)
        if rulings.is_full:
            break
    return Drawn(*rulings.found(), areas)


def _outlines(paths: Sequence[tuple[Shape, bool]]) -> Iterator[Iterator[_Segment]]:
    """The segments of each path, stroked or not; fetched for many paths at once, and to be taken in order. That a run
    closes is told only where it shows: where more than a line is stroked."""
    counts = each(pdfium.FPDFPath_CountSegments, [path.handle for path, _ in paths])
    counts = [min(count, limits.MAX_PAGE_OBJECTS) for count in counts]
    for first, last in _batches(counts):
        segments: list[Handle] = []
        closes: list[int] = []
        for (path, stroked), count in zip(paths[first:last], counts[first:last], strict=True):
            own = each(pdfium.FPDFPath_GetPathSegment, repeat(path.handle), range(count))
            segments += own
            closes += each(pdfium.FPDFPathSegment_GetClose, own) if stroked and count > 2 else [0] * count
        ends = Room(ctypes.c_float, 2 * len(segments))
        each(pdfium.FPDFPathSegment_GetPoint, segments, ends.places[::2], ends.places[1::2])
        xs, ys = ends.read()[::2], ends.read()[1::2]
        line = pdfium.FPDF_SEGMENT_LINETO
        begins = [kind != line for kind in each(pdfium.FPDFPathSegment_GetType, segments)]
        told = zip(xs, ys, begins, closes, strict=True)
        for count in counts[first:last]:
            yield islice(told, count)


def _batches(counts: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Stretches (first, after the last) that sum up to a bound, or hold one alone."""
    first = total = 0
    for place, count in enumerate(counts):
        if total + count > _AT_ONCE and place > first:
            yield first, place
            first, total = place, 0
        total += count
    if first < len(counts):
        yield first, len(counts)


def _straight_runs(outline: Iterable[_Segment], matrix: Matrix) -> Iterator[Corners]:
    """The straight runs of a path, in points of the displayed page; curves part them."""
    a, b, c, d, e, f = matrix
    run: Corners = []
    for x, y, begins, closes in outline:
        if begins:
            if len(run) > 1:
                yield run
            run = []
        run.append((a * x + c * y + e, b * x + d * y + f))
        if closes and len(run) > 1:
            run.append(run[0])
    if len(run) > 1:
        yield run
