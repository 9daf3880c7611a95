"""Printed text of one cell → a number, or a named absence. Nothing is guessed: what is no number stays unreadable.

The notation is that of the reports: signs in words (减少38项), measure words (件, 项, 条), thousands separators of both
widths, 万元/亿元/元, notes behind a number, dashes and 无 for nothing, and what OCR and text layers make of digits.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

import regex

CNY_10K = {"元": Decimal("0.0001"), "千元": Decimal("0.1"), "万元": Decimal(1), "百万元": Decimal(100),
           "千万元": Decimal(1000), "亿元": Decimal(10000)}  # fmt: skip


DIGITS = 15
"""The significant digits that a double holds exactly, which is what is published."""


@dataclass(frozen=True, slots=True)
class Numeral:
    """What a cell says. `status` is reported, blank or unreadable; `doubts` are (flag kind, severity, message)."""

    status: str
    value: Decimal | None = None
    doubts: tuple[tuple[str, str, str], ...] = ()


_INVISIBLE = regex.compile(r"[\u200b-\u200f\u2060\ufeff\u00ad]")
_SPACE = regex.compile(r"\s+")
_ABSENT = regex.compile(r"[-–—―－_/／\\~～*·.…]{1,6}|无|暂无|空")
# Reference marks: compatibility folding would turn 22① into 221.
_MARK = regex.compile(r"[①-⑳⑴-⒛⓪❶-❿➀-➓⓵-⓾㉑-㉟㊱-㊿⁰¹²³⁴-⁹₀-₉※†‡]+|(?<=\d)\*+$|\[\d{1,2}\]$|\[注\d*\]$")
_NOTE = regex.compile(r"^(?P<head>[^(（]*\d[^(（]*)[(（](?P<note>[^()（）]*\p{Han}[^()（）]*)[)）]?$")
_ANY_DIGIT = regex.compile(r"[\p{Nd}\p{Nl}零一二三四五六七八九十OoQlI|]")
_WORD = regex.compile(
    r"[\u4e00-\u9fff--[零一二三四五六七八九十百千万亿两无空]]+", regex.V1
)  # and no numeral among them
_DASHES = regex.compile(r"[−–—―]")
_APART = regex.compile(r"\d\s+[\d,.]|[,.]\s+\d")
_UNIT_IN_PARENTHESES = regex.compile(r"[(（]((?:百万|千万|万|亿|千)?元|万|亿)[)）]$")
_TENS = regex.compile(r"(.*\d)([万亿])")
_NOT_NOTHING = regex.compile(r"[1-9OlI一-九]")
_UNIT_IN_NOTE = regex.compile(r"(?:单位.{0,2}|人民币|^)((?:[百千]?万|亿|千)?元)$")
_CHANGED = regex.compile(r"[增减升降涨]")
# A note that tells the way of a change and nothing else: 较上年减少, 同比下降, 净增. 其中减证便民事项 is none.
_WAY = regex.compile(
    r"(?:[较比同环与相上去前今本]|一?年度?|年初|年末|往年|期|[净共已均]|总体|有所|[略为是了的，,：:]|项目?|件|数量?)*+"
    r"(?:(?P<rise>增加|增长|增多|上升|增)|减少|下降|降低|减)[了的]?(?:项目?|件|数量?)?"
)
_SIGNED = regex.compile(r"[-+↑↓]|[增减升降]")
_CHANGES = regex.compile(r"^[千百万亿负]|单位|[增减负]$")
_FULLWIDTH = regex.compile(r"[０-９]")
_DIGITS_AND_LOOKALIKES = regex.compile(r"[-+]?[\d,.OoQlI|〇○]*[OoQlI|〇○][\d,.OoQlI|〇○]*")
_LOOKALIKE = str.maketrans({"O": "0", "o": "0", "Q": "0", "〇": "0", "○": "0", "l": "1", "I": "1", "|": "1"})
_MEASURE = regex.compile(r"(?:项次|件次|人次|项|件|条|个|次|宗|起|份|家|人|封|户|部|例|篇|笔|批)$")
_UNIT = regex.compile(r"(?P<unit>百万元|千万元|万元|亿元|千元|元|万|亿)(?:人民币)?$")
_UP = regex.compile(r"^(?:增加了?|新增|增长|上升|增|\+|↑)")
_DOWN = regex.compile(r"^(?:减少了?|降低|下降|减|-|↓)")
_GROUPED = regex.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_PLAIN = regex.compile(r"\d+(?:\.\d+)?|\.\d+")
_CHINESE = regex.compile(r"[零〇一二三四五六七八九十百千万两]{2,}|[零二三四五六七八九十两]")
_APPROXIMATE = regex.compile(r"^(?:约|近|大约)|(?:余|多)$")
_DIGIT_OF = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_POWER_OF = {"十": 10, "百": 100, "千": 1000}


@lru_cache(maxsize=50_000)
def is_value(text: str) -> bool:
    """Whether a cell's text can stand in a value column: a number (however written), or a printed absence."""
    if text.isascii() and text.isdigit():
        return True
    stripped = text.strip()
    if _WORD.fullmatch(stripped) and not stripped.startswith("人民币"):
        return False
    if not stripped or len(stripped) > 60 or (len(stripped) > 12 and not _ANY_DIGIT.search(stripped)):
        return False
    if read_numeral(text, signed=True).status != "unreadable":
        return True
    return read_numeral(text, unit="CNY_10k", unit_hint="万元").status != "unreadable"


