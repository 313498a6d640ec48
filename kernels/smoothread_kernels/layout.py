"""The memory of one windowed attention layer: its layout, written down once, and the argument checks.

Keys and values are two tensors `[batch, kv_head, slot, dim]`, contiguous, of one dtype. A row b of the batch
holds

    slot   0 ......... pinned[b] ................. used[b] ........ capacity
           | pinned tokens | tokens read after them | garbage (may be NaN) |

- Tokens lie in reading order, and **a token's rotary position is its slot**: keys are stored rotated.
- In a call, query token i of row b sits at slot `start[b] + i`; its key and value are written there before it
  attends. It sees slot s when `s <= start[b] + i` and (`s < pinned[b]` or `s > start[b] + i - window`):
  `window` tokens counting itself, beside the pinned ones.
- A row that is full, `used == pinned + 2 window`, is *advanced* before its next token: slots `[pinned +
  window, pinned + 2 window)` move to `[pinned, pinned + window)`, their keys rotated by minus `window`
  positions (one vector of angles, the same for all), and `used` drops by `window`. The two ranges are
  disjoint, so this is done in place.
- A call never crosses the end of a row, so where a row is advanced is a function of its stream alone, and
  reading in two calls equals reading in one. Hence a capacity of `pinned + 2 window` slots, the largest
  `pinned` of the batch counting.

It is a line and not a ring: rewinding sets `used` back, attention reads contiguous memory, and a position
never leaves `[0, capacity)` however long the stream is. The price is one move of `window` tokens every
`window` tokens. A key is moved at most once before it leaves, so the rounding of rotations does not add up.

`start`, `lengths`, `pinned` are int32 or int64 `[batch]`, and `shift` is bool `[batch]`, on the memory's
device. Checks read their values on a CPU alone: reading them on a GPU would wait for it. Kernels there clamp
every access to the tensors.
"""

import torch
from torch import Tensor

from smoothread_kernels.errors import KernelArgumentError

DTYPES = {torch.float32: "fp32", torch.float16: "fp16", torch.bfloat16: "bf16"}
"""What a memory may be made of, and Triton's names for it."""

HEAD_DIMS = (64, 80, 96, 128, 256)
"""Head dimensions with compiled kernels; with any other, CUDA too takes the PyTorch reference."""

INDEX_DTYPES = (torch.int32, torch.int64)


def capacity(pinned: int, window: int) -> int:
    """Slots that a row needs to hold `pinned` pinned tokens beside `window` tokens in sight."""
    return pinned + 2 * window


def check_memory(keys: Tensor, values: Tensor) -> None:
    """Raise `KernelArgumentError` unless keys and values are one layer's memory."""
    if keys.dim() != 4:
        raise KernelArgumentError(
            f"keys must be [batch, kv_head, slot, dim], not of shape {list(keys.shape)}"
        )
    if values.shape != keys.shape:
        raise KernelArgumentError(
            f"values must have the keys' shape {list(keys.shape)}, not {list(values.shape)}"
        )
    if keys.dtype not in DTYPES:
        raise KernelArgumentError(f"keys must be float32, float16 or bfloat16, not {keys.dtype}")
    _same(keys, values=values)
    for name, tensor in (("keys", keys), ("values", values)):
        if not tensor.is_contiguous():
            raise KernelArgumentError(
                f"{name} must be contiguous, not of strides {tensor.stride()}: call .contiguous() where the "
                f"memory is made"
            )


def check_window_attention(
    query: Tensor,
    keys: Tensor,
    values: Tensor,
    *,
    start: Tensor,
    lengths: Tensor,
    pinned: Tensor,
    window: int,
    sinks: Tensor | None,
    softcap: float | None,
) -> None:
    """Raise `KernelArgumentError` unless `window_attention` can work on these arguments."""
    check_memory(keys, values)
    batch, kv_heads, slots, dim = keys.shape
    if query.dim() != 4 or query.shape[0] != batch or query.shape[3] != dim:
        raise KernelArgumentError(
            f"query must be [batch={batch}, head, token, dim={dim}] as the keys are, not of shape "
            f"{list(query.shape)}"
        )
    heads, tokens = query.shape[1], query.shape[2]
    if heads == 0 or heads % kv_heads:
        raise KernelArgumentError(f"{heads} query heads cannot share {kv_heads} key heads: give a multiple")
    _same(keys, query=query)
    _unit_stride(query=query)
    _check_window(window)
    if softcap is not None and not softcap > 0:
        raise KernelArgumentError(f"softcap must be above 0, or None for no cap, not {softcap}")
    if sinks is not None:
        if sinks.shape != (heads,) or not sinks.is_floating_point():
            raise KernelArgumentError(
                f"sinks must be a float logit for each of {heads} heads, not {sinks.dtype} of "
                f"{list(sinks.shape)}"
            )
        _on(keys.device, sinks=sinks)
    _check_rows(batch, keys.device, start=start, lengths=lengths, pinned=pinned)
    if keys.device.type == "cpu":
        _check_stretches(start.tolist(), lengths.tolist(), tokens, slots)


