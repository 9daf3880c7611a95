"""The three statutory tables as publishers lay them out, from wording and printed cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random

from pipeline import vocabulary
from pipeline.vocabulary import Form
from tests.corpus.grids import Grid, Spot, unspan
from tests.corpus.truth import Key
from tests.corpus.wording import Wording

# The rows under each caption of the proactive table, by the row that the caption stands above.
ARTICLES = ("regulations", "licensing", "penalty", "fees", "procurement")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a publisher's typist set the tables. `spans`: merged cells kept, or unmerged with their text in the first
    row (once) or in each (repeated). `captions` leaves out the lines 第二十条第…项. `tail` is what stands right of a
    row with fewer columns than the table: an empty cell, or a wider last one."""

    spans: str = "kept"  # kept | once | repeated
    requests_head: str = "form"  # form | total_apart | one_row
    requests_labels: str = "grouped"  # grouped | single | single_without_groups
    review: str = "wide"  # wide | tall
    tail: str = "empty"  # empty | wide
    captions: bool = True
    vertical: bool = False  # the review table's headers one character a line


def choose_layout(rng: Random, varied: bool) -> Layout:
    if not varied:
        return Layout(
            requests_head=rng.choice(["form", "total_apart"]),
            tail=rng.choice(["empty", "wide"]),
            vertical=rng.random() < 0.3,
        )
    return Layout(
        spans=rng.choices(["kept", "once", "repeated"], weights=(6, 2, 1))[0],
        requests_head=rng.choices(["form", "total_apart", "one_row"], weights=(5, 4, 1))[0],
        requests_labels=rng.choices(["grouped", "single", "single_without_groups"], weights=(8, 1, 1))[0],
        review=rng.choices(["wide", "tall"], weights=(6, 1))[0],
        tail=rng.choice(["empty", "wide"]),
        captions=rng.random() < 0.9,
        vertical=rng.random() < 0.4,
    )


def build_tables(template: str, wording: Wording, layout: Layout, texts: Mapping[Key, str]) -> dict[str, Grid]:
    """The statutory tables by table_id."""
    grids = {
        "proactive": _proactive(vocabulary.form(template, "proactive"), wording, layout, texts),
        "requests": _requests(vocabulary.form(template, "requests"), wording, layout, texts),
        "review_litigation": _review(vocabulary.form(template, "review_litigation"), wording, layout, texts),
    }
    if layout.spans != "kept":
        grids = {table_id: unspan(grid, layout.spans == "repeated") for table_id, grid in grids.items()}
    return grids


class _Rows:
    """Collects spots row by row."""

    def __init__(self, table_id: str) -> None:
        self.table_id = table_id
        self.spots: list[Spot] = []
        self.row_ids: list[str | None] = []

    def add(self, *spots: Spot, row_id: str | None = None) -> int:
        row = len(self.row_ids)
        self.spots += [replace(spot, row=row) for spot in spots]
        self.row_ids.append(row_id)
        return row

    def grid(self, head_rows: int, widths: tuple[float, ...]) -> Grid:
        return Grid(
            tuple(self.spots), len(self.row_ids), len(widths), tuple(self.row_ids), head_rows, widths, self.table_id
        )


def _proactive(form: Form, wording: Wording, layout: Layout, texts: Mapping[Key, str]) -> Grid:
    rows = _Rows("proactive")
    above: tuple[str, ...] = ()
    for row_id, columns in form.rows.items():
        if row_id in ARTICLES:
            if layout.captions:
                rows.add(Spot(0, 0, wording.articles[row_id], "head", col_span=4))
            if layout.captions or columns != above:
                heads = [Spot(0, 0, wording.item, "head")]
                heads += [Spot(0, i, wording.column("proactive", c), "head") for i, c in enumerate(columns, 1)]
                rows.add(*_fill(heads, layout.tail))
            above = columns
        cells = [Spot(0, 0, wording.row("proactive", row_id), "label")]
        for i, column_id in enumerate(columns, 1):
            key = ("proactive", row_id, column_id)
            cells.append(Spot(0, i, texts[key], "value", key=key))
        rows.add(*_fill(cells, layout.tail), row_id=row_id)
    return rows.grid(1 + layout.captions, (5, 4, 4, 4))


def _fill(spots: list[Spot], tail: str) -> list[Spot]:
    """A line of the four-column table made full: by empty cells, or by a last cell that spans the rest."""
    short = 4 - len(spots)
    if short and tail == "wide":
        return [*spots[:-1], replace(spots[-1], col_span=1 + short)]
    return spots + [Spot(0, len(spots) + i, "", "note") for i in range(short)]


