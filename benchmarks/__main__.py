"""python -m benchmarks: this project and its peers on the same drawn files, in one session, with tables and plots.

Writes benchmarks.md and the folder benchmarks/ (results.json, plots) to --out. Peers are looked for in this interpreter
and in those of --peers; one that cannot run is named with the reason. Exit status 1 when this project published a wrong
number without a warning.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.commands import commands
from benchmarks.corpus import ALL_CLASSES, ALL_FORMATS, SCAN, Drawn, draw, missing
from benchmarks.peers import PEERS
from benchmarks.results import Results, results
from benchmarks.rooms import rooms
from benchmarks.session import measure, seats

DOCS = Path(__file__).resolve().parents[1] / "docs"
NAMES = tuple(peer.name for peer in PEERS)
_NAMED = "only these: " + "; ".join(NAMES)


def main(arguments: Sequence[str] | None = None) -> int:
    wanted = _parser().parse_args(arguments)
    found = session(wanted) if wanted.again is None else json.loads(wanted.again.read_text(encoding="utf-8"))
    if wanted.note is not None:
        found["settings"]["note"] = wanted.note
    if "rooms" not in found:
        _tell("where the time goes")
        found["rooms"] = rooms(found["settings"]["seed"], list(dict.fromkeys(row["format"] for row in found["corpus"])))
    write(found, wanted.out)
    silent = sum(row["silent"] for row in found["exactness"] if row["reader"] == "gongkai")
    print(f"{wanted.out / 'benchmarks.md'}: {silent} wrong numbers without a warning")
    return 1 if silent else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--count", type=int, default=30, help="documents of each format, dealt out over the classes")
    parser.add_argument("--scans", type=int, default=6, help="scanned reports, which cost seconds a page")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--repeats", type=int, default=5, help="how often the files for the ratios are read")
    parser.add_argument("--formats", nargs="+", choices=ALL_FORMATS, default=ALL_FORMATS)
    parser.add_argument("--classes", nargs="+", choices=ALL_CLASSES, default=ALL_CLASSES)
    parser.add_argument("--with", nargs="*", choices=NAMES, default=NAMES, dest="names", metavar="PEER", help=_NAMED)
    parser.add_argument("--peers", nargs="+", default=(), metavar="PYTHON", help="other interpreters that have peers")
    parser.add_argument("--out", type=Path, default=DOCS, help="folder for the page, the plots and the figures")
    parser.add_argument("--note", help="a remark on the run, for the page: what else the machine did")
    parser.add_argument("--again", type=Path, metavar="JSON", help="write tables and plots of this results.json anew")
    return parser


def session(wanted: argparse.Namespace) -> Results:
    """Draws the corpus, runs everything on it, and returns what was found."""
    skipped = {format: reason for format in wanted.formats if (reason := missing(format)) is not None}
    formats = [format for format in wanted.formats if format not in skipped]
    with TemporaryDirectory() as folder:
        _tell("drawing the corpus")
        corpus: list[Drawn] = []
        for format in formats:
            count = wanted.scans if format == SCAN else wanted.count
            corpus += draw(Path(folder), count, wanted.seed, [format], wanted.classes)
        table = seats(wanted.peers, wanted.names)
        try:
            found = measure(corpus, table, wanted.repeats, _tell)
        finally:
            for seat in table:
                seat.worker.end()
        _tell("whole commands")
        costs = commands(corpus, wanted.repeats)
        settings = {"count": wanted.count, "scans": wanted.scans, "seed": wanted.seed, "repeats": wanted.repeats}
        return results(_command(wanted), settings, corpus, table, found, costs, skipped)


def _command(wanted: argparse.Namespace) -> str:
    """The command as anybody would call it: interpreters without the folders of this machine."""
    words = ["python", "-m", "benchmarks", "--count", str(wanted.count), "--scans", str(wanted.scans)]
    words += ["--seed", wanted.seed, "--repeats", str(wanted.repeats)]
    words += ["--formats", *wanted.formats] if tuple(wanted.formats) != ALL_FORMATS else []
    words += ["--classes", *wanted.classes] if tuple(wanted.classes) != ALL_CLASSES else []
    words += ["--with", *wanted.names] if tuple(wanted.names) != NAMES else []
    words += ["--peers", *(f"peers{n}/bin/python" for n, _ in enumerate(wanted.peers, 1))] if wanted.peers else []
    return shlex.join(words)


def write(found: Results, out: Path) -> None:
    """The page, the figures and, where matplotlib is installed, the plots."""
    from benchmarks.tables import page

    folder = out / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (out / "benchmarks.md").write_text(page(found), encoding="utf-8")
    try:
        from benchmarks.plots import plot

        plot(found, folder)
    except ModuleNotFoundError as error:
        _tell(f"no plots: {error}; they come with the extra `bench`")


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
