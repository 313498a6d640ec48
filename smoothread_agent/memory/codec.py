"""Codecs: a hidden memory as one safetensors blob, and back: exact, bf16, or int8 by group.

The packing itself, its equation and its bound on error are `smoothread_kernels.state_codec`'s. The blob holds its one
buffer and the count of tokens read; the layout of the buffer is text in the header. It is free of code, and nothing
is allocated on a header's word before the header was held against the blob's real size.
"""

import json
import math
import struct
from dataclasses import dataclass
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from smoothread_kernels.errors import KernelArgumentError
from smoothread_kernels.state_codec import Codec, Layout, Packed, pack, unpack
from torch import Tensor

from smoothread_agent.memory.errors import DamagedMemoryError
from smoothread_agent.model.memory import HiddenMemory

__all__ = ["Codec", "CodecError", "decode", "encode", "measure"]

FORMAT = "smoothread-memory-1"
MAX_HEADER = 4 * 2**20
"""Bytes of a safetensors header at the most: 4 MiB describe some 20,000 tensors."""

_BUFFER, _COUNT = "buffer", "tokens_read"


@dataclass(frozen=True)
class CodecError:
    """What a codec changes of one memory.

    Attributes:
        codec: which.
        nbytes: bytes of the blob.
        largest: largest absolute change of any element.
        relative: root mean square of the change over that of the elements, over all float tensors.
    """

    codec: Codec
    nbytes: int
    largest: float
    relative: float


def encode(memory: HiddenMemory, codec: Codec = "exact") -> bytes:
    """`memory` as a blob. It is not changed; a memory on a GPU leaves it in one copy.

    Raises:
        ValueError: there is no such codec.
    """
    try:
        packed = pack(memory.tensors, codec)
    except KernelArgumentError as error:
        raise ValueError(f"this memory cannot be packed as {codec!r}: {error}") from error
    tensors = {_BUFFER: packed.buffer.cpu(), _COUNT: memory.tokens_read.cpu().contiguous()}
    return save(tensors, metadata={"format": FORMAT, "codec": codec, "layout": packed.layout.to_json()})


def decode(blob: bytes, device: torch.device | str = "cpu") -> HiddenMemory:
    """The memory that `encode` wrote, on `device`.

    Raises:
        DamagedMemoryError: the blob is truncated, damaged, or of another format.
    """
    header = _header(blob)
    if header.get("format") != FORMAT:
        raise DamagedMemoryError(
            f"this blob is of format {header.get('format')!r}, and this version reads {FORMAT!r}: read the source again"
        )
    try:
        layout = Layout.from_json(header["layout"])
        tensors = load(blob)
        buffer, count = tensors[_BUFFER], tensors[_COUNT]
        if count.dtype != torch.int64 or count.ndim != 1:
            raise DamagedMemoryError(
                f"the count of tokens read is {count.dtype} of {list(count.shape)}, not int64 [batch]"
            )
        return HiddenMemory(unpack(Packed(buffer.to(device), layout)), count.to(device))
    except (SafetensorError, KernelArgumentError, KeyError, OverflowError) as error:
        raise DamagedMemoryError(
            f"this blob is no packed memory, or it is damaged ({error}): read the source again"
        ) from error


def measure(memory: HiddenMemory, codec: Codec) -> CodecError:
    """Encode and decode `memory`, and compare. What this does to answers is in docs/memory.md."""
    blob = encode(memory, codec)
    back = decode(blob, memory.tokens_read.device)
    largest, changed, whole = 0.0, 0.0, 0.0
    for name, before in memory.tensors.items():
        if before.is_floating_point() and before.numel():
            change = (back.tensors[name].double() - before.double()).abs()
            largest = max(largest, float(change.max()))
            changed += float(change.square().sum())
            whole += float(_squares(before))
    return CodecError(codec, len(blob), largest, math.sqrt(changed / whole) if whole else 0.0)


def _squares(tensor: Tensor) -> Tensor:
    return tensor.double().square().sum()


def _header(blob: bytes) -> dict[str, Any]:
    """The text part of a blob's header, read only after its length was checked."""
    if len(blob) < 8:
        raise DamagedMemoryError(f"{len(blob)} bytes are no packed memory: it was cut off")
    (length,) = struct.unpack("<Q", blob[:8])
    if length > min(MAX_HEADER, len(blob) - 8):
        raise DamagedMemoryError(
            f"the header claims {length} bytes in a blob of {len(blob)}: it is damaged, or no packed memory"
        )
    try:
        metadata = json.loads(blob[8 : 8 + length]).get("__metadata__", {})
    except (ValueError, AttributeError, RecursionError) as error:
        raise DamagedMemoryError(f"the header is damaged ({error}): read the source again") from error
    return metadata if isinstance(metadata, dict) else {}
