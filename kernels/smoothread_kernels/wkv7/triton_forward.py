"""RWKV-7 time mixing, forward, in Triton: three kernels for a stretch of tokens, one for a few.

Equation, letters and shapes: `reference.py`. A stretch is cut in chunks of CHUNK tokens. `prepare_kernel`
makes, for all chunks at once, what does not wait for the state; `advance_kernel` carries the state from chunk
to chunk, split over the value axis, and leaves the state before each chunk and U; `output_kernel` makes y for
all chunks at once. `recurrent_kernel` takes the tokens one after the other, with the state in registers: for
decoding.

(I + low(P Bᵀ)) is inverted by halves: with the inverse of its diagonal blocks of m tokens in hand, and N what
couples the two halves of each block of 2m, that of the blocks of 2m is `inverse - inverse N inverse`. This is
block substitution, in log2(CHUNK) small products, and as stable as substitution row by row.

Workspace (fp32, contiguous; pair = batch and head):
    inverse `[pair, chunk, token, token]`: (I + low(P Bᵀ))⁻¹
    from_start `[pair, chunk, token, key]` and from_added `[pair, chunk, token, token]`: inverse P and inverse
        low(P Kᵀ), so that U = from_start S_0ᵀ + from_added V
    receptance `[pair, chunk, token, key]`, seen_removed and seen_added `[pair, chunk, token, token]`: R,
        tril(R Bᵀ) and tril(R Kᵀ), so that Y = receptance S_0ᵀ - seen_removed U + seen_added V
    removal, addition `[pair, chunk, token, key]`, shrink `[pair, chunk, key]`: B D_C, K D_C and D_C, so that
        S_C = S_0 shrink - Uᵀ removal + Vᵀ addition
    removed `[pair, chunk, token, value]`: U
    starts `[pair, chunk + 1, value, key]`: the state before each chunk, and behind the last

Precision: everything is computed and kept in fp32. Products are of three tf32 parts for fp32 inputs, as exact
as the reference, and plain tf32 for fp16 and bf16: 2⁻¹¹ an operand, about 2e-3 of the largest value of the
state and of y. `recurrent_kernel` has no matrix products and is as exact as the reference for every dtype.
"""

# ruff: noqa: N803  constexpr arguments are upper case, as in Triton's own code

import triton
import triton.language as tl

LOG_DECAY: tl.constexpr = tl.constexpr(-0.6065306597126334)  # -exp(-1/2)


@triton.jit
def row_length(lengths, batch, index_step, has_lengths, tokens):
    """Tokens of row `batch`, clamped to the call's."""
    length = tokens
    if has_lengths != 0:
        length = tl.minimum(tl.maximum(tl.load(lengths + batch * index_step), 0), tokens)
    return length


@triton.jit
def load_tokens(base, token, stride, valid, DIM: tl.constexpr):
    """Rows `token` `[token]` of an input as fp32 `[token, dim]`, zero where not `valid` `[token]`."""
    pointers = base + token[:, None].to(tl.int64) * stride + tl.arange(0, DIM)[None, :]
    return tl.load(pointers, mask=valid[:, None], other=0.0).to(tl.float32)


@triton.jit
def tile(base, ROWS: tl.constexpr, COLUMNS: tl.constexpr):
    """Pointers to a contiguous matrix `[ROWS, COLUMNS]`."""
    return base + tl.arange(0, ROWS)[:, None] * COLUMNS + tl.arange(0, COLUMNS)[None, :]


@triton.jit
def product(left, right, PRECISION: tl.constexpr):
    """Matrix product in fp32."""
    return tl.dot(left, right, input_precision=PRECISION)


@triton.jit
def under(matrix, SIZE: tl.constexpr):
    """What lies under the diagonal."""
    row, column = tl.arange(0, SIZE)[:, None], tl.arange(0, SIZE)[None, :]
    return tl.where(row > column, matrix, 0.0)


