"""The noise in one document's text as flags: its lines joined to one text, what each part finds there, and where."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from functools import cache

from extractors.document import Document
from pipeline import vocabulary
from pipeline.model import Flag, Identity
from pipeline.noise.broken import broken
from pipeline.noise.characters import pairs, standing
from pipeline.noise.embedded import pasted_in, remnants
from pipeline.noise.garble import latin_words, soups
from pipeline.noise.misread import Confusion, confusions, label_confusion
from pipeline.noise.stretches import of_pictures
from pipeline.prose import COMPATIBILITY, HAN, IMAGE_MARKER, is_page_number, lines, ordinary, ordinary_lines, sections

_EXCERPT = 80
_A_LINE = 5  # flags of one kind that a line may bear
_LONGEST_LABEL = 45
_AROUND = 14  # characters of context on each side of a span

_LATIN = re.compile(
    rf"(?<=[{HAN}\d，、；”》）])[ \t\u00a0]?([A-Za-z]{{2,}}(?:[ \t]+[a-z]{{2,}})*)(?=[ \t\u00a0]?[{HAN}\d“《（])"
)
_LATEX = re.compile(
    r"\\(?:text\w*|mathrm|mathbf|frac|underline|circled|left|right|quad|times|cdot|begin|end|%)\b[{(\\]?|\$\\?[^$\n]{1,30}\$"
)
_ACCOUNT = re.compile(r"(?:微信|公众号|微博|[账帐]号|用户名|抖音|域名|网址|邮箱|栏目|品牌|[“‘\"'《（(])[^，。；]{0,6}$")
_DOUBLES = frozenset("一逐每各很最越再老好几")  # 一件一件, 很远很远
_SUFFIXES = frozenset("长员地口部室人者性化表书会厅处科组队率类型式度法力栏点网局")
_DOUBLED = re.compile(rf"([{HAN}]{{2,14}}?)\1")
_CLAUSE = re.compile(rf"[{HAN}]{{4,40}}[，、；]")
_DOUBLED_MARK = re.compile(r"([，、；：])\1+|。。(?!。)")
_WIDE = re.compile(r"[\d０-９][\d０-９.．,，]*[\d０-９]|[０-９]")
_FIGURE = re.compile(r"[\d.,，\s]*")
_LIST_NUMBER = re.compile(r"\s*[（(]?[０-９]{1,2}[）)．.、：]")


def noise(document: Document, identity: Identity | None = None) -> list[Flag]:
    """The noise in a document's text, in reading order; `identity`, where given, tells its places."""
    return _Reading(document, identity).flags()


