"""A look at a PDF's streams before any engine opens it.

pdfminer inflates a stream in one call, without bound, and PDFium up to a gigabyte; both draw a form as often as it is
called, and PDFium draws one that calls itself until memory ends. So streams are inflated here first, piece by piece,
and only counted: their bytes, and the forms that they call.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from extractors import limits
from extractors.document import CannotRead

_STREAM = re.compile(rb"(?<!end)stream(?:\r\n|\n|\r)")
_OBJECT = re.compile(rb"(\d{1,10})\s+\d{1,5}\s+obj\b")
_REFERENCE = re.compile(rb"(\d{1,10})\s+\d{1,5}\s+R\b")
_RESOURCES = re.compile(rb"/Resources\s+(\d{1,10})\s+\d{1,5}\s+R\b")
_PICTURE = re.compile(rb"/Subtype\s*/Image\b")
_FORM = re.compile(rb"/Subtype\s*/Form\b")
_DICTIONARY_BYTES = 20_000
_PIECE = 65_536
_DEEPEST_FORM = 30


@dataclass(frozen=True, slots=True)
class _Stream:
    """A stream: its object number, its dictionary, its size unpacked, and how often it draws a form or a picture."""

    number: int
    dictionary: bytes
    size: int
    calls: int

    @property
    def is_picture(self) -> bool:
        return _PICTURE.search(self.dictionary) is not None

    @property
    def is_form(self) -> bool:
        return _FORM.search(self.dictionary) is not None


def refuse_bombs(data: bytes) -> None:
    """Raise `CannotRead("too_large", …)` for a PDF that unpacks, or draws, beyond the bounds of `limits`."""
    total = 0
    forms: dict[int, _Stream] = {}
    most_calls = 0
    for stream in _streams(data):
        total += 0 if stream.is_picture else stream.size
        if stream.size > limits.MAX_STREAM_BYTES or total > limits.MAX_STREAMS_BYTES:
            raise CannotRead(
                "too_large",
                "the PDF unpacks to hundreds of megabytes: a decompression bomb? "
                "Print it to a new PDF if it is a report",
            )
        if stream.is_form:
            forms[stream.number] = stream
        elif not stream.is_picture:
            most_calls = max(most_calls, stream.calls)
    if forms and max(most_calls, 1) * _most_drawn(data, forms) > limits.MAX_FORM_DRAWS:
        raise CannotRead(
            "too_large", "the PDF draws forms within forms without end; print it to a new PDF if it is a report"
        )


def _streams(data: bytes) -> Iterator[_Stream]:
    position = 0
    while (match := _STREAM.search(data, position)) is not None:
        dictionary = data[max(match.start() - _DICTIONARY_BYTES, position) : match.start()]
        dictionary = dictionary[dictionary.rfind(b"endobj") + 1 :]
        head = _OBJECT.search(dictionary)
        start = match.end()
        size, used, calls = _inflated(data, start)
        if size == 0:  # not deflated
            end = data.find(b"endstream", start)
            used = (end if end >= 0 else len(data)) - start
            calls = data.count(b"Do", start, start + used)
        yield _Stream(int(head[1]) if head else 0, dictionary, size, calls)
        position = start + used


def _most_drawn(data: bytes, forms: dict[int, _Stream]) -> int:
    """The most objects that drawing one form can draw, forms within it included; beyond the bound where forms call
    each other in a circle."""
    inner = _called(data, forms)
    drawn = dict.fromkeys(forms, 1)
    for _ in range(_DEEPEST_FORM):
        before = dict(drawn)
        for number, form in forms.items():
            deepest = max((before[other] for other in inner[number]), default=0)
            drawn[number] = min(1 + form.calls * deepest, limits.MAX_FORM_DRAWS + 1)
        if drawn == before:
            return max(drawn.values())
    return limits.MAX_FORM_DRAWS + 1


def _called(data: bytes, forms: dict[int, _Stream]) -> dict[int, list[int]]:
    """For each form those that it may call: its dictionary, or its resources elsewhere, refer to them."""
    resources = {
        number: int(match[1]) for number, form in forms.items() if (match := _RESOURCES.search(form.dictionary))
    }
    wanted = set(resources.values())
    places = {int(match[1]): match.end() for match in _OBJECT.finditer(data) if int(match[1]) in wanted}
    found: dict[int, list[int]] = {}
    for number, form in forms.items():
        text = form.dictionary
        place = places.get(resources.get(number, -1))
        if place is not None:
            text += data[place : place + _DICTIONARY_BYTES].partition(b"endobj")[0]
        found[number] = sorted({int(match[1]) for match in _REFERENCE.finditer(text)} & forms.keys())
    return found


def _inflated(data: bytes, start: int) -> tuple[int, int, int]:
    """How many bytes a stream unpacks to, through a second compression too, how many packed bytes that took, and how
    often it says Do; zeros for a stream that is not deflated. Stops counting beyond the bound."""
    if not _is_deflated(data[start : start + 2]):
        return 0, 0, 0
    outer, inner = zlib.decompressobj(), None
    size = inner_size = calls = 0
    position, waiting = start, b""
    while not outer.eof and max(size, inner_size) <= limits.MAX_STREAM_BYTES:
        if not waiting:
            waiting = data[position : position + _PIECE]
            position += len(waiting)
        if not waiting:
            break
        try:
            piece = outer.decompress(waiting, 16 * _PIECE)
        except zlib.error:
            break
        if size == 0 and _is_deflated(piece[:2]):
            inner = zlib.decompressobj()
        size += len(piece)
        calls += piece.count(b"Do")
        if inner is not None:
            inner_size += _fed(inner, piece, limits.MAX_STREAM_BYTES - inner_size)
        waiting = outer.unconsumed_tail
    used = position - start - len(waiting) - len(outer.unused_data)
    return max(size, inner_size), max(used, 0), calls


def _fed(inner: zlib._Decompress, piece: bytes, room: int) -> int:
    size = 0
    while piece and not inner.eof and size <= room:
        try:
            size += len(inner.decompress(piece, 16 * _PIECE))
        except zlib.error:
            break
        piece = inner.unconsumed_tail
    return size


def _is_deflated(head: bytes) -> bool:
    return len(head) == 2 and head[0] & 0x0F == 8 and (head[0] << 8 | head[1]) % 31 == 0
