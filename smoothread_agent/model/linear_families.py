"""The linear-state families of transformers that were checked here, and how each can be read.

`tests/model/test_linear_state.py` holds each of them to it with a tiny random model, and looks whether the installed
transformers has families that are missing here. docs/models.md is the same as a table.
"""

from typing import Any, Literal

from smoothread_agent.errors import ModelError

Pace = Literal["stretch", "token"]
"""Whether a family goes on from a state over a stretch of tokens, or over one token alone."""

PACES: dict[str, Pace] = {
    "bamba": "stretch",
    "falcon_h1": "stretch",
    "granitemoehybrid": "stretch",
    "lfm2": "stretch",
    "lfm2_moe": "stretch",
    "lfm3": "stretch",
    "mamba2": "stretch",
    "nemotron_h": "stretch",
    "olmo_hybrid": "stretch",
    "qwen3_5_moe_text": "stretch",
    "qwen3_5_text": "stretch",
    "qwen3_next": "stretch",
    "zamba2": "stretch",
    "zaya": "stretch",
    # Mamba-1: transformers' code for more than one token begins from an empty state, whatever the cache holds.
    "falcon_mamba": "token",
    "jamba": "token",
    "mamba": "token",
    "zamba": "token",
}

REFUSED: dict[str, str] = {
    "bailing_hybrid": "its attention layers keep keys and values compressed, which a window does not hold",
    "glm5_next_text": "its attention layers keep keys and values compressed, which a window does not hold",
    "inkling2_loop_text": "its attention is biased by distance, which a window does not carry",
    "inkling2_text": "its attention is biased by distance, which a window does not carry",
    "inkling_text": "its attention is biased by distance, which a window does not carry",
    "kimi_linear": "its attention layers keep keys and values compressed, which a window does not hold",
    "lara_mini": "only its sliding layers have rotary positions, and a window turns the keys of every layer back",
    "minimax": "transformers keeps its state in a cache of its own kind, without a way to set it",
    "qwen4_exp_text": "its attention layers choose what they see with an indexer, which a window does not hold",
    "recurrent_gemma": "transformers keeps its state on the model, so that it cannot be forked or saved",
    "rwkv": "it is RWKV-4: of this line, RWKV-7 is read",
}


def pace_of(config: Any) -> Pace:
    """How a model of this configuration (that of its text part) is read.

    Raises:
        ModelError: its family cannot be read, or was never checked.
    """
    family = str(config.model_type)
    if family in REFUSED:
        raise ModelError(f"models of type {family} cannot be read here: {REFUSED[family]}")
    if family not in PACES:
        raise ModelError(
            f"models of type {family} keep a linear state, and were never checked here: take one of "
            f"{', '.join(sorted(PACES))}"
        )
    return PACES[family]
