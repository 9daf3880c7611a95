"""One line of text: the log odds that it is the report's own, rather than what OCR made of a picture.

Judged by whether its pairs of characters are known (characters.py), whether it is a label or a title, whether it could
stand in a listing of files or a menu, and by oddities: it begins with a full stop, closes a bracket that it never
opened, holds kana or rare characters. In the sections of prose, where no cell of a table is torn over lines, a
character or a few letters alone speak for a picture too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from pipeline.noise.characters import coverage, lonely, rare
from pipeline.noise.garble import Token, judge
from pipeline.noise.misread import joined_labels
from pipeline.prose import IMAGE_MARKER, Line, is_figures, is_page_number, is_statutory_section

BOUND = 6.0  # what a line may prove at most beside others
_ALONE = -6.5  # what proves a picture by itself
# Of a known and of an unknown pair: 0.55 of those of lawful lines are known, 0.25 of those of spoiled ones.
_KNOWN, _UNKNOWN = 0.79, -0.51
# Of a character without a word: one in seven of lawful lines, every second of spoiled ones.
_LONELY, _NOT_LONELY = -1.27, 0.54
_KNOWN_SHORT, _MOST_SHORT = 0.4, 1.5  # a label of three words is no sentence: menus have such too
_CLAUSE_MARK, _MOST_MARKS, _COUNTS, _ODD = 1.0, 3, 2.5, -1.5
_FRAGMENT = -0.5  # a character or two
_FEW = 10  # pairs of a line that may be a label
_SENTENCE = 20  # characters whose words can be judged without their neighbours
_SOME, _MANY, _FEW_KNOWN = 7, 9, 0.25
_LONGEST_LABEL, _LONGEST_OF_A_SCREEN = 45, 50

_BEGINS_ODDLY = re.compile(r"\s*[，。、；：！？）”’》】,.:;!?)\]](?!\d)")
_ODD_SCRIPT = re.compile(
    "[\u3040-\u30ff\u0370-\u03ff\u0400-\u04ff\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\uac00-\ud7af☆★]"
)
_NEVER_OPENED = re.compile(r"[^“”]*”|[^《》]*》|[^（(）)]*(?<![\d一二三四五六七八九十])[）)]")
_HAN = re.compile("[\u4e00-\u9fff]")
_NUMBER = re.compile(r"[\d.,，%％/+\-—\s]*\S?|.*[。；]")
_CLAUSE = re.compile("[，。；]")
_COUNTED = re.compile(r"\d[件条份宗起项]")  # what a report's sentence is about, whatever else it says
_DATE_OR_PHONE = re.compile(
    r"(?<!\d)20\d\d\s*年(?:\s*\d{1,2}\s*月|$)|(?<!\d)\d{3,4}-\d{7,8}(?!\d)|1\d{10}|12345|^[（(]?\d{1,2}[)）]$|^\d{1,3}/\d{1,3}$"
)
_AMONG_BRACKETS = re.compile(r"(?=.*[()（）/\\])[\d\s()（）/\\年月日号]{3,10}")
_DIGIT = re.compile(r"\d")
_LATIN = re.compile("[A-Za-z]+")
_LATIN_ALONE = re.compile(r"[A-Za-z\d\s.·:|/\\()\[\]#~+*'\"-]{1,12}$")
# A character alone on its line, but for those that a cell may hold.
_LONE = re.compile(r"\W?[^\W\d_a-zA-Z一二三四五六七八九十无是否有男女件条项次篇个份起宗人名期场元号类]\W?")
_SHRED = re.compile(r"[\s·.:：、]?[\u4e00-\u9fff]{2,4}[\s·.:：、]?")
_NAME = re.compile(r"[府局会室处厅院心司村镇乡道县市区州旗盟站队所校团]\W*$")  # of a place or a body: no words either

# What a picture of a folder, a mailbox or a list of news leaves, read well or half: each with its odds and oddity.
_OF_SCREENS: tuple[tuple[re.Pattern[str], float, float], ...] = (
    (re.compile(r"[\W_]*\d{2,4}[/-]\d{1,2}[/-]\d{1,2}\W*\d{1,2}[:：]\d{2}(?:[:：]\d{2})?\W*$"), -2.0, 1.0),
    (re.compile(r"[\W_]*20\d\d[-·.]\d{2}[-·.]?\d{2}\W*$"), -1.2, 0.4),
    (re.compile(r"20[\d/:.±]*\d[/:±][\d/:.±\s]*$"), -1.5, 1.0),
    (re.compile(r"20\d{0,3}-(?!20\d\d$)\d[\d-]{1,5}$"), -1.2, 0.5),
    (re.compile(r"(?=.*/.*[\s:±=<].*\d)\d{2,6}[\d\s/:.±=<%+t]{4,}$"), -1.5, 0.5),
    (re.compile(r"(?=.{6})[\d\s.]*[<>|$Φ][\d\s.<>~|$Φ]*$"), -2.0, 1.0),
    (re.compile(r"[.·\s]*\d[\d.,]{0,6}\s?[KMG][B8]\W*$", re.I), -2.0, 1.0),
    (re.compile(r"[.·\s]*[\dTlI|]{1,5}\s?(?:\(?[KkxX×][B8]|\([B8]|&[B8])\W*$"), -1.0, 0.5),
    (re.compile(r".{1,40}\s[\d.,]{1,7}\s?[KMG]B\W*$", re.I), -2.0, 1.0),
    (re.compile(r".*(?:Microsoft|Mic\w*so|Acrobat|Explorer|PowerPoint)\b.{0,24}$", re.I), -2.0, 1.0),
    (re.compile(r"(?:DOC|XLS|PPT|PDF|WPS|ZIP|RAR)[XxKk]?\W{0,2}[\u4e00-\u9fff]{2,3}$"), -2.0, 1.0),
    (re.compile(r"[A-Z][A-Z\d]{1,4}\W?[\u4e00-\u9fff]{2,3}$"), -1.0, 0.5),
    (re.compile(r".{0,45}\S\.(?:docx?|xlsx?|pptx?|pdf|wps|jpe?g|png|zip|rar)$", re.I), -2.0, 1.0),
    (re.compile(r".{0,40}[\u4e00-\u9fff）)][.．·]?\s?[A-Za-z\d]{0,2}[A-Za-z][A-Za-z\d]{0,2}$"), -1.0, 0.5),
    (re.compile(r"\d{1,2}\w?[.．]?(?:docx?|xlsx?|pptx?|p[dp]f|df)$", re.I), -1.0, 0.5),
)
_OF_ANY_SCREEN = re.compile(r"[A-Za-z\d<>|$Φ]")  # of which each of these needs one


@dataclass(frozen=True, slots=True)
class Judged:
    """Log odds that a line is text, its oddities, whether it looks like a screen's, or is a mere character or two."""

    odds: float
    oddities: float = 0.0
    screen: bool = False
    fragment: bool = False


