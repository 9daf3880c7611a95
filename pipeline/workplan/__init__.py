"""The task table of a work plan (工作要点任务分解表) → its tasks: group, task, requirement, responsible units.

The table runs over many pages. Whether the first row after a break is the rest of the row before it is read off four
witnesses: the labels (a new one begins a new row), the number, the text (does it stop without the full stop that the
table's other requirements have), the units (empty, or a list that visibly stops short). Labels hold for the rows below
them until the next one. What is not settled stays a requirement of its own with what is known: nothing is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise

from extractors.document import Document
from pipeline.model import Task
from pipeline.workplan.responsible import reads_on, units
from pipeline.workplan.taskcolumns import LABEL, NUMBER, REQUIREMENT, RESPONSIBLE, key
from pipeline.workplan.taskrows import Piece, runs

_END = re.compile(r"(?:[。！？；!?;…]|(?<=[\u4e00-\u9fff])\.)[”’\"'」』）)】》〕\s]*$")
_OPEN = re.compile(r"[，、：,:“‘《（(〔]\s*$")
_PAIRS = ("（(", "）)"), ("《", "》"), ("“", "”"), ("〔", "〕")
_NUMBERED = re.compile(r"^\s*(?:[（(]?[一二三四五六七八九十\d]{1,3}[）)]|[一二三四五六七八九十\d]{1,3}\s*[、.．])")
_CONTINUED = re.compile(r"\s*[（(](?:接上[表页]|续上?表|续)[）)]\s*$")
_DITTO = re.compile(r"^\s*(?:同上|〃|″|\"|”)\s*$")
_BREAK = re.compile(r"[ \t\u3000]*\n[\s\u3000]*")
_GAP = re.compile(r"[ \t\u3000\xa0]+")
_SAME = 0.6


def tasks(document: Document) -> list[Task]:
    """Every requirement of the plan's task tables, in order; empty for a plan without such a table.

    `group` is the label (or the labels, ' / ' between them) above the task's own; '' where the table has none.
    `responsible` are the lead units, then the supporting ones. `page` and `line` are those of the requirement's
    beginning. In a text source an empty cell of units beside a label that still holds means the units above it.
    """
    found: list[Task] = []
    for pieces in runs(document):
        plan = _Plan(_style(pieces))
        for piece in pieces:
            plan.add(piece)
        found.extend(plan.tasks())
    return found


@dataclass(frozen=True, slots=True)
class _Style:
    """How the rows of this table are that no break can have cut."""

    ended: bool  # their requirements end with a full stop
    always: bool  # without exception, in enough of them to mean it
    own_units: bool  # each has units of its own
    numbered: bool  # each has a number
    known: frozenset[str]  # the units that they name


def _style(pieces: Sequence[Piece]) -> _Style:
    rows = [p for p in pieces if p.requirement and not p.loose and REQUIREMENT not in p.held]
    inner = [p for p, after in pairwise(rows) if not p.torn and not after.torn]
    stops = sum(1 for p in inner if ended(p.requirement))
    every = sum(1 for p in rows if ended(p.requirement))
    with_units = sum(1 for p in inner if p.responsible or p.support)
    # Rows without units: where units are merged they follow whole requirements, where rows are torn they do not.
    before = [a for a, p in pairwise(rows) if not (p.responsible or p.support)]
    torn = sum(1 for p in before if not ended(p.requirement))
    spans = any(RESPONSIBLE in p.held for p in pieces)
    enough = len(inner) >= 3
    return _Style(
        ended=stops >= 0.8 * len(inner) if enough else every >= 0.3 * len(rows),
        always=len(inner) >= 5 and stops == len(inner),
        own_units=not spans and (with_units == len(inner) if enough else torn >= 0.7 * len(before)),
        numbered=enough and sum(1 for p in inner if p.number and NUMBER not in p.held) >= 0.9 * len(inner),
        known=frozenset(name for p in inner for text in (p.responsible, p.support) for name in units(text)),
    )


@dataclass(slots=True)
class _Draft:
    """A requirement while its parts come together."""

    labels: list[str]
    section: str
    fresh: bool  # its row printed a label
    number: str
    requirement: str
    responsible: list[str]
    support: list[str]
    page: int | None
    line: int | None

    @property
    def lead(self) -> str:
        return "\n".join(self.responsible)

    @property
    def has_units(self) -> bool:
        return bool(self.responsible or self.support)


@dataclass(slots=True)
class _Plan:
    """The requirements so far, and the labels that hold for the next row."""

    style: _Style
    drafts: list[_Draft] = field(default_factory=list)
    section: str = ""
    labels: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def add(self, piece: Piece) -> None:
        last = self.drafts[-1] if self.drafts else None
        if piece.loose:
            if last and _is_rest(last, piece, self.style):
                last.requirement += "\n" + piece.requirement
            return
        if piece.section:
            if not last or key(piece.labels[0]) != key(self.section):
                self.section, self.labels = label_of(piece.labels[0]), []
            return
        requirement = "" if REQUIREMENT in piece.held else piece.requirement
        if last and not requirement and self._adds_units(last, piece):
            self._extend(last, piece)
        elif last and requirement and self._goes_on(last, piece):
            last.requirement += "\n" + requirement
            self._extend(last, piece)
        else:
            self._begin(last, piece, requirement)

    def _begin(self, last: _Draft | None, piece: Piece, requirement: str) -> None:
        changed = self._take(piece)
        if not (requirement or piece.responsible or piece.support):
            return
        responsible, support = piece.responsible, piece.support
        above = last is not None and not changed and not (responsible or support)
        if last and (_DITTO.match(responsible) or (above and self._inherits(piece))):
            responsible, support = last.lead, "\n".join(last.support)
        self.drafts.append(
            _Draft(
                list(self.labels),
                self.section,
                any(piece.labels),
                piece.number,
                requirement,
                [responsible] if responsible else [],
                [support] if support else [],
                piece.page,
                piece.line,
            )
        )

    def _inherits(self, piece: Piece) -> bool:
        return not self.style.own_units and (piece.torn or not piece.gridded)

    def _take(self, piece: Piece) -> bool:
        """Lets the row's labels hold from here on; whether one of them is new. A new one ends those below it."""
        new = self._new_labels(piece)
        self.labels += [""] * (len(piece.labels) - len(self.labels))
        for level in new:
            self.labels[level:] = [label_of(piece.labels[level]), *[""] * (len(self.labels) - level - 1)]
        return bool(new)

    def _new_labels(self, piece: Piece) -> list[int]:
        """The levels at which the row prints another label than the one that holds."""
        return [
            level
            for level, text in enumerate(piece.labels)
            if text
            and f"{LABEL}{level}" not in piece.held
            and not _DITTO.match(text)
            and (level >= len(self.labels) or key(text) != key(self.labels[level]))
        ]

    def _goes_on(self, last: _Draft, piece: Piece) -> bool:
        """Whether the row's text is the rest of the last requirement."""
        if piece.number and last.number and key(piece.number) != key(last.number):
            return False
        own_units = bool(piece.responsible or piece.support) and RESPONSIBLE not in piece.held
        unended = _is_open(last.requirement, self.style)
        cut_list = last.has_units and own_units and self._cut_list(last, piece)
        if not piece.torn:
            both = own_units and last.has_units
            return unended and self.style.own_units and not both and not self._new_labels(piece)
        if self._new_labels(piece):  # a label torn by the break, or the next one
            return unended and last.fresh and (not own_units or cut_list)
        if self.style.numbered and not piece.number:
            return True
        if not own_units or not last.has_units:
            return unended or self.style.own_units
        return cut_list or (unended and (self.style.always or key(piece.responsible) == key(last.lead)))

    def _adds_units(self, last: _Draft, piece: Piece) -> bool:
        """Whether a row without a requirement brings more units to the last one."""
        if not (piece.responsible or piece.support):
            return False
        return not self._new_labels(piece) or (piece.torn and last.has_units and self._cut_list(last, piece))

    def _cut_list(self, last: _Draft, piece: Piece) -> bool:
        """Whether the row's units end the last list: it stops short, or its last name is half a known one."""
        if reads_on(last.lead):
            return True
        before, after = units(last.lead), units(piece.responsible)
        return bool(before and after) and before[-1] + after[0] in self.style.known and after[0] not in self.style.known

    def _extend(self, last: _Draft, piece: Piece) -> None:
        """Adds what a torn row's second part holds beside its text."""
        for texts, more in ((last.responsible, piece.responsible), (last.support, piece.support)):
            if more and RESPONSIBLE not in piece.held and key(more) not in map(key, texts):
                texts.append(more)
        last.number = last.number or piece.number
        for level, text in enumerate(piece.labels):
            if text and f"{LABEL}{level}" not in piece.held and level < len(last.labels):
                before = last.labels[level]
                if SequenceMatcher(None, key(before), key(text)).ratio() < _SAME:
                    last.labels[level] = self.labels[level] = label_of(before + "\n" + text)

    def tasks(self) -> list[Task]:
        return [self._task(draft) for draft in self.drafts]

    def _task(self, draft: _Draft) -> Task:
        *above, own = [draft.section, *draft.labels] if draft.labels else [draft.section, ""]
        group = " / ".join(label for label in above if label)
        named = dict.fromkeys((*units(draft.lead), *units("\n".join(draft.support))))
        return Task(self._name(group), self._name(own), joined(draft.requirement), tuple(named), draft.page, draft.line)

    def _name(self, label: str) -> str:
        """The label as first printed: the same one may be punctuated otherwise where it is repeated."""
        return self.names.setdefault(key(label), label)


