"""Window attention in PyTorch: the oracle, and the path that CPUs take.

Query token i of row b stands at slot  q = start[b] + i  and sees slot s when

    s <= q  and  (s < pinned[b]  or  s > q - window)

    out[b, h, i] = sum_s softmax_s(scale * <query[b, h, i], keys[b, g, s]>) * values[b, g, s]      with g = h // group

with the scores optionally capped, cap * tanh(score / cap), and a sink logit a head optionally joined to the
softmax's denominator; `group` is the number of query heads a KV head. Shapes: query `[batch, head, token, dim]`;
keys and values `[batch, kv_head, slot, dim]` in the layout of `smoothread_kernels.layout`; start, lengths and
pinned `[batch]`. Slots behind a row's last query are never read, so they may hold anything. Scores and softmax
are computed in fp32.
"""

from functools import lru_cache, partial

import torch
import torch.nn.functional as F
from torch import Tensor

QUERY_BLOCK = 256
"""Queries handled together on the CPU: more of them compute scores that causality hides, fewer launch more often."""

FEW_QUERIES = 96
"""Up to so many queries and heads together, a pass over the keys costs more than the products."""


def visible(start: int, length: int, slots: Tensor, pinned: int, window: int) -> Tensor:
    """Which of `slots` `[slot]` the `length` queries from slot `start` on may see: bool `[token, slot]`."""
    query = torch.arange(start, start + length, device=slots.device)[:, None]
    return (slots <= query) & ((slots < pinned) | (slots > query - window))


def window_attention_naive(
    query: Tensor,
    keys: Tensor,
    values: Tensor,
    *,
    start: Tensor,
    lengths: Tensor,
    pinned: Tensor,
    window: int,
    scale: float,
    sinks: Tensor | None = None,
    softcap: float | None = None,
) -> Tensor:
    """The equation written out, in fp32, one row after the other: what every other form is held against."""
    batch, heads, _, _ = query.shape
    group = heads // keys.shape[1]
    out = torch.zeros_like(query)
    for row in range(batch):
        length, first = int(lengths[row]), int(start[row])
        if not length:
            continue
        end = first + length
        k = keys[row, :, :end].float().repeat_interleave(group, dim=0)
        v = values[row, :, :end].float().repeat_interleave(group, dim=0)
        scores = query[row, :, :length].float() @ k.transpose(1, 2) * scale
        if softcap is not None:
            scores = softcap * torch.tanh(scores / softcap)
        slots = torch.arange(end, device=query.device)
        seen = visible(first, length, slots, int(pinned[row]), window)
        scores = scores.masked_fill(~seen, float("-inf"))
        if sinks is not None:
            scores = torch.cat([scores, sinks.float()[:, None, None].expand(-1, length, 1)], dim=-1)
        weights = torch.softmax(scores, dim=-1)[..., :end]
        out[row, :, :length] = (weights @ v).to(query.dtype)
    return out


def window_attention(
    query: Tensor,
    keys: Tensor,
    values: Tensor,
    *,
    start: Tensor,
    lengths: Tensor,
    pinned: Tensor,
    window: int,
    scale: float,
    sinks: Tensor | None = None,
    softcap: float | None = None,
) -> Tensor:
    """The same, fast on a CPU: blocks of queries, each against just the slots that it can see."""
    attend = partial(biased_attention, scale=scale, sinks=sinks, softcap=softcap)
    rows = []
    for row in range(query.shape[0]):
        length, first, prefix = int(lengths[row]), int(start[row]), int(pinned[row])
        blocks = []
        for offset in range(0, length, QUERY_BLOCK):
            count = min(QUERY_BLOCK, length - offset)
            block = query[row : row + 1, :, offset : offset + count]
            head, tail = _in_sight(first + offset, count, prefix, window)
            k = _slots(keys[row : row + 1], head, tail)
            v = _slots(values[row : row + 1], head, tail)
            bias = None
            if count > 1:
                bias = _bias(first + offset, count, head, tail, prefix, window, query.dtype, query.device)
            blocks.append(attend(block, k, v, bias))
        padding = query.new_zeros(1, query.shape[1], query.shape[2] - length, query.shape[3])
        rows.append(torch.cat([*blocks, padding], dim=2))
    return torch.cat(rows)


