"""What the commands cost in all: processes started, libraries loaded, files read, the dataset published."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.corpus import SCAN, Drawn

ROOT = Path(__file__).resolve().parents[1]
_STARTER = """
import resource, subprocess, sys, time
start = time.perf_counter()
code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, time.perf_counter() - start, used.ru_maxrss)
sys.exit(code)
"""
_RUN = "import sys; from pipeline.cli import main; sys.exit(main())"


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians of repeated runs of one command: seconds of the processors and of the clock, peak memory in MB."""

    what: str
    files: int
    processor: float
    clock: float
    memory: float
    repeats: int


def commands(corpus: Sequence[Drawn], repeats: int) -> list[Cost]:
    """The costs of importing, of asking for help, of one small file, of many, and of a second run that does nothing."""
    text = next((drawn.path for drawn in corpus if drawn.format not in ("pdf", "docx", "doc", SCAN)), None)
    many = sorted({drawn.path.parent for drawn in corpus if drawn.format not in (SCAN, "doc")})
    files = sum(drawn.format not in (SCAN, "doc") for drawn in corpus)
    found = [
        _cost("python -c 'import pipeline'", 0, repeats, lambda out: ["-c", "import pipeline"]),
        _cost("gongkai --help", 0, repeats, lambda out: ["-c", _RUN, "--help"]),
    ]
    if text is not None:
        small = ["-c", _RUN, "run", str(text), "--out"]
        found.append(_cost("gongkai run, one small text", 1, repeats, lambda out: [*small, out]))
    with TemporaryDirectory() as folder:
        whole = ["-c", _RUN, "run", *map(str, many), "--out", f"{folder}/dataset"]
        found.append(_cost("gongkai run, the corpus without scans and .doc", files, 1, lambda out: whole))
        found.append(_cost("the same again, nothing changed", files, repeats, lambda out: whole))
    return found


def _cost(what: str, files: int, repeats: int, command: Callable[[str], list[str]]) -> Cost:
    runs = []
    for _ in range(max(1, repeats)):
        with TemporaryDirectory() as folder:
            runs.append(_timed([sys.executable, *command(f"{folder}/out")]))
    processor, clock, memory = (median(values) for values in zip(*runs, strict=True))
    return Cost(what, files, processor, clock, memory, len(runs))


def _timed(command: Sequence[str]) -> tuple[float, float, float]:
    """(processor seconds, seconds, peak MB of its largest process) of a command, with its children.

    A small process starts it and reports, since a child's ru_maxrss begins with the peak of the one that forked it.
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    starter = [sys.executable, "-S", "-E", "-c", _STARTER, *command]
    done = subprocess.run(starter, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[3:])} ended with {done.returncode}: {done.stderr[-500:]}")
    processor, clock, memory = map(float, done.stdout.split())
    return processor, clock, memory / (1024 * 1024 if sys.platform == "darwin" else 1024)
