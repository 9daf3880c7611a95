"""The corpus as files: every format and class from one seed, with what each file says.

Besides the formats of tests/corpus: `doc`, Word documents saved by LibreOffice in the format of Word 97, and `scan`,
pages that are pictures, as an office scanner leaves them. Besides its classes: `shifted`, rows whose cells moved.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.corpus import CLASSES, FORMATS, Piece, Truth, compose

SHIFTED = "shifted"
SHIFTS = ("add_cell", "shift_left", "span_off")
ALL_CLASSES = (*CLASSES[:3], SHIFTED, *CLASSES[3:])
SCAN, LEGACY = "scan", "doc"
ALL_FORMATS = (*FORMATS, LEGACY, SCAN)
_SCAN_CLASSES = CLASSES[:2]
_DPIS = (200, 300, 150)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One file: how to draw it again, what it is, where it lies, what it says. `pages` where the format has them."""

    name: str
    format: str
    difficulty: str
    path: Path
    truth: Truth
    pages: int | None


def missing(format: str) -> str | None:
    """Why documents of a format cannot be made on this machine; None where they can."""
    if format == LEGACY and shutil.which("soffice") is None:
        return "LibreOffice (soffice) is not installed"
    if format == SCAN:
        from tests.corpus.render_scan import fonts

        if not fonts():
            return "no Chinese font to print with (Debian: fonts-arphic-uming, fonts-wqy-zenhei)"
    return None


def draw(folder: Path, count: int, seed: str, formats: Sequence[str], classes: Sequence[str]) -> list[Drawn]:
    """Writes `count` documents of each format below `folder`, dealt out over the classes that the format has."""
    drawn: list[Drawn] = []
    for format in formats:
        place = folder / format
        place.mkdir(parents=True, exist_ok=True)
        here: list[Drawn] = []
        for number in range(count):
            mine = [name for name in classes if format != SCAN or name in _SCAN_CLASSES] or list(_SCAN_CLASSES)
            difficulty = mine[number % len(mine)]
            found = _piece(f"{seed}.{number}", format, difficulty)
            if found is None:
                continue
            name, piece = found
            path = place / f"{number:04d}_{difficulty}{piece.suffix}"
            path.write_bytes(piece.data)
            here.append(Drawn(name, format, difficulty, path, piece.truth, _pages(piece)))
        drawn += list(_saved_as_doc(here, place)) if format == LEGACY else here
    return drawn


def _piece(seed: str, format: str, difficulty: str) -> tuple[str, Piece] | None:
    """A document and how to draw it; None where the format cannot show a shift."""
    if format == SCAN:
        from tests.corpus.render_scan import compose_scan, draw_conditions

        number = int(seed.rpartition(".")[2])
        kind = "clean" if number // 3 % 3 == 0 else "office"
        conditions = draw_conditions(Random(seed), _DPIS[number % len(_DPIS)], kind)
        return f"compose_scan('{seed}', '{difficulty}', {conditions})", compose_scan(seed, difficulty, conditions)
    base = "docx" if format == LEGACY else format
    if difficulty == SHIFTED:
        piece = compose(seed, base, "torn", SHIFTS)
        return (f"compose('{seed}', '{base}', 'torn', {SHIFTS})", piece) if piece.truth.damage else None
    return f"compose('{seed}', '{base}', '{difficulty}')", compose(seed, base, difficulty)


def _pages(piece: Piece) -> int | None:
    if not piece.data.startswith(b"%PDF"):
        return None
    import pypdfium2

    pdf = pypdfium2.PdfDocument(piece.data)
    try:
        return len(pdf)
    finally:
        pdf.close()


def _saved_as_doc(drawn: Sequence[Drawn], place: Path) -> Iterator[Drawn]:
    """The Word documents saved as Word 97 did, all in one start of LibreOffice; those that it lost are left out."""
    if not drawn:
        return
    with tempfile.TemporaryDirectory() as profile:
        command = ["soffice", "--headless", f"-env:UserInstallation=file://{profile}", "--convert-to", "doc"]
        files = [str(one.path) for one in drawn]
        subprocess.run(
            [*command, "--outdir", str(place), *files], check=True, capture_output=True, timeout=60 + 5 * len(files)
        )
    for one in drawn:
        one.path.unlink()
        path = one.path.with_suffix(".doc")
        if path.exists():
            yield Drawn(f"{one.name} as .doc", LEGACY, one.difficulty, path, one.truth, None)
