"""What a document says of where it comes from, and which of several divisions that leaves.

Many counties share a name, and many reports say only 市 or 县. What tells them apart is what the page says beside:
the parents it names, its web and mail hosts, telephone area codes, postcodes. Each witness may vote only for a part
of the candidates; a choice is made when all that vote leave exactly one, and none is made otherwise.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from pipeline import jurisdictions
from pipeline.identify import places, speakers
from pipeline.identify.places import SUFFIXES, WORDS, Chain
from pipeline.identify.texts import Line, Text, normalise
from pipeline.jurisdictions import Division

_HOST = re.compile(r"(?:[a-z0-9][a-z0-9-]{0,62}\.)+(?:cn|com|net|org)(?![a-z0-9])", re.IGNORECASE)
_PHONE = re.compile(r"(?<!\d)\(?(0(?:10|2\d|[3-9]\d{2}))(?:\)-?|[-—–――~])\d{7,8}(?!\d)")
_PHONE_NAMED = re.compile(r"(?:电话|传真|热线)[^\d]{0,10}(0(?:10|2\d|[3-9]\d{2}))\d{7,8}(?!\d)")
_POSTCODE = re.compile(r"(?:邮编|邮政编码|邮码)[^\d]{0,3}(\d{6})(?!\d)")
_COMMON = "www gov cn com net org edu zwgk zfxxgk xxgk xxgkml zfxx zwfw english new mail 163 126 qq sina sohu"
_NO_PLACE = frozenset(_COMMON.split())


@dataclass(frozen=True)
class Witnesses:
    """What a document says of where it comes from."""

    text: Text
    year: int | None
    titles: str = ""  # the document's own titles, as far as they stand in its lines

    def beside_titles(self, name: str) -> int:
        """How often a name stands in the text outside the document's own titles."""
        return max(0, self.mentions[name] - self.titles.count(name))

    @cached_property
    def sites(self) -> tuple[tuple[str, ...], ...]:
        """The web and mail hosts as their labels from the left, without the common ones; the page's own first.

        Those of links and of others (参考…网站) are left out.
        """
        said = " ".join(self.text.metadata.get(key, "") for key in ("url", "source_url", "domain"))
        return _labels(_HOST.findall(said + " " + " ".join(self.own_sentences)))

    @cached_property
    def own_sites(self) -> tuple[tuple[str, ...], ...]:
        """The page's own host where it spells a division, else those that the text gives as the publisher's."""
        said = " ".join(self.text.metadata.get(key, "") for key in ("url", "source_url", "domain"))
        pages = _labels(_HOST.findall(said))
        if any(_owners(labels, self.year) for labels in pages):
            return pages
        given = [
            match[0]
            for sentence in self.sentences
            for match in _HOST.finditer(sentence)
            if speakers.site_before(match.start(), sentence)
        ]
        return (*pages, *_labels(given))

    @cached_property
    def hosts(self) -> frozenset[str]:
        """The labels of the publisher's own sites."""
        return frozenset(label for labels in self.own_sites for label in labels)

    @cached_property
    def area_codes(self) -> frozenset[str]:
        found = {match[1] for pattern in (_PHONE, _PHONE_NAMED) for match in pattern.finditer(self.text.compact)}
        return frozenset(code for area in found for code in jurisdictions.of_telephone(area))

    @cached_property
    def postcodes(self) -> frozenset[str]:
        found = {match[1] for match in _POSTCODE.finditer(self.text.compact)}
        return frozenset(code for postcode in found for code in jurisdictions.of_postcode(postcode))

    @cached_property
    def mentions(self) -> Counter[str]:
        """How often each official or suffixed name of a division of that year stands in the text and metadata."""
        metadata = "\n".join(self.text.metadata.values())
        return Counter(places.mentions(self.text.compact + "\n" + metadata, self.year))

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The lines but those of lists of links."""
        return speakers.without_links(self.text)

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """The sentences and the other lines, those of links left out."""
        return tuple(speakers.sentences(self.lines))

    @cached_property
    def own_sentences(self) -> tuple[str, ...]:
        """Those that do not tell of dealings with others."""
        return tuple(sentence for sentence in self.sentences if not speakers.of_others(sentence))

    @cached_property
    def own_mentions(self) -> Counter[str]:
        """Mentions where the text does not speak of dealings with others, and in what the file says of itself."""
        return Counter(places.mentions("\n".join((*self.own_sentences, *self._of_file)), self.year))

    @cached_property
    def speaking(self) -> tuple[str, ...]:
        """What says who speaks: head, introduction, signature, imprint, address, the file itself."""
        return (*speakers.speaking(self.text, self.lines, self.year), *self._of_file)

    @cached_property
    def signed(self) -> frozenset[str]:
        """The last lines that name a body and nothing else, with or without a date below."""
        return frozenset(line.compact for line in self.text.tail if speakers.is_signature(line.compact))

    @cached_property
    def contacts(self) -> Counter[str]:
        """Mentions in what says who speaks."""
        return Counter(places.mentions("\n".join(self.speaking), self.year))

    @cached_property
    def _of_file(self) -> tuple[str, ...]:
        metadata = self.text.metadata
        return tuple(normalise(metadata[key]) for key in speakers.FILE_KEYS if metadata.get(key))


def _labels(hosts: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Hosts as their labels from the left, without the common ones."""
    several = dict.fromkeys(host.lower() for host in hosts)
    sites = (tuple(label for label in host.split(".") if label not in _NO_PLACE) for host in several)
    return tuple(labels for labels in sites if labels)


