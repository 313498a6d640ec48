"""The contract of an index over stored memory. It finds and never decides: it can be made again from the files."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from smoothread_agent.memory.embedding import Embeddings
from smoothread_agent.schema import SourceInfo

RecordKind = Literal["source", "summary", "clue", "answer"]


@dataclass(frozen=True)
class Record:
    """A text by which an entry can be found.

    Attributes:
        entry: key of the stored entry.
        revision: of that entry.
        kind: what the text is.
        text: at most a few thousand characters.
        source: which source was read.
        start, end: characters of the source that the text stands for; both 0 where it stands for all of it.
    """

    entry: str
    revision: int
    kind: RecordKind
    text: str
    source: SourceInfo
    start: int = 0
    end: int = 0


@dataclass(frozen=True)
class Hit:
    """A record that was found, and its cosine similarity to the query, -1 to 1."""

    record: Record
    score: float


class MemoryIndex(ABC):
    """Finds entries of a namespace by meaning. Namespaces are kept apart.

    Every method may raise `IndexUnavailableError` (the files are unaffected) or `StoreBusyError`.

    Attributes:
        embeddings: makes the vectors.
    """

    embeddings: Embeddings

    @abstractmethod
    def check(self) -> None:
        """Refuse a use that would do harm.

        Raises:
            StoreBusyError: the index is not this process's to use.
        """

    @abstractmethod
    def put(self, namespace: str, records: Sequence[Record]) -> None:
        """Make `records` all that the index holds of the entries that they name."""

    @abstractmethod
    def remove(self, namespace: str, entries: Sequence[str]) -> None:
        """Forget entries. One that is not there is left at that."""

    @abstractmethod
    def entries(self, namespace: str) -> Mapping[str, int]:
        """Key and revision of every entry that the index holds."""

    @abstractmethod
    def search(self, namespace: str, query: str, limit: int) -> list[Hit]:
        """The records closest to `query`, best first, at most `limit`."""

    @abstractmethod
    def clear(self, namespace: str) -> None:
        """Forget a whole namespace."""
