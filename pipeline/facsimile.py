"""The crop of a page beside a number: what a reviewer sees of the source."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

from extractors.document import CannotRead
from pipeline.ledger import paths_of
from pipeline.publish.switch import HIDDEN
from pipeline.shelf import FOLDER, Kept

Box = tuple[float, float, float, float]


class NoPicture(Exception):
    """There is no picture of this page; says why, for people."""


def crop(out: str | os.PathLike[str], sha256: str, page: int, bbox: Box | None = None) -> bytes:
    """A page (from 1) of a source as PNG, or the part of it that `bbox` (`Fact.bbox`: x0, top, x1, bottom in points of
    the page) shows with a little around it.

    `out` is the folder of the dataset, `sha256` that of the source (`reports.sha256`). A scanned page comes from what
    was kept when it was read; others, and those no longer kept, are drawn from the source, where that still lies where
    it was read. Raises NoPicture.
    """
    from extractors.scan import facsimile
    from extractors.wanted import page_name

    hidden = Path(out) / HIDDEN
    try:
        kept = Kept(str(hidden / FOLDER), sha256).get(page_name(page))
    except ValueError as error:
        raise NoPicture(str(error)) from error
    if kept is not None:
        try:
            return facsimile.cut(kept, bbox)
        except ValueError:
            pass  # damaged on the disk: drawn anew
    try:
        return facsimile.crop(_source(hidden, sha256), page, bbox)
    except CannotRead as error:
        raise NoPicture(error.reason) from error


def _source(hidden: Path, sha256: str) -> bytes:
    for path in paths_of(str(hidden / "ledger.sqlite"), sha256):
        with contextlib.suppress(OSError):
            data = Path(path).read_bytes()
            if hashlib.sha256(data).hexdigest() == sha256:
                return data
    raise NoPicture("the source no longer lies where it was read, and no picture of the page was kept")
