"""DOCX → Document, straight from the package's XML.

python-docx is not used for reading: its `Document.tables` misses tables in text boxes and content controls, and its
cells cost a hundred times the parse (quadratic in `table.cell`).
"""

from __future__ import annotations

import posixpath
from functools import partial
from typing import TYPE_CHECKING

from extractors import limits
from extractors.archive import Package
from extractors.document import CannotRead, Document
from extractors.docx.body import Body
from extractors.docx.media import Pictures
from extractors.docx.numbering import Numbering
from extractors.docx.ooxml import ADVICE, local, parse
from extractors.docx.styles import Styles
from extractors.docx.stylesheet import styles_of
from extractors.grid import Unread
from extractors.pictures import Album
from extractors.wanted import PLAIN, Wanted

if TYPE_CHECKING:
    from lxml.etree import _Element

_CORE = {"title": "title", "creator": "author", "created": "created", "modified": "modified", "subject": "subject"}


def extract(data: bytes, wanted: Wanted = PLAIN) -> Document:
    """The document's paragraphs and tables in reading order: deleted and hidden text left out, inserted text kept.

    Raises `CannotRead` for a package that is torn, locked, a bomb, or holds no Word document.
    """
    package = Package(data)
    name = main_part(package)
    if name is None:
        raise CannotRead("damaged", f"the package holds no Word document; {ADVICE} if it is one")
    source = package.read(name)
    if source is None:
        raise CannotRead("damaged", f"the package names {name} as its text but lacks it; {ADVICE}")
    root = parse(source, name)
    folder = posixpath.dirname(name)
    styles = Styles(styles_of(_source(package, posixpath.join(folder, "styles.xml"))))
    numbering = Numbering(partial(_optional, package, posixpath.join(folder, "numbering.xml")))
    body = next((child for child in root if local(child) == "body"), None)
    if body is None:
        raise CannotRead("damaged", f"the package's {name} has no body; {ADVICE}")
    album = Album(wanted)
    reader = Body(styles, numbering, Pictures(package, name, album))
    try:
        blocks = reader.blocks_of(body)
    except RecursionError as error:
        raise CannotRead("damaged", f"the document nests its elements too deep to be a report; {ADVICE}") from error
    blocks = [block for block in blocks if not isinstance(block, Unread)]
    found = Document("docx", tuple(blocks), None, _core_properties(package), tuple(dict.fromkeys(reader.notes)))
    return album.document(found, "the document holds no text, and no picture in which any was recognised")


def main_part(package: Package) -> str | None:
    """The name of the part that holds the text, as the package's relations say; None when there is none."""
    relations = package.read("_rels/.rels")
    if relations is not None:
        for relation in parse(relations, "_rels/.rels"):
            if str(relation.get("Type", "")).endswith("/officeDocument"):
                target = posixpath.normpath(str(relation.get("Target", "")).lstrip("/"))
                if target in package.names():
                    return target
    return "word/document.xml" if "word/document.xml" in package.names() else None


def _optional(package: Package, name: str) -> _Element | None:
    """A part that only helps: unreadable is as good as absent."""
    source = _source(package, name)
    try:
        return None if source is None else parse(source, name)
    except CannotRead:
        return None


def _source(package: Package, name: str) -> bytes | None:
    try:
        return package.read(name)
    except CannotRead:
        return None


def _core_properties(package: Package) -> dict[str, str]:
    root = _optional(package, "docProps/core.xml")
    found: dict[str, str] = {}
    for child in root if root is not None else ():
        key, value = _CORE.get(local(child)), " ".join((child.text or "").split())
        if key and value:
            found.setdefault(key, value[: limits.MAX_METADATA_CHARACTERS])
    return {key: found[key] for key in sorted(found)}
