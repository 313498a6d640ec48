"""The shelf: a store as readings use it."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smoothread_agent.memory.chain import Chain, Conditions
from smoothread_agent.memory.checkpointer import Checkpointer
from smoothread_agent.memory.embedding import HashedEmbeddings, similarities
from smoothread_agent.memory.errors import IndexUnavailableError, MemoryStoreWarning
from smoothread_agent.memory.protocol import Store
from smoothread_agent.model.protocol import RecurrentModel
from smoothread_agent.reading.chunker import Chunk
from smoothread_agent.sources import Source


@dataclass(frozen=True)
class Shelf:
    """Where readings are kept, and whether a store that fails ends them."""

    store: Store
    strict: bool = False

    def checkpointer(
        self, model: RecurrentModel, conditions: Conditions, chunks: Sequence[Chunk], source: Source
    ) -> Checkpointer:
        """The dealings with the store of one reading, by `model`, of a source that is cut into `chunks`."""
        chain = Chain.of(conditions, (chunk.text for chunk in chunks))
        policy = self.store.policy_for(conditions.order)
        if conditions.order == "source_first":
            policy = policy.spread(len(chunks))
        return Checkpointer(self.store, model, chain, source.info(), policy, strict=self.strict)

    def likeness(self, task: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """How much each text has to do with a task, `[text]`: by the words, where the store's embeddings fail.

        Raises:
            IndexUnavailableError: they fail, and a store that fails is to end a reading.
        """
        try:
            return similarities(self.store.embeddings, task, texts)
        except Exception as error:  # they may be somebody's service
            failure = f"the embeddings failed ({type(error).__name__}: {error})"
            if self.strict:
                raise IndexUnavailableError(f"{failure}: ask again, or with visit='in_order'") from error
            warnings.warn(MemoryStoreWarning(f"{failure}; chunks are ordered by their words"), stacklevel=2)
            return similarities(HashedEmbeddings(), task, texts)
