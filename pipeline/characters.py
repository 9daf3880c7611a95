"""What is known of Chinese characters: which stand beside each other in words, and which look alike.

Both tables are derived by tools/derive_characters.py: bigrams.csv from word counts, look_alikes.csv from drawn glyphs.
Half of the adjacent pairs of any Chinese text are known pairs; of random characters one in ten, of rare or misdecoded
ones none. A character that makes a known pair with neither neighbour, while a look-alike of it makes a very common
one, was probably misread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from pipeline import vocabulary
from pipeline.prose import HAN

_RUN = re.compile(f"[{HAN}]{{2,}}")
_ALONE = re.compile(rb"(?=\x00\x00)")  # a character between two pairs that are not known
_RARE = 4  # times that a misread character may stand in a document
# Names of places, people and firms obey no vocabulary of words.
_AFTER_A_NAME = re.compile("[区县市镇乡旗州盟村社街路局园港湾河江湖山岭庄屯]")


@dataclass(frozen=True, slots=True)
class Pairs:
    known: frozenset[str]
    strong: frozenset[str]
    particles: frozenset[str]  # characters that often stand alone, so that no pair is expected around them


@dataclass(frozen=True, slots=True)
class Misreading:
    """The character at `position` makes no word with its neighbours; `instead` does, and looks like it."""

    position: int
    character: str
    instead: str


@cache
def pairs() -> Pairs:
    rows = vocabulary.read("bigrams.csv")
    strong = frozenset(row["first"] + second for row in rows for second in row["strong"])
    known = frozenset(row["first"] + second for row in rows for second in row["known"])
    return Pairs(known | strong, strong, frozenset(row["first"] for row in rows if row["particle"]))


@cache
def look_alikes() -> dict[str, str]:
    """For a character those that look like it, most alike first; symmetric."""
    alike: dict[str, str] = {row["character"]: row["look_alikes"] for row in vocabulary.read("look_alikes.csv")}
    for character, others in list(alike.items()):
        for other in others:
            if character not in alike.get(other, ""):
                alike[other] = alike.get(other, "") + character
    return alike


def look_alike(one: str, other: str) -> bool:
    """Whether two characters are easily taken for each other."""
    return other in look_alikes().get(one, "")


def standing(text: str) -> bytes:
    """For each place but the last 1 where the character makes a known pair with the next, else 0."""
    return bytes(map(pairs().known.__contains__, map(str.__add__, text, text[1:])))


def coverage(text: str, stands: bytes, start: int, end: int, shortest: int = 5) -> tuple[int, int]:
    """(known pairs, pairs) of adjacent Chinese characters in `text[start:end]`, where `stands` is `standing(text)`.

    Only runs of at least `shortest` characters count: names stand in short runs and obey no vocabulary.
    """
    hits = total = 0
    for run in _RUN.finditer(text, start, end):
        first, last = run.start(), run.end() - 1
        if last - first >= shortest - 1:
            total += last - first
            hits += stands.count(1, first, last)
    return hits, total


def misreadings(text: str, stands: bytes) -> Iterator[Misreading]:
    """Characters of a document's `text` that were probably misread for a look-alike; `stands` is `standing(text)`.

    What is printed must be singular in the text. Two proofs count: the look-alike makes a very common word that the
    text has elsewhere, or it makes a known word and gives three characters that stand elsewhere in the text.
    """
    known, strong, particles = pairs().known, pairs().strong, pairs().particles
    alike = look_alikes()
    for found in _ALONE.finditer(stands):
        place = found.start() + 1
        character = text[place]
        if character in particles or character not in alike or not _beside_han(text, place):
            continue
        if _AFTER_A_NAME.search(text, place, place + 4):
            continue
        before, after = text[place - 1], text[place + 1]
        for instead in alike[character]:
            ahead, behind = before + instead, instead + after
            if ahead not in known and behind not in known:
                continue
            proven = any(word in strong and word in text for word in (ahead, behind))
            if (proven or before + instead + after in text) and _is_singular(text, place):
                yield Misreading(place, character, instead)
                break


def _is_singular(text: str, place: int) -> bool:
    """Whether neither pair of the character stands anywhere else, and itself hardly: names and terms return."""
    ahead, behind = text[place - 1 : place + 1], text[place : place + 2]
    return text.count(ahead) == 1 and text.count(behind) == 1 and text.count(text[place]) <= _RARE


def _beside_han(text: str, place: int) -> bool:
    """Whether the character stands in a run of at least three Chinese characters."""
    return _RUN.match(text, place - 1) is not None and _RUN.match(text, place) is not None