def ended(text: str) -> bool:
    """Whether a requirement ends as sentences end."""
    return _END.search(text) is not None


def _is_open(text: str, style: _Style) -> bool:
    """Whether a requirement stops short: within brackets, at a comma, or without the full stop that others have."""
    if ended(text):
        return False
    unclosed = any(sum(map(text.count, left)) > sum(map(text.count, right)) for left, right in _PAIRS)
    return style.ended or unclosed or _OPEN.search(text) is not None


def _is_rest(last: _Draft, piece: Piece, style: _Style) -> bool:
    """Whether a line between two parts of the table is the rest of a requirement that lost its columns."""
    expected = _is_open(last.requirement, style) or (piece.torn and style.ended and style.own_units)
    return expected and ended(piece.requirement) and not _NUMBERED.match(piece.requirement)


def joined(text: str) -> str:
    """A text without the breaks and spaces of wrapped lines: none between two Chinese characters, none at a break."""
    text = _BREAK.sub(lambda m: _glue(m, keep=False), text.strip())
    return _GAP.sub(lambda m: _glue(m, keep=True), text)


def _glue(match: re.Match[str], keep: bool) -> str:
    start, end = match.span()
    before, after = match.string[max(start - 1, 0) : start], match.string[end : end + 1]
    both = before.isascii() and after.isascii()
    if not keep:
        return " " if both and before.isalpha() and after.isalpha() else ""
    return " " if both or before.isascii() or after.isascii() else ""


def label_of(text: str) -> str:
    """A label as published: without the spaces of wrapped lines and the remark that it goes on (续)."""
    text = _CONTINUED.sub("", joined(text))
    return re.sub(r"(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f])", "", text).strip("：: ")
