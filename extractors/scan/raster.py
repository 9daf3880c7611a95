"""Pages as pictures: a PDF's rendered, a picture file's as they are, at the resolution that recognition wants."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from extractors import limits
from extractors.document import CannotRead

if TYPE_CHECKING:
    import numpy as np

DPI = 200.0
"""The resolution that pages are read at. Measured on scans of 150 to 300 dpi: 150 loses points and thin rulings, 300
costs twice the time and reads no digit better."""

_A4_WIDE = 8.27  # inches
_LEAST_DPI, _MOST_DPI = 60.0, 1_300.0
_WIDEST = (3.0, 40.0)  # inches of the shorter side that are believed of a picture that states its resolution
_MAX_FRAMES = 600


@dataclass(frozen=True, slots=True)
class Raster:
    """A page's pixels (rows × columns, or with red, green and blue as a third axis), and how many stand to an inch."""

    pixels: np.ndarray[Any, Any]
    dpi: float


def quarter_turned(pixels: np.ndarray[Any, Any], turns: int) -> np.ndarray[Any, Any]:
    """The picture turned anticlockwise by quarters."""
    import numpy as np

    return np.ascontiguousarray(np.rot90(pixels, turns))


def pictures_of(data: bytes) -> Iterator[Raster]:
    """The pages of a PNG, JPEG, TIFF, BMP, GIF or WebP file. Raises `CannotRead`: `damaged`, `too_large`."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # the bound is our own, and has a reason for people
    try:
        with Image.open(io.BytesIO(data)) as file:
            frames = getattr(file, "n_frames", 1)
            if frames > _MAX_FRAMES:
                raise CannotRead("too_large", f"the picture has {frames} pages; the bound is {_MAX_FRAMES}")
            for frame in range(1 if file.format == "GIF" else frames):
                file.seek(frame)
                if file.width * file.height > limits.MAX_PICTURE_PIXELS:
                    raise CannotRead(
                        "too_large",
                        f"a picture of {file.width} × {file.height} pixels; scan the report anew at 300 dpi",
                    )
                dpi = _stated(file.info.get("dpi"), file.width, file.height)
                yield scaled(ImageOps.exif_transpose(file), dpi)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise CannotRead("damaged", "the picture is torn or no picture inside; fetch it again") from error


def _stated(dpi: Any, width: int, height: int) -> float:
    """The picture's resolution: what it states, if a sheet of paper comes of it, else as if it were a page of A4."""
    shorter = min(width, height)
    try:
        stated = float(dpi[0])
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        stated = 0.0
    if (
        _LEAST_DPI <= stated <= _MOST_DPI
        and _WIDEST[0] <= shorter / stated <= _WIDEST[1]
        and stated not in (72.0, 96.0)
    ):
        return stated
    return shorter / _A4_WIDE


def scaled(picture: Any, dpi: float) -> Raster:
    """A picture as Pillow opens it, brought near `DPI`: the engine reads small letters worse, large pages slowly."""
    import numpy as np
    from PIL import Image

    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", layer.size, (255, 255, 255, 255)), layer)
    picture = picture.convert("L" if picture.mode in ("1", "L", "I;16") else "RGB")
    factor = min(DPI / dpi, (limits.MAX_PAGE_PIXELS / (picture.width * picture.height)) ** 0.5)
    if not 0.95 < factor < 1.05:
        size = max(1, round(picture.width * factor)), max(1, round(picture.height * factor))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    else:
        factor = 1.0
    return Raster(plain(np.asarray(picture)), dpi * factor)


def plain(pixels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The picture without colour where a page has none: a third of the work."""
    import numpy as np

    if pixels.ndim == 2:
        return pixels
    sample = pixels[::7, ::7].astype(np.int16)
    return pixels[..., 1] if int(np.ptp(sample, axis=2).max()) <= 12 else pixels
