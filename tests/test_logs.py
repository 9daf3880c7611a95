"""Log lines: one event a line, for people and for programs."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from pipeline import logs

log = logging.getLogger("pipeline.somewhere")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in logs.NAMES]
    states = [(logger.handlers[:], logger.level, logger.propagate) for logger in loggers]
    yield
    for logger, (handlers, level, propagate) in zip(loggers, states, strict=True):
        logger.handlers[:], logger.propagate = handlers, propagate
        logger.setLevel(level)


def test_lines_for_people_are_one_a_line_and_in_their_time(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):  # set up anew, nothing is said twice
        logs.set_up("text", "INFO", "Asia/Shanghai")
    log.info("a file named %s", "x\nERROR all is lost")
    log.debug("not wanted")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(r"INFO    a file named x\nERROR all is lost")


def test_lines_for_programs_hold_what_they_are_about(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("json", "INFO", "Asia/Shanghai")
    log.warning("reading: %d of %d", 1, 2, extra={"about": {"stage": "reading", "done": 1, "level": "not this"}})
    try:
        raise ValueError("甲县")
    except ValueError:
        log.exception("it failed")
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert (first["level"], first["message"], first["stage"], first["done"]) == (
        "WARNING",
        "reading: 1 of 2",
        "reading",
        1,
    )
    assert first["time"].endswith("+00:00")
    assert "ValueError: 甲县" in second["trace"]


def test_the_harvest_is_heard_too(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("text", "INFO", "UTC")
    logging.getLogger("gongkai.harvest").info("not fetched")
    assert "not fetched" in capsys.readouterr().err
