"""Results → docs/benchmarks.md. Every sentence here holds for any run; every figure is the run's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from typing import Any

from benchmarks.corpus import ALL_CLASSES, ALL_FORMATS
from benchmarks.measures import Tally, percent
from benchmarks.results import Results

OWN = "gongkai"
FORMAT_NAMES = {
    "docx": "DOCX", "pdf": "PDF, text layer", "html": "HTML", "pipes": "Markdown pipes", "tabs": "tabs",
    "cells": "one cell a line", "flat": "label and figures in a line", "markdown_html": "HTML in Markdown",
    "doc": "DOC (Word 97)", "scan": "scanned PDF",
}  # fmt: skip
TARGETS = {"pdf": 40, "docx": 15, "html": 10, "tabs": 8}
EQUAL = 0.05  # percentage points by which a peer may be less exact and still count as equally exact


class Table:
    """The tallies of a session, to be added up by reader, format and class."""

    def __init__(self, results: Results) -> None:
        names = {f.name for f in fields(Tally)}
        self._rows = [
            (row["reader"], row["format"], row["class"], Tally(**{k: v for k, v in row.items() if k in names}))
            for row in results["exactness"]
        ]

    def sum(self, reader: str = OWN, format: str | None = None, difficulty: str | None = None) -> Tally:
        total = Tally()
        for name, its_format, its_class, counts in self._rows:
            if name == reader and format in (None, its_format) and difficulty in (None, its_class):
                total += counts
        return total

    def formats(self, reader: str = OWN) -> list[str]:
        here = {row[1] for row in self._rows if row[0] == reader}
        return [format for format in ALL_FORMATS if format in here]

    def classes(self, reader: str = OWN) -> list[str]:
        here = {row[2] for row in self._rows if row[0] == reader}
        return [name for name in ALL_CLASSES if name in here]

    def readers(self, format: str) -> list[str]:
        return list(dict.fromkeys(row[0] for row in self._rows if row[1] == format))


def page(results: Results) -> str:
    """docs/benchmarks.md."""
    table = Table(results)
    parts = [_opening(results, table), _exactness(table), _peers(results, table), _doubts(table)]
    parts += [_speed(results, table), _readers(results), _method(results)]
    return "\n\n".join(parts) + "\n"


def _opening(results: Results, table: Table) -> str:
    own, machine, settings = table.sum(), results["machine"], results["settings"]
    clean = table.sum(difficulty="clean")
    left_out = "".join(f" Left out: {FORMAT_NAMES[k]}, since {v}." for k, v in results["formats_left_out"].items())
    return f"""# Benchmarks

Made by one command on one machine, and not to be edited by hand:

    {results["command"]}

{own.documents} drawn reports with known truth in {len(table.formats())} formats, {own.cells} cells, seed
{settings["seed"]}; {machine["processor"]}, {machine["cores"]} cores, {machine["memory_gib"]} GiB,
{machine["system"]}, Python {machine["python"]}.{left_out} All figures: [results.json](benchmarks/results.json).
{settings.get("note") or ""}

**{_percent(own.exact)} % of all cells exact, {_percent(own.nonzero_exact)} % of those that print a number other than 0,
{own.silent} wrong numbers without a warning; on clean reports {_percent(clean.exact)} % and {clean.silent}.**
{_headline_peers(results, table)}

What is not read, and what would help: [misses.md](misses.md). What a change may not make worse: the figures of
`benchmarks/ratchet.json`, held by a test."""


def _headline_peers(results: Results, table: Table) -> str:
    wrong = {
        name: table.sum(name).silent_rate or 0.0
        for name in dict.fromkeys(row["reader"] for row in results["exactness"])
        if not name.startswith(OWN)
    }
    if not wrong:
        return ""
    least, most = min(wrong, key=lambda n: wrong[n]), max(wrong, key=lambda n: wrong[n])
    return (
        f"The peers, with the same labels to go by, leave between {wrong[least]:.0f} ({least}) and {wrong[most]:.0f} "
        f"({most}) wrong numbers in 10,000 cells without a word."
    )


def _exactness(table: Table) -> str:
    header = ("class or format", "documents", "cells exact %", "non-zero exact %", "silent errors of 10,000",
              "wrong, warned", "lost, warned", "lost, bare", "codes %", "years %", "publishers %")  # fmt: skip
    rows = [_exact_row(name, table.sum(difficulty=name)) for name in table.classes()]
    rows += [_exact_row(FORMAT_NAMES[name], table.sum(format=name)) for name in table.formats()]
    rows.append(_exact_row("**all**", table.sum()))
    words = """## How exactly

