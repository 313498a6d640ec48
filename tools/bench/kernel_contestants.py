"""Window attention as three do it, on the same tensors under the same mask: our kernel, SDPA, FlexAttention."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from smoothread_kernels.window_attention import window_attention
from torch import Tensor
from torch.nn import functional as F
from torch.nn.attention.flex_attention import create_block_mask, flex_attention

from tools.bench.roofline import Reader

Run = Callable[[], Tensor]


@dataclass(frozen=True)
class Situation:
    """A batch of rows in a steady state: pinned tokens, a full window, and `tokens` new ones each."""

    reader: Reader
    batch: int
    tokens: int
    dtype: torch.dtype

    @property
    def name(self) -> str:
        """For tables."""
        kind = "decode" if self.tokens == 1 else f"chunk of {self.tokens}"
        return f"{self.reader.name}, {kind}, batch {self.batch}"

    @property
    def start(self) -> int:
        """Slot of the first query: the last one where a chunk still fits the buffer."""
        return self.reader.pinned + 2 * self.reader.window - self.tokens

    def tensors(self, device: str) -> tuple[Tensor, Tensor, Tensor]:
        """Query, keys and values."""
        reader, generator = self.reader, torch.Generator(device).manual_seed(0)

        def normal(heads: int, tokens: int) -> Tensor:
            shape = (self.batch, heads, tokens, reader.dim)
            return torch.randn(shape, generator=generator, device=device, dtype=torch.float32).to(self.dtype)

        slots = self.start + self.tokens
        query = normal(reader.heads, self.tokens)
        return query, normal(reader.kv_heads, slots), normal(reader.kv_heads, slots)

    def options(self, device: str) -> dict[str, Any]:
        """The keyword arguments of `window_attention`."""

        def column(count: int) -> Tensor:
            return torch.full((self.batch,), count, dtype=torch.int32, device=device)

        return {
            "start": column(self.start),
            "lengths": column(self.tokens),
            "pinned": column(self.reader.pinned),
            "window": self.reader.window,
            "scale": self.reader.dim**-0.5,
        }


def ours(situation: Situation, query: Tensor, keys: Tensor, values: Tensor) -> Run:
    """The operation of this package."""
    options = situation.options(str(query.device))
    return lambda: window_attention(query, keys, values, **options)


def visible(situation: Situation) -> Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]:
    """The mask as FlexAttention wants it: of batch, head, token and slot, what the token sees."""
    start, pinned, window = situation.start, situation.reader.pinned, situation.reader.window

    def mask(batch: Tensor, head: Tensor, token: Tensor, slot: Tensor) -> Tensor:
        position = token + start
        return (slot <= position) & ((slot < pinned) | (slot > position - window))

    return mask


def sdpa(situation: Situation, query: Tensor, keys: Tensor, values: Tensor) -> Run:
    """PyTorch's fused attention under the dense mask, made beforehand."""
    tokens = torch.arange(query.shape[2], device=query.device)[:, None]
    slots = torch.arange(keys.shape[2], device=query.device)[None, :]
    mask = visible(situation)(tokens, tokens, tokens, slots)
    return lambda: F.scaled_dot_product_attention(query, keys, values, attn_mask=mask, enable_gqa=True)


def flex(situation: Situation, query: Tensor, keys: Tensor, values: Tensor) -> Run:
    """FlexAttention, compiled, under its block mask, made beforehand."""
    shape = query.shape[2], keys.shape[2]
    blocks = create_block_mask(visible(situation), None, None, *shape, device=str(query.device))
    attend = _compiled_flex()
    return lambda: attend(query, keys, values, block_mask=blocks, enable_gqa=True)


@cache
def _compiled_flex() -> Callable[..., Any]:
    # It is compiled for every situation, and would run uncompiled past the limit.
    torch._dynamo.config.recompile_limit = 64
    return torch.compile(flex_attention, dynamic=False)


CONTESTANTS = {"ours": ours, "sdpa": sdpa, "flex": flex}
