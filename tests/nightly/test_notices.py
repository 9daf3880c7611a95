"""What is told, when, and in which words; and what a page, a summary and a record show of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipeline.nightly.markdown import markdown
from pipeline.nightly.notices import notice
from pipeline.nightly.pace import Pace, duration, told
from pipeline.nightly.page import page
from pipeline.nightly.record import Night, Nights, Problem

ZONE = "Asia/Shanghai"
TUESDAY = datetime(2026, 11, 16, 18, 30, tzinfo=UTC)  # 02:30 in Shanghai
LOST = Problem(
    "lost_reports", "2 reports are gone.", "Look at their files.", ("甲县 2020 (a.pdf)", "乙县 2020 (b.pdf)")
)
GAP = Problem("gap", "no night began for 3 d.", "Is the machine on?", alarm=False)


def night(days: int = 0, *problems: Problem, **more: object) -> Night:
    began = TUESDAY + timedelta(days=days)
    summary = {"found": 10, "read": 3, "facts": 1234, "set_aside": 0, "changed": ["facts.csv"]}
    made = Night("harvest", began, began + timedelta(minutes=7), summary=summary, problems=problems)
    return replace(made, **more)  # type: ignore[arg-type]


def test_all_problems_of_a_night_are_one_message() -> None:
    found = notice(night(0, LOST, GAP), [], ZONE, "monday", "/the/page.html")
    assert found is not None
    assert (found.level, found.subject) == ("alarm", "gongkai ALARM: 2 reports are gone (and 1 more)")
    assert "2026-11-17 02:30 (Asia/Shanghai, 7 min)" in found.text
    assert "1. 2 reports are gone.\n   Look at their files.\n   - 甲县 2020 (a.pdf)" in found.text
    assert "2. no night began for 3 d." in found.text
    assert "facts: 1,234" in found.text
    assert "/the/page.html" in found.text
    assert [problem["kind"] for problem in found.about["problems"]] == ["lost_reports", "gap"]


def test_a_notice_without_alarm_is_no_alarm() -> None:
    found = notice(night(0, GAP), [], ZONE, "monday", None)
    assert found is not None
    assert (found.level, found.subject) == ("notice", "gongkai notice: no night began for 3 d")


def test_a_problem_that_lasts_says_for_how_long() -> None:
    before = [night(2, LOST), night(1, LOST, GAP), night(0, GAP)]
    found = notice(night(3, LOST), before, ZONE, "monday", None)
    assert found is not None
    assert "2 reports are gone. (for 3 nights in a row)" in found.text


def test_that_all_is_well_is_said_once_a_week_from_its_day_on() -> None:
    """Two weeks of nights; the word is due from Thursday on, and that Thursday has an alarm."""
    before: list[Night] = []
    said: list[str] = []
    for days in range(14):
        one = night(days, *([LOST] if days == 2 else []))
        found = notice(one, before, ZONE, "thursday", None)
        if found is not None:
            said.append(f"{one.started.astimezone(UTC) + timedelta(hours=8):%a %d} {found.level}")
            one = replace(one, told=("mail",), weekly=found.level == "well")
        before.insert(0, one)
    assert said == ["Tue 17 well", "Thu 19 alarm", "Fri 20 well", "Thu 26 well"]


def test_a_weekly_word_that_did_not_arrive_is_still_due() -> None:
    assert notice(night(1), [night(0, weekly=True, told=("mail",))], ZONE, "monday", None) is None
    found = notice(night(1), [night(0, weekly=True, told=())], ZONE, "monday", None)
    assert found is not None
    assert found.level == "well"


def test_the_weekly_word_sums_up_the_week() -> None:
    before = [night(days, *([LOST] if days == 3 else [])) for days in reversed(range(7))]
    found = notice(night(7), before, ZONE, "monday", None)
    assert found is not None
    assert "In the last seven days 8 nights ran, 1 of them with an alarm; 24 files were read" in found.text


def test_a_good_backfill_or_run_says_nothing() -> None:
    assert notice(night(0, kind="backfill"), [], ZONE, "monday", None) is None


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)> | `x` [a](javascript:b) \n# h"


def hostile() -> Night:
    source = {"publisher": HOSTILE, "url": HOSTILE, "known": 1, "seen": 0, "new": 0, "replaced": 0, "vanished": 0}
    return night(
        0,
        Problem("x", HOSTILE, HOSTILE, (HOSTILE,)),
        run=HOSTILE,
        seconds={HOSTILE: 61.0},
        asked={HOSTILE: [HOSTILE]},
        harvested={
            "n_sources": 1,
            "failed": {HOSTILE: {HOSTILE: 2}},
            "sources": [{**source, "failed": 0, "note": HOSTILE}],
        },
        summary={"aside": [(HOSTILE, 3, HOSTILE)], "flags": {HOSTILE: 4}, "changed": [HOSTILE]},
    )


def test_nothing_that_a_source_says_becomes_part_of_the_page() -> None:
    shown = Tags()
    text = page(hostile(), [night(-1, run=HOSTILE)], ZONE)
    shown.feed(text)
    assert not shown.tags & {"script", "img", "iframe", "object", "link"}
    assert "javascript:" not in text.replace("[a](javascript:b)", "")
    assert sum("<script>alert(1)</script>" in piece for piece in shown.text) >= 10
    assert "default-src 'none'" in text


def test_nothing_that_a_source_says_becomes_part_of_the_summary() -> None:
    text = markdown(hostile(), "https://example.org/page.html")
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "\n# h" not in text
    assert "](javascript" not in text
    assert "(https://example.org/page.html)" in text


def test_records_come_back_newest_first_and_damaged_ones_are_left_out(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    for days in range(4):
        nights.keep(night(days, LOST), "page", kept=3)
    found = list(nights.newest_first())
    assert [one.started for one in found] == [TUESDAY + timedelta(days=days) for days in (3, 2, 1)]
    assert found[0] == replace(night(3, LOST))
    records = sorted(nights.folder.glob("2*.json"))
    assert len(records) == len(list(nights.folder.glob("2*.html"))) == 3
    records[-1].write_text('{"format": 1, "kind": ')
    records[-2].write_text('{"format": 99}')
    assert [one.started for one in nights.newest_first()] == [TUESDAY + timedelta(days=1)]


def test_a_coverage_that_is_damaged_is_none(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    assert nights.coverage() is None
    nights.keep_coverage({"reports": {}, "subjects": []})
    assert nights.coverage() == {"reports": {}, "subjects": []}
    next(nights.folder.glob("coverage*")).write_bytes(b"\x1f\x8bdamaged")
    assert nights.coverage() is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((40, 80, 40, 20.0), "40 of 80 (50 %), 2.0 a second, 20 s left"),
        ((1240, 8000, 1240, 56.0), "1,240 of 8,000 (15 %), 22 a second, 5 min left"),
        ((60, 100, 10, 100.0), "60 of 100 (60 %), 6 a minute, 7 min left"),
        ((80, 80, 80, 40.0), "80 of 80 (100 %) in 40 s, 2.0 a second"),
        ((0, 80, 0, 0.0), "0 of 80 (0 %)"),
        ((0, 0, 0, 0.0), "0 of 0 (100 %)"),
    ],
)
def test_progress_tells_rate_and_time_left(arguments: tuple[int, int, int, float], words: str) -> None:
    assert told(*arguments) == words


def test_durations_read_as_people_say_them() -> None:
    assert [duration(s) for s in (0.04, 9.96, 40, 90, 3600, 12_000, 188_000)] == [
        "0.0 s",
        "10.0 s",
        "40 s",
        "2 min",
        "1 h",
        "3 h 20 min",
        "2 d 4 h",
    ]


def test_progress_is_said_seldom_and_at_the_end() -> None:
    now = 0.0
    said: list[tuple[str, float]] = []
    checked: list[str] = []
    pace = Pace(15.0, checked.append, lambda stage, share, words: said.append((stage, share)), lambda: now)
    for done in range(1, 101):
        now += 1.0
        pace("reading", done, 100)
    assert said == [("reading", share) for share in (0.16, 0.31, 0.46, 0.61, 0.76, 0.91, 1.0)]
    assert checked == ["reading"] * 100
