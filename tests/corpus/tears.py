"""Damage to labels and headers: lost, torn, misread, plainly wrong. Each edits the truth with the table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from difflib import SequenceMatcher
from random import Random

from pipeline import vocabulary
from tests.corpus.grids import Grid, Spot, delete_row
from tests.corpus.losses import ROWED
from tests.corpus.wreck import Wreck, some

# What a reader of glyphs makes of the characters of the form.
MISREADINGS = dict(
    zip(
        "规章意行政许可罚制收费采购自然人业科研机构社公益组织法律服务其他总计予部分开属国家秘密禁止危及全稳定保护第方合权三类内务"
        "四过程性执案卷查询本关掌握没有现成需要另作补正后请容仍明确信访举报投诉重复申求提供出版物无当理由大量反认或新已获取结转下年度"
        "继续办维持果纠尚未审直接起经上处",
        "见意章衍攻讦叮罸刺牧贵来沟白燃入亚料硏杌枸杜厶盆俎炽祛津眼劳共地忌汁子陪兮升厲囯豪祕蜜楚正厄反金隐走倮沪弟万台杈彐粪丙劣"
        "囚讨桯牲扌桉巻査洵木天撑屋没冇观戍霈耍吊仟朴止厚清客乃眀碓佶仿誉扳设诉童夏甲末堤洪岀板牣旡挡埋甶太童友讣戓斩己荻耴絬传卞午庹"
        "縂绬为雉恃杲纣倘末宙宜按赶径卜外",
        strict=False,
    )
)


def drop_labels(rng: Random, wreck: Wreck) -> bool:
    """Labels of one or two rows are gone; the rows are all there and in the form's order, so each has its place."""
    table_id = rng.choice(ROWED)
    rows = wreck.free_rows(table_id)
    if not rows or table_id in wreck.heads_lost or not wreck.claim(table_id, "labels"):
        return False
    for row in some(rng, rows, 2):
        wreck.edit(table_id, {spot: replace(spot, text="") for spot in wreck.grids[table_id].labels(row)})
        wreck.touch(table_id, row)
    return True


def drop_groups(rng: Random, wreck: Wreck) -> bool:
    grid = wreck.grids["requests"]
    groups = [spot for spot in grid.spots if spot.role == "group" and spot.text]
    if not groups:
        return False
    lost = rng.sample(groups, rng.randint(1, len(groups)))
    wreck.edit("requests", {spot: replace(spot, text="") for spot in lost})
    return True


def tear_labels(rng: Random, wreck: Wreck) -> bool:
    """Labels and headers broken by line ends or spaces, as narrow cells and text layers leave them."""
    rate = rng.choice([0.1, 0.4, 1.0])
    breaks = [" "] + ["\n"] * (2 if wreck.shape.breaks_labels else 0)
    for table_id, grid in wreck.grids.items():
        torn: dict[Spot, Spot | None] = {}
        for spot in grid.spots:
            if spot.role in ("label", "group", "head") and len(spot.text) > 2 and rng.random() < rate:
                torn[spot] = replace(spot, text=_torn(rng, spot.text, breaks))
        wreck.edit(table_id, torn)
    return True


def _torn(rng: Random, text: str, breaks: list[str]) -> str:
    for _ in range(rng.choice([1, 1, 2, 3])):
        # Not beside a digit: a lone 1 on a line of its own would be a number.
        places = [i for i in range(1, len(text)) if not any(c.isdigit() or c.isspace() for c in text[i - 1 : i + 1])]
        if places:
            place = rng.choice(places)
            text = text[:place] + rng.choice(breaks) + text[place:]
    return text


def misread_labels(rng: Random, wreck: Wreck) -> bool:
    """One character of some labels is read as another; a label is changed only where it still tells its row."""
    table_id = rng.choice((*ROWED, "review_litigation"))
    grid = wreck.grids[table_id]
    every = {spot.text for spot in grid.spots if spot.role in ("label", "head", "group")}
    changed = 0
    for spot in rng.sample(grid.spots, len(grid.spots)):
        if spot.role not in ("label", "head") or "单位" in spot.text or "元" in spot.text:
            continue
        places = [i for i, c in enumerate(spot.text) if c in MISREADINGS]
        if not places:
            continue
        place = rng.choice(places)
        text = spot.text[:place] + MISREADINGS[spot.text[place]] + spot.text[place + 1 :]
        if _still_told(text, spot.text, every):
            wreck.edit(table_id, {spot: replace(spot, text=text)})
            changed += 1
        if changed == 5:
            break
    return changed > 0


