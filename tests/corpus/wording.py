"""How one publisher words the form: labels as printed, with the variety that real reports show."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

from pipeline import vocabulary

# Where the official numbering 1. 2. 3. is written otherwise; the empty one leaves it out.
NUMBERINGS = ("{}.", "{}.", "{}. ", "{}、", "{}．", "{}．", "（{}）", "({})", "{} .", "")
CIRCLED = "①②③④⑤⑥⑦⑧"
PARENTHESISED = {"一": "㈠", "二": "㈡", "三": "㈢", "四": "㈣", "五": "㈤", "六": "㈥", "七": "㈦"}


@dataclass(frozen=True, slots=True)
class Wording:
    """The printed text of each (axis, key) label of the three tables, and of the captions between them."""

    labels: dict[tuple[str, str, str], str]  # (table_id, axis, key)
    articles: dict[str, str]  # the captions 第二十条第（一）项 … by the row they stand above
    item: str  # 信息内容
    note: str  # the corner of the requests table
    applicants: str  # 申请人情况
    organisations: str  # 法人或其他组织

    def row(self, table_id: str, key: str) -> str:
        return self.labels[table_id, "row", key]

    def column(self, table_id: str, key: str) -> str:
        return self.labels[table_id, "column", key]

    def group(self, table_id: str, key: str) -> str:
        return self.labels[table_id, "group", key]


@dataclass(frozen=True, slots=True)
class _Hand:
    """The habits of one typist, applied to every label of a document."""

    numbering: str
    half_width: bool
    spaced: bool
    quotes: str
    parenthesised: bool
    alias_rate: float


def choose_wording(rng: Random, template: str, year: int, varied: bool) -> Wording:
    """The wording of one document: the official labels, or a typist's own version of them when `varied`."""
    hand = _draw_hand(rng) if varied else _Hand("{}.", False, False, "“”", False, 0.0)
    labels: dict[tuple[str, str, str], str] = {}
    for table_id in vocabulary.TABLES:
        for label in vocabulary.form(template, table_id).labels:
            text = label.text
            if label.aliases and rng.random() < hand.alias_rate:
                text = rng.choice(label.aliases)
            if label.axis == "column" and text.startswith("本年") and varied and rng.random() < 0.15:
                text = rng.choice([f"本年（{year}）{text[2:]}", f"{year}年{text[2:]}", f"{year}{text}"])
            labels[table_id, label.axis, label.key] = _write(rng, text, hand)
    articles = {
        row_id: _write(rng, f"第二十条第（{ordinal}）项", hand)
        for row_id, ordinal in (
            ("regulations", "一"),
            ("licensing", "五"),
            ("penalty", "六"),
            ("fees", "八"),
            ("procurement", "九"),
        )
    }
    note = "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）"
    if varied and rng.random() < 0.2:
        note = rng.choice(["", "项目", "（本列数据勾稽关系：一加二等于三加四）", "办理情况"])
    return Wording(
        labels=labels,
        articles=articles,
        item=rng.choice(["信息内容", "信息内容", "内容", "类别"]) if varied else "信息内容",
        note=_write(rng, note, hand),
        applicants="申请人情况",
        organisations="法人" + (rng.choice(["或", "或者", "和"]) if varied else "或") + "其他组织",
    )


def _draw_hand(rng: Random) -> _Hand:
    return _Hand(
        numbering=rng.choice(NUMBERINGS),
        half_width=rng.random() < 0.4,
        spaced=rng.random() < 0.25,
        quotes=rng.choice(["“”", "“”", '""', "”“", "‘’", "「」", ""]),
        parenthesised=rng.random() < 0.06,
        alias_rate=rng.choice([0.0, 0.15, 0.4]),
    )


def _write(rng: Random, text: str, hand: _Hand) -> str:
    if match := re.match(r"(\d)\.", text):
        number = hand.numbering.format(match[1])
        if hand.parenthesised:
            number = CIRCLED[int(match[1]) - 1]
        text = number + text[2:]
    if hand.parenthesised:
        text = re.sub(r"^（([一二三四五六七])）", lambda m: PARENTHESISED[m[1]], text)
    if hand.quotes != "“”":
        pair = hand.quotes or ("", "")
        text = text.replace("“", pair[0]).replace("”", pair[1])
    if hand.half_width:
        text = text.replace("（", "(").replace("）", ")").replace("，", ",").replace("：", ":")
    if hand.spaced:
        text = re.sub(r"([)）,，])(?=.)", r"\1 ", text)
    if hand.alias_rate and rng.random() < 0.02:
        text += rng.choice(["：", " ", "　", "*"])
    return text
