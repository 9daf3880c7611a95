"""Letter soup: which stretches of a line are no text at all, judged by the line alone.

OCR of pictures leaves random capitals (`TKERA AT MU`), random Chinese characters, or symbols; a wrong encoding leaves
accented letters or rare characters; a font without its character map leaves (cid:12) or private characters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cache

from pipeline import vocabulary
from pipeline.noise.characters import coverage
from pipeline.prose import HAN, IMAGE_MARKER

_LAWFUL = re.compile(
    r"(?:https?|ftp)[:：]/+[^\s，。；、）)】>" + HAN + r"]+"
    r"|[\w.+-]+\s?@\s?[\w-]+(?:\.[\w-]+)+"
    r"|(?<![A-Za-z0-9])[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.(?:cn|com|net|org|gov|edu|info|html?|aspx?|jsp|php|docx?|xlsx?|pdf|wps|ofd|jpe?g|png|rar|zip)\b[\w/.?=&%#-]*"
    r"|(?<![A-Za-z])[A-Za-z]{1,12}[-_/ ]?\d[\w/.()-]*"  # A4, 5-digit codes, LZDR-2013-001001
    r"|\d[\d.,]*[A-Za-z]{1,3}(?![A-Za-z])"  # 5G, 20kV
    r"|[A-Za-z]+[-_][A-Za-z0-9_-]*\d[\w/-]*"
    r"|(?:微信|公众号|微博|账号|帐号|用户名|号码|索引号|域名|网址|邮箱|ID)[^，。；\s]{0,12}?[:：]?\s*[“\"'（(]?[A-Za-z0-9_.-]+",
    re.A,
)
_LONGEST = 300
_ENDLESS = re.compile(rf"[!-~]{{{_LONGEST},}}")
_TOKEN = re.compile("[A-Za-z\u00c0-\u024f][A-Za-z\u00c0-\u024f'’]*")
_PINYIN = re.compile(
    r"(?:(?:[bpmfdtnlgkhjqxrzcsyw]|[zcs]h)?(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|van|ai|ei|ao|ou|an|en|in|"
    r"un|vn|ia|ie|iu|ua|uo|ui|ue|ve|er|a|e|i|o|u|v))+"
)
_HAN_RUN = re.compile(f"[{HAN}]+")
_MISDECODED = re.compile(
    "[\u00c0-\u00ff][\u0080-\u00ff]{2,}|[\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff]{3,}|锟斤拷|烫烫|屯屯|\ufffd+|(?:\\(cid:\\d+\\))+"
    "|[\ue000-\uf8ff]{2,}|(?<=[" + HAN + "])[\ue000-\uf8ff](?=[" + HAN + "])|[\x00-\x08\x0e-\x1f\x7f-\x9f]+"
)
_SYMBOL = re.compile(r"[|~^`_\\{}<>=£¥¢§¬¦«»•■□▪▲△▼◆◇●○★☆※¤©®™°±×÷¶†‡#$%&*+@!?;:\"'“”‘’()（）\[\]【】,.，。…·\-—/]")
_PARTICLE = re.compile("[的了着在是有和我你他这不之]")  # of these even verse and lists of names hold some
_CLAUSE = re.compile("[^，。；：、！？\\s]+")
_RULE = re.compile(r"\s*([-=_*·.…—~＿#|]|\s)+$")

_NO_WORDS = 0.12  # share of known pairs below which Chinese characters make no text; lawful lines have 0.25 and more
_NO_PAIRS = bytes(11)  # that many pairs in a row, none of them known, are no clause
_FEWEST_PAIRS = 9  # of a line that is judged by its pairs
_WEAK_RUN = 3


class Token(Enum):
    """A Latin word is known or can be spoken, is too short to tell, or is soup."""

    WORD = "word"
    WEAK = "weak"
    SOUP = "soup"


@dataclass(frozen=True, slots=True)
class Soup:
    """A stretch of a line that is no text; `whole` when nothing else stands on the line."""

    excerpt: str
    whole: bool
    reason: str


@cache
def latin_words() -> dict[str, str]:
    """Known Latin words in lower case, with their kind: name, english or function."""
    return {row["word"]: row["kind"] for row in vocabulary.read("latin_words.csv")}


def judge(word: str) -> Token:
    """What kind of Latin word this is."""
    lower = word.lower().strip("'’")
    if lower in latin_words() or lower.removesuffix("s") in latin_words():
        return Token.WORD
    if len(word) == 1 or (word.isupper() and len(word) <= 4):
        return Token.WEAK
    if not lower.isascii():
        return Token.WEAK if len(word) < 3 else Token.SOUP
    if word.isupper():
        return Token.SOUP
    if word.islower() or word[1:].islower():
        if _PINYIN.fullmatch(lower) or (len(lower) >= 4 and _can_be_spoken(lower)):
            return Token.WORD
        return Token.WEAK if len(lower) <= 3 else Token.SOUP
    return Token.WEAK if len(word) <= 2 else Token.SOUP


def _can_be_spoken(lower: str) -> bool:
    vowels = sum(lower.count(vowel) for vowel in "aeiouy")
    return 0.2 <= vowels / len(lower) <= 0.7 and not re.search("[^aeiouy]{5,}|([a-z])\\1\\1|[aeiou]{4,}", lower)


def soups(text: str, stands: bytes, start: int, end: int) -> list[Soup]:
    """The stretches of the line `text[start:end]` that are no text; `stands` as of characters.standing(text)."""
    line = text[start:end]
    if not line.isascii() and not _SUSPECT.search(line):
        chinese = _without_words(text, stands, start, end)
        return [chinese] if chinese else []
    line = _ENDLESS.sub(lambda run: run[0][:_LONGEST], line)  # the patterns below look at each place of a run again
    bare = _LAWFUL.sub(" ", IMAGE_MARKER.sub(" ", line))
    found = [
        Soup(match.group(), len(match.group()) > len(line.strip()) / 2, "characters of a lost encoding")
        for match in _MISDECODED.finditer(bare)
    ]
    found.extend(_letters(bare))
    if not found:
        chinese = _without_words(text, stands, start, end) or _symbols(bare)
        found = [chinese] if chinese else []
    return found


_SUSPECT = re.compile(r"[A-Za-z\u0080-\u024f\ue000-\uf8ff\ufffd\x00-\x08\x0e-\x1f|~^`_\\{}=£¥¢§¬¦«»]")


def _letters(bare: str) -> list[Soup]:
    """Runs of Latin soup: words beside each other, with nothing but stray signs, digits and lone characters between."""
    found: list[Soup] = []
    run: list[tuple[re.Match[str], Token]] = []
    tokens = [(match, judge(match.group())) for match in _TOKEN.finditer(bare)]
    for match, token in tokens:
        if run and (token is Token.WORD or not _is_litter(bare[run[-1][0].end() : match.start()])):
            found.extend(_soup(bare, run))
            run = []
        if token is not Token.WORD:
            run.append((match, token))
    found.extend(_soup(bare, run))
    return found


def _is_litter(between: str) -> bool:
    return all(len(run) <= 2 for run in _HAN_RUN.findall(between)) and len(between.strip()) <= 12


def _soup(bare: str, run: list[tuple[re.Match[str], Token]]) -> list[Soup]:
    if not run:
        return []
    letters = sum(len(match.group()) for match, _ in run)
    soup = [match for match, token in run if token is Token.SOUP]
    chinese = sum(len(part) for part in _HAN_RUN.findall(bare))
    excerpt = bare[run[0][0].start() : run[-1][0].end()]
    alone = chinese <= letters and chinese <= 6
    enough = (soup and letters >= 5) or (len(run) >= _WEAK_RUN and letters >= 5)
    if alone and enough:
        return [Soup(bare.strip(), True, "letters that make no words")]
    # Within Chinese text one unknown word is a name or a brand; a run of them is not.
    if soup and len(run) >= 2 and letters >= 8 and not _is_listing(excerpt):
        return [Soup(excerpt, False, "letters that make no words")]
    return []


def _is_listing(excerpt: str) -> bool:
    """Names set beside each other by 、 or commas are a list."""
    return excerpt.count("、") + excerpt.count("，") + excerpt.count(",") >= 1 and " " not in excerpt.strip()


def _without_words(text: str, stands: bytes, start: int, end: int) -> Soup | None:
    """Chinese characters that make no words: the whole line, or a clause of a dozen characters and more."""
    if end - start > _FEWEST_PAIRS and stands.count(1, start, end) < _NO_WORDS * (end - start):
        known, pairs = coverage(text, stands, start, end)
        if (
            pairs >= _FEWEST_PAIRS
            and known < _NO_WORDS * pairs
            and len(_PARTICLE.findall(text, start, end)) <= max(1, pairs // 7)
        ):
            return Soup(text[start:end].strip(), True, "characters that make no words")
    apart = stands.find(_NO_PAIRS, start, end)
    if apart < 0:
        return None
    for clause in _CLAUSE.finditer(text, start, end):
        hits, total = coverage(text, stands, clause.start(), clause.end())
        if total >= len(_NO_PAIRS) and hits == 0:
            return Soup(clause.group(), False, "characters that make no words")
    return None


def _symbols(bare: str) -> Soup | None:
    """A line of many different signs and hardly a word."""
    packed = "".join(bare.split())
    if len(packed) < 8 or _RULE.match(bare):
        return None
    signs = _SYMBOL.findall(packed)
    odd = set(signs) - set("（）()，。、：；“”《》-—.…,:;/*_|#·!\"'")
    if len(signs) > 0.6 * len(packed) and len(odd) >= 3:
        return Soup(bare.strip(), True, "signs that make no words")
    return None
