"""Rules: what stays the same in every round of one reading."""

from collections.abc import Callable
from dataclasses import dataclass

from smoothread_agent.reading.chat import ChatFormat
from smoothread_agent.reading.policy import Limits, StopPolicy, Thresholds
from smoothread_agent.schema import ClueKind


@dataclass(frozen=True)
class Rules:
    """What stays the same in every round of one reading."""

    chat: ChatFormat
    page_of: Callable[[int], int | None]
    """The page number at a character of the source."""
    target: str
    kind: ClueKind
    thresholds: Thresholds
    stop: StopPolicy
    limits: Limits
