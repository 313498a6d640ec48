"""The one protocol of recurrent models. Arms, stores, kernels and benches work on it and know no model family."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor

from smoothread_agent.model.memory import HiddenMemory

TokenRows = Sequence[Sequence[int]]
"""Token ids, a row for each row of the batch; rows may differ in length and may be empty."""


class RecurrentModel(ABC):
    """Reads tokens into a hidden memory of fixed size.

    Attributes:
        fingerprint: digest of everything that gives a memory its meaning (weights, adapter, tokenizer, window).
        window: tokens that stay exactly reachable after they were read, beside the pinned ones; for a matrix
            state, which has no such edge, the length it was trained to recall over.
        vocab_size: width of the logits.
        device, dtype: where the memory lies and in what precision.
    """

    fingerprint: str
    window: int
    vocab_size: int
    device: torch.device
    dtype: torch.dtype

    @abstractmethod
    def pin(self, prefix: TokenRows) -> HiddenMemory:
        """A new memory that has read `prefix` and holds it in sight for good. Its batch is the number of rows.

        Raises:
            RequestError: a prefix is empty, or too long to be pinned beside the window.
        """

    @abstractmethod
    def read(self, memory: HiddenMemory, tokens: TokenRows) -> Tensor:
        """Read each row's tokens into its memory, in place.

        Reading in two calls equals reading in one, whatever the split. A row with no tokens is left as it is.

        Returns:
            Logits after each row's last token, fp32 `[batch, vocab]`; NaN for a row that read nothing.

        Raises:
            MemoryMismatchError: the memory was not made by this model.
        """

    def essence(self, memory: HiddenMemory) -> HiddenMemory:
        """What reading on from `memory` depends on, for keeping: all of it, unless the model knows better.

        `memory` is not changed, and the essence is a copy: it stays what it is while reading goes on.
        """
        return memory.fork()

    def whole(self, essence: HiddenMemory) -> HiddenMemory:
        """A memory that reads on, bit for bit, as the one did that `essence` was taken from.

        Raises:
            MemoryMismatchError: it was not taken by this model.
        """
        return essence

    def fork(self, memory: HiddenMemory) -> HiddenMemory:
        """An independent copy of `memory`, which is not changed."""
        return memory.fork()
