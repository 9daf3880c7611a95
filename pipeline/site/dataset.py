"""A published dataset as the site reads it: one report after the other with its facts, flags and claims.

The tables are sorted by report_id, so they are read side by side; of all reports only what the overview, the search
and the review queue need is ever held.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from pipeline.publish.published import NoDataset
from pipeline.publish.schema import CLAIMS, FACTS, FLAGS, PACKAGE, REPORTS, Table

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One report with its rows of the published tables, each as CSV prints them."""

    about: Row
    facts: tuple[Row, ...]
    flags: tuple[Row, ...]
    claims: tuple[Row, ...]

    @property
    def report_id(self) -> str:
        return self.about["report_id"]

    @property
    def stands(self) -> bool:
        """Whether no newer report of the same publisher and year has taken its place."""
        return not self.about["superseded_by"] and self.about["replaced"] != "true"


@dataclass(frozen=True, slots=True)
class Package:
    """What a reader cites: the dataset's titles, its author, version, licence, and the digest of its content."""

    title: str
    title_zh: str
    author: str
    version: str
    released: str
    licence: str
    content: str


def described(folder: Path) -> Package:
    """What the dataset in `folder` says of itself. Raises NoDataset for a folder without one, ValueError."""
    try:
        package = json.loads((folder / PACKAGE).read_bytes())
    except FileNotFoundError:
        raise NoDataset(f"{folder} holds no {PACKAGE}") from None
    try:
        return Package(
            package["title"],
            package["title_zh"],
            package["contributors"][0]["title"],
            package["version"],
            package.get("released", ""),
            package["licenses"][0]["name"],
            package["content"],
        )
    except (KeyError, IndexError, TypeError):
        raise ValueError(f"its {PACKAGE} is not as it was published") from None


def entries(folder: Path) -> Iterator[Entry]:
    """Every report of the dataset in `folder` that was not set aside, in the order of report_id.

    Raises NoDataset for a folder without one, OSError, ValueError and csv.Error for damaged files.
    """
    facts, flags, claims = (_Parts(folder, table) for table in (FACTS, FLAGS, CLAIMS))
    for about in _rows(folder, REPORTS):
        report_id = about["report_id"]
        parts = facts.of(report_id), flags.of(report_id), claims.of(report_id)
        if about["disposition"] != "set_aside" and about["document_type"] == "annual_report":
            yield Entry(about, *parts)


def set_aside(folder: Path) -> Iterator[Row]:
    """The rows of the files that were set aside, or are no annual reports."""
    for about in _rows(folder, REPORTS):
        if about["disposition"] == "set_aside" or about["document_type"] != "annual_report":
            yield about


class _Parts:
    """The rows of one table, asked for report by report in ascending order."""

    def __init__(self, folder: Path, table: Table) -> None:
        self._groups = groupby(_rows(folder, table), key=lambda row: row["report_id"])
        self._next: tuple[str, tuple[Row, ...]] | None = None

    def of(self, report_id: str) -> tuple[Row, ...]:
        while self._next is None or self._next[0] < report_id:
            try:
                found, rows = next(self._groups)
            except StopIteration:
                return ()
            self._next = found, tuple(rows)
        return self._next[1] if self._next[0] == report_id else ()


def _rows(folder: Path, table: Table) -> Iterator[Row]:
    path = folder / f"{table.name}.csv"
    csv.field_size_limit(sys.maxsize)
    try:
        file = path.open(encoding="utf-8", newline="")
    except FileNotFoundError:
        raise NoDataset(f"{path} is not there") from None
    with file:
        lines = csv.reader(file)
        names = next(lines, [])
        if missing := [name for name in table.names if name not in names]:
            raise NoDataset(f"{path} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}")
        for line in lines:
            yield dict(zip(names, line, strict=True))
