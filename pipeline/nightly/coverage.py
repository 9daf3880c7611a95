"""What a published dataset covers, small enough to be kept and held against the next night's."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.publish.schema import REPORTS


@dataclass(frozen=True, slots=True)
class Coverage:
    """`reports` are those with numbers: report_id → (what a person calls it, source_path, how many facts). `subjects`
    are the publishers' years they speak of, so that a second report on one adds nothing."""

    reports: Mapping[str, tuple[str, str, int]]
    subjects: frozenset[str]

    def lost(self, now: Coverage) -> tuple[str, ...]:
        """The reports that have numbers here and none `now`, as a person calls them."""
        gone = (self.reports[report_id] for report_id in sorted(self.reports.keys() - now.reports.keys()))
        return tuple(f"{name} ({path})" for name, path, _ in gone)

    def uncovered(self, now: Coverage) -> tuple[str, ...]:
        """The publishers' years that are spoken of here and not `now`."""
        return tuple(sorted(self.subjects - now.subjects))


def covered(out: Path) -> Coverage | None:
    """What the dataset published in `out` covers; None where there is none. Raises OSError."""
    csv.field_size_limit(sys.maxsize)
    try:
        with (out / f"{REPORTS.name}.csv").open(encoding="utf-8", newline="") as file:
            return _of(csv.DictReader(file))
    except FileNotFoundError:
        return None


def to_data(coverage: Coverage) -> dict[str, Any]:
    """As plain data, for JSON."""
    return {"reports": coverage.reports, "subjects": sorted(coverage.subjects)}


def from_data(data: Mapping[str, Any]) -> Coverage | None:
    """The reverse of `to_data`; None for anything else."""
    try:
        reports = {str(i): (str(name), str(path), int(facts)) for i, (name, path, facts) in data["reports"].items()}
        return Coverage(reports, frozenset(map(str, data["subjects"])))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _of(rows: Iterable[Mapping[str, str]]) -> Coverage:
    reports, subjects = {}, set()
    for row in rows:
        facts = int(row["n_facts"] or 0)
        if facts:
            who = row["publisher"] or row["jurisdiction_name"] or "a publisher not recognised"
            name = f"{who} {row['year'] or 'year unknown'}"
            reports[row["report_id"]] = (name, row["source_path"], facts)
            subjects.add(f"{row['jurisdiction_code'] or '?'} {name}")
    return Coverage(reports, frozenset(subjects))
