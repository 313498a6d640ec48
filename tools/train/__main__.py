"""`python -m tools.train`: teach a model to read."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from smoothread_agent.errors import ModelError
from smoothread_agent.model.loading import load_model
from smoothread_agent.model.resolve import resolve
from smoothread_agent.reading.engine import SHIPPED_ADAPTER
from tools.train.run import follow
from tools.train.settings import Settings
from tools.train.trainer import Trainer

app = typer.Typer(add_completion=False, help=__doc__)


@app.command()
def train(
    folder: Annotated[Path, typer.Argument(help="where settings, curve, checkpoint and adapter are kept")],
    model: Annotated[
        str | None,
        typer.Option(help="a hub-layout folder, a GGUF file or a hub id; the default model if left out"),
    ] = None,
    adapter: Annotated[
        str | None,
        typer.Option(help="an adapter to begin with: a folder, or `shipped`; a new one if left out"),
    ] = None,
    settings: Annotated[Path | None, typer.Option(help="a settings.json to start from")] = None,
    steps: Annotated[int | None, typer.Option(help="how many steps, in place of the settings' own")] = None,
    device: Annotated[str | None, typer.Option(help="cuda, cpu; the best there is if left out")] = None,
) -> None:
    """Train an adapter, or go on with the run that FOLDER holds."""
    chosen = Settings.load(folder, settings)
    if steps is not None:
        chosen = chosen.model_copy(update={"steps": steps})
    try:
        loaded = load_model(resolve(model), device=device)
        begin_with = SHIPPED_ADAPTER if adapter == "shipped" else Path(adapter) if adapter else None
        trainer = Trainer(loaded.model, loaded.tokenizer, chosen, folder, begin_with)
    except ModelError as error:
        Console(stderr=True).print(f"[red]{error}")
        raise typer.Exit(2) from error
    follow(trainer)


if __name__ == "__main__":
    app()
