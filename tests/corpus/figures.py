"""Draws the figures of a report that satisfy every identity of its form."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from random import Random

from pipeline import vocabulary
from tests.corpus.truth import Key

APPLICANTS = ("natural_person", "business", "research", "public_interest", "legal_service", "other_organisation")
RESULTS = ("upheld", "corrected", "other", "pending")

# How many requests a year a publisher gets, and how many of its cells are not zero.
SIZES: dict[str, tuple[int, float]] = {
    "none": (0, 0.0),
    "few": (12, 0.15),
    "some": (120, 0.35),
    "many": (2400, 0.6),
    "dense": (60000, 1.0),
}


def draw_figures(rng: Random, template: str) -> dict[Key, Decimal]:
    """A value for every cell of the template, in the published unit; amounts have up to four decimal places."""
    size = rng.choices(list(SIZES), weights=(1, 3, 5, 4, 2))[0]
    figures = _proactive(rng, template, size)
    figures.update(_requests(rng, template, size))
    figures.update(_review(rng, template, size))
    order = [(t, r, c) for t in vocabulary.TABLES for r, c in vocabulary.form(template, t).cells()]
    return {key: figures[key] for key in order}


def _log_uniform(rng: Random, top: int) -> int:
    return int(rng.random() ** 3 * top)


def _proactive(rng: Random, template: str, size: str) -> dict[Key, Decimal]:
    figures: dict[Key, Decimal] = {}
    scale = {"none": 4, "few": 60, "some": 900, "many": 9000, "dense": 90000}[size]
    for row_id, columns in vocabulary.form(template, "proactive").rows.items():
        values: dict[str, Decimal] = {}
        made = _log_uniform(rng, scale // 10 + 2)
        public = made + _log_uniform(rng, 5)
        before = _log_uniform(rng, scale)
        values["created"] = values["issued"] = Decimal(made)
        values["disclosed"] = Decimal(public)
        values["total_disclosed"] = values["in_force"] = Decimal(public + _log_uniform(rng, scale // 4 + 2))
        values["repealed"] = Decimal(_log_uniform(rng, scale // 20 + 3))
        values["previous_items"] = Decimal(before)
        values["change"] = Decimal(rng.choice([0, 1, 1, -1]) * _log_uniform(rng, before + 2))
        values["decisions"] = Decimal(_log_uniform(rng, scale * rng.choice([1, 10, 200])))
        values["items"] = Decimal(_log_uniform(rng, 900))
        places = rng.choice([0, 0, 1, 2, 2, 4])
        values["amount"] = Decimal(_log_uniform(rng, scale * 10 ** (places + 1))).scaleb(-places)
        if row_id == "regulations" and rng.random() < 0.7:
            values = dict.fromkeys(values, Decimal(0))
        for column_id in columns:
            figures["proactive", row_id, column_id] = values[column_id]
    return figures


def _spread(rng: Random, amount: int, places: int, filled: float) -> list[int]:
    """`amount` dealt out over `places`, of which about the share `filled` gets any."""
    if not places:
        return []
    open_places = [i for i in range(places) if rng.random() < filled] or [rng.randrange(places)]
    weights = [rng.random() ** 2 + 0.02 for _ in open_places]
    shares = [0] * places
    left = amount
    for i, weight in zip(open_places, weights, strict=True):
        shares[i] = min(left, int(amount * weight / sum(weights)))
        left -= shares[i]
    shares[open_places[0]] += left
    return shares


def _requests(rng: Random, template: str, size: str) -> dict[Key, Decimal]:
    rows = list(vocabulary.form(template, "requests").rows)
    outcomes = [r for r in rows if r not in ("received", "carried_in", "total_processed", "carried_out")]
    number, filled = SIZES[size]
    counts: dict[tuple[str, str], int] = {}
    shares = _spread(rng, rng.randint(number // 3, number) if number else 0, len(APPLICANTS), max(filled, 0.2))
    for applicant, received in zip(APPLICANTS, sorted(shares, reverse=rng.random() < 0.8), strict=True):
        carried_in = rng.randint(0, max(1, received // 8)) if number and rng.random() < max(filled, 0.3) else 0
        carried_out = rng.randint(0, (received + carried_in) // 6) if rng.random() < 0.6 else 0
        processed = received + carried_in - carried_out
        column = dict(zip(outcomes, _spread(rng, processed, len(outcomes), filled), strict=True))
        column |= {"received": received, "carried_in": carried_in}
        column |= {"total_processed": processed, "carried_out": carried_out}
        for row_id in rows:
            counts[row_id, applicant] = column[row_id]
    for row_id in rows:
        counts[row_id, "total"] = sum(counts[row_id, applicant] for applicant in APPLICANTS)
    return {("requests", row_id, column_id): Decimal(value) for (row_id, column_id), value in counts.items()}


def _review(rng: Random, template: str, size: str) -> dict[Key, Decimal]:
    figures: dict[Key, Decimal] = {}
    number, filled = SIZES[size]
    for row_id in vocabulary.form(template, "review_litigation").rows:
        cases = rng.randint(0, number // 20 + 2) if number else 0
        shares = _spread(rng, cases, len(RESULTS), max(filled, 0.4))
        for column_id, value in zip((*RESULTS, "total"), (*shares, cases), strict=True):
            figures["review_litigation", row_id, column_id] = Decimal(value)
    return figures


def broken(template: str, figures: dict[Key, Decimal]) -> list[tuple[str, str]]:
    """The identities that the figures break, as (kind, row or column); empty for a lawful report."""

    def total(table_id: str, keys: Sequence[tuple[str, str]]) -> Decimal:
        return sum((figures[table_id, row_id, column_id] for row_id, column_id in keys), Decimal(0))

    return [
        (equation.kind, equation.along)
        for table_id in vocabulary.TABLES
        for equation in vocabulary.equations(template, table_id)
        if total(table_id, equation.left) != total(table_id, equation.right)
    ]
