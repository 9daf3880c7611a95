"""The walk over a Word document's body: paragraphs with their automatic numbers, tables with their merged cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractors import limits
from extractors.document import Block, Paragraph
from extractors.docx.numbering import Numbering
from extractors.docx.ooxml import Properties, attribute, child, local, number, properties_of, switched_on
from extractors.docx.sight import RARE, is_black_ground, is_doubtful, is_drawn_without, is_shaded, shows_in_line
from extractors.docx.styles import UNSAID, Look, Style, Styles, is_black, is_white, look_of, switches
from extractors.grid import UNREAD, UNREADABLE, Draft, settle, without_slivers
from extractors.raised import Pieces

if TYPE_CHECKING:
    from lxml.etree import _Element

    from extractors.docx.media import Pictures

# Elements that only wrap what stands in them; tracked deletions (del, moveFrom) are not among them
_WRAPPERS = frozenset(("sdtContent", "ins", "moveTo", "customXml", "smartTag", "hyperlink", "fldSimple", "dir"))
_NARROW_COLUMN = 160  # twips; Word makes such columns where the borders of two rows miss each other
_SIGNS = {"tab": "\t", "ptab": "\t", "cr": "\n", "noBreakHyphen": "-"}
_DRAWINGS = frozenset(("drawing", "pict", "object"))
_TINY = 2  # half points
_FIGURES = re.compile(r"\d+")
_PLAIN_MATH = frozenset(("oMath", "oMathPara", "e", "box"))
_RAISED_MATH = frozenset(("sSup", "sSub", "sSubSup"))
# the parts of Office's own vocabularies that an alternative may ask for; any other is unknown to Word too
_KNOWN_SPACES = (
    "http://schemas.microsoft.com/",
    "http://schemas.openxmlformats.org/",
    "http://purl.oclc.org/ooxml/",
    "urn:schemas-microsoft-com:",
)
_MAX_UNSEEN = 5


@dataclass(slots=True)
class _Cell:
    row: int
    col: int
    col_span: int
    blocks: list[Block]
    row_span: int = 1


@dataclass(slots=True)
class _Field:
    start: int
    """The piece that its instruction, then its result begins at."""
    is_form: bool
    """Whether it shows what was chosen or typed, which may stand in its properties alone."""
    in_result: bool = False


class Body:
    """Reads a body once, in order; `notes` tells what was left out."""

    def __init__(self, styles: Styles, numbering: Numbering, pictures: Pictures | None = None) -> None:
        self.notes: list[str] = []
        self._pictures = pictures
        self._placed: list[Block] = []  # the pictures of the paragraph that is read
        self._styles = styles
        self._numbering = numbering
        self._unseen = 0
        self._backed = 0  # coloured cells, boxes and paragraphs around: white text shows on them
        self._fields: list[_Field] = []  # those open
        self._turned = 0  # overrides of the order of characters around

    def blocks_of(self, container: _Element) -> list[Block]:
        """The blocks of a body, a table cell, a text box or a content control."""
        blocks: list[Block] = []
        for name, element in _unwrapped(container):
            if name == "p":
                blocks.extend(self._paragraph(element))
            elif name == "tbl":
                blocks.extend(self._table(element))
            elif name == "altChunk":
                self.notes.append(
                    "a document embedded by reference (altChunk) was left out; save the file anew in Word"
                )
        return blocks

    # paragraphs

    def _paragraph(self, element: _Element) -> list[Block]:
        """The paragraph, where it has text, and then what the text boxes anchored in it hold."""
        properties = properties_of(element, "pPr")
        style_name = attribute(properties.get("pStyle"), "val") or self._styles.default
        style = self._styles.of(style_name)
        pieces = Pieces()
        boxes: list[_Element] = []
        backed = is_shaded(properties.get("shd"))
        self._backed += backed
        self._fields = []
        outside, self._placed = self._placed, []
        self._inline(element, style, pieces, boxes)
        placed, self._placed = self._placed, outside
        self._backed -= backed
        text = self._label(properties, style_name) + str(pieces)
        outline = number(properties.get("outlineLvl"))
        level = style.level if outline is None else outline + 1
        blocks: list[Block] = []
        if text.strip():
            blocks.append(Paragraph(text.rstrip(), level=level if level is not None and 1 <= level <= 6 else None))
        blocks.extend(placed)
        self._backed += bool(boxes)  # a shape has a colour of its own
        for box in boxes:
            blocks.extend(self.blocks_of(box))
        self._backed -= bool(boxes)
        return blocks

    def _label(self, properties: Properties, style_name: str | None) -> str:
        """The automatic number before the paragraph; also that of an empty paragraph, as Word prints it."""
        style = self._styles.of(style_name)
        listed = properties.get("numPr")
        list_id = number(child(listed, "numId"))
        level = number(child(listed, "ilvl"))
        if list_id is None:
            list_id = style.list_id
            level = style.list_level if level is None else level
        if not list_id or child(properties.get("rPr"), "del") is not None:
            return ""
        if level is None:
            level = self._numbering.level_of(list_id, style_name)
        return self._numbering.next_label(list_id, level)

    def _inline(self, element: _Element, style: Style, pieces: Pieces, boxes: list[_Element]) -> None:
        for name, one in _unwrapped(element):
            if name == "r":
                self._run(one, style, pieces, boxes)
            elif name == "ruby":
                self._ruby(one, style, pieces, boxes)
            elif name == "bdo":
                turned = attribute(one, "val") == "rtl"
                self._turned += turned
                self._inline(one, style, pieces, boxes)
                self._turned -= turned
            elif name in ("oMath", "oMathPara"):
                self._formula(one, pieces)

    def _formula(self, element: _Element, pieces: Pieces, raised: bool = False) -> None:
        """The text of an equation; of what is built up otherwise than by raised parts (a fraction), no figure."""
        for one in element:
            name = local(one)
            if name == "r":
                for part in one:
                    if local(part) == "t":
                        pieces.add(part.text or "", raised)
            elif name in _PLAIN_MATH:
                self._formula(one, pieces, raised)
            elif name in _RAISED_MATH:
                for part in one:
                    if local(part) in ("e", "sup", "sub"):
                        self._formula(part, pieces, raised or local(part) != "e")
            else:
                text = "".join(part.text or "" for part in one.iter() if local(part) == "t")
                pieces.add(_FIGURES.sub(UNREADABLE, text), raised)

    def _ruby(self, element: _Element, style: Style, pieces: Pieces, boxes: list[_Element]) -> None:
        base = child(element, "rubyBase")
        if base is not None:
            self._inline(base, style, pieces, boxes)

    def _run(self, run: _Element, style: Style, pieces: Pieces, boxes: list[_Element]) -> None:
        properties = properties_of(run, "rPr")
        hidden, look, is_rare = style.hidden, style.look, False
        if properties:
            is_rare = not RARE.isdisjoint(properties)
            named = self._styles.of(attribute(properties.get("rStyle"), "val"))
            hidden |= named.hidden
            for name, on in switches(properties).items():
                hidden = hidden | {name} if on else hidden - {name}
            look = look_of(properties).over(named.look).over(look)
        if (
            hidden
            or (look is not UNSAID and self._is_invisible(properties, look))
            or (is_rare and is_drawn_without(properties))
        ):
            self._leave_out(run, hidden, pieces)
            return
        raised = bool(look.raised)
        is_lost = self._turned or (is_rare and is_doubtful(properties, look))
        for name, one in _unwrapped(run):
            if name == "t":
                text = one.text or ""
                pieces.add(_FIGURES.sub(UNREADABLE, text) if is_lost else text, raised)
            elif name == "fldChar":
                self._field(one, pieces)
            elif name in _SIGNS:
                pieces.add(_SIGNS[name])
            elif name == "br":
                # what a page or a column begins with has nothing before it
                pieces.add("\n" if attribute(one, "type") in (None, "textWrapping") or str(pieces).strip() else "")
            elif name == "sym":
                pieces.add(_symbol(attribute(one, "char")), raised=True)
            elif name == "ruby":
                self._ruby(one, style, pieces, boxes)
            elif name in _DRAWINGS:
                found = list(_text_boxes(one))
                boxes.extend(found)
                if name == "object" and not found:
                    self.notes.append("an embedded object (a spreadsheet, an equation?) was left out")
                if not found and shows_in_line(one):
                    self._placed.append(UNREAD)
                if self._pictures is not None and not found:
                    self._placed.extend(self._pictures.within(one))

    def _field(self, sign: _Element, pieces: Pieces) -> None:
        """A field shows its result alone; what stands before it, its instruction, is taken back. One that never ends
        is none."""
        kind = attribute(sign, "fldCharType")
        if kind == "begin":
            form = child(sign, "ffData")
            is_form = child(form, "ddList") is not None or child(form, "textInput") is not None
            self._fields.append(_Field(len(pieces), is_form))
        elif kind in ("separate", "end") and self._fields:
            field = self._fields[-1]
            if not field.in_result:
                pieces.cut(field.start)
            if kind == "separate":
                field.in_result = True
                return
            self._fields.pop()
            if field.is_form and len(pieces) == field.start:
                pieces.add(UNREADABLE)

    def _is_invisible(self, properties: Properties, look: Look) -> bool:
        """Whether a run is white on the white page, or too small to be seen."""
        if look.size is not None and look.size <= _TINY:
            return True
        if look.color is None or look.color.lower() == "auto":
            return False
        if is_black(look.color):
            return is_black_ground(properties)
        if not is_white(look.color):
            return False
        lit = properties.get("highlight")
        lit_up = lit is not None and attribute(lit, "val") not in ("none", "white")
        return not (self._backed or lit_up or is_shaded(properties.get("shd")))

    def _leave_out(self, run: _Element, hidden: frozenset[str], pieces: Pieces) -> None:
        for name, one in _unwrapped(run):
            if name == "fldChar":
                self._field(one, pieces)
        text = "".join(one.text or "" for one in run if local(one) == "t").strip()
        if "vanish" not in hidden and any(character.isdigit() for character in text) and self._unseen < _MAX_UNSEEN:
            self._unseen += 1
            self.notes.append(f"struck or invisible text was left out: {text[:20]}")

    # tables

    def _table(self, table: _Element) -> list[Block]:
        drawn = properties_of(table, "tblPr")
        shaded = is_shaded(drawn.get("shd")) or self._styles.is_shaded(attribute(drawn.get("tblStyle"), "val"))
        self._backed += shaded
        try:
            return self._grid(table)
        finally:
            self._backed -= shaded

    def _grid(self, table: _Element) -> list[Block]:
        cells: list[_Cell] = []
        merging: dict[int, _Cell] = {}
        n_row = 0
        for name, row in _unwrapped(table):
            properties = properties_of(row, "trPr")
            if name != "tr" or "del" in properties or switched_on(properties.get("hidden")):
                continue
            merging = self._row(row, n_row, number(properties.get("gridBefore")) or 0, merging, cells)
            n_row += 1
        drafts = [Draft(cell.row, cell.col, tuple(cell.blocks), cell.row_span, cell.col_span) for cell in cells]
        edges = _grid_lines(child(table, "tblGrid"))
        if edges:
            drafts = without_slivers(drafts, edges, (), _NARROW_COLUMN, 0)
        blocks, notes = settle(drafts)
        self.notes.extend(notes)
        return blocks

    def _row(
        self, row: _Element, n_row: int, before: int, merging: dict[int, _Cell], cells: list[_Cell]
    ) -> dict[int, _Cell]:
        """Append the row's cells; give back those, by column, that a cell of the next row may continue downward."""
        open_below: dict[int, _Cell] = {}
        col = max(before, 0)
        last: _Cell | None = None
        for name, element in _unwrapped(row):
            properties = properties_of(element, "tcPr")
            if name != "tc" or "cellDel" in properties:
                continue
            span = min(max(number(properties.get("gridSpan")) or 1, 1), limits.MAX_COLUMNS)
            if col + span > limits.MAX_COLUMNS:
                self.notes.append(f"cells beyond column {limits.MAX_COLUMNS} of a table were left out")
                break
            down, across = _merge(properties.get("vMerge")), _merge(properties.get("hMerge"))
            above = merging.get(col)
            if across == "continue" and last is not None:
                last.col_span += span
                self._conceal(element)
            elif down == "continue" and above is not None and above.col_span == span:
                above.row_span += 1
                self._conceal(element)
                open_below[col] = last = above
            else:
                shaded = is_shaded(properties.get("shd"))
                self._backed += shaded
                last = _Cell(n_row, col, span, self.blocks_of(element))
                self._backed -= shaded
                cells.append(last)
                if down is not None:
                    open_below[col] = last
            col += span
        return open_below

    def _conceal(self, element: _Element) -> None:
        """A cell that continues a merged one shows nothing of its own; text left in it is worth a note."""
        text = " ".join("".join(part.text or "" for part in element.iter() if local(part) == "t").split())
        if text:
            self.notes.append(f"text concealed beneath a merged cell was left out: {text[:40]}")


