"""The label matcher that every peer gets: grids and lines of text → the cells of the statutory tables.

It is generous. Labels may be torn off at the end, wrapped, numbered otherwise, misread by a character or two, or stand
behind their group in one cell; cells repeated or left empty for a span are told apart from numbers; a row may go on in
the next line; units, signs and numerals are read by this project's own reader. What it has not is what this project
adds: it asks no sum, aligns no order of rows, compares no witnesses, and doubts nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from rapidfuzz import fuzz

from benchmarks.markup import Content
from pipeline import vocabulary
from pipeline.measure import measure
from pipeline.model import Identity, Reading, Report, TableReading
from pipeline.numerals import is_value

Row = Sequence[str | None]

LEAST_ALIKE = 82.0  # of 100, for a label that is misread
LEAST_TORN = 4  # characters that must be left of a label
_NUMBERING = re.compile(r"^(?:[（(]?[一二三四五六七八九十\d]{1,2}[)）、.．:：])+")
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_UNIT = re.compile(r"百万元|千万元|万元|亿元|千元|元")
_PAGE_NUMBER = re.compile(r"[-—–－\s]+\d{1,3}[-—–－\s]+|第\s*\d{1,3}\s*页.*")
_OLD = ("本年新公开数量", "本年新制作数量", "上一年项目数量", "采购项目数量")
_AFTER_REQUESTS = ("unprocessed", "other", "total_processed")


def report(content: Content) -> Report:
    """What the matcher makes of a reader's tables, as a report without flags."""
    tables = bind(content)
    facts, _ = measure(tables)
    template = tables[0].template if tables else None
    return Report("", "", None, None, Identity("annual_report"), "extracted", None, template, tuple(facts))


def bind(content: Content) -> list[TableReading]:
    """The statutory tables that the labels show, each with every cell of its form."""
    template = template_of(content)
    binder = _Binder(template)
    for item in content:
        if isinstance(item, str) and _PAGE_NUMBER.fullmatch(item):
            continue
        binder.headers = {}
        for row in [_fields(item)] if isinstance(item, str) else item:
            for part in _rows_within(row):
                binder.take(part)
    binder.close()
    tables = []
    for table_id in vocabulary.TABLES:
        keys = list(vocabulary.form(template, table_id).cells())
        cells = {key: binder.cells.get((table_id, *key), Reading(None)) for key in keys}
        if any(reading.text is not None for reading in cells.values()):
            tables.append(TableReading(table_id, template, cells))
    return tables


def template_of(content: Content) -> str:
    """2019 where the table's own headers say so, else 2021."""
    for item in content:
        rows: Sequence[Row] = [[item]] if isinstance(item, str) else item
        if any(bare(cell).find(word) >= 0 for row in rows for cell in row if cell for word in _OLD):
            return "2019"
    return "2021"


@lru_cache(maxsize=20_000)
def bare(text: str) -> str:
    """A label's Han characters without its numbering."""
    folded = "".join(unicodedata.normalize("NFKC", text).split())
    return "".join(_HAN.findall(_NUMBERING.sub("", folded)))


@lru_cache(maxsize=20_000)
def row_of(text: str, template: str) -> tuple[float, str, str] | None:
    """(likeness, table_id, row_id) of the row whose label a text is or ends with; None for no label."""
    word = bare(text)
    if not word:
        return None
    best: tuple[float, str, str] | None = None
    for label, table_id, row_id in _row_labels(template):
        if word == label or (len(label) >= LEAST_TORN and word.endswith(label)):
            likeness = 100.0 + len(label)
        elif len(word) >= LEAST_TORN and (label.startswith(word) or (len(label) > 8 and word.startswith(label))):
            likeness = 90.0 + min(len(word), 9)
        else:
            likeness = fuzz.ratio(word, label, score_cutoff=LEAST_ALIKE) if len(word) >= LEAST_TORN else 0.0
        if likeness and (best is None or likeness > best[0]):
            best = likeness, table_id, row_id
    return best


@lru_cache(maxsize=4)
def _row_labels(template: str) -> tuple[tuple[str, str, str], ...]:
    found = []
    for table_id in ("proactive", "requests"):
        for label in vocabulary.form(template, table_id).labels:
            if label.axis == "row":
                found += [(bare(text), table_id, label.key) for text in (label.text, *label.aliases)]
    return tuple(found)


@lru_cache(maxsize=4)
def _columns(table_id: str, template: str) -> dict[str, str]:
    labels = vocabulary.form(template, table_id).labels
    return {
        bare(text): label.key for label in labels if label.axis == "column" for text in (label.text, *label.aliases)
    }


def _fields(line: str) -> list[str | None]:
    """A line of text as cells: at tabs, else at spaces where it holds numbers."""
    if "\t" in line:
        return [field.strip() for field in line.split("\t")]
    parts = line.split()
    return [*parts] if any(is_value(part) for part in parts) else [line.strip()]


def _rows_within(row: Row) -> list[Row]:
    """The row itself, or the rows that its cells hold, where a table within a cell was written out as text."""
    within = [_fields(line) for cell in row if cell for line in cell.split("\n")]
    packed = [parts for parts in within if len(parts) > 3 and not is_value(parts[0]) and all(map(is_value, parts[-3:]))]
    return [*packed] if packed and len(packed) > sum(map(is_value, filter(None, row))) else [row]


