"""Chooses and applies damage to a report; what it still says is kept in step by each damage itself."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.corpus import losses, seams, tears
from tests.corpus.wreck import Wreck

DAMAGES: dict[str, Callable[[Random, Wreck], bool]] = {
    "drop_rows": losses.drop_rows,
    "drop_cell": losses.drop_cell,
    "empty_cells": losses.empty_cells,
    "add_cell": losses.add_cell,
    "shift_left": losses.shift_left,
    "span_off": losses.span_off,
    "swap_rows": losses.swap_rows,
    "repeat_row": losses.repeat_row,
    "add_subtotal": losses.add_subtotal,
    "fuse_rows": losses.fuse_rows,
    "merge_zeros": losses.merge_zeros,
    "wrap_number": losses.wrap_number,
    "drop_labels": tears.drop_labels,
    "drop_groups": tears.drop_groups,
    "tear_labels": tears.tear_labels,
    "misread_labels": tears.misread_labels,
    "lose_header": tears.lose_header,
    "wrong_header": tears.wrong_header,
    "swap_columns": tears.swap_columns,
    "join_group": tears.join_group,
    "page_row": seams.page_row,
    "lose_table": seams.lose_table,
}
# These need whole tables or move whole columns: nothing may come before them, or after.
FIRST = ("swap_columns",)
LAST = ("page_row", "lose_table")


def apply_damage(rng: Random, wreck: Wreck, count: int, only: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Applies up to `count` kinds of damage (those of `only` where given) and returns the names of those that took."""
    names = [name for name in DAMAGES if not only or name in only]
    chosen = rng.sample(names, min(count, len(names)))
    chosen.sort(key=lambda name: (name not in FIRST, name in LAST))
    return tuple(name for name in chosen if DAMAGES[name](rng, wreck))
