"""Records survive the cache."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import codec
from pipeline.model import Fact, Flag, Identity, Report, Section, Task

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
MAYBE = st.none() | TEXT
NUMBER = st.none() | st.decimals(allow_nan=False, allow_infinity=False)
PLACE = st.none() | st.integers(1, 9999)
FLAGS = st.builds(Flag, TEXT, TEXT, TEXT, MAYBE, MAYBE, MAYBE, PLACE, PLACE, MAYBE, MAYBE)
FACTS = st.builds(Fact, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, NUMBER, MAYBE, NUMBER, st.booleans(), PLACE, PLACE)


def tuples(items: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(items, max_size=3).map(tuple)


REPORTS = st.builds(
    Report,
    report_id=TEXT,
    sha256=TEXT,
    format=MAYBE,
    pages=PLACE,
    identity=st.builds(Identity, TEXT, title=MAYBE, year=PLACE, flags=tuples(FLAGS)),
    disposition=TEXT,
    reason=MAYBE,
    template=MAYBE,
    facts=tuples(FACTS),
    flags=tuples(FLAGS),
    sections=tuples(st.builds(Section, MAYBE, st.integers(1, 6), TEXT)),
    tasks=tuples(st.builds(Task, TEXT, TEXT, TEXT, tuples(TEXT))),
    metadata=st.dictionaries(TEXT, TEXT, max_size=2),
)


@settings(max_examples=60, deadline=None)
@given(REPORTS)
def test_a_report_comes_back_as_it_was(report: Report) -> None:
    kept = codec.dumps(report)
    assert codec.loads(Report, kept) == report
    assert codec.dumps(codec.loads(Report, kept)) == kept


def test_what_utf8_or_csv_cannot_hold_is_replaced() -> None:
    flag = Flag("garbled_text", "warning", "a\0b\ud800c𠮷")
    assert codec.loads(Flag, codec.dumps(flag)).message == "a\ufffdb\ufffdc𠮷"


def test_what_is_no_cached_record_raises() -> None:
    for payload in (b"", b"junk", zlib.compress(b"junk"), zlib.compress(b"[1]"), zlib.compress(b"{}")):
        with pytest.raises((ValueError, TypeError, LookupError, zlib.error)):
            codec.loads(Report, payload)


def test_a_decimal_keeps_its_digits() -> None:
    fact = Fact("2019", "proactive", "fees", "change", "count", "reported", Decimal("184249.50"))
    assert str(codec.loads(Fact, codec.dumps(fact)).value) == "184249.50"
    assert codec.loads(Fact, codec.dumps(replace(fact, value=None))).value is None


def test_a_type_that_the_cache_cannot_hold_is_refused() -> None:
    @dataclass(frozen=True)
    class Odd:
        either: int | str

    with pytest.raises(TypeError, match="choice"):
        codec.dumps(Odd(1))
