"""Choosing: which recurrent model a loaded one becomes, decided by the model itself and in this one place."""

from typing import Any

from transformers import PreTrainedModel

from smoothread_agent.errors import ModelError
from smoothread_agent.model.linear_families import PACES, REFUSED
from smoothread_agent.model.linear_state import LinearStateModel
from smoothread_agent.model.protocol import RecurrentModel
from smoothread_agent.model.rwkv7 import RWKV7Model
from smoothread_agent.model.rwkv7_network import RWKV7
from smoothread_agent.model.window import PinnedWindowModel

_LINEAR = {"conv", "hybrid", "hybrid_sliding", "linear_attention"}
_WITHOUT_MEMORY = {"mlp", "moe"}
_ATTENDING = {"full_attention", "sliding_attention"}


def recurrent_model(model: PreTrainedModel | RWKV7, *, fingerprint: str, window: int) -> RecurrentModel:
    """The recurrent model that reads with `model`.

    RWKV-7 keeps its matrices, whatever the window; models with linear-state layers keep their states, and a pinned
    window in the layers that attend; every other rotary transformer gets a pinned window in all its layers.

    Args:
        model: in eval mode, on its device and in its dtype.
        fingerprint: digest of weights, adapter and tokenizer.
        window: tokens in sight of layers that attend, beside the pinned ones.

    Raises:
        ModelError: it cannot be read with; the message says why, and what can be.
    """
    if isinstance(model, RWKV7):
        return RWKV7Model(model, fingerprint=fingerprint)
    config = model.config.get_text_config()
    types = _layer_types(config)
    family = str(config.model_type)
    linear = bool(types & _LINEAR) or family in PACES or family in REFUSED
    if not linear and (strange := types - _ATTENDING):
        raise ModelError(
            f"{type(model).__name__} has layers of type {', '.join(sorted(strange))}, which see their text in a way "
            "that a window does not keep: use a model whose layers attend to all of it or to its end"
        )
    form = LinearStateModel if linear else PinnedWindowModel
    return form(model, fingerprint=fingerprint, window=window)


def attending(model: PreTrainedModel | RWKV7) -> PreTrainedModel:
    """The model as transformers' own, as full attention, pinned windows and adapters need it.

    Raises:
        ModelError: it is RWKV-7, which has no attention.
    """
    if isinstance(model, RWKV7):
        raise ModelError(
            "RWKV-7 has no attention, so it is neither read with full attention nor trained with an adapter: use a "
            "rotary transformer"
        )
    return model


def _layer_types(config: Any) -> set[str]:
    """The types of layers that a configuration names; those without a memory left out."""
    chunks = {"chunked_attention"} if getattr(config, "attention_chunk_size", None) else set()
    return (set(getattr(config, "layer_types", None) or ()) or chunks) - _WITHOUT_MEMORY
