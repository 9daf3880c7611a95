"""Legacy Word, RTF and OpenDocument through LibreOffice, where it is installed."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

import extractors
import pipeline
from extractors import doc, limits
from extractors.document import CannotRead
from tests.corpus import compose
from tests.corpus.score import score

FILTERS = {"doc": "doc:MS Word 97", "rtf": "rtf", "odt": "odt"}
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


def test_without_libreoffice_the_reason_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doc, "program", lambda: None)
    with pytest.raises(CannotRead, match="apt install libreoffice") as caught:
        extractors.extract(RTF)
    assert caught.value.code == "needs_libreoffice"


def test_a_conversion_that_hangs_is_killed_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = tmp_path / "left"
    hanging = tmp_path / "soffice"
    hanging.write_text(f"#!/bin/sh\n(sleep 3; touch {left}) &\nsleep 60\n", encoding="utf-8")
    hanging.chmod(0o755)
    monkeypatch.setattr(doc, "program", lambda: str(hanging))
    monkeypatch.setattr(limits, "MAX_CONVERSION_SECONDS", 0.5)
    start = time.monotonic()
    with pytest.raises(CannotRead) as caught:
        extractors.extract(RTF)
    assert caught.value.code == "time_limit"
    assert time.monotonic() - start < 3
    time.sleep(3.2)
    assert not left.exists()


@needs_libreoffice
@pytest.mark.parametrize(
    "kind", ["doc", pytest.param("rtf", marks=pytest.mark.slow), pytest.param("odt", marks=pytest.mark.slow)]
)
def test_a_report_saved_in_a_legacy_format_gives_the_same_facts(kind: str, tmp_path: Path) -> None:
    piece = compose("legacy", "docx", "clean")
    report = pipeline.read_report(converted(piece.data, kind, tmp_path))
    assert report.format == "doc"
    found = score(piece.truth, report)
    assert found.exact == len(found.cells)
    assert found.code
    assert found.year
    assert found.publisher