_WITH_WORDS, _WITHOUT_WORDS = Judged(BOUND), Judged(0.0)  # rows of a table


@dataclass(frozen=True, slots=True)
class Around:
    """Where a line stands: in a section of prose; and there among a few short lines between paragraphs."""

    prose: bool = False
    paragraphs: bool = False


def judge_line(line: Line, text: str, stands: bytes, start: int, around: Around) -> Judged:
    """The line that begins at `start` of the document's `text`; `stands` as of characters.standing(text)."""
    end = start + len(line.text)
    if line.row:
        return _WITH_WORDS if stands.find(1, start, end) >= 0 else _WITHOUT_WORDS
    stripped = line.text.strip()
    if (plain := _plain(line.text)) is not None:
        return plain
    known, pairs = coverage(text, stands, start, end, shortest=2)
    if around.prose and not known and _is_of_figures(stripped):
        return Judged(2 * _ODD, 1.0)
    odd = _oddities(line.text)
    clause = _CLAUSE.search(stripped) is not None
    if pairs < _FEW and not clause:
        return _short(stripped, known, pairs, odd, around)
    odds = known * _KNOWN + (pairs - known) * _UNKNOWN
    if around.prose and (clause or _NAME.search(stripped) is None):
        alone, characters = lonely(text, stands, start, end)
        if characters >= _SENTENCE and 2 * alone >= characters:
            return Judged(_ALONE, 2.0)
        if characters >= _FEW:
            odds = max(odds, alone * _LONELY + (characters - alone) * _NOT_LONELY)
            odd += 5 * alone >= 2 * characters
    odds += min(_MOST_MARKS, len(_CLAUSE.findall(stripped))) * _CLAUSE_MARK
    odds += (_COUNTED.search(stripped) is not None) * _COUNTS
    return Judged(_bounded(odds + odd * _ODD), odd)


