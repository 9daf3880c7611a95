"""The generator's own promises: lawful figures, the same bytes from one seed, a truth that is whole and printed."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from decimal import Decimal
from itertools import product
from pathlib import Path
from random import Random

import pytest

from pipeline import vocabulary
from tests.corpus import CLASSES, DAMAGES, FORMATS, compose
from tests.corpus.figures import broken, draw_figures
from tests.corpus.misprints import KINDS, misprint
from tests.corpus.publishers import all_places, known_places
from tests.corpus.samples import REPORTS, ROOT, reports, samples
from tests.corpus.truth import STATUSES, grid, plain

SHARED = ROOT.parent / "shared"


@pytest.mark.parametrize("template", vocabulary.TEMPLATES)
def test_drawn_figures_satisfy_every_identity(template: str) -> None:
    for seed in range(60):
        figures = draw_figures(Random(seed), template)
        assert list(figures) == grid(template)
        assert broken(template, figures) == []
        assert all(value >= 0 for key, value in figures.items() if key[2] != "change")


def test_misprints_break_what_they_say() -> None:
    met = set()
    for seed in range(200):
        figures = draw_figures(Random(seed), "2021")
        printed, found = misprint(Random(seed), figures, 1)
        for error in found:
            met.add(error.kind)
            assert [printed[key] for key in error.keys] == list(error.printed)
            assert [figures[key] for key in error.keys] == list(error.meant)
            rows = {along for kind, along in broken("2021", printed) if kind in ("row_sum", "review_sum")}
            if error.kind == "cell_and_total":
                assert not rows  # its row still adds up: only the columns of the requests table can tell
            if error.kind != "cell_and_total" or error.keys[0][0] == "requests":
                assert broken("2021", printed)
        touched = {key for error in found for key in error.keys}
        assert {key for key in figures if figures[key] != printed[key]} == touched
    assert met == set(KINDS)


@pytest.mark.parametrize(("format", "difficulty"), list(product(FORMATS, CLASSES)))
def test_truth_is_whole_and_printed(format: str, difficulty: str) -> None:
    for seed in range(3):
        piece = compose(seed, format, difficulty)
        truth = piece.truth
        assert list(truth.cells) == grid(truth.template)
        text = "".join(_text(piece.data, format).split()).replace(",", "").replace("，", "").replace("\u200b", "")
        for key, said in truth.cells.items():
            assert said.status in STATUSES
            assert (said.value is not None) == (said.status == "reported")
            plainly = truth.template == "2021" or key[2] not in ("amount", "change")
            if plainly and key[2] != "amount" and said.value is not None and said.value >= 1000 and said.settled:
                assert _printed(plain(said.value), text), (piece.truth.damage, key, said.value)


def _printed(digits: str, text: str) -> bool:
    """Whether the digits stand in the text in some dress: full-width, or one of them a letter."""
    folded = text.translate(str.maketrans("０１２３４５６７８９OolI〇", "012345678900110"))
    return digits in folded


def _text(data: bytes, format: str) -> str:
    """All text of a document, read without the project's own extractors."""
    if format == "docx":
        from lxml import etree

        xml = zipfile.ZipFile(io.BytesIO(data)).read("word/document.xml")
        return "".join(str(text) for text in etree.fromstring(xml).itertext())
    if format == "pdf":
        import pypdfium2  # type: ignore[import-untyped]

        pages = pypdfium2.PdfDocument(data)
        return "".join(page.get_textpage().get_text_range() for page in pages)
    text = _decoded(data)
    if format in ("html", "markdown_html"):
        from lxml import html

        return "".join(str(part) for part in html.fromstring(text.replace("\n", "")).itertext())
    return text


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def test_same_seed_same_bytes() -> None:
    script = (
        "import hashlib\nfrom tests.corpus import FORMATS, compose\n"
        "for f in FORMATS:\n"
        "    piece = compose(7, f, 'torn')\n"
        "    print(f, hashlib.sha256(piece.data).hexdigest(), hash(str(piece.truth.to_dict())) and piece.truth.damage)"
    )
    environment = os.environ | {"PYTHONHASHSEED": "4321"}
    told = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    here = []
    for format in FORMATS:
        piece = compose(7, format, "torn")
        here.append(f"{format} {hashlib.sha256(piece.data).hexdigest()} {piece.truth.damage}")
    assert told == here


