"""The picture that a page was recognised from, for a reviewer to hold a number against: as it was upright and evenly
lit, so that the boxes of its cells (`Cell.bbox`, in points) fall on the same letters."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Any

from extractors.document import CannotRead
from extractors.wanted import Shelf, page_name

if TYPE_CHECKING:
    from extractors.scan.pagegrid import Sheet

KEPT_DPI = 110.0
"""The resolution of kept pages: a printed figure is 15 pixels high, a page of A4 some 100 kB."""

_QUALITY = 60
_MARGIN = 6.0  # points around a crop

Box = tuple[float, float, float, float]
Keep = Callable[[int, "Sheet"], None]
"""Takes the number of a page and the page as it was read."""


def keep_on(shelf: Shelf | None) -> Keep | None:
    """What puts the pages that are read on a shelf, small; None without one."""
    if shelf is None:
        return None

    def keep(number: int, sheet: Sheet) -> None:
        shelf.put(page_name(number), as_jpeg(sheet))

    return keep


def as_jpeg(sheet: Sheet) -> bytes:
    """A page in grey at `KEPT_DPI`; its resolution stands in the file."""
    from PIL import Image

    picture = Image.fromarray(sheet.grey)
    factor = min(1.0, KEPT_DPI / sheet.dpi)
    size = max(1, round(picture.width * factor)), max(1, round(picture.height * factor))
    dpi = sheet.dpi * size[0] / picture.width
    buffer = io.BytesIO()
    small = picture.resize(size, Image.Resampling.BOX)
    # the format itself states whole dots an inch only
    small.save(buffer, "JPEG", quality=_QUALITY, optimize=True, comment=f"{dpi:.4f} dpi")
    return buffer.getvalue()


def cut(jpeg: bytes, box: Box | None = None) -> bytes:
    """A page that `as_jpeg` wrote as PNG, or the part of it that `box` (x0, top, x1, bottom in points) shows with a
    little around it. Raises ValueError for bytes that are no such page."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(jpeg)) as picture:
            picture.load()
            return _png(picture, float(picture.info["comment"].split()[0]), box)
    except (UnidentifiedImageError, OSError, SyntaxError, KeyError, IndexError) as error:
        raise ValueError("no picture of a page that was kept by this program") from error


def crop(data: bytes, page: int, box: Box | None = None) -> bytes:
    """The same, of a file of which nothing was kept: the page (from 1) is drawn and read once more, as PNG.

    Raises `CannotRead` where the file has no such page, or is one that has no pages.
    """
    from PIL import Image

    sheet = _sheet(data, page)
    return _png(Image.fromarray(sheet.grey), sheet.dpi, box)


def _png(picture: Any, dpi: float, box: Box | None) -> bytes:
    if box is not None:
        x0, top, x1, bottom = box[0] - _MARGIN, box[1] - _MARGIN, box[2] + _MARGIN, box[3] + _MARGIN
        left, upper, right, lower = (round(side * dpi / 72.0) for side in (x0, top, x1, bottom))
        left, upper = min(max(0, left), picture.width - 1), min(max(0, upper), picture.height - 1)
        right, lower = min(picture.width, max(right, left + 1)), min(picture.height, max(lower, upper + 1))
        picture = picture.crop((left, upper, right, lower))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", dpi=(dpi, dpi))
    return buffer.getvalue()


def _sheet(data: bytes, page: int) -> Sheet:
    from extractors import sniff
    from extractors.scan import page_blocks
    from extractors.scan.raster import pictures_of

    kind = sniff(data)
    if kind == "pdf":
        from extractors.pdf.facsimile import sheet_of

        return sheet_of(data, page)
    if kind not in ("png", "jpeg", "tiff", "bmp", "gif", "webp"):
        raise CannotRead("no_page", "the file has no pages")
    raster = next(islice(pictures_of(data), page - 1, None), None) if page > 0 else None
    if raster is None:
        raise CannotRead("no_page", f"the file has no page {page}")
    kept: list[Sheet] = []
    page_blocks(raster, page, keep=lambda _, sheet: kept.append(sheet))
    return kept[0]
