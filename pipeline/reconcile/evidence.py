"""What speaks for one explanation of a broken identity rather than another, and whose fault it was. It ranks and it
attributes; it never decides what a number must have been: only the identities do.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from pipeline.model import Fact, Flag

# Digits that OCR confuses: the same strokes, open or closed.
ALIKE = frozenset(frozenset(pair) for pair in ("08", "17", "38", "56", "06", "68", "35", "27", "49", "14", "69"))
RECOGNISED = frozenset({"scan", "image", "ocr"})
TEXT_LAYER = frozenset({"pdf", "docx", "html", "doc"})
WITH_CELLS = TEXT_LAYER - {"pdf"}  # whose columns are not found by geometry

Cell = tuple[str, str, str]  # (table_id, row_id, column_id)
Change = tuple[Cell, int, int]  # printed, and what it would be


def digit_shape(printed: int, value: int) -> str | None:
    """How OCR or a slip of the hand makes `printed` of `value`, in words; None when they are not alike."""
    seen, meant = str(printed), str(value)
    if len(seen) == len(meant):
        places = [place for place, (a, b) in enumerate(zip(seen, meant, strict=True)) if a != b]
        if len(places) == 1 and frozenset({seen[places[0]], meant[places[0]]}) in ALIKE:
            return f"{meant[places[0]]} read as {seen[places[0]]}"
        if len(places) == 2 and places[1] == places[0] + 1 and seen[::-1] != seen:
            first, second = places
            if seen[first] == meant[second] and seen[second] == meant[first]:
                return f"digits of {meant} swapped"
    if len(meant) == len(seen) + 1 and (lost := _left_out(meant, seen)) is not None:
        return f"a digit {lost} of {meant} lost"
    if len(seen) == len(meant) + 1 and (added := _left_out(seen, meant)) is not None:
        return f"a digit {added} doubled" if added * 2 in seen else f"a digit {added} added to {meant}"
    return None


def _left_out(longer: str, shorter: str) -> str | None:
    """The digit that `longer` has and `shorter` lacks, if that is their only difference."""
    for place, digit in enumerate(longer):
        if longer[:place] + longer[place + 1 :] == shorter:
            return digit
    return None


def weight(changes: Sequence[Change], claims: Mapping[Cell, Collection[int]]) -> tuple[int, int]:
    """The rank of an explanation, smaller first: how far what is said elsewhere (the prose, the year before) speaks
    against it, then how many of its changes are unlike what a misreading makes."""
    against = 0
    for cell, printed, value in changes:
        said = claims.get(cell, ())
        against += (printed in said) - (value in said)
    return against, sum(digit_shape(printed, value) is None for _, printed, value in changes)


def attribution(
    source_format: str | None, changes: Sequence[Change], *, proven: bool, moved: bool, torn: bool
) -> tuple[str, str]:
    """Whose fault a broken identity is (source | extraction | ocr | undecided), and the reason.

    `changes` explain it, `proven` or not; `moved`: by putting a row's numbers back into their cells; `torn`: cells of
    the broken line are missing or unreadable, or the table's structure was in doubt.
    """
    if moved and source_format in WITH_CELLS and not torn:
        return (
            "source",
            "the numbers fit when the row is moved back by a cell, and the file has them in these cells",
        )
    if moved:
        return "extraction", "the numbers fit when the row is moved back by a cell: a cell was lost or added in reading"
    if torn:
        return "extraction", "cells of this line are missing, unreadable or out of place, so it was not read whole"
    if source_format in TEXT_LAYER:
        return "source", "the numbers stand as text in the file and the table was read whole: the report is at odds"
    if not proven:
        return "undecided", "several explanations fit, and the text itself may be a misreading"
    shapes = [digit_shape(printed, value) for _, printed, value in changes]
    if all(shapes):
        reason = f"the proven number differs as a misread one does ({'; '.join(filter(None, shapes))})"
        return ("ocr", reason) if source_format in RECOGNISED | {"text"} else ("undecided", reason)
    if source_format == "text":
        return "source", "the proven number does not look like the printed one: no misreading, the report has it so"
    return "undecided", "nothing tells a misreading from an error of the report"


def attribution_of_mismatch(flag: Flag, fact: Fact | None, source_format: str | None) -> tuple[str, str]:
    """Whose fault it is that the prose and the table disagree, and the reason; `fact`: the cell, as reconciled.

    Where the identities prove one of the two numbers, the other is the wrong one, and is judged as a wrong cell is.
    """
    if fact is None or fact.value is None:
        return "undecided", "the table's number is unproven"
    told, printed = _whole(flag.observed), _whole(flag.expected)
    if fact.value_reconciled != fact.value and told is not None and fact.value_reconciled == told:
        known, change = "the identities prove the prose's number", (fact.key, int(fact.value), told)
    elif fact.verified:
        known, change = "two identities prove the table's number", (fact.key, told or 0, printed or 0)
        if told is None or printed is None:  # a share: its digits are not those of a count
            of_text = source_format in TEXT_LAYER
            return ("source", f"{known}, and all stands as text") if of_text else ("undecided", known)
    else:
        return "undecided", "the table's number is unproven"
    whose, reason = attribution(source_format, [change], proven=True, moved=False, torn=False)
    return whose, f"{known}; {reason}"


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None
