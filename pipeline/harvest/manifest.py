"""When and whence every object of the raw store came: one SQLite file (WAL) beside the objects.

`items` only grows: one row is one content that an address had from a time on. What a government replaces is a further
row; what vanishes at its source stays and is marked. The other tables are what the next night starts from: which
source showed which address, what failed and when to try it again, and which sources are still owed a visit.
"""

from __future__ import annotations

import contextlib
import csv
import os
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TextIO

FILE = "manifest.sqlite"
LAYOUT = 1

DOCUMENT, PAGE, LIST, HOP, ROBOTS = "document", "page", "list", "hop", "robots"
"""What an item is: a document to be read; a page that only wraps one; a list; a stub that sends on; a robots.txt."""

_TABLES = """
CREATE TABLE items (item INTEGER PRIMARY KEY, url TEXT NOT NULL, final_url TEXT NOT NULL, fetched_at TEXT NOT NULL,
    status INT NOT NULL, sha256 TEXT NOT NULL, bytes INT NOT NULL, role TEXT NOT NULL, source_id TEXT NOT NULL,
    from_page TEXT, etag TEXT, last_modified TEXT, content_type TEXT, name TEXT, title TEXT, essence TEXT,
    vanished_at TEXT);
CREATE INDEX items_by_url ON items (url, item);
CREATE TABLE sightings (source_id TEXT, url TEXT, from_page TEXT, PRIMARY KEY (source_id, url)) WITHOUT ROWID;
CREATE TABLE failures (url TEXT PRIMARY KEY, source_id TEXT, from_page TEXT, reason TEXT NOT NULL, lasting INT NOT NULL,
    first_at TEXT NOT NULL, last_at TEXT NOT NULL, times INT NOT NULL, retry_at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE owed (source_id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE unfinished (began_at TEXT NOT NULL);
"""


class Damaged(RuntimeError):
    """The manifest is no database that can be read."""


@dataclass(frozen=True, slots=True)
class Item:
    """One row: a content, and how it was met first. Times are UTC, ISO 8601, to the second."""

    url: str
    final_url: str
    fetched_at: str
    status: int
    sha256: str
    bytes: int
    role: str
    source_id: str
    from_page: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    content_type: str | None = None
    name: str | None = None
    title: str | None = None
    essence: str | None = None
    vanished_at: str | None = None
    item: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """An address that could not be had. A `lasting` one (missing, refused) is tried again at ever longer intervals."""

    url: str
    source_id: str
    from_page: str | None
    reason: str
    lasting: bool
    first_at: str
    last_at: str
    times: int
    retry_at: str


_ITEM = ", ".join(field.name for field in fields(Item))
_INSERT_ITEM = f"INSERT INTO items ({', '.join(f.name for f in fields(Item)[:-1])}) VALUES ({', '.join('?' * 16)})"
_FAILURE = ", ".join(field.name for field in fields(Failure))


