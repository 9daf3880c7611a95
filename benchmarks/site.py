"""python -m benchmarks.site: what a site of many reports costs: seconds, files, bytes, and the overview in a browser.

The dataset is drawn: some tens of generated reports, read once, are dealt out over the counties of the division table
and the years, each under an identity of its own. Seconds are processor time of this process, where not said otherwise.
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
        print(f"{built.pages} files, {built.size / 1e6:.0f} MB")
        for name in ("index.html", "coverage.html", "review.html", "data/search.js"):
            print(f"{name}: {(site / name).stat().st_size / 1e3:.0f} kB")
        _in_browser(site)
    finally:
        if wanted.keep is None:
            shutil.rmtree(folder)
    return 0


def _entries(places: int, years: int, drawn: int) -> Iterator[Entry]:
    """The reports under their new identities, by report_id."""
    pool = [read_report(compose(seed, "html", CLASSES[seed % len(CLASSES)]).data) for seed in range(drawn)]
    pool = [report for report in pool if report.disposition != "set_aside"]
    counties = [d for d in jurisdictions.divisions() if d.level == "county" and d.valid_to == jurisdictions.STILL]
    dealt = []
    for at, division in enumerate(counties[:places]):
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


def _in_browser(site: Path) -> None:
    """Milliseconds until the overview answers a click, as the browser's own clock tells."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        chromium = None
    if chromium is None:
        print("overview in a browser: not measured (playwright or Chromium is not installed)")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        times = []
        for _ in range(5):
            page.goto(f"file://{site.resolve()}/index.html", wait_until="load")
            times.append(page.evaluate("performance.getEntriesByType('navigation')[0].domInteractive"))
        loaded = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
        print(
            f"overview: interactive after {sorted(times)[2]:.0f} ms (median of 5), charts drawn after {loaded:.0f} ms"
        )
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
