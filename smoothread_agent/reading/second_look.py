"""A second look: where no clue is sure, the likeliest chunks are read again by themselves, and all is weighed.

Announcing a clue is the model's weak side: of real questions it passes over two in three chunks that hold the answer.
So what was not announced is judged here by two other witnesses, the model's judgement of each quote and the quote's
words, and what both are sure of together is a clue after all.
"""

import heapq
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from smoothread_agent.reading.chunker import Chunk
from smoothread_agent.reading.clues import Found, quote_all, weigh_again
from smoothread_agent.reading.effects import Effect, Forget, Say
from smoothread_agent.reading.plan import Plan, task_behind
from smoothread_agent.reading.quotes import quotes
from smoothread_agent.reading.round import Notes, begin_summary, end_summary
from smoothread_agent.reading.wording import one_line
from smoothread_agent.reading.words import Words
from smoothread_agent.schema import Clue, Coverage


@dataclass(frozen=True)
class Seen:
    """What a second look came to."""

    clues: tuple[Clue, ...] = ()
    """All clues there are now: those of the reading and its own; none where it found nothing to support those."""
    nearest: tuple[Clue, ...] = ()
    """Where there is no clue at all: the quotes that came nearest, the surest first."""


def is_needed(plan: Plan, clues: Sequence[Clue]) -> bool:
    """Whether a reading that found these clues is to look again: none of them is as sure as a second look asks for."""
    rules = plan.rules
    able = rules.kind == "quote" and plan.arm != "whole" and rules.limits.looks_again > 0
    return able and all(clue.confidence < rules.thresholds.again for clue in clues)


def look_again(plan: Plan, notes: Notes, coverage: Coverage) -> Generator[Effect, Any, Seen]:
    """Read the likeliest chunks again, in the order of the text, and go on from the memory of them alone.

    It does away with the memory of the reading, and spends no more than the budget has left. Where it finds nothing
    and was not cut short, what the reading had found and was not sure of is no clue any more, but what comes nearest.
    """
    rules = plan.rules
    read = plan.chunks[: coverage.chunks_read]
    said = {chunk.index: tuple(quotes(chunk.text, rules.limits.quote_characters)) for chunk in read}
    words = Words(plan.task, chain.from_iterable(said.values()))
    known = {one_line(clue.text) for clue in notes.clues}
    seen = Notes(in_stream=notes.in_stream)
    weighed: list[Clue] = []
    chosen = _likeliest(plan, notes, coverage, words, said)
    for chunk in chosen:
        if plan.budget.is_cancelled() or plan.budget.late:
            break
        if seen.chunks_read and plan.arm == "smooth" and plan.order == "task_first":
            yield Say(rules.chat.to_next)
        else:
            yield Forget()
        yield Say(tokens=chunk.tokens)
        if plan.order == "source_first":
            yield from task_behind(plan)
        else:
            yield Say(rules.chat.to_assistant)
        yield from begin_summary(rules, seen.in_stream)
        here = yield from weigh_again(rules, chunk, words, known)
        clues = _sure(here, plan)
        yield from quote_all(clues)
        seen = yield from end_summary(rules, chunk, seen, Found(clues, None))
        weighed += here
        if seen.summary is not None and seen.summary.action == "STOP":
            break
    if seen.chunks_read and not seen.clues:
        yield Forget()  # the end of the last summary is said, and is not needed
    whole = 0 < seen.chunks_read == len(chosen)
    if seen.clues or (notes.clues and not whole):
        return Seen(notes.clues + seen.clues)
    return Seen(
        nearest=tuple(heapq.nlargest(rules.limits.nearest, (*notes.clues, *weighed), key=_confidence))
    )


def _likeliest(
    plan: Plan, notes: Notes, coverage: Coverage, words: Words, said: Mapping[int, Sequence[str]]
) -> list[Chunk]:
    """The chunks whose quotes have most to do with the task by their words, or else by the model's promise: as many
    as the budget allows, in the order of the text. `said` has each chunk's quotes, by its index.
    """
    promised = {promise.chunk: promise.confidence for promise in notes.promising}

    def likelihood(chunk: Chunk) -> tuple[float, float]:
        return max(map(words.sureness, said[chunk.index])), promised.get(chunk.index, 0.0)

    read = [chunk for chunk in plan.chunks[: coverage.chunks_read] if said[chunk.index]]
    chosen: list[Chunk] = []
    tokens, chunks = coverage.tokens_read, coverage.chunks_read
    for chunk in heapq.nlargest(plan.rules.limits.looks_again, read, key=likelihood):
        if plan.budget.spent(tokens, chunks, len(chunk.tokens)) is None:
            chosen.append(chunk)
            tokens, chunks = tokens + len(chunk.tokens), chunks + 1
    return sorted(chosen, key=lambda chunk: chunk.index)


def _sure(weighed: tuple[Clue, ...], plan: Plan) -> tuple[Clue, ...]:
    """Of what was weighed in a chunk, the clues: in the order of the text."""
    sure = [clue for clue in weighed if clue.confidence >= plan.rules.thresholds.again]
    most = heapq.nlargest(plan.rules.limits.clues_per_chunk, sure, key=_confidence)
    return tuple(sorted(most, key=lambda clue: clue.start))


def _confidence(clue: Clue) -> float:
    return clue.confidence
