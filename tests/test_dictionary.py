"""The data dictionary: generated, complete, in both languages."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipeline import vocabulary
from pipeline.publish.columns import Column, Table, column, declared, read
from pipeline.publish.dictionary import RELEASED, dictionary, dictionary_page, docs_page
from pipeline.publish.schema import TABLES, WIDE

ROOT = Path(__file__).parents[1]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_the_page_in_docs_is_what_the_vocabulary_says() -> None:
    page = (ROOT / "docs/dataset.md").read_text(encoding="utf-8")
    assert page == docs_page(), "run `python -m pipeline.publish.dictionary > docs/dataset.md`"


@pytest.mark.parametrize("table", [*TABLES, *RELEASED], ids=lambda table: table.name)
def test_every_column_is_explained_in_both_languages(table: Table) -> None:
    section = dictionary().split(f"\n## {table.name}\n")[1].split("\n## ")[0]
    for each in table.columns:
        assert isinstance(each, Column)
        assert each.meaning
        assert CHINESE.search(each.meaning_zh) or each.name == "sha256", each.name
        shown = each.name.partition("__")[0] if table in WIDE else each.name
        assert f"`{shown}`" in section, each.name


def test_every_kind_of_flag_is_explained() -> None:
    text = dictionary()
    for kind in vocabulary.flag_kinds().values():
        assert f"| `{kind.kind}` |" in text


def test_every_declared_column_is_used() -> None:
    """A line that no table has any more says what is not true."""
    used = set()
    for line in read("tables.csv"):
        table = declared(line["table"])
        used |= {(table.name, name) for name in table.names}
    used |= {(table.name, name) for table in WIDE for name in table.names}
    for line in read("columns.csv"):
        name = line["column"]
        assert any(n == name and line["table"] in ("*", t) for t, n in used), (line["table"], name)


def test_a_table_that_is_not_declared_is_an_error() -> None:
    with pytest.raises(KeyError):
        declared("nothing")
    with pytest.raises(KeyError):
        column("facts", "colour")


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert tag not in ("script", "link", "img", "iframe")
        if tag == "a":
            self.links.append(given["href"] or "")
        if "id" in given:
            self.ids.add(given["id"] or "")
        if tag not in ("meta", "br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_html_page_stands_alone_and_its_links_lead_somewhere() -> None:
    page = Page()
    page.feed(dictionary_page())
    assert page.open == []
    assert {link.removeprefix("#") for link in page.links} <= page.ids
