"""What stands around the evidence: real text, noise, or sentences made on the spot."""

import random
import re
import textwrap
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Protocol

from tools.train.corpora import Document, corpus
from tools.train.trajectory import Split
from tools.train.wording import noise

_BREAKS = ("\n\n", "\n", ". ", "; ", ", ", " ")
"""Where a part may end, best first: the order of the reader's own chunker, shortened."""


class Filler(Protocol):
    """A text that is handed out piece by piece, in order."""

    def take(self, characters: int) -> str:
        """The next piece, of about so many characters and not more."""
        ...


class RealText:
    """Consecutive pieces of documents, from a random place on."""

    def __init__(
        self, rng: random.Random, split: Split, document: Document | None = None, start: int = -1
    ) -> None:
        self._rng, self._split = rng, split
        self._text = (document or corpus(split).draw(rng)).text
        self._at = start if start >= 0 else line_start(self._text, rng.randrange(len(self._text)))

    def take(self, characters: int) -> str:
        """The next piece of the document; of another document when this one has come to its end."""
        if len(self._text) - self._at < min(characters, 400):
            self._text = corpus(self._split).draw(self._rng).text
            most = max(1, len(self._text) - 4 * characters)
            self._at = line_start(self._text, self._rng.randrange(most))
        end = cut(self._text, self._at, characters)
        piece = self._text[self._at : end].strip("\n")
        self._at = end
        return piece.rstrip() or "-"


class Sentences:
    """Sentences made by a function, joined in a style of their own: running, in lines, or wrapped."""

    def __init__(self, rng: random.Random, make: Callable[[], str], style: str = "") -> None:
        self._make = make
        self._style = style or rng.choice(("running", "running", "lines", "wrapped", "paragraphs"))
        self._rng = rng
        self._width = rng.randint(56, 100)

    def take(self, characters: int) -> str:
        """As many sentences as fit, one at least."""
        sentences = [self._make()]
        size = len(sentences[0])
        while size + len(sentences[-1]) < characters:
            sentences.append(self._make())
            size += len(sentences[-1]) + 1
        if self._style == "lines":
            return "\n".join(sentences)
        if self._style == "running":
            return " ".join(sentences)
        text = ""
        for sentence in sentences:
            text += ("\n\n" if self._rng.random() < 0.25 else " ") + sentence
        text = text.strip()
        if self._style == "wrapped":
            return "\n\n".join(textwrap.fill(block, self._width) for block in text.split("\n\n"))
        return text


class Mixed:
    """Pieces of several fillers by turns: a paragraph of one, then a paragraph of another."""

    def __init__(self, rng: random.Random, *fillers: Filler) -> None:
        self._rng, self._fillers = rng, fillers

    def take(self, characters: int) -> str:
        """Two or three shorter pieces in a row, or one piece where there is no room for more."""
        count = max(1, min(self._rng.randint(1, 3), characters // 250))
        pieces = [self._rng.choice(self._fillers).take(characters // count) for _ in range(count)]
        return "\n\n".join(pieces)


def noise_filler(rng: random.Random, split: Split) -> Filler:
    """A few banal sentences over and over, or a stream of them that hardly repeats."""
    if rng.random() < 0.4:
        loop = cycle([noise.sentence(rng, split) for _ in range(rng.randint(3, 7))])
        return Sentences(rng, lambda: next(loop), "running")
    return Sentences(rng, lambda: noise.sentence(rng, split))


def cut(text: str, start: int, characters: int) -> int:
    """Where a piece that begins at `start` ends: at the best break in its last two fifths."""
    end = start + characters
    if end >= len(text):
        return len(text)
    for sign in _BREAKS:
        at = text.rfind(sign, start + (characters * 3) // 5, end)
        if at > start:
            return at + len(sign)
    return end


def cut_up(text: str, start: int, last: int, size: Callable[[], int]) -> Iterator[str]:
    """The pieces of a stretch of text, in order, blank ones passed over; `size` gives the characters of each."""
    while start < last:
        end = min(last, cut(text, start, size()))
        if piece := text[start:end].strip():
            yield piece
        start = end


def line_start(text: str, at: int) -> int:
    """The beginning of the paragraph, or else the line, that holds a position."""
    for sign in ("\n\n", "\n", ". "):
        found = text.rfind(sign, max(0, at - 1500), at)
        if found >= 0:
            return found + len(sign)
    return 0 if at < 1500 else at


def boundaries(text: str) -> list[tuple[int, int]]:
    """White space at which a sentence may be put in, as (start, end); both ends of the text included."""
    inner = [match.span() for match in re.finditer(r"(?<=[.!?:;])\s+(?=[\"'(A-Z\d-])|\n\s*\n", text)]
    if len(inner) < 2:
        inner = [match.span() for match in re.finditer(r"\n+", text)] or inner
    return [(0, 0), *inner, (len(text), len(text))]
