"""Pictures within a document's text: whether they are to be read, and which statutory tables they then show.

Reading one costs seconds, so they are read only where the text lacks a table that it should have. What stands in them
is told from the text to the end: a report may show a screenshot of another report, of another year, of anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from extractors.document import CannotRead, Document, Paragraph, Picture
from extractors.wanted import PLAIN, Wanted
from pipeline import vocabulary
from pipeline.aside import set_aside
from pipeline.identify import identify
from pipeline.model import Fact, Flag, Identity, Report, TableReading

_SCANT = 300  # characters; a document with fewer beside its pictures says what it is in them


def wants_pictures(document: Document, report: Report) -> bool:
    """Whether the pictures of a document that was read without them may hold what its report lacks: a statutory table,
    or, where there is hardly any text, all of it."""
    if all(picture.blocks is not None for picture in document.pictures):
        return False
    if report.identity.document_type == "annual_report":
        return bool(set(vocabulary.TABLES) - {fact.table_id for fact in report.facts}) or _lacks_rows(report.facts)
    return report.identity.document_type == "other" and _is_scant(document)


def read_again(
    document: Document,
    report: Report,
    extract: Callable[[Wanted], Document],
    read: Callable[[Document, str], Report],
    wanted: Wanted = PLAIN,
) -> tuple[Document, Report]:
    """The document with its pictures read, and its report; where that fails, those that were there, with the reason.
    `wanted` is what else `extract` is to be handed."""
    try:
        closer = extract(replace(wanted, pictures=True, ruled=not _is_scant(document)))
    except CannotRead as error:
        if not document.blocks:
            return document, set_aside(report.sha256, error)
        flag = Flag("partly_read", "warning", f"the pictures within the text were not read: {error.reason}")
        return document, replace(report, flags=(*report.flags, flag))
    return closer, read(closer, report.sha256)


def told(document: Document) -> tuple[Document, Identity]:
    """The document by its own text, and what that says it is; with what its pictures hold where there is hardly any."""
    plain = replace(document, pictures=())
    if _is_scant(plain) and any(picture.blocks for picture in document.pictures):
        plain = document.with_pictures()
    if not plain.blocks:
        return plain, Identity("other", "a document without text")
    return plain, identify(plain)


def with_pictured(
    document: Document, text: Document, identity: Identity, found: Sequence[TableReading]
) -> list[TableReading]:
    """The statutory tables of a document, in the form's order: those `found` in its text, and those that the text lacks
    and its pictures show; also a table that is `found` in part, and whose rest stands in a picture.

    Each that a picture has a share in bears a flag, which is a doubt where others stand in the text itself.
    """
    pictures = tuple(one for one in document.pictures if one.blocks and not _is_of_another(one, identity))
    if not pictures or len(text.blocks) > len(document.blocks):  # there are none, or they are the text
        return list(found)
    from pipeline.align import align  # runs that read nothing ask this module too

    tables = {table.table_id: table for table in found}
    severity = "warning" if any(not is_recognised(table) for table in found) else "info"
    message = "the table was read from a picture within the text"
    for table in align(replace(document, pictures=pictures).with_pictures(), identity.year):
        if table.table_id not in tables or _completes(tables[table.table_id], table):
            flag = Flag("picture_table", severity, message, table.table_id)
            tables[table.table_id] = replace(table, flags=(*table.flags, flag))
    return [tables[table_id] for table_id in vocabulary.TABLES if table_id in tables]


def is_recognised(table: TableReading) -> bool:
    """Whether OCR read the table, on a page or in a picture."""
    return any(reading.confidence is not None for reading in table.cells.values())


def _completes(part: TableReading, whole: TableReading) -> bool:
    """Whether a table has every cell of another as that has it, and more. (Its form may be told by the rest alone.)"""
    kept = {key: cell.text for key, cell in part.cells.items() if cell.text is not None}
    found = {key: cell.text for key, cell in whole.cells.items() if cell.text is not None}
    return len(found) > len(kept) and all(found.get(key) == text for key, text in kept.items())


def _lacks_rows(facts: Sequence[Fact]) -> bool:
    """Whether a table has nothing in all cells of a row."""
    rows: dict[tuple[str, str], bool] = {}
    for fact in facts:
        row = fact.table_id, fact.row_id
        rows[row] = rows.get(row, False) or fact.status != "missing"
    return not all(rows.values())


def _is_of_another(picture: Picture, identity: Identity) -> bool:
    """Whether a picture shows a document under a title of its own, of another year or publisher."""
    shown = identify(Document("scan", picture.blocks or (), 1))
    if shown.title is None or shown.document_type != "annual_report":
        return False
    other_year = None not in (shown.year, identity.year) and shown.year != identity.year
    other_body = (
        None not in (shown.jurisdiction_code, identity.jurisdiction_code)
        and shown.jurisdiction_code != identity.jurisdiction_code
    )
    return other_year or other_body


def _is_scant(document: Document) -> bool:
    count = 0
    for block in document.blocks:
        texts = [block.text] if isinstance(block, Paragraph) else [cell.text for cell in block.cells]
        count += sum(len("".join(text.split())) for text in texts)
        if count >= _SCANT:
            return False
    return True
