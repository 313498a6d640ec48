"""Window attention, forward, in Triton: one kernel for prefill and decode, and one that joins split results.

Equation and layout: `reference.py` and `smoothread_kernels.layout`. Query heads that share a KV head are packed
as rows of one tile, row r of a pair (batch, KV head) being token r // group and head r % group of that KV head:
so a key is loaded once for all of them, in decode as in prefill.

A program owns BLOCK_ROWS rows and walks over the blocks of slots that at least one of them sees. First the
blocks that all rows see in full, without a mask: whole blocks of pinned slots and of the middle of the window.
Then those at the edges: the end of the pinned slots, the oldest and the newest part of the window. The softmax
is online, so the order is free. With SPLIT, programs share that walk evenly, leave unnormalised sums, and
`combine_kernel` joins them: a decode step of one row still fills the GPU.

Precision: products in the tensor's dtype (fp32 in fp32, not tf32), accumulated in fp32; scores, softmax and
sums in fp32; weights rounded to the tensor's dtype for the product with the values. Error against the fp32
oracle, of the size of the values: 1e-5 in fp32, 2e-3 in fp16, 2e-2 in bf16.
"""

# ruff: noqa: N803  constexpr arguments are upper case, as in Triton's own code

import triton
import triton.language as tl

from smoothread_kernels import launch

UNIT: tl.constexpr = tl.constexpr(launch.UNIT)
LOWEST: tl.constexpr = tl.constexpr(-1.0e30)  # below any score, and yet finite: its differences are no NaN


@triton.jit
def reach(first, last, pinned, window, BLOCK: tl.constexpr):
    """Blocks of slots that the queries at slots `first` .. `last` see, for `block_begin`.

    Returns (unmasked, blocks, pinned_full, pinned_blocks, window_begin, lead, full): blocks seen by all queries
    in full, and all blocks; pinned blocks seen in full, and all pinned blocks; the first slot behind the pinned
    ones that is seen, and of the blocks that start there how many come before the full ones, and how many are.
    """
    end = last + 1
    prefix = tl.minimum(pinned, end)
    pinned_full = tl.minimum(prefix, first + 1) // BLOCK
    pinned_blocks = tl.cdiv(prefix, BLOCK)
    window_begin = tl.maximum(prefix, first - window + 1)
    window_blocks = tl.cdiv(end - window_begin, BLOCK)
    shared_begin = tl.maximum(prefix, last - window + 1)
    lead = tl.minimum(tl.cdiv(shared_begin - window_begin, BLOCK), window_blocks)
    full = tl.maximum(first + 1 - window_begin - lead * BLOCK, 0) // BLOCK
    some = (last >= first).to(tl.int32)  # a tile of padding alone has no queries, and its counts mean nothing
    unmasked = some * (pinned_full + full)
    blocks = some * (pinned_blocks + window_blocks)
    return unmasked, blocks, pinned_full, pinned_blocks, window_begin, lead, full


@triton.jit
def block_begin(index, unmasked, pinned_full, pinned_blocks, window_begin, lead, full, BLOCK: tl.constexpr):
    """First slot of the index-th block, and whether it is one of pinned slots. Blocks without a mask come first."""
    edge = index - unmasked
    pinned_edges = pinned_blocks - pinned_full
    window_edge = edge - pinned_edges
    is_pinned = tl.where(edge < 0, index < pinned_full, window_edge < 0)
    pinned_block = tl.where(edge < 0, index, pinned_full + edge)
    window_edge = tl.where(window_edge < lead, window_edge, window_edge + full)
    window_block = tl.where(edge < 0, lead + index - pinned_full, window_edge)
    return tl.where(is_pinned, pinned_block * BLOCK, window_begin + window_block * BLOCK), is_pinned


@triton.jit
def hide(scores, position, slot, is_pinned, pinned, window):
    """`scores` `[row, slot]` of one block, minus infinity where the query at `position` `[row]` sees no slot."""
    oldest = tl.where(is_pinned, -1, position - window)
    newest = tl.where(is_pinned, tl.minimum(position, pinned - 1), position)
    seen = (slot[None, :] > oldest[:, None]) & (slot[None, :] <= newest[:, None])
    return tl.where(seen, scores, float("-inf"))


