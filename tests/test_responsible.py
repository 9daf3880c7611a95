"""Lists of responsible units: where one ends and the next begins."""

from __future__ import annotations

import pytest

from pipeline.workplan.responsible import is_unit_list, reads_on, units


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "各乡镇、物流园、高新区和市发改局、市水务局等市政府相关部门",
            "各乡镇 物流园 高新区 市发改局 市水务局 市政府相关部门",
        ),
        (
            "市人力资源和社会保障局、市文化和旅游局和市住房和城乡建设局",
            "市人力资源和社会保障局 市文化和旅游局 市住房和城乡建设局",
        ),
        ("市教育局，市民政局；各县区", "市教育局 市民政局 各县区"),
        ("市教育局、市民 政局、 各乡\n镇街道", "市教育局 市民政局 各乡镇街道"),
        ("市教育局\n市民政局\n市工业和信息化局", "市教育局 市民政局 市工业和信息化局"),
        ("市政府\n办公室", "市政府办公室"),
        ("市政府办公室、各镇\n街道办事处", "市政府办公室 各镇街道办事处"),
        ("牵头单位：市司法局；配合单位：市教育局、市民政局", "市司法局 市教育局 市民政局"),
        ("由市司法局牵头，各部门按职责分工负责", "市司法局 各部门"),
        ("市司法局（牵头） 市教育局", "市司法局 市教育局"),
        ("各园区（经开区、高新区）、市直部门", "各园区（经开区、高新区） 市直部门"),
        ("1.市司法局 2.市教育局", "市司法局 市教育局"),
        ("市高等教育处等", "市高等教育处"),
        ("发改、财政等部门", "发改 财政 部门"),
        ("市司法局、市司法局", "市司法局"),
        ("呼和浩特市教育局、和平区水务局", "呼和浩特市教育局 和平区水务局"),
        ("", ""),
    ],
)
def test_units(text: str, names: str) -> None:
    assert units(text) == tuple(names.split())


def test_published_names_hold_no_separator_of_the_published_list() -> None:
    assert units("各园区（甲;乙）;市教育局") == ("各园区（甲；乙）", "市教育局")


@pytest.mark.parametrize("text", ["市教育局", "各乡镇街道、商贸城、经开区", "发改、财政、教育等部门", "市教育局。"])
def test_lists_of_units(text: str) -> None:
    assert is_unit_list(text)


@pytest.mark.parametrize("text", ["", "推进河道整治、校", "做好公开。各部门要落实。", "预算、决算、采购", "2021年6月"])
def test_no_lists_of_units(text: str) -> None:
    assert not is_unit_list(text)


@pytest.mark.parametrize("text", ["市教育局、", "市教育局和", "市民政局、市教"])
def test_a_list_that_stops_short(text: str) -> None:
    assert reads_on(text)
    assert not reads_on("市民政局、市教育局")


def test_a_text_without_end_is_no_trouble() -> None:
    assert len(units("市教育局和" * 20_000)) == 1
    assert len(units("市 教育局 " * 20_000)) <= 2
    assert not is_unit_list("市教育局、" * 20_000)
