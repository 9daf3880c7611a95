"""python -m benchmarks.scale: what one machine carries: runs over more and more reports, from nothing and onwards.

For each size, reports are drawn (tests/corpus; HTML and text for the most part, some DOCX and PDF) and published by
`gongkai run` in a process of its own: from nothing, once more with nothing new, with 100 files more of one year, as a
night brings them, and with 100 more of all years. Seconds are those of the clock, with as many workers as there are
cores; the processor's are those of all processes together; memory is the greatest of any one process, the building
one's first. With --to, figures and plots (scale.json, scale-growth.svg, scale-run.svg) are written to a folder, beside
those of other sizes that it holds. Exit status 1 when a run failed, or when what grew by these files differs in a byte
from what is made of all of them at once (asked for with --anew, which takes as long as the first run).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import count as counted
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from benchmarks.scale_plots import plot
from pipeline.publish.switch import HIDDEN
from tests.corpus import compose

if TYPE_CHECKING:
    from pipeline.intake import Progress

ROOT = Path(__file__).resolve().parents[1]
MIX = (*("html", "pipes", "html", "flat", "markdown_html") * 19, "docx", "html", "pdf", "docx", "html")
DIFFICULTIES = (*("clean", "varied") * 9, "misprinted", "torn")
MORE, YEAR = 100, 2023
OF_A_YEAR, OF_ALL_YEARS = f"{MORE} of {YEAR}", f"{MORE} more"
_A_FOLDER = 1_000
_SAMPLES = 150
_HEADER = (
    "reports",
    "run",
    "clock s",
    "cpu s",
    "read s",
    "compare s",
    "write s",
    "rate /s",
    "parent MB",
    "child MB",
    "CSV MB",
    "Parquet MB",
    "kept MB",
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__.splitlines()[0])
    parser.add_argument("--counts", type=int, nargs="+", default=[100, 1_000])
    parser.add_argument("--seed", default="scale")
    parser.add_argument("--anew", action="store_true", help="hold what grew against what is made at once")
    parser.add_argument("--work", type=Path, help="the folder to work in (default: a temporary one)")
    parser.add_argument("--to", type=Path, help="the folder to write figures and plots to")
    parser.add_argument("--one", nargs=3, type=Path, metavar=("INPUT", "OUT", "FIGURES"), help=argparse.SUPPRESS)
    wanted = parser.parse_args(arguments)
    if wanted.one:
        raw, out, figures = wanted.one
        figures.write_text(json.dumps(one(raw, out)))
        return 0
    print("  ".join(_HEADER))
    failed = 0
    for count in wanted.counts:
        with TemporaryDirectory(dir=wanted.work, prefix="scale-") as folder:
            runs, same = measured(Path(folder), count, wanted.seed, wanted.anew)
        failed += not same or any(figures["status"] for figures in runs.values())
        if wanted.to:
            keep(wanted.to, count, runs)
    return 1 if failed else 0


def keep(folder: Path, count: int, runs: dict[str, Any]) -> None:
    """Write the figures of one size beside those of the others, and draw them all."""
    path = folder / "scale.json"
    results = json.loads(path.read_text()) if path.exists() else {}
    results[str(count)] = runs
    ordered = {key: results[key] for key in sorted(results, key=int)}
    path.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n")
    plot(ordered, folder)


def measured(folder: Path, count: int, seed: str, anew: bool) -> tuple[dict[str, Any], bool]:
    """Draw `count` reports and measure the runs over them, by name; whether what grew is what is made at once."""
    raw, out = folder / "raw", folder / "out"
    draw(raw, 0, count, seed)
    time.sleep(2.5)  # a file's time stamp is trusted once it is two seconds old
    runs = {"first": spent(raw, out)}
    runs["again"] = spent(raw, out)
    for start, name, year in ((count, OF_A_YEAR, YEAR), (count + MORE, OF_ALL_YEARS, None)):
        draw(raw, start, start + MORE, seed, year)
        time.sleep(2.5)
        runs[name] = spent(raw, out)
    same = True
    if anew:
        runs["all at once"] = spent(raw, folder / "anew")
        same = digests(out) == digests(folder / "anew")
    for name, figures in runs.items():
        print(_line(count, name, figures), flush=True)
    if not same:
        print(f"{count} reports: what grew is not what is made at once", file=sys.stderr)
    return runs, same


def draw(raw: Path, start: int, end: int, seed: str, year: int | None = None) -> None:
    """Write the reports numbered `start` to `end` below `raw`; of `year`, if one is given."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for _ in pool.map(partial(_drawn, raw, seed, year), range(start, end), chunksize=50):
            pass


