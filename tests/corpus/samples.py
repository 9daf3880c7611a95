"""python -m tests.corpus.samples: writes the sample reports of data/raw.

Their figures are those of four real reports, as keyed by a person in tests/reports/<slug>/truth.csv (`printed` is the
cell's text in the source, its misprints included); the prose is our own. Each has a format of its own: Word, PDF with
ruled tables over page breaks, a page of a government's website, and Markdown as OCR converters leave it.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

from tests.corpus.blocks import Block, Heading, PageEnd, Para, Sheet
from tests.corpus.compose import CAPTIONS
from tests.corpus.grids import Grid, cut
from tests.corpus.render_docx import WordHabits, write_docx
from tests.corpus.render_html import PageHabits, page
from tests.corpus.render_pdf import Press, PrintHabits
from tests.corpus.render_text import TextHabits, text_of
from tests.corpus.tables import Layout, build_tables
from tests.corpus.truth import Key
from tests.corpus.wording import choose_wording

ROOT = Path(__file__).resolve().parents[2]
REPORTS = ROOT / "tests" / "reports"

PROSE: dict[str, tuple[str, ...]] = {
    "lanshan_2020": (
        "临沂市兰山区人民政府2020年政府信息公开工作年度报告",
        "临沂市兰山区人民政府办公室汇总各镇街、各部门的情况，编成本报告。所列数据的统计期限为2020年1月1日至2020年12月31日。"
        "联系地址：临沂市兰山区金雀山路57号；邮编：276002；电话：0539-8196766。",
        "这一年，区政府网站主动公开信息29861条。全区共受理政府信息公开申请205件，办结上年结转的4件，转入下年度办理3件。"
        "行政复议21件，行政诉讼18件。",
        "部分单位人手不足，公开质量参差不齐。2021年将改版门户网站，办好业务培训。",
        "没有其他需要报告的事项。",
        "临沂市兰山区人民政府",
        "2021年2月",
    ),
    "luozhuang_2019": (
        "罗庄区人民政府2019年政府信息公开工作年度报告",
        "罗庄区人民政府办公室根据8个镇街和52个部门、单位的年度报告编写本报告。数据的统计期限为2019年1月1日至2019年12月31日。"
        "地址：罗庄区开元路1号；邮编：276017；电话：0539-8246639。",
        "2019年，全区收到政府信息公开申请95件，多与征地和房屋补偿有关，结转下年度1件。收到行政复议23件；"
        "受理行政诉讼8件。",
        "对新修订的条例掌握得还不够准，解读的形式也偏少。今后要办好培训，充实栏目，管好外包服务。",
        "无。",
        "罗庄区人民政府办公室",
        "二〇二〇年二月",
    ),
    "yishui_2020": (
        "沂水县人民政府2020年政府信息公开工作年度报告",
        "沂水县人民政府办公室汇总全县2个街道、16个乡镇、1个开发区和52个部门的年度报告，编成本报告，"
        "可在县政府门户网站（http://www.yishui.gov.cn/）查阅。",
        "县政府门户网站公开信息33906条，微博发布2326条。全县新接收政府信息公开申请45件，上年结转1件，均按时答复。",
        "基层公开标准化还不平衡。2021年着力健全机构，做细标准目录，办好培训。",
        "无。",
        "沂水县人民政府",
        "2021年1月29日",
    ),
    "laizhou_2020": (
        "莱州市人民政府\n2020 年政府信息公开工作年度报告",
        "现公布莱州市 2020 年政府信息公开工作年度报告。",
        "全年通过政府网站发布信息 6400 余条，收到政府信息公开申请 106 件，比上年多 23 件，"
        "其中信函及传真 79 件、网上 27 件。组织培训 2 次，参训 300 余人次。",
        "个别部门公开不够及时，机构和人员也有薄弱环节。2021 年将每月轮检一遍，配齐专职人员，继续改进平台。",
        "无。",
        "莱州市人民政府",
        "2021 年 1 月",
    ),
}


def samples() -> dict[str, bytes]:
    """The bytes of each sample by its path from the project's root; the same on every machine."""
    return {line["source"]: SAMPLES[line["slug"]](line["slug"]) for line in reports()}


