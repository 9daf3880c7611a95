"""PDFium's functions as they are called for each character and each shape of a page.

They are those of pypdfium2, but take and give addresses as plain numbers: making an object of every argument takes
longer than most of the calls themselves.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

Handle = int
"""The address of a page, a text page, an object, a segment …; None stands for none."""


class _Calls:
    """The names of `pypdfium2.raw`, looked up at first use. A function takes an address wherever a C pointer is due.

    It keeps Python's lock: letting it go and taking it again would be a good part of most calls.
    """

    def __getattr__(self, name: str) -> Any:
        import pypdfium2.raw  # type: ignore[import-untyped]

        found = getattr(pypdfium2.raw, name)
        if callable(found) and hasattr(found, "argtypes"):
            kinds = (found.restype, *found.argtypes)
            plain = [ctypes.c_void_p if hasattr(kind, "contents") else kind for kind in kinds]
            found = ctypes.PYFUNCTYPE(*plain)(ctypes.cast(found, ctypes.c_void_p).value or 0)
        setattr(self, name, found)
        return found


pdfium: Any = _Calls()


def handle_of(pointer: Any) -> Handle:
    """What one of pypdfium2's own handles (`page.raw`) holds."""
    return ctypes.addressof(pointer.contents)


def each(function: Any, *arguments: Iterable[Any]) -> list[Any]:
    """What a function gives for each set of arguments, as `map` takes them: the quickest way to call it often."""
    return list(map(function, *arguments))


class Room:
    """Room for some numbers of one C type, which a function fills in: `places` are their addresses."""

    __slots__ = ("_numbers", "places")

    def __init__(self, kind: Any, count: int) -> None:
        self._numbers = _array(kind, count)()
        start, size = ctypes.addressof(self._numbers), ctypes.sizeof(kind)
        self.places = range(start, start + size * count, size)

    def read(self) -> list[Any]:
        """The numbers as they stand now."""
        return self._numbers[:]  # type: ignore[no-any-return]


@lru_cache(maxsize=256)
def _array(kind: Any, count: int) -> Any:
    return kind * count
