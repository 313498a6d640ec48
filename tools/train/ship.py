"""`python -m tools.train.ship`: a run's adapter as it is given away, in bf16, with what it says of reading.

The model card, README.md, is written by hand and stays as it is.
"""

import json
import shutil
from pathlib import Path
from typing import Annotated

import torch
import typer
from safetensors.torch import load_file, save_file

from smoothread_agent.model.adapter import SETTINGS, WEIGHTS
from smoothread_agent.reading.engine import READING, SHIPPED_ADAPTER
from tools.train.calibrate import REPORT
from tools.train.run import SETTINGS as RUN_SETTINGS

app = typer.Typer(add_completion=False, help=__doc__)


@app.command()
def ship(
    run: Annotated[Path, typer.Argument(help="the folder of a training run that was calibrated")],
    base: Annotated[str, typer.Option(help="the hub id of the base, for those who look it up")],
    into: Annotated[Path, typer.Option(help="the adapter's new home")] = SHIPPED_ADAPTER,
) -> None:
    """Write the adapter of a run into a folder of its own."""
    adapter = run / "adapter"
    if not (adapter / READING).is_file():
        raise typer.BadParameter(f"{adapter} has no {READING}: calibrate the run first")
    into.mkdir(parents=True, exist_ok=True)
    weights = {name: weight.to(torch.bfloat16) for name, weight in load_file(adapter / WEIGHTS).items()}
    save_file(weights, into / WEIGHTS, {"format": "pt"})
    settings = json.loads((adapter / SETTINGS).read_text()) | {"base_model_name_or_path": base}
    settings["target_modules"] = sorted(settings["target_modules"])  # a set, in PEFT: in no order
    (into / SETTINGS).write_text(json.dumps(settings, indent=2) + "\n")
    for name in (READING, REPORT):
        shutil.copyfile(adapter / name, into / name)
    shutil.copyfile(run / RUN_SETTINGS, into / "training.json")


if __name__ == "__main__":
    app()
