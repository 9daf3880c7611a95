"""The columns of a work plan's task table: told by the words of its header (工作任务 具体要求 责任单位 …), and by what
stands in them.

Header words vary with every publisher; the patterns here hold what they have in common. Cells of a ragged row (a text
source that lost or gained a separator) are placed by what they look like, in the order of the columns.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from pipeline.workplan.responsible import is_unit_list

Role = str
NUMBER, LABEL, REQUIREMENT, RESPONSIBLE = "number", "label", "requirement", "responsible"
SUPPORT, DEADLINE, OTHER, CATALOGUE = "support", "deadline", "other", "catalogue"
Columns = tuple[Role, ...]

_SPACE = re.compile(r"[\s\u3000]+")
_MARKS = re.compile(r"[\W_]+")
_UNITS = r"(?:单位|部门|科室|处室|股室|机构|主体)"
# The first pattern that a header word matches says its column.
_HEADERS: tuple[tuple[Role, re.Pattern[str]], ...] = (
    (NUMBER, re.compile(r"^(?:序号?|编号|顺序|号|no)$", re.I)),
    (CATALOGUE, re.compile(r"公开(?:依据|渠道|主体|载体|对象|层级)")),
    (RESPONSIBLE, re.compile(rf"(?:责任|牵头|承办|主办|落实|负责|实施|主责|主管).{{0,4}}{_UNITS}|^责任分工$|^分工$")),
    (SUPPORT, re.compile(rf"(?:配合|协办|协助|协同|参与|参加).{{0,4}}{_UNITS}")),
    (REQUIREMENT, re.compile(r"要求|措施|内容|举措|做法|任务分解|(?:具体|分解|细化)任务|^标准$|工作标准|目标$")),
    (DEADLINE, re.compile(r"时限|时间|期限|节点|进度|日期|频次|周期")),
    (OTHER, re.compile(r"备注|联系|电话|领导|责任人|负责人|情况|进展|形式|渠道|方式|平台|附件|依据|分值|评分")),
    (LABEL, re.compile(r"(?:任务|事项|项目|类别|分类|领域|工作|方面|板块|类型|名称|重点|主题|条目|要点)$|^[一二三]级")),
)
_SENTENCE = re.compile(r"[。；;！？]")
_DATE = re.compile(
    r"\d{4}年|\d{1,2}月|年底|季度|上半年|下半年|长期|持续|常态|立即|全年|每[年月季周]|及时|^\d{4}[./-]\d{1,2}"
)
_DIGITS = re.compile(r"^(?:\d{1,3}|[一二三四五六七八九十]{1,3}|[（(]\w{1,3}[）)]|[①-⑳])[.．、]?$")
_FIGURE = re.compile(r"^[\d\s.,/()-]*\d[\d\s.,/()-]*$")
_BLANK = re.compile(r"^[\s\u3000\-—–_=:：·.|+*/]*$")
_CONTINUED = re.compile(r"[（(]?(?:接上[表页]|续上?表|续)[）)]?$")
_LONG_LABEL = 40
_SHARE = 0.7
_DISPLACED = 4.0  # how much better other places must be before a full row is not taken as it stands


def key(text: str) -> str:
    """A label's characters alone: what makes two labels the same one."""
    return _MARKS.sub("", _CONTINUED.sub("", _SPACE.sub("", text)))


def blank(text: str) -> bool:
    """Whether a cell says nothing: empty, or the dashes of a ruling."""
    return _BLANK.match(text) is not None


@lru_cache(maxsize=4096)
def header_role(text: str) -> Role | None:
    """The column that a header word names; None for a text that is no header word."""
    word = _SPACE.sub("", text).strip("：:*")
    if not word or len(word) > 14 or _SENTENCE.search(word):
        return None
    return next((role for role, pattern in _HEADERS if pattern.search(word)), None)


