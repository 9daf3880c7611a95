"""Every hard bound on what one file may cost, in one place.

A bound is far above any annual report seen (the largest, a province's with all its annexes, has some 120 pages and
30 MB of pictures) and low enough that a hostile file costs seconds and megabytes, not hours and the machine.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from extractors.document import CannotRead

MAX_SECONDS = 60.0
"""Wall-clock seconds for one file, whatever its format."""

MAX_SCAN_SECONDS = 420.0
"""Wall-clock seconds for one file with scanned pages: 120 of them, at 2 seconds each and with room for a slow machine.
Each page read by OCR grants `SCANNED_PAGE_SECONDS` to the file, up to this."""

SCANNED_PAGE_SECONDS = 15.0
"""Wall-clock seconds that one scanned page adds to a file's bound."""

MAX_PAGE_SECONDS = 60.0
"""Wall-clock seconds for one page, or picture, by OCR; one that shows nothing but grain may be looked at for long."""

MAX_SCANNED_PAGES = 120
"""Pages of one file that are read by OCR; those beyond are left out, with a note."""

MAX_PAGE_PIXELS = 16_000_000
"""Pixels that a page is rendered to; A3 at 200 dpi has 7.7 million."""

MAX_PICTURE_PIXELS = 120_000_000
"""Pixels of a picture file; A4 scanned at 600 dpi has 35 million."""

MAX_PICTURES = 60
"""Pictures within the text of one file that are read by OCR, and that are listed at all."""

MAX_PICTURE_BYTES = 25_000_000
"""Bytes of a picture within a file's text, or beside it."""

MAX_CONVERSION_SECONDS = 60.0
"""Wall-clock seconds for LibreOffice to convert one legacy file; it takes one to three."""

MAX_MEMORY = 2_000_000_000
"""Bytes of writable memory of a process that reads files."""

MAX_SECOND_READING_SECONDS = 10.0
"""Wall-clock seconds for the second reading of one PDF page, by pdfplumber."""

MAX_SECOND_READING_BYTES = 1_000_000_000
"""Memory that a second reading may take beyond what the process has: pdfminer believes every range a font states."""

MAX_BYTES = 100_000_000
"""Bytes of a file of any format."""

MAX_TEXT_BYTES = 20_000_000
"""Bytes of a plain text or HTML file."""

MAX_PAGES = 600
"""Pages of a PDF."""

MAX_PAGE_GLYPHS = 60_000
"""Characters of one PDF page; a full page of a newspaper has 15,000."""

MAX_PAGE_OBJECTS = 100_000
"""Drawn objects of one PDF page that are looked at, and pieces of one path."""

MAX_PAGE_STROKES = 40_000
"""Drawn lines of one PDF page; more is a map or a chart, read as text only."""

MAX_STREAM_BYTES = 250_000_000
"""Decompressed bytes of one stream of a PDF; an A3 page scanned in colour at 600 dpi has 210 MB."""

MAX_STREAMS_BYTES = 600_000_000
"""Decompressed bytes of all streams of a PDF that are no pictures."""

MAX_FORM_DRAWS = 200_000
"""Objects that a PDF page draws through forms within forms."""

MAX_ARCHIVE_ENTRIES = 5_000
"""Files inside a DOCX."""

MAX_ARCHIVE_BYTES = 600_000_000
"""Declared decompressed bytes of all files inside a DOCX."""

MAX_PART_BYTES = 25_000_000
"""Decompressed bytes of one XML part of a DOCX."""

MAX_TAGS = 600_000
"""Tags of an HTML page or of one XML part of a DOCX; a province's report has some 60,000."""

MAX_ATTRIBUTES = 1_000
"""Attributes of one HTML element: libxml2 compares each with all others."""

MAX_RATIO = 400
"""Decompressed bytes for each compressed byte of a part above `RATIO_FROM_BYTES`; Word's own XML stays below 60."""

RATIO_FROM_BYTES = 10_000_000
"""Parts smaller than this may compress as well as they like."""

MAX_SLOTS = 200_000
"""Rows times columns of one table."""

MAX_COLUMNS = 500
"""Columns of one table; also the widest span believed (the HTML standard stops at 1,000)."""

MAX_DEPTH = 40
"""Tables within tables."""

MAX_METADATA_CHARACTERS = 1_000
"""Characters kept of one metadata value."""

T = TypeVar("T")


class _TimeUp(BaseException):
    """Not an `Exception`, so that no `except Exception` of a library swallows it."""


@contextmanager
def memory_within(extra: int) -> Iterator[None]:
    """A stretch of Python code that may not take more than `extra` bytes beyond what the process has: `MemoryError`.

    Where the system cannot tell or bound its processes' memory, nothing is bound. Not for libraries in C that end the
    process when they get no memory, as PDFium does.
    """
    try:
        import resource

        with open("/proc/self/statm") as statm:
            used = int(statm.read().split()[0]) * resource.getpagesize()
    except (ImportError, OSError):
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    bound = used + extra if soft == resource.RLIM_INFINITY else min(used + extra, soft)
    resource.setrlimit(resource.RLIMIT_AS, (bound, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def within(seconds: float, work: Callable[[], T]) -> T:
    """What `work()` returns; raises `CannotRead("time_limit", …)` once it has taken longer than `seconds`.

    A watching thread raises inside the working one, so it serves in any thread and on any platform, where an alarm
    signal would serve the main thread only. A single call into C is not interrupted: the other bounds keep those short.
    `grant` gives the work more time while it runs.
    """
    worker = threading.get_ident()
    lock, over = threading.Lock(), threading.Event()
    clock = _Clock(seconds)

    def watch() -> None:
        # raised again and again: a library's callback or destructor may have swallowed the first one
        while not over.wait(max(clock.left(), 0.5 if clock.rung else 0.0)):
            with lock:
                if not over.is_set() and clock.left() <= 0:
                    clock.rung = True
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(worker), ctypes.py_object(_TimeUp))

    watcher = threading.Thread(target=watch, daemon=True)
    clocks = _clocks.__dict__.setdefault("running", [])
    clocks.append(clock)
    try:
        watcher.start()
        try:
            return work()
        finally:
            with lock:
                over.set()
                if clock.rung:  # not otherwise: in CPython 3.11 the call leaves every later line a little slower, and
                    # makes a profiler hang
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(worker), None)
            watcher.join()
    except _TimeUp:
        over.set()
        raise CannotRead(
            "time_limit",
            f"reading took longer than {clock.seconds:g} seconds; give the report alone, or save it anew",
        ) from None
    finally:
        clocks.remove(clock)


def grant(seconds: float, most: float) -> None:
    """Give the work that runs in this thread `seconds` more, up to `most` in all."""
    for clock in _clocks.__dict__.get("running", ()):
        clock.seconds = max(clock.seconds, min(clock.seconds + seconds, most))


class _Clock:
    """How long a piece of work may take, from now on."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.rung = False
        self._start = time.monotonic()

    def left(self) -> float:
        return self._start + self.seconds - time.monotonic()


_clocks = threading.local()
