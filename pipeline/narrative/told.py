"""Which quantity a number in a sentence tells: decided by the words before it in its clause, else by those after it.

A quantity is a key of conventions.csv (received, answered, denied …), a row of the tables, or several joined by `+`;
its result is a column of review_litigation (upheld …) or what was done to documents (issue, repeal, in_force).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from pipeline import vocabulary
from pipeline.narrative.tokens import Token

REVIEWS = ("reconsideration", "litigation", "litigation_direct", "litigation_after_reconsideration")
RESULTS = ("upheld", "corrected", "other", "pending")
BRANCHES = REVIEWS[2:]
CARRIED = ("carried_in", "carried_out", "carried")
APPLICANTS = ("person", "organisation", "business")
DOCUMENTS = ("normative_documents", "regulations")
DEEDS = ("issue", "repeal", "in_force")
RECEIVE = ("receive", "receive_new")
OBJECTS = ("request", "bare_request")
_SCOPES = ("whole", "part", "unclear", "channel", "among")
_TIMES = ("year", "other_year", "part_of_year")
BACKGROUND = frozenset(("separator", "pause", "number", "each", "respectively", *_SCOPES, *_TIMES))
Quantity = tuple[str, str | None]

_PLAIN_REQUESTS = re.compile(
    r"(?:[，；：:,;]|^|其中|是|[年度况面]|全[市县区旗省州镇乡]|我[市县区局镇乡委])(?:20\d\d年度?|本?年度|全年|共有?|总共|今年)*"
    r"(?:依申请公开|(?:政府)?信息公开申请|依申请公开政府信息)(?:申请|件|信息)*(?:总?数量?|总?量)?(?:共计?|总计|合计|累计|总数|计|为|是|有|[：:])*$"
)
_GENERIC_APPLICANTS = re.compile("公民[、和或及]?法人|自然人[、和或及]法人")
_LISTS = tuple("、和及与等")  # documents of several kinds told as one number
_JOINS = re.compile("[、和及与或以]|等|情况|情形|申请|事项")


@dataclass(frozen=True, slots=True)
class Said:
    """What is known where a number stands.

    The words of its clause before it (`near`) and after it (`right`), without scopes and years; whether `requests` are
    what the passage is about, and what was counted last was `ours` too; the review, document and count told last.
    """

    sentence: str
    start: int  # of the number
    near: tuple[Token, ...]
    right: tuple[Token, ...]
    requests: bool
    ours: bool  # not letters or proposals
    review: str | None
    document: str | None
    told: Quantity | None
    in_turn: bool  # 分别, 各, 均 stand before the number

    @property
    def kinds(self) -> list[str]:
        return [token.kind for token in self.near]

    @property
    def right_kinds(self) -> list[str]:
        return [token.kind for token in self.right]


@cache
def outcomes() -> frozenset[str]:
    """Every way in which a request may be dealt with: rows of the requests table and their groups."""
    rows = vocabulary.form("2021", "requests").rows.keys() | vocabulary.form("2019", "requests").rows.keys()
    groups = {"denied", "unavailable", "unprocessed", "unavailable_absent"}
    return frozenset((rows | groups) - {"received", "carried_in", "carried_out", "total_processed"})


def of_documents(said: Said) -> list[Quantity] | None:
    """Documents issued, repealed, in force; None where the words are not about documents."""
    deeds = ["issue" if token.text == "主动公开" else token.kind for token in said.near]
    deeds = [deed for deed in deeds if deed in DEEDS]
    named = [kind for kind in (*said.kinds, *said.right_kinds) if kind in DOCUMENTS]
    if not named:
        if not (deeds and said.document and set(said.kinds) <= set(DEEDS)):
            return None
        named = [said.document]
    besides = {"not_of_documents", "other_matter"} & {*said.kinds, *said.right_kinds}
    listed = any(
        said.sentence[token.start - 1 : token.start] in _LISTS or said.sentence[token.end : token.end + 1] in _LISTS
        for token in (*said.near, *said.right)
        if token.kind in DOCUMENTS
    )
    if len(set(named)) > 1 or not deeds or besides or listed:
        return []
    return [(named[-1], deeds[-1])]


def of_requests_and_reviews(said: Said) -> list[Quantity]:
    """The quantities that a count belongs to: one, several in turn, or none of ours."""
    found = _reviews(said)
    of_a_review = said.told is not None and said.told[0] in REVIEWS
    if not found and of_a_review and "answer" in said.kinds and "request" not in (*said.kinds, *said.right_kinds):
        return []  # 行政复议3件，已审结2件
    found = found or _requests(said)
    if found or {"skip", "other_matter", "rate"} & set(said.kinds):
        return found
    return _from_the_right(said)


def _reviews(said: Said) -> list[Quantity]:
    kinds = said.kinds
    if not kinds or kinds[-1] not in (*REVIEWS, *RESULTS):
        return []
    topics = list(dict.fromkeys(kind for kind in kinds if kind in REVIEWS))
    results = [kind for kind in kinds if kind in RESULTS]
    if results:
        return _results(said, topics, results)
    if "litigation" in topics and len(topics) > 1 and not said.in_turn:
        topics = _branches(topics)
    if len(topics) == 1 or said.in_turn:
        return [(topic, None) for topic in topics]
    if set(topics) == {"litigation_direct", "litigation_after_reconsideration"}:
        return [("litigation", None)]
    return [("reconsideration_and_litigation", None)] if set(topics) == {"reconsideration", "litigation"} else []


def _branches(topics: Sequence[str]) -> list[str]:
    """行政诉讼未经复议直接起诉: of lawsuits and a branch of them the branch."""
    named = [topic for topic in topics if topic in BRANCHES]
    return named if named else list(topics)


def _results(said: Said, topics: Sequence[str], results: Sequence[str]) -> list[Quantity]:
    review = topics[-1] if topics else said.review
    if review is None or len(topics) > 1 or (len(results) > 1 and not said.in_turn):
        return []
    if results[-1] == "other" and not topics and said.told is not None and said.told[0] not in REVIEWS:
        return []  # 其他 after outcomes of requests
    return [(review, result) for result in results]


def _requests(said: Said) -> list[Quantity]:
    kinds = said.kinds
    if not kinds:
        return []
    if {"request"} & set(kinds) or (said.requests and said.ours):
        carried = [kind for kind in kinds if kind in CARRIED]
        if carried:
            return [(carried[0], None)]
        if kinds[-1] in OBJECTS and len(kinds) > 1 and kinds[-2] in outcomes():
            return [(kinds[-2], None)]
        if kinds[-1] in outcomes():
            return _told_outcomes(said)
        if kinds[-1] == "answer" and len(kinds) > 1 and kinds[-2] in outcomes():
            return [(kinds[-2], None)]
    applicants = [kind for kind in kinds if kind in APPLICANTS]
    if applicants and kinds[-1] in (*APPLICANTS, *OBJECTS) and not _GENERIC_APPLICANTS.search(said.sentence):
        return [(applicants[-1], None)] if said.requests and said.ours else []
    verbs = [kind for kind in kinds if kind in (*RECEIVE, "answer")]
    objects = [kind for kind in kinds if kind in OBJECTS]
    if "other_matter" in kinds and _last(kinds, ("other_matter",)) > _last(kinds, OBJECTS):
        return []
    if verbs and objects and ("request" in objects or (said.requests and said.ours)):
        return [(_deed(verbs), None)]
    if "request" in objects and not verbs and _PLAIN_REQUESTS.search(said.sentence[: said.start]):
        return [("received", None)]
    return []


def _told_outcomes(said: Said) -> list[Quantity]:
    """The outcome before the number, or several joined by 、 and 和, whose sum is told, or each in turn."""
    run = [said.near[-1]]
    for token in reversed(said.near[:-1]):
        if token.kind not in outcomes() or _JOINS.sub("", said.sentence[token.end : run[0].start]):
            break
        run.insert(0, token)
    kinds = [token.kind for token in run]
    # 因重复申请不予处理: the ground says which of them.
    kinds = [kind for kind in kinds if not any(other.startswith(f"{kind}_") for other in kinds)]
    if said.in_turn:
        return [(kind, None) for kind in kinds]
    return [("+".join(kinds), None)]


def _from_the_right(said: Said) -> list[Quantity]:
    """What the words after a number say of it: 收到12件政府信息公开申请, 36件予以公开, 8件…行政诉讼."""
    kinds, right = said.kinds, said.right_kinds
    if {"other_matter", "skip", "rate", "comparison"} & set(right):
        return []
    verbs = [kind for kind in kinds if kind in (*RECEIVE, "answer")]
    reviews = [kind for kind in right if kind in REVIEWS]
    results = [kind for kind in right if kind in RESULTS]
    if reviews:
        return [(reviews[-1], results[-1] if results else None)]
    of_results = said.told is not None and said.told[1] in RESULTS
    if results and said.review and not verbs and (of_results or "other" not in results):
        return [(said.review, results[0])]
    objects = [kind for kind in right if kind in OBJECTS]
    if "request" not in objects and not (said.requests and said.ours):
        return []
    found = [kind for kind in right if kind in outcomes() or kind in CARRIED]
    if found and not verbs:
        return [(found[0], None)]
    if verbs and (objects or not right):
        return [(_deed(verbs), None)]
    if objects and "answer" in right:
        return [("answered", None)]
    if not kinds and "request" in objects and said.sentence[: said.start].endswith("全部"):
        return [("received", None)]
    return []


def _deed(verbs: Sequence[str]) -> str:
    if "answer" in verbs:
        return "answered"
    return "newly_received" if verbs[-1] == "receive_new" else "received"


def _last(kinds: Sequence[str], wanted: Sequence[str]) -> int:
    return max((place for place, kind in enumerate(kinds) if kind in wanted), default=-1)
