"""What a training run is: every number in one place, saved beside its checkpoints."""

import math

from pydantic import BaseModel, ConfigDict, Field

from tools.train.run import RunSettings


class Stage(BaseModel):
    """A stretch of the curriculum: how long the parts are, how many, and of which families."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    until: float = Field(gt=0, le=1, description="share of all steps at which this stage ends")
    part_characters: tuple[int, int]
    parts: tuple[int, int]
    families: dict[str, float] | None = Field(
        default=None, description="weights by family; the settings' own if left out"
    )


CURRICULUM = (
    Stage(until=0.4, part_characters=(150, 400), parts=(3, 7)),
    Stage(until=0.75, part_characters=(150, 1000), parts=(3, 8)),
    Stage(until=1.0, part_characters=(200, 2600), parts=(2, 8)),
)
"""From short parts to long: the decision is learned on short ones, its reach on long ones."""


class Settings(RunSettings):
    """A reading run's settings."""

    steps: int = Field(default=260, ge=1)
    trajectories_per_step: int = Field(default=6, ge=1)
    batch: int = Field(default=3, ge=1, description="trajectories read together, a row each")
    learning_rate: float = Field(default=1e-3, gt=0)
    warmup: int = Field(default=20, ge=0, description="steps")
    rank: int = Field(default=16, ge=1)
    alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    clip: float = Field(default=1.0, gt=0, description="largest norm of a step's gradient")
    window: int = Field(default=1024, ge=16)
    max_tokens: int = Field(default=2400, ge=64, description="a longer trajectory is drawn again")
    families: dict[str, float] | None = None
    source_first: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="share of the trajectories that are read source first; a round of each is the lesson",
    )
    curriculum: tuple[Stage, ...] = CURRICULUM
    held_out: int = Field(default=24, ge=1, description="held-out trajectories that the curve is measured on")

    def stage(self, step: int) -> Stage:
        """The stage of the curriculum at `step`."""
        share = step / self.steps
        return next((stage for stage in self.curriculum if share < stage.until), self.curriculum[-1])

    def rate(self, step: int) -> float:
        """The learning rate at `step`: a linear warm-up, then half a cosine down to a tenth."""
        if step < self.warmup:
            return self.learning_rate * (step + 1) / self.warmup
        share = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.learning_rate * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * share)))
