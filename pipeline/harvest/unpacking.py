"""Content-Encoding → the bytes themselves, a bounded piece at a time, so that a bomb is met while it is still small.

httpx unpacks each piece as it comes, whole: 64 kB of gzip may be 66 MB, of brotli many gigabytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

PIECE = 1 << 18
ACCEPTED = "gzip, deflate, br"


class Unpacker(Protocol):
    """Takes packed bytes as they come and yields what they hold, at most `PIECE` bytes at a time."""

    @property
    def complete(self) -> bool: ...

    def feed(self, packed: bytes) -> Iterator[bytes]: ...


class Damaged(Exception):
    """The bytes are not what their Content-Encoding says."""


def unpackers(encoding: str) -> list[Unpacker]:
    """The chain for a Content-Encoding header, the outermost packing first. Raises Damaged for one not known."""
    names = [name.strip().lower() for name in encoding.split(",") if name.strip().lower() not in ("", "identity")]
    unknown = [name for name in names if name not in _KNOWN]
    if unknown or len(names) > 2:
        raise Damaged(f"packed as {encoding!r}, which was not asked for")
    return [_KNOWN[name]() for name in reversed(names)]


def unpacked(packed: bytes, chain: list[Unpacker]) -> Iterator[bytes]:
    """What the chain makes of a piece, in bounded pieces. Raises Damaged."""
    if not chain:
        yield packed
        return
    for piece in chain[0].feed(packed):
        yield from unpacked(piece, chain[1:])


def finished(chain: list[Unpacker]) -> None:
    """Raises Damaged when the answer ended before what was packed in it did."""
    if not all(unpacker.complete for unpacker in chain):
        raise Damaged("the packed answer is cut off")


class _Zlib:
    def __init__(self, *windows: int) -> None:
        self._windows = list(windows)  # the forms that the first bytes may have, tried in turn
        self._unpacker = zlib.decompressobj(self._windows.pop(0))
        self._begun = False
        self._plain = False

    @property
    def complete(self) -> bool:
        return self._plain or not self._begun or self._unpacker.eof

    def feed(self, packed: bytes) -> Iterator[bytes]:
        if self._plain:
            yield packed
            return
        while packed:
            if self._unpacker.eof:  # a further member of a gzip file
                if not packed.startswith(b"\x1f"):
                    return  # padding
                self._unpacker = zlib.decompressobj(31)
            try:
                piece = self._unpacker.decompress(packed, PIECE)
            except zlib.error as error:
                if self._begun or not self._windows:
                    raise Damaged(f"the packed answer is damaged ({error})") from error
                window = self._windows.pop(0)
                if window == 0:  # said to be packed, and is not
                    self._plain = True
                    yield packed
                    return
                self._unpacker = zlib.decompressobj(window)
                continue
            self._begun = True
            packed = self._unpacker.unconsumed_tail or self._unpacker.unused_data
            if piece:
                yield piece


class _Brotli:
    def __init__(self) -> None:
        import brotli

        self._error = brotli.error
        self._unpacker = brotli.Decompressor()
        self._begun = False

    @property
    def complete(self) -> bool:
        return not self._begun or self._unpacker.is_finished()

    def feed(self, packed: bytes) -> Iterator[bytes]:
        self._begun = True
        try:
            # it says that it takes more while it still holds some: it is empty when it gives nothing
            while not self._unpacker.is_finished():
                piece = self._unpacker.process(packed, output_buffer_limit=PIECE)
                packed = b""
                if piece:
                    yield piece
                elif self._unpacker.can_accept_more_data():
                    return
        except self._error as error:
            raise Damaged(f"the packed answer is damaged ({error})") from error


_KNOWN: dict[str, Callable[[], Unpacker]] = {
    "gzip": lambda: _Zlib(31, 0),
    "x-gzip": lambda: _Zlib(31, 0),
    "deflate": lambda: _Zlib(15, -15),
    "br": _Brotli,
}
