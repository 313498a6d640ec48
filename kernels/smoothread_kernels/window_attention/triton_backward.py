"""Window attention, backward, in Triton: the gradient of the queries, and that of keys and values.

With p the softmax's weights (recomputed from the saved log2 of its denominator) and s the scores:

    delta[row] = <grad_out[row], out[row]>
    ds[row, slot] = p[row, slot] (<grad_out[row], value[slot]> - delta[row])        (1 - tanh^2) times that
    with a cap grad_query = scale ds key,   grad_key = scale ds^T query,   grad_value = p^T grad_out

`query_kernel` owns rows (packed as in the forward) and walks over the slots they see; it also leaves `delta`.
Then `memory_kernel` owns slots of one KV head and walks over the rows that see them, all heads of the group:
sums are made in one program, in one order, so gradients are the same in every run. Slots that no row sees get
zero.
"""

# ruff: noqa: N803  constexpr arguments are upper case, as in Triton's own code

import triton
import triton.language as tl

from smoothread_kernels.window_attention.triton_forward import (
    UNIT,
    block_begin,
    hide,
    load_rows,
    load_slots,
    reach,
    score,
)


@triton.jit
def uncap(change, scores, cap):
    """Gradient of the scores before the cap from that behind it: times 1 - tanh^2."""
    if cap > 0:
        ratio = scores / cap
        change = change * (1.0 - ratio * ratio)
    return change


