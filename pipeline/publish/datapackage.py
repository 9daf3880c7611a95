"""datapackage.json: the Frictionless description of the published tables, generated from the declared columns.

Facts about the files (bytes, sha256) are in it, so a reader can tell that what lies before it belongs together; it is
switched last. Time and machine are not. Specification: Data Package, Frictionless Data; what it has no word for
(Chinese titles, units, the files of a parted table) stands in properties of our own, which it allows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline import vocabulary
from pipeline.publish.columns import Column, Table
from pipeline.publish.schema import NO_YEAR, TABLES
from pipeline.version import program_version

NAME = "gongkai"
TITLE = "China's open-government-information annual reports"
TITLE_ZH = "政府信息公开工作年度报告数据集"
DESCRIPTION = (
    "The statutory tables of 政府信息公开工作年度报告 (annual reports on open government information), one row a "
    "cell, with the doubts about each. Numbers stand as published; `value_reconciled` says what the tables' own sums "
    "prove a wrong one must have been."
)
DESCRIPTION_ZH = (
    "政府信息公开工作年度报告法定表格数据，逐格一行，并附每一格的疑点。数值以报告所载为准；"
    "表内勾稽关系证明有误的，其应有数值另列于 value_reconciled。"
)
LICENCE = {
    "name": "CC-BY-4.0",
    "title": "Creative Commons Attribution 4.0 International",
    "path": "https://creativecommons.org/licenses/by/4.0/",
}
KEYWORDS = ("政府信息公开", "年度报告", "依申请公开", "open government information", "freedom of information", "China")
SOURCES = (
    "政府信息公开工作年度报告 (《中华人民共和国政府信息公开条例》 第四十九条、第五十条)",
    "国办公开办函〔2019〕60号 (format of the reports on 2019 and 2020)",
    "国办公开办函〔2021〕30号 (format of the reports on 2021 and later)",
)


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is known of a published file: its length, the sha256 of its bytes, and its time for cheap comparison."""

    bytes: int
    sha256: str
    mtime_ns: int


def content_digest(tables: Mapping[str, str]) -> str:
    """The digest of the rows of all tables, of which a digest each is given by name. The same rows give the same one,
    on every machine and by every version of the libraries that write them."""
    lines = (f"{name} {digest}\n" for name, digest in sorted(tables.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def describe(files: Mapping[str, FileFacts], content: str) -> str:
    """The text of datapackage.json for the published `files` (name relative to OUT → facts), whose rows have the
    digest `content`. Its version is that of the program and the digest's first 12 places."""
    resources = [resource for table in TABLES for resource in resources_of(table, files)]
    return printed_package(f"{program_version()}+{content[:12]}", content, resources)


def printed_package(version: str, content: str, resources: Iterable[Mapping[str, Any]], **more: Any) -> str:
    """The text of a datapackage.json; `more` are further properties of the package."""
    package = {
        "name": NAME,
        "title": TITLE,
        "title_zh": TITLE_ZH,
        "description": DESCRIPTION,
        "description_zh": DESCRIPTION_ZH,
        "version": version,
        "content": f"sha256:{content}",
        **more,
        "keywords": list(KEYWORDS),
        "licenses": [LICENCE],
        "contributors": [{"title": "The gongkai project", "role": "author"}],
        "sources": [{"title": source} for source in SOURCES],
        "resources": list(resources),
    }
    return json.dumps(package, ensure_ascii=False, indent=1) + "\n"


def resources_of(table: Table, files: Mapping[str, FileFacts]) -> list[dict[str, Any]]:
    """The resources of one table: its CSV file, and its Parquet file or files."""
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
                f"recognised. Sorted by {', '.join(table.order)}."
            )
        else:
            # Without bounds: frictionless reads a null number of Parquet as NaN, which lies within none.
            parquet["schema"] = _schema(replace(table, columns=tuple(_unbounded(each) for each in table.columns)))
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
    if table.references:
        schema["foreignKeys"] = [
            {
                "fields": list(reference.fields),
                # the empty name is the specification's for the table itself
                "reference": {
                    "resource": "" if reference.table == table.name else reference.table,
                    "fields": list(reference.to),
                },
            }
            for reference in table.references
        ]
    return schema


def _unbounded(column: Column) -> Column:
    return replace(column, minimum=None, maximum=None) if column.type == "number" else column


def _field(table: Table, column: Column) -> dict[str, Any]:
    field: dict[str, Any] = {
        "name": column.name,
        "type": column.type,
        "title": column.title,
        "title_zh": column.title_zh,
        "description": column.meaning,
        "description_zh": column.meaning_zh,
    }
    if column.unit:
        field["unit"] = column.unit
    categories = _categories(table, column)
    enum = column.enum or tuple(category["value"] for category in categories)
    constraints: dict[str, Any] = {}
    if column.required:
        constraints["required"] = True
    if enum:
        constraints["enum"] = list(enum)
    if column.pattern:
        constraints["pattern"] = column.pattern
    if column.minimum is not None:
        constraints["minimum"] = column.minimum
    if column.maximum is not None:
        constraints["maximum"] = column.maximum
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
