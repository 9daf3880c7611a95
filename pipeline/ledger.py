"""What has been seen and read: the only state between runs, one SQLite file in the hidden folder of OUT.

Three caches, none of which anything depends on: file stamps → sha256, sha256 → Document, sha256 → Report. Every row
carries a digest of what it says; one that does not match is as good as absent, and a file that is no database any more
is begun anew. Documents are kept under the version of the extractors, reports under that of the whole pipeline.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from dataclasses import astuple
from pathlib import Path
from types import TracebackType
from typing import Any

from pipeline.discover import Stamp

LAYOUT = 1  # of the tables below; a ledger of another layout is begun anew

# A file changed again within the clock tick of its stamp looks unchanged (git calls such an entry racy): a stamp this
# young is not trusted at the next run, the file is hashed once more. Two seconds is the coarsest clock of file systems.
_YOUNG_NS = 2_000_000_000

_TABLES = """
CREATE TABLE files (path BLOB PRIMARY KEY, size INT, mtime_ns INT, ctime_ns INT, inode INT, device INT, sha256 TEXT,
    digest BLOB) WITHOUT ROWID;
CREATE TABLE documents (sha256 TEXT PRIMARY KEY, version TEXT, payload BLOB, digest BLOB);
CREATE TABLE reports (sha256 TEXT PRIMARY KEY, version TEXT, fault TEXT, payload BLOB, digest BLOB);
"""


class Ledger:
    """The caches behind one OUT. Used by one process at a time (the caller holds OUT's lock)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._database = self._open()
        except sqlite3.DatabaseError:
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

    def document(self, sha256: str, version: str) -> bytes | None:
        """The cached Document of a file as the extractors of `version` read it; None if there is none to trust."""
        for found, payload, digest in self._all(
            "SELECT version, payload, digest FROM documents WHERE sha256 = ?", sha256
        ):
            if found == version and digest == _digest(sha256, found, payload):
                return bytes(payload)
        return None

    def reports(self, shas: Iterable[str], version: str) -> Iterator[tuple[str, bytes, str | None]]:
        """The cached reports among `shas` that can be trusted: (sha256, payload, fault), in the order of `shas`."""
        for sha256 in shas:
            for found, fault, payload, digest in self._all(
                "SELECT version, fault, payload, digest FROM reports WHERE sha256 = ?", sha256
            ):
                if found == version and digest == _digest(sha256, found, fault, payload):
                    yield sha256, bytes(payload), fault

    def keep_document(self, sha256: str, version: str, payload: bytes) -> None:
        row = (sha256, version, payload, _digest(sha256, version, payload))
        self._write("INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?)", [row])

    def keep_report(self, sha256: str, version: str, payload: bytes, fault: str | None = None) -> None:
        """Keep a report; `fault` (a short word) marks one that a limit, a crash or a bug set aside."""
        row = (sha256, version, fault, payload, _digest(sha256, version, fault, payload))
        self._write("INSERT OR REPLACE INTO reports VALUES (?, ?, ?, ?, ?)", [row])

    def commit(self) -> None:
        """Make all that was kept so far last over a crash. Raises OSError for a full disk."""
        try:
            self._database.commit()
        except sqlite3.OperationalError as error:
            raise OSError(f"{self.path} cannot be written: {error}") from error

    def _all(self, query: str, *arguments: str) -> list[Any]:
        try:
            return self._database.execute(query, arguments).fetchall()
        except sqlite3.DatabaseError as error:
            if "locked" in str(error):
                raise OSError(f"{self.path} is held by another program: {error}") from error
            self._begin_anew()
            return []

    def _write(self, statement: str, rows: list[tuple[object, ...]]) -> None:
        try:
            self._database.executemany(statement, rows)
        except sqlite3.OperationalError as error:  # a full disk or a read-only folder, no fault of the content
            raise OSError(f"{self.path} cannot be written: {error}") from error
        except sqlite3.DatabaseError:
            self._begin_anew()
            self._database.executemany(statement, rows)

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


def _digest(*parts: object) -> bytes:
    """A digest of a row's values, each told from its neighbours by its length."""
    total = hashlib.blake2b(digest_size=12)
    for part in parts:
        content = part if isinstance(part, bytes) else repr(part).encode("utf-8", "surrogatepass")
        total.update(b"%d " % len(content))
        total.update(content)
    return total.digest()
