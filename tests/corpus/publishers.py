"""Draws whose report a document is: a division of China in its year, and an authority of it."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from pipeline.jurisdictions import divisions

PLACES = Path(__file__).with_name("places.csv")

# Departments of every level: (name of the body, the levels that have one). 局 in counties, 厅 in provinces.
DEPARTMENTS = (
    "发展和改革{}",
    "教育{}",
    "民政{}",
    "司法{}",
    "财政{}",
    "人力资源和社会保障{}",
    "农业农村{}",
    "交通运输{}",
    "水利{}",
    "商务{}",
    "文化和旅游{}",
    "应急管理{}",
    "统计局",
    "医疗保障局",
    "市场监督管理局",
    "审计{}",
    "卫生健康委员会",
    "公安{}",
    "自然资源{}",
    "退役军人事务{}",
)
TOWNS = ("大王镇", "青山镇", "东岳镇", "白石镇", "柳树屯乡", "马家堡乡", "新安镇", "龙泉镇", "石桥镇", "双河镇")
STREETS = ("解放街道", "和平路街道", "城东街道", "文化路街道", "向阳街道", "滨河街道")
ZONES = ("经济开发区", "高新技术产业开发区", "工业园区")


@dataclass(frozen=True, slots=True)
class Place:
    """A division: its code, its parents (empty where it has none between), telephone code and postcode or empty."""

    code: str
    province: str
    prefecture: str
    name: str
    since: int
    until: int
    phone: str
    postcode: str

    @property
    def level(self) -> str:
        if self.code.endswith("0000"):
            return "province"
        return "prefecture" if self.code.endswith("00") else "county"

    @property
    def region(self) -> str:
        """How its own prose calls it: 全省, 全市, 全区, 全县."""
        return "全" + self.name[-1]


@dataclass(frozen=True, slots=True)
class Publisher:
    """An authority of a place: `body` follows the place's name (人民政府办公室). `kind` as published."""

    place: Place
    kind: str
    body: str

    def spelled(self, parents: int = 0) -> str:
        """The name with none, the nearer or both of the place's parents before it."""
        above = [name for name in (self.place.province, self.place.prefecture) if name]
        return "".join(above[len(above) - parents :] if parents else []) + self.place.name + self.body

    def spellings(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*(self.spelled(n) for n in range(3)), self.place.province + self.spelled()]))


@cache
def known_places() -> tuple[Place, ...]:
    """The divisions kept by hand, with the telephone code and postcode that tell them from their namesakes."""
    with PLACES.open(encoding="utf-8", newline="") as file:
        return tuple(
            Place(
                line["code"],
                line["province"],
                line["prefecture"],
                line["name"],
                int(line["since"] or 0),
                int(line["until"] or 9999),
                line["phone"],
                line["postcode"],
            )
            for line in csv.DictReader(file)
        )


@cache
def all_places() -> tuple[Place, ...]:
    """Every division of the project's own table, without hints; not those beyond the mainland, which report nothing."""
    found = []
    for division in divisions():
        if division.code[:2] in ("71", "81", "82"):
            continue
        parents = {code: _name(code, division.valid_from, division.valid_to) for code in division.parents}
        province = next((name for code, name in parents.items() if code.endswith("0000")), "")
        prefecture = next((name for code, name in parents.items() if not code.endswith("0000")), "")
        found.append(
            Place(division.code, province, prefecture, division.name, division.valid_from, division.valid_to, "", "")
        )
    return tuple(found)


def _name(code: str, since: int, until: int) -> str:
    """The name that a parent bore in the last of the years that it shares with the child."""
    names = [d for d in divisions() if d.code == code and d.valid_from <= until and since <= d.valid_to]
    return max(names, key=lambda d: d.valid_to).name if names else ""


@cache
def namesakes(year: int) -> Counter[str]:
    """How many divisions bear each name in a year."""
    return Counter(place.name for place in all_places() if place.since <= year <= place.until)


def draw_publisher(rng: Random, year: int) -> Publisher:
    source = known_places() if rng.random() < 0.5 else all_places()
    place = rng.choice([p for p in source if p.since <= year <= p.until])
    kind = rng.choices(("government", "office", "department", "township", "other"), weights=(45, 10, 25, 12, 8))[0]
    if kind == "township" and place.level != "county":
        kind = "government"
    if kind == "other" and place.level == "province":
        kind = "department"
    return Publisher(place, kind, _body(rng, place, kind))


def _body(rng: Random, place: Place, kind: str) -> str:
    if kind == "government":
        return "行政公署" if place.name.endswith(("地区", "盟")) else "人民政府"
    if kind == "office":
        return "人民政府办公厅" if place.level == "province" else "人民政府办公室"
    if kind == "department":
        return rng.choice(DEPARTMENTS).format("厅" if place.level == "province" else "局")
    if kind == "township":
        return rng.choice(TOWNS) + "人民政府" if rng.random() < 0.6 else rng.choice(STREETS) + "办事处"
    return rng.choice(ZONES) + "管理委员会"
