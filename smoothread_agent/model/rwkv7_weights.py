"""RWKV-7 weights from files: flash-linear-attention's HF layout and the author's own, as .safetensors or .pth.

Sizes, the ranks of the low-rank maps among them, are read off the tensors. Nothing but tensors is unpickled.
"""

import pickle
import re
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from smoothread_agent.errors import ModelError
from smoothread_agent.model.files import CONFIG, read_json, weight_files
from smoothread_agent.model.rwkv7_network import RWKV7, RWKV7Config

MODEL_TYPE = "rwkv7"
"""What config.json says of a model in the HF layout."""

_AUTHOR = {
    "emb.weight": "model.embeddings.weight",
    "ln_out.weight": "model.norm.weight",
    "ln_out.bias": "model.norm.bias",
    "head.weight": "lm_head.weight",
}
_AUTHOR_PARTS = {"ln0": "pre_norm", "ln1": "attn_norm", "ln2": "ffn_norm", "att": "attn", "ffn": "ffn"}
_AUTHOR_ATTENTION = {
    "receptance": "r_proj",
    "key": "k_proj",
    "value": "v_proj",
    "output": "o_proj",
    "ln_x": "g_norm",
}
_AUTHOR_LOW_RANK = {"0": "2.bias", "1": "0.weight", "2": "2.weight"}

_UNUSED = re.compile(r"(blocks|model\.layers)\.0\.(att\.v[012]|attn\.v_lora\..*)")
"""The first layer mixes no earlier value in; the author's files hold tensors for it all the same."""

_SHIFTS = ("x_r", "x_w", "x_k", "x_v", "x_a", "x_g")


def load_network(path: Path, *, dtype: torch.dtype, device: torch.device) -> RWKV7:
    """Open an RWKV-7 network in eval mode.

    Args:
        path: a folder in HF layout (config.json with `model_type: rwkv7`, safetensors), or a .pth or .safetensors
            file in either layout.
        dtype: of the parameters.
        device: where they go.

    Raises:
        ModelError: there is no such file, it is damaged, or what it holds is not RWKV-7.
    """
    settings = read_settings(path) if path.is_dir() else {}
    weights = hf_names(read_weights(path))
    network_config = config_of(weights, settings)
    if network_config.tied:
        weights.pop("lm_head.weight", None)
    with torch.device("meta"):
        network = RWKV7(network_config)
    shaped = network.state_dict()
    check_names(set(weights), set(shaped), path)
    for name, like in shaped.items():
        if weights[name].squeeze().shape != like.squeeze().shape:
            raise ModelError(
                f"{path} is no RWKV-7: {name} is {list(weights[name].shape)}, where {list(like.shape)} is expected"
            )
        weights[name] = _laid_out(weights[name].reshape(like.shape).to(device=device, dtype=dtype))
    network.load_state_dict(weights, assign=True)
    return network.requires_grad_(False).eval()


def _laid_out(weight: Tensor) -> Tensor:
    """`weight` as its device reads it quickest.

    To decode, a CPU multiplies every matrix with one vector, and reads it quicker along its longer side: 16 GB/s
    against 11 where that was measured. Values and shape stay the same.
    """
    if weight.device.type == "cpu" and weight.dim() == 2 and weight.shape[0] >= weight.shape[1]:
        return weight.t().contiguous().t()
    return weight.contiguous()


def read_settings(folder: Path) -> dict[str, Any]:
    """config.json of an HF folder.

    Raises:
        ModelError: it is missing or damaged, of another model, or of a kind of RWKV-7 that is not read here.
    """
    settings = read_json(folder / CONFIG)
    if settings.get("model_type") != MODEL_TYPE:
        raise ModelError(f"{folder} is of model_type {settings.get('model_type')!r}, not {MODEL_TYPE}")
    if settings.get("attn"):
        raise ModelError(
            f"{folder} is a hybrid with attention layers, which is not read here: use plain RWKV-7"
        )
    if settings.get("hidden_act", "sqrelu") not in ("sqrelu", "relu2"):
        raise ModelError(
            f"{folder} has the activation {settings['hidden_act']!r}, and RWKV-7 has squared ReLU"
        )
    return settings


