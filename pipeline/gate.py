"""The gate: may a new version of the dataset take the place of the published one, though nobody looks?

Two datasets are held against each other by their published files alone, report by report. What is asked:

- keys: is each table sorted by its key, and each key there once? Do the tables agree on what reports there are?
- lost: has a report that was published with data none now?
- worse: does a file that has not changed read worse, or otherwise, or as another publisher's or year's?
- fresh: do the new reports have far more errors than the others?

A figure beyond its bound holds the new version; the reasons are for the person who then decides.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from pipeline.publish.published import NoDataset
from pipeline.publish.standing import Standing, altered, standing, strays

_EXAMPLES = 5
_GROUPS = 5


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a new version may differ by from the published one and still be let through: shares, 0 to 1.

    Reports are "with data" where they have facts or tasks; "the same" in both versions where their bytes are.
    """

    lost: float = 0.01
    """Of the reports with data (publisher and year), those that have none in the new version."""
    lost_of_year: float = 0.05
    """The same within one year, from `few` lost reports on."""
    moved: float = 0.01
    """Of the same reports, those whose publisher or year is another one; from `few` on."""
    numbers: float = 0.005
    """Of the numbers printed in the same reports, by how many fewer are read."""
    altered: float = 0.005
    """Of the numbers read in both versions of the same reports, those that are another number now."""
    verified: float = 0.01
    """Of the numbers that sums verify in the same reports, by how many fewer are."""
    passing: float = 0.005
    """The fall of the share of sums that hold, averaged over the same reports."""
    passing_of_group: float = 0.02
    """The same among the reports on one year, or of one file format, of which there are at least `few`."""
    errors: float = 0.01
    """Of the same reports, those that bear an error of a kind that they did not; from `few` on."""
    fresh_errors: float = 0.25
    """By how much the share of new reports that bear an error exceeds that share of the published; from `few` on."""
    few: int = 5
    """Fewer reports than this are no surprise, where the bound says so."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "few":
                if value < 1:
                    raise ValueError(f"the gate's bound few is {value}; it must be at least 1")
            elif not 0 <= value <= 1:
                raise ValueError(f"the gate's bound {field.name} is {value}; it must be a share between 0 and 1")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a new version may be published; if not, why: a sentence each, with the figure, the bound, examples."""

    passes: bool
    reasons: tuple[str, ...] = ()


def examine(published: Path | None, staged: Path, bounds: Bounds) -> Verdict:
    """Hold the dataset in the folder `staged` against the one in `published` (None where there is none yet).

    What cannot be read of either holds it too: nothing can be said for it then. Raises OSError for `staged`.
    """
    try:
        reasons = strays(staged)
    except (NoDataset, ValueError) as error:
        return Verdict(False, (f"the new version cannot be read: {error}",))
    if published is not None and not reasons:
        try:
            old = standing(published)
        except (NoDataset, OSError, ValueError, csv.Error) as error:
            return Verdict(False, (f"the published dataset cannot be compared with, it is damaged: {error}",))
        reasons = [*_compare(old, standing(staged), bounds), *_altered(old, altered(published, staged), bounds)]
    return Verdict(not reasons, tuple(reasons))


def _compare(old: Mapping[str, Standing], new: Mapping[str, Standing], bounds: Bounds) -> list[str]:
    same = [(was, new[report_id]) for report_id, was in old.items() if report_id in new]
    kept = [(was, now) for was, now in same if was.has_data and now.has_data]
    fresh = [now for report_id, now in new.items() if report_id not in old]
    return [
        *_lost(old, new, bounds),
        *_moved(kept, bounds),
        *_fewer(kept, bounds),
        *_failing(kept, bounds),
        *_erring(same, bounds),
        *_fresh(list(old.values()), fresh, bounds),
    ]


