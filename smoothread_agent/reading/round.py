"""One round: a chunk is read, and its summary written - target, clues, reason, action.

Everything known is said (target, earlier clues, field names); the model decides only what is new. A round without
evidence decodes one token, "none": nothing changed, so there is nothing to stop for, and READ is said.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any

from smoothread_agent.reading import wording
from smoothread_agent.reading.chat import ChatFormat
from smoothread_agent.reading.chunker import Chunk
from smoothread_agent.reading.effects import Choice, Choose, Effect, Say, Weigh, Write
from smoothread_agent.reading.policy import Limits, StopPolicy, Thresholds, needed, together
from smoothread_agent.reading.quotes import Span, quotes
from smoothread_agent.schema import ChunkSummary, Clue, ClueKind

Round = Generator[Effect, Any, "Notes"]

ALIKE = 10 / 11
"""Quotes are about as sure as each other up to ten times the odds."""


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
    new = yield from (_new_quotes if rules.kind == "quote" else _new_notes)(rules, chunk)
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


def _new_quotes(rules: Rules, chunk: Chunk) -> Generator[Effect, Any, tuple[Clue, ...]]:
    """Ask for new clues until there is none.

    When one is first announced all that may be quoted is weighed, and the best is quoted. From then on it is known what
    there is left, which counts as much as whether more is announced.
    """
    limits, thresholds = rules.limits, rules.thresholds
    left = quotes(chunk.text, limits.quote_characters)
    weighed: dict[str, float] = {}
    found: list[Clue] = []
    dropped = 0
    for _ in range(limits.clues_per_chunk):
        if not left or dropped == limits.drops_per_chunk:
            break  # all was quoted, or the others were thought worse of
        yield Say(wording.NEW)
        least = needed(thresholds.keep, max(weighed.values())) if weighed else thresholds.new
        new: Choice = yield Choose("new", (wording.NO_CLUE, wording.OPEN["quote"]), least)
        if not new.taken:
            return tuple(found)
        announced = new.confidence or 0.0
        if not weighed:
            announced = together(
                announced, 1 / (1 + len(left))
            )  # one clue is announced, and it is one of so many
        keep = Choose("keep", (wording.DROP, wording.KEEP), needed(thresholds.keep, announced))
        weighed = weighed or (yield Weigh(tuple(left), keep))
        quote = _first_of_the_best(weighed)
        del weighed[quote]
        clue = yield from _quote(rules, chunk, quote, left.pop(quote), keep, announced)
        if clue is None:
            dropped += 1
        else:
            found.append(clue)
    yield Say(wording.NEW + wording.NO_CLUE)
    return tuple(found)


def _first_of_the_best(weighed: Mapping[str, float]) -> str:
    """Of the quotes that are about as sure to be kept as the best, the first: so they come in the order of the text."""
    best = max(weighed.values())
    least = min(best, needed(best, ALIKE))
    return next(quote for quote, sure in weighed.items() if sure >= least)


def _quote(
    rules: Rules, chunk: Chunk, quote: str, span: Span, keep: Choose, announced: float
) -> Generator[Effect, Any, Clue | None]:
    """Quote, and judge the quote next to the target: a clue, or none where it is dropped."""
    yield Say(quote + wording.CLOSE["quote"], plain=True)
    yield Say(wording.KEPT)
    kept: Choice = yield keep
    yield Say("\n")
    if not kept.taken:
        return None
    start, end = span
    return Clue(
        kind="quote",
        text=chunk.text[start:end],
        start=chunk.start + start,
        end=chunk.start + end,
        page=rules.page_of(chunk.start + start),
        chunk=chunk.index,
        confidence=together(announced, kept.confidence or 0.0),
    )


def _new_notes(rules: Rules, chunk: Chunk) -> Generator[Effect, Any, tuple[Clue, ...]]:
    """Ask for notes on a chunk until there is none; each carries the chunk's span."""
    found: dict[str, Clue] = {}
    for _ in range(rules.limits.clues_per_chunk if chunk.text.strip() else 0):
        yield Say(wording.NEW)
        new: Choice = yield Choose("new", (wording.NO_CLUE, wording.OPEN["note"]), rules.thresholds.new)
        if not new.taken:
            return tuple(found.values())
        text: str = (yield Write("note", max_tokens=rules.limits.note_tokens)).strip()
        if not text or text in found:
            break  # it has nothing to say, or has begun to repeat itself
        found[text] = Clue(
            kind="note",
            text=text,
            start=chunk.start,
            end=chunk.end,
            page=rules.page_of(chunk.start),
            chunk=chunk.index,
            confidence=new.confidence or 0.0,
        )
    yield Say(wording.NEW + wording.NO_CLUE)
    return tuple(found.values())


def bounded(clues: tuple[Clue, ...], limits: Limits) -> tuple[Clue, ...]:
    """The clues that may stay in the stream: past the bound, the least confident leave it."""
    stay = list(clues)
    while len(stay) > limits.clues_in_stream or _length(stay) > limits.clue_tokens_in_stream:
        stay.remove(min(stay, key=lambda clue: clue.confidence))
    return tuple(stay)


def _length(clues: list[Clue]) -> int:
    """A bound on the tokens that clues take: three characters a token is less than tokenizers need for prose."""
    return sum(len(clue.text) // 3 + 4 for clue in clues)
