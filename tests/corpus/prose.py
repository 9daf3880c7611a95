"""The prose around the tables: title, preface, sections, sentences that agree with the figures, imprint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from tests.corpus.blocks import Heading, Para
from tests.corpus.publishers import Place, Publisher, namesakes
from tests.corpus.truth import Key, plain

TITLES = (
    "{who}{year}年政府信息公开工作年度报告",
    "{who}{year}年政府信息公开工作年度报告",
    "{who}\n{year}年政府信息公开工作年度报告",
    "{who}{year}年度政府信息公开工作年度报告",
    "{who}{year}年政府信息公开年度报告",
    "{who}关于{year}年政府信息公开工作年度报告",
    "{who}政府信息公开工作年度报告（{year}年度）",
)
NAMELESS_TITLES = ("{year}年政府信息公开工作年度报告", "政府信息公开工作年度报告（{year}年）")
PLACE_TITLES = ("{year}年{place}政府信息公开工作年度报告", "{place}{year}年政府信息公开工作年度报告")
CHINESE_DIGITS = str.maketrans("0123456789", "〇一二三四五六七八九")
SENTENCES = (
    "不断健全制度机制，公开的及时性和规范性有所提高。",
    "围绕群众关心的教育、医疗、就业等事项，及时发布办事指南和政策说明。",
    "对照主动公开基本目录逐项梳理，补齐了往年缺漏的栏目内容。",
    "通过门户网站、公报、公告栏等渠道发布信息{n}条。",
    "制作图文解读{n}篇，回应网民留言{n}条。",
    "组织业务培训{n}次，参训{n}人次。",
    "严格执行发布审查制度，坚持先审查后公开。",
    "{last}年报告中提出的问题已全部整改，信息发布量比{last}年增加{n}条。",
    "印发《{year}年政务公开工作要点》，明确任务{n}项。",
    "根据{next}年机构调整安排，修订了公开指南。",
    "全年更新栏目内容{n}次，整改错链、断链{n}处。",
)
PROBLEMS = (
    "公开工作还存在一些不足：一是个别单位更新不够及时，二是解读形式比较单一，三是人员变动较多。",
    "与群众期待相比仍有差距，主要是公开内容不够均衡、答复文书不够规范。",
)
PLANS = (
    "下一步，将加强培训和检查，逐月通报更新情况，并完善答复文书样本。",
    "{next}年，将充实工作力量，丰富解读形式，做好栏目日常维护。",
)


@dataclass(frozen=True, slots=True)
class Telling:
    """What the document tells of its publisher and year, and how. `parents` before its name in the title and in the
    preface; `address`, `phone`, `postcode` as hints; `chinese_year` writes the title's year in Chinese numerals."""

    title: str | None
    title_parents: int
    preface_parents: int
    address: bool
    phone: bool
    postcode: bool
    chinese_year: bool
    ambiguous: bool  # several divisions bear the name and nothing in the text tells which


def choose_telling(rng: Random, publisher: Publisher, year: int, varied: bool) -> Telling:
    shared = namesakes(year)[publisher.place.name] > 1
    title: str | None = rng.choice(TITLES)
    if publisher.kind == "government" and rng.random() < 0.25:
        title = rng.choice(PLACE_TITLES)
    if varied and publisher.kind != "office":
        title = rng.choices([title, None, rng.choice(NAMELESS_TITLES)], weights=(86, 8, 6))[0]
    hints = {
        "title": (rng.choice((1, 2)), 0, False, False, False),
        "preface": (0, rng.choice((1, 2)), False, False, False),
        "address": (0, 0, True, False, False),
        "numbers": (0, 0, False, True, True),
        "all": (1, 2, True, True, True),
        "phone": (0, 0, False, True, False),
        "postcode": (0, 0, False, False, True),
        "none": (0, 0, False, False, False),
    }
    kinds = list(hints)
    weights: tuple[float, ...] = (4, 2, 2, 1, 2, 0, 0, 2)
    if shared:
        weights = (5, 2, 2, 2, 2, 1, 1, 0.3) if varied else (5, 3, 2, 0, 2, 0, 0, 0)
    kind = rng.choices(kinds, weights=weights)[0]
    has_numbers = bool(publisher.place.phone)
    if kind in ("phone", "postcode", "numbers") and not has_numbers:
        kind = "title"
    title_parents, preface_parents, address, phone, postcode = hints[kind]
    if kind == "title" and (title is None or title in NAMELESS_TITLES):
        title_parents, preface_parents = 0, title_parents
    return Telling(
        title,
        title_parents,
        preface_parents,
        address,
        phone and has_numbers,
        postcode and has_numbers,
        varied and rng.random() < 0.12,
        shared and kind == "none",
    )


def heading_text(telling: Telling, publisher: Publisher, year: int) -> str | None:
    """The title line of the report, None where the document has none."""
    if telling.title is None:
        return None
    printed = str(year).translate(CHINESE_DIGITS) if telling.chinese_year else str(year)
    above = publisher.spelled(telling.title_parents)
    place = above[: len(above) - len(publisher.body)]
    return telling.title.format(who=above, place=place, year=printed)


