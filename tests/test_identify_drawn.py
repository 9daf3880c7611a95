"""Whose report: titles drawn over the whole table of divisions. What is not found must be flagged."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import cache

import pytest

from pipeline import jurisdictions
from pipeline.identify import identify
from pipeline.jurisdictions import Division
from tests.test_identify import SECTIONS, document


@cache
def contacts(kind: str) -> dict[str, list[str]]:
    found = defaultdict(list)
    for (of, prefix), codes in jurisdictions._contacts().items():
        for code in sorted(codes) if of == kind else ():
            found[code].append(prefix)
    return found


def hint(rng: random.Random, division: Division, kind: str, year: int) -> list[str]:
    codes = (division.code, *reversed(division.parents))
    above = [parent for code in division.parents if (parent := jurisdictions.at(code, year))]
    near = above[-1] if above else division
    own = jurisdictions.spelled(division)
    drawn: dict[str, Callable[[], list[str]]] = {
        "none": list,
        "telephone": lambda: [f"电话：{c[0]}-8123456" for code in codes if (c := contacts("telephone")[code])][:1],
        "postcode": lambda: [f"邮编：{rng.choice(c)}00" for code in codes if (c := contacts("postcode")[code])][:1],
        "host": lambda: [f"网址：http://www.{own}.{jurisdictions.spelled(near)}.gov.cn"],
        "address": lambda: [f"地址：{near.name if near != division else ''}{division.name}人民路1号"],
        "noise": lambda: [f"赴{rng.choice(jurisdictions.standing(year)).name}考察学习。"],
        "imprint": lambda: [f"{division.name}人民政府办公室"],
    }
    return drawn[kind]()


def drawn_titles(rng: random.Random, division: Division, year: int) -> tuple[list[str], str]:
    above = "".join(parent.name for code in division.parents if (parent := jurisdictions.at(code, year)))
    name = rng.choice(["", above]) + division.name
    government = name + ("行政公署" if division.name.endswith(("地区", "盟")) else "人民政府")
    kind = rng.choice(["government", "office", "department", "township"])
    if kind == "township" and division.level != "county":
        kind = "government"
    body = {
        "government": rng.choice([government, name]),
        "office": government + "办公室",
        "department": name + rng.choice(["发展和改革局", "公安局", "水务局", "卫生健康委员会"]),
        "township": name + rng.choice(["城关镇人民政府", "和平街道办事处", "大同镇", "龙泉乡"]),
    }[kind]
    said = rng.choice([f"{year}年", f"{year}年度", "".join("〇一二三四五六七八九"[int(c)] for c in str(year)) + "年"])
    tail = rng.choice(["政府信息公开工作年度报告", "政府信息公开年度报告", "政务公开工作年度报告", "信息公开年报"])
    return rng.choice([[body + said + tail], [body, said + tail], [said + body + tail], [body + tail, said]]), kind


@pytest.mark.slow
def test_every_division_under_drawn_titles() -> None:
    rng = random.Random(20260101)
    outcome: Counter[str] = Counter()
    for division in jurisdictions.divisions():
        if division.code[:2] in ("71", "81", "82"):
            continue
        year = rng.randint(max(2008, division.valid_from), min(2025, division.valid_to))
        title, kind = drawn_titles(rng, division, year)
        told = hint(rng, division, rng.choice(["none", "telephone", "postcode", "host", "address", "noise"]), year)
        identity = identify(document([*title, *told, *SECTIONS, "四、存在的主要问题"]))
        assert (identity.document_type, identity.year, identity.publisher_kind) == ("annual_report", year, kind), title
        right = identity.jurisdiction_code == division.code
        assert right or identity.flags, (title, told, identity)
        outcome["right" if right else "open" if identity.jurisdiction_code is None else "wrong, flagged"] += 1
    assert outcome["wrong, flagged"] == 0
    assert outcome["right"] / outcome.total() > 0.99, outcome


STYLES: dict[str, Callable[[Division], list[str]]] = {
    "bare": lambda d: [f"{d.name}人民政府"],
    "short": lambda d: [f"{d.short}财政局", f"{d.short}"],
    "relative": lambda d: [f"{d.name[-1]}财政局", f"{d.name[-1]}人民政府"],
    "township": lambda d: ["龙泉乡人民政府", "新华街道办事处"],
    "department": lambda d: ["财政局", "交通运输局"],
    "zone": lambda d: [f"{d.short}经济开发区管委会"],
    "nothing": lambda d: [""],
}


@pytest.mark.parametrize("style", STYLES)
def test_what_is_not_named_is_found_or_flagged(style: str) -> None:
    rng = random.Random(style)
    pool = [d for d in jurisdictions.standing(2020) if d.level == "county"]
    names = Counter(d.name for d in pool)
    if style == "bare":
        pool = [d for d in pool if names[d.name] > 1]
    for division in rng.sample(pool, min(len(pool), 250)):
        title = rng.choice(STYLES[style](division)) + "2020年政府信息公开工作年度报告"
        told = [
            line
            for kind in rng.sample(["telephone", "postcode", "host", "address", "noise", "imprint", "none"], 2)
            for line in hint(rng, division, kind, 2020)
        ]
        identity = identify(document([title, *told, *SECTIONS, "四、存在的主要问题"]))
        assert identity.jurisdiction_code == division.code or identity.flags, (title, told, identity)