def _lost(old: Mapping[str, Standing], new: Mapping[str, Standing], bounds: Bounds) -> Iterator[str]:
    """Publishers' years that had data and have none. A report that is there under another name has moved, no more."""
    there = {now.subject for now in new.values() if now.has_data}
    before: dict[tuple[str, ...], list[str]] = {}
    for report_id, was in old.items():
        if was.has_data:
            before.setdefault(was.subject, []).append(report_id)
    gone = []
    for subject, ids in before.items():
        if subject not in there and not any(i in new and new[i].has_data for i in ids):
            gone.append((old[ids[0]], new.get(ids[0])))
    if not gone:
        return
    by_year = Counter(was.year for was, _ in gone)
    of_year = Counter(old[ids[0]].year for ids in before.values())
    cause = _first(f"{was.name} ({_cause(now)})" for was, now in gone)
    if len(gone) > bounds.lost * len(before):
        years = _first((f"{_year(year)}: {n} of {of_year[year]}" for year, n in sorted(by_year.items())), _GROUPS)
        yield (
            f"{_share(len(gone), len(before))} reports that are published with data have none in the new version; at "
            f"most {_percent(bounds.lost)} may be lost. Reported years: {years}. Lost: {cause}"
        )
        return
    for year, n in sorted(by_year.items()):
        if n >= bounds.few and n > bounds.lost_of_year * of_year[year]:
            which = _first(f"{was.name} ({_cause(now)})" for was, now in gone if was.year == year)
            yield (
                f"{_share(n, of_year[year])} reports on {_year(year)} that are published with data have none in the "
                f"new version; at most {_percent(bounds.lost_of_year)} of a year's may be lost. Lost: {which}"
            )


def _cause(now: Standing | None) -> str:
    if now is None:
        return "its file is no longer among the input"
    return now.reason or f"it is taken for no annual report: {now.document_type}"


def _moved(kept: list[tuple[Standing, Standing]], bounds: Bounds) -> Iterator[str]:
    moved = [(was, now) for was, now in kept if was.subject != now.subject]
    if len(moved) >= bounds.few and len(moved) > bounds.moved * len(kept):
        which = _first(f"{was.name} is now {now.name} ({now.source_path})" for was, now in moved)
        yield (
            f"{_share(len(moved), len(kept))} reports whose files have not changed are now another publisher's or "
            f"year's; at most {_percent(bounds.moved)} may be. {which}"
        )


def _fewer(kept: list[tuple[Standing, Standing]], bounds: Bounds) -> Iterator[str]:
    """Numbers that are no longer read, or no longer proven by sums."""
    for bound, words, count in (
        (bounds.numbers, "numbers read", _reported),
        (bounds.verified, "numbers verified by sums", _verified),
    ):
        before, after = sum(count(was) for was, _ in kept), sum(count(now) for _, now in kept)
        if before - after > bound * before:
            which = _fell(kept, count, str)
            yield (
                f"{words} in files that have not changed: {before} before, {after} now, "
                f"{_percent((before - after) / before)} fewer; at most {_percent(bound)} fewer may be. Most are "
                f"missing here: {which}"
            )


def _altered(old: Mapping[str, Standing], changes: Mapping[str, int], bounds: Bounds) -> Iterator[str]:
    """Numbers of files that have not changed which are other numbers now."""
    count, read = sum(changes.values()), sum(was.reported for was in old.values())
    if count > bounds.altered * read:
        most = sorted(changes.items(), key=lambda item: (-item[1], old[item[0]].name, item[0]))
        which = _first(f"{old[i].name}: {n} of {old[i].reported} ({old[i].source_path})" for i, n in most)
        yield (
            f"{_share(count, read)} numbers in files that have not changed are other numbers now; at most "
            f"{_percent(bounds.altered)} may be. Most of them here: {which}"
        )


def _reported(one: Standing) -> int:
    return one.reported


def _verified(one: Standing) -> int:
    return one.verified


