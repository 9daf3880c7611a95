"""Pictures as reports embed them: folders, web pages, notices, charts, photographs; many too small or blurred to read.

Each knows the texts that are drawn in it. Names are invented. Chinese fonts are those of tests/corpus/render_scan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.corpus.render_scan import FOLDER, FONT_FILES, fonts
from tests.spoiled import CLEAN

SUBJECTS = (
    "关于调整政务公开领导小组成员的通知", "政务公开工作要点", "信息公开培训签到表", "信息发布保密审查制度",
    "政府信息公开指南", "依申请公开答复书（模板）", "会议纪要", "政务公开考核细则", "年度报告", "公开目录",
)  # fmt: skip
NEWS = (
    "国民经济和社会发展统计公报", "县政府常务会议召开", "关于公布行政许可事项目录的公告", "防汛抗旱应急响应通告",
    "财政预算公开", "乡村振兴补助资金分配结果", "招聘公告", "重大项目批准结果信息", "食品药品监督抽检情况",
)  # fmt: skip
MENU = ("机构职能", "政策文件", "规划计划", "财政信息", "应急管理", "重点领域", "公开指南", "公开制度", "公开年报")
SIGNS = ("李明", "公开栏", "办公室", "服务台", "主任", "禁止吸烟", "值班表", "政策咨询", "便民服务中心")


@dataclass(frozen=True, slots=True)
class Picture:
    """An image (PIL), how wide it stands on the page in points, the texts in it, and what was done to it."""

    image: Any
    width: float
    texts: tuple[str, ...]
    what: str


@dataclass(slots=True)
class _Sketch:
    """A drawing that remembers its texts."""

    image: Any
    face: int
    texts: list[str] = field(default_factory=list)

    @classmethod
    def blank(cls, rng: Random, width: int, height: int, ground: tuple[int, int, int]) -> _Sketch:
        from PIL import Image

        return cls(Image.new("RGB", (width, height), ground), rng.randrange(len(fonts())))

    def box(self, x0: float, y0: float, x1: float, y1: float, fill: tuple[int, int, int]) -> None:
        from PIL import ImageDraw

        ImageDraw.Draw(self.image).rectangle((x0, y0, x1, y1), fill=fill)

    def write(
        self, x: float, y: float, text: str, size: int, fill: tuple[int, int, int] = (20, 20, 20), anchor: str = "la"
    ) -> None:
        from PIL import ImageDraw, ImageFont

        stems = {file.rpartition("/")[2].partition(".")[0]: file for file in FONT_FILES}
        face = ImageFont.truetype(str(FOLDER / stems[fonts()[self.face]]), size)
        ImageDraw.Draw(self.image).text((x, y), text, fill=fill, font=face, anchor=anchor)
        self.texts.append(text)


def draw_picture(rng: Random) -> Picture:
    """A picture of any kind, as it comes upon the page."""
    kind = rng.choice(list(KINDS))
    sketch = KINDS[kind](rng)
    way = rng.choice(list(WAYS))
    image, width = WAYS[way](rng, sketch.image)
    return Picture(image, width, tuple(sketch.texts), f"{kind}, {way}")


def _folder(rng: Random) -> _Sketch:
    sketch = _Sketch.blank(rng, 900, 400, (255, 255, 255))
    for x, text in ((10, "名称"), (480, "修改日期"), (680, "类型"), (830, "大小")):
        sketch.write(x, 8, text, 20, (90, 90, 90))
    for n in range(10):
        y = 44 + 34 * n
        sketch.box(12, y + 2, 28, y + 22, (60, 110, 190))
        sketch.write(36, y, f"{n + 1}.{rng.choice(SUBJECTS)}.{rng.choice(('doc', 'docx', 'xls', 'pdf'))}", 20)
        day = f"20{rng.randint(19, 24)}/{rng.randint(1, 12)}/{rng.randint(1, 28)}"
        sketch.write(480, y, f"{day} {rng.randint(8, 17)}:{rng.randint(10, 59)}", 20)
        sketch.write(680, y, rng.choice(("Microsoft Word ...", "DOCX 文档", "XLS 工作表")), 20)
        sketch.write(830, y, f"{rng.randint(8, 900)} KB", 20)
    return sketch


def _web_page(rng: Random) -> _Sketch:
    sketch = _Sketch.blank(rng, 1000, 560, (245, 248, 252))
    sketch.box(0, 0, 1000, 90, (30, 80, 160))
    sketch.write(40, 24, f"{rng.choice('山水金石云')}{rng.choice('城阳州岭')}县人民政府", 34, (255, 255, 255))
    sketch.box(0, 90, 1000, 130, (60, 110, 190))
    for n, text in enumerate(("首页", "政务公开", "政务服务", "政民互动", "走进山城", "数据开放")):
        sketch.write(30 + 160 * n, 98, text, 20, (255, 255, 255))
    sketch.write(20, 142, "当前位置： 首页 > 政府信息公开 > 法定主动公开内容 > 规划计划", 20, (80, 80, 80))
    for n, entry in enumerate(MENU):
        y = 190 + 38 * n
        sketch.write(30, y, entry, 20, (20, 60, 140))
        sketch.write(300, y, f"· {rng.choice(NEWS)}", 20)
        sketch.write(840, y, f"2021-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}", 20, (120, 120, 120))
    return sketch


def _notice(rng: Random) -> _Sketch:
    sketch = _Sketch.blank(rng, 800, 1000, (250, 248, 244))
    sketch.write(400, 90, "山城县人民政府办公室文件", 50, (200, 20, 20), "mm")
    sketch.write(400, 170, f"山政办发〔2021〕{rng.randint(1, 60)}号", 24, anchor="mm")
    sketch.box(60, 200, 740, 204, (200, 20, 20))
    sketch.write(400, 260, "关于进一步做好政务公开工作的通知", 30, anchor="mm")
    sketch.write(60, 330, "各乡镇人民政府、街道办事处，县政府各部门：", 24)
    y = 374
    while y < 880:
        text = f"　　{rng.choice(CLEAN)}"
        for start in range(0, len(text), 28):
            sketch.write(60, y, text[start : start + 28], 24)
            y += 36
    sketch.write(640, 970, "2021年5月8日", 24, anchor="mm")
    return sketch


def _chart(rng: Random) -> _Sketch:
    sketch = _Sketch.blank(rng, 800, 480, (255, 255, 255))
    sketch.write(400, 24, "政府信息公开申请办理情况统计图", 26, anchor="mm")
    for n, label in enumerate(("予以公开", "部分公开", "不予公开", "无法提供", "不予处理", "其他处理")):
        value, x = rng.randint(3, 180), 80 + 115 * n
        sketch.box(x, 420 - 2 * value, x + 60, 420, (70, 120, 200))
        sketch.write(x + 30, 408 - 2 * value, str(value), 20, anchor="mm")
        sketch.write(x + 30, 440, label, 20, anchor="mm")
    for n in range(5):
        sketch.write(40, 420 - 80 * n, str(40 * n), 20, anchor="mm")
    return sketch


def _photograph(rng: Random) -> _Sketch:
    import numpy as np
    from PIL import Image

    sketch = _Sketch.blank(rng, 900, 600, (120, 130, 120))
    grain = np.random.default_rng(rng.getrandbits(32)).normal(0, 25, (600, 900, 1))
    sketch.image = Image.fromarray((np.asarray(sketch.image) + grain).clip(0, 255).astype("uint8"))
    sketch.box(120, 60, 780, 200, (180, 30, 30))
    sketch.write(450, 130, "政务公开培训会议", 60, (255, 240, 200), "mm")
    for _ in range(rng.randint(3, 8)):
        x, y = rng.randint(40, 760), rng.randint(260, 540)
        sketch.box(x, y, x + 120, y + 44, (240, 240, 230))
        sketch.write(x + 60, y + 22, rng.choice(SIGNS), 20, anchor="mm")
    return sketch


KINDS: dict[str, Callable[[Random], _Sketch]] = {
    "folder": _folder,
    "web page": _web_page,
    "notice": _notice,
    "chart": _chart,
    "photograph": _photograph,
}


def _shrunk(least: float, most: float) -> Callable[[Random, Any], tuple[Any, float]]:
    """Saved with few pixels, and set narrow: its letters are 4 to 9 pixels high."""

    def way(rng: Random, image: Any) -> tuple[Any, float]:
        from PIL import Image

        width = rng.uniform(least, most)
        size = int(width * 1.6), int(width * 1.6 * image.height / image.width)
        return image.resize(size, Image.Resampling.BILINEAR), width

    return way


def _blurred(rng: Random, image: Any) -> tuple[Any, float]:
    from PIL import ImageFilter

    return image.filter(ImageFilter.GaussianBlur(rng.uniform(2.0, 4.0))), 360.0


def _turned(rng: Random, image: Any) -> tuple[Any, float]:
    return image.rotate(rng.choice((90, 180, 270)), expand=True), 260.0


def _askew(rng: Random, image: Any) -> tuple[Any, float]:
    return image.rotate(rng.uniform(-12, 12), expand=True, fillcolor=(200, 200, 200)), 260.0


WAYS: dict[str, Callable[[Random, Any], tuple[Any, float]]] = {
    "small": _shrunk(170, 240),
    "tiny": _shrunk(90, 160),
    "blurred": _blurred,
    "turned": _turned,
    "askew": _askew,
    "plain": lambda rng, image: (image, 420.0),
}
