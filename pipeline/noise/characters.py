"""What is known of Chinese characters: which stand beside each other in words, and which look alike.

Both tables are derived by tools/derive_characters.py: bigrams.csv from word counts, look_alikes.csv from drawn glyphs.
Half of the adjacent pairs of any Chinese text are known pairs; of random characters one in ten, of rare or misdecoded
ones none. A character that makes a known pair with neither neighbour, while a look-alike of it makes a very common
one, was probably misread.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from pipeline import vocabulary
from pipeline.prose import HAN

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_HAN = re.compile(f"[{HAN}]")
_RUN = re.compile(f"[{HAN}]{{2,}}")
_BEYOND = re.compile("[\U00010000-\U0010ffff]")
_PIECE = 100_000  # characters in which a misreading must be singular
_SOUP = 0.2  # share of characters without a known pair beyond which nothing is text; lawful text has 0.05
_RARE = 4  # times that a misread character may stand in a document
# Names of places, people and firms obey no vocabulary of words.
_AFTER_A_NAME = re.compile("[区县市镇乡旗州盟村社街路局园港湾河江湖山岭庄屯]")


class Pairs:
    """Which pairs are known, as a table of truth over the characters that occur in one; -1 is any other character."""

    def __init__(self) -> None:
        import numpy as np

        rows = vocabulary.read("bigrams.csv")
        self.strong = frozenset(row["first"] + second for row in rows for second in row["strong"])
        self.known = self.strong | {row["first"] + second for row in rows for second in row["known"]}
        joined = "".join(self.known)
        self.characters = frozenset(joined)
        characters = sorted(self.characters)
        self.number = np.full(0x10000, len(characters), np.int32)
        self.number[[ord(character) for character in characters]] = np.arange(len(characters))
        self.together = np.zeros((len(characters) + 1, len(characters) + 1), np.bool_)
        beside = self.number[_codes(joined)]
        self.together[beside[::2], beside[1::2]] = True
        # Characters in which a misreading can show: not those that often stand alone, so that no pair is expected.
        self.telling = np.zeros(0x10000, np.bool_)
        particles = {row["first"] for row in rows if row["particle"]}
        self.telling[[ord(c) for c in look_alikes() if c not in particles and ord(c) < 0x10000]] = True


@dataclass(frozen=True, slots=True)
class Misreading:
    """The character at `position` makes no word with its neighbours; `instead` does, and looks like it."""

    position: int
    character: str
    instead: str


@cache
def pairs() -> Pairs:
    return Pairs()


@cache
def look_alikes() -> dict[str, str]:
    """For a character those that are easily taken for it, most alike first; symmetric."""
    return _resembling("look_alikes")


@cache
def _less_alike() -> dict[str, str]:
    return _resembling("less_alike")


def _resembling(column: str) -> dict[str, str]:
    alike: dict[str, str] = {row["character"]: row[column] for row in vocabulary.read("look_alikes.csv")}
    for character, others in list(alike.items()):
        for other in others:
            if character not in alike.get(other, ""):
                alike[other] = alike.get(other, "") + character
    return alike


def look_alike(one: str, other: str) -> bool:
    """Whether one character may be taken for the other where the right one is known: they resemble each other a bit."""
    return other in look_alikes().get(one, "") or other in _less_alike().get(one, "")


def standing(text: str) -> bytes:
    """For each place but the last 1 where the character makes a known pair with the next, else 0."""
    numbers = _numbers(text)
    return pairs().together[numbers[:-1], numbers[1:]].tobytes()


def around(text: str, wanted: NDArray[np.bool_]) -> list[int]:
    """Places whose neighbours on both sides make a pair that the table `wanted` (of `table_of`) holds."""
    numbers = _numbers(text)
    return (wanted[numbers[:-2], numbers[2:]].nonzero()[0] + 1).tolist()


def table_of(two: Iterable[str]) -> NDArray[np.bool_]:
    """A table of truth, as `around` asks for: those of the pairs whose characters occur in a known pair."""
    import numpy as np

    table = np.zeros_like(pairs().together)
    number = pairs().number
    ordered = sorted(two)
    table[number[[ord(pair[0]) for pair in ordered]], number[[ord(pair[1]) for pair in ordered]]] = True
    table[-1, :] = table[:, -1] = False
    return table


def _numbers(text: str) -> NDArray[np.int32]:
    numbers: NDArray[np.int32] = pairs().number[_codes(text)]
    return numbers


def _codes(text: str) -> NDArray[np.uint16]:
    import numpy as np

    units = text.encode("utf-16-le", "surrogatepass")
    if len(units) != 2 * len(text):  # a character beyond the basic plane must keep its one place
        units = _BEYOND.sub("\ufffd", text).encode("utf-16-le", "surrogatepass")
    return np.frombuffer(units, np.uint16)


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


def lonely(text: str, stands: bytes, start: int, end: int, shortest: int = 5) -> tuple[int, int]:
    """(characters that make a known pair with neither neighbour, characters) in the runs of `text[start:end]` that
    are no shorter than `shortest`. One in eight in good prose, every second where a third was misread."""
    alone = total = 0
    for run in _RUN.finditer(text, start, end):
        first, last = run.start(), run.end() - 1
        if last - first < shortest - 1:
            continue
        total += last - first + 1
        beside = b"\0" + stands[first:last] + b"\0"
        alone += sum(1 for left, right in pairwise(beside) if not (left or right))
    return alone, total


def rare(text: str) -> int:
    """How many of the text's Chinese characters occur in no known pair at all."""
    return sum(text.count(character) for character in set(text) - pairs().characters if _HAN.match(character))


def misreadings(text: str, stands: bytes) -> Iterator[Misreading]:
    """Characters of a document's `text` that were probably misread for a look-alike; `stands` is `standing(text)`.

    What is printed must be singular in the text. Two proofs count: the look-alike makes a very common word that the
    text has elsewhere, or it makes a known word and gives three characters that stand elsewhere in the text.
    """
    for start in range(0, len(text), _PIECE):  # a longer text is judged in pieces, for the sake of time
        end = min(len(text), start + _PIECE)
        for found in _misreadings(text[start:end], stands[start : end - 1]):
            yield Misreading(start + found.position, found.character, found.instead)


def _misreadings(text: str, stands: bytes) -> Iterator[Misreading]:
    import numpy as np

    table = pairs()
    known, strong, alike = table.known, table.strong, look_alikes()
    if len(text) < 3:
        return
    apart = np.frombuffer(stands, np.bool_)
    telling = table.telling[_codes(text)[1:-1]]
    places = ((~(apart[:-1] | apart[1:]) & telling).nonzero()[0] + 1).tolist()
    if len(places) > _SOUP * len(text):
        return  # no text in which a single character could be wrong
    for place in places:
        character = text[place]
        if not _beside_han(text, place):
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
