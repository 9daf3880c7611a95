"""python -m benchmarks.fuzz: spoilt files of all formats through the real run and its worker processes.

What must hold: the run does not fail, no file is lost, none is read for longer than its limit, the program has no fault
on any, what is published agrees with itself, and no number is wrong without a flag where the spoiling left the text as
it was. Files are drawn from the seed and their number alone: `--only NUMBER --keep DIR` makes one of them again. Exit
status 1 when something did not hold. Files that ended a worker process (a crash within a library, which costs that file
alone) are listed, and are no failure.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from benchmarks.mutants import Mutant, mutant
from pipeline import codec
from pipeline.intake import Job, Outcome, this_reader
from pipeline.ledger import Ledger
from pipeline.model import Report
from pipeline.publish.standing import strays
from pipeline.publish.switch import HIDDEN
from pipeline.recheck import recheck
from pipeline.run import Summary, run
from pipeline.workers import Bounds, Lost, Map, cores, each
from tests.corpus.score import score

J = TypeVar("J")
R = TypeVar("R")

BATCH = 100
SLOW_SECONDS = 20.0
_LATE_SECONDS = 10.0  # beyond the limit, on a busy machine


@dataclass(slots=True)
class Found:
    """What came of the files: their number and outcome by mutation, what did not hold, what is worth a look."""

    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    checked: int = 0  # files whose numbers were held against the truth
    wrong: int = 0  # numbers of theirs that are wrong and bear a flag
    files: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class _Timed:
    """A function whose result comes with the seconds it took. It can be pickled."""

    function: Callable[[Any], Any]

    def __call__(self, job: Any) -> tuple[Any, float]:
        start = time.monotonic()
        return self.function(job), time.monotonic() - start


def timed(workers: int, bounds: Bounds, took: dict[str, float]) -> Map:
    """A `Map` over processes that notes how long each job took; one that was lost took as long as it was waited for."""

    def over(function: Callable[[J], R], jobs: Sequence[J], /) -> Iterator[tuple[J, R | Lost]]:
        for job, result in each(_Timed(function), jobs, workers, bounds):
            assert isinstance(job, Job)
            if isinstance(result, Lost):
                took[job.path] = bounds.seconds if result.code == "time_limit" else 0.0
                yield job, result
            else:
                outcome, took[job.path] = result
                assert isinstance(outcome, Outcome)
                yield job, outcome

    return over


def fuzz(mutants: Iterable[Mutant], folder: Path, workers: int, found: Found, bounds: Bounds | None = None) -> None:
    """Run the pipeline over these files in `folder`, which is empty, and add what came of them to `found`."""
    bounds = bounds or Bounds()
    files = {one.name: one for one in mutants}
    inputs, out, took = folder / "in", folder / "out", dict[str, float]()
    inputs.mkdir()
    for name, one in files.items():
        (inputs / name).write_bytes(one.data)
    try:
        summary = run([inputs], out, over=timed(workers, bounds, took))
    except Exception as error:  # whatever it is, it is what this looks for
        found.failures.append(f"the run failed: {type(error).__name__}: {error} (files {min(files)} to {max(files)})")
        return
    found.files += len(files)
    _judge_run(summary, files, out, found)
    for path, seconds in sorted(took.items()):
        if seconds > bounds.seconds + _LATE_SECONDS:
            found.failures.append(f"{Path(path).name}: read for {seconds:.0f} s, the limit is {bounds.seconds:.0f} s")
        elif seconds > SLOW_SECONDS:
            found.notes.append(f"{Path(path).name}: took {seconds:.0f} s")
    _judge_numbers(files, out, found)


def _judge_run(summary: Summary, files: dict[str, Mutant], out: Path, found: Found) -> None:
    traces = "\n".join(trace for _, trace in summary.traces)
    for path, reason in summary.faults:
        found.failures.append(f"{path}: {reason}")
    if traces:
        found.failures.append(traces)
    told: dict[str, str] = {}
    names: dict[str, str] = {}
    for row in _rows(out / "reports.csv"):
        names[row["report_id"]] = row["source_path"]
        for path in (row["source_path"], *filter(None, row["also_at"].split(";"))):
            told[path] = row["disposition"] if row["disposition"] != "set_aside" else f"set aside: {row['reason']}"
    for name in files.keys() - told.keys():
        found.failures.append(f"{name}: lost; it is not in reports.csv")
    for name, disposition in told.items():
        kind = disposition.partition(":")[0]
        found.outcomes.setdefault(files[name].mutation.name, Counter())[kind] += 1
        if " died " in disposition or "longer than" in disposition or "of memory" in disposition:
            found.notes.append(f"{name}: {disposition}")
    if faults := strays(out):
        found.failures.extend(faults)
    checked = recheck(out)
    for one in checked.disagreements:
        found.failures.append(f"{names[one.report_id]}: what is published disagrees with its numbers: {one}")


def _judge_numbers(files: dict[str, Mutant], out: Path, found: Found) -> None:
    """Hold what was read of the files whose text did not change against what they say."""
    by_sha = {row["sha256"]: row for row in _rows(out / "reports.csv") if row["sha256"]}
    with Ledger(out / HIDDEN / "ledger.sqlite") as ledger:
        for sha256, payload, _ in ledger.reports(sorted(by_sha), this_reader().report_version):
            one = files[by_sha[sha256]["source_path"]]
            if one.truth is None:
                continue
            judged = score(one.truth, codec.loads(Report, payload))
            found.checked += 1
            found.wrong += sum(cell.verdict == "wrong" for cell in judged.cells)
            for cell in judged.silent:
                found.failures.append(f"{one.name}: a wrong number without a flag: {cell.told()}")


def _rows(path: Path) -> Iterator[dict[str, str]]:
    csv.field_size_limit(sys.maxsize)
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def main(arguments: Sequence[str] | None = None) -> int:
    wanted = _parser().parse_args(arguments)
    numbers = range(wanted.count) if wanted.only is None else wanted.only
    draw = partial(mutant, wanted.seed, dear=not wanted.cheap)
    if wanted.keep is not None:
        wanted.keep.mkdir(parents=True, exist_ok=True)
    found, start = Found(), time.monotonic()
    for at in range(0, len(numbers), BATCH):
        if time.monotonic() - start > wanted.minutes * 60:
            print(f"time is up after {found.files} of {len(numbers)} files", file=sys.stderr)
            break
        with TemporaryDirectory() as folder:
            batch = [draw(number) for number in numbers[at : at + BATCH]]
            before = len(found.failures)
            fuzz(batch, Path(folder), wanted.workers, found)
            if wanted.keep is not None:
                for one in batch:
                    if wanted.only or any(one.name in failure for failure in found.failures[before:]):
                        (wanted.keep / one.name).write_bytes(one.data)
        print(f"{found.files} files, {len(found.failures)} failures", file=sys.stderr)
    found.seconds = time.monotonic() - start
    print(json.dumps(as_data(found), ensure_ascii=False, indent=1) if wanted.json else told(found))
    return 1 if found.failures else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="files; default 2000")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same files")
    parser.add_argument("--minutes", type=float, default=60.0, help="begin nothing more after so many; default 60")
    parser.add_argument("--workers", type=int, default=cores(), help="processes that read; default: one a core")
    parser.add_argument("--only", type=int, nargs="+", metavar="NUMBER", help="these files alone")
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="write the files that failed (or those of --only) there"
    )
    parser.add_argument(
        "--cheap", action="store_true", help="no files for LibreOffice and OCR, which cost seconds each"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def as_data(found: Found) -> dict[str, Any]:
    return {
        "files": found.files,
        "seconds": round(found.seconds, 1),
        "checked": found.checked,
        "wrong_with_a_flag": found.wrong,
        "outcomes": {name: dict(counts) for name, counts in sorted(found.outcomes.items())},
        "notes": found.notes,
        "failures": found.failures,
    }


def told(found: Found) -> str:
    """What was found, for people."""
    kinds = ("extracted", "partial", "set aside")
    lines = [f"{'mutation':24}{'files':>7}" + "".join(f"{kind:>11}" for kind in kinds)]
    for name, counts in sorted(found.outcomes.items()):
        lines.append(f"{name:24}{counts.total():>7}" + "".join(f"{counts[kind]:>11}" for kind in kinds))
    lines += ["", *found.notes, "", *found.failures, ""]
    lines.append(
        f"{found.files} files in {found.seconds:.0f} s; the numbers of {found.checked} were held against the "
        f"truth: {found.wrong} are wrong and say so; {len(found.failures)} failures"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    from benchmarks import fuzz as module  # by its name, which workers can import: they know another `__main__`

    sys.exit(module.main())
