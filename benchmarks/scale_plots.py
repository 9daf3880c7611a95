"""What runs over more and more reports cost → the two plots of docs/scale.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.plots import GRID, INK, OURS, save, settings

STAGES = {"reading": "#c2410c", "gathering": "#7c3aed", "comparing": "#0f766e", "publishing": "#1d4ed8"}


def plot(results: dict[str, Any], folder: Path) -> list[Path]:
    """Writes scale-growth.svg and scale-run.svg to `folder`. `results` are runs by name, by number of reports."""
    settings()
    return [_growth(results, folder / "scale-growth.svg"), _run(results, folder / "scale-run.svg")]


def _growth(results: dict[str, Any], path: Path) -> Path:
    """Time by stage, memory and disk, over the number of reports."""
    from matplotlib import pyplot

    counts = [int(count) for count in results]
    first = [runs["first"] for runs in results.values()]
    figure, axes = pyplot.subplots(1, 3, figsize=(10.5, 3.4), layout="constrained")
    time, memory, disk = axes
    for stage in ("reading", "comparing", "publishing"):
        spent = [_rest(run) if stage == "comparing" else run.get(stage, 0.0) for run in first]
        _curve(time, counts, spent, stage, STAGES[stage])
    later = {"again": ("nothing new", "#94a3b8"), "100 of 2023": ("100 of one year", "#a16207"), "100 more": ("", INK)}
    for name, (said, color) in later.items():
        spent = [runs[name]["clock"] if name in runs else None for runs in results.values()]
        _curve(time, counts, spent, said or name, color)
    _curve(memory, counts, [run["parent"] for run in first], "the command", OURS)
    _curve(memory, counts, [run["child"] for run in first], "its largest worker", "#64748b")
    for kind, name, color in (("csv", "CSV", INK), ("parquet", "Parquet", "#1d4ed8"), ("kept", "ledger, index", OURS)):
        _curve(disk, counts, [run["disk"][kind] / 1e6 for run in first], name, color)
    for axis, title in zip(axes, ("seconds", "memory, MB", "disk, MB"), strict=True):
        axis.set(xscale="log", yscale="log", xlabel="reports", title=title)
        _quiet(axis)
    return save(figure, path)


def _rest(run: dict[str, Any]) -> float:
    """The seconds between reading and publishing, which is comparing with what it gathers, and those of the start."""
    known: float = sum(run.get(stage, 0.0) for stage in ("looking", "reading", "publishing"))
    return max(0.0, float(run["run"]) - known)


def _run(results: dict[str, Any], path: Path) -> Path:
    """The greatest run from nothing, over its clock: reports done in each stage, and the memory of the command."""
    from matplotlib import pyplot

    count = max(results, key=int)
    samples = results[count]["first"]["samples"]
    figure, (done, memory) = pyplot.subplots(2, 1, figsize=(9.0, 4.6), sharex=True, layout="constrained")
    for stage, color in STAGES.items():
        mine = [sample for sample in samples if sample[1] == stage]
        done.plot([s[0] / 60 for s in mine], [s[2] for s in mine], color=color, label=stage)
    memory.plot([s[0] / 60 for s in samples], [s[3] for s in samples], color=OURS)
    done.set(title=f"{int(count):,} reports from nothing: reports done")
    memory.set(title="memory of the command, MB", xlabel="minutes", ylim=(0, None))
    _quiet(done)
    _quiet(memory)
    return save(figure, path)


def _curve(axis: Any, counts: list[int], values: Sequence[float | None], name: str, color: str) -> None:
    axis.plot(counts, [value or None for value in values], marker="o", markersize=3, color=color, label=name)


def _quiet(axis: Any) -> None:
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(color=GRID, linewidth=0.8)
    axis.set_axisbelow(True)
    if axis.get_legend_handles_labels()[1]:
        axis.legend(frameon=False, fontsize=8)
