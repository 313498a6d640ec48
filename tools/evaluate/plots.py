"""Plots of a run, for the documentation: accuracy by length and arm, and reading time by length.

python -m tools.evaluate.plots runs/evaluation --into docs
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tools.evaluate.arms.arm import ARMS
from tools.evaluate.store import RESULTS, StoreError, read
from tools.evaluate.summary import ALL, Line, latest, lines
from tools.evaluate.table import tokens

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ACCURACY, TIME = "accuracy-by-length.svg", "time-by-length.svg"
_MARKS = dict(zip(ARMS, ("o", "s", "^", "D", "v"), strict=True))


def draw(found: Sequence[Line], into: Path) -> list[Path]:
    """Draw both plots, a panel a suite. Equal lines give equal files.

    Raises:
        StoreError: no line has a length, so that there is nothing to draw over.
    """
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "smoothread"
    measured = _by_suite([line for line in found if line.length])
    if not measured:
        raise StoreError("the results hold no text of an asked length: there is nothing to draw")
    into.mkdir(parents=True, exist_ok=True)
    _figure(measured, into / ACCURACY, "share found, %", _accuracy)
    _figure(measured, into / TIME, "seconds a case", _seconds)
    return [into / ACCURACY, into / TIME]


def _by_suite(found: Sequence[Line]) -> dict[str, list[Line]]:
    """The lines of all tasks together; of a suite with one task, that task's."""
    suites: dict[str, list[Line]] = {}
    for suite in sorted({line.suite for line in found}):
        mine = [line for line in found if line.suite == suite]
        whole = [line for line in mine if line.task == ALL]
        suites[suite] = whole or mine
    return suites


def _figure(
    suites: dict[str, list[Line]], path: Path, label: str, panel: Callable[["Axes", Sequence[Line]], None]
) -> None:
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(
        1, len(suites), figsize=(3.6 * len(suites), 3.2), squeeze=False, layout="constrained"
    )
    for axes, (suite, found) in zip(panels[0], suites.items(), strict=True):
        panel(axes, found)
        lengths = sorted({line.length for line in found})
        axes.set_xscale("log", base=2)
        axes.set_xticks(lengths, [tokens(length) for length in lengths])
        axes.minorticks_off()
        axes.set_title(suite)
        axes.set_xlabel("text, tokens")
        axes.grid(alpha=0.3)
    panels[0][0].set_ylabel(label)
    panels[0][-1].legend()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def _accuracy(axes: "Axes", found: Sequence[Line]) -> None:
    for arm, mine in _arms(found):
        known = [(line.length, line.found) for line in mine if line.found is not None]
        means = [100 * estimate.mean for _, estimate in known]
        below = [100 * (estimate.mean - estimate.low) for _, estimate in known]
        above = [100 * (estimate.high - estimate.mean) for _, estimate in known]
        lengths = [length for length, _ in known]
        axes.errorbar(lengths, means, [below, above], marker=_MARKS[arm], capsize=2, label=arm)
    axes.set_ylim(-3, 103)


def _seconds(axes: "Axes", found: Sequence[Line]) -> None:
    for arm, mine in _arms(found):
        lengths, seconds = [line.length for line in mine], [line.seconds for line in mine]
        axes.plot(lengths, seconds, marker=_MARKS[arm], label=arm)
    axes.set_yscale("log")


def _arms(found: Sequence[Line]) -> list[tuple[str, list[Line]]]:
    """The lines of each arm by length, the arms in their fixed order."""
    by_length = sorted(found, key=lambda line: line.length)
    present: list[Any] = [(arm, [line for line in by_length if line.arm == arm]) for arm in ARMS]
    return [(arm, mine) for arm, mine in present if mine]


def main(
    run: Annotated[Path, typer.Argument(help="Folder of the run, as --out named it.")],
    into: Annotated[Path, typer.Option(help="Folder of the plots.")] = Path("docs"),
) -> None:
    """Draw the plots of a run: of each arm, by its last model and settings."""
    rows = list(read(run / RESULTS))
    if not rows:
        raise SystemExit(f"{run} holds no results: run `python -m tools.evaluate --out {run}` first")
    for path in draw(lines(latest(rows)), into):
        typer.echo(path)


if __name__ == "__main__":
    typer.run(main)
