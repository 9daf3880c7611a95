"""python -m benchmarks.accuracy: how exactly the pipeline reads a drawn corpus, and how fast.

Every document is composed from the seed (tests/corpus), read in this process (extract, identify, align, measure,
check), and held against what it is known to say. Exit status 1 when a wrong number carries no warning, or on a crash.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

import pipeline
from pipeline.model import Identity, Report
from tests.corpus import CLASSES, FORMATS, Piece, compose
from tests.corpus.score import Score, score


@dataclass(frozen=True, slots=True)
class Run:
    """One document read: its name, what it was, how it was judged, and the seconds that the reading took."""

    name: str
    piece: Piece
    identity: Identity
    score: Score
    seconds: float
    crash: str | None = None


HEADER = (
    "format", "class", "docs", "cells %", "non-zero %", "silent", "wrong", "lost flagged", "lost bare",
    "absence", "codes %", "years %", "publ. %", "kinds %", "templ. %", "s/doc",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="documents, dealt out over formats and classes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=FORMATS)
    parser.add_argument("--classes", nargs="+", choices=CLASSES, default=CLASSES)
    parser.add_argument("--errors", type=int, default=30, help="how many faults to list")
    wanted = parser.parse_args(arguments)
    pieces = list(corpus(wanted.count, wanted.seed, wanted.formats, wanted.classes))
    before = _memory()
    runs = [_read(name, piece) for name, piece in pieces]
    _print_table(runs, wanted.formats, wanted.classes)
    print(f"\npeak memory {_memory():.0f} MB, of which {before:.0f} MB before the first document was read")
    _print_faults(runs, wanted.errors)
    return 1 if any(run.score.silent or run.crash for run in runs) else 0


def corpus(
    count: int, seed: int, formats: Sequence[str] = FORMATS, classes: Sequence[str] = CLASSES
) -> Iterable[tuple[str, Piece]]:
    """`count` documents with a name that says how to make each of them again."""
    for number in range(count):
        format = formats[number % len(formats)]
        difficulty = classes[number // len(formats) % len(classes)]
        yield f"compose('{seed}.{number}', '{format}', '{difficulty}')", compose(f"{seed}.{number}", format, difficulty)


def _memory() -> float:
    """The most memory that the process has held so far, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def _read(name: str, piece: Piece) -> Run:
    start = time.perf_counter()
    crash = None
    try:
        report = pipeline.read_report(piece.data)
    except Exception as error:  # a fault to be listed like any other; the rest of the corpus is still measured
        crash = f"{type(error).__name__}: {error}"
        report = Report("", "", None, None, Identity("other"), "set_aside", crash, None)
    seconds = time.perf_counter() - start
    return Run(name, piece, report.identity, score(piece.truth, report), seconds, crash)


def _print_table(runs: list[Run], formats: Sequence[str], classes: Sequence[str]) -> None:
    rows: list[tuple[str, ...]] = [HEADER]
    for format in formats:
        for difficulty in classes:
            chosen = [run for run in runs if (run.piece.format, run.piece.difficulty) == (format, difficulty)]
            rows += [_row(format, difficulty, chosen)] if chosen else []
    rows += [_row("all", d, [run for run in runs if run.piece.difficulty == d]) for d in classes]
    rows += [_row(f, "all", [run for run in runs if run.piece.format == f]) for f in formats]
    rows.append(_row("all", "all", runs))
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADER))]
    for row in rows:
        left = [text.ljust(width) for text, width in zip(row[:2], widths, strict=False)]
        print("  ".join([*left, *(text.rjust(width) for text, width in zip(row[2:], widths[2:], strict=True))]))


def _row(format: str, difficulty: str, runs: list[Run]) -> tuple[str, ...]:
    cells = [cell for run in runs for cell in run.score.cells]
    printed = [c for c in cells if c.truth is not None and c.truth.status == "reported" and c.truth.value != 0]

    def share(hits: int, of: int) -> str:
        return f"{100 * hits / of:.2f}" if of else "-"

    def known(field: Callable[[Score], bool]) -> str:
        return share(sum(field(run.score) for run in runs), len(runs))

    return (
        format,
        difficulty,
        str(len(runs)),
        share(sum(c.verdict == "right" for c in cells), len(cells)),
        share(sum(c.verdict == "right" for c in printed), len(printed)),
        str(sum(c.silent for c in cells)),
        str(sum(c.verdict == "wrong" for c in cells)),
        str(sum(c.verdict == "lost" and c.flagged for c in cells)),
        str(sum(c.verdict == "lost" and not c.flagged for c in cells)),
        str(sum(c.verdict == "absence" for c in cells)),
        known(lambda s: s.code),
        known(lambda s: s.year),
        known(lambda s: s.publisher),
        known(lambda s: s.publisher_kind),
        known(lambda s: s.template),
        f"{median(run.seconds for run in runs):.3f}" if runs else "-",
    )


def _print_faults(runs: list[Run], most: int, each: int = 8) -> None:
    """The first faults, silent ones before all others, at most `each` of a document that has no silent one."""
    silent, others = [], []
    for run in runs:
        truth, damage = run.piece.truth, ",".join(run.piece.truth.damage) or "-"
        found = []
        if run.crash:
            silent.append(f"{run.name} [{damage}] CRASH {run.crash}")
        if not (run.score.code and run.score.year and run.score.publisher and run.score.publisher_kind):
            who = f"{truth.code} {truth.year} {truth.publisher} ({truth.publisher_kind})"
            found.append(f"{run.name}: got {_identity(run)}, truth {who}")
        for cell in run.score.cells:
            text = f"{run.name} [{damage}] {'SILENT' if cell.silent else cell.verdict} {cell.told()}"
            if cell.silent:
                silent.append(text)
            elif cell.verdict != "right":
                found.append(text)
        others += found[:each] + ([f"… {len(found) - each} more of {run.name}"] if len(found) > each else [])
    faults = silent + others
    print("\n".join(faults[:most]))
    if len(faults) > most:
        print(f"… and more (--errors {len(faults)})")


def _identity(run: Run) -> str:
    got = run.identity
    return f"{got.jurisdiction_code} {got.year} {got.publisher} ({got.publisher_kind})"


if __name__ == "__main__":
    sys.exit(main())
