"""The views of the databases: questions that most people ask first, in SQL that DuckDB and SQLite both understand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class View:
    name: str
    title: str
    title_zh: str
    sql: str


VIEWS = (
    View(
        "standing_facts",
        "The facts of the reports that stand, without those that a newer one supersedes, with the labels of their rows "
        "and columns; `best` is the number that the sums prove or a person decided, else the one printed",
        "现行有效报告的单元格（不含已被取代的报告），附行、列名称；best 为经证明或人工确定的数值，否则为报告所载数值",
        "SELECT f.*, coalesce(f.value_reconciled, f.value) AS best, i.row_label, i.column_label, i.row_meaning, "
        "i.column_meaning FROM facts f JOIN reports r ON r.report_id = f.report_id JOIN indicators i ON i.template = "
        "f.template AND i.table_id = f.table_id AND i.row_id = f.row_id AND i.column_id = f.column_id WHERE "
        "r.superseded_by IS NULL",
    ),
    View(
        "outcomes",
        "What became of the requests: one row a body's year, over all formats",
        "申请的办理结果：每一机关每一年度一行，跨格式可比",
        "SELECT report_id, jurisdiction_code, jurisdiction_name, publisher, publisher_kind, year, received, "
        "carried_in, total_processed, granted, partially_granted, denied, unavailable, unprocessed, other, "
        "carried_out, doubts, reconciled FROM series",
    ),
    View(
        "doubts",
        "Every warning and error, with whose report it is and which file",
        "全部警告与错误，及其所属报告与文件",
        "SELECT r.jurisdiction_name, r.publisher, r.source_path, d.* FROM flags d JOIN reports r ON r.report_id = "
        "d.report_id WHERE d.severity <> 'info'",
    ),
)
