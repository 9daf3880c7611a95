"""What a caller may want of a reading, and lend to it, beyond the bytes of the file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Shelf(Protocol):
    """Room for what was costly to make of one file, under names of its own. What is put there may be gone later."""

    def put(self, name: str, data: bytes) -> None: ...

    def get(self, name: str) -> bytes | None: ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """`pictures`: read by OCR also the pictures that stand within the text (seconds each), which are otherwise only
    listed in `Document.pictures`; with `ruled` only those that show a ruled table, which is quickly told.

    `beside` gives the bytes of a file that a web page names as standing beside it (`page_files/1.png`), None where
    there is none; extractors open no files themselves, and fetch nothing. `shelf` takes the picture of each page that
    was read by OCR (`page_name`) and a legacy file as DOCX.
    """

    pictures: bool = False
    ruled: bool = False
    beside: Callable[[str], bytes | None] | None = None
    shelf: Shelf | None = None


PLAIN = Wanted()


def page_name(number: int) -> str:
    """Under which name the picture of a page lies on the shelf: JPEG, upright, in whose points the boxes of the page's
    cells are."""
    return f"page-{number}.jpg"
