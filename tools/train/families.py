"""`python -m tools.train.families`: what an adapter has learned of each family of tasks, on held-out trajectories."""

import json
import random
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from smoothread_agent.model.choosing import attending
from smoothread_agent.model.loading import load_model
from smoothread_agent.model.resolve import resolve
from smoothread_agent.model.window import PinnedWindowModel
from smoothread_agent.reading.codec import TextCodec
from tools.train.lesson import study
from tools.train.render import render
from tools.train.score import Score
from tools.train.settings import Settings
from tools.train.tasks import FAMILIES, sample

COLUMNS = ("new_yes", "new_no", "keep_yes", "keep_no", "best", "action_yes", "action_no", "text", "loss")

app = typer.Typer(add_completion=False, help=__doc__)


@app.command()
def main(
    run: Annotated[Path, typer.Argument(help="the folder of a training run; its adapter is examined")],
    model: Annotated[str | None, typer.Option(help="as for training")] = None,
    family: Annotated[str, typer.Option(help="only families whose name begins so")] = "",
    count: Annotated[int, typer.Option(min=1, help="trajectories of each family")] = 12,
    characters: Annotated[int, typer.Option(min=60, help="most characters of a part")] = 1000,
    device: str | None = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout")] = False,
) -> None:
    """The share of right decisions and of right beginnings of quotes, family by family."""
    loaded = load_model(resolve(model), device=device, adapter=str(run / "adapter"))
    window = Settings.load(run).window
    reader = PinnedWindowModel(attending(loaded.model), fingerprint="families", window=window)
    codec, found = TextCodec(loaded.tokenizer), {}
    names = [name for name in FAMILIES if name.startswith(family)]
    for name in track(names, "reading", console=Console(stderr=True)):
        score = Score()
        for number in range(count):
            trajectory = sample(
                random.Random(f"families/{name}/{number}"),
                families={name: 1.0},
                part_characters=(characters, characters),
                parts=(1, 3),
                split="held_out",
            )
            with torch.no_grad():
                study(reader, [render(codec, trajectory)], score)
        found[name] = score.summary()
    if as_json:
        print(json.dumps({"characters": characters, "count": count, "families": found}, indent=2))
        return
    table = Table("family", *COLUMNS)
    for name, figures in found.items():
        table.add_row(name, *(f"{figures[column]:.2f}" if column in figures else "-" for column in COLUMNS))
    Console().print(table)


if __name__ == "__main__":
    app()
