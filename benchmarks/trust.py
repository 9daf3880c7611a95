"""python -m benchmarks.trust: how far the checks, the repairs, the claims and the noise flags may be trusted.

Reports are drawn from the seed (tests/corpus), get faults of known kind before they take their format, and are read
as any file is. Exit status 1 when a repair is false. Times are processor seconds: they hold on a busy machine too.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random
from statistics import median

from benchmarks import recognised
from benchmarks.faults import (
    QUICK,
    SUMS,
    Fault,
    Lawful,
    Outcome,
    Printed,
    Reading,
    false_repairs,
    judge,
    read,
    several,
    shifted,
    single,
    together,
)
from pipeline.model import Flag, Report
from tests.corpus import FORMATS, compose
from tests.phrasing import DOCUMENTS, figures_told, fill, paragraph
from tests.spoiled import SPOILS, clean, kinds

SHARED = Path(__file__).resolve().parents[2] / "shared"
DOUBTS = (*SUMS, "reconciled", "reconcile_ties")
TEXTS = tuple(name for name in QUICK if name != "html")  # formats with lines
PRINTED = ("reported", "blank")  # lawful reports print a blank for 0 only


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table; `met` is None where nothing is asked."""

    measure: str
    cases: int
    result: str
    wanted: str
    met: bool | None


@dataclass(frozen=True, slots=True)
class Told:
    """One number of the prose changed: whether it raised an alarm, or agrees too, by another convention."""

    caught: bool
    explained: bool


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trust", description=__doc__)
    parser.add_argument("--count", type=positive, default=100, help="reports for each measure")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--faults", type=int, default=10, help="how many misses to list")
    parser.add_argument("--scans", type=int, default=12, help="reports that are printed, scanned and OCR'd; 0 for none")
    parser.add_argument("--scan-seconds", type=float, default=300.0, help="when to begin no more of them")
    wanted = parser.parse_args(arguments)
    lines, misses, false = measure(wanted.count, wanted.seed, wanted.scans, wanted.scan_seconds)
    print_table(lines)
    print("\n".join(["", *false, *misses[: wanted.faults]]).rstrip())
    return 1 if false else 0


def positive(text: str) -> int:
    """A count for the command line; two at least, one of them in every wording."""
    number = int(text)
    if number < 2:
        raise argparse.ArgumentTypeError("must be 2 or more")
    return number


