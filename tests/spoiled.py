"""Clean government prose of our own, and the ways in which OCR and copying spoil it, each with the lines it touches."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from pipeline import vocabulary
from pipeline.noise.characters import look_alikes
from pipeline.noise.misread import set_phrases

# Lines that hold what looks odd and is lawful stand among the plain ones.
CLEAN = (
    "本报告由县人民政府办公室汇总各镇街、各部门的年度报告编制，全文可在县政府门户网站（http://www.example.gov.cn）查阅。",
    "联系人：政务公开科；电话：0537-8123456；电子邮箱：zwgk_office@example.gov.cn；邮编：272000。",
    "全县各级各部门坚持以公开促落实、以公开促规范、以公开促服务，人人参与、层层负责，逐项对照、逐条整改。",
    "进一步规范规范性文件的制定程序，落实“三统一”制度，全年印发县政发〔2022〕15号等文件，均在5个工作日内公开。",
    "县政府政府信息公开专栏设置政策、规划、财政、执法等17个栏目，做到栏目清楚、层级分明、检索方便。",
    "依托12345政务服务便民热线、5G消息、VR展厅和“爱山城”APP，拓展群众获取政策的渠道，热线接通率达到98.6%。",
    "通过微信公众号zwgk2022、今日头条、抖音等新媒体账号推送图解、H5、短视频等解读产品126个，阅读量超过50万次。",
    "一是加强组织领导，把政务公开纳入年度综合考核，分值权重为4%，每季度通报一次，年终算总账。",
    "二是开展业务培训，采取集中授课与以会代训相结合的办法，组织培训4次，参训人员380余人次。",
    "三是严格保密审查，坚持“先审查、后公开”“谁公开、谁负责”，全年未发生泄密事件，常常提醒、时时警醒。",
    "围绕教育、卫生、住房、就业、社会保障等群众关切，发布招生计划、分配结果、补贴名单等信息2160条。",
    "按照IPv6改造要求完成网站升级，支持PDF、Word、OFD等格式下载，OCR识别与AI问答功能上线试运行。",
    "推进PPP项目、政府采购、工程招投标等信息公开，公布重大项目32个，其中新建18个、续建14个。",
    "制定《县政务公开工作要点任务分解表》，明确6个方面23项任务，逐步逐项抓好落实，一件一件销号。",
    "答复申请人的文书统一格式，载明依据、理由和救济途径，一一核对，刚刚修订的模板已下发使用。",
    "（一）健全制度。修订信息发布审核、依申请公开办理、政策解读等制度5项，责任落实到岗到人。",
    "（二）夯实平台。县政府网站全年发布信息1.2万条，总访问量达460万次，群众满意度稳步提高。",
    "1.聚焦营商环境，公开行政许可事项目录，公示行政处罚决定，执法结果自作出之日起7日内上网。",
    "2.聚焦民生实事，公开学校、医院、供水、供电、供气、公交等公共企事业单位办事信息380条。",
    "3、聚焦乡村振兴，指导18个乡镇（街道）、326个村居完善公开栏，高高低低的老旧展板全部更换。",
    "存在的问题主要是：个别单位对新条例理解不深，主动公开意识不强；解读形式单一，图文并茂的作品偏少。",
    "下一步，将加强对乡镇街道的督促指导，多多开展现场观摩，研究研究基层反映的难题，及时给予帮助。",
    "深化政民互动，县长信箱、部门信箱受理来信612件，办结率100%，平均办理时间由4.5天压缩到2.8天。",
    "举办“政府开放日”活动9场，邀请群众代表、企业代表走进政务服务大厅、污水处理厂、融媒体中心参观座谈。",
    "对照国务院办公厅和省、市政府办公室考核指标，聘请第三方机构开展评估，发现问题87个，全部整改到位。",
    "根据《中华人民共和国政府信息公开条例》第二十条规定，及时更新机构职能、机构设置、办公地址、联系方式。",
    "加强政府信息管理，严格落实公文公开属性源头认定，明确主动公开、依申请公开、不予公开三种属性。",
    "县财政局、县审计局、县统计局等部门按月公开预算执行、审计结果和统计数据，实现应公开尽公开。",
)
COMMON = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带安场身车例真务具万每目至达走积示议声报斗完类八离华名确才科张信马节话米整空元况今集温传土许步群广石记需段研界拉林律叫且究观越织装影算低持音众书布复容儿须际商非验连断深难近矿千周委素技备半办青省列习响约支般史感劳便团往酸历市克何除消构府称太准精值号率族维划选标写存候毛亲快效斯院查江型眼王按格养易置派层片始却专状育厂京识适属圆包火住调满县局照参红细引听该铁价严"  # noqa: E501

Spoil = Callable[[Random, list[str]], set[int]]  # edits the lines; the places (from 0) that are noise now


def clean(rng: Random, count: int) -> list[str]:
    """Lines of clean prose with empty lines between, as converters leave paragraphs."""
    return [line for _ in range(count) for line in (rng.choice(CLEAN), "")]


def _insert(lines: list[str], rng: Random, block: list[str]) -> set[int]:
    place = 2 * rng.randrange(1, len(lines) // 2)
    lines[place:place] = block
    return {place + n for n, line in enumerate(block) if line}


def soup(rng: Random, lines: list[str]) -> set[int]:
    """A picture's marker and what OCR of Latin letters made of it."""
    words = lambda: " ".join(  # noqa: E731
        "".join(rng.choice("ABEFGHIKLMNRSTUVXZ") for _ in range(rng.choice((1, 2, 3, 5, 7, 9, 12))))
        for _ in range(rng.randint(2, 6))
    )
    block = [f"[image: image{rng.randint(1, 40)}.png]{words()}"]
    block += [rng.choice(("", "] ", "£", "# ")) + words() for _ in range(rng.randint(1, 6))]
    return _insert(lines, rng, block)


