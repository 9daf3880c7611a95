"""python -m benchmarks.nights: what whole nights cost: the first, one with nothing new, one with 20 changed documents.

A site on loopback publishes drawn reports of every format; each night fetches, reads, builds, checks, publishes and
reports in a process of its own, with the settings as they are but for the rate at which a site is asked. Processor
seconds are those of that process with its children; the site's are not among them. Each night keeps a record of its
own, which is not counted. The bookkeeping is the ledger's: a night writes down there too which files were too young on
the night before for their time stamps to be trusted.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import math
import os
import resource
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.nightly.record import Night, Nights
from tests.corpus import CLASSES, compose
from tests.harvest.site import Asked, Site, list_page

ROOT = Path(__file__).resolve().parents[1]
MIX = ("html", "pdf", "html", "docx", "html", "pipes", "html", "pdf", "html", "docx", "flat", "markdown_html")
CHANGED = 20
_OF_A_SOURCE, _OF_A_PAGE = 200, 50
_HEADER = "jurisdiction,publisher,url,follow,from_year,to_year,status,status_date,status_reason,note"
_SET = {"HARVEST_RATE": "inf", "HARVEST_HOST_CONCURRENCY": "16", "HARVEST_ALLOW": "127.0.0.1"}
_AMENDED = "本报告已更正。"
_NAMES = {
    "requests": "requests",
    "conditional": "of them conditional",
    "not_modified": "answered by 304",
    "whole": "asked without a condition",
    "fetched": "answered with content",
    "documents": "documents new or replaced",
    "read": "reports read",
    "published": "files of the dataset written",
    "stored": "files of the store written",
    "kept": "files of the bookkeeping written",
    "clock": "seconds of the clock",
    "processor": "seconds of the processor",
}


@dataclass(frozen=True, slots=True)
class Spent:
    """What a night did, and what it cost. `program` names the code that did it, `asked` is what the site saw; files are
    counted where written or removed."""

    night: Night
    program: str
    asked: tuple[Asked, ...]
    published: int
    stored: int
    kept: int
    clock: float
    processor: float

    def figures(self) -> dict[str, float]:
        """The figures of the table, by the keys of `_NAMES`."""
        harvested, summary = self.night.harvested or {}, self.night.summary or {}
        return {
            "requests": len(self.asked),
            "conditional": sum(one.conditional for one in self.asked),
            "not_modified": sum(one.status == 304 for one in self.asked),
            "whole": sum(not one.conditional for one in self.asked),
            "fetched": sum(one.status == 200 for one in self.asked),
            "documents": harvested.get("new", 0) + harvested.get("replaced", 0),
            "read": summary.get("read", 0),
            "published": self.published,
            "stored": self.stored,
            "kept": self.kept,
            "clock": round(self.clock, 1),
            "processor": round(self.processor, 1),
        }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.nights", description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="documents on the site")
    parser.add_argument("--changed", type=int, default=CHANGED, help="documents that change before the third night")
    parser.add_argument("--night", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args(arguments)
    if wanted.night:
        return _night()
    with TemporaryDirectory() as folder:
        found = three_nights(Path(folder), wanted.count, wanted.changed)
    print(table(wanted.count, wanted.changed, found))
    return 1 if any(spent.night.problems for spent in found) else 0


def three_nights(folder: Path, count: int, changed: int) -> tuple[Spent, Spent, Spent]:
    """Draw `count` documents, put them on a site, and run the three nights in `folder`.

    Raises RuntimeError for a night that did not come to its end, and when the program was edited between two nights:
    another version reads everything anew, as it should, and the figures would mean nothing.
    """
    with Site() as site:
        print(f"drawing {count} documents", file=sys.stderr, flush=True)
        paths = _open(site, folder, count)
        first, second = _spend(site, folder), _spend(site, folder)
        for at in range(changed):
            path = paths[at * len(paths) // changed]
            site.put(path, amended(site.pages[path].body))
        found = first, second, _spend(site, folder)
    if len({spent.program for spent in found}) > 1:
        raise RuntimeError("the program was edited between two of the nights; run this on a tree that is left alone")
    return found


def table(count: int, changed: int, found: Sequence[Spent]) -> str:
    """The figures of the nights side by side, as Markdown, with the stages' seconds and every problem below."""
    figures = [spent.figures() for spent in found]
    lines = [f"| {count:,} documents | first night | nothing new | {changed} changed |", "|---|---:|---:|---:|"]
    lines += [f"| {name} | {' | '.join(f'{one[key]:,}' for one in figures)} |" for key, name in _NAMES.items()]
    for name in found[0].night.seconds:
        lines.append(f"| seconds of {name} | {' | '.join(f'{one.night.seconds[name]:.1f}' for one in found)} |")
    lines += [f"{problem.kind}: {problem.what}" for spent in found for problem in spent.night.problems]
    return "\n".join(lines)