*Clean* as the form prescribes; *varied* in wording, numerals, blanks and decoy tables; *torn*: rows, cells, labels
lost, moved, swapped, divided; *shifted*: rows whose cells moved; *misprinted*: figures wrong in the source. A *silent
error* is a number that the document does not print there and that bears no warning on its cell, row, column or table.
*Lost* is a printed number that is published as an absence."""
    return f"{words}\n\n{_table(header, rows)}"


def _exact_row(name: str, t: Tally) -> tuple[str, ...]:
    return (
        name,
        str(t.documents),
        _percent(t.exact),
        _percent(t.nonzero_exact),
        _rate(t.silent_rate),
        str(t.wrong - t.silent),
        str(t.lost - t.lost_bare),
        str(t.lost_bare),
        _percent(percent(t.codes, t.documents), 1),
        _percent(percent(t.years, t.documents), 1),
        _percent(percent(t.publishers, t.documents), 1),
    )


def _peers(results: Results, table: Table) -> str:
    parts = ["""## Beside the peers

The same files, in the same session. Each peer finds tables or text; the cells of the form are then found by one label
matcher, the same for all, that forgives torn, misread and renumbered labels, spans written out or left empty, and rows
that go on in the next line (`benchmarks/matcher.py`). *gongkai tables* is this project's own extraction with that same
matcher: what is above it in a line of *gongkai* is owed to alignment, sums and witnesses. Peers give no warnings, so
all their wrong numbers are silent. Seconds are of the processor, from the file to the cells; for *gongkai* they include
claims, noise, sections and repairs, which no peer has. *Times as long*: median over files read in turn, and in brackets
the quarters below and above.

![Cells exact and silent errors](benchmarks/exactness.svg)

![Processor time a document](benchmarks/speed.svg)"""]  # fmt: skip
    header = ("reader", "cells exact %", "non-zero exact %", "clean: exact %", "wrong silently of 10,000", "failed",
              "ms a document", "times as long")  # fmt: skip
    seconds, ratios = _by_key(results["seconds"]), _by_key(results["ratios"])
    for format in table.formats():
        rows = []
        for reader in table.readers(format):
            t, clean = table.sum(reader, format), table.sum(reader, format, "clean")
            rows.append((
                f"**{reader}**" if reader == OWN else reader,
                _percent(t.exact),
                _percent(t.nonzero_exact),
                _percent(clean.exact),
                _rate(t.silent_rate),
                str(t.failed),
                _milliseconds(seconds.get((reader, format))),
                _ratio(ratios.get((reader, format))),
            ))  # fmt: skip
        parts.append(f"### {FORMAT_NAMES[format]}\n\n{_table(header, rows)}\n\n{_verdict(format, table, ratios)}")
    return "\n\n".join(parts)


def _verdict(format: str, table: Table, ratios: dict[tuple[str, str], Any]) -> str:
    """How this project stands to the fastest peer that is as exact, on all classes and on the clean one."""
    told = []
    for difficulty, name in ((None, "On all classes"), ("clean", "On clean reports")):
        own = table.sum(OWN, format, difficulty).exact
        if own is None:
            continue
        rivals = {
            reader: ratios[reader, format]["median"]
            for reader in table.readers(format)
            if not reader.startswith(OWN) and (reader, format) in ratios
            if (table.sum(reader, format, difficulty).exact or 0.0) >= own - EQUAL
        }
        if rivals:
            fastest = min(rivals, key=lambda reader: rivals[reader])
            told.append(f"{name} the fastest peer as exact is {fastest}: {_times(rivals[fastest])} as long.")
        else:
            told.append(f"{name} no peer is as exact.")
    return " ".join(told)


def _doubts(table: Table) -> str:
    t, rows = table.sum(), []
    rows.append(("sums that break as printed: flagged (recall)", t.sums_broken, t.sums_rightly, t.sums_broken))
    rows.append(("sums flagged: they break as printed (precision)", t.sums_flagged, t.sums_rightly, t.sums_flagged))
    rows.append(("cells not read as printed: under a warning", t.astray, t.astray_warned, t.astray))
    rows.append(("cells of clean reports: under a warning", t.calm, t.calm_warned, t.calm))
    proven = t.repairs_right + t.repairs_false
    rows.append(("other numbers proven for printed ones: right", proven, t.repairs_right, proven))
    rows.append(("misprinted numbers: proven to be another", t.repairs_due, t.repairs_right, t.repairs_due))
    filled = t.filled_right + t.filled_false
    rows.append(("numbers proven for cells without one: right", filled, t.filled_right, filled))
    lines = [(what, str(cases), f"{_percent(percent(hits, of))} %") for what, cases, hits, of in rows]
    words = f"""## Doubts and repairs

Sums that a careful reader cannot assess (a cell torn off, a blank total) are left out. False repairs:
**{t.repairs_false + t.filled_false}**. More, fault by fault: [trust.md](trust.md)."""
    return f"{words}\n\n{_table(('measure', 'cases', 'share'), lines)}"


def _speed(results: Results, table: Table) -> str:
    seconds, pages = _by_key(results["seconds"]), _by_key(results["pages_per_second"])
    rows = []
    for format in table.formats():
        own = seconds.get((OWN, format))
        target = f"{TARGETS[format]}" if format in TARGETS else "–"
        speed = pages.get((OWN, format))
        rows.append((FORMAT_NAMES[format], _milliseconds(own), target, _spread(speed, 1.0, 1) if speed else "–"))
    header = ("format", "ms a document", "wanted", "pages a second a core")
    costs = [
        (c["what"], str(c["files"] or "–"), f"{c['processor']:.2f}", f"{c['clock']:.2f}", f"{c['memory']:.0f}")
        for c in results["commands"]
    ]
    words = """## How fast

