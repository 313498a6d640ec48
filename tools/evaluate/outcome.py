"""Outcome: what an arm gives for a case, whatever the arm is."""

from collections.abc import Callable

from pydantic import BaseModel, ConfigDict

from smoothread_agent.schema import Clue, Coverage, StopSignal, Usage
from tools.evaluate.case import Case, Span


class Outcome(BaseModel):
    """An answer, the evidence shown for it, why reading ended, what was read and what it cost.

    Attributes:
        clues: every clue found, whether or not it was still held at the end.
        nearest: where there is no clue, the quotes that came nearest.
        chunks: spans of the chunks that were read, in order; empty where the text is read in one piece.
        peak_bytes: most memory held for the text beside the weights, where the arm can tell.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    answer: str
    clues: tuple[Clue, ...] = ()
    nearest: tuple[Clue, ...] = ()
    stop: StopSignal
    chunks: tuple[Span, ...] = ()
    coverage: Coverage
    usage: Usage
    peak_bytes: int | None = None


Arm = Callable[[Case], Outcome]
"""A way to answer a case. It keeps nothing from one case to the next."""
