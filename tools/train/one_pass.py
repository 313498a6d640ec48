"""Lessons in one forward pass, each with the quotes that are weighed beside its stream.

A reading weighs each quote in a fork of the memory. Here the forks are branches: their tokens stand behind the stream,
each branch sees the stream up to where it forks, and itself. Positions go on from the fork. So it costs no more than
the quotes' own tokens, and gradients flow into what was read before. Lessons that are read together are rows of
attention alone; for all the rest of the model their tokens are one row.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import torch
from smoothread_kernels.window_attention.reference import biased_attention
from torch import Tensor

from smoothread_agent.model.attention import CALL, SideBySide
from smoothread_agent.model.window import PinnedWindowModel

WIDTH = 32
"""A row is so many tokens wide, or a multiple: a CPU prepares for every width it meets, and keeps what it prepared."""

ALIKE = 1.4
"""Rows attend side by side, padded, whose lengths are no further apart than this."""


class Branch(NamedTuple):
    """Tokens that are read into a fork of what stands before position `at`."""

    at: int
    tokens: Sequence[int]


class Stream(NamedTuple):
    """A lesson's tokens, and what is wanted of them."""

    tokens: Sequence[int]
    pinned: int
    branches: Sequence[Branch]
    keep: Sequence[int]
    """Tokens after which logits are wanted."""


@dataclass
class Branched:
    """The attention of streams and their branches, in the model's window, a row each.

    The model itself is given a single row, all rows one behind the other: it keeps logits at places of one row, and
    rows of another length are rows of another call.
    """

    position: Tensor
    """Of each token, in its own stream: `[row, token]`."""
    fork: Tensor
    """Up to which position of the stream each token sees it, that one left out: `[row, token]`."""
    branch: Tensor
    """Which branch a token belongs to, 0 for the stream: `[row, token]`."""
    pinned: Tensor
    """Pinned tokens: `[row]`."""
    window: int
    dtype: torch.dtype
    _biases: dict[int, Tensor] = field(default_factory=dict)

    def bias(self, window: int) -> Tensor:
        """0 where a token sees another one, else minus infinity: `[row, 1, token, token]`."""
        if window not in self._biases:
            query, key = self.position[:, :, None], self.position[:, None, :]
            stream = (self.branch[:, None, :] == 0) & (key < self.fork[:, :, None])
            own = self.branch[:, None, :] == self.branch[:, :, None]
            near = (key < self.pinned[:, None, None]) | (key > query - window)
            seen = ((stream | own) & (key <= query) & near)[:, None]
            nothing = torch.zeros(seen.shape, dtype=self.dtype, device=seen.device)
            self._biases[window] = nothing.masked_fill_(~seen, float("-inf"))
        return self._biases[window]

    def attend(self, layer: int, query: Tensor, key: Tensor, value: Tensor, **options: Any) -> Tensor:
        """See `smoothread_agent.model.attention.Call`."""
        window = min(self.window, options.pop("sliding_window", None) or self.window)
        queries, keys, values = (
            each[0].unflatten(1, self.position.shape).transpose(0, 1) for each in (query, key, value)
        )
        out = biased_attention(queries, keys, values, self.bias(window), **options)
        return out.transpose(0, 1).flatten(1, 2)[None]


def fits(model: PinnedWindowModel, stream: Stream) -> bool:
    """Whether a stream and its branches can be read in one pass: before the memory would first move."""
    longest = max((branch.at + len(branch.tokens) for branch in stream.branches), default=0)
    return max(len(stream.tokens), longest) <= stream.pinned + 2 * model.window


def logits_of(model: PinnedWindowModel, streams: Sequence[Stream]) -> list[tuple[Tensor, Tensor]]:
    """Of each stream: logits `[kept, vocab]` after its tokens `keep`, `[branch, vocab]` after each branch's last."""
    rows = [_Row.of(stream) for stream in streams]
    blocks = _blocks(rows)
    placed = [row for block in blocks for row in block]
    starts = accumulate((len(row.tokens) for row in placed), initial=0)
    kept = [start + at for row, start in zip(placed, starts, strict=False) for at in row.keep]
    calls = [_attention(model, block) for block in blocks]
    out = model.model(
        input_ids=_tensor(model, [token for row in placed for token in row.tokens])[None],
        position_ids=torch.cat([call.position.flatten() for call in calls])[None],
        use_cache=False,
        logits_to_keep=_tensor(model, kept),
        **{CALL: SideBySide(calls, [call.position.numel() for call in calls])},
    )
    logits = out.logits[0].float().split([len(row.keep) for row in placed])
    found = {id(row): each.tensor_split([row.kept]) for row, each in zip(placed, logits, strict=True)}
    return [found[id(row)] for row in rows]


def _blocks(rows: Sequence["_Row"]) -> list[list["_Row"]]:
    """Rows of like length together, and made as long as the longest of them."""
    blocks: list[list[_Row]] = []
    for row in sorted(rows, key=lambda row: len(row.tokens)):
        if not blocks or len(row.tokens) > ALIKE * len(blocks[-1][0].tokens):
            blocks.append([])
        blocks[-1].append(row)
    for block in blocks:
        width = -(-len(block[-1].tokens) // WIDTH) * WIDTH
        for row in block:
            row.pad(width)
    return blocks


def _attention(model: PinnedWindowModel, block: Sequence["_Row"]) -> Branched:
    return Branched(
        position=_tensor(model, [row.position for row in block]),
        fork=_tensor(model, [row.fork for row in block]),
        branch=_tensor(model, [row.owner for row in block]),
        pinned=_tensor(model, [row.pinned for row in block]),
        window=model.window,
        dtype=model.dtype,
    )


def _tensor(model: PinnedWindowModel, numbers: Any) -> Tensor:
    return torch.from_numpy(np.asarray(numbers, dtype=np.int64)).to(model.device)


@dataclass
class _Row:
    """A stream with its branches behind it, token by token."""

    tokens: list[int]
    position: list[int]
    fork: list[int]
    owner: list[int]
    keep: list[int]
    """After which tokens logits are wanted: the stream's, then each branch's last."""
    kept: int
    """How many of these are the stream's."""
    pinned: int

    @classmethod
    def of(cls, stream: Stream) -> "_Row":
        length = len(stream.tokens)
        places = [*range(length)], [*range(length)], [0] * length
        row = cls([*stream.tokens], *places, [*stream.keep], len(stream.keep), stream.pinned)
        for number, branch in enumerate(stream.branches, 1):
            row._add(branch.tokens, branch.at, number)
            row.keep.append(len(row.tokens) - 1)
        return row

    def pad(self, width: int) -> None:
        """Make it `width` tokens long; what is added is a branch of its own."""
        self._add([0] * (width - len(self.tokens)), 0, -1)

    def _add(self, tokens: Sequence[int], at: int, owner: int) -> None:
        self.tokens += tokens
        self.position += range(at, at + len(tokens))
        self.fork += [at] * len(tokens)
        self.owner += [owner] * len(tokens)
