"""The verbs `harvest` and `sources`: what they say, and how they end."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.harvest import RawStore
from tests.harvest.site import Site, list_page, pdf

HEADER = "jurisdiction,publisher,url,follow"


@pytest.fixture(autouse=True)
def apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GONGKAI_HARVEST_RATE", "inf")
    monkeypatch.setenv("GONGKAI_HARVEST_BACKOFF_SECONDS", "0.01")


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def harvest(*arguments: object) -> Result:
    return call("harvest", "--contact", "a@example.org", "--allow", "127.0.0.1", "--store", "store", *arguments)


def publish(site: Site, *names: str) -> Path:
    site.put("/list.html", list_page(*((f"/{name}.pdf", "年度报告") for name in names)))
    for name in names:
        site.put(f"/{name}.pdf", pdf(name))
    path = Path("sources.csv")
    path.write_text(f"{HEADER}\n371302,甲县人民政府,{site.url}/list.html,年度报告\n", encoding="utf-8")
    return path


def test_a_harvest_sums_up(site: Site, tmp_path: Path) -> None:
    path = publish(site, "a", "b")
    del site.pages["/b.pdf"]
    result = harvest("--sources", path)
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["new", "1"] in lines
    assert ["failed", "1"] in lines
    assert f"HTTP 404 ({site.url}/b.pdf)" in result.stdout
    assert result.stderr == ""
    assert len(RawStore("store").documents()) == 1
    assert "gongkai/" in site.log[0].headers["user-agent"]
    assert "(+mailto:a@example.org)" in site.log[0].headers["user-agent"]
    again = harvest("--sources", path, "--quiet")
    assert (again.exit_code, again.output) == (0, "")


def test_a_harvest_as_json(site: Site) -> None:
    result = harvest("--sources", publish(site, "a"), "--json")
    data = json.loads(result.stdout)
    assert (data["new"], data["failed"], data["alarms"]) == (1, {}, [])
    assert data["sources"][0]["publisher"] == "甲县人民政府"


def test_a_source_that_falls_silent_ends_in_3(site: Site) -> None:
    path = publish(site, "a")
    harvest("--sources", path)
    site.put("/list.html", list_page())
    result = harvest("--sources", path)
    assert result.exit_code == 3
    assert "甲县人民政府" in result.stderr
    assert "1 documents before, none tonight" in result.stderr


def test_a_site_that_is_not_there_ends_in_3(site: Site) -> None:
    path = publish(site, "a")
    site.__exit__()
    result = harvest("--sources", path)
    assert result.exit_code == 3
    assert "nothing at all was fetched" in result.stderr


def test_narrowing(site: Site) -> None:
    path = publish(site, "a")
    result = harvest("--sources", path, "--jurisdiction", "440000")
    assert result.exit_code == 0
    assert "no source was asked" in result.stdout
    assert site.log == []
    assert harvest("--sources", path, "--jurisdiction", "370000", "--year", "2020").exit_code == 0
    assert site.asked("/a.pdf")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--sources", "none.csv"), "none.csv is not there"),
        (("--sources", "wrong.csv"), "wrong.csv line 2: publisher is empty"),
        (("--allow", "a b"), "is no network, address or host name"),
    ],
)
def test_a_wrong_call_ends_in_2(site: Site, arguments: tuple[str, ...], said: str) -> None:
    publish(site, "a")
    Path("wrong.csv").write_text(f"{HEADER}\n,,https://x.cn/,\n", encoding="utf-8")
    given = arguments if "--sources" in arguments else ("--sources", "sources.csv", *arguments)
    result = harvest(*given)
    assert result.exit_code == 2
    assert said in result.stderr


def test_without_a_contact_nothing_is_asked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    path = publish(site, "a")
    result = call("harvest", "--sources", path, "--store", "store", "--allow", "127.0.0.1")
    assert result.exit_code == 2
    assert "GONGKAI_CONTACT" in result.stderr
    assert site.log == []
    monkeypatch.setenv("GONGKAI_CONTACT", "https://example.org/bot")
    assert call("harvest", "--sources", path, "--store", "store", "--allow", "127.0.0.1").exit_code == 0
    assert "(+https://example.org/bot)" in site.log[0].headers["user-agent"]


def test_a_busy_and_a_damaged_store_end_in_1(site: Site) -> None:
    path = publish(site, "a")
    with RawStore("store").writing():
        result = harvest("--sources", path)
        assert (result.exit_code, "another harvest is at work" in result.stderr) == (1, True)
    Path("store/manifest.sqlite").write_bytes(b"x" * 5_000)
    result = harvest("--sources", path)
    assert (result.exit_code, "manifest.sqlite is damaged" in result.stderr) == (1, True)
    result = call("run", "store", "--out", "out")
    assert (result.exit_code, "manifest.sqlite is damaged" in result.stderr) == (1, True)


def test_sources_check(site: Site) -> None:
    path = publish(site, "a")
    result = call("sources", "check", path)
    assert (result.exit_code, result.stdout) == (0, "1 sources are right, 0 problems\n")
    with path.open("a", encoding="utf-8") as file:
        file.write("37130,,x,\n")
    result = call("sources", "check", path)
    assert result.exit_code == 2
    assert [line.partition(" is ")[0].partition(" does ")[0] for line in result.stdout.splitlines()] == [
        "sources.csv line 3: jurisdiction '37130'",
        "sources.csv line 3: publisher",
        "sources.csv line 3: url 'x'",
        "1 sources are right, 3 problems",
    ]
    assert call("sources", "check", "none.csv").exit_code == 2


def test_sources_import_and_manifest(site: Site) -> None:
    publish(site, "a")
    given = ("sources", "import", f"{site.url}/list.html", "--publisher", "甲县人民政府")
    asking = ("--contact", "a@example.org", "--allow", "127.0.0.1")
    result = call(*given, *asking)
    assert result.exit_code == 0, result.output
    (row,) = csv.DictReader(io.StringIO(result.stdout))
    assert (row["url"], row["publisher"]) == (f"{site.url}/a.pdf", "甲县人民政府")
    assert "1 lines" in result.stderr
    Path("more.csv").write_text(result.stdout, encoding="utf-8")
    assert call("sources", "check", "more.csv").exit_code == 0
    assert call(*given, *asking, "--match", "(").exit_code == 2
    assert call(*given).exit_code == 2
    assert call("sources", "import", "none.html").exit_code == 2
    assert call("sources", "manifest", "store").exit_code == 2
    harvest("--sources", "more.csv")
    (kept,) = csv.DictReader(io.StringIO(call("sources", "manifest", "store").stdout))
    assert kept["url"] == f"{site.url}/a.pdf"
