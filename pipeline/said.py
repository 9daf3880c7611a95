"""What the verbs say: of a run, of a version that was held back, of a call that failed."""

from __future__ import annotations

import io
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.summary import Summary


def report(summary: Summary, out: Path, quiet: bool = False) -> None:
    """Print what a run found; the program's own faults, failed corrections and what the gate said go to stderr, also
    when `quiet`."""
    from pipeline.explain import show_summary

    if not quiet:
        show_summary(summary, out, console())
    for path, reason in summary.faults:
        print(f"gongkai: {path}: {reason}; please report it, with the file if you can", file=sys.stderr)
    if summary.failed > len(summary.faults):
        print(f"gongkai: and {summary.failed - len(summary.faults)} files more", file=sys.stderr)
    for sentence in summary.uncorrected:
        print(f"gongkai: a correction failed: {sentence}", file=sys.stderr)
    if summary.held:
        print(f"gongkai: {held_back(summary.held, summary.held_version, out)}", file=sys.stderr)
    for path, trace in summary.traces:
        print(f"\n{path}\n{trace}", file=sys.stderr)


def console() -> Console:
    from rich.console import Console

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal of another encoding may lack a sign, and shall not fail
    # Into a file or a pipe the width is ours to choose: wide enough that no table is folded.
    return Console(highlight=False, width=None if sys.stdout.isatty() else 160)


def fail(message: str, status: int) -> NoReturn:
    print(f"gongkai: {message}", file=sys.stderr)
    raise typer.Exit(status)


def held_back(reasons: Sequence[str], version: str, folder: Path) -> str:
    """What to tell of a version that the gate held back."""
    return "\n".join(
        (
            f"the gate holds version {version} back, and the one published before stands, because",
            *(f"  - {reason}" for reason in reasons),
            f"to publish it all the same: gongkai let-through {shlex.quote(str(folder))} {version}",
        )
    )
