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
    limits = rules.limits
    passage = Passage(chunk.text, limits.quote_characters[1])
    found: list[Clue] = []
    written: list[str] = []
    for _ in range(limits.clues_per_chunk):
        quotable = passage.without(written)
        if not quotable:
            break  # the chunk is blank, or all of it was quoted
        yield Say(wording.NEW)
        new: Choice = yield Choose("new", (wording.NO_CLUE, wording.OPEN[rules.kind]), rules.thresholds.new)
        if not new.taken:
            return tuple(found)
        if rules.kind == "note":
            text: str = yield Write("note", max_tokens=limits.note_tokens)
            clue = _note(rules, chunk, text, new.confidence or 0.0)
        else:
            text = yield Write("quote", of=quotable, characters=limits.quote_characters)
            clue = yield from _judged(rules, chunk, passage, text, new.confidence or 0.0)
        if text in written:
            break  # it has begun to repeat itself
        written.append(text)
        if clue is not None:
            found.append(clue)
        elif len(written) - len(found) == limits.drops_per_chunk:
            break  # it does not know what it looks for here
    yield Say(wording.NEW + wording.NO_CLUE)
    return tuple(found)


def _judged(
    rules: Rules, chunk: Chunk, passage: Passage, quote: str, confidence: float
) -> Generator[Effect, Any, Clue | None]:
    """Judge a quote next to the target: a clue, or none where it is dropped."""
    yield Say(wording.KEPT)
    keep: Choice = yield Choose("keep", (wording.DROP, wording.KEEP), rules.thresholds.keep)
    yield Say("\n")
    if not keep.taken:
        return None
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


def _note(rules: Rules, chunk: Chunk, text: str, confidence: float) -> Clue | None:
    """A free note on the chunk, which carries the chunk's span; none when there is nothing in it."""
    if not text.strip():
        return None
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
