"""Pictures within the text of a Word document or a web page: where they stand, and what OCR reads in them if wanted."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from extractors import limits
from extractors.document import Block, CannotRead, Document, Picture
from extractors.grid import Anchor
from extractors.wanted import Wanted

if TYPE_CHECKING:
    from extractors.scan.raster import Raster

_A4_WIDE = 8.27  # inches
_SCREEN, _PAPER = 96.0, 200.0  # dots an inch: of a screenshot, and at which larger pictures are read as they are
_LEAST_WIDE, _LEAST_HIGH = 240, 60  # pixels of a picture that may hold a table
_LEAST_BYTES = 1_000
_LEAST_CELLS = 6
_SNAP = 3.0  # points
_READABLE = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")

Load = Callable[[], bytes | None]
"""Gives the bytes of a picture, None where they are not at hand."""


class Album:
    """The pictures of one document, in the order in which they are met."""

    def __init__(self, wanted: Wanted) -> None:
        self.notes: list[str] = []
        self._wanted = wanted
        self._loads: list[tuple[Load, float | None]] = []
        self._read: dict[bytes, tuple[Block, ...]] = {}
        self._absent = self._foreign = self._left = 0

    def add(self, load: Load, inches: float | None = None) -> list[Block]:
        """The place of a picture, `inches` wide on paper where that is known; none beyond the bound of `limits`."""
        if len(self._loads) >= limits.MAX_PICTURES:
            return []
        self._loads.append((load, inches))
        return [Anchor("", picture=len(self._loads) - 1)]

    def document(self, found: Document, empty: str) -> Document:
        """The document with its pictures apart from its blocks, read if wanted.

        Raises `CannotRead`: `empty`, with the sentence given, where neither text nor picture is left to be read;
        `needs_ocr` where there are pictures only, and they are wanted.
        """
        blocks: list[Block] = []
        pictures: list[Picture] = []
        for block in found.blocks:
            if isinstance(block, Anchor):
                pictures.append(Picture(len(blocks), block.page, self._blocks(block.picture)))
            else:
                blocks.append(block)
        self._tell()
        if not blocks and not any(picture.blocks is None or picture.blocks for picture in pictures):
            if self._left:
                from extractors.scan import ocr

                ocr.require("a document of pictures only")
            raise CannotRead("empty", empty)
        return replace(
            found, blocks=tuple(blocks), pictures=tuple(pictures), notes=(*found.notes, *dict.fromkeys(self.notes))
        )

    def _blocks(self, number: int) -> tuple[Block, ...] | None:
        if not self._wanted.pictures:
            return None
        load, inches = self._loads[number]
        data = load()
        if data is None:
            self._absent += 1
            return ()
        if not _LEAST_BYTES <= len(data) <= limits.MAX_PICTURE_BYTES:
            return ()
        from extractors.scan import ocr

        if not ocr.is_available():
            self._left += 1
            return ()
        digest = hashlib.sha256(data).digest()  # a logo may stand on every page
        if digest not in self._read:
            self._read[digest] = self._recognised(data, inches)
        return self._read[digest]

    def _recognised(self, data: bytes, inches: float | None) -> tuple[Block, ...]:
        try:
            return read_picture(data, inches, self._wanted.ruled)
        except CannotRead as error:
            if error.code == "time_limit":
                raise
            self._foreign += 1
            return ()

    def _tell(self) -> None:
        for count, what in (
            (self._absent, "could not be looked at: they stand on the network, or no longer beside the file"),
            (self._foreign, "could not be read: torn, too large, or in a form of drawing (EMF, WMF, SVG)"),
        ):
            if count:
                self.notes.append(f"{count} of the pictures within the text {what}")
        if self._left:
            from extractors.scan import ocr

            self.notes.append(
                f"{self._left} of the pictures within the text were not read; to read them, {ocr.INSTALL}"
            )


def read_picture(data: bytes, inches: float | None = None, ruled: bool = False) -> tuple[Block, ...]:
    """What OCR reads in a picture that stands within a text, `inches` wide; nothing in one too small for a table, nor,
    with `ruled`, in one that shows none.

    Raises `CannotRead`: `damaged`, `too_large`, `unsupported`, `needs_ocr`.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    from extractors.scan import ocr, page_blocks
    from extractors.scan.raster import scaled

    ocr.require("a picture within the text")
    Image.MAX_IMAGE_PIXELS = None  # the bound is our own, and has a reason for people
    try:
        with Image.open(io.BytesIO(data), formats=_READABLE) as file:
            if file.width * file.height > limits.MAX_PICTURE_PIXELS:
                raise CannotRead("too_large", f"a picture of {file.width} × {file.height} pixels")
            if file.width < _LEAST_WIDE or file.height < _LEAST_HIGH:
                return ()
            raster = scaled(ImageOps.exif_transpose(file), _dpi(file.width, file.height, inches))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise CannotRead("damaged", "a picture that is torn, or in no form known here") from error
    if ruled and not shows_table(raster):
        return ()
    blocks, _ = page_blocks(raster, 1)
    return tuple(replace(block, page=None) for block in blocks)


def shows_table(raster: Raster) -> bool:
    """Whether a picture shows the rulings of a table: the first and cheapest step of reading it."""
    from extractors.ruling import grids_of
    from extractors.scan.pagegrid import rulings, upright

    sheet = upright(raster.pixels, raster.dpi)
    across, down = rulings(sheet)
    grids = grids_of(across, down, _SNAP / sheet.points, limits.MAX_SLOTS)
    return any(len(grid.boxes) >= _LEAST_CELLS for grid in grids)


def _dpi(width: int, height: int, inches: float | None) -> float:
    """The resolution of a picture: a page of paper by its shape, else by the width it is shown at, else a screen's."""
    by_paper = width / _A4_WIDE
    if by_paper >= 1.2 * _SCREEN and 1.3 <= height / width <= 1.55:
        return by_paper
    if inches:
        by_paper = width / inches
    return min(max(by_paper, _SCREEN), _PAPER)
