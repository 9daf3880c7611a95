"""Legacy Word (.doc, .wps), RTF and OpenDocument text → Document, through LibreOffice where it is installed.

LibreOffice converts the file to DOCX, which `docx` reads. It runs as a process of its own, in a session of its own with
a profile folder of its own, so that workers do not wait for each other; without macros, without a network proxy to
reach, under a time limit, and it is killed with all its children when that is over.
"""

from __future__ import annotations

import os
import shutil
import signal
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache
from pathlib import Path

from extractors import limits
from extractors.archive import Package
from extractors.document import CannotRead, Document
from extractors.wanted import PLAIN, Shelf, Wanted

INSTALL = "install LibreOffice (Debian: apt install libreoffice-writer-nogui), or save the file as DOCX"

_OLE = b"\xd0\xcf\x11\xe0"
_PREFIX = "gongkai-"
_KEPT = "converted.docx"
_NAMES = ("soffice", "libreoffice")
_FORMS = {
    b"{\\rtf": (".rtf", "Rich Text Format"),
    b"PK\x03\x04": (".odt", "writer8"),
    b"<?xml": (".xml", "MS Word 2003 XML"),
}
_WORD_97 = 0xC1  # the version that a Word file of 1997 or later states
_SECURITY = "/org.openoffice.Office.Common/Security/Scripting"
_LOADING = "/org.openoffice.Office.Writer/Content/Update"
_SETTINGS = (
    (_SECURITY, "MacroSecurityLevel", "3"),
    (_SECURITY, "DisableMacrosExecution", "true"),
    (_SECURITY, "BlockUntrustedRefererLinks", "true"),
    (_SECURITY, "DisableActiveContent", "true"),
    (_LOADING, "Link", "0"),
    ("/org.openoffice.Office.Common/Misc", "UseLocking", "false"),
)


@cache
def program() -> str | None:
    """Where LibreOffice is; None where it is not on the PATH."""
    return next((path for name in _NAMES if (path := shutil.which(name)) is not None), None)


def extract(data: bytes, wanted: Wanted = PLAIN) -> Document:
    """The document that LibreOffice makes of a legacy file.

    Raises `CannotRead`: `needs_libreoffice` (it is not installed), `time_limit`, `damaged`, and what `docx` raises.
    """
    from extractors import docx

    kept = wanted.shelf.get(_KEPT) if wanted.shelf is not None else None
    if kept is not None:
        try:
            return replace(docx.extract(kept, wanted), format="doc")
        except CannotRead as error:
            if error.code != "damaged":
                raise
    return replace(docx.extract(_as_docx(data, wanted.shelf), wanted), format="doc")


def _as_docx(data: bytes, shelf: Shelf | None) -> bytes:
    _refuse_locked(data)
    where = program()
    if where is None:
        raise CannotRead("needs_libreoffice", f"a legacy Word, RTF or OpenDocument file; to read it, {INSTALL}")
    limits.grant(limits.MAX_CONVERSION_SECONDS, limits.MAX_SECONDS + limits.MAX_CONVERSION_SECONDS)
    made = _converted(where, data)
    if shelf is not None:
        shelf.put(_KEPT, made)
    return made


def _converted(where: str, data: bytes) -> bytes:
    """The file as DOCX."""
    with tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        suffix, reader = _form(data)
        source = root / f"report{suffix}"
        source.write_bytes(data)
        profile = root / "profile"
        _write_settings(profile)
        command = [
            where,
            f"-env:UserInstallation={profile.as_uri()}",
            "--headless",
            "--invisible",
            "--norestore",
            "--nolockcheck",
            "--nodefault",
            *([f"--infilter={reader}"] if reader else []),
            "--convert-to",
            "docx:MS Word 2007 XML",
            "--outdir",
            str(root / "out"),
            str(source),
        ]
        guard = shutil.which("timeout")
        if guard is not None:  # it outlives a worker that is killed, and then kills what the worker had started
            command = [guard, "--signal=KILL", f"{limits.MAX_CONVERSION_SECONDS + 5:g}", *command]
        with _running(command, root) as process:
            try:
                process.wait(limits.MAX_CONVERSION_SECONDS)
            except subprocess.TimeoutExpired:
                raise CannotRead(
                    "time_limit",
                    f"LibreOffice took longer than {limits.MAX_CONVERSION_SECONDS:g} seconds; save the file as DOCX",
                ) from None
        made = root / "out" / "report.docx"
        if not made.is_file():
            raise CannotRead("damaged", "LibreOffice cannot open the file; save it as DOCX or PDF where it opens")
        if made.stat().st_size > limits.MAX_BYTES:
            raise CannotRead("too_large", "the converted file is too large; save it as DOCX without its pictures")
        return made.read_bytes()


@contextmanager
def _running(command: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process with its own session and no surroundings of ours; whatever of it is left at the end is killed."""
    surroundings = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "SAL_USE_VCLPLUGIN": "svp",
        # a proxy that answers nothing: a linked picture is not fetched
        "http_proxy": "http://127.0.0.1:9",
        "https_proxy": "http://127.0.0.1:9",
        "no_proxy": "",
    }
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=surroundings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _form(data: bytes) -> tuple[str, str | None]:
    """The ending for a file's name, and the one filter of LibreOffice's that may read it: left to guess, it takes what
    is torn for plain text. None for Word before 1997, whose versions it tells better."""
    for start, form in _FORMS.items():
        if data.startswith(start):
            return form
    header = _word_header(data)
    return ".doc", "MS Word 97" if header is None or header[0] >= _WORD_97 else None


def _word_header(data: bytes) -> tuple[int, bool] | None:
    """The version that a Word file states, and whether it is locked by a password; None where there is no telling.

    Source: [MS-CFB] 2.6 (directory entries), [MS-DOC] 2.5.2 (FibBase).
    """
    entry = data.find("WordDocument".encode("utf-16-le"))
    try:
        (shift,) = struct.unpack_from("<H", data, 30)
        (sector,) = struct.unpack_from("<I", data, entry + 116)
        magic, version, flags = struct.unpack_from("<HH6xH", data, (sector + 1) << min(shift, 12))
    except struct.error:
        return None
    return (version, bool(flags & 0x0100)) if magic == 0xA5EC and entry >= 0 else None


def _refuse_locked(data: bytes) -> None:
    """Raise `CannotRead("encrypted", …)` for a file that its password hides."""
    if data.startswith(b"PK\x03\x04"):
        locked = b"encryption-data" in (Package(data).read("META-INF/manifest.xml") or b"")
    else:
        header = _word_header(data) if data.startswith(_OLE) else None
        locked = header is not None and header[1]
    if locked:
        raise CannotRead("encrypted", "a document locked by a password; save it without one")


def _write_settings(profile: Path) -> None:
    items = "".join(
        f'<item oor:path="{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
        for path, name, value in _SETTINGS
    )
    folder = profile / "user"
    folder.mkdir(parents=True)
    (folder / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">'
        f"{items}</oor:items>",
        encoding="utf-8",
    )