def choose(found: Sequence[Division], witnesses: Witnesses) -> Division | None:
    """The one of several divisions that the witnesses leave; None when they leave more, or contradict each other."""
    codes = jurisdictions.narrowest(found)
    if len(codes) <= 1:
        return codes[0] if codes else None
    votes = [vote for vote in _votes(codes, witnesses) if vote]
    left = {d.code for d in codes}
    for vote in votes:
        left &= vote
    return next(d for d in codes if d.code in left) if votes and len(left) == 1 else None


def _votes(found: Sequence[Division], witnesses: Witnesses) -> Iterable[set[str]]:
    """For each witness the codes that it supports, where it supports some but not all.

    A parent that is itself one of `found` (遵义市 beside its 遵义县, both called 遵义) says nothing for its child.
    """

    def told(supported: Iterable[Division]) -> set[str]:
        codes = {d.code for d in supported}
        return codes if len(codes) < len(found) else set()

    def most(counts: dict[str, int]) -> set[str]:
        return told(d for d in found if counts[d.code] * 2 > max(counts.values())) if any(counts.values()) else set()

    rivals = {d.code for d in found}
    parents = {d.code: [p for p in places.parents_of(d, witnesses.year) if p.code not in rivals] for d in found}
    if len({d.name for d in found}) > 1:
        yield most({d.code: witnesses.own_mentions[d.name] for d in found})
    yield told(d for d in found if _chained(d, parents[d.code], witnesses))
    yield told(d for d in found if _host_names(d, parents[d.code], witnesses))
    yield told(d for d in found if _kin(d, witnesses.area_codes))
    yield told(d for d in found if _kin(d, witnesses.postcodes))
    for level in ("province", "prefecture"):
        near = {d.code: [p for p in parents[d.code] if p.level == level] for d in found}
        yield most({code: _weighed_mentions(some, witnesses) for code, some in near.items()})


def _kin(division: Division, codes: frozenset[str]) -> list[str]:
    """Those of `codes` that are the division or its next parent, or that lie in it (for a prefecture or province)."""
    if division.level == "county":
        return [code for code in codes if code == division.code or code in division.parents[-1:]]
    head = division.code[:2] if division.level == "province" else division.code[:4]
    return [code for code in codes if code.startswith(head)]


def _chained(division: Division, parents: list[Division], witnesses: Witnesses) -> bool:
    """Whether the text names the division right after one of its parents (南京市鼓楼区, 南京鼓楼区) as its own place.

    What says who speaks need do so once, and so a body alone on one of the last lines; prose must do so in two
    sentences, or in one as the subject of the work.
    """
    names = [name + division.name for parent in parents for name in (parent.name, *parent.also_known_as)]
    if any(name in said for said in (*witnesses.speaking, witnesses.titles) for name in names):
        return True
    told = {sentence for sentence in witnesses.own_sentences if any(name in sentence for name in names)}
    if len(told) > 1:
        return True
    starts = tuple(f"{before}{name}" for before in (",", "年", "度") for name in names)
    leads = (s for s in told if s.startswith(tuple(names)) or any(start in s for start in starts))
    return any(speakers.acts(sentence) or sentence in witnesses.signed for sentence in leads)


def _weighed_mentions(parents: list[Division], witnesses: Witnesses) -> int:
    """How often what says who speaks names the parents, and whether the prose names one as its authority."""
    return sum(
        2 * witnesses.contacts[parent.name] + speakers.obeyed(parent.name, witnesses.sentences) for parent in parents
    )


