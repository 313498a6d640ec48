"""`python -m tools.train.mean`: the mean of several runs' adapters, as a run of its own: to be calibrated, and shipped.

Runs that began with one adapter and learned from other lessons, or at another rate, err in other places: the mean of
their weights reads better than each, and costs no more than one (model soups, arXiv 2203.05482).
"""

import shutil
from pathlib import Path
from typing import Annotated

import torch
import typer
from safetensors.torch import load_file, save_file
from torch import Tensor

from smoothread_agent.model.adapter import SETTINGS, WEIGHTS
from tools.train.run import SETTINGS as RUN_SETTINGS

app = typer.Typer(add_completion=False, help=__doc__)


@app.command()
def mean(
    into: Annotated[Path, typer.Argument(help="the new run's folder")],
    runs: Annotated[list[Path], typer.Argument(help="two runs or more; settings are the first one's")],
) -> None:
    """Write the mean of the runs' adapters."""
    every = [load_file(run / "adapter" / WEIGHTS) for run in runs]
    shapes = [{name: weight.shape for name, weight in weights.items()} for weights in every]
    for run, other in zip(runs, shapes, strict=True):
        if other != shapes[0]:
            raise typer.BadParameter(f"the adapters of {runs[0]} and {run} are of other modules, or ranks")
    (into / "adapter").mkdir(parents=True, exist_ok=True)
    weights = {name: _mean([each[name] for each in every]) for name in every[0]}
    save_file(weights, into / "adapter" / WEIGHTS, {"format": "pt"})
    shutil.copyfile(runs[0] / "adapter" / SETTINGS, into / "adapter" / SETTINGS)
    shutil.copyfile(runs[0] / RUN_SETTINGS, into / RUN_SETTINGS)


def _mean(weights: list[Tensor]) -> Tensor:
    return torch.stack([weight.float() for weight in weights]).mean(0).to(weights[0].dtype)


if __name__ == "__main__":
    app()
