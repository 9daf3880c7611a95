"""A document's text as sections, in order: each heading with what stands under it, up to the next heading.

What is a heading: what the format marks as one; a caption numbered 一、 or （一） (第一部分, 第一章, 附件) that stands
alone or opens its paragraph as a sentence of its own (（一）政策解读。…: the caption is the heading, the rest text).
Numbered lines of the statutory tables are none. Levels follow the numbering where there is one (一、 1, （一） 2),
since the marks of copied Markdown contradict it, and the format's mark elsewhere.

What is text: paragraphs, verbatim, a line break between them. Cells of tables are no text, nor page numbers, nor rows
of figures that lost their table. A sentence that a page break or a hard line break cut is joined again, without a
break, where the first part is long, has a clause in it and stops without punctuation, and the second part opens no
paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from extractors.document import Document, Paragraph
from pipeline import prose, vocabulary
from pipeline.align.labels import bare
from pipeline.model import Section

_ORDINAL = r"[一二三四五六七八九十]{1,3}"
_NUMBERING = re.compile(
    rf"(?P<first>{_ORDINAL}\s*[、.．]|第{_ORDINAL}(?:部分|章))|(?P<second>[（(]\s*{_ORDINAL}\s*[）)]|第{_ORDINAL}节)"
)
_ANNEX = re.compile(r"附\s*[件表]\s*[\d一二三四五六七八九十]{0,2}\s*[：:]?$")
_SENTENCE = re.compile(r"[。；！？]")
_RUN_IN = re.compile(r"([^。；！？：]{2,32})[。：](?=.{10})", re.DOTALL)
_AMOUNT = re.compile(r"\d+(?:\.\d+)?\s*(?:余|多)?\s*(?:[万亿]?[件条次个人份期篇场%％]|万|亿|年)")
_FIGURES = re.compile(r"(?:(?:^|\s)[-+]?\d[\d,.]*){4,}\s*$|^\s*[-+]?\d[\d,.]*\s*$")
_CLAUSE = re.compile(r"[，。；、]")
_RUNS_ON = re.compile(rf"[{prose.HAN}，、“‘《（]$")
_GOES_ON = re.compile(rf"[{prose.HAN}“”‘’《》（）\d]")
_REST = re.compile(rf"[{prose.HAN}]{{1,6}}$")
_NOTHING = frozenset(("无", "无。", "略", "没有", "暂无"))
_LONGEST_CAPTION, _LONGEST_HEADING, _FULL_LINE, _WRAPPED_CAPTION, _TAIL = 45, 120, 25, 14, 200


def sections(document: Document) -> list[Section]:
    """The sections of a document's text. Text before the first heading is a section of level 1 without a heading.

    `page` and `line` are those of the heading, or of the first paragraph where there is none."""
    found: list[Section] = []
    heading: str | None = None
    level, parts, first = 1, list[str](), None  # type: int, list[str], Paragraph | None
    for paragraph, adjacent in _paragraphs(document):
        caption = _heading(paragraph)
        if caption is None:
            if first is None:
                first = paragraph
            if adjacent and heading and not parts and _wraps(heading, paragraph.text):
                heading += paragraph.text.strip()
            elif adjacent and parts and _runs_on(parts[-1], paragraph.text):
                parts[-1] = parts[-1].rstrip() + paragraph.text.lstrip()
            else:
                parts.append(paragraph.text)
            continue
        if first is not None:
            found.append(_section(heading, level, parts, first))
        heading, level, rest = caption
        parts, first = [rest] if rest else [], paragraph
    if first is not None:
        found.append(_section(heading, level, parts, first))
    return found


def _section(heading: str | None, level: int, parts: list[str], first: Paragraph) -> Section:
    return Section(heading, level, "\n".join(part.strip() for part in parts), first.page, first.line)


def _paragraphs(document: Document) -> Iterator[tuple[Paragraph, bool]]:
    """The paragraphs that are text, and whether nothing but a page break parts each from the one before."""
    adjacent = False
    cell: int | None = None  # the line that the cell before ends on
    for block in document.blocks:
        if not isinstance(block, Paragraph):
            adjacent = False
            continue
        text = block.text
        bare_text = text.strip()
        if document.format == "text" and _is_cell(text, block.line, cell):
            adjacent, cell = False, block.line
            continue
        if not bare_text or (len(bare_text) <= 20 and prose.is_page_number(prose.Line(text, 0))):
            continue
        if bare_text[-1].isdigit() and _FIGURES.search(text[-_TAIL:]):
            adjacent = False
            continue
        yield block, adjacent
        adjacent = True


def _is_cell(text: str, line: int | None, above: int | None) -> bool:
    """A table's cell that stands alone on its line: behind a tab, or wrapped from such a line right above, and no
    sentence."""
    if text.startswith("\t"):
        return not _SENTENCE.search(text)
    wrapped = above is not None and line == above + 1 and len(text) <= _FULL_LINE
    return wrapped and not _CLAUSE.search(text) and not _NUMBERING.match(text.strip())


def _heading(paragraph: Paragraph) -> tuple[str, int, str] | None:
    """(heading, level, the text that follows it in its paragraph) of a paragraph that is or opens with a heading."""
    text = paragraph.text.strip()
    marked = paragraph.level is not None and len(text) <= _LONGEST_HEADING
    numbering = _NUMBERING.match(text)
    if numbering is None:
        if marked:
            return " ".join(text.split()), paragraph.level or 1, ""
        return (text, 1, "") if text[:1] == "附" and _ANNEX.match(text) else None
    level = 1 if numbering["first"] else 2
    body = text[numbering.end() :].strip()
    if marked:
        return " ".join(text.split()), level, ""
    if len(body) < 2 or _is_table_label(body, level):
        return None
    run_in = _RUN_IN.match(body)
    sentence = _SENTENCE.search(text.rstrip("。")) or (run_in and text.endswith("。"))
    if len(text) <= _LONGEST_CAPTION and not sentence and not _AMOUNT.search(body):
        return " ".join(text.rstrip("。").split()), level, ""
    if run_in is None or _AMOUNT.search(run_in[1]):
        return None
    return text[: numbering.end()] + run_in[1], level, body[run_in.end() :]


def _is_table_label(body: str, level: int) -> bool:
    """Whether a numbered line is a row of the statutory tables, whole or torn: 一、本年新收…, （一）予以公开."""
    text = bare(body)
    labels = _table_labels()[level - 1]
    return text in labels or (len(text) >= 4 and any(label.startswith(text) for label in labels))


@cache
def _table_labels() -> tuple[frozenset[str], frozenset[str]]:
    """The bare labels of the table of requests that are numbered 一、 and those that are numbered （一）."""
    found: tuple[set[str], set[str]] = (set(), set())
    for template in vocabulary.TEMPLATES:
        for label in vocabulary.form(template, "requests").labels:
            numbering = _NUMBERING.match(label.text)
            if numbering:
                found[0 if numbering["first"] else 1].update(bare(text) for text in (label.text, *label.aliases))
    return frozenset(found[0]), frozenset(found[1])


def _wraps(heading: str, text: str) -> bool:
    """Whether a short line is the rest of a caption that did not fit its line."""
    text = text.strip()
    return len(heading) >= _WRAPPED_CAPTION and _REST.match(text) is not None and text not in _NOTHING


def _runs_on(before: str, after: str) -> bool:
    """Whether two paragraphs are one sentence that a page or line break cut."""
    before, after = before.rstrip(), after.strip()
    last = before[before.rfind("\n") + 1 :]
    if len(last) < _FULL_LINE or not _CLAUSE.search(last) or not _RUNS_ON.search(last):
        return False
    if not _GOES_ON.match(after) or prose.opens_paragraph(after):
        return False
    return _CLAUSE.search(after) is not None or len(after) >= _FULL_LINE
