"""What the prose claims about the tables' numbers, as data, and where no convention makes both agree.

Conventions of counting differ between reports: 受理 may be what came in, or that and what was carried over; 答复 may
leave out the carried-over. They are declared in conventions.csv; a claim agrees if one of them makes it agree, and the
claim names it. What is told of a part (办公室, 信函) is not compared, what is told vaguely only if it agrees. Only
what is told of the whole and fits no convention raises `narrative_mismatch`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from extractors.document import Document
from pipeline import vocabulary
from pipeline.model import Claim, Fact, Flag, Identity
from pipeline.narrative.mentions import Mention, mentions
from pipeline.narrative.passages import passages
from pipeline.narrative.table_values import Key, TableValues
from pipeline.narrative.told import BRANCHES, REVIEWS

_APPLICANTS = {
    "person": ("natural_person",),
    "organisation": ("business", "research", "public_interest", "legal_service", "other_organisation"),
    "business": ("business",),
}
_DOCUMENTS = {  # what was done to documents, and the columns of either form that may count it
    "issue": ("issued", "created", "disclosed", "total_disclosed", "in_force"),
    "repeal": ("repealed",),
    "in_force": ("in_force", "total_disclosed"),
}
_TOTAL = "total"
_EXCERPT, _BEFORE = 80, 50  # characters quoted, and those of them before the number


@dataclass(frozen=True, slots=True)
class _Reckoning:
    """What a convention makes of the table: `cells` added, `less` taken away."""

    convention: str
    cells: tuple[Key, ...]
    less: tuple[Key, ...] = ()


def claims(document: Document, facts: Sequence[Fact], identity: Identity) -> tuple[list[Claim], list[Flag]]:
    """The claims of a report's prose against its facts, in reading order, and a flag for each that nothing explains."""
    if not facts:
        return [], []
    told = mentions(passages(document), identity)
    table = TableValues(facts)
    found: list[Claim] = []
    flags: list[Flag] = []
    parts = {(m.quantity, m.result, m.value) for m in told if m.unit == "count" and m.scope != "whole" and m.value}
    for mention in told:
        claim, cells = _judge(mention, table, parts)
        found.append(claim)
        if claim.verdict == "disagrees":
            for flag in _flags(mention, claim, cells, table):
                if all((flag.table_id, flag.row_id, flag.column_id, flag.observed) != _subject(f) for f in flags):
                    flags.append(flag)
    return found, flags


def numbers_told(told: Sequence[Claim], facts: Sequence[Fact]) -> dict[Key, set[int]]:
    """What the prose says of single cells: the claims that equal their cell, and those that fit no convention."""
    printed = {fact.key: fact.value for fact in facts}
    found: dict[Key, set[int]] = {}
    for claim in told:
        if claim.unit != "count" or claim.table_id is None or claim.row_id is None or claim.column_id is None:
            continue
        key = (claim.table_id, claim.row_id, claim.column_id)
        if claim.verdict == "disagrees" or (claim.verdict == "agrees" and claim.value == printed.get(key)):
            found.setdefault(key, set()).add(int(claim.value))
    return found


def _subject(flag: Flag) -> tuple[str | None, str | None, str | None, str | None]:
    return flag.table_id, flag.row_id, flag.column_id, flag.observed


@cache
def _conventions() -> dict[str, tuple[tuple[str, str, str, str], ...]]:
    found: dict[str, list[tuple[str, str, str, str]]] = {}
    for row in vocabulary.read("conventions.csv"):
        found.setdefault(row["quantity"], []).append((row["convention"], row["table_id"], row["plus"], row["minus"]))
    return {quantity: tuple(rows) for quantity, rows in found.items()}


def _reckonings(quantity: str, result: str | None, table: TableValues) -> list[_Reckoning]:
    """Every way to reckon a quantity from the tables, the plain one first."""
    if quantity in _DOCUMENTS_NAMED:
        columns = _DOCUMENTS[result or "issue"]
        cells = [("proactive", quantity, column) for column in columns if table.has(("proactive", quantity, column))]
        return [_Reckoning("as_printed" if not n else f"as_{cell[2]}", (cell,)) for n, cell in enumerate(cells)]
    if quantity in _APPLICANTS:
        return [
            _Reckoning(name, tuple(("requests", row, column) for row in rows for column in _APPLICANTS[quantity]))
            for name, rows in (
                ("as_printed", ("received",)),
                ("with_carried_in", ("received", "carried_in")),
                ("as_processed", ("total_processed",)),
            )
        ]
    if "+" in quantity:
        parts = [_reckonings(part, None, table) for part in quantity.split("+")]
        plain = tuple(cell for part in parts if part for cell in part[0].cells)
        return [_Reckoning("sum", plain)] if all(parts) else []
    column = result or _TOTAL
    rows = _conventions().get(quantity)
    if rows is None:
        table_id = "review_litigation" if quantity in REVIEWS else "requests"
        rows = (("as_printed", table_id, quantity, ""),)
    found = [
        _Reckoning(name, table.cells(table_id, plus, column), table.cells(table_id, minus, column))
        for name, table_id, plus, minus in rows
    ]
    if quantity == "litigation" and result is not None:
        # A sentence on one branch's results follows a number that was already held against both.
        found.extend(_Reckoning("one_branch", (("review_litigation", row, column),)) for row in BRANCHES)
    if quantity in BRANCHES and result is not None:
        # 直接起诉2件，复议后起诉1件，尚未审结2件: what follows the branches may tell of both.
        both = tuple(("review_litigation", row, column) for row in BRANCHES)
        found.append(_Reckoning("both_branches", both))
    return [reckoning for reckoning in found if reckoning.cells]


