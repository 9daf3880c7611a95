"""The identity of a document, from what its title, its imprint and its introduction say: the order of the stages."""

from __future__ import annotations

import re

from extractors.document import Document
from pipeline import jurisdictions
from pipeline.identify import imprints, kinds, texts, titles, years
from pipeline.identify.texts import Text
from pipeline.identify.titles import Title
from pipeline.identify.witnesses import Witnesses
from pipeline.model import Identity


def identify(document: Document) -> Identity:
    """What the document is, and for reports and work plans whose and of which year; see `Identity`.

    `Identity.flags` holds every doubt. A code, name or year that the document does not settle is None.
    """
    text = texts.read(document)
    found = titles.candidates(text)
    own = titles.own_title(text, found)
    if own is None and (misread := titles.misread_title(text)):
        found, own = [misread, *found], misread
    kind, reason = kinds.kind_of_document(text, found, own)
    url = next(
        (text.metadata[key] for key in ("source_url", "url", "canonical", "og:url") if text.metadata.get(key)), None
    )
    if kind == "other":
        first = next((line.compact for line in text.head if 4 <= len(line.text) <= 60), None)
        title = own.text if own else text.metadata.get("title") or first
        return Identity(kind, reason, title, published_date=years.published_date(text), source_url=url)
    standing = _standing(text, found, own, kind)
    dating = years.date(text, standing, same_year=kind == "work_plan")
    witnesses = Witnesses(text, _year_of_names(dating), "\n".join(t.text for t in standing if t.first >= 0))
    publisher = imprints.publisher_of(text, standing, witnesses)
    division = publisher.division
    code_year = witnesses.year
    return Identity(
        kind,
        None,
        _title(text, standing, witnesses),
        division.code if division else None,
        jurisdictions.full_name(division, code_year) if division else None,
        dating.year,
        publisher.name,
        publisher.kind,
        dating.published,
        dating.period[0] if dating.period else None,
        dating.period[1] if dating.period else None,
        url,
        (*dating.flags, *publisher.flags),
    )


def _year_of_names(dating: years.Dating) -> int | None:
    """The year whose divisions are meant: the one reported on, else the one before publication."""
    if dating.year is not None or dating.published is None:
        return dating.year
    return int(dating.published[:4]) - 1


def _standing(text: Text, found: list[Title], own: Title | None, kind: str) -> list[Title]:
    """The titles of this document itself, the weightiest first: in metadata and head, none of other reports."""
    if own is None:
        return []
    head = len(text.head)
    mine = [t for t in found if t.kind == kind and t.first < head and t.weight >= max(3, own.weight - 3)]
    if text.format != "html" and any(t.first >= 0 for t in mine):  # a file's own title is often that of another year
        mine = [t for t in mine if t.first >= 0]
    if not mine and kind == "annual_report" and (inner := titles.within_notice(own)):
        return [inner]
    return sorted(mine, key=lambda t: (-t.weight, t.first))


def _title(text: Text, standing: list[Title], witnesses: Witnesses) -> str | None:
    """The title as printed, without white space, with the name that stands on the line above when it holds none."""
    if not standing:
        return None
    title = standing[0]
    if title.first > 0:
        above = text.lines[title.first - 1].compact
        body = imprints.named_in(title, text, witnesses) if title.phrase else None
        if body and body.chain and body.chain.names[0] not in title.text and body.chain.names[0] in above:
            return above + title.text
        if (
            not title.phrase
            and len(above) <= 30
            and re.search(r"(?:政府|局|委员会|厅|办公室|中心|[镇乡市县区])$", above)
        ):
            return above + title.text
    return title.text
