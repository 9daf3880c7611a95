"""Numbers that the prose tells about what the tables count: which quantity, how much, and of what scope.

A sentence becomes tokens (tokens.py), each number is bound to the words around it (told.py). A number that speaks of
something else (letters, proposals, another year, the difference to last year) is no mention. Negations (未发生, 无) are
mentions of 0. What a sentence tells of a part only (一个办公室, 信函申请) says so in its `scope`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from pipeline.model import Identity
from pipeline.narrative.clauses import narrows, near_of, of_others, right_of, without_remark
from pipeline.narrative.negations import negations
from pipeline.narrative.passages import Passage
from pipeline.narrative.tokens import Token, tokenise
from pipeline.narrative.told import (
    BACKGROUND,
    BRANCHES,
    CARRIED,
    DOCUMENTS,
    RECEIVE,
    REVIEWS,
    Quantity,
    Said,
    of_documents,
    of_requests_and_reviews,
    outcomes,
)

_TRIGGER = re.compile(
    "申请|复议|诉讼|规范性文件|规章|[予同]以?意?公开|部分公开|无法提供|不予|结转|维持|纠[正错]|审结|办结|答复|受理|废止|现行有效"
)
_SENTENCE = re.compile("[^。！？]{1,1500}[。！？]?")  # a longer one is a table run together
_ABOUT_REQUESTS = re.compile("依申请|信息公开申请|申请公开|公开申请|公开政府信息|政府信息申请")
_ABOUT_DISCLOSURE = re.compile("信息公开|依申请公开|政务公开|申请公开|公开政府信息|政府信息申请")
_NUMBERED = re.compile(r"\d|[一二两三四五六七八九十百零〇][件起宗份例]|[未没无零]|不存在")
_YEAR = re.compile(r"(20\d\d)年")
# The disclosure attribute of the government's own documents, not outcomes of requests.
_OF_ATTRIBUTES = re.compile(
    r"(?:公文|文件|发文|信息)[^。]{0,40}主动公开的?\d|主动公开的?\d+[件条份]?[，、,][^。]{0,6}依申请公开的?\d|公开属性"
)
_EVERY_CHANNEL = re.compile("等(?:多种|各种)?(?:渠道|方式|途径|形式)|(?:各种|多种|各类)(?:渠道|方式|途径|形式)")
_NEW_SUBJECT = re.compile(r"(?:[一二三四五]是|20\d\d年|全年|本?年度|[（(][一二三四五六七八九十])")
_OLD_DOCUMENTS = re.compile("清理|备案|评估|汇编")
_GOES_ON = re.compile("其中|予以|同意|不予|部分公开|无法提供|办结|答复|已|均|上述|以上|主要|涉及|申请")
_BY_TIME = re.compile(
    r"(?:(?:延期|逾期|超期|提前)(?:予以)?|日(?:以内|之内|内|以上)|至\d+个?(?:工作)?日)(?:答复|办[理结复])[^，。；]{0,12}\d"
)
_RATIO = re.compile("(?:占比|比例|比重)(?:约|为|是|达|达到)*$")


@dataclass(frozen=True, slots=True)
class Mention:
    """One number as told; `quantity` and `result` as in told.py.

    `scope`: whole, part (of what the table covers) or unclear. A share has unit `percent`, `of` names what it is a
    share of (a quantity, or `all` requests), `told` is the count given just before. `places` are the decimals printed.
    """

    quantity: str
    result: str | None
    value: Decimal
    unit: str  # count | percent
    scope: str
    sentence: str
    page: int | None
    line: int | None
    approximate: bool = False
    places: int = 0
    of: str | None = None
    told: Decimal | None = None
    position: int = 0  # of the number, or of the clause that denies, in the sentence


def mentions(passages: Sequence[Passage], identity: Identity) -> list[Mention]:
    """Every number that the passages tell about requests, reviews, lawsuits and documents, in reading order."""
    return [
        mention
        for passage in passages
        if _TRIGGER.search(passage.text)
        for mention in _Reader(passage, identity).read()
    ]


class _Reader:
    """Reads one passage; what its sentences have said so far is kept for those that follow."""

    def __init__(self, passage: Passage, identity: Identity) -> None:
        self.passage, self.identity = passage, identity
        self.disclosure = _ABOUT_DISCLOSURE.search(passage.heading + passage.text) is not None
        self.requests = _ABOUT_REQUESTS.search(passage.heading) is not None
        self.ours = True  # until another matter is counted, and again from the next request or review
        self.scope = "whole"
        self.by_subject = False  # the scope was set by a subject and outlives its sentence; by 其中 it does not
        self.review: str | None = None
        self.document: str | None = None
        self.year: int | None = None
        self.told: Mention | None = None
        self.queue: tuple[Quantity, ...] = ()  # what the next numbers tell (分别)
        self.counted: list[Mention] = []  # in this sentence, for a total of them (合计)
        self.narrowed = False  # the sentence is about reviews with one result (尚未审结的行政复议…件，行政诉讼…件)
        self.told_reviews: str | None = None  # the scope of the reviews that the sentence counted last
        self.spent = 0  # tokens after the last number that told what it counts, and nothing of the next

    def read(self) -> Iterator[Mention]:
        for match in _SENTENCE.finditer(self.passage.text):
            sentence = match.group()
            self.told, self.document, self.queue = None, None, ()
            self.counted, self.narrowed, self.told_reviews = [], False, None
            if not _GOES_ON.match(sentence):
                self.year = None
                if not self.by_subject or _NEW_SUBJECT.match(sentence):
                    self.scope, self.by_subject = "whole", False
            self.requests = self.requests or _ABOUT_REQUESTS.search(sentence) is not None
            if not (_NUMBERED.search(sentence) and _TRIGGER.search(sentence)):
                years = _YEAR.findall(sentence)
                self.year = int(years[-1]) if years else self.year
                continue
            tokens = [self._carried(token) for token in tokenise(sentence)]
            found = [*self._counted(sentence, tokens), *self._negated(sentence, tokens)]
            # A part that only other matters were told of is no subject of what follows.
            self.by_subject = self.by_subject and any(mention.scope != "whole" for _, mention in found)
            printed = self.passage.printed[match.start() : match.end()]
            for position, mention in sorted(found, key=lambda one: one[0]):
                line = self.passage.line_at(match.start() + position)
                yield replace(mention, sentence=printed, position=position, page=line.page, line=line.line)

    def _carried(self, token: Token) -> Token:
        """结转2021年 goes out of the report on 2020 and comes into that on 2021; 2020年结转 the other way round."""
        year = _YEAR.search(token.text)
        if year is None or token.kind not in ("carried_in", "carried_out") or self.identity.year is None:
            return token
        into = token.text.find("结转") < year.start() or token.text.startswith("转")
        own = int(year[1]) == self.identity.year
        return replace(token, kind="carried_in" if own == into else "carried_out")

    def _counted(self, sentence: str, tokens: Sequence[Token]) -> Iterator[tuple[int, Mention]]:
        after = 0  # the place after the last number
        for place, token in enumerate(tokens):
            self._remember(token, tokens[place - 1].kind if place else "")
            if token.kind != "number":
                continue
            found = self._bind(sentence, tokens, after, place)
            after = place + 1 + self.spent
            if token.unit != "%":
                self.told = found[-1] if found else None
                self.counted += found
            for mention in found:
                if mention.quantity in REVIEWS and mention.result is None:
                    self.told_reviews = mention.scope
                yield token.start, mention

    def _remember(self, token: Token, before: str) -> None:
        if token.kind in REVIEWS:
            both = {token.kind, before} == {"litigation_direct", "litigation_after_reconsideration"}
            self.review = "litigation" if both else token.kind
        elif token.kind == "request":
            self.requests = True
        if token.kind in (*REVIEWS, "request"):
            self.ours = True
        elif token.kind == "year":
            self.year = int(token.text[:4])

    def _bind(self, sentence: str, tokens: Sequence[Token], after: int, place: int) -> list[Mention]:
        """What the number at `place` tells, if anything; `after` is where its words may begin."""
        number = tokens[place]
        self.spent = 0
        right = right_of(tokens, place)
        segment = without_remark(tokens[after:place])
        near = near_of(sentence, segment, number, bool(right))
        kinds = {token.kind for token in near}
        self._see_scope(sentence, segment, near)
        if "other_matter" in kinds or any(token.kind == "other_matter" for token in right) or of_others(segment):
            self.ours = False
        if number.value is None or {"comparison", "rate"} & kinds:
            return []
        if ("other_year" in kinds and not kinds & set(CARRIED)) or self._is_of_another_time(tokens[:place], kinds):
            return []
        meant = tuple(token for token in near if token.kind not in BACKGROUND)
        if number.unit == "%":
            return self._share(sentence, number, meant)
        if meant and all(token.kind == "sum" for token in meant):
            return self._total(number, sentence, kinds)
        meant = tuple(token for token in meant if token.kind != "sum")
        if self.queue and not meant:
            quantity, self.queue = self.queue[0], self.queue[1:]
            return [self._count(quantity, number, sentence, kinds)]
        self.queue = ()
        in_turn = bool({"respectively", "each"} & kinds)
        if in_turn and len({token.text[:4] for token in near if token.kind == "year"}) > 1:
            return []  # 2021年、2022年分别
        found = self._decide(sentence, number, meant, right, in_turn)
        if found and not meant:
            self.spent = len(right)
        if found and "respectively" in kinds:
            found, self.queue = found[:1], tuple(found[1:])
        self.narrowed = self.narrowed or narrows(meant)
        return [self._count(quantity, number, sentence, kinds) for quantity in found]

    def _total(self, number: Token, sentence: str, kinds: set[str]) -> list[Mention]:
        """新收95件、上年结转2件，合计97件; 维持2件、纠正1件，总计3件: the sum of what the sentence has just counted."""
        whole = [mention for mention in self.counted if mention.scope == "whole" and mention.unit == "count"]
        told = [mention.quantity for mention in whole]
        if len(told) == 2 and told[0] in ("received", "newly_received") and told[1] == "carried_in":
            return [self._count(("received+carried_in", None), number, sentence, kinds)]
        results = {mention.result for mention in whole}
        if len(whole) >= 2 and len(set(told)) == 1 and None not in results and told[0] in REVIEWS:
            return [self._count((told[0], None), number, sentence, kinds)]
        if set(told[-2:]) == set(BRANCHES) and {mention.result for mention in whole[-2:]} == {None}:
            return [self._count(("litigation", None), number, sentence, kinds)]
        if results == {None} and len(set(told)) == len(told) == 2 and outcomes().issuperset(told):
            return [self._count(("+".join(told), None), number, sentence, kinds)]
        return []

    def _decide(
        self, sentence: str, number: Token, near: tuple[Token, ...], right: tuple[Token, ...], in_turn: bool
    ) -> list[Quantity]:
        told = (self.told.quantity, self.told.result) if self.told else None
        said = Said(
            sentence, number.start, near, right, self.requests, self.ours, self.review, self.document, told, in_turn
        )
        documents = of_documents(said)
        if documents is not None:
            named = [kind for kind in (*said.kinds, *said.right_kinds) if kind in DOCUMENTS]
            self.document = (named[-1] if named else self.document) if documents else None
            return documents
        if not self.disclosure or _OF_ATTRIBUTES.search(sentence):
            return []
        return of_requests_and_reviews(said)

    def _see_scope(self, sentence: str, segment: Sequence[Token], near: Sequence[Token]) -> None:
        """Whose requests the words before a number speak of; 全区各部门 are the whole, 其中各部门 are a part."""
        among = any(token.kind == "among" for token in segment)
        whole = False
        for token in segment:
            scope = self._scope_of(sentence, token)
            if token.kind == "separator":
                whole = False
            elif scope == "whole":
                whole = not among
                self.scope, self.by_subject = "whole", True
            elif scope is not None and not whole:
                self.scope, self.by_subject = scope, not among
        if among and self.scope == "whole" and {token.kind for token in near} & {*RECEIVE, "answer"}:
            self.scope, self.by_subject = "unclear", False

    def _scope_of(self, sentence: str, token: Token) -> str | None:
        """What a scope word means for this publisher: its own name or kind is the whole."""
        publisher, kind = self.identity.publisher or "", self.identity.publisher_kind
        if token.kind == "unclear":
            names = (sentence[start : token.end] for start in range(max(0, token.start - 6), token.start))
            return "whole" if any(len(name) >= 5 and publisher.endswith(name) for name in names) else "unclear"
        if token.kind == "part" and (
            (kind == "office" and re.search("办公?[室厅]?|本级", token.text))
            or (
                kind in ("department", "township", "other") and sentence[max(0, token.end - 4) : token.end] in publisher
            )
        ):
            return "whole"
        return token.kind if token.kind in ("part", "whole") else None

    def _is_of_another_time(self, earlier: Sequence[Token], kinds: set[str]) -> bool:
        if any(token.kind == "part_of_year" for token in earlier):
            return True
        if kinds & set(CARRIED) or self.identity.year is None or self.year is None:
            return False
        return self.year != self.identity.year

    def _count(self, quantity: Quantity, number: Token, sentence: str, kinds: set[str]) -> Mention:
        scope = self.scope
        if "channel" in kinds and not _EVERY_CHANNEL.search(sentence[: number.start]):
            scope = "unclear" if quantity[0] in DOCUMENTS else "part"
        elif quantity[0] in DOCUMENTS and _OLD_DOCUMENTS.search(sentence[: number.start]) and scope == "whole":
            scope = "unclear"  # what a clearing-out found is of all years
        elif quantity[0] == "answered" and scope == "whole" and _BY_TIME.search(sentence):
            scope = "unclear"  # 延期答复3件，按期答复90件
        elif quantity[0] in REVIEWS and scope == "whole" and self._is_of_a_judge(quantity, sentence, kinds):
            scope = "unclear"
        elif quantity[0] in REVIEWS and scope == "whole" and ("answer" in kinds or (self.narrowed and not quantity[1])):
            scope = "unclear"  # decided in the year, or those with one result: not what came in
        assert number.value is not None
        return Mention(
            quantity[0],
            quantity[1],
            number.value,
            "count",
            scope,
            sentence,
            None,
            None,
            number.approximate,
            number.places,
        )

    def _is_of_a_judge(self, quantity: Quantity, sentence: str, kinds: set[str]) -> bool:
        """Whether a court or the body that decides reviews tells of its own work: 受理行政复议87件，其中维持52件."""
        if quantity[1] is not None and self.told_reviews is not None and not kinds & set(REVIEWS):
            return self.told_reviews != "whole"
        return "法院" in sentence or (bool(kinds & set(RECEIVE)) and not _ABOUT_DISCLOSURE.search(sentence))

    def _share(self, sentence: str, number: Token, near: tuple[Token, ...]) -> list[Mention]:
        """占受理总量的78%, 结果维持比例为28.6%: a share of what the words name, or of what was counted just before."""
        clause = re.split("[，,；;：:（(）)。]", sentence[: number.start])[-1]
        cut = clause.rfind("占")
        if not self.disclosure or number.value is None or (cut < 0 and not _RATIO.search(clause)):
            return []
        position = number.start - len(clause) + cut if cut >= 0 else number.start
        named = tuple(token for token in near if token.end <= position)
        found = self._decide(sentence, number, named, (), False) if named else []
        told = self.told
        if found:
            amount = told.value if told is not None and (told.quantity, told.result) == found[0] else None
            quantity, scope = found[0], self.scope
        elif told is not None and not named:
            quantity, scope, amount = (told.quantity, told.result), told.scope, told.value
        else:
            return []
        base = [token.kind for token in near if token.start > position and token.kind in {*outcomes(), "other_matter"}]
        of = quantity[0] if quantity[0] in REVIEWS else base[-1] if base else "all"
        return [
            Mention(
                quantity[0],
                quantity[1],
                number.value,
                "percent",
                scope,
                sentence,
                None,
                None,
                number.approximate,
                number.places,
                of,
                amount,
            )
        ]

    def _negated(self, sentence: str, tokens: Sequence[Token]) -> Iterator[tuple[int, Mention]]:
        if not self.disclosure or _OF_ATTRIBUTES.search(sentence):
            return
        for negation in negations(sentence, tokens):
            inside = [token for token in tokens if negation.start <= token.start < negation.end]
            kinds = {negation.quantity, *(token.kind for token in inside)}
            earlier = [token for token in tokens if token.end <= negation.end]
            if self._is_of_another_time(earlier, kinds) or (negation.quantity in CARRIED and not self.requests):
                continue
            if "other_year" in kinds:
                continue
            scopes = [scope for token in inside if (scope := self._scope_of(sentence, token))]
            scope = "part" if "channel" in kinds else scopes[0] if scopes else self.scope
            if negation.unclear and scope == "whole":
                scope = "unclear"
            yield (
                negation.start,
                Mention(negation.quantity, negation.result, Decimal(0), "count", scope, sentence, None, None),
            )
