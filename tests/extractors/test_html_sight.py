"""Digits within a number that a browser does not show: hidden by rules of every kind, moved away, shut in."""

from __future__ import annotations

import pytest

from extractors.document import Table
from extractors.html import extract

PAGE = (
    "<html><head><style>{}</style></head><body><table><tr><td>件数</td><td><p>39{}</p></td></tr></table></body></html>"
)
HIDDEN_BY_RULE = (
    "td .h{display:none}",
    "table td p > .h { visibility: hidden }",
    "span[class=h]{font-size:0}",
    "td span:last-child{opacity:0}",
    "p.none .h, td p span.h {display:none}",
    "#x .h{display:none} td p .h{color:red} td .h{display:none !important}",
)
SHOWN_BY_RULE = (
    "td .h:hover{display:none}",
    "div .h{display:none}",
    "td .h::after{display:none}",
    "td .h{display:none} td p .h{display:inline}",
    "td .h..{display:none}",
    "td p{display:none}",  # a block: a script may show it
)
HIDDEN_BY_ITSELF = (
    "position:absolute;left:-9999px",
    "position:absolute;clip:rect(0, 0, 0, 0)",
    "position:absolute;clip:rect(1px 1px 1px 1px)",
    "display:inline-block;width:0;overflow:hidden",
    "display:inline-block;text-indent:-9999px",
    "display:inline-block;transform:scale(0)",
    "color:#123456;background:#123456",
)
SHOWN_BY_ITSELF = (
    "width:0;overflow:hidden",  # no box of its own, so the width says nothing
    "left:-9999px",
    "position:absolute;left:-21px",
    "display:inline-block;height:1em;overflow:hidden",
    "display:inline-block;transform:scale(0.9)",
    "color:inherit;background:inherit",
    "color:#123456;background:#fff",
)


def cell(data: str) -> tuple[str, bool]:
    """The text of the table's last cell, and whether the page says that something was left out."""
    found = extract(data.encode())
    (table,) = (block for block in found.blocks if isinstance(block, Table))
    return table.cells[-1].text, any("left out" in note for note in found.notes)


@pytest.mark.parametrize("rule", HIDDEN_BY_RULE)
def test_a_bit_of_a_line_that_any_rule_hides_is_left_out(rule: str) -> None:
    assert cell(PAGE.format(rule, '<span class="h">7</span>'))[0] == "39"


@pytest.mark.parametrize("rule", SHOWN_BY_RULE)
def test_what_a_rule_does_not_hide_is_read(rule: str) -> None:
    assert cell(PAGE.format(rule, '<span class="h">7</span>')) == ("397", False)


@pytest.mark.parametrize("style", HIDDEN_BY_ITSELF)
def test_a_bit_of_a_line_out_of_sight_is_left_out_and_told(style: str) -> None:
    assert cell(PAGE.format("", f'<span style="{style}">7</span>')) == ("39", True)


@pytest.mark.parametrize("style", SHOWN_BY_ITSELF)
def test_what_is_in_sight_is_read(style: str) -> None:
    assert cell(PAGE.format("", f'<span style="{style}">7</span>')) == ("397", False)


def test_a_reading_aid_is_no_part_of_a_number() -> None:
    assert cell(PAGE.format("", "<ruby>5<rt>7</rt></ruby>"))[0] == "395[7]"


def test_rules_and_depth_without_end_cost_bounded_time() -> None:
    rules = "".join(f"span span span span .h{n}{{display:none}}" for n in range(3000))
    deep = "<span>" * 1500 + "7" + "</span>" * 1500
    assert cell(PAGE.format(rules, deep))[0].startswith("39")
