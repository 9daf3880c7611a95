"""One run at a time on a dataset at a URL: a lock object that its owner renews while it works.

What holds: where the store can create an object only if it is not there (S3, and MinIO, Google's and Azure's stores; a
plain file system behind a server cannot always), of two runs that begin at once one is told that the other is at work.
A lock that was not renewed for `STALE_SECONDS` counts as left behind by a run that was killed, and is taken over; one
that the same working copy left, at once. What does not: a run that was cut off for longer than that and goes on may
meet the one that took its place. It looks again before it writes, and stops then; between that look and its last
write, which take seconds to minutes, nothing but the record's serial number tells. Clocks must agree to minutes.
"""

from __future__ import annotations

import contextlib
import json
import platform
import threading
import time
from types import TracebackType
from typing import Any

from pipeline.publish.switch import Busy
from pipeline.remote.files import opened, read, telling

STALE_SECONDS = 600.0
RENEW_SECONDS = 60.0
_MOST = 100_000


class Turn:
    """The right to write to a URL, while it is entered. `owner` is the same for every run of one working copy."""

    def __init__(self, url: str, owner: str) -> None:
        self._url, self._owner = url, owner
        self._fs, self._at = opened(url)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="turn", daemon=True)

    def __enter__(self) -> Turn:
        """Raises Busy, Unreachable."""
        if not self._create():
            holder = self._holder()
            if holder is not None and holder.get("owner") != self._owner:
                silent = time.time() - float(holder.get("renewed", 0))
                if silent < STALE_SECONDS:
                    raise Busy(
                        f"a run on {holder.get('host')} is at work on {self._url.rpartition('/.')[0]}, last heard of "
                        f"{max(0, silent):.0f} seconds ago (if it was killed, this is free {STALE_SECONDS:.0f} seconds "
                        "after its last word)"
                    )
            self._delete()
            if not self._create():
                raise Busy(f"another run has just begun on {self._url.rpartition('/.')[0]}")
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join(timeout=30)
        with contextlib.suppress(OSError):
            if self.is_ours():
                self._delete()

    def is_ours(self) -> bool:
        """Whether nobody has taken over meanwhile. Raises Unreachable."""
        holder = self._holder()
        return holder is not None and holder.get("owner") == self._owner

    def _create(self) -> bool:
        with telling(self._url):
            try:
                self._fs.pipe_file(self._at, self._record(), mode="create")
            except FileExistsError:
                return False
            except TypeError:  # a store whose library cannot: looked at first, as well as that goes
                if self._fs.exists(self._at):
                    return False
                self._fs.pipe_file(self._at, self._record())
        return True

    def _holder(self) -> dict[str, Any] | None:
        try:
            holder = json.loads(read(self._url, _MOST))
        except (FileNotFoundError, ValueError):
            return None
        return holder if isinstance(holder, dict) else None

    def _renew(self) -> None:
        while not self._ended.wait(RENEW_SECONDS):
            with contextlib.suppress(OSError), telling(self._url):
                if not self.is_ours():
                    return
                self._fs.pipe_file(self._at, self._record())

    def _record(self) -> bytes:
        return json.dumps({"owner": self._owner, "host": platform.node(), "renewed": time.time()}).encode()

    def _delete(self) -> None:
        with telling(self._url), contextlib.suppress(FileNotFoundError):
            self._fs.rm_file(self._at)
