"""The command `gongkai`: thin, one verb a job. What a verb needs is imported when it is called.

Exit status: 0 when every file was extracted or set aside with a reason; 1 when a file could not be handled for a fault
of the program, or the job could not be finished (another run at work, a full disk); 2 for a wrong call; 3 when all is
published but for a human correction that no longer fits; 130 when interrupted.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.intake import Progress
    from pipeline.run import Summary

DEFAULT_INPUT = Path("data/raw")
DEFAULT_OUT = Path("data/clean")

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=(
        "China's open-government-information annual reports (政府信息公开工作年度报告) as a tidy, flagged dataset.\n\n"
        "Examples:\n\n"
        "[bold]gongkai run[/bold] reads the sample reports in data/raw and publishes them in data/clean.\n\n"
        "[bold]gongkai run reports/ more.pdf --out d[/bold] reads a folder and a file, and publishes in d.\n\n"
        "[bold]gongkai explain reports/a.docx[/bold] shows what is recognised in one file, and what is in doubt.\n\n"
        "[bold]gongkai check d[/bold] re-runs the checks of the dataset in d, and shows how many of its sums hold."
    ),
)


def main() -> None:
    """The entry point of the console script."""
    app()


def _version(wanted: bool) -> None:
    if wanted:
        from pipeline.version import extractor_version

        typer.echo(f"gongkai {extractor_version()}")
        raise typer.Exit


@app.callback()
def gongkai(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


@app.command(
    epilog=(
        "Every file below INPUT is read, whatever its ending: PDF, DOCX, HTML, text, Markdown. What is no annual "
        "report, or cannot be read, is set aside with a reason in reports.csv. A second run reads only what is new or "
        "changed, and writes nothing if nothing is. Exit status: 0 when every file was handled, 1 when the program "
        "failed on one or could not finish, 2 for a wrong call, 3 when a human correction no longer fits its source."
    )
)
def run(
    inputs: Annotated[
        list[Path] | None,
        typer.Argument(metavar="INPUT", help="Files and folders to read.", show_default=str(DEFAULT_INPUT)),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder to publish the dataset in.")] = DEFAULT_OUT,
    workers: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Processes that read.", show_default="one a core, fewer for few files"),
    ] = None,
    corrections: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Human corrections to apply (see docs/trust.md).",
            show_default="corrections.csv in an INPUT folder",
        ),
    ] = None,
    retry: Annotated[
        bool, typer.Option("--retry", help="Read again the files that a time or memory limit or a crash set aside.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing unless something went wrong.")] = False,
) -> None:
    """Read reports and publish them as a dataset: CSV, Parquet and datapackage.json."""
    from pipeline.corrections import BadCorrections
    from pipeline.publish.switch import Busy, Unusable
    from pipeline.run import run as run_pipeline
    from pipeline.workers import in_processes

    try:
        with _Bar(quiet) as progress:
            summary = run_pipeline(
                inputs or [DEFAULT_INPUT],
                out,
                over=in_processes(workers),
                retry=retry,
                progress=progress,
                corrected_by=corrections,
            )
    except BadCorrections as error:
        _fail(f"no correction was applied, and nothing was read:\n{error}", 2)
    except FileNotFoundError as error:
        _fail(f"INPUT {error} is not there; see `gongkai run --help`", 2)
    except Unusable as error:
        _fail(f"{error}; choose another folder with --out", 2)
    except Busy as error:
        _fail(f"{error}; wait for it to end, then run this again", 1)
    except (OSError, RuntimeError) as error:
        _fail(f"could not finish: {error}; the dataset published before stands, run again when this is mended", 1)
    except KeyboardInterrupt:
        _fail("interrupted; what was read is kept, the same command goes on from there", 130)
    report(summary, out, quiet)
    raise typer.Exit(summary.exit_status)


@app.command(epilog="Numbers in brackets at a cell, a row or a column point to the doubts listed below the tables.")
def explain(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to explain.")],
) -> None:
    """Show what is recognised in one file: its kind, publisher, year, and each table with its doubts."""
    from pipeline.explain import Unread, explain_file

    if file.is_dir():
        _fail(f"{file} is a folder; give one file of it", 2)
    try:
        fault = explain_file(file, _console())
    except Unread as error:
        _fail(str(error), 2)
    raise typer.Exit(1 if fault else 0)


@app.command(
    epilog=(
        "Pass rates count identities; for narrative_mismatch they count the claims of the prose. Exit status: 0 when "
        "what is published agrees with the numbers, 1 when it does not, 2 for a wrong call."
    )
)
def check(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder of the dataset.", show_default=str(DEFAULT_OUT))
    ] = DEFAULT_OUT,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with up to 100 disagreements.")] = False,
) -> None:
    """Check a published dataset against its own numbers: do `verified` and the flags say what the sums say?"""
    from pipeline.explain import show_check
    from pipeline.publish.published import NoDataset
    from pipeline.recheck import as_data, recheck

    try:
        checked = recheck(folder)
    except (NoDataset, OSError, ValueError, csv.Error) as error:
        _fail(f"{folder} cannot be checked: {error}; give the folder that `gongkai run` published in", 2)
    if as_json:
        typer.echo(json.dumps(as_data(checked), ensure_ascii=False, indent=2))
    else:
        show_check(checked, folder, _console())
    raise typer.Exit(1 if checked.n_disagreements else 0)


def report(summary: Summary, out: Path, quiet: bool = False) -> None:
    """Print what a run found; the program's own faults and failed corrections go to stderr, also when `quiet`."""
    from pipeline.explain import show_summary

    if not quiet:
        show_summary(summary, out, _console())
    for path, reason in summary.faults:
        print(f"gongkai: {path}: {reason}; please report it, with the file if you can", file=sys.stderr)
    if summary.failed > len(summary.faults):
        print(f"gongkai: and {summary.failed - len(summary.faults)} files more", file=sys.stderr)
    for sentence in summary.uncorrected:
        print(f"gongkai: a correction failed: {sentence}", file=sys.stderr)
    for path, trace in summary.traces:
        print(f"\n{path}\n{trace}", file=sys.stderr)


class _Bar:
    """A progress bar on stderr, for a terminal; nothing elsewhere."""

    def __init__(self, quiet: bool) -> None:
        self._wanted = not quiet and sys.stderr.isatty()

    def __enter__(self) -> Progress | None:
        if not self._wanted:
            return None
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self._progress.start()
        tasks = {}

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = self._progress.add_task(stage, total=total)
            self._progress.update(tasks[stage], completed=done, total=total)

        return tell

    def __exit__(self, *_: object) -> None:
        if self._wanted:
            self._progress.stop()


def _console() -> Console:
    from rich.console import Console

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal of another encoding may lack a sign, and shall not fail
    # Into a file or a pipe the width is ours to choose: wide enough that no table is folded.
    return Console(highlight=False, width=None if sys.stdout.isatty() else 160)


def _fail(message: str, status: int) -> NoReturn:
    print(f"gongkai: {message}", file=sys.stderr)
    raise typer.Exit(status)


if __name__ == "__main__":
    main()
