"""What a run that nobody watches says of its progress."""

from __future__ import annotations

import pytest

from pipeline.bar import Lines, duration


def test_a_long_stage_tells_its_rate_and_the_time_left_once_a_minute_and_then_what_it_took() -> None:
    said: list[str] = []
    now = [0.0]
    lines = Lines(said.append, lambda: now[0])
    for second in range(0, 151):
        now[0] = float(second)
        lines.tell("reading", second * 10, 1500)
    lines.tell("comparing", 0, 5)
    lines.end()
    assert said == [
        "reading: 600 of 1,500, 10/s, 1 min 30 s left",
        "reading: 1,200 of 1,500, 10/s, 30 s left",
        "reading: 1,500 in 2 min 30 s, 10/s",
    ]


def test_a_stage_that_has_done_nothing_yet_tells_no_time_left() -> None:
    said: list[str] = []
    now = [0.0]
    lines = Lines(said.append, lambda: now[0])
    lines.tell("reading", 0, 10)
    now[0] = 61.0
    lines.tell("reading", 0, 10)
    assert said == ["reading: 0 of 10, 0/s"]


@pytest.mark.parametrize(
    ("seconds", "words"), [(7.4, "7 s"), (59.6, "1 min 00 s"), (750, "12 min 30 s"), (3900, "1 h 05 min")]
)
def test_durations_are_told_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words
