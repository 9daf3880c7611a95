"""Cells as a format draws them → blocks: what is a table, and what is merely laid out by one.

Shared by every format with a grid of its own (HTML, DOCX, PDF rulings). A table that only arranges other content is
unfolded into that content; a true table keeps each merged cell once, and every row and column in which a cell begins.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from extractors import limits
from extractors.document import Block, Cell, Paragraph, Table

_PROSE_ROW_CHARACTERS = 150
_ARTICLE_CHARACTERS = 600
_ARTICLE_PARAGRAPHS = 6
_ARTICLE_SHARE = 0.8
_MAX_SLIVER_WORK = 5_000_000
_LEAST_TEXTS = 3  # cells with text of a table whose other cells are asked for more than text
_LARGEST_NUMBER = 20  # characters of a table within a cell that is but its number


@dataclass(frozen=True, slots=True)
class Anchor(Paragraph):
    """The place of a picture among the blocks while these are put together; it leaves no text."""

    picture: int = 0


@dataclass(frozen=True, slots=True)
class Unread(Paragraph):
    """Something in a cell that shows and is no text, while the blocks are put together; a number may stand in it."""


UNREADABLE = "\ufffd"
UNREAD = Unread("")


@dataclass(frozen=True, slots=True)
class Draft:
    """A cell with all it holds: paragraphs, and whole tables where tables are nested."""

    row: int
    col: int
    blocks: tuple[Block, ...]
    row_span: int = 1
    col_span: int = 1
    line: int | None = None
    bbox: tuple[float, float, float, float] | None = None
    confidence: float | None = None
    alternatives: tuple[str, ...] = ()
    text: str = field(init=False, compare=False)
    """That of its paragraphs, a line each."""

    def __post_init__(self) -> None:
        texts = [block.text for block in self.blocks if isinstance(block, Paragraph) and block.text]
        object.__setattr__(self, "text", "\n".join(texts).strip())


def settle(drafts: Iterable[Draft], page: int | None = None, line: int | None = None) -> tuple[list[Block], list[str]]:
    """The blocks that a drawn grid amounts to, in reading order, and notes about what was left out.

    A layout grid gives its content; a true one a `Table`, with tables nested in its cells after it, and with rows of
    prose over its whole width (a report set inside one big frame) as paragraphs between its parts.
    """
    cells = sorted(drafts, key=lambda draft: (draft.row, draft.col))
    if is_layout(cells):
        return [block for draft in cells for block in draft.blocks], []
    cells = compact(cells)
    n_rows, n_cols = _extent(cells)
    if n_cols == 1:
        return [block for draft in cells for block in draft.blocks], []
    if n_rows * n_cols > limits.MAX_SLOTS:
        note = f"a table of {n_rows} rows and {n_cols} columns is beyond {limits.MAX_SLOTS} slots and was left out"
        return [], [note]
    prose = [
        draft
        for draft in cells
        if draft.col_span == n_cols and len(draft.text) >= _PROSE_ROW_CHARACTERS and draft.row_span == 1
    ]
    if not prose:
        # what cannot be text of a cell: tables, and the places of pictures
        nested = [block for draft in cells for block in draft.blocks if isinstance(block, Table | Anchor)]
        return [_table(cells, n_rows, n_cols, page, line), *nested], []
    return _around_prose(cells, prose, page, line)


def is_layout(cells: Sequence[Draft]) -> bool:
    """Whether the grid holds other content in place rather than data: most of its text stands in tables within it,
    or its only row places an article beside its margins."""
    if not cells:
        return True
    own = sum([len(draft.text) for draft in cells])
    nested = sum([_weight(block) for draft in cells for block in draft.blocks if isinstance(block, Table)])
    if nested:
        return nested >= own or len(cells) == 1
    if len({draft.row for draft in cells}) > 1:
        return False
    largest = max(cells, key=lambda draft: len(draft.text))
    return len(largest.blocks) >= _ARTICLE_PARAGRAPHS and len(largest.text) >= max(
        _ARTICLE_CHARACTERS, _ARTICLE_SHARE * own
    )


def compact(cells: Sequence[Draft]) -> list[Draft]:
    """The same grid without rows and columns in which no cell begins: every cell there is a span from before, so
    nothing but a sliver of ruling or a number in the markup is lost."""
    rows = sorted({draft.row for draft in cells})
    cols = sorted({draft.col for draft in cells})
    if cells and (rows[-1], cols[-1]) == (len(rows) - 1, len(cols) - 1) and _extent(cells) == (len(rows), len(cols)):
        return list(cells)  # a cell begins in each
    compacted = []
    for draft in cells:
        row, col = bisect_left(rows, draft.row), bisect_left(cols, draft.col)
        row_span = bisect_left(rows, draft.row + draft.row_span) - row
        col_span = bisect_left(cols, draft.col + draft.col_span) - col
        if (row, col, row_span, col_span) != (draft.row, draft.col, draft.row_span, draft.col_span):
            draft = replace(draft, row=row, col=col, row_span=row_span, col_span=col_span)
        compacted.append(draft)
    return compacted


def without_slivers(
    cells: Sequence[Draft], xs: Sequence[float], ys: Sequence[float], narrow: float, low: float
) -> list[Draft]:
    """The same grid without columns narrower than `narrow` and rows lower than `low` that hold no text of their own:
    borders that were meant to be one line. `xs` and `ys` are the positions of the grid's lines."""
    kept = list(cells)
    if len(kept) * (len(xs) + len(ys)) > _MAX_SLIVER_WORK:
        return kept
    for axis, positions, least in (("col", xs, narrow), ("row", ys, low)):
        for index in range(len(positions) - 2, -1, -1):
            if positions[index + 1] - positions[index] < least:
                kept = _without_line(kept, axis, index)
    return kept


