"""What is kept of a file beside the ledger, and the crop of a page that a reviewer is shown."""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path

import pytest

from extractors.document import Table
from extractors.scan import ocr
from extractors.wanted import page_name
from pipeline import codec
from pipeline.facsimile import NoPicture, crop
from pipeline.intake import this_reader
from pipeline.ledger import Ledger
from pipeline.model import Fact, Report
from pipeline.run import run
from pipeline.shelf import FOLDER, Kept, trim
from tests.extractors.scanned import HERE

SHA = "ab" + "0" * 62
needs_ocr = pytest.mark.skipif(not ocr.is_available(), reason="the extra gongkai[ocr] is not installed")


def test_a_shelf_gives_back_what_was_put(tmp_path: Path) -> None:
    shelf = Kept(str(tmp_path / "kept"), SHA)
    assert shelf.get("page-1.jpg") is None
    shelf.put("page-1.jpg", b"one")
    shelf.put("page-1.jpg", b"another")
    assert shelf.get("page-1.jpg") == b"another"
    assert [path.name for path in (tmp_path / "kept" / "ab" / SHA).iterdir()] == ["page-1.jpg"]
    for name in ("../x", "a/b", "", ".hidden", "A"):
        with pytest.raises(ValueError, match="cannot lie on a shelf"):
            shelf.put(name, b"")
    with pytest.raises(ValueError, match="cannot lie on a shelf"):
        Kept(str(tmp_path), "../..").get("page-1.jpg")


def test_a_full_disk_keeps_nothing_and_fails_nothing(tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"a file where the folder should be")
    shelf = Kept(str(tmp_path / "kept"), SHA)
    shelf.put("page-1.jpg", b"one")
    assert shelf.get("page-1.jpg") is None


def test_what_has_lain_longest_goes_first(tmp_path: Path) -> None:
    shas = [f"{number:02x}" + "0" * 62 for number in range(5)]
    for number, sha256 in enumerate(shas):
        Kept(str(tmp_path), sha256).put("page-1.jpg", b"x" * 100)
        os.utime(tmp_path / sha256[:2] / sha256 / "page-1.jpg", (1000 - number, 1000 - number))
    trim(tmp_path, 500)
    assert len(list(tmp_path.glob("??/*"))) == 5
    trim(tmp_path, 400)  # down to nine tenths of it
    assert sorted(path.name for path in tmp_path.glob("??/*")) == shas[:3]
    trim(tmp_path / "none", 0)


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of one scanned page; its source lies beside it."""
    if not ocr.is_available():
        pytest.skip("the extra gongkai[ocr] is not installed")
    folder = tmp_path_factory.mktemp("scanned")
    (folder / "in").mkdir()
    source = folder / "in" / "page.png"
    shutil.copy(HERE / "scanned_page.png", source)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.ledger._YOUNG_NS", 0)  # the copy is too young else to be remembered
        run([folder / "in"], folder / "out", over=lambda function, jobs: [(job, function(job)) for job in jobs])
    return folder


def fact_of(folder: Path) -> tuple[str, Fact]:
    """A published number of several digits, and the sha256 of its source."""
    with Ledger(folder / "out" / ".gongkai" / "ledger.sqlite") as ledger:
        (sha256,) = ledger.documents(this_reader().document_version)
        ((_, payload, _),) = ledger.reports([sha256], this_reader().report_version)
    facts = codec.loads(Report, payload).facts
    return sha256, next(fact for fact in facts if fact.value is not None and fact.value > 9999)


def read(png: bytes) -> str:
    """What stands in a crop, without the lines around its cell."""
    import numpy as np
    from PIL import Image

    picture = Image.open(io.BytesIO(png))
    inset = round(picture.width * 0.17)
    pixels = np.asarray(picture.resize((picture.width * 2, picture.height * 2)))[
        2 * inset : -2 * inset, 2 * inset : -2 * inset
    ]
    return ocr.recognise([np.ascontiguousarray(pixels)])[0].text


@pytest.mark.slow
def test_a_reviewer_is_shown_the_page_beside_the_number(scanned: Path) -> None:
    sha256, fact = fact_of(scanned)
    assert fact.page == 1
    assert fact.bbox is not None
    kept = scanned / "out" / ".gongkai" / FOLDER / sha256[:2] / sha256 / page_name(1)
    assert kept.stat().st_size < 200_000
    assert read(crop(scanned / "out", sha256, 1, fact.bbox)) == str(fact.value)
    whole = crop(scanned / "out", sha256, 1)
    assert len(whole) > 10_000


@pytest.mark.slow
def test_what_is_no_longer_kept_is_drawn_from_the_source(scanned: Path) -> None:
    sha256, fact = fact_of(scanned)
    kept = scanned / "out" / ".gongkai" / FOLDER / sha256[:2] / sha256 / page_name(1)
    small = crop(scanned / "out", sha256, 1, fact.bbox)
    kept.write_bytes(b"damaged")
    drawn = crop(scanned / "out", sha256, 1, fact.bbox)
    assert read(drawn) == str(fact.value)
    assert drawn != small
    with pytest.raises(NoPicture, match="no page 2"):
        crop(scanned / "out", sha256, 2)
    with pytest.raises(NoPicture, match="no longer lies"):
        crop(scanned / "out", SHA, 1)
    with pytest.raises(NoPicture):
        crop(scanned / "out", "../..", 1)


def test_a_page_of_text_is_drawn_as_it_is_displayed(tmp_path: Path) -> None:
    pytest.importorskip("cv2")
    import extractors
    from extractors.scan import facsimile
    from tests.extractors import forge

    printer = forge.Printer()
    printer.form(forge.form(8), forge.WIDTHS)
    data = printer.done()
    (table,) = [block for block in extractors.extract(data).blocks if isinstance(block, Table)]
    cell = next(cell for cell in table.cells if cell.text.isdigit() and len(cell.text) == 4)
    assert cell.bbox is not None
    from PIL import Image

    shown = Image.open(io.BytesIO(facsimile.crop(data, 1, cell.bbox)))
    assert shown.width == pytest.approx((cell.bbox[2] - cell.bbox[0] + 12) / 72 * 200, abs=3)
    assert shown.getextrema()[0] < 100
