"""The reading loop: chunk after chunk until the model stops, the source ends, or someone says enough; then the answer.

Three arms, so that the method's claim can be measured on the same weights: `smooth` keeps the hidden memory between
chunks (the paper's EMR), `reset` drops it and is fed the clues again (NMR), `whole` reads on without summaries (OR).
"""

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

from smoothread_agent.reading import wording
from smoothread_agent.reading.chunker import Chunk
from smoothread_agent.reading.effects import Effect, Forget, Recall, Report, Say, Write
from smoothread_agent.reading.plan import Plan, task_behind, tokens_in
from smoothread_agent.reading.round import Notes, read_chunk, write_summary
from smoothread_agent.reading.second_look import is_needed, look_again
from smoothread_agent.schema import Clue, Coverage, ReadingStep, Reuse, StopSignal, Usage

Reading = Generator[Effect, Any, "Outcome"]


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
    if not is_needed(plan, notes.clues):
        return Outcome(answer, notes, stop, coverage)
    seen = yield from look_again(plan, notes, coverage)
    before, notes = notes.clues, replace(notes, clues=seen.clues)
    if len(seen.clues) > len(before):
        answer = yield from _answer(plan, notes)
    elif before and not seen.clues and plan.answer_schema is None:
        answer = wording.NOT_IN_TEXT
    return Outcome(answer, notes, stop, coverage, seen.nearest)


def _stopped(notes: Notes) -> StopSignal | None:
    """The model's STOP, if the last summary ended with one."""
    if notes.summary is None or notes.summary.action != "STOP":
        return None
    return StopSignal(reason="answered", confidence=notes.summary.stop_confidence)


def _chunk(plan: Plan, chunk: Chunk, notes: Notes) -> Generator[Effect, Any, Notes]:
    if plan.order == "source_first":
        yield Recall(chunk.index + 1)
        yield from task_behind(plan)
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
