"""What every launch asks of the machine: may Triton run here, and what does this GPU hold."""

import functools
import importlib.util

import torch
from torch import Tensor

ALIGNMENT = 16
"""Bytes: what compiled variants count on in every pointer. PyTorch's own allocations have it."""

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
    """`tensor`, or a contiguous copy where a row of it does not begin on an `ALIGNMENT` boundary."""
    unit = ALIGNMENT // tensor.element_size()
    if tensor.data_ptr() % ALIGNMENT == 0 and all(stride % unit == 0 for stride in tensor.stride()[:-1]):
        return tensor
    return tensor.clone(memory_format=torch.contiguous_format)
