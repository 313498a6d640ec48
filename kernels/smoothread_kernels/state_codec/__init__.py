"""Packing a whole memory, a dict of named tensors, into one contiguous buffer and back: exact, bf16 or int8 by group.

One buffer leaves a GPU in one copy. Floats are coded as asked; integers, and floats that a codec would not make
smaller, are stored exactly. int8 runs on CUDA as the Triton kernels of `triton.py`, elsewhere as `reference.py`,
where equation and error bound stand; bf16 and exact are PyTorch's own copies, which run at the memory's speed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from smoothread_kernels.errors import KernelArgumentError
from smoothread_kernels.launch import takes_triton
from smoothread_kernels.state_codec import reference
from smoothread_kernels.state_codec.layout import DTYPES, GROUP, Codec, Entry, Layout, layout_of

__all__ = ["GROUP", "Codec", "Entry", "Layout", "Packed", "layout_of", "pack", "unpack"]


@dataclass(frozen=True, eq=False)
class Packed:
    """A packed memory.

    Attributes:
        buffer: uint8 `[nbytes]`; bytes between sections are zero.
        layout: where each tensor lies in it.
    """

    buffer: Tensor
    layout: Layout


def pack(tensors: Mapping[str, Tensor], codec: Codec) -> Packed:
    """Pack `tensors`, all of one device, into one buffer on that device.

    Args:
        tensors: name to tensor of any shape; floats of 16 to 64 bits, integers or bools. They are not changed.
        codec: `exact`; `bf16`, which rounds fp32 to 8 bits of mantissa; or `int8`, in groups of `GROUP`
            elements of the last axis.

    Raises:
        KernelArgumentError: there is nothing to pack, devices or dtypes do not fit, or there is no such codec.
    """
    devices = {tensor.device for tensor in tensors.values()}
    if len(devices) != 1:
        raise KernelArgumentError(
            f"tensors to pack must be on one device, not on {sorted(map(str, devices))}"
        )
    layout = layout_of(tensors, codec)
    buffer = torch.zeros(layout.nbytes, dtype=torch.uint8, device=devices.pop())
    for entry in layout.entries:
        x = tensors[entry.name].detach()
        if not x.numel():
            continue
        if entry.codec == "int8":
            encode = _kernels(buffer)[0]
            encode(x.reshape(entry.rows, entry.width).contiguous(), *_sections(buffer, entry))
        else:
            _section(buffer, entry.offset, entry.nbytes, entry.stored).copy_(x.reshape(-1))
    return Packed(buffer, layout)


def unpack(packed: Packed) -> dict[str, Tensor]:
    """The tensors that were packed, with their dtypes and shapes, on the buffer's device.

    Raises:
        KernelArgumentError: buffer and layout do not belong together.
    """
    buffer, layout = packed.buffer, packed.layout
    if buffer.dtype != torch.uint8 or buffer.shape != (layout.nbytes,) or not buffer.is_contiguous():
        raise KernelArgumentError(
            f"buffer must be contiguous uint8 [{layout.nbytes}] as its layout says, not {buffer.dtype} of "
            f"{list(buffer.shape)}"
        )
    tensors = {}
    for entry in layout.entries:
        x = torch.empty(entry.rows, entry.width, dtype=DTYPES[entry.dtype], device=buffer.device)
        if entry.codec == "int8" and x.numel():
            decode = _kernels(buffer)[1]
            decode(*_sections(buffer, entry), x)
        else:
            x.view(-1).copy_(_section(buffer, entry.offset, entry.nbytes, entry.stored))
        tensors[entry.name] = x.view(entry.shape)
    return tensors


def _kernels(buffer: Tensor) -> tuple[Callable[..., None], Callable[..., None]]:
    """`encode` and `decode` for the buffer's device."""
    if takes_triton(buffer):
        from smoothread_kernels.state_codec import triton

        return triton.encode, triton.decode
    return reference.encode, reference.decode


def _section(buffer: Tensor, offset: int, nbytes: int, dtype: torch.dtype) -> Tensor:
    return buffer[offset : offset + nbytes].view(dtype)


def _sections(buffer: Tensor, entry: Entry) -> tuple[Tensor, Tensor]:
    """The int8 elements `[row, width]` and the scales `[row, group]` of an entry."""
    q = _section(buffer, entry.offset, entry.nbytes, torch.int8).view(entry.rows, entry.width)
    scales = _section(buffer, entry.scales, 4 * entry.rows * entry.groups, torch.float32)
    return q, scales.view(entry.rows, entry.groups)
