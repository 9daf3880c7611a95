"""docs/commands.md from the commands themselves: `python tools/write_commands.py`. A test holds it up to date."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from pipeline.cli import app

TARGET = Path(__file__).parents[1] / "docs" / "commands.md"


def page() -> str:
    """The reference of all commands, as Markdown."""
    root = typer.main.get_command(app)
    lines = ["# Commands", "", "Made from the program by `python tools/write_commands.py`.", ""]
    for path, command in _commands("gongkai", root):
        lines += _section(path, command)
    return "\n".join(lines).rstrip() + "\n"


def _commands(path: str, command: Any) -> list[tuple[str, Any]]:
    # Typer brings its own copy of click: what is a group, an argument, an option is told by attributes.
    commands = getattr(command, "commands", None)
    if commands is None:
        return [(path, command)]
    return [found for name in commands for found in _commands(f"{path} {name}", commands[name])]


def _section(path: str, command: Any) -> list[str]:
    parameters = [p for p in command.params if not getattr(p, "hidden", False)]
    arguments = [p for p in parameters if p.param_type_name == "argument"]
    usage = " ".join([path, *(_argument(p) for p in arguments), "[OPTIONS]"])
    lines = [f"## {path}", "", f"    {usage}", "", (command.help or "").strip(), ""]
    rows = [_row(p) for p in parameters if "--help" not in p.opts]
    if rows:
        lines += ["| | | default |", "|---|---|---|", *rows, ""]
    if command.epilog:
        lines += [command.epilog.strip(), ""]
    return lines


def _argument(argument: Any) -> str:
    name = argument.metavar or argument.name.upper()
    return f"{name} ..." if argument.nargs == -1 else name


def _choices(option: Any) -> str:
    """What an option without a metavar takes: one of some words."""
    return "|".join(choice.value for choice in option.type_descriptor.annotation)


def _row(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        name = _argument(parameter)
    else:
        value = "" if getattr(parameter, "is_flag", False) else f" {parameter.metavar or _choices(parameter)}"
        name = ", ".join(sorted([*parameter.opts, *parameter.secondary_opts], key=len)) + value
    words = (getattr(parameter, "help", None) or "").replace("|", "\\|")
    shown = getattr(parameter, "show_default", None)
    default = shown if isinstance(shown, str) else parameter.default
    told = "" if default is None or default is False or callable(default) or default == () else str(default)
    name = name.replace("|", "\\|")
    if isinstance(variable := getattr(parameter, "envvar", None), str):
        words += f" Or `{variable}` in the environment."
    return f"| `{name}` | {words} | {told} |"


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
    print(f"{TARGET.name} is written")
