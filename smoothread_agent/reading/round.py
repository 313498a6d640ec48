"""One round: a chunk is read, and its summary written - target, clues, reason, action.

Everything known is said (target, earlier clues, field names); the model decides only what is new. A round without
evidence decodes one token, "none": nothing changed, so there is nothing to stop for, and READ is said.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from smoothread_agent.reading import wording
from smoothread_agent.reading.chat import ChatFormat
from smoothread_agent.reading.chunker import Chunk
from smoothread_agent.reading.effects import Choice, Choose, Effect, Say, Write
from smoothread_agent.reading.policy import Limits, StopPolicy, Thresholds
from smoothread_agent.reading.quotes import Passage
from smoothread_agent.schema import ChunkSummary, Clue, ClueKind

Round = Generator[Effect, Any, "Notes"]


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


@dataclass(frozen=True)
class Notes:
    """What is known after a round: all clues found, those still in the stream, and the last summary."""

    clues: tuple[Clue, ...] = ()
    in_stream: tuple[Clue, ...] = ()
    chunks_read: int = 0
    summary: ChunkSummary | None = None


def read_chunk(rules: Rules, chunk: Chunk, notes: Notes) -> Round:
    """Read `chunk` into an open user turn, and write its summary; the assistant's turn is left open behind it."""
    yield Say(tokens=chunk.tokens, source=True)
    yield Say(rules.chat.to_assistant)
    return (yield from write_summary(rules, chunk, notes))


def write_summary(rules: Rules, chunk: Chunk, notes: Notes) -> Round:
    """Write the summary of a chunk that was just read."""
    yield Say("Target:")
    yield Say(wording.summary_head(rules.target, notes.in_stream), plain=True)
    new = yield from _new_clues(rules, chunk)
    yield Say(f"\n{wording.REASON}")
    if new:
        reason: str = yield Write("reason", max_tokens=rules.limits.reason_tokens)
    else:
        reason = wording.NOTHING_NEW
        yield Say(f" {reason}\n")
    yield Say(wording.ACTION)
    stop = Choice(taken=False, confidence=None)
    if rules.stop.allows(chunks_read=notes.chunks_read + 1, new_clues=len(new)):
        stop = yield Choose("action", (wording.ACTION_READ, wording.ACTION_STOP), rules.thresholds.stop)
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
        stop_confidence=stop.confidence,
    )
    return Notes(notes.clues + new, in_stream, notes.chunks_read + 1, summary)


def _new_clues(rules: Rules, chunk: Chunk) -> Generator[Effect, Any, tuple[Clue, ...]]:
    """Ask for new clues until there is none; each quote is judged as soon as it stands there."""
    passage = Passage(chunk.text)
    found: list[Clue] = []
    dropped: list[str] = []
    for _ in range(rules.limits.clues_per_chunk):
        quotable = passage.without(dropped)
        if not quotable.strip():
            break  # the chunk is blank, or all of it was quoted and dropped
        yield Say(wording.NEW)
        new: Choice = yield Choose("new", (wording.NO_CLUE, wording.OPEN[rules.kind]), rules.thresholds.new)
        if not new.taken:
            return tuple(found)
        if rules.kind == "note":
            clue = yield from _note(rules, chunk, new.confidence or 0.0)
        else:
            clue = yield from _quote(rules, chunk, passage, quotable, new.confidence or 0.0)
        if isinstance(clue, str):
            dropped.append(clue)
        elif any(clue.start < old.end and old.start < clue.end for old in found):
            break  # it has begun to repeat itself
        else:
            found.append(clue)
        if len(dropped) == rules.limits.drops_per_chunk:
            break  # it does not know what it looks for here
    yield Say(wording.NEW + wording.NO_CLUE)
    return tuple(found)


def _quote(
    rules: Rules, chunk: Chunk, passage: Passage, quotable: str, confidence: float
) -> Generator[Effect, Any, Clue | str]:
    """Quote what is `quotable` of the chunk, and judge the quote; the bare quote when it is dropped."""
    quote: str = yield Write("quote", of=quotable, characters=rules.limits.quote_characters)
    yield Say(wording.KEPT)
    keep: Choice = yield Choose("keep", (wording.DROP, wording.KEEP), rules.thresholds.keep)
    yield Say("\n")
    if not keep.taken:
        return quote
    start, end = passage.locate(quote)
    return Clue(
        kind="quote",
        text=chunk.text[start:end],
        start=chunk.start + start,
        end=chunk.start + end,
        page=rules.page_of(chunk.start + start),
        chunk=chunk.index,
        confidence=confidence * (keep.confidence or 0.0),
    )


def _note(rules: Rules, chunk: Chunk, confidence: float) -> Generator[Effect, Any, Clue | str]:
    """Write a free note on the chunk, which carries the chunk's span; the bare text when there is nothing in it."""
    text: str = yield Write("note", max_tokens=rules.limits.note_tokens)
    if not text.strip():
        return text
    return Clue(
        kind="note",
        text=text.strip(),
        start=chunk.start,
        end=chunk.end,
        page=rules.page_of(chunk.start),
        chunk=chunk.index,
        confidence=confidence,
    )


def bounded(clues: tuple[Clue, ...], limits: Limits) -> tuple[Clue, ...]:
    """The clues that may stay in the stream: past the bound, the least confident leave it."""
    stay = list(clues)
    while len(stay) > limits.clues_in_stream or _length(stay) > limits.clue_tokens_in_stream:
        stay.remove(min(stay, key=lambda clue: clue.confidence))
    return tuple(stay)


def _length(clues: list[Clue]) -> int:
    """A bound on the tokens that clues take: three characters a token is less than tokenizers need for prose."""
    return sum(len(clue.text) // 3 + 4 for clue in clues)
