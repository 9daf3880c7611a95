"""`import gongkai`: the dataset in one line, from a folder and from a URL."""

from __future__ import annotations

import doctest
import hashlib
import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import gongkai
from pipeline import codec
from pipeline.model import Report
from pipeline.publish import write_tables
from pipeline.publish.schema import FACTS, TABLES
from pipeline.publish.tabulate import Entry
from pipeline.run import run
from tests.readers import make

ROOT = Path(__file__).parents[1]
PLACES = {"371302": "山东省临沂市兰山区", "371323": "山东省临沂市沂水县", "370683": "山东省烟台市莱州市"}


def drawn(number: int, year: int | str, code: str) -> Report:
    sha256 = hashlib.sha256(f"{number} {year} {code}".encode()).hexdigest()
    report = make(sha256, {"year": str(year), "publisher": f"{PLACES[code][-3:]}人民政府", "code": code})
    report = replace(report, identity=replace(report.identity, jurisdiction_name=PLACES[code]))
    return codec.loads(Report, codec.dumps(report))


REPORTS = [drawn(0, year, code) for year in (2019, 2020, 2021) for code in PLACES] + [drawn(1, "?", "371302")]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out")
    again = drawn(2, 2021, "371302")  # stands in the place of the one before
    old = next(r for r in REPORTS if (r.identity.year, r.identity.jurisdiction_code) == (2021, "371302"))
    found = [
        Entry(r, f"{n}.txt", superseded_by=again.report_id if r is old else None)
        for n, r in enumerate([*REPORTS, again])
    ]
    write_tables(sorted(found, key=lambda entry: entry.report.report_id), folder)
    return folder


@pytest.fixture(scope="module")
def served(out: Path) -> Iterator[tuple[str, list[str]]]:
    """The folder at a URL, and the paths asked for."""
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_error(self, format: str, *args: Any) -> None:
            pass

        def log_message(self, format: str, *args: Any) -> None:
            asked.append(str(args[0]).split()[1])

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(out)))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", asked
    server.shutdown()
    server.server_close()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "gongkai"


def test_the_examples_of_its_documentation_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("duckdb", reason="one example queries with it")
    assert run([ROOT / "data/raw"], tmp_path).exit_status == 0
    monkeypatch.setenv("GONGKAI_OUT", str(tmp_path))
    found = doctest.testmod(gongkai)
    assert found.attempted >= 10
    assert found.failed == 0


def test_every_table_comes_with_its_columns_and_types(out: Path) -> None:
    assert list(gongkai.tables(out)) == [table.name for table in TABLES]
    for table in TABLES:
        frame = gongkai.load(table.name, source=out)
        assert list(frame.columns) == list(table.names)
        assert list(gongkai.describe(table.name, out)["name"]) == list(table.names)
        for column in table.columns:
            if column.type == "integer":
                assert frame[column.name].dtype == pd.Int64Dtype(), (table.name, column.name)
    reports = gongkai.load("reports", source=out)
    assert str(reports["published_date"].dtype).startswith("datetime64")
    assert gongkai.load("facts", source=out)["value"].dtype == float


def test_years_and_places_are_chosen(out: Path) -> None:
    assert set(gongkai.load("facts", years=2020, source=out).year) == {2020}
    assert set(gongkai.load("facts", years=range(2019, 2021), source=out).year) == {2019, 2020}
    assert set(gongkai.load("facts", source=out).year) == {0, 2019, 2020, 2021}

    def codes(*places: str) -> set[str]:
        return set(gongkai.load("facts", jurisdictions=places, source=out).jurisdiction_code)

    assert codes("37") == set(PLACES)
    assert codes("3713") == {"371302", "371323"}
    assert codes("370683") == codes("莱州市") == {"370683"}
    assert codes("临沂市", "370683") == set(PLACES)
    assert codes("11") == set()
    one = gongkai.load("facts", jurisdictions="371302", years=[2019], source=out)
    assert len(one) == sum(len(r.facts) for r in REPORTS if r.identity.year == 2019) // len(PLACES)


def test_a_year_that_is_not_there_is_empty_and_has_the_columns(out: Path) -> None:
    frame = gongkai.load("facts", years=1999, source=out)
    assert len(frame) == 0
    assert list(frame.columns) == list(FACTS.names)


def test_verified_and_standing_facts_alone(out: Path) -> None:
    facts = gongkai.load("facts", source=out)
    verified = gongkai.load("facts", verified_only=True, source=out)
    assert 0 < len(verified) == facts.verified.sum() < len(facts)
    standing = gongkai.load("facts", standing_only=True, source=out)
    gone = set(facts.report_id) - set(standing.report_id)
    reports = gongkai.load("reports", source=out)
    assert gone == set(reports[reports.superseded_by.notna()].report_id)
    assert len(gone) == 1
    assert len(gongkai.load("requests", standing_only=True, source=out)) == len(REPORTS)


def test_a_table_without_years_or_places_goes_by_its_reports(out: Path) -> None:
    claims = gongkai.load("claims", years=2020, jurisdictions="3713", source=out)
    reports = gongkai.load("reports", years=2020, jurisdictions="3713", source=out)
    assert set(claims.report_id) == set(reports.report_id)
    assert len(reports) == 2