class Manifest:
    """The rows, for one writing process at a time (the store holds the lock). Writes are made in `with manifest:`
    blocks, each of which is one transaction, durable at its end."""

    def __init__(self, path: Path) -> None:
        """Open or create. Raises Damaged, or OSError for a folder that cannot be written to."""
        self.path = path
        try:
            self._writer = self._open()
            self._reader = sqlite3.connect(path, timeout=30, check_same_thread=False)
        except sqlite3.DatabaseError as error:
            raise _as_ours(path, error) from error

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, timeout=30, check_same_thread=False, isolation_level=None)
        try:
            (layout,) = database.execute("PRAGMA user_version").fetchone()
            if layout not in (0, LAYOUT):
                raise Damaged(f"{self.path} was written by another version of this program; use that one")
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            if layout == 0:
                database.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {LAYOUT}; COMMIT;")
        except BaseException:
            database.close()
            raise
        return database

    def close(self) -> None:
        self._reader.close()
        self._writer.close()

    def __enter__(self) -> Manifest:
        self._execute("BEGIN IMMEDIATE")
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            self._execute("COMMIT" if kind is None else "ROLLBACK")
        except BaseException:  # a full disk: what was begun must not be left open
            with contextlib.suppress(sqlite3.Error):
                self._writer.execute("ROLLBACK")
            raise

    # What is known

    def latest(self, url: str, role: str) -> Item | None:
        """The newest row of an address in a role; a document and the page around one are one role here."""
        roles = (DOCUMENT, PAGE) if role in (DOCUMENT, PAGE) else (role, role)
        query = f"SELECT {_ITEM} FROM items WHERE url = ? AND role IN (?, ?) ORDER BY item DESC LIMIT 1"
        rows = self._all(query, url, *roles)
        return Item(*rows[0]) if rows else None

    def standing(self) -> dict[str, int]:
        """How many documents each source has led to that had not vanished when last asked for, by source_id."""
        query = """SELECT s.source_id, count(*) FROM sightings s JOIN items i ON i.url = s.url
            WHERE i.role = 'document' AND i.vanished_at IS NULL AND i.item = (SELECT max(item) FROM items
            WHERE url = s.url AND role IN ('document', 'page')) GROUP BY s.source_id"""
        return dict(self._all(query))

    def seen_by(self, source_id: str) -> list[tuple[str, str | None]]:
        """(url, page that links to it) of every address that a source has led to, by url."""
        return self._all("SELECT url, from_page FROM sightings WHERE source_id = ? ORDER BY url", source_id)

    def was_seen(self, source_id: str, url: str) -> bool:
        return bool(self._all("SELECT 1 FROM sightings WHERE source_id = ? AND url = ?", source_id, url))

    def failure(self, url: str) -> Failure | None:
        rows = self._all(f"SELECT {_FAILURE} FROM failures WHERE url = ?", url)
        return replace(Failure(*rows[0]), lasting=bool(rows[0][4])) if rows else None

    def owed(self) -> set[str]:
        """The sources that the last night did not come to, or did not finish."""
        return {source_id for (source_id,) in self._all("SELECT source_id FROM owed")}

    def unfinished(self) -> str | None:
        """When the harvest began that did not come to its end; None when the last one did."""
        rows = self._all("SELECT min(began_at) FROM unfinished")
        return str(rows[0][0]) if rows[0][0] is not None else None

    # What is new; only within `with manifest:`

    def add(self, item: Item) -> None:
        self._execute(_INSERT_ITEM, *(getattr(item, field.name) for field in fields(Item)[:-1]))

    def refresh(self, item: Item, final_url: str, etag: str | None, last_modified: str | None) -> None:
        """Keep what the next conditional request needs; the content is the same."""
        statement = "UPDATE items SET final_url = ?, etag = ?, last_modified = ? WHERE item = ?"
        self._execute(statement, final_url, etag, last_modified, item.item)

    def mark_vanished(self, item: Item, at: str) -> None:
        self._execute("UPDATE items SET vanished_at = ? WHERE item = ?", at, item.item)

    def sight(self, source_id: str, url: str, from_page: str | None) -> None:
        self._execute("INSERT OR IGNORE INTO sightings VALUES (?, ?, ?)", source_id, url, from_page)

    def fail(self, failure: Failure) -> None:
        row = tuple(getattr(failure, field.name) for field in fields(Failure))
        self._execute(f"INSERT OR REPLACE INTO failures ({_FAILURE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", *row)

    def settle(self, url: str) -> None:
        """Forget that an address failed."""
        self._execute("DELETE FROM failures WHERE url = ?", url)

    def owe(self, source_ids: Iterable[str]) -> None:
        """Keep which sources are still owed a visit, and no others."""
        self._execute("DELETE FROM owed")
        for source_id in sorted(source_ids):
            self._execute("INSERT INTO owed VALUES (?)", source_id)

    def begin_night(self, at: str) -> None:
        self._execute("INSERT INTO unfinished VALUES (?)", at)

    def end_night(self) -> None:
        self._execute("DELETE FROM unfinished")

    def _execute(self, statement: str, *values: object) -> None:
        try:
            self._writer.execute(statement, values)
        except sqlite3.DatabaseError as error:
            raise _as_ours(self.path, error) from error

    def _all(self, query: str, *values: object) -> list[Any]:
        try:
            return self._reader.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise _as_ours(self.path, error) from error


def read_items(path: Path) -> list[Item]:
    """Every row of a manifest, oldest first, also while a harvest is at work on it. Nothing is written.

    Raises Damaged, OSError.
    """
    for _ in range(5):
        before = _state(path)
        # Without a log beside it the file is all there is; opened otherwise, SQLite would create files of its own.
        mode = "mode=ro" if before[0] else "immutable=1"
        try:
            database = sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True, timeout=30)
            try:
                rows = database.execute(f"SELECT {_ITEM} FROM items ORDER BY item").fetchall()
            finally:
                database.close()
        except sqlite3.DatabaseError as error:
            if _state(path) != before:
                continue
            raise _as_ours(path, error) from error
        if before[0] or _state(path) == before:
            return [Item(*row) for row in rows]
    raise OSError(f"{path} is being written to by a harvest; run again when it has ended")


def export(items: Iterable[Item], file: TextIO) -> None:
    """The rows as CSV, with a header, oldest first."""
    names = [field.name for field in fields(Item)]
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([names[-1], *names[:-1]])
    writer.writerows([item.item, *(getattr(item, name) for name in names[:-1])] for item in items)


@dataclass(frozen=True, slots=True)
class Stored:
    """A content to be read as a document, with its address; `replaced` when every address that had it has another
    content now."""

    sha256: str
    url: str
    replaced: bool


def documents(items: Iterable[Item]) -> Iterator[Stored]:
    """Each content to be read, once, by sha256.

    A content found at several addresses stands under one that still has it, the first in order; else under the first
    that had it.
    """
    newest: dict[str, int] = {}
    found: dict[str, list[Item]] = {}
    for item in items:
        if item.role in (DOCUMENT, PAGE):
            newest[item.url] = item.item
        if item.role == DOCUMENT:
            found.setdefault(item.sha256, []).append(item)
    for sha256, rows in sorted(found.items()):
        replaced = all(newest[row.url] != row.item for row in rows)
        rank = ((newest[row.url] != row.item or row.vanished_at is not None, row.final_url) for row in rows)
        yield Stored(sha256, min(rank)[1], replaced)


def _state(path: Path) -> tuple[bool, int, int]:
    found = os.stat(path)
    return os.path.exists(f"{path}-wal"), found.st_mtime_ns, found.st_size


def _as_ours(path: Path, error: sqlite3.DatabaseError) -> Exception:
    """SQLite's error as what it is: the machine's (a full disk, a held file), or the file's."""
    if isinstance(error, sqlite3.OperationalError) and "no such" not in str(error):
        return OSError(f"{path} cannot be used: {error}")
    return Damaged(
        f"{path} is damaged ({error}); the documents beside it are whole: put back a copy of the manifest, "
        "or move the store away and harvest anew"
    )
