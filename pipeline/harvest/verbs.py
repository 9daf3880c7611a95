"""The verbs of `gongkai sources`: signatures only, what they do stands in `commands`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

app = typer.Typer(no_args_is_help=True, help="Look after sources.csv, the list of where reports are published.")


@app.command("check")
def check_sources(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="The list of sources.", show_default="GONGKAI_SOURCES")
    ] = None,
) -> None:
    """Say what is wrong with a list of sources, line by line. Exit status: 0 when nothing is, 2 when something is."""
    from pipeline.harvest import commands
    from pipeline.settings import BadSettings

    try:
        problems, right = commands.check(file)
    except (OSError, BadSettings) as error:
        _fail(f"{error}; give the file of sources", 2)
    for problem in problems:
        typer.echo(problem)
    typer.echo(f"{right} sources are right, {len(problems)} problems")
    raise typer.Exit(2 if problems else 0)


@app.command("import")
def import_sources(
    where: Annotated[str, typer.Argument(metavar="URL|FILE", help="A sitemap or a page of links.")],
    match: Annotated[
        str | None, typer.Option(metavar="REGEX", help="Links to take.", show_default="those that look like reports")
    ] = None,
    follow: Annotated[
        str | None, typer.Option(metavar="REGEX", help="Each line is a list, whose links with this are followed.")
    ] = None,
    publisher: Annotated[str | None, typer.Option(metavar="NAME", help="Whose reports they are.")] = None,
    jurisdiction: Annotated[str | None, typer.Option(metavar="CODE", help="Their division (GB/T 2260).")] = None,
    base: Annotated[str | None, typer.Option(metavar="URL", help="The address that FILE was saved from.")] = None,
    contact: Annotated[str | None, typer.Option(metavar="WHO", help="As for `gongkai harvest`.")] = None,
    allow: Annotated[list[str] | None, typer.Option(metavar="ADDRESS", help="As for `gongkai harvest`.")] = None,
) -> None:
    """Print lines for sources.csv made from a sitemap or a list page, for a person to look through."""
    from pipeline.harvest import commands
    from pipeline.harvest.importing import NoImport
    from pipeline.settings import BadSettings

    try:
        imported = commands.import_lines(where, match, follow, publisher, jurisdiction, base, contact, allow or ())
    except (NoImport, OSError, ValueError, BadSettings, commands.NoContact) as error:
        _fail(str(error), 2)
    sys.stdout.write(imported.text)
    commands.tell_imported(imported)


@app.command("manifest")
def print_manifest(
    store: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="The raw store.", show_default="GONGKAI_STORE")
    ] = None,
) -> None:
    """Print the raw store's manifest as CSV: what was fetched, when and whence, and what became of it."""
    from pipeline.harvest import commands
    from pipeline.settings import BadSettings

    try:
        commands.print_manifest(store, sys.stdout)
    except (OSError, RuntimeError, BadSettings) as error:
        _fail(str(error), 2)


def _fail(message: str, status: int) -> NoReturn:
    print(f"gongkai: {message}", file=sys.stderr)
    raise typer.Exit(status)
