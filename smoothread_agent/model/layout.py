"""What the hidden memories of a model are made of: an empty one, its bytes, and whether one that is given belongs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor

from smoothread_agent.errors import MemoryMismatchError, RequestError
from smoothread_agent.model.memory import HiddenMemory


@dataclass(frozen=True)
class Shape:
    """A tensor of a memory, without its batch.

    Attributes:
        sizes: of the axes behind the batch; None for the slots of a window, of which memories with more pinned tokens
            have more.
        dtype: of its elements.
    """

    sizes: tuple[int | None, ...]
    dtype: torch.dtype

    def with_slots(self, slots: int) -> tuple[int, ...]:
        """The sizes in a memory of so many slots."""
        return tuple(slots if size is None else size for size in self.sizes)

    def fits(self, sizes: Sequence[int]) -> bool:
        """Whether a tensor of these sizes, batch left out, is of this shape."""
        return len(sizes) == len(self.sizes) and all(
            mine in (None, theirs) for mine, theirs in zip(self.sizes, sizes, strict=True)
        )


def empty_tensors(
    shapes: Mapping[str, Shape], batch: int, slots: int, device: torch.device
) -> dict[str, Tensor]:
    """The tensors of an empty memory: zeros, with a batch and so many slots."""
    return {
        name: torch.zeros(batch, *shape.with_slots(slots), dtype=shape.dtype, device=device)
        for name, shape in shapes.items()
    }


def row_bytes(shapes: Mapping[str, Shape], slots: int) -> int:
    """Bytes of one row of a memory with so many slots, its count of tokens read included."""
    tensors = (shape.dtype.itemsize * prod(shape.with_slots(slots)) for shape in shapes.values())
    return sum(tensors) + torch.int64.itemsize


def check_belongs(memory: HiddenMemory, shapes: Mapping[str, Shape], device: torch.device, rows: int) -> None:
    """Check a memory, and the number of rows that are to be read into it, before anything is written.

    Args:
        memory: what is to be read into.
        shapes: the tensors of the model's memories, by name.
        device: where the model is.
        rows: of tokens.

    Raises:
        MemoryMismatchError: the memory is another model's, or was made on another device or in another dtype.
        RequestError: the rows are not the memory's.
    """
    if memory.tensors.keys() != shapes.keys() or not all(
        shape.fits(memory.tensors[name].shape[1:]) for name, shape in shapes.items()
    ):
        raise MemoryMismatchError(
            "this memory was made by another model: read the source again with this one"
        )
    for name, shape in shapes.items():
        found = memory.tensors[name]
        if found.dtype != shape.dtype or found.device != device:
            raise MemoryMismatchError(
                f"this memory is {found.dtype} on {found.device}, the model {shape.dtype} on {device}: "
                "load the model as it was when the memory was made"
            )
    if rows != memory.batch:
        raise RequestError(f"{rows} rows of tokens for a memory of {memory.batch} rows")
