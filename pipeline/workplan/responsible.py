"""The units that a task table holds responsible: the text of a cell → the units it names, one by one.

The rule, for those who use the column:

- 、 ， ； 。 / part units, and so do 和, 与, 及 where what stands before them is a whole unit (经开区和区发改局) or
  what follows names its level (商城和区发改局), but never inside a name (人力资源和社会保障局) or inside brackets.
- What follows 等 is kept as a unit of its own, for it says that the list is open and whom it may hold
  (区自然资源局等区政府相关部门 → 区自然资源局, 区政府相关部门); a bare 等 at the end names nobody and is dropped.
- White space is a break between two units where both are whole (区发改局 区财政局), and a wrapped line otherwise.
- Words of the part a unit plays (牵头, 配合, 按职责分工负责; 牵头单位：) are dropped; names stay as printed, in order.
"""

from __future__ import annotations

import re

_BODY = (
    r"(?:(?<![布格大全])局|委|办|处|厅|署|院|室|(?<!场)所|(?<!网)站|队|馆|(?<!平)台|小组|工作组|领导组|专班|科|股|"
    r"(?:供销|合作|报|通讯)社|[妇残文侨]联|工商联|社科联|[科记]协|[团集兵]团|校|(?<![干全内外])部|"
    r"(?:委|员|协|工|学|商|总|合|字|基金|理事|研究)会|中心|公司|银行|政府|部门|单位|机关|企业)"
)
_PLACE = (
    r"(?:各.{0,8}(?:镇|乡|街道?|区|县|市|村|园)|街道|(?<!城)[镇乡]|园区?|"
    r"(?:经开|高新|开发|示范|新|度假|保税|管理|工业|功能|合作|试验|产业|景|旅游)区)"
)
_WHOLE = re.compile(rf"^(?=..).*(?:{_BODY}|{_PLACE})(?:[（(][^（）()]*[）)])?$")
_WHOLE_BODY = re.compile(rf"(?:{_BODY}|街道|(?<!城)[镇乡])$")
_LEVEL = re.compile(
    r"(?:各|省(?!级)|市(?![政场容民级])|区(?![域划块级])|县(?![域级])|州(?!级)|旗|镇(?![村街办])|乡(?![村镇]))"
)
# What follows such a word across a wrapped line is the rest of the same name: 区政府 办公室.
_HEAD = re.compile(r"办公[室厅]|分局|管委会|管理委员会|委员会|办事处|有关|相关|各?部门|单位|中心|[支大]队|政府")
_SEPARATOR = re.compile(r"[、，,；;。/／]")
_WHITE = re.compile(r"[\s\u3000]+")
_AND = re.compile(r"以及|[和与]|及(?!其)")
_ETC = re.compile(r"(?<![高初中平均同特优对])等(?!级|教育|院校)")
_ROLE = r"(?:牵头|责任|配合|主办|协办|承办|主责|落实|参与|参加|协助|协同|实施|负责)"
_ROLE_LABEL = re.compile(rf"{_ROLE}(?:单位|部门|科室|处室)?[：:]")
_ROLE_TAIL = re.compile(
    rf"(?:[（(](?:{_ROLE}|按照?职责|排名不分先后|等)[^（）()]*[）)]|(?:按照?(?:各自)?职责(?:分工)?)?(?:分别|共同|具体)?{_ROLE}|等)$"
)
_ENUMERATOR = re.compile(r"^(?:\d{1,2}\s*[.．、)）]|[（(]\d{1,2}[）)]|[①-⑳]|由)")
_LONGEST_NAME, _LONGEST_PART = 24, 240


def units(text: str) -> tuple[str, ...]:
    """The units that a cell names, in print order, each once; empty for a cell without any."""
    found: dict[str, None] = {}
    for part in _parts(_unwrapped(_ROLE_LABEL.sub("；", text))):
        for name in _members(_bare(part)):
            if name and not name.isdigit():
                found.setdefault(name)
    return tuple(found)


def is_unit_list(text: str) -> bool:
    """Whether a text names units and nothing else, as far as its words tell."""
    names = units(text) if len(text) < 600 and "。" not in text.rstrip("。 \n") else ()
    if not names or max(map(len, names)) > _LONGEST_NAME:
        return False
    whole = sum(1 for name in names if _WHOLE.search(name))
    return whole * 2 >= len(names) or (whole > 0 and names[-1].endswith(("部门", "单位")))


def reads_on(text: str) -> bool:
    """Whether a list of units visibly stops short: after a separator, or within a name."""
    last = _parts(_WHITE.sub("", text))[-1]
    return not last or last[-1] in "和与及" or not _WHOLE.search(_bare(last))


def _bare(part: str) -> str:
    """A part without numbering and without the word for its role."""
    previous = None
    while previous != part:
        previous = part
        part = _ENUMERATOR.sub("", _ROLE_TAIL.sub("", part.strip())) or part
    return "" if part == "等" else part.replace(";", "；")


def _parts(text: str) -> list[str]:
    """The text cut at its separators, but not inside brackets."""
    parts, depth = [""], 0
    for char in text:
        depth = max(0, depth + (char in "（(") - (char in "）)"))
        if depth == 0 and _SEPARATOR.match(char):
            parts.append("")
        else:
            parts[-1] += char
    if depth:  # a bracket that never closes protects nothing
        return _SEPARATOR.split(text)
    return parts


def _members(part: str) -> list[str]:
    """The units of a part without separators, cut at 和 and 等."""
    if len(part) > _LONGEST_PART:
        return [part]
    for etc in _ETC.finditer(part):
        before, after = part[: etc.start()], part[etc.end() :]
        if before and _WHOLE.search(after):
            return [*_members(_bare(before)), *_members(_bare(after))]
    for conjunction in _AND.finditer(part):
        before, after = part[: conjunction.start()], part[conjunction.end() :]
        bracketed = before.count("（") + before.count("(") > before.count("）") + before.count(")")
        if before and after and not bracketed and (_WHOLE.search(_bare(before)) or _LEVEL.match(after)):
            return [_bare(before), *_members(_bare(after))]
    return [part]


def _unwrapped(text: str) -> str:
    """The text without white space, with 、 where white space parted two whole units."""
    pieces = _WHITE.split(text.strip())
    if len(pieces) == 1:
        return pieces[0]
    listed = not _SEPARATOR.search(text) and all(len(p) > 2 and _WHOLE_BODY.search(p) for p in pieces)
    joined, last = pieces[:1], _SEPARATOR.split(pieces[0])[-1]
    for piece in pieces[1:]:
        name = _bare(last)
        whole = len(name) > 1 and _WHOLE_BODY.search(name) is not None and not _HEAD.match(piece)
        if whole and (listed or _LEVEL.match(piece)):
            joined.append("、")
            last = ""
        joined.append(piece)
        last = _SEPARATOR.split(last + piece)[-1][-_LONGEST_PART:]
    return "".join(joined)