def cover(rng: Random, telling: Telling, publisher: Publisher, year: int, title: str) -> list[Heading | Para]:
    """A title page: the title, who compiled it, the month of publication."""
    who = publisher.spelled(telling.title_parents)
    compiler = who + "办公室" if publisher.kind == "government" and rng.random() < 0.5 else who
    return [Heading(title, 1), Para(compiler, "center"), Para(f"{year + 1}年{rng.randint(1, 3)}月", "center")]


def preface(rng: Random, telling: Telling, publisher: Publisher, year: int) -> list[Para]:
    """Who compiled the report, the period it covers, and where to ask."""
    who = publisher.spelled(telling.preface_parents)
    place = publisher.place
    compiler = who + "办公室" if publisher.kind == "government" and rng.random() < 0.4 else who
    sources = ""
    if publisher.kind == "government" and place.level != "province":
        sources = rng.choice(["", f"并汇总{place.region}各部门、各镇街的年度报告，"])
    text = f"根据《中华人民共和国政府信息公开条例》的要求，{sources}{compiler}编制本报告。"
    if compiler != who and (telling.title is None or telling.title in NAMELESS_TITLES):
        text += f"本报告反映{who}及所属各部门的工作情况。"
    period = f"本报告所列数据的统计期限自{year}年1月1日起至{year}年12月31日止。"
    return [Para(text + period), *_contact(rng, telling, place)]


def _contact(rng: Random, telling: Telling, place: Place) -> list[Para]:
    parts = []
    if telling.address:
        road = rng.choice(["中心路", "人民路", "建设大街", "府前街", "文化路"])
        parts.append(f"地址：{place.province}{place.prefecture}{place.name}{road}{rng.randint(1, 300)}号")
    if telling.postcode:
        parts.append(rng.choice(["邮编：", "邮政编码："]) + place.postcode)
    if telling.phone:
        parts.append(f"{rng.choice(['电话', '联系电话'])}：{place.phone}-{rng.randint(2_000_000, 8_999_999)}")
    text = "如对本报告有疑问，请与本机关联系"
    return [Para(text + "（" + "；".join(parts) + "）。")] if parts else []


def sentences(rng: Random, count: int, year: int) -> str:
    chosen = "".join(s.replace("{n}", str(rng.randint(2, 900))) for s in rng.sample(SENTENCES, count))
    return chosen.replace("{last}", str(year - 1)).replace("{year}", str(year)).replace("{next}", str(year + 1))


def narrative(
    rng: Random, figures: Mapping[Key, Decimal], publisher: Publisher, year: int, review_text: bool = True
) -> list[Para]:
    """Sentences that repeat figures of the tables, as they were meant."""

    def total(row_id: str) -> str:
        return plain(figures["requests", row_id, "total"])

    region = publisher.place.region if publisher.kind == "government" else rng.choice(["本机关", "我单位"])
    first = rng.choice(
        [
            f"{year}年，{region}新收政府信息公开申请{total('received')}件，上年结转{total('carried_in')}件。",
            f"依申请公开方面，{region}全年共收到申请{total('received')}件，另有{total('carried_in')}件由上年结转。",
        ]
    )
    second = rng.choice(
        [
            "",
            f"其中予以公开{total('granted')}件，部分公开{total('partially_granted')}件，"
            f"结转下年度继续办理{total('carried_out')}件。",
        ]
    )
    third = ""
    if review_text:
        reconsidered = plain(figures["review_litigation", "reconsideration", "total"])
        sued = plain(
            figures["review_litigation", "litigation_direct", "total"]
            + figures["review_litigation", "litigation_after_reconsideration", "total"]
        )
        third = rng.choice(["", f"因政府信息公开引起的行政复议{reconsidered}件、行政诉讼{sued}件。"])
    return [Para(first + second + third)]


def closing(rng: Random, telling: Telling, publisher: Publisher, year: int) -> list[Para]:
    """The imprint: who, and when (the year after)."""
    date = (year + 1, rng.randint(1, 3), rng.randint(1, 28))
    printed = "{}年{}月{}日".format(*date)
    if telling.chinese_year:
        months, days = ("一", "二", "三"), "〇一二三四五六七八九"
        day = f"{date[2] // 10 if date[2] >= 20 else ''}".translate(CHINESE_DIGITS)
        day += ("十" if date[2] >= 10 else "") + (days[date[2] % 10] if date[2] % 10 else "")
        printed = f"{str(date[0]).translate(CHINESE_DIGITS)}年{months[date[1] - 1]}月{day}日"
    signed = telling.title is None or telling.title in NAMELESS_TITLES or rng.random() < 0.5
    parents = telling.preface_parents or telling.title_parents
    return [*([Para(publisher.spelled(parents), "right")] if signed else []), Para(printed, "right")]


def heading(rng: Random, ordinal: str, text: str, varied: bool) -> Heading:
    """A section heading; the numbering of sections varies in the wild and is at times left out."""
    form = rng.choice(["{}、{}", "{}、{}", "{}、{}", "{}、 {}", "{}.{}", "{}，{}", "（{}）{}"]) if varied else "{}、{}"
    return Heading(form.format(ordinal, text))
