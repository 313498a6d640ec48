"""RWKV-7 time mixing, backward, in Triton: the gradient of the state through the chunks, then of the inputs.

Letters and workspace: `reference.py` and `triton_forward.py`, whose first two kernels run again before these:
nothing but the inputs is kept for the backward pass. With G the gradient of the state behind a chunk:

    dU = -seen_removedᵀ dY - removal Gᵀ,      G before the chunk = G diag(D_C) + dYᵀ R + dUᵀ from_start
    dV = seen_addedᵀ dY + from_addedᵀ dU + addition Gᵀ
    Z = inverseᵀ dU,  E = G diag(D_C)
    dR = dY S_0 - tril(dY Uᵀ) B + tril(dY Vᵀ) K           dB = -U E - tril(dY Uᵀ)ᵀ R - low(Z Uᵀ)ᵀ P
    dP =  Z S_0 - low(Z Uᵀ) B + low(Z Vᵀ) K               dK =  V E + tril(dY Vᵀ)ᵀ R + low(Z Vᵀ)ᵀ P

`state_gradient_kernel` goes from the last chunk to the first with G, split over the value axis. Then, for all
chunks at once, `pair_gradient_kernel` makes dV, Z and the four matrices of pairs of tokens,
`vector_gradient_kernel` dR, dP, dB and dK, and `input_gradient_kernel` what follows from them for the inputs:
three kernels, because one would not fit the registers.

A decay reaches the loss only through the products D, and each row of R, P, B, K is an input's times or over one
of them. So the gradient of log D_t is R dR + P dP - B dB - K dK at t (P's belonging to t - 1), and that of
log D_C also the sum of G S_C over the values; a decay's own is the sum over all products that contain it, a
cumulative sum from the chunk's end. Precision: as forward.
"""

# ruff: noqa: N803  constexpr arguments are upper case, as in Triton's own code

import triton
import triton.language as tl

from smoothread_kernels.wkv7.triton_forward import (
    LOG_DECAY,
    load_tokens,
    log_decays,
    on_and_under,
    product,
    row_length,
    tile,
    under,
)