@triton.jit
def load_rows(base, offset, present, DIM: tl.constexpr, BLOCK_DIM: tl.constexpr, DOT: tl.constexpr):
    """Rows at `offset` `[row]`, as `[row, BLOCK_DIM]` of dtype DOT, zero where not `present` `[row]`."""
    dim = tl.arange(0, BLOCK_DIM)
    mask = present[:, None]
    if DIM < BLOCK_DIM:
        mask = mask & (dim < DIM)[None, :]
    return tl.load(base + offset[:, None] + dim[None, :], mask=mask, other=0.0).to(DOT)


@triton.jit
def load_slots(base, slot, newest, DIM: tl.constexpr, BLOCK_DIM: tl.constexpr, DOT: tl.constexpr):
    """Slots of one KV head, `[slot, BLOCK_DIM]` of dtype DOT; the `newest` again in place of any behind it.

    What lies behind may be NaN, which a weight of zero would not undo.
    """
    dim = tl.arange(0, BLOCK_DIM)
    pointers = base + (tl.minimum(slot, newest) * DIM)[:, None] + dim[None, :]
    if DIM < BLOCK_DIM:
        return tl.load(pointers, mask=(dim < DIM)[None, :], other=0.0).to(DOT)
    return tl.load(pointers).to(DOT)