def test_other_seed_other_document() -> None:
    assert compose(1, "flat", "clean").data != compose(2, "flat", "clean").data


@pytest.mark.parametrize("name", list(DAMAGES))
def test_every_damage_finds_its_mark(name: str) -> None:
    pieces = [compose(seed, "markdown_html", "torn", (name,)) for seed in range(12)]
    hit = [piece for piece in pieces if piece.truth.damage == (name,)]
    assert hit
    assert all(list(piece.truth.cells) == grid(piece.truth.template) for piece in hit)


def test_dropped_rows_are_missing_and_nothing_else() -> None:
    for seed in range(12):
        piece = compose(seed, "html", "torn", ("drop_rows",))
        gone = {key[:2] for key, said in piece.truth.cells.items() if said.status == "missing"}
        whole = {key[:2] for key, said in piece.truth.cells.items() if said.status != "missing"}
        assert len(gone) in (1, 2, 3)
        assert not gone & whole
        assert all(said.settled for said in piece.truth.cells.values() if said.status == "blank")


def test_a_lost_cell_is_never_a_number() -> None:
    """Of a row that lost a cell only what every reading agrees on may be asked for: nothing."""
    for seed in range(30):
        piece = compose(seed, "pipes", "torn", ("drop_cell",))
        for key in piece.truth.cells:
            row = [s for k, s in piece.truth.cells.items() if k[:2] == key[:2]]
            if any(s.status == "absent" for s in row):
                assert not any(s.status == "reported" and s.settled for s in row)


def test_hand_kept_places_are_those_of_the_project() -> None:
    table = {(p.code, p.name, p.province, p.prefecture) for p in all_places()}
    assert [p for p in known_places() if (p.code, p.name, p.province, p.prefecture) not in table] == []


def test_the_command_writes_documents_and_their_truth(tmp_path: Path) -> None:
    call = [sys.executable, "-m", "tests.corpus", "--out", str(tmp_path), "--count", "5", "--formats", "flat", "html"]
    subprocess.run(call, cwd=ROOT, check=True, capture_output=True)
    truth = json.loads((tmp_path / "truth.json").read_text("utf-8"))["documents"]
    assert len(truth) == 5
    for name, told in truth.items():
        assert (tmp_path / name).stat().st_size > 1000
        assert len(told["cells"]) == len(grid(told["template"]))


def test_samples_on_disk_are_what_the_command_writes() -> None:
    """By content: another release of a writing library may lay the same document down in other bytes."""
    for source, data in samples().items():
        format = Path(source).suffix.strip(".")
        assert _text((ROOT / source).read_bytes(), format) == _text(data, format), (
            f"{source}: run python -m tests.corpus.samples"
        )


def test_samples_figures_are_those_keyed_by_a_person() -> None:
    if not (SHARED / "truth").is_dir():
        pytest.skip("the hand-keyed cells of the real reports are not beside this checkout")
    for line in reports():
        slug = line["slug"]
        ours = {key: Decimal(value) for key, value in _keyed(REPORTS / slug / "truth.csv").items()}
        real = {key: Decimal(value) for key, value in _keyed(SHARED / "truth" / f"{slug}.csv").items()}
        assert ours == real


def _keyed(path: Path) -> dict[tuple[str, str, str], str]:
    with path.open(encoding="utf-8", newline="") as file:
        return {(r["table_id"], r["row_id"], r["column_id"]): r["value"] for r in csv.DictReader(file)}
