"""The years that a report's prose gives an account of: 2022年，我局…; 2022年共收到….

A report also names the year before (与2021年相比, 2021年报告中指出), the year after (2023年，我局将…), documents
(《2022年…要点》) and dates. None of these says which year it reports on, and none is counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from pipeline.identify.texts import YEAR, Text, number_of

_NAMED = re.compile(rf"(?<!\d)({YEAR})年(?!\d{{1,2}}月|[一二三四五六七八九十]{{1,2}}月)([^。;\n]{{0,80}})")
_QUOTED = re.compile(r"《[^《》]{0,80}》|“[^“”]{0,60}”")
_COMPARED = re.compile(
    r"(?:[比较与和同及自从于到至、]|根据|按照|依据|依照|落实|相对|对比|[-—–~/])(?:上年|去年|上一年)?\(?$"
)
_AS_OF = re.compile(r"截[至止]到?$")
_NO_ACCOUNT = re.compile(
    r"^度?(?:相比|同期|同比|比|以来|以前|之前|及|和|、|至|到|[-—–~]|基础|起|后|前|版|修订|新修订|\)|开局|成立|印发|出台|施行|实施)"
    r"|^[^,]{0,40}?(?:要点|方案|目录|计划|规划|报告|年报|清单|通知|预算|决算|办法|规定|条例)"
)
_FUTURE = re.compile(r"将|拟|计划|打算|力争|下一步|下一年|明年|要(?!求|点|素|闻|件)|是[^,]{0,30}?(?:开局|关键)之?年")
_HEADING = re.compile(r"^(?:第?[一二三四五六七八九十]+[、.．部]|\([一二三四五六七八九十]+\))")
_OUTLOOK = re.compile(r"问题|不足|改进|整改|下一步|打算|计划|展望|思路")


def accounts(text: Text) -> Counter[int]:
    """How often the prose gives an account of each year."""
    counts: Counter[int] = Counter()
    for match in _NAMED.finditer(_QUOTED.sub("《》", _prose(text))):
        before = match.string[max(0, match.start() - 8) : match.start()]
        after = match[2]
        if _AS_OF.search(before) or not (_COMPARED.search(before) or _NO_ACCOUNT.match(after) or _FUTURE.search(after)):
            counts[number_of(match[1])] += 1
    return counts


def _prose(text: Text) -> str:
    """The sentences, whole again where lines were broken, but those of sections on problems and plans."""
    return "".join(_sentences(text))


def _sentences(text: Text) -> Iterator[str]:
    outlook = ""
    for line in text.lines:
        heading = _HEADING.match(line.text)
        if heading and len(line.text) < 40:
            level = "(" if heading[0][0] == "(" else "一"
            if _OUTLOOK.search(line.text):
                outlook = outlook or level
            elif outlook in ("(", "") or level == "一":
                outlook = ""
        elif not outlook and "\t" not in line.text:
            compact = line.compact
            if compact.endswith(("。", ";", "!", "?")):
                yield compact + "\n"
            elif len(compact) > 24 and re.search("[,。;]", compact):
                yield compact
            else:
                yield "\n"


def dominant(counts: Counter[int], year: int, published: int | None, settled: bool) -> int | None:
    """The year that the prose speaks of rather than of `year`; None where it does not, or not clearly.

    Three accounts and more than twice those of `year`. Where `year` has none, two of a neighbour of it, or one of the
    year before publication (`published`), unless `year` is `settled`: by its period, say, or by its publication.
    """
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    if not ranked or ranked[0][0] == year or (len(ranked) > 1 and ranked[1][1] == ranked[0][1]):
        return None
    top, count = ranked[0]
    if count >= 3 and count > 2 * counts[year]:
        return top
    if counts[year] == 0 and not settled and ((count >= 2 and abs(top - year) == 1) or top + 1 == published):
        return top
    return None