def check_window_advance(
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
) -> None:
    """Raise `KernelArgumentError` unless `window_advance` can work on these arguments."""
    check_memory(keys, values)
    if torch.is_grad_enabled() and any(t.requires_grad for t in (keys, values, new_keys, new_values)):
        raise KernelArgumentError(
            "window_advance writes in place and has no gradient: detach its tensors or call it under "
            "torch.no_grad()"
        )
    batch, kv_heads, slots, dim = keys.shape
    if new_keys.dim() != 4 or (*new_keys.shape[:2], new_keys.shape[3]) != (batch, kv_heads, dim):
        raise KernelArgumentError(
            f"new_keys must be [batch={batch}, kv_head={kv_heads}, token, dim={dim}], not "
            f"{list(new_keys.shape)}"
        )
    if new_values.shape != new_keys.shape:
        raise KernelArgumentError(
            f"new_values must have the new keys' shape {list(new_keys.shape)}, not {list(new_values.shape)}"
        )
    _same(keys, new_keys=new_keys, new_values=new_values)
    _unit_stride(new_keys=new_keys, new_values=new_values)
    _check_window(window)
    for name, angles in (("cos", cos), ("sin", sin)):
        if angles.dim() != 1 or angles.dtype != torch.float32 or angles.shape != cos.shape:
            raise KernelArgumentError(
                f"{name} must be float32 [rot_dim / 2], cos and sin alike, not {angles.dtype} of "
                f"{list(angles.shape)}"
            )
    if 2 * cos.shape[0] > dim:
        raise KernelArgumentError(f"{cos.shape[0]} angles rotate {2 * cos.shape[0]} of only {dim} dimensions")
    _on(keys.device, cos=cos, sin=sin)
    if shift.dtype != torch.bool or shift.shape != (batch,):
        raise KernelArgumentError(
            f"shift must be bool [batch={batch}], not {shift.dtype} of {list(shift.shape)}"
        )
    _on(keys.device, shift=shift)
    _check_rows(batch, keys.device, start=start, lengths=lengths, pinned=pinned)
    if keys.device.type == "cpu":
        begins = start.tolist()
        _check_stretches(begins, lengths.tolist(), new_keys.shape[2], slots)
        for row, (moves, prefix, begin) in enumerate(
            zip(shift.tolist(), pinned.tolist(), begins, strict=True)
        ):
            if moves and (prefix < 0 or capacity(prefix, window) > slots):
                raise KernelArgumentError(
                    f"row {row} cannot be advanced: {prefix} pinned and twice {window} tokens exceed "
                    f"{slots} slots"
                )
            if moves and begin != prefix + window:
                raise KernelArgumentError(
                    f"row {row} is advanced, so its next token goes to slot {prefix + window}, not start = "
                    f"{begin}"
                )


def _same(like: Tensor, **tensors: Tensor) -> None:
    """Each tensor must have the dtype and the device of the keys."""
    for name, tensor in tensors.items():
        if tensor.dtype != like.dtype:
            raise KernelArgumentError(f"{name} must be {like.dtype} as the keys are, not {tensor.dtype}")
    _on(like.device, **tensors)


def _on(device: torch.device, **tensors: Tensor) -> None:
    for name, tensor in tensors.items():
        if tensor.device != device:
            raise KernelArgumentError(f"{name} must be on the keys' device {device}, not on {tensor.device}")


def _unit_stride(**tensors: Tensor) -> None:
    for name, tensor in tensors.items():
        if tensor.stride(-1) != 1 and tensor.shape[-1] > 1:
            raise KernelArgumentError(
                f"{name} must be contiguous in its last axis, not of strides {tensor.stride()}: call "
                f".contiguous()"
            )


def _check_window(window: int) -> None:
    if window < 1:
        raise KernelArgumentError(f"window must be at least 1 token, not {window}")


def _check_rows(batch: int, device: torch.device, **counts: Tensor) -> None:
    """`start`, `lengths`, `pinned`: one integer dtype, `[batch]`, contiguous, on the memory's device."""
    dtype = counts["start"].dtype
    for name, count in counts.items():
        if count.shape != (batch,) or count.dtype not in INDEX_DTYPES or not count.is_contiguous():
            raise KernelArgumentError(
                f"{name} must be int32 or int64 [batch={batch}], contiguous, not {count.dtype} of "
                f"{list(count.shape)}"
            )
        if count.dtype != dtype:
            raise KernelArgumentError(f"{name} is {count.dtype} and start is {dtype}: give both in one dtype")
    _on(device, **counts)


def _check_stretches(start: list[int], lengths: list[int], tokens: int, slots: int) -> None:
    for row, (begin, length) in enumerate(zip(start, lengths, strict=True)):
        if not 0 <= length <= tokens:
            raise KernelArgumentError(f"row {row} has {length} tokens, and the call carries 0 to {tokens}")
        if begin < 0 or begin + length > slots:
            raise KernelArgumentError(
                f"row {row} reaches slots {begin} to {begin + length} of a memory of {slots}: advance it "
                f"first"
            )
