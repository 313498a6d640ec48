"""Clues: a chunk that was just read is asked for them, by quotes of it or by notes on it."""

from collections.abc import Collection, Generator, Mapping, Sequence
from typing import Any, NamedTuple

from smoothread_agent.reading import wording
from smoothread_agent.reading.chunker import Chunk
from smoothread_agent.reading.effects import Choice, Choose, Effect, Say, Weigh, Write
from smoothread_agent.reading.policy import needed, together
from smoothread_agent.reading.quotes import Span, quotes
from smoothread_agent.reading.rules import Rules
from smoothread_agent.reading.words import Words
from smoothread_agent.schema import Clue


class Found(NamedTuple):
    """What a chunk was asked for."""

    clues: tuple[Clue, ...]
    announced: float | None
    """How sure it was that there is a clue at all; none where it was not asked."""


Asking = Generator[Effect, Any, Found]

ALIKE = 10 / 11
"""Quotes are about as sure as each other up to ten times the odds."""


def new_quotes(rules: Rules, chunk: Chunk) -> Asking:
    """Ask for new quotes of a chunk until there is none.

    When one is first announced all that may be quoted is weighed, and the best is quoted. From then on it is known what
    there is left, which counts as much as whether more is announced.
    """
    limits, thresholds = rules.limits, rules.thresholds
    left = quotes(chunk.text, limits.quote_characters)
    weighed: dict[str, float] = {}
    found: list[Clue] = []
    first: float | None = None
    dropped = 0
    for _ in range(limits.clues_per_chunk):
        if not left or dropped == limits.drops_per_chunk:
            break  # all was quoted, or the others were thought worse of
        yield Say(wording.NEW)
        least = needed(thresholds.keep, max(weighed.values())) if weighed else thresholds.new
        new: Choice = yield Choose("new", (wording.NO_CLUE, wording.OPEN["quote"]), least)
        first = new.confidence if first is None else first
        if not new.taken:
            return Found(tuple(found), first)
        announced = new.confidence or 0.0
        if not weighed:
            announced = _one_of(announced, left)
        keep = _keep(rules, announced)
        weighed = weighed or (yield Weigh(tuple(left), keep))
        quote = _first_of_the_best(weighed)
        del weighed[quote]
        clue = yield from _quote(rules, chunk, quote, left.pop(quote), keep, announced)
        if clue is None:
            dropped += 1
        else:
            found.append(clue)
    yield Say(wording.NEW + wording.NO_CLUE)
    return Found(tuple(found), first)


def weigh_again(
    rules: Rules, chunk: Chunk, words: Words, known: Collection[str]
) -> Generator[Effect, Any, tuple[Clue, ...]]:
    """Weigh what may be quoted of a chunk and shares a word with the task, or all of it where nothing does.

    `known` is not weighed: it was quoted before. Returns, in the order of the text, each quote as the clue that it
    would be: as sure as the words and the model's judgement of it make it together.
    """
    spans = quotes(chunk.text, rules.limits.quote_characters)
    for quote in known:
        spans.pop(quote, None)
    sharing = tuple(quote for quote in spans if words.shared(quote)) or tuple(spans)
    yield Say(wording.NEW)
    if not sharing:
        return ()
    weighed: dict[str, float] = yield Weigh(sharing, _keep(rules, 0.5), opening=wording.OPEN["quote"])
    return tuple(
        _clue(rules, chunk, spans[quote], together(words.sureness(quote), sure))
        for quote, sure in weighed.items()
    )


def quote_all(clues: Sequence[Clue]) -> Generator[Effect, Any, None]:
    """Quote what was weighed again and found to be clues."""
    for clue in clues:
        yield Say(wording.OPEN["quote"])
        yield Say(wording.one_line(clue.text) + wording.CLOSE["quote"], plain=True)
        yield Say(f"{wording.KEPT}{wording.KEEP}\n{wording.NEW}")
    yield Say(wording.NO_CLUE)


def new_notes(rules: Rules, chunk: Chunk) -> Asking:
    """Ask for notes on a chunk until there is none; each carries the chunk's span."""
    found: dict[str, Clue] = {}
    first: float | None = None
    for _ in range(rules.limits.clues_per_chunk if chunk.text.strip() else 0):
        yield Say(wording.NEW)
        new: Choice = yield Choose("new", (wording.NO_CLUE, wording.OPEN["note"]), rules.thresholds.new)
        first = new.confidence if first is None else first
        if not new.taken:
            return Found(tuple(found.values()), first)
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
    return Found(tuple(found.values()), first)


def _one_of(announced: float, left: Collection[str]) -> float:
    """How sure a quote is before it is judged: one clue is announced, and it is one of so many."""
    return together(announced, 1 / (1 + len(left)))


def _keep(rules: Rules, beside: float) -> Choose:
    """Whether a quote is kept, which was `beside` sure before."""
    return Choose("keep", (wording.DROP, wording.KEEP), needed(rules.thresholds.keep, beside))


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
    return _clue(rules, chunk, span, together(announced, kept.confidence or 0.0))


def _clue(rules: Rules, chunk: Chunk, span: Span, confidence: float) -> Clue:
    start, end = span
    return Clue(
        kind="quote",
        text=chunk.text[start:end],
        start=chunk.start + start,
        end=chunk.start + end,
        page=rules.page_of(chunk.start + start),
        chunk=chunk.index,
        confidence=confidence,
    )
