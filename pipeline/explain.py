"""What was recognised, for people at a terminal: one file with its tables and doubts, and the summary of a run."""

from __future__ import annotations

import hashlib
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pipeline import codec, vocabulary
from pipeline.intake import Job, Outcome, read_job, this_reader
from pipeline.model import Fact, Flag, Report
from pipeline.publish import printed
from pipeline.tabulate import Entry, quality
from pipeline.workers import Bounds, Lost, each

if TYPE_CHECKING:
    from pipeline.run import Summary

_STYLES = {"info": "cyan", "warning": "yellow", "error": "red"}
_SIGNS = {"blank": "–", "missing": "✗", "unreadable": "?"}
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]+")
_LABEL = 40  # columns of a terminal that a row's label may take


class Unread(Exception):
    """There is no file to explain at this path."""


def explain_file(path: Path, console: Console) -> bool:
    """Read one file in a worker process and show its report; returns whether the program failed on it.

    Raises Unread.
    """
    try:
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise Unread(f"{path} cannot be read ({(error.strerror or 'unknown').lower()})") from error
    jobs = [Job(str(path.absolute()), sha256)]
    ((_, result),) = each(partial(read_job, this_reader()), jobs, 1, Bounds())
    if isinstance(result, Outcome) and result.changed is None:
        show(codec.loads(Report, result.report), path.name, console)
        return False
    reason = result.reason if isinstance(result, Lost) else str(result.changed)
    console.print(f"{escape(str(path))}: [bold]set aside[/bold]: {escape(reason)}")
    if isinstance(result, Lost) and result.trace:
        console.print(result.trace, markup=False)
    return isinstance(result, Lost) and result.code == "fault"


def show(report: Report, name: str, console: Console) -> None:
    """A report as a terminal shows it: what it is, its tables as grids with flags at their cells, the flags below."""
    flags = Entry(report, name).flags()
    console.print(_identity(report, name, flags))
    for template, table_id in dict.fromkeys((fact.template, fact.table_id) for fact in report.facts):
        facts = {f.key[1:]: f for f in report.facts if (f.template, f.table_id) == (template, table_id)}
        console.print(_grid(template, table_id, facts, flags))
    if report.facts:
        console.print("– blank   ✗ missing   ? unreadable   ✓ proven by two identities   \\[1] see the doubt below\n")
    if report.tasks:
        console.print(_tasks(report))
    for number, flag in enumerate(flags, 1):
        console.print(_doubt(number, flag))


def _identity(report: Report, name: str, flags: list[Flag]) -> Table:
    i = report.identity
    division = f"{i.jurisdiction_code or 'code unknown'} {i.jurisdiction_name or ''}"
    lines = {
        "file": f"{name} ({report.format or 'format unknown'}{f', {report.pages} pages' if report.pages else ''})",
        "kind": i.document_type.replace("_", " "),
        "disposition": f"{report.disposition.replace('_', ' ')}{f': {report.reason}' if report.reason else ''}",
        "title": i.title,
        "publisher": f"{i.publisher} ({i.publisher_kind})" if i.publisher else "unknown",
        "division": division,
        "year": str(i.year) if i.year is not None else "unknown",
        "period": f"{i.period_start or '?'} to {i.period_end or '?'}" if i.period_start or i.period_end else None,
        "published": i.published_date,
        "template": report.template,
        "quality": str(quality(report, flags)) if report.facts else None,
    }
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for label, value in lines.items():
        if value:
            table.add_row(label, _shown(value, markup=True))
    return table


def _grid(template: str, table_id: str, facts: dict[tuple[str, str], Fact], flags: list[Flag]) -> Table:
    """One statutory table; a row whose columns differ from the first row's names them in its cells."""
    form = vocabulary.form(template, table_id)
    columns = list(dict.fromkeys(column for row in form.rows.values() for column in row))
    numbers: dict[tuple[str | None, str | None], list[tuple[int, str]]] = {}
    for number, flag in enumerate(flags, 1):
        if flag.table_id == table_id:
            numbers.setdefault((flag.row_id, flag.column_id), []).append((number, flag.severity))
    table = Table(
        title=Text.assemble(f"{table_id} ({template})", _marks(numbers.get((None, None)))), title_justify="left"
    )
    table.add_column("", overflow="fold")
    for column in columns:
        label = form.label("column", column).text
        table.add_column(Text.assemble(label, _marks(numbers.get((None, column)))), justify="right", overflow="fold")
    for row_id, own in form.rows.items():
        cells = [
            _cell(facts.get((row_id, column)), numbers.get((row_id, column))) if column in own else Text("")
            for column in columns
        ]
        head = Text(form.label("row", row_id).text)
        head.truncate(_LABEL, overflow="ellipsis")
        table.add_row(head.append_text(_marks(numbers.get((row_id, None)))), *cells)
    return table


