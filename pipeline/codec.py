"""Frozen dataclasses ↔ compact JSON, by their annotations: what the ledger keeps reports as.

A record is the list of its fields in order, without names: the ledger keeps every entry under the digest of the code
that wrote it, so a field that moves or changes its type makes the entry unknown, not misread. Understood are str, int,
float, bool, Decimal, dataclasses, tuples of one type, `dict[str, X]`, and each of them or None.

Text from damaged files may hold NUL and halves of surrogate pairs, which neither UTF-8 nor every reader of CSV can:
they are written as U+FFFD, once, here, so that nothing later need look for them.
"""

from __future__ import annotations

import json
import re
import types
import typing
import zlib
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")
Convert = Callable[[Any], Any]

_UNPRINTABLE = re.compile("[\0\ud800-\udfff]")


def dumps(record: Any, level: int = 6) -> bytes:
    """A dataclass instance as zlib-compressed JSON; equal records give equal bytes."""
    kind: Any = type(record)
    text = json.dumps(_encoder(kind)(record), separators=(",", ":"))
    return zlib.compress(text.encode("ascii"), level)


def loads(kind: type[T], payload: bytes) -> T:
    """The record that `dumps` wrote. Raises ValueError, TypeError, LookupError or zlib.error for other bytes."""
    hashable: Any = kind
    result: T = _decoder(hashable)(json.loads(zlib.decompress(payload)))
    return result


def _same(value: Any) -> Any:
    return value


def _clean(text: str) -> str:
    return text if text.isascii() and "\0" not in text else _UNPRINTABLE.sub("\ufffd", text)


@cache
def _encoder(kind: type) -> Convert:
    convert = _record_converter(kind, _encode_by)

    def encode(record: Any) -> list[Any]:
        return [getattr(record, name) if f is _same else f(getattr(record, name)) for name, f in convert]

    return encode


@cache
def _decoder(kind: type) -> Convert:
    # Most fields need no conversion: only those that do are touched, which matters for 200 facts a report.
    changed = [(i, f) for i, (_, f) in enumerate(_record_converter(kind, _decode_by)) if f is not _same]

    def decode(row: list[Any]) -> Any:
        for i, f in changed:
            row[i] = f(row[i])
        return kind(*row)

    return decode


def _record_converter(kind: type, by: Callable[[Any], Convert]) -> list[tuple[str, Convert]]:
    hints = typing.get_type_hints(kind)
    return [(f.name, by(hints[f.name])) for f in fields(kind)]


def _encode_by(hint: Any) -> Convert:
    return _converter(hint, _encoder, str, list, _clean)


def _decode_by(hint: Any) -> Convert:
    return _converter(hint, _decoder, Decimal, tuple, _same)


def _converter(
    hint: Any, record: Callable[[type], Convert], decimal: Convert, sequence: Convert, text: Convert
) -> Convert:
    """How a value of the annotated type is converted; the other arguments say in which direction."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        inner = [a for a in args if a is not type(None)]
        if len(inner) != 1:
            raise TypeError(f"{hint} is a choice of several types, which a cached record cannot hold")
        f = _converter(inner[0], record, decimal, sequence, text)
        return f if f is _same else lambda value: None if value is None else f(value)
    if origin is tuple:
        if any(a not in (args[0], ...) for a in args):
            raise TypeError(f"{hint}: the members of a cached tuple are of one type")
        f = _converter(args[0], record, decimal, sequence, text)
        return sequence if f is _same else lambda items: sequence([f(item) for item in items])
    if origin is dict:
        if args[0] is not str:
            raise TypeError(f"{hint}: only text can be the key of a cached mapping")
        f = _converter(args[1], record, decimal, sequence, text)
        return _same if f is _same else lambda mapping: {key: f(value) for key, value in mapping.items()}
    if hint is Decimal:
        return decimal
    if is_dataclass(hint):
        return record(typing.cast(type, hint))
    if hint is str:
        return text
    if hint in (int, float, bool):
        return _same
    raise TypeError(f"{hint} cannot be cached; see the types that {__name__} understands")
