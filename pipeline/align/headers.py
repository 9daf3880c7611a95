"""The header rows of a statutory table: which column of the print is which column of the form.

Where the source states its columns (spans, rulings), the chain of headers over a column names it. Where columns are
only counted, the header tells their order, no more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

import regex

from pipeline.align.labels import bare, column_key, label_hits, matcher, row_key
from pipeline.align.rows import Row
from pipeline.align.segments import Segment
from pipeline.numerals import is_value
from pipeline.vocabulary import Key

ORGANISATIONS = regex.compile(r"法人.{0,2}其他组织")  # the header over the applicants that are no persons
_KINDS = ("reconsideration", "litigation")  # reviews, and the group of the two lines of lawsuits
_RESULT = "result:"
_TORN = 6  # characters of results that belong to no name: more than one name, or two, misread
_OTHER_ORDER = "the header names the results in another order than the form"
_SPACE = regex.compile(r"\s+")
_UNIT = regex.compile(r"单?位[:：]?(百万元|千万元|万元|亿元|千元|元)|[(（](百万元|千万元|万元|亿元|千元|元)[)）]")


@dataclass(frozen=True, slots=True)
class Header:
    """The columns that a header row (or a run of header lines) names: (start, end, column_id) in print order."""

    row: int
    block: int
    columns: tuple[tuple[int, int, str], ...]
    unit: str | None = None  # the unit that it names for amounts of money

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(key for _, _, key in self.columns)


def headers_of(rows: Sequence[Row], segment: Segment, template: str) -> list[Header]:
    """Every header of a segment: a table row without figures, or a run of text lines, that names columns."""
    found = []
    run: list[int] = []
    for index in range(segment.start, segment.end + 1):
        row = rows[index] if index < segment.end else None
        if row is not None and row.layout == "text" and not row.prose and not any(_figure(s.text) for s in row.slots):
            run.append(index)
            continue
        if run:
            header = _text_header([rows[i] for i in run], run[0], template, segment.table_id)
            found.extend([header] if header.columns else [])
            run = []
        if row is None or row.prose or row.layout == "text" or any(_figure(slot.text) for slot in row.slots):
            continue
        columns = tuple(
            (slot.start, slot.end, key)
            for slot in row.slots
            if (key := column_key(bare(slot.text), template, segment.table_id))
        )
        if columns:
            found.append(Header(index, row.block, columns, unit_named(row.text)))
    return found


def _text_header(lines: Sequence[Row], first: int, template: str, table_id: str) -> Header:
    """The columns that a run of text lines names, however the words are broken over the lines."""
    text = ORGANISATIONS.sub("", bare("".join(line.text for line in lines)))
    hits = label_hits(text, _columns_and_rows(template, table_id, short=False))
    if table_id == "requests" and len({key for _, _, key in hits if key}) >= 3:  # among others, 其他 is a column too
        hits = label_hits(text, _columns_and_rows(template, table_id, short=True))
    columns = tuple((start, end, key) for start, end, key in hits if key)
    return Header(first, lines[0].block, columns, unit_named("".join(line.text for line in lines)))


@cache
def _columns_and_rows(template: str, table_id: str, short: bool) -> tuple[tuple[str, str], ...]:
    """The labels of the columns, and those of the rows with an empty key, longest first; 其他 only where `short`."""
    columns = matcher(template, table_id, "column").longest_first
    labels = [pair for pair in columns if len(pair[0]) >= 3 or (short and pair[0] == "其他")]
    rows = [(label, "") for label, _ in matcher(template, table_id, "row").longest_first if len(label) >= 4]
    return tuple(sorted({*labels, *rows}, key=lambda p: (-len(p[0]), p)))


def unit_named(text: str) -> str | None:
    """The unit of money that a header names: 本年收费金额（单位：万元） → 万元."""
    found = _UNIT.search(_SPACE.sub("", text))
    return (found[1] or found[2]) if found else None


def _figure(text: str) -> bool:
    return bool(text.strip()) and is_value(text) and any(c.isdigit() for c in text)


def requests_order(
    headers: Sequence[Header], rows: Sequence[Row], canonical: Sequence[str]
) -> tuple[tuple[str | None, ...], str | None]:
    """The order of the applicant columns that the header prints, and what is wrong with the header, if anything.

    None stands for a column that a header out of the form's order does not name: its cells cannot be bound.
    """
    printed: list[str] = []
    for header in headers:
        printed.extend(key for key in header.keys if key not in printed)
    if not printed:
        return tuple(canonical), "the header with the applicants is lost"
    lost = [key for key in canonical if key not in printed]
    middle = [key for key in printed if key not in (canonical[0], canonical[-1])]
    expected = [key for key in canonical[1:-1] if key in middle]
    places = _middle_of(headers, rows, canonical)
    moved = any(key is not None and key != due for key, due in zip(places, canonical[1:-1], strict=True))
    if middle != expected or moved:
        wrong = "the header names the applicants in another order than the form"
        if len(middle) == len(canonical) - 2:
            return (canonical[0], *middle, canonical[-1]), wrong
        return (canonical[0], *places, canonical[-1]), f"{wrong}, and not all of them"
    if any(len(set(header.keys)) != len(header.keys) for header in headers):
        return tuple(canonical), "the header names an applicant twice"
    if any(key not in canonical[-2:] for key in lost):  # 其他 and 总计 name other things too and are not always told
        return tuple(canonical), "the header lacks applicants"
    return tuple(canonical), None


def _middle_of(headers: Sequence[Header], rows: Sequence[Row], canonical: Sequence[str]) -> list[str | None]:
    """The five columns of organisations as the header row with most of them prints them; None for one unnamed."""
    width = len(canonical) - 2
    inner = set(canonical[1:-1])
    best = max(headers, key=lambda header: len(inner & set(header.keys)))
    row = rows[best.row]
    named = {start: key for start, _, key in best.columns}
    printed = [
        named.get(slot.start) for slot in row.slots if not slot.blank and named.get(slot.start) not in canonical[::6]
    ]
    return printed if row.layout != "text" and len(printed) == width else [None] * width


def starts_of(
    headers: Sequence[Header], rows: Sequence[Row], block: int, keys: Sequence[str]
) -> tuple[int, ...] | None:
    """Where the header of a block says that each key's column starts; None if it does not name all, or not surely."""
    starts: dict[str, int] = {}
    for header in headers:
        if header.block == block:
            for start, _, key in header.columns:
                starts.setdefault(key, start)
    if any(key not in starts for key in keys):
        return None
    found = tuple(starts[key] for key in keys)
    # Counted columns are believed only where the header's own words stand side by side in the right order.
    counted = any(header.block == block and rows[header.row].layout != "grid" for header in headers)
    return found if not counted or all(b - a == 1 for a, b in pairwise(found)) else None