def _grid_lines(grid: _Element | None) -> list[int]:
    """The positions of the table's grid lines in twips; empty when the grid states no believable widths."""
    widths = [number(column, "w") or 0 for column in (grid if grid is not None else ()) if local(column) == "gridCol"]
    if sum(width >= _NARROW_COLUMN for width in widths) * 2 <= len(widths):
        return []
    return [sum(widths[:index]) for index in range(min(len(widths), limits.MAX_COLUMNS) + 1)]


def _unwrapped(container: _Element) -> Iterator[tuple[str, _Element]]:
    """The children of an element with their names; those that only wrap others replaced by what they wrap."""
    for element in container:
        name = local(element)
        if name in _WRAPPERS:
            yield from _unwrapped(element)
        elif name == "sdt":
            content = child(element, "sdtContent")
            if content is not None:
                yield from _unwrapped(content)
        elif name == "AlternateContent":
            chosen = _alternative(element)
            if chosen is not None:
                yield from _unwrapped(chosen)
        else:
            yield name, element


def _alternative(element: _Element) -> _Element | None:
    """The one branch of mc:AlternateContent that is read: the first that asks for nothing unknown, as Word does."""
    branches = [one for one in element if local(one) in ("Choice", "Fallback") and len(one)]
    known = (one for one in branches if local(one) == "Fallback" or _is_known(one))
    return next(known, branches[0] if branches else None)


def _is_known(choice: _Element) -> bool:
    asked = (attribute(choice, "Requires") or "").split()
    return all((choice.nsmap.get(prefix) or "").startswith(_KNOWN_SPACES) for prefix in asked)


def _text_boxes(element: _Element) -> Iterator[_Element]:
    """The outermost text box contents below an element."""
    for name, one in _unwrapped(element):
        if name == "txbxContent":
            yield one
        else:
            yield from _text_boxes(one)


def _merge(merge: _Element | None) -> str | None:
    """How a cell takes part in a merge: it begins one (`restart`), continues one, or neither (None)."""
    if merge is None:
        return None
    return "restart" if attribute(merge, "val") == "restart" else "continue"


def _symbol(code: str | None) -> str:
    """A character of a symbol font; the private codes of such fonts (F0xx) stay as they are."""
    try:
        point = int(code or "", 16)
    except ValueError:
        return ""
    return chr(point) if 0x20 <= point <= 0xFFFF and not 0xD800 <= point <= 0xDFFF else ""
