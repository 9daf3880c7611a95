"""The data dictionary in English and Chinese, generated from what declares the tables and from the vocabulary.

`python -m pipeline.publish.dictionary` prints docs/dataset.md, which a test holds to this; a release has the same as
Markdown and as one HTML page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from pipeline import vocabulary
from pipeline.publish.columns import Column, Table, declared
from pipeline.publish.crosswalk import crosswalk_rows
from pipeline.publish.schema import SERIES, TABLES, WIDE
from pipeline.publish.wide import wide_cells

RELEASED = (declared("changes"), declared("changed_reports"))
"""The tables that only a release has."""

_NOTE = """<!-- Generated from pipeline/publish/*.csv and pipeline/vocabulary/*.csv: edit those, then write this page by
     python -m pipeline.publish.dictionary > docs/dataset.md -->

"""
_INTRO = """# Data dictionary · 数据字典

- **Null · 空值**: an empty field in CSV, null in Parquet. 0 stands only where 0 is printed.
  CSV中为空字段，Parquet中为null；只有报告印有0的才是0。
- **Types · 类型**: `string`, `integer`, `number` (a double in Parquet, the plain decimal in CSV), `boolean` (`true`,
  `false`), `date` (ISO).
- **Units · 单位**: `count` 件、项、个; `CNY_10k` 万元 (10,000 yuan); `share` 比例 (0–1).
- **Sorted · 排序**: by the key; Parquet by the order named. 按主键排序；Parquet按所列顺序。
- A column marked \\* is never null. 带 \\* 的列不为空。
"""


def docs_page() -> str:
    """docs/dataset.md."""
    return _NOTE + dictionary()


@cache
def dictionary() -> str:
    """The whole dictionary as Markdown."""
    return "\n".join((_INTRO, *_contents(), *_tables(), *_values(), *_crosswalk())).rstrip() + "\n"


@cache
def dictionary_page() -> str:
    """The same as one HTML page that needs nothing else."""
    from markdown_it import MarkdownIt

    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(dictionary())
    for table in (*TABLES, *RELEASED):
        body = body.replace(f"<h2>{table.name}</h2>", f'<h2 id="{table.name}">{table.name}</h2>')
    return _PAGE.replace("BODY", body)


def _contents() -> Iterator[str]:
    yield "| table · 表 | one row is | 每一行是 |\n|---|---|---|"
    for table in TABLES:
        yield f"| [`{table.name}`](#{table.name}) | {_text(_sentence(table.title))} | {_text(table.title_zh)} |"
    yield "\nOnly a release has · 仅发布版包含:\n"
    yield "| table · 表 | one row is | 每一行是 |\n|---|---|---|"
    for table in RELEASED:
        yield f"| [`{table.name}`](#{table.name}) | {_text(_sentence(table.title))} | {_text(table.title_zh)} |"
    yield ""


def _tables() -> Iterator[str]:
    for table in (*TABLES, *RELEASED):
        yield f"## {table.name}\n"
        yield f"{table.title}. {table.title_zh}。\n"
        yield f"- Key · 主键: {_names(table.key)}"
        if table.order != table.key:
            yield f"- Order in Parquet · Parquet排序: {_names(table.order)}"
        if table.partition:
            yield f"- Parquet parted by · 分区: `{table.partition}`"
        for reference in table.references:
            target = f"`{reference.table}`" + (f" ({_names(reference.to)})" if reference.to != reference.fields else "")
            yield f"- {_names(reference.fields)} → {target}"
        yield ""
        if table in WIDE:
            yield from _wide(table)
        else:
            yield from _columns(table.columns)
        yield ""


def _columns(columns: Iterable[Column]) -> Iterator[str]:
    yield "| column · 列 | type · 类型 | 中文 | English |\n|---|---|---|---|"
    for column in columns:
        kind = column.type + (f", {column.unit}" if column.unit else "")
        star = " \\*" if column.required else ""
        values = "" if not column.enum or _told(column) else f" ({', '.join(f'`{value}`' for value in column.enum)})"
        meaning_zh = f"**{_text(column.title_zh)}** {_text(column.meaning_zh)}"
        yield f"| `{column.name}`{star} | {kind} | {meaning_zh} | {_text(column.meaning)}{values} |"


def _told(column: Column) -> bool:
    return all(f"`{value}`" in column.meaning for value in column.enum)


def _wide(table: Table) -> Iterator[str]:
    """A wide table's columns as the rows and columns of the form, which is how people know them."""
    cells = wide_cells(table.name)
    names = {f"{row_id}__{column_id}" for _, row_id, column_id in cells}
    yield from _columns(column for column in table.columns if column.name not in names)
    yield (
        f"\nThen {len(cells)} columns with a number each, one for each cell that the table has in any format: "
        f"`row__column`, such as `{cells[0][1]}__{cells[0][2]}`; null where there is no number, see `facts.status`. "
        f"另有{len(cells)}列数值，每列对应表中一个单元格，列名为 `行__列`；无数值的为空，原因见 `facts.status`。\n"
    )
    yield "| row · 行 | columns · 列 | format · 格式 | 中文 | English |\n|---|---|---|---|---|"
    for row_id, column_ids, templates in _wide_rows(table.name):
        label = vocabulary.form(templates[-1], table.name).label("row", row_id)
        columns = ", ".join(f"`{column_id}`" for column_id in column_ids)
        yield f"| `{row_id}` | {columns} | {', '.join(templates)} | {_text(label.text)} | {_text(label.gloss)} |"
    yield "\n| column · 列 | unit · 单位 | 中文 | English |\n|---|---|---|---|"
    seen = set()
    for template in reversed(vocabulary.TEMPLATES):
        form = vocabulary.form(template, table.name)
        for _, column_id in form.cells():
            if column_id not in seen:
                seen.add(column_id)
                label = form.label("column", column_id)
                yield f"| `{column_id}` | {form.unit(column_id)} | {_text(label.text)} | {_text(label.gloss)} |"


def _wide_rows(table_id: str) -> Iterator[tuple[str, Sequence[str], Sequence[str]]]:
    """The rows of the forms, each with its columns and the formats that have them; twice where the formats differ."""
    forms = {template: vocabulary.form(template, table_id).rows for template in vocabulary.TEMPLATES}
    for row_id in dict.fromkeys(row_id for rows in forms.values() for row_id in rows):
        by_columns: dict[tuple[str, ...], list[str]] = {}
        for template, rows in forms.items():
            if row_id in rows:
                by_columns.setdefault(rows[row_id], []).append(template)
        for columns, templates in by_columns.items():
            yield row_id, columns, templates


def _values() -> Iterator[str]:
    yield "## Kinds of flag · 疑点类别\n"
    yield "The usual severity; `flags.severity` says how much one matters. 通常程度；具体以 `flags.severity` 为准。\n"
    yield "| kind · 类别 | group · 组 | severity · 程度 | 中文 | English |\n|---|---|---|---|---|"
    for kind in vocabulary.flag_kinds().values():
        yield f"| `{kind.kind}` | {kind.group} | {kind.severity} | {_text(kind.gloss_zh)} | {_text(kind.gloss)} |"
    yield ""


def _crosswalk() -> Iterator[str]:
    rows = crosswalk_rows()
    same = sum(row[4] == "same" for row in rows) // len(vocabulary.TEMPLATES)
    yield "## What the formats have in common · 两种格式的对应\n"
    yield (
        f"{same} cells are the same in the formats of 2019 and 2021; `series` has the totals of those, and "
        f"{len(_summed())} sums ({', '.join(f'`{name}`' for name in _summed())}). Of the others, see `crosswalk`: "
        f"两种格式中有{same}个单元格相同；其余对应如下：\n"
    )
    yield "| format · 格式 | cells · 单元格 | relation · 关系 | the other's · 对应 | 中文 | English |"
    yield "|---|---|---|---|---|---|"
    grouped: dict[tuple[str, ...], list[str]] = {}
    for template, _, row_id, column_id, relation, counterpart, _, reason, reason_zh in rows:
        if relation in ("sum", "part"):  # the same for every column of the row
            counterpart = ";".join(dict.fromkeys(each.partition(".")[0] for each in counterpart.split(";")))
        if relation != "same":
            key = (template, relation, counterpart or "", reason_zh, reason)
            cells = grouped.setdefault(key, [])
            name = row_id if relation in ("sum", "part") else f"{row_id}.{column_id}"
            if name not in cells:
                cells.append(name)
    for (template, relation, counterpart, reason_zh, reason), cells in sorted(grouped.items()):
        others = ", ".join(f"`{each}`" for each in counterpart.split(";") if each)
        told = f"{_text(reason_zh)} | {_text(reason)}"
        yield f"| {template} | {', '.join(f'`{cell}`' for cell in cells)} | {relation} | {others} | {told} |"


def _summed() -> list[str]:
    return [column.name for column in SERIES.columns if " + " in column.meaning]


def _sentence(title: str) -> str:
    return title.removeprefix("One row is ")


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _text(text: str) -> str:
    """Text as a cell of a Markdown table; what would be markup is not, but for code in backticks."""
    return text.replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")


_PAGE = """<!doctype html>
<html lang="zh">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Data dictionary · 数据字典</title>
<style>
body { font: 16px/1.6 system-ui, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif; color: #1d2733;
  background: #fff; margin: 0 auto; padding: 1.5rem; max-width: 76rem; }
h1, h2 { line-height: 1.25; } h2 { margin-top: 3rem; border-top: 1px solid #d5dbe1; padding-top: 1.5rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; font-size: .9rem; }
th, td { border-bottom: 1px solid #e3e8ed; padding: .35rem .75rem .35rem 0; text-align: left; vertical-align: top; }
th { color: #55626f; font-weight: 600; } td:first-child code { white-space: nowrap; }
code { background: #f2f5f7; border-radius: 3px; padding: .05em .3em; font-size: .95em; } a { color: #0b5cad; }
@media print { body { font-size: 10pt; padding: 0; max-width: none; } table { display: table; } }
</style>
</head>
<body>
BODY</body>
</html>
"""

if __name__ == "__main__":
    print(docs_page(), end="")