def review_keys(
    rows: Sequence[Row], segment: Segment, template: str, block: int, columns: Sequence[str]
) -> dict[int, Key]:
    """For a grid whose one row holds all results: column start → (row_id, column_id), by the chain of headers."""
    lines: list[tuple[int, int, str]] = []
    results: list[tuple[int, str]] = []
    for row in rows[segment.start : segment.end]:
        if row.block != block or row.layout != "grid":
            continue
        for slot in row.slots:
            name = bare(slot.text)
            line = row_key(name, template, segment.table_id)
            column = column_key(name, template, segment.table_id)
            if line:
                lines.append((slot.start, slot.end, line))
            elif column in columns and column:
                results.append((slot.start, column))
    found = {}
    for start, column in results:
        over = [line for begin, end, line in lines if begin <= start < end]
        if len(over) == 1:
            found[start] = (over[0], column)
    return found


@dataclass(frozen=True, slots=True)
class ReviewNames:
    """What the header rows of reviews and lawsuits name, in print order: the lines, and the results, run by run (a row
    of figures ends a run). `turned` says that lawsuits stand before reviews in one row; `torn`, that names of results
    lie in pieces over lines of text, each of them a run then, since lines tell nothing of each other's order."""

    lines: tuple[str, ...]
    runs: tuple[tuple[str, ...], ...]
    turned: bool
    torn: bool


