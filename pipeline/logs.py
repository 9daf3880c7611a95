"""Log lines: one event a line, for people or, as JSON, for programs.

Modules log by `logging.getLogger(__name__)`; what a program may want to count goes into `extra={"about": {...}}`.
Values are never secrets: what holds one is a `SecretStr`, which prints as asterisks.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

NAMES = ("pipeline", "gongkai")
"""The loggers above all of this program's."""


class JsonLines(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message, and what `about` holds."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        about = getattr(record, "about", None)
        if isinstance(about, dict):
            line |= {str(key): value for key, value in about.items() if key not in line}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class Lines(logging.Formatter):
    """Time, level and message; line ends in a message are escaped, so that an event stays one line."""

    def __init__(self, zone: str) -> None:
        super().__init__()
        self._zone = ZoneInfo(zone)

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, self._zone).strftime("%Y-%m-%d %H:%M:%S")
        message = record.getMessage().replace("\r", "\\r").replace("\n", "\\n")
        trace = f"\n{self.formatException(record.exc_info)}" if record.exc_info else ""
        return f"{time} {record.levelname:<7} {message}{trace}"


def set_up(form: str, level: str, zone: str) -> None:
    """Have the program's log lines written to stderr as `text` or `json`, in the time of `zone`. Can be repeated."""
    formatter = JsonLines() if form == "json" else Lines(zone)
    for logger in map(logging.getLogger, NAMES):
        for old in [handler for handler in logger.handlers if isinstance(handler.formatter, (JsonLines, Lines))]:
            logger.removeHandler(old)
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(formatter)
        logger.addHandler(handler)
        logger.setLevel(level)
        logger.propagate = False  # or Prefect's console would print each line once more