Processor time of one core, from the bytes of a file to its facts, flags, claims and sections, in a process that has
read one file before; median, with the quarters below and above. Formats without pages have no pages a second."""
    commands = """Whole commands, medians: processor time of all processes, time of the clock, and the memory of the
largest process."""
    return "\n\n".join((
        words,
        _table(header, rows),
        commands,
        _table(("command", "files", "processor s", "clock s", "MB"), costs),
        _rooms(results),
    ))  # fmt: skip


def _rooms(results: Results) -> str:
    """Which part of the program the time of a document goes to."""
    rows = [
        (FORMAT_NAMES[format], ", ".join(f"{room} {100 * share:.0f}" for room, share in shares.items()))
        for format, shares in results.get("rooms", {}).items()
    ]
    words = """Where the time of a document goes, in percent, by profile (which makes small functions look larger). A
peer ends where the extractors end; the rest is whose report it is, alignment, sums, claims, noise and repairs."""
    return f"{words}\n\n{_table(('format', 'share of each room, %'), rows)}"


def _readers(results: Results) -> str:
    rows = [
        (
            row["name"],
            ", ".join(f"{name} {version}" for name, version in row["versions"].items()) or "–",
            row["settings"],
            f"{row['start_seconds']:.2f}" if row["runs"] else "–",
            str(row["peak_mb"]) if row["runs"] else "–",
            "" if row["runs"] else f"not run: {row['reason']}",
        )
        for row in results["readers"]
    ]
    header = ("reader", "versions", "settings", "start, s", "peak MB", "")
    failures = [
        f"- {row['name']}: {row['failures']}, as {'; '.join(row['first_failures'][:1])}"
        for row in results["readers"]
        if row["failures"] and row["runs"]
    ]
    told = "Readings that raised an error (their files count as lost):\n\n" + "\n".join(failures) if failures else ""
    absent = "\n".join(f"- {name}: {reason}" for name, reason in results["not_run"].items())
    words = """## The readers

*Start* is the processor time until a reader's libraries are loaded. The counting parser stands for public ones: it
takes the file's numbers in their order and fills the form with them."""
    return "\n\n".join(part for part in (words, _table(header, rows), told, f"Not run, and why:\n\n{absent}") if part)


def _method(results: Results) -> str:
    settings = results["settings"]
    libraries = ", ".join(f"{name} {version}" for name, version in results["libraries"].items() if version)
    corpus = _table(
        ("format", "class", "documents", "pages", "kB"),
        [
            (FORMAT_NAMES[r["format"]], r["class"], str(r["documents"]), str(r["pages"] or "–"), str(r["kilobytes"]))
            for r in results["corpus"]
        ],
    )
    return f"""## How it was measured

Each reader works in a process of its own, one file at a time, its libraries held to one thread where they let
themselves be told; the processor time of its threads and child processes counts. Exactness: each file once. Time: a few
files of each format in turn, {settings["repeats"]} times over, each file read by all readers (in rotating order) before
the next; the first reading of a process is not counted. A ratio is taken within a turn, so that whatever else the
machine does hits both.

The documents are composed, not collected: figures that obey the form's sums, names of real divisions, wordings,
habits of editors, websites, printers and OCR, damage of known kind (`tests/corpus`). `.doc` files are the Word
documents saved by LibreOffice; scans are printed, rendered at 150 to 300 dpi and spoiled as an office scanner does.

Installing: `pip install -c constraints.txt -e ".[ocr,test,bench]"`; img2table and docling conflict with it and go into
an environment of their own, named by `--peers` (`benchmarks/peers.txt` says how).

Libraries: {libraries}.

{corpus}"""


def _by_key(rows: Iterable[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["reader"], row["format"]): row for row in rows}


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _percent(value: float | None, places: int = 2) -> str:
    return "–" if value is None else f"{value:.{places}f}"


def _rate(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}" if value >= 10 or value == 0 else f"{value:.1f}"


def _milliseconds(spread: dict[str, Any] | None) -> str:
    return "–" if spread is None else _spread(spread, 1e3, 0 if spread["median"] >= 0.1 else 1)


def _spread(spread: dict[str, Any], scale: float, places: int) -> str:
    show: Callable[[str], str] = lambda name: f"{spread[name] * scale:.{places}f}"  # noqa: E731
    return f"{show('median')} [{show('low')}–{show('high')}]"


def _ratio(spread: dict[str, Any] | None) -> str:
    return "–" if spread is None else _spread(spread, 1.0, 1 if spread["median"] >= 2 else 2)


def _times(ratio: float) -> str:
    return f"{ratio:.1f} times" if ratio >= 1 else f"{ratio:.2f} times"
