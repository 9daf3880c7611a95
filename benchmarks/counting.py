"""A parser that fills the form by counting numbers, as public parsers of these reports do: a peer, and a warning.

The numbers between the first label of a table and the next table go into its cells in the form's order. One that is
blank, lost or doubled moves all that follow into other cells, and nothing tells.
"""

from __future__ import annotations

import re

from benchmarks.markup import Content
from benchmarks.matcher import bare, template_of
from pipeline import vocabulary
from pipeline.measure import measure
from pipeline.model import Identity, Reading, Report, TableReading
from pipeline.numerals import is_value

_DIGIT = re.compile(r"\d")
_STARTS = {"proactive": ("规章",), "requests": ("本年新收",), "review_litigation": ("结果维持", "行政复议结果维持")}


def report(content: Content) -> Report:
    """What counting makes of a file's text, as a report without flags."""
    template = template_of(content)
    words = [word for text in _texts(content) for word in text.split()]
    tables = []
    start = 0
    for table_id, labels in _STARTS.items():
        form = vocabulary.form(template, table_id)
        start = next((n for n in range(start, len(words)) if bare(words[n]).startswith(labels)), len(words))
        keys = list(form.cells())
        numbers = []
        for word in words[start:]:
            if len(numbers) == len(keys) or (_other_table(word, table_id) and numbers):
                break
            numbers += [word] if _DIGIT.search(word) and is_value(word) else []
        if numbers:
            found = dict(zip(keys, numbers, strict=False))
            cells = {key: Reading(found.get(key)) for key in keys}
            tables.append(TableReading(table_id, template, cells))
    facts, _ = measure(tables)
    return Report("", "", None, None, Identity("annual_report"), "extracted", None, template, tuple(facts))


def _texts(content: Content) -> list[str]:
    """All cells and lines, one after another."""
    found = []
    for item in content:
        found += [item] if isinstance(item, str) else [cell for row in item for cell in row if cell]
    return found


def _other_table(word: str, table_id: str) -> bool:
    return any(bare(word).startswith(labels) for other, labels in _STARTS.items() if other != table_id)
