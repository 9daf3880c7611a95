"""A report's quality: three shares, each of its own kind of doubt."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from extractors.document import Document
from extractors.text import extract
from pipeline.model import Fact, Flag, Quality
from pipeline.noise import noise
from pipeline.quality import quality
from tests.readers import facts_of
from tests.spoiled import CLEAN


def test_lines_with_noise_count_against_the_text() -> None:
    document = extract("\n\n".join(CLEAN[:9]) + "\n\nTKERA AT MUXXZ RRBTH\n")
    assert quality(document, [], []) == Quality(1.0, 1.0, 1.0)
    assert quality(document, [], noise(document)) == Quality(0.9, 1.0, 1.0)
    assert quality(Document("text", ()), [], []) == Quality(1.0, 1.0, 1.0)


def test_another_way_to_write_the_same_character_does_not_count() -> None:
    document = extract("全县共收到申请３２件。\n\n全部按期答复。\n")
    wide = Flag("fullwidth_digit", "info", "full-width digits", line=1)
    assert quality(document, [], [wide]).text == 1.0
    assert quality(document, [], [wide, Flag("garbled_text", "warning", "garbled", line=1)]).text == 0.5


def test_broken_identities_and_absent_cells_count_against_the_tables() -> None:
    document = Document("text", ())
    facts = [with_value(fact, Decimal(0)) for fact in facts_of("2021", {}) if fact.table_id == "requests"]
    whole = quality(document, facts, [])
    assert (whole.text, whole.arithmetic) == (1.0, 1.0)
    assert 0 < whole.cells < 1  # two of three tables are not there
    wrong = [with_value(fact, Decimal(1)) if fact.key[1:] == ("granted", "business") else fact for fact in facts]
    broken = quality(document, wrong, [])
    assert 0.9 < broken.arithmetic < 1  # two of 37 identities
    assert broken.cells == whole.cells
    torn = [replace(fact, status="missing", value=None) if fact.row_id == "received" else fact for fact in facts]
    missing = quality(document, torn, [])
    assert missing.arithmetic == 1.0  # what is not there cannot be wrong
    assert missing.cells < whole.cells
    blank = quality(document, [replace(f, status="blank", value=None) for f in facts], [])
    assert blank.cells == round(whole.cells / 2, 4)


def test_the_product_is_what_is_published() -> None:
    assert Quality(0.9, 0.5, 0.5).product == 0.225


def with_value(fact: Fact, value: Decimal) -> Fact:
    return replace(fact, status="reported", value=value, value_reconciled=value)