def _in_sight(first: int, count: int, pinned: int, window: int) -> tuple[int, range]:
    """What queries `first` .. `first + count - 1` can see: how many slots at the front, and then which others."""
    end = first + count
    oldest = min(max(pinned, first - window + 1), end)
    return (0, range(end)) if oldest <= pinned else (pinned, range(oldest, end))


def _slots(buffer: Tensor, head: int, tail: range) -> Tensor:
    """The slots `[0, head)` and `tail` of `[1, kv_head, slot, dim]`, side by side; a view where there is no head."""
    rest = buffer[:, :, tail.start : tail.stop]
    return torch.cat([buffer[:, :, :head], rest], dim=2) if head else rest


@lru_cache(maxsize=4)  # the same for every layer of a forward pass
def _bias(
    first: int,
    count: int,
    head: int,
    tail: range,
    pinned: int,
    window: int,
    dtype: torch.dtype,
    device: torch.device,
) -> Tensor:
    """0 where a query may see a slot, else minus infinity: `[token, slot]`."""
    with torch.inference_mode(False):  # so that training may use what a reading left here
        slots = torch.cat(
            [torch.arange(head, device=device), torch.arange(tail.start, tail.stop, device=device)]
        )
        seen = visible(first, count, slots, pinned, window)
        return torch.zeros(seen.shape, dtype=dtype, device=device).masked_fill_(~seen, float("-inf"))


def biased_attention(
    query: Tensor,
    keys: Tensor,
    values: Tensor,
    bias: Tensor | None,
    *,
    scale: float,
    sinks: Tensor | None = None,
    softcap: float | None = None,
) -> Tensor:
    """The equation above, who sees what being said by a bias: 0, or minus infinity, `[token, slot]` for one row.

    Several rows have one each, `[row, 1, token, slot]`. Without a bias, every query sees every slot.
    """
    if sinks is None and softcap is None:
        return _plain(query, keys, values, bias, scale=scale)
    return _with_sinks(query, keys, values, bias, scale=scale, sinks=sinks, softcap=softcap)


def _plain(query: Tensor, keys: Tensor, values: Tensor, bias: Tensor | None, *, scale: float) -> Tensor:
    rows, heads, count, dim = query.shape
    group = heads // keys.shape[1]
    if (
        group * count <= FEW_QUERIES
    ):  # the heads of a group become one query axis, and share a pass over their keys
        folded = query.reshape(rows, keys.shape[1], group * count, dim)
        mask = None if bias is None else torch.cat([bias] * group, dim=-2)
        out = F.scaled_dot_product_attention(folded, keys, values, attn_mask=mask, scale=scale)
        return out.reshape(rows, heads, count, dim)
    if query.is_cuda:  # where no fused kernel takes both a mask and fewer KV heads
        keys, values = (each.repeat_interleave(group, dim=1) for each in (keys, values))
    return F.scaled_dot_product_attention(
        query, keys, values, attn_mask=bias, scale=scale, enable_gqa=keys.shape[1] != heads
    )


def _with_sinks(
    query: Tensor,
    keys: Tensor,
    values: Tensor,
    bias: Tensor | None,
    *,
    scale: float,
    sinks: Tensor | None,
    softcap: float | None,
) -> Tensor:
    group = query.shape[1] // keys.shape[1]
    k = keys.float().repeat_interleave(group, dim=1)
    v = values.float().repeat_interleave(group, dim=1)
    scores = query.float() @ k.transpose(2, 3) * scale
    if softcap is not None:
        scores = softcap * torch.tanh(scores / softcap)
    if bias is not None:
        scores = scores + bias.float()
    if sinks is not None:
        column = sinks.float()[None, :, None, None].expand(query.shape[0], -1, query.shape[2], 1)
        scores = torch.cat([scores, column], dim=-1)
    weights = torch.softmax(scores, dim=-1)[..., : keys.shape[2]]
    return (weights @ v).to(query.dtype)
