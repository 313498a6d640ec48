"""A model without its weights: enough to see how it is built and what it keeps, in a moment and in little memory."""

from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel
from transformers.initialization import no_init_weights
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from smoothread_agent.errors import ModelError
from smoothread_agent.model.attention import NAME
from smoothread_agent.model.files import CONFIG, read_json, stored_tensors
from smoothread_agent.model.quiet import quiet_transformers
from smoothread_agent.model.rwkv7_network import RWKV7
from smoothread_agent.model.rwkv7_weights import MODEL_TYPE, config_of, hf_names, read_settings
from smoothread_agent.model.trust import check_asks_for_no_code


def hollow(folder: Path, dtype: torch.dtype) -> PreTrainedModel | RWKV7:
    """The model of a folder in hub layout, on the CPU, with one zero for every weight. Its positions are true.

    Raises:
        ModelError: it is of no type that is known here, or what the folder holds does not fit together.
    """
    settings = read_json(folder / CONFIG)
    if settings.get("model_type") == MODEL_TYPE:
        return _hollow_rwkv7(folder, dtype)
    check_asks_for_no_code(folder.name, settings, CONFIG_MAPPING)
    try:
        with quiet_transformers():
            config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
            with torch.device("meta"), no_init_weights():
                model = AutoModelForCausalLM.from_config(  # type: ignore[no-untyped-call]
                    config,
                    dtype=dtype,
                    attn_implementation=NAME,
                    experts_implementation="eager",  # the others want weights that lie in memory one by one
                    trust_remote_code=False,
                )
            _fill(model)
    except Exception as error:  # of many kinds: no causal LM, sizes that do not fit, ...
        raise ModelError(f"{folder.name} is no model of text that transformers can build: {error}") from error
    return model.eval()  # type: ignore[no-any-return]


def _fill(model: PreTrainedModel) -> None:
    for module in model.modules():
        if isinstance(module, nn.Linear):
            module.forward = partial(_zeros, module.out_features)  # type: ignore[method-assign]  # nothing to multiply
        for name, weight in module._parameters.items():
            if weight is not None:
                zero = torch.zeros((), dtype=weight.dtype).expand(weight.shape)
                module._parameters[name] = nn.Parameter(zero, requires_grad=False)
                module._parameters[name]._is_hf_initialized = True  # type: ignore[union-attr]  # leave it so
        for name, buffer in module._buffers.items():
            if buffer is not None:
                module._buffers[name] = torch.zeros_like(buffer, device="cpu")
    model.initialize_weights()  # type: ignore[no-untyped-call]  # what is left: buffers that no file holds, such as rotary frequencies


def _zeros(width: int, x: Tensor) -> Tensor:
    return x.new_zeros(*x.shape[:-1], width)


def _hollow_rwkv7(folder: Path, dtype: torch.dtype) -> RWKV7:
    settings = read_settings(folder)
    shapes = {tensor.name: torch.empty(tensor.shape, device="meta") for tensor in stored_tensors(folder)}
    with torch.device("meta"):
        return RWKV7(config_of(hf_names(shapes), settings)).to(dtype).eval()
