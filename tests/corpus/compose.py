"""Draws one report, prints it, damages it, renders it: a document and its truth from one seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random

from tests.corpus import prose, seams
from tests.corpus.blocks import Block, Heading, Para, Sheet
from tests.corpus.characters import with_radicals
from tests.corpus.damage import apply_damage
from tests.corpus.decoys import draw_decoys
from tests.corpus.figures import draw_figures
from tests.corpus.grids import Grid, change
from tests.corpus.misprints import misprint
from tests.corpus.printing import Numerals, choose_numerals, print_figures
from tests.corpus.publishers import Publisher, draw_publisher
from tests.corpus.render import RENDERERS, Renderer
from tests.corpus.tables import build_tables, choose_layout
from tests.corpus.truth import Key, Misprint, Said, Truth, grid
from tests.corpus.wording import Wording, choose_wording
from tests.corpus.wreck import Wreck

CLASSES = ("clean", "varied", "torn", "misprinted")
CAPTIONS = {
    "proactive": "主动公开政府信息情况",
    "requests": "收到和处理政府信息公开申请情况",
    "review_litigation": "政府信息公开行政复议、行政诉讼情况",
}
OTHER_CAPTIONS = {
    "proactive": ("主动公开政府信息的情况", "政府信息主动公开情况", "主动公开情况"),
    "requests": ("收到和处理政府信息公开申请的情况", "依申请公开政府信息情况", "处理政府信息公开申请情况"),
    "review_litigation": ("因政府信息公开被申请行政复议、提起行政诉讼情况", "行政复议和行政诉讼情况"),
}
ORDINALS = "一二三四五六七八九十"


@dataclass(frozen=True, slots=True)
class Piece:
    """One document of the corpus. `suffix` is what its file name should end in; the content decides all the same."""

    data: bytes
    truth: Truth
    format: str
    difficulty: str
    suffix: str


def compose(
    seed: int | str, format: str, difficulty: str, damage: tuple[str, ...] = (), renderer: Renderer | None = None
) -> Piece:
    """The document of this seed in a format of RENDERERS and a class of CLASSES; the same bytes on every machine.

    `damage` names the kinds of damage to apply (see damage.DAMAGES) instead of a draw; it implies class torn.
    `renderer` renders instead of the format's own.
    """
    rng = Random(f"{seed}/{format}/{difficulty}/{','.join(damage)}")
    varied = difficulty != "clean"
    template, year = _draw_form(rng, varied)
    publisher = draw_publisher(rng, year)
    telling = prose.choose_telling(rng, publisher, year, varied)
    figures = draw_figures(rng, template)
    printed, misprints = misprint(rng, figures, rng.randint(1, 4)) if difficulty == "misprinted" else (figures, ())
    renderer = renderer or RENDERERS[format](rng, difficulty)
    shape = renderer.shape
    numerals = choose_numerals(rng, varied, shape.keeps_empty, shape.keeps_space)
    texts, said = print_figures(rng, printed, numerals)
    wording = _with_unit(choose_wording(rng, template, year, varied), template, numerals)
    layout = choose_layout(rng, varied)
    wreck = Wreck(build_tables(template, wording, layout, texts), said, shape)
    wounds: tuple[str, ...] = ()
    if difficulty == "torn":
        wounds = apply_damage(rng, wreck, rng.randint(1, 4) if not damage else len(damage), damage)
    blocks = _document(rng, wreck.grids, figures, telling, publisher, year, difficulty)
    if varied and "requests" in wreck.grids and rng.random() < 0.02:
        old, _ = print_figures(rng, draw_figures(rng, template), numerals)
        blocks += _last_year(build_tables(template, wording, layout, old)["requests"], year)
    if varied and rng.random() < 0.1:
        blocks = with_radicals(rng, blocks, rng.choice([0.2, 1.0]))
    title = prose.heading_text(telling, publisher, year)
    data = renderer.render(rng, blocks, title or "政府信息公开")
    truth = _truth(template, year, publisher, telling, wreck.said, wounds, misprints, figures)
    return Piece(data, truth, format, difficulty, renderer.suffix)


def _draw_form(rng: Random, varied: bool) -> tuple[str, int]:
    year = rng.randint(2019, 2025)
    template = "2019" if year <= 2020 else "2021"
    if varied and rng.random() < 0.05:  # forms of the wrong year exist
        template = "2021" if template == "2019" else "2019"
    return template, year


def _with_unit(wording: Wording, template: str, numerals: Numerals) -> Wording:
    """The amount's column header with the unit that the cells leave out, and without one that they contradict."""
    key = ("proactive", "column", "amount")
    bare = wording.labels[key].partition("（单位")[0].partition("(单位")[0]
    unit = numerals.unit_in_header
    if template == "2021" and not unit and numerals.unit.strip() in ("", "万元"):
        return wording
    form = "{}（单位：{}）" if template == "2021" else "{}（{}）"
    return replace(wording, labels=wording.labels | {key: form.format(bare, unit) if unit else bare})