class _Reading:
    """One document's lines joined to one text, and the way back from a place in it to its line."""

    def __init__(self, document: Document, identity: Identity | None) -> None:
        self.document, self.identity = document, identity
        self.printed = "\n".join(line.text for line in lines(document))
        self.compatible = list(COMPATIBILITY.finditer(self.printed))
        self.lines = ordinary_lines(document)  # on whose characters everything else is judged
        self.text = ordinary(self.printed)
        self.starts: list[int] = []
        start = 0
        for line in self.lines:
            self.starts.append(start)
            start += len(line.text) + 1
        self.stands = standing(self.text)
        self.spoiled: set[int] = set()  # lines that hold no text of their own
        self.labelled: set[int] = set()  # lines with a misread label
        self.sections = sections(self.lines)
        self.pasted = pasted_in(document) if self._is_annual_report() else ()

    def flags(self) -> list[Flag]:
        found: list[tuple[int, int, Flag]] = []
        counted: Counter[tuple[int, str]] = Counter()
        rank = 0
        for part in (
            self._garbled(),
            self._pictures(),
            self._stretches(),
            self._pasted(),
            self._words(),
            self._digits(),
            self._compatibility(),
            self._mislabelled(),
            self._confusable(),
            self._broken(),
        ):
            for place, flag in part:
                rank += 1
                counted[place, flag.kind] += 1
                if counted[place, flag.kind] <= _A_LINE:
                    found.append((place, rank, flag))
        found.sort(key=lambda item: item[:2])
        return [flag for _, _, flag in found]

    def _is_annual_report(self) -> bool:
        return self.identity is None or self.identity.document_type == "annual_report"

    def place(self, position: int) -> int:
        return bisect_right(self.starts, position) - 1

    def flag(self, kind: str, place: int, excerpt: str, message: str, **more: str | None) -> tuple[int, Flag]:
        line = self.lines[place]
        severity = vocabulary.flag_kinds()[kind].severity
        cut = " ".join(excerpt.split())
        cut = cut if len(cut) <= _EXCERPT else cut[: _EXCERPT - 1] + "…"
        return place, Flag(kind, severity, message, page=line.page, line=line.line, excerpt=cut, **more)

    def around(self, start: int, end: int, text: str | None = None) -> str:
        place = self.place(start)
        first = self.starts[place]
        last = first + len(self.lines[place].text)
        return (text or self.text)[max(first, start - _AROUND) : min(last, end + _AROUND)]

    def _garbled(self) -> Iterator[tuple[int, Flag]]:
        for place, line in enumerate(self.lines):
            start = self.starts[place]
            for soup in soups(self.text, self.stands, start, start + len(line.text))[:1]:
                if soup.whole:
                    self.spoiled.add(place)
                yield self.flag("garbled_text", place, soup.excerpt, f"garbled text: {soup.reason}")

    def _pictures(self) -> Iterator[tuple[int, Flag]]:
        for place in remnants(self.lines, frozenset(self.spoiled)):
            text = self.lines[place].text
            marker = IMAGE_MARKER.search(text)
            if marker is None:
                self.spoiled.add(place)
            excerpt = text[max(0, marker.start() - _AROUND) :] if marker else text
            yield self.flag("embedded_image_text", place, excerpt, "what OCR left of a picture")

    def _stretches(self) -> Iterator[tuple[int, Flag]]:
        for stretch in of_pictures(self.lines, self.text, self.stands, self.starts):
            kind, message = (
                ("embedded_image_text", "what OCR left of a picture")
                if stretch.screen
                else ("garbled_text", "lines that make no words")
            )
            for place in stretch.places:
                line = self.lines[place]
                plain = is_page_number(line) or (not stretch.screen and _FIGURE.fullmatch(line.text))
                if place not in self.spoiled and not line.row and not plain:
                    self.spoiled.add(place)
                    yield self.flag(kind, place, line.text, message)

    def _pasted(self) -> Iterator[tuple[int, Flag]]:
        for span in self.pasted:
            first, last = self.lines[span.first], self.lines[span.last]
            reach = f"{first.where} to {last.where}"
            yield self.flag(
                "embedded_image_text",
                span.first,
                first.text,
                f"a {span.what} pasted into the report, {reach}: not the report's own text",
                observed=reach,
            )

    def _words(self) -> Iterator[tuple[int, Flag]]:
        for match in _LATIN.finditer(self.text):
            words = match[1].split()
            if self._skips(match.start()) or not any(_is_stray(word) for word in words):
                continue
            connective = any(latin_words().get(word.lower()) == "function" for word in words)
            before, after = self.text[match.start() - 1], self.text[match.end() : match.end() + 2].strip()[:1]
            named = _ACCOUNT.search(self.text, max(0, match.start() - 16), match.start())
            if not connective and (named or before.isdigit() or after.isdigit()):
                continue
            yield self.flag(
                "stray_latin",
                self.place(match.start(1)),
                self.around(match.start(1), match.end(1)),
                f"a Latin word within Chinese text: {match[1]}",
                observed=match[1],
                suggestion="和" if match[1].lower() == "and" else None,
            )
        for match in _LATEX.finditer(self.text):
            if not self._skips(match.start()):
                around = self.around(match.start(), match.end())
                yield self.flag(
                    "stray_latin", self.place(match.start()), around, "mark-up of a formula", observed=match[0]
                )
        yield from self._doubled()

    def _doubled(self) -> Iterator[tuple[int, Flag]]:
        for start, unit, printed in (*_doubled_clauses(self.text), *_doubled_words(self.text)):
            if not self._skips(start):
                yield self.flag(
                    "duplicated_phrase",
                    self.place(start),
                    self.around(start, start + len(printed)),
                    f"{unit} stands twice",
                    observed=printed,
                    suggestion=unit,
                )

    def _digits(self) -> Iterator[tuple[int, Flag]]:
        if not re.search("[０-９]", self.text):
            return
        narrow = len(re.findall("[0-9]", self.text))
        wide = len(re.findall("[０-９]", self.text))
        seen: set[int] = set()
        for match in _WIDE.finditer(self.text):
            printed = match.group()
            if not re.search("[０-９]", printed) or self._skips(match.start()):
                continue
            place = self.place(match.start())
            mixed = re.search("[0-9]", printed) is not None
            start = self.starts[place]
            if not mixed and (wide >= narrow or (_LIST_NUMBER.match(self.text, start) and match.end() - start <= 5)):
                continue
            if place in seen:
                continue
            seen.add(place)
            yield self.flag(
                "fullwidth_digit",
                place,
                self.around(match.start(), match.end()),
                "digits of two widths in one number" if mixed else "a full-width number in a half-width text",
                observed=printed,
                expected=unicodedata.normalize("NFKC", printed),
            )

    def _compatibility(self) -> Iterator[tuple[int, Flag]]:
        seen: dict[int, list[re.Match[str]]] = {}
        for match in self.compatible:
            seen.setdefault(self.place(match.start()), []).append(match)
        for place, matches in seen.items():
            printed = "".join(dict.fromkeys(match.group() for match in matches))
            yield self.flag(
                "compatibility_character",
                place,
                self.around(matches[0].start(), matches[0].end(), self.printed),
                f"{len(matches)} compatibility characters in place of the ordinary ones",
                observed=printed,
                expected=ordinary(printed),
            )

    def _confusable(self) -> Iterator[tuple[int, Flag]]:
        for confusion in confusions(self.text, self.stands, self.identity):
            if not self._skips(confusion.start) and self.place(confusion.start) not in self.labelled:
                end = confusion.start + len(confusion.printed)
                yield self._confused(self.place(confusion.start), confusion, self.around(confusion.start, end))

    def _mislabelled(self) -> Iterator[tuple[int, Flag]]:
        """Labels of the form, in the cells of tables and in lines of their own."""
        if not self.sections and (self.identity is None or not self._is_annual_report()):
            return
        for place, line in enumerate(self.lines):
            if place in self.spoiled or (not line.row and len(line.text) > _LONGEST_LABEL):
                continue
            for text in line.text.split("\t"):
                if len(text) > 1 and not text.isascii() and (confusion := label_confusion(text)) is not None:
                    self.labelled.add(place)
                    yield self._confused(place, confusion, text)

    def _confused(self, place: int, confusion: Confusion, excerpt: str) -> tuple[int, Flag]:
        printed = "".join(confusion.printed.split())
        return self.flag(
            "confusable_character",
            place,
            excerpt,
            f"{printed} is probably {confusion.meant}: {confusion.reason}",
            observed=printed,
            suggestion=confusion.meant,
        )

    def _broken(self) -> Iterator[tuple[int, Flag]]:
        if self.document.format != "text":
            return
        for place, following in broken(self.lines, frozenset(self.spoiled), self.pasted):
            end, start = self.lines[place].text.rstrip(), self.lines[following].text.lstrip()
            yield self.flag(
                "broken_line",
                place,
                f"{end[-24:]} ⏎ {start[:24]}",
                f"the sentence breaks off; the text goes on at {self.lines[following].where}",
            )

    def _skips(self, position: int) -> bool:
        return self.place(position) in self.spoiled


