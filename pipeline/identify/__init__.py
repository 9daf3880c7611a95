"""Which kind of document this is, whose report, and of which year: `identify(document)`.

The order of trust: the document's own title, its cover and imprint, the introduction that says who compiled it, the
contact lines, the page's metadata. What these leave open is null with a flag; nothing is guessed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from extractors.document import Document
    from pipeline.model import Identity


def identify(document: Document) -> Identity:
    """What the document is, and for reports and work plans whose and of which year; see `identity.identify`."""
    # What reads a document is loaded where one is read: comparing reports needs the names of bodies alone.
    from pipeline.identify import identity

    return identity.identify(document)
