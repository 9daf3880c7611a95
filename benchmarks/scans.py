"""python -m benchmarks.scans: how exactly scanned reports are read, and what a page costs.

Every report is composed from the seed (tests/corpus), scanned under drawn conditions (tests/corpus/render_scan; in a
process of its own) and read in this process, one after the other, in one thread. Exit status 1 when a wrong number
carries no warning, or where the clean and office scans fall short of what is demanded: 99.5 % of cells at 200 dpi and
more, 98.5 % at 150, all codes and years, 2 seconds of processor a page, 1,500 MB.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from random import Random

import pipeline
from tests.corpus.render_scan import Conditions, compose_scan, draw_conditions, fonts
from tests.corpus.score import Score, score

DPIS = (150, 200, 300)
KINDS = ("clean", "office", "harsh", "worn")
DEMANDED = {150: 98.5, 200: 99.5, 300: 99.5}
MOST_SECONDS, MOST_MEGABYTES, FEW_PAGES = 2.0, 1500.0, 30
HEADER = (
    "dpi", "scan", "docs", "pages", "cells", "exact %", "wrong", "silent", "lost", "bare", "absence", "flagged %",
    "codes %", "years %", "s/page", "cpu s/page",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """One scan read: what it was, how it was judged, and the seconds it took (of the clock, of the processor)."""

    name: str
    kind: str
    conditions: Conditions
    score: Score
    pages: int
    seconds: float
    processor: float


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scans", description=__doc__)
    parser.add_argument("--count", type=int, default=60, help="reports, dealt out over resolutions and kinds of scan")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dpi", type=int, nargs="+", choices=DPIS, default=DPIS)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=("clean", "office"))
    parser.add_argument("--errors", type=int, default=40, help="how many faults to list")
    wanted = parser.parse_args(arguments)
    os.environ["OMP_NUM_THREADS"] = "1"
    if not fonts():
        print("no Chinese font to print with: apt install fonts-arphic-uming fonts-wqy-zenhei", file=sys.stderr)
        return 2
    runs = list(read_all(wanted.count, wanted.seed, wanted.dpi, wanted.kinds))
    print_table(runs, wanted.dpi, wanted.kinds)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
    print(f"\npeak memory {peak:.0f} MB")
    print_faults(runs, wanted.errors)
    pages = sum(run.pages for run in runs)
    # The first pages bear the start of the recogniser, which is not what a page costs.
    is_cheap = pages < FEW_PAGES or sum(run.processor for run in runs) <= MOST_SECONDS * pages
    is_cheap = is_cheap and peak <= MOST_MEGABYTES
    return 0 if is_cheap and all(meets(runs, dpi) for dpi in wanted.dpi) else 1


def read_all(count: int, seed: int, dpis: Sequence[int], kinds: Sequence[str]) -> Iterable[Run]:
    with ProcessPoolExecutor(1, get_context("spawn")) as scanner:
        for number in range(count):
            dpi, kind = dpis[number % len(dpis)], kinds[number // len(dpis) % len(kinds)]
            difficulty = ("clean", "varied")[number // (len(dpis) * len(kinds)) % 2]
            conditions = draw_conditions(Random(f"{seed}.{number}"), dpi, kind)
            piece = scanner.submit(compose_scan, f"{seed}.{number}", difficulty, conditions).result()
            start, busy = time.perf_counter(), time.process_time()
            report = pipeline.read_report(piece.data)
            seconds, processor = time.perf_counter() - start, time.process_time() - busy
            name = f"compose_scan('{seed}.{number}', '{difficulty}', {conditions})"
            if report.disposition == "set_aside":
                name += f" SET ASIDE {report.reason}"
            yield Run(name, kind, conditions, score(piece.truth, report), report.pages or 1, seconds, processor)


def meets(runs: Sequence[Run], dpi: int) -> bool:
    """Whether the clean and office scans of a resolution are read as demanded, and none at all is silently wrong."""
    chosen = [run for run in runs if run.conditions.dpi == dpi]
    if any(run.score.silent for run in chosen):
        return False
    due = [run for run in chosen if run.kind in ("clean", "office")]
    cells = [cell for run in due for cell in run.score.cells]
    exact = 100 * sum(cell.verdict == "right" for cell in cells) / max(len(cells), 1)
    return exact >= DEMANDED[dpi] and all(run.score.code and run.score.year for run in due)


def print_table(runs: Sequence[Run], dpis: Sequence[int], kinds: Sequence[str]) -> None:
    rows: list[tuple[str, ...]] = [HEADER]
    for dpi in dpis:
        for kind in kinds:
            rows.append(_row(str(dpi), kind, [r for r in runs if (r.conditions.dpi, r.kind) == (dpi, kind)]))
    rows.extend(_row(str(dpi), "all", [r for r in runs if r.conditions.dpi == dpi]) for dpi in dpis)
    rows.append(_row("all", "all", runs))
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADER))]
    for row in rows:
        print("  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)))


def _row(dpi: str, kind: str, runs: Sequence[Run]) -> tuple[str, ...]:
    cells = [cell for run in runs for cell in run.score.cells]
    count = Counter(cell.verdict for cell in cells)
    pages, of = sum(run.pages for run in runs) or 1, len(cells) or 1
    return (
        dpi,
        kind,
        str(len(runs)),
        str(sum(run.pages for run in runs)),
        str(len(cells)),
        f"{100 * count['right'] / of:.2f}",
        str(count["wrong"]),
        str(sum(cell.silent for cell in cells)),
        str(count["lost"]),
        str(sum(cell.verdict == "lost" and not cell.flagged for cell in cells)),
        str(count["absence"]),
        f"{100 * sum(cell.flagged for cell in cells) / of:.1f}",
        f"{100 * sum(run.score.code for run in runs) / (len(runs) or 1):.1f}",
        f"{100 * sum(run.score.year for run in runs) / (len(runs) or 1):.1f}",
        f"{sum(run.seconds for run in runs) / pages:.2f}",
        f"{sum(run.processor for run in runs) / pages:.2f}",
    )


def print_faults(runs: Sequence[Run], most: int, each: int = 6) -> None:
    """The first faults, silent ones before all others, at most `each` of a report."""
    silent, others = [], []
    for run in runs:
        silent += [f"SILENT {cell.told()} in {run.name}" for cell in run.score.silent]
        found = [f"  {cell.verdict} {cell.told()}" for cell in run.score.cells if cell.verdict != "right"]
        if not (run.score.code and run.score.year):
            found.insert(0, "  the code or the year is wrong")
        if found:
            others.append(run.name)
            others += found[:each] + ([f"  … {len(found) - each} more"] if len(found) > each else [])
    print("\n".join((silent + others)[:most]))


if __name__ == "__main__":
    sys.exit(main())
