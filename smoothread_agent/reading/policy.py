"""When to take a clue, when to stop, and how much to spend: the decisions around the model's probabilities."""

import math
import threading
import time
from dataclasses import dataclass
from typing import Literal

from pydantic import Field, field_validator

from smoothread_agent.errors import RequestError
from smoothread_agent.schema import Probability, Value


class Thresholds(Value):
    """From which confidence on the model's choices count. An adapter ships those it was calibrated to."""

    new: Probability = Field(
        default=0.5, description="look for a clue in a chunk from this confidence on that it holds one"
    )
    keep: Probability = Field(
        default=0.5, description="keep a quote from this confidence on in the clue, of both choices together"
    )
    again: Probability = Field(
        default=0.4,
        description="look again where no clue is as sure as this, and take a quote of that second look from it on",
    )
    stop: Probability = Field(default=0.5, description="stop from this confidence on")


def together(first: float, second: float) -> float:
    """The confidence of two witnesses who do not know of each other, 0 to 1: their odds are multiplied."""
    return _probability(_odds(first) * _odds(second))


def needed(threshold: float, beside: float) -> float:
    """The confidence that reaches `threshold` together with `beside`."""
    return _probability(_odds(threshold) / _odds(beside))


_SURE = 1 - 1e-9


def _odds(confidence: float) -> float:
    bounded = min(max(confidence, 1 - _SURE), _SURE)
    return bounded / (1 - bounded)


def _probability(odds: float) -> float:
    return odds / (1 + odds)


class Calibration(Value):
    """How a choice's confidence follows from the model's margin: the logit of the second continuation less the first's.

    The margin times `scale`, plus `offset`, is the logit of the confidence (Platt's scaling). Left as it is, the
    confidence is the model's own probability of the one against the other.
    """

    scale: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    offset: float = Field(default=0.0, allow_inf_nan=False)

    def confidence(self, margin: float) -> float:
        """The confidence at a margin, 0 to 1."""
        return 0.5 * (1 + math.tanh((self.scale * margin + self.offset) / 2))


class Calibrations(Value):
    """The calibration of each choice."""

    new: Calibration = Calibration()
    keep: Calibration = Calibration()
    action: Calibration = Calibration()


class StopPolicy(Value):
    """Whether the model's STOP ends a reading, and from when on."""

    when: Literal["model", "never"] = "model"
    min_chunks: int = Field(default=1, ge=1, description="chunks that are read in any case")
    needs_new_clue: bool = Field(
        default=True,
        description="STOP is asked for only where a clue was just found: nothing else changes the answer",
    )

    def allows(self, *, chunks_read: int, new_clues: int) -> bool:
        """Whether STOP may be chosen at all, after so many chunks, the last of which gave so many new clues."""
        if self.when == "never" or chunks_read < self.min_chunks:
            return False
        return new_clues > 0 or not self.needs_new_clue


class Limits(Value):
    """How large the parts of a round may grow."""

    clues_in_stream: int = Field(
        default=8, ge=1, description="clues restated each round; the least confident leave"
    )
    clue_tokens_in_stream: int = Field(default=256, ge=16)
    clues_per_chunk: int = Field(default=8, ge=1)
    drops_per_chunk: int = Field(
        default=1, ge=1, description="quotes that are dropped again before a chunk is asked no more"
    )
    looks_again: int = Field(
        default=3, ge=0, description="chunks that are looked at again where no clue was found: the likeliest"
    )
    nearest: int = Field(
        default=3, ge=1, description="quotes that a second look gives where none of them is sure enough"
    )
    quote_characters: tuple[int, int] = Field(
        default=(4, 300), description="a quote's fewest and most characters"
    )
    target_tokens: int = Field(default=48, ge=4, description="of the task, restated each round")
    note_tokens: int = Field(default=48, ge=4)
    reason_tokens: int = Field(default=48, ge=4)
    answer_tokens: int = Field(default=128, ge=1)

    @field_validator("quote_characters")
    @classmethod
    def _ordered(cls, bounds: tuple[int, int]) -> tuple[int, int]:
        fewest, most = bounds
        if not 1 <= fewest <= most or most < 2:
            raise ValueError("give the fewest characters, at least 1, then the most, at least 2 and no fewer")
        return bounds


@dataclass
class Budget:
    """What a reading may spend, and the switch that ends it from outside."""

    max_tokens: int | None = None
    max_seconds: float | None = None
    max_chunks: int | None = None
    cancelled: threading.Event | None = None

    def __post_init__(self) -> None:
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the reading began."""
        return time.monotonic() - self._began

    @property
    def late(self) -> bool:
        """Whether its seconds are spent."""
        return self.max_seconds is not None and self.seconds >= self.max_seconds

    def spent(self, tokens: int, chunks: int, next_tokens: int) -> str | None:
        """Why the next chunk may not be read, or none."""
        if self.max_chunks is not None and chunks >= self.max_chunks:
            return f"{chunks} chunks read, as many as allowed"
        if self.max_tokens is not None and tokens + next_tokens > self.max_tokens:
            return f"{tokens} tokens read, and the next chunk would pass the {self.max_tokens} allowed"
        if self.late:
            return f"{self.seconds:.1f} s spent of the {self.max_seconds:g} s allowed"
        return None

    def is_cancelled(self) -> bool:
        """Whether someone asked for the reading to end."""
        return self.cancelled is not None and self.cancelled.is_set()


def check_room(window: int, chunk: int, limits: Limits) -> None:
    """Refuse a chunk that would push its own beginning out of the window before its summary is written.

    Raises:
        RequestError: chunk and summary do not fit the window together.
    """
    summary = limits.target_tokens + limits.clue_tokens_in_stream + 64
    if chunk + summary > window:
        raise RequestError(
            f"a chunk of {chunk} tokens and its summary (up to {summary}) do not fit a window of {window}: "
            f"choose a chunk of at most {max(0, window - summary)} tokens, or a larger window"
        )
