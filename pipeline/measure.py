"""Readings → facts: each cell's text becomes a number in its published unit, or a named absence, with its doubts."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline import vocabulary
from pipeline.model import Fact, Flag, Reading, TableReading
from pipeline.numerals import read_numeral


def measure(tables: Sequence[TableReading]) -> tuple[list[Fact], list[Flag]]:
    """One fact for every cell of every table found, in the form's order, and the flags about its value."""
    facts: list[Fact] = []
    flags: list[Flag] = []
    for table in tables:
        form = vocabulary.form(table.template, table.table_id)
        for key in form.cells():
            fact, doubts = _fact(table, key, table.cells[key], form.unit(key[1]))
            facts.append(fact)
            flags.extend(doubts)
    return facts, flags


def _fact(table: TableReading, key: tuple[str, str], reading: Reading, unit: str) -> tuple[Fact, list[Flag]]:
    row_id, column_id = key
    fact = Fact(
        table.template, table.table_id, row_id, column_id, unit, "missing", page=reading.page, line=reading.line
    )
    if reading.text is None:
        return fact, []
    if reading.unsettled:
        return _with(fact, status="unreadable", value_raw=reading.text), []
    numeral = read_numeral(reading.text, signed=column_id == "change", unit=unit, unit_hint=reading.unit)
    flags = [
        Flag(
            kind,
            severity,
            message,
            table.table_id,
            row_id,
            column_id,
            reading.page,
            reading.line,
            observed=reading.text,
        )
        for kind, severity, message in numeral.doubts
    ]
    if numeral.status == "blank":
        flags.append(
            Flag(
                "blank_cell",
                "info",
                "the cell is empty or holds a mark for nothing",
                table.table_id,
                row_id,
                column_id,
                reading.page,
                reading.line,
                observed=reading.text.strip() or None,
            )
        )
    return _with(fact, status=numeral.status, value=numeral.value, value_raw=reading.text), flags


def _with(fact: Fact, **changes: object) -> Fact:
    from dataclasses import replace

    return replace(fact, **changes)  # type: ignore[arg-type]
