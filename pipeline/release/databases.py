"""The published tables as one DuckDB file and as one SQLite file, each with keys, comments and the same views.

Both are built from the Parquet files, a batch at a time. The same tables give the same SQLite file byte for byte, as
long as the version of SQLite is the same; DuckDB promises no such thing, so its file is checksummed and no more.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from pipeline.publish.columns import Column, Table
from pipeline.release.views import VIEWS

_ROWS = 20_000  # written to SQLite at a time
_MEMORY = "2GB"  # what DuckDB may hold
_DUCKDB_TYPES = {"string": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE"}
_SQLITE_TYPES = {"string": "TEXT", "integer": "INTEGER", "number": "REAL", "boolean": "INTEGER", "date": "TEXT"}
_INDEXES = {  # what people look for; one cell of all bodies is a column of the wide tables, and needs none
    "facts": (("jurisdiction_code", "year"),),
    "flags": (("kind",), ("jurisdiction_code", "year")),
    "reports": (("jurisdiction_code", "year"), ("publisher",)),
    "series": (("jurisdiction_code", "year"),),
}


class NoDuckDB(Exception):
    """The library duckdb is not installed; says how to."""


def connect(path: Path | str = ":memory:", spill: Path | None = None) -> Any:
    """A DuckDB connection that holds to two threads and `_MEMORY`, and spills to `spill`. Raises NoDuckDB."""
    try:
        import duckdb
    except ImportError:
        raise NoDuckDB('a release is built with DuckDB: pip install "gongkai[dataset]"') from None
    settings: dict[str, Any] = {"threads": 2, "memory_limit": _MEMORY}
    if spill is not None:
        settings["temp_directory"] = str(spill)
    return duckdb.connect(str(path), config=settings)


def build_duckdb(folder: Path, tables: Sequence[Table], about: Mapping[str, str], path: Path) -> None:
    """Write `path`, a DuckDB file of the `tables` that lie in `folder` as Parquet."""
    with connect(path, path.parent.parent) as database:
        database.execute("BEGIN")
        for table in tables:
            columns = ", ".join(f"{_quoted(c.name)} {_DUCKDB_TYPES[c.type]}{_not_null(c)}" for c in table.columns)
            # A key of many million rows would be held in memory whole: the facts are sorted instead.
            key = "" if table.partition else f", PRIMARY KEY ({_names(table.key)})"
            database.execute(f"CREATE TABLE {_quoted(table.name)} ({columns}{key})")
            if source := _source(folder, table):
                order = f" ORDER BY {_names(table.order)}" if table.partition else ""
                names = _names(table.names)
                database.execute(f"INSERT INTO {_quoted(table.name)} SELECT {names} FROM {source}{order}")
            _comment(database, "TABLE", table.name, table.title, table.title_zh)
            for column in table.columns:
                place = f"{_quoted(table.name)}.{_quoted(column.name)}"
                text = _literal(f"{column.meaning} · {column.meaning_zh}")
                database.execute(f"COMMENT ON COLUMN {place} IS {text}")
        database.execute("CREATE TABLE about (key VARCHAR PRIMARY KEY, value VARCHAR NOT NULL)")
        database.executemany("INSERT INTO about VALUES (?, ?)", sorted(about.items()))
        for view in VIEWS:
            database.execute(f"CREATE VIEW {view.name} AS {view.sql}")
            _comment(database, "VIEW", view.name, view.title, view.title_zh)
        database.execute("COMMIT")
        database.execute("CHECKPOINT")


def build_sqlite(folder: Path, tables: Sequence[Table], about: Mapping[str, str], path: Path) -> None:
    """Write `path`, a SQLite file of the same, with primary and foreign keys; Datasette shows it as it is.

    Raises ValueError where a row refers to one that is not there.
    """
    with connect(spill=folder.parent) as source, closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA page_size = 8192")
        database.execute("PRAGMA journal_mode = OFF")  # a file that is not finished is thrown away
        database.execute("PRAGMA synchronous = OFF")
        for table in tables:
            database.execute(_sqlite_table(table))
            marks = ", ".join("?" * len(table.columns))
            for rows in _rows(source, folder, table):
                database.executemany(f"INSERT INTO {_quoted(table.name)} VALUES ({marks})", rows)
            for columns in _INDEXES.get(table.name, ()):
                name = f"{table.name}_by_{'_'.join(columns)}"
                database.execute(f"CREATE INDEX {name} ON {_quoted(table.name)} ({_names(columns)})")
        database.execute("CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
        database.executemany("INSERT INTO about VALUES (?, ?)", sorted(about.items()))
        for view in VIEWS:
            database.execute(f"CREATE VIEW {view.name} AS {view.sql}")
        database.execute("ANALYZE")
        if lost := database.execute("PRAGMA foreign_key_check").fetchone():
            raise ValueError(f"a row of {lost[0]} refers to one of {lost[2]} that is not there")


def _sqlite_table(table: Table) -> str:
    # The facts come sorted by their key: kept by it, they need no second tree of many million rows to be found in. In
    # such a table SQLite 3.40 takes NOT NULL columns for null where there are none, when it checks the file.
    kept_by_key = table.partition is not None
    parts = []
    for column in table.columns:
        rule = "" if kept_by_key else _not_null(column)
        parts.append(f"{_quoted(column.name)} {_SQLITE_TYPES[column.type]}{rule}")
    parts.append(f"PRIMARY KEY ({_names(table.key)})")
    for reference in table.references:
        target = f"{_quoted(reference.table)} ({_names(reference.to)})"
        parts.append(f"FOREIGN KEY ({_names(reference.fields)}) REFERENCES {target}")
    end = " WITHOUT ROWID" if kept_by_key else ""
    return f"CREATE TABLE {_quoted(table.name)} (\n  " + ",\n  ".join(parts) + f"\n){end}"


def _rows(database: Any, folder: Path, table: Table) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a table as SQLite takes them, dates as ISO text, sorted by the key."""
    source = _source(folder, table)
    if not source:
        return
    dates = [i for i, column in enumerate(table.columns) if column.type == "date"]
    order = f" ORDER BY {_names(table.key)}" if table.partition else ""
    found = database.execute(f"SELECT {_names(table.names)} FROM {source}{order}")
    while rows := found.fetchmany(_ROWS):
        for i in dates:
            rows = [(*row[:i], row[i] and row[i].isoformat(), *row[i + 1 :]) for row in rows]
        yield rows


def _source(folder: Path, table: Table) -> str:
    """The Parquet files of a table as DuckDB reads them; empty for a parted one without parts."""
    if not table.partition:
        return f"read_parquet({_literal(str(folder / f'{table.name}.parquet'))})"
    if not any((folder / table.name).glob("*/*.parquet")):
        return ""
    return f"read_parquet({_literal(str(folder / table.name / '*/*.parquet'))}, hive_partitioning = true)"


def _comment(database: Any, kind: str, name: str, title: str, title_zh: str) -> None:
    database.execute(f"COMMENT ON {kind} {_quoted(name)} IS {_literal(f'{title} · {title_zh}')}")


def _not_null(column: Column) -> str:
    return " NOT NULL" if column.required else ""


def _names(names: Sequence[str]) -> str:
    return ", ".join(map(_quoted, names))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
