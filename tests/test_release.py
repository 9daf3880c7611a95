"""A published dataset → a release: what is in it, what it says of itself, and what changed."""

from __future__ import annotations

import csv
import hashlib
import json
import sqlite3
import subprocess
import tomllib
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import gongkai
from pipeline import codec
from pipeline.model import Fact, Report
from pipeline.publish import write_tables
from pipeline.publish.dictionary import RELEASED
from pipeline.publish.schema import TABLES
from pipeline.publish.tabulate import Entry
from pipeline.release import GateHolds, NotReleased, Released, last_release, release
from pipeline.release.changes import Counts, write_changes
from pipeline.release.spreadsheets import FOLDER, disarm
from pipeline.release_command import release as command
from tests.readers import make

duckdb = pytest.importorskip("duckdb", reason="a release is built with the extra `dataset`")
yaml = pytest.importorskip("yaml")
DAY = date(2026, 11, 20)
NEXT = date(2026, 12, 1)


def drawn(number: int, year: int = 2020, **settings: str) -> Report:
    sha256 = hashlib.sha256(f"{number} {settings}".encode()).hexdigest()
    report = make(
        sha256, {"year": str(year), "publisher": f"第{number}县人民政府", "code": f"37{number:04d}", **settings}
    )
    return codec.loads(Report, codec.dumps(report))  # as it comes from the ledger


REPORTS = [drawn(n, 2019 + n % 4, carried_in=str(n % 3)) for n in range(1, 9)]


def dataset(folder: Path, reports: Sequence[Report], superseded: dict[str, str] | None = None) -> Path:
    folder.mkdir(parents=True)
    found = [
        Entry(r, f"{r.identity.publisher}-{r.sha256[:4]}.txt", superseded_by=(superseded or {}).get(r.report_id))
        for r in reports
    ]
    write_tables(sorted(found, key=lambda entry: entry.report.report_id), folder)
    return folder


def with_facts(report: Report, **changes: Any) -> Report:
    """The report with its cell requests.received.total changed."""

    def changed(fact: Fact) -> Fact:
        return replace(fact, **changes) if fact.key == ("requests", "received", "total") else fact

    return replace(report, facts=tuple(map(changed, report.facts)))


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Released:
    home = tmp_path_factory.mktemp("release")
    armed = replace(REPORTS[0], claims=tuple(replace(c, sentence="=HYPERLINK(1)") for c in REPORTS[0].claims))
    return release(dataset(home / "clean", [armed, *REPORTS[1:]]), home / "releases", DAY, archive=True)


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_every_file_has_its_checksum(released: Released) -> None:
    sums = {}
    for line in (released.folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, _, path = line.partition("  ")
        sums[path] = digest
    files = {p.relative_to(released.folder).as_posix() for p in released.folder.rglob("*") if p.is_file()}
    assert files - {"SHA256SUMS"} == set(sums)
    for path, digest in sums.items():
        assert hashlib.sha256((released.folder / path).read_bytes()).hexdigest() == digest


def test_the_version_is_the_day_and_the_content(released: Released) -> None:
    package = json.loads((released.folder / "datapackage.json").read_text(encoding="utf-8"))
    assert package["content"].startswith("sha256:")
    assert package["version"] == released.version == f"2026.11.20+{package['content'][7:19]}"
    assert package["released"] == "2026-11-20"
    assert package["licenses"][0]["name"] == "CC-BY-4.0"
    assert released.folder.name == "gongkai-2026-11-20"


@pytest.mark.slow
def test_the_release_is_a_valid_data_package(released: Released) -> None:
    frictionless = pytest.importorskip("frictionless", reason="the validator comes with the extra `test`")
    found = frictionless.validate(str(released.folder / "datapackage.json"))
    assert found.valid, found.flatten(["title", "fieldName", "note"])


def queries() -> list[str]:
    """The SQL of the README."""
    text = (Path(__file__).parents[1] / "pipeline/release/readme.md").read_text(encoding="utf-8")
    return [block.partition("```")[0] for block in text.split("```sql\n")[1:]]


@pytest.mark.parametrize("query", queries())
def test_both_databases_give_the_same_answer_to_the_readmes_queries(released: Released, query: str) -> None:
    with duckdb.connect(str(released.folder / "gongkai.duckdb"), read_only=True) as database:
        one = database.execute(query).fetchall()
    with sqlite3.connect(f"file:{released.folder / 'gongkai.sqlite'}?mode=ro", uri=True) as lite:
        other = lite.execute(query).fetchall()
    assert [tuple(row) for row in one] == [tuple(row) for row in other]


def test_both_databases_hold_all_rows(released: Released) -> None:
    lite = sqlite3.connect(released.folder / "gongkai.sqlite")
    with duckdb.connect(str(released.folder / "gongkai.duckdb"), read_only=True) as database:
        for table in (*TABLES, *RELEASED):
            count = f'SELECT count(*) FROM "{table.name}"'
            expected = len(rows(released.folder, table.name)) if table.csv else None
            (one,), (other,) = database.execute(count).fetchone(), lite.execute(count).fetchone()
            assert one == other
            assert expected in (None, one)
        comments = database.execute("SELECT count(*) FROM duckdb_columns() WHERE comment IS NULL AND NOT internal")
        assert comments.fetchone()[0] <= 2 + sum(len(table.columns) for table in TABLES)  # views' columns have none
    assert lite.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert lite.execute("PRAGMA foreign_key_list(facts)").fetchall()
    assert dict(lite.execute("SELECT * FROM about"))["version"] == released.version
    lite.close()


def test_spreadsheets_get_no_formula_and_the_canonical_files_keep_the_cell(released: Released) -> None:
    assert any(row["sentence"] == "=HYPERLINK(1)" for row in rows(released.folder, "claims"))
    found = rows(released.folder / FOLDER, "claims")
    assert any(row["sentence"] == "'=HYPERLINK(1)" for row in found)
    texts = {c.name: c.type == "string" for table in TABLES for c in table.columns}
    for path in (released.folder / FOLDER).glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                for name, cell in row.items():
                    assert cell[:1] not in "=@\t\r" or not cell, (path.name, name, cell)
                    if cell[:1] in ("+", "-") and cell != "-":
                        float(cell)
                        assert not texts[name] or Decimal(cell) is not None
    assert (released.folder / FOLDER / "facts-2020.csv").is_file()


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("-38", "-38"),
        ("+42", "+42"),
        ("-3.50", "-3.50"),
        ("-", "-"),
        ("", ""),
        ("减少38项", "减少38项"),
        ("=1+1", "'=1+1"),
        ("-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "\t'=1"),
        ("　=1", "　'=1"),
        ("＝1", "'＝1"),
        ("甲;=1", "甲;'=1"),
        ("甲\n+1", "甲\n'+1"),
        ("a=b", "a=b"),
    ],
)
def test_text_that_a_spreadsheet_would_evaluate_is_disarmed(text: str, safe: str) -> None:
    assert disarm(text) == safe


