"""Items → the cells of one table: values laid on their columns, and what arithmetic settles of the doubtful ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from pipeline import vocabulary
from pipeline.align.headers import Header, requests_order, starts_of, unit_named
from pipeline.align.items import Item
from pipeline.align.placement import Geometry, Placed, agreed, geometry_of, place, refute, spread
from pipeline.align.rows import Row, Slot
from pipeline.model import Flag, Reading
from pipeline.numerals import read_numeral
from pipeline.vocabulary import Equation, Form, Key

MISSING = Reading(None)
_UNNAMED = "?"  # begins the working name of a column that the header does not name


class TableInMaking:
    """The cells of one table while they are found."""

    def __init__(self, form: Form, blanks: bool) -> None:
        self.form = form
        self.blanks = blanks  # the document leaves cells blank for 0
        self.cells: dict[Key, Reading] = {}
        self.flags: list[Flag] = []
        self.numbers: dict[Key, Decimal] = {}
        self.units: dict[str, str | None] = {}

    def flag(self, kind: str, message: str, row_id: str | None = None, **rest: object) -> None:
        severity = str(rest.pop("severity", None) or vocabulary.flag_kinds()[kind].severity)
        self.flags.append(
            Flag(kind, severity, message, self.form.table_id, row_id, **rest)  # type: ignore[arg-type]
        )

    def settle(self, key: Key, reading: Reading) -> None:
        self.cells[key] = reading
        if reading.text is not None and not reading.unsettled:
            numeral = read_numeral(reading.text)
            if numeral.status == "reported" and numeral.value is not None:
                self.numbers[key] = numeral.value
            elif numeral.status == "blank":
                self.numbers[key] = Decimal(0)


def read_rows(table: TableInMaking, stream: Sequence[Row], headers: list[Header], items: list[Item]) -> None:
    form, table_id = table.form, table.form.table_id
    canonical = next(iter(form.rows.values()))
    order: tuple[str | None, ...] = canonical
    if table_id == "requests":
        order, wrong = requests_order(headers, stream, canonical)
        if wrong:
            table.flag("unknown_label", wrong)
    named = [column or f"{_UNNAMED}{i}" for i, column in enumerate(order)]
    work: list[tuple[Item, list[Key], Placed]] = []
    for group in _by_block(items):
        geometry = None
        if table_id != "proactive":
            geometry = _geometry(stream, headers, group, named)
        filled = [item.filled for item in group]
        for i, item in enumerate(group):
            if item.key is None:
                continue
            columns = named if table_id == "requests" else form.rows[item.key]
            local, keyed = geometry, list(columns)
            if table_id == "proactive":
                local, keyed = _own_header(table, stream, headers, item, columns)
            values = _expanded(_deduplicated(item, len(keyed)), local)
            full = (
                _total_printed(filled, len(keyed))
                if table_id != "proactive"
                else item.row.layout == "ragged" and not table.blanks
            )
            item.values, filled[i] = values, sum(1 for slot in values if not slot.blank)
            if table_id == "proactive":
                table.units[item.key] = unit_named(item.printed) or _unit_above(stream, headers, item)
            placed = _gapped(item, place(item.row, values, len(keyed), local, full), len(keyed))
            if table_id == "proactive":
                placed = _edge_blank(item, placed, len(keyed), table.blanks)
            work.append((item, [(item.key, c) for c in keyed], placed))
    settle(table, _without_duplicates(table, work))
    _leave_unnamed(table, [column for column in canonical if column not in order])


def _leave_unnamed(table: TableInMaking, lost: Sequence[str]) -> None:
    """The cells under a header that names no applicant are kept as text, under each column that they may belong to."""
    for key in [key for key in table.cells if key[1].startswith(_UNNAMED)]:
        reading = table.cells.pop(key)
        table.numbers.pop(key, None)
        for column in lost:
            held = table.cells.get((key[0], column))
            texts = [text for text in (held.text if held else None, reading.text) if text]
            table.cells[key[0], column] = replace(reading, text=" ".join(texts) or None, unsettled=True)


def _by_block(items: Sequence[Item]) -> list[list[Item]]:
    groups: list[list[Item]] = []
    for item in items:
        if groups and groups[-1][-1].row.block == item.row.block:
            groups[-1].append(item)
        else:
            groups.append([item])
    return groups


def _geometry(stream: Sequence[Row], headers: list[Header], group: list[Item], order: Sequence[str]) -> Geometry | None:
    """The value columns of a block: where its full rows stand, which the header must not contradict."""
    seen = geometry_of([(item.row, item.values) for item in group], len(order))
    stated = starts_of(headers, stream, group[0].row.block, order)
    if seen is not None:
        return seen
    return Geometry(stated, group[0].row.layout == "grid") if stated is not None else None


def _own_header(
    table: TableInMaking, stream: Sequence[Row], headers: list[Header], item: Item, columns: Sequence[str]
) -> tuple[Geometry | None, list[str]]:
    """The columns over a row of the table of disclosure, by the nearest header above that names them all."""
    above = [h for h in headers if _before(stream[h.row], item.row) and set(columns) <= set(h.keys)]
    nearest = above[-1] if above else None
    if nearest is None or (item.row.layout == "text" and len(nearest.columns) < len(columns)):
        below = [h for h in headers if _before(stream[h.row], item.row)]
        if not below or not _header_in_pieces(headers, columns):
            table.flag(
                "unknown_label", "no header over the row names its columns; the form's order was taken", item.key
            )
        return None, list(columns)
    named = [(start, key) for start, _, key in nearest.columns if key in columns]
    keys = [key for _, key in sorted(named)]
    if keys != list(columns):
        table.flag("unknown_label", "the header names the columns in another order than the form", item.key)
    if nearest.block == item.row.block and item.row.layout == "grid":
        return Geometry(tuple(start for start, _ in sorted(named)), True), keys
    if item.row.layout == "ragged" and nearest.block == item.row.block:
        starts = tuple(start for start, _ in sorted(named))
        if len(set(starts)) == len(columns):
            return Geometry(starts, False), keys
    return None, keys


def _unit_above(stream: Sequence[Row], headers: Sequence[Header], item: Item) -> str | None:
    """The unit that the nearest header with an amount over the row names."""
    named = [h for h in headers if "amount" in h.keys and _before(stream[h.row], item.row)]
    return named[-1].unit if named else None


def _header_in_pieces(headers: Sequence[Header], columns: Sequence[str]) -> bool:
    named = {key for header in headers for key in header.keys}
    return set(columns) <= named


def _before(header: Row, row: Row) -> bool:
    return (header.block, header.line or 0) <= (row.block, row.line or 0)


def _deduplicated(item: Item, width: int) -> list[Slot]:
    """The item's values; a merged cell whose text was copied into each column of a one-column row counts once."""
    filled = [slot for slot in item.values if not slot.blank]
    if width == 1 and len(filled) > 1 and len({slot.text.strip() for slot in filled}) == 1:
        return filled[:1]
    return item.values


