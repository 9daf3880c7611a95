"""Blocks → DOCX, as Word and WPS save it: merged cells, wrapped tables, text boxes, tracked changes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from xml.sax.saxutils import escape

from tests.corpus.blocks import Block, Heading, PageEnd, Para, Sheet
from tests.corpus.grids import Grid, Spot
from tests.corpus.render import Renderer
from tests.corpus.wreck import Shape

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
BOX_NAMESPACES = (
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:v="urn:schemas-microsoft-com:vml"'
    ' xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
    ' xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
)
WRAPPERS = (
    '<w:ins w:id="8" w:author="x">{}</w:ins>',
    '<w:fldSimple w:instr=" =SUM(ABOVE) ">{}</w:fldSimple>',
    "<w:sdt><w:sdtPr/><w:sdtContent>{}</w:sdtContent></w:sdt>",
    '<w:bookmarkStart w:id="7" w:name="n"/>{}<w:bookmarkEnd w:id="7"/>',
    "<w:r><w:rPr><w:vanish/></w:rPr><w:t>9</w:t></w:r>{}",
    '<w:proofErr w:type="spellStart"/>{}<w:r><w:lastRenderedPageBreak/></w:r>',
)
EPOCH = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class WordHabits:
    """`around`: what tables stand in (body, nested, box, control); `before`: how a row begins that has no cell at its
    left (a gridBefore, or an empty cell); `runs`: how often a cell's text is cut into several runs; `tracked`: how
    often a cell keeps a deleted text beside the valid one; `lines`: a line break within a cell is a break or a
    paragraph."""

    around: str = "body"
    before: str = "cell"
    runs: float = 0.0
    tracked: float = 0.0
    lines: str = "break"
    styles: bool = True
    wrapped: float = 0.0  # how many numbers stand in a tracked insertion, a field, a control, beside hidden text


def choose_docx(rng: Random, difficulty: str) -> Renderer:
    plain = difficulty == "clean"
    habits = WordHabits(
        around="body" if plain else rng.choices(["body", "nested", "box", "control"], weights=(7, 1, 1, 1))[0],
        before=rng.choice(["cell", "grid"]),
        runs=0.0 if plain else rng.choice([0.0, 0.3, 0.8]),
        tracked=0.0 if plain else rng.choice([0.0, 0.0, 0.05]),
        lines=rng.choice(["break", "paragraph"]),
        styles=rng.random() < 0.7,
        wrapped=0.0 if plain else rng.choice([0.0, 0.0, 0.1, 0.5]),
    )

    def render(rng: Random, blocks: list[Block], title: str) -> bytes:
        return write_docx(rng, blocks, title, habits)

    return Renderer(Shape(), ".docx", render)


def write_docx(rng: Random, blocks: list[Block], title: str, habits: WordHabits) -> bytes:
    """The document's bytes; the same blocks and seed give the same bytes."""
    from docx import Document
    from docx.oxml import parse_xml

    document = Document()
    document.core_properties.title = title.replace("\n", "")
    document.core_properties.author = ""
    document.core_properties.created = document.core_properties.modified = EPOCH
    body = document.element.body
    end = body.sectPr
    for block in blocks:
        for xml in _block(rng, block, habits):
            end.addprevious(parse_xml(xml))
    buffer = io.BytesIO()
    document.save(buffer)
    return _fixed(buffer.getvalue())


