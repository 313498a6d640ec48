"""What a run learns from: the lessons of each step, drawn by its settings and the step's number alone."""

import random
from collections.abc import Iterator

from smoothread_agent.reading.codec import TextCodec
from tools.train.render import Rendered, render, render_source_first
from tools.train.settings import Settings, Stage
from tools.train.tasks import sample
from tools.train.trajectory import Split, Trajectory


def draw(settings: Settings, stage: Stage, rng: random.Random, split: Split) -> Trajectory:
    """A trajectory of a stage of the run's curriculum."""
    return sample(
        rng,
        families=stage.families or settings.families,
        part_characters=stage.part_characters,
        parts=stage.parts,
        split=split,
    )


def lesson_of(codec: TextCodec, settings: Settings, trajectory: Trajectory, rng: random.Random) -> Rendered:
    """The stream that a trajectory is taught by: all of it, or one round of it, source first.

    Source first every round begins with all of the source before it, so that one of them costs as much as the whole
    reading does task first; every other time it is one in which something was found.
    """
    if rng.random() >= settings.source_first:
        return render(codec, trajectory)
    rounds = render_source_first(codec, trajectory)
    telling = [lesson for lesson, part in zip(rounds, trajectory.parts, strict=True) if part.evidence]
    return rng.choice(telling if telling and rng.random() < 0.5 else rounds)


def lessons_of(
    codec: TextCodec, settings: Settings, split: Split, step: int, count: int
) -> Iterator[Rendered]:
    """So many lessons of a step; one that is too long is drawn again."""
    stage = settings.stage(step)
    for number in range(count):
        rng = random.Random(f"{settings.seed}/{split}/{step}/{number}")
        while True:
            lesson = lesson_of(codec, settings, draw(settings, stage, rng, split), rng)
            if len(lesson.pinned) + len(lesson.tokens) <= settings.max_tokens:
                break
        yield lesson
