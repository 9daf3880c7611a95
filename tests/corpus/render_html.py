"""Blocks → a page of a government's website: navigation, metadata table, article with what editors paste into it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from random import Random

from tests.corpus.blocks import Block, Heading, PageEnd, Para, Sheet
from tests.corpus.grids import Spot
from tests.corpus.markup import table_html
from tests.corpus.render import Renderer
from tests.corpus.wreck import Shape

NAVIGATION = ("首页", "政务公开", "政务服务", "互动交流", "专题专栏", "走进本地")


@dataclass(frozen=True, slots=True)
class PageHabits:
    """`dress`: what the editor wraps cell texts in; `encoding` of the bytes and what the page `claims` of it."""

    dress: str  # bare | paragraphs | word | fonts
    close: bool = True
    header_cells: bool = False
    nested: bool = False  # each table in a layout table of its own
    framed: bool = False  # the whole article in one cell of a layout table
    chrome: bool = True
    metadata: str = "table"  # table | list | none
    encoding: str = "utf-8"
    claims: str = "utf-8"
    entities: bool = False
    zero_width: bool = False
    parts: bool = False
    capitals: bool = False


def choose_html(rng: Random, difficulty: str) -> Renderer:
    plain = difficulty == "clean"
    encoding = rng.choice(["utf-8"] if plain else ["utf-8", "utf-8", "gb18030"])
    honest = plain or rng.random() < 0.7
    claims = {"utf-8": "utf-8", "gb18030": "gb2312"}[encoding] if honest else rng.choice(["utf-8", "gbk", ""])
    habits = PageHabits(
        dress=rng.choice(["bare", "paragraphs"] if plain else ["bare", "paragraphs", "word", "fonts"]),
        close=plain or rng.random() < 0.85,
        header_cells=rng.random() < 0.3,
        nested=not plain and rng.random() < 0.1,
        framed=not plain and rng.random() < 0.2,
        chrome=plain or rng.random() < 0.85,
        metadata=rng.choice(["table", "list", "none"]),
        encoding=encoding,
        claims=claims,
        entities=not plain and rng.random() < 0.15,
        zero_width=not plain and rng.random() < 0.15,
        parts=rng.random() < 0.3,
        capitals=not plain and rng.random() < 0.1,
    )

    def render(rng: Random, blocks: list[Block], title: str) -> bytes:
        return page(rng, blocks, title, habits).encode(habits.encoding, errors="xmlcharrefreplace")

    return Renderer(Shape(), ".html", render)


def page(rng: Random, blocks: list[Block], title: str, habits: PageHabits) -> str:
    """The whole page as text."""
    article = "\n".join(_block(rng, block, habits) for block in blocks)
    if habits.framed:
        article = f'<table width="100%"><tr><td class="content">{article}</td></tr></table>'
    meta = f'<meta charset="{habits.claims}">' if habits.claims else ""
    if habits.claims.startswith("gb"):
        meta = f'<meta http-equiv="Content-Type" content="text/html; charset={habits.claims}" />'
    flat = escape(title.replace("\n", ""))
    head = f"<head>{meta}<title>{flat}</title><style>td{{border:1px solid #000}}</style>"
    head += '<script>var n = {"table": "<td>12</td>", "hits": 31};</script></head>'
    body = f'<div id="zoom" class="article">\n{article}\n</div>'
    if habits.chrome:
        body = _above(rng, flat, habits) + body + _below(rng)
    return f"<!DOCTYPE html>\n<html>{head}\n<body>\n{body}\n</body></html>\n"


def _above(rng: Random, title: str, habits: PageHabits) -> str:
    links = "".join(f'<li><a href="/{i}/">{name}</a></li>' for i, name in enumerate(NAVIGATION))
    text = f'<div class="nav"><ul>{links}</ul></div>\n<div>当前位置：<a href="/">首页</a> &gt; 政府信息公开年报</div>\n'
    number = f"11370000MB{rng.randint(1000, 9999)}/2024-{rng.randint(1, 99999):05d}"
    pairs = [("索引号", number), ("主题分类", "综合政务"), ("有效性", "有效"), ("点击量", str(rng.randint(3, 900)))]
    if habits.metadata == "table":
        cells = "".join(f"<td>{name}：</td><td>{value}</td>" for name, value in pairs)
        text += f'<table class="xxgk"><tr>{cells}</tr><tr><td>名称：</td><td colspan="7">{title}</td></tr></table>\n'
    elif habits.metadata == "list":
        text += "<dl>" + "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in pairs) + "</dl>\n"
    return text


def _below(rng: Random) -> str:
    years = rng.sample(range(2015, 2026), 3)
    links = "".join(f'<li><a href="/nb/{y}.html">{y}年政府信息公开工作年度报告</a></li>' for y in years)
    return (
        f'\n<div class="share">分享到： 微信 微博</div>\n<div class="related"><h4>相关链接</h4><ul>{links}</ul></div>'
        f'\n<div class="footer">网站标识码：37{rng.randint(10000000, 99999999)} '
        f"备案号：ICP备{rng.randint(1000, 9999)}号-1<br>建议使用1366×768分辨率浏览</div>"
    )


def _block(rng: Random, block: Block, habits: PageHabits) -> str:
    if isinstance(block, Heading):
        tag = rng.choice(["h1", "p"]) if block.level == 1 else rng.choice(["h2", "p"])
        text = "<br>".join(_text(part, habits) for part in block.text.split("\n"))
        style = ' style="text-align:center"' if block.level == 1 else ""
        return f"<{tag}{style}>" + (f"<strong>{text}</strong>" if tag == "p" else text) + f"</{tag}>"
    if isinstance(block, Para):
        return f'<p style="text-indent:2em;text-align:{block.align}">{_dressed(_text(block.text, habits), habits)}</p>'
    if isinstance(block, PageEnd):
        return f'<p style="text-align:center">- {block.number} -</p>' if rng.random() < 0.5 else "<hr>"
    assert isinstance(block, Sheet)
    table = table_html(
        block.grid,
        br=rng.choice(["<br>", "<br/>\n", "\n<br />"]),
        pretty=rng.random() < 0.5,
        dress=lambda spot, text: _dressed(_text(text, habits, escaped=True), habits),
        attributes=_attributes(rng, habits),
        header_cells=habits.header_cells,
        close=habits.close,
        parts=habits.parts,
        opening=rng.choice(['<table border="1" cellspacing="0">', '<table class="MsoNormalTable" style="width:100%">']),
    )
    if habits.capitals:
        table = re.sub(r"</?[a-z]+", lambda match: match[0].upper(), table)
    return f"<table><tr><td>{table}</td></tr></table>" if habits.nested else table


def _text(text: str, habits: PageHabits, escaped: bool = False) -> str:
    if not escaped:
        text = escape(text, quote=False)
    if habits.entities and "&" not in text and "<" not in text:
        text = "".join(f"&#{ord(c)};" if i % 3 == 0 else c for i, c in enumerate(text))
    if habits.zero_width and "&" not in text and len(text) > 3 and not text[0].isdigit():
        text = text[:2] + "\u200b" + text[2:]
    return text


def _dressed(text: str, habits: PageHabits) -> str:
    if habits.dress == "paragraphs":
        return f'<p style="margin:0">{text}</p>'
    if habits.dress == "word":
        mark = "<!--[if !supportEmptyParas]-->&nbsp;<!--[endif]-->" if not text else ""
        return f'<p class="MsoNormal"><span lang="EN-US" style="font-family:仿宋">{text}{mark}<o:p></o:p></span></p>'
    if habits.dress == "fonts":
        return f'<font face="宋体"><span style="font-size:12px">{text}</span></font>'
    return text


def _attributes(rng: Random, habits: PageHabits) -> Callable[[Spot], str]:
    if habits.dress != "word":
        return lambda spot: ""

    def attributes(spot: Spot) -> str:
        return f' width="{rng.randint(20, 200)}" style="border:solid windowtext 1.0pt;mso-border-alt:solid .5pt" nowrap'

    return attributes
