"""One round: a chunk is read, and its summary written - target, clues, reason, action.

Everything known is said (target, earlier clues, field names); the model decides only what is new. A round without
evidence decodes one token, "none": nothing changed, so there is nothing to stop for, and READ is said.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from smoothread_agent.reading import wording
from smoothread_agent.reading.chunker import Chunk
from smoothread_agent.reading.clues import Found, new_notes, new_quotes
from smoothread_agent.reading.effects import Choice, Choose, Effect, Say, Write
from smoothread_agent.reading.policy import Limits
from smoothread_agent.reading.rules import Rules
from smoothread_agent.schema import ChunkSummary, Clue, Promise

Round = Generator[Effect, Any, "Notes"]


@dataclass(frozen=True)
class Notes:
    """What is known after a round: all clues found, those still in the stream, and the last summary."""

    clues: tuple[Clue, ...] = ()
    in_stream: tuple[Clue, ...] = ()
    chunks_read: int = 0
    summary: ChunkSummary | None = None
    promising: tuple[Promise, ...] = ()
    """Chunks likeliest to hold what was missed; none once there is a clue."""


def read_chunk(rules: Rules, chunk: Chunk, notes: Notes) -> Round:
    """Read `chunk` into an open user turn, and write its summary; the assistant's turn is left open behind it."""
    yield Say(tokens=chunk.tokens, source=True)
    yield Say(rules.chat.to_assistant)
    return (yield from write_summary(rules, chunk, notes))


def write_summary(rules: Rules, chunk: Chunk, notes: Notes) -> Round:
    """Write the summary of a chunk that was just read."""
    yield from begin_summary(rules, notes.in_stream)
    found = yield from (new_quotes if rules.kind == "quote" else new_notes)(rules, chunk)
    return (yield from end_summary(rules, chunk, notes, found))


def begin_summary(rules: Rules, clues: tuple[Clue, ...]) -> Generator[Effect, Any, None]:
    """Say what is known: the target, and the clues so far."""
    yield Say("Target:")
    yield Say(wording.summary_head(rules.target, clues), plain=True)


def end_summary(rules: Rules, chunk: Chunk, notes: Notes, found: Found) -> Round:
    """Write the reason and the action, behind what was found in a chunk; `notes` are those before it."""
    new, announced = found
    yield Say(f"\n{wording.REASON}")
    if new:
        reason: str = yield Write("reason", max_tokens=rules.limits.reason_tokens)
    else:
        reason = wording.NOTHING_NEW
        yield Say(f" {reason}\n")
    yield Say(wording.ACTION)
    stop = Choice(taken=False, confidence=None)
    surest = max((clue.confidence for clue in notes.clues + new), default=1.0)
    if rules.stop.allows(chunks_read=notes.chunks_read + 1, new_clues=len(new)):
        threshold = min(1.0, rules.thresholds.stop / surest) if surest else 1.0
        stop = yield Choose("action", (wording.ACTION_READ, wording.ACTION_STOP), threshold)
    else:
        yield Say(wording.ACTION_READ)
    in_stream = bounded(notes.in_stream + new, rules.limits)
    summary = ChunkSummary(
        chunk=chunk.index,
        start=chunk.start,
        end=chunk.end,
        target=rules.target,
        clues=in_stream,
        new_clues=new,
        reason=reason,
        action="STOP" if stop.taken else "READ",
        clue_confidence=announced,
        stop_confidence=None if stop.confidence is None else surest * stop.confidence,
    )
    clues = notes.clues + new
    promising = () if clues else _promising(notes.promising, chunk, announced, rules.limits.looks_again)
    return Notes(clues, in_stream, notes.chunks_read + 1, summary, promising)


def _promising(
    before: tuple[Promise, ...], chunk: Chunk, announced: float | None, most: int
) -> tuple[Promise, ...]:
    """The `most` likeliest chunks, `chunk` among them if it is one."""
    if announced is None:
        return before
    here = Promise(chunk=chunk.index, confidence=announced)
    return tuple(sorted((*before, here), key=lambda promise: -promise.confidence)[:most])


def bounded(clues: tuple[Clue, ...], limits: Limits) -> tuple[Clue, ...]:
    """The clues that may stay in the stream: past the bound, the least confident leave it."""
    stay = list(clues)
    while len(stay) > limits.clues_in_stream or _length(stay) > limits.clue_tokens_in_stream:
        stay.remove(min(stay, key=lambda clue: clue.confidence))
    return tuple(stay)


def _length(clues: list[Clue]) -> int:
    """A bound on the tokens that clues take: three characters a token is less than tokenizers need for prose."""
    return sum(len(clue.text) // 3 + 4 for clue in clues)
