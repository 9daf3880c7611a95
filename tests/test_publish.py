"""Reports → files: what they hold, that they hold the same, and that the same reports give the same bytes."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from extractors.document import CannotRead
from pipeline import codec, vocabulary
from pipeline.aside import set_aside
from pipeline.model import Flag, Report
from pipeline.publish import csv_file, parquet_file, printed, write_tables
from pipeline.publish.schema import CLAIMS, FACTS, FLAGS, INDICATORS, REPORTS, SECTIONS, TABLES, TASKS, Table
from pipeline.publish.tabulate import Entry, rows_of
from tests.readers import make, settings_of

ROOT = Path(__file__).parents[1]
CONTRACT = {
    FACTS: "report_id jurisdiction_code jurisdiction_name year publisher publisher_kind template table_id row_id "
    "column_id value unit value_raw status value_reconciled verified page flags",
    REPORTS: "report_id source_path source_url sha256 format document_type disposition reason title jurisdiction_code "
    "jurisdiction_name year publisher publisher_kind template published_date period_start period_end pages "
    "n_facts n_flags quality extractor_version",
    FLAGS: "report_id jurisdiction_code year kind severity table_id row_id column_id page line excerpt observed "
    "expected suggestion message",
}
TEXTS = (
    "year=2019 carried_out=2",
    "year=2020 carried_in=3 amount=67328",
    "year=2021 amount=0.10",
    "year=?",
    "kind=work_plan year=2021",
)


def report(text: str) -> Report:
    """As a report comes from the ledger."""
    made = make(hashlib.sha256(text.encode()).hexdigest(), settings_of(text))
    return codec.loads(Report, codec.dumps(made))


def entries() -> list[Entry]:
    compared = (Flag("carry_over", "warning", "differs", "requests", "carried_in", "total"),)
    found = [
        Entry(report(text), f"{n}.txt", ("a;b.txt",) if n == 0 else (), compared if n == 1 else ())
        for n, text in enumerate(TEXTS)
    ]
    aside = set_aside("f" * 64, CannotRead("empty", "the file is empty"))
    return sorted([*found, Entry(aside, "empty.txt")], key=lambda entry: entry.report.report_id)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out")
    write_tables(entries(), folder)
    return folder


def read_csv(out: Path, table: Table) -> list[dict[str, str]]:
    with (out / f"{table.name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_parquet(out: Path, table: Table) -> list[dict[str, Any]]:
    path = out / table.name if table.partition else out / f"{table.name}.parquet"
    return pq.read_table(path).to_pylist()


@pytest.mark.parametrize("table", CONTRACT, ids=lambda table: table.name)
def test_the_contracts_columns_come_first_and_in_order(table: Table) -> None:
    promised = CONTRACT[table].split()
    assert list(table.names[: len(promised)]) == promised


def test_every_row_has_the_declared_columns() -> None:
    for entry in entries():
        for name, rows in rows_of(entry).items():
            (table,) = (t for t in TABLES if t.name == name)
            assert all(len(row) == len(table.columns) for row in rows)


@pytest.mark.parametrize("table", [t for t in TABLES if t.csv], ids=lambda table: table.name)
def test_csv_and_parquet_hold_the_same_sorted_rows(out: Path, table: Table) -> None:
    types = {column.name: column.type for column in table.columns}

    def text(name: str, value: Any) -> str:
        if value is None:
            return ""
        if types[name] == "boolean":
            return str(value).lower()
        return printed(Decimal(repr(value))) if types[name] == "number" else str(value)

    rows = [{name: text(name, row[name]) for name in table.names} for row in read_parquet(out, table)]
    keyed = [(tuple(row[k] if types[k] == "string" else int(row[k]) for k in table.key), row) for row in rows]
    assert len({key for key, _ in keyed}) == len(keyed)
    assert [row for _, row in sorted(keyed, key=lambda pair: pair[0])] == read_csv(out, table)
    assert rows


def test_the_types_are_those_declared(out: Path) -> None:
    schema = pq.read_schema(out / "facts/year=2020/facts.parquet")
    assert "year" not in schema.names  # the folder says it; a reader of the whole would see it twice
    assert schema.field("value").type == pa.float64()
    assert schema.field("page").type == pa.int64()
    assert schema.field("verified").type == pa.bool_()
    assert pq.read_schema(out / "reports.parquet").field("published_date").type == pa.date32()
    metadata = pq.read_metadata(out / "reports.parquet").row_group(0).column(0)
    assert metadata.compression == "ZSTD"


def test_pandas_reads_whole_numbers_as_whole_numbers(out: Path) -> None:
    pd = pytest.importorskip("pandas")
    facts = pd.read_parquet(out / "facts")
    assert str(facts["page"].dtype) == "Int64"
    assert set(facts["year"]) == {0, 2019, 2020, 2021}
    assert len(pd.read_parquet(out / "facts", filters=[("year", "==", 2020)])) == len(report(TEXTS[1]).facts)
    assert str(pd.read_parquet(out / "reports.parquet")["year"].dtype) == "Int64"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("184249.50"), "184249.5"),
        (Decimal("67328"), "67328"),
        (Decimal("6.7328E+4"), "67328"),
        (Decimal("-38"), "-38"),
        (Decimal("0E-7"), "0"),
        (Decimal("-0.0"), "0"),
        (Decimal("1E-7"), "0.0000001"),
        (Decimal("100"), "100"),
        (True, "true"),
        (False, "false"),
        (None, ""),
    ],
)
def test_numbers_are_printed_plainly(value: Any, text: str) -> None:
    assert printed(value) == text


def test_values_stand_as_published(out: Path) -> None:
    facts = {tuple(row[k] for k in FACTS.key): row for row in read_csv(out, FACTS)}
    of_2020 = report(TEXTS[1]).report_id
    assert facts[of_2020, "proactive", "procurement", "amount"]["value"] == "67328"
    of_2019 = report(TEXTS[0]).report_id
    assert facts[of_2019, "proactive", "procurement", "amount"]["value"] == "184249.5"
    blank = facts[of_2020, "proactive", "fees", "change"]
    assert (blank["status"], blank["value"], blank["value_raw"], blank["page"]) == ("blank", "", "—", "2")


def test_a_cell_has_the_kinds_of_its_row_its_column_and_its_table(out: Path) -> None:
    mine = report(TEXTS[1]).report_id
    kinds = {
        (r["table_id"], r["row_id"], r["column_id"]): r["flags"] for r in read_csv(out, FACTS) if r["report_id"] == mine
    }
    assert kinds["requests", "granted", "business"] == "shifted_row;unknown_label"
    assert kinds["requests", "granted", "total"] == "shifted_row"
    assert kinds["requests", "carried_out", "business"] == "unknown_label"
    assert kinds["requests", "carried_in", "total"] == "carry_over"
    assert kinds["requests", "carried_out", "total"] == ""
    assert kinds["review_litigation", "reconsideration", "total"] == "split_table"
    assert kinds["proactive", "fees", "previous_items"] == "blank_cell"
    told = {(row["report_id"], row["kind"]) for row in read_csv(out, FLAGS)}
    assert {(mine, kind) for text in kinds.values() for kind in text.split(";") if kind} <= told


def test_reports_say_what_became_of_each_file(out: Path) -> None:
    reports = {row["source_path"]: row for row in read_csv(out, REPORTS)}
    first = reports["0.txt"]
    assert first["also_at"] == "a;b.txt"
    assert first["n_facts"] == str(len(report(TEXTS[0]).facts))
    assert first["n_flags"] == str(sum(row["report_id"] == first["report_id"] for row in read_csv(out, FLAGS)))
    assert first["published_date"] == "2021-01-29"
    assert first["period_end"] == ""  # no calendar has it
    assert first["title"] == '政府信息公开工作年度报告, "quoted"\r\nand broken'
    assert 0 < float(first["quality"]) <= 1
    aside = reports["empty.txt"]
    assert (aside["disposition"], aside["reason"], aside["quality"]) == ("set_aside", "the file is empty", "")
    assert reports["3.txt"]["year"] == ""
    assert {row["year"] for row in read_csv(out, FACTS) if row["report_id"] == reports["3.txt"]["report_id"]} == {"0"}


def test_work_plans_have_tasks_and_reports_sections(out: Path) -> None:
    tasks = read_csv(out, TASKS)
    assert [(t["position"], t["group"], t["requirement"], t["responsible_units"]) for t in tasks] == [
        ("1", "组", "要求", "甲局;乙局"),
        ("2", "组", "另一要求", ""),
    ]
    sections = read_parquet(out, SECTIONS)
    assert [(s["position"], s["heading"]) for s in sections[:2]] == [(1, None), (2, "一、总体情况")]


def test_claims_stand_in_reading_order(out: Path) -> None:
    mine = report(TEXTS[1]).report_id
    claims = [row for row in read_csv(out, CLAIMS) if row["report_id"] == mine]
    assert [(c["position"], c["quantity"], c["value"], c["unit"], c["verdict"], c["convention"]) for c in claims] == [
        ("1", "received", "60", "count", "agrees", "as_printed"),
        ("2", "granted", "78.5", "percent", "not_comparable", ""),
    ]
    assert [(c["table_id"], c["row_id"], c["column_id"], c["line"]) for c in claims] == [
        ("requests", "received", "total", "4"),
        ("requests", "", "", "5"),
    ]


def test_every_arithmetic_flag_says_whose_fault_it_is(out: Path) -> None:
    kinds = vocabulary.flag_kinds()
    for row in read_csv(out, FLAGS):
        arithmetic = kinds[row["kind"]].group == "arithmetic"
        assert bool(row["attribution"]) == bool(row["attribution_reason"])
        assert row["attribution"] or not arithmetic, row


def test_every_cell_of_the_facts_has_its_indicator(out: Path) -> None:
    indicators = {tuple(row[k] for k in INDICATORS.key): row for row in read_csv(out, INDICATORS)}
    assert {tuple(row[k] for k in INDICATORS.key) for row in read_csv(out, FACTS)} <= set(indicators)
    row = indicators["2021", "requests", "other_remaining", "business"]
    assert row["row_label"] == "三、本年度办理结果 / （六）其他处理 / 3.其他"
    assert (row["column_label"], row["unit"]) == ("商业企业", "count")


def test_a_bare_carriage_return_does_not_break_a_line(tmp_path: Path) -> None:
    flags = (Flag("garbled_text", "info", "x", excerpt="a\rb"), Flag("garbled_text", "info", "x", excerpt="a\nb"))
    aside = set_aside("e" * 64, CannotRead("empty", "x"))
    write_tables([Entry(aside, "x", compared=flags)], tmp_path)
    text = (tmp_path / "flags.csv").read_bytes()
    assert b'"a\rb"' in text
    assert b'"a\nb"' in text
    assert b"\r\n" not in text


def test_the_same_entries_give_the_same_bytes_whatever_the_batch(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = write_tables(entries(), tmp_path)
    for name in files:
        assert (tmp_path / name).read_bytes() == (out / name).read_bytes(), name
    monkeypatch.setattr(parquet_file, "BATCH", 10)
    monkeypatch.setattr(csv_file, "_LINES", 3)
    small = tmp_path / "small"
    small.mkdir()
    write_tables(entries(), small)
    for table in TABLES:
        assert read_parquet(small, table) == read_parquet(out, table)
        if table.csv:
            assert (small / f"{table.name}.csv").read_bytes() == (out / f"{table.name}.csv").read_bytes()


def test_nothing_to_publish_is_published_as_empty_tables(tmp_path: Path) -> None:
    files = write_tables([], tmp_path)
    assert (tmp_path / "facts").is_dir()
    assert read_csv(tmp_path, FACTS) == []
    assert read_parquet(tmp_path, REPORTS) == []
    assert "datapackage.json" in files


def test_the_data_package_describes_what_is_there(out: Path) -> None:
    package = json.loads((out / "datapackage.json").read_text(encoding="utf-8"))
    resources = {resource["name"]: resource for resource in package["resources"]}
    for table in TABLES:
        resource = resources[table.name]
        assert [f["name"] for f in resource["schema"]["fields"]] == list(table.names)
        assert resource["schema"]["primaryKey"] == list(table.key)
    for resource in resources.values():
        paths = [resource["path"]] if isinstance(resource["path"], str) else resource["path"]
        for path in paths:
            assert (out / path).is_file()
        for about in resource.get("files", [resource]):
            data = (out / about["path"]).read_bytes()
            assert about["bytes"] == len(data)
            assert about["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
    (kind,) = (f for f in resources["flags"]["schema"]["fields"] if f["name"] == "kind")
    assert kind["constraints"]["enum"] == list(vocabulary.flag_kinds())


@pytest.mark.slow
def test_the_data_package_is_valid(out: Path) -> None:
    frictionless = pytest.importorskip("frictionless", reason="the validator comes with the extra `test`")
    found = frictionless.validate(str(out / "datapackage.json"))
    assert found.valid, found.flatten(["title", "fieldName", "note"])


def test_parquet_files_say_how_they_are_sorted(out: Path) -> None:
    metadata = pq.read_metadata(out / "facts/year=2020/facts.parquet")
    names = [metadata.schema.column(s.column_index).name for s in metadata.row_group(0).sorting_columns]
    assert tuple(names) == FACTS.order
    assert FACTS.order[0] == "jurisdiction_code"  # one body's rows lie together, see docs/using.md


def test_divisions_that_are_not_known_come_first(tmp_path: Path) -> None:
    unknown = replace(report(TEXTS[0]), identity=replace(report(TEXTS[0]).identity, jurisdiction_code=None))
    known = report("year=2019 code=110101 n=2")
    write_tables(sorted((Entry(r, "x") for r in (unknown, known)), key=lambda e: e.report.report_id), tmp_path)
    codes = pq.read_table(tmp_path / "facts/year=2019/facts.parquet")["jurisdiction_code"].to_pylist()
    assert codes == [None] * len(unknown.facts) + ["110101"] * len(known.facts)


PUBLISHING = """
import hashlib, resource, sys, tempfile
from pathlib import Path
from pipeline import codec
from pipeline.model import Report
from pipeline.publish import write_tables
from pipeline.publish.tabulate import Entry
from tests.readers import make
def entries(count):
    for n in range(count):
        report = make(f"{n:08x}" + "0" * 56, {"year": str(2008 + n % 18), "publisher": f"第{n}县人民政府"})
        yield Entry(codec.loads(Report, codec.dumps(report)), f"{n}.txt")
with tempfile.TemporaryDirectory() as folder:
    write_tables(entries(int(sys.argv[1])), Path(folder))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_ten_times_as_many_reports_take_no_more_memory() -> None:
    """Of 18 years at once, as a backfill has them; what is held is a row group a table, not the rows of all years."""

    def kilobytes(count: int) -> int:
        command = [sys.executable, "-c", PUBLISHING, str(count)]
        return int(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)

    assert kilobytes(3000) - kilobytes(300) < 100_000
