"""The task table of a work plan: as the seed prints it, as Word, the web and PDF would, and however it is cut."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from extractors.document import Block, Cell, Document, Paragraph, Table
from extractors.text import extract
from pipeline.model import Task
from pipeline.workplan import tasks
from pipeline.workplan.responsible import reads_on

SEEDS = Path(__file__).resolve().parents[2] / "shared" / "seeds"

_VERBS = ("推进", "加强", "完善", "规范", "健全", "深化", "细化", "落实", "优化", "强化", "拓展", "提升")
_THINGS = ("河道整治", "种苗补贴", "校车运行", "公交调度", "图书借阅", "古树保护", "集市管理", "供暖保障", "窗口服务")
_ENDS = ("信息发布", "目录编制", "台账登记", "办事指引", "政策宣讲", "结果公示", "意见征集", "数据归集")
_UNITS = (
    *("市林业局", "市水务局", "市教育局", "市交通运输局", "市文化和旅游局", "市人力资源和社会保障局"),
    *("市大数据中心", "各乡镇街道", "市政府办公室"),
)


@dataclass(frozen=True)
class Line:
    """One requirement of an invented plan."""

    group: str
    task: str
    requirement: str
    units: tuple[str, ...]


def plan(rng: random.Random, groups: int = 5, n_tasks: int = 20, n_lines: int = 34) -> list[Line]:
    """An invented plan with so many requirements under so many tasks in so many groups."""
    used: set[str] = set()

    def label() -> str:
        while True:
            text = rng.choice(_VERBS) + rng.choice(_THINGS) + rng.choice(_ENDS)
            if text not in used:
                used.add(text)
                return text

    def clause() -> str:
        return rng.choice(_VERBS) + rng.choice(_THINGS) + "、" + rng.choice(_THINGS) + "等" + rng.choice(_ENDS) + "工作"

    sizes = _shares(rng, n_lines, n_tasks)
    owners = [g for g, size in enumerate(_shares(rng, n_tasks, groups)) for _ in range(size)]
    names = [label() for _ in range(groups)]
    lines = []
    for owner, size in zip(owners, sizes, strict=True):
        task = label()
        for _ in range(size):
            sentences = ("，".join(clause() for _ in range(rng.randint(1, 4))) + "。" for _ in range(rng.randint(1, 3)))
            chosen = tuple(rng.sample(_UNITS, rng.randint(1, 5)))
            lines.append(Line(names[owner], task, "".join(sentences), chosen))
    return lines


def _shares(rng: random.Random, total: int, parts: int) -> list[int]:
    cuts = sorted(rng.sample(range(1, total), parts - 1))
    return [b - a for a, b in zip([0, *cuts], [*cuts, total], strict=True)]


def expected(lines: list[Line]) -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [(line.group, line.task, line.requirement, line.units) for line in lines]


def found(document: Document) -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [(task.group, task.task, task.requirement, task.responsible) for task in tasks(document)]


Row = list[str]  # group, task, requirement, units


def torn(rng: random.Random, lines: list[Line], wrap: Callable[[str], str], rate: float = 0.5) -> list[list[Row]]:
    """The plan's rows on pages: labels in the first row of their span and again on a new page, rows torn by the break.

    A torn row's second part holds the rest of its text, and of its units where these are too long as well; its labels
    are printed again or left empty."""
    pages: list[list[Row]] = [[]]
    group = task = ""
    for line in lines:
        row = ["" if line.group == group else line.group, "" if line.task == task else line.task]
        fresh = not pages[-1]
        if fresh and rng.random() < 0.5:
            row = [line.group, rng.choice(["", line.task]) if line.task == task else line.task]
        group, task = line.group, line.task
        listed = "、".join(line.units)
        if rng.random() >= rate:
            pages[-1].append([wrap(row[0]), wrap(row[1]), wrap(line.requirement), wrap(listed)])
            if rng.random() < 0.2:
                pages.append([])
            continue
        at = rng.randrange(5, len(line.requirement) - 3)
        tear = rng.randrange(2, len(listed)) if len(listed) > 30 and rng.random() < 0.5 else len(listed)
        while tear < len(listed) and not reads_on(listed[:tear]):
            tear -= 1
        pages[-1].append([wrap(row[0]), wrap(row[1]), wrap(line.requirement[:at]), wrap(listed[:tear])])
        again = rng.choice([["", ""], [line.group, line.task], [line.group, ""]])
        pages.append([[wrap(again[0]), wrap(again[1]), wrap(line.requirement[at:]), wrap(listed[tear:])]])
    return [page for page in pages if page]


def wrapped(rng: random.Random, sign: str) -> Callable[[str], str]:
    """Breaks a text as narrow columns do: `sign` after every so many characters."""

    def wrap(text: str) -> str:
        width = rng.randint(4, 30)
        return sign.join(text[i : i + width] for i in range(0, len(text), width))

    return wrap


HEADERS = (
    ("工作任务", "", "具体要求", "责任单位"),
    ("任务类别", "重点任务", "工作措施", "责任部门"),
    ("重点工作", "任务名称", "主要内容", "牵头单位"),
)


def text_lines(rng: random.Random, pages: list[list[Row]], kind: str) -> str:
    """The pages as a text source holds them, with an empty line, a page number or a header again between them."""
    header = list(rng.choice(HEADERS))
    out = ["某市2031年政务公开工作要点", "", "附件：重点工作任务分解表", "", _text_row(header, kind)]
    for number, page in enumerate(pages, 1):
        out.extend(_text_row(row, kind) for row in page)
        out.extend(["", f"- {number} -", ""] if rng.random() < 0.3 else [""])
        if number < len(pages) and rng.random() < 0.3:
            out.append(_text_row(header, kind))
    return "\n".join(out)


def _text_row(row: Row, kind: str) -> str:
    return "\t".join(row) if kind == "tab" else "| " + " | ".join(row) + " |"


def grids(pages: list[list[Row]], header: Row | None, rng: random.Random, again: float = 0.4) -> Iterator[Block]:
    """The pages as gridded tables: a label's cell reaches down over the rows of its span on the page."""
    for number, page in enumerate(pages, 1):
        rows = [list(header), *page] if header and (number == 1 or rng.random() < again) else list(page)
        heads = len(rows) - len(page)
        cells = []
        for r, row in enumerate(rows):
            for c, text in enumerate(row):
                if c < 2 and r > heads and not text:
                    continue  # within the span of the label above
                span = 1
                while c < 2 and r >= heads and r + span < len(rows) and not rows[r + span][c]:
                    span += 1
                wide = 2 if r < heads and c == 0 and not row[1] else 1
                if not (r < heads and c == 1 and not text):
                    cells.append(Cell(r, c, text, span, wide))
        yield Table(tuple(cells), len(rows), 4, number)
        yield Paragraph(f"— {number} —", number)


