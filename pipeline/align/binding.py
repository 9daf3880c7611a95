"""Which row of the form each row of figures is.

Three witnesses bind a row: the label printed in the same row; the label text above and below it, torn or wrapped; and
the form's own order, where exactly as many rows stand unnamed as the form has rows free between two named ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from itertools import pairwise

from rapidfuzz import fuzz

from pipeline.align.headers import ORGANISATIONS
from pipeline.align.items import Item
from pipeline.align.labels import label_hits, matcher, row_key

Judge = Callable[[dict[int, str]], int]  # item → row_id: how many identities break under that binding


def bind(items: list[Item], template: str, table_id: str, row_ids: Sequence[str], judge: Judge | None) -> None:
    """Give each item the row of the form that it is (`key`, `how`); leave None where no witness settles it.

    `judge` counts the identities that a binding breaks; None for a table without identities.
    """
    order = {row_id: i for i, row_id in enumerate(row_ids)}
    options = [_options(item, template, table_id, order) for item in items]
    _bind_own(items, options)
    chain = _best_chain(items, options, order)
    for item, (key, how) in chain.items():
        items[item].key, items[item].how = key, how
    _weigh_sequence(items, template, table_id, order, judge)
    _fill_by_order(items, row_ids, order)


def _weigh_sequence(
    items: list[Item], template: str, table_id: str, order: dict[str, int], judge: Judge | None
) -> None:
    """Hold the labels that stand apart from their figures against their sequence.

    Where labels and figures stand on lines of their own, a label may belong to the figures above it, below it or two
    lines on. If the segment names exactly as many rows, in the form's order, as it has rows of figures, the k-th name
    is the k-th row's. Where that contradicts the label nearest by, the identities choose, or neither is taken.
    """
    apart = [i for i, item in enumerate(items) if item.how != "own" and item.row.layout == "text" and item.filled > 0]
    if not apart or any(item.how == "own" and item.row.layout == "text" for item in items):
        _distrust_imbalance(items, template, table_id)
        return
    names = _names_in_order(items, template, table_id, order)
    nearest = {i: key for i in apart if (key := items[i].key)}
    if len(names) == len(apart) and all(order[a] < order[b] for a, b in pairwise(names)):
        sequence = dict(zip(apart, names, strict=True))
        clash = [i for i, key in nearest.items() if sequence[i] != key]
        if not clash:
            for i, key in sequence.items():
                if items[i].key is None:
                    items[i].key, items[i].how = key, "sequence"
            return
        if judge is not None:
            by_sequence, by_nearest = judge(sequence), judge(nearest)
            if by_sequence == 0 < by_nearest:
                for i, key in sequence.items():
                    items[i].key, items[i].how = key, "sequence"
                return
            if by_nearest == 0 < by_sequence:
                _distrust_imbalance(items, template, table_id)
                return
        for i in clash:
            items[i].key, items[i].how = None, ""
        return
    _distrust_imbalance(items, template, table_id)


def _names_in_order(items: list[Item], template: str, table_id: str, order: dict[str, int]) -> list[str]:
    """The rows named by all label text of the segment put together, torn labels made whole, in order of place."""
    text = "".join(item.before for item in items) + (items[-1].after if items else "")
    text = _without_others(text, template, table_id)
    hits = label_hits(text, matcher(template, table_id, "row").longest_first)
    return list(dict.fromkeys(key for _, _, key in hits if key in order))


def _distrust_imbalance(items: list[Item], template: str, table_id: str) -> None:
    """Unbind what was bound by the nearest label between a place with labels to spare and one that lacks them.

    Two labels over one row of figures and, further on, figures without a label (or the reverse) mean that the labels
    between may all be one row off.
    """
    labels = matcher(template, table_id, "row").longest_first
    surplus: list[int] = []
    deficit: list[int] = []
    _distrust_strays(items)
    for i, item in enumerate(items):
        if item.row.layout != "text" or item.how == "own":
            continue
        named = len(label_hits(_without_others(item.before, template, table_id), labels))
        if named > 1:
            surplus.append(i)
        elif named == 0 and item.how not in ("torn", "like"):
            deficit.append(i)
    if items and label_hits(_without_others(items[-1].after, template, table_id), labels):
        surplus.append(len(items))
    if not surplus:
        return
    for i in surplus:
        if i < len(items) and items[i].how == "near":
            items[i].key, items[i].how = None, ""
    for a in surplus:
        for b in deficit:
            for i in range(min(a, b), max(a, b)):
                if items[i].how == "near":
                    items[i].key, items[i].how = None, ""


def _distrust_strays(items: list[Item]) -> None:
    """Where most labels share their line with their figures, a label on a line of its own beside figures without one
    may be the label of either: neither is bound by it."""
    text = [item for item in items if item.row.layout == "text"]
    if sum(1 for item in text if item.how == "own") * 2 < len(text):
        return
    run: list[Item] = []
    for item in [*items, None]:
        if item is not None and item.how != "own" and item.row.layout == "text":
            run.append(item)
            continue
        if any(not stray.key for stray in run):
            for stray in run:
                if stray.how == "near":
                    stray.key, stray.how = None, ""
        run = []


Options = dict[str, tuple[float, str]]  # row_id → (score, how)


def _options(item: Item, template: str, table_id: str, order: dict[str, int]) -> Options:
    """The rows that the label text on and around an item may name, each with its weight and witness."""
    found: Options = {}
    for text in (item.leaf, item.own):
        key = row_key(text, template, table_id)
        if key in order:
            found.setdefault(key, (1.0, "own"))
            return found
    labels = matcher(template, table_id, "row").longest_first
    before = _without_others(item.before, template, table_id)
    hits = label_hits(before, labels)
    trail = before[hits[-1][1] :] if hits else before
    if hits and not trail:
        for place, (_, _, key) in enumerate(reversed(hits)):
            if key in order:
                found.setdefault(key, (0.9 if place == 0 and len(hits) == 1 else 0.5, "near"))
    after = _without_others(item.after, template, table_id)
    lead = after[: hits_after[0][0]] if (hits_after := label_hits(after, labels)) else after
    for label, key in labels if trail else ():
        if key not in order:
            continue
        score, how = _torn(label, trail, lead, item)
        if score > found.get(key, (0.0, ""))[0]:
            found[key] = (score, how)
    return found


def _torn(label: str, trail: str, lead: str, item: Item) -> tuple[float, str]:
    """How well a label is told by the torn text before and after an item, of which there is some before."""
    last = trail[-1]
    for cut in range(len(label) - 1, 0 if len(label) >= 5 else 1, -1) if lead else ():
        if label[cut - 1] == last and trail.endswith(label[:cut]) and lead.startswith(label[cut:]):
            return 0.95, "torn"
    whole = trail[-len(label) :]
    likeness = fuzz.ratio(whole, label) / 100
    if likeness >= 0.7:
        return likeness * 0.9, "like"
    if len(trail) >= 4 and (label.startswith(trail) or label.endswith(trail)):
        return 0.7, "torn"
    if len(trail) >= 3 and lead and fuzz.ratio(trail + lead[: max(len(label) - len(trail), 0)], label) >= 80:
        return 0.75, "torn"
    return 0.0, ""


@lru_cache(maxsize=5_000)
def _without_others(text: str, template: str, table_id: str) -> str:
    """The text without the labels of groups, columns and captions, which float between the rows."""
    text = ORGANISATIONS.sub("", text)
    for start, end, key in reversed(label_hits(text, _rows_and_others(template, table_id))):
        if key == "":
            text = text[:start] + text[end:]
    return text


@cache
def _rows_and_others(template: str, table_id: str) -> tuple[tuple[str, str], ...]:
    """The labels of the rows, then those of groups, columns and captions with an empty key."""
    others = [*matcher(template, table_id, "group").longest_first, *_CAPTIONS]
    if table_id != "proactive":
        others += [pair for pair in matcher(template, table_id, "column").longest_first if len(pair[0]) >= 3]
    rows = matcher(template, table_id, "row").longest_first
    named = {label for label, _ in rows}
    pairs = sorted({(t, "") for t, _ in others if t not in named}, key=lambda p: (-len(p[0]), p[0]))
    return (*rows, *pairs)


_CAPTIONS = [
    (t, "")
    for t in (
        "本列数据的勾稽关系为第一项加第二项之和等于第三项加第四项之和",
        "申请人情况",
        "信息内容",
        "第二十条第一项",
        "第二十条第五项",
        "第二十条第六项",
        "第二十条第八项",
        "第二十条第九项",
        "第二十条第项",
    )
]


def _bind_own(items: list[Item], options: list[Options]) -> None:
    """A label in the item's own row binds whatever the order; so does the one label that stands alone before it."""
    owners: dict[str, list[int]] = {}
    for i, option in enumerate(options):
        for key, (_, how) in option.items():
            if how == "own":
                owners.setdefault(key, []).append(i)
    for key, indexes in owners.items():
        for i in indexes:
            items[i].key, items[i].how = key, "own"
    near: dict[str, list[int]] = {}
    for i, option in enumerate(options):
        for key, (score, how) in option.items():
            if how == "near" and score >= 0.9 and key not in owners:
                near.setdefault(key, []).append(i)
    for key, indexes in near.items():
        if len(indexes) == 1:
            items[indexes[0]].key, items[indexes[0]].how = key, "near"


