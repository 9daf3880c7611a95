"""Makes small files of each format, with a truth known slot by slot: a form of merged headers, nested labels and
numbers, drawn as office programs draw it."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from extractors.document import Document, Table


@dataclass(frozen=True)
class Spot:
    """One cell of a form: its text over a rectangle of slots."""

    row: int
    col: int
    text: str
    row_span: int = 1
    col_span: int = 1


def form(body_rows: int = 24, seed: int = 1) -> list[Spot]:
    """A form like the statutory one: three header rows, a column of groups, a column of labels, seven of numbers."""
    spots = [
        Spot(0, 0, "（本列数据的勾稽关系）", 3, 3),
        Spot(0, 3, "申请人情况", 1, 7),
        Spot(1, 3, "自然人", 2, 1),
        Spot(1, 4, "法人或其他组织", 1, 5),
        Spot(1, 9, "总计", 2, 1),
        *(Spot(2, 4 + i, name) for i, name in enumerate(["商业企业", "科研机构", "公益组织", "法律机构", "其他"])),
    ]
    row = 3
    for label in ("一、新收数量", "二、结转数量"):
        spots += [Spot(row, 0, label, 1, 3), *_numbers(row, 3, seed)]
        row += 1
    rest = body_rows - 3
    spots.append(Spot(row, 0, "三、办理结果", rest, 1))
    done = 0
    for group, size in enumerate((1, 1, 8, 3, 5, 2, 1)):
        size = min(size, rest - done)
        if size <= 0:
            break
        if size == 1:
            spots.append(Spot(row + done, 1, f"（{group + 1}）单独一类", 1, 2))
        else:
            spots.append(Spot(row + done, 1, f"（{group + 1}）不予公开的若干情形", size, 1))
            spots += [Spot(row + done + i, 2, f"{i + 1}.属于第{group + 1}类的第{i + 1}种情形") for i in range(size)]
        for i in range(size):
            spots += _numbers(row + done + i, 3, seed)
        done += size
    spots += [Spot(row + rest, 0, "四、结转下年度", 1, 3), *_numbers(row + rest, 3, seed)]
    return [spot for spot in spots if spot.row < row + done or spot.row == row + rest] if done == rest else spots


def _numbers(row: int, first: int, seed: int) -> list[Spot]:
    return [Spot(row, first + i, str((row * 37 + i * 11 + seed) ** 2 % 9973 if (row + i) % 3 else 0)) for i in range(7)]


def extent(spots: Iterable[Spot]) -> tuple[int, int]:
    spots = list(spots)
    return max(s.row + s.row_span for s in spots), max(s.col + s.col_span for s in spots)


def expanded(spots: Sequence[Spot]) -> list[list[str | None]]:
    """The text in every slot, merged cells in each of theirs."""
    n_rows, n_cols = extent(spots)
    grid: list[list[str | None]] = [[None] * n_cols for _ in range(n_rows)]
    for spot in spots:
        for r in range(spot.row, spot.row + spot.row_span):
            for c in range(spot.col, spot.col + spot.col_span):
                grid[r][c] = spot.text
    return grid


def slots_of(document: Document) -> list[list[str | None]]:
    """The slots of all tables of a document one below the other, line breaks removed."""
    return [row for table in tables_of(document) for row in texts(table)]


def texts(table: Table) -> list[list[str | None]]:
    return [[None if cell is None else cell.text.replace("\n", "") for cell in row] for row in table.slots()]


def tables_of(document: Document) -> list[Table]:
    return [block for block in document.blocks if isinstance(block, Table)]


# HTML and DOCX


def html_table(spots: Sequence[Spot]) -> str:
    rows: dict[int, list[str]] = {r: [] for r in range(extent(spots)[0])}
    for spot in sorted(spots, key=lambda s: (s.row, s.col)):
        spans = (f' rowspan="{spot.row_span}"' if spot.row_span > 1 else "") + (
            f' colspan="{spot.col_span}"' if spot.col_span > 1 else ""
        )
        rows[spot.row].append(f"<td{spans}>{spot.text}</td>")
    return "<table>" + "".join(f"<tr>{''.join(cells)}</tr>" for cells in rows.values()) + "</table>"


W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def docx_table(spots: Sequence[Spot]) -> str:
    """The form as w:tbl, merged downwards by vMerge, across by gridSpan."""
    n_rows, n_cols = extent(spots)
    rows = []
    for r in range(n_rows):
        cells = []
        for spot in sorted((s for s in spots if s.row <= r < s.row + s.row_span), key=lambda s: s.col):
            merge = ""
            if spot.row_span > 1:
                merge = '<w:vMerge w:val="restart"/>' if spot.row == r else "<w:vMerge/>"
            text = spot.text if spot.row == r else ""
            cells.append(
                f'<w:tc><w:tcPr><w:gridSpan w:val="{spot.col_span}"/>{merge}</w:tcPr>'
                f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>"
            )
        rows.append(f"<w:tr>{''.join(cells)}</w:tr>")
    return f"<w:tbl><w:tblGrid>{'<w:gridCol/>' * n_cols}</w:tblGrid>{''.join(rows)}</w:tbl>"


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t xml:space='preserve'>{text}</w:t></w:r></w:p>"


def docx(body: str, **parts: str) -> bytes:
    """A package around a body; `parts` adds or replaces parts of the word folder (numbering, styles)."""
    import zipfile

    namespaces = (
        f'xmlns:w="{W}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
        'xmlns:v="urn:schemas-microsoft-com:vml"'
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("word/document.xml", f"<w:document {namespaces}><w:body>{body}</w:body></w:document>")
        for name, text in parts.items():
            package.writestr(f"word/{name}.xml", text.replace("<w:", "<w:", 1).replace(">", f' xmlns:w="{W}">', 1))
    return buffer.getvalue()


# PDF


class Printer:
    """Prints paragraphs and ruled forms on A4 pages through reportlab; a form runs over the page's end, where its
    merged cells are cut as a word processor cuts them."""

    FONT = "STSong-Light"
    WIDTH, HEIGHT, MARGIN = 595.0, 842.0, 56.0

    def __init__(self, style: str = "strokes") -> None:
        from reportlab.pdfbase import pdfmetrics
        from reportlab.pdfbase.cidfonts import UnicodeCIDFont
        from reportlab.pdfgen import canvas

        if self.FONT not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(UnicodeCIDFont(self.FONT))
        self._buffer = io.BytesIO()
        self.canvas = canvas.Canvas(self._buffer, pagesize=(self.WIDTH, self.HEIGHT), invariant=1)
        self.style = style
        self.y = self.MARGIN
        self.page = 1

    def done(self) -> bytes:
        self.next_page()
        self.canvas.save()
        return self._buffer.getvalue()

    def next_page(self) -> None:
        self.text(self.WIDTH / 2 - 12, self.HEIGHT - 40, f"- {self.page} -", 9)
        self.canvas.showPage()
        self.page += 1
        self.y = self.MARGIN

    def text(self, x: float, top: float, text: str, size: float = 10.0) -> None:
        self.canvas.setFont(self.FONT, size)
        self.canvas.drawString(x, self.HEIGHT - top - size * 0.88, text)

    def prose(self, text: str, size: float = 12.0) -> None:
        """A paragraph with an indent of two characters, set solid to the right margin."""
        per_line = int((self.WIDTH - 2 * self.MARGIN) / size)
        text = "\0\0" + text
        for start in range(0, len(text), per_line):
            if self.y > self.HEIGHT - self.MARGIN - 2 * size:
                self.next_page()
            line = text[start : start + per_line]
            indent = line.count("\0") * size
            self.text(self.MARGIN + indent, self.y, line.strip("\0"), size)
            self.y += size * 1.6

    def line(self, x0: float, top0: float, x1: float, top1: float) -> None:
        """A ruling in the printer's style: a stroke, or a thin filled bar as Word writes it."""
        if self.style == "bars":
            self.canvas.rect(
                min(x0, x1) - 0.24,
                self.HEIGHT - max(top0, top1) - 0.24,
                abs(x1 - x0) + 0.48,
                abs(top1 - top0) + 0.48,
                stroke=0,
                fill=1,
            )
        else:
            self.canvas.setLineWidth(0.5)
            self.canvas.line(x0, self.HEIGHT - top0, x1, self.HEIGHT - top1)

    def form(self, spots: Sequence[Spot], widths: Sequence[float], height: float = 30.0, size: float = 8.0) -> None:
        n_rows, _ = extent(spots)
        first = 0
        while first < n_rows:
            rows = min(int((self.HEIGHT - self.MARGIN - self.y) // height), n_rows - first)
            if rows < 1:
                self.next_page()
                continue
            self._part(spots, widths, first, first + rows, height, size)
            self.y += rows * height + 12
            first += rows

    def _part(
        self, spots: Sequence[Spot], widths: Sequence[float], first: int, end: int, height: float, size: float
    ) -> None:
        xs = [self.MARGIN + sum(widths[:i]) for i in range(len(widths) + 1)]
        for spot in spots:
            start, stop = max(spot.row, first), min(spot.row + spot.row_span, end)
            if start >= stop:
                continue
            x0, x1 = xs[spot.col], xs[spot.col + spot.col_span]
            top, bottom = self.y + (start - first) * height, self.y + (stop - first) * height
            if self.style == "rects":
                self.canvas.rect(x0, self.HEIGHT - bottom, x1 - x0, bottom - top, stroke=1, fill=0)
            else:
                for edge in (
                    (x0, top, x1, top),
                    (x0, bottom, x1, bottom),
                    (x0, top, x0, bottom),
                    (x1, top, x1, bottom),
                ):
                    self.line(*edge)
            per_line = max(int((x1 - x0 - 3) / size), 1)
            pieces = [spot.text] if spot.text.isascii() else _wrapped(spot.text, per_line)
            leading = size * 1.2
            from reportlab.pdfbase.pdfmetrics import stringWidth

            y = (top + bottom) / 2 - len(pieces) * leading / 2 + leading * 0.1
            for piece in pieces:
                left = (x0 + x1) / 2 - stringWidth(piece, self.FONT, size) / 2
                self.text(left, y, piece, size)
                y += leading


def _wrapped(text: str, per_line: int) -> list[str]:
    return [text[i : i + per_line] for i in range(0, len(text), per_line)]


WIDTHS = (40.0, 60.0, 103.0, 40.0, 40.0, 40.0, 40.0, 40.0, 40.0, 40.0)


def six_pages(style: str = "strokes") -> tuple[bytes, list[list[str | None]]]:
    """A report of six pages with three forms, and the slots of its tables in order."""
    small = [
        Spot(0, 0, "第二十条第（一）项", 1, 4),
        *(Spot(1, i, name) for i, name in enumerate(["信息内容", "制发件数", "废止件数", "现行有效"])),
        *(Spot(2, i, name) for i, name in enumerate(["规章", "0", "12", "345"])),
    ]
    wide = (120.0, 120.0, 120.0, 123.0)
    printer = Printer(style)
    sentence = "本单位认真贯彻落实有关要求，持续推进各项工作，全年主动公开各类信息一千余条，" * 9
    printer.text(150, printer.y, "某某区人民政府某年度工作报告", 18)
    printer.y += 60
    for _ in range(5):
        printer.prose(sentence)
    printer.form(small, wide)
    printer.prose(sentence)
    printer.form(form(), WIDTHS)
    printer.prose(sentence)
    printer.form(form(20, seed=5), WIDTHS)
    for _ in range(6):
        printer.prose(sentence)
    return printer.done(), [*expanded(small), *expanded(form()), *expanded(form(20, seed=5))]
