"""The lines of a document as they stand, and what kind of line each is: heading, page number, picture marker, prose.

Shared by noise.py and narrative.py: the one asks which lines are no text of the report, the other reads what is left.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache, wraps
from typing import TypeVar

from extractors.document import Document, Paragraph, Table
from pipeline import vocabulary

T = TypeVar("T")

HAN = "\u4e00-\u9fff"
_NUMBERING = (
    r"(?:第?[一二三四五六七八九十]{1,3}[、.．，]|[（(][一二三四五六七八九十]{1,3}[）)]|"
    r"\d{1,2}[、.．](?!\d)|[（(]\d{1,2}[）)]|[①-⑳㈠-㈩])"
)
_HEADING = re.compile(rf"\s*+#*\s*+\**\s*+{_NUMBERING}[^，。；！？]{{0,38}}$")
_OPENER = re.compile(
    rf"\s*(?:#|\*\*|[-*•◆●■▲★]\s|{_NUMBERING}|[一二三四五六七八九十]是|[其首再]次|首先|最后|同时|此外|另外|下一步|"
    rf"近年来|今年|全年|年内|截至|截止|目前|为了|为|按照|根据|\d{{4}}\s*年|二〇|附件|附[：:]|特此|注[：:]|《|【)"
)
_PAGE_NUMBER = re.compile(
    r"\s*(?:[-—–－_·~]+\s*\d{1,3}\s*[-—–－_·~]*|第\s*\d{1,3}\s*页.{0,12}|\d{1,3}\s*/\s*\d{1,3}|P?\d{1,3}\s*[-—–－])\s*$"
)
IMAGE_MARKER = re.compile(
    r"\[(?:image|img|图片|图像|picture)\s*[:：\d][^\]]*\]|!\[[^\]]*\]\([^)]*\)|<img\b[^>]*>", re.I
)
COMPATIBILITY = re.compile(
    "[\u2e80-\u2fdf\uf900-\ufa0d\ufa10\ufa12\ufa15-\ufa1e\ufa20\ufa22\ufa25\ufa26\ufa2a-\ufaff\U0002f800-\U0002fa1f]"
)
# The radicals of the supplement that fonts put for ordinary characters; NFKC leaves them alone.
_RADICALS = str.maketrans(
    "⺠⻓⻔⻅⻋⻩⻝⻚⻛⻜⻢⻥⻦⻨⻰⻬⻄⻆⻘⻤⻣⻑⻁⺟⻉⻊⻧⻮⻳⺩⺫⺎",
    "民长门见车黄食页风飞马鱼鸟麦龙齐西角青鬼骨长虎母贝足卤齿龟王目兀",
)
_SENTENCE_END = re.compile(r"[。！？；：!?;:…—](?:[』」”’\"'）)】》]|[（(][^（()）]{1,24}[）)])*\s*$")
_CLAUSE = re.compile("[，。；]")
_HAN_RUNS = re.compile(f"[{HAN}]+")
_FIGURES = re.compile(
    r"(?:(?<![\d.])(?<!\d[,，])[-—/]?\d[\d,，.]*+\s*(?:件|项|条|份|宗|万元|元)?[\s\u3000]+){3,}[-—/\d]|(?:(?<!\d)\d++[件项条份]\s*){4,}"
)
_STATUTORY_SECTION = re.compile(
    r"\s*+#*\s*+\**\s*+[一二三四五六七八九十\d]{0,2}+[、.．，,]?+\s*+"
    r"(?:总体情况|概述|主动公开政府信息(?:的)?情况|收到和处理|.{0,14}行政复议[、和及,，].{0,4}行政诉讼|"
    r"(?:政府信息公开工作)?存在的?(?:主要)?问题|其他需要报告)[^。；，：:]{0,24}$"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the source: a paragraph, or a row of a table with its cells joined by tabs.

    `gap` says that empty lines stand before it in a text source; `block` is the place of its block in the document.
    """

    text: str
    block: int
    page: int | None = None
    line: int | None = None
    row: bool = False
    gap: bool = False
    level: int | None = None

    @property
    def where(self) -> str:
        if self.line is not None:
            return f"line {self.line}"
        return f"block {self.block + 1}" if self.page is None else f"page {self.page}, block {self.block + 1}"


def once(of: Callable[[Document], tuple[T, ...]]) -> Callable[[Document], tuple[T, ...]]:
    """A function of a document that remembers its last answer: several stages ask the same of one document, and then
    of the next."""
    latest: list[tuple[Document, tuple[T, ...]]] = []

    @wraps(of)
    def remembered(document: Document) -> tuple[T, ...]:
        held = latest[0] if latest else None
        if held is None or held[0] is not document:
            held = document, of(document)
            latest[:] = [held]
        return held[1]

    return remembered


