"""What changed since the release before: cell by cell, with the old number, the new one, and why.

Two releases are held against each other by their Parquet files alone. A report is known by its bytes: where those are
the same and a number is not, the program reads it otherwise, or a person corrected it. Where another file stands for a
publisher and year, its cells are held against those of the one that stood before: the source changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipeline.publish.columns import Table, declared
from pipeline.publish.csv_file import CsvFile
from pipeline.publish.parquet_file import ParquetFile
from pipeline.release.databases import connect

CHANGES = declared("changes")
CHANGED_REPORTS = declared("changed_reports")
_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Counts:
    """How many cells changed, by why; how many reports did, by how; and the reports with most changed cells, as
    (publisher, year, cells)."""

    cells: Mapping[str, int]
    reports: Mapping[str, int]
    most: tuple[tuple[str, int | None, int], ...] = ()


def write_changes(before: Path | None, now: Path, folder: Path) -> Counts:
    """Write the tables `changes` and `changed_reports` below `folder`, as CSV and Parquet, and count them.

    `before` is the folder of the release before; None for the first, whose tables are empty. Raises duckdb.Error for a
    folder that is no release.
    """
    with connect(spill=folder.parent) as database:
        _open(database, "now", now)
        _open(database, "was", before or now)
        for statement in _STATEMENTS:
            database.execute(statement)
        for table in (CHANGES, CHANGED_REPORTS):
            if before is None:
                database.execute(f"DELETE FROM {table.name}")
            _write(database, table, folder)
        cells = dict(database.execute("SELECT why, count(*) FROM changes GROUP BY 1 ORDER BY 1").fetchall())
        by = "SELECT change, count(*) FROM changed_reports GROUP BY 1 ORDER BY 1"
        reports = dict(database.execute(by).fetchall())
        most = database.execute(
            "SELECT coalesce(publisher, report_id), year, count(*) FROM changes GROUP BY 1, 2, report_id "
            "ORDER BY 3 DESC, report_id LIMIT 10"
        ).fetchall()
    return Counts(cells, reports, tuple(most))


def _open(database: Any, schema: str, folder: Path) -> None:
    """The facts and reports of a release as views of `schema`. A release may be without any fact."""
    place = str(folder).replace("'", "''")
    database.execute(f"CREATE SCHEMA {schema}")
    database.execute(f"CREATE VIEW {schema}.reports AS SELECT * FROM read_parquet('{place}/reports.parquet')")
    if any((folder / "facts").glob("*/*.parquet")):
        source = f"SELECT * FROM read_parquet('{place}/facts/*/*.parquet', hive_partitioning = true)"
    else:
        source = f"SELECT * FROM read_csv('{place}/facts.csv', all_varchar = true, header = true)"
    database.execute(f"CREATE VIEW {schema}.facts AS {source}")


def _write(database: Any, table: Table, folder: Path) -> None:
    numbers = [i for i, column in enumerate(table.columns) if column.type == "number"]
    found = database.execute(f"SELECT {', '.join(table.names)} FROM {table.name} ORDER BY {', '.join(table.key)}")
    with (
        closing(CsvFile(table, folder / f"{table.name}.csv")) as text,
        closing(ParquetFile(table, folder / f"{table.name}.parquet")) as parquet,
    ):
        while rows := found.fetchmany(_ROWS):
            for i in numbers:
                rows = [(*r[:i], None if r[i] is None else Decimal(repr(r[i])), *r[i + 1 :]) for r in rows]
            text.add(rows)
            parquet.add(rows)


_SUBJECT = "document_type, coalesce(jurisdiction_code, ''), publisher, year"
_CELL = "table_id, row_id, column_id"
_DIGEST = (
    "sum(hash(template, table_id, row_id, column_id, status, value, value_reconciled, corrected, correction_reason))"
)

_STATEMENTS = (
    # Of most reports nothing changed: they are told by one number each, and their cells are never joined.
    f"""
    CREATE TEMP TABLE same AS
    SELECT report_id FROM (SELECT report_id, {_DIGEST} AS digest FROM was.facts GROUP BY 1)
    JOIN (SELECT report_id, {_DIGEST} AS digest_now FROM now.facts GROUP BY 1) USING (report_id)
    WHERE digest = digest_now
    """,
    # The reports that stand for a publisher and year, where another one does now than did.
    f"""
    CREATE TEMP TABLE stands AS
    WITH old AS (SELECT report_id, ({_SUBJECT})::VARCHAR AS subject FROM was.reports
                 WHERE superseded_by IS NULL AND publisher IS NOT NULL AND year IS NOT NULL AND n_facts > 0),
         new AS (SELECT report_id, ({_SUBJECT})::VARCHAR AS subject FROM now.reports
                 WHERE superseded_by IS NULL AND publisher IS NOT NULL AND year IS NOT NULL AND n_facts > 0)
    SELECT min(old.report_id) AS report_id_before, min(new.report_id) AS report_id
    FROM old JOIN new USING (subject)
    GROUP BY subject HAVING count(*) = 1 AND min(old.report_id) <> min(new.report_id)
    """,
    """
    CREATE TEMP TABLE pairs AS
    SELECT report_id AS report_id_before, report_id, false AS another
    FROM was.reports JOIN now.reports USING (report_id)
    WHERE report_id NOT IN (SELECT report_id FROM same)
    UNION ALL SELECT report_id_before, report_id, true FROM stands
    """,
    f"""
    CREATE TEMP TABLE cells AS
    WITH old AS (SELECT p.report_id_before, p.report_id, p.another, f.* EXCLUDE (report_id)
                 FROM pairs p JOIN was.facts f ON f.report_id = p.report_id_before),
         new AS (SELECT p.report_id_before, p.report_id, p.another, f.* EXCLUDE (report_id)
                 FROM pairs p JOIN now.facts f ON f.report_id = p.report_id)
    SELECT report_id_before, report_id, another, {_CELL},
        old.status AS status_before, new.status AS status,
        old.value::DOUBLE AS value_before, new.value::DOUBLE AS value,
        old.value_reconciled::DOUBLE AS value_reconciled_before, new.value_reconciled::DOUBLE AS value_reconciled,
        old.corrected IS DISTINCT FROM new.corrected
            OR old.correction_reason IS DISTINCT FROM new.correction_reason AS decided,
        coalesce(new.correction_reason, 'withdrawn: ' || old.correction_reason) AS reason
    FROM old FULL JOIN new USING (report_id_before, report_id, another, {_CELL})
    """,
    f"""
    CREATE TEMP TABLE changes AS
    WITH persons AS (SELECT report_id, string_agg(DISTINCT reason, '; ' ORDER BY reason) AS reasons
                     FROM cells WHERE decided AND NOT another GROUP BY 1)
    SELECT c.report_id, c.report_id_before, r.jurisdiction_code, r.publisher, r.year, {_CELL},
        c.status_before, c.status, c.value_before, c.value, c.value_reconciled_before, c.value_reconciled,
        CASE WHEN another THEN 'source'
             WHEN decided THEN 'correction'
             WHEN persons.reasons IS NOT NULL AND c.status_before IS NOT DISTINCT FROM c.status
                  AND c.value_before IS NOT DISTINCT FROM c.value THEN 'correction'
             ELSE 'extractor' END AS why,
        CASE WHEN another THEN NULL
             WHEN decided THEN c.reason
             WHEN persons.reasons IS NOT NULL AND c.status_before IS NOT DISTINCT FROM c.status
                  AND c.value_before IS NOT DISTINCT FROM c.value THEN 'follows from: ' || persons.reasons
             ELSE b.extractor_version || ' → ' || r.extractor_version END AS because
    FROM cells c JOIN now.reports r USING (report_id)
        JOIN was.reports b ON b.report_id = c.report_id_before LEFT JOIN persons USING (report_id)
    WHERE decided OR status_before IS DISTINCT FROM status OR value_before IS DISTINCT FROM value
        OR value_reconciled_before IS DISTINCT FROM value_reconciled
    """,
    """
    CREATE TEMP TABLE changed_reports AS
    WITH told AS (
        SELECT n.*, o.report_id IS NULL AS is_new, s.report_id_before,
            concat_ws(', ', o.publisher, o.year, o.jurisdiction_code, o.document_type, o.disposition) AS told_before,
            concat_ws(', ', n.publisher, n.year, n.jurisdiction_code, n.document_type, n.disposition) AS told_now
        FROM now.reports n LEFT JOIN was.reports o USING (report_id) LEFT JOIN stands s USING (report_id)
    ), found AS (
        SELECT report_id, CASE WHEN report_id_before IS NOT NULL THEN 'replaced' WHEN is_new THEN 'added'
                ELSE 'described' END AS change,
            jurisdiction_code, publisher, year, source_path,
            CASE WHEN report_id_before IS NOT NULL THEN report_id_before WHEN NOT is_new THEN told_before END AS before,
            CASE WHEN disposition = 'set_aside' THEN reason WHEN NOT is_new AND report_id_before IS NULL THEN told_now
                END AS because
        FROM told WHERE is_new OR report_id_before IS NOT NULL OR told_before <> told_now
        UNION ALL
        SELECT report_id, 'gone', jurisdiction_code, publisher, year, source_path, NULL,
            CASE WHEN report_id IN (SELECT report_id_before FROM stands) THEN 'another file stands in its place' END
        FROM was.reports WHERE report_id NOT IN (SELECT report_id FROM now.reports)
    )
    SELECT found.*, coalesce(n, 0) AS cells
    FROM found LEFT JOIN (SELECT report_id, count(*) AS n FROM changes GROUP BY 1) USING (report_id)
    """,
)
