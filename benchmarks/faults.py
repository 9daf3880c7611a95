"""Drawn lawful reports with faults put in before they take their format, and what the pipeline makes of them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from typing import ParamSpec, TypeVar
from unittest.mock import patch

from pipeline import read as way
from pipeline import vocabulary
from pipeline.checks import suspects
from pipeline.model import Report
from pipeline.reconcile import attribute, reconcile
from tests.corpus import CLASSES, FORMATS, Key, Truth, compose
from tests.corpus.blocks import Block, Heading, Para, Sheet
from tests.corpus.grids import Spot, change
from tests.corpus.misprints import KINDS, misprint
from tests.corpus.render import RENDERERS, Renderer
from tests.corpus.truth import plain

P = ParamSpec("P")
R = TypeVar("R")
Figures = dict[Key, Decimal]
Printed = dict[Key, Decimal | None]  # None for a cell left empty
Fault = Callable[[Random, Figures, bool], Printed]  # whether the format keeps empty cells → the cells that change

QUICK = tuple(name for name in FORMATS if name not in ("docx", "pdf"))  # milliseconds to draw and to read
TOGETHER = "cell_and_total"
ALIKE = {"0": "8", "1": "7", "3": "8", "5": "6", "6": "0", "7": "1", "8": "3", "9": "0"}
SUMS = ("row_sum", "column_sum", "balance", "review_sum")
EXPLAINED = re.compile(r"([a-z_0-9]+)\.([a-z_]+) (?:\?|\d+) → (\d+)")


@dataclass(frozen=True, slots=True)
class Lawful:
    """A lawful report that has not yet taken its format. `truth` is what its tables say, and were meant to say."""

    seed: str
    truth: Truth
    blocks: tuple[Block, ...]
    title: str
    renderer: Renderer

    @classmethod
    def draw(cls, seed: str, format: str) -> Lawful:
        base = RENDERERS[format](Random(f"{seed}/habits"), CLASSES[0])
        kept: list[tuple[list[Block], str]] = []

        def keep(rng: Random, blocks: list[Block], title: str) -> bytes:
            kept.append((blocks, title))
            return b""

        piece = compose(seed, format, CLASSES[0], renderer=replace(base, render=keep))
        ((blocks, title),) = kept
        return cls(seed, piece.truth, tuple(blocks), title, base)

    @property
    def figures(self) -> Figures:
        return {key: said.value for key, said in self.truth.cells.items() if said.value is not None}

    def data(self, printed: Mapping[Key, Decimal | None] | None = None, prose: tuple[str, ...] = ()) -> bytes:
        """The document, with other texts in the cells of `printed` and with paragraphs after its first section's."""
        texts = {key: "" if value is None else plain(value) for key, value in (printed or {}).items()}

        def put(spot: Spot) -> Spot:
            return replace(spot, text=texts[spot.key]) if spot.key in texts else spot

        blocks = [replace(b, grid=change(b.grid, put)) if isinstance(b, Sheet) and texts else b for b in self.blocks]
        section = next(n for n, b in enumerate(blocks) if isinstance(b, Heading) and "总体情况" in b.text)
        blocks[section + 2 : section + 2] = [Para(text) for text in prose]
        return self.renderer.render(Random(f"{self.seed}/render"), blocks, self.title)


def single(table_id: str) -> Fault:
    """One wrong number under an identity of a table: nudged, misread, a digit lost or doubled, a total left 0, …"""

    def fault(rng: Random, figures: Figures, keeps_empty: bool) -> Printed:
        cells = {key: value for key, value in figures.items() if key[0] == table_id}
        while True:
            kind = rng.choice([*(kind for kind in KINDS if kind != TOGETHER), "misread"])
            edits = _misread(rng, cells) if kind == "misread" else KINDS[kind](rng, cells)
            if edits and edits[0][1] != figures[edits[0][0]]:
                return dict(edits)

    return fault


def _misread(rng: Random, cells: Figures) -> list[tuple[Key, Decimal]]:
    """One digit of a number taken for one of like shape."""
    key = rng.choice(list(cells))
    digits = plain(cells[key])
    places = [n for n, digit in enumerate(digits) if digit in ALIKE]
    if not places:
        return []
    n = rng.choice(places)
    return [(key, Decimal(digits[:n] + ALIKE[digits[n]] + digits[n + 1 :]))]


def together(rng: Random, figures: Figures, keeps_empty: bool) -> Printed:
    """A cell of the requests table and the total of its row, wrong by the same amount: the row still adds up."""
    return dict(KINDS[TOGETHER](rng, {key: value for key, value in figures.items() if key[0] == "requests"}))


