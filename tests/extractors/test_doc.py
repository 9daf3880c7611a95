"""Legacy Word, RTF and OpenDocument through LibreOffice, where it is installed."""

from __future__ import annotations

import io
import os
import socketserver
import struct
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import extractors
import pipeline
from extractors import doc, limits
from extractors.document import CannotRead, Document, Paragraph
from extractors.wanted import Wanted
from pipeline.shelf import Kept
from tests.corpus import compose
from tests.corpus.score import score
from tests.extractors.pictured import as_docx, png

FILTERS = {"doc": "doc:MS Word 97", "rtf": "rtf", "odt": "odt", "xml": "xml:MS Word 2003 XML"}
needs_libreoffice = pytest.mark.skipif(doc.program() is None, reason="LibreOffice is not on the PATH")
RTF = rb"{\rtf1\ansi text}"


def converted(data: bytes, kind: str, folder: Path) -> bytes:
    """A DOCX saved by LibreOffice in a legacy format."""
    source = folder / "report.docx"
    source.write_bytes(data)
    profile = (folder / "profile").as_uri()
    command = [str(doc.program()), f"-env:UserInstallation={profile}", "--headless", "--convert-to", FILTERS[kind]]
    subprocess.run([*command, "--outdir", str(folder), str(source)], check=True, capture_output=True, timeout=120)
    return (folder / f"report.{kind}").read_bytes()


@pytest.fixture(scope="module")
def word(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A report as a Word 97 file."""
    return converted(compose("legacy", "docx", "clean").data, "doc", tmp_path_factory.mktemp("word"))


def texts(document: Document) -> list[str]:
    return [block.text for block in document.blocks if isinstance(block, Paragraph)]


def at_work() -> list[str]:
    """The command lines of this machine's processes that convert a file for us."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if "-env:UserInstallation" in command and f"/gongkai-{os.getpid()}-" in command:
            found.append(command)
    return found


# without LibreOffice


def test_without_libreoffice_the_reason_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doc, "program", lambda: None)
    with pytest.raises(CannotRead, match="apt install libreoffice") as caught:
        extractors.extract(RTF)
    assert caught.value.code == "needs_libreoffice"


def hanging(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / "soffice"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(doc, "program", lambda: str(program))
    monkeypatch.setattr(limits, "MAX_CONVERSION_SECONDS", 0.5)


@pytest.mark.slow
def test_a_conversion_that_hangs_is_killed_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = tmp_path / "left"
    hanging(tmp_path, f"(sleep 3; touch {left}) &\nsleep 60", monkeypatch)
    start = time.monotonic()
    with pytest.raises(CannotRead) as caught:
        extractors.extract(RTF)
    assert caught.value.code == "time_limit"
    assert time.monotonic() - start < 3
    time.sleep(3.2)
    assert not left.exists()


def test_its_surroundings_are_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this process's environment, a home of its own, and nothing left behind."""
    monkeypatch.setenv("SECRET_OF_OURS", "4711")
    seen = tmp_path / "seen"
    hanging(tmp_path, f"(env; pwd; echo $*) > {seen}", monkeypatch)
    with pytest.raises(CannotRead) as caught:
        extractors.extract(RTF)
    assert caught.value.code == "damaged"
    told = seen.read_text(encoding="utf-8")
    assert "4711" not in told
    home = next(line for line in told.splitlines() if line.startswith("HOME="))[5:]
    assert f"-env:UserInstallation={Path(home).as_uri()}/profile" in told
    assert "--infilter=Rich Text Format" in told
    assert not Path(home).exists()


def test_a_kept_conversion_spares_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Kept(str(tmp_path), "ab" + "0" * 62)
    shelf.put("converted.docx", as_docx(["正文"]))
    monkeypatch.setattr(doc, "program", lambda: None)
    assert texts(extractors.extract(RTF, Wanted(shelf=shelf))) == ["正文"]
    shelf.put("converted.docx", b"PK\x03\x04 torn on the disk")
    with pytest.raises(CannotRead) as caught:  # it is made anew
        extractors.extract(RTF, Wanted(shelf=shelf))
    assert caught.value.code == "needs_libreoffice"


def word_header(version: int = 0x00C1, flags: int = 0) -> bytes:
    """An OLE file of which only the places are right that tell a Word document's version and lock."""
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(22) + struct.pack("<H", 9) + bytes(480)
    entry = "WordDocument".encode("utf-16-le").ljust(116, b"\0") + struct.pack("<I", 1) + bytes(392)
    return head + entry + struct.pack("<HH6xH", 0xA5EC, version, flags) + bytes(500)


def test_a_locked_document_is_told_before_it_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doc, "program", lambda: pytest.fail("it was to be converted"))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        package.writestr("content.xml", b"locked")
        package.writestr("META-INF/manifest.xml", "<m:file-entry><m:encryption-data/></m:file-entry>")
    for data in (word_header(flags=0x0100), buffer.getvalue()):
        with pytest.raises(CannotRead, match="password") as caught:
            extractors.extract(data)
        assert caught.value.code == "encrypted"


