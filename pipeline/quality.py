"""How far a report can be taken as read: three shares, whose product is `reports.quality`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from extractors.document import Document
from pipeline import vocabulary
from pipeline.checks import Verdict, verdicts
from pipeline.model import Fact, Flag, Quality
from pipeline.prose import lines

_BLANK = 0.5  # a blank cell is printed, and says nothing
_HARMLESS = frozenset({"fullwidth_digit", "compatibility_character"})  # another way to write the same character


def quality(
    document: Document, facts: Sequence[Fact], flags: Sequence[Flag], found: Sequence[Verdict] | None = None
) -> Quality:
    """The quality of a report by its document, its facts and all of its flags; `found` are the facts' verdicts, where
    they are known. Without facts (a work plan) only the text is judged."""
    arithmetic = _arithmetic(verdicts(facts) if found is None else found)
    return Quality(_text(len(lines(document)), flags), arithmetic, _cells(facts))


def _text(n_lines: int, flags: Sequence[Flag]) -> float:
    kinds = vocabulary.flag_kinds()
    noisy = {
        (flag.page, flag.line, flag.excerpt if flag.line is None else None)
        for flag in flags
        if flag.kind in kinds and kinds[flag.kind].group == "noise" and flag.kind not in _HARMLESS
    }
    return _share(n_lines - min(len(noisy), n_lines), n_lines)


def _arithmetic(found: Sequence[Verdict]) -> float:
    states = Counter(verdict.state for verdict in found)
    return _share(states["holds"], states["holds"] + states["broken"])


def _cells(facts: Sequence[Fact]) -> float:
    templates = sorted({fact.template for fact in facts})
    if not templates:
        return 1.0
    promised = sum(len(list(vocabulary.form(templates[-1], table_id).cells())) for table_id in vocabulary.TABLES)
    printed = sum(1.0 if f.status == "reported" else _BLANK if f.status == "blank" else 0.0 for f in facts)
    return min(1.0, _share(printed, promised))


def _share(part: float, whole: int) -> float:
    return round(part / whole, 4) if whole else 1.0
