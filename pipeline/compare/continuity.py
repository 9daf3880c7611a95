"""Which body a report is of, the same over the years and however its name is written.

A body is the division's newest code and the publisher's name after its place: 罗庄区人民政府 and 临沂市罗庄区人民政府
are one, and so are 密云县人民政府 (110228) and 密云区人民政府 (110118), whose division went on under another code.
Where divisions were merged or parted, none of them goes on.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from pipeline import jurisdictions
from pipeline.identify import bodies
from pipeline.jurisdictions import Division
from pipeline.model import Identity

Body = tuple[str, str]  # the newest code ("" for a central body), the name after the place

_GOVERNMENT = re.compile(r"^(?:人民政府|政府|行政公署|行署)$")
_OFFICE = re.compile(r"^(?:人民政府|政府|行政公署|行署)?(?:综合)?(?:办公室|办公厅)$")


def body_of(identity: Identity) -> Body | None:
    """The body that an identity names; None when it is not known for sure.

    A name without a code is a body only if it is a central one: 城关镇人民政府 is the name of hundreds.
    """
    if identity.publisher is None:
        return None
    return _body(identity.jurisdiction_code, identity.publisher)


@lru_cache(maxsize=100_000)
def _body(code: str | None, publisher: str) -> Body | None:
    name = re.sub(r"\s", "", unicodedata.normalize("NFKC", publisher))
    if code is None:
        central = bodies.CENTRAL.match(name) and not re.search(r"[省市区县州盟旗]", name)
        return ("", name) if central else None
    newest = _newest().get(code, code)
    rest = _own_place(newest).sub("", name, count=1)
    if _GOVERNMENT.match(rest):
        rest = "人民政府"
    elif _OFFICE.match(rest):
        rest = "人民政府办公室"
    return newest, rest


def took_over(body: Body, year: int) -> bool:
    """Whether the body's division was joined by another one at the turn to `year`, so that what it was the year before
    is not all that it goes on from."""
    return (body[0], year) in _joined()


@cache
def _newest() -> dict[str, str]:
    """Each code that a division gave up → the code that the same division has now."""
    heirs: dict[str, str] = {}
    for division in jurisdictions.divisions():
        heir = _heir(division)
        if heir is not None:
            heirs[division.code] = heir
    newest = {}
    for code in heirs:
        last = code
        while last in heirs:  # no circles: an heir is founded when the other ends
            last = heirs[last]
        newest[code] = last
    return newest


def _heir(division: Division) -> str | None:
    """The other code under which a division goes on: its only successor, founded then, and that of no other one."""
    if len(division.successor) != 1 or division.successor[0] == division.code:
        return None
    code = division.successor[0]
    founded = [d for d in _divisions().get(code, ()) if d.valid_from == division.valid_to + 1]
    if not founded or min(d.valid_from for d in _divisions()[code]) != founded[0].valid_from:
        return None
    before = _predecessors().get(code, ())
    same_level = [d for d in before if d.level == founded[0].level] or before
    return code if list(same_level) == [division] else None


@cache
def _joined() -> frozenset[tuple[str, int]]:
    """(newest code, year) where a division took over another one: its numbers may begin with those of both."""
    found = set()
    for code, before in _predecessors().items():
        levels = {d.level for d in _divisions().get(code, ())}
        for division in before:
            if division.code != code and division.level in levels and _heir(division) != code:
                found.add((_newest().get(code, code), division.valid_to + 1))
    return frozenset(found)


@cache
def _divisions() -> dict[str, tuple[Division, ...]]:
    found: dict[str, tuple[Division, ...]] = {}
    for division in jurisdictions.divisions():
        found[division.code] = (*found.get(division.code, ()), division)
    return found


@cache
def _predecessors() -> dict[str, tuple[Division, ...]]:
    """The divisions that ended and name a code as successor."""
    found: dict[str, tuple[Division, ...]] = {}
    for division in jurisdictions.divisions():
        for code in division.successor:
            found[code] = (*found.get(code, ()), division)
    return found


@lru_cache(maxsize=10_000)
def _own_place(newest: str) -> re.Pattern[str]:
    """What a publisher's name may begin with and still be the same body's: the place under every name it had, after
    any of its parents, long or short; or its parents in full alone."""
    lineage = [newest, *sorted(code for code, last in _newest().items() if last == newest)]
    spans = [division for code in lineage for division in _divisions().get(code, ())]
    parents = [parent for span in spans for code in span.parents for parent in _divisions().get(code, ())]
    own = _alternation({span.name for span in spans})
    full = _alternation({parent.name for parent in parents})
    either = _alternation({name for parent in parents for name in (parent.name, *parent.also_known_as)})
    return re.compile(rf"^(?:{either})*(?:{own})|^(?:{full})+")


def _alternation(names: set[str]) -> str:
    """The names as an alternation, the longest first; for no names one that never matches."""
    return "|".join(map(re.escape, sorted(names, key=lambda name: (-len(name), name)))) or r"(?!)"