def listing(rng: Random, lines: list[str]) -> set[int]:
    """A screenshot of a folder."""
    block = [
        f"2022/{rng.randint(1, 12)}/{rng.randint(1, 28)} {rng.randint(8, 17)}:{rng.randint(10, 59)}" for _ in range(6)
    ]
    block += ["Microsoft Word ..."] * 5 + [f"{rng.randint(8, 90)} K8" for _ in range(5)]
    return _insert(lines, rng, block)


def rare(rng: Random, lines: list[str]) -> set[int]:
    """Chinese characters at random, as a lost character map leaves them."""
    draw = lambda: chr(rng.randint(0x4E00, 0x9FA5))  # noqa: E731
    return _insert(lines, rng, ["".join(draw() for _ in range(rng.randint(12, 40))) for _ in range(2)])


def common(rng: Random, lines: list[str]) -> set[int]:
    """Common characters at random, as OCR of a turned page leaves them."""
    return _insert(lines, rng, ["".join(rng.choice(COMMON) for _ in range(rng.randint(14, 40))) for _ in range(2)])


def misdecoded(rng: Random, lines: list[str]) -> set[int]:
    """UTF-8 read as GB18030 or as Latin-1."""
    text = rng.choice(CLEAN)[:30]
    wrong = text.encode().decode("gb18030", "replace") if rng.random() < 0.5 else text.encode().decode("latin-1")
    return _insert(lines, rng, ["".join(c for c in wrong if c.isprintable() or c == "\x85")])


def _target(rng: Random, lines: list[str], wanted: str = "") -> int:
    return rng.choice([n for n, line in enumerate(lines) if line in CLEAN and wanted in line and len(line) > 30])


