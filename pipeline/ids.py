"""The stable names of reports: one rule, used by every stage that makes or looks up a `report_id`."""

from __future__ import annotations

import hashlib


def report_id(sha256: str) -> str:
    """The id of a report by the sha256 (hex) of its file: its first 16 digits, the same on every machine."""
    return sha256[:16]


def unread_id(source_path: str) -> str:
    """The id of a file whose bytes could not be read, by its path relative to INPUT.

    It begins with `u`, which no hexadecimal id does, so the two kinds cannot meet.
    """
    return "u" + hashlib.sha256(source_path.encode("utf-8")).hexdigest()[:15]
