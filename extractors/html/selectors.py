"""Style rules whose selectors ask for more than an element's own tag, class and id: which bits of a line they meet.

Only elements within a line are asked for. A sheet hides whole blocks by such rules that a script shows later (tabs,
menus), and the text of a report would go with them; a digit within a number has no script. Selectors are parsed, and
each of their parts looked for, by cssselect; how the parts lie to each other is followed here, since an XPath of many
steps takes time without bound on a page that is deep. Source: Selectors Level 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lxml.etree import _Element

_MAX_RULES = 200
_MAX_ELEMENTS = 50_000
_MAX_SIBLINGS = 500  # `:last-child` and its like count them for each
_MAX_STEPS = 200_000  # from an element to those around and before it, all rules together


def met(root: _Element, selectors: Iterable[str], blocks: frozenset[str]) -> Iterator[tuple[str, int, int, _Element]]:
    """(selector, ids, classes, element) for each element outside `blocks` that a selector meets. Those that cannot be
    read, or speak of what only a reader's hand does (`:hover`), meet none."""
    wanted = [selector for selector in dict.fromkeys(selectors) if len(selector) <= 200][:_MAX_RULES]
    if not wanted:
        return
    from cssselect import SelectorError, parse
    from lxml import etree

    page = _Page(root)
    for selector in wanted if page.is_bounded else ():
        try:
            for one in parse(selector):
                if one.pseudo_element is None:
                    ids, classes, _ = one.specificity()
                    for element in page.found(one.parsed_tree):
                        if element.tag not in blocks:
                            yield selector, ids, classes, element
        except (SelectorError, etree.XPathError, RecursionError):
            continue


class _Page:
    """A page's elements as selectors find them, within a bound of work."""

    def __init__(self, root: _Element) -> None:
        from cssselect import HTMLTranslator

        self._root, self._xpath = root, HTMLTranslator().xpath
        self._known: dict[str, list[_Element]] = {}
        self._steps = _MAX_STEPS
        self.is_bounded = sum(1 for _ in root.iter()) <= _MAX_ELEMENTS
        self._is_wide = any(len(element) > _MAX_SIBLINGS for element in root.iter()) if self.is_bounded else True

    def found(self, selector: Any) -> list[_Element]:
        """The elements that a parsed selector meets, in the page's order."""
        from cssselect.parser import CombinedSelector

        if not isinstance(selector, CombinedSelector):
            return self._alone(selector)
        last = self._alone(selector.subselector)
        others = set(self.found(selector.selector)) if last else set()
        return [element for element in last if others and self._lies(element, selector.combinator, others)]

    def _alone(self, selector: Any) -> list[_Element]:
        """The elements that a selector without combinators meets."""
        key = selector.canonical()
        if self._is_wide and ":" in key:
            return []
        if key not in self._known:
            found: Any = self._root.xpath(f"descendant-or-self::{self._xpath(selector)}")
            self._known[key] = [element for element in found if isinstance(element.tag, str)]
        return self._known[key]

    def _lies(self, element: _Element, combinator: str, others: set[_Element]) -> bool:
        """Whether `element` lies to one of the others as the combinator says."""
        sideways = combinator in "+~"
        near = element.itersiblings("*", preceding=True) if sideways else element.iterancestors()
        for other in near:
            self._steps -= 1
            if self._steps < 0:
                return False
            if other in others:
                return True
            if combinator in "+>":
                return False
        return False