@triton.jit
def score(query, key, multiplier, cap, PRECISION: tl.constexpr):
    """Scores in units of log 2, `[row, slot]`: the softmax is taken with powers of two.

    `multiplier` is scale / ln 2. With a cap, `cap` is softcap / ln 2 (else 0) and `multiplier` 2 scale / (softcap
    ln 2), as tanh(x) = 1 - 2 / (exp(2 x) + 1).
    """
    scores = tl.dot(query, tl.trans(key), input_precision=PRECISION) * multiplier
    if cap > 0:
        scores = cap * (1.0 - 2.0 / (tl.exp2(scores) + 1.0))
    return scores


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
        "has_sinks",
        "splits",
    ]
)
def forward_kernel(
    query,  # [batch, head, token, dim]; strides below, in UNITs
    keys,  # [batch, kv_head, slot, dim], contiguous, as are values
    values,
    sinks,  # fp32 [head]; not read unless has_sinks
    out,  # [batch, head, token, dim]; strides below, in UNITs; not written with SPLIT
    log_mass,  # fp32 [batch, head, token]: log2 of the softmax's denominator; not written with SPLIT
    part_total,  # fp32 [batch, kv_head, split, row, dim]; the three parts are written with SPLIT only
    part_peak,  # fp32 [batch, kv_head, split, row]
    part_mass,
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
    multiplier,
    cap,
    has_sinks,
    splits,
    DIM: tl.constexpr,
    BLOCK_DIM: tl.constexpr,
    BLOCK_ROWS: tl.constexpr,
    BLOCK_SLOTS: tl.constexpr,
    SPLIT: tl.constexpr,
    DOT: tl.constexpr,
    PRECISION: tl.constexpr,
):
    """Grid: (blocks of rows, batch * kv_heads, splits)."""
    pair = tl.program_id(1)
    split = tl.program_id(2)
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
    query_rows = load_rows(
        query + batch.to(tl.int64) * query_batch * UNIT, query_offset, real, DIM, BLOCK_DIM, DOT
    )
    memory = pair.to(tl.int64) * capacity * DIM
    position = begin + token
    first = begin + first_row // group
    last = begin + tl.minimum((first_row + BLOCK_ROWS - 1) // group, length - 1)

    peak = tl.full([BLOCK_ROWS], LOWEST, tl.float32)
    mass = tl.zeros([BLOCK_ROWS], tl.float32)
    total = tl.zeros([BLOCK_ROWS, BLOCK_DIM], tl.float32)
    if (has_sinks != 0) & (split == 0):
        peak = tl.load(sinks + head, mask=inside, other=0.0) * 1.4426950408889634
        mass += 1.0

    unmasked, blocks, pinned_full, pinned_blocks, window_begin, lead, full = reach(
        first, last, prefix, window, BLOCK_SLOTS
    )
    for index in range(blocks * split // splits, blocks * (split + 1) // splits):
        block, is_pinned = block_begin(
            index, unmasked, pinned_full, pinned_blocks, window_begin, lead, full, BLOCK_SLOTS
        )
        slot = block + tl.arange(0, BLOCK_SLOTS)
        key = load_slots(keys + memory, slot, last, DIM, BLOCK_DIM, DOT)
        scores = score(query_rows, key, multiplier, cap, PRECISION)
        if index >= unmasked:
            scores = hide(scores, position, slot, is_pinned, prefix, window)
        new_peak = tl.maximum(peak, tl.max(scores, 1))
        weights = tl.exp2(scores - new_peak[:, None])
        decay = tl.exp2(peak - new_peak)
        mass = mass * decay + tl.sum(weights, 1)
        value = load_slots(values + memory, slot, last, DIM, BLOCK_DIM, DOT)
        total = tl.dot(weights.to(DOT), value, total * decay[:, None], input_precision=PRECISION)
        peak = new_peak

    in_dim = (dim < DIM)[None, :]
    if SPLIT:
        rows = tokens * group
        part = (pair * splits + split).to(tl.int64) * rows + row
        tl.store(part_peak + part, peak, mask=inside)
        tl.store(part_mass + part, mass, mask=inside)
        part = part[:, None] * DIM + dim[None, :]
        tl.store(part_total + part, total, mask=inside[:, None] & in_dim)
    else:
        mass = tl.where(real, mass, 1.0)
        result = tl.where(real[:, None], total / mass[:, None], 0.0)
        out_base = out + batch.to(tl.int64) * out_batch * UNIT
        offset = (token * out_token + head * out_head) * UNIT
        pointers = out_base + offset[:, None] + dim[None, :]
        tl.store(pointers, result.to(out.dtype.element_ty), mask=inside[:, None] & in_dim)
        entry = (batch.to(tl.int64) * kv_heads * group + head) * tokens + token
        tl.store(log_mass + entry, tl.where(real, peak + tl.log2(mass), 0.0), mask=inside)


@triton.jit(
    do_not_specialize=[
        "out_batch",
        "out_head",
        "out_token",
        "index_step",
        "tokens",
        "kv_heads",
        "group",
        "splits",
    ]
)
def combine_kernel(
    part_total,  # fp32 [batch, kv_head, split, row, dim]
    part_peak,  # fp32 [batch, kv_head, split, row]
    part_mass,
    out,  # [batch, head, token, dim]; strides below, in UNITs
    lengths,  # int32 [batch], every index_step-th
    out_batch,
    out_head,
    out_token,
    index_step,
    tokens,
    kv_heads,
    group,
    splits,
    DIM: tl.constexpr,
    BLOCK_DIM: tl.constexpr,
    BLOCK_SPLITS: tl.constexpr,
    MAX_SPLITS: tl.constexpr,
):
    """Grid: (rows, batch * kv_heads). Rows of padding become zero."""
    row = tl.program_id(0)
    pair = tl.program_id(1)
    batch = pair // kv_heads
    token = row // group
    head = (pair % kv_heads) * group + row % group
    rows = tokens * group
    dim = tl.arange(0, BLOCK_DIM)
    in_dim = dim < DIM
    part = pair.to(tl.int64) * splits * rows + row

    every = tl.arange(0, MAX_SPLITS)
    peak = tl.max(tl.load(part_peak + part + every * rows, mask=every < splits, other=LOWEST), 0)
    mass = 0.0
    total = tl.zeros([BLOCK_DIM], tl.float32)
    for first in range(0, splits, BLOCK_SPLITS):
        split = first + tl.arange(0, BLOCK_SPLITS)
        exists = split < splits
        entry = part + split * rows
        weights = tl.exp2(tl.load(part_peak + entry, mask=exists, other=LOWEST) - peak)
        mass += tl.sum(tl.load(part_mass + entry, mask=exists, other=0.0) * weights, 0)
        pointers = part_total + entry[:, None] * DIM + dim[None, :]
        totals = tl.load(pointers, mask=exists[:, None] & in_dim[None, :], other=0.0)
        total += tl.sum(totals * weights[:, None], 0)

    real = token < tl.load(lengths + batch * index_step)
    result = tl.where(real, total / tl.where(real, mass, 1.0), 0.0)
    offset = (batch.to(tl.int64) * out_batch + head * out_head + token * out_token) * UNIT
    tl.store(out + offset + dim, result.to(out.dtype.element_ty), mask=in_dim)
