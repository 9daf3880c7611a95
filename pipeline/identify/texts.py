"""A document as lines: normalised, freed of markup, with the parts where its makers say who speaks and when."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from extractors.document import Document, Paragraph, Table

# A year of this century in Arabic or Chinese numerals, with the letters that OCR reads for zero.
YEAR = (
    r"(?:2[0O〇○零oО][0-3O〇○零oО一二三][0-9O〇○零oО一二三四五六七八九]"
    r"|二[〇○零0OoО◯][〇○零0OoО◯一二三][〇○零0OoО◯一二三四五六七八九])"
)
_DIGITS = str.maketrans("〇○零oOОо◯一二三四五六七八九", "00000000123456789")
_SECTION = re.compile(r"(?:第[一1]部分|\(?[一1]\)?[、.．,]|\(一\))")
# How the first sentence of an introduction begins, wrapped or not.
_BEGINS = re.compile(
    r"(?:根据|按照|依据|依照)(?:《|国务院|省|市|中华|条例|上级)|为(?:进一步|贯彻|了|深入|全面|做好|认真)|本(?:年度)?报告|现(?:将|公布)|近日|各[^,。]{0,40}:$"
)


def number_of(year: str) -> int:
    """2020 from 2020, 二〇二〇, 二0二O."""
    return int(year.translate(_DIGITS))


@dataclass(frozen=True, slots=True)
class Line:
    """One line without decoration; `level` as in `Paragraph`."""

    text: str
    page: int | None
    line: int | None
    level: int | None

    @property
    def compact(self) -> str:
        return "".join(self.text.split())


@dataclass(frozen=True)
class Text:
    """A document as lines, normalised (NFKC) and freed of markup; `compact` is all of it without white space."""

    lines: tuple[Line, ...]
    metadata: Mapping[str, str]
    format: str = "text"

    @cached_property
    def compact(self) -> str:
        return "".join("".join(line.text.split()) for line in self.lines)

    @cached_property
    def head(self) -> tuple[Line, ...]:
        """The lines before the first section or the first long paragraph."""
        for index, line in enumerate(self.lines):
            if _SECTION.match(line.text) or _BEGINS.match(line.text) or (len(line.text) > 60 and "。" in line.text):
                return self.lines[:index]
        return self.lines[:80]

    @cached_property
    def front(self) -> tuple[Line, ...]:
        """The short lines before the first section: the head, and an imprint below the introduction."""
        start = len(self.head)
        below = self.lines[start : start + self.introduced]
        return (*self.head, *(line for line in below if len(line.text) <= 40 and "。" not in line.text))

    @cached_property
    def introduced(self) -> int:
        """How many lines stand between the head and the first section; 0 when none of the next twelve starts one."""
        start = len(self.head)
        after = self.lines[start : start + 12]
        return next((index for index, line in enumerate(after) if _SECTION.match(line.text)), 0)

    @cached_property
    def tail(self) -> tuple[Line, ...]:
        """The short last lines, where an imprint stands; none that the head has, and no sentence."""
        last = self.lines[max(len(self.head), len(self.lines) - 12) :]
        return tuple(line for line in last if len(line.text) <= 40 and "。" not in line.text)

    @cached_property
    def introduction(self) -> str:
        """What stands between the head and the first section, without white space."""
        start = len(self.head)
        return "".join(line.compact for line in self.lines[start : start + self.introduced])[:1500]

    @cached_property
    def opening(self) -> str:
        """The first lines after the head, sections or not, without white space."""
        start = len(self.head)
        return "".join(line.compact for line in self.lines[start : start + 12])[:1500]


_MARKUP = re.compile(r"!\[[^\]]*\]\([^)]*\)|\[image:[^\]]*\]|</?[a-zA-Z][^<>]*>|[*#`\\]+|\[([^\]]*)\]\([^)]*\)")
_MARKED = re.compile(r"[*#`\\<\[]")
_COMPATIBLE = re.compile(r"[⼀-⿟①-⓿㌀-㏿豈-﫿︰-﹏！-～ａ-ｚ\u2000-\u200f\u2028-\u202f\u00a0]")
_SUPPLEMENT = re.compile(r"[⺀-⻿]")
# The radicals of the supplement that fonts put for ordinary characters; NFKC leaves them alone.
_RADICALS = str.maketrans(
    "⺠⻓⻔⻅⻋⻩⻝⻚⻛⻜⻢⻥⻦⻨⻰⻬⻄⻆⻘⻤⻣⻑⻁⺟⻉⻊⻧⻮⻳⺩⺫⺎",
    "民长门见车黄食页风飞马鱼鸟麦龙齐西角青鬼骨长虎母贝足卤齿龟王目兀",
)


def normalise(text: str) -> str:
    """NFKC, quickly for the usual text whose only compatibility characters are full-width punctuation."""
    for wide, plain in ("，,", "：:", "；;", "（(", "）)", "！!", "？?", "％%", "\u3000 "):
        text = text.replace(wide, plain)
    for invisible in "\u200b\ufeff\u00ad":
        text = text.replace(invisible, "")
    if _SUPPLEMENT.search(text):
        text = text.translate(_RADICALS)
    return unicodedata.normalize("NFKC", text) if _COMPATIBLE.search(text) else text


def read(document: Document) -> Text:
    """The document's text as lines, table rows among them, cells parted by tabs."""
    raw: list[tuple[str, int | None, int | None, int | None]] = []
    for block in document.blocks:
        raw.extend(_lines_of_table(block) if isinstance(block, Table) else _lines_of_paragraph(block))
    normal = normalise("\n".join(part[0] for part in raw)).split("\n") if raw else []
    lines = []
    for text, (_, page, number, level) in zip(normal, raw, strict=True):
        stripped = text.strip()
        if level is None and stripped.startswith("#"):
            level = len(stripped) - len(stripped.lstrip("#"))
        if _MARKED.search(stripped):
            stripped = _MARKUP.sub(lambda match: match[1] or "", stripped).strip()
        if stripped:
            lines.append(Line(stripped, page, number, level))
    return Text(tuple(lines), {key.lower(): value for key, value in document.metadata.items()}, document.format)


def _lines_of_paragraph(block: Paragraph) -> Iterator[tuple[str, int | None, int | None, int | None]]:
    for offset, text in enumerate(block.text.splitlines()):
        yield text, block.page, None if block.line is None else block.line + offset, block.level


def _lines_of_table(table: Table) -> Iterator[tuple[str, int | None, int | None, int | None]]:
    rows: dict[int, list[str]] = {}
    where: dict[int, int | None] = {}
    for cell in table.cells:
        rows.setdefault(cell.row, []).append(cell.text)
        where.setdefault(cell.row, cell.line)
    for row in sorted(rows):
        if any(len(text) > 200 for text in rows[row]):  # a table that only lays the page out
            for text in rows[row]:
                for part in text.splitlines():
                    yield part, table.page, where[row], None
        else:
            yield "\t".join(" ".join(text.split()) for text in rows[row]), table.page, where[row], None
