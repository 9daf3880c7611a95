"""Which words of a sentence speak of a number: those of its clause before it and after it, and what they narrow."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.narrative.tokens import Token
from pipeline.narrative.told import BACKGROUND, RECEIVE, RESULTS, REVIEWS

_REACH = 12  # characters between a number and the clause before its own that may still speak of it


def near_of(sentence: str, segment: Sequence[Token], number: Token, told: bool) -> list[Token]:
    """The tokens of a number's own clause; of the one before it too where its own says nothing (收到申请，共95件) and
    nothing is `told` of it after it (1件维持，1件纠正). `segment`: the tokens since the last number."""
    found: list[Token] = []
    for token in reversed(segment):
        if token.kind == "separator":
            if told or any(one.kind not in BACKGROUND for one in found):
                break
            own = sentence[token.end : number.start]
            if token.text in "；;" or len(own) > _REACH or sentence[token.start - 1] in "中里内":
                break
            continue
        found.insert(0, token)
    return found


def without_remark(segment: Sequence[Token]) -> Sequence[Token]:
    """The tokens without a remark in brackets that ends them: 收到申请（含上年结转）95件."""
    if not segment or segment[-1].text not in ("）", ")"):
        return segment
    opened = [place for place, token in enumerate(segment) if token.text in ("（", "(")]
    return segment[: opened[-1]] if opened and opened[-1] else segment


def of_others(segment: Sequence[Token]) -> bool:
    """Whether another matter is named and no request or review after it: 行政许可：受理申请50件; 受理信访事项3件."""
    kinds = [token.kind for token in segment]
    named = [place for place, kind in enumerate(kinds) if kind == "other_matter"]
    if "unprocessed_petition" in kinds and set(kinds) & set(RECEIVE):
        named.append(kinds.index("unprocessed_petition"))
    return bool(named) and not set(kinds[max(named) :]) & {"request", *REVIEWS}


def narrows(meant: Sequence[Token]) -> bool:
    """Whether the words before a number name a review's result before the review itself."""
    results = [place for place, token in enumerate(meant) if token.kind in RESULTS]
    return any(token.kind in REVIEWS for token in meant[results[0] + 1 :]) if results else False


def right_of(tokens: Sequence[Token], place: int) -> tuple[Token, ...]:
    """The tokens between a number and the next separator or number."""
    right: list[Token] = []
    for token in tokens[place + 1 :]:
        if token.kind in ("separator", "pause", "number"):
            break
        if token.kind not in BACKGROUND:
            right.append(token)
    return tuple(right)
