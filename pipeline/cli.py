"""The command `gongkai`: thin, one verb a job. What a verb needs is imported when it is called.

Exit status: 0 when every file was extracted or set aside with a reason; 1 when a file could not be handled for a fault
of the program, or the job could not be finished (another run at work, a full disk); 2 for a wrong call; 3 when all is
published but for a human correction that no longer fits; 4 when the gate held a new version back; 130 when
interrupted.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from pipeline.bar import Bar
from pipeline.harvest.verbs import app as sources_app
from pipeline.release_command import EPILOG as RELEASE
from pipeline.release_command import release
from pipeline.run_command import DEFAULT_OUT, run
from pipeline.run_command import EPILOG as RUN
from pipeline.said import console, fail, held_back

if TYPE_CHECKING:
    pass


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
        "[bold]gongkai check d[/bold] re-runs the checks of the dataset in d, and shows how many of its sums hold.\n\n"
        "[bold]gongkai release d --to releases[/bold] makes a dated, checksummed release of it, to be cited.\n\n"
        "[bold]gongkai harvest --contact me@example.org[/bold] fetches what is new at the sources in sources.csv."
    ),
)


app.add_typer(sources_app, name="sources")


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


app.command(epilog=RUN)(run)


@app.command(epilog="Numbers in brackets at a cell, a row or a column point to the doubts listed below the tables.")
def explain(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to explain.")],
    corrections: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Human corrections to apply (see docs/trust.md).",
            show_default="corrections.csv in the folder of the file",
        ),
    ] = None,
) -> None:
    """Show what is recognised in one file: its kind, publisher, year, and each table with its doubts."""
    from pipeline.corrections import BadCorrections
    from pipeline.explain import Unread, explain_file

    if file.is_dir():
        fail(f"{file} is a folder; give one file of it", 2)
    try:
        fault = explain_file(file, console(), corrections)
    except BadCorrections as error:
        fail(f"no correction was applied, and nothing was read:\n{error}", 2)
    except Unread as error:
        fail(str(error), 2)
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
        fail(f"{folder} cannot be checked: {error}; give the folder that `gongkai run` published in", 2)
    if as_json:
        typer.echo(json.dumps(as_data(checked), ensure_ascii=False, indent=2))
    else:
        show_check(checked, folder, console())
    raise typer.Exit(1 if checked.n_disagreements else 0)


@app.command(
    epilog=(
        "Without VERSION it says which version is held back, and why. Giving VERSION twice publishes it once. Exit "
        "status: 0 when VERSION is published, or nothing is held back; 4 when a version is; 1 when it is not the one "
        "that is held, or could not be published; 2 for a wrong call."
    )
)
def let_through(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the dataset.")] = DEFAULT_OUT,
    version: Annotated[
        str | None, typer.Argument(metavar="[VERSION]", help="The version to publish, as the gate named it.")
    ] = None,
) -> None:
    """Publish a version that the gate held back."""
    from pipeline.nightly import accept
    from pipeline.publish.held import NotHeld, held
    from pipeline.publish.held import let_through as publish
    from pipeline.publish.switch import HIDDEN, Busy, Out, Unusable

    if not (folder / HIDDEN).is_dir():
        fail(f"{folder} is no folder that `gongkai run` published in", 2)
    try:
        with Out(folder) as place:
            if version is not None:
                changed = publish(place, version)
                accept(folder)
                typer.echo(f"{folder}: version {version} is published, {len(changed)} files written")
                return
            kept = held(place)
    except NotHeld as error:
        fail(f"{error}; `gongkai let-through {folder}` says what is", 1)
    except Unusable as error:
        fail(str(error), 2)
    except Busy as error:
        fail(f"{error}; wait for it to end, then run this again", 1)
    except OSError as error:
        fail(f"could not finish: {error}; run this again when it is mended", 1)
    if kept is None:
        typer.echo(f"{folder}: no version is held back")
        return
    typer.echo(held_back(kept.reasons, kept.version.id, folder))
    raise typer.Exit(4)


app.command(epilog=RELEASE)(release)


@app.command(
    epilog=(
        "What is new or replaced is added to the store, nothing in it is ever overwritten; `gongkai run STORE` "
        "publishes what it holds. Settings: docs/nightly.md. Exit status: 0 when the sources were visited, whatever "
        "single documents failed, 1 when the harvest could not finish, 2 for a wrong call, 3 when a person should "
        "look: a source that led to reports led to none, or nothing could be fetched."
    )
)
def harvest(
    sources: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where reports are published.", show_default="GONGKAI_SOURCES")
    ] = None,
    store: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The raw store to keep them in.", show_default="GONGKAI_STORE")
    ] = None,
    year: Annotated[list[int] | None, typer.Option(metavar="YEAR", help="Only reports on this year.")] = None,
    jurisdiction: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Only sources in this division (GB/T 2260).")
    ] = None,
    refetch: Annotated[bool, typer.Option("--refetch", help="Ask for everything anew, without conditions.")] = False,
    contact: Annotated[
        str | None, typer.Option(metavar="WHO", help="A mail address or page that sites can turn to.")
    ] = None,
    allow: Annotated[
        list[str] | None, typer.Option(metavar="ADDRESS", help="Ask this private address or network all the same.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what came of it as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing unless something went wrong.")] = False,
) -> None:
    """Fetch what is new at the sources into the raw store, politely."""
    from pipeline.harvest import commands
    from pipeline.harvest.sources import BadSources
    from pipeline.harvest.store import Busy
    from pipeline.settings import BadSettings

    call = commands.Call(
        sources, store, tuple(year or ()), tuple(jurisdiction or ()), refetch, contact, tuple(allow or ())
    )
    try:
        with Bar(quiet) as progress:
            harvested, root = commands.run_harvest(call, progress)
    except (BadSources, BadSettings) as error:
        fail(f"nothing was fetched:\n{error}", 2)
    except (commands.NoContact, ValueError) as error:
        fail(str(error), 2)
    except FileNotFoundError as error:
        fail(f"{error.filename} is not there; see `gongkai harvest --help`", 2)
    except Busy as error:
        fail(f"{error}; wait for it to end, then run this again", 1)
    except (OSError, RuntimeError) as error:
        fail(f"could not finish: {error}; what was fetched is kept, run again when this is mended", 1)
    except KeyboardInterrupt:
        fail("interrupted; what was fetched is kept, the same command goes on from there", 130)
    if as_json:
        typer.echo(json.dumps(harvested.as_data(), ensure_ascii=False, indent=2))
    elif not quiet:
        commands.show_harvested(harvested, root, console())
    commands.tell_alarms(harvested.alarms)
    raise typer.Exit(3 if harvested.alarms else 0)


@app.command(
    epilog="Open index.html of that folder in a browser: no server is needed. Exit status: 2 for a wrong call."
)
def site(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder of the dataset.", show_default=str(DEFAULT_OUT))
    ] = DEFAULT_OUT,
    out: Annotated[Path, typer.Option(metavar="SITE", help="The folder to build the site in.")] = Path("data/site"),
    pictures: Annotated[
        int, typer.Option(min=0, metavar="N", help="Doubtful cells to show as their source prints them, at most.")
    ] = 500,
) -> None:
    """Build a static site of a published dataset: charts, coverage, each report with its doubts, a review queue."""
    from pipeline.publish.published import NoDataset
    from pipeline.site import NotOurs, build

    try:
        built = build(folder, out, pictures=pictures)
    except NotOurs as error:
        fail(f"{error}; choose another folder with --out", 2)
    except (NoDataset, OSError, ValueError, csv.Error) as error:
        fail(f"{folder} cannot be shown: {error}; give the folder that `gongkai run` published in", 2)
    typer.echo(f"{out / 'index.html'}: {built.reports:,} reports from {built.places:,} places")


@app.command(epilog="Settings, alarms, and how to have the system start it: docs/nightly.md. Ctrl-C ends it.")
def serve(
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, metavar="N", help="The port of the pages.", show_default="GONGKAI_SERVER_PORT"),
    ] = None,
    every: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="Harvest at this interval, not by the schedule: for a trial."),
    ] = None,
) -> None:
    """Keep the nightly schedule: fetch, read, check and publish each night; show the runs in a browser."""
    given = {"--port": port, "--every": every}
    _hand_over("serving", [word for name, value in given.items() if value is not None for word in (name, str(value))])


@app.command(epilog="An interrupted backfill goes on when it is called again. It gives way to the nightly harvest.")
def backfill(
    years: Annotated[str, typer.Option(metavar="YEARS", help="For example 2015-2019,2022.", show_default="all")] = "",
    jurisdictions: Annotated[
        str,
        typer.Option(
            metavar="CODES",
            help="GB/T 2260, commas between; a province's or prefecture's code stands for all in it.",
            show_default="all",
        ),
    ] = "",
    sources: Annotated[
        str,
        typer.Option(
            metavar="NAMES", help="Publishers, addresses or ids of sources.csv, commas between.", show_default="all"
        ),
    ] = "",
    refetch: Annotated[bool, typer.Option("--refetch", help="Fetch every document anew, also unchanged ones.")] = False,
    reextract: Annotated[bool, typer.Option("--reextract", help="Read every report anew, also known ones.")] = False,
) -> None:
    """Fetch and read what past years hold."""
    given = {"--years": years, "--jurisdictions": jurisdictions, "--sources": sources}
    wanted = [f"{name}={value}" for name, value in given.items() if value]
    wanted += ["--refetch"] * refetch + ["--reextract"] * reextract
    _hand_over("flows", ["backfill", *wanted])


@app.command(epilog="Exit status: 0 when all were told, 1 when not, 2 when nobody is set to be told.")
def notify() -> None:
    """Tell those who are told of alarms that this is a trial: by webhook and mail, as set."""
    from pipeline.nightly.sending import Notice, send
    from pipeline.settings import BadSettings, load

    try:
        settings = load()
    except BadSettings as error:
        fail(str(error), 2)
    told, failed = send(Notice("notice", "gongkai: a trial", "This is a trial: notices reach you.", {}), settings)
    for way in told:
        typer.echo(f"told by {way}")
    if failed:
        fail("; ".join(failed), 1)
    if not told:
        fail("nobody is to be told: set GONGKAI_WEBHOOK_URL or GONGKAI_SMTP_HOST (docs/nightly.md)", 2)


def _hand_over(module: str, arguments: list[str]) -> NoReturn:
    """Become a module beside this package: what knows Prefect stands above it, and is not imported here."""
    import os

    home = str(Path(__file__).parents[1])
    path = os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH"))))
    # The folder that we are in may hold modules of the same names, which are not meant.
    environment = os.environ | {"PYTHONPATH": path, "PYTHONSAFEPATH": "1"}
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, "-m", module, *arguments], environment)


if __name__ == "__main__":
    main()
