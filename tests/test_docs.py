"""The manual says what the program does: its commands exist with their options, and the site of it is whole.

That what it shows runs is held by test_manual.py.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
import typer

from pipeline.cli import app
from pipeline.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
NIGHTLY = ROOT / "docs" / "nightly.md"
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


def test_settings_have_the_defaults_that_the_manual_tells() -> None:
    """That every setting is told, and no other, is held by tests/nightly/test_settings.py."""
    told = dict(re.findall(r"^\| `(GONGKAI_\w+)` \| ([^|]*) \|", NIGHTLY.read_text(encoding="utf-8"), re.MULTILINE))
    in_words = {"GONGKAI_CORRECTIONS", "GONGKAI_HARVEST_USER_AGENT", "GONGKAI_RUNNER"}
    differing = {
        name: (told.get(name), default)
        for name, default in _defaults()
        if name not in in_words and (told.get(name) or "").strip() != default
    }
    assert differing == {}


def _defaults() -> Iterator[tuple[str, str]]:
    for name, field in Settings.model_fields.items():
        if isinstance(field.annotation, type) and is_dataclass(field.annotation):
            for part in fields(field.annotation):
                yield f"{PREFIX}{name}_{part.name}".upper(), _printed(part.default)
        else:
            yield f"{PREFIX}{name}".upper(), _printed(field.default)


def _printed(default: object) -> str:
    if default is None:
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple):
        return ",".join(map(str, default))
    return f"{default:.15g}" if isinstance(default, int | float) else str(default)


@pytest.fixture(scope="module")
def manual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The manual as a site; a warning fails the build."""
    pytest.importorskip("mkdocs", reason="mkdocs is not installed (extra `docs`)")
    folder = tmp_path_factory.mktemp("manual") / "manual"
    call = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, env=quiet)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


@pytest.mark.slow
def test_the_manual_loads_nothing_from_elsewhere(manual: Path) -> None:
    pages = list(manual.rglob("*.html"))
    assert len(pages) > 15
    for page in pages:
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r"<(?:script|img|iframe)[^>]+src=\"?(?:https?:)?//[^>]+>", text)
        loaded += re.findall(r"<link[^>]+rel=\"?(?:stylesheet|preload|preconnect|icon)[^>]+href=\"?https?:[^>]+>", text)
        assert loaded == [], page.name


@pytest.mark.slow
def test_the_manual_is_searched_from_the_disk_without_a_network(manual: Path) -> None:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra `test`)")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on the PATH (apt install chromium)")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(offline=True).new_page()
        asked, complaints = list[str](), list[str]()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"file://{manual}/index.html")
        page.focus(".md-search__input")
        page.keyboard.type("value_reconciled")
        page.wait_for_selector(".md-search-result__link")
        links = page.locator(".md-search-result__link").evaluate_all("all => all.map(one => one.href)")
        browser.close()
    assert any("trust.html" in link for link in links)
    assert [address for address in asked if not address.startswith("file:")] == []
    assert complaints == []
