"""RWKV-7 time mixing in PyTorch: the recurrence as written (the oracle), and in chunks (the path of CPUs).

**Equation**, for each row and head, with a state S `[value, key]` (RWKV-7 "Goose", arXiv 2503.14456):

    d_t = exp(-e^(-1/2) sigmoid(w_t))                                         the decay of each key channel
    S_t = S_(t-1) diag(d_t) - (S_(t-1) p_t)(p_t ⊙ a_t)ᵀ + v_t k_tᵀ            p is `k_hat`
    y_t = S_t r_t

`w` is the decay's *logit*. So a decay lies in (0.545, 1) whatever the input: its products over a chunk stay
inside fp32's range by construction, and no form needs a clamp that the others would have to share. `k_hat`,
of length one, is the key whose value is removed; `a`, in [0, 1], is the rate at which it is.

**Shapes**: r, w, k, v, k_hat, a and y `[batch, token, head, dim]`; state `[batch, head, value, key]`; lengths
`[batch]`. A token at or past its row's length leaves the state as it is and gives zeros; its inputs may hold
anything, NaN too.

**In chunks.** D_t is the product of the decays from the chunk's first token to t, S_0 the state before the
chunk; token t's vectors are row t of the matrices P, R, B, K, V, U, Y:

    P = D_(t-1) ⊙ p_t,  R = D_t ⊙ r_t,  B = p_t ⊙ a_t / D_t,  K = k_t / D_t
    (I + low(P Bᵀ)) U = P S_0ᵀ + low(P Kᵀ) V                  U: what is removed; low: under the diagonal
    Y = R S_0ᵀ - tril(R Bᵀ) U + tril(R Kᵀ) V
    S_C = (S_0 - Uᵀ B + Vᵀ K) diag(D_C)

All of it is matrix products, and few of them wait for the chunk before. The triangular system is solved by
substitution and not by powers of its matrix: a text that repeats itself makes that nearly all ones, and its
powers cancel.

**Precision**: fp32 throughout, whatever the inputs' dtype; y in v's dtype, the state fp32. For k_hat and a in
the ranges above, either form stays within 1e-5 of the recurrence in fp64, relative to the largest value of
the state and of y (fp16 and bf16 inputs: the same for the state; y is then rounded once).
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

LOG_DECAY = -math.exp(-0.5)
"""Logarithm of the strongest decay, that of a saturated logit: 0.545 a token."""

CHUNK = 32
"""Tokens a chunk: of 16, 32 and 64 the quickest on a CPU at dim 64. D stays above exp(-20) = 2e-9."""


def recurrence(
    r: Tensor,
    w: Tensor,
    k: Tensor,
    v: Tensor,
    k_hat: Tensor,
    a: Tensor,
    state: Tensor,
    lengths: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """The equation, one token after the other, in the state's dtype (fp64 for an oracle).

    Returns:
        y `[batch, token, head, dim]` and the final state, both in the state's dtype.
    """
    outputs = []
    for t in range(r.shape[1]):
        r_t, w_t, k_t, v_t, p_t, a_t = (x[:, t].to(state.dtype) for x in (r, w, k, v, k_hat, a))
        decay = torch.exp(LOG_DECAY * torch.sigmoid(w_t))
        removed = state @ p_t.unsqueeze(-1)  # [batch, head, value, 1]
        after = state * decay.unsqueeze(-2) - removed * (p_t * a_t).unsqueeze(-2)
        after = after + v_t.unsqueeze(-1) * k_t.unsqueeze(-2)
        y_t = (after @ r_t.unsqueeze(-1)).squeeze(-1)
        if lengths is None:
            state = after
        else:
            reads = (t < lengths)[:, None, None]
            state = torch.where(reads.unsqueeze(-1), after, state)
            y_t = torch.where(reads, y_t, 0.0)
        outputs.append(y_t)
    return (torch.stack(outputs, 1) if outputs else v.to(state.dtype)), state


def chunked(
    r: Tensor,
    w: Tensor,
    k: Tensor,
    v: Tensor,
    k_hat: Tensor,
    a: Tensor,
    state: Tensor,
    lengths: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """The same in chunks of matrix products; differentiable in every tensor but `lengths`.

    Returns:
        y `[batch, token, head, dim]` in v's dtype, and the final state, fp32.
    """
    batch, tokens, heads, dim = r.shape
    size = min(CHUNK, tokens)
    if size == 0:
        return v, state.clone()
    reads = None if lengths is None else torch.arange(tokens, device=r.device) < lengths[:, None]

    def blocks(x: Tensor, fill: float = 0.0) -> Tensor:
        """As fp32 `[batch·head, chunk, token, dim]`, `fill` for what is not read or pads the last chunk."""
        x = x.float() if reads is None else x.float().masked_fill(~reads[:, :, None, None], fill)
        x = F.pad(x.transpose(1, 2), (0, 0, 0, -tokens % size), value=fill)
        return x.reshape(batch * heads, -1, size, dim)

    log_d = LOG_DECAY * torch.sigmoid(blocks(w, -math.inf))  # a logit of -inf: no decay
    log_product = log_d.cumsum(-2)
    shrink, grow = log_product.exp(), (-log_product).exp()
    p, values = blocks(k_hat), blocks(v)
    P, R = p * (log_product - log_d).exp(), blocks(r) * shrink  # noqa: N806 - the equation's letters
    B, K = p * blocks(a) * grow, blocks(k) * grow  # noqa: N806
    p_b, p_k = P @ B.transpose(-1, -2), (P @ K.transpose(-1, -2)).tril(-1)
    r_b, r_k = (R @ B.transpose(-1, -2)).tril(), (R @ K.transpose(-1, -2)).tril()

    # U = carried S_0ᵀ + local, Y = R S_0ᵀ - r_b U + given: what does not wait for S_0 is done for all chunks.
    # (Unitriangular: the solver takes the diagonal for ones and reads only what is under it.)
    carried = torch.linalg.solve_triangular(p_b, P, upper=False, unitriangular=True)
    local = torch.linalg.solve_triangular(p_b, p_k @ values, upper=False, unitriangular=True)
    given, added = r_k @ values, values.transpose(-1, -2) @ K

    s = state.float().reshape(batch * heads, dim, dim)
    outputs = []
    for c in range(P.shape[1]):
        s_t = s.transpose(1, 2)
        u = torch.baddbmm(local[:, c], carried[:, c], s_t)
        outputs.append(torch.baddbmm(torch.baddbmm(given[:, c], R[:, c], s_t), r_b[:, c], u, alpha=-1))
        s = torch.baddbmm(s + added[:, c], u.transpose(1, 2), B[:, c], alpha=-1) * shrink[:, c, -1:]
    y = torch.stack(outputs, 1).reshape(batch, heads, -1, dim)[:, :, :tokens].transpose(1, 2)
    if reads is not None:
        y = y.masked_fill(~reads[:, :, None, None], 0.0)
    return y.to(v.dtype), s.reshape(batch, heads, dim, dim)


def step(
    r: Tensor,
    w: Tensor,
    k: Tensor,
    v: Tensor,
    k_hat: Tensor,
    a: Tensor,
    state: Tensor,
    lengths: Tensor | None = None,
) -> Tensor:
    """One token a row, `[batch, head, dim]`, the state advanced in place where the row's length is not 0.

    Returns:
        y `[batch, head, dim]` in v's dtype, zeros for a row that reads nothing.
    """
    r, w, k, value, p, a = (x.float() for x in (r, w, k, v, k_hat, a))
    removed = _times(state, p)
    after = state if lengths is None else state.clone()
    after.mul_(torch.exp(LOG_DECAY * torch.sigmoid(w)).unsqueeze(-2))
    after.addcmul_(removed.unsqueeze(-1), (p * a).unsqueeze(-2), value=-1.0)
    after.addcmul_(value.unsqueeze(-1), k.unsqueeze(-2))
    y = _times(after, r)
    if lengths is not None:
        reads = (lengths > 0)[:, None, None]
        state.copy_(torch.where(reads.unsqueeze(-1), after, state))
        y = torch.where(reads, y, 0.0)
    return y.to(v.dtype)


def _times(state: Tensor, vector: Tensor) -> Tensor:
    """S times a vector a head, `[batch, head, value]`; as a row from the left: four times as quick on a CPU."""
    return (vector.unsqueeze(-2) @ state.mT).squeeze(-2)
