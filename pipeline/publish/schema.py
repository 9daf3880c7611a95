"""The published tables: names, columns, types, units, keys and what each column means.

The one declaration behind CSV, Parquet, the databases, datapackage.json and the data dictionary. Names and types follow
the dataset's contract; a column may be added at the end of a table, never renamed or moved. What is declared is in
tables.csv and columns.csv, the columns of wide tables follow from the vocabulary (`wide`).
"""

from __future__ import annotations

from pipeline.publish.columns import Column, Reference, Table, declared
from pipeline.publish.wide import SERIES, WIDE

__all__ = [
    "CLAIMS",
    "CROSSWALK",
    "FACTS",
    "FLAGS",
    "INDICATORS",
    "NO_YEAR",
    "PACKAGE",
    "PART",
    "REPORTS",
    "SECTIONS",
    "SERIES",
    "STATUSES",
    "TABLES",
    "TASKS",
    "WIDE",
    "Column",
    "Reference",
    "Table",
    "published_names",
]

NO_YEAR = 0
"""What `facts.year` says for a report whose year was not recognised (`reports.year` is null there).

A partition needs a value: pandas cannot read a partitioned folder that has a null one."""

FACTS = declared("facts")
REPORTS = declared("reports")
FLAGS = declared("flags")
CLAIMS = declared("claims")
SECTIONS = declared("sections")
TASKS = declared("tasks")
INDICATORS = declared("indicators")
CROSSWALK = declared("crosswalk")
STATUSES = FACTS.column("status").enum

TABLES = (FACTS, REPORTS, FLAGS, CLAIMS, SECTIONS, TASKS, *WIDE, SERIES, INDICATORS, CROSSWALK)
PACKAGE = "datapackage.json"
PART = "facts.parquet"
"""The name of the one file in each partition of a parted table."""


def published_names() -> tuple[str, ...]:
    """Every name directly below OUT that the program owns, whether or not it is there."""
    names = [PACKAGE]
    for table in TABLES:
        names.append(table.name if table.partition else f"{table.name}.parquet")
        if table.csv:
            names.append(f"{table.name}.csv")
    return tuple(sorted(names))
