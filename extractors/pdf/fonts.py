"""pdfminer's fonts, without its blind spot: codes that its tables of Adobe's character collections lack.

Such a code (a minus sign, a no-break space in a Chinese font that is not embedded) is dropped there without a trace,
and its width with it. In the encodings that are Unicode themselves the code still tells the character.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pdfminer.pdfinterp import PDFResourceManager

_BEYOND_UNICODE = 0x110000
_UNKNOWN = re.compile(r"\(cid:(\d+)\)")


def complete_fonts() -> PDFResourceManager:
    """A resource manager for pdfplumber whose fonts keep every code; `character` reads what they make of it."""
    from pdfminer.pdffont import PDFCIDFont, PDFFont
    from pdfminer.pdfinterp import PDFResourceManager

    class CompleteFonts(PDFResourceManager):
        def get_font(self, objid: object, spec: Any) -> PDFFont:
            font = super().get_font(objid, spec)
            if isinstance(font, PDFCIDFont) and not isinstance(font.cmap, _CompleteMap):
                name = str(font.cmap.attrs.get("CMapName", ""))
                if name.startswith("Uni") and "UCS2" in name:
                    font.cmap = _CompleteMap(font.cmap)  # type: ignore[assignment]
            return font

    return CompleteFonts()


def character(text: str) -> str:
    """What pdfminer's text for a glyph stands for: a character, or U+FFFD where the font gives no meaning to it."""
    unknown = _UNKNOWN.fullmatch(text)
    if unknown is None:
        return text or "\ufffd"
    code = int(unknown[1]) - _BEYOND_UNICODE
    return chr(code) if 0x20 <= code <= 0xFFFF and not 0xD800 <= code <= 0xDFFF else "\ufffd"


class _CompleteMap:
    """A map from two-byte Unicode codes to glyphs that gives an unknown code a glyph of its own."""

    def __init__(self, known: Any) -> None:
        self._known = known

    def __getattr__(self, name: str) -> Any:
        return getattr(self._known, name)

    def decode(self, codes: bytes) -> Iterator[int]:
        for index in range(0, len(codes) - 1, 2):
            pair = codes[index : index + 2]
            found: Iterable[int] = list(self._known.decode(pair))
            yield from found or [_BEYOND_UNICODE + (pair[0] << 8 | pair[1])]
