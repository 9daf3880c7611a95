"""The table of divisions: codes that must be there, its own consistency, and the public record it is held against."""

from __future__ import annotations

import csv
import importlib
import time
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest

from pipeline import jurisdictions
from pipeline.jurisdictions import STILL, Division

ROOT = Path(__file__).resolve().parent.parent
RECORD = ROOT.parent / "shared" / "data" / "areacodes.csv"
YEARS = range(2008, 2025)


@pytest.mark.parametrize(
    ("code", "year", "name"),
    [
        ("371302", 2020, "山东省临沂市兰山区"),
        ("371311", 2019, "山东省临沂市罗庄区"),
        ("371323", 2020, "山东省临沂市沂水县"),
        ("370683", 2020, "山东省烟台市莱州市"),
        ("320800", 2023, "江苏省淮安市"),
        ("321322", 2021, "江苏省宿迁市沭阳县"),
        ("610403", 2008, "陕西省咸阳市杨陵区"),
        ("150300", 2024, "内蒙古自治区乌海市"),
        ("371200", 2018, "山东省莱芜市"),
        ("370116", 2019, "山东省济南市莱芜区"),
        ("110105", 2024, "北京市朝阳区"),
        ("220104", 2024, "吉林省长春市朝阳区"),
        ("320106", 2024, "江苏省南京市鼓楼区"),
        ("350102", 2024, "福建省福州市鼓楼区"),
        ("410204", 2024, "河南省开封市鼓楼区"),
        ("320302", 2024, "江苏省徐州市鼓楼区"),
        ("320000", 2020, "江苏省"),
        ("469005", 2020, "海南省文昌市"),
        ("441900", 2020, "广东省东莞市"),
        ("659001", 2020, "新疆维吾尔自治区石河子市"),
        ("659012", 2023, "新疆维吾尔自治区白杨市"),
        ("429021", 2020, "湖北省神农架林区"),
        ("420600", 2009, "湖北省襄樊市"),
        ("420602", 2009, "湖北省襄樊市襄城区"),
        ("420602", 2010, "湖北省襄阳市襄城区"),
        ("460400", 2015, "海南省儋州市"),
        ("110105", 2026, "北京市朝阳区"),
    ],
)
def test_code_names_division_of_year(code: str, year: int, name: str) -> None:
    division = jurisdictions.at(code, year)
    assert division is not None
    assert division.in_force(year)
    assert jurisdictions.full_name(division, year) == name


@pytest.mark.parametrize(("code", "year"), [("371200", 2020), ("370116", 2017), ("110103", 2012), ("330113", 2020)])
def test_no_division_outside_its_years(code: str, year: int) -> None:
    assert jurisdictions.at(code, year) is None


def test_a_city_answers_for_the_whole_year_in_which_it_was_abolished_at_the_end() -> None:
    city, district = jurisdictions.at("371200", 2018), jurisdictions.at("370116", 2019)
    assert city is not None
    assert city.valid_to == 2018
    assert "370116" in city.successor
    assert district is not None
    assert district.valid_from == 2019
    assert [d.code for d in jurisdictions.founded_later("莱芜区", 2018)] == ["371202"]


def test_namesakes() -> None:
    def codes(name: str, year: int) -> set[str]:
        return {d.code for d in jurisdictions.named(name, year)}

    assert codes("鼓楼区", 2020) == {"320106", "320302", "350102", "410204"}
    assert codes("朝阳区", 2020) == {"110105", "220104"}
    assert codes("通州区", 2009) == {"110112", "320612"}
    assert codes("通州市", 2008) == {"320683"}
    assert codes("城关区", 2020) == {"540102", "620102"}


@pytest.mark.parametrize(
    ("short", "code"),
    [
        ("延边州", "222400"),
        ("恩施州", "422800"),
        ("峨边县", "511132"),
        ("巴州", "652800"),
        ("内蒙古", "150000"),
        ("广西", "450000"),
        ("黔东南州", "522600"),
        ("杨凌区", "610403"),
        ("沂水", "371323"),
        ("锡盟", "152500"),
    ],
)
def test_short_names(short: str, code: str) -> None:
    assert code in {d.code for d in jurisdictions.named(short, 2020)}


def test_a_division_abolished_in_the_year_is_found_by_its_name_only_when_none_is_left() -> None:
    assert [d.code for d in jurisdictions.named("崇文区", 2010)] == ["110103"]
    assert not jurisdictions.named("崇文区", 2011)