def test_which_filter_reads_a_file() -> None:
    assert doc._form(word_header(0x0101)) == (".doc", "MS Word 97")
    assert doc._form(word_header(0x0068)) == (".doc", None)  # Word 95: LibreOffice tells its versions itself
    assert doc._form(word_header()[:600]) == (".doc", "MS Word 97")
    assert doc._form(RTF) == (".rtf", "Rich Text Format")
    assert not doc._word_header(b"\xd0\xcf\x11\xe0")


# with it


@pytest.mark.slow
@needs_libreoffice
@pytest.mark.parametrize(
    "kind", ["doc", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("rtf", "odt", "xml"))]
)
def test_a_report_saved_in_a_legacy_format_gives_the_same_facts(kind: str, word: bytes, tmp_path: Path) -> None:
    piece = compose("legacy", "docx", "clean")
    report = pipeline.read_report(word if kind == "doc" else converted(piece.data, kind, tmp_path))
    assert report.format == "doc"
    found = score(piece.truth, report)
    assert found.exact == len(found.cells)
    assert found.code
    assert found.year
    assert found.publisher


@needs_libreoffice
@pytest.mark.slow
def test_a_torn_file_is_not_taken_for_text(word: bytes) -> None:
    for data in (word[:9000], word_header(0x0101) + "正文".encode("gb18030") * 500):
        with pytest.raises(CannotRead) as caught:
            extractors.extract(data)
        assert caught.value.code == "damaged"


