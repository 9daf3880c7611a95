"""An answer → its row of the manifest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from pipeline.harvest.fetch import Answer
from pipeline.harvest.manifest import Item, Manifest
from pipeline.harvest.pages import Page


def isoformat(when: datetime) -> str:
    """UTC, to the second: 2026-01-31T18:30:00Z."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_same(had: Item, sha256: str, essence: str | None) -> bool:
    """Whether an answer is what is kept already: the same bytes, or a page that shows the same."""
    return had.sha256 == sha256 or (essence is not None and had.essence == essence)


def leading_on(page: Page) -> tuple[tuple[str, str], ...]:
    """(address, text) of what a page leads on to: its files, and what it shows in frames."""
    return (*page.attachments, *((frame, "") for frame in page.frames))


def adding(item: Item) -> Callable[[Manifest], None]:
    """What writes a row, to be handed to the writer."""
    return lambda manifest: manifest.add(item)


def item_of(
    url: str,
    answer: Answer,
    role: str,
    source_id: str,
    from_page: str | None,
    title: str | None,
    at: str,
    essence: str | None,
) -> Item:
    """The row of an answer that came with a body."""
    assert answer.body is not None
    return Item(
        url,
        answer.final_url,
        at,
        answer.status,
        answer.body.sha256,
        answer.body.size,
        role,
        source_id,
        from_page,
        answer.etag,
        answer.last_modified,
        answer.content_type,
        answer.name,
        title,
        essence,
    )
