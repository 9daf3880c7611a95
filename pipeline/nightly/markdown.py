"""A night in Markdown, as Prefect shows it beside a flow run."""

from __future__ import annotations

import html
import re

from pipeline.nightly.notices import counts
from pipeline.nightly.pace import duration
from pipeline.nightly.record import Night

_SIGNS = re.compile(r"([\\`*_{}\[\]()#+\-.!|~])")


def markdown(night: Night, page: str) -> str:
    """What a night did and what a person should know of it. All that sources say is escaped."""
    state = "needs a person" if night.alarms else "with notices" if night.problems else "all is well"
    lines = [f"# {night.kind.capitalize()}: {state}", ""]
    for problem in night.problems:
        lines += [f"- **{escaped(problem.what)}** {escaped(problem.todo)}"]
        lines += [f"    - {escaped(example)}" for example in problem.examples]
    lines += ["", "| what it did | |", "|---|---:|"]
    lines += [f"| {escaped(words)} | {escaped(figure)} |" for words, figure in counts(night)]
    lines += ["", "| stage | took |", "|---|---:|"]
    lines += [f"| {escaped(stage)} | {duration(seconds)} |" for stage, seconds in night.seconds.items()]
    where = f"[{escaped(page)}]({page})" if page.startswith(("http://", "https://")) else escaped(page)
    lines += ["", f"The page of this run: {where}", ""]
    return "\n".join(lines)


def escaped(text: str) -> str:
    """Text of others as Markdown that shows it and does nothing else."""
    return _SIGNS.sub(r"\\\1", html.escape(" ".join(text.split()), quote=False))
