"""Where a text speaks of its own publisher, and where of others: of places visited, of partners, of links.

A homonymous place is told by what stands beside its name, and much stands in a report that belongs to others: 学习…市
经验, 邀请…专家, a footer's link to another government. Only what speaks of the reporting body itself is evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.identify import places
from pipeline.identify.texts import Line, Text

# Dealings with others, and others' experience; a place in such a sentence is not where the report comes from.
_OF_OTHERS = re.compile(
    r"学习(?!(?:宣传)?贯彻)|借鉴|参照|参考|效仿|考察|观摩|参观|走访|调研(?=.{0,6}(?:团|组))|交流|取经|来访|赴|前往|到访|访问(?!量|人次)"
    r"|邀请|聘请|授课|专家|讲师|合作|协作|共建|联合|携手|对标|先进|经验|做法|兄弟|友好|等地|外地|外省|跨省|周边|结对|对口|帮扶"
    r"|支援|援[疆藏青]|相比|对比|名列|籍(?:贯)?|迁[往至入]|判决|裁定|案例|有限公司|商会|论坛|大会|举办地|媒体|日报"
)
# Of a law the neighbours matter little (学习《…条例》), unless it is another's that served as a model.
_MODEL = re.compile(r"借鉴|参照|参考|效仿|对标|经验|做法|考察|交流|赴")
_LINKS = re.compile(r"(?:友情|相关|网站|常用|快速|快捷|政府|部门|站点|导航)链接|^链接|网站导航|网站群|^导航|其他网站")
_IMPRINT = re.compile(
    r"版权|主办|承办|主管|备案|ICP|网站标识|©|copyright|发布机构|信息来源|编制单位|公开(?:主体|单位)", re.I
)
_DATE = re.compile(r"^\(?(?:20\d\d|二[〇○零0O].{2})[年./-]\D{0,1}.{1,3}[月./-](?:.{1,3}日?)?\)?$")
_COMPILES = re.compile(r"编制|编写|编成|撰写|汇编|本(?:年度)?报告|现将|现予|年度报告|年报|地址|邮编|邮政编码")
_ACTS = re.compile(r"认真|坚持|深入|严格|全面|扎实|高度重视|积极|切实")
_WORK = re.compile(rf"{_ACTS.pattern}|公开|收到|受理|办理|办结|制发|新收")
_BESIDE = re.compile(r"[我本](?:省|市|县|区|州|旗|局|委|办|单位|机关)")
_UNDER = r"(?:按照|根据|依据|依照|遵照|遵循|落实|贯彻|执行|围绕|对照)[^,。;:!?]{0,12}"
_SITE = re.compile(r"网址|网站|邮箱|邮件|e-?mail|查阅|查询|登录|门户|平台|下载|域名|网页|电子版|@$", re.I)
_PLACE_ALONE = re.compile(r"^(.{2,15}?)(?:人民政府|政府)?(?:门户)?(?:网站?|信息公开网?)?$")
_ENDED = ("。", ";", "!", "?", ":")
_HEADING = re.compile(r"^(?:第?[一二三四五六七八九十]+[、.,．部]|\([一二三四五六七八九十]+\))")
_WRAPPED = 18  # characters from which on a line without its end may go on in the next
# What a file says of itself; its keywords and its description repeat prose.
FILE_KEYS = ("title", "page_title", "source", "publisher", "author", "site", "domain", "url", "source_url", "column")


def of_others(sentence: str) -> bool:
    """Whether a sentence tells of dealings with others, so that the places in it may be theirs."""
    return _OF_OTHERS.search(sentence) is not None


def of_model(sentence: str) -> bool:
    """Whether a sentence takes the law that it names for a model only."""
    return _MODEL.search(sentence) is not None


def sentences(lines: Sequence[Line]) -> Iterator[str]:
    """The sentences without white space, whole again where a line was broken; every other line by itself."""
    running = ""
    for line in lines:
        compact = line.compact
        if line.level is not None or "\t" in line.text or (_HEADING.match(compact) and len(compact) < 40):
            yield from _parts(running)
            running = ""
            yield compact
            continue
        running += compact
        goes_on = len(compact) >= _WRAPPED and not compact.endswith((*_ENDED, "报告", "年报"))
        if not goes_on:
            yield from _parts(running)
            running = ""
    yield from _parts(running)


def _parts(running: str) -> Iterator[str]:
    yield from (part for part in re.split(r"(?<=[。;!?])", running) if part)


def without_links(text: Text) -> tuple[Line, ...]:
    """The lines but those of lists of links: the labelled line, and the short ones after it up to an imprint."""
    kept = []
    within = False
    for line in text.lines:
        compact = line.compact
        if len(compact) > 40 or "。" in compact or _IMPRINT.search(compact):
            within = False
        if _LINKS.search(compact) and "http" not in compact and len(compact) <= 200 and "。" not in compact:
            within = True
        if not within:
            kept.append(line)
    return tuple(kept)


def speaking(text: Text, lines: Sequence[Line], year: int | None) -> list[str]:
    """The lines of `lines` that say who speaks: head, introduction, signature, imprint, address.

    Of the last lines only an imprint's, an address and a signature over its date; names of several places that stand
    alone on their lines are a list of links.
    """
    kept = {id(line) for line in lines}
    front = [line.compact for line in text.front if id(line) in kept and "。" not in line.text]
    alone = [_place_alone(line, year) for line in front]
    listed = _apart([name for name in alone if name], year)
    said = [line for line, name in zip(front, alone, strict=True) if not (name and listed)]
    said += [line.compact for line in _signing(text) if id(line) in kept]
    said += [line.compact[:80] for line in lines if "地址" in line.text or "邮编" in line.text]
    said = [line for line in said if not of_others(line) and not _apart(list(places.mentions(line, year)), year)]
    opening = (*text.head, *text.lines[len(text.head) :][: text.introduced])
    introduced = sentences([line for line in opening if id(line) in kept])
    return said + [own for sentence in introduced if (own := _introducing(sentence))]


def _introducing(sentence: str) -> str | None:
    """What a sentence before the first section says of whoever compiled the report, or does the work it tells of."""
    if _COMPILES.search(sentence):
        return ",".join(clause for clause in sentence[:400].split(",") if not of_others(clause))
    return sentence[:400] if _ACTS.search(sentence) and not of_others(sentence) else None


def acts(sentence: str) -> bool:
    """Whether a sentence tells of the work that a report gives an account of, and not of 我区 beside its subject."""
    return _WORK.search(sentence) is not None and _BESIDE.search(sentence) is None


def is_signature(line: str) -> bool:
    """Whether a short line without punctuation ends as bodies' names do."""
    return re.fullmatch(r"[一-龥]{5,30}(?:府|局|委|厅|室|委员会|办事处|中心|公署)", line) is not None


