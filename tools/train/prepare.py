"""`python -m tools.train.prepare`: render a run's lessons beforehand, in several processes."""

from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from smoothread_agent.model.loading import load_model
from smoothread_agent.model.resolve import resolve
from smoothread_agent.reading.codec import TextCodec
from tools.train import prepared
from tools.train.lessons import lessons_of
from tools.train.settings import Settings
from tools.train.trajectory import Split

app = typer.Typer(add_completion=False, help=__doc__)

Piece = tuple[Split, int]
"""A split, and the first step of a file."""


@app.command()
def main(
    folder: Annotated[Path, typer.Argument(help="the run's: its settings are there, or are given")],
    settings: Annotated[Path | None, typer.Option(help="a settings.json to start from")] = None,
    model: Annotated[str | None, typer.Option(help="as for training; its tokenizer is what matters")] = None,
    workers: Annotated[int, typer.Option(min=1, help="processes")] = 2,
) -> None:
    """Write the lessons of all steps that are not there yet, and those that the curve is measured on.

    Killed, it goes on where it was. Then `python -m tools.train FOLDER` takes them, also on another machine.
    """
    chosen = Settings.load(folder, settings)
    folder.mkdir(parents=True, exist_ok=True)
    chosen.save(folder)
    pieces: list[Piece] = [("train", step) for step in range(0, chosen.steps, prepared.STEPS)]
    pieces.append(("held_out", chosen.steps))
    missing = [piece for piece in pieces if not prepared.path_of(folder, *piece).exists()]
    console = Console(stderr=True)
    with ProcessPoolExecutor(workers) as pool:
        done = pool.map(partial(prepare, folder, chosen, model), missing)
        for _ in track(done, "rendering", total=len(missing), console=console):
            pass


def prepare(folder: Path, settings: Settings, model: str | None, piece: Piece) -> None:
    """Write one file."""
    split, first = piece
    codec = _codec(model)
    if split == "train":
        last = min(first + prepared.STEPS, settings.steps)
        counted = [(step, settings.trajectories_per_step) for step in range(first, last)]
    else:
        counted = [(first, settings.held_out)]
    steps = [list(lessons_of(codec, settings, split, step, count)) for step, count in counted]
    prepared.write(prepared.path_of(folder, split, first), prepared.made_for(codec, settings), steps)


@cache
def _codec(model: str | None) -> TextCodec:
    return TextCodec(load_model(resolve(model), device="cpu").tokenizer)


if __name__ == "__main__":
    app()
