"""Look-alike characters in the places where the right one is known: set phrases and labels, the report's own places,
words that the report has elsewhere, and letters among digits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from pipeline import jurisdictions, vocabulary
from pipeline.model import Identity
from pipeline.noise.characters import around, look_alike, look_alikes, misreadings, pairs, table_of
from pipeline.prose import HAN

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_NOT_HAN = re.compile(f"[^{HAN}]+")
# What the forms print besides labels, Chinese characters only.
_CAPTIONS = (
    *(f"第二十条第{number}项" for number in "一五六八九"),
    "信息内容",
    "申请人情况",
    "本列数据的勾稽关系为第一项加第二项之和等于第三项加第四项之和",
)
_ORDINAL = re.compile(r"\s*[（(]?[一二三四五六七八九十]{1,2}[）)、.．]")
_FIGURES_AFTER = re.compile(rf"[{HAN}].*\d")
_LETTER_IN_NUMBER = re.compile(
    r"(?<![A-Za-z\d.@/_-])(?:\d{1,6}[OolI|]+\d{0,4}|[OolI|]+\d{1,4}[OolI|]?\d{0,3})(?=\s?(?:年(?!级)|月|日|件|条|项|次|篇|份|起|宗|人次|％|%))"
    r"|(?<![A-Za-z\d.@/_-])\d+[OolI]\d+(?![A-Za-z\d@._-])"
)
_LETTER_BY_DIGIT = re.compile(r"\d[OolI|]|[OolI|]\d")
_CIVIC = "县市区旗州盟镇乡人政党县委发教财公住交水农文卫审统市场民司自人退应信"
_SETTLED = re.compile(f"(?=([{HAN}]{{2,3}}(?:街道|镇|乡)))")
_MOST_PLACES = 400
_LONG_SPELLED, _SHORTEST_SPELLED = 7, 4  # characters of a label that is known though more than a look-alike is wrong
_MOST_MEANT = 5
_MOST_WRONG, _MOST_WRONG_OF_FEW = 0.45, 0.34
_FREQUENT = 3  # mentions of a place that make a single differing one suspect


@dataclass(frozen=True, slots=True)
class Confusion:
    """`printed` at `start` of the text should be `meant`."""

    start: int
    printed: str
    meant: str
    reason: str


def confusions(text: str, stands: bytes, identity: Identity | None) -> list[Confusion]:
    """Every look-alike in the text that something proves; at most one a place, by the order of proof."""
    found: dict[int, Confusion] = {}
    for confusion in (
        *_set_phrases(text),
        *_own_places(text, identity),
        *_settlements(text),
        *_letters_in_numbers(text),
        *(
            Confusion(m.position, m.character, m.instead, "makes no word here, while its look-alike does")
            for m in misreadings(text, stands)
        ),
    ):
        if not any(
            confusion.start < other.start + len(other.printed)
            and other.start < confusion.start + len(confusion.printed)
            for other in found.values()
        ):
            found[confusion.start] = confusion
    return [found[start] for start in sorted(found)]


@dataclass(frozen=True, slots=True)
class _Phrases:
    """Set phrases, those that hold another one apart; for two characters with one between, whose phrase they are of."""

    plain: tuple[str, ...]
    nested: tuple[str, ...]
    between: dict[str, tuple[tuple[str, int], ...]]  # → (plain phrase, place of the character between)
    table: NDArray[np.bool_]  # those pairs, for `around`


@cache
def set_phrases() -> _Phrases:
    """The phrases of statutory_phrases.csv, longest first."""
    phrases = sorted((row["phrase"] for row in vocabulary.read("statutory_phrases.csv")), key=lambda p: (-len(p), p))
    nested = tuple(phrase for phrase in phrases if any(p in phrase for p in phrases if p != phrase))
    plain = tuple(phrase for phrase in phrases if phrase not in nested)
    between: dict[str, list[tuple[str, int]]] = {}
    for phrase in plain:
        for place in range(1, len(phrase) - 1):
            between.setdefault(phrase[place - 1] + phrase[place + 1], []).append((phrase, place))
    return _Phrases(plain, nested, {pair: tuple(found) for pair, found in between.items()}, table_of(between))


def _set_phrases(text: str) -> Iterator[Confusion]:
    """Phrases of the form with one character taken for a look-alike."""
    phrases = set_phrases()
    starts: set[tuple[int, str]] = set()
    for phrase in phrases.nested:  # one half of it is right
        middle = len(phrase) // 2
        starts |= _found(text, phrase, phrase[:middle], 0) | _found(text, phrase, phrase[middle:], middle)
    masked = text
    for phrase in phrases.plain:
        masked = masked.replace(phrase, "\0" * len(phrase))
    starts.update(
        (place - offset, phrase)
        for place in around(masked, phrases.table)
        for phrase, offset in phrases.between[masked[place - 1] + masked[place + 1]]
    )
    for phrase in phrases.plain:
        starts |= _found(masked, phrase, phrase[1:], 1) | _found(masked, phrase, phrase[:-1], 0)
    for start, phrase in sorted(starts, key=lambda found: (found[0], -len(found[1]))):
        printed = text[start : start + len(phrase)] if start >= 0 else ""
        if len(printed) == len(phrase) and printed != phrase and _off_by_a_look_alike(printed, phrase):
            yield Confusion(start, printed, phrase, "a phrase of the form, but for one look-alike")


def _found(text: str, phrase: str, part: str, offset: int) -> set[tuple[int, str]]:
    """Where the phrase would begin, by each place of its part."""
    starts = set()
    place = text.find(part)
    while place >= 0:
        starts.add((place - offset, phrase))
        place = text.find(part, place + 1)
    return starts


def _off_by_a_look_alike(printed: str, meant: str) -> bool:
    place = next((p for p, character in enumerate(meant) if printed[p] != character), -1)
    return place >= 0 and printed[place + 1 :] == meant[place + 1 :] and look_alike(printed[place], meant[place])


@cache
def _labels() -> tuple[frozenset[str], dict[str, str]]:
    """Every label of the forms without punctuation, with and without its ordinal; and what each becomes with one
    character left open."""
    texts: set[str] = set()
    for template in vocabulary.TEMPLATES:
        for table_id in vocabulary.TABLES:
            for label in vocabulary.form(template, table_id).labels:
                texts.update(_NOT_HAN.sub("", text) for text in (label.text, *label.aliases))
                texts.add(_NOT_HAN.sub("", _ORDINAL.sub("", label.text)))
    texts.update(_CAPTIONS)
    texts.discard("")
    opened: dict[str, str] = {}
    for label_text in sorted(texts):
        for place in range(len(label_text)):
            opened.setdefault(label_text[:place] + "?" + label_text[place + 1 :], label_text)
    return frozenset(texts), opened


@lru_cache(maxsize=8192)
def label_confusion(cell: str) -> Confusion | None:
    """The statutory label that a table's cell spells but for one look-alike, or but for a few characters that make no
    word, if it does."""
    printed = _NOT_HAN.sub("", cell)
    if not 2 <= len(printed) <= 45:
        return None
    texts, opened = _labels()
    if printed in texts:
        return None
    for place, character in enumerate(printed):
        meant = opened.get(printed[:place] + "?" + printed[place + 1 :])
        if meant is not None and look_alike(character, meant[place]):
            return Confusion(0, cell, meant, "a label of the form, but for one look-alike")
    spelled = None
    if len(printed) >= _SHORTEST_SPELLED and not _FIGURES_AFTER.search(cell):
        spelled = _spelled(printed)
    return Confusion(0, cell, spelled, "a label of the form, but for what makes no word") if spelled else None


def _spelled(printed: str) -> str | None:
    """The part of a label, as labels are torn over lines, that `printed` is a misreading of, or the several that it may
    be; None where it is such a part itself."""
    import numpy as np

    joined, codes = joined_labels()
    if printed in joined or all(_makes_a_word(printed, place) for place in range(len(printed))):
        return None
    windows = np.lib.stride_tricks.sliding_window_view(codes, len(printed))
    wrong = (windows != np.frombuffer(printed.encode("utf-32-le"), np.uint32)).sum(axis=1)
    least = int(wrong.min())
    if least > max(1, int(len(printed) * (_MOST_WRONG if len(printed) >= _LONG_SPELLED else _MOST_WRONG_OF_FEW))):
        return None
    starts = np.flatnonzero(wrong == least).tolist()
    last = len(joined) - len(printed)  # what begins or ends with the whole holds a blank, and is no part of a label
    around = {joined[start - 1 : start + len(printed) + 1] for start in starts if 0 < start < last}  # with its bounds
    likely = sorted({window[1:-1] for window in around if _is_misread(printed, window)})
    return " or ".join(likely) if likely and len(around) <= _MOST_MEANT else None


def _is_misread(printed: str, window: str) -> bool:
    """Whether `printed` is a misreading of `window` without its first and its last character, which bound it: what
    differs are look-alikes and characters that make no word. Two beside each other may be another word that is not
    known (件数 for 数量), and where a label is cut off it may go on otherwise (单位元 for 单位万元)."""
    meant = window[1:-1]
    if " " in meant:
        return False
    places = {place for place, character in enumerate(printed) if character != meant[place]}
    alike = {place for place in places if look_alike(printed[place], meant[place])}
    for place in places - alike:
        beside = {place - 1, place + 1} & places
        pair = len(beside) == 1 and not ({place - 2, place + 2} & places)
        cut = (place == 0 and window[0] != " ") or (place == len(meant) - 1 and window[-1] != " ")
        if _makes_a_word(printed, place) or cut or (pair and not beside & alike):
            return False
    return True


def _makes_a_word(text: str, place: int) -> bool:
    known = pairs().known
    return text[max(0, place - 1) : place + 1] in known or text[place : place + 2] in known


@cache
def joined_labels() -> tuple[str, NDArray[np.uint32]]:
    """All labels and captions of the forms, Chinese characters only, apart by blanks; and the same as numbers."""
    import numpy as np

    joined = f" {' '.join(sorted(_labels()[0]))} "
    return joined, np.frombuffer(joined.encode("utf-32-le"), np.uint32)


def _own_places(text: str, identity: Identity | None) -> Iterator[Confusion]:
    """The report's division or a parent of it, misread by one look-alike: 沐阳县 in a report of 沭阳县."""
    if identity is None or not identity.jurisdiction_code or identity.year is None:
        return
    own = jurisdictions.at(identity.jurisdiction_code, identity.year)
    if own is None:
        return
    chain = [own, *(parent for code in own.parents if (parent := jurisdictions.at(code, identity.year)))]
    for division in chain:
        stem = division.short
        if len(stem) < 2 or len(stem) >= 5:
            continue
        choices = [
            f"{re.escape(stem[:place])}[{re.escape(alike)}]{re.escape(stem[place + 1 :])}"
            for place, character in enumerate(stem)
            if (alike := look_alikes().get(character, ""))
        ]
        if not choices:
            continue
        for match in re.finditer(f"(?:{'|'.join(choices)})(?=[{_CIVIC}])", text):
            printed = match.group()
            suffixes = (
                text[match.end() : match.end() + 1],
                text[match.end() : match.end() + 3],
                division.name[len(stem) :],
            )
            if printed == stem or any(jurisdictions.named(printed + suffix) for suffix in suffixes):
                continue
            if jurisdictions.named(printed) or text.count(printed) > text.count(stem):
                continue
            yield Confusion(match.start(), printed, stem, "the report's own place, but for one look-alike")


def _settlements(text: str) -> Iterator[Confusion]:
    """A township named once, one look-alike away from one named often."""
    places: dict[str, list[int]] = {}
    for match in _SETTLED.finditer(text):
        places.setdefault(match[1], []).append(match.start())
    counts = Counter({name: len(starts) for name, starts in places.items()})
    often = [name for name, count in counts.most_common(_MOST_PLACES) if count >= _FREQUENT]
    if not often:
        return
    for name, count in sorted(counts.items()):
        if count != 1:
            continue
        for frequent in often:
            if len(frequent) == len(name) and _off_by_a_look_alike(name, frequent) and not jurisdictions.named(name):
                yield Confusion(places[name][0], name, frequent, f"{frequent} stands {counts[frequent]} times")
                break


def _letters_in_numbers(text: str) -> Iterator[Confusion]:
    if not _LETTER_BY_DIGIT.search(text):
        return
    table = str.maketrans("OolI|", "00111")
    for match in _LETTER_IN_NUMBER.finditer(text):
        printed = match.group()
        yield Confusion(match.start(), printed, printed.translate(table), "letters among digits")
