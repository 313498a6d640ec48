"""RWKV-7 "Goose" (arXiv 2503.14456): the network, as plain as its equations, with its state passed in and returned.

    x_c = x + μ_c ⊙ (x_before - x)                     token shift, for c in r, w, k, v, a, g
    w = w0 + tanh(x_w w1) w2                           decay logit: the state's keys decay by exp(-e^(-1/2) σ(w))
    a = σ(a0 + (x_a a1) a2),   g = σ(x_g g1) g2        rate of removal; gate
    k̂ = (k ⊙ k_k) / |k ⊙ k_k| a head,   k ← k ⊙ (1 + (a - 1) ⊙ k_a)
    v ← v + (v_first - v) ⊙ σ(v0 + (x_v v1) v2)        from the second layer on; v_first is the first layer's v
    S ← S diag(decay) - (S k̂)(k̂ ⊙ a)ᵀ + v kᵀ,   y = S r                          `smoothread_kernels.wkv7`
    out = W_o ((norm(y) + (Σ r ⊙ k ⊙ r_k) v) ⊙ g)      norm and sum a head

and after it the channel mix W_v relu(W_k (x + μ (x_before - x)))². Parameters have the names of
flash-linear-attention's HF layout; S is `[value, key]`, the transpose of that library's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from smoothread_kernels.wkv7 import wkv7, wkv7_step
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class RWKV7Config:
    """Sizes of a network.

    Attributes:
        vocab_size: width of the logits.
        hidden_size: width of the residual stream.
        num_layers, num_heads, head_dim: layers; heads of the time mix, and width of each.
        ffn_size: width inside the channel mix.
        decay_rank, rate_rank, value_rank, gate_rank: inner width of the low-rank maps to w, a, v's mixing and g.
        norm_eps: epsilon of the layer norms.
        head_norm_eps: epsilon of the norm of y, a head.
        norm_bias: whether layer norms have a bias.
        pre_norm: whether embeddings are normalised before the first layer.
        tied: whether the head is the embedding.
    """

    vocab_size: int
    hidden_size: int
    num_layers: int
    num_heads: int
    head_dim: int
    ffn_size: int
    decay_rank: int
    rate_rank: int
    value_rank: int
    gate_rank: int
    norm_eps: float = 1e-5
    head_norm_eps: float = 64e-5
    norm_bias: bool = True
    pre_norm: bool = True
    tied: bool = False


class LayerState(NamedTuple):
    """What one layer carries from token to token.

    Attributes:
        wkv: S, fp32 `[batch, head, value, key]`.
        time_shift: input of the time mix at the last token, `[batch, hidden]`.
        channel_shift: input of the channel mix at the last token, `[batch, hidden]`.
    """

    wkv: Tensor
    time_shift: Tensor
    channel_shift: Tensor


def shift(x: Tensor, last: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
    """The token before each of `x`, in its shape, and each row's new last one `[batch, hidden]`."""
    if x.dim() == 2:
        before, new = last, x
    else:
        before, new = torch.cat([last.unsqueeze(1), x[:, :-1]], 1), x[:, -1]
    if lengths is not None:
        if x.dim() == 3:
            new = x[torch.arange(x.shape[0], device=x.device), (lengths - 1).clamp(min=0)]
        new = torch.where((lengths > 0)[:, None], new, last)
    return before, new


class LowRank(nn.Module):
    """x ↦ activation(x down) up + bias."""

    def __init__(
        self, width: int, rank: int, out: int, activation: Callable[[Tensor], Tensor], bias: bool = True
    ) -> None:
        super().__init__()
        down, up = nn.Linear(width, rank, bias=False), nn.Linear(rank, out, bias=bias)
        self.lora = nn.ModuleDict({"0": down, "2": up})
        self.activation = activation

    @property
    def maps(self) -> tuple[nn.Linear, nn.Linear]:
        """down and up."""
        return self.lora["0"], self.lora["2"]  # type: ignore[return-value]

    def forward(self, x: Tensor) -> Tensor:
        """`[..., width]` to `[..., out]`."""
        down, up = self.maps
        return up(self.activation(down(x)))  # type: ignore[no-any-return]


