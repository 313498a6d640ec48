"""Source: a text with a name, a digest and its pages. What every loader makes, and all that reading needs."""

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from smoothread_agent.errors import SourceError
from smoothread_agent.schema import SourceInfo

PAGE_GAP = "\n\n"
"""Set between the pages of one document: a paragraph's end to the chunker."""
PART_GAP = "\n\n\n"
"""Set between documents of one source: the strongest boundary that the chunker knows."""


@dataclass(frozen=True)
class Page:
    """A page, or a file of a folder: where it begins in the source's text."""

    start: int
    number: int | None = None
    """The number that a person would cite, from 1; none where the format has no pages."""
    label: str = ""
    """Which document it belongs to, where a source has several: a file's name, a document's title."""


@dataclass(frozen=True)
class Skipped:
    """Something that was there and is not in the text: a binary file of a folder, a page without text."""

    label: str
    reason: str

    def __str__(self) -> str:
        return f"{self.label}: {self.reason}"


@dataclass(frozen=True)
class Source:
    """One text to be read. Positions everywhere in this package are characters of `text`.

    Raises:
        SourceError: the text is empty or holds nothing but white space; it holds half a surrogate pair, which
            no tokenizer can encode; or the pages are out of order.
    """

    text: str
    name: str = "text"
    media_type: str = "text/plain"
    pages: tuple[Page, ...] = field(default=(), repr=False)
    skipped: tuple[Skipped, ...] = field(default=(), repr=False)
    """What the loader left out, and why. Empty when `text` holds all that was handed in."""

    def __post_init__(self) -> None:
        if not self.text or self.text.isspace():
            raise SourceError(f"{self.name} holds no text: there is nothing to read")
        try:
            self.text.encode()
        except UnicodeEncodeError as error:
            raise SourceError(
                f"{self.name} holds half a surrogate pair (U+{ord(self.text[error.start]):04X}) at character "
                f"{error.start}, which is no text: decode the original bytes without `surrogateescape`"
            ) from error
        starts = self._starts
        if starts and (starts[0] < 0 or starts[-1] > len(self.text) or starts != sorted(starts)):
            raise SourceError(f"the pages of {self.name} do not follow one another within its text")

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the text, in hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def _starts(self) -> list[int]:
        return [page.start for page in self.pages]

    def page_at(self, position: int) -> Page | None:
        """The page on which the character at `position` stands."""
        index = bisect_right(self._starts, position) - 1
        return self.pages[index] if index >= 0 else None

    def info(self) -> SourceInfo:
        """The typed description that goes into a result."""
        return SourceInfo(
            name=self.name, digest=self.digest, characters=len(self.text), media_type=self.media_type
        )


def join(parts: Sequence[Source], name: str, skipped: Sequence[Skipped] = ()) -> Source:
    """One source of several, in order, set apart by `PART_GAP`.

    A part without pages of its own becomes one page that bears its name; a part with pages keeps them, moved,
    and they bear its name. What the parts had skipped comes before `skipped`.
    """
    pages: list[Page] = []
    start = 0
    for part in parts:
        for page in part.pages or (Page(0),):
            pages.append(replace(page, start=start + page.start, label=page.label or part.name))
        start += len(part.text) + len(PART_GAP)
    left_out = [
        Skipped(f"{part.name}, {missing.label}", missing.reason) for part in parts for missing in part.skipped
    ]
    kinds = {part.media_type for part in parts}
    return Source(
        PART_GAP.join(part.text for part in parts),
        name=name,
        media_type=kinds.pop() if len(kinds) == 1 else "multipart/mixed",
        pages=tuple(pages),
        skipped=(*left_out, *skipped),
    )
