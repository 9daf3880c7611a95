"""The verb `gongkai run`: what it is told; the work is `pipeline.run`, or `pipeline.remote` where a URL is meant."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.bar import Bar
from pipeline.said import fail, report

if TYPE_CHECKING:
    from pipeline.workers import Map

DEFAULT_INPUT = Path("data/raw")
DEFAULT_OUT = Path("data/clean")
EPILOG = (
    "Every file below INPUT is read, whatever its ending: PDF, DOCX, HTML, text, Markdown. What is no annual "
    "report, or cannot be read, is set aside with a reason in reports.csv. A second run reads only what is new or "
    "changed, and writes nothing if nothing is. Exit status: 0 when every file was handled, 1 when the program "
    "failed on one or could not finish, 2 for a wrong call, 3 when a human correction no longer fits its source, "
    "4 when the gate held the new version back."
)


class Runner(StrEnum):
    """What the reading of many files is spread over."""

    PROCESSES = "processes"
    DASK = "dask"


def run(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="INPUT", help="Files and folders to read; URLs like s3:// too.", show_default=str(DEFAULT_INPUT)
        ),
    ] = None,
    out: Annotated[
        str, typer.Option("--out", "-o", metavar="DIR", help="The folder, or URL, to publish the dataset in.")
    ] = str(DEFAULT_OUT),
    workers: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Processes that read.", show_default="one a core, fewer for few files"),
    ] = None,
    runner: Annotated[
        Runner | None,
        typer.Option(
            help="What the reading is spread over: processes of this machine, or a Dask cluster (docs/scale.md).",
            show_default="dask with --scheduler, else processes",
            envvar="GONGKAI_RUNNER",
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="The scheduler of the Dask cluster, like tcp://host:8786.",
            show_default="a cluster on this machine",
            envvar="GONGKAI_SCHEDULER",
        ),
    ] = None,
    work: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="The working copy of a dataset that is published to a URL.",
            show_default="in the user's cache folder",
        ),
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
    retry_due: Annotated[
        bool, typer.Option("--retry-due", help="The same, but a few times only, with growing pauses: for every night.")
    ] = False,
    gate: Annotated[
        bool,
        typer.Option("--gate", help="Hold a new version back that has lost or spoilt much of the published one."),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing unless something went wrong.")] = False,
) -> None:
    """Read reports and publish them as a dataset: CSV, Parquet and datapackage.json."""
    from pipeline.corrections import BadCorrections
    from pipeline.gate import Bounds
    from pipeline.publish.switch import Busy, Unusable
    from pipeline.remote import run as run_pipeline
    from pipeline.remote.files import BadUrl, Unreachable, is_url, plain

    given = inputs or [str(DEFAULT_INPUT)]
    try:
        with Bar(quiet) as progress:
            summary = run_pipeline(
                given,
                out,
                work=work,
                over=_over(runner, scheduler, workers, given),
                retry=retry,
                retry_due=retry_due,
                progress=progress,
                corrected_by=corrections,
                gate=Bounds() if gate else None,
                builders=workers,
            )
    except BadCorrections as error:
        fail(f"no correction was applied, and nothing was read:\n{error}", 2)
    except FileNotFoundError as error:
        fail(f"INPUT {error} is not there; see `gongkai run --help`", 2)
    except Unusable as error:
        fail(f"{error}; choose another folder with --out", 2)
    except BadUrl as error:
        fail(str(error), 2)
    except Unreachable as error:
        fail(f"could not finish: {error}", 1)
    except Busy as error:
        fail(f"{error}; wait for it to end, then run this again", 1)
    except (OSError, RuntimeError) as error:
        fail(f"could not finish: {error}; the dataset published before stands, run again when this is mended", 1)
    except KeyboardInterrupt:
        fail("interrupted; what was read is kept, the same command goes on from there", 130)
    folder = published_in(out, work)
    report(summary, folder, quiet)
    if is_url(plain(out)) and not quiet:
        typer.echo(f"{out} is as its working copy {folder}")
    raise typer.Exit(summary.exit_status)


def published_in(out: str, work: Path | None = None) -> Path:
    """The folder of a dataset: that of the working copy where `out` is a URL."""
    from pipeline.remote import work_folder
    from pipeline.remote.files import is_url, plain

    return Path(plain(out)) if not is_url(plain(out)) else work or work_folder(out)


def _over(runner: Runner | None, scheduler: str | None, workers: int | None, inputs: Sequence[str]) -> Map:
    """How the reading is spread."""
    if runner is Runner.DASK or (runner is None and scheduler):
        from pipeline.cluster import on_dask, to_be_seen

        return on_dask(scheduler, workers, sees=to_be_seen(inputs))
    from pipeline.workers import in_processes

    return in_processes(workers)
