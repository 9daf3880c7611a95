"""What OCR, copying and pasting spoiled in a report's text, as flags on lines.

Every flag names a line (or page), quotes what it is about and says why. Text that merely looks odd is left alone:
e-mail addresses, URLs, document and phone numbers, list numbers, abbreviations, brands, verbs doubled lawfully.
Nothing here changes a text. Garbled lines are judged in garble.py, pictures and pasted documents in embedded.py, what
OCR left of unreadable pictures in odds.py (line by line) and stretches.py (together), look-alike characters in
misread.py; flagging.py brings all together. Vocabularies are latin_words.csv, reduplication.csv,
statutory_phrases.csv, bigrams.csv and look_alikes.csv.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from extractors.document import Document
    from pipeline.model import Flag, Identity


def noise(document: Document, identity: Identity | None = None) -> list[Flag]:
    """The noise in a document's text, in reading order; `identity`, where given, tells its places."""
    # Loaded where a document is read: others ask this package for its characters alone.
    from pipeline.noise import flagging

    return flagging.noise(document, identity)
