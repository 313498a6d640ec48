"""Window advance in Triton: full rows move their newer half to the front, new tokens are written; one pass.

Equation and layout: `reference.py` and `smoothread_kernels.layout`. Each program owns BLOCK offsets j of one pair
(batch, KV head). It reads slots `pinned + window + j`, writes them rotated to `pinned + j`, and then writes new
tokens j to `start + j`. Nothing races: no other program reads or writes these slots (in a row that shifts,
`start + j` is the very slot `pinned + window + j` that this program has read), and inside the program a barrier
stands between the reads and the writes of new tokens.

Rotation in fp32, one rounding to the memory's dtype; values and unrotated dimensions are copied bit by bit.
"""

# ruff: noqa: N803  constexpr arguments are upper case, as in Triton's own code

import itertools
from collections.abc import Iterator

import torch
import triton
import triton.language as tl
from torch import Tensor

from smoothread_kernels import launch
from smoothread_kernels.errors import KernelArgumentError
from smoothread_kernels.launch import ALIGNMENT, aligned, int32_words, on_device, unit_strides
from smoothread_kernels.layout import DTYPES, HEAD_DIMS
from smoothread_kernels.variants import KernelVariant

UNIT: tl.constexpr = tl.constexpr(launch.UNIT)

BLOCK = 32
"""Offsets a program: enough bytes in flight, and enough programs for one row's decode step."""

SETTINGS = {"num_warps": 4, "num_stages": 1, "enable_fp_fusion": True}


