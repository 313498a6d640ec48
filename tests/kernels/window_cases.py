"""What the tests of the window operations share: fenced tensors, calls of every shape, a stream and its oracle."""

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

GUARD = 64  # elements on either side of a tensor: a multiple of the alignment that kernels ask for


@dataclass
class Fences:
    """Tensors between guard bands. A write outside a tensor changes a band; a read outside gives NaN."""

    bands: list[tuple[Tensor, Tensor]] = field(default_factory=list)

    def around(self, tensor: Tensor) -> Tensor:
        """A contiguous copy of `tensor` between two bands."""
        whole = torch.full((tensor.numel() + 2 * GUARD,), float("nan")).to(tensor.dtype)
        inside = whole[GUARD:-GUARD].view(tensor.shape)
        self.bands.append((whole, inside))
        return inside.copy_(tensor)

    def poisoned(self, *shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
        """An output full of NaN between two bands."""
        return self.around(torch.full(shape, float("nan"), dtype=dtype))

    def check(self) -> None:
        assert self.bands
        for whole, _ in self.bands:
            for band in (whole[:GUARD], whole[-GUARD:]):
                assert band.isnan().all()


@dataclass(frozen=True)
class AttentionCase:
    """The arguments of one call of `window_attention`."""

    query: Tensor
    keys: Tensor
    values: Tensor
    start: Tensor
    lengths: Tensor
    pinned: Tensor
    window: int
    sinks: Tensor | None = None
    softcap: float | None = None

    @property
    def tensors(self) -> tuple[Tensor, Tensor, Tensor]:
        return self.query, self.keys, self.values

    @property
    def options(self) -> dict:
        return {
            "start": self.start,
            "lengths": self.lengths,
            "pinned": self.pinned,
            "window": self.window,
            "scale": self.query.shape[-1] ** -0.5,
            "sinks": self.sinks,
            "softcap": self.softcap,
        }

    def fenced(self, fences: Fences) -> "AttentionCase":
        return replace(
            self,
            query=fences.around(self.query),
            keys=fences.around(self.keys),
            values=fences.around(self.values),
            sinks=None if self.sinks is None else fences.around(self.sinks),
        )


def attention_case(
    rows: list[tuple[int, int, int]],
    *,
    heads: int = 4,
    kv_heads: int = 2,
    dim: int = 64,
    window: int = 16,
    dtype: torch.dtype = torch.float32,
    index_dtype: torch.dtype = torch.int64,
    sinks: bool = False,
    softcap: float | None = None,
    seed: int = 0,
) -> AttentionCase:
    """Rows of (pinned, start, length). Padding of queries and slots that no token was written to are NaN."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator).to(dtype)

    tokens = max(1, max(length for _, _, length in rows))
    slots = max(1, max(max(pinned + 2 * window, start + length) for pinned, start, length in rows))
    query = normal(len(rows), heads, tokens, dim)
    keys, values = normal(len(rows), kv_heads, slots, dim), normal(len(rows), kv_heads, slots, dim)
    for row, (_, start, length) in enumerate(rows):
        query[row, :, length:] = float("nan")
        for tensor in (keys, values):
            tensor[row, :, start + length :] = float("nan")
    pinned, start, lengths = (torch.tensor(column, dtype=index_dtype) for column in zip(*rows, strict=True))
    logits = torch.randn(heads, generator=generator) if sinks else None
    return AttentionCase(query, keys, values, start, lengths, pinned, window, logits, softcap)


def attention_oracle(case: AttentionCase, tensors: tuple[Tensor, ...] | None = None) -> Tensor:
    """The equation query by query in fp64, with the mask written as the layout says it: differentiable."""
    query, keys, values = (t.double() for t in (tensors or case.tensors))
    sinks = None if case.sinks is None else case.sinks.double()
    group = query.shape[1] // keys.shape[1]
    rows = []
    for row in range(query.shape[0]):
        outputs = []
        for i in range(query.shape[2]):
            slot = int(case.start[row]) + i
            if i >= int(case.lengths[row]):
                outputs.append(torch.zeros_like(query[row, :, i]))
                continue
            seen = [s for s in range(slot + 1) if s < int(case.pinned[row]) or s > slot - case.window]
            k = keys[row][:, seen].repeat_interleave(group, 0)
            v = values[row][:, seen].repeat_interleave(group, 0)
            scores = torch.einsum("hd,hsd->hs", query[row, :, i], k) * query.shape[-1] ** -0.5
            if case.softcap is not None:
                scores = case.softcap * torch.tanh(scores / case.softcap)
            if sinks is not None:
                scores = torch.cat([scores, sinks[:, None]], 1)
            outputs.append(torch.einsum("hs,hsd->hd", torch.softmax(scores, 1)[:, : len(seen)], v))
        rows.append(torch.stack(outputs, 1))
    return torch.stack(rows)


def rotate(x: Tensor, slots: Tensor, interleaved: bool, rot_dim: int) -> Tensor:
    """Rotary embedding of `x` `[..., token, dim]` at `slots` `[token]`, in fp64."""
    x = x.double().clone()
    half = rot_dim // 2
    angle = slots[:, None] * angles(half)
    a, b = (
        (x[..., 0:rot_dim:2], x[..., 1:rot_dim:2]) if interleaved else (x[..., :half], x[..., half:rot_dim])
    )
    turned = a * angle.cos() - b * angle.sin(), b * angle.cos() + a * angle.sin()
    if interleaved:
        x[..., 0:rot_dim:2], x[..., 1:rot_dim:2] = turned
    else:
        x[..., :half], x[..., half:rot_dim] = turned
    return x


def angles(half: int) -> Tensor:
    """Angle that one position turns each pair by, fp64 `[half]`."""
    return 100.0 ** -(torch.arange(half, dtype=torch.float64) / half)


@dataclass
class Stream:
    """A row's tokens behind its pinned ones, unrotated: `[head, token, dim]`, `[kv_head, token, dim]` twice."""

    query: Tensor
    keys: Tensor
    values: Tensor
    pinned: int
    window: int
    interleaved: bool = False
    rot_dim: int = 64

    @classmethod
    def random(
        cls, tokens: int, *, heads: int = 4, kv_heads: int = 2, dim: int = 64, seed: int = 0, **options
    ):
        generator = torch.Generator().manual_seed(seed)
        shapes = (heads, tokens, dim), (kv_heads, tokens, dim), (kv_heads, tokens, dim)
        return cls(*(torch.randn(shape, generator=generator) for shape in shapes), **options)

    def slot(self, token: int) -> int:
        """Where a token lies when it is read: the buffer fills up, then its second half fills up again and again."""
        behind = token - self.pinned
        return token if behind < 2 * self.window else self.pinned + self.window + behind % self.window

    def oracle(self) -> Tensor:
        """What each token's attention is, from the whole stream at once, in fp64: `[head, token, dim]`."""
        group = self.query.shape[0] // self.keys.shape[0]
        outputs = []
        for token in range(self.query.shape[1]):
            slot = self.slot(token)
            recent = range(max(self.pinned, token - self.window + 1), token + 1)
            seen = [*range(min(self.pinned, token + 1)), *recent]
            slots = [*range(min(self.pinned, token + 1)), *(slot - (token - other) for other in recent)]
            k = rotate(self.keys[:, seen], torch.tensor(slots), self.interleaved, self.rot_dim)
            q = rotate(self.query[:, [token]], torch.tensor([slot]), self.interleaved, self.rot_dim)
            scores = q @ k.repeat_interleave(group, 0).transpose(1, 2) * q.shape[-1] ** -0.5
            values = self.values[:, seen].double().repeat_interleave(group, 0)
            outputs.append(torch.softmax(scores, -1) @ values)
        return torch.cat(outputs, 1)

    def read(self, advance, attend, cuts: list[int], fences: Fences) -> Tensor:
        """Read the stream in calls that end at `cuts`, each split where the buffer is full: `[head, token, dim]`."""
        _, total, dim = self.query.shape
        slots = self.pinned + 2 * self.window
        keys, values = (fences.poisoned(1, self.keys.shape[0], slots, dim) for _ in range(2))
        turn = angles(self.rot_dim // 2) * self.window
        used, outputs = 0, []
        for begin, end in zip([0, *cuts], [*cuts, total], strict=True):
            while begin < end:
                shift = used == slots
                used -= self.window * shift
                count = min(end - begin, slots - used)
                part = slice(begin, begin + count)
                at = torch.arange(used, used + count)
                where = {
                    "start": torch.tensor([used]),
                    "lengths": torch.tensor([count]),
                    "pinned": torch.tensor([self.pinned]),
                    "window": self.window,
                }
                advance(
                    keys,
                    values,
                    rotate(self.keys[None, :, part], at, self.interleaved, self.rot_dim).float(),
                    self.values[None, :, part],
                    shift=torch.tensor([shift]),
                    cos=turn.cos().float(),
                    sin=turn.sin().float(),
                    interleaved=self.interleaved,
                    **where,
                )
                query = rotate(self.query[None, :, part], at, self.interleaved, self.rot_dim).float()
                outputs.append(attend(query, keys, values, scale=dim**-0.5, **where)[0])
                used, begin = used + count, begin + count
        return torch.cat(outputs, 1)