@once
def lines(document: Document) -> tuple[Line, ...]:
    """Every line that holds text, in reading order."""
    found: list[Line] = []
    previous: int | None = None
    for text, block, page, number, row, level in _texts(document):
        gap = number is not None and previous is not None and number - previous > 1
        found.append(Line(text, block, page, number, row, gap, level))
        if number is not None:
            previous = number
    return tuple(found)


@once
def ordinary_lines(document: Document) -> tuple[Line, ...]:
    """The same with the ordinary characters for compatibility ones."""
    printed = lines(document)
    if not any(COMPATIBILITY.search(line.text) for line in printed):
        return printed
    return tuple(replace(line, text=ordinary(line.text)) for line in printed)


def ordinary(text: str) -> str:
    """The text with the ordinary characters for compatibility ones, place for place."""
    if not COMPATIBILITY.search(text):
        return text
    return COMPATIBILITY.sub(lambda match: unicodedata.normalize("NFKC", match.group()), text.translate(_RADICALS))


def _texts(document: Document) -> Iterator[tuple[str, int, int | None, int | None, bool, int | None]]:
    for index, block in enumerate(document.blocks):
        if isinstance(block, Paragraph):
            if block.text.strip():
                yield block.text, index, block.page, block.line, False, block.level
            continue
        for number, text in _rows(block):
            if text.strip():
                yield text, index, block.page, number, True, None


def _rows(table: Table) -> Iterator[tuple[int | None, str]]:
    row: int | None = None
    number: int | None = None
    texts: list[str] = []
    for cell in table.cells:
        if cell.row != row:
            if texts:
                yield number, "\t".join(texts)
            row, number, texts = cell.row, cell.line, []
        texts.append(cell.text)
    if texts:
        yield number, "\t".join(texts)


def is_heading(line: Line) -> bool:
    """A numbered title without a sentence in it, or what the format itself calls a heading."""
    return not line.row and (line.level is not None or _is_numbered_title(line.text))


@lru_cache(maxsize=2_000)
def _is_numbered_title(text: str) -> bool:
    return _HEADING.match(text) is not None


def is_statutory_section(line: Line) -> bool:
    """The title of one of the six sections that the form prescribes (国办公开办函〔2019〕60号, 〔2021〕30号)."""
    return not line.row and 4 <= len(line.text) <= 60 and _names_a_section(line.text)


@lru_cache(maxsize=2_000)  # every stage asks it of every line
def _names_a_section(text: str) -> bool:
    return _STATUTORY_SECTION.match(text) is not None


def is_page_number(line: Line) -> bool:
    return not line.row and len(line.text) <= 20 and _PAGE_NUMBER.match(line.text) is not None


def is_picture(line: Line) -> bool:
    """Whether the line is a picture's marker and nothing else."""
    return not line.row and IMAGE_MARKER.search(line.text) is not None and not IMAGE_MARKER.sub("", line.text).strip()


def is_prose(line: Line) -> bool:
    """Whether the line holds a sentence or part of one, rather than a label, a title or a number."""
    text = line.text.strip()
    if line.row or len(text) < 12:
        return False
    return _CLAUSE.search(text) is not None or len(text) >= 40


def is_figures(line: Line) -> bool:
    """Whether the line is a row of figures without a table: numbers beside each other, or a bare label of the form."""
    return _is_of_figures(line.text)


@lru_cache(maxsize=2_000)
def _is_of_figures(text: str) -> bool:
    return _FIGURES.search(text) is not None or (
        len(text) <= 60 and "".join(_HAN_RUNS.findall(text)).rstrip("件项条份") in _labels()
    )


@cache
def _labels() -> frozenset[str]:
    texts = (
        text
        for template in vocabulary.TEMPLATES
        for table_id in vocabulary.TABLES
        for label in vocabulary.form(template, table_id).labels
        for text in (label.text, *label.aliases)
    )
    return frozenset("".join(_HAN_RUNS.findall(text)) for text in texts) - {""}


def ends_open(text: str) -> bool:
    """Whether the text stops without the punctuation that ends a sentence."""
    return _SENTENCE_END.search(text) is None


def opens_paragraph(text: str) -> bool:
    """Whether the text begins as paragraphs begin: a number, 一是, a year, a bullet."""
    return _OPENER.match(text) is not None


def sections(found: Sequence[Line]) -> list[int]:
    """Places of the statutory sections' titles; empty for what is no annual report (fewer than two)."""
    places = [place for place, line in enumerate(found) if is_statutory_section(line)]
    return places if len(places) >= 2 else []
