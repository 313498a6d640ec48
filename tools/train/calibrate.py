"""`python -m tools.train.calibrate`: what an adapter's confidences mean, measured on held-out trajectories."""

import json
import random
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console
from rich.progress import track

from smoothread_agent.model.choosing import attending
from smoothread_agent.model.loading import load_model
from smoothread_agent.model.resolve import resolve
from smoothread_agent.model.window import PinnedWindowModel
from smoothread_agent.reading import wording
from smoothread_agent.reading.codec import TextCodec
from smoothread_agent.reading.engine import READING, AdapterNotes
from smoothread_agent.reading.policy import Calibration, Calibrations
from tools.train.calibration import choose, expected_error, fit, reliability
from tools.train.lesson import study
from tools.train.lessons import draw, lesson_of
from tools.train.score import DECISIONS, Decision, Score
from tools.train.settings import Settings
from tools.train.trajectory import Trajectory, TrajectoryError

REPORT = "calibration.json"
LONG = (4, 9)
"""Parts of the trajectories that STOP is chosen on: as a text of some thousand tokens has chunks."""
_TRIES = 1000


def collect(
    model: PinnedWindowModel,
    codec: TextCodec,
    draws: Callable[[random.Random], Trajectory],
    settings: Settings,
    count: int,
    seed: str,
) -> list[Decision]:
    """The decisions on so many trajectories."""
    score = Score()
    for number in track(range(count), "reading", console=Console(stderr=True)):
        rng = random.Random(f"calibration/{seed}/{number}")
        trajectory = draws(rng)
        with torch.no_grad():
            study(model, [lesson_of(codec, settings, trajectory, rng)], score)
    return score.decisions


class NothingUnfinishedError(TrajectoryError):
    """Every trajectory ends with its first clue."""


def unfinished(draws: Callable[[random.Random], Trajectory]) -> Callable[[random.Random], Trajectory]:
    """Of what is drawn, the trajectories in which something is found and there is more to find.

    The function raises `NothingUnfinishedError` where there seem to be none.
    """

    def drawn(rng: random.Random) -> Trajectory:
        for _ in range(_TRIES):
            trajectory = draws(rng)
            if any(part.evidence and not part.stop for part in trajectory.parts):
                return trajectory
        raise NothingUnfinishedError("in none of the run's families something is found before the last clue")

    return drawn


def calibrated(
    fitted: Sequence[Decision], kept: Sequence[Decision], stops: Sequence[Decision]
) -> tuple[AdapterNotes, dict[str, object]]:
    """What the first decisions say of reading, and a report of it on the second ones; STOP is chosen on the third."""
    calibrations = Calibrations.model_validate(
        {name: fit([d for d in fitted if d.field == name]).model_dump() for name in DECISIONS}
    )
    # Most trajectories end with their first clue: they show too few of the rounds that must not end a reading.
    thresholds = choose(calibrations, [*(d for d in fitted if d.field != "action"), *stops])
    report: dict[str, object] = {"stop_chosen_on": sum(d.field == "action" and not d.right for d in stops)}
    for name in DECISIONS:
        seen = [d for d in kept if d.field == name]
        calibration: Calibration = getattr(calibrations, name)
        threshold = thresholds.stop if name == "action" else getattr(thresholds, name)
        report[name] = {
            "count": len(seen),
            "error_before": expected_error(Calibration(), seen),
            "error_after": expected_error(calibration, seen),
            "threshold": threshold,
            **{
                word: sum(calibration.confidence(d.margin) >= threshold for d in seen if d.right == right)
                / max(1, sum(d.right == right for d in seen))
                for word, right in (("yes_taken", True), ("no_taken", False))
            },
            "reliability": reliability(calibration, seen),
        }
    return AdapterNotes(wording=wording.VERSION, calibration=calibrations, thresholds=thresholds), report


app = typer.Typer(add_completion=False, help=__doc__)


@app.command()
def calibrate(
    run: Annotated[Path, typer.Argument(help="the folder of a training run; its adapter is calibrated")],
    model: Annotated[str | None, typer.Option(help="as for training")] = None,
    count: Annotated[
        int,
        typer.Option(min=20, help="held-out trajectories, half for the report; half as many more for STOP"),
    ] = 200,
    characters: Annotated[
        tuple[int, int] | None,
        typer.Option(
            help="fewest and most characters of a part, as they will be read [default: the last stage's]"
        ),
    ] = None,
    seed: int = 0,
    device: str | None = None,
) -> None:
    """Calibrate the adapter of a run, and write down what it says of reading."""
    adapter = run / "adapter"
    loaded = load_model(resolve(model), device=device, adapter=str(adapter))
    settings = Settings.load(run)
    reader = PinnedWindowModel(attending(loaded.model), fingerprint="calibration", window=settings.window)
    codec, half = TextCodec(loaded.tokenizer), count // 2
    last = settings.curriculum[-1]
    stage = last.model_copy(update={"part_characters": characters or last.part_characters})
    draws = partial(draw, settings, stage, split="held_out")
    fitted, kept = (
        collect(reader, codec, draws, settings, half, f"{seed}/{part}") for part in ("fit", "report")
    )
    long = unfinished(partial(draw, settings, stage.model_copy(update={"parts": LONG}), split="held_out"))
    try:
        stops = collect(reader, codec, long, settings, half, f"{seed}/stop")
    except NothingUnfinishedError as error:
        stops = []
        Console(stderr=True).print(f"STOP is believed only where the model is as good as certain: {error}")
    notes, found = calibrated(fitted, kept, stops)
    report = {"trajectories": half, "fitted_on": half, "part_characters": stage.part_characters, **found}
    (adapter / READING).write_text(notes.model_dump_json(indent=2) + "\n")
    (adapter / REPORT).write_text(json.dumps(report, indent=2) + "\n")
    Console().print_json(data=report)


if __name__ == "__main__":
    app()