def _host_names(division: Division, parents: list[Division], witnesses: Witnesses) -> bool:
    """Whether a host names a parent of the division, alone or before its own name: nanjing, njgulou, lyls."""
    own = jurisdictions.spelled(division)
    syllables = len(division.short)
    own_initials = jurisdictions.initials(division.pinyin, syllables)
    with_suffix = jurisdictions.initials(division.pinyin, syllables + 1)
    for parent in parents:
        full = jurisdictions.spelled(parent)
        start = jurisdictions.initials(parent.pinyin, len(parent.short))
        names = {full, full + own, start + own, full + own_initials, start + own_initials, start + with_suffix}
        if any(label in names and len(label) >= 4 for label in witnesses.hosts):
            return True
    return False


def foreign_contact(division: Division, witnesses: Witnesses) -> str | None:
    """telephone or postcode, where the document's belong to other divisions only."""
    for what, codes in (("telephone", witnesses.area_codes), ("postcode", witnesses.postcodes)):
        if codes and not _kin(division, codes):
            return what
    return None


def home(witnesses: Witnesses, suffix: str | None, levels: tuple[str, ...]) -> tuple[Division | None, bool]:
    """The division that a document without a place in its title comes from: (division or None, whether any was named).

    `suffix` is what the document calls it (市, 县), where it does. The name must lead in the lines that say who
    speaks, or clearly in the whole text, and no host, telephone or postcode may speak against it.
    """
    year = witnesses.year

    def fitting(name: str) -> tuple[Division, ...]:
        if suffix is not None and name[-1] != suffix:
            return ()
        return tuple(d for d in jurisdictions.named(name, year) if d.level in levels)

    for names in (witnesses.contacts, witnesses.own_mentions):
        ranked = sorted(((n, c) for n, c in names.items() if fitting(n)), key=lambda item: (-item[1], item[0]))
        if not ranked:
            continue
        (name, count), second = ranked[0], ranked[1][1] if len(ranked) > 1 else 0
        if count < 2 * second:
            told_apart = names is witnesses.contacts and (suffix is not None or levels == ("county",))
            return (_inner(ranked, witnesses, fitting) if told_apart else None), True
        if names is witnesses.own_mentions and count < 2:
            return None, True
        division = choose(fitting(name), witnesses)
        if division and suffix is None and len(levels) > 1 and _has_kin_beside(division, witnesses):
            return None, True
        rivals = (n for other, n in witnesses.mentions.items() if other != name and fitting(other))
        if max(rivals, default=0) > max(3, 3 * witnesses.mentions[name]):
            return None, True
        if any(d.code != division.code for d in _fitting_owners(witnesses, suffix, levels) if division):
            return None, True
        return _uncontradicted(division, witnesses), True
    return _by_contacts(witnesses, suffix, levels), False


def _has_kin_beside(division: Division, witnesses: Witnesses) -> bool:
    """Whether the text also names a division that lies in this one or holds it, so that its level is open."""
    names = [*witnesses.mentions, *(word for word in sorted(WORDS) if word in witnesses.text.compact)]
    return any(
        other.code != division.code
        and other.level != "province"
        and (other.lies_in(division.code) or division.lies_in(other.code))
        for name in names
        for other in jurisdictions.named(name, witnesses.year)
    )


def _inner(
    ranked: list[tuple[str, int]], witnesses: Witnesses, fitting: Callable[[str], tuple[Division, ...]]
) -> Division | None:
    """Of two names that are mentioned alike, the inner one when it lies in the other: 烟台市 and 莱州市."""
    if len(ranked) > 2 and ranked[2][1] * 2 > ranked[0][1]:
        return None
    first, second = fitting(ranked[0][0]), fitting(ranked[1][0])
    nested = {
        d.code: d for a in first for b in second for d, o in ((a, b), (b, a)) if d.code != o.code and d.lies_in(o.code)
    }
    return _uncontradicted(next(iter(nested.values())), witnesses) if len(nested) == 1 else None


def _uncontradicted(division: Division | None, witnesses: Witnesses) -> Division | None:
    return division if division and foreign_contact(division, witnesses) is None else None


def foreign_site(division: Division, witnesses: Witnesses) -> str | None:
    """The division that spells the document's sites, where it neither is this one nor lies in it or holds it."""
    owners = [d for labels in witnesses.sites for d in _owners(labels, witnesses.year)]
    if not owners or any(d.lies_in(division.code) or division.lies_in(d.code) for d in owners):
        return None
    return owners[0].name


def _fitting_owners(witnesses: Witnesses, suffix: str | None, levels: tuple[str, ...]) -> list[Division]:
    """The divisions that the sites spell and that the document may mean by 市 or 县."""
    owners = (d for labels in witnesses.own_sites for d in _owners(labels, witnesses.year))
    return [d for d in owners if d.level in levels and (suffix is None or d.name[-1] == suffix)]