@triton.jit
def on_and_under(matrix, SIZE: tl.constexpr):
    """What lies on and under the diagonal."""
    row, column = tl.arange(0, SIZE)[:, None], tl.arange(0, SIZE)[None, :]
    return tl.where(row >= column, matrix, 0.0)


@triton.jit
def log_decays(w, token, stride, valid, DIM: tl.constexpr):
    """Logarithm of each token's decay, and the sigmoid it is made of, `[token, key]`; zero where not `valid`."""
    sigmoid = tl.sigmoid(load_tokens(w, token, stride, valid, DIM))
    sigmoid = tl.where(valid[:, None], sigmoid, 0.0)
    return sigmoid * LOG_DECAY, sigmoid


@triton.jit
def invert(strictly_lower, SIZE: tl.constexpr, LEVELS: tl.constexpr, PRECISION: tl.constexpr):
    """(I + strictly_lower)⁻¹ for SIZE = 2^LEVELS, by halves."""
    row, column = tl.arange(0, SIZE)[:, None], tl.arange(0, SIZE)[None, :]
    pairs = (row == column + 1) & (row % 2 == 1)
    inverse = tl.where(row == column, 1.0, tl.where(pairs, -strictly_lower, 0.0))
    for level in tl.static_range(1, LEVELS):
        block_row, block_column = row >> level, column >> level
        coupling = tl.where((block_row == block_column + 1) & (block_row % 2 == 1), strictly_lower, 0.0)
        inverse -= product(product(inverse, coupling, PRECISION), inverse, PRECISION)
    return inverse


@triton.jit(do_not_specialize=["index_step", "has_lengths", "tokens", "heads", "chunks"])
def prepare_kernel(
    r,  # [batch, token, head, dim], contiguous, as are all inputs; w fp32
    w,
    k,
    k_hat,
    a,
    lengths,  # int32 [batch], every index_step-th; not read unless has_lengths
    inverse,  # the workspace, written: see above
    from_start,
    from_added,
    receptance,
    seen_removed,
    seen_added,
    removal,
    addition,
    shrink,
    index_step,
    has_lengths,
    tokens,
    heads,
    chunks,
    DIM: tl.constexpr,
    CHUNK: tl.constexpr,
    LEVELS: tl.constexpr,
    PRECISION: tl.constexpr,
):
    """Grid: (chunks, batch * heads)."""
    chunk, pair = tl.program_id(0), tl.program_id(1)
    batch, head = pair // heads, pair % heads
    length = row_length(lengths, batch, index_step, has_lengths, tokens)
    if chunk * CHUNK < length:
        token = chunk * CHUNK + tl.arange(0, CHUNK)
        valid = token < length
        stride = heads * DIM
        base = (batch.to(tl.int64) * tokens * heads + head) * DIM
        cell = pair.to(tl.int64) * chunks + chunk
        vectors, matrix = cell * CHUNK * DIM, cell * CHUNK * CHUNK

        log_d, _ = log_decays(w + base, token, stride, valid, DIM)
        log_product = tl.cumsum(log_d, 0)
        last = tl.exp(tl.sum(log_d, 0))
        tl.store(shrink + cell * DIM + tl.arange(0, DIM), last)

        p = load_tokens(k_hat + base, token, stride, valid, DIM)
        grow = tl.exp(-log_product)
        b = p * load_tokens(a + base, token, stride, valid, DIM) * grow
        p *= tl.exp(log_product - log_d)
        tl.store(tile(removal + vectors, CHUNK, DIM), b * last[None, :])
        # The inversion comes late: it takes most registers, and by then little else is held.
        system = under(product(p, tl.trans(b), PRECISION), CHUNK)

        q = load_tokens(r + base, token, stride, valid, DIM) * tl.exp(log_product)
        tl.store(tile(receptance + vectors, CHUNK, DIM), q)
        seen = on_and_under(product(q, tl.trans(b), PRECISION), CHUNK)
        tl.store(tile(seen_removed + matrix, CHUNK, CHUNK), seen)

        key = load_tokens(k + base, token, stride, valid, DIM) * grow
        tl.store(tile(addition + vectors, CHUNK, DIM), key * last[None, :])
        seen = on_and_under(product(q, tl.trans(key), PRECISION), CHUNK)
        tl.store(tile(seen_added + matrix, CHUNK, CHUNK), seen)

        inverted = invert(system, CHUNK, LEVELS, PRECISION)
        tl.store(tile(inverse + matrix, CHUNK, CHUNK), inverted)
        tl.store(tile(from_start + vectors, CHUNK, DIM), product(inverted, p, PRECISION))
        met = under(product(p, tl.trans(key), PRECISION), CHUNK)
        tl.store(tile(from_added + matrix, CHUNK, CHUNK), product(inverted, met, PRECISION))


