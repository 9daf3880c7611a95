"""The published tables as data: names, columns, types, units, keys and what each column means.

The one declaration behind CSV, Parquet and datapackage.json. Names and types follow the dataset's contract; a column
may be added at the end of a table, never renamed or moved.
"""

from __future__ import annotations

from dataclasses import dataclass

DISPOSITIONS = ("extracted", "partial", "set_aside")
DOCUMENT_TYPES = ("annual_report", "work_plan", "other")
PUBLISHER_KINDS = ("government", "office", "department", "township", "other")
SEVERITIES = ("info", "warning", "error")
STATUSES = ("reported", "blank", "missing", "unreadable")
UNITS = ("count", "CNY_10k")
ATTRIBUTIONS = ("source", "extraction", "ocr", "undecided")
VERDICTS = ("agrees", "disagrees", "not_comparable")

NO_YEAR = 0
"""What `facts.year` says for a report whose year was not recognised (`reports.year` is null there).

A partition needs a value: pandas cannot read a partitioned folder that has a null one."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `type` is string, integer, number, boolean or date; `meaning` is for people, in English."""

    name: str
    type: str
    title_zh: str
    meaning: str
    required: bool = False
    enum: tuple[str, ...] = ()
    pattern: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A published table. Rows are sorted by `key`, which is unique; `partition` is the column that Parquet files are
    parted by, if any; `csv` says whether a CSV file is published beside the Parquet."""

    name: str
    title: str
    title_zh: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    csv: bool = True
    partition: str | None = None
    reports: bool = True  # whether report_id refers to the table of reports

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


_REPORT_ID = Column(
    "report_id",
    "string",
    "报告编号",
    "the report's stable id: the same file content has the same id on every machine",
    required=True,
    pattern=r"^[0-9a-u][0-9a-f]{15}$",
)
_POSITION = Column("position", "integer", "序号", "1-based place of the row within its report", required=True)
_CODE = Column(
    "jurisdiction_code",
    "string",
    "行政区划代码",
    "GB/T 2260 code valid in the reported year, e.g. 371302; null when it could not be told",
    pattern=r"^\d{6}$",
)
_NAME = Column(
    "jurisdiction_name",
    "string",
    "行政区划名称",
    "the division's full official name with its parents, e.g. 山东省临沂市兰山区",
)
_YEAR = Column("year", "integer", "报告年度", "the year reported on, not the year of publication")
_PUBLISHER = Column(
    "publisher",
    "string",
    "发布机关",
    "whose report it is, as its title or imprint names it, corrected where OCR misread it",
)
_PUBLISHER_KIND = Column(
    "publisher_kind", "string", "机关类别", "what kind of body the publisher is", enum=PUBLISHER_KINDS
)
_PAGE = Column("page", "integer", "页码", "1-based page in the source, where the format has pages")
_LINE = Column("line", "integer", "行号", "1-based line of the source, for text formats")

_INDICATOR = (
    Column("template", "string", "格式", "the official format the cell belongs to: 2019 or 2021", required=True),
    Column("table_id", "string", "表", "the statutory table", required=True),
    Column("row_id", "string", "行", "the row of the table; see the table `indicators`", required=True),
    Column("column_id", "string", "列", "the column of the table; see the table `indicators`", required=True),
)

FACTS = Table(
    "facts",
    "One row is one published cell of a statutory table",
    "法定表格的每一个单元格",
    ("report_id", "table_id", "row_id", "column_id"),
    (
        _REPORT_ID,
        _CODE,
        _NAME,
        Column(
            "year",
            "integer",
            "报告年度",
            f"the year reported on, not the year of publication; {NO_YEAR} when it was not recognised",
            required=True,
        ),
        _PUBLISHER,
        _PUBLISHER_KIND,
        *_INDICATOR,
        Column("value", "number", "数值", "the number as published, in `unit`; null unless `status` is `reported`"),
        Column("unit", "string", "单位", "`count`, or `CNY_10k` (万元, 10,000 yuan)", required=True, enum=UNITS),
        Column("value_raw", "string", "原文", "the cell's text as found"),
        Column(
            "status",
            "string",
            "状态",
            "`reported`; `blank` (the cell is there and empty, or holds only a dash, a slash or 无); `missing` (the "
            "table lacks the cell); `unreadable` (text that is no number, or not surely this cell's)",
            required=True,
            enum=STATUSES,
        ),
        Column(
            "value_reconciled",
            "number",
            "校正值",
            "`value`, or what the accounting identities prove it must be when they leave one answer only; `corrected` "
            "where a person corrected it",
        ),
        Column(
            "verified",
            "boolean",
            "已验证",
            "whether at least two independent identities that hold contain this cell",
            required=True,
        ),
        _PAGE,
        Column(
            "flags",
            "string",
            "疑点",
            "the kinds of flag that touch this cell, sorted, `;` between them; empty when none",
        ),
        _LINE,
        Column("corrected", "number", "人工更正值", "what a person decided it is, in `unit`; null where nobody did"),
        Column("correction_reason", "string", "更正理由", "why it was corrected, or confirmed as printed"),
    ),
    partition="year",
)

REPORTS = Table(
    "reports",
    "One row is one source file, also those set aside",
    "每一份来源文件，包括未采用的文件",
    ("report_id",),
    (
        _REPORT_ID,
        Column("source_path", "string", "来源路径", "the file, relative to INPUT", required=True),
        Column("source_url", "string", "来源网址", "where it was published, if the file says so"),
        Column(
            "sha256",
            "string",
            "SHA-256",
            "of the file's bytes; null when they could not be read",
            pattern=r"^[0-9a-f]{64}$",
        ),
        Column("format", "string", "文件格式", "the format that the content has, whatever the file's ending"),
        Column("document_type", "string", "文件类型", "what the document is", required=True, enum=DOCUMENT_TYPES),
        Column(
            "disposition",
            "string",
            "处理结果",
            "`extracted`; `partial` (something that should be there could not be had); `set_aside` (no data; see "
            "`reason`)",
            required=True,
            enum=DISPOSITIONS,
        ),
        Column("reason", "string", "原因", "why the file was set aside or is partial"),
        Column("title", "string", "标题", "the document's title"),
        _CODE,
        _NAME,
        _YEAR,
        _PUBLISHER,
        _PUBLISHER_KIND,
        Column("template", "string", "格式", "the official format of the tables: 2019 or 2021"),
        Column("published_date", "date", "发布日期", "when it was published, as the document says"),
        Column("period_start", "date", "统计期起", "first day of the period reported on, as the document says"),
        Column("period_end", "date", "统计期止", "last day of the period reported on, as the document says"),
        Column("pages", "integer", "页数", "pages of the source, where the format has pages"),
        Column("n_facts", "integer", "单元格数", "rows of this report in `facts`", required=True),
        Column("n_flags", "integer", "疑点数", "rows of this report in `flags`", required=True),
        Column(
            "quality",
            "number",
            "质量",
            "how far the report can be taken as read, 0 to 1: quality_text × quality_arithmetic × quality_cells, to "
            "three places; null when set aside",
        ),
        Column(
            "extractor_version", "string", "提取程序版本", "the program, and a digest of its extractors", required=True
        ),
        Column("also_at", "string", "其他路径", "further paths of files with the same bytes, `;` between them"),
        Column(
            "quality_text",
            "number",
            "文字质量",
            "the share of the document's lines with text that bear no noise flag, of which fullwidth_digit and "
            "compatibility_character do not count: they lose nothing; 1 where there are no lines",
        ),
        Column(
            "quality_arithmetic",
            "number",
            "勾稽质量",
            "the share of the assessable identities of the tables that hold as published; 1 where there are none",
        ),
        Column(
            "quality_cells",
            "number",
            "表格完整度",
            "the share of the template's cells that are printed, a blank one counting half; 1 for a work plan",
        ),
        Column(
            "superseded_by",
            "string",
            "替代报告编号",
            "the report_id of the report that stands for this publisher and year, the newest; null where this one "
            "does: a series takes the rows without it",
        ),
    ),
    reports=False,
)

FLAGS = Table(
    "flags",
    "One row is one doubt about a cell, a row, a table, a span of text or a file",
    "对单元格、行、表、文字或文件的每一个疑点",
    ("report_id", "position"),
    (
        _REPORT_ID,
        _CODE,
        _YEAR,
        Column("kind", "string", "类别", "what kind of doubt", required=True, pattern=r"^[a-z_]+$"),
        Column("severity", "string", "程度", "how much it matters", required=True, enum=SEVERITIES),
        Column("table_id", "string", "表", "the table concerned; null for a doubt about the text or the file"),
        Column("row_id", "string", "行", "the row concerned; null for one about a whole table or column"),
        Column("column_id", "string", "列", "the column concerned; null for one about a whole table or row"),
        _PAGE,
        _LINE,
        Column("excerpt", "string", "原文摘录", "the text in doubt, as found"),
        Column("observed", "string", "所见", "what was found"),
        Column("expected", "string", "应为", "what was expected"),
        Column("suggestion", "string", "建议", "what it probably is"),
        Column("message", "string", "说明", "the doubt in a sentence", required=True),
        Column(
            "attribution",
            "string",
            "责任",
            "whose fault it is: `source` (the report is at odds with itself), `extraction` (the table was not read "
            "whole), `ocr` (a number misread where the text was recognised), `undecided`; on every arithmetic flag",
            enum=ATTRIBUTIONS,
        ),
        Column("attribution_reason", "string", "依据", "why it is attributed so; on every attributed flag"),
        _POSITION,
    ),
)

CLAIMS = Table(
    "claims",
    "One row is one number that a report's prose tells, held against its tables, in reading order",
    "正文所述的每一个数字及其与表格的核对结果",
    ("report_id", "position"),
    (
        _REPORT_ID,
        _PAGE,
        _LINE,
        Column("sentence", "string", "语句", "the sentence that tells it, as found", required=True),
        Column(
            "quantity",
            "string",
            "所述事项",
            "what the number counts: a row of the tables or a sum of rows (received, answered, denied, litigation, …), "
            "after a dot the result or the action (reconsideration.upheld, normative_documents.repeal)",
            required=True,
        ),
        Column(
            "value",
            "number",
            "数值",
            "the number told, in `unit`; 0 for a negation (未收到, 无, 未发生)",
            required=True,
        ),
        Column(
            "unit",
            "string",
            "单位",
            "`count`, or `percent` for a share (占78%: 78), which is checked to the places printed",
            required=True,
            enum=("count", "percent"),
        ),
        Column("table_id", "string", "表", "the table it speaks of; null where the report's form has no such number"),
        Column("row_id", "string", "行", "the row it speaks of; null where it speaks of several"),
        Column("column_id", "string", "列", "the column it speaks of; null where it speaks of several"),
        Column(
            "verdict",
            "string",
            "核对结果",
            "`agrees` (by `convention`); `disagrees` (no convention makes it agree: see the flag narrative_mismatch); "
            "`not_comparable` (it tells of a part, or vaguely, or the table has no number to compare)",
            required=True,
            enum=VERDICTS,
        ),
        Column(
            "convention",
            "string",
            "统计口径",
            "the way of counting by which it agrees: as_printed, with_carried_in, without_duplicates, …; ending in "
            "_about for a vague number; beginning with rounded_of_ or cut_of_ for a share, and then what it is a share "
            "of; null where it does not agree, but for table_of_a_part (the table holds the number of the part told)",
        ),
        _POSITION,
    ),
)

SECTIONS = Table(
    "sections",
    "One row is one section of a report's text, in order",
    "报告正文的章节",
    ("report_id", "position"),
    (
        _REPORT_ID,
        _CODE,
        _YEAR,
        _POSITION,
        Column("heading", "string", "标题", "the section's heading; null for text before the first"),
        Column("level", "integer", "层级", "1 for a main section, 2 below it, …", required=True),
        Column("text", "string", "正文", "what stands under the heading; empty where subsections follow at once"),
        _PAGE,
        _LINE,
    ),
    csv=False,
)

TASKS = Table(
    "tasks",
    "One row is one requirement of a work plan's task table (工作要点任务分解表)",
    "工作要点任务分解表的每一项工作要求",
    ("report_id", "position"),
    (
        _REPORT_ID,
        _CODE,
        _NAME,
        _YEAR,
        _PUBLISHER,
        _POSITION,
        Column("group", "string", "类别", "the group that the task stands in"),
        Column("task", "string", "任务", "the task"),
        Column("requirement", "string", "工作要求", "what is to be done", required=True),
        Column("responsible_units", "string", "责任单位", "the units responsible, `;` between them"),
        _PAGE,
        _LINE,
    ),
)

INDICATORS = Table(
    "indicators",
    "One row is one cell of the official formats: what the facts' identifiers mean",
    "官方格式的每一个单元格：指标代码的含义",
    ("template", "table_id", "row_id", "column_id"),
    (
        *_INDICATOR,
        Column("unit", "string", "单位", "the unit of the published value", required=True, enum=UNITS),
        Column("row_label", "string", "行标签", "the row's official label, after those of its groups", required=True),
        Column("column_label", "string", "列标签", "the column's official label", required=True),
        Column("row_meaning", "string", "行含义", "the row in English", required=True),
        Column("column_meaning", "string", "列含义", "the column in English", required=True),
    ),
    reports=False,
)

TABLES = (FACTS, REPORTS, FLAGS, CLAIMS, SECTIONS, TASKS, INDICATORS)
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