def _by_contacts(witnesses: Witnesses, suffix: str | None, levels: tuple[str, ...]) -> Division | None:
    """Without a name: the one division whose site it is by pinyin, and that a telephone code or postcode confirms."""
    owners = [d for labels in witnesses.own_sites for d in _owners(labels, witnesses.year)]
    named_so = [d for d in owners if suffix is None or d.name[-1] == suffix]
    confirmed = [d for d in named_so if _kin(d, witnesses.area_codes) or _kin(d, witnesses.postcodes)]
    codes = jurisdictions.narrowest(confirmed)
    fits = len(codes) == 1 and codes[0].level in levels
    return _uncontradicted(codes[0], witnesses) if fits else None


def _owners(labels: tuple[str, ...], year: int | None) -> list[Division]:
    """Whose site a host is: its leftmost label that spells a division, in the one that a further label spells."""
    for index, label in enumerate(labels):
        spelled = [d for d in _by_spelling().get(label, ()) if year is None or d.in_force(year)]
        if spelled:
            above = labels[index + 1 :]
            inner = [d for d in spelled if any(jurisdictions.spelled(p) in above for p in places.parents_of(d, year))]
            return inner or spelled
    return []


@cache
def _by_spelling() -> dict[str, tuple[Division, ...]]:
    """Divisions by their short name in pinyin."""
    found: dict[str, list[Division]] = {}
    for division in jurisdictions.divisions():
        found.setdefault(jurisdictions.spelled(division), []).append(division)
    return {spelling: tuple(divisions) for spelling, divisions in found.items() if len(spelling) >= 4}


def mend(phrase: str, year: int | None, witnesses: Witnesses, chain: Chain | None) -> Chain | None:
    """The chain of a phrase whose next name is misread in one character, where the evidence leaves one reading.

    Support is the right name elsewhere in the text, a parent that has one such name only, a county of it that follows,
    a telephone code or postcode; or, without any, a frequent confusion.
    """
    at = chain.end if chain else 0
    for match in re.finditer(f"[{SUFFIXES}]", phrase[at : at + 12]):
        printed = phrase[at : at + match.end()]
        if len(printed) < 3 or jurisdictions.is_known(printed):
            continue
        near = [d for d in places.neighbours(printed, year) if not chain or any(d.lies_in(o.code) for o in chain.found)]
        names = list(dict.fromkeys(d.name for d in near))
        said = [
            name for name in names if witnesses.mentions[name] or (len(name) == 3 and name in witnesses.text.compact)
        ]
        reached = [d.name for d in near if _kin(d, witnesses.area_codes) or _kin(d, witnesses.postcodes)]
        close = [name for name in names if places.look_alike(printed, name, closely=True)]
        after = phrase[at + len(printed) :]
        onward = {name: places.read_chain(name + after, year) for name in names}
        followed = [name for name, chain_on in onward.items() if chain_on and chain_on.end > len(name)]
        witnessed = (said, names if chain else [], followed, list(dict.fromkeys(reached)), close)
        chosen = next((some[0] for some in witnessed if len(some) == 1), None)
        if chosen is None or (len(said) > 1):
            continue
        found = tuple(d for d in near if d.name == chosen)
        before = chain.names if chain else ()
        rest = onward[chosen]
        if rest and rest.end > len(chosen):  # 沐阳县 was not the last name
            found = tuple(d for d in rest.found if any(d.lies_in(f.code) for f in found)) or found
            return Chain((*before, *rest.names), found, at + rest.end, rest.short, False, (printed, chosen))
        return Chain((*before, chosen), found, at + len(printed), False, False, (printed, chosen))
    return None


def other_reading(chain: Chain, witnesses: Witnesses, year: int | None) -> Chain | None:
    """The name that the text itself uses throughout, where the printed one is real but stands nowhere else."""
    printed = chain.names[-1]
    if len(printed) < 3 or witnesses.beside_titles(printed) > 0:
        return None
    said = {d.name: witnesses.beside_titles(d.name) for d in places.neighbours(printed, year)}
    names = [name for name, count in said.items() if count >= (2 if places.look_alike(printed, name) else 4)]
    if len(names) != 1:
        return None
    found = tuple(d for d in places.neighbours(printed, year) if d.name == names[0])
    return Chain((*chain.names[:-1], names[0]), found, chain.end, False, False, (printed, names[0]))


def rival(chain: Chain, division: Division, witnesses: Witnesses) -> str | None:
    """A name one character away that the text uses more than the printed one, which may be a misreading of it."""
    printed = chain.names[-1]
    if len(printed) < 3 or printed in WORDS:
        return None
    near = [d for d in places.neighbours(printed, witnesses.year) if d.code != division.code]
    more = (d.name for d in near if witnesses.beside_titles(d.name) > witnesses.beside_titles(printed))
    return next(more, None)
