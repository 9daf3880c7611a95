"""The statutory tables of one report as a page shows them: grids of cells as printed, each with the marks of its
doubts, and the claims of the prose that speak of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from pipeline import vocabulary
from pipeline.site.dataset import Entry, Row

_CHANGE = re.compile(r"([a-z_]+)\.([a-z_]+) (\d+|\?) → (\d+)")

_SHOWN = 60  # characters of a cell: what is longer is text that strayed into it
TITLES = {
    "proactive": ("主动公开政府信息情况", "Information disclosed proactively"),
    "requests": ("收到和处理政府信息公开申请情况", "Requests received and handled"),
    "review_litigation": ("政府信息公开行政复议、行政诉讼情况", "Administrative review and litigation"),
}


@dataclass(frozen=True, slots=True)
class Doubt:
    """A flag as listed below the tables, with its number there and what its ties say of cells."""

    number: int
    kind: str
    severity: str
    gloss_zh: str
    gloss: str
    message: str
    observed: str
    expected: str
    excerpt: str
    where: str
    attribution: str
    attribution_reason: str
    ties: tuple[str, ...]
    place: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Told:
    """A claim of the prose as listed beside the tables."""

    number: int
    sentence: str
    value: str
    unit: str
    verdict: str
    convention: str
    place: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: what is shown, how it is marked, and what a reviewer needs of it."""

    shown: str
    classes: str  # its status where it is not `reported`, the severity of its gravest doubt, `verified`
    printed: str
    value: str
    reconciled: str  # where it is another number than printed
    corrected: str
    unit: str
    doubts: tuple[int, ...]
    claims: tuple[int, ...]
    ties: tuple[str, ...]  # numbers that explanations give the cell


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a grid. `depth` is how many groups it stands in; a group's own line has no row_id and no cells."""

    row_id: str
    label: str
    gloss: str
    depth: int
    cells: tuple[Cell | None, ...]
    doubts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Grid:
    """A part of a statutory table whose rows have the same columns."""

    table_id: str
    column_ids: tuple[str, ...]
    columns: tuple[tuple[str, str, tuple[int, ...]], ...]  # label, gloss, doubts
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A statutory table: title, grids, and the doubts about the whole of it."""

    table_id: str
    title_zh: str
    title: str
    grids: tuple[Grid, ...]
    doubts: tuple[int, ...] = ()


@dataclass(slots=True)
class _Marks:
    doubts: dict[tuple[str, str, str], list[int]] = field(default_factory=dict)
    severities: dict[tuple[str, str, str], str] = field(default_factory=dict)
    claims: dict[tuple[str, str, str], list[int]] = field(default_factory=dict)
    ties: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)


def doubts_of(flags: Iterable[Row]) -> tuple[Doubt, ...]:
    """Every flag of a report, numbered as published."""
    kinds = vocabulary.flag_kinds()
    found = []
    for number, flag in enumerate(flags, 1):
        kind = kinds.get(flag["kind"])
        ties = tuple(flag["suggestion"].split(" | ")) if flag["suggestion"] else ()
        where = f"p. {flag['page']}" if flag["page"] else f"l. {flag['line']}" if flag["line"] else ""
        found.append(
            Doubt(
                number,
                flag["kind"],
                flag["severity"],
                kind.gloss_zh if kind else flag["kind"],
                kind.gloss if kind else flag["kind"],
                flag["message"],
                flag["observed"],
                flag["expected"],
                flag["excerpt"],
                where,
                flag["attribution"],
                flag["attribution_reason"],
                ties,
                (flag["table_id"], flag["row_id"], flag["column_id"]),
            )
        )
    return tuple(found)


def claims_of(claims: Iterable[Row]) -> tuple[Told, ...]:
    """Every claim of a report's prose, numbered as published."""
    return tuple(
        Told(
            number,
            claim["sentence"],
            claim["value"],
            claim["unit"],
            claim["verdict"],
            claim["convention"],
            (claim["table_id"], claim["row_id"], claim["column_id"]),
        )
        for number, claim in enumerate(claims, 1)
    )


def sheets_of(entry: Entry, doubts: Sequence[Doubt], claims: Sequence[Told]) -> tuple[Sheet, ...]:
    """The statutory tables of a report, in the form's order, with the marks at their cells."""
    marks = _marked(doubts, claims)
    by_table: dict[str, dict[tuple[str, str], Row]] = {}
    templates: dict[str, str] = {}
    for fact in entry.facts:
        by_table.setdefault(fact["table_id"], {})[fact["row_id"], fact["column_id"]] = fact
        templates[fact["table_id"]] = fact["template"]
    found = []
    for table_id in vocabulary.TABLES:
        if table_id in by_table:
            grids = tuple(_grids(templates[table_id], table_id, by_table[table_id], marks))
            own = tuple(marks.doubts.get((table_id, "", ""), ()))
            found.append(Sheet(table_id, *TITLES[table_id], grids, own))
    return tuple(found)


