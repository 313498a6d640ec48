"""`python -m tools.train.curve`: the curve of any run as a picture."""

import json
from pathlib import Path
from typing import Annotated

import typer

from tools.train.run import CURVE, EXAMINED, Figures

app = typer.Typer(add_completion=False, help=__doc__)


def draw(rows: list[Figures], path: Path, smoothed: int) -> None:
    """Draw the loss, a mean over `smoothed` steps, and beside it what was examined. Equal rows give equal files."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "smoothread"
    import matplotlib.pyplot as plt

    figure, (loss, examined) = plt.subplots(1, 2, figsize=(8.4, 3.2), layout="constrained")
    means = [rows[max(0, at - smoothed + 1) : at + 1] for at in range(len(rows))]
    loss.plot([row["step"] for row in rows], [sum(r["loss"] for r in mean) / len(mean) for mean in means])
    loss.set_ylabel(f"loss, mean of {smoothed} steps")
    for name in dict.fromkeys(name for row in rows for name in row if name.startswith(EXAMINED)):
        points = [(row["step"], row[name]) for row in rows if name in row]
        examined.plot(*zip(*points, strict=True), marker=".", label=name.removeprefix(EXAMINED))
    examined.set_ylabel("held out")
    for axes in (loss, examined):
        axes.set_xlabel("step")
        axes.grid(alpha=0.3)
    if examined.lines:
        examined.legend(fontsize="small")
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


@app.command()
def main(
    run: Annotated[Path, typer.Argument(help="the folder of a training run")],
    into: Annotated[Path, typer.Option(help="the SVG file to write")] = Path("curve.svg"),
    smoothed: Annotated[int, typer.Option(min=1, help="steps that a point of the loss is a mean of")] = 20,
) -> None:
    """Draw the curve of RUN."""
    path = run / CURVE
    if not path.exists():
        raise typer.BadParameter(f"{run} holds no {CURVE}: give the folder of a training run")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    draw(rows, into, smoothed)
    typer.echo(into)


if __name__ == "__main__":
    app()
