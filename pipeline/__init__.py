"""What the reports say: a `Document` becomes facts and flags, facts and flags become the published dataset.

    identify    which kind of document, whose report, which year
    align       which table, which form, which label: numbers bound to cells
    measure     printed text → number, unit, sign, or a named absence
    checks      what the form promises of its numbers; reconcile: what a wrong one must have been
    narrative   what the prose claims; noise: what OCR spoiled
    run         all files, once each, compared with one another and published in one step

`read.read_document` holds the order for one document, `run.run` for a whole input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from extractors.document import Document
    from pipeline.model import Report


def read_report(data: bytes) -> Report:
    """The report that a file's bytes hold; see `read.read_report`."""
    from pipeline import read

    return read.read_report(data)


def read_document(document: Document, sha256: str) -> Report:
    """The report that a document holds; see `read.read_document`."""
    from pipeline import read

    return read.read_document(document, sha256)
