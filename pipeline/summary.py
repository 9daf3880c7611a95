"""What a run says of itself: the numbers of all published reports, each counted by its tally."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from pipeline.publish.tabulate import Entry

_SHOWN = 20  # reasons and faults that a summary lists


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run found, and what it did.

    `found` files hold `extracted + partial + set_aside` reports, since `copies` of them hold the bytes of another.
    `aside` is (reason, how many, an example), the most frequent first. The program `failed` on so many files; `faults`
    is (source_path, reason) of the first. `passing` counts the reports that `retry` would read again. `read` reports
    were read in this run, which changed the published files `changed`; `traces` is (path, trace) of its first faults.
    `corrected` cells have a human correction; `uncorrected` says of each correction that failed where and why.
    `held` says why the gate held back the new version, which is `held_version`; the one published before stands then,
    and all figures are those of the new one.
    """

    found: int = 0
    copies: int = 0
    extracted: int = 0
    partial: int = 0
    set_aside: int = 0
    facts: int = 0
    flags: Mapping[str, int] = field(default_factory=dict)
    aside: Sequence[tuple[str, int, str]] = ()
    failed: int = 0
    faults: Sequence[tuple[str, str]] = ()
    passing: int = 0
    read: int = 0
    changed: Sequence[str] = ()
    traces: Sequence[tuple[str, str]] = ()
    corrected: int = 0
    uncorrected: Sequence[str] = ()
    held: Sequence[str] = ()
    held_version: str = ""

    @property
    def exit_status(self) -> int:
        """0 when every file was extracted or set aside with a reason; 1 when the program failed on one; 4 when the gate
        held the new version back; 3 when all is published but for a human correction that no longer finds what it
        corrects."""
        return 1 if self.failed else 4 if self.held else 3 if self.uncorrected else 0


@dataclass(frozen=True, slots=True)
class Tally:
    """What one published report adds to a summary. `fault` is how it was lost, if it was; `flags` its flags by kind."""

    path: str
    disposition: str
    reason: str | None
    fault: str | None
    copies: int
    facts: int
    corrected: int
    flags: Mapping[str, int]
    uncorrected: tuple[str, ...] = ()

    def to_json(self) -> str:
        return json.dumps(list(asdict(self).values()), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Tally:
        """Raises ValueError or TypeError for a text that `to_json` did not write."""
        path, disposition, reason, fault, copies, facts, corrected, flags, uncorrected = json.loads(text)
        return cls(path, disposition, reason, fault, copies, facts, corrected, flags, tuple(uncorrected))


def tally_of(entry: Entry, fault: str | None) -> Tally:
    report, flags = entry.report, entry.flags()
    failed = (flag.message for flag in flags if flag.kind == "correction_failed")
    return Tally(
        entry.source_path,
        report.disposition,
        report.reason,
        fault,
        len(entry.also_at),
        len(report.facts),
        sum(fact.corrected is not None for fact in report.facts),
        dict(Counter(flag.kind for flag in flags)),
        tuple(f"{message} ({entry.source_path})" for message in failed),
    )


def summarise(tallies: Iterable[Tally], found: int, lost_corrections: Sequence[str]) -> Summary:
    """The summary of a dataset from the tallies of its reports. `found` is the number of files, `lost_corrections` says
    of human corrections that their sources are not there."""
    dispositions, flags = Counter[str](), Counter[str]()
    aside: dict[str, list[str]] = {}
    faults: list[tuple[str, str]] = []
    uncorrected = list(lost_corrections)
    copies = facts = corrected = passing = 0
    for one in tallies:
        dispositions[one.disposition] += 1
        flags.update(one.flags)
        copies, facts, corrected = copies + one.copies, facts + one.facts, corrected + one.corrected
        uncorrected.extend(one.uncorrected)
        passing += one.fault is not None
        if one.disposition == "set_aside":
            aside.setdefault(one.reason or "no reason given", []).append(one.path)
        if one.fault == "fault":
            faults.append((one.path, one.reason or ""))
    reasons = sorted(aside.items(), key=lambda item: (-len(item[1]), item[0]))
    return Summary(
        found=found,
        copies=copies,
        extracted=dispositions["extracted"],
        partial=dispositions["partial"],
        set_aside=dispositions["set_aside"],
        facts=facts,
        flags=dict(sorted(flags.items())),
        aside=[(reason, len(paths), min(paths)) for reason, paths in reasons[:_SHOWN]],
        failed=len(faults),
        faults=sorted(faults)[:_SHOWN],
        passing=passing,
        corrected=corrected,
        uncorrected=sorted(uncorrected),
    )
