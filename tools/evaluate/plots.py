"""Plots of a run: accuracy by length and arm, and reading time by length, a panel a task."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from tools.evaluate.arms.arm import ARMS
from tools.evaluate.store import StoreError
from tools.evaluate.summary import ALL, Line
from tools.evaluate.table import tokens

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ACCURACY, TIME = "accuracy-by-length.svg", "time-by-length.svg"
_MARKS = dict(zip(ARMS, ("o", "s", "^", "D", "v"), strict=True))
_ACROSS = 4
"""Panels side by side."""


def draw(found: Sequence[Line], into: Path) -> list[Path]:
    """Draw both plots. Equal lines give equal files.

    Tasks that were asked at several lengths have a panel each; where there are none, every task has.

    Raises:
        StoreError: no line has a length, so that there is nothing to draw over.
    """
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "smoothread"
    measured = _by_task([line for line in found if line.length and line.task != ALL])
    if not measured:
        raise StoreError("the results hold no text of an asked length, so there is nothing to draw")
    into.mkdir(parents=True, exist_ok=True)
    _figure(measured, into / ACCURACY, "share found, %", _accuracy)
    _figure(measured, into / TIME, "seconds a case", _seconds)
    return [into / ACCURACY, into / TIME]


def _by_task(found: Sequence[Line]) -> dict[str, list[Line]]:
    """The lines of each task, short texts first."""
    tasks: dict[str, list[Line]] = {}
    for line in sorted(found, key=lambda line: (line.suite, line.task, line.length)):
        tasks.setdefault(line.task, []).append(line)
    several = {task: mine for task, mine in tasks.items() if len({line.length for line in mine}) > 1}
    return several or tasks


def _figure(
    tasks: dict[str, list[Line]], path: Path, label: str, panel: Callable[["Axes", Sequence[Line]], None]
) -> None:
    import matplotlib.pyplot as plt

    across = min(len(tasks), _ACROSS)
    down = -(-len(tasks) // across)
    figure, grid = plt.subplots(
        down, across, figsize=(3.2 * across, 2.9 * down), squeeze=False, sharey=True, layout="constrained"
    )
    panels: list[Axes] = list(grid.flat)
    for axes in panels[len(tasks) :]:
        axes.set_visible(False)
    for axes, (task, found) in zip(panels, tasks.items(), strict=False):
        panel(axes, found)
        lengths = sorted({line.length for line in found})
        axes.set_xscale("log", base=2)
        axes.set_xticks(lengths, [tokens(length) for length in lengths])
        axes.minorticks_off()
        axes.set_title(task, fontsize=10)
        axes.grid(alpha=0.3)
    figure.supxlabel("text, tokens")
    figure.supylabel(label)
    # The panel with most arms names them for all.
    fullest = max(range(len(tasks)), key=lambda at: len(panels[at].get_legend_handles_labels()[1]))
    figure.legend(*panels[fullest].get_legend_handles_labels(), loc="outside right upper")
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def _accuracy(axes: "Axes", found: Sequence[Line]) -> None:
    for arm in ARMS:
        known = [(line.length, line.found) for line in found if line.arm == arm and line.found is not None]
        if known:
            means = [100 * estimate.mean for _, estimate in known]
            below = [100 * (estimate.mean - estimate.low) for _, estimate in known]
            above = [100 * (estimate.high - estimate.mean) for _, estimate in known]
            lengths = [length for length, _ in known]
            axes.errorbar(lengths, means, [below, above], **_style(arm), capsize=2)
    axes.set_ylim(-3, 103)


def _seconds(axes: "Axes", found: Sequence[Line]) -> None:
    for arm in ARMS:
        mine = [line for line in found if line.arm == arm]
        if mine:
            axes.plot([line.length for line in mine], [line.seconds for line in mine], **_style(arm))
    axes.set_yscale("log")


class _Style(TypedDict):
    marker: str
    color: str
    label: str


def _style(arm: str) -> _Style:
    """An arm looks alike in every panel, whichever arms stand there."""
    return {"marker": _MARKS[arm], "color": f"C{ARMS.index(arm)}", "label": arm}
