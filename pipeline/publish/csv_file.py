"""CSV as published: UTF-8, header, comma, `\\n`; quoted where needed; null is empty, booleans are words, dates ISO.

Text is written as it is, also what a spreadsheet takes for a formula: a cell of a report that reads -38 or =2 is data.
The releases hold copies for spreadsheets, in which such text is disarmed (`spreadsheets`).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from functools import lru_cache
from io import StringIO
from pathlib import Path
from typing import Any

from pipeline.publish.columns import Table

_LINES = 16_384  # held before they are written


class CsvLines:
    """Rows of a table → the lines of its CSV file; rows have the table's columns."""

    def __init__(self, table: Table) -> None:
        self.header = self._printed([table.names])
        self._words = [(i, c.type == "boolean") for i, c in enumerate(table.columns) if c.type in ("number", "boolean")]

    def of(self, rows: Iterable[tuple[Any, ...]]) -> str:
        if not self._words:
            return self._printed(rows)
        printed_rows = []
        for row in rows:
            cells = list(row)
            for i, is_boolean in self._words:
                value = cells[i]
                if value is not None:
                    cells[i] = ("true" if value else "false") if is_boolean else _number(value)
            printed_rows.append(cells)
        return self._printed(printed_rows)

    def _printed(self, rows: Iterable[Iterable[Any]]) -> str:
        rows = list(rows)
        text = StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(rows)
        found = text.getvalue()
        return _with_returns(rows) if "\r" in found else found


def _with_returns(rows: list[Iterable[Any]]) -> str:
    """The lines of rows that hold a `\\r`, which would break a line unquoted: with \\r\\n as its line end the module
    quotes the fields that hold either."""
    lines: list[str] = []

    class Sink:
        def write(self, line: str) -> None:
            lines.append(line[:-2] + "\n")

    csv.writer(Sink(), lineterminator="\r\n").writerows(rows)
    return "".join(lines)


class CsvFile:
    """The CSV file of a table, written row by row."""

    def __init__(self, table: Table, path: Path, encoding: str = "utf-8") -> None:
        self._lines = CsvLines(table)
        self._file = path.open("w", encoding=encoding, newline="")
        self._file.write(self._lines.header)
        self._rows: list[tuple[Any, ...]] = []

    def add(self, rows: Iterable[tuple[Any, ...]]) -> None:
        self._rows.extend(rows)
        if len(self._rows) >= _LINES:
            self._flush()

    def _flush(self) -> None:
        self._file.write(self._lines.of(self._rows))
        self._rows = []

    def close(self) -> None:
        self._flush()
        self._file.close()


@lru_cache(maxsize=65_536)
def _number(value: Any) -> str:  # most numbers of a country's reports are small, and the same ones
    return printed(value)


def printed(value: Any) -> str:
    """A number or boolean as CSV has it: 67328, 184249.5, -38, true; no exponent, no trailing zeros; null is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if text.isdecimal():  # as most are
        return text
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
