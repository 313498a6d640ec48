"""What of a pinned window's buffer is in sight: all that reading on depends on, and half of the buffer at the most.

A row of the buffer holds its pinned tokens, then tokens that have left the window, then the window. What has left it is
overwritten before anything sees it again, so a checkpoint does without.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from smoothread_agent.errors import MemoryMismatchError
from smoothread_agent.model.memory import HiddenMemory

_COUNTS = ("pinned", "used")


def in_sight(memory: HiddenMemory, window: int) -> HiddenMemory:
    """A copy of a memory with the slots in sight alone, closed up: `[batch, heads, visible slots, dim]`."""
    rows = list(_rows(memory, window))
    visible = max(used - gone for _, used, gone in rows)

    def closed_up(buffer: Tensor) -> Tensor:
        found = buffer.new_zeros(*buffer.shape[:2], visible, buffer.shape[3])
        for row, (pinned, used, gone) in enumerate(rows):
            found[row, :, :pinned] = buffer[row, :, :pinned]
            found[row, :, pinned : used - gone] = buffer[row, :, pinned + gone : used]
        return found

    return _with(memory, closed_up)


def spread_out(memory: HiddenMemory, window: int) -> HiddenMemory:
    """The memory that `in_sight` was given, with zeros in the slots out of sight. A whole one is returned as it is.

    Raises:
        MemoryMismatchError: its slots are not those in sight of this window.
    """
    rows = list(_rows(memory, window))
    visible, slots = (
        max(used - gone for _, used, gone in rows),
        max(pinned for pinned, *_ in rows) + 2 * window,
    )
    buffers = [tensor for name, tensor in memory.tensors.items() if name not in _COUNTS]
    if all(buffer.dim() == 4 and buffer.shape[2] == slots for buffer in buffers):
        return memory
    if any(buffer.dim() != 4 or buffer.shape[2] != visible for buffer in buffers):
        raise MemoryMismatchError(
            f"this memory does not hold the {visible} slots in sight of its window: read the source again"
        )

    def opened(buffer: Tensor) -> Tensor:
        found = buffer.new_zeros(*buffer.shape[:2], slots, buffer.shape[3])
        for row, (pinned, used, gone) in enumerate(rows):
            found[row, :, :pinned] = buffer[row, :, :pinned]
            found[row, :, pinned + gone : used] = buffer[row, :, pinned : used - gone]
        return found

    return _with(memory, opened)


def _rows(memory: HiddenMemory, window: int) -> Iterator[tuple[int, int, int]]:
    """Of each row: pinned tokens, slots used, and how many of these have left the window.

    Raises:
        MemoryMismatchError: the memory has no such counts, or impossible ones.
    """
    try:
        counts = torch.stack([memory.tensors[name] for name in _COUNTS], dim=1).tolist()
    except (KeyError, RuntimeError) as error:
        raise MemoryMismatchError("this memory was made by another model: read the source again") from error
    for pinned, used in counts:
        if not 0 <= used <= pinned + 2 * window:
            raise MemoryMismatchError(
                f"this memory has {used} slots in use, where {pinned} are pinned and the window is {window}: "
                "it was made with another one; read the source again"
            )
        yield pinned, used, max(0, used - pinned - window)


def _with(memory: HiddenMemory, change: Callable[[Tensor], Tensor]) -> HiddenMemory:
    tensors = {
        name: tensor.clone() if name in _COUNTS else change(tensor) for name, tensor in memory.tensors.items()
    }
    return HiddenMemory(tensors, memory.tokens_read.clone())
