"""`python -m tools.train.recall FOLDER`: teach a tiny RWKV-7 to recall keys, or go on with the run in FOLDER."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tools.train.recall.settings import Settings
from tools.train.recall.trainer import RecallTrainer

app = typer.Typer(add_completion=False, help=__doc__)


@app.command()
def train(
    folder: Annotated[Path, typer.Argument(help="where settings, curve, checkpoint and network are kept")],
    settings: Annotated[Path | None, typer.Option(help="a settings.json to start from")] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda")] = "cpu",
) -> None:
    """Train, writing FOLDER/curve.jsonl: loss, and the share recalled at each length."""
    known = settings or (folder / "settings.json" if (folder / "settings.json").exists() else None)
    chosen = Settings.model_validate_json(known.read_text("utf-8")) if known else Settings()
    trainer = RecallTrainer(chosen, folder, device)
    console = Console(stderr=True)
    if trainer.resume():
        console.print(f"going on from step {trainer.step}")

    def show(figures: dict[str, float]) -> None:
        if int(figures["step"]) % 50 == 0 or "recalled_128" in figures:
            console.print(figures)

    trainer.run(show)


if __name__ == "__main__":
    app()
