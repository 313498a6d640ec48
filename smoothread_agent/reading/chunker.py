"""The chunker: a text cut at its strongest separators into chunks of at most so many tokens.

From left to right, each chunk takes as much as fits and ends at the strongest separator in its last part (the order is
that of METHOD: three newlines, two, one, end of sentence, ... space). So chunks are full, which makes rounds few,
and where one ends depends on hardly a token behind it: a text that grows keeps all its chunks but the last one or two.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from smoothread_agent.errors import RequestError
from smoothread_agent.reading.codec import TextCodec

SEPARATORS = ("\n\n\n", "\n\n", "\n", ". ", ".", "! ", "? ", ", ", "; ", ": ", " – ", " ")
VERSION = "1"
"""Part of every fingerprint of memory: a change to where chunks end calls for a new one."""
MIN_FILL = 0.6
"""A chunk is at least this full (in characters of its limit) where a separator allows it."""
MIN_CHUNK = 16
"""Fewer tokens than this could not hold a single character of every script."""


@dataclass(frozen=True)
class Chunk:
    """A stretch `text[start:end]` of a source, and its tokens."""

    index: int
    start: int
    end: int
    text: str = field(repr=False)
    tokens: tuple[int, ...] = field(repr=False)


class Chunker:
    """Cuts texts into chunks of at most `max_tokens` tokens, each counted as it will be read.

    Raises:
        RequestError: `max_tokens` is below `MIN_CHUNK`.
    """

    def __init__(self, codec: TextCodec, max_tokens: int) -> None:
        if max_tokens < MIN_CHUNK:
            raise RequestError(f"a chunk of {max_tokens} tokens is too small: give at least {MIN_CHUNK}")
        self.codec = codec
        self.max_tokens = max_tokens

    def chunks(self, text: str) -> Iterator[Chunk]:
        """The chunks of `text` in order: together they are `text`, no character lost or doubled."""
        starts = self.codec.token_starts(text)
        position, index = 0, 0
        while position < len(text):
            first = int(starts.searchsorted(position))
            beyond = first + self.max_tokens
            limit = int(starts[beyond]) if beyond < len(starts) else len(text)
            chunk = self._fit(text, index, position, max(limit, position + 1))
            yield chunk
            position, index = chunk.end, index + 1

    def count(self, text: str) -> int:
        """Tokens in `text`, read as one piece."""
        return len(self.codec.token_starts(text))

    def _fit(self, text: str, index: int, start: int, limit: int) -> Chunk:
        """The chunk from `start`, ending at `limit` or before: cut alone, a text may take more tokens than inside."""
        while True:
            end = limit if limit == len(text) else _best_end(text, start, limit)
            tokens = self.codec.plain(text[start:end])
            if len(tokens) <= self.max_tokens or end == start + 1:
                return Chunk(index, start, end, text[start:end], tuple(tokens))
            limit = start + max(1, (end - start) * self.max_tokens // (len(tokens) + 1))


def _best_end(text: str, start: int, limit: int) -> int:
    """The end of the strongest separator in the last part of `text[start:limit]`; `limit` where there is none."""
    early = start + int((limit - start) * MIN_FILL)
    for separator in SEPARATORS:
        found = text.rfind(separator, early, limit)
        if found >= 0:
            return found + len(separator)
    return limit
