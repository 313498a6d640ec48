"""A training run: step after step, with a curve, and a checkpoint that any step goes on from."""

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor
from torch.optim import Optimizer
from typing_extensions import Self

from tools.train.checkpoint import read_checkpoint, write_checkpoint

SETTINGS, CURVE, CHECKPOINT = "settings.json", "curve.jsonl", "checkpoint.safetensors"

EXAMINED = "held_out_"
"""What the names of figures begin with that no step has learned from."""

Figures = dict[str, float]


class RunSettings(BaseModel):
    """What every run can be told. It is saved beside the run's checkpoints."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 0
    steps: int = Field(default=1000, ge=1)
    evaluate_every: int = Field(default=50, ge=1, description="steps")
    checkpoint_every: int = Field(default=20, ge=1, description="steps")

    @classmethod
    def load(cls, folder: Path, given: Path | None = None) -> Self:
        """Those of a file that was given, else those of the run in `folder`, else the defaults."""
        path = given or folder / SETTINGS
        return cls.model_validate_json(path.read_text("utf-8")) if given or path.exists() else cls()

    def save(self, folder: Path) -> None:
        """Write them to `folder`."""
        (folder / SETTINGS).write_text(self.model_dump_json(indent=2), encoding="utf-8")


class Run(ABC):
    """A run. Everything that it needs to go on lies in `folder`; what a step learns from depends on its number alone.

    Attributes:
        settings: the run's.
        folder: where settings, curve and checkpoint are.
        weights: what is trained.
        optimizer: that of `weights`.
        step: how many steps have been taken.
    """

    settings: RunSettings
    folder: Path
    weights: Sequence[Tensor]
    optimizer: Optimizer
    step: int = 0

    @abstractmethod
    def learn(self) -> Figures:
        """Take the next step; returns its figures for the curve, "loss" among them."""

    @abstractmethod
    def examine(self) -> Figures:
        """Figures on what no step has learned from; their names begin with `EXAMINED`."""

    def run(self, progress: Callable[[Figures], None]) -> None:
        """Train to the last step, writing the curve and checkpoints on the way."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.settings.save(self.folder)
        while self.step < self.settings.steps:
            began = time.monotonic()
            figures = self.learn()
            self.step += 1
            figures = {"step": self.step, **figures, "seconds": round(time.monotonic() - began, 3)}
            if self._due(self.settings.evaluate_every):
                figures |= self.examine()
            with (self.folder / CURVE).open("a") as curve:
                curve.write(json.dumps(figures) + "\n")
            progress(figures)
            if self._due(self.settings.checkpoint_every):
                self.save()

    def _due(self, every: int) -> bool:
        return self.step % every == 0 or self.step == self.settings.steps

    def save(self) -> None:
        """Write a checkpoint; a crash in the middle leaves the one before."""
        write_checkpoint(self.folder / CHECKPOINT, self.weights, self.optimizer, self.step)

    def resume(self) -> bool:
        """Go on from the folder's checkpoint, if it has one."""
        path = self.folder / CHECKPOINT
        if not path.exists():
            return False
        self.step = read_checkpoint(path, self.weights, self.optimizer)
        return True


def follow(run: Run) -> None:
    """Train, or go on, with a progress bar on the error stream, and what was examined printed above it."""
    console = Console(stderr=True)
    if run.resume():
        console.print(f"going on from step {run.step}")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("training", total=run.settings.steps, completed=run.step)

        def show(figures: Figures) -> None:
            bar.update(task, completed=int(figures["step"]), description=f"loss {figures['loss']:.3f}")
            if examined := {name: value for name, value in figures.items() if name.startswith(EXAMINED)}:
                console.print({"step": figures["step"], **examined})

        run.run(show)