class DecayLogit(LowRank):
    """The same, in fp32 from the bias on: what tells slow decays apart is lost in the 8 bits of a bf16 logit."""

    def forward(self, x: Tensor) -> Tensor:
        """`[..., width]` to fp32 `[..., out]`."""
        down, up = self.maps
        inner = self.activation(down(x))
        if inner.dtype == torch.float32:
            return up(inner)  # type: ignore[no-any-return]
        return F.linear(inner, up.weight).float() + up.bias.float()


class TimeMix(nn.Module):
    """The layer's memory: reads and writes S."""

    def __init__(self, config: RWKV7Config, first: bool) -> None:
        super().__init__()
        hidden, heads, dim = config.hidden_size, config.num_heads, config.head_dim
        width = heads * dim
        self.heads, self.dim = heads, dim
        self.x_r, self.x_w, self.x_k, self.x_v, self.x_a, self.x_g = (
            nn.Parameter(torch.empty(hidden)) for _ in range(6)
        )
        self.k_k, self.k_a = nn.Parameter(torch.empty(width)), nn.Parameter(torch.empty(width))
        self.r_k = nn.Parameter(torch.empty(heads, dim))
        self.r_proj, self.k_proj, self.v_proj = (nn.Linear(hidden, width, bias=False) for _ in range(3))
        self.o_proj = nn.Linear(width, hidden, bias=False)
        self.w_lora = DecayLogit(hidden, config.decay_rank, width, torch.tanh)
        self.a_lora = LowRank(hidden, config.rate_rank, width, _same)
        self.v_lora = None if first else LowRank(hidden, config.value_rank, width, _same)
        self.g_lora = LowRank(hidden, config.gate_rank, width, torch.sigmoid, bias=False)
        self.g_norm = nn.GroupNorm(heads, width, eps=config.head_norm_eps)

    def forward(
        self, x: Tensor, state: LayerState, v_first: Tensor | None, lengths: Tensor | None
    ) -> tuple[Tensor, Tensor, LayerState]:
        """`x` to the same shape; v_first, `[..., head·dim]`; the new state."""
        before, last = shift(x, state.time_shift, lengths)
        x_v = torch.lerp(x, before, self.x_v)
        r = self.r_proj(torch.lerp(x, before, self.x_r))
        w = self.w_lora(torch.lerp(x, before, self.x_w))
        k = self.k_proj(torch.lerp(x, before, self.x_k))
        v = self.v_proj(x_v)
        a = torch.sigmoid(self.a_lora(torch.lerp(x, before, self.x_a)))
        g = self.g_lora(torch.lerp(x, before, self.x_g))
        k_hat = F.normalize(self._by_head(k * self.k_k), dim=-1)
        k = torch.lerp(k, k * a, self.k_a)
        if self.v_lora is None or v_first is None:
            v_first = v
        else:
            v = torch.lerp(v, v_first, torch.sigmoid(self.v_lora(x_v)))

        r, w, k, v_heads, a = (self._by_head(each) for each in (r, w, k, v, a))
        y, wkv = _mix(r, w, k, v_heads, k_hat, a, state.wkv, lengths)
        bonus = (r * k * self.r_k).sum(-1, keepdim=True) * v_heads
        y = self.g_norm(y.reshape(-1, v.shape[-1])).view_as(v) + bonus.view_as(v)
        return self.o_proj(y * g), v_first, LayerState(wkv, last, state.channel_shift)

    def _by_head(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:-1], self.heads, self.dim)


def _same(x: Tensor) -> Tensor:
    return x


def _mix(
    r: Tensor,
    w: Tensor,
    k: Tensor,
    v: Tensor,
    k_hat: Tensor,
    a: Tensor,
    state: Tensor,
    lengths: Tensor | None,
) -> tuple[Tensor, Tensor]:
    """`wkv7` for a stretch, `wkv7_step` for a token: y in the inputs' shape, and the new state."""
    if r.dim() == 4:
        return wkv7(r, w, k, v, k_hat, a, state, lengths=lengths)
    state = state.clone()
    return wkv7_step(r, w, k, v, k_hat, a, state, lengths=lengths), state