@pytest.mark.parametrize("kind", ["tab", "pipe"])
@pytest.mark.parametrize("seed", range(15))
def test_a_plan_in_text_comes_back_however_it_is_cut(kind: str, seed: int) -> None:
    rng = random.Random(seed)
    lines = plan(rng)
    pages = torn(rng, lines, wrapped(rng, " "), rate=rng.choice([0.1, 0.5, 0.9]))
    assert found(extract(text_lines(rng, pages, kind))) == expected(lines)


@pytest.mark.parametrize("seed", range(15))
def test_a_plan_in_grids_comes_back_however_it_is_cut(seed: int) -> None:
    rng = random.Random(1000 + seed)
    lines = plan(rng)
    pages = torn(rng, lines, wrapped(rng, "\n"), rate=rng.choice([0.1, 0.5, 0.9]))
    document = Document("pdf", tuple(grids(pages, list(rng.choice(HEADERS)), rng)), len(pages))
    assert found(document) == expected(lines)
    assert tasks(document)[0].page == 1


def printed(rng: random.Random, lines: list[Line], repeat: bool) -> list[list[Row]]:
    """The plan as a word processor prints it: a page ends after so many lines, through all cells of a row at once."""
    height = rng.randint(20, 32)
    pages: list[list[Row]] = [[]]
    left, group, task = height, "", ""
    for line in lines:
        fresh = repeat and not pages[-1]
        texts = [
            line.group if fresh or line.group != group else "",
            line.task if fresh or line.task != task else "",
            line.requirement,
            "、".join(line.units),
        ]
        group, task = line.group, line.task
        cells = [[t[i : i + w] for i in range(0, len(t), w)] for t, w in zip(texts, (6, 8, 18, 8), strict=True)]
        while any(cells):
            if left == 0:
                pages.append([])
                left = height
                if repeat:  # what is left of a label is printed, else the whole of it again
                    cells[:2] = [cells[0] or [line.group], cells[1] or [line.task]]
            pages[-1].append(["\n".join(cell[:left]) for cell in cells])
            taken = min(left, max(map(len, cells)))
            cells = [cell[left:] for cell in cells]
            left -= taken
    return [page for page in pages if page]


@pytest.mark.parametrize("repeat", [False, True])
@pytest.mark.parametrize("seed", range(15))
def test_a_plan_as_printed_comes_back_with_its_torn_labels(seed: int, repeat: bool) -> None:
    rng = random.Random(4000 + seed)
    lines = plan(rng)
    pages = printed(rng, lines, repeat)
    assert found(Document("pdf", tuple(grids(pages, list(rng.choice(HEADERS)), rng)))) == expected(lines)