def _best_chain(items: list[Item], options: list[Options], order: dict[str, int]) -> dict[int, tuple[str, str]]:
    """The assignment of the items not yet bound that explains most label text, in the form's order."""
    bound = {i: order[item.key] for i, item in enumerate(items) if item.key}
    result: dict[int, tuple[str, str]] = {}
    spans = _gaps(items, bound, len(order))
    for indexes, low, high in spans:
        taken = set(bound.values())
        rows = [(key, r) for key, r in order.items() if low < r < high and r not in taken]
        best: list[tuple[float, tuple[tuple[int, str], ...]]] = [(0.0, ())] * (len(rows) + 1)
        for i in indexes:
            previous = list(best)
            for j, (key, _) in enumerate(rows, 1):
                score, _how = options[i].get(key, (0.0, ""))
                candidates = [previous[j], best[j - 1]]
                if score >= 0.5:
                    candidates.append((previous[j - 1][0] + score, (*previous[j - 1][1], (i, key))))
                best[j] = max(candidates, key=lambda c: c[0])
        for i, key in best[-1][1]:
            result[i] = (key, options[i][key][1])
    return result


def _gaps(items: list[Item], bound: dict[int, int], n_rows: int) -> list[tuple[list[int], int, int]]:
    """Runs of unbound items, with the rows of the form between their bound neighbours where those are in order."""
    gaps = []
    i = 0
    while i < len(items):
        if i in bound:
            i += 1
            continue
        start = i
        while i < len(items) and i not in bound:
            i += 1
        low = bound.get(start - 1, -1)
        high = bound.get(i, n_rows)
        if low < high:
            gaps.append((list(range(start, i)), low, high))
    return gaps


def _fill_by_order(items: list[Item], row_ids: Sequence[str], order: dict[str, int]) -> None:
    """Unnamed rows of figures between two named ones, when exactly as many rows of the form are free there."""
    bound = {i: order[item.key] for i, item in enumerate(items) if item.key}
    taken = set(bound.values())
    for indexes, low, high in _gaps(items, bound, len(order)):
        free = [row_ids[r] for r in range(low + 1, high) if r not in taken]
        unnamed = [i for i in indexes if items[i].filled > 1 or len(items[i].values) == len(items[i].row.slots) > 1]
        if free and len(unnamed) == len(free):
            for i, key in zip(unnamed, free, strict=True):
                items[i].key, items[i].how = key, "order"
