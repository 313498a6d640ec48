"""Tile sizes of the window-attention kernels: one settings function a kernel, by chip, element size and dim.

Launches and the registry of variants both read them here, so what `tools.compile_kernels` checks is what
runs. The sizes are the largest that spill no register and fit the chip's shared memory.
"""

from dataclasses import dataclass

from smoothread_kernels.launch import shared_memory_limit

MAX_SPLITS = 64
"""Programs that may share the slots of one tile of rows."""

SPLIT_STEP = 16
"""Split results that `combine_kernel` holds at a time."""


@dataclass(frozen=True)
class Tile:
    """Rows and slots of a tile, warps of a program, stages of its pipeline of loads."""

    rows: int
    slots: int
    warps: int
    stages: int


def padded(dim: int) -> int:
    """The power of two that a tile's last axis takes."""
    return 1 << (dim - 1).bit_length()


def forward_tile(capability: int, element_size: int, dim: int) -> Tile:
    """Rows are a stretch of tokens: arithmetic bounds it."""
    if element_size == 4:
        return Tile(rows=32 if dim <= 128 else 16, slots=32, warps=8, stages=2)
    if dim > 128:
        return Tile(rows=32, slots=64, warps=8, stages=2)
    return Tile(rows=64, slots=64, warps=4, stages=3 if _roomy(capability) else 2)


def split_tile(capability: int, element_size: int, dim: int) -> Tile:
    """Rows are one token's heads, or a few: memory bounds it, so few rows and many bytes in flight."""
    if element_size == 4:
        return Tile(rows=16, slots=32, warps=8, stages=2)
    return Tile(rows=16, slots=64 if dim <= 128 else 32, warps=4, stages=3 if _roomy(capability) else 2)


def query_tile(capability: int, element_size: int, dim: int) -> Tile:
    """The gradient of the queries."""
    if element_size == 4:
        return Tile(rows=16, slots=32 if dim <= 64 else 16, warps=8, stages=2 if dim > 128 else 1)
    if dim > 128:
        return Tile(rows=32, slots=32, warps=8, stages=1)
    return Tile(rows=64, slots=64 if dim <= 64 else 32, warps=8, stages=2)


def memory_tile(capability: int, element_size: int, dim: int) -> Tile:
    """The gradient of keys and values."""
    if element_size == 4:
        return Tile(rows=16, slots=32 if dim <= 128 else 16, warps=8, stages=1)
    if dim > 128:
        return Tile(rows=32, slots=32, warps=8, stages=1)
    return Tile(rows=32, slots=32, warps=4, stages=2)


def _roomy(capability: int) -> bool:
    return shared_memory_limit(capability) >= 163 * 1024