@dataclass(slots=True)
class _Binder:
    """Mutable on purpose: the rows pass by, and a row may go on in the next one.

    `open` is the row that still lacks numbers; `headers` says which column a place of this grid is; `review` gathers
    the numbers under the headers of the third table.
    """

    template: str
    cells: dict[tuple[str, str, str], Reading] = field(default_factory=dict)
    headers: dict[int, str] = field(default_factory=dict)
    unit: str | None = None
    open: tuple[str, str] | None = None
    values: list[str] = field(default_factory=list)
    review: list[str] | None = None
    last: str = ""

    def take(self, row: Row) -> None:
        if not any(cell and cell.strip() for cell in row):
            return
        if self._review(row):
            return
        label = self._label(row)
        if label is None:
            self._header(row)
            if self.open is not None and self._fitting() is None and all(_could_be_value(cell or "") for cell in row):
                self.values += [cell for cell in row if cell is not None]
            return
        self.close()
        at, table_id, row_id = label
        if table_id == "requests" and self._by_header(row, row_id):
            self.last = row_id
            return
        self.open, self.last = (table_id, row_id), row_id
        told = row[at]
        self.values = [cell for cell in row[at + 1 :] if cell is not None and cell != told]

    def close(self) -> None:
        """Bind the open row, if its numbers are as many as its columns."""
        fitting = self._fitting()
        if self.open is not None and fitting is not None:
            self._put(*self.open, fitting)
        self.open, self.values = None, []
        if self.review is not None:
            self._close_review()

    def _fitting(self) -> dict[str, str] | None:
        """The numbers of the open row by column, if they are as many."""
        if self.open is None:
            return None
        table_id, row_id = self.open
        columns = vocabulary.form(self.template, table_id).rows[row_id]
        values = _fitted(self.values, len(columns))
        return None if values is None else dict(zip(columns, values, strict=True))

    def _put(self, table_id: str, row_id: str, values: dict[str, str]) -> None:
        for column_id, text in values.items():
            unit = self.unit if column_id == "amount" else None
            self.cells.setdefault((table_id, row_id, column_id), Reading(text, unit=unit))

    def _label(self, row: Row) -> tuple[int, str, str] | None:
        """The place of the row's label and the row that it names; the last of equals, since groups stand before."""
        best: tuple[float, int, str, str] | None = None
        numbers = any(cell and is_value(cell) for cell in row)
        for at, cell in enumerate(row):
            if not cell or is_value(cell):
                continue
            found = row_of(cell, self.template)
            if found is None and bare(cell) == "其他" and numbers and self.last.startswith(_AFTER_REQUESTS):
                found = 100.0, "requests", "other_remaining" if self.template == "2021" else "other"
            if found is not None and bare(cell) in ("总计", "合计") and not (numbers and self.last):
                found = None
            if found is not None and (best is None or found[0] >= min(best[0], 100.0)):
                best = found[0], at, found[1], found[2]
        return None if best is None else best[1:]

    def _header(self, row: Row) -> None:
        """What a row without a label says of the columns below it."""
        columns = _columns("requests", self.template)
        for at, cell in enumerate(row):
            word = bare(cell or "")
            if word in columns and columns[word] not in self.headers.values():
                self.headers[at] = columns[word]
            if cell and ("金额" in word or "收费" in word):
                unit = _UNIT.search("".join(cell.split()))
                self.unit = unit[0] if unit else self.unit

    def _by_header(self, row: Row, row_id: str) -> bool:
        """Bind a row of the requests by the headers above its cells, where these are all there and in order."""
        due = vocabulary.form(self.template, "requests").rows[row_id]
        places = sorted(self.headers)
        if tuple(self.headers[place] for place in places) != due or places[-1] - places[0] != len(due) - 1:
            return False
        if places[-1] >= len(row) or not all(_could_be_value(row[place] or "") for place in places):
            return False
        self._put("requests", row_id, {self.headers[place]: row[place] or "" for place in places})
        return True

    def _review(self, row: Row) -> bool:
        """Whether the row belongs to the third table: its headers, or the numbers under them."""
        words = {bare(cell) for cell in row if cell}
        if words & {"结果维持", "结果纠正", "尚未审结"}:
            if self.review is None:
                self.close()
                self.review = []
            return True
        if self.review is None:
            return False
        if words & {"行政复议", "行政诉讼", "未经复议直接起诉", "复议后起诉", "其他结果", "总计"} and not self.review:
            return True
        due = len(list(vocabulary.form(self.template, "review_litigation").cells()))
        if _fitted(self.review, due) is None and all(_could_be_value(cell or "") for cell in row):
            self.review += [cell for cell in row if cell is not None]
            return True
        self._close_review()
        return False

    def _close_review(self) -> None:
        keys = list(vocabulary.form(self.template, "review_litigation").cells())
        values = _fitted(self.review or [], len(keys))
        self.review = None
        if values is not None:
            for (row_id, column_id), text in zip(keys, values, strict=True):
                self._put("review_litigation", row_id, {column_id: text})


def _could_be_value(cell: str) -> bool:
    return not cell.strip() or is_value(cell) or all(is_value(part) for part in cell.split())


def _fitted(values: Sequence[str], count: int) -> list[str] | None:
    """The values brought to their number: empty ones at the ends and repeated ones dropped, joined ones parted."""
    return next(
        (fitted for fitted in _fittings([value.strip() for value in values]) if len(fitted) == count), None
    ) or ([values[0]] * count if len(values) > count and len(set(values)) == 1 else None)


def _fittings(values: list[str]) -> Iterator[list[str]]:
    yield values
    inner = values
    while inner and not inner[-1]:
        inner = inner[:-1]
        yield inner
    inner = values
    while inner and not inner[0]:
        inner = inner[1:]
        yield inner
    while inner and not inner[-1]:
        inner = inner[:-1]
        yield inner
    single = [value for at, value in enumerate(inner) if at == 0 or value != inner[at - 1]]
    yield single
    yield [part for value in inner for part in value.split()]
