"""Bytes → text, whatever the file claims: byte order mark, strict UTF-8, then GB 18030, Big5 where it reads better.

Detectors are not asked: they call a short GB 18030 line cp949. A few invalid bytes are borne and noted.
"""

from __future__ import annotations

import codecs
from collections import Counter
from dataclasses import dataclass

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# The commonest characters of written Chinese in both scripts, with the words of public administration; their share
# tells a right decoding from one that merely raises no error.
_COMMON = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所"
    "民得经十三之进等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那"
    "社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通"
    "府市县区镇街办信息请"
    "這為個國時來們對會發動過說產種後學經進電現實兩體機當點從業還應開無與關線內數質氣變條沒結問與軍縣區鎮請辦報據處總額"
)

_UNREADABLE_SHARE = 0.05
_CONTROLS = bytes(code for code in range(0x20) if chr(code) not in "\t\n\r\f\v\x1b\x1a")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file's text, the encoding it was read by, and notes about bytes that were none. `text` is None when the
    bytes are no text in any encoding known here."""

    text: str | None
    encoding: str | None
    notes: tuple[str, ...] = ()


def decode(data: bytes) -> Decoded:
    """`data` as text. Never raises; see `Decoded`."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _tolerant(data[len(mark) :], encoding)
    wide = _wide_encoding(data)
    if wide is not None:
        return _tolerant(data, wide)
    if data.count(0) > len(data) // 100:
        return Decoded(None, None)
    try:
        return _checked(data.decode("utf-8"), "utf-8", 0)
    except UnicodeDecodeError:
        pass
    # GB 18030 gives a meaning to nearly any bytes, so UTF-8 with a few wounds has to be recognised before it
    wounded = data.decode("utf-8", "replace")
    wounds = wounded.count("\ufffd") - data.count("\ufffd".encode())
    if wounds * 20 <= _beyond_ascii(wounded):
        return _checked(wounded, "utf-8", wounds)
    return _chinese(data)


def _chinese(data: bytes) -> Decoded:
    mainland = _tolerant(data, "gb18030")
    try:
        taiwanese = data.decode("cp950")
    except UnicodeDecodeError:
        return mainland
    if mainland.text is None or _familiarity(taiwanese) > 2 * _familiarity(mainland.text):
        return _checked(taiwanese, "big5", 0)
    return mainland


def _familiarity(text: str) -> float:
    """The share of common characters among those outside ASCII, 0–1."""
    counts = Counter(text[:20_000])
    written = sum(count for character, count in counts.items() if character > "\x7f")
    return sum(count for character, count in counts.items() if character in _COMMON) / max(written, 1)


def _wide_encoding(data: bytes) -> str | None:
    """UTF-16 without a mark: line ends, digits and spaces leave zeros in every second byte of one parity only."""
    head = data[:8192]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    few = max(len(head) // 200, 2)
    for encoding, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if zeros >= few and others * 20 <= zeros and len(data) % 2 == 0:
            try:
                text = data.decode(encoding)
            except UnicodeDecodeError:
                continue
            if _control_share(text) == 0:
                return encoding
    return None


def _tolerant(data: bytes, encoding: str) -> Decoded:
    try:
        return _checked(data.decode(encoding), encoding, 0)
    except UnicodeDecodeError:
        text = data.decode(encoding, "replace")
        return _checked(text, encoding, text.count("\ufffd"))


def _checked(text: str, encoding: str, wounds: int) -> Decoded:
    if _control_share(text) > _UNREADABLE_SHARE:
        return Decoded(None, None)
    if wounds:
        if wounds > max(1, _beyond_ascii(text) * 0.2):
            return Decoded(None, None)
        note = f"{wounds} places hold bytes that are not valid {encoding.upper()} and stand as \ufffd"
        return Decoded(text, encoding, (note,))
    return Decoded(text, encoding)


def _beyond_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))


def _control_share(text: str) -> float:
    sample = text[:100_000]
    coded = sample.encode("utf-8", "surrogatepass")  # in which no byte but a control character's own is below a blank
    return (len(coded) - len(coded.translate(None, _CONTROLS))) / max(len(sample), 1)
