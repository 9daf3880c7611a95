"""What is told of a scanned page before and beside recognition: paper, rulings, ink, and the witness of its digits."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from random import Random

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from extractors.ruling import Grid, grids_of
from extractors.scan.glyphs import witnesses
from extractors.scan.inkcells import Strip, may_hold, strips, text_height
from extractors.scan.pagegrid import Sheet, rulings, upright
from extractors.scan.paper import skew_of

DPI = 200.0
WIDE, HIGH, ROW, COLUMN, LEFT, TOP = 1000, 900, 60, 120, 100, 100


def page(texts: Sequence[Sequence[str]], at: Callable[[str], int] | None = None, wall: int = 2) -> Image.Image:
    """A table of figures in cells of 120 × 60 pixels, centred, or so many pixels from their left walls."""
    sheet = Image.new("L", (WIDE, HIGH), 250)
    draw = ImageDraw.Draw(sheet)
    face = ImageFont.load_default(30)
    for r, row in enumerate(texts):
        for c, text in enumerate(row):
            x, y = LEFT + c * COLUMN, TOP + r * ROW
            draw.rectangle((x, y, x + COLUMN, y + ROW), outline=0, width=wall)
            left = (COLUMN - draw.textlength(text, face)) / 2 if at is None else at(text)
            draw.text((x + left, y + ROW / 2), text, 0, face, anchor="lm")
    return sheet


def read(picture: Image.Image) -> tuple[Sheet, Grid, list[list[Strip]]]:
    sheet = upright(np.asarray(picture), DPI)
    (grid,) = grids_of(*rulings(sheet), 8.0)
    return sheet, grid, strips(sheet, grid, text_height(sheet))


def figures(rows: int, columns: int, seed: int = 1) -> list[list[str]]:
    rng = Random(seed)
    return [[str(rng.randint(10, 9999)) for _ in range(columns)] for _ in range(rows)]


@pytest.mark.parametrize("angle", [-1.9, -0.6, -0.15, 0.0, 0.1, 1.2])
def test_the_angle_of_a_page_is_told_to_a_tenth_of_a_degree(angle: float) -> None:
    turned = page(figures(10, 6)).rotate(angle, Image.Resampling.BICUBIC, fillcolor=250)
    assert skew_of(np.asarray(turned)) == pytest.approx(-angle, abs=0.11)


def test_the_black_of_a_scanners_lid_does_not_tell_the_angle() -> None:
    askew = page(figures(10, 6)).rotate(1.0, Image.Resampling.BICUBIC, fillcolor=250)
    ImageDraw.Draw(askew).rectangle((0, 0, 25, HIGH), fill=10)
    ImageDraw.Draw(askew).rectangle((0, 0, WIDE, 20), fill=10)
    sheet, grid, _ = read(askew)
    assert sheet.skew == pytest.approx(-1.0, abs=0.06)
    assert (len(grid.ys) - 1, len(grid.xs) - 1) == (10, 6)


def test_a_streak_of_the_lamp_is_no_wall_and_leaves_a_doubt() -> None:
    picture = page(figures(10, 6))
    for x in (140, 395):
        ImageDraw.Draw(picture).line((x, 0, x, HIGH), fill=120, width=2)
    sheet, grid, cells = read(picture)
    assert (len(grid.ys) - 1, len(grid.xs) - 1) == (10, 6)
    struck = {box.col for box, (line,) in zip(grid.boxes, cells, strict=True) if line.foreign}
    assert struck <= {0, 2}
    assert 2 in struck
    blank = page([["", "", "", ""]] * 6)
    ImageDraw.Draw(blank).line((395, 0, 395, HIGH), fill=120, width=2)
    sheet, grid, cells = read(blank)
    assert not any(cells)
    assert [may_hold(sheet, grid.bounds(box), 21.0) for box in grid.boxes[:4]] == [False, False, True, False]


def test_a_hairline_is_a_ruling_and_a_line_of_text_is_none() -> None:
    pale = page(figures(10, 6), wall=1)
    pixels = np.asarray(pale).astype(int)
    lines = np.zeros(pixels.shape, bool)
    lines[TOP : TOP + 10 * ROW + 1 : ROW, LEFT : LEFT + 6 * COLUMN] = True
    lines[TOP : TOP + 10 * ROW, LEFT : LEFT + 6 * COLUMN + 1 : COLUMN] = True
    faint = np.where(lines, 215, pixels).astype(np.uint8)
    sheet = upright(faint, DPI)
    (grid,) = grids_of(*rulings(sheet), 8.0)
    assert (len(grid.ys) - 1, len(grid.xs) - 1, len(grid.boxes)) == (10, 6, 60)
    prose = Image.new("L", (WIDE, HIGH), 250)
    for row in range(20):
        ImageDraw.Draw(prose).text((60, 40 + 40 * row), "HEAEFTLHEEFTTLLEHHFE" * 2, 0, ImageFont.load_default(30))
    assert not grids_of(*rulings(upright(np.asarray(prose), DPI)), 8.0)


def test_a_table_that_runs_to_the_edge_of_the_page_is_no_black_rim() -> None:
    cropped = page(figures(10, 6)).crop((LEFT, TOP, LEFT + 6 * COLUMN + 1, TOP + 10 * ROW + 1))
    sheet = upright(np.asarray(cropped), DPI)
    across, down = rulings(sheet)
    assert len(across) >= 11
    assert len(down) >= 7


@pytest.mark.parametrize("distance", [4, 6, 8, 12])
def test_a_digit_close_to_a_wall_is_no_part_of_it(distance: int) -> None:
    """A 1 is as straight and as thin as a ruling."""
    _, _, cells = read(page([["1", "12", "111", "41"]] * 4, at=lambda _: distance))
    for cell in cells:
        (line,) = cell
        assert len(line.shapes) == {0: 1, 1: 2, 2: 3, 3: 2}[cells.index(cell) % 4]


def test_a_wall_that_runs_beside_its_place_is_no_digit() -> None:
    """Two tables under each other share the lines of one grid, though their columns differ by a pixel or five."""
    picture = page([["", "7"]] * 6)
    draw = ImageDraw.Draw(picture)
    for row in range(2, 4):  # the wall of two rows stands further to the right
        top = TOP + row * ROW + 3
        draw.rectangle((LEFT + COLUMN - 3, top, LEFT + COLUMN + 12, top + ROW - 6), fill=250)
        draw.rectangle((LEFT + COLUMN + 5, top - 3, LEFT + COLUMN + 6, top + ROW), fill=0)
    _, grid, cells = read(picture)
    for box, cell in zip(grid.boxes, cells, strict=True):
        assert [len(line.shapes) for line in cell] == ([1] if box.col == 1 else [])


def test_rulings_askew_by_a_little_leave_no_ink_in_blank_cells() -> None:
    askew = page([["", "", ""]] * 8).rotate(0.25, Image.Resampling.NEAREST, fillcolor=250)
    sheet = Sheet(np.asarray(askew), np.asarray((np.asarray(askew) < 128) * 255, np.uint8), DPI)
    (grid,) = grids_of(*rulings(sheet), 8.0)
    assert not any(strips(sheet, grid, 21.0))


def stamped(picture: Image.Image, quality: int) -> np.ndarray:
    """A red star and ring over the table, through JPEG."""
    colour = picture.convert("RGB")
    layer = Image.new("RGB", colour.size, (255, 255, 255))
    draw = ImageDraw.Draw(layer)
    draw.ellipse((250, 150, 580, 480), outline=(210, 40, 60), width=4)
    draw.regular_polygon((415, 310, 70), 5, fill=(210, 40, 60))
    blended = np.minimum(np.asarray(colour), np.asarray(layer))
    buffer = io.BytesIO()
    Image.fromarray(blended).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(io.BytesIO(buffer.getvalue())).convert("RGB"))


@pytest.mark.parametrize("quality", [40, 90])
def test_rulings_under_a_red_stamp_are_found(quality: int) -> None:
    sheet = upright(stamped(page(figures(10, 6), wall=1), quality), DPI)
    (grid,) = grids_of(*rulings(sheet), 8.0)
    assert (len(grid.ys) - 1, len(grid.xs) - 1, len(grid.boxes)) == (10, 6, 60)


def test_a_figure_printed_in_red_is_not_taken_for_nothing() -> None:
    picture = page([["", "7"]] * 6).convert("RGB")
    draw = ImageDraw.Draw(picture)
    draw.text((LEFT + 50, TOP + ROW / 2), "3", (210, 40, 60), ImageFont.load_default(30), anchor="lm")
    sheet = upright(np.asarray(picture), DPI)
    (grid,) = grids_of(*rulings(sheet), 8.0)
    held = [may_hold(sheet, grid.bounds(box), text_height(sheet)) for box in grid.boxes if box.col == 0]
    assert held == [True] + [False] * 5


def test_a_figure_paler_than_ink_is_not_taken_for_nothing() -> None:
    picture = page([["", "7"]] * 6)
    ImageDraw.Draw(picture).text((LEFT + 50, TOP + ROW / 2), "3", 205, ImageFont.load_default(30), anchor="lm")
    sheet, grid, cells = read(picture)
    assert not cells[0]
    held = [may_hold(sheet, grid.bounds(box), text_height(sheet)) for box in grid.boxes if box.col == 0]
    assert held == [True] + [False] * 5


def test_print_too_small_to_read_is_no_dash() -> None:
    picture = page([["7", "12"]] * 6)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((LEFT + 10, TOP + 10, LEFT + COLUMN - 10, TOP + ROW - 10), fill=250)
    for place in range(10):  # characters of four pixels, two of which touch
        draw.rectangle((LEFT + 20 + 7 * place, TOP + 28, LEFT + 23 + 7 * place + 3 * (place == 4), TOP + 32), fill=0)
    _, _, cells = read(picture)
    (line,) = cells[0]
    assert line.mark == ""
    assert len(line.shapes) >= 9


def test_points_and_crumbs_are_seen_beside_the_characters() -> None:
    _, _, cells = read(page([["12.5", "1,234", "125", "88"]] * 3))
    assert [cell[0].points for cell in cells] == [1, 1, 0, 0] * 3
    assert not any(cell[0].frayed for cell in cells)
    picture = page([["12.5", "1,234", "125", "88"]] * 3)
    ImageDraw.Draw(picture).rectangle((LEFT + 3 * COLUMN + 38, TOP + 27, LEFT + 3 * COLUMN + 40, TOP + 29), fill=0)
    _, _, cells = read(picture)
    assert [cell[0].frayed for cell in cells] == [False, False, False, True] + [False] * 8


def test_a_digit_unlike_its_namesakes_is_gainsaid() -> None:
    """An 8 that the recogniser calls 3, and a 4 that it calls 1, among figures that it read right."""
    texts = figures(12, 6)
    texts[5][3], texts[7][2] = "80", "415"
    sheet, _, cells = read(page(texts))
    told = [text for row in texts for text in row]
    told[5 * 6 + 3], told[7 * 6 + 2] = "30", "115"
    said = witnesses(sheet, [cell[0] for cell in cells], told, [text not in ("30", "115") for text in told])
    for index, witness in enumerate(said):
        assert witness is not None
        if index in (5 * 6 + 3, 7 * 6 + 2):
            assert witness.lead < 0
            assert witness.text == {"30": "80", "115": "415"}[told[index]]
        else:
            assert (witness.is_whole, witness.text) == (True, "")
            assert witness.likeness > 0.9
            assert witness.lead > 0.05


def test_digits_without_namesakes_have_no_witness() -> None:
    sheet, _, cells = read(page([["0", "7"], ["0", "0"], ["0", "0"]]))
    told = ["0", "7", "0", "0", "0", "0"]
    said = witnesses(sheet, [cell[0] for cell in cells], told, [True] * 6)
    assert said[0] is not None
    assert said[0].is_whole
    assert said[1] is not None
    assert not said[1].is_whole
    short = witnesses(sheet, [cell[0] for cell in cells], ["00", *told[1:]], [True] * 6)
    assert short[0] is None  # two digits were read where one shape stands