def read_weights(path: Path) -> dict[str, Tensor]:
    """Every tensor of a folder or file, under the names that it has there.

    Raises:
        ModelError: it is missing or damaged, or holds more than tensors.
    """
    if not path.exists():
        raise ModelError(f"there is no model at {path}: no such file or folder")
    if path.is_file() and path.suffix == ".pth":
        return _read_pickled(path)
    weights: dict[str, Tensor] = {}
    for file in weight_files(path) if path.is_dir() else [path]:
        try:
            weights.update(load_file(file))
        except (OSError, SafetensorError) as error:
            raise ModelError(f"{file} cannot be read as safetensors: {error}") from error
    return weights


def _read_pickled(path: Path) -> dict[str, Tensor]:
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        first = str(error).partition("\n")[0]
        raise ModelError(
            f"{path} cannot be read: it is damaged, or holds more than tensors ({first})"
        ) from error
    if not isinstance(found, dict) or not all(isinstance(each, Tensor) for each in found.values()):
        raise ModelError(f"{path} holds something other than named tensors: it is no RWKV-7 model")
    return found


def hf_names(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """`weights` under HF names, whichever of the two layouts they came in, without what is never used."""
    named: dict[str, Tensor] = {}
    for name, tensor in weights.items():
        if _UNUSED.fullmatch(name):
            continue
        if name.endswith(".attn.x_x"):  # an earlier form of the HF layout: the six mixes in one tensor
            for index, shift in enumerate(_SHIFTS):
                named[name.removesuffix("x_x") + shift] = tensor[index]
        else:
            low_rank = re.fullmatch(r"blocks\.\d+\.att\.[wavg][12]", name)
            named[hf_name(name)] = tensor.squeeze().t() if low_rank else tensor
    return named


def hf_name(name: str) -> str:
    """A tensor's HF name; a name that is not the author's is given back as it is."""
    if name in _AUTHOR:
        return _AUTHOR[name]
    found = re.fullmatch(r"blocks\.(\d+)\.(\w+)\.(.+)", name)
    if found is None or found[2] not in _AUTHOR_PARTS:
        return name
    layer, part, rest = found.groups()
    if part == "att":
        kind, dot, end = rest.partition(".")
        if re.fullmatch(r"[wavg][012]", rest):
            rest = f"{rest[0]}_lora.lora.{_AUTHOR_LOW_RANK[rest[1]]}"
        else:
            rest = _AUTHOR_ATTENTION.get(kind, kind) + dot + end
    return f"model.layers.{layer}.{_AUTHOR_PARTS[part]}.{rest}"


def config_of(weights: dict[str, Tensor], settings: dict[str, Any]) -> RWKV7Config:
    """Sizes off the tensors (HF names); what tensors do not tell, off `settings`, an HF configuration or none.

    Raises:
        ModelError: a tensor that every RWKV-7 has is missing.
    """
    try:
        vocab_size, hidden = weights["model.embeddings.weight"].shape
        heads, head_dim = weights["model.layers.0.attn.r_k"].shape[-2:]
        layers = 1 + max(int(name.split(".")[2]) for name in weights if name.startswith("model.layers."))

        def rank(layer: int, kind: str) -> int:
            return weights[f"model.layers.{layer}.attn.{kind}_lora.lora.0.weight"].shape[0]

        eps = float(settings.get("norm_eps", 1e-5))
        return RWKV7Config(
            vocab_size=vocab_size,
            hidden_size=hidden,
            num_layers=layers,
            num_heads=heads,
            head_dim=head_dim,
            ffn_size=weights["model.layers.0.ffn.key.weight"].shape[0],
            decay_rank=rank(0, "w"),
            rate_rank=rank(0, "a"),
            value_rank=rank(1, "v") if layers > 1 else 0,
            gate_rank=rank(0, "g"),
            norm_eps=eps,
            head_norm_eps=head_dim * eps if settings else 64e-5,
            norm_bias="model.norm.bias" in weights,
            pre_norm="model.layers.0.pre_norm.weight" in weights,
            tied=bool(settings.get("tie_word_embeddings")),
        )
    except (KeyError, ValueError) as error:
        raise ModelError(f"this is no RWKV-7: a tensor is missing or misshapen ({error})") from error


def check_names(found: set[str], wanted: set[str], path: Path) -> None:
    """Raise `ModelError` unless the tensors are those of an RWKV-7."""
    for fault, names in (("lacks", wanted - found), ("holds what RWKV-7 has no place for:", found - wanted)):
        if names:
            listed = ", ".join(sorted(names)[:3]) + (", ..." if len(names) > 3 else "")
            raise ModelError(f"{path} {fault} {listed}: it is another version, or damaged")
