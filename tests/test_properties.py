"""What was drawn comes back, in every format; of what was damaged comes the same number or an honest absence.

Each property runs over a few seeds by default and over many under `-m slow`. `python -m benchmarks.accuracy` measures
the same over whole corpora and lists every fault.
"""

from __future__ import annotations

from functools import cache
from itertools import product

import pytest

import pipeline
from tests.corpus import CLASSES, DAMAGES, FORMATS, compose
from tests.corpus.others import KINDS, compose_other
from tests.corpus.samples import ROOT, printed, reports
from tests.corpus.score import Score, score

FEW = range(2)
MANY = range(100, 125)
# Damage after which every number that still stands in the document is bound to its cell or to none, never to another.
BINDING = (
    "drop_rows", "drop_cell", "add_cell", "shift_left", "span_off", "swap_rows", "repeat_row", "drop_labels",
    "drop_groups", "tear_labels", "misread_labels", "page_row", "join_group",
)  # fmt: skip


@cache
def _scored(seed: int, format: str, difficulty: str, damage: tuple[str, ...] = ()) -> Score:
    piece = compose(seed, format, difficulty, damage)
    return score(piece.truth, pipeline.read_report(piece.data))


def _comes_back(seed: int, format: str, difficulty: str) -> None:
    judged = _scored(seed, format, difficulty)
    assert [cell.told() for cell in judged.cells if cell.verdict != "right"] == []
    assert (judged.template, judged.year, judged.code, judged.publisher) == (True, True, True, True)


def _never_another_number(seed: int, format: str, difficulty: str, damage: tuple[str, ...] = ()) -> None:
    judged = _scored(seed, format, difficulty, damage)
    assert [cell.told() for cell in judged.silent] == []
    if damage and damage[0] in BINDING:
        settled = [cell for cell in judged.cells if cell.truth is not None and cell.truth.settled]
        assert [cell.told() for cell in settled if cell.verdict == "wrong"] == []


@pytest.mark.parametrize(("format", "seed"), list(product(FORMATS, FEW)))
def test_a_clean_report_comes_back(format: str, seed: int) -> None:
    _comes_back(seed, format, "clean")


@pytest.mark.parametrize(("format", "seed"), list(product(FORMATS, FEW)))
def test_a_varied_report_comes_back(format: str, seed: int) -> None:
    _comes_back(seed, format, "varied")


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("difficulty", ["torn", "misprinted"])
def test_damage_never_makes_another_number(format: str, difficulty: str) -> None:
    for seed in FEW:
        _never_another_number(seed, format, difficulty)


@pytest.mark.parametrize("name", list(DAMAGES))
def test_each_damage_alone_never_makes_another_number(name: str) -> None:
    for seed, format in enumerate(("docx", "pipes", "flat")):
        _never_another_number(seed, format, "torn", (name,))


@pytest.mark.parametrize("kind", list(KINDS))
def test_what_is_no_annual_report_yields_no_facts(kind: str) -> None:
    for seed, format in enumerate(("docx", "html", "pipes")):
        document = compose_other(seed, format, kind)
        report = pipeline.read_report(document.data)
        assert report.identity.document_type == document.document_type
        assert report.facts == ()
        assert [(t.group, t.task, t.requirement, t.responsible) for t in report.tasks] == list(document.tasks)


@pytest.mark.parametrize("line", reports(), ids=lambda line: line["slug"])
def test_the_samples_are_read_as_printed(line: dict[str, str]) -> None:
    report = pipeline.read_report((ROOT / line["source"]).read_bytes())
    identity = report.identity
    assert (identity.jurisdiction_code, str(identity.year)) == (line["jurisdiction_code"], line["year"])
    assert identity.publisher in (line["publisher"], *line["publisher_also"].split(";"))
    assert (identity.publisher_kind, report.template) == (line["publisher_kind"], line["template"])
    told = {fact.key: fact.value_raw for fact in report.facts if fact.status == "reported"}
    assert {key: text.strip() for key, text in told.items() if text is not None} == printed(line["slug"])


@pytest.mark.slow
@pytest.mark.parametrize(("format", "difficulty"), list(product(FORMATS, CLASSES)))
def test_many_seeds(format: str, difficulty: str) -> None:
    right = cells = 0
    for seed in MANY:
        if difficulty == "clean":
            _comes_back(seed, format, difficulty)
        _never_another_number(seed, format, difficulty)
        judged = _scored(seed, format, difficulty)
        right, cells = right + judged.exact, cells + len(judged.cells)
    # Cells left blank for 0 and lost header words leave honest absences; their share is bounded, not their place.
    assert right >= {"clean": 1.0, "varied": 0.95}.get(difficulty, 0.85) * cells


@pytest.mark.slow
@pytest.mark.parametrize(("name", "format"), list(product(DAMAGES, FORMATS)))
def test_each_damage_in_each_format(name: str, format: str) -> None:
    wrong = cells = 0
    for seed in range(6):
        judged = _scored(seed, format, "torn", (name,))
        assert [cell.told() for cell in judged.silent] == []
        wrong += sum(1 for c in judged.cells if c.verdict == "wrong" and c.truth is not None and c.truth.settled)
        cells += len(judged.cells)
    # Over all formats a torn label can bind another row's figures; they carry a warning, and there are few of them.
    assert wrong <= 0.05 * cells