def measure(count: int, seed: str, scans: int, seconds: float) -> tuple[list[Line], list[str], list[str]]:
    """The table, the cases that were missed, and the false repairs, each with how to draw it again."""
    faults: dict[str, Fault] = {
        "single": single("requests"),
        "reviews": single("review_litigation"),
        "together": together,
        "shifted": shifted,
        "several": several,
    }
    broken = {name: list(_broken(name, fault, count, seed)) for name, fault in faults.items()}
    every = [outcome for outcomes in broken.values() for outcome in outcomes]
    _warm_up()
    plain, false = _lawful("clean", count // 2, seed)
    worded, false_worded = _lawful("varied", count - count // 2, seed)
    telling, told, false_telling = _told(count, seed)
    lawful = [*plain, *worded, *telling]
    false += [*false_worded, *false_telling]
    false += [f"FALSE {outcome.reading.name}: {words}" for outcome in every for words in outcome.false]
    lines = [
        *_arithmetic(broken),
        Line("false repairs, in all reports here", len(every) + len(lawful), str(len(false)), "0", not false),
        *_alarms(lawful),
        _changed(told),
        *_noise(max(1, count // 12), seed),
        *_recognised(scans, seed, seconds),
        *_cost(plain, worded, [outcome.reading for outcome in every]),
        *_seeds(),
    ]
    return lines, [*_false_alarms(lawful), *_misses(broken)], false


def _broken(name: str, fault: Fault, count: int, seed: str) -> Iterator[Outcome]:
    """`count` reports with a fault that changes some number."""
    number = 0
    for _ in range(count):
        changed: Printed = {}
        while not changed:
            one, format = f"{seed}.{name}.{number}", QUICK[number % len(QUICK)]
            lawful = Lawful.draw(one, format)
            changed = fault(Random(one), lawful.figures, lawful.renderer.shape.keeps_empty)
            number += 1
        yield judge(lawful, changed, read(f"{one} ({format})", lawful.data(changed)))


def _warm_up() -> None:
    """What is loaded at first use is no cost of any one report."""
    for format in FORMATS:
        read("", compose("warm up", format, "clean").data)


def _lawful(difficulty: str, count: int, seed: str) -> tuple[list[Reading], list[str]]:
    """Reports of all formats, plainly printed or in every wording; and their false repairs, in words."""
    readings, false = [], []
    for number in range(count):
        format = FORMATS[number % len(FORMATS)]
        piece = compose(f"{seed}.lawful.{number}", format, difficulty)
        reading = read(f"compose('{seed}.lawful.{number}', '{format}', '{difficulty}')", piece.data)
        readings.append(reading)
        meant = {key: said.value or Decimal(0) for key, said in piece.truth.cells.items() if said.status in PRINTED}
        false += [f"FALSE {reading.name}: {words}" for words in false_repairs(meant, reading.report)]
    return readings, false


def _doubts(flag: Flag) -> bool:
    return flag.kind in DOUBTS and flag.severity != "info"


def _mismatches(report: Report) -> bool:
    return any(flag.kind == "narrative_mismatch" for flag in report.flags)


def _share(hits: int, of: int) -> str:
    return f"{100 * hits / of:.1f} %" if of else "-"


def _least(measure: str, hits: int, of: int, percent: float) -> Line:
    return Line(
        measure, of, _share(hits, of), f"≥ {percent:g} %" if percent < 100 else "100 %", hits >= of * percent / 100
    )


def _arithmetic(broken: dict[str, list[Outcome]]) -> Iterator[Line]:
    every = [o for outcomes in broken.values() for o in outcomes]
    visible = [o for o in every if o.broken]
    apart = [o for name, outcomes in broken.items() if name != "several" for o in outcomes]
    alone, moved = broken["single"], broken["shifted"]
    yield _least("broken sums flagged, each and no other", sum(o.seen for o in visible), len(visible), 100)
    yield _least("wrong numbers under a warning", sum(o.warned for o in apart), len(apart), 100)
    yield _least("single errors localised and repaired", sum(o.right for o in alone), len(alone), 99)
    for name, what in (
        ("reviews", "single errors in reviews: truth listed"),
        ("together", "a cell and its total: truth listed"),
    ):
        yield _least(what, sum(o.listed for o in broken[name]), len(broken[name]), 99)
    yield _least("shifted rows restored", sum(o.right for o in moved), len(moved), 95)


def _alarms(lawful: list[Reading]) -> Iterator[Line]:
    raised = sum(any(map(_doubts, reading.report.flags)) for reading in lawful)
    told = sum(_mismatches(reading.report) for reading in lawful)
    yield Line("lawful reports with an arithmetic alarm", len(lawful), str(raised), "0", not raised)
    share = _share(told, len(lawful))
    yield Line("lawful reports with a narrative alarm", len(lawful), share, "≤ 1 %", told <= 0.01 * len(lawful))


def _told(count: int, seed: str) -> tuple[list[Reading], list[Told], list[str]]:
    """Reports whose prose tells their numbers in many wordings; the same with one number changed; false repairs."""
    readings: list[Reading] = []
    told: list[Told] = []
    false: list[str] = []
    number = 0
    while len(readings) < count:
        one, format = f"{seed}.told.{number}", QUICK[number % len(QUICK)]
        lawful, rng = Lawful.draw(one, format), Random(one)
        number += 1
        if lawful.truth.publisher_kind != "government":
            continue  # the sentences speak for a county
        figures = figures_told(lawful.figures, lawful.truth.year)
        sentences = paragraph(rng, figures)
        documents = fill(rng, rng.choice(DOCUMENTS), figures) if lawful.truth.template == "2021" else ""
        reading = read(f"{one} ({format})", _telling(lawful, documents, [sentence for _, sentence in sentences]))
        readings.append(reading)
        false += [f"FALSE {reading.name}: {words}" for words in false_repairs(lawful.figures, reading.report)]
        if other := _change_one(rng, sentences, figures):
            report = read(one, _telling(lawful, documents, [sentence for _, sentence in sentences])).report
            agrees = any(claim.value == other and claim.verdict == "agrees" for claim in report.claims)
            told.append(Told(_mismatches(report), agrees and not _mismatches(report)))
    return readings, told, false


def _change_one(rng: Random, sentences: list[tuple[str, str]], figures: dict[str, str]) -> int | None:
    """Changes one number that one of the sentences tells, and says what it is now; None where that one tells none."""
    place = rng.randrange(len(sentences))
    template = sentences[place][0]
    names = [n for n in re.findall(r"\{(\w+)\}", template) if n not in ("y", "last", "n") and "pct" not in n]
    if not names:
        return None
    name = rng.choice(names)
    other = int(figures[name]) + rng.choice((1, 2, 5, 10, 37))
    sentences[place] = template, fill(rng, template, {**figures, name: str(other)})
    return other


def _changed(told: list[Told]) -> Line:
    caught, explained = sum(one.caught for one in told), sum(one.explained for one in told)
    result = f"{_share(caught, len(told))} (+ {_share(explained, len(told))})"
    return Line("one told number changed: caught (+ fits a convention)", len(told), result, "", None)


def _telling(lawful: Lawful, documents: str, sentences: Sequence[str]) -> bytes:
    return lawful.data(prose=(f"（一）主动公开情况。{documents}", "（二）依申请公开情况。" + "".join(sentences)))


def _noise(each: int, seed: str) -> Iterator[Line]:
    """Lines of prose, spoiled in one way, within reports of text; every noise flag of the report is judged."""
    spoiled = found = flagged = right = 0
    for number in range(each * len(SPOILS)):
        one = f"{seed}.noise.{number}"
        spoil, wanted = SPOILS[list(SPOILS)[number % len(SPOILS)]]
        rng = Random(one)
        lines = clean(rng, 12)
        places = spoil(rng, lines)
        text = Lawful.draw(one, rng.choice(TEXTS)).data().decode()
        before, after = _around(text.split("\n"))
        report = read(one, "\n".join([*before, *lines, *after]).encode()).report
        flags = [flag for flag in report.flags if flag.kind in kinds()]
        marked = {(flag.line - 1 - len(before), flag.kind) for flag in flags if flag.line is not None}
        spoiled += len(places)
        found += len(places & {place for place, kind in marked if kind in wanted})
        flagged += len({place for place, _ in marked})
        right += len({place for place, _ in marked} & places)
    yield _least("noise lines flagged, by their kind (recall)", found, spoiled, 90)
    yield _least("flagged lines that are noise (precision)", right, flagged, 90)


def _recognised(count: int, seed: str, seconds: float) -> Iterator[Line]:
    """Noise flags on text that was really OCR'd; a line with the reason where it cannot be had."""
    if count < 1:
        return
    if reason := recognised.missing():
        yield Line(f"really OCR'd: not measured; {reason}", 0, "-", "≥ 90 %", None)
        return
    found = recognised.tally(count, f"{seed}.recognised", seconds)
    cut = f", {found.reports} of {count} reports in the time" if found.cut else ""
    yield _least(f"really OCR'd: spoiled lines flagged (recall{cut})", found.found, found.noise, 90)
    yield _least("really OCR'd: flagged lines not as printed (precision)", found.right, found.flagged, 90)
    share = _share(found.slips_found, found.slips)
    yield Line("really OCR'd: lines with a slip flagged", found.slips, share, "", None)


def _around(lines: list[str]) -> tuple[list[str], list[str]]:
    """The lines of a report before and from its second section's heading, in the midst of which prose may stand."""
    section = next(n for n, line in enumerate(lines) if re.search("二、", line) and "主动公开" in line)
    return [*lines[:section], ""], ["", *lines[section:]]


def _cost(plain: list[Reading], worded: list[Reading], broken: list[Reading]) -> Iterator[Line]:
    share, other = (
        100 * sum(r.reconciling for r in readings) / sum(r.seconds for r in readings) for readings in (plain, worded)
    )
    yield Line("reconciliation's share of reading, clean reports", len(plain), f"{share:.1f} %", "< 5 %", share < 5)
    yield Line("the same, in every wording and with blanks", len(worded), f"{other:.1f} %", "", None)
    seconds = [r.reconciling for r in broken]
    result = f"{max(seconds):.2f} s (median {median(seconds):.3f})"
    yield Line("reconciliation of a broken report, the slowest", len(broken), result, "< 0.5 s", max(seconds) < 0.5)


def _seeds() -> Iterator[Line]:
    """What the keyed real reports ask for, where they are beside the project."""
    if not (SHARED / "truth" / "flags.csv").is_file():
        return
    reports = {
        row["id"]: read(row["id"], (SHARED / "seeds" / row["source"]).read_bytes()).report
        for row in _rows("reports.csv")
    }
    raised = {
        (name, f.kind, f.table_id or "", f.row_id or "", f.column_id or "")
        for name, r in reports.items()
        for f in r.flags
    }
    keyed = [
        (tuple(row[k] for k in ("id", "kind", "table_id", "row_id", "column_id")), row) for row in _rows("flags.csv")
    ]
    required = [key for key, row in keyed if row["required"] == "1"]
    yield _least("seeds: required flags raised", sum(key in raised for key in required), len(required), 100)
    known = {key[0] for key, row in keyed if row["kind"] in SUMS}
    clean_ones = [r for name, r in reports.items() if name not in known]
    alarms = sum(any(map(_doubts, r.flags)) for r in clean_ones)
    yield Line("seeds: lawful ones with an arithmetic alarm", len(clean_ones), str(alarms), "0", not alarms)
    repairs = {
        (name, *fact.key, fact.value_reconciled)
        for name, r in reports.items()
        for fact in r.facts
        if fact.value_reconciled != fact.value
    }
    due = {(r["id"], r["table_id"], r["row_id"], r["column_id"], Decimal(r["value"])) for r in _rows("reconciled.csv")}
    result = f"{len(repairs & due)}, others {len(repairs - due)}"
    yield Line("seeds: repairs", len(due), result, f"{len(due)}, others 0", repairs == due)
    noisy = {(name, f.line, f.kind) for name, r in reports.items() for f in r.flags}
    rows = _rows("noise.csv")
    hits = sum(any((row["id"], int(row["line"]), kind) in noisy for kind in row["kind"].split("|")) for row in rows)
    yield _least("seeds: noise lines flagged", hits, len(rows), 90)


def _rows(name: str) -> list[dict[str, str]]:
    with (SHARED / "truth" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _false_alarms(lawful: list[Reading]) -> Iterator[str]:
    for reading in lawful:
        for flag in reading.report.flags:
            if _doubts(flag) or flag.kind == "narrative_mismatch":
                yield f"ALARM {reading.name}: {flag.kind} {flag.message} {flag.excerpt or ''}".rstrip()


def _misses(broken: dict[str, list[Outcome]]) -> Iterator[str]:
    for name, outcomes in broken.items():
        for o in outcomes:
            fine = {"single": o.right, "shifted": o.right, "several": True}.get(name, o.listed)
            if (o.broken and not o.seen) or not fine:
                cells = ", ".join(".".join(key[1:]) for key in o.wrong)
                yield f"missed {o.reading.name} ({'unseen, ' if o.broken and not o.seen else ''}{cells})"


def print_table(lines: Sequence[Line]) -> None:
    rows = [("measure", "cases", "result", "wanted", "")]
    rows += [(x.measure, str(x.cases), x.result, x.wanted, "missed" if x.met is False else "") for x in lines]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    for measure, cases, result, wanted, missed in rows:
        cells = (
            measure.ljust(widths[0]),
            cases.rjust(widths[1]),
            result.ljust(widths[2]),
            wanted.ljust(widths[3]),
            missed,
        )
        print("  ".join(cells).rstrip())


if __name__ == "__main__":
    sys.exit(main())
