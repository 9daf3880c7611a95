"""The published dataset as a static site: for those who read it, and for those who review it.

    dataset     the published tables, report by report
    figures     what the overview counts; queue: what a reviewer should look at first
    grids       the statutory tables as a page shows them; doubts: the flags and claims that it lists
    pages       templates, scripts and assets, written below one folder

No server is needed: the pages work from the disk, and everything that they use lies beside them. The same dataset
gives the same bytes.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from pipeline import jurisdictions, vocabulary
from pipeline.publish.schema import TABLES
from pipeline.site.dataset import described, entries, set_aside
from pipeline.site.doubts import claims_of, doubts_of, kinds_of, sentences_of
from pipeline.site.figures import Brief, Figures
from pipeline.site.grids import sheets_of
from pipeline.site.pages import MARK, Pages, is_ours
from pipeline.site.pictures import Pictures
from pipeline.site.queue import Queue

UNPLACED = "unplaced"
"""The name of the page of reports whose place is not known."""

PICTURES = 500
"""Cells in doubt that a site shows as their source prints them: some minutes of drawing at most."""


class NotOurs(Exception):
    """The folder holds something else than a site of this program."""


@dataclass(frozen=True, slots=True)
class Built:
    """What was built: `pages` files of `size` bytes, of `reports` reports from `places` places."""

    pages: int
    size: int
    reports: int
    places: int


def build(
    dataset: Path, out: Path, tell: Callable[[int], None] = lambda done: None, *, pictures: int = PICTURES
) -> Built:
    """Build the site of the dataset in `dataset` below `out`; `tell` hears how many reports are done.

    At most `pictures` cells in doubt are shown as their source prints them.

    A site that was built in `out` before is replaced when the new one is whole. Raises NoDataset, NotOurs, and OSError
    or ValueError for a dataset that is damaged.
    """
    described(dataset)
    if not is_ours(out):
        raise NotOurs(f"{out} holds files that are no site of this program")
    draft = out.with_name(f".{out.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        built = _write(dataset, draft, tell, pictures)
        if out.exists():
            shutil.rmtree(out)
        draft.rename(out)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return built


def _write(dataset: Path, out: Path, tell: Callable[[int], None], most_pictures: int) -> Built:
    pages = Pages(out, {"glosses": {kind.kind: kind for kind in vocabulary.flag_kinds().values()}})
    pages.assets()
    pictures = Pictures(dataset, pages, most_pictures)
    figures, queue, briefs = Figures(), Queue(), list[Brief]()
    for done, entry in enumerate(entries(dataset), 1):
        brief = figures.add(entry)
        queue.add(entry, brief)
        briefs.append(brief)
        doubts, claims = doubts_of(entry.flags), claims_of(entry.claims)
        kinds = kinds_of(doubts)
        pages.write(
            "report.html.jinja",
            f"reports/{entry.report_id}.html",
            about=entry.about,
            brief=brief,
            place=_page_of(brief.code),
            sheets=sheets_of(entry, kinds, claims),
            kinds=kinds,
            sentences=sentences_of(claims),
            pictures=pictures.of(entry, doubts),
        )
        tell(done)
    briefs.sort(key=lambda b: (b.code or "~", b.publisher, b.year, b.report_id))
    aside = sorted(set_aside(dataset), key=lambda row: row["source_path"])
    places = _places(pages, briefs)
    _provinces(pages, briefs)
    pages.write("review.html.jinja", "review.html", items=queue.items(), passed=queue.passed)
    forms = [vocabulary.form(template, table_id) for template in vocabulary.TEMPLATES for table_id in vocabulary.TABLES]
    kinds_of_flag = vocabulary.flag_kinds().values()
    pages.write("dictionary.html.jinja", "dictionary.html", tables=TABLES, kinds=kinds_of_flag, forms=forms)
    pages.write("aside.html.jinja", "aside.html", aside=aside)
    pages.write(
        "index.html.jinja", "index.html",
        figures=figures, charts=figures.charts(), aside=len(aside), package=described(dataset),
    )  # fmt: skip
    pages.script("data/search.js", "search", _search(briefs))
    (out / MARK).write_text("A site built by gongkai; it may be replaced by the next one.\n", encoding="utf-8")
    return Built(pages.count, pages.bytes, len(briefs), places)


def _places(pages: Pages, briefs: Iterable[Brief]) -> int:
    """A page for each jurisdiction: its publishers with their reports by year."""
    count = 0
    for code, of_place in groupby(briefs, key=attrgetter("code")):
        listed = list(of_place)
        publishers = [(name, list(theirs)) for name, theirs in groupby(listed, key=attrgetter("publisher"))]
        newest = max(listed, key=attrgetter("year"))
        government = [b for b in listed if b.kind == "government" and b.stands and b.received]
        pages.write(
            "place.html.jinja",
            f"places/{_page_of(code)}.html",
            code=code,
            name=newest.place if code else "",
            province=code[:2],
            province_name=_province_name(code[:2]),
            publishers=publishers,
            years=[b.year for b in government],
            received=[int(b.received) for b in government],
        )
        count += 1
    return count


def _provinces(pages: Pages, briefs: Iterable[Brief]) -> None:
    """A page for each province: its jurisdictions by year; and the overview of them all."""
    by_province: dict[str, dict[str, dict[int, list[Brief]]]] = {}
    names: dict[str, str] = {}
    for brief in briefs:
        if brief.stands:
            by_year = by_province.setdefault(brief.code[:2], {}).setdefault(brief.code, {})
            by_year.setdefault(brief.year, []).append(brief)
            names[brief.code] = brief.place
    years = sorted({b.year for b in briefs if b.year})
    rows = []
    for province in sorted(by_province):
        places = by_province[province]
        title = _province_name(province)
        pages.write(
            "province.html.jinja", f"provinces/{province or UNPLACED}.html",
            province=province, title=title, places=places, names=names, years=years,
        )  # fmt: skip
        counts = {year: sum(1 for by_year in places.values() if year in by_year) for year in years}
        rows.append((province, title, len(places), _divisions_in(province), counts))
    pages.write("coverage.html.jinja", "coverage.html", rows=rows, years=years)


@cache
def _province_name(province: str) -> str:
    found = [d for d in jurisdictions.divisions() if d.code == f"{province}0000"]
    return found[-1].name if found else ""


def _divisions_in(province: str) -> int:
    """How many divisions of the province have a code today."""
    return (
        sum(1 for d in jurisdictions.divisions() if d.code.startswith(province) and d.valid_to == jurisdictions.STILL)
        if province
        else 0
    )


def _page_of(code: str) -> str:
    return code or UNPLACED


def _search(briefs: Iterable[Brief]) -> list[list[object]]:
    """[code, name, pinyin, publishers] of every place: what a reader may look for."""
    found: dict[str, tuple[str, set[str]]] = {}
    for brief in briefs:
        _, publishers = found.setdefault(brief.code, (brief.place, set()))
        publishers.add(brief.publisher)
    pinyin = {division.code: division.pinyin.replace(" ", "") for division in jurisdictions.divisions()}
    return [[code, name, pinyin.get(code, ""), sorted(their)] for code, (name, their) in sorted(found.items())]