def test_columns_are_chosen_and_stay_in_order(out: Path) -> None:
    frame = gongkai.load("series", columns=["received", "year"], source=out)
    assert list(frame.columns) == ["received", "year"]
    assert isinstance(gongkai.load("series", as_="arrow", source=out), pa.Table)


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        ({"table": "fact"}, KeyError, "there are facts, reports"),
        ({"table": "facts", "columns": ["colour"]}, KeyError, "no column 'colour'"),
        ({"table": "facts", "columns": "value"}, TypeError, "a list of names"),
        ({"table": "reports", "verified_only": True}, ValueError, "verified_only is for facts"),
        ({"table": "indicators", "years": 2020}, ValueError, "no table of reports"),
        ({"table": "facts", "jurisdictions": "371"}, ValueError, "has 3 digits"),
        ({"table": "facts", "jurisdictions": [371302]}, TypeError, "as text"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(out: Path, wrong: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        gongkai.load(source=out, **wrong)


def test_a_place_without_a_dataset_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(gongkai.NoDataset, match=r"holds no datapackage\.json: `gongkai run`"):
        gongkai.load("facts", source=tmp_path)
    monkeypatch.setenv("GONGKAI_OUT", str(tmp_path))
    (tmp_path / "datapackage.json").write_text('{"name": "another"}', encoding="utf-8")
    with pytest.raises(gongkai.NoDataset, match="another dataset"):
        gongkai.load("facts")


def test_a_description_that_points_elsewhere_is_not_followed(out: Path, tmp_path: Path) -> None:
    package = json.loads((out / "datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        for file in resource.get("files", ()):
            file["path"] = f"../{file['path']}"
    (tmp_path / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    with pytest.raises(gongkai.NoDataset, match="outside"):
        gongkai.load("facts", source=tmp_path)


def test_from_a_url_only_the_years_asked_for_are_fetched_once(served: tuple[str, list[str]], cache: Path) -> None:
    url, asked = served
    asked.clear()
    facts = gongkai.load("facts", years=2020, source=url)
    assert set(facts.year) == {2020}
    assert asked == ["/datapackage.json", "/facts/year=2020/facts.parquet"]
    asked.clear()
    assert gongkai.load("facts", years=2020, source=f"{url}/").equals(facts)
    assert asked == ["/datapackage.json"]
    assert [path.name for path in cache.rglob("*.parquet")] == ["facts.parquet"]


def test_what_is_fetched_is_what_the_description_says(
    served: tuple[str, list[str]], out: Path, cache: Path, tmp_path: Path
) -> None:
    reports = (out / "reports.parquet").read_bytes()
    (out / "reports.parquet").write_bytes(reports[:-1] + b"x")
    try:
        with pytest.raises(gongkai.NoDataset, match="it was published anew"):
            gongkai.load("reports", source=served[0])
    finally:
        (out / "reports.parquet").write_bytes(reports)
    assert not list(cache.rglob("*.parquet"))
    with pytest.raises(gongkai.NoDataset, match="the server says 404"):
        gongkai.load("reports", source=f"{served[0]}/nowhere")


@pytest.mark.parametrize("of", ["folder", "url"])
def test_duckdb_polars_and_pyarrow_read_it_unread(
    of: str, out: Path, served: tuple[str, list[str]], cache: Path
) -> None:
    duckdb = pytest.importorskip("duckdb")
    polars = pytest.importorskip("polars")
    facts = gongkai.scan("facts", years=[2019, 2020], jurisdictions="3713", source=out if of == "folder" else served[0])
    table = facts.to_table(columns=["year", "value"])
    total = sum(v for v in table["value"].to_pylist() if v is not None)
    (row,) = duckdb.sql("SELECT count(*), sum(value), min(year) FROM facts").fetchall()
    assert row == (table.num_rows, total, 2019)
    lazy = polars.scan_pyarrow_dataset(facts).filter(polars.col("year") == 2020).select(polars.col("value").sum())
    of_2020 = [v for v, y in zip(*(table[n].to_pylist() for n in ("value", "year")), strict=True) if v and y == 2020]
    assert lazy.collect().item() == sum(of_2020)


def test_plain_tools_read_the_folder_lazily_too(out: Path) -> None:
    """As docs and the README of a release say: no code of ours is needed."""
    duckdb = pytest.importorskip("duckdb")
    polars = pytest.importorskip("polars")
    n = len(pd.read_parquet(out / "facts", filters=[("year", "==", 2020)]))
    query = f"SELECT count(*) FROM read_parquet('{out}/facts/*/*.parquet', hive_partitioning = true) WHERE year = 2020"
    assert duckdb.sql(query).fetchall() == [(n,)]
    lazy = polars.scan_parquet(out / "facts", hive_partitioning=True).filter(polars.col("year") == 2020)
    assert lazy.select(polars.len()).collect().item() == n


def test_the_facts_of_a_body_lie_together(out: Path) -> None:
    """Sorted by jurisdiction: who looks for one body reads one row group of a year."""
    codes: Sequence[str] = gongkai.load("facts", years=2020, source=out, columns=["jurisdiction_code"]).iloc[:, 0]
    assert list(codes) == sorted(codes)


def test_it_can_be_cited(out: Path) -> None:
    package = json.loads((out / "datapackage.json").read_text(encoding="utf-8"))
    assert package["version"] in gongkai.cite(out)
    assert package["content"] in gongkai.cite(out, "bibtex")
    assert gongkai.cite(out, "bibtex").startswith("@misc{gongkai")


def test_the_code_of_the_guide_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("duckdb")
    pytest.importorskip("polars")
    blocks = (ROOT / "docs/using.md").read_text(encoding="utf-8").split("```python\n")[1:]
    assert len(blocks) >= 3
    assert run([ROOT / "data/raw"], tmp_path / "data/clean").exit_status == 0
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for block in blocks:
        exec(block.partition("```")[0], names)
    assert dict(names["by_row"])["received"] > 0
    assert len(names["reports"]) == 4
    assert set(names["facts"].year) == {2020}
