"""`python -m tools.train.recall FOLDER`: teach a tiny RWKV-7 to recall keys, or go on with the run in FOLDER."""

from pathlib import Path
from typing import Annotated

import typer

from tools.train.recall.settings import Settings
from tools.train.recall.trainer import RecallTrainer
from tools.train.run import follow

app = typer.Typer(add_completion=False, help=__doc__)


@app.command()
def train(
    folder: Annotated[Path, typer.Argument(help="where settings, curve, checkpoint and network are kept")],
    settings: Annotated[Path | None, typer.Option(help="a settings.json to start from")] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda")] = "cpu",
) -> None:
    """Train, writing FOLDER/curve.jsonl: loss, and the share recalled at each length."""
    follow(RecallTrainer(Settings.load(folder, settings), folder, device))


if __name__ == "__main__":
    app()
