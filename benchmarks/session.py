"""One session: every reader on the same files, one after the other in this order on one machine, and what it cost."""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles

from benchmarks import counting, matcher
from benchmarks.corpus import Drawn
from benchmarks.measures import Tally, misses, tally
from benchmarks.peers import GONGKAI, PEERS, Peer
from benchmarks.worker import Answer, Worker
from pipeline.model import Identity, Report
from tests.corpus.score import Judged

Tell = Callable[[str], None]
NOTHING = Report("", "", None, None, Identity("other"), "set_aside", None, None)


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of repeated measurements, and the quarters of them that lie below and above."""

    median: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        low, _, high = quantiles(values, n=4, method="inclusive") if len(values) > 1 else (values[0],) * 3
        return cls(median(values), low, high, len(values))


@dataclass(slots=True)
class Seat:
    """A reader in the session: its process, and why it has none."""

    peer: Peer
    worker: Worker
    reason: str | None = None
    failures: list[str] = field(default_factory=list)
    peak: float = 0.0

    def read(self, drawn: Drawn) -> tuple[Report, Answer, float]:
        """The report, the reader's own answer, and the processor seconds from the file to the cells of the form."""
        answer = self.worker.read(drawn.path)
        if answer.failure is not None:
            self.failures.append(f"{drawn.name}: {answer.failure}")
            return NOTHING, answer, answer.processor
        if self.peer is GONGKAI:
            return answer.result, answer, answer.processor
        busy = time.process_time()
        report = (counting if self.peer.counts else matcher).report(answer.result)
        return report, answer, answer.processor + time.process_time() - busy


@dataclass(slots=True)
class Found:
    """What a session measured. Keys are (reader, format) or (reader, format, class); seconds are of the processor."""

    tallies: dict[tuple[str, str, str], Tally] = field(default_factory=lambda: defaultdict(Tally))
    misses: list[tuple[str, Judged]] = field(default_factory=list)
    seconds: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    pages: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    ratios: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))


def seats(interpreters: Sequence[str], names: Sequence[str]) -> list[Seat]:
    """A seat for this project and each peer of `names`, under the first interpreter that can load it."""
    found = []
    for peer in (GONGKAI, *PEERS):
        if peer is not GONGKAI and peer.name not in names:
            continue
        reasons = []
        own = peer.distributions == GONGKAI.distributions
        for interpreter in (sys.executable,) if own else (sys.executable, *interpreters):
            seat = Seat(peer, Worker(peer.name, interpreter))
            reason = seat.worker.start()
            if reason is None:
                break
            reasons.append(reason)
        else:
            seat.reason = reasons[-1]
        found.append(seat)
    return found


def measure(corpus: Sequence[Drawn], table: Sequence[Seat], repeats: int, tell: Tell) -> Found:
    """Every reader on all files once, for exactness; then in turn on a few of each format, for the ratios."""
    found = Found()
    able = [seat for seat in table if seat.reason is None]
    formats = dict.fromkeys(drawn.format for drawn in corpus)
    for format in formats:
        here = [drawn for drawn in corpus if drawn.format == format]
        readers = [seat for seat in able if format in seat.peer.formats]
        for seat in readers:
            tell(f"{format}: {seat.peer.name}")
            seat.read(here[0])  # what is loaded at first use is no cost of any one file
            for drawn in here:
                _judge(found, seat, drawn)
        tell(f"{format}: in turn")
        for seat, drawn, seconds in _in_turn(readers, here, repeats):
            found.seconds[seat.peer.name, format].append(seconds)
            if drawn.pages:
                found.pages[seat.peer.name, format].append(drawn.pages / seconds)
        _ratios(found, readers, format)
        for seat in readers:
            seat.peak = max(seat.peak, seat.worker.peak())
    return found


def _judge(found: Found, seat: Seat, drawn: Drawn) -> None:
    report, _, _ = seat.read(drawn)
    counts, judged = tally(drawn, report)
    found.tallies[seat.peer.name, drawn.format, drawn.difficulty] += counts
    if seat.peer is GONGKAI:
        found.misses += misses(drawn, judged)


def _in_turn(readers: Sequence[Seat], here: Sequence[Drawn], repeats: int) -> Iterator[tuple[Seat, Drawn, float]]:
    """A few files of all classes, each read by all readers before the next: whatever else the machine does hits all."""
    if not repeats:
        return
    most = min(6, len(here)) if here[0].format != "scan" else min(2, len(here))
    chosen = [here[n * len(here) // most] for n in range(most)]
    for turn in range(repeats):
        for n, drawn in enumerate(chosen):
            first = (turn + n) % len(readers)
            order = [*readers[first:], *readers[:first]]
            taken = {seat.peer.name: seat.read(drawn)[2] for seat in order}
            for seat in readers:
                yield seat, drawn, max(taken[seat.peer.name], 1e-6)


def _ratios(found: Found, readers: Sequence[Seat], format: str) -> None:
    own = found.seconds.get((GONGKAI.name, format), [])
    for seat in readers:
        theirs = found.seconds.get((seat.peer.name, format), [])
        found.ratios[seat.peer.name, format] = [a / b for a, b in zip(theirs, own, strict=True)]
