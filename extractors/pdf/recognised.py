"""A PDF page, or a picture on it, by OCR; and what its text layer still has to say beside that."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from extractors.document import Block, Cell, Paragraph, Table
from extractors.lines import SLANTED, Glyph, lines_of, paragraphs_of, text_of
from extractors.pdf.calls import Handle, pdfium
from extractors.pdf.ink import is_pale, texts_of, unwritten
from extractors.pdf.objects import Box, Matrix, matrices_of, objects_of, times
from extractors.pdf.page import Page
from extractors.pdf.picture import boxes_of, raster_of, shrunk
from extractors.scan.facsimile import Keep

if TYPE_CHECKING:
    import pypdfium2  # type: ignore[import-untyped]

_SKEW = 0.1
_DOUBTED = 0.4  # the confidence in a cell that the picture and the text layer fill differently
_LEAST_WIDE, _LEAST_HIGH = 150.0, 40.0  # points of a picture that may hold a table
_TOUCHING = 3.0
_WORTH = 1.5
_SURE = 0.7  # the confidence in what is no grain


def page_by_ocr(
    raw: pypdfium2.PdfPage, shown: Sequence[Glyph], number: int, margin: float | None, keep: Keep | None = None
) -> tuple[list[Block], float | None]:
    """The blocks of a page read from its picture, and where its full lines end.

    Text that `shown` holds is drawn with the picture and read with it, but for watermarks, which are left out, and for
    text in fonts that the file does not carry, which cannot be drawn as its author saw it: that is taken from the text
    layer, and fills the cells that it stands in.
    """
    from extractors.scan import page_blocks

    texts = texts_of(raw)
    foreign = [text for text in texts if not _is_embedded(text)]
    with unwritten([*foreign, *(text for text, matrix in _placed(raw, texts) if is_pale(text) or _is_slanted(matrix))]):
        blocks, margin = page_blocks(raster_of(raw), number, margin, keep)
    typed = [
        glyph
        for box in boxes_of(raw, [text for text in foreign if not is_pale(text)])
        for glyph in shown
        if glyph.text.strip() and glyph.turn != SLANTED and _holds(box, glyph)
    ]
    scale = shrunk(raw)
    return with_typed(blocks, list(dict.fromkeys(typed)), scale, raw.get_height(), number, margin), margin


def with_typed(
    blocks: list[Block], typed: Sequence[Glyph], scale: float, height: float, number: int, margin: float | None
) -> list[Block]:
    """The blocks with text of the text layer: in the empty cells that it stands in, and as paragraphs before or after
    the others. A cell that both fill differently is doubted. `scale`: points of the blocks for each of the glyphs'."""
    if not typed:
        return blocks
    left = [_scaled(glyph, scale) for glyph in typed]
    merged: list[Block] = []
    for block in blocks:
        if isinstance(block, Table):
            block, left = _filled(block, left)
        merged.append(block)
    above = [glyph for glyph in left if glyph.bottom < height * scale / 2]
    below = [glyph for glyph in left if glyph.bottom >= height * scale / 2]
    return [*_prose(above, number, margin), *merged, *_prose(below, number, margin)]


def _filled(table: Table, typed: list[Glyph]) -> tuple[Table, list[Glyph]]:
    cells: list[Cell] = []
    left = typed
    for cell in table.cells:
        inside = [glyph for glyph in left if cell.bbox is not None and _holds(cell.bbox, glyph)]
        left = [glyph for glyph in left if glyph not in inside] if inside else left
        text = text_of(inside) if inside else ""
        if text and not cell.text.strip():
            cell = replace(cell, text=text, confidence=None, alternatives=())
        elif text and text != cell.text:
            cell = replace(cell, confidence=_DOUBTED, alternatives=(text, *cell.alternatives))
        cells.append(cell)
    return replace(table, cells=tuple(cells)), left


def _prose(glyphs: list[Glyph], number: int, margin: float | None) -> list[Block]:
    return [Paragraph(text, page=number) for text, _ in paragraphs_of(lines_of(glyphs), margin)]