@triton.jit(
    do_not_specialize=[
        "query_batch",
        "query_head",
        "query_token",
        "out_batch",
        "out_head",
        "out_token",
        "index_step",
        "tokens",
        "capacity",
        "kv_heads",
        "group",
        "window",
    ]
)
def query_kernel(
    query,  # [batch, head, token, dim]; strides below, in UNITs, of grad_query too
    keys,  # [batch, kv_head, slot, dim], contiguous, as are values
    values,
    out,  # [batch, head, token, dim]; strides below, in UNITs, of grad_out too
    grad_out,
    log_mass,  # fp32 [batch, head, token]
    delta,  # fp32 [batch, head, token], written
    grad_query,  # written, zero for padding
    start,  # int32 [batch], every index_step-th, as are lengths and pinned
    lengths,
    pinned,
    query_batch,
    query_head,
    query_token,
    out_batch,
    out_head,
    out_token,
    index_step,
    tokens,
    capacity,
    kv_heads,
    group,
    window,
    scale,
    multiplier,
    cap,
    DIM: tl.constexpr,
    BLOCK_DIM: tl.constexpr,
    BLOCK_ROWS: tl.constexpr,
    BLOCK_SLOTS: tl.constexpr,
    DOT: tl.constexpr,
    PRECISION: tl.constexpr,
):
    """Grid: (blocks of rows, batch * kv_heads)."""
    pair = tl.program_id(1)
    batch = pair // kv_heads
    kv_head = pair % kv_heads
    begin = tl.maximum(tl.load(start + batch * index_step), 0)
    prefix = tl.maximum(tl.load(pinned + batch * index_step), 0)
    length = tl.minimum(tl.load(lengths + batch * index_step), tl.minimum(tokens, capacity - begin))

    first_row = tl.program_id(0) * BLOCK_ROWS
    row = first_row + tl.arange(0, BLOCK_ROWS)
    token = row // group
    head = kv_head * group + row % group
    inside = token < tokens
    real = token < length
    dim = tl.arange(0, BLOCK_DIM)

    query_offset = (token * query_token + head * query_head) * UNIT
    out_offset = (token * out_token + head * out_head) * UNIT
    query_rows = load_rows(
        query + batch.to(tl.int64) * query_batch * UNIT, query_offset, real, DIM, BLOCK_DIM, DOT
    )
    out_rows = load_rows(out + batch.to(tl.int64) * out_batch * UNIT, out_offset, real, DIM, BLOCK_DIM, DOT)
    grad_rows = load_rows(
        grad_out + batch.to(tl.int64) * out_batch * UNIT, out_offset, real, DIM, BLOCK_DIM, DOT
    )
    entry = (batch.to(tl.int64) * kv_heads * group + head) * tokens + token
    drop = tl.sum(out_rows.to(tl.float32) * grad_rows.to(tl.float32), 1)
    tl.store(delta + entry, drop, mask=inside)
    denominator = tl.load(log_mass + entry, mask=real, other=0.0)

    memory = pair.to(tl.int64) * capacity * DIM
    position = begin + token
    first = begin + first_row // group
    last = begin + tl.minimum((first_row + BLOCK_ROWS - 1) // group, length - 1)
    unmasked, blocks, pinned_full, pinned_blocks, window_begin, lead, full = reach(
        first, last, prefix, window, BLOCK_SLOTS
    )
    total = tl.zeros([BLOCK_ROWS, BLOCK_DIM], tl.float32)
    for index in range(0, blocks):
        block, is_pinned = block_begin(
            index, unmasked, pinned_full, pinned_blocks, window_begin, lead, full, BLOCK_SLOTS
        )
        slot = block + tl.arange(0, BLOCK_SLOTS)
        key = load_slots(keys + memory, slot, last, DIM, BLOCK_DIM, DOT)
        value = load_slots(values + memory, slot, last, DIM, BLOCK_DIM, DOT)
        scores = score(query_rows, key, multiplier, cap, PRECISION)
        gain = tl.dot(grad_rows, tl.trans(value), input_precision=PRECISION) - drop[:, None]
        gain = uncap(gain, scores, cap)  # before hiding: a hidden score is infinite
        if index >= unmasked:
            scores = hide(scores, position, slot, is_pinned, prefix, window)
        change = tl.exp2(scores - denominator[:, None]) * gain
        total = tl.dot(change.to(DOT), key, total, input_precision=PRECISION)

    result = tl.where(real[:, None], total * scale, 0.0).to(grad_query.dtype.element_ty)
    pointers = grad_query + batch.to(tl.int64) * query_batch * UNIT + query_offset[:, None] + dim[None, :]
    tl.store(pointers, result, mask=inside[:, None] & (dim < DIM)[None, :])


@triton.jit(
    do_not_specialize=[
        "query_batch",
        "query_head",
        "query_token",
        "out_batch",
        "out_head",
        "out_token",
        "index_step",
        "tokens",
        "capacity",
        "kv_heads",
        "group",
        "window",
    ]
)
def memory_kernel(
    query,  # [batch, head, token, dim]
    keys,  # [batch, kv_head, slot, dim], contiguous, as are values and both gradients
    values,
    grad_out,  # [batch, head, token, dim]
    log_mass,  # fp32 [batch, head, token]
    delta,  # fp32 [batch, head, token]
    grad_keys,  # written, zero for slots that no row sees
    grad_values,
    start,  # int32 [batch], every index_step-th, as are lengths and pinned
    lengths,
    pinned,
    query_batch,
    query_head,
    query_token,
    out_batch,
    out_head,
    out_token,
    index_step,
    tokens,
    capacity,
    kv_heads,
    group,
    window,
    scale,
    multiplier,
    cap,
    DIM: tl.constexpr,
    BLOCK_DIM: tl.constexpr,
    BLOCK_ROWS: tl.constexpr,
    BLOCK_SLOTS: tl.constexpr,
    DOT: tl.constexpr,
    PRECISION: tl.constexpr,
):
    """Grid: (blocks of slots, batch * kv_heads)."""
    pair = tl.program_id(1)
    batch = pair // kv_heads
    kv_head = pair % kv_heads
    begin = tl.maximum(tl.load(start + batch * index_step), 0)
    prefix = tl.maximum(tl.load(pinned + batch * index_step), 0)
    length = tl.minimum(tl.load(lengths + batch * index_step), tl.minimum(tokens, capacity - begin))

    first_slot = tl.program_id(0) * BLOCK_SLOTS
    slot = first_slot + tl.arange(0, BLOCK_SLOTS)
    dim = tl.arange(0, BLOCK_DIM)
    memory = pair.to(tl.int64) * capacity * DIM
    written = slot < begin + length
    key = load_rows(keys + memory, slot * DIM, written, DIM, BLOCK_DIM, DOT)
    value = load_rows(values + memory, slot * DIM, written, DIM, BLOCK_DIM, DOT)

    # Tokens that may see a slot of this block: none before its first slot, and, where no slot of it is
    # pinned, none that lies a window behind its last.
    first_token = tl.maximum(first_slot - begin, 0)
    end_token = tl.where(
        first_slot < prefix, length, tl.minimum(length, first_slot + BLOCK_SLOTS - 1 + window - begin)
    )
    query_base = query + batch.to(tl.int64) * query_batch * UNIT
    grad_base = grad_out + batch.to(tl.int64) * out_batch * UNIT
    entry_base = (batch.to(tl.int64) * kv_heads + kv_head) * group * tokens
    total_key = tl.zeros([BLOCK_SLOTS, BLOCK_DIM], tl.float32)
    total_value = tl.zeros([BLOCK_SLOTS, BLOCK_DIM], tl.float32)

    for first_row in range(first_token * group, end_token * group, BLOCK_ROWS):
        row = first_row + tl.arange(0, BLOCK_ROWS)
        token = row // group
        member = row % group
        head = kv_head * group + member
        real = token < end_token
        position = begin + token
        query_offset = (token * query_token + head * query_head) * UNIT
        query_rows = load_rows(query_base, query_offset, real, DIM, BLOCK_DIM, DOT)
        grad_offset = (token * out_token + head * out_head) * UNIT
        grad_rows = load_rows(grad_base, grad_offset, real, DIM, BLOCK_DIM, DOT)
        entry = entry_base + member * tokens + token
        denominator = tl.load(log_mass + entry, mask=real, other=0.0)
        drop = tl.load(delta + entry, mask=real, other=0.0)

        scores = score(key, query_rows, multiplier, cap, PRECISION)  # [slot, row]
        near = (slot < prefix)[:, None] | (slot[:, None] > (position - window)[None, :])
        seen = near & (slot[:, None] <= position[None, :]) & real[None, :]
        weights = tl.where(seen, tl.exp2(scores - denominator[None, :]), 0.0)
        total_value = tl.dot(weights.to(DOT), grad_rows, total_value, input_precision=PRECISION)
        gain = tl.dot(value, tl.trans(grad_rows), input_precision=PRECISION) - drop[None, :]
        change = weights * uncap(gain, scores, cap)
        total_key = tl.dot(change.to(DOT), query_rows, total_key, input_precision=PRECISION)

    pointers = memory + (slot * DIM)[:, None] + dim[None, :]
    mask = (slot < capacity)[:, None] & (dim < DIM)[None, :]
    tl.store(grad_keys + pointers, (total_key * scale).to(grad_keys.dtype.element_ty), mask=mask)
    tl.store(grad_values + pointers, total_value.to(grad_values.dtype.element_ty), mask=mask)
