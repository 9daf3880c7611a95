"""The verb `gongkai release`: what it is told and what it says; the work is `pipeline.release`."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from pipeline.release import Released

EPILOG = (
    "A release holds the tables as CSV and Parquet, a DuckDB and a SQLite file of them, copies for spreadsheets, a "
    "README, the data dictionary, how to cite it, what changed since the release before, and SHA256SUMS. Exit status: "
    "0 when it was made, or the last one holds the same data; 1 when it could not be made; 2 for a wrong call; 4 when "
    "the gate holds it back."
)


def release(
    dataset: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder of the dataset.", show_default="data/clean")
    ] = Path("data/clean"),
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="The folder to put the release in.")] = Path(
        "releases"
    ),
    day: Annotated[
        datetime | None,
        typer.Option("--date", metavar="YYYY-MM-DD", formats=["%Y-%m-%d"], help="Its date.", show_default="today"),
    ] = None,
    before: Annotated[
        Path | None,
        typer.Option(metavar="RELEASE", help="The release before: a folder or a .zip.", show_default="the last there"),
    ] = None,
    archive: Annotated[bool, typer.Option("--archive", help="Pack it as a .zip beside the folder, too.")] = False,
    despite: Annotated[
        str | None,
        typer.Option(metavar="REASON", help="Release it although the gate does not hold; CHANGES.md tells why."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing unless something went wrong.")] = False,
) -> None:
    """Make a dated, checksummed release of a published dataset, to be kept and cited."""
    from pipeline.release import GateHolds, NotReleased
    from pipeline.release import release as make
    from pipeline.release.databases import NoDuckDB

    if despite is not None and not despite.strip():
        _fail("--despite needs the reason why it is released all the same", 2)
    try:
        released = make(
            dataset,
            to,
            day.date() if day else date.today(),
            before=before,
            archive=archive,
            despite=despite,
            tell=None if quiet or not sys.stderr.isatty() else _tell,
        )
    except GateHolds as error:
        reasons = "\n".join(f"  - {reason}" for reason in error.reasons)
        _fail(f'the gate holds this release back, because\n{reasons}\nto make it all the same: --despite "REASON"', 4)
    except NotReleased as error:
        _fail(str(error), 2)
    except NoDuckDB as error:
        _fail(str(error), 2)
    except (OSError, ValueError) as error:
        _fail(f"could not finish: {error}; nothing was released, run this again when it is mended", 1)
    if not quiet:
        typer.echo(_told(released))


def _told(released: Released) -> str:
    if not released.anew:
        return f"{released.folder}: holds the same data already (version {released.version}); nothing was released"
    lines = [f"{released.folder}: version {released.version}"]
    if released.archive is not None:
        lines.append(f"{released.archive}")
    if released.before is None:
        lines.append("the first release")
    else:
        counts = released.counts
        cells = ", ".join(f"{n} by {why}" for why, n in counts.cells.items()) or "none"
        reports = ", ".join(f"{n} {change}" for change, n in counts.reports.items()) or "none"
        lines.append(f"since {released.before}: cells changed: {cells}; reports: {reports}")
    return "\n".join(lines)


def _tell(stage: str) -> None:
    print(f"{stage} …", file=sys.stderr)


def _fail(message: str, status: int) -> NoReturn:
    print(f"gongkai: {message}", file=sys.stderr)
    raise typer.Exit(status)
