"""A table flattened to lines "label n n n n n n n", as text layers and page OCR leave it."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tests.corpus.grids import Grid, Spot


@dataclass(frozen=True, slots=True)
class FlatHabits:
    """`groups`: a group's label before its first row's (inline), on a line of its own (above), in pieces before the
    labels of its rows (scattered), or nowhere (lost). `wrap`: width at which labels break, 0 for never; the numbers
    stand beside the piece `beside` (first, middle, last, own). `float_rate`: how many labels drift off."""

    groups: str = "inline"
    wrap: int = 0
    beside: str = "last"
    gap: str = " "
    float_rate: float = 0.0
    page_rate: float = 0.0
    stacked_heads: bool = False


def choose_flat(rng: Random, difficulty: str) -> FlatHabits:
    if difficulty == "clean":
        return FlatHabits(groups=rng.choice(["inline", "above"]), gap=rng.choice([" ", "  "]))
    torn = difficulty == "torn"
    return FlatHabits(
        groups=rng.choice(["inline", "above", "scattered", "lost"]),
        wrap=rng.choice([0, 0, 8, 12, 18]),
        beside=rng.choice(["first", "middle", "last", "own"]),
        gap=rng.choice([" ", " ", "  ", "    ", "\u3000"]),
        float_rate=rng.choice([0.0, 0.1, 0.3]) if torn else 0.0,
        page_rate=rng.choice([0.0, 0.06]) if torn else 0.0,
        stacked_heads=rng.random() < 0.5,
    )


def flat_lines(rng: Random, grid: Grid, habits: FlatHabits) -> list[str]:
    lines: list[str] = []
    waiting: list[str] = []  # pieces of group labels not yet printed
    for row, spots in enumerate(grid.lines()):
        if row < grid.head_rows or not any(spot.role in ("label", "value") for spot in spots):
            lines += _head(spots, habits, _is_group_row(spots))
            continue
        waiting += [piece for spot in spots if spot.role == "group" for piece in _pieces(spot, habits)]
        label = "".join(spot.text for spot in spots if spot.role == "label")
        numbers = habits.gap.join(
            spot.text.replace("\n", " ") for spot in spots if spot.role not in ("label", "group") and spot.text.strip()
        )
        before: list[str] = []
        if habits.groups == "above":
            lines += waiting
            waiting = []
        elif habits.groups == "inline":
            before, waiting = waiting, []
        elif waiting:
            before = [waiting.pop(0)]
        lines += _row(rng, before, label, numbers, habits)
        if rng.random() < habits.page_rate and row + 1 < grid.n_rows:
            lines += ["", rng.choice(["- {} -", "{}", "第{}页"]).format(rng.randint(2, 12)), ""]
    return lines


def _is_group_row(spots: list[Spot]) -> bool:
    return any(spot.role == "group" for spot in spots)


def _pieces(spot: Spot, habits: FlatHabits) -> list[str]:
    text = spot.text.replace("\n", "")
    if not text or habits.groups == "lost":
        return []
    if habits.groups != "scattered":
        return [text]
    return [text[i : i + 3] for i in range(0, len(text), 3)][: max(1, spot.row_span)]


def _head(spots: list[Spot], habits: FlatHabits, group: bool) -> list[str]:
    texts = [spot.text for spot in spots if spot.text.strip()]
    if not texts:
        return []
    if group:
        return ["".join(texts)] if habits.groups != "lost" else []
    if habits.stacked_heads and any("\n" in text for text in texts):
        depth = max(text.count("\n") + 1 for text in texts)
        columns = [text.split("\n") for text in texts]
        return [habits.gap.join(part[i] for part in columns if i < len(part)) for i in range(depth)]
    return [habits.gap.join(text.replace("\n", "") for text in texts)]


def _row(rng: Random, before: list[str], label: str, numbers: str, habits: FlatHabits) -> list[str]:
    parts = [part for part in label.split("\n") if part]
    if habits.wrap:
        parts = [part[i : i + habits.wrap] for part in parts for i in range(0, len(part), habits.wrap)]
    if before:  # a group's label wraps in a column of its own, not with this one
        parts[:1] = [habits.gap.join([*before, *parts[:1]])]
    if not parts:
        return [numbers]
    if not numbers:
        return parts
    if rng.random() < habits.float_rate:
        gap = [""] * rng.choice([0, 1, 1])
        return [*parts, *gap, numbers] if rng.random() < 0.6 else [numbers, *gap, *parts]
    place = {"first": 0, "middle": len(parts) // 2, "last": len(parts) - 1}.get(habits.beside)
    if place is None:
        return [*parts, numbers] if len(parts) > 1 else [parts[0] + habits.gap + numbers]
    parts[place] += habits.gap + numbers
    return parts
