"""The statutory tables of one report as a page shows them: grids of cells as printed, each with the marks of its
doubts and of the claims of the prose that speak of it.

Cells and labels are written as HTML here, not by a template: a site has millions of them, and most are alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

from markupsafe import Markup, escape

from pipeline import vocabulary
from pipeline.site.dataset import Entry, Row
from pipeline.site.doubts import RANK, Doubt, Kind, Place, Told, changes

_SHOWN = 60  # characters of a cell: what is longer is text that strayed into it
TITLES = {
    "proactive": ("主动公开政府信息情况", "Information disclosed proactively"),
    "requests": ("收到和处理政府信息公开申请情况", "Requests received and handled"),
    "review_litigation": ("政府信息公开行政复议、行政诉讼情况", "Administrative review and litigation"),
}


@dataclass(frozen=True, slots=True)
class Grid:
    """A part of a statutory table whose rows have the same columns: the elements of its head and its rows."""

    column_ids: tuple[str, ...]
    head: Markup
    body: Markup


@dataclass(frozen=True, slots=True)
class Sheet:
    """A statutory table: title, grids, and the marks of doubts about the whole of it."""

    table_id: str
    title_zh: str
    title: str
    grids: tuple[Grid, ...]
    marks: Markup


@dataclass(slots=True)
class _Marks:
    """By place: links to doubts and claims, the gravest severity, and the numbers that explanations give a cell."""

    links: dict[Place, str] = field(default_factory=dict)
    severities: dict[Place, str] = field(default_factory=dict)
    ties: dict[Place, list[str]] = field(default_factory=dict)


def sheets_of(entry: Entry, kinds: Sequence[Kind], claims: Sequence[Told]) -> tuple[Sheet, ...]:
    """The statutory tables of a report, in the form's order, with the marks at their cells."""
    marks = _marked(kinds, claims)
    by_table: dict[str, dict[tuple[str, str], Row]] = {}
    templates: dict[str, str] = {}
    for fact in entry.facts:
        by_table.setdefault(fact["table_id"], {})[fact["row_id"], fact["column_id"]] = fact
        templates[fact["table_id"]] = fact["template"]
    return tuple(
        Sheet(
            table_id,
            *TITLES[table_id],
            tuple(_grids(templates[table_id], table_id, by_table[table_id], marks)),
            Markup(marks.links.get((table_id, "", ""), "")),
        )
        for table_id in vocabulary.TABLES
        if table_id in by_table
    )


def _marked(kinds: Sequence[Kind], claims: Sequence[Told]) -> _Marks:
    marks = _Marks()
    listed = ((d, kind) for kind in kinds for part in kind.parts for _, doubts in part.messages for d in doubts)
    by_number = sorted(listed, key=_number)
    for doubt, kind in by_number:
        place = doubt.place
        link = f'<a href="#d{doubt.number}">{kind.number}</a>'
        marks.links[place] = marks.links.get(place, "") + link
        if RANK.get(doubt.severity, 0) > RANK[marks.severities.get(place, "")]:
            marks.severities[place] = doubt.severity
        for row_id, column_id, value in changes(doubt):
            given = marks.ties.setdefault((place[0], row_id, column_id), [])
            if value not in given:
                given.append(value)
    for claim in claims:
        link = f'<a href="#c{claim.number}">¶{claim.number}</a>'
        marks.links[claim.place] = marks.links.get(claim.place, "") + link
    return marks


def _number(one: tuple[Doubt, Kind]) -> int:
    return one[0].number


def _grids(template: str, table_id: str, facts: dict[tuple[str, str], Row], marks: _Marks) -> Iterable[Grid]:
    links = marks.links
    for columns, labels, rows in _layout(template, table_id):
        head = "".join(
            f"{label}{links.get((table_id, '', column_id), '')}</th>"
            for column_id, label in zip(columns, labels, strict=True)
        )
        lines = []
        for row_id, label in rows:
            lines.append(label)
            if row_id is not None:
                lines.append(f"{links.get((table_id, row_id, ''), '')}</th>")
                lines += [_cell((table_id, row_id, c), facts.get((row_id, c)), marks) for c in columns]
                lines.append("</tr>\n")
        yield Grid(columns, Markup(head), Markup("".join(lines)))


def _cell(place: Place, fact: Row | None, marks: _Marks) -> str:
    if fact is None:
        return '<td class="void"></td>'
    content = _content(
        fact["status"],
        fact["value_raw"],
        fact["value"],
        fact["value_reconciled"],
        fact["corrected"],
        fact["verified"] == "true",
        marks.severities.get(place, ""),
    )
    ties = "".join(f"<i>≟{escape(tie)}</i>" for tie in marks.ties.get(place, ()))
    return f"{content}{ties}{marks.links.get(place, '')}</td>"


@lru_cache(maxsize=1 << 16)
def _content(
    status: str, printed: str, value: str, reconciled: str, corrected: str, verified: bool, severity: str
) -> str:
    """A cell with what it holds, but for its marks and its end.

    Its classes are its status where it is not `reported`, the severity of its gravest doubt, and `verified`. What a
    reviewer's decision needs and the cell does not show rides in data-printed, data-value and data-proven.
    """
    shown = printed.strip() or {"missing": "✗", "blank": ""}.get(status, "?")
    if len(shown) > _SHOWN:
        shown = shown[: _SHOWN - 1] + "…"
    classes = " ".join(filter(None, ("" if status == "reported" else status, severity, "verified" if verified else "")))
    proven = reconciled if reconciled != value else ""
    attributes = {
        "class": classes or None,
        "data-printed": printed if printed != shown else None,
        "data-value": value if status == "reported" and value != printed else None,
        "data-proven": proven or None,
    }
    element = "".join(f' {name}="{escape(told)}"' for name, told in attributes.items() if told is not None)
    other = f"<b>✎{escape(corrected)}</b>" if corrected else f"<b>→{escape(proven)}</b>" if proven else ""
    return f"<td{element}>{escape(shown)}{other}"


_Layout = tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[str | None, str], ...]]


@cache
def _layout(template: str, table_id: str) -> tuple[_Layout, ...]:
    """The parts of a form whose rows have the same columns: their ids, the beginnings of their head's cells, and the
    rows as printed: row_id and the beginning of the row; a group's own row has no row_id, and is whole."""
    form = vocabulary.form(template, table_id)
    groups = {label.key: label for label in form.labels if label.axis == "group"}
    parts: list[_Layout] = []
    opened: set[str] = set()
    rows: list[tuple[str | None, str]] = []
    before: tuple[str, ...] | None = None
    for row_id, columns in form.rows.items():
        if columns != before:
            rows = []
            labels = (form.label("column", column_id) for column_id in columns)
            parts.append((columns, tuple(f'<th scope="col">{_label(x.text, x.gloss)}' for x in labels), ()))
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
                text = _label(group.text, group.gloss)
                span = f'scope="colgroup" colspan="{len(columns) + 1}"'
                rows.append((None, f'<tr class="group"><th {span} class="i{depth}">{text}</th></tr>\n'))
        text = _label(label.text, label.gloss)
        rows.append((row_id, f'<tr data-row="{escape(row_id)}">{_row_head(len(chain))}{text}'))
        parts[-1] = (parts[-1][0], parts[-1][1], tuple(rows))
    return tuple(parts)


def _row_head(depth: int) -> str:
    return f'<th scope="row" class="i{depth}">' if depth else '<th scope="row">'


def _label(text: str, gloss: str) -> str:
    return f'<span lang="zh">{escape(text)}</span><small lang="en">{escape(gloss)}</small>'
