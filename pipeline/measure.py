"""Readings → facts: each cell's text becomes a number in its published unit, or a named absence, with its doubts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline import vocabulary
from pipeline.model import Fact, Flag, Reading, TableReading
from pipeline.numerals import Numeral, read_numeral


def measure(tables: Sequence[TableReading]) -> tuple[list[Fact], list[Flag]]:
    """One fact for every cell of every table found, in the form's order, and the flags about its value.

    `value_reconciled` is the value itself, until `reconcile` proves another.
    """
    facts: list[Fact] = []
    flags: list[Flag] = []
    for table in tables:
        form = vocabulary.form(table.template, table.table_id)
        units = vocabulary.units(table.template, table.table_id)
        for key in form.cells():
            reading = table.cells[key]
            status, value = "missing" if reading.text is None else "unreadable", None
            if reading.text is not None and not reading.unsettled:
                unit = units[key[1]]
                numeral = read_numeral(reading.text, signed=key[1] == "change", unit=unit, unit_hint=reading.unit)
                status, value = numeral.status, numeral.value
                if numeral.doubts or status == "blank":
                    flags.extend(_doubts(table.table_id, key, reading, numeral))
            facts.append(
                Fact(
                    table.template,
                    table.table_id,
                    *key,
                    units[key[1]],
                    status,
                    value,
                    reading.text,
                    value,
                    page=reading.page,
                    line=reading.line,
                    bbox=reading.bbox,
                )
            )
    return facts, flags


def _doubts(table_id: str, key: tuple[str, str], reading: Reading, numeral: Numeral) -> Iterator[Flag]:
    """The flags about one cell's value."""
    assert reading.text is not None
    for kind, severity, message in numeral.doubts:
        yield Flag(kind, severity, message, table_id, *key, reading.page, reading.line, observed=reading.text)
    if numeral.status == "blank":
        message, observed = "the cell is empty or holds a mark for nothing", reading.text.strip() or None
        yield Flag("blank_cell", "info", message, table_id, *key, reading.page, reading.line, observed=observed)
