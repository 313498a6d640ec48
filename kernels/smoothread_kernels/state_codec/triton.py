"""int8 by group on CUDA: launches, kernels, and the list of what they compile. Equation and bound: `reference.py`."""

# ruff: noqa: N803  constexpr arguments are upper case, as in Triton's own code

from collections.abc import Iterator
from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from smoothread_kernels.launch import aligned
from smoothread_kernels.state_codec.layout import GROUP
from smoothread_kernels.variants import KernelVariant

TRITON_DTYPES = {torch.float32: "*fp32", torch.float16: "*fp16", torch.bfloat16: "*bf16"}
CONSTEXPRS = {"GROUP": GROUP, "BLOCK_GROUPS": 32}
WARPS = 4


@triton.jit
def places(rows, width, groups, GROUP: tl.constexpr, BLOCK_GROUPS: tl.constexpr):
    """Groups of this program `[group]`, their elements `[group, GROUP]`, and which of either exist."""
    group = tl.program_id(0).to(tl.int64) * BLOCK_GROUPS + tl.arange(0, BLOCK_GROUPS)
    exists = group < rows * groups
    column = (group % groups * GROUP)[:, None] + tl.arange(0, GROUP)[None, :]
    element = (group // groups * width)[:, None] + column
    return group, exists, element, exists[:, None] & (column < width)


@triton.jit(do_not_specialize=["rows", "width", "groups"])
def encode_kernel(
    x,  # [row, width], contiguous
    q,  # int8 [row, width], written
    scales,  # fp32 [row, group], written
    rows,
    width,
    groups,
    GROUP: tl.constexpr,
    BLOCK_GROUPS: tl.constexpr,
):
    """Grid: (blocks of groups,)."""
    group, exists, element, inside = places(rows, width, groups, GROUP, BLOCK_GROUPS)
    values = tl.load(x + element, mask=inside, other=0.0).to(tl.float32)
    # NaN is not below infinity either; a maximum alone would pass over it.
    sizes = tl.where(tl.abs(values) < float("inf"), tl.abs(values), float("inf"))
    largest = tl.max(sizes, 1)
    scale = tl.div_rn(largest, tl.full(largest.shape, 127.0, tl.float32))
    scale = tl.where(largest < 1e-30, 0.0, tl.where(largest < float("inf"), scale, float("nan")))
    usable = scale > 0.0
    divisor = tl.where(usable, scale, 1.0)
    ratio = tl.div_rn(values, tl.broadcast_to(divisor[:, None], values.shape))
    # Adding and taking away 1.5 2^23 rounds to the nearest integer, half to even.
    rounded = tl.where(usable[:, None], (ratio + 12582912.0) - 12582912.0, 0.0)
    tl.store(q + element, rounded.to(tl.int8), mask=inside)
    tl.store(scales + group, scale, mask=exists)


@triton.jit(do_not_specialize=["rows", "width", "groups"])
def decode_kernel(
    q,  # int8 [row, width], contiguous
    scales,  # fp32 [row, group]
    x,  # [row, width], written
    rows,
    width,
    groups,
    GROUP: tl.constexpr,
    BLOCK_GROUPS: tl.constexpr,
):
    """Grid: (blocks of groups,)."""
    group, exists, element, inside = places(rows, width, groups, GROUP, BLOCK_GROUPS)
    scale = tl.load(scales + group, mask=exists, other=0.0)
    values = tl.load(q + element, mask=inside, other=0).to(tl.float32) * scale[:, None]
    tl.store(x + element, values.to(x.dtype.element_ty), mask=inside)


def encode(x: Tensor, q: Tensor, scales: Tensor) -> None:
    """As `reference.encode`."""
    x = aligned(x.view(-1))
    _launch(encode_kernel, q, scales, (x, q, scales))


def decode(q: Tensor, scales: Tensor, x: Tensor) -> None:
    """As `reference.decode`."""
    _launch(decode_kernel, q, scales, (q, scales, x))


def _launch(kernel: Any, q: Tensor, scales: Tensor, tensors: tuple[Tensor, ...]) -> None:
    programs = triton.cdiv(scales.numel(), CONSTEXPRS["BLOCK_GROUPS"])
    if programs:
        kernel[(programs,)](*tensors, *q.shape, scales.shape[1], **CONSTEXPRS, num_warps=WARPS, num_stages=1)


def variants(capability: int) -> Iterator[KernelVariant]:
    """Every specialisation that a launch can request. The same for every capability."""
    integers = dict.fromkeys(("rows", "width", "groups"), "i32")
    for kernel, function in {"encode": encode_kernel, "decode": decode_kernel}.items():
        for pointer in TRITON_DTYPES.values():
            yield KernelVariant(
                name=f"state_codec/{kernel} dtype={pointer[1:]}",
                function=function,
                signature={"x": pointer, "q": "*i8", "scales": "*fp32", **integers},
                constexprs=CONSTEXPRS,
                num_warps=WARPS,
                num_stages=1,
            )
