"""A tiny random model of every linear-state family: large random weights, so that a lost state shows."""

import torch
import transformers
from transformers import PreTrainedModel

VOCABULARY = 97
_COMMON = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 4,
    "max_position_embeddings": 512,
    "tie_word_embeddings": False,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
_ATTENTION = {"num_attention_heads": 4, "num_key_value_heads": 2}
_MAMBA2 = {
    "mamba_d_state": 8,
    "mamba_d_conv": 4,
    "mamba_n_heads": 4,
    "mamba_d_head": 16,
    "mamba_n_groups": 2,
    "mamba_chunk_size": 8,
    "mamba_expand": 2,
}
_DELTA = {
    "linear_num_value_heads": 4,
    "linear_num_key_heads": 2,
    "linear_key_head_dim": 8,
    "linear_value_head_dim": 8,
    "linear_conv_kernel_dim": 4,
    "head_dim": 16,
    "layer_types": ["linear_attention", "full_attention"] * 2,
}
_EXPERTS = {
    "num_experts": 4,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 16,
    "shared_expert_intermediate_size": 16,
}
_SHORT_CONV = {"conv_L_cache": 3, "layer_types": ["conv", "full_attention"] * 2, "norm_eps": 1e-5}
_MAMBA1 = {"state_size": 8, "time_step_rank": 4, "conv_kernel": 4, "expand": 2}
_SHARED = {"mamba_d_state": 8, "mamba_d_conv": 4, "num_hidden_layers": 5}
_HYBRID = ["linear_attention", "linear_attention", "hybrid", "linear_attention", "hybrid"]

FAMILIES: dict[str, tuple[str, dict]] = {
    "bamba": ("Bamba", _ATTENTION | _MAMBA2 | {"attn_layer_indices": [1, 3]}),
    "falcon_h1": ("FalconH1", _ATTENTION | _MAMBA2 | {"mamba_d_ssm": 64}),
    "falcon_mamba": ("FalconMamba", _MAMBA1),
    "granitemoehybrid": (
        "GraniteMoeHybrid",
        _ATTENTION
        | _MAMBA2
        | {
            "layer_types": ["linear_attention", "full_attention"] * 2,
            "shared_intermediate_size": 48,
            "num_local_experts": 0,
            "position_embedding_type": "rope",
        },
    ),
    "jamba": (
        "Jamba",
        _ATTENTION
        | {
            "mamba_d_state": 8,
            "mamba_dt_rank": 4,
            "attn_layer_period": 2,
            "attn_layer_offset": 1,
            "num_experts": 2,
            "num_experts_per_tok": 1,
        },
    ),
    "lfm2": ("Lfm2", _ATTENTION | _SHORT_CONV),
    "lfm2_moe": ("Lfm2Moe", _ATTENTION | _SHORT_CONV | _EXPERTS | {"num_dense_layers": 1}),
    "lfm3": ("Lfm3", _ATTENTION | _SHORT_CONV | {"head_dim": 16}),
    "mamba": ("Mamba", _MAMBA1),
    "mamba2": (
        "Mamba2",
        {
            "state_size": 8,
            "conv_kernel": 4,
            "num_heads": 4,
            "head_dim": 16,
            "n_groups": 2,
            "chunk_size": 8,
            "time_step_limit": (0.02, 0.05),
        },
    ),
    "nemotron_h": (
        "NemotronH",
        _ATTENTION
        | {
            "layer_types": ["linear_attention", "mlp", "full_attention", "linear_attention"],
            "head_dim": 16,
            "ssm_state_size": 8,
            "mamba_num_heads": 4,
            "mamba_head_dim": 16,
            "n_groups": 2,
            "conv_kernel": 4,
            "chunk_size": 8,
        },
    ),
    "olmo_hybrid": ("OlmoHybrid", _ATTENTION | _DELTA),
    "qwen3_5_moe_text": ("Qwen3_5Moe", _ATTENTION | _DELTA | _EXPERTS),
    "qwen3_5_text": ("Qwen3_5", _ATTENTION | _DELTA),
    "qwen3_next": ("Qwen3Next", _ATTENTION | _DELTA | _EXPERTS),
    "zamba": (
        "Zamba",
        _ATTENTION | _SHARED | {"mamba_dt_rank": 4, "n_mamba_heads": 2, "layers_block_type": _HYBRID},
    ),
    "zamba2": (
        "Zamba2",
        _ATTENTION
        | _SHARED
        | {
            "n_mamba_heads": 4,
            "mamba_headdim": 16,
            "mamba_ngroups": 2,
            "chunk_size": 8,
            "layers_block_type": _HYBRID,
            "num_mem_blocks": 2,
            "adapter_rank": 4,
            "use_mem_rope": True,
        },
    ),
    "zaya": ("Zaya", _ATTENTION | {"head_dim": 16, "num_experts": 2, "attention_bias": True}),
}


def tiny_linear(family: str, **more: object) -> PreTrainedModel:
    """A tiny fp32 model of a family, with its configuration changed by `more`."""
    name, special = FAMILIES[family]
    config_class = getattr(transformers, f"{name}TextConfig", None) or getattr(transformers, f"{name}Config")
    torch.manual_seed(0)
    config = config_class(**{**_COMMON, **special, **more})
    assert config.model_type == family
    model = getattr(transformers, f"{name}ForCausalLM")(config).eval()
    # Under a delta rule, weights still larger let the last bits of a sum grow to 1e-4 within 50 tokens.
    std = 0.15 if "linear_num_key_heads" in special else 0.25
    for parameter in model.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=std)
    return model.requires_grad_(False)
