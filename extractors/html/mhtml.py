"""MHTML (a web page with its pictures in one file; also what some editors save as .doc) → Document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin

from extractors import html, limits
from extractors.document import CannotRead, Document
from extractors.wanted import PLAIN, Wanted

if TYPE_CHECKING:
    from email.message import Message


def extract(data: bytes, wanted: Wanted = PLAIN) -> Document:
    """The document of the archive's first HTML part, with the pictures of its other parts. Raises `CannotRead` when it
    has none."""
    from email import message_from_bytes
    from email.errors import MessageError

    try:
        message = message_from_bytes(data.lstrip())
        page = next((part for part in message.walk() if part.get_content_type() == "text/html"), None)
        payload = page.get_payload(decode=True) if page is not None else None
    except (MessageError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise CannotRead("damaged", f"the web archive cannot be unpacked ({error}); save the page as HTML") from error
    if page is None or not isinstance(payload, bytes) or not payload.strip():
        raise CannotRead("empty", "the web archive holds no HTML page; save the page as HTML")
    location = str(page.get("Content-Location") or message.get("Snapshot-Content-Location") or "").strip()
    document = html.extract(payload, wanted, _parts(message, location))
    if location.startswith("http") and "url" not in document.metadata:
        return replace(document, metadata={**document.metadata, "url": " ".join(location.split())})
    return document


def _parts(message: Message, location: str) -> Callable[[str], bytes | None]:
    """The archive's pictures, by the address that the page names them by."""
    found: dict[str, Message] = {}
    for part in message.walk():
        if part.get_content_maintype() == "image":
            where = str(part.get("Content-Location") or "").strip()
            known = str(part.get("Content-ID") or "").strip().strip("<>")
            for address in (where, urljoin(location, where) if where else "", f"cid:{known}" if known else ""):
                if address:
                    found.setdefault(unquote(address), part)

    def part_at(address: str) -> bytes | None:
        part = found.get(unquote(address)) or found.get(unquote(urljoin(location, address)))
        payload = part.get_payload(decode=True) if part is not None else None
        return payload if isinstance(payload, bytes) and len(payload) <= limits.MAX_PICTURE_BYTES else None

    return part_at