class ChannelMix(nn.Module):
    """The layer's feed-forward half."""

    def __init__(self, config: RWKV7Config) -> None:
        super().__init__()
        self.x_k = nn.Parameter(torch.empty(config.hidden_size))
        self.key = nn.Linear(config.hidden_size, config.ffn_size, bias=False)
        self.value = nn.Linear(config.ffn_size, config.hidden_size, bias=False)

    def forward(self, x: Tensor, state: LayerState, lengths: Tensor | None) -> tuple[Tensor, LayerState]:
        """`x` to the same shape, and the new state."""
        before, last = shift(x, state.channel_shift, lengths)
        inner = torch.relu(self.key(torch.lerp(x, before, self.x_k)))
        return self.value(inner * inner), LayerState(state.wkv, state.time_shift, last)


class Layer(nn.Module):
    """One layer: time mix, then channel mix, each on its normalised input and added to the stream."""

    def __init__(self, config: RWKV7Config, first: bool) -> None:
        super().__init__()

        def norm() -> nn.LayerNorm:
            return nn.LayerNorm(config.hidden_size, eps=config.norm_eps, bias=config.norm_bias)

        self.pre_norm = norm() if first and config.pre_norm else None
        self.attn_norm, self.ffn_norm = norm(), norm()
        self.attn, self.ffn = TimeMix(config, first), ChannelMix(config)

    def forward(
        self, x: Tensor, state: LayerState, v_first: Tensor | None, lengths: Tensor | None
    ) -> tuple[Tensor, Tensor, LayerState]:
        """`x` to the same shape; v_first; the new state."""
        if self.pre_norm is not None:
            x = self.pre_norm(x)
        mixed, v_first, state = self.attn(self.attn_norm(x), state, v_first, lengths)
        x = x + mixed
        mixed, state = self.ffn(self.ffn_norm(x), state, lengths)
        return x + mixed, v_first, state


class Stem(nn.Module):
    """Everything but the head."""

    def __init__(self, config: RWKV7Config) -> None:
        super().__init__()
        self.embeddings = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Layer(config, first=index == 0) for index in range(config.num_layers))
        self.norm = nn.LayerNorm(config.hidden_size, eps=config.norm_eps, bias=config.norm_bias)

    def forward(
        self, tokens: Tensor, states: Sequence[LayerState], lengths: Tensor | None
    ) -> tuple[Tensor, list[LayerState]]:
        """See `RWKV7.forward`."""
        x, v_first, after = self.embeddings(tokens), None, []
        for layer, before in zip(self.layers, states, strict=True):
            x, v_first, state = layer(x, before, v_first, lengths)
            after.append(state)
        return x, after


class RWKV7(nn.Module):
    """The network. Its parameters are empty until they are loaded or initialised."""

    def __init__(self, config: RWKV7Config) -> None:
        super().__init__()
        self.config = config
        self.model = Stem(config)
        self.lm_head = None if config.tied else nn.Linear(config.hidden_size, config.vocab_size, bias=False)

    @property
    def layers(self) -> list[Layer]:
        """From the first to the last."""
        return list(self.model.layers)  # type: ignore[arg-type]

    @property
    def device(self) -> torch.device:
        """Where the parameters lie."""
        return self.model.embeddings.weight.device

    @property
    def dtype(self) -> torch.dtype:
        """The parameters' dtype."""
        return self.model.embeddings.weight.dtype

    def forward(
        self, tokens: Tensor, states: Sequence[LayerState], lengths: Tensor | None = None
    ) -> tuple[Tensor, list[LayerState]]:
        """Read a stretch of tokens.

        Args:
            tokens: int64 `[batch, token]`, at least one column; or, without gradients, one a row, `[batch]`.
            states: of each layer, before the stretch; they are not changed.
            lengths: tokens of each row, int64 `[batch]`; what lies behind is padding. None: all of them.

        Returns:
            The stream after each token, `[..., hidden]` (of no meaning at padding), and the states after.
        """
        return self.model(tokens, states, lengths)  # type: ignore[no-any-return]

    def logits(self, stream: Tensor) -> Tensor:
        """`[..., hidden]` to `[..., vocab]`."""
        head = self.model.embeddings if self.lm_head is None else self.lm_head
        return F.linear(self.model.norm(stream), head.weight)
