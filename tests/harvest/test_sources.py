"""sources.csv: what is wrong in it is said line by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.harvest.sources import COLUMNS, BadSources, Source, choose, load, read, year_in

ROOT = Path(__file__).parents[2]
HEADER = ",".join(COLUMNS)
GOOD = "371302,临沂市兰山区人民政府,https://www.example.gov.cn/list.html,年度报告,2008,2024,active,,,"


def write(tmp_path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "sources.csv"
    path.write_bytes("\n".join([*lines, ""]).encode(encoding))
    return path


def problems(tmp_path: Path, *lines: str) -> list[str]:
    return [str(problem) for problem in read(write(tmp_path, *lines))[1]]


def test_the_sources_that_ship_with_the_project_are_right() -> None:
    assert load(ROOT / "data/raw/sources.csv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_right_line(tmp_path: Path, encoding: str) -> None:
    (source,) = load(write(tmp_path, HEADER, "", GOOD, encoding=encoding))
    assert source == Source(
        "371302",
        "临沂市兰山区人民政府",
        "https://www.example.gov.cn/list.html",
        "年度报告",
        2008,
        2024,
        "active",
        line=3,
    )
    assert source.active


def test_some_columns_may_be_left_out(tmp_path: Path) -> None:
    lines = ("publisher,url,follow,jurisdiction", "甲部,https://x.cn,,")
    (source,) = load(write(tmp_path, *lines))
    assert (source.jurisdiction, source.follow, source.status, source.url) == (None, None, "active", "https://x.cn/")


def wrong(**cells: str) -> str:
    names = dict(zip(COLUMNS, GOOD.split(","), strict=True)) | cells
    return ",".join(f'"{value}"' for value in names.values())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (wrong(jurisdiction="37130"), "jurisdiction '37130' is no code; a code of GB/T 2260 has six digits"),
        (wrong(jurisdiction="371302.0"), "jurisdiction '371302.0' is no code"),
        (wrong(jurisdiction="兰山区"), "jurisdiction '兰山区' is no code; 371302?"),
        (wrong(jurisdiction="999999"), "jurisdiction 999999 is no division of GB/T 2260 since 2008"),
        (wrong(publisher=" "), "publisher is empty"),
        (wrong(url=""), "url is empty"),
        (wrong(url="www.x.gov.cn/list"), "does not begin with http:// or https://; https://www.x.gov.cn/list?"),
        (wrong(url="ftp://www.x.gov.cn/"), "url 'ftp://www.x.gov.cn/' does not begin with http:// or https://"),
        (wrong(url="https://"), "url 'https://' is no address"),
        (wrong(url="https://x.cn:port/"), "url 'https://x.cn:port/' is no address"),
        (wrong(url="https://x.cn/a b"), "holds a blank or a full-width sign"),
        (wrong(url="https://x．cn/"), "holds a blank or a full-width sign"),
        (wrong(url="https://me:pw@x.cn/"), "url holds a user name"),
        (wrong(follow="(年报"), "follow is no regular expression"),
        (wrong(from_year="08"), "from_year '08' is no year from 2007 on"),
        (wrong(to_year="２０２０"), "to_year '２０２０' is no year from 2007 on"),
        (wrong(from_year="2021", to_year="2020"), "from_year 2021 comes after to_year 2020"),
        (wrong(status="on"), "status 'on' is none of active, paused, gone"),
        (wrong(status="gone"), "status gone needs a status_date and a status_reason"),
        (wrong(status="paused", status_date="2026-13-01", status_reason="x"), "status_date '2026-13-01' is no date"),
        (GOOD + ",more", "11 cells where the header has 10"),
        (GOOD, "the same url and publisher as line 2; keep one of the two"),
        ('"unclosed', "no CSV from here on"),
    ],
)
def test_a_wrong_line_is_named_with_what_to_do(tmp_path: Path, line: str, message: str) -> None:
    sources, found = read(write(tmp_path, HEADER, GOOD, line))
    assert len(sources) == 1
    (problem,) = found
    assert problem.line == 3
    assert message in str(problem)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((), "line 1: empty; its header is jurisdiction,publisher,url"),
        (("publisher,url",), "line 1: the header lacks jurisdiction, follow"),
        ((HEADER + ",colour", GOOD + ",red"), "line 1: the header has unknown columns: colour"),
        ((HEADER + ",url", GOOD + ",x"), "line 1: the header has twice: url"),
    ],
)
def test_a_wrong_header(tmp_path: Path, lines: tuple[str, ...], message: str) -> None:
    (problem,) = problems(tmp_path, *lines)
    assert problem.startswith(message)


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, GOOD, encoding="gbk")
    assert [str(problem) for problem in read(path)[1]] == ["line 2: not UTF-8; save the file as CSV in UTF-8"]


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, wrong(publisher="", url="x"), GOOD, wrong(status="on", publisher="乙"))
    with pytest.raises(BadSources) as error:
        load(path)
    assert [line.partition(": ")[0] for line in str(error.value).splitlines()] == [
        "sources.csv line 2",
        "sources.csv line 2",
        "sources.csv line 4",
    ]


def test_an_id_stays_when_the_rest_of_the_line_is_edited() -> None:
    first = Source("371302", "甲", "https://x.cn/", "a")
    assert first.source_id == Source("371302", "甲", "https://x.cn/", "b", 2010, note="n").source_id
    assert first.source_id != Source("371302", "乙", "https://x.cn/", "a").source_id


def test_a_pattern_is_searched_in_address_and_text_and_cannot_hang() -> None:
    source = Source(None, "甲", "https://x.cn/", r"年度报告|/gknb/\d+")
    assert source.leads_to("https://x.cn/1", "2020年度报告")
    assert source.leads_to("https://x.cn/gknb/12.html", "")
    assert not source.leads_to("https://x.cn/news/12.html", "要闻")
    assert not Source(None, "甲", "https://x.cn/", r"(a|aa)+$").leads_to("https://x.cn/" + "a" * 200 + "b", "")


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("甲县2020年政府信息公开工作年度报告", 2020),
        ("甲县２０２０年政府信息公开年报", 2020),
        ("甲县政府信息公开工作年度报告（2020年度）", None),
        ("2021-01-29 甲县2020年度政府信息公开工作报告", 2020),
        ("甲县2019年、2020年政府信息公开工作年度报告", None),
        ("年度报告", None),
        ("2020年1月29日", None),
    ],
)
def test_the_year_that_a_link_names(text: str, year: int | None) -> None:
    assert year_in(text) == year


def test_choosing_by_years_and_divisions() -> None:
    lanshan = Source("371302", "兰山", "https://a.cn/", from_year=2008, to_year=2015)
    jinan = Source("370100", "济南", "https://b.cn/", from_year=2016)
    ministry = Source(None, "部", "https://c.cn/")
    gone = Source("371302", "旧", "https://d.cn/", status="gone")
    every = [lanshan, jinan, ministry, gone]
    assert choose(every) == [lanshan, jinan, ministry]
    assert choose(every, [2015]) == [lanshan, ministry]
    assert choose(every, codes=["370000"]) == [lanshan, jinan]
    assert choose(every, codes=["371300"]) == [lanshan]
    assert choose(every, [2020], ["371302", "370100"]) == [jinan]
