"""A dataset with what a site must cope with: sound and broken reports, and one that is hostile; and its site."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.publish import write_tables
from pipeline.publish.tabulate import Entry
from pipeline.read import read_report
from pipeline.site import build
from tests.corpus import compose

HOSTILE = (
    "<script>window.hacked = 1</script>",
    "</script><script>window.hacked = 2</script>",
    "'\"><img src=x onerror='window.hacked = 3'>",
)


def hostile_report() -> bytes:
    """A lawful web page of a report whose texts try to run as scripts wherever a page may show them."""
    text = compose(11, "html", "clean").data.decode("utf-8")
    attack = "".join(HOSTILE).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    spoiled = re.sub(r"(<td[^>]*>\s*(?:<p[^>]*>\s*)?)(\d+)", lambda m: m[1] + attack + m[2], text, count=1)
    spoiled = spoiled.replace("</title>", f"{attack}</title>", 1)
    assert spoiled.count(attack) == 2
    return spoiled.encode()


def write_dataset(folder: Path, sources: list[tuple[str, bytes]]) -> None:
    folder.mkdir(parents=True)
    reports = sorted(((read_report(data), name) for name, data in sources), key=lambda one: one[0].report_id)
    write_tables((Entry(report, name) for report, name in reports), folder)


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "dataset"
    drawn = [(seed, "clean") for seed in range(4)] + [(seed, "misprinted") for seed in range(4)]
    sources = [(f"{kind}-{seed}.html", compose(seed, "html", kind).data) for seed, kind in drawn]
    sources.append((f"{HOSTILE[0]}.html", hostile_report()))
    sources.append(("letter.txt", "关于召开会议的通知".encode()))
    write_dataset(folder, sources)
    return folder


@pytest.fixture(scope="session")
def site(dataset: Path) -> Path:
    out = dataset.with_name("site")
    build(dataset, out)
    return out
