"""What has been seen and read: the only state between runs, one SQLite file in the hidden folder of OUT.

Three caches, none of which anything depends on: file stamps → sha256, sha256 → Document, sha256 → Report. Every row
carries a digest of what it says; one that does not match is as good as absent, and a file that is no database any more
is begun anew. Documents are kept under the version of the extractors, reports under that of the whole pipeline.

Beside them the history: what came of reading each content last, by which version, when, and the how many-th try it was.
The view `history` shows it to people by path; the program asks it only when a file is due to be tried again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from dataclasses import astuple
from pathlib import Path
from types import TracebackType
from typing import Any

from pipeline.discover import Stamp

LAYOUT = 1  # of the caches below; a ledger of another layout is begun anew

TRIES = 5
"""How often one version of the program reads a file that a limit, a crash or a fault sets aside, unless told to."""

PAUSE_SECONDS = 20 * 3600.0
"""From the first such try to the second; every further pause is twice the one before. So the tries of a nightly run
fall on its nights 1, 2, 4, 8 and 15."""

# A file changed again within the clock tick of its stamp looks unchanged (git calls such an entry racy): a stamp this
# young is not trusted at the next run, the file is hashed once more. Two seconds is the coarsest clock of file systems.
_YOUNG_NS = 2_000_000_000

_TABLES = """
CREATE TABLE files (path BLOB PRIMARY KEY, size INT, mtime_ns INT, ctime_ns INT, inode INT, device INT, sha256 TEXT,
    digest BLOB) WITHOUT ROWID;
CREATE TABLE documents (sha256 TEXT PRIMARY KEY, version TEXT, payload BLOB, digest BLOB);
CREATE TABLE reports (sha256 TEXT PRIMARY KEY, version TEXT, fault TEXT, payload BLOB, digest BLOB);
"""
_HISTORY = """
CREATE TABLE IF NOT EXISTS beside (sha256 TEXT PRIMARY KEY, payload TEXT, digest BLOB);
CREATE TABLE IF NOT EXISTS readings (sha256 TEXT PRIMARY KEY, version TEXT, disposition TEXT, reason TEXT, fault TEXT,
    tries INT, read_at REAL) WITHOUT ROWID;
CREATE VIEW IF NOT EXISTS history AS SELECT CAST(path AS TEXT) AS path, sha256, disposition, reason, fault, tries,
    datetime(read_at, 'unixepoch') AS read_at_utc, version FROM files JOIN readings USING (sha256);
