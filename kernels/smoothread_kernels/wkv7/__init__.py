"""RWKV-7 time mixing from an initial state to a final one, a stretch of tokens or one token a row, by device.

On CUDA, for the head dimensions that kernels are compiled for, the Triton kernels of `triton.py`; everywhere
else the PyTorch of `reference.py`, where the equation stands.
"""

import torch
from torch import Tensor

from smoothread_kernels.errors import KernelArgumentError
from smoothread_kernels.launch import takes_triton
from smoothread_kernels.wkv7 import reference

__all__ = ["HEAD_DIMS", "wkv7", "wkv7_step"]

HEAD_DIMS = (64,)
"""Head dimensions with a compiled kernel: that of every released RWKV-7."""

DTYPES = (torch.float32, torch.float16, torch.bfloat16)


def wkv7(
    r: Tensor,
    w: Tensor,
    k: Tensor,
    v: Tensor,
    k_hat: Tensor,
    a: Tensor,
    state: Tensor,
    *,
    lengths: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Mix a stretch of tokens into the state. Differentiable; `state` is not changed.

    Args:
        r, k, v: receptance, key and value, `[batch, token, head, dim]`, of one dtype, contiguous.
        w: the decay's logit, in that dtype or fp32: a key channel keeps exp(-e^(-1/2) sigmoid(w)) of itself.
        k_hat: the key to remove, of length one along `dim`.
        a: the rate of removal, in [0, 1].
        state: fp32 `[batch, head, value, key]`. (Flash-linear-attention keeps the transpose of it.)
        lengths: tokens of each row, 0 to `token`, int32 or int64 `[batch]`; the rest is padding and may hold
            anything. None: all of them.

    Returns:
        y `[batch, token, head, dim]` in v's dtype, zero where a row is padding, and the final state, fp32.

    Raises:
        KernelArgumentError: a shape, dtype, device, stride or length does not fit.
    """
    _check(4, r, w, k, v, k_hat, a, state)
    if lengths is not None:
        _check_lengths(lengths, r)
    if takes_triton(r) and r.shape[-1] in HEAD_DIMS:
        from smoothread_kernels.wkv7 import triton

        return triton.chunked(r, w, k, v, k_hat, a, state, lengths)
    return reference.chunked(r, w, k, v, k_hat, a, state, lengths)


def wkv7_step(
    r: Tensor,
    w: Tensor,
    k: Tensor,
    v: Tensor,
    k_hat: Tensor,
    a: Tensor,
    state: Tensor,
    *,
    lengths: Tensor | None = None,
) -> Tensor:
    """Mix one token a row into the state, in place. Has no gradient.

    Args:
        r, w, k, v, k_hat, a: as in `wkv7`, without the axis of tokens: `[batch, head, dim]`.
        state: fp32 `[batch, head, value, key]`; a head's matrix is contiguous, the rest may be strided.
        lengths: 1 for a row that reads its token, 0 for one that is left as it is, int32 or int64 `[batch]`.
            None: all read.

    Returns:
        y `[batch, head, dim]` in v's dtype, zero for a row that reads nothing.

    Raises:
        KernelArgumentError: a shape, dtype, device or stride does not fit, or a gradient is asked for.
    """
    _check(3, r, w, k, v, k_hat, a, state)
    if torch.is_grad_enabled() and any(x.requires_grad for x in (r, w, k, v, k_hat, a, state)):
        raise KernelArgumentError(
            "wkv7_step writes in place and has no gradient: call it under torch.no_grad(), or call wkv7"
        )
    if lengths is not None:
        _check_lengths(lengths, r.unsqueeze(1))
    if takes_triton(r) and r.shape[-1] in HEAD_DIMS:
        from smoothread_kernels.wkv7 import triton

        return triton.step(r, w, k, v, k_hat, a, state, lengths)
    return reference.step(r, w, k, v, k_hat, a, state, lengths)


def _check(
    axes: int, r: Tensor, w: Tensor, k: Tensor, v: Tensor, k_hat: Tensor, a: Tensor, state: Tensor
) -> None:
    """Raise `KernelArgumentError` unless the six inputs and the state fit together."""
    names = "[batch, token, head, dim]" if axes == 4 else "[batch, head, dim]"
    if r.dim() != axes:
        raise KernelArgumentError(f"r must be {names}, not of shape {list(r.shape)}")
    if r.dtype not in DTYPES:
        raise KernelArgumentError(f"r must be float32, float16 or bfloat16, not {r.dtype}")
    for name, x in {"r": r, "w": w, "k": k, "v": v, "k_hat": k_hat, "a": a}.items():
        if x.shape != r.shape:
            raise KernelArgumentError(f"{name} must have r's shape {list(r.shape)}, not {list(x.shape)}")
        if x.dtype != r.dtype and not (name == "w" and x.dtype == torch.float32):
            raise KernelArgumentError(f"{name} must be {r.dtype} as r is, not {x.dtype}")
        if not x.is_contiguous():
            raise KernelArgumentError(
                f"{name} must be contiguous, not of strides {x.stride()}: call .contiguous()"
            )
        if x.device != r.device:
            raise KernelArgumentError(f"{name} must be on r's device {r.device}, not on {x.device}")
    batch, heads, dim = r.shape[0], *r.shape[-2:]
    if state.shape != (batch, heads, dim, dim) or state.dtype != torch.float32:
        raise KernelArgumentError(
            f"state must be float32 [batch={batch}, head={heads}, value={dim}, key={dim}], not {state.dtype} "
            f"of {list(state.shape)}"
        )
    if state.device != r.device:
        raise KernelArgumentError(f"state must be on r's device {r.device}, not on {state.device}")
    if state.numel() and state.stride()[2:] != (dim, 1):
        raise KernelArgumentError(
            f"a head's matrix must be contiguous in state, not of strides {state.stride()}: make it so where "
            f"the state is made"
        )


def _check_lengths(lengths: Tensor, r: Tensor) -> None:
    batch, tokens = r.shape[:2]
    if lengths.shape != (batch,) or lengths.dtype not in (torch.int32, torch.int64):
        raise KernelArgumentError(
            f"lengths must be int32 or int64 [batch={batch}], not {lengths.dtype} of {list(lengths.shape)}"
        )
    if lengths.device != r.device:
        raise KernelArgumentError(f"lengths must be on r's device {r.device}, not on {lengths.device}")
    if lengths.device.type == "cpu" and not all(0 <= length <= tokens for length in lengths.tolist()):
        raise KernelArgumentError(f"lengths must lie in 0 to {tokens} tokens, not be {lengths.tolist()}")
