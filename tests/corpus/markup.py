"""Tables as HTML, for pages and for Markdown that holds them."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from tests.corpus.grids import Grid, Spot


def table_html(
    grid: Grid,
    br: str = "<br>",
    pretty: bool = False,
    dress: Callable[[Spot, str], str] = lambda spot, text: text,
    attributes: Callable[[Spot], str] = lambda spot: "",
    header_cells: bool = False,
    close: bool = True,
    opening: str = "<table>",
    parts: bool = False,
) -> str:
    """The table with row and column spans. `dress` wraps a cell's escaped text, `attributes` adds to its tag, `close`
    writes the optional end tags, `header_cells` sets the header rows in th, `parts` adds colgroup, thead and tbody."""
    gap = "\n" if pretty else ""
    slots = grid.slots()
    rows = []
    for row in range(grid.n_rows):
        cells = []
        last = max((c for c, spot in enumerate(slots[row]) if spot is not None), default=-1)
        for col in range(last + 1):
            spot = slots[row][col]
            if spot is not None and (spot.row, spot.col) != (row, col):
                continue
            tag = "th" if header_cells and row < grid.head_rows else "td"
            shown = spot or Spot(row, col, "", "note")
            cells.append(_cell(shown, tag, br, dress, attributes, close))
        rows.append("<tr>" + gap + gap.join(cells) + gap + ("</tr>" if close else ""))
    if parts and close:
        head, body = gap.join(rows[: grid.head_rows]), gap.join(rows[grid.head_rows :])
        columns = "<colgroup>" + "<col>" * grid.n_cols + "</colgroup>"
        return f"{opening}{columns}<thead>{head}</thead>{gap}<tbody>{body}</tbody></table>"
    return opening + gap + gap.join(rows) + gap + "</table>"


def _cell(
    spot: Spot,
    tag: str,
    br: str,
    dress: Callable[[Spot, str], str],
    attributes: Callable[[Spot], str],
    close: bool,
) -> str:
    spans = f' rowspan="{spot.row_span}"' if spot.row_span > 1 else ""
    spans += f' colspan="{spot.col_span}"' if spot.col_span > 1 else ""
    text = dress(spot, escape(spot.text, quote=False).replace("\n", br).replace("\xa0", "&nbsp;"))
    return f"<{tag}{spans}{attributes(spot)}>{text}" + (f"</{tag}>" if close else "")