"""

# What SQLite says of the disk, of rights and of other programs, and not of the file's content.
_SURROUNDINGS = frozenset(
    (
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_AUTH,
    )
)


class Ledger:
    """The caches behind one OUT. Used by one process at a time (the caller holds OUT's lock)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._database = self._open()
        except sqlite3.DatabaseError as error:
            self._blame_surroundings(error)
            self._begin_anew()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._database.commit()
        self._database.close()

    def known_files(self) -> dict[str, tuple[Stamp, str]]:
        """Every path seen, with its stamp then and its sha256."""
        rows = self._all("SELECT path, size, mtime_ns, ctime_ns, inode, device, sha256, digest FROM files")
        return {os.fsdecode(row[0]): (Stamp(*row[1:6]), row[6]) for row in rows if row[7] == _digest(*row[:7])}

    def remember_files(self, files: Iterable[tuple[str, Stamp, str]]) -> None:
        """Keep what these files held. Stamps too young to be trusted are left out."""
        settled = time.time_ns() - _YOUNG_NS
        rows: list[tuple[object, ...]] = []
        for path, stamp, sha256 in files:
            if max(stamp.mtime_ns, stamp.ctime_ns) < settled:
                row = (os.fsencode(path), *astuple(stamp), sha256)
                rows.append((*row, _digest(*row)))
        if rows:
            self._write("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def forget_files(self, paths: Iterable[str]) -> None:
        """Drop the stamps of files that are no longer among the input."""
        rows: list[tuple[object, ...]] = [(os.fsencode(path),) for path in paths]
        if rows:
            self._write("DELETE FROM files WHERE path = ?", rows)

    def documents(self, version: str) -> set[str]:
        """The sha256 of every content whose Document is cached as the extractors of `version` read it."""
        return {sha256 for (sha256,) in self._all("SELECT sha256 FROM documents WHERE version = ?", version)}

    def reports(self, shas: Iterable[str], version: str) -> Iterator[tuple[str, bytes, str | None]]:
        """The cached reports among `shas` that can be trusted: (sha256, payload, fault), in the order of `shas`."""
        for sha256 in shas:
            yield from _trusted(sha256, self._all(_REPORT, sha256), version)

    def kept(self, version: str) -> dict[str, str | None]:
        """How each content was lost, if it was, whose report is cached as `version` read it: sha256 → a short word.
        Their payloads are not looked at."""
        return dict(self._all("SELECT sha256, fault FROM reports WHERE version = ?", version))

    def keep_document(self, sha256: str, version: str, payload: bytes) -> None:
        row = (sha256, version, payload, _digest(sha256, version, payload))
        self._write("INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?)", [row])

    def keep_report(
        self,
        sha256: str,
        version: str,
        payload: bytes,
        fault: str | None = None,
        disposition: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Keep a report; `fault` (a short word) marks one that a limit, a crash or a bug set aside.

        `disposition` and `reason` are the report's own, for the history.
        """
        row = (sha256, version, fault, payload, _digest(sha256, version, fault, payload))
        self._write("INSERT OR REPLACE INTO reports VALUES (?, ?, ?, ?, ?)", [row])
        failed = "SELECT CAST(tries AS INT) FROM readings WHERE sha256 = ? AND version = ? AND fault IS NOT NULL"
        tries = 1 + sum(before for (before,) in self._all(failed, sha256, version))
        reading = (sha256, version, disposition, reason, fault, tries, time.time())
        self._write("INSERT OR REPLACE INTO readings VALUES (?, ?, ?, ?, ?, ?, ?)", [reading])

    def due(self, version: str) -> list[str]:
        """The sha256 of every content that `version` lost by a limit, a crash or a fault, has tried fewer than `TRIES`
        times, and has left alone for its pause; those with the fewest tries first, then those tried longest ago."""
        query = (
            "SELECT sha256 FROM readings WHERE version = ? AND fault IS NOT NULL AND tries < ? "
            "AND read_at + ? * (1 << (tries - 1)) <= ? ORDER BY tries, read_at, sha256"
        )
        return [sha256 for (sha256,) in self._all(query, version, TRIES, PAUSE_SECONDS, time.time())]

    def read_since(self, moment: float) -> set[str]:
        """The sha256 of every content that was read at or after a moment (seconds since the epoch)."""
        return {sha256 for (sha256,) in self._all("SELECT sha256 FROM readings WHERE read_at >= ?", moment)}

    def lost(self, version: str) -> dict[str, str]:
        """How a limit, a crash or a fault took each content that `version` lost: sha256 → a short word."""
        return dict(self._all("SELECT sha256, fault FROM readings WHERE version = ? AND fault IS NOT NULL", version))

    def keep_beside(self, sha256: str, taken: Iterable[tuple[str, str | None]]) -> None:
        """Keep which files beside a page its Document follows from: their names, and the sha256 of those that were
        there."""
        payload = json.dumps(list(taken))
        self._write("DELETE FROM beside WHERE sha256 = ?", [(sha256,)])
        if payload != "[]":
            row = (sha256, payload, _digest(sha256, payload))
            self._write("INSERT INTO beside VALUES (?, ?, ?)", [row])

    def beside(self) -> dict[str, list[tuple[str, str | None]]]:
        """For each page whose Document follows from files beside it: their names, and the sha256 of each."""
        rows = self._all("SELECT sha256, payload, digest FROM beside ORDER BY sha256")
        return {
            sha256: [(name, sha) for name, sha in json.loads(payload)] if digest == _digest(sha256, payload) else []
            for sha256, payload, digest in rows
        }

    def forget(self, shas: Iterable[str]) -> None:
        """Drop all that was read of these contents."""
        rows: list[tuple[object, ...]] = [(sha256,) for sha256 in shas]
        for table in ("documents", "reports", "beside"):
            if rows:
                self._write(f"DELETE FROM {table} WHERE sha256 = ?", rows)

    def commit(self) -> None:
        """Make all that was kept so far last over a crash. Raises OSError for a full disk."""
        try:
            self._database.commit()
        except sqlite3.OperationalError as error:
            raise OSError(f"{self.path} cannot be written: {error}") from error

    def _all(self, query: str, *arguments: object) -> list[Any]:
        try:
            return self._database.execute(query, arguments).fetchall()
        except sqlite3.DatabaseError as error:
            self._blame_surroundings(error)
            self._begin_anew()
            return []

    def _write(self, statement: str, rows: list[tuple[object, ...]]) -> None:
        try:
            self._database.executemany(statement, rows)
        except sqlite3.DatabaseError as error:
            self._blame_surroundings(error)
            self._begin_anew()
            self._database.executemany(statement, rows)

    def _blame_surroundings(self, error: sqlite3.DatabaseError) -> None:
        """Raise OSError for a full disk, a read-only folder and the like: months of readings are not thrown away for
        them, as they are when their file is damaged."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest tells which kind of it
        if code in _SURROUNDINGS:
            held = code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
            does = "is held by another program" if held else "cannot be read or written"
            raise OSError(f"{self.path} {does}: {error}") from error

    def _open(self) -> sqlite3.Connection:
        # Flows hand results over from other threads than the one that opened it; there is still one user at a time.
        database = sqlite3.connect(self.path, timeout=30, check_same_thread=False)
        try:
            if database.execute("PRAGMA journal_mode = WAL").fetchone() is None:
                raise sqlite3.DatabaseError("not a database")
            database.execute("PRAGMA synchronous = NORMAL")
            (layout,) = database.execute("PRAGMA user_version").fetchone()
            if layout != LAYOUT:
                if layout or database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    raise sqlite3.DatabaseError(f"a ledger of layout {layout}")
                database.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {LAYOUT}; COMMIT;")
            database.executescript(_HISTORY)
        except BaseException:
            database.close()
            raise
        return database

    def _begin_anew(self) -> None:
        """Nothing in a damaged ledger is worth a wrong number: remove it and start with an empty one."""
        with contextlib.suppress(AttributeError, sqlite3.Error):
            self._database.close()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        self._database = self._open()


def cached_document(path: str, sha256: str, version: str) -> bytes | None:
    """The cached Document of a content as the extractors of `version` read it, from the ledger at `path`, in any
    process while another one keeps it; None if there is none to trust."""
    try:
        with contextlib.closing(sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=ro", uri=True)) as database:
            query = "SELECT version, payload, digest FROM documents WHERE sha256 = ?"
            for found, payload, digest in database.execute(query, (sha256,)):
                if found == version and digest == _digest(sha256, found, payload):
                    return bytes(payload)
    except sqlite3.DatabaseError:  # it is extracted anew
        pass
    return None


def kept_reports(path: str, shas: Iterable[str], version: str) -> Iterator[tuple[str, bytes, str | None]]:
    """`Ledger.reports` from the ledger at `path`, in any process while another one keeps it."""
    try:
        with contextlib.closing(sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=ro", uri=True)) as database:
            for sha256 in shas:
                yield from _trusted(sha256, database.execute(_REPORT, (sha256,)), version)
    except sqlite3.DatabaseError:  # what is missing is read again
        return


def paths_of(path: str, sha256: str) -> list[str]:
    """Where a content was last seen, from the ledger at `path`, in any process while another one keeps it."""
    try:
        with contextlib.closing(sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=ro", uri=True)) as database:
            rows = database.execute("SELECT path FROM files WHERE sha256 = ?", (sha256,)).fetchall()
    except sqlite3.DatabaseError:
        return []
    return sorted(os.fsdecode(row[0]) for row in rows)


def report_of(path: str, sha256: str) -> bytes | None:
    """The report of a content as it was last kept, from the ledger at `path`, in any process."""
    try:
        with contextlib.closing(sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=ro", uri=True)) as database:
            return next((payload for _, payload, _ in _trusted(sha256, database.execute(_REPORT, (sha256,)))), None)
    except sqlite3.DatabaseError:
        return None


_REPORT = "SELECT version, fault, payload, digest FROM reports WHERE sha256 = ?"


def _trusted(sha256: str, rows: Iterable[Any], version: str | None = None) -> Iterator[tuple[str, bytes, str | None]]:
    """Those rows of a content's report that say what was kept, and by this version if one is given."""
    for found, fault, payload, digest in rows:
        if version in (None, found) and digest == _digest(sha256, found, fault, payload):
            yield sha256, bytes(payload), fault


def _digest(*parts: object) -> bytes:
    """A digest of a row's values, each told from its neighbours by its length."""
    total = hashlib.blake2b(digest_size=12)
    for part in parts:
        content = part if isinstance(part, bytes) else repr(part).encode("utf-8", "surrogatepass")
        total.update(b"%d " % len(content))
        total.update(content)
    return total.digest()
