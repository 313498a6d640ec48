"""What a model's rotary embedding does to a key, found out by asking the model itself."""

import math
import sys
from typing import cast

import torch
from smoothread_kernels.window_advance.reference import rotate_back
from torch import Tensor, nn
from transformers import PreTrainedModel

from smoothread_agent.errors import ModelError
from smoothread_agent.model.attention import Rotation

_TOLERANCE = 5e-3
"""fp32 rotations by several thousand radians differ by less than 1e-3; another pairing of dimensions by about 1."""


def rotation_of(model: PreTrainedModel, window: int) -> Rotation:
    """The rotation that takes a key `window` positions back, checked against the model's own rotary code.

    Raises:
        ModelError: the model has no rotary embedding, or one that this check does not recognise.
    """
    name = type(model).__name__
    rotary = _rotary_module(model)
    apply = getattr(sys.modules[type(model).__module__], "apply_rotary_pos_emb", None)
    if rotary is None or apply is None:
        raise ModelError(
            f"{name} has no rotary attention of the usual form, so its window cannot be renumbered: "
            "use a model with rotary positions (Llama, Qwen, Mistral, ...)"
        )
    frequencies = cast(Tensor, rotary.inv_freq)
    inverse = frequencies.detach().double().cpu()
    angle = inverse * window
    cos, sin = angle.cos().float(), angle.sin().float()
    width = 2 * inverse.shape[0]
    key = torch.randn(1, 1, 2, width, generator=torch.Generator().manual_seed(0))
    device = frequencies.device

    def at(positions: list[int]) -> Tensor:
        index = torch.tensor([positions], device=device)
        turn = rotary(key.to(device), index)
        return apply(key.to(device), key.to(device), *turn)[1].float().cpu()  # type: ignore[no-any-return]

    near, far = at([0, 5]), at([window, window + 5])
    for interleaved in (False, True):
        if math.isclose(
            0, float((rotate_back(far, cos, sin, interleaved) - near).abs().max()), abs_tol=_TOLERANCE
        ):
            return Rotation(cos.to(device), sin.to(device), interleaved)
    raise ModelError(
        f"{name} rotates its keys in a way that is not known here, so its window cannot be renumbered"
    )


def _rotary_module(model: PreTrainedModel) -> nn.Module | None:
    found = [module for _, module in model.named_modules() if hasattr(module, "inv_freq")]
    return found[0] if len(found) == 1 else None