def review_names(rows: Sequence[Row], template: str) -> ReviewNames:
    """The names in those of `rows` that hold no figures; a caption, which names reviews and lawsuits at once, is none.

    Lines of text are read as one, since names break over them; columns that the source states order the lines, since
    one may span several header rows.
    """
    lines: list[tuple[int, int, str]] = []  # block, column, key
    runs: list[list[str]] = [[]]
    turned = torn = False
    text: list[list[str]] = []  # the words of lines of text so far
    first = 0
    for row in [*rows, None]:
        figures = row is not None and any(_figure(slot.text) for slot in row.slots)
        if text and (row is None or figures or row.layout != "text"):
            pieces = _pieces(text, template)
            torn = torn or len(pieces) > 1
            for piece in pieces:
                _take(_review_hits(piece, template), first, 0, lines, runs[-1])
                runs += [[]] if len(pieces) > 1 else []
            text = []
        if row is None or figures or row.prose or row.heading:
            runs += [[]] if figures else []
            continue
        named = [
            (slot, hits) for slot in row.slots if not _is_review_caption(hits := _review_hits(slot.text, template))
        ]
        kinds = [key for _, hits in named for key in hits if key in _KINDS]
        turned = turned or kinds[:2] == list(reversed(_KINDS))
        if row.layout == "text":
            first = first if text else row.block
            text.append([bare(slot.text) for slot, _ in named])
            continue
        for slot, hits in named:
            _take(hits, row.block, slot.start if row.layout == "grid" else 0, lines, runs[-1])
    in_order = [key for _, _, key in sorted(lines, key=lambda line: line[:2])]
    return ReviewNames(tuple(dict.fromkeys(in_order)), tuple(tuple(run) for run in runs if run), turned, torn)


def _take(hits: Sequence[str], block: int, column: int, lines: list[tuple[int, int, str]], results: list[str]) -> None:
    """Add the keys that a header names to its lines or to its results."""
    for key in hits:
        if key.startswith(_RESULT):
            results.append(key.removeprefix(_RESULT))
        elif key != _KINDS[1]:
            lines.append((block, column, key))


def _pieces(text: list[list[str]], template: str) -> list[str]:
    """Lines of words as one text, or line by line where names of results lie in pieces over them."""
    lines = _unwrapped(text, template)
    whole = "".join(word for words in lines for word in words)
    left = whole
    for start, end, _ in reversed(label_hits(whole, _review_labels(template))):
        left = left[:start] + left[end:]
    of_results = matcher(template, "review_litigation", "column").characters
    if lines == text and sum(character in of_results for character in left) < _TORN:
        return [whole]
    return ["".join(words) for words in lines]


def _unwrapped(text: list[list[str]], template: str) -> list[list[str]]:
    """Lines of words, with the names of results made whole whose second halves stand side by side in a line below."""
    columns = matcher(template, "review_litigation", "column").keys
    text = [list(words) for words in text]
    for i, upper in enumerate(text):
        for lower in text[i + 1 : i + 3]:
            tops, ends = ([k for k, word in enumerate(words) if word not in columns] for words in (upper, lower))
            names = [upper[a] + lower[b] for a, b in zip(tops, ends, strict=False)]
            if names and len(tops) == len(ends) and all(name in columns for name in names):
                for a, b, name in zip(tops, ends, names, strict=True):
                    upper[a], lower[b] = name, ""
                break
    return text


def _is_review_caption(hits: Sequence[str]) -> bool:
    return set(_KINDS) <= set(hits)