@triton.jit(
    do_not_specialize=["state_batch", "state_head", "index_step", "has_lengths", "tokens", "heads", "chunks"]
)
def advance_kernel(
    state,  # fp32 [batch, head, value, key], strides below
    v,
    lengths,
    from_start,
    from_added,
    removal,
    addition,
    shrink,
    removed,  # written, as are starts
    starts,
    final,  # fp32 [batch, head, value, key], contiguous, written
    state_batch,
    state_head,
    index_step,
    has_lengths,
    tokens,
    heads,
    chunks,
    DIM: tl.constexpr,
    CHUNK: tl.constexpr,
    BLOCK_VALUES: tl.constexpr,
    PRECISION: tl.constexpr,
):
    """Grid: (blocks of values, batch * heads)."""
    block, pair = tl.program_id(0), tl.program_id(1)
    batch, head = pair // heads, pair % heads
    length = row_length(lengths, batch, index_step, has_lengths, tokens)
    value, key = block * BLOCK_VALUES + tl.arange(0, BLOCK_VALUES), tl.arange(0, DIM)
    entries = value[:, None] * DIM + key[None, :]
    in_chunk = tl.arange(0, CHUNK)[:, None] * DIM + value[None, :]
    s = tl.load(state + batch.to(tl.int64) * state_batch + head.to(tl.int64) * state_head + entries)
    base = (batch.to(tl.int64) * tokens * heads + head) * DIM

    for chunk in range(tl.cdiv(length, CHUNK)):
        cell = pair.to(tl.int64) * chunks + chunk
        vectors, matrix = cell * CHUNK * DIM, cell * CHUNK * CHUNK
        tl.store(starts + (cell + pair) * DIM * DIM + entries, s)
        token = chunk * CHUNK + tl.arange(0, CHUNK)
        pointers = v + base + token[:, None].to(tl.int64) * (heads * DIM) + value[None, :]
        added = tl.load(pointers, mask=(token < length)[:, None], other=0.0).to(tl.float32)
        u = product(tl.load(tile(from_added + matrix, CHUNK, CHUNK)), added, PRECISION)
        u += product(tl.load(tile(from_start + vectors, CHUNK, DIM)), tl.trans(s), PRECISION)
        tl.store(removed + vectors + in_chunk, u)
        s *= tl.load(shrink + cell * DIM + key)[None, :]
        s -= product(tl.trans(u), tl.load(tile(removal + vectors, CHUNK, DIM)), PRECISION)
        s += product(tl.trans(added), tl.load(tile(addition + vectors, CHUNK, DIM)), PRECISION)

    # (chunks + 1) states a pair: this one stands behind the row's last chunk.
    after = pair.to(tl.int64) * (chunks + 1) + tl.cdiv(length, CHUNK)
    tl.store(starts + after * DIM * DIM + entries, s)
    tl.store(final + pair.to(tl.int64) * DIM * DIM + entries, s)