def _signing(text: Text) -> Iterator[Line]:
    """Of the last lines those of an imprint, and those right above a date."""
    tail = text.tail
    for index, line in enumerate(tail):
        dated = any(_DATE.match(below.compact) for below in tail[index + 1 : index + 2])
        if dated or _IMPRINT.search(line.compact):
            yield line


def _place_alone(line: str, year: int | None) -> str | None:
    alone = _PLACE_ALONE.match(line)
    found = list(places.mentions(alone[1], year)) if alone else []
    return found[0] if len(found) == 1 and line.startswith(found[0]) else None


def _apart(names: list[str], year: int | None) -> bool:
    """Whether names are of places of which none holds the other, as in lists of links."""
    several = list(dict.fromkeys(names))
    return any(not places.may_nest(one, other, year) for i, one in enumerate(several) for other in several[i + 1 :])


def obeyed(parent: str, said: Sequence[str]) -> bool:
    """Whether the prose names a parent as the one that it answers to: its law once, its orders in two sentences."""
    if any(f"《{parent}" in sentence and not of_model(sentence) for sentence in said):
        return True
    ordered = re.compile(_UNDER + re.escape(parent))
    return sum(ordered.search(sentence) is not None and not of_others(sentence) for sentence in said) >= 2


def site_before(host_at: int, sentence: str) -> bool:
    """Whether a host in a sentence is given as the publisher's site or mailbox."""
    return not of_others(sentence) and _SITE.search(sentence[max(0, host_at - 40) : host_at]) is not None
