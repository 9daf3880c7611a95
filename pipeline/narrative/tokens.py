"""Sentences of the prose as tokens: the words of narrative_phrases.csv, numbers with their units, separators."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from pipeline import vocabulary
from pipeline.numerals import DIGITS, is_exact

_SEPARATORS = "，,；;：:（）()"
_UNITS = "件次|件|份|宗|起|例|条|项|笔|部|个(?=申请|案件|[，。；、）)])|%"
# Counted in these it is no request, case or document: people, meetings, days, money.
_OTHER_UNITS = "人次|余人|人|名|次|篇|期|场|天|个?工作日|年|月|日|号|时|分|元|万|亿|家|户|幅|张|台|个|类|种|级|大|多万"
_NUMBER = (
    r"(?P<about>近|约|逾|超过?|不足|将近)?"
    r"(?P<number>\d{1,3}(?:[,，]\d{3})+(?!\d)|\d+(?:\.\d+)?)(?P<over>余|多|来)?"
    rf"(?P<unit>{_UNITS})?(?P<alien>{_OTHER_UNITS})?"
)
_CHINESE_NUMBER = (
    r"(?<![第每同这某任唯])(?P<chinese>[一二两三四五六七八九十百千零〇]+)(?P<measure>件|起|宗|份|例)(?!件|起|份|事)"
)
_NONE_OF = re.compile("(?:未(?![审办判]结)|没有?|无)[^，。；]{0,5}$")
_COUNTED = re.compile("(?:发生|收到|受理|提起|引发|共|仅|有|办理|诉讼|复议|案件)$")
_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is `number`, `separator`, `pause` (、) or a token of the vocabulary. What a number that counts something
    else tells is no value."""

    kind: str
    text: str
    start: int
    end: int
    value: Decimal | None = None
    unit: str = ""
    approximate: bool = False
    places: int = 0


@cache
def _pattern() -> tuple[re.Pattern[str], tuple[str, ...]]:
    rows = vocabulary.read("narrative_phrases.csv")
    kinds = tuple(row["token"] for row in rows)
    words = "|".join(f"(?P<t{place}>{row['pattern']})" for place, row in enumerate(rows))
    # No token begins with a character that stands in no pattern: most places of a sentence are passed over at once.
    begin = "".join(sorted(set(re.findall("[\u4e00-\u9fff〇]", words + _CHINESE_NUMBER + _NUMBER))))
    tokens = f"(?P<separator>[{_SEPARATORS}])|(?P<pause>、)|{words}|{_CHINESE_NUMBER}|{_NUMBER}"
    return re.compile(f'(?=[{begin}\\d、{_SEPARATORS}“"])(?:{tokens})'), kinds


def tokenise(sentence: str) -> list[Token]:
    """The tokens of a sentence without spaces, in order; whatever the vocabulary does not know is passed over."""
    pattern, kinds = _pattern()
    found = []
    for match in pattern.finditer(sentence):
        name = match.lastgroup or ""
        if match["separator"] or match["pause"]:
            found.append(
                Token("separator" if match["separator"] else "pause", match.group(), match.start(), match.end())
            )
        elif match["number"] or match["chinese"]:
            if not _is_no_count(match, sentence):
                found.append(_number(match, sentence))
        else:
            name = next(n for n in _names(len(kinds)) if match[n] is not None)
            found.append(Token(kinds[int(name[1:])], match.group(), match.start(), match.end()))
    return found


@cache
def _names(count: int) -> tuple[str, ...]:
    return tuple(f"t{place}" for place in range(count))


def _is_no_count(match: re.Match[str], sentence: str) -> bool:
    """一起 as an adverb (与…一起推进), and the one of which there was none (未发生一起行政复议)."""
    before = sentence[: match.start()]
    if match.group() in ("一起", "一件", "1起", "1件") and _NONE_OF.search(before):
        return True
    return match.group() == "一起" and not _COUNTED.search(before)


def _number(match: re.Match[str], sentence: str) -> Token:
    start, end = match.start(), match.end()
    if match["chinese"]:
        if len(match["chinese"]) > DIGITS:
            return Token("number", match.group(), start, end)
        return Token("number", match.group(), start, end, Decimal(chinese_number(match["chinese"])), match["measure"])
    printed = match["number"].replace(",", "").replace("，", "")
    approximate = bool(match["about"] or match["over"])
    unit = match["unit"] or ""
    before = sentence[max(0, start - 3) : start]
    after = sentence[end : end + 1]
    alone = not unit and (
        not re.search("[为是有:：量数计达于到各均]$", before) or (after != "" and after not in "，,；;。、）)（(")
    )
    foreign = bool(match["alien"]) or before.endswith("第") or alone
    value = None if foreign or not is_exact(Decimal(printed)) else Decimal(printed)
    places = len(printed.partition(".")[2])
    return Token("number", match.group(), start, end, value, unit, approximate, places)


def chinese_number(text: str) -> int:
    """The value of a Chinese numeral up to thousands: 一百二十 → 120, 十二 → 12, 二〇 → 20."""
    if not re.search("[十百千]", text):
        return int("".join(str(_DIGITS[character]) for character in text))
    total = digit = 0
    for character in text:
        if character in "十百千":
            total += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[character]
            digit = 0
        else:
            digit = _DIGITS[character]
    return total + digit
