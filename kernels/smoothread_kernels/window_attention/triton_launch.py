"""Launches of the window-attention kernels into tensors that the caller made."""

import math
from dataclasses import dataclass
from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from smoothread_kernels.launch import capability, int32_words, on_device, unit_strides
from smoothread_kernels.window_attention.settings import (
    MAX_SPLITS,
    SPLIT_STEP,
    Tile,
    forward_tile,
    memory_tile,
    padded,
    query_tile,
    split_tile,
)
from smoothread_kernels.window_attention.triton_backward import memory_kernel, query_kernel
from smoothread_kernels.window_attention.triton_forward import combine_kernel, forward_kernel

LOG2 = math.log(2)


@dataclass(frozen=True)
class WindowCall:
    """What each row reads and sees: every argument of the operation but its numbers."""

    start: Tensor
    lengths: Tensor
    pinned: Tensor
    window: int
    scale: float
    softcap: float | None

    def arguments(self, query: Tensor, keys: Tensor) -> dict[str, Any]:
        """The kernels' arguments that follow from the call and its shapes."""
        start, step = int32_words(self.start)
        cap = self.softcap
        return {
            "start": start,
            "lengths": int32_words(self.lengths)[0],
            "pinned": int32_words(self.pinned)[0],
            "index_step": step,
            "tokens": query.shape[2],
            "capacity": keys.shape[2],
            "kv_heads": keys.shape[1],
            "group": query.shape[1] // keys.shape[1],
            "window": self.window,
            "multiplier": self.scale / LOG2 * (1.0 if cap is None else 2 / cap),
            "cap": 0.0 if cap is None else cap / LOG2,
            **precision(query.dtype),
            **widths(keys.shape[3]),
        }


def forward(
    call: WindowCall,
    query: Tensor,
    keys: Tensor,
    values: Tensor,
    sinks: Tensor | None,
    out: Tensor,
    log_mass: Tensor,
) -> None:
    """Write `out` `[batch, head, token, dim]` and `log_mass`, fp32 `[batch, head, token]`, wholly."""
    tile = forward_tile(capability(query.device), query.element_size(), keys.shape[3])
    _forward(call, query, keys, values, sinks, out, log_mass, tile, None)


def split_forward(
    call: WindowCall,
    query: Tensor,
    keys: Tensor,
    values: Tensor,
    sinks: Tensor | None,
    out: Tensor,
    parts: tuple[Tensor, Tensor, Tensor],
) -> None:
    """Write `out` wholly, the slots of a row shared among programs.

    `parts` are fp32 scratch, `[batch, kv_head, split, row, dim]` and twice `[batch, kv_head, split, row]`, with
    heads / kv_heads rows a token and at most `MAX_SPLITS` splits.
    """
    pairs, splits, rows, dim = keys.shape[0] * keys.shape[1], *parts[0].shape[2:]
    tile = split_tile(capability(query.device), query.element_size(), dim)
    _forward(call, query, keys, values, sinks, out, parts[1], tile, parts)
    arguments = call.arguments(query, keys)
    counts = {name: arguments[name] for name in ("lengths", "index_step", "tokens", "kv_heads", "group")}
    with on_device(query):
        combine_kernel[(rows, pairs)](
            *parts, out, **strides("out", out), **counts, splits=splits, **widths(dim), **combining()
        )


def _forward(
    call: WindowCall,
    query: Tensor,
    keys: Tensor,
    values: Tensor,
    sinks: Tensor | None,
    out: Tensor,
    log_mass: Tensor,
    tile: Tile,
    parts: tuple[Tensor, Tensor, Tensor] | None,
) -> None:
    batch, heads, tokens, _ = query.shape
    kv_heads = keys.shape[1]
    splits = 1 if parts is None else parts[0].shape[2]
    unused = log_mass  # stands in for a pointer that the kernel neither reads nor writes
    with on_device(query):
        forward_kernel[(triton.cdiv(tokens * heads // kv_heads, tile.rows), batch * kv_heads, splits)](
            query,
            keys,
            values,
            unused if sinks is None else sinks,
            out,
            log_mass,
            *(parts or (unused, unused, unused)),
            **strides("query", query),
            **strides("out", out),
            **call.arguments(query, keys),
            has_sinks=int(sinks is not None),
            splits=splits,
            SPLIT=parts is not None,
            **tiling(tile),
        )


def backward(
    call: WindowCall,
    query: Tensor,
    keys: Tensor,
    values: Tensor,
    out: Tensor,
    grad_out: Tensor,
    log_mass: Tensor,
    delta: Tensor,
    grads: tuple[Tensor, Tensor, Tensor],
) -> None:
    """Write `delta`, fp32 `[batch, head, token]`, and the gradients of query, keys and values wholly.

    The query's gradient has the query's strides, `grad_out` those of `out`; the other two are contiguous.
    """
    batch, heads, tokens, dim = query.shape
    kv_heads, slots = keys.shape[1], keys.shape[2]
    chip, size = capability(query.device), query.element_size()
    common = {**strides("query", query), **strides("out", out), **call.arguments(query, keys)}
    rows = tokens * heads // kv_heads
    by_rows, by_slots = query_tile(chip, size, dim), memory_tile(chip, size, dim)
    with on_device(query):
        query_kernel[(triton.cdiv(rows, by_rows.rows), batch * kv_heads)](
            query,
            keys,
            values,
            out,
            grad_out,
            log_mass,
            delta,
            grads[0],
            **common,
            scale=call.scale,
            **tiling(by_rows),
        )
        memory_kernel[(triton.cdiv(slots, by_slots.slots), batch * kv_heads)](
            query,
            keys,
            values,
            grad_out,
            log_mass,
            delta,
            *grads[1:],
            **common,
            scale=call.scale,
            **tiling(by_slots),
        )


def strides(name: str, tensor: Tensor) -> dict[str, int]:
    """Strides of `[batch, head, token, dim]` as launch arguments, in `UNIT`s; the last is 1."""
    batch, head, token = unit_strides(tensor)
    return {f"{name}_batch": batch, f"{name}_head": head, f"{name}_token": token}


def precision(dtype: torch.dtype) -> dict[str, Any]:
    """In what blocks are multiplied: 16 bits in the tensor cores, fp32 exactly, outside them."""
    if dtype == torch.float32:
        return {"DOT": tl.float32, "PRECISION": "ieee"}
    if triton.knobs.runtime.interpret and dtype == torch.bfloat16:
        return {"DOT": tl.float32, "PRECISION": "ieee"}  # the interpreter multiplies bf16 wrongly
    return {"DOT": tl.bfloat16 if dtype == torch.bfloat16 else tl.float16, "PRECISION": "ieee"}


def widths(dim: int) -> dict[str, int]:
    """The head dimension, and the power of two that holds it."""
    return {"DIM": dim, "BLOCK_DIM": padded(dim)}


def tiling(tile: Tile) -> dict[str, Any]:
    """A tile as launch arguments."""
    sizes = {"BLOCK_ROWS": tile.rows, "BLOCK_SLOTS": tile.slots}
    return {**sizes, "num_warps": tile.warps, "num_stages": tile.stages, "enable_fp_fusion": True}


def combining() -> dict[str, Any]:
    """The settings of `combine_kernel` as launch arguments."""
    sizes = {"BLOCK_SPLITS": SPLIT_STEP, "MAX_SPLITS": MAX_SPLITS}
    return {**sizes, "num_warps": 2, "num_stages": 1, "enable_fp_fusion": True}
