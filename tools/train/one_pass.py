"""A lesson in one forward pass, with the quotes that are weighed beside its stream.

A reading weighs each quote in a fork of the memory. Here the forks are branches: their tokens stand behind the stream,
each branch sees the stream up to where it forks, and itself. Positions go on from the fork. So it costs no more than
the quotes' own tokens, and gradients flow into what was read before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from smoothread_kernels.window_attention.reference import biased_attention
from torch import Tensor

from smoothread_agent.model.attention import CALL
from smoothread_agent.model.window import PinnedWindowModel

WIDTH = 32
"""A pass is so many tokens wide, or a multiple: a CPU prepares for every width it meets, and keeps what it prepared."""


class Branch(NamedTuple):
    """Tokens that are read into a fork of what stands before position `at`."""

    at: int
    tokens: Sequence[int]


@dataclass
class Branched:
    """The attention of a stream and its branches, in the model's window."""

    position: Tensor
    """Of each token, in its own stream: `[token]`."""
    fork: Tensor
    """Up to which position of the stream each token sees it, that one left out: `[token]`."""
    branch: Tensor
    """Which branch a token belongs to, 0 for the stream: `[token]`."""
    pinned: int
    window: int
    dtype: torch.dtype
    _biases: dict[int, Tensor] = field(default_factory=dict)

    def bias(self, window: int) -> Tensor:
        """0 where a token sees another one, else minus infinity: `[token, token]`."""
        if window not in self._biases:
            query, key = self.position[:, None], self.position[None, :]
            stream = (self.branch[None, :] == 0) & (key < self.fork[:, None])
            own = self.branch[None, :] == self.branch[:, None]
            near = (key < self.pinned) | (key > query - window)
            seen = (stream | own) & (key <= query) & near
            nothing = torch.zeros(seen.shape, dtype=self.dtype, device=seen.device)
            self._biases[window] = nothing.masked_fill_(~seen, float("-inf"))
        return self._biases[window]

    def attend(self, layer: int, query: Tensor, key: Tensor, value: Tensor, **options: Any) -> Tensor:
        """See `smoothread_agent.model.attention.Call`."""
        window = min(self.window, options.pop("sliding_window", None) or self.window)
        return biased_attention(query, key, value, self.bias(window), **options)


def fits(model: PinnedWindowModel, pinned: int, length: int, branches: Sequence[Branch]) -> bool:
    """Whether a stream and its branches can be read in one pass: before the memory would first move."""
    longest = max((branch.at + len(branch.tokens) for branch in branches), default=0)
    return max(length, longest) <= pinned + 2 * model.window


def logits_of(
    model: PinnedWindowModel,
    stream: Sequence[int],
    pinned: int,
    branches: Sequence[Branch],
    keep: Sequence[int],
) -> tuple[Tensor, Tensor]:
    """Logits `[kept, vocab]` after the stream's tokens `keep`, and `[branch, vocab]` after each branch's last one."""
    tokens, position = list(stream), list(range(len(stream)))
    fork, owner, last = position[:], [0] * len(stream), []
    for number, branch in enumerate(branches, 1):
        tokens += branch.tokens
        position += range(branch.at, branch.at + len(branch.tokens))
        fork += [branch.at] * len(branch.tokens)
        owner += [number] * len(branch.tokens)
        last.append(len(tokens) - 1)
    padding = -len(tokens) % WIDTH  # of a branch of its own
    tokens += [0] * padding
    position, fork, owner = position + [0] * padding, fork + [0] * padding, owner + [-1] * padding
    place, forks, owners = (torch.tensor(each, device=model.device) for each in (position, fork, owner))
    call = Branched(place, forks, owners, pinned, model.window, model.dtype)
    out = model.model(
        input_ids=torch.tensor([tokens], device=model.device),
        position_ids=place[None],
        use_cache=False,
        logits_to_keep=torch.tensor([*keep, *last], device=model.device),
        **{CALL: call},
    )
    logits = out.logits[0].float()
    return logits[: len(keep)], logits[len(keep) :]
