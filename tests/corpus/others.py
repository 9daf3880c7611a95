"""Documents that are about annual reports and are none: notices with the empty form, guides, readings, work plans."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.corpus.blocks import Block, Heading, Para, Sheet
from tests.corpus.decoys import draw_decoys, plain_grid
from tests.corpus.grids import Grid, Spot
from tests.corpus.publishers import Publisher, draw_publisher
from tests.corpus.render import RENDERERS
from tests.corpus.tables import Layout, build_tables
from tests.corpus.truth import grid
from tests.corpus.wording import choose_wording

# What the work plan asks for, as (group, task, requirement, responsible units).
Asked = tuple[str, str, str, tuple[str, ...]]
GROUPS = ("深化重点领域信息公开", "加强政策解读", "扩大公众参与", "夯实基层基础", "强化监督保障")
VERBS = ("做好", "推进", "及时更新", "按季度公布", "健全")
MATTERS = ("规划信息公开", "财政预决算公开", "营商环境政策解读", "就业服务信息发布", "村务公开衔接", "公报电子版建设")
UNITS = ("县政府办公室", "县财政局", "县人力资源社会保障局", "县司法局", "各乡镇人民政府", "县行政审批局")


@dataclass(frozen=True, slots=True)
class Other:
    """A document that yields no facts. `document_type` is work_plan or other; `tasks` only for a work plan."""

    data: bytes
    document_type: str
    tasks: tuple[Asked, ...]
    suffix: str


def compose_other(seed: int | str, format: str, kind: str) -> Other:
    """The document of this seed, a format of RENDERERS and a kind of KINDS."""
    rng = Random(f"{seed}/{format}/{kind}")
    year = rng.randint(2019, 2025)
    publisher = draw_publisher(rng, year)
    title, blocks, tasks = KINDS[kind](rng, publisher, year)
    renderer = RENDERERS[format](rng, "clean")
    data = renderer.render(rng, [Heading(title, 1), *blocks], title)
    return Other(data, "work_plan" if kind == "work_plan" else "other", tasks, renderer.suffix)


Content = tuple[str, list[Block], tuple[Asked, ...]]


def _notice(rng: Random, publisher: Publisher, year: int) -> Content:
    """Asks for the annual reports, and attaches the form without a number in it."""
    template = "2019" if year <= 2020 else "2021"
    wording = choose_wording(rng, template, year, varied=False)
    tables = build_tables(template, wording, Layout(), dict.fromkeys(grid(template), ""))
    who = publisher.spelled()
    blocks: list[Block] = [
        Para("各有关单位："),
        Para(f"为做好{year}年政府信息公开工作年度报告的编制和发布工作，现就有关事项通知如下："),
        Para("一、编制要求。按照附件格式填写，数据须真实准确，勾稽关系须成立。"),
        Para(f"二、报送时间。请于{year + 1}年1月20日前报送，1月31日前在门户网站发布。"),
        Para(who, "right"),
        Para(f"{year + 1}年1月{rng.randint(2, 9)}日", "right"),
        Para("附件：政府信息公开工作年度报告格式"),
        *(Sheet(table) for table in tables.values()),
    ]
    return f"{who}关于做好{year}年政府信息公开工作年度报告编制发布工作的通知", blocks, ()


def _guide(rng: Random, publisher: Publisher, year: int) -> Content:
    who = publisher.spelled()
    blocks: list[Block] = [
        Heading("一、主动公开"),
        Para("本机关主动公开机构职能、规划、行政许可、行政处罚、财政预决算等信息，可在门户网站查阅。"),
        Heading("二、依申请公开"),
        Para("申请人可当面、邮寄或在网上提出申请；本机关自收到申请之日起20个工作日内答复。"),
        *draw_decoys(rng, year, 2),
        Para("对答复不服的，可申请行政复议或者提起行政诉讼。"),
    ]
    return f"{who}政府信息公开指南（{year}年版）", blocks, ()


def _reading(rng: Random, publisher: Publisher, year: int) -> Content:
    who = publisher.spelled()
    total = rng.randint(20, 900)
    blocks: list[Block] = [
        Para(f"近日，{who}发布了{year}年政府信息公开工作年度报告。为便于了解，现作如下解读。"),
        Heading("一、编制背景"),
        Para("条例要求每年1月31日前公布上一年度的报告。"),
        Heading("二、主要内容"),
        Para(f"报告由六部分组成。全年收到申请{total}件，予以公开{total // 2}件，未发生行政诉讼。"),
        *draw_decoys(rng, year, 1),
    ]
    return f"《{who}{year}年政府信息公开工作年度报告》政策解读", blocks, ()


def _work_plan(rng: Random, publisher: Publisher, year: int) -> Content:
    who = publisher.spelled()
    tasks: list[Asked] = []
    for group in rng.sample(GROUPS, rng.randint(2, 4)):
        for matter in rng.sample(MATTERS, rng.randint(1, 3)):
            for verb in rng.sample(VERBS, rng.randint(1, 3)):
                units = tuple(rng.sample(UNITS, rng.randint(1, 3)))
                tasks.append((group, matter, f"{verb}{matter}，{year}年底前完成。", units))
    blocks: list[Block] = [
        Para(f"为做好{year}年政务公开工作，制定本要点。"),
        Heading(f"附件：{year}年政务公开工作要点任务分解表"),
        Sheet(_task_table(tasks)),
    ]
    return f"{who}关于印发{year}年政务公开工作要点的通知", blocks, tuple(tasks)


def _task_table(tasks: list[Asked]) -> Grid:
    head = ["重点任务", "工作任务", "工作要求", "责任单位"]
    table = plain_grid([head, *[["", "", requirement, "、".join(units)] for _, _, requirement, units in tasks]])
    spots = [spot for spot in table.spots if spot.row == 0 or spot.col > 1]
    labels = [(group, matter) for group, matter, _, _ in tasks]
    for col in (0, 1):
        start = 0
        for i in range(1, len(labels) + 1):
            if i == len(labels) or labels[i][: col + 1] != labels[start][: col + 1]:
                spots.append(Spot(start + 1, col, labels[start][col], "note", row_span=i - start))
                start = i
    return Grid(tuple(spots), table.n_rows, 4, table.row_ids, 1, (2.0, 2.0, 5.0, 3.0))


KINDS: dict[str, Callable[[Random, Publisher, int], Content]] = {
    "notice": _notice,
    "guide": _guide,
    "reading": _reading,
    "work_plan": _work_plan,
}
