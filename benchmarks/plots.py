"""Results → the two plots of docs/benchmarks.md, as SVG that does not change when its figures do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.results import Results
from benchmarks.tables import FORMAT_NAMES, OWN, Table

OURS, THEIRS, GRID, INK = "#c2410c", "#64748b", "#e2e8f0", "#0f172a"
LONGEST = 0.3  # inches a reader's line


def plot(results: Results, folder: Path) -> list[Path]:
    """Writes exactness.svg and speed.svg to `folder`."""
    settings()
    table = Table(results)
    lines = [(format, reader) for format in table.formats() for reader in table.readers(format)]
    return [_exactness(table, lines, folder / "exactness.svg"), _speed(results, lines, folder / "speed.svg")]


def settings() -> None:
    """How all plots look."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({
        "svg.hashsalt": "gongkai",
        "font.family": "DejaVu Sans",
        "font.size": 9,
        "text.color": INK,
        "axes.edgecolor": GRID,
        "axes.labelcolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
    })  # fmt: skip


def _figure(lines: list[tuple[str, str]], columns: int) -> tuple[Any, Any, list[float]]:
    """A figure with a line for each reader, grouped by format; the heights of the lines."""
    from matplotlib import pyplot

    heights, at, last = [], 0.0, None
    for format, _ in lines:
        at += 0.0 if last is None else 1.0 if format == last else 2.2
        heights.append(at)
        last = format
    size = (9.0, 1.2 + LONGEST * 0.75 * (at + 2.0))
    figure, axes = pyplot.subplots(1, columns, figsize=size, sharey=True, squeeze=False, layout="constrained")
    for axis in axes[0]:
        axis.spines[["top", "right", "left"]].set_visible(False)
        axis.tick_params(length=0)
        axis.grid(axis="x", color=GRID, linewidth=0.8)
        axis.set_axisbelow(True)
    left = axes[0][0]
    left.set_ylim(at + 0.8, -1.6)
    left.set_yticks(heights, [reader for _, reader in lines])
    for label, (_, reader) in zip(left.get_yticklabels(), lines, strict=True):
        label.set_color(OURS if reader == OWN else INK)
        label.set_fontweight("bold" if reader == OWN else "normal")
    for format in dict.fromkeys(format for format, _ in lines):
        top = next(h for h, line in zip(heights, lines, strict=True) if line[0] == format)
        words, place = FORMAT_NAMES[format], ("axes fraction", "data")
        left.annotate(words, (0, top - 0.85), xycoords=place, xytext=(-4, 0), textcoords="offset points", ha="right",
                      va="center", fontsize=9.5, fontweight="bold")  # fmt: skip
    return figure, axes[0], heights


def _dots(axis: Any, heights: list[float], lines: list[tuple[str, str]], values: list[float | None]) -> None:
    for height, (_, reader), value in zip(heights, lines, values, strict=True):
        if value is not None:
            colour = OURS if reader == OWN else THEIRS
            axis.plot([value], [height], "o", color=colour, markersize=7 if reader == OWN else 5, clip_on=False)


def _exactness(table: Table, lines: list[tuple[str, str]], path: Path) -> Path:
    figure, axes, heights = _figure(lines, 2)
    tallies = [table.sum(reader, format) for format, reader in lines]
    astray = [1e4 * (t.cells - t.right) / t.cells if t.cells else None for t in tallies]
    for axis, values, words in (
        (axes[0], astray, "cells not read as printed, of 10,000"),
        (axes[1], [t.silent_rate for t in tallies], "of them wrong numbers without a warning"),
    ):
        _dots(axis, heights, lines, values)
        axis.set_xscale("symlog", linthresh=10)
        axis.set_xlim(0, 10_000)
        axis.set_xticks([0, 10, 100, 1_000, 10_000], ["0", "10", "100", "1,000", "10,000"])
        axis.set_xlabel(words)
    figure.get_layout_engine().set(wspace=0.08)
    return save(figure, path)


def _speed(results: Results, lines: list[tuple[str, str]], path: Path) -> Path:
    figure, (axis,), heights = _figure(lines, 1)
    seconds = {(row["format"], row["reader"]): row for row in results["seconds"]}
    for height, line in zip(heights, lines, strict=True):
        row = seconds.get(line)
        if row is not None:
            colour = OURS if line[1] == OWN else THEIRS
            axis.plot([1e3 * row["low"], 1e3 * row["high"]], [height] * 2, color=colour, linewidth=2, alpha=0.5)
            _dots(axis, [height], [line], [1e3 * row["median"]])
            axis.annotate(f"{1e3 * row['median']:,.0f}" if row["median"] >= 0.01 else f"{1e3 * row['median']:.1f}",
                          (1e3 * row["high"], height), xytext=(7, 0), textcoords="offset points", va="center",
                          fontsize=8, color=colour)  # fmt: skip
    axis.set_xscale("log")
    axis.set_xlabel("processor time a document, ms (median, and the quarters below and above)")
    axis.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    return save(figure, path)


def save(figure: Any, path: Path) -> Path:
    """Write a figure as SVG without its date, and be done with it."""
    from matplotlib import pyplot

    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
    path.write_text("\n".join(line.rstrip() for line in path.read_text().splitlines()) + "\n")
    return path