def header(row: Sequence[str]) -> Columns | None:
    """The columns of a row that is a task table's header, else None. A blank cell belongs to the word before it."""
    words = [text for text in row if not blank(text)]
    roles = [header_role(text) for text in words]
    known = [role for role in roles if role]
    if len(set(words)) < 2 or RESPONSIBLE not in known or CATALOGUE in known or len(known) < 0.75 * len(words):
        return None
    if LABEL not in known and REQUIREMENT not in known:
        return None
    columns: list[Role] = []
    for text in row:
        columns.append((columns[-1] if columns else LABEL) if blank(text) else header_role(text) or OTHER)
    return tuple(columns)


def all_words(texts: Sequence[str]) -> bool:
    """Whether texts are header words one and all: short, and known as such."""
    return all(header_role(text) and len(key(text)) <= 8 for text in texts)


def subheader(columns: Columns, row: Sequence[str]) -> Columns | None:
    """The columns of a header with a second line that parts some of them (责任单位 into 牵头单位 and 配合单位)."""
    words = [text for text in row if not blank(text)]
    if len(set(words)) < 2 or len(row) != len(columns) or not all_words(words):
        return None
    pairs = zip(columns, row, strict=True)
    return tuple(role if blank(text) else header_role(text) or OTHER for role, text in pairs)


def look(text: str) -> Role | None:
    """The column that a cell would stand in for its looks; None for a blank one."""
    return _look(text) if len(text) < 2000 else REQUIREMENT


@lru_cache(maxsize=4096)
def _look(text: str) -> Role | None:
    bare = _SPACE.sub("", text)
    if _BLANK.match(bare):
        return None
    if _DIGITS.match(bare) or _FIGURE.match(bare):
        return NUMBER
    if is_unit_list(text):
        return RESPONSIBLE
    if len(bare) <= 20 and _DATE.search(bare) and not _SENTENCE.search(bare):
        return DEADLINE
    return REQUIREMENT if len(bare) > _LONG_LABEL or _SENTENCE.search(bare) else LABEL


def settled(columns: Columns, rows: Sequence[Sequence[str]]) -> Columns:
    """The columns with the help of what stands in them: several for requirements, none, or one of bare numbers."""
    found = list(columns)
    for c, role in enumerate(found):
        texts = [row[c] for row in rows if c < len(row) and not blank(row[c])]
        if role in (LABEL, REQUIREMENT) and texts and sum(look(t) == NUMBER for t in texts) >= _SHARE * len(texts):
            found[c] = NUMBER
    wide = [c for c, role in enumerate(found) if role == REQUIREMENT]
    for c in wide[:-1]:
        texts = [row[c] for row in rows if c < len(row) and not blank(row[c])]
        if sum(len(text) for text in texts) <= _LONG_LABEL * len(texts):
            found[c] = LABEL
    if not wide:
        first = found.index(RESPONSIBLE) if RESPONSIBLE in found else len(found)
        labels = [c for c, role in enumerate(found) if role == LABEL]
        before = [c for c in labels if c < first] or labels
        if before:
            found[before[-1]] = REQUIREMENT
    return tuple(found)


def widened(columns: Columns, width: int) -> Columns:
    """The columns of a header whose merged cells were lost, over rows of `width` cells: labels are what is merged."""
    missing = width - len(columns)
    if missing <= 0:
        return columns
    at = columns.index(LABEL) if LABEL in columns else next((i for i, r in enumerate(columns) if r != NUMBER), 0)
    return (*columns[:at], *[LABEL] * missing, *columns[at:])


def by_shape(rows: Sequence[Sequence[str]]) -> Columns | None:
    """The columns of a table without a header, if it looks like a task table: sentences, and units beside them."""
    width = Counter(len(row) for row in rows).most_common(1)[0][0] if rows else 0
    looks = [[look(row[c]) for row in rows if len(row) == width and look(row[c])] for c in range(width)]
    if len(rows) < 3 or width < 2:
        return None
    columns: list[Role] = []
    for column in looks:
        role, count = Counter(column).most_common(1)[0] if column else (OTHER, 0)
        columns.append(str(role) if count >= 0.6 * len(column) and count else LABEL)
    if columns.count(REQUIREMENT) != 1 or RESPONSIBLE not in columns:
        return None
    wide, units = columns.index(REQUIREMENT), columns.index(RESPONSIBLE)
    if units < wide or min(len(looks[wide]), len(looks[units])) < 3:
        return None
    sentences = sum(1 for row in rows if len(row) == width and _SENTENCE.search(row[wide]))
    if 2 * sentences < len(rows):
        return None  # a list of titles
    for c, role in enumerate(columns):
        if c > wide and role == LABEL:
            columns[c] = OTHER
        elif c > units and role == RESPONSIBLE:
            columns[c] = SUPPORT
    return tuple(columns)


