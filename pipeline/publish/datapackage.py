"""datapackage.json: the Frictionless description of the published tables, generated from the declared columns.

Facts about the files (bytes, sha256) are in it, so a reader can tell that what lies before it belongs together; it is
switched last. Time and machine are not. Specification: Data Package, Frictionless Data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline import vocabulary
from pipeline.publish.schema import NO_YEAR, REPORTS, TABLES, Column, Table
from pipeline.version import program_version


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is known of a published file: its length, the sha256 of its bytes, and its time for cheap comparison."""

    bytes: int
    sha256: str
    mtime_ns: int


def describe(files: Mapping[str, FileFacts]) -> str:
    """The text of datapackage.json for the published `files` (name relative to OUT → facts)."""
    resources = [resource for table in TABLES for resource in _resources(table, files)]
    package = {
        "name": "gongkai",
        "title": "China's open-government-information annual reports",
        "description": (
            "The statutory tables of 政府信息公开工作年度报告 (annual reports on open government information), one row "
            "a cell, with the doubts about each. Numbers stand as published; `value_reconciled` says what the tables' "
            "own sums prove a wrong one must have been. "
            "政府信息公开工作年度报告法定表格数据，逐格一行，并附每一格的疑点。"
        ),
        "version": program_version(),
        "keywords": ["政府信息公开", "年度报告", "open government information", "China"],
        "sources": [
            {"title": "政府信息公开工作年度报告 (《中华人民共和国政府信息公开条例》 第四十九条、第五十条)"},
            {"title": "国办公开办函〔2019〕60号 (format of the reports on 2019 and 2020)"},
            {"title": "国办公开办函〔2021〕30号 (format of the reports on 2021 and later)"},
        ],
        "resources": resources,
    }
    return json.dumps(package, ensure_ascii=False, indent=2) + "\n"


def _resources(table: Table, files: Mapping[str, FileFacts]) -> list[dict[str, Any]]:
    about = {"title": table.title, "title_zh": table.title_zh}
    found = []
    if table.csv:
        name = f"{table.name}.csv"
        found.append(
            {
                "name": table.name,
                "type": "table",
                **about,
                "path": name,
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "dialect": {"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "doubleQuote": True},
                **_measure(files, name),
                "schema": _schema(table),
            }
        )
    parts = [n for n in sorted(files) if n == f"{table.name}.parquet" or n.startswith(f"{table.name}/")]
    if parts:
        parquet: dict[str, Any] = {
            "name": f"{table.name}-parquet" if table.csv else table.name,
            "type": "file" if table.partition else "table",
            **about,
            "path": parts if table.partition else parts[0],
            "format": "parquet",
            "mediatype": "application/vnd.apache.parquet",
        }
        if table.partition:
            parquet["description"] = (
                f"The rows of {table.name}.csv, one file for each {table.partition}, which is the name of its folder "
                f"and not a column of the file: read the folder {table.name}/ whole. {NO_YEAR} stands for a year not "
                "recognised."
            )
        else:
            parquet["schema"] = _schema(table)
        # Not as `bytes` and `hash` of the resource: validators compare those only with text that they read themselves.
        parquet["files"] = [{"path": part, **_measure(files, part)} for part in parts]
        found.append(parquet)
    return found


def _measure(files: Mapping[str, FileFacts], name: str) -> dict[str, Any]:
    return {"bytes": files[name].bytes, "hash": f"sha256:{files[name].sha256}"} if name in files else {}


def _schema(table: Table) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "fields": [_field(table, column) for column in table.columns],
        "primaryKey": list(table.key),
        "missingValues": [""],
    }
    if table.reports:
        reference = {"resource": REPORTS.name, "fields": ["report_id"]}
        schema["foreignKeys"] = [{"fields": ["report_id"], "reference": reference}]
    return schema


def _field(table: Table, column: Column) -> dict[str, Any]:
    field: dict[str, Any] = {
        "name": column.name,
        "type": column.type,
        "title": column.name.replace("_", " "),
        "title_zh": column.title_zh,
        "description": column.meaning,
    }
    categories = _categories(table, column)
    enum = column.enum or tuple(category["value"] for category in categories)
    constraints: dict[str, Any] = {}
    if column.required:
        constraints["required"] = True
    if enum:
        constraints["enum"] = list(enum)
    if column.pattern:
        constraints["pattern"] = column.pattern
    if constraints:
        field["constraints"] = constraints
    if categories:
        field["categories"] = categories
    return field


def _categories(table: Table, column: Column) -> list[dict[str, str]]:
    """The values that the vocabulary declares for a column, with their meaning; none for an open column."""
    if table.name == "flags" and column.name == "kind":
        return [
            {"value": kind.kind, "label": kind.gloss, "label_zh": kind.gloss_zh}
            for kind in vocabulary.flag_kinds().values()
        ]
    return []
