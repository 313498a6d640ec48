"""Writing new tokens to a window's memory, and moving it on when it is full: the one function, by device.

On CUDA, for the head dimensions that kernels are compiled for, the Triton kernel of `triton.py`: one pass over
the memory. Everywhere else the PyTorch of `reference.py`.
"""

from torch import Tensor

from smoothread_kernels.launch import takes_triton
from smoothread_kernels.layout import HEAD_DIMS, check_window_advance
from smoothread_kernels.window_advance.reference import window_advance as in_pytorch

__all__ = ["window_advance"]


def window_advance(
    keys: Tensor,
    values: Tensor,
    new_keys: Tensor,
    new_values: Tensor,
    *,
    start: Tensor,
    lengths: Tensor,
    shift: Tensor,
    pinned: Tensor,
    window: int,
    cos: Tensor,
    sin: Tensor,
    interleaved: bool = False,
) -> None:
    """Advance the rows that are full, then write every row's new tokens, in place. Has no gradient.

    Args:
        keys, values: `[batch, kv_head, slot, dim]`, the memory in the layout of `smoothread_kernels.layout`.
        new_keys, new_values: `[batch, kv_head, token, dim]` in the memory's dtype, keys rotated to the slots
            they go to; the last axis contiguous. Padding may hold anything and is not written.
        start: slot of each row's first new token, counted after the shift, `[batch]`.
        lengths: new tokens of each row, 0 to `token`, `[batch]`.
        shift: rows that are full and drop their older half, bool `[batch]`. Their `start` is `pinned +
            window`.
        pinned: pinned slots of each row, `[batch]`.
        window: tokens in sight beside the pinned ones.
        cos, sin: fp32 `[rot_dim / 2]`, of the angle that `window` positions turn each pair of dimensions. The
            first `rot_dim` dimensions are rotated, back by that angle.
        interleaved: pairs are (2j, 2j + 1) instead of (j, j + rot_dim / 2).

    Raises:
        KernelArgumentError: a shape, dtype, device, stride or value does not fit, or a gradient is asked for.
    """
    check_window_advance(
        keys,
        values,
        new_keys,
        new_values,
        start=start,
        lengths=lengths,
        shift=shift,
        pinned=pinned,
        window=window,
        cos=cos,
        sin=sin,
    )
    advance = in_pytorch
    if takes_triton(keys) and keys.shape[-1] in HEAD_DIMS:
        from smoothread_kernels.window_advance.triton import window_advance as in_triton

        advance = in_triton
    advance(
        keys,
        values,
        new_keys,
        new_values,
        start=start,
        lengths=lengths,
        shift=shift,
        pinned=pinned,
        window=window,
        cos=cos,
        sin=sin,
        interleaved=interleaved,
    )
