"""How a publisher prints its numbers: the text of each cell, and what that text says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from tests.corpus.truth import Key, Said, plain

FULL_WIDTH = str.maketrans("0123456789.,-+", "０１２３４５６７８９．，－＋")
LOOKALIKES = {"0": "Oo〇", "1": "lI"}
DASHES = ("-", "—", "——", "－", "–", "/", "／", "无")
EMPTY = ("", "", "　", " ", "\xa0")


@dataclass(frozen=True, slots=True)
class Numerals:
    """One document's habits. `keeps_empty` is false for shapes of text in which an empty cell leaves no trace, and
    `keeps_space` for those in which a space parts two cells."""

    separator: str = ""  # between thousands
    full_width: float = 0.0  # how many cells
    suffix: bool = False
    sign: str = "minus"  # minus | plus | words | words_spaced | typographic
    unit: str = ""  # what follows an amount
    unit_in_header: str = ""
    blanks: float = 0.0  # how many zeros are printed as a blank or a dash
    blank_text: str = "-"
    quirks: float = 0.0  # how many cells have a footnote, a letter for a digit, a torn number
    places: str = ""  # what a spreadsheet adds to whole numbers: .0, .00
    padding: str = ""
    keeps_empty: bool = True
    keeps_space: bool = True


def choose_numerals(rng: Random, varied: bool, keeps_empty: bool, keeps_space: bool) -> Numerals:
    if not varied:
        return Numerals(
            unit=rng.choice(["", "万元", " 万元" if keeps_space else "万元"]),
            sign=rng.choice(["minus", "plus"]),
            keeps_empty=keeps_empty,
            keeps_space=keeps_space,
        )
    unit = rng.choice(["", "", "万元", "亿元", "元"])
    in_header = rng.choice(["", "万元", "亿元", "元"]) if not unit else ""
    return Numerals(
        separator=rng.choice(["", "", "", ",", "，"]),
        full_width=rng.choice([0.0, 0.0, 0.0, 0.05, 1.0]),
        suffix=rng.random() < 0.25,
        sign=rng.choice(["minus", "plus", "words", "words_spaced", "typographic"]),
        unit=(" " if unit and keeps_space and rng.random() < 0.3 else "") + unit,
        unit_in_header=in_header,
        blanks=rng.choice([0.0, 0.0, 0.0, 0.1, 0.5, 1.0]),
        blank_text=rng.choice(DASHES + (EMPTY if keeps_empty else ())),
        quirks=rng.choice([0.0, 0.0, 0.01, 0.04]),
        places=rng.choice(["", ".0", ".00"]) if rng.random() < 0.06 else "",
        padding=rng.choice(["", "", "", " ", "\xa0", "　"]) if keeps_space else "",
        keeps_empty=keeps_empty,
        keeps_space=keeps_space,
    )


def print_figures(
    rng: Random, figures: Mapping[Key, Decimal], numerals: Numerals
) -> tuple[dict[Key, str], dict[Key, Said]]:
    """The text of every cell, and what a reader must take from it."""
    texts: dict[Key, str] = {}
    said: dict[Key, Said] = {}
    for key, value in figures.items():
        text, meaning = _print(rng, key, value, numerals)
        if numerals.padding and text and rng.random() < 0.4:
            text = numerals.padding + text if rng.random() < 0.7 else text + numerals.padding
        texts[key], said[key] = text, meaning
    return texts, said


def _print(rng: Random, key: Key, value: Decimal, numerals: Numerals) -> tuple[str, Said]:
    column_id = key[2]
    if value == 0 and rng.random() < numerals.blanks:
        return numerals.blank_text, Said("blank")
    if column_id == "amount":
        return _amount(value, numerals), Said("reported", value)
    if column_id == "change":
        if value == 0 and numerals.sign.startswith("words") and rng.random() < 0.3:
            return rng.choice(["持平", "无变化", "无增减"]), Said("reported", value, settled=False)
        return _change(rng, value, numerals), Said("reported", value)
    digits = _group(value, numerals.separator)
    if numerals.places:
        return digits + numerals.places, Said("reported", value)
    if rng.random() < numerals.quirks:
        return _quirk(rng, digits, value, numerals), Said("reported", value)
    if rng.random() < numerals.full_width:
        digits = digits.translate(FULL_WIDTH)
    return digits + _suffix(key, numerals), Said("reported", value)


def _group(value: Decimal, separator: str) -> str:
    text = plain(value)
    whole, point, places = text.partition(".")
    if separator and len(whole.lstrip("-")) > 3:
        whole = f"{int(whole):,}".replace(",", separator)
    return whole + point + places


def _suffix(key: Key, numerals: Numerals) -> str:
    if not numerals.suffix:
        return ""
    if key[0] != "proactive":
        return "件"
    return {"regulations": "件", "normative_documents": "件", "procurement": "个"}.get(key[1], "项")


def _change(rng: Random, value: Decimal, numerals: Numerals) -> str:
    digits = _group(abs(value), numerals.separator)
    suffix = _suffix(("proactive", "licensing", "change"), numerals)
    if value == 0:
        return digits + suffix
    if numerals.sign.startswith("words"):
        word = rng.choice(["增加", "增加", "增", "新增"] if value > 0 else ["减少", "减少", "减"])
        if numerals.sign == "words_spaced" and numerals.keeps_space:
            return f"{word} {digits} {suffix}".rstrip()
        return word + digits + suffix
    minus = rng.choice(["−", "－", "–", "﹣"]) if numerals.sign == "typographic" else "-"
    plus = rng.choice(["+", "＋", ""]) if numerals.sign in ("plus", "typographic") else ""
    return (minus if value < 0 else plus) + digits + suffix


def _amount(value: Decimal, numerals: Numerals) -> str:
    unit = numerals.unit.strip() or numerals.unit_in_header or "万元"
    scale = {"万元": 0, "亿元": -4, "元": 4}[unit]
    return _group(value.scaleb(scale), numerals.separator) + numerals.unit


def _quirk(rng: Random, digits: str, value: Decimal, numerals: Numerals) -> str:
    """A number as only some cells print it; every one of them still says the number."""
    kinds = ["footnote"] if value > 1 else []
    if set(digits) & set(LOOKALIKES):
        kinds.append("lookalike")
    if len(digits) > 1 and numerals.keeps_space:
        kinds.append("torn")
    kinds.append("full_width")
    kind = rng.choice(kinds)
    if kind == "footnote":
        part = rng.randint(1, int(value) - 1)
        note = rng.choice(["（其中修订{}件）", "(其中网上{}件)", "（含上年{}件）", "（注{}）", "*"])
        return digits + note.format(part if "注" not in note else 1)
    if kind == "lookalike":
        place = rng.choice([i for i, c in enumerate(digits) if c in LOOKALIKES])
        return digits[:place] + rng.choice(LOOKALIKES[digits[place]]) + digits[place + 1 :]
    if kind == "torn":
        place = rng.randrange(1, len(digits))
        return digits[:place] + " " + digits[place:]
    place = rng.randrange(len(digits))
    return digits[:place] + digits[place].translate(FULL_WIDTH) + digits[place + 1 :]