def amended(data: bytes) -> bytes:
    """The same report with a sentence more; of a PDF, with a comment more, which no reader shows."""
    sentence = _AMENDED.encode()
    if data.startswith(b"%PDF"):
        return data + b"\n% amended\n"
    if data.startswith(b"PK"):
        return _docx_amended(data)
    head, end, tail = data.rpartition(b"</body>")
    return head + b"<p>" + sentence + b"</p>" + end + tail if end else data + b"\n\n" + sentence + b"\n"


def _docx_amended(data: bytes) -> bytes:
    new = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in old.infolist():
            content = old.read(part)
            if part.filename == "word/document.xml":
                head, end, tail = content.rpartition(b"<w:sectPr" if b"<w:sectPr" in content else b"</w:body>")
                content = head + f"<w:p><w:r><w:t>{_AMENDED}</w:t></w:r></w:p>".encode() + end + tail
            archive.writestr(part, content)
    return new.getvalue()


def _open(site: Site, folder: Path, count: int) -> list[str]:
    """Put the documents on the site, lists that lead to them, and a list of sources; returns their paths."""
    paths, lines = [], [_HEADER]
    for number in range(count):
        piece = compose(f"nights.{number}", MIX[number % len(MIX)], CLASSES[number // len(MIX) % len(CLASSES)])
        paths.append(f"/report/{number}{piece.suffix}")
        site.put(paths[-1], piece.data)
    site.put("/robots.txt", "User-agent: *\nDisallow: /private/\n")
    for at in range(0, count, _OF_A_SOURCE):
        begin = _lists(site, f"/list{at // _OF_A_SOURCE}", paths[at : at + _OF_A_SOURCE])
        lines.append(f"371323,第{at // _OF_A_SOURCE}县人民政府,{begin},年度报告,,,,,,")
    (folder / "raw").mkdir()
    (folder / "raw/sources.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return paths


def _lists(site: Site, name: str, paths: Sequence[str]) -> str:
    """The pages of one list; returns the address of the first."""
    pages = math.ceil(len(paths) / _OF_A_PAGE)
    for page in range(pages):
        links = [(path, f"政府信息公开工作年度报告{path}") for path in paths[page * _OF_A_PAGE :][:_OF_A_PAGE]]
        further = f'<a href="{name}_{page + 1}.html">下一页</a>' if page + 1 < pages else ""
        site.put(f"{name}_{page}.html", list_page(*links, more=further))
    return f"{site.url}{name}_0.html"


def _spend(site: Site, folder: Path) -> Spent:
    """Run a night in a process of its own, and see what it asked, wrote and cost."""
    out, store = folder / "clean", folder / "store"
    before = state(out), state(store)
    site.log.clear()
    spent, began = _processor(), time.monotonic()
    command = [sys.executable, "-m", "benchmarks.nights", "--night"]
    done = subprocess.run(command, cwd=folder, env=_environment(), capture_output=True, text=True)
    clock, processor = time.monotonic() - began, _processor() - spent
    if done.returncode:
        raise RuntimeError(f"a night ended with {done.returncode}: {done.stderr[-2000:]}")
    written = Counter(_kind(out, path) for path in _changes(before[0], state(out)))
    stored = len(_changes(before[1], state(store)))
    night = next(Nights(out).newest_first())
    kept, asked = written["kept"], tuple(site.log)
    return Spent(night, done.stdout.strip(), asked, written["published"], stored, kept, clock, processor)


def _environment() -> dict[str, str]:
    """This one's, with the settings of the nights and no others."""
    given = {"SOURCES": "raw/sources.csv", "STORE": "store", "INPUTS": "raw", "OUT": "clean", **_SET}
    given["CONTACT"] = "benchmarks@example.org"
    others = {name: value for name, value in os.environ.items() if not name.upper().startswith("GONGKAI_")}
    return {**others, "PYTHONPATH": str(ROOT), **{f"GONGKAI_{name}": value for name, value in given.items()}}


def _night() -> int:
    """The night of a process of its own, as the flow runs it, without Prefect; prints which code it was."""
    from pipeline import nightly
    from pipeline.nightly.stages import Asked
    from pipeline.nightly.turns import of_a_night
    from pipeline.settings import load
    from pipeline.version import publishing_fingerprint, report_fingerprint

    settings = load()
    with of_a_night(settings.out, datetime.now(UTC), 0) as turn:
        nightly.night(Asked(), settings, turn)
    print(report_fingerprint(), publishing_fingerprint())
    return 0


State = dict[str, tuple[int, int, str]]


def state(folder: Path) -> State:
    """Every file below a folder: its inode, when it was written (ns), and the sha256 of what it holds."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path): (path.stat().st_ino, path.stat().st_mtime_ns, _sha256(path)) for path in files}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _changes(before: State, after: State) -> list[str]:
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


def _kind(out: Path, path: str) -> str:
    """Which of a dataset's folder a file is: published, the night's own (record and locks), or kept for the next."""
    inside = Path(path).relative_to(out)
    if not inside.parts[0].startswith("."):
        return "published"
    return "night" if "nights" in inside.parts or inside.suffix == ".lock" else "kept"


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
