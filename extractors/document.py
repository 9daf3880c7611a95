"""The one thing every extractor emits: a `Document` of paragraphs and tables, in reading order.

Text is verbatim: nothing is parsed, relabelled or repaired here. All classes are frozen and make a JSON round trip
(`Document.to_json`, `Document.from_json`), so a document can be cached and read again without its source.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any


class CannotRead(Exception):
    """A file that yields no document, with a reason for people and the next step.

    `code` is a short stable word (`empty`, `encrypted`, `too_large`, `damaged`, `unsupported`, `needs_ocr`,
    `time_limit`, …); `str(error)` is the sentence that the report's `reason` shows.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason

    def __reduce__(self) -> tuple[type[CannotRead], tuple[str, str]]:
        return CannotRead, (self.code, self.reason)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell at its origin slot. A merged cell stands once, with its spans; `Table.slots` expands it.

    `line` is the 1-based line of a text source. `confidence` (0–1) and `bbox` (x0, top, x1, bottom in points) are
    given where the format knows them. `alternatives` are the other readings of a doubtful text, likeliest first, where
    recognition had several; which of them is right is for the pipeline to find out.
    """

    row: int
    col: int
    text: str
    row_span: int = 1
    col_span: int = 1
    line: int | None = None
    confidence: float | None = None
    bbox: tuple[float, float, float, float] | None = None
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A grid of cells. `gridded` says whether its columns are known (spans or rulings of the source) or merely
    counted (pipes, tabs), where a lost or doubled separator moves every cell to its right."""

    cells: tuple[Cell, ...]
    n_rows: int
    n_cols: int
    page: int | None = None
    line: int | None = None
    gridded: bool = True

    def slots(self) -> list[list[Cell | None]]:
        """The grid, `n_rows` × `n_cols`; a spanning cell stands in each of its slots, None where no cell is."""
        grid: list[list[Cell | None]] = [[None] * self.n_cols for _ in range(self.n_rows)]
        for cell in self.cells:
            for r in range(cell.row, min(cell.row + cell.row_span, self.n_rows)):
                row = grid[r]
                for c in range(cell.col, min(cell.col + cell.col_span, self.n_cols)):
                    row[c] = cell
        return grid


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A run of text: a paragraph of a marked-up format, one line of a text format. `level` 1–6 for a heading."""

    text: str
    page: int | None = None
    line: int | None = None
    level: int | None = None


Block = Paragraph | Table


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture within a document's text, that stands after so many of its blocks (`after`). What recognition found in
    it is no text of the document's own and stands apart: `blocks`, None as long as it has not been read."""

    after: int
    page: int | None = None
    blocks: tuple[Block, ...] | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """What a file holds. `format` is one of pdf, docx, html, text, scan (and what later extractors add); `pages` is the
    number of pages where the format has them; `metadata` holds what the file says of itself (title, url, date …),
    verbatim; `notes` are sentences about what could not be read (a page left out, a limit reached). `pictures` are
    those within the text that are large enough for a table, in reading order."""

    format: str
    blocks: tuple[Block, ...]
    pages: int | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()

    def with_pictures(self) -> Document:
        """The document with what was read in its pictures as blocks among its own, each at its place."""
        blocks: list[Block] = []
        done = 0
        for picture in self.pictures:
            blocks.extend(self.blocks[done : picture.after])
            blocks.extend(picture.blocks or ())
            done = max(done, picture.after)
        return replace(self, blocks=(*blocks, *self.blocks[done:]), pictures=())

    def to_json(self) -> str:
        """The document as compact JSON; `from_json` gives an equal document back."""
        return json.dumps(
            {
                "format": self.format,
                "pages": self.pages,
                "metadata": self.metadata,
                "notes": self.notes,
                "blocks": [_block_to_list(block) for block in self.blocks],
                "pictures": [_picture_to_list(picture) for picture in self.pictures],
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, text: str) -> Document:
        data = json.loads(text)
        return cls(
            format=data["format"],
            pages=data["pages"],
            metadata=data["metadata"],
            notes=tuple(data["notes"]),
            blocks=tuple(_block_from_list(block) for block in data["blocks"]),
            pictures=tuple(_picture_from_list(*picture) for picture in data["pictures"]),
        )


def _block_to_list(block: Block) -> list[Any]:
    if isinstance(block, Paragraph):
        return ["p", block.text, block.page, block.line, block.level]
    cells = [
        [
            c.row,
            c.col,
            c.text,
            c.row_span,
            c.col_span,
            c.line,
            c.confidence,
            c.bbox,
            *([c.alternatives] * bool(c.alternatives)),
        ]
        for c in block.cells
    ]
    return ["t", cells, block.n_rows, block.n_cols, block.page, block.line, block.gridded]


def _block_from_list(data: list[Any]) -> Block:
    if data[0] == "p":
        return Paragraph(*data[1:])
    cells = tuple(_cell_from_list(*cell) for cell in data[1])
    return Table(cells, *data[2:])


def _picture_to_list(picture: Picture) -> list[Any]:
    blocks = None if picture.blocks is None else [_block_to_list(block) for block in picture.blocks]
    return [picture.after, picture.page, blocks]


def _picture_from_list(after: int, page: int | None, blocks: list[Any] | None) -> Picture:
    return Picture(after, page, None if blocks is None else tuple(_block_from_list(block) for block in blocks))


def _cell_from_list(
    row: int,
    col: int,
    text: str,
    row_span: int,
    col_span: int,
    line: int | None,
    confidence: float | None,
    bbox: list[float] | None,
    alternatives: list[str] | None = None,
) -> Cell:
    box = None if bbox is None else (bbox[0], bbox[1], bbox[2], bbox[3])
    return Cell(row, col, text, row_span, col_span, line, confidence, box, tuple(alternatives or ()))
