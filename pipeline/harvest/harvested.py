"""What a night brought: numbers for the summary, and what a person must hear of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Yielded:
    """What one source led to. `known` documents stood there before; `seen` ones it led to tonight, of which some were
    `new` or `replaced`. `note` says what went wrong with the list itself; `complete` whether it was visited in full."""

    source_id: str
    publisher: str
    url: str
    known: int = 0
    seen: int = 0
    new: int = 0
    replaced: int = 0
    vanished: int = 0
    failed: int = 0
    list_pages: int = 0
    note: str | None = None
    complete: bool = True

    @property
    def fell_silent(self) -> bool:
        """Whether it led to documents before, and tonight to none although it was asked."""
        return self.known > 0 and self.seen == 0 and self.complete


@dataclass(frozen=True, slots=True)
class Harvested:
    """A night in numbers. Documents are counted once, whichever sources led to them; pages that only wrap one, lists
    and robots.txt are not counted but as requests.

    `fetched` answers came with a body, `not_modified` without. Documents are `new`, `replaced` (other bytes at a known
    address), `unchanged` or `vanished`; `waiting` addresses failed before and are not due yet. `failed` is host →
    reason → how many. `left` documents and sources were not come to, because `ended` (the budget that was used up).
    """

    requests: int = 0
    bytes: int = 0
    fetched: int = 0
    not_modified: int = 0
    new: int = 0
    replaced: int = 0
    unchanged: int = 0
    vanished: int = 0
    waiting: int = 0
    failed: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    examples: Mapping[str, str] = field(default_factory=dict)
    """Reason → the first address, in order, that failed for it."""
    left: int = 0
    ended: str | None = None
    faults: tuple[str, ...] = ()
    """What was the program's own fault, with the address."""
    sources: tuple[Yielded, ...] = ()
    seconds: float = 0.0

    @property
    def n_failed(self) -> int:
        return sum(count for reasons in self.failed.values() for count in reasons.values())

    @property
    def fell_silent(self) -> tuple[Yielded, ...]:
        """The sources that led to documents before, and tonight to none."""
        return tuple(source for source in self.sources if source.fell_silent)

    @property
    def wrote(self) -> bool:
        """Whether there is anything for the main job to read that was not there before."""
        return bool(self.new or self.replaced)

    @property
    def alarms(self) -> tuple[str, ...]:
        """What a person should hear of, one sentence each; empty after a night as it should be."""
        found = [
            f"{s.publisher} ({s.url}): {s.known} documents before, none tonight{f'; {s.note}' if s.note else ''}"
            for s in self.fell_silent
        ]
        if self.n_failed and not self.fetched and not self.not_modified and not self.ended:
            found.append("nothing at all was fetched: is this machine connected?")
        return (*found, *(f"a fault of the program at {fault}" for fault in self.faults))

    def as_data(self) -> dict[str, Any]:
        """All of it as JSON takes it, with `alarms`."""
        return {**asdict(self), "n_failed": self.n_failed, "alarms": list(self.alarms)}