def _without_line(cells: list[Draft], axis: str, index: int) -> list[Draft]:
    """The grid without one column or row; unchanged when a cell with text, or every cell, stands in it alone."""
    squeezed: list[Draft] = []
    for draft in cells:
        start, span = (draft.col, draft.col_span) if axis == "col" else (draft.row, draft.row_span)
        if start <= index < start + span:
            span -= 1
        if start > index:
            start -= 1
        if span:
            place = {"col": start, "col_span": span} if axis == "col" else {"row": start, "row_span": span}
            squeezed.append(replace(draft, **place))  # type: ignore[arg-type]
        elif draft.blocks:
            return cells
    return squeezed or cells


def _extent(cells: Sequence[Draft]) -> tuple[int, int]:
    n_rows = max((draft.row + draft.row_span for draft in cells), default=0)
    n_cols = max((draft.col + draft.col_span for draft in cells), default=0)
    return n_rows, n_cols


def _weight(table: Table) -> int:
    return sum(len(cell.text) for cell in table.cells) + 1


def _with_unread(table: Table, cells: Sequence[Draft]) -> Table:
    """The table with what is known of its cells without text: nothing where something else shows in one, as a picture
    of its number."""
    if sum(1 for draft in cells if draft.text) < _LEAST_TEXTS:
        return table
    shown = [
        cell
        if cell.text or not cell.row or not any(map(_may_be_number, draft.blocks))
        else replace(cell, text=UNREADABLE)
        for cell, draft in zip(table.cells, cells, strict=True)
    ]
    return replace(table, cells=tuple(shown))


def _may_be_number(block: Block) -> bool:
    if isinstance(block, Table):
        figures = any(character.isdigit() for cell in block.cells for character in cell.text)
        return figures and block.n_rows == 1 and _weight(block) <= _LARGEST_NUMBER
    return isinstance(block, Unread)


def _table(cells: Sequence[Draft], n_rows: int, n_cols: int, page: int | None, line: int | None) -> Table:
    table = Table(
        cells=tuple(
            Cell(
                draft.row,
                draft.col,
                draft.text,
                draft.row_span,
                draft.col_span,
                draft.line,
                draft.confidence,
                draft.bbox,
                draft.alternatives,
            )
            for draft in cells
        ),
        n_rows=n_rows,
        n_cols=n_cols,
        page=page,
        line=line,
    )
    return _with_unread(table, cells) if any(draft.blocks and not draft.text for draft in cells) else table


def _around_prose(
    cells: Sequence[Draft], prose: Sequence[Draft], page: int | None, line: int | None
) -> tuple[list[Block], list[str]]:
    """Paragraphs for the rows of prose, a table of its own for the rows between two of them."""
    prose_rows = sorted(draft.row for draft in prose)
    parts: dict[int, list[Draft]] = defaultdict(list)
    for draft in cells:
        before, until = bisect_left(prose_rows, draft.row), bisect_right(prose_rows, draft.row)
        parts[before + until].append(draft)  # odd for a row of prose, even between two
    blocks: list[Block] = []
    notes: list[str] = []
    for number in sorted(parts):
        if number % 2:
            blocks.extend(block for draft in parts[number] for block in draft.blocks)
        else:
            settled, more = settle(parts[number], page, line)
            blocks.extend(settled)
            notes.extend(more)
    return blocks, notes
