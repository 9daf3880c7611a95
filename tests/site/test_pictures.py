"""Doubtful cells are shown as their source prints them, the cell framed."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from pipeline import ledger
from pipeline.run import run
from pipeline.site import build
from tests.corpus import compose

pytest.importorskip("PIL", reason="pictures need the extra `ocr`")
pytest.importorskip("cv2", reason="pictures need the extra `ocr`")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "raw").mkdir()
    (folder / "raw" / "a.pdf").write_bytes(compose(3, "pdf", "misprinted").data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger, "_YOUNG_NS", -(10**9))  # the file's path is remembered although it is just written
        run([folder / "raw"], folder / "out")
    return folder / "out"


def test_the_frame_is_around_a_cell_with_something_in_it(dataset: Path, tmp_path: Path) -> None:
    from PIL import Image

    build(dataset, tmp_path / "site")
    pictures = sorted((tmp_path / "site/pictures").glob("*.png"))
    assert 1 < len(pictures) <= 12
    (page,) = (tmp_path / "site/reports").glob("*.html")
    text = page.read_text(encoding="utf-8")
    for picture in pictures:
        assert f"../pictures/{picture.name}" in text
        image = Image.open(io.BytesIO(picture.read_bytes())).convert("RGB")
        red = [
            at
            for at in range(image.width * image.height)
            if _is_red(image.getpixel((at % image.width, at // image.width)))
        ]
        columns, rows = [at % image.width for at in red], [at // image.width for at in red]
        inside = image.crop((min(columns) + 6, min(rows) + 6, max(columns) - 6, max(rows) - 6)).convert("L")
        dark = sum(inside.histogram()[:100])
        assert 0 < dark < inside.width * inside.height / 2


def test_no_more_are_drawn_than_asked_for(dataset: Path, tmp_path: Path) -> None:
    build(dataset, tmp_path / "few", pictures=1)
    assert len(list((tmp_path / "few/pictures").glob("*.png"))) == 1
    build(dataset, tmp_path / "none", pictures=0)
    assert not (tmp_path / "none/pictures").exists()


def test_without_the_source_the_site_is_whole(dataset: Path, tmp_path: Path) -> None:
    (dataset.parent / "raw" / "a.pdf").rename(tmp_path / "elsewhere.pdf")
    build(dataset, tmp_path / "site")
    assert not (tmp_path / "site/pictures").exists()
    assert list((tmp_path / "site/reports").glob("*.html"))


def _is_red(pixel: tuple[int, int, int]) -> bool:
    return pixel[0] > 150 and pixel[1] < 90 and pixel[2] < 90
