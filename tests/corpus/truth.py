"""What a document of the corpus says, known because we printed it: the truth that a reader is measured against."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pipeline import vocabulary

Key = tuple[str, str, str]  # (table_id, row_id, column_id)

# `absent` stands for any of blank, missing, unreadable: a reader must not find a number there.
STATUSES = ("reported", "blank", "missing", "unreadable", "absent")


@dataclass(frozen=True, slots=True)
class Said:
    """What the document says in one cell of the form.

    `value` is the number as printed (a misprinted digit is the printed value), in the published unit; only for
    `reported`. `settled` is false where a careful reader may find the number or honestly give up: the number or
    any absence is right there, another number is wrong.
    """

    status: str
    value: Decimal | None = None
    settled: bool = True


@dataclass(frozen=True, slots=True)
class Misprint:
    """An arithmetic error put in on purpose: `kind` as in misprints.py, the cells it touched, what they meant."""

    kind: str
    keys: tuple[Key, ...]
    meant: tuple[Decimal, ...]
    printed: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """Whose report a document is, of which year, in which form, and what each cell of that form says.

    `publisher_also` holds the other lawful spellings of the publisher (with or without its parents). `code` is
    None where the document does not say enough to tell one division from another of the same name. `meant` is what each
    cell would hold in the lawful report, before misprints and damage.
    """

    template: str
    year: int
    code: str | None
    publisher: str
    publisher_also: tuple[str, ...]
    publisher_kind: str
    cells: dict[Key, Said]
    damage: tuple[str, ...] = ()
    misprints: tuple[Misprint, ...] = ()
    meant: dict[Key, Decimal] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The truth as plain data; cells in print order as [table, row, column, status, value, settled]."""
        return {
            "template": self.template,
            "year": self.year,
            "code": self.code,
            "publisher": self.publisher,
            "publisher_also": list(self.publisher_also),
            "publisher_kind": self.publisher_kind,
            "damage": list(self.damage),
            "misprints": [
                {
                    "kind": m.kind,
                    "keys": [list(key) for key in m.keys],
                    "meant": [plain(v) for v in m.meant],
                    "printed": [plain(v) for v in m.printed],
                }
                for m in self.misprints
            ],
            "cells": [
                [*key, said.status, None if said.value is None else plain(said.value), said.settled]
                for key, said in self.cells.items()
            ],
        }


def grid(template: str) -> list[Key]:
    """Every cell of a template's three tables, in print order."""
    return [
        (table_id, row_id, column_id)
        for table_id in vocabulary.TABLES
        for row_id, column_id in vocabulary.form(template, table_id).cells()
    ]


def plain(value: Decimal) -> str:
    """A number without exponent and without trailing zeros after the point: 47212, 0.5, -38."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
