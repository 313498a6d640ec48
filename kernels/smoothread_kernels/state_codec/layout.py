"""Where each tensor of a packed memory lies in the buffer: plain numbers, so that it can be written beside it."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

import torch
from torch import Tensor

from smoothread_kernels.errors import KernelArgumentError

Codec = Literal["exact", "bf16", "int8"]

GROUP = 64
"""Elements that share a scale in int8: neighbours in the last axis. The last group of a row may be shorter."""

ALIGNMENT = 16
"""Bytes: where sections begin, so that any of them can be viewed in its dtype and loaded in full words."""

FLOATS = (torch.float32, torch.float16, torch.bfloat16)
DTYPES = {str(dtype).removeprefix("torch."): dtype for dtype in (*FLOATS, torch.float64)} | {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool)
}


@dataclass(frozen=True)
class Entry:
    """One tensor in the buffer.

    Attributes:
        name: its name.
        shape: its shape.
        dtype: its dtype, without the prefix `torch.`.
        codec: how it is stored; what a codec would not make smaller is stored exactly.
        offset: byte at which its elements begin.
        scales: byte at which its scales begin, fp32 `[row, group]`; -1 for any codec but int8.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    codec: Codec
    offset: int
    scales: int = -1

    @property
    def rows(self) -> int:
        """Rows of the last axis."""
        return math.prod(self.shape[:-1])

    @property
    def width(self) -> int:
        """Elements a row."""
        return self.shape[-1] if self.shape else 1

    @property
    def groups(self) -> int:
        """Scales a row."""
        return -(-self.width // GROUP)

    @property
    def stored(self) -> torch.dtype:
        """Dtype of its elements in the buffer."""
        return {"exact": DTYPES[self.dtype], "bf16": torch.bfloat16, "int8": torch.int8}[self.codec]

    @property
    def nbytes(self) -> int:
        """Bytes of its elements in the buffer."""
        return self.rows * self.width * self.stored.itemsize

    @property
    def end(self) -> int:
        """First byte behind all that belongs to it."""
        return self.offset + self.nbytes if self.scales < 0 else self.scales + 4 * self.rows * self.groups


@dataclass(frozen=True)
class Layout:
    """The entries of a buffer, in the order in which they lie, and its size in bytes."""

    entries: tuple[Entry, ...]
    nbytes: int

    def to_json(self) -> str:
        """As JSON text, to keep beside the buffer."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Layout":
        """The layout that `to_json` wrote.

        Raises:
            KernelArgumentError: the text is no layout, or its entries are not such as packing leaves them.
        """
        try:
            fields = json.loads(text)
            entries = tuple(Entry(**{**entry, "shape": tuple(entry["shape"])}) for entry in fields["entries"])
            layout = _placed([(e.name, e.shape, e.dtype, e.codec) for e in entries])
            right = entries == layout.entries and fields["nbytes"] == layout.nbytes
            right = right and all(type(size) is int and size >= 0 for e in entries for size in e.shape)
            right = right and all(e.codec == "exact" or DTYPES[e.dtype] in FLOATS for e in entries)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise KernelArgumentError(f"this is no layout of a packed memory: {error!r}") from error
        if not right:
            raise KernelArgumentError("this layout of a packed memory is damaged: its sizes do not add up")
        return layout


def layout_of(tensors: Mapping[str, Tensor], codec: Codec) -> Layout:
    """Where `tensors` lie when packed with `codec`.

    Raises:
        KernelArgumentError: no such codec, or a dtype that cannot be packed.
    """
    if codec not in ("exact", "bf16", "int8"):
        raise KernelArgumentError(f"codec must be exact, bf16 or int8, not {codec!r}")
    wanted = []
    for name, tensor in tensors.items():
        dtype = str(tensor.dtype).removeprefix("torch.")
        if dtype not in DTYPES:
            raise KernelArgumentError(f"{name} is {tensor.dtype}: cast it to a plain float or integer dtype")
        smaller = tensor.dtype in FLOATS and (codec == "int8" or tensor.dtype == torch.float32)
        wanted.append((name, tuple(tensor.shape), dtype, codec if smaller else "exact"))
    return _placed(wanted)


def _placed(wanted: list[tuple[str, tuple[int, ...], str, Codec]]) -> Layout:
    end = 0
    entries = []
    for name, shape, dtype, codec in wanted:
        entry = Entry(name, shape, dtype, codec, offset=_aligned(end))
        if codec == "int8":
            entry = Entry(name, shape, dtype, codec, entry.offset, scales=_aligned(entry.end))
        entries.append(entry)
        end = entry.end
    return Layout(tuple(entries), _aligned(end))


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT
