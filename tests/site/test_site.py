"""The site holds what the dataset says, page by page, and nothing in a report can act on it."""

from __future__ import annotations

import csv
import json
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from typer.testing import CliRunner

import gongkai
from pipeline.cli import app
from pipeline.publish.published import NoDataset
from pipeline.site import NotOurs, build
from pipeline.site.pages import address, as_json
from tests.site.conftest import HOSTILE


class Links(HTMLParser):
    """The addresses and anchors of a page, its scripts, and the cells of its tables."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.scripts: list[dict[str, str | None]] = []
        self._table = self._row = ""
        self.cells: dict[str, dict[str, str | None]] = {}
        self._columns: list[str] = []
        self._at: list[str] = []
        self.shown: dict[str, str] = {}
        self._key = ""
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        assert not any(name.startswith("on") for name in values), f"{tag} with a handler"
        self.links += [value for name in ("href", "src") if (value := values.get(name))]
        if values.get("id"):
            self.ids.add(str(values["id"]))
        if tag == "script":
            self.scripts.append(values)
        if tag == "table" and "data-columns" in values:
            self._table, self._columns = str(values["data-table"]), str(values["data-columns"]).split()
        if tag == "tr":
            self._row, self._at = str(values.get("data-row", "")), list(self._columns)
        self._key = ""  # only what stands before a cell's marks is its text
        if tag == "td" and self._row:
            self._key = f"{self._table}/{self._row}/{self._at.pop(0)}"
            self.cells[self._key] = values

    def handle_data(self, data: str) -> None:
        if self._key:
            self.shown.setdefault(self._key, data)

    def printed(self, key: str) -> str:
        """What the page's script takes for the printed text of a cell."""
        told = self.cells[key].get("data-printed")
        return told if told is not None else self.shown.get(key, "")


def rows(dataset: Path, table: str) -> list[dict[str, str]]:
    with (dataset / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_link_leads_somewhere(site: Path) -> None:
    pages = {page: Links(page) for page in site.rglob("*.html")}
    assert len(pages) > 20
    for page, found in pages.items():
        for link in found.links:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            assert target.is_file(), f"{page.name}: {link}"
            if parts.fragment and target in pages:
                assert unquote(parts.fragment) in pages[target].ids, f"{page.name}: {link}"


def test_a_report_shows_each_of_its_cells_as_printed(site: Path, dataset: Path) -> None:
    facts = rows(dataset, "facts")
    pages = {report: Links(site / f"reports/{report}.html") for report in {fact["report_id"] for fact in facts}}
    for fact in facts:
        key = "/".join(fact[name] for name in ("table_id", "row_id", "column_id"))
        cell = pages[fact["report_id"]].cells[key]
        assert pages[fact["report_id"]].printed(key) == fact["value_raw"]
        assert ("verified" in str(cell.get("class"))) == (fact["verified"] == "true")
        proven = fact["value_reconciled"] if fact["value_reconciled"] != fact["value"] else None
        assert cell.get("data-proven") == (proven or None)


def test_doubts_stand_at_their_cells_and_in_the_list(site: Path, dataset: Path) -> None:
    flags = [flag for flag in rows(dataset, "flags") if flag["column_id"] and flag["row_id"]]
    assert flags
    for flag in flags:
        page = (site / f"reports/{flag['report_id']}.html").read_text(encoding="utf-8")
        table = page[page.index(f'<section id="{flag["table_id"]}"') :]
        (row,) = re.findall(rf'<tr data-row="{flag["row_id"]}">.*?</tr>', table[: table.index("</section>")], re.DOTALL)
        assert f'href="#d{flag["position"]}"' in row, flag
        assert f'id="d{flag["position"]}"' in page


def test_what_reports_say_never_becomes_a_script(site: Path) -> None:
    for page in [*site.rglob("*.html"), *site.glob("data/*.js")]:
        text = page.read_text(encoding="utf-8")
        for attack in HOSTILE:
            assert attack not in text, page.name
    for page in site.rglob("*.html"):
        for script in Links(page).scripts:
            assert script.get("src") or script.get("type") == "application/json", page.name
    assert as_json(HOSTILE).count("<") == 0
    assert json.loads(as_json(HOSTILE)) == list(HOSTILE)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", " https://x", "file:///etc/passwd", ""])
def test_only_web_addresses_become_links(url: str) -> None:
    assert address(url) == ""


def test_a_web_address_becomes_a_link() -> None:
    assert address("https://www.example.gov.cn/a") == "https://www.example.gov.cn/a"


def test_the_same_dataset_gives_the_same_bytes(site: Path, dataset: Path, tmp_path: Path) -> None:
    build(dataset, tmp_path / "again")
    files = {path.relative_to(site): path.read_bytes() for path in site.rglob("*") if path.is_file()}
    again = {p.relative_to(tmp_path / "again"): p.read_bytes() for p in (tmp_path / "again").rglob("*") if p.is_file()}
    assert files == again


def test_the_queue_puts_the_broken_sums_first(site: Path, dataset: Path) -> None:
    text = (site / "review.html").read_text(encoding="utf-8")
    queued = re.findall(r'href="reports/(\w+)\.html#(\w+)"', text)
    sums = {"row_sum", "column_sum", "balance", "review_sum"}
    broken = {(flag["report_id"], flag["table_id"]) for flag in rows(dataset, "flags") if flag["kind"] in sums}
    assert broken
    assert broken <= set(queued)
    assert queued[0] in broken


def test_search_knows_every_place_and_publisher(site: Path, dataset: Path) -> None:
    text = (site / "data/search.js").read_text(encoding="utf-8")
    found = {entry[0]: entry for entry in json.loads(text[text.index(").search = ") + 11 :].rstrip(";\n"))}
    for report in rows(dataset, "reports"):
        if report["disposition"] != "set_aside" and report["document_type"] == "annual_report":
            assert report["publisher"] in found[report["jurisdiction_code"]][3]


def test_the_overview_counts_what_the_facts_say(site: Path, dataset: Path) -> None:
    text = (site / "index.html").read_text(encoding="utf-8")
    (charts,) = re.findall(r'<script type="application/json" id="charts">(.*?)</script>', text)
    data = json.loads(charts)
    gone = {r["report_id"] for r in rows(dataset, "reports") if r["superseded_by"]}
    expected: dict[int, int] = {}
    for fact in rows(dataset, "facts"):
        if (fact["row_id"], fact["column_id"]) == ("received", "total") and fact["report_id"] not in gone:
            value = fact["value_reconciled"] or fact["value"]
            expected[int(fact["year"])] = expected.get(int(fact["year"]), 0) + int(value or 0)
    assert dict(zip(data["years"], data["received"], strict=True)) == expected


def test_a_folder_with_other_files_is_left_alone(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("mine")
    with pytest.raises(NotOurs):
        build(dataset, tmp_path)
    assert (tmp_path / "thesis.docx").read_text() == "mine"


def test_a_site_is_replaced_by_the_next_one(dataset: Path, tmp_path: Path) -> None:
    build(dataset, tmp_path / "site")
    (tmp_path / "site" / "reports" / "old.html").write_text("old")
    build(dataset, tmp_path / "site")
    assert not (tmp_path / "site" / "reports" / "old.html").exists()


def test_without_a_dataset_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoDataset):
        build(tmp_path / "empty", tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_the_command_says_what_it_built(dataset: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["site", str(dataset), "--out", str(tmp_path / "s")])
    assert done.exit_code == 0, done.output
    assert "9 reports" in done.output
    assert (tmp_path / "s" / "index.html").is_file()
    wrong = CliRunner().invoke(app, ["site", str(tmp_path / "nothing")])
    assert wrong.exit_code == 2


def test_doubts_of_a_kind_stand_together_and_the_gravest_first(site: Path, dataset: Path) -> None:
    severities = ["error", "warning", "info"]
    shown = 0
    for report in {flag["report_id"] for flag in rows(dataset, "flags")}:
        flags = [flag for flag in rows(dataset, "flags") if flag["report_id"] == report]
        page = site / f"reports/{report}.html"
        if not page.is_file():
            continue
        parts = re.findall(r'<details class="doubts (\w+)"( open)?>(.*?)</details>', page.read_text("utf-8"), re.DOTALL)
        kinds = [(severity, re.findall(r"<code>(\w+)</code>", part)[0]) for severity, _, part in parts]
        assert set(kinds) == {(flag["severity"], flag["kind"]) for flag in flags}
        assert len(kinds) == len(set(kinds))
        assert [severities.index(severity) for severity, _ in kinds] == sorted(severities.index(s) for s, _ in kinds)
        for (severity, kind), (_, is_open, part) in zip(kinds, parts, strict=True):
            theirs = {flag["position"] for flag in flags if (flag["severity"], flag["kind"]) == (severity, kind)}
            assert set(re.findall(r'<li id="d(\d+)"', part)) == theirs
            assert bool(is_open) == (severity != "info")
            shown += len(theirs)
    assert shown > 20


def test_everything_that_a_flag_says_stands_in_its_report(site: Path, dataset: Path) -> None:
    texts = {path.stem: unescape(path.read_text("utf-8")) for path in site.glob("reports/*.html")}
    for flag in rows(dataset, "flags"):
        if flag["report_id"] in texts:
            said = [flag[name] for name in ("observed", "expected", "excerpt", "attribution_reason")]
            for words in (*said, *flag["suggestion"].split(" | ")):
                assert words in texts[flag["report_id"]], flag


def test_the_overview_says_how_to_cite_the_dataset(site: Path, dataset: Path) -> None:
    text = unescape(re.sub(r"<[^>]+>", "", (site / "index.html").read_text(encoding="utf-8")))
    assert gongkai.cite(dataset) in text