def _still_told(text: str, meant: str, every: Iterable[str]) -> bool:
    def near(other: str) -> float:
        return SequenceMatcher(None, text, other, autojunk=False).ratio()

    return all(near(other) + 0.2 < near(meant) for other in every if other != meant)


def lose_header(rng: Random, wreck: Wreck) -> bool:
    """A table without its header: its rows are labelled and whole, their columns stand in the form's order."""
    table_id = rng.choice((*ROWED, "review_litigation"))
    grid = wreck.grids[table_id]
    if table_id in wreck.heads_lost or wreck.order.get(table_id) == "labels":
        return False
    if table_id == "proactive":
        heads = [r for r in range(grid.n_rows) if grid.row_ids[r] is None and not _names_unit(grid, r)]
        rows = some(rng, heads, 3)
    else:
        rows = list(range(grid.head_rows))
        if table_id == "review_litigation":  # nothing but fifteen numbers is left of it, or rows without columns
            wreck.doubt(key for key in wreck.said if key[0] == table_id)
    for row in reversed(rows):
        wreck.grids[table_id] = delete_row(wreck.grids[table_id], row)
    wreck.heads_lost.add(table_id)
    return bool(rows)


def _names_unit(grid: Grid, row: int) -> bool:
    return any("元" in spot.text for spot in grid.spots if spot.row == row)


def wrong_header(rng: Random, wreck: Wreck) -> bool:
    """The columns of the requests table under the words of another table, or one of them under its neighbour's."""
    grid = wreck.grids["requests"]
    heads = [s for s in grid.spots if s.role == "head" and s.col_span == 1]
    if len(heads) != 7 or "requests" in wreck.heads_lost:
        return False
    heads.sort(key=lambda spot: spot.col)
    wreck.heads_lost.add("requests")
    columns = list(vocabulary.form("2019", "requests").rows["received"])
    if rng.random() < 0.5:
        words = [
            f"{text}数量"
            for text in ("本年新制作", "本年新公开", "对外公开总", "上一年项目", "处理决定", "采购项目", "合计")
        ]
        wreck.edit("requests", {spot: replace(spot, text=text) for spot, text in zip(heads, words, strict=True)})
        wreck.doubt(key for key in wreck.said if key[0] == "requests")
        return True
    i = rng.randrange(1, 5)
    wreck.edit("requests", {heads[i]: replace(heads[i], text=heads[i + 1].text)})
    wreck.doubt(k for k in wreck.said if k[0] == "requests" and k[2] in columns[i : i + 2])
    return True


def swap_columns(rng: Random, wreck: Wreck) -> bool:
    """Two kinds of applicant in each other's place, header and numbers together: the header says which is which."""
    grid = wreck.grids["requests"]
    heads = sorted((s for s in grid.spots if s.role == "head" and s.col_span == 1), key=lambda spot: spot.col)
    damaged = any(table_id == "requests" for table_id, _ in wreck.touched)
    if len(heads) != 7 or damaged or "requests" in wreck.heads_lost:
        return False
    i, j = rng.sample(range(1, 6), 2)
    columns = list(vocabulary.form("2019", "requests").rows["received"])
    place = {heads[i].col: heads[j].col, heads[j].col: heads[i].col}
    moves: dict[Spot, Spot | None] = {
        s: replace(s, col=place[s.col])
        for s in grid.spots
        if s.col in place and s.col_span == 1 and s.role in ("head", "value")
    }
    wreck.edit("requests", moves)
    wreck.heads_lost.add("requests")
    for row_id in grid.row_ids:
        if row_id:
            wreck.touched.add(("requests", row_id))
    wreck.doubt(k for k in wreck.said if k[0] == "requests" and k[2] in (columns[i], columns[j]))
    return True


def join_group(rng: Random, wreck: Wreck) -> bool:
    """A group's label in one cell with the label of its first row; the group's own column is gone."""
    grid = wreck.grids["requests"]
    groups = [s for s in grid.spots if s.role == "group" and s.col > 0 and s.row_span > 1 and s.text]
    free = set(wreck.free_rows("requests"))
    groups = [g for g in groups if all(row in free or grid.row_ids[row] is None for row in range(g.row, g.bottom))]
    if not groups:
        return False
    group = rng.choice(groups)
    joint = rng.choice([" ", "", "\n" if wreck.shape.keeps_lines else " "])
    moves: dict[Spot, Spot | None] = {group: None}
    for row in range(group.row, group.bottom):
        for label in grid.labels(row):
            if label.col == group.right:
                text = group.text + joint + label.text if row == group.row else label.text
                moves[label] = replace(label, text=text, col=group.col, col_span=label.col_span + group.col_span)
    wreck.edit("requests", moves)
    return True
