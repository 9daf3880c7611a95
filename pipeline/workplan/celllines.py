"""Task tables that copying has unfolded into lines of text → ragged tables again.

Three ways are met: each cell on a line of its own behind a tab, with empty lines between the rows; each cell on a line
of its own and nothing between them; a row on a line, its cells parted by wide gaps. Each begins at the table's header
and is told by it; without one the lines stay what they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from extractors.document import Block, Cell, Paragraph, Table
from pipeline import prose
from pipeline.workplan.responsible import reads_on
from pipeline.workplan.taskcolumns import (
    DEADLINE,
    LABEL,
    REQUIREMENT,
    RESPONSIBLE,
    Columns,
    blank,
    header,
    header_role,
    look,
)

_GAP = re.compile(r"\t+|[ \u3000\xa0]{2,}")
_END = re.compile(r"^\s*附件\s*\d*\s*[：:]?|^\s*(?:备?注|说明)\s*[：:]")
_STOP = re.compile(r"[。！？；;][”’\"』」）)】]*\s*$")
_FEWEST = 0.6  # of the rows must hold both a requirement and units, or the lines were no table

_Line = tuple[str, Paragraph]


def refolded(blocks: Sequence[Block]) -> list[Block]:
    """The blocks, with each unfolded task table as one `Table` (gridded=False) in the place of its lines."""
    found: list[Block] = []
    at = 0
    while at < len(blocks):
        table, end = _table_at(blocks, at)
        found.append(table or blocks[at])
        at = end if table else at + 1
    return found


def _table_at(blocks: Sequence[Block], at: int) -> tuple[Table | None, int]:
    """The unfolded table that begins with the block `at`, and the block after it."""
    first = blocks[at]
    if not isinstance(first, Paragraph) or first.level is not None or len(first.text) > 120:
        return None, at
    if first.text.startswith("\t"):
        before = blocks[at - 1] if at else None
        begins = not (isinstance(before, Paragraph) and before.text.startswith("\t"))
        return _tabbed(blocks, at) if begins else (None, at)
    if header_role(_GAP.split(first.text.strip())[0]) is None:
        return None, at
    if header(_GAP.split(first.text.strip())):
        lines, end = _lines(blocks, at)
        rows = [[(cell, line) for cell in _GAP.split(text)] for text, line in lines]
    else:
        opening, _ = _lines(blocks[at : at + 10], 0)
        words = next((i for i, (text, _) in enumerate(opening) if header_role(text) is None), len(opening))
        columns = header([text for text, _ in opening[:words]])
        if columns is None:
            return None, at
        lines, end = _lines(blocks, at)
        rows = [lines[:words], *_records(lines[words:], columns)]
    table = _table(rows)
    return (table, end) if table else (None, at)


def _lines(blocks: Sequence[Block], at: int) -> tuple[list[_Line], int]:
    """The lines of text from `at` on, to the next table, heading, annex or note; page numbers are left out."""
    lines: list[_Line] = []
    for end in range(at, len(blocks)):
        block = blocks[end]
        if not isinstance(block, Paragraph) or block.level is not None or _END.match(block.text):
            return lines, end
        if block.text.strip() and not prose.is_page_number(prose.Line(block.text, 0)):
            lines.append((block.text.strip(), block))
    return lines, len(blocks)


def _tabbed(blocks: Sequence[Block], at: int) -> tuple[Table | None, int]:
    """Cells behind tabs: an empty line ends a row, a line without a tab goes on with the cell above it."""
    rows: list[list[_Line]] = []
    end, previous = at, None
    while end < len(blocks):
        block = blocks[end]
        if not isinstance(block, Paragraph) or block.line is None:
            break
        gap = previous is None or block.line > previous + 1
        if block.text.startswith("\t"):
            if gap:
                rows.append([])
            rows[-1].append((block.text.strip(), block))
        elif gap:
            break
        else:
            text, line = rows[-1][-1]
            rows[-1][-1] = (text + "\n" + block.text.strip(), line)
        previous = block.line
        end += 1
    if not any(header([text for text, _ in row]) for row in rows[:3]):
        return None, at
    return _table(rows), end


def _records(lines: Sequence[_Line], columns: Columns) -> list[list[_Line]]:
    """Cells one after another → rows: units end a row, and what looks like a date after them where dates are due."""
    rows: list[list[_Line]] = [[]]
    dated = DEADLINE in columns and columns.index(DEADLINE) > columns.index(RESPONSIBLE)
    for text, line in lines:
        row, looks = rows[-1], look(text)
        last, where = row[-1] if row else ("", line)
        above = look(last)
        cut_units = above == RESPONSIBLE and reads_on(last)
        cut_text = above == REQUIREMENT and (looks == REQUIREMENT or (looks != RESPONSIBLE and not _STOP.search(last)))
        done = above == RESPONSIBLE or (above == DEADLINE and RESPONSIBLE in [look(cell) for cell, _ in row])
        if cut_units or cut_text:
            row[-1] = (last + "\n" + text, where)
        elif header_role(text) and looks == LABEL and (done or not row):
            continue  # the header, printed again
        elif done and not (dated and looks == DEADLINE and above == RESPONSIBLE):
            rows.append([(text, line)])
        else:
            row.append((text, line))
    return [row for row in rows if row]


def _table(rows: Sequence[Sequence[_Line]]) -> Table | None:
    """The rows as a table, if enough of them say what is to be done and by whom."""
    body = [row for row in rows if header([text for text, _ in row]) is None]
    full = sum(1 for row in body if {RESPONSIBLE, REQUIREMENT} <= {look(text) for text, _ in row if not blank(text)})
    if not body or full < _FEWEST * len(body):
        return None
    cells = tuple(Cell(r, c, text, line=line.line) for r, row in enumerate(rows) for c, (text, line) in enumerate(row))
    first = rows[0][0][1]
    return Table(cells, len(rows), max(map(len, rows)), first.page, first.line, gridded=False)
