"""Sentences that say there was none: 未发生行政复议、行政诉讼案件; 没有收到申请; 行政复议：无."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.narrative.tokens import Token

_REVIEWS = ("reconsideration", "litigation", "litigation_direct", "litigation_after_reconsideration")
_CLAUSE = re.compile(r"[^，,；;。（）()]+")
_NONE = re.compile(
    r"(?:从|均|都|暂|并|尚)?未(?:曾)?(?:有|发生|收到|接到|接收|收|受理|产生|出现|引发|引起|发现|因|被|涉及|新收|就|提起)"
    r"|没有?(?:发生|收到|接到|接收|受理|产生|出现|引发|引起|因|被|涉及|新收|提起|就)?|不存在"
    r"|无(?!法提供|法|正当|关|偿|障碍|论|缝|效|需|故|误|异议|线|纸|条件|不|形|害|疑|限|现成)"
    r"|零(?=[行诉复申结])"
)
_NONE_AFTER = re.compile(
    r"(?:案件)?(?:情况)?(?:[：:是为]|均|都|均为|都是|皆)*(?:未发生|没有发生|未出现|无|没有|为?零)(?:件|起)?。?$"
)
_SAID_OF_SOME = re.compile("的(?:部门|单位|乡镇|镇街|街道|机关|地方|企业|情况下|前提|人)|(?:部门|单位|乡镇)[^，]{0,2}$")
_ABOUT_HANDLING = re.compile("投诉|举报|意见|异议|建议|收费|费用|泄密|失密|信访|差错|超期|逾期")
_QUALIFIED = re.compile("不当|不作为|违规|违法|不及时|失误|错误|过错|瑕疵|不力|不到位|超时")
_LOST = re.compile("纠[正错]|败诉|撤销|责令|确认违法|变更")


@dataclass(frozen=True, slots=True)
class Negation:
    """`quantity` (and `result`) was nought, says the clause at `start` to `end`; `unclear`: only of a certain kind."""

    quantity: str
    result: str | None
    start: int
    end: int
    unclear: bool = False


def negations(sentence: str, tokens: Sequence[Token]) -> Iterator[Negation]:
    """What a sentence says there was none of."""
    for clause in _CLAUSE.finditer(sentence):
        said = clause.group()
        inside = [t for t in tokens if clause.start() <= t.start < clause.end()]
        if any(t.kind == "number" for t in inside) or any(t.kind == "comparison" for t in inside):
            continue
        none = _NONE.search(said)
        after = _NONE_AFTER.search(said)
        if after is not None:
            named = [t for t in inside if t.start < clause.start() + after.start()]
        elif none is not None:
            named = [t for t in inside if t.end > clause.start() + none.end()]
        else:
            continue
        if _SAID_OF_SOME.search(said) or _ABOUT_HANDLING.search(said):
            continue
        yield from _denied(said, named, clause.start(), clause.end(), none if after is None else None)


def _denied(said: str, named: Sequence[Token], start: int, end: int, none: re.Match[str] | None) -> Iterator[Negation]:
    unclear = _QUALIFIED.search(said) is not None
    reviews = list(dict.fromkeys(token.kind for token in named if token.kind in _REVIEWS))
    if reviews:
        result = "corrected" if _LOST.search(said) else None
        for review in reviews:
            yield Negation(review, result, start, end, unclear)
        return
    carried = [token.kind for token in named if token.kind in ("carried_in", "carried_out")]
    if carried:
        yield Negation(carried[0], None, start, end, unclear)
        return
    requests = [token for token in named if token.kind == "request"]
    verbs = none.group() if none is not None else "无"
    if requests and re.search("收|接|受理|无|没有?$|发生|有$|零", verbs):
        yield Negation("received", None, start, end, unclear)
