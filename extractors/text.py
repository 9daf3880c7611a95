"""Plain text and Markdown, as OCR engines, converters and copying leave them → Document.

One line is one `Paragraph` with its 1-based line, unless it is a row of a table: pipe rows (Markdown), tab-separated
rows, and HTML tables inside the text become `Table` blocks with `gridded=False` (the HTML ones keep their spans and are
gridded), a row a line. Neighbouring rows of one kind make one table; any other line ends it, even an empty one. A form
feed is a page break. Text stays verbatim, but for the mark-up of Markdown itself (emphasis, escapes, <br>, entities).
"""

from __future__ import annotations

import html
from collections.abc import Iterator

import regex

from extractors.document import Block, Cell, Document, Paragraph, Table
from extractors.raised import Pieces

_HEADING = regex.compile(r"^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_PIPE_RULE = regex.compile(r"^\s*\|?\s*:?-{1,}:?\s*(?:\|\s*:?-{1,}:?\s*)*\|?\s*$")
_PIPE = regex.compile(r"(?<!\\)\|")
_ESCAPE = regex.compile(r"\\([\\`*_{}\[\]()#+\-.!|~<>])")
_BREAK = regex.compile(r"<br\s*/?>", regex.I)
_TAG = regex.compile(r"</?(?:p|b|i|u|em|strong|span|div|font|ins|td|th|tr|center|o:p)\b[^<>]*>", regex.I)
_STYLED = regex.compile(r"<[a-z][^<>]*\s(?:style|hidden|class|href)\b", regex.I)
_STRUCK = regex.compile(r"<(del|s|strike)(?:\s[^<>]*)?>[^<>]*</\1\s*>|~~(?=[^\s~])[^~\n]*(?<=\S)~~", regex.I)
_RAISED = regex.compile(r"<(su[pb])(?:\s[^<>]*)?>([^<>]*)</\1\s*>", regex.I)
_RAISED_TAG = regex.compile(r"</?su[pb]\b[^<>]*>", regex.I)
_EMPHASIS = regex.compile(r"(\*{1,3})(?=\S)([^*\n]*?\S)\1")
_TABLE_OPEN = regex.compile(r"<table\b", regex.I)
_TABLE_CLOSE = regex.compile(r"</table\s*>", regex.I)
_MAX_HTML_LINES = 5000
_MAX_COLUMNS = 200
_MAX_ROW = 20_000  # characters of a line that may be a row of a table


def extract(text: str) -> Document:
    """The document that a decoded text holds. Never raises for odd text: what is no table row is a paragraph."""
    blocks: list[Block] = []
    page, pages = 1, 1 + text.count("\f")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    number = 0
    while number < len(lines):
        page += lines[number].count("\f")
        paged = page if pages > 1 else None
        line = lines[number].replace("\f", "")
        if _TABLE_OPEN.search(line):
            found, number = _html_table(lines, number, paged)
            blocks.extend(found)
            continue
        cells = _row(line)
        if cells is None:
            blocks.extend(_paragraph(line, number + 1, paged))
            number += 1
            continue
        start, rows = number, []
        kind = cells[0]
        while number < len(lines):
            row = _row(lines[number]) if "\f" not in lines[number] or number == start else None
            if row is None or row[0] != kind or _TABLE_OPEN.search(lines[number]):
                break
            if not (kind == "pipe" and _PIPE_RULE.match(lines[number])):
                rows.append((number + 1, row[1]))
            number += 1
        if rows:
            blocks.append(_table(rows, paged))
    return Document("text", tuple(blocks), pages if pages > 1 else None)


def _paragraph(line: str, number: int, page: int | None) -> Iterator[Paragraph]:
    if not line.strip():
        if line.strip(" ") == "\t":  # a cell standing alone on its line, and empty
            yield Paragraph("\t", page, number)
        return
    heading = _HEADING.match(line)
    if heading:
        yield Paragraph(_clean(heading[2]), page, number, len(heading[1]))
    else:
        yield Paragraph(_clean(line), page, number)


def _row(line: str) -> tuple[str, list[str]] | None:
    """(kind, cells) of a line that is a table row, else None."""
    if len(line) > _MAX_ROW:
        return None
    stripped = line.strip(" ")
    pipes = len(_PIPE.findall(stripped)) if "|" in stripped else 0
    if pipes >= 2 and (stripped.startswith("|") or stripped.endswith("|") or pipes >= 3):
        body = stripped[1:] if stripped.startswith("|") else stripped
        cells = _PIPE.split(body)
        if stripped.endswith("|") and not cells[-1].strip():
            cells = cells[:-1]
        return "pipe", [cell.replace("\\|", "|") for cell in cells[:_MAX_COLUMNS]]
    if "\t" in stripped:
        cells = line.strip("\r\n ").split("\t")
        # A single indented word is a cell standing alone on its line, not a row.
        if len(cells) > 2 or sum(1 for cell in cells if cell.strip()) > 1:
            return "tab", cells[:_MAX_COLUMNS]
    return None


def _table(rows: list[tuple[int, list[str]]], page: int | None) -> Table:
    cells = tuple(
        Cell(r, c, _clean(text).strip(), line=number)
        for r, (number, texts) in enumerate(rows)
        for c, text in enumerate(texts)
    )
    width = max(len(texts) for _, texts in rows)
    return Table(cells, len(rows), width, page, rows[0][0], gridded=False)


def _clean(text: str) -> str:
    """The text without the mark-up of Markdown and of the HTML that strays into it."""
    if "<" in text:
        if _STYLED.search(text):  # what a style hides, strikes or raises is for the reader of HTML to tell
            text = _rendered(text)
        text = _TAG.sub("", _BREAK.sub("\n", text))
    if "<" in text or "~~" in text:
        text = _STRUCK.sub("", text)
    if "\\" in text:
        text = _ESCAPE.sub(r"\1", text)
    if "*" in text:
        text = _EMPHASIS.sub(r"\2", text)
    if "<" in text:
        text = _RAISED_TAG.sub("", _bracketed(text))
    if "&" in text:
        text = html.unescape(text)
    return text


def _bracketed(text: str) -> str:
    """The text with its raised and lowered figures in brackets where they touch a number."""
    pieces, end = Pieces(), 0
    for match in _RAISED.finditer(text):
        pieces.add(text[end : match.start()])
        pieces.add(match[2], raised=True)
        end = match.end()
    pieces.add(text[end:])
    return str(pieces)


def _rendered(text: str) -> str:
    """A line or a cell with HTML in it, as a browser would show it."""
    from extractors.html import tables_of

    blocks = tables_of(text)
    return "\n".join(block.text for block in blocks if isinstance(block, Paragraph))


def _html_table(lines: list[str], start: int, page: int | None) -> tuple[list[Block], int]:
    """The blocks of the HTML table that opens on line `start` (0-based), and the line after it."""
    from extractors.html import tables_of

    depth, end = 0, start
    while end < len(lines) and end - start < _MAX_HTML_LINES:
        depth += len(_TABLE_OPEN.findall(lines[end])) - len(_TABLE_CLOSE.findall(lines[end]))
        end += 1
        if depth <= 0:
            break
    fragment = "\n".join(lines[start:end])
    before = fragment[: _TABLE_OPEN.search(fragment).start()]  # type: ignore[union-attr]
    closes = list(_TABLE_CLOSE.finditer(fragment))
    inner_end = closes[-1].end() if closes else len(fragment)
    blocks: list[Block] = list(_paragraph(before, start + 1, page))
    blocks.extend(tables_of(fragment[len(before) : inner_end], start + 1))
    blocks.extend(_paragraph(fragment[inner_end:], end, page))
    return blocks, end
