"""Builds pipeline/vocabulary/bigrams.csv and look_alikes.csv: which Chinese characters stand beside each other in
words, and which look alike.

    python tools/derive_characters.py --dictionary dict.txt --fonts a.otf b.otf … --names jurisdictions.csv

`dict.txt` is the frequency dictionary of PyPI jieba 0.42.1 (MIT licence; `word frequency part-of-speech` a line); its
counts sum over words to counts of character pairs, no word of it is kept. The fonts are any Chinese fonts (measured
with those of PyPI mplfonts 0.0.11: Noto Sans CJK, Noto Serif CJK, SimHei): every pair of glyphs is drawn, blurred and
correlated, and only which characters resemble each other is kept. Needs numpy and Pillow, which the project itself does
not. Thresholds were chosen on 40,000 characters of real reports: see tests/test_noise.py for what they must hold.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

KNOWN, STRONG = 100, 3000  # counts of a pair in jieba's corpus
PARTICLES = 600  # characters that so often stand alone that no pair is expected around them
ALIKE, LESS_ALIKE, MOST = (
    0.68,
    0.6,
    10,
)  # mean correlation of the glyphs over the fonts; look-alikes kept of either sort
GLYPH = 40  # pixels
HAN_WORD = re.compile("[\u4e00-\u9fff]+")
VOCABULARY = Path(__file__).parents[1] / "pipeline" / "vocabulary"


def count_pairs(dictionary: Path) -> tuple[Counter[str], Counter[str]]:
    """Counts of adjacent character pairs inside words, and of words of one character."""
    pairs: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    for line in dictionary.read_text("utf-8").splitlines():
        word, count, *_ = line.split(" ")
        if not HAN_WORD.fullmatch(word):
            continue
        if len(word) == 1:
            alone[word] += int(count)
        for first, second in pairwise(word):
            pairs[first + second] += int(count)
    return pairs, alone


def resembling(characters: list[str], fonts: list[Path]) -> dict[str, tuple[str, str]]:
    """For each character those that look like it and those that look a little like it, most alike first."""
    import numpy as np
    from PIL import Image, ImageDraw, ImageFilter, ImageFont

    total = np.zeros((len(characters), len(characters)), np.float32)
    for path in fonts:
        font = ImageFont.truetype(str(path), GLYPH)
        drawn = np.zeros((len(characters), GLYPH * GLYPH), np.float32)
        for number, character in enumerate(characters):
            image = Image.new("L", (GLYPH + 8, GLYPH + 8), 0)
            pen = ImageDraw.Draw(image)
            left, top, right, bottom = pen.textbbox((0, 0), character, font=font)
            pen.text(
                ((GLYPH + 8 - right + left) / 2 - left, (GLYPH + 8 - bottom + top) / 2 - top), character, 255, font
            )
            blurred = image.filter(ImageFilter.GaussianBlur(1.2)).crop((4, 4, GLYPH + 4, GLYPH + 4))
            drawn[number] = np.asarray(blurred, np.float32).ravel()
        drawn -= drawn.mean(1, keepdims=True)
        drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
        total += drawn @ drawn.T
    total /= len(fonts)
    np.fill_diagonal(total, 0)
    found = {}
    for number, character in enumerate(characters):
        nearest = [n for n in np.argsort(-total[number], kind="stable")[: 4 * MOST] if total[number, n] > LESS_ALIKE]
        alike = [characters[n] for n in nearest if total[number, n] > ALIKE]
        less = [characters[n] for n in nearest if total[number, n] <= ALIKE]
        found[character] = "".join(alike[:MOST]), "".join(less[:MOST])
    return found


def gb2312() -> set[str]:
    """The 6,763 characters of GB/T 2312."""
    characters = set()
    for high in range(0xB0, 0xF8):
        for low in range(0xA1, 0xFF):
            characters.update(bytes([high, low]).decode("gb2312", "ignore"))
    return characters


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dictionary", type=Path, required=True)
    parser.add_argument("--fonts", type=Path, nargs="+", required=True)
    parser.add_argument("--names", type=Path, default=VOCABULARY / "jurisdictions.csv")
    arguments = parser.parse_args()
    pairs, alone = count_pairs(arguments.dictionary)
    followers: dict[str, list[str]] = defaultdict(lambda: ["", ""])
    for pair, count in sorted(pairs.items()):
        if count >= KNOWN:
            followers[pair[0]][count < STRONG] += pair[1]
    particles = {character for character, _ in alone.most_common(PARTICLES)}
    with (VOCABULARY / "bigrams.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["first", "strong", "known", "particle"])
        for first in sorted(set(followers) | particles):
            writer.writerow([first, *followers[first], "yes" if first in particles else ""])
    used = {character for pair, count in pairs.items() if count >= KNOWN for character in pair}
    used |= set("".join(HAN_WORD.findall(arguments.names.read_text("utf-8"))))
    alike = resembling(sorted(gb2312() | used), arguments.fonts)
    with (VOCABULARY / "look_alikes.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["character", "look_alikes", "less_alike"])
        writer.writerows([character, *alike[character]] for character in sorted(used) if any(alike[character]))


if __name__ == "__main__":
    main()