def test_table_is_consistent() -> None:
    spans: dict[str, list[Division]] = defaultdict(list)
    for division in jurisdictions.divisions():
        spans[division.code].append(division)
        assert len(division.code) == 6
        assert division.code.isdigit()
        assert division.level == ("county" if division.code[4:] != "00" else division.level)
        assert division.valid_from <= division.valid_to
        assert division.valid_to >= 2008
        assert (division.valid_to == STILL) == (division.successor == ())
        for year in (max(2008, division.valid_from), min(2024, division.valid_to)):
            assert all(jurisdictions.at(parent, year) for parent in division.parents), division
    for code, found in spans.items():
        for earlier, later in pairwise(found):
            assert earlier.valid_to < later.valid_from, code
    assert all(heir in spans for d in jurisdictions.divisions() for heir in d.successor)


def test_counts_of_2024() -> None:
    levels = Counter(d.level for d in jurisdictions.standing(2024) if d.code[:2] not in ("71", "81", "82"))
    assert levels == {"province": 31, "prefecture": 333, "county": 2846}


def test_contact_codes() -> None:
    assert jurisdictions.of_telephone("0539") == {"371300"}
    assert {"410100", "410200"} <= jurisdictions.of_telephone("0371")
    assert "371323" in jurisdictions.of_postcode("276400")
    assert "460000" in jurisdictions.of_telephone("0898")
    assert not jurisdictions.of_telephone("0000")
    known = {d.code for d in jurisdictions.divisions()}
    assert all(codes <= known for codes in jurisdictions._contacts().values())


def test_zones_lie_in_divisions() -> None:
    known = {d.code for d in jurisdictions.divisions()}
    assert set(jurisdictions.zones().values()) <= known
    assert jurisdictions.zones()["苏州工业园区"] == "320500"


def test_loading_is_cheap() -> None:
    def load() -> float:
        start = time.process_time()
        jurisdictions.divisions.__wrapped__()
        jurisdictions._by_name.__wrapped__()
        jurisdictions._by_code.__wrapped__()
        jurisdictions._contacts.__wrapped__()
        return time.process_time() - start

    assert min(load() for _ in range(5)) < 0.05


# What the public record has otherwise, and why, stands in docs/jurisdictions.md.
EXPLAINED = {
    ("371200", 2018),
    ("371202", 2018),
    ("371203", 2018),
    ("370116", 2018),
    ("370117", 2018),
    *((code, year) for code in ("469031", "469032", "469033") for year in range(2008, 2012)),
}


@pytest.mark.skipif(not RECORD.exists(), reason="the public record of codes lies beside the repository, if at all")
def test_every_code_of_every_year_agrees_with_the_public_record() -> None:
    theirs: dict[tuple[str, int], set[str]] = defaultdict(set)
    with RECORD.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            last = int(row["变更/弃用时间"]) - 1 if row["变更/弃用时间"] else 2024
            for year in range(max(2008, int(row["启用时间"])), last + 1):
                theirs[row["代码"], year].add(row["名称"])
    ours = {(d.code, year): {d.name} for year in YEARS for d in jurisdictions.standing(year)}
    differ = {key for key in theirs.keys() | ours.keys() if theirs.get(key, set()) != ours.get(key, set())}
    assert differ == EXPLAINED


@pytest.fixture
def builder(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    return importlib.import_module("build_jurisdictions")


def test_an_edit_that_changes_nothing_fails_the_build(builder: ModuleType) -> None:
    line = {"edit": "end", "code": "371200", "year": "2018", "value": "莱芜市", "reason": ""}
    edited = builder.edit([builder.Division("371200", "莱芜市", 1992, 2017)], [line])
    assert edited[0].end == 2018
    with pytest.raises(ValueError, match="changes nothing"):
        builder.edit(edited, [line])


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("峨边彝族自治县", ["峨边县", "峨边"]),
        ("积石山保安族东乡族撒拉族自治县", ["积石山县", "积石山"]),
        ("赵县", []),
        ("兰山区", ["兰山"]),
        ("西藏自治区", ["西藏"]),
    ],
)
def test_short_names_are_derived(builder: ModuleType, name: str, short: list[str]) -> None:
    assert builder.short_names(name) == short
