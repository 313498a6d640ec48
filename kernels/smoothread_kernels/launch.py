"""What every launch asks of the machine: may Triton run here, and what does this GPU hold."""

import contextlib
import functools
import importlib.util
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor

ALIGNMENT = 16
"""Bytes: what compiled variants count on in every pointer. PyTorch's own allocations have it."""

UNIT = 8
"""Elements: strides of rows are multiples of it, so that 16-bit rows too begin on an `ALIGNMENT` boundary. Kernels
take strides in this unit: multiplied by it again, they are known to be aligned, and rows move in whole words."""

OLDEST_CAPABILITY = 80
"""bf16 in the tensor cores, and asynchronous copies, begin with Ampere."""


@functools.cache
def _triton_installed() -> bool:
    return importlib.util.find_spec("triton") is not None


@functools.cache
def capability(device: torch.device) -> int:
    """Compute capability of a CUDA device, as 80 or 90; the oldest for a CPU, where Triton is interpreted."""
    if device.type != "cuda":
        return OLDEST_CAPABILITY
    major, minor = torch.cuda.get_device_capability(device)
    return 10 * major + minor


@functools.cache
def multiprocessors(device: torch.device) -> int:
    """Streaming multiprocessors of a CUDA device; for the CPU a number small enough to be interpreted."""
    return torch.cuda.get_device_properties(device).multi_processor_count if device.type == "cuda" else 8


def shared_memory_limit(capability: int) -> int:
    """Bytes of shared memory that one program may take (CUDA C++ Programming Guide, compute capabilities)."""
    if 90 <= capability < 120:
        return 227 * 1024
    return (163 if capability in (80, 87) else 99) * 1024


def takes_triton(tensor: Tensor) -> bool:
    """Whether an operation on `tensor` runs as a compiled kernel; elsewhere its PyTorch reference runs."""
    return tensor.is_cuda and _triton_installed() and capability(tensor.device) >= OLDEST_CAPABILITY


def aligned(tensor: Tensor) -> Tensor:
    """`tensor`, or a contiguous copy where its rows do not all begin on an `ALIGNMENT` boundary."""
    rows = zip(tensor.shape[:-1], tensor.stride()[:-1], strict=True)
    if tensor.data_ptr() % ALIGNMENT == 0 and all(stride % UNIT == 0 or size == 1 for size, stride in rows):
        return tensor
    return tensor.clone(memory_format=torch.contiguous_format)


def unit_strides(tensor: Tensor) -> tuple[int, ...]:
    """Strides of all axes but the last, in units of `UNIT` elements, of a tensor that is `aligned`."""
    return tuple(stride // UNIT for stride in tensor.stride()[:-1])


def on_device(tensor: Tensor) -> AbstractContextManager[Any]:
    """Launches inside go to the device that holds `tensor`."""
    return torch.cuda.device(tensor.device) if tensor.is_cuda else contextlib.nullcontext()


def int32_words(count: Tensor) -> tuple[Tensor, int]:
    """An int32 view of an int32 or int64 `[batch]` and its step: no cast, so no launch and no second variant.

    Counts are below 2^31 and not negative, so the low word of a (little-endian) int64 is its value.
    """
    return count.view(torch.int32), count.element_size() // 4
