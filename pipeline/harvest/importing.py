"""A sitemap or a list page → lines for sources.csv, for a person to look through."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from pipeline.harvest import pages
from pipeline.harvest.manners import Manners
from pipeline.harvest.sources import COLUMNS, year_in
from pipeline.harvest.store import RawStore
from pipeline.harvest.urls import absolute

if TYPE_CHECKING:
    from pipeline.harvest.fetch import Fetcher

LIKELY = r"年度报告|年报|信息公开.{0,12}报告|(?i:xxgknb|gknb|ndbg|nianbao|annual-?report)"
"""What the address or the text of a link to such reports holds, by default: the words, or their usual initials."""

MAX_SITEMAPS = 500

_PUBLISHER = re.compile(
    r"^[【\[]?(?P<name>[\u4e00-\u9fff·（）()]{2,40}?)[】\]]?(?:关于)?(?:发布|公布|印发)?(?:20\d\d)\s*年"
)


class NoImport(Exception):
    """What was given holds no links that could be imported; the message says why."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What to make of the links. `match` is searched in address and text; `follow`, when given, makes each line a list
    whose links with that pattern are followed. `publisher` and `jurisdiction` fill their columns; `base` is the address
    that a saved page came from."""

    match: str = LIKELY
    follow: str | None = None
    publisher: str | None = None
    jurisdiction: str | None = None
    base: str | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """The lines as CSV with their header; how many there are, lack a publisher, and were left out by `match`."""

    text: str
    lines: int
    nameless: int
    left_out: int


def import_sources(where: str, wish: Wish, manners: Manners) -> Imported:
    """Lines for the links behind an address, or in a file: a sitemap (XML, packed or not, an index of further ones, a
    plain list of addresses) or a page of links.

    Raises NoImport, OSError for a file, `regex.error` for `match`.
    """
    import asyncio

    links = asyncio.run(_links(where, wish, manners))
    return _lines(links, wish)


async def _links(where: str, wish: Wish, manners: Manners) -> list[tuple[str, str]]:
    from pipeline.harvest.session import session

    with tempfile.TemporaryDirectory() as folder:
        store = RawStore(folder)
        with store.writing() as manifest:
            async with session(store, manifest, manners, lambda: datetime.now(UTC), False) as night:
                if where.lower().startswith(("http://", "https://")):
                    return await _fetched(where, night.fetcher)
                return await _within(Path(where).read_bytes(), wish.base or "", where, night.fetcher)


async def _fetched(url: str, fetcher: Fetcher) -> list[tuple[str, str]]:
    from pipeline.harvest.hosts import OutOfBudget
    from pipeline.harvest.refusals import NotFetched

    try:
        answer = await fetcher.get(url)
    except (NotFetched, OutOfBudget) as error:
        raise NoImport(f"{url} could not be had: {error}") from error
    assert answer.body is not None
    data = answer.body.data()
    answer.body.discard()
    return await _within(data, answer.final_url, url, fetcher)


async def _within(data: bytes, base: str, what: str, fetcher: Fetcher) -> list[tuple[str, str]]:
    """(address, text) of every link in a sitemap, in those that it leads to, or in a page."""
    from extractors.document import CannotRead
    from extractors.sitemap import read_sitemap

    try:
        sitemap = read_sitemap(data)
    except CannotRead as error:
        raise NoImport(f"{what}: {error}") from error
    if sitemap is None:
        page = pages.read(data, base)
        if page is None:
            raise NoImport(f"{what} is neither a sitemap nor a page of links")
        if not page.links and any(link.target.strip() for link in page.read.links) and not base:
            raise NoImport(f"{what} holds relative links only: say with --base which address it was saved from")
        return [(url, text) for url, text, _ in page.links]
    if not sitemap.index:
        return [(url, "") for text in sitemap.addresses if (url := absolute(text, base or text))]
    found: list[tuple[str, str]] = []
    for text in sitemap.addresses[:MAX_SITEMAPS]:
        further = absolute(text, base or text)
        if further is not None:
            found += await _fetched(further, fetcher)
    return found


def _lines(links: Iterable[tuple[str, str]], wish: Wish) -> Imported:
    import regex

    pattern = regex.compile(wish.match)
    seen: dict[str, str] = {}
    for url, text in links:
        if len(text) > len(seen.get(url, "")) or url not in seen:
            seen[url] = text
    likely = {url: text for url, text in seen.items() if any(map(pattern.search, (url, unquote(url), text)))}
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n", restval="")
    writer.writeheader()
    nameless = 0
    for url, text in likely.items():
        year = year_in(text) if wish.follow is None else None
        named = _PUBLISHER.match(text)
        publisher = wish.publisher or (named["name"] if named else "")
        nameless += not publisher
        writer.writerow(
            {
                "jurisdiction": wish.jurisdiction or "",
                "publisher": publisher,
                "url": url,
                "follow": wish.follow or "",
                "from_year": year or "",
                "to_year": year or "",
                "status": "active",
                "note": text,
            }
        )
    return Imported(file.getvalue(), len(likely), nameless, len(seen) - len(likely))