def _failing(kept: list[tuple[Standing, Standing]], bounds: Bounds) -> Iterator[str]:
    """Sums that no longer hold: over all reports, else within a year or a format."""
    rated = [(was, now) for was, now in kept if was.arithmetic is not None and now.arithmetic is not None]
    if text := _fall(rated, "all reports", bounds.passing):
        yield text
        return
    groups: dict[str, list[tuple[Standing, Standing]]] = {}
    for was, now in rated:
        groups.setdefault(f"the reports on {_year(was.year)}", []).append((was, now))
        groups.setdefault(f"the reports of the format {was.format}", []).append((was, now))
    for group, pairs in sorted(groups.items()):
        if len(pairs) >= bounds.few and (text := _fall(pairs, group, bounds.passing_of_group)):
            yield text


def _fall(pairs: list[tuple[Standing, Standing]], group: str, bound: float) -> str | None:
    if not pairs:
        return None
    before = sum(was.arithmetic or 0.0 for was, _ in pairs) / len(pairs)
    after = sum(now.arithmetic or 0.0 for _, now in pairs) / len(pairs)
    if before - after <= bound:
        return None
    which = _fell(pairs, lambda one: one.arithmetic or 0.0, _percent)
    return (
        f"of {group} whose files have not changed, {_percent(after)} of the sums hold on average, {_percent(before)} "
        f"did; the share may fall by {_points(bound)}. It fell most here: {which}"
    )


def _fell(
    pairs: list[tuple[Standing, Standing]], figure: Callable[[Standing], float], printed: Callable[[float], str]
) -> str:
    """The reports whose figure fell, those where it fell most first."""
    fell = [(figure(was) - figure(now), was, now) for was, now in pairs if figure(now) < figure(was)]
    fell.sort(key=lambda one: (-one[0], one[1].name, one[1].report_id))
    return _first(
        f"{was.name}: {printed(figure(was))} before, {printed(figure(now))} now ({now.source_path})"
        for _, was, now in fell
    )


def _erring(same: list[tuple[Standing, Standing]], bounds: Bounds) -> Iterator[str]:
    """Errors that files which have not changed did not have."""
    found: dict[str, list[Standing]] = {}
    for was, now in same:
        for kind in now.errors - was.errors:
            found.setdefault(kind, []).append(now)
    for kind, reports in sorted(found.items()):
        if len(reports) >= bounds.few and len(reports) > bounds.errors * len(same):
            which = _first(f"{now.name} ({now.source_path})" for now in reports)
            yield (
                f"{_share(len(reports), len(same))} reports whose files have not changed now bear an error {kind}; at "
                f"most {_percent(bounds.errors)} may. For example {which}"
            )


def _fresh(old: Collection[Standing], fresh: Collection[Standing], bounds: Bounds) -> Iterator[str]:
    """New reports that look as if their source had changed its ways. What is no report at all harms nothing."""
    before, now = ([one for one in reports if one.has_data] for reports in (old, fresh))
    wrong = [one for one in now if one.errors]
    usual = sum(bool(one.errors) for one in before) / len(before) if before else 0.0
    if before and len(wrong) >= bounds.few and len(wrong) > (usual + bounds.fresh_errors) * len(now):
        which = _first(f"{one.name} ({', '.join(sorted(one.errors))})" for one in wrong)
        yield (
            f"{_share(len(wrong), len(now))} new reports bear an error; of those published {_percent(usual)} do, and "
            f"the share may be {_points(bounds.fresh_errors)} more. For example {which}"
        )


def _first(items: Iterable[str], most: int = _EXAMPLES) -> str:
    """The first of the items, and how many more there are."""
    listed = list(items)
    more = f"; and {len(listed) - most} more" if len(listed) > most else ""
    return "; ".join(listed[:most]) + more


def _year(year: int | None) -> str:
    return "a year not recognised" if year is None else str(year)


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({_percent(part / whole if whole else 0.0)})"


def _percent(share: float) -> str:
    return f"{share * 100:.4g} %"


def _points(share: float) -> str:
    return f"{share * 100:.4g} percentage points"
