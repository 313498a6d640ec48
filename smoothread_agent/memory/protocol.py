"""The contract of a memory store. `conformance` holds the tests that any implementation of it must pass."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch

from smoothread_agent.memory.chain import Chain, Conditions
from smoothread_agent.memory.embedding import Embeddings, HashedEmbeddings
from smoothread_agent.memory.entries import Entry, Problem, ReadingState
from smoothread_agent.memory.policy import SOURCE_POLICY, CheckpointPolicy
from smoothread_agent.model.memory import HiddenMemory
from smoothread_agent.schema import Order, ReadingResult, SourceInfo


@dataclass(frozen=True, eq=False)
class Restored:
    """A checkpoint that a reading goes on from.

    Attributes:
        memory: the hidden memory, the caller's own to read into.
        state: what else is known at this point.
        entry: the checkpoint, as it is listed.
        problems: what was found damaged on the way, and passed over.
    """

    memory: HiddenMemory
    state: ReadingState
    entry: Entry
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Found:
    """A source that was read, and why it was found.

    Attributes:
        source: which.
        score: cosine similarity of its closest text to the query.
        text: that text: a clue, a summary, an answer, or what the source was said to be about.
        entries: keys of the stored entries of this source that were found, best first.
    """

    source: SourceInfo
    score: float
    text: str
    entries: tuple[str, ...]


class Store(ABC):
    """Keeps checkpoints and results of readings, for one namespace.

    What one namespace holds can neither be seen, reused nor timed from another: no operation looks outside its own.
    Every method may raise `MemoryStoreError`; none of them then has changed what was stored before.
    """

    def policy_for(self, order: Order) -> CheckpointPolicy:
        """When a reading in this order is checkpointed, and which of its checkpoints `save` lets stay."""
        return CheckpointPolicy() if order == "task_first" else SOURCE_POLICY

    @property
    def embeddings(self) -> Embeddings:
        """What tells how much a chunk has to do with a task."""
        return HashedEmbeddings()

    @abstractmethod
    def save(
        self,
        chain: Chain,
        memory: HiddenMemory,
        state: ReadingState,
        *,
        source: SourceInfo,
        final: bool = False,
        about: str = "",
    ) -> Entry:
        """Store the memory after the first `state.chunks_read` chunks of `chain`. Neither argument is changed.

        A reading calls it from a thread of its own, while the next chunk is read; one call at a time.

        It is stored for good when this returns: a crash at any moment after loses nothing. Storing a key again
        replaces what was there and raises its revision. Older checkpoints may be dropped to bound the disk.

        Args:
            chain: the source's chain.
            memory: the hidden memory, batch 1.
            state: what else is known, `pending` included: tokens that were said and are not in `memory`.
            source: what was read.
            final: reading ended here.
            about: text to find the source by, beside its clues; at most 4,000 characters.

        Raises:
            RequestError: the state is of no chunk, or of more chunks than the chain has; the memory has several rows.
        """

    @abstractmethod
    def restore(
        self, chain: Chain, *, device: torch.device | str = "cpu", up_to: int | None = None
    ) -> Restored | None:
        """The checkpoint of the longest stored prefix of `chain` (of at most `up_to` chunks); none where there is none.

        It is used only if the chunk digests stored with it are those of `chain`, and if its files are what was
        written. Damaged ones are set aside, named in `problems`, and the next shorter prefix is taken.
        """

    @abstractmethod
    def prefixes(self, chain: Chain) -> list[int]:
        """The numbers of chunks after which a checkpoint of `chain` is stored, in order. Reads no blob."""

    @abstractmethod
    def save_result(self, key: str, conditions: Conditions, result: ReadingResult) -> Entry:
        """Store a finished result under the key of its request (`request_key`).

        Raises:
            RequestError: the reading was cancelled: what it left out would be taken for the answer.
        """

    @abstractmethod
    def load_result(self, key: str) -> ReadingResult | None:
        """The result of a request. `data` is plain JSON: validate it under the answer's schema again."""

    @abstractmethod
    def entries(self) -> list[Entry]:
        """Everything stored in this namespace, newest use first."""

    @abstractmethod
    def find_sources(self, query: str, limit: int = 5) -> list[Found]:
        """The sources read in this namespace that are closest to `query`, best first, at most `limit`."""

    @abstractmethod
    def forget(self, *, key: str | None = None, source: str | None = None) -> int:
        """Delete one entry by its key, or all of a source by its digest. Returns how many were deleted.

        Raises:
            RequestError: neither was named, or both.
        """