@pytest.mark.parametrize("seed", range(5))
def test_a_plan_in_one_grid(seed: int) -> None:
    rng = random.Random(2000 + seed)
    lines = plan(rng)
    whole = [row for page in torn(rng, lines, str, rate=0) for row in page]
    document = Document("docx", tuple(grids([whole], list(rng.choice(HEADERS)), rng)))
    assert found(document) == expected(lines)


@pytest.mark.parametrize("seed", range(5))
def test_without_a_header_the_columns_are_told_by_their_shape(seed: int) -> None:
    rng = random.Random(3000 + seed)
    lines = plan(rng)
    pages = torn(rng, lines, str, rate=0.3)
    assert found(Document("pdf", tuple(grids(pages, None, rng)))) == expected(lines)


@pytest.mark.parametrize("seed", range(5))
def test_requirements_without_full_stops(seed: int) -> None:
    rng = random.Random(5000 + seed)
    lines = [replace(line, requirement=line.requirement[:-1].replace("。", "，")) for line in plan(rng)]
    pages = torn(rng, lines, wrapped(rng, " "), rate=0.3)
    assert found(extract(text_lines(rng, pages, "tab"))) == expected(lines)


def _rows(lines: list[Line]) -> list[Row]:
    rows, group, task = [], "", ""
    for line in lines:
        labels = ["" if line.group == group else line.group, "" if line.task == task else line.task]
        rows.append([*labels, line.requirement, "、".join(line.units)])
        group, task = line.group, line.task
    return rows


@pytest.mark.parametrize("layout", ["behind tabs", "one a line", "wide gaps"])
def test_a_table_unfolded_into_lines(layout: str) -> None:
    lines = plan(random.Random(7))
    rows = [["重点领域", "重点任务", "具体要求", "责任单位"], *_rows(lines)]
    if layout == "behind tabs":
        body = "\n\n".join("\n".join("\t" + cell for cell in row) for row in rows)
    elif layout == "one a line":
        body = "\n".join(cell for row in rows for cell in row if cell)
    else:
        body = "\n".join("   ".join(cell for cell in row if cell) for row in rows)
    assert found(extract("某市2031年政务公开工作要点\n\n" + body)) == expected(lines)


def test_units_merged_over_rows_hold_for_each_of_them() -> None:
    text = (
        "工作任务\t\t具体要求\t责任单位\n甲类工作\t第一项任务\t做好河道整治信息公开。\t市水务局、市林业局\n"
        "\t\t做好种苗补贴信息公开。\t\n\t\t做好集市管理信息公开。\t\n\t第二项任务\t做好供暖保障信息公开。\t市教育局\n"
        "\t\t做好山林防火信息公开。\t\n"
    )
    assert [task.responsible for task in tasks(extract(text))] == [("市水务局", "市林业局")] * 3 + [("市教育局",)] * 2


def _grid(rows: list[list[str | tuple[str, int, int] | None]], page: int | None = None) -> Table:
    """A gridded table of texts, or of (text, row span, column span); None where another cell reaches."""
    cells = []
    for r, row in enumerate(rows):
        for c, item in enumerate(row):
            if item is not None:
                text, down, across = item if isinstance(item, tuple) else (item, 1, 1)
                cells.append(Cell(r, c, text, down, across))
    return Table(tuple(cells), len(rows), len(rows[0]), page)


def test_lead_and_supporting_units_under_a_header_of_two_lines() -> None:
    table = _grid(
        [
            [("序号", 2, 1), ("重点任务", 2, 1), ("工作措施", 2, 1), ("责任单位", 1, 2), None, ("完成时限", 2, 1)],
            [None, None, None, "牵头单位", "配合单位", None],
            ["1", "完善公交调度", "公开线路调整方案。", "市交通运输局", "市公安局、各区", "6月底"],
            ["2", "规范校车运行", "公开校车许可名单", "市教育局", "", "长期坚持"],
        ]
    )
    assert tasks(Document("docx", (table,))) == [
        Task("", "完善公交调度", "公开线路调整方案。", ("市交通运输局", "市公安局", "各区")),
        Task("", "规范校车运行", "公开校车许可名单", ("市教育局",)),
    ]


