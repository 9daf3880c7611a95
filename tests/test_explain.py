"""What a terminal shows: flags, explanations of a break and claims of the prose at the cells they speak of."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace

from rich.console import Console

from pipeline.explain import show
from pipeline.marks import Marks, ties
from pipeline.model import Claim, Flag
from tests.readers import make, settings_of

TIES = Flag(
    "reconcile_ties",
    "warning",
    "undecided: 2 explanations let every identity hold, the likeliest first",
    "requests",
    suggestion="received.natural_person 10 → 11 (1 read as 0), received.total 60 → 61 | "
    "shifted by one: granted.business 10 → 0, granted.research ? → 10",
    attribution="undecided",
    attribution_reason="several explanations fit",
)


def shown(*flags: Flag, claims: tuple[Claim, ...] | None = None) -> list[str]:
    report = make(hashlib.sha256(b"x").hexdigest(), settings_of("year=2021"))
    report = replace(report, flags=flags, claims=report.claims if claims is None else claims)
    console = Console(file=io.StringIO(), width=200, highlight=False)
    show(report, "x.txt", console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def row(lines: list[str], label: str) -> str:
    return next(line for line in lines if label in line)


def test_every_explanation_of_a_break_stands_at_the_cells_it_changes() -> None:
    lines = shown(TIES, claims=())
    received = row(lines, "一、本年新收")
    assert "(a 11)" in received
    assert "(a 61)" in received
    granted = row(lines, "（一）予以公开")
    assert "(b 0)" in granted
    assert "(b 10)" in granted
    assert "requests (2021) [1]" in "\n".join(lines)
    listed = [line.strip() for line in lines]
    assert "a) received.natural_person 10 → 11 (1 read as 0), received.total 60 → 61" in listed
    assert "b) shifted by one: granted.business 10 → 0, granted.research ? → 10" in listed
    assert "undecided: several explanations fit" in listed


def test_claims_stand_beside_their_cells_and_below() -> None:
    lines = shown()
    assert "¶1" in row(lines, "一、本年新收")
    assert "requests (2021) ¶2" in "\n".join(lines)  # it speaks of no single cell
    at = lines.index(row(lines, "¶1 agrees (as_printed) requests.received.total, page 1, line 4: received 60"))
    assert lines[at + 1].strip() == "「收到申请60件，」"
    assert row(lines, "¶2 not comparable requests, page 1, line 5: granted 78.5%")


def test_a_sentence_with_several_claims_is_quoted_once() -> None:
    report = make(hashlib.sha256(b"x").hexdigest(), settings_of("year=2021"))
    first = report.claims[0]
    lines = shown(claims=(first, replace(first, quantity="carried_in"), replace(first, sentence="另一句")))
    assert sum("「收到申请60件，」" in line for line in lines) == 1
    assert sum("「另一句」" in line for line in lines) == 1


def test_quality_is_shown_with_its_parts() -> None:
    assert "0.45 = text 0.5 × arithmetic 1.0 × cells 0.9" in row(shown(), "quality")


def test_more_explanations_than_letters_are_numbered() -> None:
    many = replace(TIES, suggestion=" | ".join(f"received.total 60 → {n}" for n in range(30)))
    assert [letter for letter, _ in ties(many)] == [str(n) for n in range(1, 31)]
    assert ties(replace(TIES, kind="reconciled")) == ()
    assert Marks([many], ()).at(("requests", "received", "total")).plain.startswith(" (1 0) (2 1)")