def _bounded(odds: float) -> float:
    return max(-BOUND, min(BOUND, odds))


@lru_cache(maxsize=4_000)
def _plain(text: str) -> Judged | None:
    """What can be told by the shape of a line of text alone: a listing's line, a title, a label, a page number, a
    marker."""
    line, stripped = Line(text, 0), text.strip()
    if len(stripped) <= _LONGEST_OF_A_SCREEN and _OF_ANY_SCREEN.search(stripped):
        for pattern, odds, oddity in _OF_SCREENS:
            if pattern.match(stripped):
                return Judged(odds, oddity, True)
    if is_statutory_section(line) or is_figures(line):
        return Judged(BOUND)
    if is_page_number(line):
        return Judged(-_ODD)
    if (part := max(map(_part_of_a_label, (stripped, *stripped.split())))) > 1:
        return Judged(min(BOUND, part * _KNOWN))
    return Judged(0.0) if IMAGE_MARKER.search(stripped) else None


def _oddities(text: str) -> int:
    return (
        bool(_BEGINS_ODDLY.match(text))
        + bool(_ODD_SCRIPT.search(text))
        + bool(_NEVER_OPENED.match(text))
        + min(3, rare(text))
    )


def _short(stripped: str, known: int, pairs: int, odd: int, around: Around) -> Judged:
    """A line that may be a label, a name, an entry of a menu, or a shred."""
    if _LATIN_ALONE.match(stripped) and any(judge(word) is not Token.WORD for word in _LATIN.findall(stripped)):
        return Judged(_ALONE, 1.0) if around.prose else Judged(-1.0, 0.5)
    if around.prose and len(stripped) <= 3 and _LONE.fullmatch(stripped):
        return Judged(_ALONE, 1.0, fragment=True)
    if around.paragraphs and not known and _SHRED.fullmatch(stripped) and not _NAME.search(stripped):
        return Judged(_ALONE, 1.0, fragment=True)
    odds = min(_MOST_SHORT, known * _KNOWN_SHORT) + (pairs - known) * _UNKNOWN
    if around.prose and pairs >= _SOME and known <= _FEW_KNOWN * pairs and not _NAME.search(stripped):
        if pairs >= _MANY:
            return Judged(_ALONE, 2.0)
        odd += 2
    fragment = len(stripped) <= 6 and len(_HAN.findall(stripped)) <= 2 and not _NUMBER.fullmatch(stripped)
    odds = min(odds, _FRAGMENT) if fragment else odds
    return Judged(_bounded(odds + odd * _ODD), odd, fragment=fragment)


def _is_of_figures(text: str) -> bool:
    """Whether a line is mostly digits with some Chinese characters among them, and neither a date nor a number to call;
    or digits among brackets and strokes."""
    if _DATE_OR_PHONE.search(text):
        return False
    return (len(text) >= 8 and 2 * len(_DIGIT.findall(text)) > len(text) and _HAN.search(text) is not None) or (
        _AMONG_BRACKETS.fullmatch(text) is not None
    )


def _part_of_a_label(text: str) -> int:
    """How many Chinese characters of a label of the form the text is, as labels are torn over lines; 0 where none."""
    if len(text) > _LONGEST_LABEL:
        return 0
    printed = "".join(_HAN.findall(text))
    return len(printed) if printed and printed in joined_labels()[0] else 0
