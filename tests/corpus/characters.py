"""Characters that text layers put in the place of the ordinary ones, for a whole document."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from functools import cache
from random import Random

from tests.corpus.blocks import Block, Heading, Para, Sheet
from tests.corpus.grids import change

# The supplement's radicals have no compatibility mapping, and text layers hold them all the same.
SUPPLEMENT = dict(zip("民长见车门页风食马", "⺠⻓⻅⻋⻔⻚⻛⻝⻢", strict=True))


@cache
def radicals() -> dict[str, str]:
    """Ordinary character → the radical that looks the same."""
    kangxi = {unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0x2F00, 0x2FD6)}
    return kangxi | SUPPLEMENT


def with_radicals(rng: Random, blocks: list[Block], rate: float) -> list[Block]:
    """The document with a share of such characters in all its text."""

    def swap(text: str) -> str:
        return "".join(radicals().get(c, c) if rng.random() < rate else c for c in text)

    found: list[Block] = []
    for block in blocks:
        if isinstance(block, Sheet):
            found.append(Sheet(change(block.grid, lambda spot: replace(spot, text=swap(spot.text)))))
        elif isinstance(block, Heading | Para):
            found.append(replace(block, text=swap(block.text)))
        else:
            found.append(block)
    return found
