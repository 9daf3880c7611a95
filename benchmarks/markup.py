"""Tables in HTML or Markdown text → grids of cell texts, for peers that answer in markup. Standard library alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser

Grid = list[list[str | None]]  # None: a slot that a spanning cell covers, beyond its first
Content = list["Grid | str"]  # what a reader found, in order: tables, and lines of text

MOST_SPAN = 60
_TABLE = re.compile(r"<table\b.*?</table\s*>", re.IGNORECASE | re.DOTALL)
_RULE = re.compile(r"\|?[\s:|-]*-[\s:|-]*\|?")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)


class _Tables(HTMLParser):
    """Collects the rows of all tables; a table within a cell is a table of its own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[tuple[str, int, int]]]] = []
        self._open: list[list[list[tuple[str, int, int]]]] = []
        self._around: list[tuple[list[str] | None, tuple[int, int]]] = []  # the cells that open tables stand in
        self._cell: list[str] | None = None
        self._spans = (1, 1)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._around.append((self._cell, self._spans))
            self._cell = None
            self._open.append([])
            self.tables.append(self._open[-1])
        elif tag == "tr" and self._open:
            self._close_cell()
            self._open[-1].append([])
        elif tag in ("td", "th") and self._open:
            self._close_cell()
            spans = {name: value for name, value in attrs if name in ("rowspan", "colspan")}
            self._spans = _span(spans.get("rowspan")), _span(spans.get("colspan"))
            self._cell = []
        elif tag == "br" and self._cell is not None:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._close_cell()
        if tag == "table" and self._open:
            self._open.pop()
            self._cell, self._spans = self._around.pop()

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def _close_cell(self) -> None:
        if self._cell is not None and self._open:
            if not self._open[-1]:
                self._open[-1].append([])
            self._open[-1][-1].append(("".join(self._cell).strip(), *self._spans))
        self._cell = None


def _span(text: str | None) -> int:
    return min(int(text), MOST_SPAN) if text and text.strip().isdigit() and int(text) > 0 else 1


def html_tables(text: str) -> list[Grid]:
    """Every table of an HTML text, its spans laid out."""
    parser = _Tables()
    parser.feed(text)
    parser.close()
    return [_laid_out(rows) for rows in parser.tables if rows]


def _laid_out(rows: Sequence[Sequence[tuple[str, int, int]]]) -> Grid:
    grid: list[dict[int, str | None]] = [{} for _ in rows]
    for r, row in enumerate(rows):
        col = 0
        for text, height, width in row:
            while col in grid[r]:
                col += 1
            for down in range(min(height, len(rows) - r)):
                for right in range(width):
                    grid[r + down].setdefault(col + right, text if down == right == 0 else None)
            col += width
    columns = max((max(row, default=-1) + 1 for row in grid), default=0)
    return [[row.get(col, "") for col in range(columns)] for row in grid]


def text_content(text: str) -> Content:
    """Text with HTML tables and pipe tables in it → the tables and the lines between them, in order."""
    content: Content = []
    at = 0
    for found in _TABLE.finditer(text):
        content += _lines(text[at : found.start()])
        content += html_tables(found[0])
        at = found.end()
    return content + list(_lines(text[at:]))


def _lines(text: str) -> Iterator[Grid | str]:
    table: Grid = []
    for line in text.splitlines():
        row = line.strip()
        if row.count("|") < 2:
            if table:
                yield table
                table = []
            if row:
                yield line
        elif not _RULE.fullmatch(row):
            table.append([_plain(cell) for cell in row.strip("|").split("|")] if row != "|" * len(row) else [])
    if table:
        yield table


def _plain(cell: str) -> str:
    return _TAG.sub("", _BREAK.sub("\n", cell)).replace("\\", "").strip().strip("*").strip()