def test_groups_in_rows_over_the_whole_width_and_in_captions() -> None:
    rows = _grid(
        [
            ["序号", "工作任务", "责任单位"],
            [("一、夯实基础工作", 1, 3), None, None],
            ["1", "编制公开目录。", "市政府办公室"],
            [("二、回应社会关切", 1, 3), None, None],
            ["2", "公布热线办理结果。", "市大数据中心"],
        ]
    )
    assert [(t.group, t.requirement) for t in tasks(Document("html", (rows,)))] == [
        ("一、夯实基础工作", "编制公开目录。"),
        ("二、回应社会关切", "公布热线办理结果。"),
    ]
    parts: list[Block] = []
    for caption, text in (("一、夯实基础工作", "编制公开目录。"), ("二、回应社会关切", "公布热线办理结果。")):
        parts += [Paragraph(caption), _grid([["任务", "具体措施", "责任部门"], ["某项任务", text, "市政府办公室"]])]
    assert [(t.group, t.task) for t in tasks(Document("html", tuple(parts)))] == [
        ("一、夯实基础工作", "某项任务"),
        ("二、回应社会关切", "某项任务"),
    ]


def test_a_merged_units_cell_torn_by_a_page_is_no_torn_requirement() -> None:
    head: list[str | tuple[str, int, int] | None] = ["任务类别", "具体要求", "责任单位"]
    first = _grid([head, [("甲类", 2, 1), "公开甲。", ("市教育局", 2, 1)], [None, "公开乙。", None]], 1)
    second = _grid([["", "公开丙。", ""], ["乙类", "公开丁。", "市水务局"]], 2)
    assert [(t.task, t.requirement, t.responsible, t.page) for t in tasks(Document("pdf", (first, second)))] == [
        ("甲类", "公开甲。", ("市教育局",), 1),
        ("甲类", "公开乙。", ("市教育局",), 1),
        ("甲类", "公开丙。", ("市教育局",), 2),
        ("乙类", "公开丁。", ("市水务局",), 2),
    ]


def test_a_requirement_longer_than_a_page_and_units_in_its_second_part() -> None:
    head: list[str | tuple[str, int, int] | None] = ["工作任务", "具体要求", "责任单位"]
    pages = (
        _grid([head, ["甲任务", "公开甲。", "市教育局"], ["乙任务", "公开乙的目录、", ""]], 1),
        _grid([head, ["", "流程、", ""]], 2),
        _grid([head, ["乙任务（续）", "结果。", "市水务局"], ["丙任务", "公开丙。", "市民政局、市林"]], 3),
        _grid([["", "", "业局"]], 4),
    )
    assert [(t.task, t.requirement, t.responsible, t.page) for t in tasks(Document("pdf", pages))] == [
        ("甲任务", "公开甲。", ("市教育局",), 1),
        ("乙任务", "公开乙的目录、流程、结果。", ("市水务局",), 1),
        ("丙任务", "公开丙。", ("市民政局", "市林业局"), 3),
    ]


def test_what_is_no_task_table_gives_none() -> None:
    catalogue = _grid([["公开事项", "公开内容", "公开主体", "责任部门"], ["财政", "预算、决算。", "财政局", "财政局"]])
    contacts = _grid([["姓名", "单位", "电话"], *[[f"李{c}", "市教育局", "0539-000000"] for c in "甲乙丙丁"]])
    prose = Paragraph("（一）加强公开。做好公开工作。（责任单位：市教育局）")
    assert tasks(Document("docx", (prose, catalogue, contacts))) == []
    assert tasks(Document("docx", ())) == []
    header = _grid([["工作任务", "具体要求", "责任单位"]])
    assert tasks(Document("docx", (header,))) == []
    plan_rows = _grid([["工作任务", "具体要求", "责任单位"], ["甲", "公开甲。", "市教育局"]])
    assert len(tasks(Document("docx", (plan_rows, Paragraph("附件2：联系人名单"), contacts)))) == 1


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the seed reports are not beside this checkout")
def test_the_seed_plan_is_whole() -> None:
    (path,) = SEEDS.glob("002_*.txt")
    found_tasks = tasks(extract(path.read_text(encoding="utf-8")))
    assert len(found_tasks) == 34
    assert len({(task.group, task.task) for task in found_tasks}) == 20
    assert len({task.group for task in found_tasks}) == 5
    assert all(task.requirement.endswith("。") and task.responsible for task in found_tasks)
    assert not any(" " in text for task in found_tasks for text in (task.group, task.task, *task.responsible))
    assert {name for task in found_tasks for name in task.responsible if name.endswith("部门")} == {
        "区政府相关部门",
        "区政府各部门",
        "区政府有关部门",
    }
    # What the table asks for stands in the plan's own text too, but for a few reworded places.
    text, folded = path.read_text(encoding="utf-8").split("附件\n")[0], str.maketrans("(),", "（），")
    body = "".join(text.split()).translate(folded)
    pieces = ["".join(p.split()).translate(folded) for t in found_tasks for p in t.requirement.strip("。").split("，")]
    assert sum(piece in body for piece in pieces) >= 0.9 * len(pieces)
