"""Pictures of doubtful cells: the source's page around the cell, with a frame, to hold the number against.

From what the program keeps beside the dataset, or the source where it still lies; without either there are none.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from pipeline.site.dataset import Entry
from pipeline.site.doubts import Doubt, changes
from pipeline.site.pages import Pages

_A_REPORT = 12  # a report with more doubtful cells is looked at as a whole


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of one cell: its file below the site's root, the cell, and its page."""

    path: str
    place: tuple[str, str, str]
    page: int


class Pictures:
    """Draws at most `most` pictures for a site."""

    def __init__(self, dataset: Path, pages: Pages, most: int) -> None:
        self._dataset, self._pages = dataset, pages
        self._left = most if find_spec("PIL") is not None and find_spec("cv2") is not None else 0

    def of(self, entry: Entry, doubts: tuple[Doubt, ...]) -> tuple[Picture, ...]:
        """The pictures of a report's doubtful cells, those of errors first."""
        wanted = _doubtful(doubts)
        if not self._left or not wanted or not entry.about["pages"]:
            return ()
        from pipeline.facsimile import NoPicture, boxes, marked

        sha256 = entry.about["sha256"]
        at = boxes(self._dataset, sha256)
        found: list[Picture] = []
        for place in wanted:
            if place in at and len(found) < _A_REPORT and self._left:
                page, box = at[place]
                try:
                    png = marked(self._dataset, sha256, page, box)
                except NoPicture:
                    break  # the next cell of this source has none either
                path = f"pictures/{entry.report_id}-{len(found) + 1}.png"
                self._pages.put(path, png)
                self._left -= 1
                found.append(Picture(path, place, page))
        return tuple(found)


def _doubtful(doubts: tuple[Doubt, ...]) -> list[tuple[str, str, str]]:
    """The cells that a doubt names, or that an explanation changes; those under an error first."""
    ranked: dict[tuple[str, str, str], int] = {}
    for doubt in doubts:
        if doubt.severity not in ("error", "warning"):
            continue
        places = [(doubt.place[0], row_id, column_id) for row_id, column_id, _ in changes(doubt)]
        if all(doubt.place):
            places.append(doubt.place)
        for place in places:
            ranked[place] = min(ranked.get(place, 2), 0 if places[0] == place and doubt.severity == "error" else 1)
    return sorted(ranked, key=lambda place: ranked[place])
