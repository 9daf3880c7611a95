"""Where a document holds task tables, and their rows as the columns say them; nothing is joined over rows here.

A task table is cut into many by page breaks, its header repeated or not. The parts that follow one another make a run;
its columns are settled once, over all of its rows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from extractors.document import Block, Cell, Document, Paragraph, Table
from pipeline import prose
from pipeline.workplan.celllines import refolded
from pipeline.workplan.taskcolumns import (
    DEADLINE,
    LABEL,
    NUMBER,
    REQUIREMENT,
    RESPONSIBLE,
    SUPPORT,
    Columns,
    Role,
    all_words,
    blank,
    by_shape,
    fitted,
    header,
    key,
    look,
    settled,
    subheader,
    widened,
)

_CAPTION = re.compile(r"^\s*(?:[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[）)])[^。；]{2,40}$")
_NOTE = re.compile(r"^\s*(?:备?注\s*[：:]|说明\s*[：:]|填表)")
_TITLE = re.compile(r"(?:表|清单|台账|要点)(?:[（(].{1,8}[）)])?\s*$")
_MOST_COLUMNS = 16  # of a task table
_ENOUGH = 60  # rows to tell a table without a header by
_APART = 400  # characters of text that stand between two tables rather than between two parts of one


@dataclass(frozen=True, slots=True)
class Piece:
    """One row: what it says in each column, '' where it says nothing.

    `held` names the columns whose cell reaches down from an earlier row (`label0`, `label1` … for the labels); their
    text is repeated here. `torn` marks the first row after a break of the table, `loose` a line of text between two
    parts of it (`torn` where the second has no header), `section` a row with a label for those that follow.
    """

    labels: tuple[str, ...] = ()
    number: str = ""
    requirement: str = ""
    responsible: str = ""
    support: str = ""
    held: frozenset[Role] = frozenset()
    section: bool = False
    torn: bool = False
    loose: bool = False
    gridded: bool = False
    page: int | None = None
    line: int | None = None


@dataclass(slots=True)
class _Row:
    """A row before its columns are known: its cells, its place in the table, where it is in the source."""

    cells: list[Cell | None]
    number: int
    gridded: bool
    page: int | None
    line: int | None
    torn: bool = False

    @property
    def texts(self) -> list[str]:
        return [cell.text if cell else "" for cell in self.cells]


@dataclass(frozen=True, slots=True)
class _Loose:
    """A line of text between two parts of a table; `headless` where the second part begins without a header."""

    line: Paragraph
    headless: bool


@dataclass(slots=True)
class _Run:
    """The parts of one task table in order: rows, and the lines of text among them."""

    columns: Columns
    words: tuple[str, ...]
    rows: list[_Row | _Loose] = field(default_factory=list)
    widths: set[int] = field(default_factory=set)

    def extend(self, rows: Sequence[_Row]) -> None:
        self.rows.extend(rows)
        self.widths.update(len(row.cells) for row in rows)


def runs(document: Document) -> list[list[Piece]]:
    """The rows of each task table of the document, in order; empty for a document without one."""
    return [_pieces(run) for run in _runs(refolded(document.blocks))]


def _runs(blocks: Sequence[Block]) -> list[_Run]:
    search = _Search()
    for block in blocks:
        if isinstance(block, Table):
            if block.n_cols > _MOST_COLUMNS:
                continue
            for head, words, rows in _parts(block):
                search.part(head, words, rows)
        elif block.text.strip() and not prose.is_page_number(prose.Line(block.text, 0)):
            search.paragraph(block)
    return search.found


@dataclass(slots=True)
class _Search:
    """The runs found so far, and what stands between the last part of one and the next."""

    found: list[_Run] = field(default_factory=list)
    between: list[Paragraph] = field(default_factory=list)
    apart: int = 0  # characters since the last part; a heading counts as many
    orphans: list[_Row] = field(default_factory=list)  # rows without a header that are not enough to judge yet

    def paragraph(self, block: Paragraph) -> None:
        self.apart += _APART if block.level is not None else len(block.text)
        self.between.append(block)

    def part(self, head: Columns | None, words: tuple[str, ...], rows: list[_Row]) -> None:
        run = self.found[-1] if self.found else None
        near = self.apart < _APART
        caption = self.between[-1] if self.between and _CAPTION.match(self.between[-1].text) else None
        if head is None:
            if run is None or not _goes_on(run, rows, near):
                self._orphaned(rows, near)
                return
        elif run is None or not (run.words == words or (run.columns == head and near)):
            run = _Run(head, words)
            self.found.append(run)
            self.between = []
        if near:
            run.rows.extend(_Loose(line, head is None) for line in self.between)
        if head and caption and head.count(LABEL) <= 1:
            run.rows.append(_section_row(caption))
        run.extend(rows)
        self.between, self.apart, self.orphans = [], 0, []

    def _orphaned(self, rows: list[_Row], near: bool) -> None:
        if self.orphans and rows and (not near or len(rows[0].cells) != len(self.orphans[-1].cells)):
            self.orphans = []
        self.orphans = [*self.orphans, *rows][-_ENOUGH:]
        columns = by_shape([row.texts for row in self.orphans])
        if columns:
            self.found.append(_Run(columns, ()))
            self.found[-1].extend(self.orphans)
            self.orphans = []
        self.between, self.apart = [], 0 if columns or not self.found else _APART


def _section_row(caption: Paragraph) -> _Row:
    """A caption over a part of the table, as the full-width row that others print in its place."""
    return _Row([Cell(0, 0, caption.text)], 0, False, caption.page, caption.line)


def _parts(table: Table) -> Iterator[tuple[Columns | None, tuple[str, ...], list[_Row]]]:
    """The rows of a table under each header that it holds: (columns, header words, rows); None before the first."""
    head: Columns | None = None
    words: tuple[str, ...] = ()
    rows: list[_Row] = []
    fresh = False  # the row before was a header
    for row in _rows(table):
        texts = row.texts
        columns = header(texts)
        below = subheader(head, texts) if fresh and head and columns is None else None
        if columns or below:
            if rows:
                yield head, words, rows
            head = below or columns
            words = (*(words if fresh else ()), *(key(text) for text in texts if not blank(text)))
            rows, fresh = [], True
            continue
        fresh = False
        row.torn = not rows
        rows.append(row)
    if rows or head:
        yield head, words, rows


def _rows(table: Table) -> Iterator[_Row]:
    """The rows of a table that say anything; in a ragged one, each with the cells it has."""
    for r, slots in enumerate(table.slots()):
        cells: list[Cell | None] = [cell for cell in slots if table.gridded or cell]
        own = [cell for cell in cells if cell and cell.row == r and not blank(cell.text)]
        if own:
            line = next((cell.line for cell in own if cell.line is not None), table.line)
            yield _Row(cells, r, table.gridded, table.page, line)


def _goes_on(run: _Run, rows: list[_Row], near: bool) -> bool:
    """Whether a table without a header of its own carries on the run."""
    if not rows:
        return False
    first = [text for text in rows[0].texts if not blank(text)]
    if len(set(first)) > 1 and all_words(first):
        return False  # the header of another table
    if not near and by_shape([row.texts for row in rows]) is None:
        return False
    alike = run.widths or {len(run.columns)}
    columns = settled(run.columns, ())
    good = bad = 0
    for row in rows:
        by_role = dict(zip(columns, fitted(row.texts, columns, ()), strict=True))
        what, who = look(by_role.get(REQUIREMENT, "")), look(by_role.get(RESPONSIBLE, ""))
        good += what == REQUIREMENT or who == RESPONSIBLE
        bad += what in (RESPONSIBLE, NUMBER, DEADLINE) or who in (REQUIREMENT, NUMBER, DEADLINE)
    if near and all(len(row.cells) in alike for row in rows):  # a torn row may hold no more than a few characters
        return len(rows) < 3 or (2 * bad < len(rows) and good > 0)
    return 2 * good >= len(rows)


def _pieces(run: _Run) -> list[Piece]:
    rows = [row for row in run.rows if isinstance(row, _Row)]
    widths = Counter(len(row.cells) for row in rows)
    # A header that lost its merged cells is narrower than its rows; a grid's header never is.
    ragged = [width for width, _ in widths.most_common(1) if not any(row.gridded for row in rows)]
    width = max([len(run.columns), *ragged])
    columns = settled(widened(run.columns, width), [row.texts for row in rows if len(row.cells) == width])
    seen: list[set[str]] = [set() for _ in columns]
    pieces: list[Piece] = []
    for row in run.rows:
        if isinstance(row, _Loose):
            pieces.append(Piece(requirement=row.line.text, torn=row.headless, loose=True))
            continue
        piece = _piece(row, columns, seen)
        if piece:
            pieces.append(piece)
            for level, label in enumerate(piece.labels):
                seen[level].add(key(label))
    return pieces


def _piece(row: _Row, columns: Columns, seen: Sequence[set[str]]) -> Piece | None:
    """What a row says; None for a title, a note, or the remark that the table goes on."""
    own = _distinct(row)
    if len(own) == 1 and (_NOTE.match(own[0].text) or (row.torn and _TITLE.search(own[0].text))):
        return None
    if len(own) == 1 and own[0].col_span >= len(row.cells) > 1 and look(own[0].text) != REQUIREMENT:
        return Piece((own[0].text,), section=True, torn=row.torn, gridded=row.gridded, page=row.page, line=row.line)
    held: frozenset[Role] = frozenset()
    if row.gridded and len(columns) == len(row.cells):
        texts, held = _by_slot(row, columns)
    else:
        texts = fitted([cell.text for cell in _cells(row)], columns, seen)
    by_role: dict[Role, list[str]] = {}
    for role, text in zip(columns, texts, strict=True):
        by_role.setdefault(role, []).append("" if blank(text) else text)
    labels = tuple(by_role.get(LABEL, ()))
    requirement, responsible, support = (_joined(by_role.get(r, ())) for r in (REQUIREMENT, RESPONSIBLE, SUPPORT))
    alone = len(labels) == 1 and labels[0] and not requirement and not responsible and LABEL not in held
    return Piece(
        labels,
        _joined(by_role.get(NUMBER, ())),
        requirement,
        responsible,
        support,
        held,
        bool(alone),
        row.torn,
        gridded=row.gridded,
        page=row.page,
        line=row.line,
    )


def _cells(row: _Row) -> list[Cell]:
    """The cells of a row once each, from left to right, without those that reach down from above."""
    found: list[Cell] = []
    for cell in row.cells:
        if cell and (not row.gridded or (cell.row == row.number and cell not in found)):
            found.append(cell)
    return found


def _distinct(row: _Row) -> list[Cell]:
    return [cell for cell in _cells(row) if not blank(cell.text)]


def _by_slot(row: _Row, columns: Columns) -> tuple[list[str], frozenset[Role]]:
    """The text of each column of a gridded row, and the columns whose cell reaches down from above.

    A cell over several columns gives its text to each label and to the requirement, and to the units when it looks so
    or stands over no requirement."""
    texts, held = [], set()
    for c, (role, cell) in enumerate(zip(columns, row.cells, strict=True)):
        if cell is None:
            texts.append("")
            continue
        over = {columns[k] for k in range(cell.col, min(cell.col + cell.col_span, len(columns)))}
        first = c == cell.col or columns[c - 1] != role
        takes = role not in (RESPONSIBLE, SUPPORT) or REQUIREMENT not in over or look(cell.text) == RESPONSIBLE
        if role == REQUIREMENT and RESPONSIBLE in over and look(cell.text) == RESPONSIBLE:
            takes = False
        if cell.row < row.number:
            held.add(role if role != LABEL else f"{LABEL}{columns[:c].count(LABEL)}")
        texts.append(cell.text if takes and (first or role == LABEL) else "")
    return texts, frozenset(held)


def _joined(texts: Sequence[str]) -> str:
    return "\n".join(text for text in texts if text)
