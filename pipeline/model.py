"""The records that travel through the pipeline, and the rows it publishes: frozen, without logic."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Identity:
    """Which document this is, whose report and of which year: what `identify` found, with the doubts about it."""

    document_type: str  # annual_report | work_plan | other
    reason: str | None = None  # why it is not an annual report, for people
    title: str | None = None
    jurisdiction_code: str | None = None
    jurisdiction_name: str | None = None
    year: int | None = None
    publisher: str | None = None
    publisher_kind: str | None = None  # government | office | department | township | other
    published_date: str | None = None  # ISO dates
    period_start: str | None = None
    period_end: str | None = None
    source_url: str | None = None
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a statutory cell says, as found: the text (None when the table lacks the cell) and where it stands.

    `unsettled` marks a cell whose text could not be bound to its place for sure: it is published as unreadable.
    `unit` is what the column header or the cell's surroundings say of its unit (万元, 亿元, 元), if anything.
    """

    text: str | None
    page: int | None = None
    line: int | None = None
    unsettled: bool = False
    unit: str | None = None
    confidence: float | None = None
    bbox: tuple[float, float, float, float] | None = None
    alternatives: tuple[str, ...] = ()  # the other readings of a doubtful text, likeliest first


@dataclass(frozen=True, slots=True)
class TableReading:
    """One statutory table as aligned: every cell of its template exactly once, keyed (row_id, column_id)."""

    table_id: str
    template: str
    cells: dict[tuple[str, str], Reading]
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """One published cell; the columns are the contract's. The report's own columns are added when publishing."""

    template: str
    table_id: str
    row_id: str
    column_id: str
    unit: str
    status: str  # reported | blank | missing | unreadable
    value: Decimal | None = None
    value_raw: str | None = None
    value_reconciled: Decimal | None = None
    verified: bool = False
    page: int | None = None
    line: int | None = None
    corrected: Decimal | None = None  # what a person decided, with the reason; see pipeline.corrections
    correction_reason: str | None = None
    bbox: tuple[float, float, float, float] | None = None  # of the cell on its page, in points; see pipeline.facsimile

    @property
    def key(self) -> tuple[str, str, str]:
        return self.table_id, self.row_id, self.column_id


@dataclass(frozen=True, slots=True)
class Flag:
    """One doubt about a cell, a row, a table, a span of text or a whole file; see flags.csv for the kinds.

    A flag on a row has no `column_id`; one on a whole column no `row_id`; one on a table neither. `attribution` says
    whose fault it is (source | extraction | ocr | undecided) with its reason, on arithmetic flags.
    """

    kind: str
    severity: str  # info | warning | error
    message: str
    table_id: str | None = None
    row_id: str | None = None
    column_id: str | None = None
    page: int | None = None
    line: int | None = None
    excerpt: str | None = None
    observed: str | None = None
    expected: str | None = None
    suggestion: str | None = None
    attribution: str | None = None
    attribution_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """One number that the prose tells. `quantity` is what it counts (told.py), with its result after a dot; `unit` is
    count or percent. The cell is the one it speaks of: no row_id where it speaks of several rows, no cell at all where
    the report's template has none. `verdict`: agrees, disagrees, not_comparable; `convention` makes it agree."""

    page: int | None
    line: int | None
    sentence: str
    quantity: str
    value: Decimal
    unit: str
    table_id: str | None
    row_id: str | None
    column_id: str | None
    verdict: str
    convention: str | None = None


@dataclass(frozen=True, slots=True)
class Quality:
    """How far a report can be taken as read. text: share of lines without noise that hinders reading. arithmetic: share
    of the assessable identities that hold. cells: share of the template's cells that are printed, blank ones counting
    half. Each 0 to 1; 1 where nothing applies."""

    text: float
    arithmetic: float
    cells: float

    @property
    def product(self) -> float:
        return round(self.text * self.arithmetic * self.cells, 3)


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the report's text: its heading and what stands under it, in order."""

    heading: str | None
    level: int
    text: str
    page: int | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One requirement of a work plan's task table, under its task and group, with the units responsible."""

    group: str
    task: str
    requirement: str
    responsible: tuple[str, ...]
    page: int | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """All that one source file yields, before anything is compared with other reports."""

    report_id: str
    sha256: str
    format: str | None
    pages: int | None
    identity: Identity
    disposition: str  # extracted | partial | set_aside
    reason: str | None
    template: str | None
    facts: tuple[Fact, ...] = ()
    flags: tuple[Flag, ...] = ()
    sections: tuple[Section, ...] = ()
    tasks: tuple[Task, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)
    claims: tuple[Claim, ...] = ()
    quality: Quality | None = None  # None for one set aside
