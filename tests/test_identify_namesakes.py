"""Namesakes: only what speaks of the reporting body itself tells which of several divisions of a name it is."""

from __future__ import annotations

from collections import Counter

import pytest

from pipeline import jurisdictions
from pipeline.jurisdictions import Division
from tests.test_identify import REPORT, SECTIONS, TABLES, kinds, read

TAIL = "2023年政府信息公开工作年度报告"
PERIOD = "本报告所列数据的统计期限自2023年1月1日起至2023年12月31日止。"
# {p} stands for the parent of one of the namesakes, {n} for the name, {s} for the parent in pinyin.
OF_OTHERS = (
    "学习借鉴{p}先进经验。",
    "邀请{p}领导授课。",
    "组织人员赴{p}考察，与{p}同行座谈。",
    "与{p}教育局开展合作。",
    "参考{p}网站（www.{s}.gov.cn）的栏目设置。",
    "学习《{p}政府信息公开办法》的经验做法。",
    "赴{p}{n}观摩，与{p}{n}人民政府结对共建。",
    "{p}{n}人民法院作出判决。",
    "收到{p}{n}居民来函1件。",
    "{p}举办政务公开培训班，我区派员参加。",
    "申请人来自{p}。",
    "2023年，{p}{n}举办论坛，我区派员参加。",
)
LINKS = (
    ["{p}人民政府"],
    ["友情链接：{p}人民政府"],
    ["友情链接", "国务院", "{p}{n}人民政府"],
    ["友情链接：www.{s}.gov.cn"],
    ["2024年1月20日", "{p}人民政府网"],
)
# What a report of the division holds: (before the first section, within the prose, at the end)
OWN: dict[str, tuple[list[str], str, list[str]]] = {
    "introduction": (["按照《条例》要求，{p}{n}人民政府办公室编制本报告。"], "", []),
    "broken introduction": (["按照《条例》要求，并汇总全区各部门情况，{p}", "{n}人民政府办公室编制本报告。"], "", []),
    "introduction with more": (["{p}{n}人民政府编制本报告，并总结推广各部门好的经验。"], "", []),
    "address": (["如有疑问请联系（地址：{p}{n}人民路1号）。"], "", []),
    "head": (["{p}人民政府网站"], "", []),
    "law": ([], "按照《{p}政府信息公开办法》办理。", []),
    "orders": ([], "按照{p}部署抓好公开。根据{p}要求开展自查。", []),
    "clause": ([], "2023年，{p}{n}推进公开。", []),
    "two sentences": ([], "经{p}{n}政务公开办审核。由{p}{n}统一发布。", []),
    "site": ([], "网址：www.{s}.gov.cn，可查阅全文。", []),
    "signature": ([], "", ["{p}{n}人民政府", "2024年1月20日"]),
    "undated signature": ([], "", ["{p}{n}人民政府"]),
    "imprint": ([], "", ["主办：{p}{n}人民政府办公室"]),
    "imprint below links": ([], "", ["友情链接", "国务院", "版权所有：{p}人民政府办公室"]),
}


def namesakes() -> list[Division]:
    """Districts that share their names, one of each name; those whose parents share it too are left out."""
    pool = [d for d in jurisdictions.standing(2023) if d.level == "county" and d.code[:2] not in ("71", "81", "82")]
    names = Counter(d.name for d in pool)
    spelled = Counter(jurisdictions.spelled(parent(d)) for d in pool if names[d.name] > 1)
    chosen = {d.name: d for d in pool if names[d.name] > 1 and spelled[jurisdictions.spelled(parent(d))] < 9}
    assert len(chosen) > 20
    return list(chosen.values())[::4]


def parent(division: Division) -> Division:
    above = jurisdictions.at(division.parents[-1], 2023)
    assert above is not None
    return above


def filled(lines: list[str], division: Division) -> list[str]:
    above = parent(division)
    return [
        line.replace("{p}", above.name).replace("{n}", division.name).replace("{s}", jurisdictions.spelled(above))
        for line in lines
    ]


def report(division: Division, body: str, before: list[str], prose: str, after: list[str]) -> list[str]:
    lines = [body + TAIL, *before, PERIOD, SECTIONS[0], prose, *SECTIONS[1:], *TABLES, "四、存在的主要问题", *after]
    return filled([line for line in lines if line], division)


