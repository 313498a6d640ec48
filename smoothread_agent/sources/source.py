"""Source: a text with a name, a digest and its pages. What every loader makes, and all that reading needs."""

import hashlib
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property

from smoothread_agent.errors import SourceError
from smoothread_agent.schema import SourceInfo


@dataclass(frozen=True)
class Page:
    """A page, or a file of a folder: where it begins in the source's text."""

    start: int
    number: int | None = None
    """The number that a person would cite, from 1; none where the format has no pages."""
    label: str = ""
    """What to call it when it has no number: a file's name, a document's title."""


@dataclass(frozen=True)
class Source:
    """One text to be read. Positions everywhere in this package are characters of `text`.

    Raises:
        SourceError: the text is empty or holds nothing but white space.
    """

    text: str
    name: str = "text"
    media_type: str = "text/plain"
    pages: tuple[Page, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise SourceError(f"{self.name} holds no text: there is nothing to read")

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the text, in hexadecimal."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()

    def page_at(self, position: int) -> Page | None:
        """The page on which the character at `position` stands."""
        index = bisect_right([page.start for page in self.pages], position) - 1
        return self.pages[index] if index >= 0 else None

    def info(self) -> SourceInfo:
        """The typed description that goes into a result."""
        return SourceInfo(
            name=self.name, digest=self.digest, characters=len(self.text), media_type=self.media_type
        )
