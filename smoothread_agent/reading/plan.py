"""A plan: one reading, laid out - what is asked, of which chunks, how, for how much - and the words it opens with."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from smoothread_agent.reading import wording
from smoothread_agent.reading.chat import ChatFormat
from smoothread_agent.reading.chunker import Chunk
from smoothread_agent.reading.effects import Effect, Say
from smoothread_agent.reading.policy import Budget
from smoothread_agent.reading.rules import Rules
from smoothread_agent.schema import Arm, Order


@dataclass(frozen=True)
class Plan:
    """One reading: what is asked, of which chunks, how, and for how much."""

    task: str
    arm: Arm
    rules: Rules
    chunks: Sequence[Chunk]
    """In the order in which they are read."""
    budget: Budget
    answer_schema: dict[str, Any] | None = None
    order: Order = "task_first"

    @property
    def tokens_total(self) -> int:
        """Source tokens in all chunks."""
        return tokens_in(self.chunks)

    def affordable(self) -> int:
        """How many chunks, from the first on, the budgets of tokens and of chunks allow."""
        lasting = replace(self.budget, max_seconds=None)
        tokens = 0
        for number, chunk in enumerate(self.chunks):
            if lasting.spent(tokens, number, len(chunk.tokens)) is not None:
                return number
            tokens += len(chunk.tokens)
        return len(self.chunks)


def pinned_text(plan: Plan) -> tuple[str, str, str]:
    """The prefix to pin, task first: opening and instructions, the task (plain), and the opening of the first turn."""
    chat, rounds = plan.rules.chat, plan.arm != "whole"
    opening = chat.opening + wording.system(plan.rules.kind, rounds=rounds) + wording.TASK
    return opening, f" {plan.task}", chat.to_user


def source_text(chat: ChatFormat) -> str:
    """The prefix to pin, source first: opening and instructions, and the opening of the turn that holds the source."""
    return chat.opening + wording.SOURCE + chat.to_user


def tokens_in(chunks: Sequence[Chunk]) -> int:
    """Source tokens in `chunks`."""
    return sum(len(chunk.tokens) for chunk in chunks)


def task_behind(plan: Plan) -> Generator[Effect, Any, None]:
    """Say the task behind what was read, where the source comes first."""
    yield Say(wording.aside(plan.rules.kind))
    yield Say(f" {plan.task}", plain=True)
    yield Say(plan.rules.chat.to_assistant)