@triton.jit(do_not_specialize=["index_step", "has_lengths", "tokens", "heads", "chunks"])
def output_kernel(
    v,
    lengths,
    receptance,
    seen_removed,
    seen_added,
    removed,
    starts,
    y,  # [batch, token, head, dim], contiguous, written, zero for padding
    index_step,
    has_lengths,
    tokens,
    heads,
    chunks,
    DIM: tl.constexpr,
    CHUNK: tl.constexpr,
    PRECISION: tl.constexpr,
):
    """Grid: (chunks, batch * heads)."""
    chunk, pair = tl.program_id(0), tl.program_id(1)
    batch, head = pair // heads, pair % heads
    length = row_length(lengths, batch, index_step, has_lengths, tokens)
    token = chunk * CHUNK + tl.arange(0, CHUNK)
    stride = heads * DIM
    base = (batch.to(tl.int64) * tokens * heads + head) * DIM
    cell = pair.to(tl.int64) * chunks + chunk
    vectors, matrix = cell * CHUNK * DIM, cell * CHUNK * CHUNK

    out = tl.zeros([CHUNK, DIM], tl.float32)
    if chunk * CHUNK < length:
        value = load_tokens(v + base, token, stride, token < length, DIM)
        out = product(tl.load(tile(seen_added + matrix, CHUNK, CHUNK)), value, PRECISION)
        u = tl.load(tile(removed + vectors, CHUNK, DIM))
        out -= product(tl.load(tile(seen_removed + matrix, CHUNK, CHUNK)), u, PRECISION)
        s = tl.load(tile(starts + (cell + pair) * DIM * DIM, DIM, DIM))
        out += product(tl.load(tile(receptance + vectors, CHUNK, DIM)), tl.trans(s), PRECISION)
    pointers = y + base + token[:, None].to(tl.int64) * stride + tl.arange(0, DIM)[None, :]
    tl.store(pointers, out.to(y.dtype.element_ty), mask=(token < tokens)[:, None])


@triton.jit(
    do_not_specialize=[
        "state_batch",
        "state_head",
        "final_batch",
        "final_head",
        "index_step",
        "has_lengths",
        "tokens",
        "heads",
    ]
)
def recurrent_kernel(
    r,  # [batch, token, head, dim], contiguous, as are all inputs; w fp32
    w,
    k,
    v,
    k_hat,
    a,
    lengths,  # int32 [batch], every index_step-th; not read unless has_lengths
    state,  # fp32 [batch, head, value, key], strides below
    final,  # the same, written; may be `state` itself
    y,  # [batch, token, head, dim], contiguous, written, zero for padding
    state_batch,
    state_head,
    final_batch,
    final_head,
    index_step,
    has_lengths,
    tokens,
    heads,
    DIM: tl.constexpr,
    BLOCK_VALUES: tl.constexpr,
):
    """Grid: (blocks of values, batch * heads)."""
    block, pair = tl.program_id(0), tl.program_id(1)
    batch, head = pair // heads, pair % heads
    length = row_length(lengths, batch, index_step, has_lengths, tokens)
    value, key = block * BLOCK_VALUES + tl.arange(0, BLOCK_VALUES), tl.arange(0, DIM)
    entries = value[:, None] * DIM + key[None, :]
    s = tl.load(state + batch.to(tl.int64) * state_batch + head.to(tl.int64) * state_head + entries)
    at = (batch.to(tl.int64) * tokens * heads + head) * DIM

    for _ in range(length):
        decay = tl.exp(tl.sigmoid(tl.load(w + at + key)) * LOG_DECAY)
        p = tl.load(k_hat + at + key).to(tl.float32)
        b = p * tl.load(a + at + key).to(tl.float32)
        removed = tl.sum(s * p[None, :], 1)
        added = tl.load(v + at + value).to(tl.float32)
        s = s * decay[None, :] - removed[:, None] * b[None, :]
        s += added[:, None] * tl.load(k + at + key).to(tl.float32)[None, :]
        out = tl.sum(s * tl.load(r + at + key).to(tl.float32)[None, :], 1)
        tl.store(y + at + value, out.to(y.dtype.element_ty))
        at += heads * DIM
    for _ in range(length, tokens):
        tl.store(y + at + value, tl.zeros([BLOCK_VALUES], y.dtype.element_ty))
        at += heads * DIM
    tl.store(final + batch.to(tl.int64) * final_batch + head.to(tl.int64) * final_head + entries, s)
