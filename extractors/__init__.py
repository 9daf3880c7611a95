"""Bytes → `Document`. `sniff` tells the format by content, never by a name; `extract` reads it.

Extractors know file formats and nothing of governments: text stays verbatim, nothing is parsed or relabelled.
"""

from __future__ import annotations

import re
from dataclasses import replace
from importlib import import_module

from extractors import limits
from extractors.document import CannotRead, Document
from extractors.encoding import Decoded, decode
from extractors.wanted import PLAIN, Wanted

READERS = {
    "pdf": "extractors.pdf",
    "docx": "extractors.docx",
    "html": "extractors.html",
    "mhtml": "extractors.html.mhtml",
    "text": "extractors.text",
    **dict.fromkeys(("doc", "rtf", "odt", "wordml"), "extractors.doc"),
    **dict.fromkeys(("png", "jpeg", "tiff", "bmp", "gif", "webp"), "extractors.scan"),
}
"""Format → the module that reads it, imported at use: `extract(data, wanted)`, for text `extract(text)`."""

ENGINES = (
    "cssselect",
    "lxml",
    "numpy",
    "onnxruntime",
    "opencv-python-headless",
    "pdfminer.six",
    "pdfplumber",
    "pillow",
    "pypdfium2",
    "rapidocr",
    "regex",
)
"""The distributions that the readers are built on: what was read by other versions of them is read again."""

