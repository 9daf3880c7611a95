"""For people at a terminal: one file with its tables, doubts and claims; the summary of a run; a dataset's check."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pipeline import codec, corrections, vocabulary
from pipeline.intake import Job, Outcome, read_job, this_reader
from pipeline.marks import SEVERITY_STYLES, TIE_STYLE, VERDICT_STYLES, Marks, Place, ties
from pipeline.model import Claim, Fact, Flag, Quality, Report
from pipeline.publish import printed
from pipeline.publish.tabulate import Entry
from pipeline.workers import Bounds, Lost, each

if TYPE_CHECKING:
    from pipeline.recheck import Checked, Disagreement, Rate
    from pipeline.run import Summary

_SIGNS = {"blank": "–", "missing": "✗", "unreadable": "?"}
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]+")
_LEGEND = (
    "– blank   ✗ missing   ? unreadable   ✓ proven by two identities   → what it must have been   ✎ as people decided\n"
    "[1] the doubt so numbered below   (a 5) 5 by the explanation a of a doubt   ¶1 what the text tells, so numbered"
)
_SHOWN = 10  # disagreements of a check
_DIMENSION = 20
_LABEL = 40  # columns of a terminal that a row's label may take


class Unread(Exception):
    """There is no file to explain at this path."""


def explain_file(path: Path, console: Console, corrected_by: Path | None = None) -> bool:
    """Read one file in a worker process and show its report; returns whether the program failed on it.

    `corrected_by` is a file of human corrections; without one, corrections.csv in the file's own folder is, if it is
    there. Raises Unread, and corrections.BadCorrections with all that is wrong in that file.
    """
    human = corrections.load([corrected_by] if corrected_by is not None else corrections.beside([path.parent]))
    try:
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise Unread(f"{path} cannot be read ({(error.strerror or 'unknown').lower()})") from error
    jobs = [Job(str(path.absolute()), sha256)]
    ((_, result),) = each(partial(read_job, this_reader()), jobs, 1, Bounds())
    if isinstance(result, Outcome) and result.changed is None:
        report = codec.loads(Report, result.report)
        decided = dict(human.by_source).get(sha256)
        show(corrections.correct(report, decided) if decided else report, path.name, console)
        return False
    reason = result.reason if isinstance(result, Lost) else str(result.changed)
    console.print(f"{escape(str(path))}: [bold]set aside[/bold]: {escape(reason)}")
    if isinstance(result, Lost) and result.trace:
        console.print(result.trace, markup=False)
    return isinstance(result, Lost) and result.code == "fault"


def show(report: Report, name: str, console: Console) -> None:
    """A report as a terminal shows it: what it is, its tables as grids with marks at their cells, and below what the
    marks stand for: the doubts, and what the prose claims."""
    flags = Entry(report, name).flags()
    marks = Marks(flags, report.claims)
    console.print(_identity(report, name))
    for template, table_id in dict.fromkeys((fact.template, fact.table_id) for fact in report.facts):
        facts = {f.key[1:]: f for f in report.facts if (f.template, f.table_id) == (template, table_id)}
        console.print(_grid(template, table_id, facts, marks))
    if report.facts:
        console.print(escape(_LEGEND) + "\n")
    if report.tasks:
        console.print(_tasks(report))
    for number, flag in enumerate(flags, 1):
        console.print(_doubt(number, flag))
    if report.claims:
        console.print("\nWhat the text tells:", style="bold")
    said = ""
    for number, claim in enumerate(report.claims, 1):
        console.print(_claim(number, claim, quote=claim.sentence != said))
        said = claim.sentence


def _identity(report: Report, name: str) -> Table:
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
        "quality": _quality(report.quality) if report.quality else None,
    }
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for label, value in lines.items():
        if value:
            table.add_row(label, _shown(value, markup=True))
    return table


def _quality(quality: Quality) -> str:
    return f"{quality.product} = text {quality.text} × arithmetic {quality.arithmetic} × cells {quality.cells}"


def _grid(template: str, table_id: str, facts: dict[tuple[str, str], Fact], marks: Marks) -> Table:
    """One statutory table; a row whose columns differ from the first row's names them in its cells."""
    form = vocabulary.form(template, table_id)
    columns = list(dict.fromkeys(column for row in form.rows.values() for column in row))

    def at(row_id: str | None, column_id: str | None) -> Text:
        return marks.at((table_id, row_id, column_id))

    table = Table(title=Text.assemble(f"{table_id} ({template})", at(None, None)), title_justify="left")
    table.add_column("", overflow="fold")
    for column in columns:
        label = form.label("column", column).text
        table.add_column(Text.assemble(label, at(None, column)), justify="right", overflow="fold")
    for row_id, own in form.rows.items():
        cells = [
            _cell(facts.get((row_id, column)), at(row_id, column)) if column in own else Text("") for column in columns
        ]
        head = Text(form.label("row", row_id).text)
        head.truncate(_LABEL, overflow="ellipsis")
        table.add_row(head.append_text(at(row_id, None)), *cells)
    return table