def changes(doubt: Doubt) -> Iterator[tuple[str, str, str]]:
    """The cells that the explanations of a broken sum change: row_id, column_id, and the number they give it."""
    if doubt.kind == "reconcile_ties":
        for tie in doubt.ties:
            for row_id, column_id, _, value in _CHANGE.findall(tie):
                yield row_id, column_id, value


def _marked(doubts: Sequence[Doubt], claims: Sequence[Told]) -> _Marks:
    marks = _Marks()
    rank = {"error": 2, "warning": 1, "info": 0, "": -1}
    for doubt in doubts:
        marks.doubts.setdefault(doubt.place, []).append(doubt.number)
        if rank.get(doubt.severity, 0) > rank[marks.severities.get(doubt.place, "")]:
            marks.severities[doubt.place] = doubt.severity
        for row_id, column_id, value in changes(doubt):
            place = (doubt.place[0], row_id, column_id)
            if value not in marks.ties.setdefault(place, []):
                marks.ties[place].append(value)
    for claim in claims:
        marks.claims.setdefault(claim.place, []).append(claim.number)
    return marks


def _grids(template: str, table_id: str, facts: dict[tuple[str, str], Row], marks: _Marks) -> Iterable[Grid]:
    for columns, labels, rows in _layout(template, table_id):
        heads = tuple(
            (*label, tuple(marks.doubts.get((table_id, "", c), ()))) for c, label in zip(columns, labels, strict=True)
        )
        lines = []
        for row_id, label, gloss, depth in rows:
            if row_id is None:
                lines.append(Line("", label, gloss, depth, ()))
                continue
            cells = tuple(_cell(table_id, row_id, c, facts.get((row_id, c)), marks) for c in columns)
            lines.append(Line(row_id, label, gloss, depth, cells, tuple(marks.doubts.get((table_id, row_id, ""), ()))))
        yield Grid(table_id, columns, heads, tuple(lines))


def _cell(table_id: str, row_id: str, column_id: str, fact: Row | None, marks: _Marks) -> Cell | None:
    if fact is None:
        return None
    place = (table_id, row_id, column_id)
    value, reconciled = fact["value"], fact["value_reconciled"]
    shown = (
        fact["value_raw"].strip()
        if fact["value_raw"].strip()
        else {"missing": "✗", "blank": ""}.get(fact["status"], "?")
    )
    status = "" if fact["status"] == "reported" else fact["status"]
    classes = (status, marks.severities.get(place, ""), "verified" if fact["verified"] == "true" else "")
    return Cell(
        shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…",
        " ".join(filter(None, classes)),
        fact["value_raw"],
        value,
        reconciled if reconciled != value else "",
        fact["corrected"],
        fact["unit"],
        tuple(marks.doubts.get(place, ())),
        tuple(marks.claims.get(place, ())),
        tuple(marks.ties.get(place, ())),
    )


_Layout = tuple[tuple[str, ...], tuple[tuple[str, str], ...], tuple[tuple[str | None, str, str, int], ...]]


@cache
def _layout(template: str, table_id: str) -> tuple[_Layout, ...]:
    """The parts of a form whose rows have the same columns: columns, their labels, and rows and groups as printed."""
    form = vocabulary.form(template, table_id)
    groups = {label.key: label for label in form.labels if label.axis == "group"}
    parts: list[_Layout] = []
    opened: set[str] = set()
    rows: list[tuple[str | None, str, str, int]] = []
    before: tuple[str, ...] | None = None
    for row_id, columns in form.rows.items():
        if columns != before:
            rows = []
            labels = tuple((form.label("column", c).text, form.label("column", c).gloss) for c in columns)
            parts.append((columns, labels, ()))
            before = columns
        label = form.label("row", row_id)
        chain = []
        parent = label.parent
        while parent:
            chain.append(groups[parent])
            parent = groups[parent].parent
        for depth, group in enumerate(reversed(chain)):
            if group.key not in opened:
                opened.add(group.key)
                rows.append((None, group.text, group.gloss, depth))
        rows.append((row_id, label.text, label.gloss, len(chain)))
        parts[-1] = (parts[-1][0], parts[-1][1], tuple(rows))
    return tuple(parts)
