"""docs/flags.md: every kind of flag with an example, and examples of single values that are true."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from pipeline import vocabulary
from pipeline.numerals import read_numeral

PAGE = Path(__file__).parents[1] / "docs" / "flags.md"
ROWS = {
    row[1]: (row[2], row[3])
    for row in re.finditer(r"^\| `(\w+)` \| (.+?) \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
}


def test_every_kind_has_an_example_and_says_what_follows() -> None:
    assert sorted(ROWS) == sorted(vocabulary.flag_kinds())
    for example, published in ROWS.values():
        assert len(example) > 2
        assert len(published) > 8


@pytest.mark.parametrize(
    "kind",
    [
        "unit_converted", "unit_assumed", "sign_normalised", "footnote_in_cell", "blank_cell", "not_a_number",
        "split_digits", "chinese_numeral", "implausible", "fullwidth_digit", "confusable_character",
    ],
)  # fmt: skip
def test_examples_of_values_are_read_as_the_page_says(kind: str) -> None:
    example, published = ROWS[kind]
    text = re.findall(r"`([^`]+)`", example)[0]
    unit = "CNY_10k" if kind.startswith("unit") else "count"
    found = read_numeral(text, signed=kind == "sign_normalised", unit=unit)
    value = re.search(r"`value` (-?[\d.]+)", published)
    assert found.value == (None if value is None else Decimal(value[1]))
    if status := re.search(r"`status` (\w+)", published):
        assert found.status == status[1]
    if kind != "blank_cell":  # which the alignment flags
        assert kind in [doubt for doubt, _, _ in found.doubts]
