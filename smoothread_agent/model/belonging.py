"""Whether a hidden memory belongs to the model that is asked to go on from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from smoothread_agent.errors import MemoryMismatchError, RequestError
from smoothread_agent.model.memory import HiddenMemory


@dataclass(frozen=True)
class Shape:
    """A tensor of a memory, without its batch.

    Attributes:
        sizes: of the axes behind the batch; None where memories of one model differ.
        dtype: of its elements.
    """

    sizes: tuple[int | None, ...]
    dtype: torch.dtype

    def fits(self, sizes: Sequence[int]) -> bool:
        """Whether a tensor of these sizes, batch left out, is of this shape."""
        return len(sizes) == len(self.sizes) and all(
            mine in (None, theirs) for mine, theirs in zip(self.sizes, sizes, strict=True)
        )


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
