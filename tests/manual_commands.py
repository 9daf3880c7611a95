"""The commands and programs that the manual shows, found as a Markdown reader finds them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

_SHELLS = {"bash", "console", "sh", "shell"}
_PROGRAMS = (
    "gongkai|python3?|pip3?|pytest|prefect|mkdocs|sqlite3|duckdb|datasette|frictionless|sha256sum|export|cd|"
    "git|npm|npx|docker|systemctl|sudo|apt|apt-get|curl|wget|dask|ssh"
)
_COMMAND = re.compile(rf"(?:[A-Z][A-Z0-9_]*=\S+ )*(?:\S*/bin/)?(?:{_PROGRAMS})(?: .*)?")
_REMARK = re.compile(r"\s+# .*$")


@dataclass(frozen=True)
class Shown:
    """One command of a shell, or one Python program (`code`), as it stands in a page."""

    page: str
    line: int
    command: str = ""
    code: str = ""

    def __str__(self) -> str:
        return f"{self.page}:{self.line}: {self.command or 'Python'}"


def shown(page: Path) -> Iterator[Shown]:
    """All that a page shows to be run, in order: each line of a shell's block, each line of another block that calls a
    program, each Python block, and each call within a sentence that has more than the names of the command."""
    for token in MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8")):
        first = token.map[0] + 1 if token.map else 0
        if token.type in ("fence", "code_block"):
            yield from _of_block(page.name, token, first)
        for child in token.children or ():
            if child.type == "code_inline" and _COMMAND.fullmatch(child.content) and not _is_name(child.content):
                yield Shown(page.name, first, command=_whole(child.content))


def _of_block(page: str, token: Token, first: int) -> Iterator[Shown]:
    language = (token.info.split() or [""])[0]
    first += token.type == "fence"
    if language == "python":
        yield Shown(page, first, code=token.content)
        return
    for number, line in enumerate(token.content.splitlines(), first):
        command = _REMARK.sub("", line.strip().removeprefix("$ "))
        if language in _SHELLS and command and not command.startswith("#"):
            yield Shown(page, number, command=command)
        elif not language and _COMMAND.fullmatch(command):
            yield Shown(page, number, command=_whole(command))


def _is_name(text: str) -> bool:
    """Whether a sentence only names a command: `gongkai run`, `gongkai sources check`, `python flows.py run`."""
    program, *words = text.split()
    return program in ("gongkai", "python", "dask") and all(re.fullmatch(r"[a-z][a-z.-]*", word) for word in words)


def _whole(command: str) -> str:
    """A usage line as a call, without what may be left out: `[OPTIONS]`, `[INPUT ...]`, `...`."""
    return re.sub(r" \[[A-Z][^\]]*\]| \.\.\.| …", "", command)
