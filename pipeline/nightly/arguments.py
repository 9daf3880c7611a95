"""The arguments of `python flows.py`."""

from __future__ import annotations

import argparse
import os
import re

from pipeline.remote.files import is_url
from pipeline.run_command import DEFAULT_INPUT, DEFAULT_OUT, Runner

BATCH = 200
"""Files a task reads in one process, and before it looks whether to give way."""


def parser() -> argparse.ArgumentParser:
    """What it takes: `verb`, and for each verb what its flow takes."""
    made = argparse.ArgumentParser(prog="flows.py", description="The pipeline as Prefect flows.")
    verbs = made.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("run", help="read reports and publish them as a dataset, as `gongkai run` does")
    verb.add_argument(
        "inputs",
        nargs="*",
        metavar="INPUT",
        type=_there,
        default=[str(DEFAULT_INPUT)],
        help="files and folders to read; URLs like s3:// too",
    )
    verb.add_argument("--out", metavar="DIR", default=str(DEFAULT_OUT), help="the folder, or URL, to publish in")
    verb.add_argument("--batch", type=_positive, metavar="N", default=BATCH, help=f"files of one process ({BATCH})")
    verb.add_argument("--runner", choices=[str(runner) for runner in Runner], help="what reading is spread over")
    verb.add_argument("--scheduler", metavar="ADDRESS", help="the scheduler of a Dask cluster, like tcp://host:8786")
    verb.add_argument("--work", metavar="DIR", help="the working copy of a dataset at a URL (in the cache folder)")
    verb.add_argument("--corrections", metavar="FILE", help="human corrections to apply (see docs/trust.md)")
    verb.add_argument("--retry", action="store_true", help="read again what a limit or a crash had set aside")
    verbs.add_parser("harvest", help="what a night does, now; all else say the settings (docs/nightly.md)")
    verb = verbs.add_parser("backfill", help="fetch and read past years; goes on where it was interrupted")
    verb.add_argument("--years", type=_years, metavar="YEARS", default=[], help="e.g. 2015-2019,2022 (default: all)")
    for name, words in (
        ("jurisdictions", "codes of GB/T 2260; a province's or prefecture's stands for all in it (default: all)"),
        ("sources", "publishers, addresses or ids of sources, as sources.csv has them (default: all)"),
    ):
        verb.add_argument(f"--{name}", type=_several, metavar="A,B", default=[], help=words)
    verb.add_argument("--refetch", action="store_true", help="fetch every document anew, also unchanged ones")
    verb.add_argument("--reextract", action="store_true", help="read every report anew, also known ones")
    return made


def _there(path: str) -> str:
    if not is_url(path) and not os.path.lexists(path):
        raise argparse.ArgumentTypeError(f"{path} is not there")
    return path


def _years(text: str) -> list[int]:
    found: set[int] = set()
    for part in text.split(","):
        span = re.fullmatch(r"(\d{4})(?:-(\d{4}))?", part.strip(), re.ASCII)
        first, last = (int(span[1]), int(span[2] or span[1])) if span else (1, 0)
        if first > last:
            raise argparse.ArgumentTypeError(f"{part!r} is no year or span of years; write 2015-2019,2022")
        found.update(range(first, last + 1))
    return sorted(found)


def _several(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return int(text)