def fitted(row: Sequence[str], columns: Columns, seen: Sequence[set[str]]) -> list[str]:
    """The cells of a ragged row, one text a column: in order, each where it looks at home, none left out.

    `seen` holds the keys of the labels met so far at each level, for a label that is printed again."""
    levels = _levels(columns)
    looks = [look(text) for text in row]
    if len(row) < len(columns) and RESPONSIBLE in looks and REQUIREMENT not in looks:
        before = looks.index(RESPONSIBLE) - 1
        if before >= 0 and looks[before] == LABEL:
            looks[before] = REQUIREMENT  # a short one: units without anything to do are no row
    # best[j]: the score and places of the cells so far, the last of them in column j
    best: list[tuple[float, tuple[int, ...]]] = [(0.0, ())] * len(columns)
    for i, (text, seems) in enumerate(zip(row, looks, strict=True)):
        following: list[tuple[float, tuple[int, ...]]] = []
        for j, (role, level) in enumerate(levels):
            options = [(best[k][0] - (1.5 if i and k == j and text else 0.0), best[k][1]) for k in range(j + 1)]
            score, places = max(options, key=lambda option: option[0])
            following.append((score + _fit(text, seems, role, level, seen) - 0.01 * (len(columns) - j), (*places, j)))
        best = following
    score, places = max(best, key=lambda option: option[0])
    if len(row) == len(columns):
        home = sum(_fit(text, seems, *column, seen) for text, seems, column in zip(row, looks, levels, strict=True))
        if score - home < _DISPLACED:
            return list(row)
    texts = [""] * len(columns)
    for text, j in zip(row, places, strict=True):
        texts[j] += text
    return texts


def _levels(columns: Columns) -> list[tuple[Role, int]]:
    """Each column with its level among the label columns."""
    return [(role, columns[:c].count(LABEL)) for c, role in enumerate(columns)]


_FIT: dict[Role, dict[Role, float]] = {
    LABEL: {LABEL: 1.0, RESPONSIBLE: -1.0, NUMBER: -1.0, DEADLINE: 0.0, REQUIREMENT: -3.0},
    REQUIREMENT: {REQUIREMENT: 3.0, LABEL: -0.5, RESPONSIBLE: -2.0, NUMBER: -3.0, DEADLINE: -1.0},
    RESPONSIBLE: {RESPONSIBLE: 3.0, LABEL: -1.0, REQUIREMENT: -4.0, NUMBER: -3.0, DEADLINE: -2.0},
    SUPPORT: {RESPONSIBLE: 2.5, LABEL: -1.0, REQUIREMENT: -4.0, NUMBER: -3.0, DEADLINE: -2.0},
    NUMBER: {NUMBER: 2.0, LABEL: -3.0, REQUIREMENT: -5.0, RESPONSIBLE: -4.0, DEADLINE: -3.0},
    DEADLINE: {DEADLINE: 3.0, LABEL: -1.0, REQUIREMENT: -4.0, NUMBER: -1.0, RESPONSIBLE: -3.0},
    OTHER: {LABEL: -0.5, REQUIREMENT: -2.0, RESPONSIBLE: -2.0, NUMBER: -1.0, DEADLINE: -1.0},
}


def _fit(text: str, seems: Role | None, role: Role, level: int, seen: Sequence[set[str]]) -> float:
    """How well a cell stands in a column, for its looks; a label met before stands best at its own level."""
    if seems is None:
        return 0.0
    if role == LABEL and level < len(seen) and key(text) in seen[level]:
        return 3.0
    return _FIT[role][seems]