def _cell(fact: Fact | None, marks: list[tuple[int, str]] | None) -> Text:
    if fact is None:
        return Text("")
    if fact.status != "reported":
        shown = Text(_SIGNS[fact.status], style="dim")
    else:
        shown = Text(printed(fact.value), style="" if not marks else "bold")
        if fact.verified:
            shown.append("✓", style="green dim")
    if fact.value_reconciled is not None and fact.value_reconciled != fact.value:
        shown.append(f" → {printed(fact.value_reconciled)}", style="magenta")
    return shown.append_text(_marks(marks))


def _marks(numbers: list[tuple[int, str]] | None) -> Text:
    text = Text()
    for number, severity in numbers or ():
        text.append(f" [{number}]", style=_STYLES.get(severity, ""))
    return text


def _doubt(number: int, flag: Flag) -> Text:
    cell = ".".join(part for part in (flag.table_id, flag.row_id, flag.column_id) if part)
    places = (cell, flag.page and f"page {flag.page}", flag.line and f"line {flag.line}")
    text = Text(f"[{number}] {flag.severity} {flag.kind}", style=_STYLES.get(flag.severity, ""))
    text.append(f" {', '.join(place for place in places if place)}".rstrip(), style="default")
    text.append(f": {_shown(flag.message)}", style="default")
    if flag.excerpt:
        text.append(f"  「{_shown(flag.excerpt)}」", style="dim")
    if flag.suggestion:
        text.append(f"  → {_shown(flag.suggestion)}", style="magenta")
    return text


def _tasks(report: Report) -> Table:
    table = Table(title=f"tasks ({len(report.tasks)} requirements)", title_justify="left")
    for name in ("group", "task", "requirement", "responsible units"):
        table.add_column(name, overflow="fold")
    for task in report.tasks:
        cells = (task.group, task.task, task.requirement, "；".join(task.responsible))
        table.add_row(*(_shown(cell, markup=True) for cell in cells))
    return table


def _shown(text: str, markup: bool = False) -> str:
    """Text of a report as a terminal may have it: a hostile one holds escape sequences. `markup` if Rich parses it."""
    text = _CONTROLS.sub(" ", text)
    return escape(text) if markup else text


def show_summary(summary: Summary, out: Path, console: Console) -> None:
    """What a run found and did, as a table."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold")
    table.add_column(justify="right")
    table.add_column(overflow="fold")
    copies = f"{summary.copies} of them copies of another" if summary.copies else ""
    table.add_row("files found", str(summary.found), copies)
    table.add_row("  read now", str(summary.read), "" if summary.read else "nothing new or changed")
    table.add_row("extracted", str(summary.extracted))
    table.add_row("partial", str(summary.partial))
    table.add_row("set aside", str(summary.set_aside))
    for reason, count, example in summary.aside:
        shown = _shown(f"{reason} ({example}{', …' if count > 1 else ''})", markup=True)
        table.add_row("", str(count), shown, style="dim")
    table.add_row("facts", str(summary.facts))
    table.add_row("flags", str(sum(summary.flags.values())))
    kinds = vocabulary.flag_kinds()
    for kind, count in sorted(summary.flags.items(), key=lambda item: (-item[1], item[0])):
        gloss = kinds[kind].gloss if kind in kinds else ""
        table.add_row(f"  {kind}", str(count), gloss, style="dim")
    console.print(table)
    if summary.passing:
        console.print(
            f"{summary.passing} were set aside by a limit, a crash or a fault: `gongkai run --retry` reads them again"
        )
    written = f"{len(summary.changed)} files written" if summary.changed else "nothing written: it is up to date"
    console.print(escape(f"{out}: {written}"))
