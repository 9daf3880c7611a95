"""Content-Disposition → a name to show. It is never used as a path."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

_EXTENDED = re.compile(rb"""filename\*\s*=\s*"?(?P<charset>[\w.-]*)'[^']*'(?P<value>[^";]+)""", re.IGNORECASE)
_QUOTED = re.compile(rb'filename\s*=\s*"(?P<value>(?:[^"\\]|\\.)*)"', re.IGNORECASE)
_BARE = re.compile(rb"filename\s*=\s*(?P<value>[^\";]+)", re.IGNORECASE)
_ENCODED_WORD = re.compile(r"=\?[\w.-]+\?[bq]\?[^?]*\?=", re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
LONGEST = 200


def file_name(disposition: bytes | None) -> str | None:
    """The file name that a raw Content-Disposition header gives, None without one.

    RFC 6266 where it is kept; else percent-escaped, RFC 2047 or raw bytes, in UTF-8 or GB 18030, as servers send them.
    Folders and control characters are taken out.
    """
    if not disposition:
        return None
    extended = _EXTENDED.search(disposition)
    if extended:
        name = _decoded(unquote_to_bytes(extended["value"].strip()), extended["charset"].decode("ascii"))
    else:
        plain = _QUOTED.search(disposition) or _BARE.search(disposition)
        if plain is None:
            return None
        raw = plain["value"].strip()
        if plain.re is _QUOTED:
            # a GBK character may hold a backslash as its second byte: only an escaped quote is taken for an escape
            raw = raw.replace(b'\\"', b'"')
        name = _decoded(unquote_to_bytes(raw) if b"%" in raw else raw)
        if _ENCODED_WORD.search(name):
            name = _from_words(name)
    name = _CONTROLS.sub("", name.replace("\\", "/").rpartition("/")[2]).strip(" .")
    return name[:LONGEST] or None


def _decoded(raw: bytes, charset: str = "") -> str:
    for encoding in (charset, "utf-8", "gb18030"):
        try:
            if encoding:
                return raw.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return raw.decode("utf-8", "replace")


def _from_words(name: str) -> str:
    from email.errors import HeaderParseError
    from email.header import decode_header

    try:
        parts = decode_header(name)
    except (HeaderParseError, ValueError):
        return name
    return "".join(p if isinstance(p, str) else _decoded(p, c or "") for p, c in parts)
