"""`python -m tools.train.calibrate`: what an adapter's confidences mean, measured on held-out trajectories."""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console
from rich.progress import track

from smoothread_agent.model.loading import load_model
from smoothread_agent.model.resolve import resolve
from smoothread_agent.model.window import PinnedWindowModel
from smoothread_agent.reading import wording
from smoothread_agent.reading.codec import TextCodec
from smoothread_agent.reading.engine import READING, AdapterNotes
from smoothread_agent.reading.policy import Calibration, Calibrations, Thresholds
from tools.train.calibration import (
    Sure,
    calibrate,
    choose,
    clue_confidence,
    expected_error,
    reliability,
    sure,
)
from tools.train.lesson import Score, Weighing, study
from tools.train.settings import Settings, Stage
from tools.train.trainer import draw, lesson_of

REPORT = "calibration.json"


def collect(
    model: PinnedWindowModel, codec: TextCodec, settings: Settings, stage: Stage, count: int, seed: str
) -> Score:
    """The decisions on held-out trajectories of a stage, every part of which is weighed."""
    score = Score()
    for number in track(range(count), "reading", console=Console(stderr=True)):
        rng = random.Random(f"calibration/{seed}/{number}")
        trajectory = draw(settings, stage, rng, "held_out", tempted=1.0)
        with torch.no_grad():
            study(model, [lesson_of(codec, settings, trajectory, rng)], score)
    return score


def _reported(
    name: str, calibrations: Calibrations, thresholds: Thresholds, score: Score
) -> dict[str, object]:
    """How a choice is calibrated, and what passes its threshold."""
    seen = [d for d in score.decisions if d.field == name]
    calibration: Calibration = getattr(calibrations, name)
    threshold = thresholds.stop if name == "action" else getattr(thresholds, name)
    return {
        "error_before": expected_error(sure(Calibration(), seen)),
        **_figures(sure(calibration, seen), threshold),
    }


def _clues(
    calibrations: Calibrations, thresholds: Thresholds, weighings: Sequence[Weighing]
) -> dict[str, object]:
    """What the best quote of a part comes to: how sure it is, and how often it is a clue, right or wrong."""
    seen = [(clue_confidence(calibrations, each), each.best.right) for each in weighings]
    announced = [calibrations.new.confidence(each.announced) >= thresholds.new for each in weighings]
    free = [not any(each.rights) for each in weighings]

    def share(of: Sequence[bool], gated: bool, threshold: float, right: bool) -> float:
        """Of the parts `of`, those of which the best quote is a clue, and as right as said."""
        passed = [
            confidence >= threshold and truth == right and (told or not gated)
            for (confidence, truth), told, counted in zip(seen, announced, of, strict=True)
            if counted
        ]
        return sum(passed) / max(1, len(passed))

    telling = [not each for each in free]
    return {
        **_figures(seen, thresholds.keep),
        "best_is_right": sum(truth for _, truth in seen) / max(1, sum(telling)),
        "found": share(telling, True, thresholds.keep, True),
        "false": share(free, True, thresholds.keep, False),
        "again": thresholds.again,
        "found_again": share(telling, False, thresholds.again, True),
        "false_again": share(free, False, thresholds.again, False),
    }


def _figures(seen: Sequence[Sure], threshold: float) -> dict[str, object]:
    taken = {
        word: sum(confidence >= threshold for confidence, truth in seen if truth == right)
        / max(1, sum(truth == right for _, truth in seen))
        for word, right in (("yes_taken", True), ("no_taken", False))
    }
    return {
        "count": len(seen),
        "error_after": expected_error(seen),
        "threshold": threshold,
        **taken,
        "reliability": reliability(seen),
    }


app = typer.Typer(add_completion=False, help=__doc__)


@app.command()
def main(
    run: Annotated[Path, typer.Argument(help="the folder of a training run; its adapter is calibrated")],
    model: Annotated[str | None, typer.Option(help="as for training")] = None,
    count: Annotated[
        int, typer.Option(min=20, help="held-out trajectories; half of them are for the report")
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
    reader = PinnedWindowModel(loaded.model, fingerprint="calibration", window=settings.window)
    codec, half = TextCodec(loaded.tokenizer), count // 2
    last = settings.curriculum[-1]
    stage = last.model_copy(update={"part_characters": characters or last.part_characters})
    fitted, kept = (
        collect(reader, codec, settings, stage, half, f"{seed}/{part}") for part in ("fit", "report")
    )
    calibrations = calibrate(fitted.decisions, fitted.weighings)
    thresholds = choose(calibrations, fitted.decisions, fitted.weighings)
    report: dict[str, object] = {
        "trajectories": half,
        "fitted_on": half,
        "part_characters": stage.part_characters,
        **{name: _reported(name, calibrations, thresholds, kept) for name in ("new", "action")},
        "clue": _clues(calibrations, thresholds, kept.weighings),
    }
    notes = AdapterNotes(wording=wording.VERSION, calibration=calibrations, thresholds=thresholds)
    (adapter / READING).write_text(notes.model_dump_json(indent=2) + "\n")
    (adapter / REPORT).write_text(json.dumps(report, indent=2) + "\n")
    Console().print_json(data=report)


if __name__ == "__main__":
    app()
