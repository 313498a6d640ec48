"""HiddenMemory: what a recurrent model knows of all it has read, as named tensors of fixed shape."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from smoothread_agent.errors import MemoryMismatchError

_COUNT = "tokens_read"


@dataclass(frozen=True, eq=False)
class HiddenMemory:
    """Named tensors of fixed shape, and a count of tokens read. Every tensor's first axis is the batch.

    The tensors are advanced in place by `RecurrentModel.read`; a fork is the way to keep a state. Nothing but
    the model that made a memory gives its tensors a meaning: forking, packing and measuring it need none.

    Attributes:
        tensors: name to tensor `[batch, ...]`.
        tokens_read: tokens read by each row since the memory was new, pinned ones included: int64 `[batch]`.
    """

    tensors: Mapping[str, Tensor]
    tokens_read: Tensor

    @property
    def batch(self) -> int:
        """Number of rows."""
        return int(self.tokens_read.shape[0])

    @property
    def nbytes(self) -> int:
        """Bytes held by the tensors. The same after one chunk and after a thousand."""
        return sum(tensor.nbytes for tensor in self.tensors.values()) + self.tokens_read.nbytes

    def fork(self) -> "HiddenMemory":
        """An independent copy: reading into either leaves the other bit-identical."""
        return HiddenMemory({name: t.clone() for name, t in self.tensors.items()}, self.tokens_read.clone())

    def gather(self, rows: Sequence[int]) -> "HiddenMemory":
        """A new memory with the given rows, in the given order; a row may be named twice (a fork of it).

        Raises:
            IndexError: a row does not exist.
        """
        index = torch.as_tensor(list(rows), dtype=torch.int64, device=self.tokens_read.device)
        return HiddenMemory({name: t[index] for name, t in self.tensors.items()}, self.tokens_read[index])

    def drop(self, rows: Sequence[int]) -> "HiddenMemory":
        """A new memory without the given rows."""
        gone = {row % self.batch for row in rows}
        return self.gather([row for row in range(self.batch) if row not in gone])

    def pack(self) -> bytes:
        """The memory as one safetensors blob: exact, and free of code."""
        tensors = {name: t.detach().cpu().contiguous() for name, t in self.tensors.items()}
        return save({**tensors, _COUNT: self.tokens_read.cpu().contiguous()})

    @classmethod
    def unpack(cls, blob: bytes, device: torch.device | str = "cpu") -> "HiddenMemory":
        """The memory that `pack` wrote, on `device`.

        Raises:
            MemoryMismatchError: the blob is damaged or is no packed memory.
        """
        try:
            tensors = {name: t.to(device) for name, t in load(blob).items()}
            return cls(tokens_read=tensors.pop(_COUNT), tensors=tensors)
        except (SafetensorError, KeyError) as error:
            raise MemoryMismatchError(
                f"this is no packed hidden memory, or it is damaged ({error}): read the source again"
            ) from error
