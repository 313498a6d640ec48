"""Attention of a stretch of tokens to the pinned tokens and the window: the one function, by device.

On CUDA, for the head dimensions that kernels are compiled for, the Triton kernels of `triton.py`; everywhere
else the PyTorch of `reference.py`, where the equation stands.
"""

from torch import Tensor

from smoothread_kernels.launch import takes_triton
from smoothread_kernels.layout import HEAD_DIMS, check_window_attention
from smoothread_kernels.window_attention.reference import window_attention as in_pytorch

__all__ = ["window_attention"]


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
    """Attend from each query token to the slots of its own row that it can see. Differentiable.

    Args:
        query: `[batch, head, token, dim]`, rotated; the last axis contiguous. Padding may hold anything.
        keys, values: `[batch, kv_head, slot, dim]`, the memory in the layout of `smoothread_kernels.layout`,
            with the call's own tokens already written. Query head h reads KV head `h // (heads / kv_heads)`.
        start: slot of each row's first query, `[batch]`.
        lengths: query tokens of each row, 0 to `token`; the rest is padding, `[batch]`.
        pinned: pinned slots of each row, `[batch]`.
        window: tokens in sight beside the pinned ones, the query's own token included.
        scale: factor on the products of queries and keys.
        sinks: a logit a head that joins the softmax's denominator and carries no value, `[head]`.
        softcap: scores become `softcap * tanh(score / softcap)`.

    Returns:
        `[batch, head, token, dim]` in the query's dtype; zero where the query is padding.

    Raises:
        KernelArgumentError: a shape, dtype, device, stride or value does not fit.
    """
    check_window_attention(
        query,
        keys,
        values,
        start=start,
        lengths=lengths,
        pinned=pinned,
        window=window,
        sinks=sinks,
        softcap=softcap,
    )
    attend = in_pytorch
    if takes_triton(query) and query.shape[-1] in HEAD_DIMS:
        from smoothread_kernels.window_attention.triton import window_attention as in_triton

        attend = in_triton
    return attend(
        query,
        keys,
        values,
        start=start,
        lengths=lengths,
        pinned=pinned,
        window=window,
        scale=scale,
        sinks=sinks,
        softcap=softcap,
    )