def _truth(
    template: str,
    year: int,
    publisher: Publisher,
    telling: prose.Telling,
    said: Mapping[Key, Said],
    wounds: tuple[str, ...],
    misprints: tuple[Misprint, ...],
    figures: Mapping[Key, Decimal],
) -> Truth:
    names = publisher.spellings()
    return Truth(
        template=template,
        year=year,
        code=None if telling.ambiguous else publisher.place.code,
        publisher=names[0],
        publisher_also=names[1:],
        publisher_kind=publisher.kind,
        cells={key: said[key] for key in grid(template)},
        damage=wounds,
        misprints=misprints,
        meant=dict(figures),
    )


def _document(
    rng: Random,
    grids: dict[str, Grid],
    figures: Mapping[Key, Decimal],
    telling: prose.Telling,
    publisher: Publisher,
    year: int,
    difficulty: str,
) -> list[Block]:
    varied = difficulty != "clean"
    blocks: list[Block] = []
    if title := prose.heading_text(telling, publisher, year):
        if varied and rng.random() < 0.15:
            blocks += prose.cover(rng, telling, publisher, year, title)
        blocks.append(Heading(title, 1))
    blocks += prose.preface(rng, telling, publisher, year)
    count = iter(ORDINALS)
    blocks.append(prose.heading(rng, next(count), "总体情况", varied))
    blocks.append(Para(prose.sentences(rng, rng.randint(2, 5), year)))
    blocks += draw_decoys(rng, year, rng.randint(0, 2) if varied else 0)
    blocks += prose.narrative(rng, figures, publisher, year)
    if varied and rng.random() < 0.12:
        blocks.append(prose.heading(rng, next(count), "重点工作开展情况", varied))
        blocks.append(Para(prose.sentences(rng, 2, year)))
    captions = _captions(rng, varied)
    tables = _tables(rng, grids, captions, difficulty)
    annex = varied and rng.random() < 0.1
    for table_id, caption in captions.items():
        if table_id not in tables:
            continue
        blocks.append(prose.heading(rng, next(count), caption, varied))
        if annex:
            blocks.append(Para("详见附件。"))
            continue
        blocks += tables[table_id]
        if rng.random() < 0.15:
            blocks.append(Para(prose.sentences(rng, 1, year)))
    blocks += _ending(rng, next(count), next(count), telling, publisher, year, varied)
    if annex or (difficulty == "torn" and rng.random() < 0.05):  # or once more, with the same numbers
        blocks.append(Para("附件：政府信息公开工作情况统计表"))
        for table_id, parts in tables.items():
            blocks += [Para(captions[table_id], "center"), *parts]
    return blocks


def _captions(rng: Random, varied: bool) -> dict[str, str]:
    if not varied or rng.random() < 0.7:
        return dict(CAPTIONS)
    return {table_id: rng.choice((caption, *OTHER_CAPTIONS[table_id])) for table_id, caption in CAPTIONS.items()}


def _tables(
    rng: Random, grids: dict[str, Grid], captions: Mapping[str, str], difficulty: str
) -> dict[str, list[Block]]:
    """The blocks of each table; a table fused with the one before it has none of its own."""
    torn = difficulty == "torn"
    grids = dict(grids)
    if torn and rng.random() < 0.15 and len(grids) > 1:
        first, second = sorted(rng.sample(list(grids), 2), key=list(grids).index)
        if list(grids).index(second) == list(grids).index(first) + 1:
            caption = rng.choice([captions[second], None])
            grids[first] = seams.fuse(grids[first], grids.pop(second), caption)
    return {
        table_id: seams.pieces(rng, table, torn and table.n_rows > 4 and rng.random() < 0.25)
        if isinstance(table, Grid)
        else [Sheet(table)]
        for table_id, table in grids.items()
    }


def _last_year(table: Grid, year: int) -> list[Block]:
    """The requests table of the year before, for comparison: its caption says so, and none of its numbers count."""
    bare = change(table, lambda spot: replace(spot, key=None))
    return [Heading(f"附：{year - 1}年收到和处理政府信息公开申请情况（供与{year}年对比）"), Sheet(bare)]


def _ending(
    rng: Random, first: str, second: str, telling: prose.Telling, publisher: Publisher, year: int, varied: bool
) -> list[Block]:
    return [
        prose.heading(rng, first, "存在的主要问题及改进情况", varied),
        Para(rng.choice(prose.PROBLEMS)),
        Para(rng.choice(prose.PLANS).replace("{next}", str(year + 1))),
        prose.heading(rng, second, "其他需要报告的事项", varied),
        Para(rng.choice(["无。", "无其他需要报告的事项。", "本年度未收取信息处理费。"])),
        *prose.closing(rng, telling, publisher, year),
    ]


__all__ = ["CLASSES", "Piece", "Renderer", "compose"]