def _requests(form: Form, wording: Wording, layout: Layout, texts: Mapping[Key, str]) -> Grid:
    rows = _Rows("requests")
    depth = 3 if layout.requests_labels == "grouped" else 1
    head_rows = _requests_head(rows, form, wording, layout, depth)
    parents = {label.key: label.parent for label in form.labels if label.axis != "column"}
    open_groups: dict[str, int] = {}
    for row_id, columns in form.rows.items():
        path = _path(parents, row_id)
        new = [group for group in path if group not in open_groups]
        if layout.requests_labels == "single":
            for group in new:
                empty = [Spot(0, 1 + i, "", "note") for i in range(len(columns))]
                rows.add(Spot(0, 0, wording.group("requests", group), "group"), *empty)
        line = [Spot(0, len(path) if depth == 3 else 0, wording.row("requests", row_id), "label")]
        line[0] = replace(line[0], col_span=depth - line[0].col)
        if depth == 3:
            line += [
                Spot(0, path.index(g), wording.group("requests", g), "group", _height(form, parents, g)) for g in new
            ]
        for i, column_id in enumerate(columns):
            key = ("requests", row_id, column_id)
            line.append(Spot(0, depth + i, texts[key], "value", key=key))
        row = rows.add(*line, row_id=row_id)
        open_groups |= dict.fromkeys(new, row)
    labels = (1.6, 2.0, 5.0) if depth == 3 else (8.0,)
    return rows.grid(head_rows, labels + (1.6,) * 7)


def _requests_head(rows: _Rows, form: Form, wording: Wording, layout: Layout, depth: int) -> int:
    columns = [wording.column("requests", c) for c in next(iter(form.rows.values()))]
    if layout.requests_head == "one_row":
        heads = [Spot(0, depth + i, text, "head") for i, text in enumerate(columns)]
        rows.add(Spot(0, 0, wording.note, "note", col_span=depth), *heads)
        return 1
    corner = Spot(0, 0, wording.note, "note", row_span=3, col_span=depth)
    person, *organisations, total = columns
    apart = layout.requests_head == "total_apart"
    first = [corner, Spot(0, depth, wording.applicants, "head", col_span=6 if apart else 7)]
    second = [
        Spot(0, depth, person, "head", row_span=2),
        Spot(0, depth + 1, wording.organisations, "head", col_span=5),
    ]
    if apart:
        first.append(Spot(0, depth + 6, total, "head", row_span=3))
    else:
        second.append(Spot(0, depth + 6, total, "head", row_span=2))
    rows.add(*first)
    rows.add(*second)
    rows.add(*(Spot(0, depth + 1 + i, text, "head") for i, text in enumerate(organisations)))
    return 3


def _path(parents: Mapping[str, str | None], row_id: str) -> list[str]:
    """The groups that a row stands in, from the outermost."""
    path: list[str] = []
    parent = parents[row_id]
    while parent:
        path.insert(0, parent)
        parent = parents[parent]
    return path


def _height(form: Form, parents: Mapping[str, str | None], group: str) -> int:
    return sum(group in _path(parents, row_id) for row_id in form.rows)


def _review(form: Form, wording: Wording, layout: Layout, texts: Mapping[Key, str]) -> Grid:
    return (_review_wide if layout.review == "wide" else _review_tall)(form, wording, layout, texts)


def _upright(text: str, vertical: bool) -> str:
    return "\n".join(text) if vertical else text


def _review_wide(form: Form, wording: Wording, layout: Layout, texts: Mapping[Key, str]) -> Grid:
    rows = _Rows("review_litigation")
    results = [_upright(wording.column("review_litigation", c), layout.vertical) for c in form.rows["reconsideration"]]
    rows.add(
        Spot(0, 0, wording.row("review_litigation", "reconsideration"), "head", col_span=5),
        Spot(0, 5, wording.group("review_litigation", "litigation"), "head", col_span=10),
    )
    rows.add(
        *(Spot(0, i, text, "head", row_span=2) for i, text in enumerate(results)),
        Spot(0, 5, wording.row("review_litigation", "litigation_direct"), "head", col_span=5),
        Spot(0, 10, wording.row("review_litigation", "litigation_after_reconsideration"), "head", col_span=5),
    )
    rows.add(*(Spot(0, 5 + i, text, "head") for i, text in enumerate(results * 2)))
    keys = [("review_litigation", r, c) for r, columns in form.rows.items() for c in columns]
    rows.add(*(Spot(0, i, texts[key], "value", key=key) for i, key in enumerate(keys)), row_id="reconsideration")
    return rows.grid(3, (1.0,) * 15)


def _review_tall(form: Form, wording: Wording, layout: Layout, texts: Mapping[Key, str]) -> Grid:
    rows = _Rows("review_litigation")
    columns = form.rows["reconsideration"]
    heads = [Spot(0, 2 + i, wording.column("review_litigation", c), "head") for i, c in enumerate(columns)]
    rows.add(Spot(0, 0, "类型", "note", col_span=2), *heads)
    for row_id in form.rows:
        grouped = row_id != "reconsideration"
        line = [Spot(0, int(grouped), wording.row("review_litigation", row_id), "label", col_span=2 - grouped)]
        if row_id == "litigation_direct":
            line.append(Spot(0, 0, wording.group("review_litigation", "litigation"), "group", row_span=2))
        for i, column_id in enumerate(columns):
            key = ("review_litigation", row_id, column_id)
            line.append(Spot(0, 2 + i, texts[key], "value", key=key))
        rows.add(*line, row_id=row_id)
    return rows.grid(1, (2.0, 3.0) + (1.5,) * 5)
