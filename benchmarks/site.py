"""python -m benchmarks.site: what a site of many reports costs: seconds, files, bytes, and its pages in a browser.

The dataset is drawn: some tens of generated reports, read once, are dealt out over the divisions of today and the
years, each under an identity of its own. Seconds are processor time of this process, where not said otherwise. Fails
if the bounds below are not kept.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pipeline import jurisdictions
from pipeline.model import Report
from pipeline.publish import write_tables
from pipeline.publish.tabulate import Entry
from pipeline.read import read_report
from pipeline.site import build
from tests.corpus import compose

LONGEST = 180.0  # seconds of the clock for the site
LARGEST = 1_000_000  # bytes of the overview
SLOWEST = 1000.0  # milliseconds until a page answers, or has searched or filtered
CLASSES = ("clean", "varied", "misprinted", "torn")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.site", description=__doc__)
    parser.add_argument("--places", type=int, default=3000)
    parser.add_argument("--years", type=int, default=5)
    parser.add_argument("--drawn", type=int, default=40, help="reports that are drawn and read, then dealt out")
    parser.add_argument("--keep", type=Path, help="a folder to keep dataset and site in")
    wanted = parser.parse_args(arguments)
    folder = wanted.keep or Path(tempfile.mkdtemp())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        dataset, site = folder / "dataset", folder / "site"
        began = time.process_time()
        if not dataset.exists():
            dataset.mkdir()
            write_tables(_entries(wanted.places, wanted.years, wanted.drawn), dataset)
        print(f"dataset of {wanted.places} places x {wanted.years} years: {time.process_time() - began:.0f} s")
        began, clock = time.process_time(), time.monotonic()
        built = build(dataset, site)
        spent, passed = time.process_time() - began, time.monotonic() - clock
        print(f"site of {built.reports} reports: {spent:.0f} s of processor, {passed:.0f} s of the clock")
        sizes = sorted(path.stat().st_size for path in (site / "reports").iterdir())
        largest, median = sizes[-1] / 1e3, sizes[len(sizes) // 2] / 1e3
        print(f"{built.pages} files, {built.size / 1e6:.0f} MB; a report {median:.0f} kB, the largest {largest:.0f} kB")
        overview = (site / "index.html").stat().st_size
        for name in ("index.html", "coverage.html", "review.html", "data/search.js"):
            print(f"{name}: {(site / name).stat().st_size / 1e3:.0f} kB")
        slowest = _in_browser(site)
    finally:
        if wanted.keep is None:
            shutil.rmtree(folder)
    kept = passed <= LONGEST and overview <= LARGEST and slowest <= SLOWEST
    print("all bounds are kept" if kept else "a bound is NOT kept")
    return 0 if kept else 1


def _entries(places: int, years: int, drawn: int) -> Iterator[Entry]:
    """The reports under their new identities, by report_id."""
    pool = [read_report(compose(seed, "html", CLASSES[seed % len(CLASSES)]).data) for seed in range(drawn)]
    pool = [report for report in pool if report.disposition != "set_aside"]
    today = (d for d in jurisdictions.divisions() if d.valid_to == jurisdictions.STILL)
    divisions = sorted(today, key=lambda d: (d.level != "county", d.code))
    dealt = []
    for at, division in enumerate(divisions[:places]):
        for year in range(2024 - years, 2024):
            sha256 = hashlib.sha256(f"{division.code} {year}".encode()).hexdigest()
            dealt.append((sha256, division, year, pool[(at * years + year) % len(pool)]))
    for sha256, division, year, report in sorted(dealt, key=lambda one: one[0]):
        yield Entry(_renamed(report, sha256, division, year), f"{division.code}/{year}.html")


def _renamed(report: Report, sha256: str, division: jurisdictions.Division, year: int) -> Report:
    publisher = f"{division.name}人民政府"
    identity = replace(
        report.identity,
        jurisdiction_code=division.code,
        jurisdiction_name=division.name,
        year=year,
        publisher=publisher,
        publisher_kind="government",
        title=f"{publisher}{year}年政府信息公开工作年度报告",
    )
    return replace(report, report_id=sha256[:16], sha256=sha256, identity=identity)


def _in_browser(site: Path) -> float:
    """Print how long pages take in a real browser; returns the longest, in milliseconds (0 without a browser)."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        chromium = None
    if chromium is None:
        print("pages in a browser: not measured (playwright or Chromium is not installed)")
        return 0.0
    pages = {"overview": "index.html", "coverage": "coverage.html", "review queue": "review.html"}
    for name in ("provinces", "places", "reports"):
        pages[f"largest of {name}"] = max((site / name).iterdir(), key=lambda p: p.stat().st_size).relative_to(site)
    slowest = 0.0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for name, path in pages.items():
            page = browser.new_page()
            times = []
            for _ in range(5):
                page.goto(f"file://{site.resolve()}/{path}", wait_until="load")
                times.append(page.evaluate(_TIMES))
            interactive, loaded = (sorted(column)[2] for column in zip(*times, strict=True))
            print(f"{name}: interactive after {interactive:.0f} ms, whole after {loaded:.0f} ms (medians of 5)")
            slowest = max(slowest, interactive)
            page.close()
        page = browser.new_page()
        for name, path, field, words in (
            ("search for what is not there", "index.html", "#q", "没有的"),
            ("filter of the review queue", "review.html", "#filter", "row_sum"),
        ):
            page.goto(f"file://{site.resolve()}/{path}", wait_until="load")
            page.focus(field)
            if field == "#q":
                page.wait_for_function("window.gongkai && window.gongkai.search")
            spent = page.evaluate(_TYPED, [field, words])
            print(f"{name}: {spent:.0f} ms")
            slowest = max(slowest, spent)
        browser.close()
    return slowest


_TIMES = """() => {
  const [times] = performance.getEntriesByType("navigation");
  return [times.domInteractive, times.loadEventEnd];
}"""
# From the keystroke until the page is laid out anew.
_TYPED = """([field, words]) => {
  const input = document.querySelector(field), began = performance.now();
  input.value = words;
  input.dispatchEvent(new Event("input"));
  document.body.getBoundingClientRect();
  return performance.now() - began;
}"""

if __name__ == "__main__":
    sys.exit(main())