def shifted(rng: Random, figures: Figures, keeps_empty: bool) -> Printed:
    """A row of the requests table moved by one cell; what is free then is 0, empty, or its neighbour once more."""
    rows = [key[1] for key, value in figures.items() if key[0] == "requests" and key[2] == "total" and value]
    if not rows:
        return {}
    row_id = rng.choice(rows)
    row = {key: value for key, value in figures.items() if key[:2] == ("requests", row_id)}
    values = list(row.values())
    left = rng.random() < 0.5
    free = rng.choice([Decimal(0), values[-1 if left else 0], *([None] if keeps_empty else [])])
    moved = [*values[1:], free] if left else [free, *values[:-1]]
    return {key: value for key, value in zip(row, moved, strict=True) if value != row[key]}


def several(rng: Random, figures: Figures, keeps_empty: bool) -> Printed:
    """Two to four errors of any kind, anywhere under an identity."""
    printed, _ = misprint(rng, figures, rng.randint(2, 4))
    return {key: value for key, value in printed.items() if value != figures[key]}


def breaks(template: str, figures: Mapping[Key, Decimal | None]) -> set[tuple[str, Key]]:
    """The identities that break as printed, as (kind, the cell at which they are flagged): the contract's rule."""
    found = set()
    for table_id in vocabulary.TABLES:
        for equation in vocabulary.equations(template, table_id):
            left, right = ([figures[table_id, r, c] for r, c in side] for side in (equation.left, equation.right))
            if None not in right and sum(v or 0 for v in left) != sum(v or 0 for v in right):
                found.add((equation.kind, (table_id, *equation.right[0])))
    return found


@dataclass(slots=True)
class Clock:
    """Processor seconds of the stages that are timed."""

    seconds: float = 0.0

    def timed(self, function: Callable[P, R]) -> Callable[P, R]:
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            start = time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds += time.process_time() - start

        return run


@contextmanager
def reconciliation() -> Iterator[Clock]:
    """Times what reconciliation adds to the way of a document: the search, the warnings it leaves, the attribution."""
    clock = Clock()
    with (
        patch.object(way, "reconcile", clock.timed(reconcile)),
        patch.object(way, "suspects", clock.timed(suspects)),
        patch.object(way, "attribute", clock.timed(attribute)),
    ):
        yield clock


@dataclass(frozen=True, slots=True)
class Reading:
    """A document as read: how to draw it again, and processor seconds for the whole and for reconciliation."""

    name: str
    report: Report
    seconds: float
    reconciling: float


def read(name: str, data: bytes) -> Reading:
    with reconciliation() as clock:
        start = time.process_time()
        report = way.read_report(data)
        return Reading(name, report, time.process_time() - start, clock.seconds)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a report with faults in the cells `wrong`. `broken`: some identity breaks as printed, and no cell
    is empty (the reader itself may find the place of such a row); `seen`: each of these identities is flagged, and no
    other; `warned`: each wrong number carries a warning; `right`: all numbers are put right; `listed`: they are, or one
    listed explanation does it; `false`: repairs that are not true, in words."""

    reading: Reading
    broken: bool
    seen: bool
    warned: bool
    right: bool
    listed: bool
    false: tuple[str, ...]
    wrong: tuple[Key, ...]


def judge(lawful: Lawful, changed: Printed, reading: Reading) -> Outcome:
    meant, report = lawful.figures, reading.report
    due = breaks(lawful.truth.template, {**meant, **changed})
    flagged = {
        (flag.kind, (flag.table_id, flag.row_id, flag.column_id))
        for flag in report.flags
        if flag.kind in SUMS and flag.severity == "error"
    }
    found = {fact.key: fact.value_reconciled for fact in report.facts}
    right = all(found.get(key) == value for key, value in meant.items())
    return Outcome(
        reading,
        bool(due) and None not in changed.values(),
        flagged == due,
        all(_warned(report, key) for key in changed),
        right,
        right or any({key: meant[key] for key in changed} == tie for tie in ties(report)),
        tuple(false_repairs(meant, report)),
        tuple(changed),
    )


def ties(report: Report) -> Iterator[Figures]:
    """Each explanation that the flags list, as the numbers that it puts into cells."""
    for flag in report.flags:
        if flag.kind == "reconcile_ties" and flag.suggestion and flag.table_id:
            for one in flag.suggestion.split(" | "):
                yield {(flag.table_id, r, c): Decimal(value) for r, c, value in EXPLAINED.findall(one)}


def false_repairs(meant: Mapping[Key, Decimal], report: Report) -> Iterator[str]:
    """Proven numbers that are neither the printed nor the true one."""
    for fact in report.facts:
        proven = fact.value_reconciled
        if proven is not None and proven != fact.value and fact.key in meant and proven != meant[fact.key]:
            yield f"{'/'.join(fact.key)}: printed {fact.value_raw!r}, repaired to {proven}, meant {meant[fact.key]}"


def _warned(report: Report, key: Key) -> bool:
    return any(
        flag.severity in ("warning", "error")
        and flag.table_id == key[0]
        and flag.row_id in (None, key[1])
        and flag.column_id in (None, key[2])
        for flag in report.flags
    )
