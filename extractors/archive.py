"""ZIP packages (DOCX, and what only looks like one) under the bounds of `limits`."""

from __future__ import annotations

import io
import zipfile
import zlib

from extractors import limits
from extractors.document import CannotRead


class Package:
    """A ZIP archive whose table of contents has been found harmless; parts are read one at a time, bounded.

    Raises `CannotRead`: `damaged` for a torn archive, `too_large` for a bomb, `encrypted` for locked parts.
    """

    def __init__(self, data: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            entries = self._zip.infolist()
        except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError, UnicodeError) as error:
            raise CannotRead(
                "damaged",
                "a torn ZIP package (a DOCX cut off while copying?); fetch it again or save it anew in Word",
            ) from error
        self._entries = {entry.filename.replace("\\", "/").lstrip("/"): entry for entry in entries}
        if len(entries) > limits.MAX_ARCHIVE_ENTRIES:
            raise CannotRead(
                "too_large",
                f"the package holds {len(entries)} files; no report needs more than "
                f"{limits.MAX_ARCHIVE_ENTRIES}: a ZIP bomb?",
            )
        total = sum(entry.file_size for entry in entries)
        if total > limits.MAX_ARCHIVE_BYTES or any(map(_is_bomb, entries)):
            raise CannotRead(
                "too_large",
                f"the package would swell to {total // 1_000_000} MB when unpacked: a ZIP bomb? "
                "Save it anew in Word if it is a report",
            )

    def names(self) -> list[str]:
        return list(self._entries)

    def read(self, name: str) -> bytes | None:
        """The bytes of a part, None when the package has none of that name."""
        entry = self._entries.get(name)
        if entry is None:
            return None
        if entry.flag_bits & 0x1:
            raise CannotRead("encrypted", f"the package's part {name} is locked by a password; save it without one")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise CannotRead(
                "unsupported",
                f"the part {name} is packed by a method that no office program uses; save the file anew in Word",
            )
        if entry.file_size > limits.MAX_PART_BYTES:
            raise CannotRead(
                "too_large",
                f"the part {name} has {entry.file_size // 1_000_000} MB of XML; the bound is "
                f"{limits.MAX_PART_BYTES // 1_000_000} MB",
            )
        try:
            with self._zip.open(entry) as part:
                return part.read(limits.MAX_PART_BYTES + 1)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            NotImplementedError,
            RuntimeError,
            ValueError,
        ) as error:
            raise CannotRead(
                "damaged",
                f"the package's part {name} cannot be unpacked ({error}); fetch the file again or save it anew in Word",
            ) from error


def _is_bomb(entry: zipfile.ZipInfo) -> bool:
    if entry.file_size < limits.RATIO_FROM_BYTES:
        return False
    return entry.file_size > limits.MAX_RATIO * max(entry.compress_size, 1)
