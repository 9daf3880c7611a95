"""Bytes → text whatever is claimed."""

from __future__ import annotations

import pytest

from extractors.encoding import decode

SIMPLIFIED = "二〇二〇年，全区各级各部门认真贯彻落实条例，共受理申请12件，答复12件。\n规章\t0\t0\n"
TRADITIONAL = "本報告書係依政府資訊公開相關規定辦理，全年共受理申請十二件，均已答復。這個數據來自各機關。"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_simplified_text_in_every_encoding(encoding: str) -> None:
    decoded = decode(SIMPLIFIED.encode(encoding))
    assert decoded.text == SIMPLIFIED
    assert decoded.notes == ()


def test_short_lines_are_gb18030_and_no_korean() -> None:
    assert decode("规章".encode("gbk")).text == "规章"


def test_big5_where_it_reads_better() -> None:
    decoded = decode(TRADITIONAL.encode("big5"))
    assert (decoded.text, decoded.encoding) == (TRADITIONAL, "big5")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_few_wounds_are_borne_and_noted(encoding: str) -> None:
    data = (SIMPLIFIED * 20).encode(encoding)
    decoded = decode(data[:301] + b"\xff" + data[301:])
    assert decoded.encoding == encoding
    assert decoded.text is not None
    assert decoded.text.count("\ufffd") in (1, 2, 3)
    assert decoded.text.startswith(SIMPLIFIED[:30])
    assert decoded.notes


def test_no_text_at_all() -> None:
    assert decode(bytes(range(256)) * 100).text is None
    assert decode(b"\0" * 500 + b"text").text is None


def test_single_bytes_and_nothing() -> None:
    assert decode(b"").text == ""
    for byte in range(256):
        decode(bytes([byte]))


@pytest.mark.parametrize("share", [0.04, 0.06])
def test_control_characters_make_text_unreadable_beyond_a_share(share: float) -> None:
    marks = "\x01\x08\x0e\x1f"
    text = "公开" * 500 + (marks * 1000)[: round(1000 * share / (1 - share))]
    assert (decode(text.encode()).text is None) == (share > 0.05)
    assert decode(("公开\t\n\r\f\v\x1a\x1b" * 20).encode()).text is not None