def _gapped(item: Item, placed: Placed, width: int) -> Placed:
    """One cell a line: a row with empty cells and empty lines between its values does not tell which are its cells."""
    lines = [slot.line for slot in item.values if slot.line is not None]
    gaps = {b - a for a, b in pairwise(lines)}
    if not item.alone or not 0 < item.filled < len(item.values) or len(gaps) < 2 or not placed.settled:
        return placed
    filled = [i for i, slot in enumerate(item.values) if not slot.blank]
    others = spread(filled, width) or [(None,) * width]
    doubt = ("lost_cell", "empty cells and empty lines stand among the row's values")
    return Placed(tuple(dict.fromkeys((*placed.placements, *others))), doubt)


def _expanded(values: list[Slot], geometry: Geometry | None) -> list[Slot]:
    """The values with one 0 merged over several columns laid on each of them; shares in percent are left out."""
    if geometry is None:
        return values
    if sum(1 for slot in values if not slot.blank) > len(geometry.starts):
        values = [slot for slot in values if not slot.text.strip().endswith(("%", "％"))]
    if all(slot.end - slot.start == 1 for slot in values) and len(set(geometry.starts)) == len(geometry.starts):
        return values
    found: list[Slot] = []
    for slot in values:
        covered = [start for start in geometry.starts if slot.start <= start < slot.end]
        if len(covered) > 1 and read_numeral(slot.text).value == 0:
            found.extend(replace(slot, start=start, end=start + 1) for start in covered)
        else:
            found.append(slot)
    return found


