"""Which document, whose, which year: the cases met in the wild."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from extractors.document import Document, Paragraph
from pipeline.identify import identify
from pipeline.model import Identity

SEEDS = Path(__file__).resolve().parent.parent.parent / "shared" / "seeds"
SECTIONS = ["一、总体情况", "全年公开信息300条。", "二、主动公开政府信息情况", "三、收到和处理政府信息公开申请情况"]
FORM = [
    "一、本年新收政府信息公开申请数量{0}",
    "二、上年结转政府信息公开申请数量{0}",
    "3.危及“三安全一稳定”{0}",
    "1.信访举报投诉类申请{0}",
    "四、结转下年度继续办理{0}",
    "未经复议直接起诉\t复议后起诉",
]
TABLES = [row.format("\t3\t0\t0\t3") for row in FORM]
BLANK = [row.format("\t\t\t\t") for row in FORM]
REPORT = [*SECTIONS, *TABLES, "四、存在的主要问题及改进情况"]


def document(lines: list[str], metadata: dict[str, str] | None = None) -> Document:
    blocks = tuple(Paragraph(text, line=number) for number, text in enumerate(lines, 1))
    return Document("html" if metadata else "text", blocks, metadata=metadata or {})


def read(*lines: str, **metadata: str) -> Identity:
    return identify(document(list(lines), metadata))


def kinds(identity: Identity) -> list[str]:
    return [flag.kind for flag in identity.flags]


@pytest.mark.parametrize(
    "lines",
    [
        ["沂水县2020年政府信息公开工作年度报告", *REPORT],
        ["2020年沂水县政务公开和政府信息公开工作年度报告", *REPORT],
        ["沂水县人民政府", "2 0 2 0 年 政 府 信 息 公 开", "工 作 年 度 报 告", *REPORT],
        ["沂水县2020年政府倌息公开工作年度报吿", *REPORT],
        ["沂水县2020年政府信息公开年报", *SECTIONS],
        ["沂水县人民政府关于2020年度政府信息公开工作情况的报告", *SECTIONS],
        ["关于公布沂水县2020年政府信息公开工作年度报告的公告", "现予公布。", *REPORT],
        ["首页", "政府信息公开指南", "政府信息公开目录", "沂水县2020年政府信息公开工作年度报告", *REPORT],
        ["本报告由沂水县人民政府办公室汇总全县各部门2020年政府信息公开工作年度报告编制。", *REPORT],
        ["沂水县⼈⺠政府2020年政府信息公开⼯作年度报告", *REPORT],
    ],
)
def test_reports(lines: list[str]) -> None:
    identity = identify(document(lines))
    assert (identity.document_type, identity.reason) == ("annual_report", None)
    assert (identity.jurisdiction_code, identity.year, identity.publisher) == ("371323", 2020, "沂水县人民政府")


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["关于做好2020年政府信息公开工作年度报告编制和发布工作的通知", "各单位：", *BLANK], "notice"),
        (["《沂水县2020年政府信息公开工作年度报告》解读", "一、编制背景"], "explanation"),
        (["《沂水县2020年政府信息公开工作年度报告》", "政策解读", "一、编制背景"], "explanation"),
        (["沂水县人民政府政府信息公开指南", "为方便查阅，编制本指南。"], "guide"),
        (["我县发布2020年政府信息公开工作年度报告", "近日，县政府发布了报告。"], "news"),
        (["2020年度政府信息公开工作年度报告发布情况排名", "第一名"], "summary"),
        (["沂水县2020年政府工作报告", "各位代表："], "another matter"),
        (["沂水县2020年法治政府建设年度报告"], "another matter"),
        (["政府信息公开工作年度报告格式", *BLANK], "form"),
        (["某大学2019-2020学年信息公开工作年度报告", *SECTIONS], "school"),
        (["沂水县2021年政务公开工作要点落实情况的通报"], "notice"),
        (["政府信息公开年报", *(f"沂水县201{n}年政府信息公开工作年度报告 2021-01-29" for n in (7, 8, 9))], "lists"),
        (["沂水县召开政府信息公开年报编制培训会", "1月5日，培训会召开。"], "neither"),
        (["沂水县2020年政府信息公开工作年度报告", "附件：点击下载"], "links"),
    ],
)  # fmt: skip
def test_others_with_their_reason(lines: list[str], reason: str) -> None:
    identity = identify(document(lines))
    assert identity.document_type == "other"
    assert reason in (identity.reason or "")
    assert (identity.jurisdiction_code, identity.year, identity.publisher) == (None, None, None)


def test_work_plan_of_the_year_it_appears_in() -> None:
    identity = read(
        "沂水县人民政府办公室关于印发2021年沂水县政务公开工作要点的通知", "各乡镇：", "2021年6月28日", "一、重点领域"
    )
    assert (identity.document_type, identity.year, identity.publisher) == ("work_plan", 2021, "沂水县人民政府办公室")
    assert (identity.publisher_kind, identity.jurisdiction_code, identity.flags) == ("office", "371323", ())


PERIOD = "数据统计期限为{0}年1月1日起至{0}年12月31日止"


@pytest.mark.parametrize(
    ("lines", "year", "flags"),
    [
        (["沂水县二〇二〇年政府信息公开工作年度报告"], 2020, []),
        (["沂水县二○二○年政府信息公开工作年度报告"], 2020, []),
        (["沂水县二0二0年政府信息公开工作年度报告"], 2020, []),
        (["沂水县２０２０年政府信息公开工作年度报告"], 2020, []),
        (["沂水县2O2O年政府信息公开工作年度报告"], 2020, []),
        (["沂水县政府信息公开工作年度报告", "（2020年度）"], 2020, []),
        (["沂水县政府信息公开2020年度报告", "2021年1月20日"], 2020, []),
        (["沂水县政府信息公开工作年度报告", PERIOD.format(2020)], 2020, []),
        (["沂水县政府信息公开工作年度报告", "信息内容\t本年（2023）制发件数"], 2023, []),
        (["沂水县2020年政府信息公开工作年度报告", PERIOD.format(2019)], 2020, ["year_conflict"]),
        (["沂水县2021年政府信息公开工作年度报告", "2021年1月20日", PERIOD.format(2020)], 2020, ["year_conflict"]),
        (["沂水县政府信息公开工作年度报告", "发布日期：2021-01-29"], None, ["year_unknown"]),
    ],
)
def test_year_is_the_one_reported_on(lines: list[str], year: int | None, flags: list[str]) -> None:
    identity = identify(document([*lines, *REPORT]))
    assert (identity.year, [kind for kind in kinds(identity) if kind.startswith("year")]) == (year, flags)


DONE = "{0}年，我县公开信息20条。{0}年共收到申请3件。与{1}年相比有所增加。{0}年办结2件。"
STATED = "数据统计期限为{}。"


@pytest.mark.parametrize(
    ("lines", "year", "doubted"),
    [
        (["沂水县2021年…", "发布日期：2023-01-20", DONE.format(2022, 2021)], 2022, True),
        (["沂水县2021年…", DONE.format(2022, 2021)], 2021, True),
        (["沂水县2021年…", "发布日期：2023-01-20"], 2021, True),
        (["沂水县2023年…", "发布日期：2023-01-20", "2022年，我县认真落实条例的各项要求，公开信息20条。"], 2022, True),
        (["沂水县2021年…", "信息内容\t本年（2023）制发件数"], 2021, True),
        (["沂水县2021-2022年度…"], None, True),
        (["沂水县2021—2022年…", DONE.format(2022, 2021)], 2022, True),
        (["2023年沂水县…（2022年度）", "发布日期：2023-01-20"], 2022, True),
        (["沂水县2022年…", STATED.format("2021年12月1日至2022年11月30日")], 2022, True),
        (["沂水县2022年…", STATED.format("2022年1月1日至2022年1月31日")], 2022, True),
        (["沂水县2022年…", STATED.format("2022年1月1日至2022年12月30日")], 2022, False),
        (["沂水县2022年…", STATED.format("2022年3月1日至2022年12月31日")], 2022, False),
        (["沂水县2022年1-12月…"], 2022, False),
        (["沂水县2022年…（2023-01-20）", "发布日期：2023-01-20"], 2022, False),
        (["沂水县2022年…", "发布日期：2024-05-06", DONE.format(2022, 2021)], 2022, False),
        (["沂水县2022年…", "发布日期：2023-09-30"], 2022, False),
        (["沂水县2022年…", "较2021年增长。2021年度报告中的问题已整改。印发《2021年要点》。"], 2022, False),
        (["沂水县2022年…", "根据2023年机构调整安排修订指南。2023年，我县将继续公开。2023年要深化公开。"], 2022, False),
        (["沂水县2022年…", "五、存在的主要问题", "2023年，我县继续公开。2023年抓落实。2023年办好培训。"], 2022, False),
    ],
)  # fmt: skip
def test_prose_period_and_publication_may_contradict_the_title(
    lines: list[str], year: int | None, doubted: bool
) -> None:
    title = lines[0].replace("…", "政府信息公开工作年度报告")
    identity = identify(document([title, *lines[1:], *REPORT]))
    doubts = [flag for flag in identity.flags if flag.kind.startswith("year")]
    assert (identity.year, [flag.kind for flag in doubts]) == (year, ["year_conflict"] if doubted else [])
    assert all(flag.severity == "warning" for flag in doubts)


@pytest.mark.parametrize(
    "lines",
    [
        ["沂水县人民政府2022年上半年政府信息公开工作报告"],
        ["沂水县2022年第三季度政府信息公开工作报告", "2022年10月10日"],
        ["沂水县2022年1-6月政府信息公开工作报告"],
        ["沂水县2022年一至九月政府信息公开工作情况报告"],
        ["沂水县2022年10月份政府信息公开工作报告"],
        ["沂水县人民政府政府信息公开工作报告（2022年1-6月）"],
        ["政府信息公开年报", "沂水县人民政府政府信息公开工作报告（2022年1-6月）"],
        ["沂水县2022年政府信息公开工作报告", "（2022年上半年）"],
        ["沂水县政府信息公开工作报告", "现将2022年上半年政府信息公开工作情况报告如下："],
        ["沂水县2022年政府信息公开工作年度报告", STATED.format("2022年1月1日至2022年6月30日")],
        ["沂水县2022年政府信息公开工作年度报告", STATED.format("2022年1-6月")],
        ["沂水县2022年政府信息公开工作报告", STATED.format("2022年7月1日至2022年12月31日")],
    ],
)
def test_part_of_a_year_is_no_annual_report(lines: list[str]) -> None:
    identity = identify(document([*lines, *REPORT]))
    assert (identity.document_type, identity.year) == ("other", None)
    assert "part of a year" in (identity.reason or "")


def test_a_campaign_of_a_quarter_is_no_statistics_period() -> None:
    campaign = "2022年4月1日至2022年6月30日，我县开展政务公开培训。"
    identity = read("沂水县2022年政府信息公开工作年度报告", campaign, *REPORT)
    assert (identity.document_type, identity.year, identity.flags) == ("annual_report", 2022, ())


def test_dates() -> None:
    told = read("沂水县2020年政府信息公开工作年度报告", "发布日期：2021年1月9日", PERIOD.format(2020), *REPORT)
    assert (told.period_start, told.period_end, told.published_date) == ("2020-01-01", "2020-12-31", "2021-01-09")
    notice = ["关于开展培训的通知", "2020年3月3日"]
    printed = read("沂水县2020年政府信息公开工作年度报告", *REPORT, *notice, *SECTIONS * 4, "二〇二一年二月十八日")
    assert printed.published_date == "2021-02-18"
    assert read("沂水县人民政府", "2021年2月", "2020年政府信息公开工作年度报告", *REPORT).published_date == "2021-02"
    url = "http://www.yishui.gov.cn/a"
    page = read("沂水县2020年政府信息公开工作年度报告", *REPORT, published="2021-01-29 10:20", url=url)
    assert (page.published_date, page.source_url) == ("2021-01-29", url)


TAIL = "2021年政府信息公开工作年度报告"
# title (… stands for TAIL) | lines below it, parted by / | code | kind | publisher | flags
PUBLISHERS = """
罗庄区… | | 371311 | government | 罗庄区人民政府 |
沂水… | | 371323 | government | 沂水县人民政府 |
兰山区人民政府办公室… | | 371302 | office | 兰山区人民政府办公室 |
… | 沂水县人民政府办公室/二〇二二年一月/本报告根据各乡镇、县直部门的报告编制。 | 371323 | government | 沂水县人民政府 |
沭阳县发改局… | 沭阳县发展和改革局负责编制。 | 321322 | department | 沭阳县发展和改革局 |
沂水县教育局… | 沂水县教育和体育局负责。 | 371323 | department | 沂水县教育局 |
市发改委… | 一、情况/淮安市发展和改革委员会办理。淮安市。 | 320800 | department | 淮安市发展和改革委员会 |
市场监督管理局… | 沂水县市场监督管理局/2022年1月10日 | 371323 | department | 沂水县市场监督管理局 |
沐阳县财政局… | 一、情况/沭阳县财政局按期答复。 | 321322 | department | 沭阳县财政局 | publisher_misread
沂水县水科局… | 沂水县水利局负责。沂水县水利局。 | 371323 | department | 沂水县水科局 |
沂水县应怠管理局… | 沂水县应急管理局。沂水县应急管理局。 | 371323 | department | 沂水县应急管理局 | publisher_misread
马站镇… | 本报告由沂水县马站镇人民政府编制。 | 371323 | township | 马站镇人民政府 |
临沂市罗庄区双月湖街道… | | 371311 | township | 临沂市罗庄区双月湖街道办事处 |
东莞市虎门镇… | | 441900 | township | 东莞市虎门镇人民政府 |
临沂市柳青镇… | | | township | 临沂市柳青镇人民政府 | jurisdiction_ambiguous
大同镇人民政府… | | | township | 大同镇人民政府 | jurisdiction_unknown
临沂高新技术产业开发区管委会… | | 371300 | other | 临沂高新技术产业开发区管理委员会 | jurisdiction_of_parent
苏州工业园区管委会… | | 320500 | other | 苏州工业园区管理委员会 | jurisdiction_of_parent
临沂高新区财政局… | | 371300 | department | 临沂高新区财政局 | jurisdiction_of_parent
浦东新区… | | 310115 | government | 浦东新区人民政府 |
锡林郭勒盟… | | 152500 | government | 锡林郭勒盟行政公署 |
延边州人民政府… | | 222400 | government | 延边州人民政府 |
国家税务总局沭阳县税务局… | | 321322 | department | 国家税务总局沭阳县税务局 |
中共沂水县委机构编制委员会办公室… | | 371323 | department | 中共沂水县委机构编制委员会办公室 |
教育部… | | | department | 教育部 | jurisdiction_unknown
临沂市公安局兰山分局… | | 371302 | department | 临沂市公安局兰山分局 | jurisdiction_ambiguous
呼和浩特市公安局新城分局… | | 150102 | department | 呼和浩特市公安局新城分局 | jurisdiction_ambiguous
临沂市生态环境局沂水县分局… | | 371323 | department | 临沂市生态环境局沂水县分局 | jurisdiction_ambiguous
上海市公安局浦东分局… | | 310115 | department | 上海市公安局浦东分局 | jurisdiction_ambiguous
临沂市公安局蓝田分局… | | 371300 | department | 临沂市公安局蓝田分局 | jurisdiction_ambiguous
临沂市兰山区公安分局… | | 371302 | department | 临沂市兰山区公安分局 |
淮安市沭阳县人民政府… | | | government | 沭阳县人民政府 | jurisdiction_ambiguous
临沂市蓝田区财政局… | | | department | 临沂市蓝田区财政局 | jurisdiction_unknown
沂水县人民医院… | | 371323 | other | 沂水县人民医院 |
赤峰市元宝山区工业园区管理委 | 员会… | 150403 | other | 赤峰市元宝山区工业园区管理委员会 | jurisdiction_of_parent
""".strip().splitlines()


@pytest.mark.parametrize("case", PUBLISHERS)
def test_publishers(case: str) -> None:
    title, below, code, kind, publisher, *flags = (part.strip() for part in case.replace("…", TAIL).split("|"))
    identity = identify(document([title, *below.split("/"), *REPORT]))
    found = (identity.jurisdiction_code, identity.publisher_kind, identity.publisher, kinds(identity))
    assert found == (code or None, kind, publisher, [flag for flag in flags if flag])


@pytest.mark.parametrize(
    ("year", "name", "code", "changed"),
    [
        (2018, "莱芜市", "371200", False),
        (2019, "莱芜区", "370116", False),
        (2018, "济南市莱芜区", "371202", True),
        (2010, "崇文区", "110103", True),
        (2009, "襄樊市", "420600", False),
        (2013, "儋州市", "469003", False),
        (2016, "儋州市", "460400", False),
    ],
)
def test_code_is_that_of_the_year(year: int, name: str, code: str, changed: bool) -> None:
    identity = read(f"{name}{year}年政府信息公开工作年度报告", *REPORT)
    assert (identity.jurisdiction_code, kinds(identity)) == (code, ["jurisdiction_changed"] if changed else [])


@pytest.mark.parametrize(
    ("hint", "code"),
    [
        ("电话：025-83241234", "320106"),
        ("邮编：350001", "350102"),
        ("网址：www.kfgulou.gov.cn", "410204"),
        ("邮箱：zwgk@xuzhou.gov.cn", "320302"),
        ("按照《福建省政府信息公开办法》的规定", "350102"),
        ("地址：南京市鼓楼区山西路1号", "320106"),
        ("电话：025-83241234，邮编：350001", None),
        ("无", None),
    ],
)
def test_namesakes_are_told_apart_or_left_open(hint: str, code: str | None) -> None:
    identity = read("鼓楼区" + TAIL, hint, *REPORT)
    assert identity.jurisdiction_code == code
    assert kinds(identity) == ([] if code else ["jurisdiction_ambiguous"])


def test_a_real_name_that_the_text_contradicts_is_not_believed() -> None:
    identity = read("淮阴区" + TAIL, *SECTIONS, "淮阳区政府网站公开信息，淮阳区各部门按期答复。", *TABLES)
    assert identity.jurisdiction_code == "411603" or (identity.jurisdiction_code is None and identity.flags)
    assert identity.flags
    assert kinds(read("青阳县" + TAIL, "电话：0906-8123456", *REPORT)) == ["jurisdiction_ambiguous"]


def test_a_report_of_forty_kilobytes_takes_a_few_milliseconds() -> None:
    prose = "县政府各部门按照条例要求推进公开工作，全县各乡镇同步落实，及时回应关切并完善制度。" * 3
    lines = ["沂水县2020年政府信息公开工作年度报告", *REPORT, *[prose] * 90, *TABLES * 8]
    long = document(lines)
    assert len("".join(lines).encode()) > 35_000

    def once() -> float:
        start = time.process_time()
        identify(long)
        return time.process_time() - start

    assert min(once() for _ in range(8)) < 0.01


@pytest.mark.skipif(not SEEDS.exists(), reason="the five real documents lie beside the repository, if at all")
def test_real_documents() -> None:
    found = {}
    for path in sorted(SEEDS.glob("*.txt")):
        identity = identify(document(path.read_text(encoding="utf-8").splitlines()))
        assert not identity.flags
        found[path.name[:3]] = (
            identity.document_type,
            identity.jurisdiction_code,
            identity.year,
            identity.publisher,
            identity.publisher_kind,
        )
    assert found == {
        "000": ("annual_report", "371302", 2020, "临沂市兰山区人民政府", "government"),
        "001": ("annual_report", "371311", 2019, "罗庄区人民政府", "government"),
        "002": ("work_plan", "371302", 2021, "临沂市兰山区人民政府办公室", "office"),
        "003": ("annual_report", "371323", 2020, "沂水县人民政府", "government"),
        "004": ("annual_report", "370683", 2020, "莱州市人民政府", "government"),
    }


def test_a_document_without_a_line_is_no_report() -> None:
    found = identify(Document(format="pdf", blocks=()))
    assert found.document_type == "other"
    assert found.reason
