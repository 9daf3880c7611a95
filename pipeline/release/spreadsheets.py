"""Copies of the tables that a spreadsheet can open safely: what it would take for a formula is disarmed.

The canonical CSV files hold each cell as the report prints it, since -38 and even =2 are data. A spreadsheet that opens
them evaluates what begins with = + - or @ (OWASP, CSV Injection), and guesses the encoding. Here such text has an
apostrophe before it, files begin with a byte order mark, every field is quoted, and no file has more rows than a sheet.
Numbers are left as they are. These copies are for looking, not for computing.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import IO

from pipeline.publish.columns import Table

FOLDER = "csv-for-spreadsheets"
ROWS = 1_000_000  # of one file; a sheet holds 1,048,576

# Also after ; tab and line break within a field: where the system's list separator is a semicolon, a sheet parts there.
_ARMED = re.compile(r"(^|[;\t\r\n])([\s\0]*)(?=[=+\-@＝＋－＠])")
_HARMLESS = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?|-?")


def disarm(text: str) -> str:
    """Text as a cell that no spreadsheet evaluates; a plain number, or a dash alone, as it is."""
    return _disarmed_short(text) if len(text) < 64 else _disarmed(text)


def _disarmed(text: str) -> str:
    return text if _HARMLESS.fullmatch(text) else _ARMED.sub(r"\1\2'", text)


_disarmed_short = lru_cache(maxsize=1 << 16)(_disarmed)  # the facts say the same words over and over


def write_spreadsheets(folder: Path, tables: Sequence[Table]) -> None:
    """Write the copies of all `tables` that lie in `folder` as CSV files below its folder `FOLDER`.

    A parted table gets a file for each partition: `facts-2020.csv`. One that does not fit a sheet is parted:
    `flags-1.csv`, `flags-2.csv`.
    """
    (folder / FOLDER).mkdir()
    for table in tables:
        if table.csv:
            _copy(table, folder / f"{table.name}.csv", folder / FOLDER)


def _copy(table: Table, source: Path, target: Path) -> None:
    texts = [i for i, column in enumerate(table.columns) if column.type == "string"]
    by = table.names.index(table.partition) if table.partition else None
    sheets: dict[str, _Sheets] = {}
    try:
        for row in _rows(source):
            part = f"-{row[by]}" if by is not None else ""
            if part not in sheets:
                sheets[part] = _Sheets(target, f"{table.name}{part}", table.names)
            for i in texts:
                row[i] = disarm(row[i])
            sheets[part].add(row)
        if not sheets:
            sheets[""] = _Sheets(target, table.name, table.names)
    finally:
        for each in sheets.values():
            each.close()


def _rows(path: Path) -> Iterator[list[str]]:
    csv.field_size_limit(sys.maxsize)  # a hostile cell may hold a megabyte
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file)
        next(lines)
        yield from lines


class _Sheets:
    """The files of one partition, of at most `ROWS` rows each."""

    def __init__(self, folder: Path, name: str, header: Sequence[str]) -> None:
        self._folder, self._name, self._header = folder, name, header
        self._rows = self._count = 0
        self._file = self._begin(folder / f"{name}.csv")

    def _begin(self, path: Path) -> IO[str]:
        file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        self._writer.writerow(self._header)
        self._rows, self._count = 0, self._count + 1
        return file

    def add(self, row: Sequence[str]) -> None:
        if self._rows == ROWS:
            self._file.close()
            if self._count == 1:
                (self._folder / f"{self._name}.csv").rename(self._folder / f"{self._name}-1.csv")
            self._file = self._begin(self._folder / f"{self._name}-{self._count + 1}.csv")
        self._writer.writerow(row)
        self._rows += 1

    def close(self) -> None:
        self._file.close()
