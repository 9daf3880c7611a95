"""The crop of a page beside a number: what a reviewer sees of the source."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from pathlib import Path

from extractors.document import CannotRead
from pipeline import codec
from pipeline.ledger import paths_of, report_of
from pipeline.model import Report
from pipeline.publish.switch import HIDDEN
from pipeline.shelf import FOLDER, Kept

Box = tuple[float, float, float, float]

MARGIN = 6.0  # points that `crop` leaves around a box
_ASIDE, _ABOVE = 170.0, 36.0  # points around a cell: its neighbours and their labels


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


def boxes(out: str | os.PathLike[str], sha256: str) -> dict[tuple[str, str, str], tuple[int, Box]]:
    """Where the cells of a source stand: (table_id, row_id, column_id) → its page from 1 and its box there, in points.

    From the ledger of the dataset in `out`; empty where it does not know the source, or the format has no pages.
    """
    payload = report_of(str(Path(out) / HIDDEN / "ledger.sqlite"), sha256)
    if payload is None:
        return {}
    try:
        report = codec.loads(Report, payload)
    except (ValueError, TypeError, KeyError):
        return {}  # kept by another version of the program
    return {f.key: (f.page, f.bbox) for f in report.facts if f.page is not None and f.bbox is not None}


def marked(out: str | os.PathLike[str], sha256: str, page: int, bbox: Box) -> bytes:
    """The surroundings of a cell as PNG, with a frame around the cell. Raises NoPicture, as `crop` does."""
    from PIL import Image, ImageDraw

    x0, top, x1, bottom = bbox
    around = (max(0.0, x0 - _ASIDE), max(0.0, top - _ABOVE), x1 + _ASIDE, bottom + _ABOVE)
    with Image.open(io.BytesIO(crop(out, sha256, page, around))) as found:
        scale = found.info["dpi"][0] / 72
        picture = found.convert("RGB")
    left, upper = max(0.0, around[0] - MARGIN), max(0.0, around[1] - MARGIN)
    frame = [(x0 - left) * scale - 2, (top - upper) * scale - 2, (x1 - left) * scale + 2, (bottom - upper) * scale + 2]
    ImageDraw.Draw(picture).rectangle(frame, outline=(200, 30, 20), width=max(2, round(scale)))
    buffer = io.BytesIO()
    picture.quantize(32).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _source(hidden: Path, sha256: str) -> bytes:
    for path in paths_of(str(hidden / "ledger.sqlite"), sha256):
        with contextlib.suppress(OSError):
            data = Path(path).read_bytes()
            if hashlib.sha256(data).hexdigest() == sha256:
                return data
    raise NoPicture("the source no longer lies where it was read, and no picture of the page was kept")