def _edge_blank(item: Item, placed: Placed, width: int, blanks: bool) -> Placed:
    """A row of the table of disclosure that begins or ends in a blank may have been moved, and no sum would tell.

    Where the source states its columns the blank is believed, with a doubt; where they are only counted it is only in a
    document that leaves cells blank for 0 (`blanks`).
    """
    if not placed.settled or not 0 < item.filled < width:
        return placed
    chosen = placed.placements[0]
    edges = [chosen[0], chosen[-1]]
    if all(index is not None and not item.values[index].blank for index in edges):
        return placed
    doubt = ("lost_cell", "the row begins or ends in a blank: its values may have moved")
    if item.row.layout == "grid" or blanks:
        return Placed(placed.placements, doubt)
    filled = [i for i, slot in enumerate(item.values) if not slot.blank]
    return Placed(tuple(dict.fromkeys((chosen, *spread(filled, width)))), doubt)


def _total_printed(filled: Sequence[int], width: int) -> bool:
    """Whether the rows of a block, with so many figures each, print their last column: most that have any are full."""
    return filled.count(width) * 2 >= len(filled) - filled.count(0)


def _without_duplicates(
    table: TableInMaking, work: list[tuple[Item, list[Key], Placed]]
) -> list[tuple[Item, list[Key], Placed]]:
    """One item for each row of the form. The same figures twice are one; of different ones identities may choose."""
    kept: dict[str, tuple[Item, list[Key], Placed]] = {}
    for item, keys, placed in work:
        row_id = keys[0][0]
        if row_id not in kept:
            kept[row_id] = (item, keys, placed)
            continue
        first, _, first_placed = kept[row_id]
        texts = [[s.text.strip() for s in i.values if not s.blank] for i in (first, item)]
        if not texts[0]:
            kept[row_id] = (item, keys, placed)
            continue
        place = {"page": item.row.page, "line": item.row.line}
        if texts[0] == texts[1] or not texts[1]:
            table.flag("duplicate_row", "the row stands twice with the same figures", row_id, severity="info", **place)
            continue
        said = {"observed": " ".join(texts[1]), "expected": " ".join(texts[0])}
        table.flag("duplicate_row", "the row stands twice with different figures", row_id, **place, **said)
        offset = len(first.values)
        moved = [tuple(None if i is None else i + offset for i in p) for p in placed.placements]
        both = replace(first, values=[*first.values, *item.values])
        kept[row_id] = (both, keys, Placed((*first_placed.placements, *moved), first_placed.doubt or placed.doubt))
    return list(kept.values())


def settle(table: TableInMaking, work: list[tuple[Item, list[Key], Placed]]) -> None:
    """Readings for all rows: first those with one placement, then the others with what the identities leave of them."""
    equations = vocabulary.equations(table.form.template, table.form.table_id)
    if not _blank_for_zero(work, equations):
        work = [(item, keys, _doubted(item, keys, placed, equations)) for item, keys, placed in work]
    for item, keys, placed in work:
        if placed.settled:
            _write(table, item, keys, placed, placed.placements)
    for item, keys, placed in work:
        if placed.printed and _own_sums(item, keys, placed.placements[0], equations) and _some(item):
            _write(table, item, keys, placed, placed.placements[:1])
        elif not placed.settled:
            values = item.values

            def number(index: int, values: list[Slot] = values) -> Decimal | None:
                numeral = read_numeral(values[index].text)
                return Decimal(0) if numeral.status == "blank" else numeral.value

            _write(table, item, keys, placed, refute(keys, placed, number, equations, table.numbers))


def _blank_for_zero(work: Sequence[tuple[Item, list[Key], Placed]], equations: Sequence[Equation]) -> bool:
    """Whether a table leaves cells blank for 0: its rows with blanks add up where they stand."""
    sums = [
        _own_sums(item, keys, placed.placements[0], equations)
        for item, keys, placed in work
        if item.row.layout != "text" and placed.settled and 0 < item.filled < len(keys)
    ]
    return sum(1 for held in sums if held) >= 3 and sum(1 for held in sums if held is False) * 3 <= len(sums)


def _some(item: Item) -> bool:
    """Whether a row holds any figure but 0, so that its sum says something."""
    return any((read_numeral(slot.text).value or 0) > 0 for slot in item.values)


