"""Haystacks: filler of an asked token length with pieces of evidence laid into it."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice, pairwise

from tools.evaluate.case import CaseError, Span, TokenCounter, join
from tools.evaluate.documents import Document, installed

_SENTENCE_END = re.compile(r"(?<=[.!?:])\s+(?=\S)|\n{2,}")
_LONGEST_UNIT = 400

NOISE = (
    "Rain is forecast for the afternoon. ",
    "The kettle has been filled again. ",
    "Nobody came to the window. ",
    "A bicycle leans against the wall. ",
    "It was quiet for a while. ",
)
"""Sentences that say nothing, in turn: the noise haystack of RULER-style tasks, in words of our own."""


@dataclass(frozen=True)
class Haystack:
    """A text and the span of each piece that was laid into it, in the order in which they were given."""

    text: str
    spans: tuple[Span, ...]


def lay(
    pieces: Sequence[str],
    filler: Iterator[str],
    length: int,
    count: TokenCounter,
    rng: random.Random,
    *,
    opening: str = "",
) -> Haystack:
    """Lay `pieces`, in their order, at random places between units of `filler`.

    Args:
        pieces: what must stand in the text: sentences, or passages of several lines set apart by blank lines.
        filler: units that end in white space, without an end.
        length: tokens that the text may have at the most; it has hardly fewer.
        opening: a piece of text to stand before everything else.

    Raises:
        CaseError: the pieces alone are longer than `length`.
    """
    spaced = [f"\n\n{piece.strip()}\n\n" if "\n" in piece else piece.strip() + " " for piece in pieces]
    budget = length - count(opening + "".join(spaced))
    if budget < 0:
        raise CaseError(f"{len(pieces)} pieces do not fit into {length} tokens: ask for a longer text")
    units = _fill(filler, budget, count)
    while True:
        laid = _interleave(spaced, units, rng)
        text, spans = join([opening, *(part for part, _ in laid)])
        if count(text) <= length or not units:
            break
        units.pop()
    where = {number: span for span, (_, number) in zip(spans[1:], laid, strict=True) if number is not None}
    return Haystack(text, tuple(where[number] for number in range(len(pieces))))


def noise() -> Iterator[str]:
    """The noise sentences, in turn, without an end."""
    while True:
        yield from NOISE


def real(rng: random.Random, shelf: Sequence[Document] | None = None) -> Iterator[str]:
    """Sentences of documents (those installed), one after the other in random order, without an end."""
    shelf = list(installed() if shelf is None else shelf)
    while True:
        rng.shuffle(shelf)
        for document in shelf:
            units = sentences(document)
            # A long manual would otherwise fill most texts alone: a stretch of it, from anywhere.
            start = rng.randrange(len(units))
            yield from islice(units, start, start + 200)


@cache
def sentences(document: Document) -> tuple[str, ...]:
    """The document cut behind sentences and paragraphs, nothing lost, each unit with its white space."""
    text = document.text
    cuts = [0, *(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]
    units = (text[start:end] for start, end in pairwise(cuts) if start < end)
    return tuple(chain.from_iterable(_shorten(unit) for unit in units))


def _shorten(unit: str) -> Iterator[str]:
    """Long units, such as tables and code, cut behind lines."""
    while len(unit) > _LONGEST_UNIT and (cut := unit.find("\n", _LONGEST_UNIT // 2) + 1):
        yield unit[:cut]
        unit = unit[cut:]
    if unit:
        yield unit


def _fill(filler: Iterator[str], budget: int, count: TokenCounter) -> list[str]:
    """As many units as fit. Tokens merge across units, so the sum of counts is refined by the whole's."""
    chosen: list[str] = []
    used = 0
    while True:
        batch: list[str] = []
        for unit in filler:
            used += count(unit)
            if used > budget:
                break
            batch.append(unit)
        if not batch:
            return chosen
        chosen += batch
        used = count("".join(chosen))


def _interleave(
    pieces: Sequence[str], units: Sequence[str], rng: random.Random
) -> list[tuple[str, int | None]]:
    """Units in order with the pieces, in order, at random gaps between them; pieces carry their number."""
    gaps = sorted(rng.randint(0, len(units)) for _ in pieces)
    laid: list[tuple[str, int | None]] = []
    number = 0
    for gap in range(len(units) + 1):
        while number < len(pieces) and gaps[number] == gap:
            if laid and not laid[-1][0][-1:].isspace():
                laid.append((" ", None))
            laid.append((pieces[number], number))
            number += 1
        if gap < len(units):
            laid.append((units[gap], None))
    return laid
