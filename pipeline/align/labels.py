"""Printed labels → keys of the form. Labels arrive torn, wrapped, numbered otherwise and misread; this module folds
them to their bare characters and says which canonical labels a text holds, and how surely.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

import regex
from rapidfuzz import fuzz

from pipeline import vocabulary

_ENUMERATOR = regex.compile(
    r"[(（][一二三四五六七八九十]{1,2}[)）]|^\s*[一二三四五六七八九十]{1,2}\s*[、.,，:：)）]|^\s*第[一二三四五六七八九十]+[部章节]分?"
)
_NOT_HAN = regex.compile(r"[^\p{Han}]")
_YEAR_NOTE = regex.compile(r"[(（][\d０-９\s]{4,7}年?度?[)）]|\d{4}年")
_UNIT_NOTE = regex.compile(r"[(（,，]?\s*单位\s*[:：]?\s*\p{Han}{1,4}[)）]?|[(（](?:[百千]?万|亿|千)?元[)）]")


@lru_cache(maxsize=20_000)
def bare(text: str) -> str:
    """A label's Han characters alone: folded (NFKC), without numbering, years, units, punctuation and space.

    三、本年度办理结果（一）予以公开 → 本年度办理结果予以公开; 本年（2023）制发件数 → 本年制发件数.
    """
    folded = unicodedata.normalize("NFKC", text)
    folded = _YEAR_NOTE.sub("", folded)
    if "元" in folded:
        folded = _UNIT_NOTE.sub("", folded)
    folded = _ENUMERATOR.sub("", folded)
    return _NOT_HAN.sub("", folded)


@dataclass(frozen=True, slots=True)
class Matcher:
    """The bare labels of one axis of one form: text → key, longest first, with aliases."""

    keys: dict[str, str]  # bare label or alias → key
    longest_first: tuple[tuple[str, str], ...]
    characters: frozenset[str]

    def exact(self, text: str) -> str | None:
        return self.keys.get(text)

    def suffix(self, text: str) -> tuple[str, str] | None:
        """(bare label, key) of the longest label that the text ends with."""
        for label, key in self.longest_first:
            if text.endswith(label):
                return label, key
        return None

    def fuzzy(self, text: str) -> tuple[str | None, float, float]:
        """(key, similarity 0–1, margin to the next key) of the label most like the text."""
        if sum(1 for c in text if c in self.characters) < 0.6 * len(text):
            return None, 0.0, 0.0
        best: dict[str, float] = {}
        for label, key in self.longest_first:
            score = fuzz.ratio(text, label) / 100
            if score > best.get(key, 0):
                best[key] = score
        if not best:
            return None, 0.0, 0.0
        ranked = sorted(best.items(), key=lambda item: (-item[1], item[0]))
        second = ranked[1][1] if len(ranked) > 1 else 0.0
        return ranked[0][0], ranked[0][1], ranked[0][1] - second


@cache
def matcher(template: str, table_id: str, axis: str) -> Matcher:
    """The matcher for the labels of one axis (row, column, group) of a form."""
    keys: dict[str, str] = {}
    for label in vocabulary.form(template, table_id).labels:
        if label.axis == axis:
            for text in (label.text, *label.aliases):
                keys.setdefault(bare(text), label.key)
    ordered = tuple(sorted(keys.items(), key=lambda item: (-len(item[0]), item[0])))
    return Matcher(keys, ordered, frozenset(c for label in keys for c in label))


@lru_cache(maxsize=20_000)
def row_key(text: str, template: str, table_id: str) -> str | None:
    """The row that a bare text plainly names: exactly, as its ending, or but for one or two misread characters."""
    if not text:
        return None
    rows = matcher(template, table_id, "row")
    key = rows.exact(text)
    if key:
        return key
    ending = rows.suffix(text)
    if ending and len(ending[0]) >= 4 and len(text) - len(ending[0]) <= 16:
        # Two rows' labels in one text name neither.
        return None if label_hits(text[: -len(ending[0])], rows.longest_first) else ending[1]
    if len(text) >= 4:
        groups = matcher(template, table_id, "group")
        if groups.exact(text):
            return None
        key, score, margin = rows.fuzzy(text)
        if score >= 0.8 and margin >= 0.15:
            return key
    return None


@lru_cache(maxsize=20_000)
def column_key(text: str, template: str, table_id: str) -> str | None:
    """The column that a bare header text plainly names (its last line may be wrapped into the text's end)."""
    if not text:
        return None
    columns = matcher(template, table_id, "column")
    key = columns.exact(text)
    if key:
        return key
    if len(text) >= 4:
        key, score, margin = columns.fuzzy(text)
        if score >= 0.8 and margin >= 0.1:
            return key
    return None


@lru_cache(maxsize=20_000)
def resembles_label(text: str, template: str, table_id: str) -> bool:
    """Whether a bare text may be a label of the table or a piece of one, torn or misread."""
    for axis in ("row", "group", "column"):
        labels = matcher(template, table_id, axis)
        for label, _ in labels.longest_first:
            if text in label or label in text or fuzz.partial_ratio(text, label) >= 70:
                return True
    return False


def label_hits(text: str, labels: Iterable[tuple[str, str]]) -> list[tuple[int, int, str]]:
    """Where a bare text holds bare labels: (start, end, key), longest labels first claimed, in order of place."""
    if not text:
        return []
    taken = [False] * len(text)
    hits = []
    for label, key in labels:
        if len(label) > len(text):
            continue
        start = text.find(label)
        while start >= 0:
            end = start + len(label)
            if not any(taken[start:end]):
                taken[start:end] = [True] * len(label)
                hits.append((start, end, key))
            start = text.find(label, start + 1)
    return sorted(hits)
