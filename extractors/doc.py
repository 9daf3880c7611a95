"""Legacy Word (.doc, .wps), RTF and OpenDocument text → Document, through LibreOffice where it is installed.

LibreOffice converts the file to DOCX, which `docx` reads. It runs as a process of its own, in a session of its own with
a profile folder of its own, so that workers do not wait for each other; without macros, without a network proxy to
reach, under a time limit, and it is killed with all its children when that is over.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache
from pathlib import Path

from extractors import limits
from extractors.document import CannotRead, Document

INSTALL = "install LibreOffice (Debian: apt install libreoffice-writer-nogui), or save the file as DOCX"

_NAMES = ("soffice", "libreoffice")
_SUFFIXES = {b"{\\rtf": ".rtf", b"PK\x03\x04": ".odt", b"<?xml": ".xml"}
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


def extract(data: bytes) -> Document:
    """The document that LibreOffice makes of a legacy file.

    Raises `CannotRead`: `needs_libreoffice` (it is not installed), `time_limit`, `damaged`, and what `docx` raises.
    """
    from extractors import docx

    where = program()
    if where is None:
        raise CannotRead("needs_libreoffice", f"a legacy Word, RTF or OpenDocument file; to read it, {INSTALL}")
    limits.grant(limits.MAX_CONVERSION_SECONDS, limits.MAX_SECONDS + limits.MAX_CONVERSION_SECONDS)
    return replace(docx.extract(_converted(where, data)), format="doc")


def _converted(where: str, data: bytes) -> bytes:
    """The file as DOCX."""
    with tempfile.TemporaryDirectory(prefix="gongkai-", ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        source = root / f"report{_suffix(data)}"
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


def _suffix(data: bytes) -> str:
    """A name's ending that tells LibreOffice which of its filters to try first."""
    return next((suffix for start, suffix in _SUFFIXES.items() if data.startswith(start)), ".doc")


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
