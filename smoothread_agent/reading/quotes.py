"""Quotes: from the one-line form that the model writes back to the exact characters of the source."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from smoothread_agent.errors import GrammarError
from smoothread_agent.reading.pieces import Stretch, pieces
from smoothread_agent.reading.wording import one_line


@dataclass(frozen=True)
class Passage:
    """A chunk's text as quotes are taken from it: on one line, in pieces, every character traced to where it stood."""

    text: str
    longest: int = 300
    """Most characters of a piece."""

    @cached_property
    def line(self) -> str:
        """The text with every run of white space made one space."""
        return one_line(self.text)

    @cached_property
    def _origin(self) -> list[int]:
        """For each character of `line`, its place in `text`."""
        places: list[int] = []
        for word in re.finditer(r"\S+", self.text):
            if places:
                places.append(places[-1] + 1)
            places.extend(range(word.start(), word.end()))
        return places

    @cached_property
    def _pieces(self) -> list[tuple[int, int]]:
        """Where the pieces stand in `line`."""
        return [
            (bisect_left(self._origin, start), bisect_left(self._origin, end - 1) + 1)
            for start, end in pieces(self.text, self.longest)
        ]

    def without(self, quotes: Sequence[str]) -> tuple[Stretch, ...]:
        """What is left of the pieces, in the order of the text, when `quotes` are taken out wherever they stand."""
        taken = [
            (start, start + len(quote))
            for quote in filter(None, quotes)
            for start, _ in self._pieces
            if self.line.startswith(quote, start)
        ]
        stretches: list[list[str]] = []
        before = -1
        for start, end in self._pieces:
            if any(start < last and first < end for first, last in taken):
                before = -1
                continue
            if before < 0:
                stretches.append([])
                before = start
            stretches[-1].append(self.line[before:end])
            before = end
        return tuple(map(tuple, stretches))

    def locate(self, quote: str) -> tuple[int, int]:
        """Where `quote` (in one-line form) stands in `text`, first and one past last: the first piece it opens with.

        Raises:
            GrammarError: it does not stand there, so it is no quote.
        """
        opening = (start for start, _ in self._pieces if self.line.startswith(quote, start))
        at = next(opening, self.line.find(quote))
        if at < 0 or not quote:
            raise GrammarError(f"{quote!r} is no quote of this chunk")
        return self._origin[at], self._origin[at + len(quote) - 1] + 1