def _drawn(raw: Path, seed: str, year: int | None, number: int) -> None:
    form, difficulty = MIX[number % len(MIX)], DIFFICULTIES[number // 7 % len(DIFFICULTIES)]
    tries = (compose(f"{seed}.{number}.{attempt}", form, difficulty) for attempt in counted())
    piece = next(one for one in tries if year in (None, one.truth.year))
    folder = raw / f"{number // _A_FOLDER:04d}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{number:07d}").write_bytes(piece.data)


def spent(raw: Path, out: Path) -> dict[str, Any]:
    """A run in a process of its own, what it cost, and what it said."""
    told = out.with_suffix(".json")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.scale", "--one", str(raw), str(out), str(told)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    clock, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    said = done.stdout.replace(str(raw.parent), "SCRATCH")
    figures = json.loads(told.read_text()) if not done.returncode else {"status": done.returncode}
    if figures["status"]:
        print(said, file=sys.stderr)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {**figures, "clock": clock, "cpu": cpu, "disk": disk(out), "said": [x.rstrip() for x in said.splitlines()]}


def disk(out: Path) -> dict[str, int]:
    """The bytes of a dataset: its CSV, its Parquet, and its ledger with the index."""
    found = {"csv": 0, "parquet": 0, "kept": 0}
    for path in out.rglob("*"):
        kind = "kept" if HIDDEN in path.parts else path.suffix[1:]
        if path.is_file() and kind in found:
            found[kind] += path.stat().st_size
    return found


def one(raw: Path, out: Path) -> dict[str, Any]:
    """Call `gongkai run` in this process, and tell how long each stage took and how much memory it held.

    What the command says goes where it always goes. `samples` are (seconds, stage, done, megabytes of this process),
    some hundred of them.
    """
    from pipeline import run_command
    from pipeline.bar import Bar
    from pipeline.cli import app

    begun = time.perf_counter()
    stages: dict[str, list[float]] = {}
    samples: list[tuple[float, str, int, float]] = []

    class Watched(Bar):
        def __enter__(self) -> Progress:
            show = super().__enter__()

            def tell(stage: str, done: int, total: int) -> None:
                now = time.perf_counter() - begun
                stages.setdefault(stage, [now, now])[1] = now
                if not samples or now - samples[-1][0] >= 1.0:
                    samples.append((round(now, 1), stage, done, round(_held(), 1)))
                if show is not None:
                    show(stage, done, total)

            return tell

    run_command.Bar = Watched  # type: ignore[misc]
    status: int | str | None = 0
    try:
        app(["run", os.fspath(raw), "-o", os.fspath(out)])
    except SystemExit as exit:
        status = exit.code
    ended, unit = time.perf_counter() - begun, 1024 * 1024 if sys.platform == "darwin" else 1024
    took = {stage: last - first for stage, (first, last) in stages.items()}
    if "publishing" in stages:
        took["publishing"] = ended - stages["publishing"][0]
    return {
        **took,
        "status": status or 0,
        "run": ended,
        "parent": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit,
        "child": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit,
        "samples": samples[:: max(1, len(samples) // _SAMPLES)],
    }


def _held() -> float:
    """The megabytes that this process holds now; 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1024 / 1024
    except OSError:
        return 0.0


def digests(out: Path) -> dict[str, str]:
    """The sha256 of every published file."""
    files = (p for p in sorted(out.rglob("*")) if p.is_file() and HIDDEN not in p.parts)
    found = {}
    for path in files:
        with path.open("rb") as file:
            found[os.fspath(path.relative_to(out))] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def _line(count: int, name: str, figures: dict[str, Any]) -> str:
    if figures["status"]:
        return f"{count:>7}  {name:<11}  failed with exit status {figures['status']}"
    reading = figures.get("reading", 0.0)
    read = MORE if name in (OF_A_YEAR, OF_ALL_YEARS) else count
    cells = (
        f"{figures['clock']:.1f}",
        f"{figures['cpu']:.1f}",
        f"{reading:.1f}",
        f"{figures.get('gathering', 0.0) + figures.get('comparing', 0.0):.1f}",
        f"{figures.get('publishing', 0.0):.1f}",
        f"{read / reading:.0f}" if reading else "-",
        f"{figures['parent']:.0f}",
        f"{figures['child']:.0f}",
        *(f"{figures['disk'][kind] / 1e6:.0f}" for kind in ("csv", "parquet", "kept")),
    )
    widths = [len(title) for title in _HEADER[2:]]
    return "  ".join([f"{count:>7}", f"{name:<11}", *(f"{c:>{w}}" for c, w in zip(cells, widths, strict=True))])


if __name__ == "__main__":
    raise SystemExit(main())