def reports() -> list[dict[str, str]]:
    """What the samples are: slug, source, jurisdiction_code, year, publisher, publisher_also, kind, template."""
    with (REPORTS / "reports.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def printed(slug: str) -> dict[Key, str]:
    """The text of each statutory cell in the source."""
    with (REPORTS / slug / "truth.csv").open(encoding="utf-8", newline="") as file:
        return {(line["table_id"], line["row_id"], line["column_id"]): line["printed"] for line in csv.DictReader(file)}


def _tables(slug: str, layout: Layout, **labels: str) -> dict[str, Grid]:
    wording = choose_wording(Random(slug), "2019", 2020, varied=False)
    changed = {("requests", "column", key): text for key, text in labels.items()}
    return build_tables("2019", replace(wording, labels=wording.labels | changed), layout, printed(slug))


def _blocks(slug: str, sheets: dict[str, list[Block]]) -> list[Block]:
    title, preface, overview, problems, others, who, when = PROSE[slug]
    blocks: list[Block] = [Heading(title, 1), Para(preface), Heading("一、总体情况"), Para(overview)]
    for ordinal, (table_id, caption) in zip("二三四", CAPTIONS.items(), strict=True):
        blocks += [Heading(f"{ordinal}、{caption}"), *sheets[table_id]]
    blocks += [Heading("五、存在的主要问题及改进情况"), Para(problems), Heading("六、其他需要报告的事项"), Para(others)]
    return [*blocks, Para(who, "right"), Para(when, "right")]


def _whole(tables: dict[str, Grid]) -> dict[str, list[Block]]:
    return {table_id: [Sheet(grid)] for table_id, grid in tables.items()}


def _lanshan(slug: str) -> bytes:
    blocks = _blocks(slug, _whole(_tables(slug, Layout(requests_head="total_apart", vertical=True))))
    return write_docx(Random(slug), blocks, PROSE[slug][0], WordHabits(lines="paragraph"))


def _luozhuang(slug: str) -> bytes:
    tables = _tables(slug, Layout(requests_head="total_apart", tail="wide"), public_interest="社会组织")
    habits = PrintHabits(cut="first", break_rows=True, size=10.5, pad=7.0)
    return Press(Random(slug), PROSE[slug][0], habits).run(_blocks(slug, _whole(tables)))


def _yishui(slug: str) -> bytes:
    habits = PageHabits(dress="word", metadata="table")
    blocks = _blocks(slug, _whole(_tables(slug, Layout())))
    return page(Random(slug), blocks, PROSE[slug][0], habits).encode("utf-8")


def _laizhou(slug: str) -> bytes:
    """Pages end within the requests table: its pieces go on without a header, merged labels torn or left out."""
    tables = _tables(slug, Layout(requests_head="total_apart", vertical=True))
    sheets = _whole(tables)
    first, rest = cut(tables["requests"], 11, "torn")
    second, third = cut(rest, 11, "torn")
    sheets["requests"] = [Sheet(first), PageEnd("7"), Sheet(second), Sheet(third)]
    habits = TextHabits(mode="pipes", line_break=" ", marks=True)
    return text_of(Random(slug), _blocks(slug, sheets), habits).encode("utf-8")


SAMPLES: dict[str, Callable[[str], bytes]] = {
    "lanshan_2020": _lanshan,
    "luozhuang_2019": _luozhuang,
    "yishui_2020": _yishui,
    "laizhou_2020": _laizhou,
}


def main() -> None:
    for source, data in samples().items():
        path = ROOT / source
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        print(f"{source}: {len(data)} bytes")


if __name__ == "__main__":
    main()