def _cell(fact: Fact | None, marks: Text) -> Text:
    if fact is None:
        return Text("")
    if fact.status != "reported":
        shown = Text(_SIGNS[fact.status], style="dim")
    else:
        shown = Text(printed(fact.value), style="bold" if marks else "")
        if fact.verified:
            shown.append("✓", style="green dim")
    if fact.corrected is not None:
        shown.append(f" ✎ {printed(fact.corrected)}", style="magenta bold")
    elif fact.value_reconciled is not None and fact.value_reconciled != fact.value:
        shown.append(f" → {printed(fact.value_reconciled)}", style="magenta")
    return shown.append_text(marks)


def _doubt(number: int, flag: Flag) -> Text:
    where = _where((flag.table_id, flag.row_id, flag.column_id), flag.page, flag.line)
    text = Text(f"[{number}] {flag.severity} {flag.kind}", style=SEVERITY_STYLES.get(flag.severity, ""))
    text.append(f"{where}: {_shown(flag.message)}", style="default")
    if flag.excerpt:
        text.append(f"  「{_shown(flag.excerpt)}」", style="dim")
    if listed := ties(flag):
        for letter, words in listed:
            text.append(f"\n      {letter}) {_shown(words)}", style=TIE_STYLE)
    elif flag.suggestion:
        text.append(f"  → {_shown(flag.suggestion)}", style="magenta")
    if flag.attribution:
        text.append(f"\n      {flag.attribution}: {_shown(flag.attribution_reason or '')}", style="dim")
    return text


def _claim(number: int, claim: Claim, quote: bool) -> Text:
    where = _where((claim.table_id, claim.row_id, claim.column_id), claim.page, claim.line)
    verdict = claim.verdict.replace("_", " ") + (f" ({claim.convention})" if claim.convention else "")
    text = Text(f"¶{number} {verdict}", style=VERDICT_STYLES.get(claim.verdict, ""))
    told = f"{claim.quantity} {printed(claim.value)}{'%' if claim.unit == 'percent' else ''}"
    text.append(f"{where}: {told}", style="default")
    return text.append(f"\n      「{_shown(claim.sentence)}」" if quote else "", style="dim")


def _where(place: Place, page: int | None, line: int | None) -> str:
    """Table, row and column, page and line, as far as they are known; after a blank if any is."""
    cell = ".".join(part for part in place if part)
    known = [part for part in (cell, page and f"page {page}", line and f"line {line}") if part]
    return f" {', '.join(known)}" if known else ""


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
    if summary.corrected or summary.uncorrected:
        lost = f"and {len(summary.uncorrected)} corrections failed: see below" if summary.uncorrected else ""
        table.add_row("  corrected", str(summary.corrected), lost, style="red" if lost else None)
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
    if summary.held:
        written = "nothing written: the gate held the new version back, the one published before stands"
    console.print(escape(f"{out}: {written}"))


def show_check(checked: Checked, folder: Path, console: Console) -> None:
    """The pass rates of a published dataset, and where its flags and its numbers part."""
    share = f" ({checked.verified / checked.reported:.1%} of the reported)" if checked.reported else ""
    console.print(
        escape(f"{folder}: {checked.reports} reports with {checked.facts} cells, {checked.verified} verified{share}\n")
    )
    for dimension, rates in checked.rates.items():
        if rates:
            console.print(_rates(dimension, rates))
    if not checked.n_disagreements:
        console.print("What is published agrees with the numbers.", style="green")
        return
    console.print(f"{checked.n_disagreements} times what is published disagrees with the numbers:", style="bold red")
    for one in checked.disagreements[:_SHOWN]:
        console.print(_disagreement(one))
    if checked.n_disagreements > _SHOWN:
        console.print(f"… and {checked.n_disagreements - _SHOWN} more")


def _rates(dimension: str, rates: Mapping[str, Rate]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column(f"by {dimension}", min_width=_DIMENSION)
    for name in ("holds", "broken", "not assessable", "pass rate"):
        table.add_column(name, justify="right")
    for value, rate in rates.items():
        share = "–" if rate.passing is None else f"{rate.passing:.2%}"
        cells = (str(rate.holds), str(rate.broken), str(rate.not_assessable), share)
        table.add_row(_shown(value, markup=True), *cells, style="" if not rate.broken else "yellow")
    table.add_row()
    return table


def _disagreement(one: Disagreement) -> Text:
    place = ".".join(part for part in (one.report_id, one.table_id, one.row_id, one.column_id) if part)
    text = Text(f"  {_shown(place)} ", style="bold")
    return text.append(f"{one.what}: published {_shown(one.published)}; by the numbers {_shown(one.found)}", style="")
