"""How transformers' attention layers reach a hidden memory: one attention function, registered by name.

A model that is set to `NAME` hands each layer's queries, keys and values to `_attend`, and with them the
`WindowCall`s that the recurrent model passed to the model's forward as the keyword `CALL`. No mask is ever built by
transformers, and what its caches do with keys and values plays no part.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from smoothread_kernels.window_advance import window_advance
from smoothread_kernels.window_attention import window_attention
from torch import Tensor, nn
from transformers import AttentionInterface

from smoothread_agent.errors import ModelError

_ALIKE = 1e-2
"""How far two keys are apart at the most, as a share of the largest figure, that differ by rounding in bf16 alone."""

NAME = "smoothread_window"
CALL = "smoothread_call"


@dataclass(frozen=True)
class Rotation:
    """The rotary angle of `window` positions: cos and sin, fp32 `[rot_dim / 2]`, and how dimensions pair."""

    cos: Tensor
    sin: Tensor
    interleaved: bool


class Call(Protocol):
    """What attention layers call in a forward pass."""

    def attend(self, layer: int, query: Tensor, key: Tensor, value: Tensor, **options: Any) -> Tensor:
        """The output of a layer's attention, `[batch, head, token, dim]`."""


@dataclass(frozen=True)
class WindowCall:
    """One forward pass over one stretch of tokens: where each row writes, and what it sees.

    `start`, `lengths`, `shift` and `pinned` are `[batch]`, as `smoothread_kernels.layout` defines them. `keys`,
    `values` and `rotations` are those of each layer that attends, by its index. A layer with a window of its own,
    smaller than `window`, keeps it.
    """

    keys: Mapping[int, Tensor]
    values: Mapping[int, Tensor]
    start: Tensor
    lengths: Tensor
    shift: Tensor
    pinned: Tensor
    window: int
    rotations: Mapping[int, Rotation]
    train: bool = False

    def attend(self, layer: int, query: Tensor, key: Tensor, value: Tensor, **options: Any) -> Tensor:
        """Write this layer's new keys and values to the memory, then attend: `[batch, head, token, dim]`."""
        where: dict[str, Any] = {"start": self.start, "lengths": self.lengths, "pinned": self.pinned}
        kept_keys, kept_values, rotation = self.keys[layer], self.values[layer], self.rotations[layer]
        window_advance(
            kept_keys,
            kept_values,
            key.detach(),
            value.detach(),
            shift=self.shift,
            window=self.window,
            cos=rotation.cos,
            sin=rotation.sin,
            interleaved=rotation.interleaved,
            **where,
        )
        if self.train:  # gradients flow through this stretch and stop at its edge
            kept_keys, kept_values = self._graft(kept_keys, key), self._graft(kept_values, value)
        sight = min(self.window, options.pop("sliding_window", None) or self.window)
        return window_attention(query, kept_keys, kept_values, window=sight, **where, **options)

    def _graft(self, kept: Tensor, new: Tensor) -> Tensor:
        """`kept` up to the end of this stretch, with the new tokens' own graph in place of their copies."""
        ends = (self.start + self.lengths).tolist()
        rows = []
        for row, end in enumerate(ends):
            length = int(self.lengths[row])
            padding = kept.new_zeros(kept.shape[1], max(ends) - end, kept.shape[3])
            rows.append(
                torch.cat([kept[row, :, : end - length].clone(), new[row, :, :length], padding], dim=1)
            )
        return torch.stack(rows)


@dataclass(frozen=True)
class SideBySide:
    """Calls that share a forward pass, one after the other: the first takes the first `widths[0]` tokens, and so on."""

    calls: Sequence[Call]
    widths: Sequence[int]

    def attend(self, layer: int, query: Tensor, key: Tensor, value: Tensor, **options: Any) -> Tensor:
        """As `WindowCall.attend`, over all of their tokens: `[batch, head, token, dim]`."""
        parts = (torch.split(tensor, list(self.widths), dim=2) for tensor in (query, key, value))
        out = [
            call.attend(layer, *part, **options)
            for call, part in zip(self.calls, zip(*parts, strict=True), strict=True)
        ]
        return out[0] if len(out) == 1 else torch.cat(out, dim=2)


@dataclass
class Probe:
    """Stands in for a `WindowCall` once, to learn of every attention layer.

    Attributes:
        shapes: KV heads and head dimension.
        own_windows: tokens, of the layers that have a window of their own.
        still: the layers in which the last token's key is that of the first. What the probe gives back knows no
            position, so where one token is read twice, far apart, these are the layers that do not rotate their keys.
    """

    shapes: dict[int, tuple[int, int]] = field(default_factory=dict)
    own_windows: dict[int, int] = field(default_factory=dict)
    still: set[int] = field(default_factory=set)

    def attend(self, layer: int, query: Tensor, key: Tensor, value: Tensor, **options: Any) -> Tensor:
        """Note what there is to know of the layer. What is given back has the right shape and no meaning.

        Raises:
            ModelError: keys and values differ in width, as they do where a layer keeps them compressed.
        """
        if value.shape != key.shape:
            raise ModelError(
                f"layer {layer} has values of another shape than its keys, which a window does not hold: use a model "
                "without latent attention"
            )
        self.shapes[layer] = (key.shape[1], key.shape[3])
        if options.get("sliding_window") is not None:
            self.own_windows[layer] = options["sliding_window"]
        first, last = key[:, :, 0].float(), key[:, :, -1].float()
        if torch.allclose(first, last, rtol=0.0, atol=_ALIKE * float(first.abs().max())):
            self.still.add(layer)
        return value.repeat_interleave(query.shape[1] // value.shape[1], dim=1)


def _attend(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    sliding_window: int | None = None,
    softcap: float | None = None,
    s_aux: Tensor | None = None,
    position_bias: Tensor | None = None,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    if position_bias is not None:
        raise ModelError(
            "this model adds a bias by distance to its attention, which a window does not carry: use a model with "
            "rotary positions"
        )
    call: Call | None = kwargs.get(CALL)
    if call is None:
        raise ModelError(
            "this model does not hand its attention layers what it is called with, so they find no memory: its code in "
            "transformers is of an older kind"
        )
    layer: Any = (
        module.layer_idx
    )  # None where one module serves several layers: their cache knows which it is
    out = call.attend(
        -1 if layer is None else layer,
        query,
        key,
        value,
        scale=query.shape[-1] ** -0.5 if scaling is None else scaling,
        sliding_window=sliding_window,
        softcap=softcap,
        sinks=s_aux,
    )
    return out.transpose(1, 2), None


AttentionInterface.register(NAME, _attend)
