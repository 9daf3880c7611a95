"""Printed text → number: what is told, what is told with a doubt, and what must stay unreadable."""

from decimal import Decimal

import pytest

from pipeline.narrative.tokens import tokenise
from pipeline.numerals import chinese_number, is_value, read_numeral


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        (" 12 ", 12),
        ("12件", 12),
        ("1,234,567", 1234567),
        ("1，234", 1234),
        ("２１", 21),
        ("22（其中修订16件）", 22),
        ("22①", 22),
        ("7²", 7),
        ("**22**", 22),
        ("12.0", 12),
        ("⼆⼗", 20),
        ("二十三", 23),
        ("3万", 30000),
        ("1 234", 1234),
    ],
)
def test_counts(text: str, value: int) -> None:
    numeral = read_numeral(text)
    assert (numeral.status, numeral.value) == ("reported", value)


@pytest.mark.parametrize(
    "text",
    [
        "12,34",
        "78%",
        "2021年",
        "1.属于国家秘密",
        "一",
        "①",
        "4:5",
        "20.",
        "0 0",
        "增加58",
        "12/34",
        "12-34",
        "(4)",
        "1.2.3",
    ],
)
def test_what_is_no_count_stays_unreadable(text: str) -> None:
    numeral = read_numeral(text)
    assert (numeral.status, numeral.value) == ("unreadable", None)
    assert [doubt[0] for doubt in numeral.doubts] == ["not_a_number"]


@pytest.mark.parametrize("text", ["", "  ", "\u3000", "-", "—", "——", "/", "／", "无", "暂无", "－"])
def test_absence_is_blank_and_never_zero(text: str) -> None:
    numeral = read_numeral(text)
    assert (numeral.status, numeral.value) == ("blank", None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("增加 58", 58),
        ("增加532项", 532),
        ("减少38项", -38),
        ("减 5", -5),
        ("+42", 42),
        ("-1253", -1253),
        ("－4", -4),
        ("−4", -4),
        ("0", 0),
        ("↓3", -3),
    ],
)
def test_change_is_signed(text: str, value: int) -> None:
    assert read_numeral(text, signed=True).value == value


@pytest.mark.parametrize("text", ["减少-38", "增加58减少3", "持平", "增/减"])
def test_a_sign_that_contradicts_itself_is_no_number(text: str) -> None:
    assert read_numeral(text, signed=True).status == "unreadable"


@pytest.mark.parametrize(
    ("text", "hint", "value", "kinds"),
    [
        ("78681 万元", None, "78681", []),
        ("6.7328亿元", None, "67328", ["unit_converted"]),
        ("1500000元", None, "150", ["unit_converted"]),
        ("184249.5", None, "184249.5", ["unit_assumed"]),
        ("184249.5", "万元", "184249.5", []),
        ("150", "元", "0.015", ["unit_converted"]),
        ("1.2", "亿元", "12000", ["unit_converted"]),
        ("0", None, "0", []),
        ("5（万元）", None, "5", []),
    ],
)
def test_amounts_come_to_10k_yuan(text: str, hint: str | None, value: str, kinds: list[str]) -> None:
    numeral = read_numeral(text, unit="CNY_10k", unit_hint=hint)
    assert numeral.value == Decimal(value)
    assert [doubt[0] for doubt in numeral.doubts] == kinds


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("1O", "confusable_character"),
        ("l", "confusable_character"),
        ("〇", "confusable_character"),
        ("3.5", "implausible"),
        ("-3", "implausible"),
        ("007", "implausible"),
        ("约100", "implausible"),
        ("2 0", "split_digits"),
    ],
)
def test_a_doubtful_number_carries_a_warning(text: str, kind: str) -> None:
    numeral = read_numeral(text)
    assert numeral.status == "reported"
    assert (kind, "warning") in [(k, severity) for k, severity, _ in numeral.doubts]


@pytest.mark.parametrize(
    ("text", "value"), [("二十三", 23), ("二〇二〇", 2020), ("三万五千", 35000), ("一百零五", 105), ("十", 10)]
)
def test_chinese_numbers(text: str, value: int) -> None:
    assert chinese_number(text) == value


@pytest.mark.parametrize("text", ["百二千", "万", "二三十"])
def test_malformed_chinese_numbers(text: str) -> None:
    assert chinese_number(text) in (None,)


def test_words_are_no_values() -> None:
    assert not any(is_value(text) for text in ["规章", "自然人", "其他", "（七）总计", "1.", ""])
    assert all(is_value(text) for text in ["0", "12件", "增加 532 项", "78681 万元", "-", "无", "1,234.5"])


@pytest.mark.parametrize(
    "text", ["9" * 400, "9" * 5000, "1.00000000000000000000000000000000001", "0." + "0" * 300 + "1", "1" + "0" * 60]
)
def test_a_number_of_more_digits_than_can_be_held_is_none(text: str) -> None:
    """It would be rounded on the way, and another number be published than the one printed."""
    numeral = read_numeral(text)
    assert (numeral.status, numeral.value) == ("unreadable", None)
    assert [kind for kind, _, _ in numeral.doubts] == ["not_a_number"]


@pytest.mark.parametrize("text", ["一" * 5000, "十" * 5000, "万" * 5000, "一万" * 3000])
def test_endless_chinese_digits_are_no_number(text: str) -> None:
    assert read_numeral(text).status == "unreadable"
    assert tokenise(f"收到申请{text}件")[-1].value is None


def test_the_longest_figures_are_read_whole() -> None:
    for text in ("123456789012345", "1234567890.12345", "-0.000001", "900000000000"):
        assert read_numeral(text, signed=True).value == Decimal(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("58（较上年减少）", -58),
        ("58（同比下降）", -58),
        ("58（净增加）", 58),
        ("-58（较上年减少）", -58),
        ("+5（较上年减少）", None),
        ("5（含2020年清理）", 5),
    ],
)
def test_a_note_may_tell_the_sign_of_a_change(text: str, value: int | None) -> None:
    assert read_numeral(text, signed=True).value == value
    assert read_numeral("58（较上年减少）").value == 58  # no change: the note compares a count


def test_a_note_that_only_speaks_of_changes_leaves_the_sign_in_doubt() -> None:
    for note in ("新增8件，废止3件", "其中减证便民事项", "含减免", "较上年减少3件"):
        found = read_numeral(f"5（{note}）", signed=True)
        assert found.value == 5
        assert ("footnote_in_cell", "warning") in [doubt[:2] for doubt in found.doubts]


@pytest.mark.parametrize("text", ['"', "”", "一万二", "三百五"])
def test_what_is_said_short_is_neither_blank_nor_a_number(text: str) -> None:
    assert read_numeral(text).status == "unreadable"


def test_a_stroke_alone_is_a_misread_one_and_a_late_mark_no_digit() -> None:
    assert read_numeral("|").value == 1
    assert read_numeral("|").doubts[0][0] == "confusable_character"
    assert read_numeral("877㉑").value == 877