_UNSUPPORTED = {
    "xls": "a spreadsheet of old Excel, no report; if it holds one, save the report as DOCX or PDF",
    "xlsx": "an Excel workbook, no report; if it holds one, save the report as DOCX or PDF",
    "pptx": "a PowerPoint presentation, no report",
    "ofd": "an OFD document (GB/T 33190), not supported yet: save it as PDF",
    "ole": "an old Office file without a Word document in it; save its text as DOCX or PDF",
    "zip": "a ZIP archive and no document: unpack it and give the files in it",
    "gzip": "packed by gzip: unpack it first",
    "rar": "a RAR archive: unpack it and give the files in it",
    "7z": "a 7-Zip archive: unpack it and give the files in it",
    "xml": "XML of no kind known here; save the report as HTML, DOCX or PDF",
    "binary": "no document of a known kind: its bytes are neither text nor PDF, DOCX or HTML",
}
_PICTURES = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF8", "gif"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"\0\0\0\x0cjP  ", "jpeg2000"),
)
_SIGNATURES = (
    (b"{\\rtf", "rtf"),
    (b"\x1f\x8b", "gzip"),
    (b"Rar!\x1a\x07", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PDF_HEADER = re.compile(rb"%PDF-\d")
_MAIL_HEADER = re.compile(rb"(?:[A-Za-z][\w-]*:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*)+", re.ASCII)
_HEAD = 4096


def sniff(data: bytes) -> str:
    """The format of a file's bytes: a key of `READERS`, or the name of a kind that no reader takes (`doc`, `png`,
    `encrypted_office`, `binary`, `empty`, …)."""
    return _recognise(data)[0]


def extract(data: bytes, wanted: Wanted = PLAIN) -> Document:
    """The document that the bytes hold, and what else is `wanted` of them.

    Raises `CannotRead` with a sentence for people when they hold none that can be read within the bounds of `limits`.
    """
    if len(data) > limits.MAX_BYTES:
        raise CannotRead(
            "too_large",
            f"the file has {len(data) // 1_000_000} MB; the bound is {limits.MAX_BYTES // 1_000_000} MB: "
            "shrink its pictures or give the report alone",
        )

    def read() -> Document:
        kind, decoded = _recognise(data)
        _refuse(kind)
        if kind == "html":
            page: Document = import_module(READERS[kind]).extract(data, wanted, decoded=decoded)
            return page
        if decoded is None:
            document: Document = import_module(READERS[kind]).extract(data, wanted)
            return document
        if len(data) > limits.MAX_TEXT_BYTES:
            raise CannotRead(
                "too_large",
                f"the text has {len(data) // 1_000_000} MB; the bound is "
                f"{limits.MAX_TEXT_BYTES // 1_000_000} MB: give the report alone",
            )
        text: Document = import_module(READERS[kind]).extract(decoded.text)
        return replace(text, notes=(*decoded.notes, *text.notes))

    return limits.within(limits.MAX_SECONDS, read)


def _refuse(kind: str) -> None:
    """Raise for every kind that no reader takes."""
    if kind in READERS:
        return
    if kind == "empty":
        raise CannotRead("empty", "the file is empty; fetch it again")
    if kind == "torn_ole":
        raise CannotRead("damaged", "an old Office file that is cut off (while copying?); fetch it again")
    if kind == "encrypted_office":
        raise CannotRead("encrypted", "an Office document locked by a password; save it without one")
    if kind in _UNSUPPORTED:
        raise CannotRead("unsupported", _UNSUPPORTED[kind])
    raise CannotRead("unsupported", f"a picture in the form of {kind.upper()}; save it as PNG, JPEG or PDF")


def _recognise(data: bytes) -> tuple[str, Decoded | None]:
    """The format, and the decoded text where it is plain text or a web page."""
    head = data[:_HEAD]
    if not data.strip(b"\0 \t\r\n\f\v\xef\xbb\xbf\xff\xfe"):
        return "empty", None
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_kind(data), None
    if head.startswith(_OLE):
        return _ole_kind(data), None
    for signature, kind in (*_SIGNATURES, *_PICTURES):
        if head.startswith(signature):
            return kind, None
    if (head.startswith(b"BM") and data[6:10] == b"\0\0\0\0") or (head.startswith(b"RIFF") and data[8:12] == b"WEBP"):
        return "bmp" if head.startswith(b"BM") else "webp", None
    header = _PDF_HEADER.search(head)
    if b"endobj" in data if header is None else (header.start() == 0 or b" obj" in data):
        return "pdf", None
    return _text_kind(data)


def _text_kind(data: bytes) -> tuple[str, Decoded | None]:
    from extractors.html import looks_like_page

    mail = _MAIL_HEADER.match(data.lstrip()[:_HEAD])
    if mail is not None and b"mime-version:" in mail[0].lower() and b"multipart/" in mail[0].lower():
        return "mhtml", None
    if len(data) > limits.MAX_TEXT_BYTES:
        # too large for either reader: only its beginning is looked at, to name it
        data = data[: limits.MAX_TEXT_BYTES]
    decoded = decode(data)
    if decoded.text is None:
        return "binary", None
    text = decoded.text
    if looks_like_page(text):
        return "html", decoded
    if text.lstrip().startswith("<?xml"):
        office = "schemas.microsoft.com/office" in text[:_HEAD]
        return ("wordml" if office else "xml"), None
    return ("text", decoded) if text.strip() else ("empty", None)


def _zip_kind(data: bytes) -> str:
    """What a ZIP package is, by the names in it; a torn one by the names that can still be seen."""
    from extractors.archive import Package

    try:
        names = set(Package(data).names())
    except CannotRead as error:
        if error.code != "damaged":
            raise
        return "docx" if b"word/" in data or b"[Content_Types].xml" in data else "zip"
    if "[Content_Types].xml" in names:
        for folder, kind in (("xl/", "xlsx"), ("ppt/", "pptx")):
            if any(name.startswith(folder) for name in names):
                return kind
        return "docx"
    if "OFD.xml" in names:
        return "ofd"
    return "odt" if "content.xml" in names and "mimetype" in names else "zip"


def _ole_kind(data: bytes) -> str:
    """What an OLE compound file is, by the stream names in its directory."""
    for stream, kind in (("EncryptedPackage", "encrypted_office"), ("WordDocument", "doc"), ("Workbook", "xls")):
        if stream.encode("utf-16-le") in data:
            return kind
    sector, shift = int.from_bytes(data[48:52], "little"), int.from_bytes(data[30:32], "little")
    return "torn_ole" if (sector + 1) << min(shift, 12) >= len(data) else "ole"
