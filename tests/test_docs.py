"""The manual says what the program does: its commands exist, the tutorial runs, and the site of it is whole."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from pipeline.cli import app

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_COMMAND = re.compile(r"^(?: {4,}|\t)?(?:\$ )?(?:\.venv/bin/)?(gongkai(?: .*)?)$")


def shown_commands(page: Path) -> Iterator[str]:
    """The calls of `gongkai` in a page's code: whole lines, in fences or indented; and `gongkai …` in backquotes."""
    text = page.read_text(encoding="utf-8")
    fenced = False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif (fenced or line.startswith("    ")) and (found := _COMMAND.match(line.split("   #")[0].rstrip())):
            yield re.split(r"\s{3,}", found[1])[0]
    yield from re.findall(r"`(gongkai [a-z][^`\n]*)`", text)


def test_every_command_in_the_manual_exists_with_its_options() -> None:
    root: Any = typer.main.get_command(app)
    checked = 0
    for page in PAGES:
        if page.name == "commands.md":
            continue
        for line in shown_commands(page):
            words = shlex.split(line.replace("[", "").replace("]", "").replace("…", ""))[1:]
            command = root
            while words and words[0] in getattr(command, "commands", {}):
                command = command.commands[words.pop(0)]
            assert not hasattr(command, "commands") or not words or words[0].startswith("-"), f"{page.name}: {line}"
            known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
            for word in words:
                if word.startswith("-") and not re.fullmatch(r"-?\d+", word):
                    assert word.split("=")[0] in known | {"--help", "-h"}, f"{page.name}: {line}"
            checked += 1
    assert checked > 20


def test_the_reference_of_commands_is_up_to_date() -> None:
    path = ROOT / "tools" / "write_commands.py"
    spec = importlib.util.spec_from_file_location("write_commands", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (ROOT / "docs" / "commands.md").read_text(encoding="utf-8") == module.page(), "run tools/write_commands.py"


@pytest.mark.slow
def test_the_tutorial_runs_from_its_first_command_to_its_last(tmp_path: Path) -> None:
    """In a folder of its own, with the installed program; the line that installs it is left out."""
    shutil.copytree(ROOT / "data" / "raw", tmp_path / "data" / "raw")
    bin_folder = Path(sys.executable).parent
    text = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^ {4}(\S[^\n]*gongkai [^\n]*)$|^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 5
    environment = {**os.environ, "COLUMNS": "160"}
    said = []
    for command, code in blocks:
        if code:
            call = [sys.executable, "-c", code]
        else:
            call = shlex.split(command.split("&& ")[-1].replace(".venv/bin/", f"{bin_folder}/"))
        done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, f"{call}: {done.stdout}{done.stderr}"
        said.append(done.stdout)
    assert "0 → 1" in said[1]
    assert "莱州市人民政府" in said[2]
    assert (tmp_path / "data/site/index.html").is_file()


@pytest.mark.slow
def test_the_manual_is_built_without_a_warning_and_without_the_network(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs", reason="mkdocs is not installed (extra `docs`)")
    call = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "manual")]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, env=quiet)
    assert done.returncode == 0, done.stderr[-3000:]
    page = (tmp_path / "manual" / "index.html").read_text(encoding="utf-8")
    outward = re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="(https?:[^"]+)"', page)
    assert outward == []