@lru_cache(maxsize=4_000)
def _review_hits(text: str, template: str) -> tuple[str, ...]:
    """The keys of the lines, of the group of lawsuits and (marked) of the results that a text names, in order."""
    name = bare(text)
    found = tuple(key for _, _, key in label_hits(name, _review_labels(template)))
    if found:
        return found
    line = row_key(name, template, "review_litigation")
    column = column_key(name, template, "review_litigation")
    return (line,) if line else (_RESULT + column,) if column else ()


@cache
def _review_labels(template: str) -> tuple[tuple[str, str], ...]:
    labels = [
        (label, _RESULT + key if axis == "column" else key)
        for axis in ("row", "group", "column")
        for label, key in matcher(template, "review_litigation", axis).longest_first
    ]
    return tuple(sorted(labels, key=lambda pair: (-len(pair[0]), pair)))


def flat_order(names: ReviewNames, rows: Mapping[str, Sequence[str]]) -> tuple[list[Key], str | None]:
    """The order in which the header of one row of results names them, and what is wrong with it, if anything.

    `rows` are the form's. A header that lacks names but keeps their order is the form's.
    """
    lines, columns = list(rows), list(next(iter(rows.values())))
    parts = _parts([result for run in names.runs for result in run], len(columns), len(lines))
    wrong_lines = names.turned or list(names.lines) != [line for line in lines if line in names.lines]
    whole = len(parts) == len(lines) and all(sorted(part) == sorted(columns) for part in parts)
    if names.torn:
        whole = False
        wrong_results = any(_disordered([run], columns, len(lines)) for run in names.runs)
    else:
        wrong_results = any(part != columns for part in parts) and (whole or _disordered(parts, columns, len(lines)))
    if not wrong_lines and not wrong_results:
        return [(line, column) for line in lines for column in columns], None
    told = len(names.lines) == len(lines) and not (names.turned and list(names.lines) == lines)
    if (wrong_lines and not told) or (wrong_results and not whole):
        return [(line, column) for line in lines for column in columns], f"{_OTHER_ORDER}, and not all of them"
    order = list(names.lines) if wrong_lines else lines
    by_line = parts if whole else [columns] * len(lines)
    return [(line, column) for line, part in zip(order, by_line, strict=True) for column in part], _OTHER_ORDER


def _parts(results: list[str], width: int, count: int) -> list[list[str]]:
    """The names of results cut by the width of a line, without those that a header in two storeys prints again."""
    parts = [results[i : i + width] for i in range(0, len(results), width)]
    while len(parts) > count and parts[0] == parts[1]:
        parts = parts[1:]
    return parts


def _disordered(parts: Sequence[Sequence[str]], columns: Sequence[str], count: int) -> bool:
    """Whether names, some lost, cannot be those of `count` lines in the form's order: they go back too often."""
    places = [columns.index(name) for part in parts for name in part]
    return sum(b < a for a, b in pairwise(places)) >= max(count, -(-len(places) // len(columns)))


def results_order(names: ReviewNames, columns: Sequence[str]) -> tuple[tuple[str, ...], str | None]:
    """The order in which the header over a line of results names them, and what is wrong with it, if anything."""
    runs = [_once(list(run), len(columns)) for run in names.runs]
    wrong = [run for run in runs if not _follows(run, columns)]
    if not wrong:
        return tuple(columns), None
    printed = wrong[0]
    if sorted(printed) == sorted(columns) and all(_follows(run, printed) for run in runs):
        return tuple(printed), _OTHER_ORDER
    return tuple(columns), f"{_OTHER_ORDER}, and not all of them"


def _once(names: list[str], count: int) -> list[str]:
    """The names of a header of `count` columns that is printed several times over."""
    if len(names) > count and len(names) % count == 0 and names == names[:count] * (len(names) // count):
        return names[:count]
    return names


def _follows(names: Sequence[str], order: Sequence[str]) -> bool:
    """Whether names stand in an order, some left out."""
    return list(names) == [name for name in order if name in names]
