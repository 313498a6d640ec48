"""Quotes: from the one-line form that the model writes back to the exact characters of the source."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from smoothread_agent.errors import GrammarError
from smoothread_agent.reading.wording import one_line


@dataclass(frozen=True)
class Passage:
    """A chunk's text as quotes are taken from it: on one line, every character traced to where it stood."""

    text: str

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

    def without(self, quotes: Sequence[str]) -> str:
        """`line` with a line break, which no quote spans, wherever one of `quotes` stood."""
        line = self.line
        for quote in filter(None, quotes):
            line = re.sub(rf"(?<!\w){re.escape(quote)}(?!\w)", "\n", line)
        return line

    def locate(self, quote: str) -> tuple[int, int]:
        """Where `quote` (in one-line form) stands in `text`, first and one past last; its first occurrence.

        Raises:
            GrammarError: it does not stand there, so it is no quote.
        """
        at = self.line.find(quote)
        if at < 0 or not quote:
            raise GrammarError(f"{quote!r} is no quote of this chunk")
        return self._origin[at], self._origin[at + len(quote) - 1] + 1