@pytest.mark.slow
@needs_libreoffice
@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="no /proc to look for processes in")
def test_nothing_of_libreoffice_outlives_its_time(word: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doc, "_PREFIX", f"gongkai-{os.getpid()}-")
    monkeypatch.setattr(limits, "MAX_CONVERSION_SECONDS", 0.6)
    watched: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            watched.append(len(at_work()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with pytest.raises(CannotRead) as caught:
            extractors.extract(word)
    finally:
        over.set()
        watcher.join()
    assert caught.value.code == "time_limit"
    assert max(watched) >= 1
    assert at_work() == []


@pytest.fixture
def web() -> Iterator[tuple[str, list[bytes]]]:
    """A server on this machine: its address, and the requests that reach it."""
    requests: list[bytes] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            requests.append(self.request.recv(2000).split(b"\r\n")[0])
            self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", requests
        server.shutdown()


NAMES = 'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dom="http://www.w3.org/2001/xml-events"' + "".join(
    f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{kind}:1.0"'
    for name, kind in {
        "office": "office",
        "text": "text",
        "draw": "drawing",
        "svg": "svg-compatible",
        "script": "script",
    }.items()
)


def odt(body: str, scripts: str = "", **parts: str) -> bytes:
    files = {"content.xml": ""} | {
        name.replace("__", "/").replace("_", "-") + ".xml": text for name, text in parts.items()
    }
    files["content.xml"] = (
        f'<?xml version="1.0"?><office:document-content {NAMES} office:version="1.2">{scripts}'
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )
    manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    entries = "".join(f'<m:file-entry m:full-path="{name}" m:media-type="text/xml"/>' for name in files)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        package.writestr(
            "META-INF/manifest.xml",
            f'<m:manifest xmlns:m="{manifest}" m:version="1.2"><m:file-entry m:full-path="/" '
            f'm:media-type="application/vnd.oasis.opendocument.text"/>{entries}</m:manifest>',
        )
        for name, text in files.items():
            package.writestr(name, text)
    return buffer.getvalue()


@needs_libreoffice
@pytest.mark.slow
def test_a_linked_picture_is_not_fetched(web: tuple[str, list[bytes]]) -> None:
    address, requests = web
    linked = "".join(
        '<draw:frame svg:width="5cm" svg:height="5cm" text:anchor-type="as-char">'
        f'<draw:image xlink:href="{place}/x.png" xlink:type="simple"/></draw:frame>'
        for place in (address, address.replace("127.0.0.1", "localhost"))
    )
    section = f'<text:section text:name="S"><text:section-source xlink:href="{address}/s.odt"/><text:p>旧</text:p>'
    data = odt(f"<text:p>正文{linked}</text:p>{section}</text:section>")
    assert texts(extractors.extract(data)) == ["正文", "旧"]
    assert requests == []


@needs_libreoffice
@pytest.mark.slow
def test_a_macro_is_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    library = 'xmlns:library="http://openoffice.org/2000/library"'
    source = f"Sub Main\nOpen &quot;{mark}&quot; For Output As #1\nPrint #1, &quot;x&quot;\nClose #1\nEnd Sub"
    listener = (
        '<office:scripts><office:event-listeners><script:event-listener script:language="ooo:script" '
        'script:event-name="dom:load" xlink:type="simple" xlink:href="vnd.sun.star.script:Standard.Module1.Main'
        '?language=Basic&amp;location=document"/></office:event-listeners></office:scripts>'
    )
    data = odt(
        "<text:p>正文</text:p>",
        listener,
        Basic__script_lc=f'<library:libraries {library}><library:library library:name="Standard" library:link="false"/>'
        "</library:libraries>",
        Basic__Standard__script_lb=f'<library:library {library} library:name="Standard" library:readonly="false" '
        'library:passwordprotected="false"><library:element library:name="Module1"/></library:library>',
        Basic__Standard__Module1='<script:module xmlns:script="http://openoffice.org/2000/script" '
        f'script:name="Module1" script:language="StarBasic">{source}</script:module>',
    )
    assert texts(extractors.extract(data)) == ["正文"]
    assert not mark.exists()


@needs_libreoffice
@pytest.mark.slow
def test_conversions_do_not_wait_for_each_other(word: bytes) -> None:
    """Two at once, each with a profile of its own, both succeed."""
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(extractors.extract, [word, word])
    assert first == second


@needs_libreoffice
@pytest.mark.slow
def test_a_picture_within_a_legacy_file_is_listed(tmp_path: Path) -> None:
    import docx

    from tests.extractors.scanned import page

    made = docx.Document()
    made.add_paragraph("前文")
    made.add_picture(io.BytesIO(png(page().crop((80, 120, 1560, 860)))), width=docx.shared.Inches(6))
    made.add_paragraph("后文")
    buffer = io.BytesIO()
    made.save(buffer)
    document = extractors.extract(converted(buffer.getvalue(), "doc", tmp_path))
    assert texts(document) == ["前文", "后文"]
    assert [picture.after for picture in document.pictures] == [1]


@pytest.mark.slow
@pytest.mark.skipif(doc.shutil.which("timeout") is None, reason="coreutils' timeout is not there")
def test_a_conversion_ends_even_when_its_worker_is_killed(tmp_path: Path) -> None:
    left = tmp_path / "left"
    program = tmp_path / "soffice"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/begun\nsleep 9\ntouch {left}\n", encoding="utf-8")
    program.chmod(0o755)
    code = (
        "from extractors import doc, limits\n"
        f"doc.program = lambda: {str(program)!r}\n"
        "limits.MAX_CONVERSION_SECONDS = 0.5\n"
        "import subprocess\n"
        "subprocess.Popen.wait = lambda *_: __import__('time').sleep(60)\n"
        f"doc.extract({RTF!r})\n"
    )
    worker = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2])
    while not (tmp_path / "begun").exists():
        assert worker.poll() is None
        time.sleep(0.05)
    worker.kill()
    worker.wait()
    time.sleep(10)
    assert not left.exists()