@triton.jit(
    do_not_specialize=[
        "new_keys_batch",
        "new_keys_head",
        "new_keys_token",
        "new_values_batch",
        "new_values_head",
        "new_values_token",
        "index_step",
        "tokens",
        "capacity",
        "kv_heads",
        "window",
        "half",
        "interleaved",
    ]
)
def advance_kernel(
    keys,  # [batch, kv_head, slot, dim], contiguous, as are values; both are written
    values,
    new_keys,  # [batch, kv_head, token, dim]; strides below, in UNITs
    new_values,
    cos,  # fp32 [half]: of the angle that a key is turned back by
    sin,
    start,  # int32 [batch], every index_step-th, as are lengths and pinned
    lengths,
    pinned,
    shift,  # uint8 [batch]
    new_keys_batch,
    new_keys_head,
    new_keys_token,
    new_values_batch,
    new_values_head,
    new_values_token,
    index_step,
    tokens,
    capacity,
    kv_heads,
    window,
    half,
    interleaved,
    DIM: tl.constexpr,
    BLOCK_DIM: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Grid: (blocks of offsets, batch * kv_heads)."""
    pair = tl.program_id(1)
    batch = pair // kv_heads
    kv_head = pair % kv_heads
    offset = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    dim = tl.arange(0, BLOCK_DIM)
    in_dim = (dim < DIM)[None, :]
    memory = pair.to(tl.int64) * capacity * DIM

    if tl.load(shift + batch) != 0:
        target = tl.maximum(tl.load(pinned + batch * index_step), 0) + offset
        source = target + window
        moves = ((offset < window) & (source < capacity))[:, None] & in_dim
        read = memory + (source * DIM)[:, None] + dim[None, :]

        rotated = dim < 2 * half
        first = tl.where(interleaved != 0, dim % 2 == 0, dim < half)
        partner = tl.where(interleaved != 0, dim ^ 1, tl.where(first, dim + half, dim - half))
        partner = tl.where(rotated, partner, dim)
        angle = tl.where(interleaved != 0, dim // 2, tl.where(first, dim, dim - half))
        cosine = tl.load(cos + angle, mask=rotated, other=1.0)
        sine = tl.load(sin + angle, mask=rotated, other=0.0)
        sine = tl.where(first, sine, -sine)

        key = tl.load(keys + read, mask=moves, other=0.0)
        pointers = keys + memory + (source * DIM)[:, None] + partner[None, :]
        other = tl.load(pointers, mask=moves, other=0.0).to(tl.float32)
        turned = key.to(tl.float32) * cosine[None, :] + other * sine[None, :]
        turned = tl.where(rotated[None, :], turned, key.to(tl.float32))
        value = tl.load(values + read, mask=moves, other=0.0)
        write = memory + (target * DIM)[:, None] + dim[None, :]
        tl.store(keys + write, turned.to(keys.dtype.element_ty), mask=moves)
        tl.store(values + write, value, mask=moves)
        tl.debug_barrier()  # a thread writes new tokens where another may still be reading old ones

    slot = tl.maximum(tl.load(start + batch * index_step), 0) + offset
    length = tl.minimum(tl.load(lengths + batch * index_step), tokens)
    comes = ((offset < length) & (slot < capacity))[:, None] & in_dim
    write = memory + (slot * DIM)[:, None] + dim[None, :]
    base = (batch.to(tl.int64) * new_keys_batch + kv_head * new_keys_head) * UNIT
    read = base + (offset * new_keys_token * UNIT)[:, None] + dim[None, :]
    key = tl.load(new_keys + read, mask=comes, other=0.0)
    base = (batch.to(tl.int64) * new_values_batch + kv_head * new_values_head) * UNIT
    read = base + (offset * new_values_token * UNIT)[:, None] + dim[None, :]
    value = tl.load(new_values + read, mask=comes, other=0.0)
    tl.store(keys + write, key, mask=comes)
    tl.store(values + write, value, mask=comes)


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
    """See `smoothread_kernels.window_advance.window_advance`; arguments are already checked."""
    for memory in (keys, values):  # written in place, so a copy that is aligned would not do
        if memory.data_ptr() % ALIGNMENT:
            raise KernelArgumentError(
                f"keys and values must begin on a boundary of {ALIGNMENT} bytes: allocate them as tensors of their own"
            )
    batch, kv_heads, slots, dim = keys.shape
    tokens = new_keys.shape[2]
    new_keys, new_values = aligned(new_keys), aligned(new_values)
    first, step = int32_words(start)
    with on_device(keys):
        advance_kernel[(triton.cdiv(max(window, tokens), BLOCK), batch * kv_heads)](
            keys,
            values,
            new_keys,
            new_values,
            cos,
            sin,
            first,
            int32_words(lengths)[0],
            int32_words(pinned)[0],
            shift.view(torch.uint8),
            *unit_strides(new_keys),
            *unit_strides(new_values),
            index_step=step,
            tokens=tokens,
            capacity=slots,
            kv_heads=kv_heads,
            window=window,
            half=cos.shape[0],
            interleaved=int(interleaved),
            **_widths(dim),
            **SETTINGS,
        )


def _widths(dim: int) -> dict[str, int]:
    return {"DIM": dim, "BLOCK_DIM": triton.next_power_of_2(dim), "BLOCK": BLOCK}


def variants(capability: int) -> Iterator[KernelVariant]:
    """Every variant that a GPU can be asked for; the same on all of them."""
    for name, dim in itertools.product(DTYPES.values(), HEAD_DIMS):
        types = {
            **dict.fromkeys(("keys", "values", "new_keys", "new_values"), f"*{name}"),
            **dict.fromkeys(("cos", "sin"), "*fp32"),
            **dict.fromkeys(("start", "lengths", "pinned"), "*i32"),
            "shift": "*u8",
        }
        constexprs = _widths(dim)
        yield KernelVariant(
            name=f"window_advance/advance dtype={name} dim={dim}",
            function=advance_kernel,
            signature={a: types.get(a, "i32") for a in advance_kernel.arg_names if a not in constexprs},
            constexprs=constexprs,
            num_warps=SETTINGS["num_warps"],
            num_stages=SETTINGS["num_stages"],
            fp_fusion=bool(SETTINGS["enable_fp_fusion"]),
        )