def stray(rng: Random, lines: list[str]) -> set[int]:
    """A Latin connective in the place of a Chinese one."""
    between = re.compile("(?<=[\u4e00-\u9fff])、(?=[\u4e00-\u9fff])")
    n = rng.choice([n for n, line in enumerate(lines) if line in CLEAN and between.search(line)])
    lines[n] = between.sub(rng.choice((" and ", " and ", "and", " or ")), lines[n], count=1)
    return {n}


def doubled(rng: Random, lines: list[str]) -> set[int]:
    """A phrase of the form written twice."""
    phrases = ("信息", "培训", "公开", "制度", "群众", "解读", "政务公开", "整改", "办理")
    n = rng.choice([n for n, line in enumerate(lines) if line in CLEAN and any(p in line for p in phrases)])
    phrase = rng.choice([p for p in phrases if p in lines[n]])
    lines[n] = lines[n].replace(phrase, phrase * 2, 1)
    return {n}


def mixed_width(rng: Random, lines: list[str]) -> set[int]:
    """One digit of a number full-width."""
    spots = [
        (n, i)
        for n, line in enumerate(lines)
        if line in CLEAN
        for i in range(1, len(line))
        if line[i].isdigit() and line[i - 1].isdigit() and "@" not in line and "http" not in line
    ]
    n, i = rng.choice(spots)
    lines[n] = lines[n][:i] + chr(ord(lines[n][i]) + 0xFEE0) + lines[n][i + 1 :]
    return {n}


def torn(rng: Random, lines: list[str]) -> set[int]:
    """A line cut by a page break."""
    n = _target(rng, lines)
    i = rng.randint(14, len(lines[n]) - 8)
    lines[n : n + 1] = [lines[n][:i], "", "", lines[n][i:]]
    return {n}


def compatible(rng: Random, lines: list[str]) -> set[int]:
    """Radicals for the ordinary characters."""
    radicals = dict(
        zip(
            "一人入八力又口土士大子工文方日月木止比水火生用田目立行言",
            "⼀⼈⼊⼋⼒⼜⼝⼟⼠⼤⼦⼯⽂⽅⽇⽉⽊⽌⽐⽔⽕⽣⽤⽥⽬⽴⾏⾔",
            strict=True,
        )
    )
    n = rng.choice([n for n, line in enumerate(lines) if line in CLEAN and any(c in line for c in radicals)])
    lines[n] = "".join(radicals.get(c, c) if rng.random() < 0.7 else c for c in lines[n])
    return {n} if lines[n] not in CLEAN else set()


def misread(rng: Random, lines: list[str]) -> set[int]:
    """One character of a phrase of the form taken for a look-alike."""
    phrases = (*set_phrases().nested, *set_phrases().plain)
    n = rng.choice([n for n, line in enumerate(lines) if line in CLEAN and any(p in line for p in phrases)])
    phrase = rng.choice([p for p in phrases if p in lines[n]])
    i = rng.choice([i for i, c in enumerate(phrase) if look_alikes().get(c)])
    wrong = phrase[:i] + rng.choice(look_alikes()[phrase[i]][:3]) + phrase[i + 1 :]
    lines[n] = lines[n].replace(phrase, wrong, 1)
    return {n}


SPOILS: dict[str, tuple[Spoil, tuple[str, ...]]] = {
    "soup": (soup, ("garbled_text", "embedded_image_text")),
    "listing": (listing, ("embedded_image_text",)),
    "rare": (rare, ("garbled_text",)),
    "common": (common, ("garbled_text",)),
    "misdecoded": (misdecoded, ("garbled_text",)),
    "stray": (stray, ("stray_latin",)),
    "doubled": (doubled, ("duplicated_phrase",)),
    "mixed_width": (mixed_width, ("fullwidth_digit",)),
    "torn": (torn, ("broken_line",)),
    "compatible": (compatible, ("compatibility_character",)),
    "misread": (misread, ("confusable_character",)),
}


def kinds() -> frozenset[str]:
    """The flag kinds of noise."""
    return frozenset(kind for kind, row in vocabulary.flag_kinds().items() if row.group == "noise")