@lru_cache(maxsize=50_000)
def read_numeral(text: str, *, signed: bool = False, unit: str = "count", unit_hint: str | None = None) -> Numeral:
    """The number that a cell's text prints, in `unit` (`count`, or `CNY_10k` = 万元).

    `signed` is true for 本年增/减, whose sign may stand in words. `unit_hint` is the unit of the column header (元,
    万元, 亿元), used where the cell itself names none; without either, 万元 is assumed and the doubt says so.
    """
    if unit == "count" and text.isdigit() and text.isascii() and len(text) <= 10 and (text[0] != "0" or text == "0"):
        return Numeral("reported", Decimal(text))  # as most cells are: nothing to fold, to convert or to doubt
    doubts: list[tuple[str, str, str]] = []
    body = _strip(text, signed, doubts)
    if not body:
        return Numeral("blank", None, tuple(doubts))
    if _ABSENT.fullmatch(body):
        return Numeral("blank", None, tuple(doubts))
    body, scale = _unit(body, unit, unit_hint, doubts)
    sign, body = _sign(body, signed, doubts)
    value = _digits(body, doubts)
    if value is None or sign is None:
        return Numeral("unreadable", None, (("not_a_number", "warning", f"{text.strip()!r} is no number"),))
    if not is_exact(value):
        told = f"more digits than any figure of a report has: {text.strip()[:30]}…"
        return Numeral("unreadable", None, (("not_a_number", "warning", told),))
    value = value * sign * scale
    exponent = value.as_tuple().exponent
    if any(kind == "unit_assumed" for kind, _, _ in doubts) and isinstance(exponent, int) and exponent < -6:
        told = f"{text.strip()!r} is no amount in 万元, being finer than a fen, and no unit is printed"
        return Numeral("unreadable", None, (("not_a_number", "warning", told),))
    if unit == "count" and value != value.to_integral_value():
        doubts.append(("implausible", "warning", "a count with a fraction"))
    if value < 0 and not signed:
        doubts.append(("implausible", "warning", "a negative number where only 0 and more can stand"))
    if abs(value) >= 10**10:
        doubts.append(("implausible", "warning", "ten thousand million or more"))
    if unit == "CNY_10k" and scale == 1 and not any(kind == "unit_assumed" for kind, _, _ in doubts) and value >= 10**8:
        doubts.append(("implausible", "warning", "more than 10,000 亿元: perhaps 元 rather than 万元"))
    return Numeral("reported", value + 0, tuple(doubts))


def _strip(text: str, signed: bool, doubts: list[tuple[str, str, str]]) -> str:
    """The cell's text without marks, notes and white space, folded to ordinary characters; `doubts` grows."""
    body = _INVISIBLE.sub("", text).replace("\xa0", " ").replace("\u3000", " ").strip()
    bare, marks = _MARK.subn("", body)
    if marks and not bare.strip():
        return body  # a mark alone is no number
    if marks:
        body = bare
        doubts.append(("footnote_in_cell", "info", f"reference mark beside the number: {text.strip()!r}"))
    note = _NOTE.match(body)
    if note and not _UNIT.fullmatch(note["note"].removeprefix("单位").lstrip(":：")):
        body, unsure = _with_note(note["head"].strip(), note["note"], signed)
        doubts.append(("footnote_in_cell", "warning" if unsure else "info", f"note beside the number: {note['note']}"))
    if _FULLWIDTH.search(body):
        doubts.append(("fullwidth_digit", "info", "full-width digits"))
    folded = unicodedata.normalize("NFKC", body)
    if any("\u2e80" <= c <= "\u2fdf" or "\uf900" <= c <= "\ufaff" for c in body):
        doubts.append(("compatibility_character", "info", "compatibility characters in place of the ordinary ones"))
    folded = _DASHES.sub("-", folded)
    joined = _SPACE.sub("", folded)
    if _APART.search(folded):
        doubts.append(
            ("split_digits", "warning", f"digits apart from each other, read as one number: {text.strip()!r}")
        )
    bare = joined.strip("*`'\"“”")
    return (bare or joined).removeprefix("¥").removeprefix("人民币")  # a ditto mark alone is no blank


def _with_note(head: str, note: str, signed: bool) -> tuple[str, bool]:
    """The number with what a note beside it says of its unit or, where one may stand, of its sign, and whether that is
    unsure; a note that changes the number otherwise spoils it."""
    unit = _UNIT_IN_NOTE.search(note)
    if unit:
        return head + unit[1], False
    if signed and _CHANGED.search(note):
        way = _WAY.fullmatch(note)
        if way is None:
            return head, True  # 5（新增8件，废止3件）: what the change is made of, or something else
        rise = way["rise"] is not None
        if _SIGNED.search(head):
            agree = bool(_UP.match(head) if rise else _DOWN.match(head))
            return (head, False) if agree else (f"{head}({note})", False)
        return ("增" if rise else "减") + head, False  # 58（较上年减少）
    return (f"{head}({note})" if _CHANGES.search(note) else head), False


