"""Raised and lowered figures: a note's number beside a number must never become one of its digits (22¹ is not 221)."""

from __future__ import annotations


class Pieces:
    """The pieces of one line of text. A raised (or lowered) figure that touches a figure of the line stands in
    brackets: `22[1]`, `[1]22`."""

    __slots__ = ("_raised", "_shown", "_texts")

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._raised = False
        self._shown = -1  # the last piece that shows

    def add(self, text: str, raised: bool = False) -> None:
        if not text:
            return
        shown = text.strip()
        if not shown:
            self._texts.append(text)
            return
        if (raised or self._raised) and shown[:1].isdecimal():
            last = self._texts[self._shown].strip() if self._shown >= 0 else ""
            after_figure = last[-1:].isdecimal()
            if raised and ((after_figure and not self._raised) or (self._raised and last[-1:] == "]")):
                text = f"[{shown}]"
            elif not raised and after_figure:
                self._texts[self._shown] = f"[{last}]"
        self._texts.append(text)
        self._shown, self._raised = len(self._texts) - 1, raised

    def cut(self, start: int) -> None:
        """Take back all pieces from number `start` on."""
        del self._texts[start:]
        self._raised = False
        self._shown = max((at for at, text in enumerate(self._texts) if text.strip()), default=-1)

    def __len__(self) -> int:
        return len(self._texts)

    def __str__(self) -> str:
        return "".join(self._texts)
