"""A font of boxes for all characters, so that PDFium reads Chinese text alike on every machine.

PDFium passes over a lone character whose glyph has no shape. Characters of a font that is not embedded have one only
where a font like it is installed: the same PDF lost a fifth of its table cells on a machine without Chinese fonts. What
a glyph looks like says nothing about the text, so a box serves all of them.
"""

from __future__ import annotations

import ctypes
import struct
from typing import Any

# Windows character sets, as PDFium asks for fonts by; for these two its own built-in fonts have all shapes
_ANSI, _SYMBOL, _GB2312 = 0, 2, 134
_LAST_NARROW = 0x1FFF
_HANDLE = 0xB0C5
_NAME = b"Boxes\0"
_installed: list[Any] = []


def install() -> None:
    """Give PDFium the font, once for the process. Without effect where pypdfium2 cannot (before 5), and where somebody
    else has told PDFium which fonts to take."""
    import pypdfium2  # type: ignore[import-untyped]

    base = getattr(pypdfium2, "PdfSysfontBase", None)
    if _installed or base is None or base.SINGLETON is not None:
        return
    font = box_font()

    class Boxes(base):  # type: ignore[misc, valid-type]
        def MapFont(
            self, _: Any, weight: int, italic: int, charset: int, pitch: int, face: Any, exact: Any
        ) -> int | None:
            return None if charset in (_ANSI, _SYMBOL) else _HANDLE

        def GetFont(self, _: Any, face: Any) -> None:
            return None

        def GetFontData(self, _: Any, handle: int, table: int, buffer: Any, size: int) -> int:
            return 0 if table else _copied(font, buffer, size)

        def GetFaceName(self, _: Any, handle: int, buffer: Any, size: int) -> int:
            return _copied(_NAME, buffer, size)

        def GetFontCharset(self, _: Any, handle: int) -> int:
            return _GB2312

        def DeleteFont(self, _: Any, handle: int) -> None:
            return None

    boxes = Boxes()
    boxes.setup()
    _installed.append(boxes)


def _copied(data: bytes, buffer: Any, size: int) -> int:
    """The length of `data`, after copying it where there is room."""
    if buffer and size >= len(data):
        ctypes.memmove(buffer, data, len(data))
    return len(data)


def box_font() -> bytes:
    """A TrueType font (ISO/IEC 14496-22) of 1,000 units to the em: a box half as wide for Latin, digits and the like,
    a whole one for all else."""
    narrow, wide = _box(25, 475), _box(50, 950)
    whole = (1, 0x10000, 0, 0x5F0F3CF5, 0, 1000, 0, 0, 25, -100, 950, 800, 0, 8, 2, 1, 0)
    groups = (0, _LAST_NARROW, 1), (_LAST_NARROW + 1, 0x10FFFF, 2)
    subtable = struct.pack(">2H3I", 13, 0, 16 + 12 * len(groups), 0, len(groups))
    subtable += b"".join(struct.pack(">3I", *group) for group in groups)
    tables = {
        b"cmap": struct.pack(">4HI", 0, 1, 3, 10, 12) + subtable,
        b"glyf": wide + narrow + wide,
        b"head": struct.pack(">H2xIIIHHQQ4hHHhhh", *whole),
        b"hhea": struct.pack(">I3hH6h8xhH", 0x10000, 880, -120, 0, 1000, 0, 0, 1000, 1, 0, 0, 0, 3),
        b"hmtx": struct.pack(">HhHhHh", 1000, 50, 500, 25, 1000, 50),
        b"loca": struct.pack(">4I", 0, len(wide), len(wide) * 2, len(wide) * 3),
        b"maxp": struct.pack(">I14H", 0x10000, 3, 4, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
        b"post": struct.pack(">IIhhIIIII", 0x30000, 0, -100, 50, 0, 0, 0, 0, 0),
    }
    directory, body = b"", b""
    start = 12 + 16 * len(tables)
    for name, table in tables.items():
        padded = table + bytes(-len(table) % 4)
        checksum = sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFFFFFF
        directory += name + struct.pack(">3I", checksum, start + len(body), len(table))
        body += padded
    return struct.pack(">I4H", 0x10000, len(tables), 128, 3, 16 * len(tables) - 128) + directory + body


def _box(left: int, right: int) -> bytes:
    """The outline of a glyph: four corners on the curve, each as the step from the one before."""
    outline = struct.pack(">5hHH4B", 1, left, -100, right, 800, 3, 0, 1, 1, 1, 1)
    outline += struct.pack(">4h", left, 0, right - left, 0) + struct.pack(">4h", -100, 900, 0, -900)
    return outline + bytes(-len(outline) % 4)