def _fixed(data: bytes) -> bytes:
    """The archive with one date on all its members."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            target.writestr(info, source.read(name))
    return out.getvalue()


def _block(rng: Random, block: Block, habits: WordHabits) -> list[str]:
    if isinstance(block, Heading):
        style = f'<w:pStyle w:val="Heading{min(block.level, 3)}"/>' if habits.styles else ""
        return [_paragraph(rng, part, habits, style, bold=True) for part in block.text.split("\n")]
    if isinstance(block, Para):
        align = {"left": "", "center": '<w:jc w:val="center"/>', "right": '<w:jc w:val="right"/>'}[block.align]
        return [_paragraph(rng, block.text, habits, align)]
    if isinstance(block, PageEnd):
        return [f'<w:p {W}><w:r><w:br w:type="page"/></w:r></w:p>']
    assert isinstance(block, Sheet)
    table = _table(rng, block.grid, habits)
    after = [] if rng.random() < 0.3 else [f"<w:p {W}/>"]  # without a paragraph between, Word shows one table
    return [AROUND[habits.around](table), *after]


def _paragraph(rng: Random, text: str, habits: WordHabits, properties: str = "", bold: bool = False) -> str:
    return f"<w:p {W}><w:pPr>{properties}</w:pPr>{_runs(rng, text, habits, bold)}</w:p>"


def _runs(rng: Random, text: str, habits: WordHabits, bold: bool = False) -> str:
    parts = [text]
    if len(text) > 1 and rng.random() < habits.runs:
        place = rng.randrange(1, len(text))
        parts = [text[:place], text[place:]]
    look = "<w:rPr><w:b/></w:rPr>" if bold else ""
    found = ""
    for part in parts:
        lines = f'</w:t><w:br/><w:t xml:space="preserve">'.join(escape(line) for line in part.split("\n"))  # noqa: F541
        found += f'<w:r>{look}<w:t xml:space="preserve">{lines}</w:t></w:r>'
    return found


def _cell(rng: Random, spot: Spot, habits: WordHabits) -> str:
    lines = spot.text.split("\n") if habits.lines == "paragraph" else [spot.text]
    paragraphs = "".join(f"<w:p>{_runs(rng, line, habits)}</w:p>" for line in lines)
    if spot.key is not None and rng.random() < habits.tracked:
        gone = f'<w:del w:id="9" w:author="x"><w:r><w:delText>{rng.randint(1, 99)}</w:delText></w:r></w:del>'
        paragraphs = paragraphs.replace("<w:p>", "<w:p>" + gone, 1)
    if spot.key is not None and "\n" not in spot.text and rng.random() < habits.wrapped:
        paragraphs = f"<w:p>{rng.choice(WRAPPERS).format(_runs(rng, spot.text, habits))}</w:p>"
    span = f'<w:gridSpan w:val="{spot.col_span}"/>' if spot.col_span > 1 else ""
    merge = '<w:vMerge w:val="restart"/>' if spot.row_span > 1 else ""
    return f"<w:tc><w:tcPr>{span}{merge}</w:tcPr>{paragraphs}</w:tc>"


def _table(rng: Random, grid: Grid, habits: WordHabits) -> str:
    slots = grid.slots()
    columns = "".join(f'<w:gridCol w:w="{int(width * 300)}"/>' for width in grid.widths)
    rows = []
    for row in range(grid.n_rows):
        last = max((c for c, spot in enumerate(slots[row]) if spot is not None), default=-1)
        first = min((c for c, spot in enumerate(slots[row]) if spot is not None), default=0)
        skipped = first if habits.before == "grid" else 0
        properties = f'<w:gridBefore w:val="{skipped}"/>' if skipped else ""
        if last + 1 < grid.n_cols:
            properties += f'<w:gridAfter w:val="{grid.n_cols - last - 1}"/>'
        if row < grid.head_rows:
            properties += "<w:tblHeader/>"
        cells = []
        for col in range(skipped, last + 1):
            spot = slots[row][col]
            if spot is None:
                cells.append("<w:tc><w:tcPr/><w:p/></w:tc>")
            elif spot.col == col and spot.row == row:
                cells.append(_cell(rng, spot, habits))
            elif spot.col == col:
                span = f'<w:gridSpan w:val="{spot.col_span}"/>' if spot.col_span > 1 else ""
                cells.append(f"<w:tc><w:tcPr>{span}<w:vMerge/></w:tcPr><w:p/></w:tc>")
        if cells:
            rows.append(f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>")
    borders = "".join(f'<w:{side} w:val="single" w:sz="4"/>' for side in ("top", "left", "bottom", "right"))
    borders += '<w:insideH w:val="single" w:sz="4"/><w:insideV w:val="single" w:sz="4"/>'
    properties = f'<w:tblPr><w:tblW w:w="0" w:type="auto"/><w:tblBorders>{borders}</w:tblBorders></w:tblPr>'
    return f"<w:tbl {W}>{properties}<w:tblGrid>{columns}</w:tblGrid>{''.join(rows)}</w:tbl>"


def _nested(table: str) -> str:
    return (
        f'<w:tbl {W}><w:tblPr/><w:tblGrid><w:gridCol w:w="9000"/></w:tblGrid>'
        f"<w:tr><w:tc><w:tcPr/>{table}<w:p/></w:tc></w:tr></w:tbl>"
    )


def _control(table: str) -> str:
    return f"<w:sdt {W}><w:sdtPr/><w:sdtContent>{table}</w:sdtContent></w:sdt>"


def _box(table: str) -> str:
    """A table in a text box, stored twice as Word does: for itself and as a fallback for older readers."""
    content = f"<w:txbxContent>{table}<w:p/></w:txbxContent>"
    return (
        f"<w:p {W} {BOX_NAMESPACES}><w:r><mc:AlternateContent>"
        '<mc:Choice Requires="wps"><w:drawing><wp:inline><a:graphic><a:graphicData uri="x">'
        f"<wps:wsp><wps:txbx>{content}</wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:inline></w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict><v:shape><v:textbox>{content}</v:textbox></v:shape></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r></w:p>"
    )


AROUND: dict[str, Callable[[str], str]] = {
    "body": lambda table: table,
    "nested": _nested,
    "box": _box,
    "control": _control,
}