BODIES = ("{n}人民政府", "{n}教育局", "教育局", "市教育局")


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("said", OF_OTHERS)
def test_what_is_said_of_others_settles_no_namesake(body: str, said: str) -> None:
    for division in namesakes():
        for before, prose in (([], said), ([said], ""), ([said], said)):
            identity = read(*report(division, body, before, prose, []))
            assert identity.jurisdiction_code is None or "jurisdiction_ambiguous" in kinds(identity)
            assert identity.flags
            assert identity.jurisdiction_code is None or "{n}" not in body


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("links", LINKS)
def test_links_settle_no_namesake(body: str, links: list[str]) -> None:
    for division in namesakes():
        identity = read(*report(division, body, [], "", links))
        assert identity.jurisdiction_code is None
        assert {"jurisdiction_ambiguous", "jurisdiction_unknown"} & set(kinds(identity))


@pytest.mark.parametrize("place", OWN)
def test_what_the_body_says_of_itself_settles_it(place: str) -> None:
    before, prose, after = OWN[place]
    for division in namesakes():
        identity = read(*report(division, "{n}人民政府", before, prose, after))
        assert (identity.jurisdiction_code, kinds(identity)) == (division.code, []), (division, identity)


def test_the_pages_own_host_outweighs_hosts_in_its_text() -> None:
    lines = ["鼓楼区人民政府" + TAIL, *REPORT, "网站：www.nanjing.gov.cn"]
    assert read(*lines, url="http://www.xuzhou.gov.cn/a.html").jurisdiction_code == "320302"
    assert read(*lines, url="http://www.gov.cn/a.html").jurisdiction_code == "320106"


def test_a_body_named_in_prose_only_is_believed_where_the_text_names_the_body_itself() -> None:
    itself = read("市教育局" + TAIL, *REPORT, "淮安市教育局按期答复。", "淮安市教育局公开目录。")
    assert (itself.jurisdiction_code, kinds(itself)) == ("320800", [])
    place = read("市教育局" + TAIL, *REPORT, "淮安市各校按期公开。", "全年淮安市发放指南20份。")
    assert (place.jurisdiction_code, kinds(place)) == ("320800", ["jurisdiction_ambiguous"])


@pytest.mark.parametrize(
    ("title", "after", "doubted"),
    [
        ("临沂市河东区", ["天津市河东区人民政府"], True),
        ("临沂市河东区", ["天津市河东区人民政府", "2024年1月2日"], True),
        ("临沂市河东区", ["主办：天津市河东区人民政府办公室"], True),
        ("临沂市河东区", ["临沂市河东区人民政府", "天津市河东区人民政府"], True),
        ("临沂市河东区", ["友情链接：", "天津市河东区人民政府"], False),
        ("临沂市河东区", ["临沂市人民政府"], False),
        ("临沂市河东区", ["河东区人民政府", "2024年1月2日"], False),
        ("沂水县人民政府", ["莒南县人民政府", "2024年1月2日"], True),
        ("沂水县人民政府", ["版权所有：莒南县人民政府办公室"], True),
        ("沂水县人民政府", ["沂水县人民政府", "莒南县人民政府", "平邑县人民政府"], False),
        ("沂水县人民政府", ["莒南县人民政府", "平邑县人民政府"], False),
        ("沂水县教育局", ["临沂市教育局"], True),
        ("沂水县教育局", ["临沂市人民政府"], False),
    ],
)
def test_a_signature_of_another_division_is_a_doubt(title: str, after: list[str], doubted: bool) -> None:
    identity = read(title + TAIL, *REPORT, *after)
    assert identity.jurisdiction_code == ("371312" if "河东" in title else "371323")
    assert [(flag.kind, flag.severity) for flag in identity.flags] == [("jurisdiction_ambiguous", "warning")] * doubted


def test_a_signature_that_the_introduction_contradicts_is_a_doubt() -> None:
    lines = ["2023年政府信息公开工作年度报告", "本报告由观山湖区人民政府编制。", *REPORT]
    assert not read(*lines, "观山湖区人民政府", "2024年1月2日").flags
    assert "publisher_unknown" in kinds(read(*lines, "邢台市人民政府", "2024年1月2日"))


def test_a_site_named_as_a_model_is_no_doubt() -> None:
    lines = [*REPORT, "参考赣州市网站（www.ganzhou.gov.cn）的栏目设置。", "沂水县人民政府", "2024年1月2日"]
    assert not read("2023年政府信息公开工作年度报告", *lines).flags
