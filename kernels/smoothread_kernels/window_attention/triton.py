"""Window attention on Triton: the operation, its gradient, and every variant that a launch can ask for.

Arguments are those of `smoothread_kernels.window_attention.window_attention`, already checked.
"""

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Any

import torch
import triton
from torch import Tensor
from torch.autograd.function import once_differentiable

from smoothread_kernels.launch import aligned, capability, multiprocessors
from smoothread_kernels.layout import DTYPES, HEAD_DIMS
from smoothread_kernels.variants import KernelVariant
from smoothread_kernels.window_attention.settings import (
    MAX_SPLITS,
    forward_tile,
    memory_tile,
    query_tile,
    split_tile,
)
from smoothread_kernels.window_attention.triton_backward import memory_kernel, query_kernel
from smoothread_kernels.window_attention.triton_forward import combine_kernel, forward_kernel
from smoothread_kernels.window_attention.triton_launch import (
    WindowCall,
    backward,
    combining,
    forward,
    precision,
    split_forward,
    tiling,
    widths,
)


def window_attention(
    query: Tensor,
    keys: Tensor,
    values: Tensor,
    *,
    start: Tensor,
    lengths: Tensor,
    pinned: Tensor,
    window: int,
    scale: float,
    sinks: Tensor | None = None,
    softcap: float | None = None,
) -> Tensor:
    """See `smoothread_kernels.window_attention.window_attention`."""
    call = WindowCall(start, lengths, pinned, window, scale, softcap)
    sinks = None if sinks is None else aligned(sinks.float().contiguous())
    given = [tensor for tensor in (query, keys, values, sinks) if tensor is not None]
    if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in given):
        out: Tensor = _WindowAttention.apply(query, keys, values, sinks, call)
        return out
    query, keys, values = aligned(query), aligned(keys), aligned(values)
    out = torch.empty_like(query)
    splits = splits_for(query, keys, window)
    if splits == 1:
        forward(call, query, keys, values, sinks, out, _statistics(query))
    else:
        split_forward(call, query, keys, values, sinks, out, scratch(query, keys, splits))
    return out


def splits_for(query: Tensor, keys: Tensor, window: int) -> int:
    """Programs that share the slots of one tile of rows; 1 where tiles of rows alone fill the GPU well enough.

    Follows from shapes alone: nothing waits for the GPU, and a captured CUDA graph holds for every later step.
    """
    batch, heads, tokens, dim = query.shape
    kv_heads, slots = keys.shape[1], keys.shape[2]
    size, chip, processors = query.element_size(), capability(query.device), multiprocessors(query.device)
    rows, pairs = tokens * heads // kv_heads, batch * kv_heads
    if 2 * pairs * triton.cdiv(rows, forward_tile(chip, size, dim).rows) >= processors:
        return 1
    tile = split_tile(chip, size, dim)
    in_sight = min(slots, max(slots - window, 0) + tokens)  # at most: slots >= pinned + 2 window
    programs = pairs * int(triton.cdiv(rows, tile.rows))
    wanted = 2 * processors // programs
    useful = in_sight // (2 * tile.slots)
    return max(1, min(wanted, useful, MAX_SPLITS))


def scratch(query: Tensor, keys: Tensor, splits: int) -> tuple[Tensor, Tensor, Tensor]:
    """What `split_forward` needs for `splits` splits."""
    batch, heads, tokens, dim = query.shape
    kv_heads = keys.shape[1]
    shape = (batch, kv_heads, splits, tokens * heads // kv_heads)
    total = torch.empty(*shape, dim, dtype=torch.float32, device=query.device)
    peak, mass = (torch.empty(shape, dtype=torch.float32, device=query.device) for _ in range(2))
    return total, peak, mass


class _WindowAttention(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, query: Tensor, keys: Tensor, values: Tensor, sinks: Tensor | None, call: WindowCall
    ) -> Tensor:
        query, keys, values = _dense(query), aligned(keys), aligned(values)
        out, log_mass = torch.empty_like(query), _statistics(query)
        forward(call, query, keys, values, sinks, out, log_mass)
        ctx.save_for_backward(query, keys, values, out, log_mass, sinks)
        ctx.call = call
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_out: Tensor) -> tuple[Tensor | None, ...]:
        query, keys, values, out, log_mass, sinks = ctx.saved_tensors
        if grad_out.stride() != out.stride() or aligned(grad_out) is not grad_out:
            grad_out = torch.empty_like(out).copy_(grad_out)
        grads = torch.empty_like(query), torch.empty_like(keys), torch.empty_like(values)
        delta = _statistics(query)
        backward(ctx.call, query, keys, values, out, grad_out, log_mass, delta, grads)
        if sinks is None:
            return *grads, None, None
        weight = torch.exp2(sinks[:, None] / math.log(2) - log_mass)
        return *grads, -(weight * delta).sum(dim=(0, 2)), None


def _statistics(query: Tensor) -> Tensor:
    return torch.empty(query.shape[:3], dtype=torch.float32, device=query.device)


def _dense(query: Tensor) -> Tensor:
    """`query`, or a copy where a tensor made like it has other strides, as for a slice of a fused projection."""
    query = aligned(query)
    return query if torch.empty_like(query).stride() == query.stride() else query.contiguous()


_FP32_POINTERS = ("sinks", "log_mass", "part_total", "part_peak", "part_mass", "delta")
_INDEX_POINTERS = ("start", "lengths", "pinned")
_POINTERS = ("query", "keys", "values", "out", "grad_out", "grad_query", "grad_keys", "grad_values")
_FLOATS = ("multiplier", "cap", "scale")


def variants(capability: int) -> Iterator[KernelVariant]:
    """Every variant that a GPU of this compute capability can be asked for."""
    for dtype, dim in itertools.product(DTYPES, HEAD_DIMS):
        size, shape = dtype.itemsize, f"dtype={DTYPES[dtype]} dim={dim}"
        common = {**precision(dtype), **widths(dim)}
        tiles = {
            "forward": (forward_kernel, forward_tile(capability, size, dim), {"SPLIT": False}),
            "split": (forward_kernel, split_tile(capability, size, dim), {"SPLIT": True}),
            "grad_query": (query_kernel, query_tile(capability, size, dim), {}),
            "grad_memory": (memory_kernel, memory_tile(capability, size, dim), {}),
        }
        for kernel, (function, tile, more) in tiles.items():
            yield _variant(f"{kernel} {shape}", function, dtype, {**common, **more, **tiling(tile)})
        yield _variant(f"combine {shape}", combine_kernel, dtype, {**widths(dim), **combining()})


def _variant(name: str, function: Any, dtype: torch.dtype, settings: Mapping[str, Any]) -> KernelVariant:
    constexprs = {key: value for key, value in settings.items() if key.isupper()}
    types = {
        **dict.fromkeys(_POINTERS, f"*{DTYPES[dtype]}"),
        **dict.fromkeys(_FP32_POINTERS, "*fp32"),
        **dict.fromkeys(_INDEX_POINTERS, "*i32"),
        **dict.fromkeys(_FLOATS, "fp32"),
    }
    return KernelVariant(
        name=f"window_attention/{name}",
        function=function,
        signature={arg: types.get(arg, "i32") for arg in function.arg_names if arg not in constexprs},
        constexprs=constexprs,
        num_warps=settings["num_warps"],
        num_stages=settings["num_stages"],
        fp_fusion=settings["enable_fp_fusion"],
    )
