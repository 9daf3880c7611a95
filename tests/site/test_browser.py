"""The site in a real browser: pages, language, search, filters, a review decision, keyboard alone, accessibility."""

from __future__ import annotations

import csv
import functools
import http.server
import io
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.corrections import COLUMNS
from pipeline.run import run
from tests.corpus import compose

pytestmark = pytest.mark.slow
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra `test`)")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if CHROMIUM is None:
    pytest.skip("no Chromium on the PATH (apt install chromium)", allow_module_level=True)

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
]
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, "--disable-sync"])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page whose every complaint fails the test."""
    context = browser.new_context(locale="zh-CN", bypass_csp=False)
    page, complaints = context.new_page(), list[str]()
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[str]:
    class Silent(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Silent, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def some_pages(site: Path) -> list[str]:
    kinds = ("*.html", "reports/*.html", "places/*.html", "provinces/*.html")
    return [path.relative_to(site).as_posix() for kind in kinds for path in sorted(site.glob(kind))[:5]]


def test_pages_open_from_the_disk_and_from_a_server_without_a_complaint(page: Any, site: Path, served: str) -> None:
    for path in some_pages(site):
        for address in (f"file://{site}/{path}", f"{served}/{path}"):
            page.goto(address)
            assert page.locator("h1").count() == 1, path
    page.goto(f"file://{site}/index.html")
    assert page.evaluate("Object.keys(Chart.instances).length") == 4


def test_a_hostile_report_runs_nothing(page: Any, site: Path) -> None:
    for path in sorted(site.rglob("*.html")):
        page.goto(f"file://{path}")
        assert page.evaluate("window.hacked") is None, path.name


def test_the_language_is_changed_and_kept(page: Any, served: str) -> None:
    page.goto(f"{served}/index.html")
    assert page.locator("h1").inner_text().startswith("政府信息公开")
    page.click("#language")
    assert page.locator("h1").inner_text().startswith("Open government")
    page.goto(f"{served}/review.html")
    assert page.locator("h1").inner_text() == "Review"


def test_search_by_code_name_and_pinyin_with_the_keyboard(page: Any, site: Path) -> None:
    code = next(path.stem for path in sorted(site.glob("places/*.html")) if path.stem.isdigit())
    page.goto(f"file://{site}/index.html")
    page.focus("#q")
    page.keyboard.type(code)
    page.wait_for_selector("#found li")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/places/{code}.html")
    name = page.locator("h1 span").first.inner_text()
    page.focus("#q")
    page.keyboard.type(name[-3:])
    page.wait_for_selector("#found li")
    assert code in page.locator("#found").inner_text()


def test_the_queue_is_filtered(page: Any, site: Path) -> None:
    page.goto(f"file://{site}/review.html")
    rows = page.locator("#items tbody tr")
    assert rows.count() > 1
    year = rows.first.locator("td").first.inner_text()
    page.fill("#filter", f"no such thing {year}")
    assert page.locator("#items tbody tr:visible").count() == 0
    page.fill("#filter", year)
    assert 0 < page.locator("#items tbody tr:visible").count() <= rows.count()


def test_charts_are_given_out_as_csv(page: Any, site: Path) -> None:
    page.goto(f"file://{site}/index.html")
    with page.expect_download() as download:
        page.click("button[data-save=received][data-as=csv]")
    table = list(csv.reader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8-sig"))))
    assert table[0] == ["年度", "新收申请", "报告数"]
    assert len(table) > 1


def test_a_decision_made_with_the_keyboard_corrects_the_dataset(page: Any, tmp_path: Path) -> None:
    """From the source file to the corrected fact: queue, report, dialog, lines, run."""
    from pipeline.site import build

    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "a.html").write_bytes(compose(5, "html", "misprinted").data)
    run([raw], tmp_path / "out")
    build(tmp_path / "out", tmp_path / "site")
    (report,) = (tmp_path / "site/reports").glob("*.html")
    page.goto(f"file://{report}")
    page.focus("#correct")
    page.keyboard.press("Enter")
    page.select_option("#decision [name=cell]", "requests/received/natural_person")
    printed = page.input_value("#decision [name=printed]")
    page.fill("#decision [name=corrected]", "417")
    page.focus("#decision [name=reason]")
    page.keyboard.type('seen on the scan, "417"')
    page.keyboard.press("Tab")
    page.keyboard.type("王")
    page.keyboard.press("Enter")
    page.wait_for_selector("#kept:not([hidden])")
    page.goto(f"file://{tmp_path}/site/review.html")
    text = page.input_value("#lines")
    (line,) = csv.DictReader(io.StringIO(text))
    assert tuple(line) == COLUMNS
    assert line | {"date": ""} == {
        "sha256": line["sha256"],
        "table_id": "requests",
        "row_id": "received",
        "column_id": "natural_person",
        "printed": printed,
        "corrected": "417",
        "reason": 'seen on the scan, "417"',
        "who": "王",
        "date": "",
    }
    (tmp_path / "corrections.csv").write_text(text, encoding="utf-8")
    summary = run([raw], tmp_path / "out", corrected_by=tmp_path / "corrections.csv")
    assert (summary.corrected, list(summary.uncorrected)) == (1, [])
    with (tmp_path / "out/facts.csv").open(encoding="utf-8", newline="") as file:
        (fact,) = [f for f in csv.DictReader(file) if (f["row_id"], f["column_id"]) == ("received", "natural_person")]
    assert (fact["value_raw"], fact["corrected"], fact["value_reconciled"]) == (printed, "417", "417")


def test_everything_is_reached_with_the_keyboard(page: Any, site: Path) -> None:
    page.goto(f"file://{site}/index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    seen = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim().slice(0, 8)"))
    assert {"q", "language", "CSV", "PNG"} <= seen


def test_a_mark_leads_to_its_doubt_also_where_that_is_folded(page: Any, site: Path) -> None:
    folded = re.compile(r'<details class="doubts info">.*?<li id="(d\d+)"', re.DOTALL)
    found = ((path, folded.search(path.read_text(encoding="utf-8"))) for path in sorted(site.glob("reports/*.html")))
    path, match = next((path, match) for path, match in found if match and f'href="#{match[1]}"' in path.read_text())
    page.goto(f"file://{path}")
    assert not page.locator(f"#{match[1]}").is_visible()
    page.locator(f'a[href="#{match[1]}"]').first.click()
    page.wait_for_selector(f"#{match[1]}", state="visible")
    page.goto("about:blank")
    page.goto(f"file://{path}#{match[1]}")
    page.wait_for_selector(f"#{match[1]}", state="visible")


def test_paper_shows_what_is_folded(page: Any, site: Path) -> None:
    page.goto(f"file://{site}/index.html")
    assert page.locator("details[open]").count() == 0
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0


def test_nothing_overflows_a_phone(page: Any, site: Path) -> None:
    page.set_viewport_size(PHONE)
    for path in some_pages(site):
        page.goto(f"file://{site}/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path


def test_axe_finds_no_serious_fault(browser: Any, site: Path) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed (extra `test`)"
    ).Axe()
    for scheme in ("light", "dark"):
        context = browser.new_context(locale="zh-CN", bypass_csp=True, color_scheme=scheme)
        page = context.new_page()
        for path in some_pages(site):
            page.goto(f"file://{site}/{path}")
            found = axe.run(page).response["violations"]
            assert [(f["id"], f["nodes"][0]["html"]) for f in found if f["impact"] in ("serious", "critical")] == [], (
                path
            )
        context.close()