def test_a_table_that_is_longer_than_a_sheet_is_parted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.release.spreadsheets.ROWS", 150)
    made = release(dataset(tmp_path / "clean", REPORTS[:2]), tmp_path / "releases", DAY)
    parts = sorted(path.name for path in (made.folder / FOLDER).glob("facts-2020*"))
    assert parts == ["facts-2020-1.csv", "facts-2020-2.csv"]
    held = sum(len(rows(made.folder / FOLDER, part.removesuffix(".csv"))) for part in parts)
    assert held == sum(row["year"] == "2020" for row in rows(made.folder, "facts"))


def test_the_papers_name_the_version_and_cite_it(released: Released) -> None:
    readme = (released.folder / "README.md").read_text(encoding="utf-8")
    assert released.version in readme
    assert "$" not in readme
    citation = yaml.safe_load((released.folder / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == released.version
    assert citation["date-released"] == DAY
    assert {"cff-version", "message", "title", "authors", "license", "type"} <= set(citation)
    assert "first release" in (released.folder / "CHANGES.md").read_text(encoding="utf-8")
    page = (released.folder / "dictionary.html").read_text(encoding="utf-8")
    assert '<h2 id="facts">' in page
    assert "http" not in page.partition("<body>")[0]  # it needs nothing from elsewhere


def test_the_same_tables_give_the_same_release(released: Released, tmp_path: Path) -> None:
    other = release(released.folder.parents[1] / "clean", tmp_path, DAY, archive=True)
    for path in sorted(p for p in released.folder.rglob("*") if p.is_file()):
        name = path.relative_to(released.folder)
        if path.suffix == ".duckdb" or name.name in ("SHA256SUMS", "datapackage.json"):
            continue  # DuckDB's bytes are its own, and these two name them
        assert path.read_bytes() == (other.folder / name).read_bytes(), name
    assert released.archive is not None
    with zipfile.ZipFile(released.archive) as archive:
        assert archive.testzip() is None
        names = {f"{released.folder.name}/{p.relative_to(released.folder)}" for p in released.folder.rglob("*.*")}
        assert {name for name in names if not name.endswith(f"/{FOLDER}")} - set(archive.namelist()) <= {
            f"{released.folder.name}/facts/year={year}" for year in range(2019, 2023)
        }


def changes_of(
    tmp_path: Path, old: Sequence[Report], new: Sequence[Report], superseded: dict[str, str] | None = None
) -> tuple[Counts, Path]:
    """What changed from the dataset of `old` to that of `new`, and the folder that tells it cell by cell."""
    folder = dataset(tmp_path / "new", new, superseded)
    return write_changes(dataset(tmp_path / "old", old), folder, folder), folder


def test_a_cell_read_otherwise_is_told_with_both_numbers(tmp_path: Path) -> None:
    better = with_facts(REPORTS[2], value=Decimal(61), value_reconciled=Decimal(61))
    counts, folder = changes_of(tmp_path, REPORTS, [*REPORTS[:2], better, *REPORTS[3:]])
    (row,) = rows(folder, "changes")
    assert (row["report_id"], row["row_id"], row["column_id"]) == (better.report_id, "received", "total")
    assert (row["value_before"], row["value"], row["why"]) == ("60", "61", "extractor")
    assert "→" in row["because"]
    assert counts.cells == {"extractor": 1}
    assert counts.reports == {}
    assert counts.most == (("第3县人民政府", 2022, 1),)


def test_a_correction_is_told_with_its_reason_and_what_follows(tmp_path: Path) -> None:
    corrected = with_facts(
        REPORTS[2], corrected=Decimal(62), correction_reason="the scan shows 62", value_reconciled=Decimal(62)
    )
    follows = replace(
        corrected,
        facts=tuple(
            replace(f, value_reconciled=Decimal(62)) if f.key == ("requests", "total_processed", "total") else f
            for f in corrected.facts
        ),
    )
    _, folder = changes_of(tmp_path, REPORTS, [*REPORTS[:2], follows, *REPORTS[3:]])
    found = {row["row_id"]: (row["value"], row["value_reconciled"], row["why"]) for row in rows(folder, "changes")}
    assert found == {"received": ("60", "62", "correction"), "total_processed": ("60", "62", "correction")}
    because = {row["row_id"]: row["because"] for row in rows(folder, "changes")}
    assert because["received"] == "the scan shows 62"
    assert because["total_processed"] == "follows from: the scan shows 62"


def test_a_report_published_anew_is_told_against_the_one_before(tmp_path: Path) -> None:
    again = drawn(3, 2022, carried_in="5")
    old = REPORTS[2]
    counts, folder = changes_of(tmp_path, REPORTS, [*REPORTS, again], superseded={old.report_id: again.report_id})
    found = rows(folder, "changes")
    assert {(row["report_id_before"], row["report_id"], row["why"]) for row in found} == {
        (old.report_id, again.report_id, "source")
    }
    assert {row["row_id"] for row in found} == {"carried_in"}
    (report,) = rows(folder, "changed_reports")
    assert (report["change"], report["before"], report["cells"]) == ("replaced", old.report_id, str(len(found)))
    assert counts.reports == {"replaced": 1}


def test_reports_that_come_go_or_change_hands_are_told(tmp_path: Path) -> None:
    moved = replace(REPORTS[0], identity=replace(REPORTS[0].identity, publisher="某县人民政府"))
    new = [moved, *REPORTS[1:-1], drawn(40, 2021)]
    _, folder = changes_of(tmp_path, REPORTS, new)
    found = {row["change"]: row for row in rows(folder, "changed_reports")}
    assert set(found) == {"added", "gone", "described"}
    assert found["described"]["before"].startswith("第1县人民政府, 2020")
    assert found["described"]["because"].startswith("某县人民政府, 2020")
    assert found["gone"]["publisher"] == "第8县人民政府"
    assert rows(folder, "changes") == []  # nothing that both have is another number


def test_what_the_gate_holds_is_not_released(tmp_path: Path) -> None:
    release(dataset(tmp_path / "old", REPORTS), tmp_path / "releases", DAY)
    with pytest.raises(GateHolds, match="have none in the new version"):
        release(dataset(tmp_path / "new", REPORTS[:4]), tmp_path / "releases", NEXT)
    assert last_release(tmp_path / "releases") == tmp_path / "releases" / "gongkai-2026-11-20"
    assert [path.name for path in (tmp_path / "releases").iterdir()] == ["gongkai-2026-11-20"]


@pytest.mark.slow
def test_the_release_before_may_be_an_archive(tmp_path: Path) -> None:
    first = release(dataset(tmp_path / "old", REPORTS), tmp_path / "a", DAY, archive=True)
    assert first.archive is not None
    (tmp_path / "b").mkdir()
    archive = first.archive.rename(tmp_path / "b" / first.archive.name)
    better = with_facts(REPORTS[2], value=Decimal(61))
    second = release(dataset(tmp_path / "new", [*REPORTS[:2], better, *REPORTS[3:]]), tmp_path / "b", NEXT)
    assert (second.before, dict(second.counts.cells)) == (first.version, {"extractor": 1})
    text = (second.folder / "CHANGES.md").read_text(encoding="utf-8")
    assert f"对比: {first.version}" in text
    assert "| extractor | 1 |" in text
    assert "- 第3县人民政府 2022: 1" in text
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == [archive.name, second.folder.name]


def test_the_same_data_are_not_released_twice(tmp_path: Path) -> None:
    clean = dataset(tmp_path / "clean", REPORTS[:2])
    first = release(clean, tmp_path / "releases", DAY)
    again = release(clean, tmp_path / "releases", NEXT)
    assert not again.anew
    assert again.folder == first.folder
    assert [path.name for path in (tmp_path / "releases").iterdir()] == [first.folder.name]


def test_a_dataset_that_was_touched_is_not_released(tmp_path: Path) -> None:
    clean = dataset(tmp_path / "clean", REPORTS[:2])
    text = (clean / "facts.csv").read_text(encoding="utf-8")
    (clean / "facts.csv").write_text(text.replace(",60,", ",61,", 1), encoding="utf-8")
    with pytest.raises(NotReleased, match=r"facts\.csv is not what was published"):
        release(clean, tmp_path / "releases", DAY)
    (clean / "facts.csv").unlink()
    with pytest.raises(NotReleased, match=r"facts\.csv is gone"):
        release(clean, tmp_path / "releases", DAY)


def test_another_release_of_the_day_is_refused(tmp_path: Path) -> None:
    release(dataset(tmp_path / "old", REPORTS[:2]), tmp_path / "releases", DAY)
    with pytest.raises(NotReleased, match="is there already, with other data"):
        release(dataset(tmp_path / "new", REPORTS[:3]), tmp_path / "releases", DAY)


def test_nothing_can_be_released_too(tmp_path: Path) -> None:
    made = release(dataset(tmp_path / "clean", []), tmp_path / "releases", DAY)
    assert rows(made.folder, "facts") == rows(made.folder / FOLDER, "facts") == []


@pytest.mark.slow
def test_the_command_says_what_it_made_and_why_it_did_not(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(command)
    run = CliRunner()
    clean = str(dataset(tmp_path / "clean", REPORTS))
    to = ["--to", str(tmp_path / "releases")]
    made = run.invoke(app, [clean, *to, "--date", "2026-11-20"])
    assert (made.exit_code, "the first release" in made.output) == (0, True)
    again = run.invoke(app, [clean, *to, "--date", "2026-11-21"])
    assert (again.exit_code, "nothing was released" in again.output) == (0, True)
    lost = str(dataset(tmp_path / "lost", REPORTS[:4]))
    held = run.invoke(app, [lost, *to, "--date", "2026-11-22"])
    assert (held.exit_code, "--despite" in held.stderr) == (4, True)
    assert run.invoke(app, [lost, *to, "--date", "2026-11-22", "--despite", "they *are* closed", "-q"]).exit_code == 0
    told = (tmp_path / "releases/gongkai-2026-11-22/CHANGES.md").read_text(encoding="utf-8")
    assert "have none in the new version" in told
    assert told.endswith("- they \\*are\\* closed\n")
    nowhere = run.invoke(app, [str(tmp_path / "nowhere"), *to])
    assert (nowhere.exit_code, "holds no datapackage.json" in nowhere.stderr) == (2, True)
    assert run.invoke(app, [clean, *to, "--despite", " "]).exit_code == 2


def test_the_checksums_are_as_the_usual_tool_wants_them(released: Released) -> None:
    done = subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=released.folder, check=False)
    assert done.returncode == 0


def test_a_release_is_read_like_a_dataset_and_cited_with_its_year(released: Released) -> None:
    assert len(gongkai.load("facts", source=released.folder)) == len(rows(released.folder, "facts"))
    assert list(gongkai.tables(released.folder))[-2:] == ["changes", "changed_reports"]
    assert gongkai.load("changes", source=released.folder).empty
    assert gongkai.cite(released.folder).startswith("The gongkai project (2026). ")
    assert released.version in gongkai.cite(released.folder, "bibtex")


def test_the_program_is_cited_with_its_version() -> None:
    root = Path(__file__).parents[1]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    assert (citation["version"], citation["license"]) == (project["version"], project["license"])
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
