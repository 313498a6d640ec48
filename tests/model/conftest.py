from collections.abc import Callable

import pytest
import torch
from transformers import (
    Gemma2Config,
    Gemma2ForCausalLM,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GptOssConfig,
    GptOssForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Phi3Config,
    Phi3ForCausalLM,
    PreTrainedModel,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
    SmolLM3Config,
    SmolLM3ForCausalLM,
)

SIZES = {
    "vocab_size": 97,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "tie_word_embeddings": False,
}
OWN_WINDOW = 16
_ALTERNATING = {
    "layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
    "sliding_window": OWN_WINDOW,
    "head_dim": 16,
}
FAMILIES = {
    "llama": (LlamaForCausalLM, LlamaConfig, {}),
    "qwen2": (Qwen2ForCausalLM, Qwen2Config, {}),
    "qwen3": (Qwen3ForCausalLM, Qwen3Config, {"head_dim": 16}),
    "mistral": (MistralForCausalLM, MistralConfig, {"sliding_window": None}),
    # In every fourth layer keys are not rotated; here in every second.
    "smollm3": (
        SmolLM3ForCausalLM,
        SmolLM3Config,
        {"no_rope_layer_interval": 2, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2},
    ),
    # Models with windows of their own, smaller than the one they are read through here.
    "mistral, sliding": (MistralForCausalLM, MistralConfig, {"sliding_window": OWN_WINDOW}),
    "phi3": (Phi3ForCausalLM, Phi3Config, {"sliding_window": OWN_WINDOW, "pad_token_id": 0}),
    "gemma2": (Gemma2ForCausalLM, Gemma2Config, _ALTERNATING | {"attn_logit_softcapping": 5.0}),
    "gemma3": (Gemma3ForCausalLM, Gemma3TextConfig, _ALTERNATING),
    "gpt-oss": (
        GptOssForCausalLM,
        GptOssConfig,
        _ALTERNATING | {"num_local_experts": 4, "num_experts_per_tok": 2, "pad_token_id": 0},
    ),
}


@pytest.fixture(scope="session")
def tiny() -> Callable[[str], PreTrainedModel]:
    """Build a tiny random fp32 model of a family: large random weights, so that a wrong mask shows."""

    def build(family: str) -> PreTrainedModel:
        model_class, config_class, more = FAMILIES[family]
        torch.manual_seed(0)
        model = model_class(config_class(**SIZES, **more)).eval()
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1:
                torch.nn.init.normal_(parameter, std=0.25)
            elif name.endswith("sinks"):
                torch.nn.init.normal_(parameter)
        return model

    return build
