"""A report → its rows of the published tables, as tuples in the order of the declared columns.

Nothing is decided here; what is derived (the kinds of flag at a cell, the counts) is derived from the report's own
records alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pipeline import vocabulary
from pipeline.model import Fact, Flag, Report
from pipeline.publish.schema import CLAIMS, FACTS, FLAGS, NO_YEAR, REPORTS, SECTIONS, SERIES, TASKS, WIDE
from pipeline.publish.wide import WideRows
from pipeline.version import extractor_version

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A report as it is published: with the paths of its file, and the flags that other reports raised on it."""

    report: Report
    source_path: str
    also_at: tuple[str, ...] = ()
    compared: tuple[Flag, ...] = ()
    superseded_by: str | None = None
    replaced: bool = False

    def flags(self) -> list[Flag]:
        """All flags of the report, each once, in the order they are published."""
        every = (*self.report.flags, *self.report.identity.flags, *self.compared)
        return sorted(dict.fromkeys(map(_attributed, every)), key=_flag_order)


def _attributed(flag: Flag) -> Flag:
    """The flag; an arithmetic one that nobody attributed is undecided."""
    kind = vocabulary.flag_kinds().get(flag.kind)
    if flag.attribution or kind is None or kind.group != "arithmetic":
        return flag
    return replace(flag, attribution="undecided", attribution_reason="nothing tells which number is wrong")


def rows_of(entry: Entry) -> dict[str, list[Row]]:
    """The rows that an entry adds to each published table, by the table's name, sorted by its key."""
    flags = entry.flags()
    wide = _wide(entry, flags)
    return {
        FACTS.name: list(_facts(entry.report, flags)),
        REPORTS.name: [_report(entry, flags)],
        FLAGS.name: list(_flags(entry.report, flags)),
        CLAIMS.name: list(_claims(entry.report)),
        SECTIONS.name: list(_sections(entry.report)),
        TASKS.name: list(_tasks(entry.report)),
        **{table.name: wide.of(table.name) for table in WIDE},
        SERIES.name: wide.of_series(),
    }


def _facts(report: Report, flags: Iterable[Flag]) -> Iterator[Row]:
    identity = report.identity
    year = NO_YEAR if identity.year is None else identity.year
    division = (identity.jurisdiction_code, identity.jurisdiction_name)
    before = (report.report_id, *division, year, identity.publisher, identity.publisher_kind)
    kinds = KindsAtCell(flags)
    for f in sorted(report.facts, key=lambda fact: fact.key):
        yield (
            *before,
            f.template,
            f.table_id,
            f.row_id,
            f.column_id,
            f.value,
            f.unit,
            f.value_raw,
            f.status,
            f.value_reconciled,
            f.verified,
            f.page,
            kinds.at(f),
            f.line,
            f.corrected,
            f.correction_reason,
        )


class KindsAtCell:
    """The kinds of flag that touch a cell: those on it, on its row, on its column and on its whole table; and those
    that leave open whose report it is or of which year, since every cell's row names both. Other doubts about the file
    or its text stand in the table of flags alone."""

    def __init__(self, flags: Iterable[Flag]) -> None:
        self._at: dict[str, dict[tuple[str | None, str | None], set[str]]] = {}
        whose: set[str] = set()
        for flag in flags:
            if flag.table_id is not None:
                places = self._at.setdefault(flag.table_id, {})
                places.setdefault((flag.row_id, flag.column_id), set()).add(flag.kind)
            elif flag.severity != "info" and vocabulary.flag_kinds()[flag.kind].group == "identity":
                whose.add(flag.kind)
        self._whose = frozenset(whose)
        self._everywhere = ";".join(sorted(whose))

    def at(self, fact: Fact) -> str:
        places = self._at.get(fact.table_id)
        if places is None:  # every report has 200 cells, and most have no doubt
            return self._everywhere
        row, column = fact.row_id, fact.column_id
        found = [kinds for p in ((row, column), (row, None), (None, column), (None, None)) if (kinds := places.get(p))]
        return ";".join(sorted(self._whose.union(*found))) if found else self._everywhere


def _report(entry: Entry, flags: list[Flag]) -> Row:
    report, i = entry.report, entry.report.identity
    return (
        report.report_id,
        entry.source_path,
        i.source_url,
        report.sha256 or None,
        report.format,
        i.document_type,
        report.disposition,
        report.reason,
        i.title,
        i.jurisdiction_code,
        i.jurisdiction_name,
        i.year,
        i.publisher,
        i.publisher_kind,
        report.template,
        _date(i.published_date),
        _date(i.period_start),
        _date(i.period_end),
        report.pages,
        len(report.facts),
        len(flags),
        report.quality and report.quality.product,
        extractor_version(),
        ";".join(entry.also_at) or None,
        report.quality and report.quality.text,
        report.quality and report.quality.arithmetic,
        report.quality and report.quality.cells,
        entry.superseded_by,
        entry.replaced,
    )


def _flags(report: Report, flags: Iterable[Flag]) -> Iterator[Row]:
    i = report.identity
    for position, f in enumerate(flags, 1):
        yield (
            report.report_id,
            i.jurisdiction_code,
            i.year,
            f.kind,
            f.severity,
            f.table_id,
            f.row_id,
            f.column_id,
            f.page,
            f.line,
            f.excerpt,
            f.observed,
            f.expected,
            f.suggestion,
            f.message,
            f.attribution,
            f.attribution_reason,
            position,
        )


def _flag_order(flag: Flag) -> tuple[Any, ...]:
    """File and text first, by place; then tables, rows and cells; then whatever else tells two flags apart."""
    place = (flag.table_id or "", flag.row_id or "", flag.column_id or "", flag.page or 0, flag.line or 0)
    words = (flag.excerpt, flag.observed, flag.expected, flag.suggestion, flag.attribution, flag.attribution_reason)
    return (*place, flag.kind, flag.severity, flag.message, *(word or "" for word in words))


def _claims(report: Report) -> Iterator[Row]:
    for position, c in enumerate(report.claims, 1):
        where = (c.table_id, c.row_id, c.column_id)
        told = (c.sentence, c.quantity, c.value, c.unit)
        yield (report.report_id, c.page, c.line, *told, *where, c.verdict, c.convention, position)


def _sections(report: Report) -> Iterator[Row]:
    i = report.identity
    for position, s in enumerate(report.sections, 1):
        yield report.report_id, i.jurisdiction_code, i.year, position, s.heading, s.level, s.text, s.page, s.line


def _tasks(report: Report) -> Iterator[Row]:
    i = report.identity
    before = (report.report_id, i.jurisdiction_code, i.jurisdiction_name, i.year, i.publisher)
    for position, t in enumerate(report.tasks, 1):
        units = ";".join(t.responsible) or None
        yield (*before, position, t.group, t.task, t.requirement, units, t.page, t.line)


def _wide(entry: Entry, flags: Iterable[Flag]) -> WideRows:
    report, i = entry.report, entry.report.identity
    division = (i.jurisdiction_code, i.jurisdiction_name)
    whose = (report.report_id, *division, i.year, i.publisher, i.publisher_kind)
    doubts = [flag for flag in flags if flag.severity != "info" and flag.table_id is not None]
    doubted: frozenset[tuple[str, str, str]] = frozenset()
    if doubts:
        kinds = KindsAtCell(doubts)
        doubted = frozenset(fact.key for fact in report.facts if kinds.at(fact))
    return WideRows(whose, report.facts, doubted, entry.superseded_by)


def _date(text: str | None) -> date | None:
    """An ISO date; None for one that no calendar has (2021-02-30), as printed dates sometimes are."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
