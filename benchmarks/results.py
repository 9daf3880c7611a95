"""A session as plain data: what tables, plots and whoever comes later read. Also the machine, without its name."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.commands import Cost
from benchmarks.corpus import Drawn
from benchmarks.peers import GONGKAI, NOT_RUN
from benchmarks.session import Found, Seat, Spread

LIBRARIES = ("pypdfium2", "pdfplumber", "lxml", "python-docx", "rapidfuzz", "regex", "scipy", "pandas", "pyarrow",
             "rapidocr", "onnxruntime", "opencv-python-headless", "reportlab")  # fmt: skip

Results = dict[str, Any]


def results(
    command: str,
    settings: dict[str, Any],
    corpus: Sequence[Drawn],
    table: Sequence[Seat],
    found: Found,
    costs: Sequence[Cost],
    skipped: dict[str, str],
) -> Results:
    """Everything that a session found, in the order of its readers and formats."""
    return {
        "command": command,
        "settings": settings,
        "machine": machine(),
        "libraries": {name: _version(name) for name in LIBRARIES},
        "corpus": _corpus(corpus),
        "formats_left_out": skipped,
        "readers": [
            {
                "name": seat.peer.name,
                "formats": list(seat.peer.formats),
                "settings": seat.peer.settings,
                "versions": seat.worker.versions,
                "runs": seat.reason is None,
                "reason": seat.reason,
                "start_seconds": round(seat.worker.start_seconds, 3),
                "peak_mb": round(seat.peak),
                "failures": len(seat.failures),
                "first_failures": [_short(failure) for failure in seat.failures[:3]],
            }
            for seat in table
        ],
        "not_run": NOT_RUN,
        "exactness": [
            {"reader": reader, "format": format, "class": difficulty, **counts.to_dict()}
            for (reader, format, difficulty), counts in found.tallies.items()
        ],
        "seconds": [_spread(key, values) for key, values in found.seconds.items()],
        "pages_per_second": [_spread(key, values) for key, values in found.pages.items()],
        "ratios": [_spread(key, values) for key, values in found.ratios.items() if key[0] != GONGKAI.name],
        "commands": [asdict(cost) for cost in costs],
        "misses": [
            {"document": name, "verdict": cell.verdict, "silent": cell.silent, "told": cell.told()}
            for name, cell in found.misses
        ],
    }


def _short(text: str) -> str:
    """A failure without the folders of this machine."""
    return " ".join(Path(word).name if word.count("/") > 1 else word for word in text.split())


def _corpus(corpus: Sequence[Drawn]) -> list[dict[str, Any]]:
    counts: dict[tuple[str, str], list[int]] = {}
    for drawn in corpus:
        count = counts.setdefault((drawn.format, drawn.difficulty), [0, 0, 0])
        count[0] += 1
        count[1] += drawn.pages or 0
        count[2] += drawn.path.stat().st_size
    return [
        {"format": format, "class": difficulty, "documents": n, "pages": pages or None, "kilobytes": round(size / 1000)}
        for (format, difficulty), (n, pages, size) in counts.items()
    ]


def _spread(key: tuple[str, str], values: Sequence[float]) -> dict[str, Any]:
    spread = {name: round(value, 5) for name, value in asdict(Spread.of(values)).items()}
    return {"reader": key[0], "format": key[1], **spread}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def machine() -> dict[str, Any]:
    """The class of the machine: processor, cores, memory, system, Python. Never its name."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": _processor(),
        "cores": cores,
        "memory_gib": round(memory),
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}",
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
