"""CSV as published: UTF-8, header, comma, `\\n`; quoted where needed; null is empty, booleans are words, dates ISO.

Text is written as it is, also what a spreadsheet takes for a formula: a cell of a report that reads -38 or =2 is data.
The releases hold copies for spreadsheets, in which such text is disarmed (`spreadsheets`).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipeline.publish.columns import Table

_LINES = 16_384  # held before they are written


class CsvFile:
    """The CSV file of a table, written row by row; rows have the table's columns."""

    def __init__(self, table: Table, path: Path, encoding: str = "utf-8") -> None:
        self._file = path.open("w", encoding=encoding, newline="")
        self._lines: list[str] = []
        # With \r\n as its line end the module quotes fields that hold either; a bare \r unquoted would break a line.
        sink: Any = self
        self._writer = csv.writer(sink, lineterminator="\r\n")
        self._plain = [i for i, c in enumerate(table.columns) if c.type in ("number", "boolean")]
        self._writer.writerow(table.names)

    def write(self, line: str) -> None:
        """What the csv module calls with each line."""
        self._lines.append(line[:-2] + "\n")
        if len(self._lines) >= _LINES:
            self._flush()

    def add(self, rows: Iterable[tuple[Any, ...]]) -> None:
        if not self._plain:
            self._writer.writerows(rows)
            return
        for row in rows:
            cells = list(row)
            for i in self._plain:
                value = cells[i]
                if value is not None:
                    cells[i] = printed(value)
            self._writer.writerow(cells)

    def _flush(self) -> None:
        self._file.write("".join(self._lines))
        self._lines.clear()

    def close(self) -> None:
        self._flush()
        self._file.close()


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