def _own_sums(
    item: Item, keys: Sequence[Key], placement: Sequence[int | None], equations: Sequence[Equation]
) -> bool | None:
    """Whether the identities within a row hold, a blank being 0; None where none can be assessed."""
    numbers: dict[Key, Decimal] = {}
    for key, index in zip(keys, placement, strict=True):
        numeral = read_numeral(item.values[index].text) if index is not None else None
        if numeral is not None and numeral.status != "unreadable":
            numbers[key] = numeral.value or Decimal(0)
    held = [
        sum(numbers[k] for k in e.left) == sum(numbers[k] for k in e.right)
        for e in equations
        if all(k in numbers for k in (*e.left, *e.right))
    ]
    return all(held) if held else None


def _doubted(item: Item, keys: Sequence[Key], placed: Placed, equations: Sequence[Equation]) -> Placed:
    """A row with blanks beside figures whose own identity breaks may have been moved: then all its placements count."""
    if not placed.settled or not 0 < item.filled < len(keys):
        return placed
    chosen = placed.placements[0]
    if _own_sums(item, keys, chosen, equations) is not False:
        return placed
    filled = [i for i, slot in enumerate(item.values) if not slot.blank]
    return Placed(
        tuple(dict.fromkeys((chosen, *spread(filled, len(keys))))),
        ("lost_cell", "the row has a blank and its sum does not hold: its values may have moved"),
    )


def _write(
    table: TableInMaking, item: Item, keys: Sequence[Key], placed: Placed, placements: Sequence[tuple[int | None, ...]]
) -> None:
    row_id = keys[0][0] if len({k[0] for k in keys}) == 1 else None
    values, row = item.values, item.row
    raw = " ".join(slot.text.strip() for slot in values if not slot.blank)
    for key, (index, sure) in zip(keys, agreed(placements, lambda i: values[i].text), strict=True):
        if index is None and sure:
            reading = MISSING
        elif not sure:
            reading = Reading(raw or None, row.page, row.line, unsettled=True)
        else:
            assert index is not None
            slot = values[index]
            reading = Reading(
                slot.text,
                row.page,
                slot.line or row.line,
                unit=table.units.get(key[0]),
                confidence=slot.confidence,
                bbox=slot.bbox,
                alternatives=slot.alternatives,
            )
        table.settle(key, reading)
    if placed.doubt:
        kind, message = placed.doubt
        severity = None
        if kind == "shifted_row" and placed.settled:
            severity = _proof(table, keys)
            # Counted columns move with the depth of the label; a row that fills its line to the end is not shifted.
            if severity == "info" and row.layout == "ragged" and row.slots[-1] is values[-1] and not values[-1].blank:
                return _say_witness(table, item)
        for target in sorted({key[0] for key in keys}) if row_id is None else [row_id]:
            table.flag(kind, message, target, severity=severity, page=row.page, line=row.line, excerpt=raw or None)
    _say_witness(table, item)


def _say_witness(table: TableInMaking, item: Item) -> None:
    if item.how in ("order", "sequence", "like", "torn"):
        _say_label(table, item)


def _proof(table: TableInMaking, keys: Sequence[Key]) -> str:
    """How grave a moved row is: info where its own identity holds and says something, else a warning."""
    for equation in vocabulary.equations(table.form.template, table.form.table_id):
        if {*equation.left, *equation.right} == set(keys):
            numbers = table.numbers
            if all(k in numbers for k in keys):
                left, right = sum(numbers[k] for k in equation.left), sum(numbers[k] for k in equation.right)
                return "info" if left == right else "warning"
    return "warning"


def _say_label(table: TableInMaking, item: Item) -> None:
    assert item.key is not None
    expected = table.form.label("row", item.key).text
    place = {"page": item.row.page, "line": item.row.line}
    if item.how == "sequence":
        table.flag(
            "unknown_label",
            "the row's label stands apart from its figures; both were counted off in order",
            item.key,
            observed=item.before[-40:] or None,
            expected=expected,
            **place,
        )
    elif item.how == "order":
        table.flag(
            "unknown_label",
            "the row's label is lost; it was bound by the form's order",
            item.key,
            expected=expected,
            **place,
        )
    elif item.how == "like":
        table.flag(
            "unknown_label",
            "the row's label is misread",
            item.key,
            observed=item.before[-40:] or None,
            expected=expected,
            **place,
        )
    elif item.how == "torn" and item.row.layout != "text":
        table.flag(
            "unknown_label",
            "the row's label is torn",
            item.key,
            severity="info",
            observed=item.before[-40:] or None,
            expected=expected,
            **place,
        )
