"""The reading loop: chunk after chunk until the model stops, the source ends, or someone says enough; then the answer.

Three arms, so that the method's claim can be measured on the same weights: `smooth` keeps the hidden memory between
chunks (the paper's EMR), `reset` drops it and is fed the clues again (NMR), `whole` reads on without summaries (OR).
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from smoothread_agent.reading import wording
from smoothread_agent.reading.chat import ChatFormat
from smoothread_agent.reading.chunker import Chunk
from smoothread_agent.reading.clues import weigh_again
from smoothread_agent.reading.effects import Effect, Forget, Recall, Report, Say, Write
from smoothread_agent.reading.policy import Budget
from smoothread_agent.reading.round import Notes, begin_summary, read_chunk, write_summary
from smoothread_agent.reading.rules import Rules
from smoothread_agent.schema import Arm, Clue, Coverage, Order, ReadingStep, Reuse, StopSignal, Usage

Reading = Generator[Effect, Any, "Outcome"]


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


@dataclass(frozen=True)
class Outcome:
    """What the loop ends with."""

    answer: str
    notes: Notes
    stop: StopSignal
    coverage: Coverage
    nearest: tuple[Clue, ...] = ()
    """What came nearest to a clue, where there is none."""


@dataclass(frozen=True)
class Finished:
    """What a reading came to, what it cost, and how much of it was there before; a session makes its result of it."""

    outcome: Outcome
    usage: Usage
    reuse: Reuse


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


def read(plan: Plan, notes: Notes | None = None) -> Reading:
    """Read a source for a task. An exhausted reading still answers, from what it has; a cancelled one does not.

    Task first, it is one stream. Source first, each round, and the answer behind the last one, is read into a fork of
    the source's memory. A reading that broke off goes on with the `notes` that it had, in the memory that it had.
    """
    notes = notes or Notes()
    chunks_read = notes.chunks_read
    tokens_read = tokens_in(plan.chunks[:chunks_read])
    stop = _stopped(notes) or StopSignal(reason="end_of_source")
    for chunk in plan.chunks[chunks_read:] if stop.reason != "answered" else ():
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
        step = ReadingStep(
            summary=notes.summary,
            clues=notes.clues,
            promising=notes.promising,
            coverage=coverage,
            usage=Usage(),
        )
        yield Report(step)
        if (stopped := _stopped(notes)) is not None:
            stop = stopped
            break
    coverage = _coverage(plan, chunks_read, tokens_read)
    if stop.reason == "cancelled":
        return Outcome("", notes, stop, coverage)
    answer = yield from _answer(plan, notes)
    nearest = () if notes.clues else (yield from _look_again(plan, notes, coverage))
    return Outcome(answer, notes, stop, coverage, nearest)


def _stopped(notes: Notes) -> StopSignal | None:
    """The model's STOP, if the last summary ended with one."""
    if notes.summary is None or notes.summary.action != "STOP":
        return None
    return StopSignal(reason="answered", confidence=notes.summary.stop_confidence)


def _chunk(plan: Plan, chunk: Chunk, notes: Notes) -> Generator[Effect, Any, Notes]:
    if plan.order == "source_first":
        yield Recall(chunk.index + 1)
        yield from _task_behind(plan)
        return (yield from write_summary(plan.rules, chunk, notes))
    if plan.arm == "whole":
        yield Say(tokens=chunk.tokens, source=True)
        return notes
    if chunk.index and plan.arm == "smooth":
        yield Say(plan.rules.chat.to_next)
    elif chunk.index:
        yield Forget()
        yield Say(wording.carried(notes.in_stream), plain=True)
    return (yield from read_chunk(plan.rules, chunk, notes))


def _task_behind(plan: Plan) -> Generator[Effect, Any, None]:
    """Source first, the task stands behind what was read."""
    yield Say(wording.aside(plan.rules.kind))
    yield Say(f" {plan.task}", plain=True)
    yield Say(plan.rules.chat.to_assistant)


def _look_again(plan: Plan, notes: Notes, coverage: Coverage) -> Generator[Effect, Any, tuple[Clue, ...]]:
    """Where no quote was found: read the likeliest chunks again, each by itself, and give what comes nearest.

    It comes behind the answer, whose memory it does away with, and spends no more than the budget has left.
    """
    found: list[Clue] = []
    tokens, chunks = coverage.tokens_read, coverage.chunks_read
    likeliest = notes.promising if plan.rules.kind == "quote" else ()
    for promise in likeliest:
        chunk = next(chunk for chunk in plan.chunks if chunk.index == promise.chunk)
        if plan.budget.is_cancelled() or plan.budget.spent(tokens, chunks, len(chunk.tokens)) is not None:
            break
        tokens, chunks = tokens + len(chunk.tokens), chunks + 1
        yield Forget()
        yield Say(tokens=chunk.tokens)
        if plan.order == "source_first":
            yield from _task_behind(plan)
        else:
            yield Say(plan.rules.chat.to_assistant)
        yield from begin_summary(plan.rules, ())
        found += yield from weigh_again(plan.rules, chunk, promise.confidence)
    return tuple(sorted(found, key=lambda clue: -clue.confidence)[: plan.rules.limits.nearest])


def _answer(plan: Plan, notes: Notes) -> Generator[Effect, Any, str]:
    """Ask for the answer in a turn of its own, and decode it from the memory.

    That the text does not say is believed where the model is surer of it than of any clue.
    """
    chat = plan.rules.chat
    if plan.arm == "whole":
        yield Say(chat.to_assistant)
        yield Say(wording.HEARD)
    yield Say(chat.to_next + wording.QUESTION)
    yield Say(f" {plan.rules.target}", plain=True)
    yield Say(chat.to_assistant)
    known = max((clue.confidence for clue in notes.clues), default=0.0)
    answer: str = yield Write(
        "answer",
        max_tokens=plan.rules.limits.answer_tokens,
        known=0.0 if plan.answer_schema else known,
        schema=plan.answer_schema,
    )
    return answer.strip()


def _coverage(plan: Plan, chunks_read: int, tokens_read: int) -> Coverage:
    return Coverage(
        chunks_read=chunks_read,
        chunks_total=len(plan.chunks),
        tokens_read=tokens_read,
        tokens_total=plan.tokens_total,
        truncated=chunks_read < len(plan.chunks),
    )
