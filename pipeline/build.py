"""Cached reports → the staged files of a new version. What stands published as it must be is taken over.

A report's rows follow from its item (`items`) and from what other reports say of it (`compare`). Those of which neither
has changed since the version before are not made again, nor even decoded; those that came, changed or went have what
they have ties to (`compare.ties`) compared anew. The files are the same, byte for byte, as if all were made anew.

Many reports are made in several processes, in any order; they are put into the files in order.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from pipeline.compare import compare_cards, located, unpacked
from pipeline.compare.cards import Card, card_of
from pipeline.compare.ties import Ties, concerned, ties_of
from pipeline.items import Damaged, Item, Source, reports
from pipeline.publish import FileFacts, arrow_array, write_chunks
from pipeline.publish.chunk import Chunk, chunk_of
from pipeline.publish.index import Growing, Index
from pipeline.publish.switch import Out
from pipeline.publish.tabulate import Entry
from pipeline.summary import Tally, tally_of
from pipeline.workers import Bounds, Lost, each

J = TypeVar("J")
R = TypeVar("R")

Progress = Callable[[str, int, int], None]

_CHUNK = 64  # reports
_FEW = 512  # reports; fewer are made sooner than processes start
_MANY = 5_000  # reports; as many are not held at once
_BOUNDS = Bounds(seconds=600.0, memory=4_000_000_000)  # of one chunk: reports are bounded when they are read


@dataclass(frozen=True, slots=True)
class Built:
    """The files that were staged, by name, with the tallies of all reports, and the index for the version after."""

    files: Mapping[str, FileFacts]
    tallies: Sequence[Tally]
    index: Index
    made: int
    """Reports whose rows were made; the others were taken over."""


def build(
    items: Sequence[Item],
    source: Source,
    staged: Path,
    place: Out,
    before: Index | None,
    fresh: Collection[str],
    processes: int,
    tell: Progress,
) -> Built:
    """Stage a version of the dataset in the empty folder `staged`.

    `before` is the index of the version that is published at `place` and stands whole; without it all is made anew.
    `fresh` are the sha256 of contents that were just read. Raises items.Damaged, OSError, RuntimeError.
    """
    making = _Making(items, source, place, fresh, processes, tell)
    if before is not None:
        try:
            return making.make(staged, before)
        except ValueError:  # what stands is not what it should be, so nothing of it is taken over
            shutil.rmtree(staged)
            staged.mkdir()
    return making.make(staged, None)


@dataclass(frozen=True, slots=True)
class _Making:
    items: Sequence[Item]
    source: Source
    place: Out
    fresh: Collection[str]
    processes: int
    tell: Progress

    def make(self, staged: Path, before: Index | None) -> Built:
        known = _known(before)
        inputs = {item.report_id: item.digest for item in self.items}
        left = known.keys() - inputs.keys()
        changed = {item.report_id: item for item in self.items if self._is_changed(item, inputs, known)}
        cards = self._cards(list(changed.values()))
        ties = {i: known[i].ties for i in known.keys() & inputs.keys()}
        moved = {tie for i in (*left, *changed) if i in known for tie in known[i].ties}
        for i in changed:
            ties[i] = ties_of(cards[i]) if i in cards else ()
            moved.update(ties[i])
        anew, among = concerned(ties, moved)
        # The cards of the reports that are as they were; one that changed may have none now.
        old = before.note_of("card", among - changed.keys()) if before else {}
        standing = (Card.from_json(text) for i, text in old.items() if text and i in inputs)
        mine = (card for i, card in cards.items() if i in among)
        due_now = {*anew, *changed}
        compared = self._compared([*mine, *standing], among, due_now)
        entries = {i: _digest(inputs[i], compared.get(i)) for i in due_now}
        due = [item for item in self.items if self._is_due(item, entries, known)]
        gone = frozenset({item.report_id for item in due} | left)
        growing = Growing(before, gone)

        def chunks() -> Iterator[Chunk]:
            work = ([(item, compared.pop(item.report_id, None)) for item in part] for part in _parts(due))
            done = 0
            for made in _in_order(partial(_made, self.source), work, self._processes(due)):
                notes = []
                for i, tally in zip(made.chunk.ids, made.tallies, strict=True):
                    card = cards.pop(i).to_json() if i in cards else old.get(i) if i not in changed else None
                    said = {"inputs": inputs[i], "entry": entries[i], "ties": "\n".join(ties[i])}
                    notes.append({**said, "tally": tally, "card": card})
                growing.add(made.chunk, notes)
                yield made.chunk
                done += len(made.chunk.ids)
                self.tell("publishing", done, len(due))

        taken = before.standing(self.place, gone) if before else None
        threads = self.processes if taken and len(due) < _MANY else 1
        files = write_chunks(chunks(), staged, taken, threads)
        index = growing.complete()
        tallies = [Tally.from_json(text) for (text,) in index.notes("tally").values()]
        return Built(files, tallies, index, len(due))

    def _is_changed(self, item: Item, inputs: Mapping[str, str], known: Mapping[str, _Known]) -> bool:
        """Whether something else is to be published of a report itself, or may be."""
        old = known.get(item.report_id)
        return old is None or old.inputs != inputs[item.report_id] or item.sha256 in self.fresh

    def _is_due(self, item: Item, entries: Mapping[str, str], known: Mapping[str, _Known]) -> bool:
        """Whether a report's rows must be made."""
        old, entry = known.get(item.report_id), entries.get(item.report_id)
        return entry is not None and (old is None or old.entry != entry or item.sha256 in self.fresh)

    def _cards(self, changed: Sequence[Item]) -> dict[str, Card]:
        """The cards of the reports that came or changed, of those that have one."""
        found: dict[str, Card] = {}
        for done, cards in enumerate(
            _in_order(partial(_carded, self.source), _parts(changed), self._processes(changed)), 1
        ):
            found.update((card.report_id, card) for card in cards)
            self.tell("gathering", min(done * _CHUNK, len(changed)), len(changed))
        return found

    def _compared(self, cards: Sequence[Card], among: Collection[str], wanted: Collection[str]) -> dict[str, bytes]:
        """What the reports `wanted` are said to be by those they are compared `among`, packed."""
        found = {}
        for report_id, packed in compare_cards(cards, self._replaced(among), wanted):
            found[report_id] = packed
            self.tell("comparing", len(found), len(wanted))
        self.tell("comparing", len(wanted), len(wanted))  # of many there is nothing to say
        return found

    def _processes(self, items: Sequence[Item]) -> int:
        return self.processes if len(items) >= _FEW else 1

    def _replaced(self, ids: Collection[str]) -> frozenset[str]:
        return frozenset(item.report_id for item in self.items if item.replaced and item.report_id in ids)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the index of the version before says of a report."""

    inputs: str
    entry: str
    ties: Ties


def _known(before: Index | None) -> dict[str, _Known]:
    if before is None:
        return {}
    notes = before.notes("inputs", "entry", "ties")
    return {
        i: _Known(inputs, entry, tuple(ties.split("\n")) if ties else ()) for i, (inputs, entry, ties) in notes.items()
    }


@dataclass(frozen=True, slots=True)
class _Made:
    chunk: Chunk
    tallies: tuple[str, ...]


def _carded(source: Source, part: Sequence[Item]) -> list[Card]:
    return [card for _, report, _ in reports(part, source) if (card := card_of(report))]


def _made(source: Source, part: Sequence[tuple[Item, bytes | None]]) -> _Made:
    entries, tallies = [], []
    said = {item.report_id: packed for item, packed in part}
    for item, report, fault in reports([item for item, _ in part], source):
        others = unpacked(said[item.report_id])
        flags = located(others.flags, report)
        entry = Entry(report, item.paths[0], item.paths[1:], flags, others.superseded_by, item.replaced)
        entries.append(entry)
        tallies.append(tally_of(entry, fault).to_json())
    return _Made(chunk_of(entries), tuple(tallies))


def _digest(inputs: str, packed: bytes | None) -> str:
    """What a report's rows follow from."""
    return hashlib.blake2b(inputs.encode() + b" " + (packed or b""), digest_size=12).hexdigest()


def _parts(items: Sequence[J]) -> list[Sequence[J]]:
    return [items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK)]


def _in_order(function: Callable[[J], R], parts: Iterable[J], processes: int) -> Iterator[R]:
    """The results of a function for all parts, in their order."""
    if processes <= 1:
        yield from map(function, parts)
        return
    waiting: dict[int, R] = {}
    due = 0
    for (place, _), result in each(partial(_numbered, function), enumerate(parts), processes, _BOUNDS):
        if isinstance(result, Lost):
            raise RuntimeError(f"the dataset cannot be built: {result.trace or result.reason}")
        if isinstance(result, Damaged):
            raise result
        waiting[place] = result
        while due in waiting:
            yield waiting.pop(due)
            due += 1


def _numbered(function: Callable[[J], R], job: tuple[int, J]) -> R | Damaged:
    arrow_array.for_many()
    try:
        return function(job[1])
    except Damaged as damaged:
        return damaged
