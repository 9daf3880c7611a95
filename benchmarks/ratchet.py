"""python -m benchmarks.ratchet: what may only get better. Exit status 1 where something fell.

Draws the CI corpus (one seed, every format and class), reads it, and holds it against ratchet.json: exactness, codes,
years, publishers, flags on sums, and the faults that must not grow. `--update` writes better figures to the file. It
refuses a fall, except with `--because`, which is kept in the file beside what fell; a silent error has no excuse. When
the corpus itself was changed (its digest differs), the new figures are a new beginning, and `--update` says what moved.
Processor time is recorded in the file and never asked for.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pipeline
from benchmarks.corpus import ALL_CLASSES, ALL_FORMATS, LEGACY, SCAN, Drawn, draw, missing
from benchmarks.measures import Tally, tally
from pipeline.model import Report

FILE = Path(__file__).with_name("ratchet.json")
SEED = "ratchet"
COUNT = 25
COUNTS = {LEGACY: 10, SCAN: 6}
TOLERANCE = {SCAN: 0.002}  # the recogniser's arithmetic differs a little between processors

SHARES = {  # may not fall: hits, of
    "right": "cells",
    "nonzero_right": "nonzero",
    "codes": "documents",
    "years": "documents",
    "publishers": "documents",
    "templates": "documents",
    "sums_rightly": "sums_broken",
    "astray_warned": "astray",
}
FAULTS = {  # may not grow: faults, of
    "silent": "cells",
    "lost_bare": "cells",
    "calm_warned": "calm",
    "repairs_false": "documents",
    "filled_false": "documents",
}

Figures = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ratchet", description=__doc__)
    parser.add_argument("--formats", nargs="+", choices=ALL_FORMATS, default=ALL_FORMATS)
    parser.add_argument("--update", action="store_true", help="write the figures to the file")
    parser.add_argument("--because", metavar="REASON", help="with --update: accept what fell, and say why")
    wanted = parser.parse_args(arguments)
    stored = load()
    fell: list[str] = []
    for format in wanted.formats:
        reason = missing(format)
        if reason is not None:
            print(f"{format:14} left out: {reason}")
            continue
        now = measure(format)
        print(f"{format:14} {told(now)}", flush=True)
        mine = [f"{format}: {words}" for words in falls(now, stored["formats"].get(format, {}), format)]
        fell += mine
        stored["formats"][format] = now
    for words in fell:
        print(f"fell: {words}")
    if not wanted.update:
        return 1 if fell else 0
    return _update(stored, fell, wanted.because)


def load() -> Figures:
    """The stored figures; none where there is no file yet."""
    if not FILE.exists():
        return {"corpus": digest(), "formats": {}, "accepted": []}
    stored: Figures = json.loads(FILE.read_text(encoding="utf-8"))
    return stored


def _update(stored: Figures, fell: Sequence[str], because: str | None) -> int:
    same = stored["corpus"] == digest()
    silent = [words for words in fell if ": silent " in words]
    if same and (silent or (fell and because is None)):
        print(f"{FILE.name} is left as it was: " + ("a silent error has no excuse" if silent else "something fell"))
        return 1
    reason = because or "the corpus was changed"
    stored["accepted"] += [f"{words} ({reason})" for words in fell]
    stored["corpus"] = digest()
    stored["formats"] = {name: stored["formats"][name] for name in ALL_FORMATS if name in stored["formats"]}
    FILE.write_text(json.dumps(stored, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{FILE.name} written")
    return 0


def measure(format: str) -> Figures:
    """What this project makes of the CI corpus in one format."""
    total = Tally()
    with TemporaryDirectory() as folder:
        drawn = draw(Path(folder), COUNTS.get(format, COUNT), SEED, [format], ALL_CLASSES)
        start = time.process_time()
        reports = [_read(one) for one in drawn]
        seconds = time.process_time() - start
        for one, report in zip(drawn, reports, strict=True):
            total += tally(one, report)[0]
    counts = total.to_dict()
    kept = dict.fromkeys(["documents", *SHARES, *SHARES.values(), *FAULTS, *FAULTS.values(), "wrong", "lost"])
    return {name: counts[name] for name in kept} | {"processor_ms": round(1e3 * seconds / max(len(drawn), 1))}


def _read(drawn: Drawn) -> Report:
    try:
        return pipeline.read_report(drawn.path.read_bytes())
    except Exception as error:
        raise RuntimeError(f"the program failed on {drawn.name}") from error


def falls(now: Figures, before: Figures, format: str) -> list[str]:
    """What is worse than before, in words; nothing where nothing is stored yet."""
    if not before:
        return []
    slack = TOLERANCE.get(format, 0.0)
    found = []
    for names, sign in ((SHARES, 1), (FAULTS, -1)):
        for hits, of in names.items():
            new, old = _share(now[hits], now[of], sign), _share(before[hits], before[of], sign)
            if sign * (new - old) < -slack:
                found.append(f"{hits} {now[hits]} of {now[of]}, was {before[hits]} of {before[of]}")
    return found


def _share(hits: int, of: int, sign: int) -> float:
    return hits / of if of else float(sign > 0)


def told(figures: Figures) -> str:
    return ", ".join(
        (
            f"{figures['documents']} documents",
            f"exact {100 * figures['right'] / figures['cells']:.3f} %",
            f"silent {figures['silent']}",
            f"lost bare {figures['lost_bare']}",
            f"years {figures['years']}",
            f"{figures['processor_ms']} ms each",
        )
    )


def digest() -> str:
    """What the corpus follows from: the sources of its generator and of its classes, and how many are drawn."""
    root = Path(__file__).resolve().parents[1]
    files: Iterable[Path] = sorted([*(root / "tests" / "corpus").glob("*.*"), root / "benchmarks" / "corpus.py"])
    total = hashlib.sha256(f"{SEED} {COUNT} {COUNTS}".encode())
    for file in files:
        total.update(file.name.encode() + b"\0" + file.read_bytes())
    return total.hexdigest()[:16]


if __name__ == "__main__":
    sys.exit(main())