def _is_stray(word: str) -> bool:
    """Whether a Latin word has no business in a Chinese sentence: English connectives, lower-case common words."""
    lower = word.lower()
    kind = latin_words().get(lower)
    if kind == "function":
        return not word.isupper() or lower in ("and", "the", "with")
    return kind == "english" and word.islower() and len(word) >= 3


@cache
def _reduplications() -> dict[str, str]:
    return {row["phrase"]: row["followed_by"] for row in vocabulary.read("reduplication.csv")}


def _doubled_clauses(text: str) -> Iterator[tuple[int, str, str]]:
    before: re.Match[str] | None = None
    for clause in _CLAUSE.finditer(text):
        if before is not None and before.end() == clause.start() and before.group() == clause.group():
            yield before.start(), clause.group(), clause.group() * 2
        before = clause


def _doubled_words(text: str) -> Iterator[tuple[int, str, str]]:
    for match in _DOUBLED.finditer(text):
        if not _is_lawful_double(text, match):
            yield match.start(), match[1], match.group()
    for match in _DOUBLED_MARK.finditer(text):
        yield match.start(), match.group()[0], match.group()


def _is_lawful_double(text: str, match: re.Match[str]) -> bool:
    """Whether a doubled phrase is good Chinese: 研究研究, 规范规范性文件, 区政府政府信息, 一件一件."""
    unit = match[1]
    if len(set(unit)) == 1 or unit[0] in _DOUBLES or unit[-1] == "着":
        return True
    if len(unit) == 2 and unit not in pairs().known:
        return True  # no word stands twice: the end of one and the beginning of the next
    if len(unit) <= 3 and text[match.end() : match.end() + 1] in _SUFFIXES:
        return True  # the second is the beginning of a longer word: 支队支队长, 信息信息员
    follows = _reduplications().get(unit)
    if follows is None:
        return False
    # The second copy begins a longer word.
    return not follows or re.match(f"(?:{follows})", text[match.end() : match.end() + 8]) is not None
