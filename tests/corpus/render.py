"""The registry of formats: each entry draws the habits of one converter or editor, and then renders with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.corpus.blocks import Block
from tests.corpus.wreck import Shape


@dataclass(frozen=True, slots=True)
class Renderer:
    """One converter with its habits drawn: what it can carry, the usual file ending, and blocks → bytes."""

    shape: Shape
    suffix: str
    render: Callable[[Random, list[Block], str], bytes]


def _docx(rng: Random, difficulty: str) -> Renderer:
    from tests.corpus.render_docx import choose_docx

    return choose_docx(rng, difficulty)


def _html(rng: Random, difficulty: str) -> Renderer:
    from tests.corpus.render_html import choose_html

    return choose_html(rng, difficulty)


def _pdf(rng: Random, difficulty: str) -> Renderer:
    from tests.corpus.render_pdf import choose_pdf

    return choose_pdf(rng, difficulty)


def _text(mode: str) -> Callable[[Random, str], Renderer]:
    def choose(rng: Random, difficulty: str) -> Renderer:
        from tests.corpus.render_text import choose_text

        return choose_text(rng, mode, difficulty)

    return choose


RENDERERS: dict[str, Callable[[Random, str], Renderer]] = {
    "docx": _docx,
    "pdf": _pdf,
    "html": _html,
    "pipes": _text("pipes"),
    "tabs": _text("tabs"),
    "cells": _text("cells"),
    "flat": _text("flat"),
    "markdown_html": _text("markdown_html"),
}
