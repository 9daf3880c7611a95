"""Tables and lines that are no part of the statutory form, though some of them use its words."""

from __future__ import annotations

from random import Random

from tests.corpus.blocks import Block, Heading, Para, Sheet
from tests.corpus.grids import Grid, Spot

NAMES = ("李明", "王芳", "张伟", "刘洋", "陈静", "杨光", "赵敏", "周涛", "吴磊", "徐丽")
NOISE = (
    "TKERA AT MU",
    "FAFE (20190 3%",
    "KE IRRETR LBy A TP ML",
    "] AR ATTEAIE (EER ) doc",
    "[image: image{n}.png]",
    "![](images/{n}.jpg)",
    "更多>>  首页 > 信息公开 > 年报",
    "索引号: 0043{n}/2020-00{n}  发布日期: 2020-03-1{d}",
)


def plain_grid(rows: list[list[str]], widths: tuple[float, ...] | None = None) -> Grid:
    """A table without spans and without statutory cells."""
    n_cols = max(len(row) for row in rows)
    spots = tuple(
        Spot(r, c, text, "head" if r == 0 else "note") for r, row in enumerate(rows) for c, text in enumerate(row)
    )
    return Grid(spots, len(rows), n_cols, (None,) * len(rows), 1, widths or (1.0,) * n_cols)


def draw_decoys(rng: Random, year: int, count: int) -> list[Block]:
    """`count` decoys, each with the line that introduces it."""
    found: list[Block] = []
    for make in rng.sample(DECOYS, count):
        found += make(rng, year)
    return found


def _staff(rng: Random, year: int) -> list[Block]:
    rows = [["序号", "姓名", "职务", "办公电话"]]
    rows += [
        [str(i), rng.choice(NAMES), rng.choice(["主任", "科长", "科员"]), f"8{rng.randint(100000, 999999)}"]
        for i in range(1, rng.randint(3, 7))
    ]
    return [Para("政务公开工作人员名单如下："), Sheet(plain_grid(rows, (1, 2, 2, 3)))]


def _catalogue(rng: Random, year: int) -> list[Block]:
    rows = [["序号", "事项名称", "公开主体", "公开时限"]]
    names = ["行政许可事项目录", "行政处罚自由裁量基准", "政府集中采购目录", "行政事业性收费目录", "规范性文件清理结果"]
    rows += [[str(i), name, "办公室", "20个工作日"] for i, name in enumerate(rng.sample(names, 4), 1)]
    return [Para("主动公开基本目录（节选）"), Sheet(plain_grid(rows, (1, 4, 2, 2)))]


def _permits(rng: Random, year: int) -> list[Block]:
    rows = [["类别", "公示数量（条）", "较上年"]]
    rows += [
        [label, str(rng.randint(10, 9000)), f"{rng.choice('+-')}{rng.randint(1, 80)}%"]
        for label in ("行政许可", "行政处罚", "其他")
    ]
    return [Para("“双公示”信息归集情况"), Sheet(plain_grid(rows))]


def _comparison(rng: Random, year: int) -> list[Block]:
    rows = [["项目", f"{year - 1}年", f"{year}年", "增减"]]
    for label in ("网站发布信息（条）", "政务微博（条）", "政策解读（篇）", "回应关切（次）"):
        old, new = rng.randint(5, 900), rng.randint(5, 900)
        rows.append([label, str(old), str(new), f"{new - old:+d}"])
    return [Para("两年工作情况对比"), Sheet(plain_grid(rows, (3, 1, 1, 1)))]


def _old_statistics(rng: Random, year: int) -> list[Block]:
    rows = [["指标名称", "计量单位", "统计数"]]
    for label, unit in (
        ("一、主动公开情况", "——"),
        ("（一）主动公开政府信息数", "条"),
        ("其中：主动公开规范性文件数", "条"),
        ("二、回应解读情况", "——"),
        ("1.参加或举办新闻发布会总次数", "次"),
        ("三、机构建设和保障经费情况", "——"),
        ("（一）政府信息公开工作专门机构数", "个"),
        ("（二）专项经费", "万元"),
    ):
        rows.append([label, unit, "——" if unit == "——" else str(rng.randint(0, 3000))])
    return [Para("政府信息公开工作情况统计表"), Sheet(plain_grid(rows, (5, 2, 2)))]


def _screenshot(rng: Random, year: int) -> list[Block]:
    return [
        Para(text.format(n=rng.randint(1, 30), d=rng.randint(0, 9))) for text in rng.sample(NOISE, rng.randint(1, 4))
    ]


def _departments(rng: Random, year: int) -> list[Block]:
    names = ["教育局", "公安局", "民政局", "司法局", "财政局", "水利局", "商务局", "统计局", "审计局"]
    rng.shuffle(names)
    return [Heading("部门分类", 4), Sheet(plain_grid([names[:3], names[3:6], names[6:]]))]


def _notice(rng: Random, year: int) -> list[Block]:
    """Another body's notice, pasted in as an example."""
    body = rng.choice(["市财政局", "县住房和城乡建设局", "区市场监督管理局"])
    subject = rng.choice([f"{year}年预决算公开自查", f"印发{year}年政务公开培训计划", f"报送{year - 1}年统计数据"])
    date = f"{year}年6月{rng.randint(1, 28)}日"
    return [Para(f"{body}关于{subject}的通知", "center"), Para(body, "right"), Para(date, "right")]


DECOYS = (_notice, _staff, _catalogue, _permits, _comparison, _old_statistics, _screenshot, _departments)
