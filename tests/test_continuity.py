"""Which body a report is of, over the years and under every name."""

from __future__ import annotations

import pytest

from pipeline import jurisdictions
from pipeline.compare.continuity import body_of, took_over
from pipeline.model import Identity


def body(code: str | None, publisher: str | None) -> tuple[str, str] | None:
    return body_of(Identity("annual_report", jurisdiction_code=code, publisher=publisher))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("371311", "罗庄区人民政府"), ("371311", "山东省临沂市罗庄区人民政府")),
        (("371311", "罗庄区教育局"), ("371311", "临沂市罗庄区 教育局")),
        (("110228", "密云县人民政府"), ("110118", "北京市密云区人民政府")),
        (("371202", "莱芜市莱城区教育局"), ("370116", "济南市莱芜区教育局")),
        (("420600", "襄樊市财政局"), ("420600", "襄阳市财政局")),
        (("522200", "铜仁地区行政公署"), ("520600", "铜仁市人民政府")),
        (("469003", "儋州市人民政府"), ("460400", "海南省儋州市人民政府")),
        (("371311", "罗庄区人民政府办公室"), ("371311", "罗庄区人民政府办公厅")),
        ((None, "国家税务总局"), (None, "国家税务总局")),
    ],
)
def test_one_body_under_two_names(one: tuple[str | None, str], other: tuple[str | None, str]) -> None:
    assert body(*one) is not None
    assert body(*one) == body(*other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("371311", "罗庄区人民政府"), ("371302", "兰山区人民政府")),
        (("371311", "罗庄区人民政府"), ("371311", "罗庄区人民政府办公室")),
        (("371311", "罗庄区罗庄街道办事处"), ("371311", "罗庄区傅庄街道办事处")),
        (("110103", "崇文区人民政府"), ("110101", "东城区人民政府")),  # merged into one that was there before
        (("522201", "铜仁市人民政府"), ("522200", "铜仁地区行政公署")),
        (("130521", "邢台县人民政府"), ("130502", "襄都区人民政府")),  # parted
    ],
)
def test_two_bodies(one: tuple[str | None, str], other: tuple[str | None, str]) -> None:
    assert body(*one) != body(*other)


def test_a_name_that_many_bear_is_no_body_without_a_code() -> None:
    assert body(None, "城关镇人民政府") is None
    assert body(None, "国家税务总局鼓楼区税务局") is None
    assert body("371311", None) is None


def test_every_government_is_one_under_its_full_name() -> None:
    for division in jurisdictions.divisions():
        short = body(division.code, f"{division.name}人民政府")
        assert short is not None
        assert short[1] == "人民政府", division
        full = jurisdictions.full_name(division, division.valid_from)
        assert body(division.code, f"{full}人民政府") == short, division


def test_a_body_that_took_over_another_one_begins_anew() -> None:
    east = body("110101", "东城区人民政府")
    assert east is not None
    assert took_over(east, 2010)
    assert not took_over(east, 2011)
    renamed = body("110118", "密云区人民政府")
    assert renamed is not None
    assert not any(took_over(renamed, year) for year in range(2008, 2025))
