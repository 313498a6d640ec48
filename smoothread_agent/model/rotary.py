"""What a model's rotary embeddings do to a key, found out by asking the model itself."""

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from smoothread_kernels.window_advance.reference import rotate_back
from torch import Tensor, nn
from transformers import PreTrainedModel

from smoothread_agent.errors import ModelError
from smoothread_agent.model.attention import Rotation

_TOLERANCE = 5e-3
"""fp32 rotations by several thousand radians differ by less than 1e-3; another pairing of dimensions by about 1."""

Turn = Callable[[Tensor, Tensor], Any]
"""A model's rotary embedding: of a tensor (for its dtype and device) and positions, cos and sin."""


def rotations_of(
    model: PreTrainedModel, window: int, layers: Sequence[int], *, needed: bool = True
) -> Mapping[int, Rotation]:
    """For each of `layers`, the rotation that takes a key `window` positions back.

    It is checked against the model's own rotary code. A family that turns the keys of its sliding layers at another
    pace (Gemma 3) has a rotation for each type of layer.

    Args:
        model: the model.
        window: positions.
        layers: indices of the layers that attend.
        needed: whether a model without rotary positions is refused; else its keys are moved as they are.

    Raises:
        ModelError: the model has no rotary embedding, or one that this check does not recognise.
    """
    name = type(model).__name__
    rotary = _rotary_module(model)
    if rotary is None and not needed:
        return dict.fromkeys(layers, no_rotation(model.device))
    apply = getattr(sys.modules[type(model).__module__], "apply_rotary_pos_emb", None)
    if rotary is None or apply is None:
        raise ModelError(
            f"{name} has no rotary attention of the usual form, so its window cannot be renumbered: "
            "use a model with rotary positions (Llama, Qwen, Mistral, ...)"
        )
    if hasattr(rotary, "inv_freq"):
        return dict.fromkeys(layers, _rotation(name, rotary, lambda: rotary.inv_freq, apply, window))
    types = model.config.get_text_config().layer_types
    found = {
        each: _rotation(
            name,
            partial(rotary, layer_type=each),
            partial(getattr, rotary, f"{each}_inv_freq"),
            apply,
            window,
        )
        for each in sorted({types[layer] for layer in layers})
    }
    return {layer: found[types[layer]] for layer in layers}


def _rotation(
    name: str, rotary: Turn, frequencies: Callable[[], Any], apply: Callable[..., Any], window: int
) -> Rotation:
    device, width = frequencies().device, 2 * frequencies().shape[0]
    key = torch.randn(1, 1, 2, width, generator=torch.Generator().manual_seed(0))

    def at(positions: list[int]) -> Tensor:
        index = torch.tensor([positions], device=device)
        turn = rotary(key.to(device), index)
        return apply(key.to(device), key.to(device), *turn)[1].float().cpu()  # type: ignore[no-any-return]

    near, far = at([0, 5]), at([window, window + 5])
    angle = frequencies().detach().double().cpu() * window
    cos, sin = angle.cos().float(), angle.sin().float()
    for interleaved in (False, True):
        if math.isclose(
            0, float((rotate_back(far, cos, sin, interleaved) - near).abs().max()), abs_tol=_TOLERANCE
        ):
            return Rotation(cos.to(device), sin.to(device), interleaved)
    raise ModelError(
        f"{name} rotates its keys in a way that is not known here, so its window cannot be renumbered"
    )


def no_rotation(device: torch.device) -> Rotation:
    """The rotation of keys that have no position."""
    return Rotation(torch.ones(1, device=device), torch.zeros(1, device=device), interleaved=False)


def _rotary_module(model: PreTrainedModel) -> nn.Module | None:
    found = [
        module
        for module in model.modules()
        if any(name.endswith("inv_freq") for name, _ in module.named_buffers(recurse=False))
    ]
    return found[0] if len(found) == 1 else None