@triton.jit(do_not_specialize=["index_step", "has_lengths", "tokens", "heads", "chunks"])
def state_gradient_kernel(
    grad_y,  # [batch, token, head, dim], contiguous
    grad_final,  # fp32 [batch, head, value, key], contiguous
    lengths,  # int32 [batch], every index_step-th; not read unless has_lengths
    from_start,  # the workspace
    receptance,
    seen_removed,
    removal,
    shrink,
    grad_removed,  # dU, fp32 [pair, chunk, token, value], written
    grad_after,  # G, fp32 [pair, chunk, value, key], written
    grad_state,  # fp32 [batch, head, value, key], contiguous, written
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
    base = (batch.to(tl.int64) * tokens * heads + head) * DIM
    grad = tl.load(grad_final + pair.to(tl.int64) * DIM * DIM + entries)

    used = tl.cdiv(length, CHUNK)
    for index in range(used):
        chunk = used - 1 - index
        cell = pair.to(tl.int64) * chunks + chunk
        vectors, matrix = cell * CHUNK * DIM, cell * CHUNK * CHUNK
        tl.store(grad_after + cell * DIM * DIM + entries, grad)
        token = chunk * CHUNK + tl.arange(0, CHUNK)
        pointers = grad_y + base + token[:, None].to(tl.int64) * (heads * DIM) + value[None, :]
        dy = tl.load(pointers, mask=(token < length)[:, None], other=0.0).to(tl.float32)
        seen = tl.load(tile(seen_removed + matrix, CHUNK, CHUNK))
        du = -product(tl.trans(seen), dy, PRECISION)
        du -= product(tl.load(tile(removal + vectors, CHUNK, DIM)), tl.trans(grad), PRECISION)
        tl.store(grad_removed + vectors + in_chunk, du)
        grad *= tl.load(shrink + cell * DIM + key)[None, :]
        grad += product(tl.trans(dy), tl.load(tile(receptance + vectors, CHUNK, DIM)), PRECISION)
        grad += product(tl.trans(du), tl.load(tile(from_start + vectors, CHUNK, DIM)), PRECISION)
    tl.store(grad_state + pair.to(tl.int64) * DIM * DIM + entries, grad)


@triton.jit
def store_tokens(base, token, stride, present, gradient, DIM: tl.constexpr):
    """Write `gradient` `[token, dim]` to rows `token` of an input's gradient, where `present` `[token]`."""
    pointers = base + token[:, None].to(tl.int64) * stride + tl.arange(0, DIM)[None, :]
    tl.store(pointers, gradient.to(base.dtype.element_ty), mask=present[:, None])


@triton.jit(do_not_specialize=["index_step", "has_lengths", "tokens", "heads", "chunks"])
def pair_gradient_kernel(
    v,  # [batch, token, head, dim], contiguous, as are grad_y and grad_v
    grad_y,
    lengths,  # int32 [batch], every index_step-th; not read unless has_lengths
    inverse,  # the workspace, after `advance_kernel`
    from_added,
    seen_added,
    addition,
    removed,
    starts,
    grad_removed,
    grad_after,
    met,  # Z, fp32 [pair, chunk, token, value], written
    crossed,  # tril(dY Uᵀ), tril(dY Vᵀ), low(Z Uᵀ), low(Z Vᵀ): fp32 [pair, chunk, 4, token, token], written
    grad_shrink,  # of log D_C: fp32 [pair, chunk, key], written
    grad_v,  # written, zero for padding
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

    dv = tl.zeros([CHUNK, DIM], tl.float32)
    if chunk * CHUNK < length:
        dy = load_tokens(grad_y + base, token, stride, token < length, DIM)
        value = load_tokens(v + base, token, stride, token < length, DIM)
        u = tl.load(tile(removed + vectors, CHUNK, DIM))
        y_u = on_and_under(product(dy, tl.trans(u), PRECISION), CHUNK)
        tl.store(tile(crossed + 4 * matrix, CHUNK, CHUNK), y_u)
        y_v = on_and_under(product(dy, tl.trans(value), PRECISION), CHUNK)
        tl.store(tile(crossed + 4 * matrix + CHUNK * CHUNK, CHUNK, CHUNK), y_v)
        du = tl.load(tile(grad_removed + vectors, CHUNK, DIM))
        z = product(tl.trans(tl.load(tile(inverse + matrix, CHUNK, CHUNK))), du, PRECISION)
        tl.store(tile(met + vectors, CHUNK, DIM), z)
        z_u = under(product(z, tl.trans(u), PRECISION), CHUNK)
        tl.store(tile(crossed + 4 * matrix + 2 * CHUNK * CHUNK, CHUNK, CHUNK), z_u)
        z_v = under(product(z, tl.trans(value), PRECISION), CHUNK)
        tl.store(tile(crossed + 4 * matrix + 3 * CHUNK * CHUNK, CHUNK, CHUNK), z_v)

        dv = product(tl.trans(tl.load(tile(seen_added + matrix, CHUNK, CHUNK))), dy, PRECISION)
        dv += product(tl.trans(tl.load(tile(from_added + matrix, CHUNK, CHUNK))), du, PRECISION)
        grad = tl.load(tile(grad_after + cell * DIM * DIM, DIM, DIM))
        dv += product(tl.load(tile(addition + vectors, CHUNK, DIM)), tl.trans(grad), PRECISION)
        dv = tl.where((token < length)[:, None], dv, 0.0)
        grad *= tl.load(tile(starts + (cell + pair + 1) * DIM * DIM, DIM, DIM))
        tl.store(grad_shrink + cell * DIM + tl.arange(0, DIM), tl.sum(grad, 0))
    store_tokens(grad_v + base, token, stride, token < tokens, dv, DIM)


@triton.jit(do_not_specialize=["index_step", "has_lengths", "tokens", "heads", "chunks"])
def vector_gradient_kernel(
    r,  # [batch, token, head, dim], contiguous, as are all inputs and grad_y; w fp32
    w,
    k,
    v,
    k_hat,
    a,
    grad_y,
    lengths,  # int32 [batch], every index_step-th; not read unless has_lengths
    removed,  # the workspace, after `pair_gradient_kernel`
    shrink,
    starts,
    grad_after,
    met,
    crossed,
    vectors,  # dR, dP, dB, dK: fp32 [pair, chunk, 4, token, key], written
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
    if chunk * CHUNK < length:
        token = chunk * CHUNK + tl.arange(0, CHUNK)
        valid = token < length
        stride = heads * DIM
        base = (batch.to(tl.int64) * tokens * heads + head) * DIM
        cell = pair.to(tl.int64) * chunks + chunk
        rows, matrix = cell * CHUNK * DIM, cell * CHUNK * CHUNK
        y_u = tl.load(tile(crossed + 4 * matrix, CHUNK, CHUNK))
        y_v = tl.load(tile(crossed + 4 * matrix + CHUNK * CHUNK, CHUNK, CHUNK))
        z_u = tl.load(tile(crossed + 4 * matrix + 2 * CHUNK * CHUNK, CHUNK, CHUNK))
        z_v = tl.load(tile(crossed + 4 * matrix + 3 * CHUNK * CHUNK, CHUNK, CHUNK))
        log_d, _ = log_decays(w + base, token, stride, valid, DIM)
        log_product = tl.cumsum(log_d, 0)
        p = load_tokens(k_hat + base, token, stride, valid, DIM)
        b = p * load_tokens(a + base, token, stride, valid, DIM) * tl.exp(-log_product)
        key = load_tokens(k + base, token, stride, valid, DIM) * tl.exp(-log_product)

        before = tl.load(tile(starts + (cell + pair) * DIM * DIM, DIM, DIM))  # [value, key]
        grad = product(load_tokens(grad_y + base, token, stride, valid, DIM), before, PRECISION)
        grad += product(y_v, key, PRECISION) - product(y_u, b, PRECISION)
        tl.store(tile(vectors + 4 * rows, CHUNK, DIM), grad)
        grad = product(tl.load(tile(met + rows, CHUNK, DIM)), before, PRECISION)
        grad += product(z_v, key, PRECISION) - product(z_u, b, PRECISION)
        tl.store(tile(vectors + 4 * rows + CHUNK * DIM, CHUNK, DIM), grad)

        p *= tl.exp(log_product - log_d)
        q = load_tokens(r + base, token, stride, valid, DIM) * tl.exp(log_product)
        after = tl.load(tile(grad_after + cell * DIM * DIM, DIM, DIM))  # [value, key]
        after *= tl.load(shrink + cell * DIM + tl.arange(0, DIM))[None, :]
        grad = -product(tl.load(tile(removed + rows, CHUNK, DIM)), after, PRECISION)
        grad -= product(tl.trans(y_u), q, PRECISION) + product(tl.trans(z_u), p, PRECISION)
        tl.store(tile(vectors + 4 * rows + 2 * CHUNK * DIM, CHUNK, DIM), grad)
        grad = product(load_tokens(v + base, token, stride, valid, DIM), after, PRECISION)
        grad += product(tl.trans(y_v), q, PRECISION) + product(tl.trans(z_v), p, PRECISION)
        tl.store(tile(vectors + 4 * rows + 3 * CHUNK * DIM, CHUNK, DIM), grad)


@triton.jit(do_not_specialize=["index_step", "has_lengths", "tokens", "heads", "chunks"])
def input_gradient_kernel(
    r,  # [batch, token, head, dim], contiguous, as are all inputs and gradients; w and grad_w fp32
    w,
    k,
    k_hat,
    a,
    lengths,  # int32 [batch], every index_step-th; not read unless has_lengths
    vectors,  # the workspace, after `vector_gradient_kernel`
    grad_shrink,
    grad_r,  # written, zero for padding, as are the others
    grad_w,
    grad_k,
    grad_k_hat,
    grad_a,
    index_step,
    has_lengths,
    tokens,
    heads,
    chunks,
    DIM: tl.constexpr,
    CHUNK: tl.constexpr,
):
    """Grid: (chunks, batch * heads)."""
    chunk, pair = tl.program_id(0), tl.program_id(1)
    batch, head = pair // heads, pair % heads
    length = row_length(lengths, batch, index_step, has_lengths, tokens)
    token = chunk * CHUNK + tl.arange(0, CHUNK)
    valid, present = token < length, token < tokens
    stride = heads * DIM
    base = (batch.to(tl.int64) * tokens * heads + head) * DIM
    cell = pair.to(tl.int64) * chunks + chunk
    rows = 4 * cell * CHUNK * DIM

    # Behind a row's last chunk nothing was written to the workspace: all is masked, and all gradients are zero.
    inside = valid[:, None]
    log_d, sigmoid = log_decays(w + base, token, stride, valid, DIM)
    log_product = tl.cumsum(log_d, 0)
    p = load_tokens(k_hat + base, token, stride, valid, DIM)
    rate = load_tokens(a + base, token, stride, valid, DIM)
    dr = tl.load(tile(vectors + rows, CHUNK, DIM), mask=inside, other=0.0) * tl.exp(log_product)
    dp = tl.load(tile(vectors + rows + CHUNK * DIM, CHUNK, DIM), mask=inside, other=0.0)
    dp *= tl.exp(log_product - log_d)
    db = tl.load(tile(vectors + rows + 2 * CHUNK * DIM, CHUNK, DIM), mask=inside, other=0.0)
    db *= tl.exp(-log_product)
    dk = tl.load(tile(vectors + rows + 3 * CHUNK * DIM, CHUNK, DIM), mask=inside, other=0.0)
    dk *= tl.exp(-log_product)

    # Of log D_t, and its sum from each token to the end; P holds the product before its token.
    through_p = p * dp
    at_token = load_tokens(r + base, token, stride, valid, DIM) * dr + through_p
    at_token -= p * rate * db + load_tokens(k + base, token, stride, valid, DIM) * dk
    key = tl.arange(0, DIM)
    written = key < tl.where(chunk * CHUNK < length, DIM, 0)
    end = tl.load(grad_shrink + cell * DIM + key, mask=written, other=0.0)
    end += tl.sum(at_token, 0)
    grad_log_d = end[None, :] - tl.cumsum(at_token, 0) + at_token - through_p
    grad_logit = grad_log_d * LOG_DECAY * sigmoid * (1.0 - sigmoid)

    store_tokens(grad_r + base, token, stride, present, dr, DIM)
    store_tokens(grad_w + base, token, stride, present, grad_logit, DIM)
    store_tokens(grad_k + base, token, stride, present, dk, DIM)
    store_tokens(grad_k_hat + base, token, stride, present, dp + db * rate, DIM)
    store_tokens(grad_a + base, token, stride, present, db * p, DIM)
