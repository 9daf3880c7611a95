"""One document → its report: the order of the stages, written once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from extractors.document import CannotRead, Document
from pipeline import vocabulary
from pipeline.align import align
from pipeline.aside import set_aside
from pipeline.checks import check, suspects, verdicts
from pipeline.ids import report_id
from pipeline.measure import measure
from pipeline.model import Flag, Identity, Report, TableReading
from pipeline.narrative import claims, numbers_told
from pipeline.noise import noise
from pipeline.pictured import is_recognised, read_again, told, wants_pictures, with_pictured
from pipeline.quality import quality
from pipeline.readings import choose, low_confidence
from pipeline.reconcile import attribute, reconcile
from pipeline.sections import sections
from pipeline.workplan import tasks


def read_report(data: bytes) -> Report:
    """The report that a file's bytes hold. Bad input never raises: it is a report set aside, with its reason."""
    from extractors import extract

    sha256 = hashlib.sha256(data).hexdigest()
    try:
        document = extract(data)
    except CannotRead as error:
        return set_aside(sha256, error)
    report = read_document(document, sha256)
    if wants_pictures(document, report):
        _, report = read_again(document, report, lambda wanted: extract(data, wanted), read_document)
    return report


def read_document(whole: Document, sha256: str) -> Report:
    """The way of one document: what it is → its tables → numbers → what they prove → what prose and noise say."""
    document, identity = told(whole)
    parts = tuple(sections(document))
    base = Report(
        report_id(sha256),
        sha256,
        document.format,
        document.pages,
        identity,
        "extracted",
        None,
        None,
        sections=parts,
        metadata=document.metadata,
        flags=(*identity.flags, *_notes(document)),
    )
    if identity.document_type == "work_plan":
        flags = (*base.flags, *noise(document, identity))
        return replace(base, tasks=tuple(tasks(document)), flags=flags, quality=quality(document, (), flags))
    if identity.document_type != "annual_report":
        return replace(base, disposition="set_aside", reason=identity.reason)
    found = with_pictured(whole, document, identity, align(document, identity.year))
    tables, chosen = choose(found)
    source_format = "scan" if any(map(is_recognised, tables)) else document.format
    facts, value_flags = measure(tables)
    sums = verdicts(facts)  # of what is printed, which nothing below alters
    facts, arithmetic = check(facts, sums)
    claimed, mismatches = claims(document, facts, identity)
    facts, repairs = reconcile(facts, numbers_told(claimed, facts), source_format)
    doubts = (
        *base.flags,
        *_table_flags(tables, identity),
        *value_flags,
        *chosen,
        *low_confidence(tables, facts),
        *arithmetic,
        *repairs,
        *(suspects(facts, sums) if arithmetic else ()),
        *mismatches,
        *noise(document, identity),
    )
    flags = tuple(attribute(doubts, facts, source_format))
    disposition, reason = _disposition(tables, identity)
    template = next((t.template for t in tables if t.table_id == "requests"), tables[0].template if tables else None)
    return replace(
        base,
        disposition=disposition,
        reason=reason,
        template=template,
        facts=tuple(facts),
        flags=flags,
        claims=tuple(claimed),
        quality=None if disposition == "set_aside" else quality(document, facts, flags, sums),
    )


def _notes(document: Document) -> tuple[Flag, ...]:
    pages = document.metadata.get("pages_by_ocr")
    read = [Flag("read_by_ocr", "info", "pages that were read by OCR, and why", observed=pages)] if pages else []
    return (*read, *(Flag("partly_read", "warning", note) for note in document.notes))


def _table_flags(tables: Sequence[TableReading], identity: Identity) -> list[Flag]:
    """Flags of alignment, of tables that are not there, and of a form that is not the year's."""
    flags = [flag for table in tables for flag in table.flags]
    found = {table.table_id for table in tables}
    for table_id in vocabulary.TABLES:
        if table_id not in found:
            flags.append(Flag("missing_table", "error", f"the table {table_id} was not found", table_id))
    if identity.year is not None:
        due = "2019" if identity.year <= 2020 else "2021"
        flags.extend(
            Flag(
                "wrong_template_for_year",
                "warning",
                f"the table has the form of {table.template}, a report on {identity.year} that of {due}",
                table.table_id,
                observed=table.template,
                expected=due,
            )
            for table in tables
            if table.template != due and table.table_id != "review_litigation"
        )
    return flags


def _disposition(tables: Sequence[TableReading], identity: Identity) -> tuple[str, str | None]:
    if not tables:
        return "set_aside", "an annual report in which none of the statutory tables was found"
    lost = [t for t in vocabulary.TABLES if t not in {table.table_id for table in tables}]
    reasons = [f"tables not found: {', '.join(lost)}"] if lost else []
    if identity.year is None:
        reasons.append("the reported year was not recognised")
    return ("partial", "; ".join(reasons)) if reasons else ("extracted", None)
