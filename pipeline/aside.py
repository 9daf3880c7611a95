"""The report of a file that no document could be made of: published too, with the reason."""

from __future__ import annotations

from extractors.document import CannotRead
from pipeline.ids import report_id
from pipeline.model import Identity, Report


def set_aside(sha256: str, error: CannotRead) -> Report:
    """The report of a file that cannot be read, whose bytes have this sha256 (hex)."""
    identity = Identity("other", error.reason)
    return Report(report_id(sha256), sha256, None, None, identity, "set_aside", error.reason, None)
