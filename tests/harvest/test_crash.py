"""A harvest that is killed: what was fetched is kept, every object is whole, and the next one goes on."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.harvest import RawStore
from tests.harvest.site import Site, list_page, night, pdf, report_page, source

ROOT = Path(__file__).parents[2]
DOCUMENTS = 60


def publish(site: Site) -> None:
    more = '<script>createPageHTML(3, 0, "index", "html");</script>'
    for page, name in enumerate(("", "index_1.html", "index_2.html")):
        numbers = range(page * 20, page * 20 + 20)
        site.put(f"/gk/{name}", list_page(*((f"/report/{n}.html", f"甲{n}局年度报告") for n in numbers), more=more))
        for n in numbers:
            site.put(
                f"/report/{n}.html", report_page(f"甲{n}局年度报告", f'<a href="{n}.pdf">附件</a>', prose="见附件")
            )
            site.put(f"/report/{n}.pdf", pdf(str(n)) + bytes(n * 5_000))


def start(site: Site, folder: Path) -> subprocess.Popen[bytes]:
    """A harvest in a process of its own."""
    program = (
        "import sys; from dataclasses import replace; from tests.harvest.site import *; "
        "night(RawStore(sys.argv[1]), source(sys.argv[2]), manners=replace(FAST, concurrency=4))"
    )
    return subprocess.Popen([sys.executable, "-c", program, str(folder), f"{site.url}/gk/"], cwd=ROOT)


def kill_at(process: subprocess.Popen[bytes], site: Site, requests: int) -> bool:
    """Kill when the site has been asked so often; whether that was before its end."""
    while process.poll() is None:
        if len(site.log) >= requests:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            return True
        time.sleep(0.001)
    return False


def check(store: RawStore) -> int:
    """Every row has its object, whole; how many documents there are."""
    for item in store.items():
        assert hashlib.sha256(store.read(item.sha256)).hexdigest() == item.sha256
    objects = [path for path in (store.root / "objects").rglob("*") if path.is_file()] if store.root.exists() else []
    for path in objects:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
    return len(store.documents())


def rows(store: RawStore) -> list[tuple[str, str, str, str | None]]:
    return sorted((item.url, item.sha256, item.role, item.from_page) for item in store.items())


def crashes(site: Site, tmp_path: Path, seed: int, times: int) -> None:
    publish(site)
    draw, store, killed, before = random.Random(seed), RawStore(tmp_path / "store"), 0, 0
    for _ in range(times):
        site.log.clear()
        # what earlier ones kept is not asked for again, so a number drawn from all may lie beyond the end
        killed += kill_at(start(site, store.root), site, draw.randint(1, 25))
        now = check(store)
        assert now >= before
        before = now
    assert killed >= min(times, 3) - 1
    site.log.clear()
    process = start(site, store.root)
    assert process.wait(60) == 0
    assert check(store) == DOCUMENTS
    undisturbed = RawStore(tmp_path / "undisturbed")
    night(undisturbed, source(site.url + "/gk/"))
    assert rows(store) == rows(undisturbed)
    site.log.clear()
    again = night(store, source(site.url + "/gk/"))
    assert (again.unchanged, again.new, again.replaced) == (DOCUMENTS, 0, 0)
    assert all(asked.conditional for asked in site.asked())


@pytest.mark.slow
def test_a_killed_harvest_goes_on(site: Site, tmp_path: Path) -> None:
    crashes(site, tmp_path, seed=1, times=2)


@pytest.mark.slow
def test_killed_thirty_times(site: Site, tmp_path: Path) -> None:
    crashes(site, tmp_path, seed=2, times=30)


@pytest.mark.slow
def test_what_was_kept_before_the_crash_is_not_asked_for_again(site: Site, tmp_path: Path) -> None:
    publish(site)
    store = RawStore(tmp_path / "store")
    assert kill_at(start(site, store.root), site, 60)
    kept = {item.url.removeprefix(site.url) for item in store.items() if item.role != "list"}
    assert len(kept) > 10
    site.log.clear()
    harvested = night(store, source(site.url + "/gk/"))
    assert not kept & {asked.path for asked in site.log}
    assert harvested.new + harvested.unchanged == DOCUMENTS
    site.log.clear()
    night(store, source(site.url + "/gk/"))  # the one after an undisturbed end asks for everything
    assert kept < {asked.path for asked in site.log}
