"""A report's flags and claims as its page lists them: alike ones together, each with the cells that it speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from pipeline import vocabulary
from pipeline.site.dataset import Row

Place = tuple[str, str, str]  # table_id, row_id, column_id; empty where a doubt is about more

RANK = {"error": 2, "warning": 1, "info": 0, "": -1}
_CHANGE = re.compile(r"([a-z_]+)\.([a-z_]+) (\d+|\?) → (\d+)")


@dataclass(frozen=True, slots=True)
class Doubt:
    """A flag: `number` is its position in the published table, `ties` are the explanations that it suggests."""

    number: int
    kind: str
    severity: str
    message: str
    observed: str
    expected: str
    excerpt: str
    where: str
    attribution: str
    attribution_reason: str
    ties: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Part:
    """The doubts of one kind that are laid to the same fault for the same reason, those with one message together."""

    attribution: str
    reason: str
    messages: tuple[tuple[str, tuple[Doubt, ...]], ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """The doubts of one kind and severity. `number` is what marks them in the tables."""

    number: int
    kind: str
    severity: str
    gloss_zh: str
    gloss: str
    parts: tuple[Part, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Told:
    """A claim of the prose."""

    number: int
    sentence: str
    value: str
    unit: str
    verdict: str
    convention: str
    place: Place


def doubts_of(flags: Iterable[Row]) -> tuple[Doubt, ...]:
    """Every flag of a report, numbered as published."""
    return tuple(
        Doubt(
            number,
            flag["kind"],
            flag["severity"],
            flag["message"],
            flag["observed"],
            flag["expected"],
            flag["excerpt"],
            f"p. {flag['page']}" if flag["page"] else f"l. {flag['line']}" if flag["line"] else "",
            flag["attribution"],
            flag["attribution_reason"],
            tuple(flag["suggestion"].split(" | ")) if flag["suggestion"] else (),
            (flag["table_id"], flag["row_id"], flag["column_id"]),
        )
        for number, flag in enumerate(flags, 1)
    )


def kinds_of(doubts: Sequence[Doubt]) -> tuple[Kind, ...]:
    """The doubts by kind, the gravest first, else as published."""
    known = vocabulary.flag_kinds()
    found: dict[tuple[str, str], list[Doubt]] = {}
    for doubt in sorted(doubts, key=lambda one: (-RANK.get(one.severity, 0), one.number)):
        found.setdefault((doubt.severity, doubt.kind), []).append(doubt)
    return tuple(
        Kind(
            number,
            kind,
            severity,
            known[kind].gloss_zh if kind in known else kind,
            known[kind].gloss if kind in known else kind,
            _parts(theirs),
            len(theirs),
        )
        for number, ((severity, kind), theirs) in enumerate(found.items(), 1)
    )


def _parts(doubts: Iterable[Doubt]) -> tuple[Part, ...]:
    found: dict[tuple[str, str], dict[str, list[Doubt]]] = {}
    for doubt in doubts:
        messages = found.setdefault((doubt.attribution, doubt.attribution_reason), {})
        messages.setdefault(doubt.message, []).append(doubt)
    return tuple(
        Part(attribution, reason, tuple((message, tuple(theirs)) for message, theirs in messages.items()))
        for (attribution, reason), messages in found.items()
    )


def claims_of(claims: Iterable[Row]) -> tuple[Told, ...]:
    """Every claim of a report's prose, numbered as published."""
    return tuple(
        Told(
            number,
            claim["sentence"],
            claim["value"],
            claim["unit"],
            claim["verdict"],
            claim["convention"],
            (claim["table_id"], claim["row_id"], claim["column_id"]),
        )
        for number, claim in enumerate(claims, 1)
    )


def sentences_of(claims: Sequence[Told]) -> tuple[tuple[str, tuple[Told, ...]], ...]:
    """The sentences that tell numbers, in reading order, each with its claims."""
    return tuple((sentence, tuple(told)) for sentence, told in groupby(claims, key=lambda one: one.sentence))


def changes(doubt: Doubt) -> Iterator[tuple[str, str, str]]:
    """The cells that the explanations of a broken sum change: row_id, column_id, and the number they give it."""
    if doubt.kind == "reconcile_ties":
        for tie in doubt.ties:
            for row_id, column_id, _, value in _CHANGE.findall(tie):
                yield row_id, column_id, value