def _unit(body: str, unit: str, hint: str | None, doubts: list[tuple[str, str, str]]) -> tuple[str, Decimal]:
    """The text without its unit, and the factor that brings it to `unit`."""
    body = _UNIT_IN_PARENTHESES.sub(lambda match: match[1], body)
    found = _UNIT.search(body)
    named = found["unit"] if found else None
    if found:
        body = body[: found.start()]
    if unit == "count":
        body = _MEASURE.sub("", body)
        if named is None:
            tens = _TENS.fullmatch(body)
            if tens:
                named, body = tens[2], tens[1]
        if named in ("万", "亿"):
            doubts.append(("unit_converted", "info", f"{named} written out"))
            return body, Decimal(10**4 if named == "万" else 10**8)
        return (body, Decimal(1)) if named is None else (body + named, Decimal(1))
    if named in ("万", "亿"):
        named += "元"
    if named is None:
        named = hint
    if named is None:
        if _NOT_NOTHING.search(body):  # nothing is nothing in any unit
            doubts.append(("unit_assumed", "warning", "neither the cell nor its header names a unit; read as 万元"))
        named = "万元"
    scale = CNY_10K[named]
    if scale != 1:
        doubts.append(("unit_converted", "info", f"{named} brought to 万元"))
    return body, scale


def _sign(body: str, signed: bool, doubts: list[tuple[str, str, str]]) -> tuple[int | None, str]:
    up, down = _UP.match(body), _DOWN.match(body)
    mark = up or down
    if mark is None:
        return 1, body
    rest = _MEASURE.sub("", body[mark.end() :].lstrip(":："))
    if rest[:1] in ("-", "+") or (mark[0] not in ("+", "-") and not signed):
        return None, body  # 减少-38: two signs, or a change in a column that holds none
    if mark[0] != "-":
        doubts.append(("sign_normalised", "info", f"sign written {mark[0]}"))
    return (1 if up else -1), rest


def _digits(body: str, doubts: list[tuple[str, str, str]]) -> Decimal | None:
    trimmed, approximate = _APPROXIMATE.subn("", body)
    if approximate and trimmed:
        doubts.append(("implausible", "warning", f"an approximate number: {body}"))
        body = trimmed
    if _DIGITS_AND_LOOKALIKES.fullmatch(body):
        doubts.append(("confusable_character", "warning", f"letters read as digits: {body}"))
        body = body.translate(_LOOKALIKE)
    if _GROUPED.fullmatch(body):
        return Decimal(body.replace(",", ""))
    if _PLAIN.fullmatch(body):
        if len(body) > 1 and body[0] == "0" and body[1] != ".":
            if any(kind == "split_digits" for kind, _, _ in doubts):
                return None  # 0 0: two numbers, not one
            doubts.append(("implausible", "warning", f"a number with leading zeros: {body}"))
        return Decimal(body)
    if _CHINESE.fullmatch(body):
        value = chinese_number(body)
        if value is not None:
            doubts.append(("chinese_numeral", "info", f"Chinese numeral {body}"))
            return Decimal(value)
    return None


def is_exact(value: Decimal) -> bool:
    """Whether a number has no more than `DIGITS` digits from its first to its last that is not 0: more would be rounded
    on the way, and are no figure of a report."""
    return len(format(value, "f").strip("-0.").replace(".", "")) <= DIGITS and abs(value.adjusted()) <= 2 * DIGITS


def chinese_number(text: str) -> int | None:
    """The value of a Chinese numeral (二十三 → 23, 二〇二〇 → 2020, 三万五千 → 35000); None where it is none."""
    if not text or len(text) > 2 * DIGITS:
        return None
    if all(c in _DIGIT_OF for c in text):
        return int("".join(str(_DIGIT_OF[c]) for c in text))
    if "万" in text:
        head, _, tail = text.partition("万")
        high, low = chinese_number(head), chinese_number(tail.lstrip("零〇")) if tail else 0
        if tail and low is not None and low < 1000 and tail[0] not in "零〇":
            return None  # 一万二: spoken for 12000
        return None if high is None or low is None or low >= 10**4 else high * 10**4 + low
    total, digit, last_power = 0, None, 10**4
    if len(text) > 2 and text[-1] in _DIGIT_OF and text[-2] in "百千":
        return None  # 三百五: spoken for 350
    for c in text:
        if c in _POWER_OF:
            power = _POWER_OF[c]
            if power >= last_power or (digit is None and not (c == "十" and total == 0)):
                return None
            total += (1 if digit is None else digit) * power
            digit, last_power = None, power
        elif c in ("零", "〇"):
            digit = None
        elif c in _DIGIT_OF and digit is None:
            digit = _DIGIT_OF[c]
        else:
            return None
    return total + (digit or 0)
