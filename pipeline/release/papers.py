"""What a release says of itself: README.md, CITATION.cff, CHANGES.md."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from string import Template
from typing import Any

from pipeline.publish.datapackage import DESCRIPTION, DESCRIPTION_ZH, KEYWORDS, LICENCE, TITLE, TITLE_ZH
from pipeline.release.changes import Counts
from pipeline.release.databases import connect

AUTHOR = "The gongkai project"
_WHY = {
    "source": ("the body published another file, or another of its files stands now", "机关发布了新的文件"),
    "extractor": ("the same file is read otherwise by this version of the program", "程序改进后读取结果不同"),
    "correction": ("a person corrected the cell, or one that it follows from", "人工更正"),
}
_CHANGE = {
    "added": ("new", "新增"),
    "gone": ("no longer among the sources", "不再收录"),
    "replaced": ("stand for a publisher and year in the place of another", "取代原报告"),
    "described": ("the same files, described otherwise", "著录有变"),
}


@dataclass(frozen=True, slots=True)
class Name:
    """What a release is called: `version` names its day and its content, `content` is the whole digest."""

    version: str
    content: str
    day: date

    @property
    def folder(self) -> str:
        return f"gongkai-{self.day.isoformat()}"

    @property
    def citation(self) -> str:
        title = f"{TITLE} ({TITLE_ZH})"
        return f"{AUTHOR} ({self.day.year}). {title}, version {self.version}. {LICENCE['name']}. sha256:{self.content}"


def write_papers(folder: Path, name: Name, counts: Counts, before: str | None, despite: tuple[str, ...]) -> None:
    """Write the three into `folder`, which holds the tables. `before` names the release before; `despite` are the
    reasons for which the gate would have held this one, if a person released it all the same, that person's last."""
    texts = {
        "README.md": _readme(folder, name),
        "CITATION.cff": citation_file(name),
        "CHANGES.md": _changes(name, counts, before, despite),
    }
    for path, text in texts.items():
        (folder / path).write_text(text, encoding="utf-8", newline="\n")


def _readme(folder: Path, name: Name) -> str:
    template = Template(Path(__file__).with_name("readme.md").read_text(encoding="utf-8"))
    return template.substitute(
        title=TITLE,
        title_zh=TITLE_ZH,
        version=name.version,
        released=name.day.isoformat(),
        description=DESCRIPTION,
        description_zh=DESCRIPTION_ZH,
        citation=name.citation,
        licence=LICENCE["name"],
        licence_title=LICENCE["title"],
        licence_url=LICENCE["path"],
        **_figures(folder),
    )


def _figures(folder: Path) -> Mapping[str, Any]:
    """How much there is, for the first lines of the README."""
    path = str(folder / "reports.parquet").replace("'", "''")
    with connect(spill=folder.parent) as database:
        found = database.execute(
            "SELECT count(*), count(DISTINCT publisher), count(DISTINCT jurisdiction_code), coalesce(min(year), 0), "
            "coalesce(max(year), 0), coalesce(sum(n_facts), 0), coalesce(sum(n_flags), 0) "
            f"FROM read_parquet('{path}') WHERE disposition <> 'set_aside'"
        ).fetchone()
    reports, publishers, jurisdictions, first, last, facts, flags = (int(n) for n in found)
    return {
        "reports": f"{reports:,}",
        "publishers": f"{publishers:,}",
        "jurisdictions": f"{jurisdictions:,}",
        "years": f"{first}–{last}" if first != last else f"{first}",
        "year": last,
        "facts": f"{facts:,}",
        "flags": f"{flags:,}",
    }


def citation_file(name: Name) -> str:
    """CITATION.cff (Citation File Format 1.2.0) of the dataset. What JSON quotes is quoted for YAML too."""
    lines = [
        "cff-version: 1.2.0",
        "message: If you use these data, please cite them as below.",
        "type: dataset",
        f"title: {_quoted(f'{TITLE} ({TITLE_ZH})')}",
        f"abstract: {_quoted(f'{DESCRIPTION} {DESCRIPTION_ZH}')}",
        "authors:",
        f"  - name: {_quoted(AUTHOR)}",
        f"version: {_quoted(name.version)}",
        f"date-released: {name.day.isoformat()}",
        f"license: {LICENCE['name']}",
        "identifiers:",
        "  - type: other",
        f"    value: {_quoted(f'sha256:{name.content}')}",
        "    description: digest of the rows of all tables",
        "keywords:",
        *(f"  - {_quoted(keyword)}" for keyword in KEYWORDS),
    ]
    return "\n".join(lines) + "\n"


def _changes(name: Name, counts: Counts, before: str | None, despite: tuple[str, ...]) -> str:
    lines = [f"# Changes · {name.version}\n"]
    if before is None:
        lines.append("The first release. 首次发布。\n")
    else:
        lines.append(f"Against · 对比: {before}\n")
        lines.extend(_table("cells · 单元格", counts.cells, _WHY))
        lines.append("Each cell, with the old number and the new: `changes.csv`. 逐格差异见 `changes.csv`。\n")
        lines.extend(_table("reports · 报告", counts.reports, _CHANGE))
        lines.append("Each report: `changed_reports.csv`. 逐份差异见 `changed_reports.csv`。\n")
        if counts.most:
            lines.append("Most cells changed in · 变化最多:\n")
            lines.extend(f"- {_plain(publisher)} {year or ''}: {cells}" for publisher, year, cells in counts.most)
            lines.append("")
    if despite:
        lines.append("Released although the gate would have held it · 未通过自动检查而由人工决定发布:\n")
        lines.extend(f"- {_plain(reason)}" for reason in despite)
    return "\n".join(lines).rstrip() + "\n"


def _table(what: str, counts: Mapping[str, int], words: Mapping[str, tuple[str, str]]) -> list[str]:
    lines = [f"| {what} | | |", "|---|---:|---|"]
    lines.extend(f"| {key} | {counts.get(key, 0)} | {en} · {zh} |" for key, (en, zh) in words.items())
    return [*lines, ""]


def _plain(text: str) -> str:
    """Text of a report or a person as Markdown shows it: on one line, and no markup."""
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", " ".join(text.split()))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
