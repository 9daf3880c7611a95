"""Pages from templates, and data for the site's scripts. Whatever comes from a report is escaped here."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_TEMPLATES = Path(__file__).with_name("templates")
_ASSETS = Path(__file__).with_name("assets")


class Pages:
    """The writer of one site: each page once, below one folder."""

    def __init__(self, out: Path, shared: Mapping[str, Any]) -> None:
        self.out = out
        self._environment = _environment()
        self._environment.globals.update(shared)
        self._made: set[Path] = set()
        self.count = 0
        self.bytes = 0

    def write(self, template: str, path: str, **values: Any) -> None:
        """Render `template` to `path`; the template knows how far up the site's root is as `root`."""
        root = "../" * path.count("/")
        text = self._environment.get_template(template).render(root=root, path=path, **values)
        self.put(path, text.encode())

    def script(self, path: str, name: str, data: object) -> None:
        """Data as a script that works from file://, where pages cannot fetch: `gongkai.<name> = …`."""
        self.put(path, f"(window.gongkai = window.gongkai || {{}}).{name} = {as_json(data)};\n".encode())

    def assets(self) -> None:
        """Style, script and the charting library with its licence."""
        for path in sorted(p for p in _ASSETS.rglob("*") if p.is_file()):
            self.put(f"assets/{path.relative_to(_ASSETS).as_posix()}", path.read_bytes())

    def put(self, path: str, content: bytes) -> None:
        """Write a file of the site."""
        target = self.out / path
        if target.parent not in self._made:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._made.add(target.parent)
        target.write_bytes(content)
        self.count += 1
        self.bytes += len(content)


def as_json(data: object) -> str:
    """JSON that may stand inside a script element: nothing in it can end the element or begin a comment."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def address(url: str) -> str:
    """`url` if a link may lead there, else nothing: a report's address might be a script."""
    return url if url.startswith(("http://", "https://")) else ""


def ticked(text: str) -> Markup:
    """Text with `code` in backquotes, as HTML."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def json_filter(data: object) -> Markup:
        return Markup(as_json(data))

    environment.filters["as_json"] = json_filter
    environment.filters["ticked"] = ticked
    environment.filters["address"] = address
    environment.filters["grouped"] = lambda number: f"{int(number):,}"
    return environment


def is_ours(folder: Path) -> bool:
    """Whether a folder is empty, absent, or holds a site that was built here: nothing else is ever overwritten."""
    if not os.path.lexists(folder):
        return True
    names: Iterable[str] = os.listdir(folder) if folder.is_dir() else ("a file",)
    return not names or (folder / MARK).is_file()


MARK = ".gongkai-site"
