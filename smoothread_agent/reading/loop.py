"""The reading loop: chunk after chunk until the model stops, the source ends, or someone says enough; then the answer.

Three arms, so that the method's claim can be measured on the same weights: `smooth` keeps the hidden memory between
chunks (the paper's EMR), `reset` drops it and is fed the clues again (NMR), `whole` reads on without summaries (OR).
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

from smoothread_agent.reading import wording
from smoothread_agent.reading.chunker import Chunk
from smoothread_agent.reading.effects import Effect, Forget, Report, Say, Write
from smoothread_agent.reading.policy import Budget
from smoothread_agent.reading.round import Notes, Rules, read_chunk
from smoothread_agent.schema import Arm, Coverage, ReadingStep, StopSignal, Usage

Reading = Generator[Effect, Any, "Outcome"]


@dataclass(frozen=True)
class Plan:
    """One reading: what is asked, of which chunks, how, and for how much."""

    task: str
    arm: Arm
    rules: Rules
    chunks: Sequence[Chunk]
    budget: Budget
    answer_schema: dict[str, Any] | None = None

    @property
    def tokens_total(self) -> int:
        """Source tokens in all chunks."""
        return sum(len(chunk.tokens) for chunk in self.chunks)


@dataclass(frozen=True)
class Outcome:
    """What the loop ends with; the reader makes it a `ReadingResult`."""

    answer: str
    notes: Notes
    stop: StopSignal
    coverage: Coverage


def pinned_text(plan: Plan) -> tuple[str, str, str]:
    """The prefix to pin: our opening and instructions, the task (plain), and the opening of the first user turn."""
    chat, rounds = plan.rules.chat, plan.arm != "whole"
    opening = chat.opening + wording.system(plan.rules.kind, rounds=rounds) + wording.TASK
    return opening, f" {plan.task}", chat.to_user


def read(plan: Plan) -> Reading:
    """Read a source for a task. A cancelled or exhausted reading still answers, from what it has."""
    notes = Notes()
    chunks_read = tokens_read = 0
    stop = StopSignal(reason="end_of_source")
    for chunk in plan.chunks:
        if plan.budget.is_cancelled():
            stop = StopSignal(reason="cancelled")
            break
        spent = plan.budget.spent(tokens_read, chunks_read, len(chunk.tokens))
        if spent is not None:
            stop = StopSignal(reason="budget", detail=spent)
            break
        notes = yield from _chunk(plan, chunk, notes)
        chunks_read += 1
        tokens_read += len(chunk.tokens)
        coverage = _coverage(plan, chunks_read, tokens_read)
        step = ReadingStep(summary=notes.summary, clues=notes.clues, coverage=coverage, usage=Usage())
        yield Report(step)
        if notes.summary is not None and notes.summary.action == "STOP":
            stop = StopSignal(reason="answered", confidence=notes.summary.stop_confidence)
            break
    answer = "" if stop.reason == "cancelled" else (yield from _answer(plan))
    return Outcome(answer, notes, stop, _coverage(plan, chunks_read, tokens_read))


def _chunk(plan: Plan, chunk: Chunk, notes: Notes) -> Generator[Effect, Any, Notes]:
    if plan.arm == "whole":
        yield Say(tokens=chunk.tokens, source=True)
        return notes
    if chunk.index and plan.arm == "smooth":
        yield Say(plan.rules.chat.to_next)
    elif chunk.index:
        yield Forget()
        yield Say(wording.carried(notes.in_stream), plain=True)
    return (yield from read_chunk(plan.rules, chunk, notes))


def _answer(plan: Plan) -> Generator[Effect, Any, str]:
    """Ask for the answer in a turn of its own, and decode it from the memory."""
    chat = plan.rules.chat
    if plan.arm == "whole":
        yield Say(chat.to_assistant)
        yield Say(wording.HEARD)
    yield Say(chat.to_next + wording.QUESTION)
    yield Say(f" {plan.rules.target}", plain=True)
    yield Say(chat.to_assistant)
    answer: str = yield Write("answer", max_tokens=plan.rules.limits.answer_tokens, schema=plan.answer_schema)
    return answer.strip()


def _coverage(plan: Plan, chunks_read: int, tokens_read: int) -> Coverage:
    return Coverage(
        chunks_read=chunks_read,
        chunks_total=len(plan.chunks),
        tokens_read=tokens_read,
        tokens_total=plan.tokens_total,
        truncated=chunks_read < len(plan.chunks),
    )