_DOCUMENTS_NAMED = ("normative_documents", "regulations")


def _judge(
    mention: Mention, table: TableValues, parts: set[tuple[str, str | None, Decimal]]
) -> tuple[Claim, tuple[Key, ...]]:
    ways = _reckonings(mention.quantity, mention.result, table)
    plain = ways[0].cells if ways else ()
    cells = table.spoken_of(plain, mention.value)
    if mention.unit == "percent":
        verdict, convention = _judge_share(mention, ways, table)
    else:
        verdict, convention = _judge_count(mention, ways, table)
        told_of_part = any(
            (mention.quantity, mention.result, value) in parts for way in ways[:1] if (value := _value(way, table))
        )
        if verdict == "disagrees" and told_of_part:
            verdict, convention = "not_comparable", "table_of_a_part"
    cell = cells[0] if len(cells) == 1 else None
    shared = {(key[0], key[2]) for key in plain}
    table_id, column_id = next(iter(shared)) if len(shared) == 1 else (plain[0][0] if plain else None, None)
    quantity = mention.quantity if mention.result is None else f"{mention.quantity}.{mention.result}"
    return (
        Claim(
            mention.page,
            mention.line,
            mention.sentence,
            quantity,
            mention.value,
            mention.unit,
            cell[0] if cell else table_id,
            cell[1] if cell else None,
            cell[2] if cell else column_id,
            verdict,
            convention,
        ),
        cells,
    )


def _value(way: _Reckoning, table: TableValues) -> Decimal | None:
    more, less = table.sum(way.cells), table.sum(way.less)
    return None if more is None or less is None else more - less


def _judge_count(mention: Mention, ways: Sequence[_Reckoning], table: TableValues) -> tuple[str, str | None]:
    if mention.scope == "part":
        return "not_comparable", None
    known = [(way.convention, value) for way in ways if (value := _value(way, table)) is not None]
    for convention, value in known:
        if value == mention.value:
            return "agrees", convention
    if mention.approximate:
        for convention, value in known:
            if abs(value - mention.value) * 10 <= mention.value:
                return "agrees", f"{convention}_about"
    plain = _value(ways[0], table) if ways else None
    comparable = plain is not None and mention.scope == "whole" and not mention.approximate
    return ("disagrees", None) if comparable else ("not_comparable", None)


def _judge_share(mention: Mention, ways: Sequence[_Reckoning], table: TableValues) -> tuple[str, str | None]:
    """A share agrees if any count of what it is a share of gives it, rounded or cut to the places printed."""
    of = ("received", "answered") if mention.of == "all" else (mention.of or "all",)
    wholes = [way for quantity in of for way in _reckonings(quantity, None, table)]
    if mention.quantity == "litigation":
        wholes += [_Reckoning("one_branch", (("review_litigation", row, _TOTAL),)) for row in BRANCHES]
    amounts = [value for way in ways if (value := _value(way, table)) is not None]
    if mention.told is not None:
        amounts.append(mention.told)
    comparable = False
    for whole in wholes:
        total = _value(whole, table)
        if not total or total < 0:
            continue
        comparable = True
        for amount in amounts:
            name = _rounded(100 * amount / total, mention.value, mention.places)
            if name:
                return "agrees", f"{name}_of_{whole.convention}"
    if not comparable or not ways or mention.scope != "whole" or mention.approximate or mention.of == "other_matter":
        return "not_comparable", None
    plain = _value(ways[0], table)
    if plain is None or (mention.told is not None and mention.told != plain):
        return "not_comparable", None  # the count itself is another one: that claim has its own verdict
    return "disagrees", None


def _rounded(exact: Decimal, printed: Decimal, places: int) -> str | None:
    step = Decimal(1).scaleb(-places)
    if abs(exact - printed) <= step / 2:
        return "rounded"
    return "cut" if 0 <= exact - printed < step else None


def _flags(mention: Mention, claim: Claim, cells: Sequence[Key], table: TableValues) -> list[Flag]:
    """The flag of a claim that nothing explains, on the cell it speaks of or on each of the several."""
    what = f"{claim.value}{'%' if claim.unit == 'percent' else ''}"
    ways = _reckonings(mention.quantity, mention.result, table)
    expected = _value(ways[0], table) if claim.unit == "count" else None
    first = max(0, min(mention.position - _BEFORE, len(mention.sentence) - _EXCERPT))
    excerpt = mention.sentence[first : first + _EXCERPT]
    return [
        Flag(
            "narrative_mismatch",
            vocabulary.flag_kinds()["narrative_mismatch"].severity,
            f"the text tells {what} for {claim.quantity}, which no convention makes of the table",
            table_id,
            row_id,
            column_id,
            claim.page,
            claim.line,
            excerpt,
            observed=what,
            expected=None if expected is None else str(expected),
        )
        for table_id, row_id, column_id in cells
    ]