def outweighs(blocks: Sequence[Block], shown: Sequence[Glyph]) -> bool:
    """Whether recognition found clearly more on a page than the text layer shows: what it found may be a photograph's
    grain, and the text drawn with it."""
    found = sum(
        len("".join(block.text.split()))
        if isinstance(block, Paragraph)
        else sum(len("".join(cell.text.split())) for cell in block.cells if (cell.confidence or 0.0) >= _SURE)
        for block in blocks
    )
    own = sum(1 for glyph in shown if glyph.text.strip() and glyph.turn != SLANTED)
    return found >= _WORTH * own


def pictures_on(page: Page) -> list[Box]:
    """The pictures of a page that may hold a table, strips of one picture as one, from top to bottom."""
    whole: list[Box] = []
    for box in sorted(page.pictures, key=lambda one: (one[1], one[0])):
        touching = [other for other in whole if _touch(other, box)]
        for other in touching:
            box = min(box[0], other[0]), min(box[1], other[1]), max(box[2], other[2]), max(box[3], other[3])
        whole = [other for other in whole if other not in touching] + [box]
    unit = min(page.width, page.height) / 595.0
    return sorted(
        (box for box in whole if box[2] - box[0] >= _LEAST_WIDE * unit and box[3] - box[1] >= _LEAST_HIGH * unit),
        key=lambda one: (one[1], one[0]),
    )


def picture_by_ocr(raw: pypdfium2.PdfPage, box: Box, number: int, ruled: bool) -> tuple[Block, ...]:
    """What a part of a page shows, read by OCR; the boxes of its cells are those on the whole page. With `ruled`,
    nothing where it shows no table."""
    from extractors.pictures import shows_table
    from extractors.scan import page_blocks

    scale, raster = shrunk(raw), raster_of(raw, box)
    if ruled and not shows_table(raster):
        return ()
    blocks, _ = page_blocks(raster, number)
    return tuple(_moved(block, box[0] * scale, box[1] * scale) for block in blocks)


def _moved(block: Block, right: float, down: float) -> Block:
    if not isinstance(block, Table):
        return block
    cells = []
    for cell in block.cells:
        if cell.bbox is not None:
            x0, top, x1, bottom = cell.bbox
            moved = x0 + right, top + down, x1 + right, bottom + down
            cell = replace(cell, bbox=(round(moved[0], 1), round(moved[1], 1), round(moved[2], 1), round(moved[3], 1)))
        cells.append(cell)
    return replace(block, cells=tuple(cells))


def _touch(one: Box, other: Box) -> bool:
    """Whether two pictures are strips of one: edge to edge, and as wide or as high as each other."""
    beside = min(one[2], other[2]) - max(one[0], other[0])
    above = min(one[3], other[3]) - max(one[1], other[1])
    if beside < -_TOUCHING or above < -_TOUCHING:
        return False
    alike_wide = beside >= 0.9 * max(one[2] - one[0], other[2] - other[0])
    alike_high = above >= 0.9 * max(one[3] - one[1], other[3] - other[1])
    return alike_wide or alike_high or (beside > _TOUCHING and above > _TOUCHING)


def _holds(box: Box, glyph: Glyph) -> bool:
    x, y = (glyph.x0 + glyph.x1) / 2, (glyph.top + glyph.bottom) / 2
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _scaled(glyph: Glyph, scale: float) -> Glyph:
    return glyph._replace(
        x0=glyph.x0 * scale,
        top=glyph.top * scale,
        x1=glyph.x1 * scale,
        bottom=glyph.bottom * scale,
        origin_x=glyph.origin_x * scale,
        origin_y=glyph.origin_y * scale,
        size=glyph.size * scale,
    )


def _is_embedded(text: Handle) -> bool:
    font = pdfium.FPDFTextObj_GetFont(text)
    return bool(font) and pdfium.FPDFFont_GetIsEmbedded(font) == 1


def _placed(raw: pypdfium2.PdfPage, texts: Collection[Handle]) -> list[tuple[Handle, Matrix]]:
    """Text objects with the matrices that turn them on the page."""
    wanted = set(texts)
    shapes = [shape for shape in objects_of(raw) if shape.handle in wanted]
    matrices = matrices_of([shape.handle for shape in shapes])
    return [(shape.handle, times(own, shape.around)) for shape, own in zip(shapes, matrices, strict=True)]


def _is_slanted(matrix: Matrix) -> bool:
    a, b = abs(matrix[0]), abs(matrix[1])
    return min(a, b) > _SKEW * math.hypot(a, b)
