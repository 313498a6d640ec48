"""StateCache: the tensors of a hidden memory, handed to transformers' layers as the cache they work on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any

import torch
from torch import Tensor
from transformers import Cache, PreTrainedModel
from transformers.cache_utils import DynamicCache, LinearAttentionCacheLayerMixin, LinearAttentionLayer

from smoothread_agent.errors import ModelError
from smoothread_agent.model.attention import CALL, Call, Probe
from smoothread_agent.model.layout import Shape

_KINDS = ("conv", "recurrent")
_CACHE_KEYWORDS = ("cache", "past_key_values", "cache_params")
"""`cache` since transformers 5.24; before, `past_key_values`, or `cache_params` where no layer attends."""


@dataclass(frozen=True)
class LayerStates:
    """What one layer keeps.

    Attributes:
        states: shapes of its linear states, by `conv.N` and `recurrent.N`, N as transformers counts them.
        attention: KV heads and head dimension, if it attends.
    """

    states: Mapping[str, Shape]
    attention: tuple[int, int] | None


class StateCache(Cache):
    """A cache whose linear states are given tensors, and which keeps no keys and values: those go to the call.

    It is itself what a model's forward takes as the keyword `CALL`: some families use one attention module in
    several layers, and only the cache is told which layer it is.
    """

    def __init__(self, layers: list[Any], call: Call | None) -> None:
        super().__init__(layers=layers)
        self._call, self._layer = call, -1

    @classmethod
    def over(cls, layers: Sequence[Mapping[str, Tensor]], started: bool, call: Call | None) -> "StateCache":
        """A cache over each layer's states, `[batch, ...]` by the names of `LayerStates.states`.

        Args:
            layers: the states, written in place.
            started: whether they hold a state: families differ in what stands before the first token.
            call: where the layers that attend keep their keys and values; none if there are none.
        """
        return cls([_layer(states, started) for states in layers], call)

    def update(
        self, key_states: Tensor, value_states: Tensor, layer_idx: int, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Note which layer attends next. What it gets is what it gave: the call writes it to the memory."""
        self._layer = layer_idx
        return key_states, value_states

    def attend(self, layer: int, query: Tensor, key: Tensor, value: Tensor, **options: Any) -> Tensor:
        """As `WindowCall.attend`, for the layer that was updated last."""
        if self._call is None:
            raise ModelError(f"layer {self._layer} attends, and the memory has no window for it")
        return self._call.attend(self._layer, query, key, value, **options)

    def states(self, layer: int) -> dict[str, Tensor]:
        """A layer's linear states as they are now."""
        found = self.layers[layer]
        if not isinstance(found, LinearAttentionCacheLayerMixin):
            return {}
        kinds = zip(_KINDS, (found.conv_states, found.recurrent_states), strict=True)
        return {
            f"{kind}.{index}": state
            for kind, states in kinds
            for index, state in states.items()
            if state is not None
        }


def probe(model: PreTrainedModel) -> list[LayerStates]:
    """What each layer of `model` keeps, found by reading two tokens. Its attention function must be `NAME`.

    Raises:
        ModelError: the model does not take a cache, or has attention that a window cannot hold.
    """
    shapes = Probe()
    config = model.config.get_text_config()
    cache = StateCache(DynamicCache(config=config).layers, shapes)
    tokens = torch.zeros(1, 2, dtype=torch.int64, device=model.device)
    with torch.inference_mode():
        forward(model, tokens, torch.arange(2, device=model.device)[None], cache)
    return [
        LayerStates(
            {name: Shape(tuple(s.shape[1:]), s.dtype) for name, s in cache.states(layer).items()},
            shapes.shapes.get(layer),
        )
        for layer in range(len(cache.layers))
    ]


def forward(model: PreTrainedModel, tokens: Tensor, positions: Tensor, cache: StateCache) -> Tensor:
    """Read `tokens` `[batch, token]` at `positions` into `cache`: logits after the last, `[batch, vocab]`."""
    out = model(
        input_ids=tokens,
        position_ids=positions,
        use_cache=True,
        logits_to_keep=1,
        **{cache_keyword(model): cache, CALL: cache},
    )
    return out.logits[:, -1]  # type: ignore[no-any-return]


def cache_keyword(model: PreTrainedModel) -> str:
    """The keyword by which the forward of `model` takes its cache, as its signature names it.

    The version of transformers would not tell: code that comes with a model may keep an older name.

    Raises:
        ModelError: it names none. Most forwards take any keyword, and it would drop a cache without a word.
    """
    taken = signature(model.forward).parameters
    for keyword in _CACHE_KEYWORDS:
        if keyword in taken:
            return keyword
    raise ModelError(
        f"{type(model).__name__} takes no cache, so it cannot go on from what it has read: use one that does"
    )


def _layer(states: Mapping[str, Tensor], started: bool) -> LinearAttentionLayer:
    indices = {int(name.partition(".")[2]) for name in states}
    layer = LinearAttentionLayer(number_of_states=max(indices, default=0) + 1)
    for name, state in states.items():
        kind, _, index = name.partition(".")
        at = int(index)
        if kind == "conv":
            layer.conv_states[at], layer.is_conv_states_initialized[at] = state, True
            layer.conv_kernel_size[at] = state.shape[-1]
        else:
            layer.recurrent_states[at], layer.is_recurrent_states_initialized[at] = state, True
        layer.has_previous_state[at] = started
    return layer
