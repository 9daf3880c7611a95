"""python -m benchmarks.scale: what one machine carries: runs over more and more reports, from nothing and onwards.

For each size, reports are drawn (tests/corpus; HTML and text for the most part, some DOCX and PDF) and published by
`pipeline.run.run` in a process of its own: from nothing, once more with nothing new, and with 100 files more. Seconds
are those of the clock, with as many workers as there are cores; the processor's are those of all processes together;
memory is the greatest of any one process, the building one's first. Exit status 1 when a run failed, or when what grew
by 100 files differs in a byte from what is made of all of them at once (asked for with --anew, which takes as long as
the first run).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.publish.switch import HIDDEN
from tests.corpus import compose

ROOT = Path(__file__).resolve().parents[1]
MIX = (*("html", "pipes", "html", "flat", "markdown_html") * 19, "docx", "html", "pdf", "docx", "html")
DIFFICULTIES = (*("clean", "varied") * 9, "misprinted", "torn")
MORE = 100
_A_FOLDER = 1_000
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
    "facts",
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__.splitlines()[0])
    parser.add_argument("--counts", type=int, nargs="+", default=[100, 1_000])
    parser.add_argument("--seed", default="scale")
    parser.add_argument("--anew", action="store_true", help="hold what grew against what is made at once")
    parser.add_argument("--work", type=Path, help="the folder to work in (default: a temporary one)")
    parser.add_argument("--one", nargs=2, type=Path, metavar=("INPUT", "OUT"), help=argparse.SUPPRESS)
    wanted = parser.parse_args(arguments)
    if wanted.one:
        print(json.dumps(one(*wanted.one)))
        return 0
    print("  ".join(_HEADER))
    failed = 0
    for count in wanted.counts:
        with TemporaryDirectory(dir=wanted.work, prefix="scale-") as folder:
            failed += not measured(Path(folder), count, wanted.seed, wanted.anew)
    return 1 if failed else 0


def measured(folder: Path, count: int, seed: str, anew: bool) -> bool:
    """Draw `count` reports and measure the runs over them; whether all went well."""
    raw, out = folder / "raw", folder / "out"
    draw(raw, 0, count, seed)
    time.sleep(2.5)  # a file's time stamp is trusted once it is two seconds old
    runs = [("first", spent(raw, out)), ("again", spent(raw, out))]
    draw(raw, count, count + MORE, seed)
    time.sleep(2.5)
    runs.append((f"{MORE} more", spent(raw, out)))
    same = True
    if anew:
        shutil.rmtree(folder / "anew", ignore_errors=True)
        runs.append(("all at once", spent(raw, folder / "anew")))
        same = digests(out) == digests(folder / "anew")
    for name, figures in runs:
        print(_line(count, name, figures), flush=True)
    if not same:
        print(f"{count} reports: what grew is not what is made at once", file=sys.stderr)
    return same and all(figures["status"] == 0 for _, figures in runs)


def draw(raw: Path, start: int, end: int, seed: str) -> None:
    """Write the reports numbered `start` to `end` below `raw`."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for _ in pool.map(partial(_drawn, raw, seed), range(start, end), chunksize=200):
            pass


def _drawn(raw: Path, seed: str, number: int) -> None:
    form, difficulty = MIX[number % len(MIX)], DIFFICULTIES[number // 7 % len(DIFFICULTIES)]
    piece = compose(f"{seed}.{number}", form, difficulty)
    folder = raw / f"{number // _A_FOLDER:04d}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{number:07d}").write_bytes(piece.data)


def spent(raw: Path, out: Path) -> dict[str, float]:
    """A run in a process of its own, and what it cost."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.scale", "--one", str(raw), str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    clock, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        return {"status": done.returncode, "clock": clock}
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {**json.loads(done.stdout), "status": 0, "clock": clock, "cpu": cpu}


def one(raw: Path, out: Path) -> dict[str, float]:
    """Run in this process, and tell how long each stage took and how much memory it held."""
    from pipeline.run import run

    stages: dict[str, list[float]] = {}

    def tell(stage: str, done: int, total: int) -> None:
        now = time.perf_counter()
        stages.setdefault(stage, [now, now])[1] = now

    begun = time.perf_counter()
    summary = run([raw], out, progress=tell)
    ended, unit = time.perf_counter(), 1024 * 1024 if sys.platform == "darwin" else 1024
    took = {stage: last - first for stage, (first, last) in stages.items()}
    if "publishing" in stages:
        took["publishing"] = ended - stages["publishing"][0]
    return {
        **took,
        "run": ended - begun,
        "read": summary.read,
        "facts": summary.facts,
        "parent": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit,
        "child": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit,
    }


def digests(out: Path) -> dict[str, str]:
    """The sha256 of every published file."""
    files = (p for p in sorted(out.rglob("*")) if p.is_file() and HIDDEN not in p.parts)
    found = {}
    for path in files:
        with path.open("rb") as file:
            found[os.fspath(path.relative_to(out))] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def _line(count: int, name: str, figures: dict[str, float]) -> str:
    if figures["status"]:
        return f"{count:>7}  {name:<11}  failed with exit status {figures['status']:g}"
    reading = figures.get("reading", 0.0)
    cells = (
        f"{figures['clock']:.1f}",
        f"{figures['cpu']:.1f}",
        f"{reading:.1f}",
        f"{figures.get('comparing', 0.0):.1f}",
        f"{figures.get('publishing', 0.0):.1f}",
        f"{figures['read'] / reading:.0f}" if reading and figures["read"] else "-",
        f"{figures['parent']:.0f}",
        f"{figures['child']:.0f}",
        f"{figures['facts']:g}",
    )
    widths = [len(title) for title in _HEADER[2:]]
    return "  ".join([f"{count:>7}", f"{name:<11}", *(f"{c:>{w}}" for c, w in zip(cells, widths, strict=True))])


if __name__ == "__main__":
    raise SystemExit(main())
