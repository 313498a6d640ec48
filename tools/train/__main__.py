"""`python -m tools.train`: teach a model to read."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from smoothread_agent.model.loading import load_model
from smoothread_agent.model.resolve import resolve
from tools.train.settings import SETTINGS, Settings
from tools.train.trainer import Trainer

app = typer.Typer(add_completion=False, help=__doc__)


@app.command()
def train(
    folder: Annotated[Path, typer.Argument(help="where settings, curve, checkpoint and adapter are kept")],
    model: Annotated[
        str | None,
        typer.Option(help="a hub-layout folder, a GGUF file or a hub id; the default model if left out"),
    ] = None,
    settings: Annotated[Path | None, typer.Option(help="a settings.json to start from")] = None,
    steps: Annotated[int | None, typer.Option(help="how many steps, in place of the settings' own")] = None,
    device: Annotated[str | None, typer.Option(help="cuda, cpu; the best there is if left out")] = None,
) -> None:
    """Train an adapter, or go on with the run that FOLDER holds."""
    if settings is None and (folder / SETTINGS).exists():
        chosen = Settings.load(folder)
    else:
        chosen = Settings.model_validate_json(settings.read_text()) if settings else Settings()
    if steps is not None:
        chosen = chosen.model_copy(update={"steps": steps})
    loaded = load_model(resolve(model), device=device)
    trainer = Trainer(loaded.model, loaded.tokenizer, chosen, folder)
    console = Console(stderr=True)
    if trainer.resume():
        console.print(f"going on from step {trainer.step}")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("training", total=chosen.steps, completed=trainer.step)

        def show(figures: dict[str, float]) -> None:
            bar.update(task, completed=int(figures["step"]), description=f"loss {figures['loss']:.3f}")
            if "held_out_loss" in figures:
                console.print({k: v for k, v in figures.items() if k.startswith("held_out") or k == "step"})

        trainer.run(show)


if __name__ == "__main__":
    app()
