"""What a document is made of before it takes the shape of a format: headings, paragraphs, tables, page ends."""

from __future__ import annotations

from dataclasses import dataclass

from tests.corpus.grids import Grid


@dataclass(frozen=True, slots=True)
class Heading:
    text: str
    level: int = 2  # 1 is the report's title


@dataclass(frozen=True, slots=True)
class Para:
    text: str
    align: str = "left"  # left | center | right


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table in the flow of the document: statutory, a part of one, or a decoy."""

    grid: Grid


@dataclass(frozen=True, slots=True)
class PageEnd:
    """Where a page of the source ended: a page break for formats that have one, else its number as a line of text."""

    number: str


Block = Heading | Para | Sheet | PageEnd
