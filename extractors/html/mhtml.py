"""MHTML (a web page with its pictures in one file; also what some editors save as .doc) → Document."""

from __future__ import annotations

from dataclasses import replace

from extractors import html
from extractors.document import CannotRead, Document


def extract(data: bytes) -> Document:
    """The document of the archive's first HTML part. Raises `CannotRead` when it has none."""
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
    document = html.extract(payload)
    location = str(page.get("Content-Location") or message.get("Snapshot-Content-Location") or "")
    if location.startswith("http") and "url" not in document.metadata:
        return replace(document, metadata={**document.metadata, "url": " ".join(location.split())})
    return document
